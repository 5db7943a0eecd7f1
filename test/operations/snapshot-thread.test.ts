// What ends the thread of the snapshot, or spoils its file, while the gateway runs: it is said, lists are live meanwhile, and all recovers by itself.
// SQLITE_CORRUPT (https://www.sqlite.org/rescode.html#corrupt); worker_threads, ERR_WORKER_OUT_OF_MEMORY.
import { closeSync, mkdirSync, openSync, readdirSync, rmdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parseDn } from '../../src/ldap/dn.ts';
import { newName } from '../directory/scim-client.ts';
import type { GatewayProcess } from '../servers/gateway.ts';
import { isHit, ldifOfPeople, listAll, openSite, type Site } from './site.ts';

const never = '0 0 1 1 *';
const suffix = 'dc=example,dc=test';
const people = 1200;
/** The pages of the file must be more than SQLite keeps in memory. */
const longTitle = `title: ${'x'.repeat(2000)}\n`;

let site: Site;
let gateway: GatewayProcess;
const store = (): string => join(site.folder, 'state.db');
beforeAll(async () => {
  site = await openSite({
    slapd: { overlays: ['syncprov'], ldif: ldifOfPeople(suffix, 0, people, longTitle) },
    cache: `poll: "${never}", sweep: "${never}", maxRemoved: { percent: 50, atLeast: 1000 }`,
  });
}, 60_000);
afterAll(async () => {
  await site?.stop();
}, 60_000);

const isComplete = async (): Promise<boolean> => (await site.snapshot())['state'] === 'complete';
const untilComplete = (): Promise<boolean> => vi.waitUntil(isComplete, { timeout: 30_000 });
const setAside = (): readonly string[] => readdirSync(site.folder).filter((name) => name.includes('set-aside'));

/** All but the first pages are no pages any more. */
function spoil(): void {
  const octets = Buffer.alloc(statSync(store()).size - 65_536, 0xff);
  const descriptor = openSync(store(), 'r+');
  writeSync(descriptor, octets, 0, octets.length, 65_536);
  closeSync(descriptor);
}

async function changeSome(): Promise<void> {
  for (let i = 0; i < people; i += 40) {
    const change = { operation: 'replace', attribute: 'title', values: [newName('title')] } as const;
    await site.look.modify(parseDn(`uid=p${i},ou=people,${suffix}`), [change]);
  }
}

async function areAsLive(): Promise<void> {
  expect(isHit(await site.scim.get('/Users', { count: 0 }))).toBe(true);
  expect(await listAll(site.scim, '/Users')).toEqual(await listAll(site.live, '/Users'));
}

test('a file that is spoilt under a running gateway is set aside, lists stay what they were, and the next poll reads everything', async () => {
  const first = await site.start();
  await untilComplete();
  await first.stop();
  gateway = await site.start();
  await untilComplete();
  expect(await site.cycle('poll')).toBe(200);
  const before = await listAll(site.scim, '/Users');
  spoil();
  await changeSome();
  expect(await site.cycle('sweep')).toBe(503);
  expect(gateway.log()).toMatch(/warn snapshot cycle failed .*reason="database disk image is malformed"/);
  expect(gateway.log()).toMatch(/warn snapshot store set aside .*malformed/);
  expect(isHit(await site.scim.get('/Users', { count: 0 }))).toBe(true);
  expect(await listAll(site.scim, '/Users')).toEqual(before);
  expect(await site.cycle('poll')).toBe(200);
  await areAsLive();
  expect(setAside()).toHaveLength(1);
  // What it keeps now is good.
  await gateway.stop();
  gateway = await site.start();
  await untilComplete();
  await areAsLive();
  expect(gateway.log()).not.toMatch(/set aside|first time/);
  await gateway.stop();
}, 120_000);

test('a file that was spoilt after it was closed in order ends the thread, which then reads everything', async () => {
  spoil();
  gateway = await site.start();
  await vi.waitFor(() => expect(gateway.log()).toMatch(/error snapshot thread failed .*malformed/), { timeout: 20_000 });
  const reply = await site.scim.get('/Users', { count: 1 });
  expect([reply.status, reply.headers.get('cache-status')]).toEqual([200, 'ldap-scim-gateway; fwd=miss']);
  await untilComplete();
  await areAsLive();
  expect(gateway.log()).toMatch(/warn snapshot store set aside .*damaged/);
  expect(setAside()).toHaveLength(2);
  await gateway.stop();
}, 120_000);

test('a folder in place of the file: lists are live until it is gone', async () => {
  rmSync(store(), { force: true });
  mkdirSync(store());
  gateway = await site.start();
  await vi.waitFor(() => expect(gateway.log()).toMatch(/error snapshot thread failed .*state\.db cannot be opened: it is no file/), {
    timeout: 20_000,
  });
  expect(await listAll(site.scim, '/Users')).toEqual(await listAll(site.live, '/Users'));
  rmdirSync(store());
  await untilComplete();
  await areAsLive();
  await gateway.stop();
}, 120_000);

test('a group that is too large for its memory ends the thread and nothing else, until the group is gone', async () => {
  await site.stop();
  const group = `cn=huge,ou=groups,${suffix}`;
  const members = Array.from({ length: 400_000 }, (_, i) => `member: uid=somebody-with-a-name-${i},ou=people,${suffix}\n`);
  const ldif = `${ldifOfPeople(suffix, 0, 10)}\ndn: ${group}\nobjectClass: groupOfNames\ncn: huge\n${members.join('')}`;
  site = await openSite({ slapd: { overlays: ['syncprov'], ldif }, cache: `poll: "${never}", sweep: "${never}"` });
  gateway = await site.start({ NODE_OPTIONS: '--max-old-space-size=56' });
  await vi.waitFor(() => expect(gateway.log()).toMatch(/error snapshot thread failed .*reaching memory limit/), { timeout: 60_000 });
  expect((await site.scim.get('/Users', { count: 1 })).status).toBe(200);
  await site.look.delete(parseDn(group));
  await untilComplete();
  await vi.waitUntil(async () => (await site.cycle('poll')) === 200, { timeout: 30_000 });
  await areAsLive();
  expect(await Promise.race([gateway.ended, 'running'])).toBe('running');
  await gateway.stop();
}, 120_000);
