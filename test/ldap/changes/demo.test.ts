// The embedded Active Directory tells its changes as Samba does: after every kind of outside change the copy is what enumeration finds.
// MS-ADTS 3.1.1.1.9 (uSNChanged), 3.1.1.5.5 (deleted objects).
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDemoDirectory, type DemoDirectory } from '../../../src/demo/ldap-server.ts';
import { chooseChanges } from '../../../src/ldap/changes/choose.ts';
import { openDirectory, type Directory } from '../../../src/ldap/directory.ts';
import { parseDn } from '../../../src/ldap/dn.ts';
import { asDomain, domainScope } from './domain.ts';
import { followCommotion } from './commotion.ts';
import { Outside, outsideChanges, suffix, watchedBase } from './outside.ts';
import { enumerate, Replica } from './replica.ts';

const watched = { base: watchedBase, scope: domainScope, idAttributes: ['objectGUID'] };
const adminPassword = 'Passw0rd!Admin';

let demo: DemoDirectory;
let directory: Directory;
let outside: Outside;
let replica: Replica;

const start = (): Promise<DemoDirectory> =>
  startDemoDirectory({ face: 'active-directory', suffix: suffix.toUpperCase(), adminPassword, users: 0 });

async function open({ url, adminDn, ca }: DemoDirectory): Promise<Directory> {
  const timeouts = { connect: 5000, operation: 5000 };
  const bind = { dn: adminDn, password: adminPassword };
  const opened = openDirectory({ servers: [url], bind, baseDn: parseDn(suffix), timeouts, pageSize: 20, ...(ca && { tls: { ca: [ca] } }) });
  await opened.start();
  return opened;
}

beforeAll(async () => {
  demo = await start();
  directory = await open(demo);
  outside = new Outside(asDomain(directory));
  await outside.prepare();
  replica = await directory.session(async (session) => {
    const made = new Replica((await chooseChanges(session, watched, 'auto')).source, watched);
    await made.load(session);
    return made;
  });
});
afterAll(async () => {
  await directory.close();
  await demo.close();
});

test('the number of changes is chosen by itself, and tells deletions', () => {
  expect([replica.source.kind, replica.source.tellsDeletions]).toEqual(['usn', true]);
});

test.each(outsideChanges)('$name is seen', async ({ before, change }) => {
  await before?.(outside);
  await replica.follow(directory);
  await change(outside);
  const resyncs = replica.resyncs;
  await replica.follow(directory);
  const truth = await directory.session((session) => enumerate(session, watched, replica.stamp));
  expect(truth.size).toBeGreaterThan(0);
  expect(replica.contents).toEqual(truth);
  expect(replica.resyncs - resyncs).toBe(0);
});

test('asked while changes are made, the copy is right when they end', { timeout: 120_000 }, async () => {
  const followers = [[directory, replica] as const];
  await followCommotion(outside, followers);
  for (const [, kept] of followers) {
    expect.soft(kept.contents).toEqual(await directory.session((session) => enumerate(session, watched, kept.stamp)));
    expect.soft(kept.resyncs, kept.source.kind).toBe(0);
  }
});

test('dirsync is refused with the reason', async () => {
  await expect(directory.session((session) => chooseChanges(session, watched, 'dirsync'))).rejects.toThrow(/unavailableCriticalExtension/);
});

test('one that is started anew has another history, although it begins like the first', async () => {
  const other = await start();
  const anew = await open(other);
  try {
    const { source } = replica;
    const cookie = await anew.session((session) => source.mark(session));
    expect(await anew.session((session) => source.since(session, cookie))).toBeDefined();
    expect(await directory.session((session) => source.since(session, cookie))).toBeUndefined();
  } finally {
    await anew.close();
    await other.close();
  }
});
