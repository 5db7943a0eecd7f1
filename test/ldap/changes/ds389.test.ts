// The ways to be told of changes by 389 Directory Server: after every kind of outside change the copy is what enumeration finds.
// No RFC; the plugins USN and Retro Changelog. The directory manager sees tombstones, an account of a service never does.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chooseChanges } from '../../../src/ldap/changes/choose.ts';
import { openDirectory, type Directory } from '../../../src/ldap/directory.ts';
import { parseDn } from '../../../src/ldap/dn.ts';
import { startDs389, type Ds389 } from '../../servers/ds389.ts';
import { grantReading } from './changelog-rights.ts';
import { followCommotion } from './commotion.ts';
import { followChange } from './follow-change.ts';
import { Outside, outsideChanges, person, scope, watchedBase } from './outside.ts';
import { enumerate, Replica } from './replica.ts';

const watched = { base: watchedBase, scope, idAttributes: ['entryUUID'] };

let ds389: Ds389;
let [admin, gateway]: Directory[] = [];
let outside: Outside;
let replicas: readonly (readonly [directory: Directory, replica: Replica])[];

beforeAll(async () => {
  ds389 = await startDs389({ changelog: true });
  const open = async (dn: string, password: string): Promise<Directory> => {
    const timeouts = { connect: 10_000, operation: 30_000 };
    const directory = openDirectory({ servers: [ds389.url], bind: { dn, password }, baseDn: parseDn(ds389.suffix), timeouts });
    await directory.start();
    return directory;
  };
  admin = await open(ds389.adminDn, ds389.adminPassword);
  await grantReading(admin, ds389);
  gateway = await open(ds389.gatewayDn, ds389.gatewayPassword);
  outside = new Outside(admin);
  await outside.prepare();
  await outside.addPerson('first tombstone');
  await outside.delete(person('first tombstone'));
  const ways = [
    [gateway, 'entryusn'],
    [admin, 'entryusn'],
    [gateway, 'changelog'],
  ] as const;
  replicas = await Promise.all(
    ways.map(async ([directory, kind]) =>
      directory.session(async (session) => {
        const replica = new Replica((await chooseChanges(session, watched, kind)).source, watched);
        await replica.load(session);
        return [directory, replica] as const;
      }),
    ),
  );
}, 120_000);

afterAll(async () => {
  await admin?.close();
  await gateway?.close();
  await ds389?.stop();
});

test('entryusn tells deletions to the directory manager alone, the changelog to whoever may read it', () => {
  expect(replicas.map(([, { source }]) => source.tellsDeletions)).toEqual([false, true, true]);
});

test.each(outsideChanges)('$name is seen', { timeout: 120_000 }, async (change) => {
  const { kept, held } = await followChange(change, outside, watched, replicas);
  expect(kept).toEqual(held);
});

test('asked while changes are made, the copy is right when they end', { timeout: 120_000 }, async () => {
  await followCommotion(outside, replicas);
  for (const [directory, replica] of replicas) {
    expect
      .soft(replica.contents, replica.source.kind)
      .toEqual(await directory.session((session) => enumerate(session, watched, replica.stamp)));
    expect.soft(replica.resyncs, replica.source.kind).toBe(0);
  }
});
