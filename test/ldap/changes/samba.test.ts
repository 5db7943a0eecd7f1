// Both ways to be told of changes by Active Directory: after every kind of outside change the copy is what enumeration finds.
// MS-ADTS 3.1.1.1.9 (uSNChanged), 3.1.1.3.4.1.3 (DirSync); over Samba.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chooseChanges } from '../../../src/ldap/changes/choose.ts';
import { openDirectory, type Directory } from '../../../src/ldap/directory.ts';
import { parseDn } from '../../../src/ldap/dn.ts';
import { grantDeletedObjects } from '../../servers/deleted-objects.ts';
import { startSamba, type Samba } from '../../servers/samba.ts';
import { asDomain, domainScope } from './domain.ts';
import { followCommotion } from './commotion.ts';
import { followChange } from './follow-change.ts';
import { Outside, outsideChanges, watchedBase } from './outside.ts';
import { enumerate, loadReplicas, type Replica } from './replica.ts';

const watched = { base: watchedBase, scope: domainScope, idAttributes: ['objectGUID'] };
const kinds = ['usn', 'dirsync'] as const;

let samba: Samba;
let [admin, gateway]: Directory[] = [];
let outside: Outside;
let replicas: readonly Replica[];

beforeAll(async () => {
  samba = await startSamba();
  await grantDeletedObjects(samba);
  const open = async (dn: string, password: string): Promise<Directory> => {
    const timeouts = { connect: 10_000, operation: 20_000 };
    const tls = { ca: [samba.ca] };
    const directory = openDirectory({ servers: [samba.url], bind: { dn, password }, baseDn: parseDn(samba.suffix), tls, timeouts });
    await directory.start();
    return directory;
  };
  admin = await open(samba.adminDn, samba.adminPassword);
  gateway = await open(samba.gatewayDn, samba.gatewayPassword);
  outside = new Outside(asDomain(admin));
  await outside.prepare();
  replicas = await loadReplicas(gateway, watched, kinds);
}, 120_000);

afterAll(async () => {
  await admin?.close();
  await gateway?.close();
  await samba?.stop();
});

test('the number of changes is chosen by itself, and both tell deletions', async () => {
  const { source } = await gateway!.session((session) => chooseChanges(session, watched, 'auto'));
  expect([source.kind, ...replicas.map((replica) => replica.source.tellsDeletions)]).toEqual(['usn', true, true]);
});

test.each(outsideChanges)('$name is seen', { timeout: 60_000 }, async (change) => {
  const followers = replicas.map((replica) => [gateway!, replica] as const);
  const { kept, held } = await followChange(change, outside, watched, followers);
  expect(kept).toEqual(held);
});

test('asked while changes are made, the copy is right when they end', { timeout: 120_000 }, async () => {
  const followers = replicas.map((replica) => [gateway!, replica] as const);
  await followCommotion(outside, followers);
  for (const [directory, replica] of followers) {
    expect
      .soft(replica.contents, replica.source.kind)
      .toEqual(await directory.session((session) => enumerate(session, watched, replica.stamp)));
    expect.soft(replica.resyncs, replica.source.kind).toBe(0);
  }
});
