// Content synchronization of 389 Directory Server in its OpenLDAP mode: after every kind of outside change the copy is what enumeration finds.
// RFC 4533; the plugins Content Synchronization and Retro Changelog. Its native mode is refused: it names entries by nsUniqueId.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chooseChanges } from '../../../src/ldap/changes/choose.ts';
import type { Watched } from '../../../src/ldap/changes/change-source.ts';
import { openDirectory, type Directory } from '../../../src/ldap/directory.ts';
import { parseDn } from '../../../src/ldap/dn.ts';
import { startDs389, type Ds389 } from '../../servers/ds389.ts';
import { grantReadingOf } from './changelog-rights.ts';
import { followChange } from './follow-change.ts';
import { Outside, outsideChanges, person, places, scope, watchedBase } from './outside.ts';
import { Replica } from './replica.ts';

const watched: Watched = { base: watchedBase, scope, idAttributes: ['entryUUID'] };
const plugin = parseDn('cn=Content Synchronization,cn=plugins,cn=config');

let ds389: Ds389;
let [admin, gateway]: Directory[] = [];
let outside: Outside;
let replicas: readonly Replica[];

beforeAll(async () => {
  ds389 = await startDs389({ changelog: true });
  admin = await open(ds389.adminDn, ds389.adminPassword);
  await grantReadingOf(admin, ds389.suffix, ds389.gatewayDn);
  gateway = await open(ds389.gatewayDn, ds389.gatewayPassword);
  outside = new Outside(admin);
  await outside.prepare();
}, 120_000);
afterAll(async () => {
  await admin?.close();
  await gateway?.close();
  await ds389?.stop();
});

async function open(dn: string, password: string): Promise<Directory> {
  const timeouts = { connect: 10_000, operation: 30_000 };
  const intervals = { retryFirst: 50, retryLast: 200 };
  const directory = openDirectory({ servers: [ds389.url], bind: { dn, password }, baseDn: parseDn(ds389.suffix), timeouts, intervals });
  await directory.start();
  return directory;
}

async function restartWith(attribute: string): Promise<void> {
  await admin!.modify(plugin, [{ operation: 'replace', attribute, values: ['on'] }]);
  await restart();
}

async function restart(): Promise<void> {
  await ds389.restart();
  for (const directory of [admin!, gateway!]) await expect.poll(() => directory.status().ready, { timeout: 20_000 }).toBe(true);
}

const choose = (kind: 'syncrepl' | 'auto' | 'timestamp', idAttributes = ['entryUUID']): ReturnType<typeof chooseChanges> =>
  gateway!.session((session) => chooseChanges(session, { ...watched, idAttributes }, kind));

test('without the plugin, and in its native mode, it is refused with the reason', { timeout: 60_000 }, async () => {
  await expect(choose('syncrepl')).rejects.toThrow('needs the overlay syncprov (OpenLDAP) or the plugin Content Synchronization');
  await restartWith('nsslapd-pluginEnabled');
  await expect(choose('syncrepl')).rejects.toThrow('needs syncrepl-allow-openldap');
  expect((await choose('auto')).source.kind).not.toBe('syncrepl');
});

test('in its OpenLDAP mode it is what is chosen, for ids that are entryUUID', { timeout: 60_000 }, async () => {
  await restartWith('syncrepl-allow-openldap');
  await expect(choose('syncrepl', ['nsUniqueId'])).rejects.toThrow('ids of the mapping are nsUniqueId');
  const sources = [await choose('auto'), await choose('timestamp')].map(({ source }) => source);
  expect(sources.map(({ kind }) => kind)).toEqual(['syncrepl', 'timestamp']);
  replicas = sources.map((source) => new Replica(source, watched));
  for (const replica of replicas) await gateway!.session((session) => replica.load(session));
});

test.each(outsideChanges)('$name is seen', { timeout: 120_000 }, async (change) => {
  const followers = replicas.map((replica) => [gateway!, replica] as const);
  const { kept, held } = await followChange(change, outside, watched, followers);
  expect(kept).toEqual(held);
});

test('after a start of the server, which a restored one has behind it, everything is read again', { timeout: 60_000 }, async () => {
  const [replica] = replicas;
  await restart();
  await outside.addPerson('late', places.people);
  const since = await gateway!.session((session) => replica!.source.since(session, replica!.cookie));
  expect(since).toBeUndefined();
  await replica!.follow(gateway!);
  await outside.delete(person('late'));
  await replica!.follow(gateway!);
  expect(replica!.last?.deleted).toHaveLength(1);
});
