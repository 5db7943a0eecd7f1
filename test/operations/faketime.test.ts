// Clocks that are wrong and that are set: the directory's, by which changes are found, and the gateway's own, by which lists are aged.
// RFC 9111 section 5.1 (Age); RFC 4512 section 3.4.2 (modifyTimestamp); faketime(1).
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parseDn } from '../../src/ldap/dn.ts';
import { newName, type Reply } from '../directory/scim-client.ts';
import { makeWallClock, type WallClock } from '../servers/faketime.ts';
import type { GatewayProcess } from '../servers/gateway.ts';
import type { Overlay } from '../servers/slapd.ts';
import { isHit, ldifOfPeople, listAll, openSite, type Site } from './site.ts';

const suffix = 'dc=example,dc=test';
const never = '0 0 1 1 *';
const hour = 3600;

const dnOf = (name: string) => parseDn(`uid=${name},ou=people,${suffix}`);
const add = (site: Site, name: string): Promise<unknown> =>
  site.look.add(
    dnOf(name),
    new Map([
      ['objectClass', ['inetOrgPerson']],
      ['cn', [name]],
      ['sn', [name]],
    ]),
  );
const change = (site: Site, name: string, title = newName('title')): Promise<unknown> =>
  site.look.modify(dnOf(name), [{ operation: 'replace', attribute: 'title', values: [title] }]);
const isComplete = async (site: Site): Promise<boolean> => (await site.snapshot())['state'] === 'complete';

async function areAsLive(site: Site): Promise<void> {
  expect(isHit(await site.scim.get('/Users', { count: 0 }))).toBe(true);
  expect(await listAll(site.scim, '/Users')).toEqual(await listAll(site.live, '/Users'));
}

describe.each<[detect: string, overlays: readonly Overlay[]]>([
  ['timestamp', []],
  ['entrycsn', []],
  ['entrycsn', ['syncprov']],
  ['syncrepl', ['syncprov']],
])('the clock of a directory whose changes are found by %s, with %j,', (detect, overlays) => {
  let site: Site;
  let clock: WallClock;
  let last = 0;
  beforeAll(async () => {
    clock = await makeWallClock();
    clock.set(2 * hour);
    site = await openSite({
      slapd: { overlays, wrapper: clock.wrapper, ldif: ldifOfPeople(suffix, 0, 40) },
      cache: `detect: ${detect}, poll: "${never}", sweep: "${never}", maxRemoved: { percent: 50, atLeast: 100 }`,
    });
    await site.start();
    await vi.waitUntil(() => isComplete(site), { timeout: 30_000 });
  }, 60_000);
  afterAll(async () => {
    await site?.stop();
    clock?.remove();
  }, 60_000);

  /** With its clock as it is then; until both connections of the gateway and that of the administrator are there again. */
  async function restart(): Promise<void> {
    await site.slapd.restart();
    await vi.waitUntil(async () => (await site.live.get('/Users', { count: 0 })).status === 200, { timeout: 30_000 });
    await vi.waitUntil(() => site.look.read(dnOf('p39'), []).then(Boolean, () => false), { timeout: 30_000 });
    await vi.waitUntil(async () => (await site.cycle('poll')) === 200, { timeout: 30_000 });
  }

  test.each([
    ['that was wrong from the beginning', 2 * hour],
    ['that is set right', 0],
    ['that is set back by hours', -2 * hour],
    ['that is set forward by many hours', 10 * hour],
    ['that is set back by half a minute', 10 * hour - 30],
    ['that is set right again', 0],
  ])(
    '%s: the list becomes right, and stays right',
    async (_how, ahead) => {
      clock.set(ahead);
      await restart();
      const [changed, gone] = [`p${last}`, `p${last + 1}`];
      last += 2;
      await add(site, newName('new'));
      await change(site, changed);
      await site.look.delete(dnOf(gone));
      expect([await site.cycle('poll'), await site.cycle('sweep')]).toEqual([200, 200]);
      await areAsLive(site);
      await change(site, changed);
      expect([await site.cycle('poll'), await site.cycle('poll'), await site.cycle('sweep')]).toEqual([200, 200, 200]);
      await areAsLive(site);
      expect(await site.cycle('poll')).toBe(200);
      await areAsLive(site);
    },
    60_000,
  );
});

describe('the clock of the gateway', () => {
  let site: Site;
  let clock: WallClock;
  let gateway: GatewayProcess;
  const ageOf = ({ headers }: Reply): number => Number(headers.get('age'));
  const list = (): Promise<Reply> => site.scim.get('/Users', { count: 1 });
  beforeAll(async () => {
    clock = await makeWallClock();
    site = await openSite({
      slapd: { overlays: ['syncprov'], ldif: ldifOfPeople(suffix, 0, 10) },
      cache: 'poll: "* * * * * *", sweep: "*/5 * * * * *", maxStaleness: 1h, whenStale: unavailable',
    });
    gateway = await site.start(clock.environment);
    await vi.waitUntil(() => isComplete(site), { timeout: 30_000 });
  }, 60_000);
  afterAll(async () => {
    await site?.stop();
    clock?.remove();
  }, 60_000);

  test.each([
    ['forward by hours', 5 * hour],
    ['back by hours', -5 * hour],
    ['forward by years', 30 * 8766 * hour],
    ['right again', 0],
    ['back by a minute', -60],
  ])(
    'is set %s: lists are no older than before, and what others change is found as soon',
    async (_how, ahead) => {
      const before = await list();
      clock.set(ahead);
      const after = await list();
      expect([after.status, isHit(after)]).toEqual([200, true]);
      expect(ageOf(after)).toBeGreaterThanOrEqual(0);
      expect(ageOf(after)).toBeLessThanOrEqual(ageOf(before) + 30);
      const title = newName('title');
      await change(site, 'p0', title);
      const shown = async (): Promise<unknown> => (await site.scim.get('/Users', { filter: `title eq "${title}"` })).body['totalResults'];
      await vi.waitUntil(async () => (await shown()) === 1, { timeout: 15_000, interval: 50 });
    },
    60_000,
  );

  test('is set back while the directory is away: lists grow older all the same', async () => {
    await site.slapd.freeze();
    try {
      const first = await list();
      clock.set(-3 * hour);
      await vi.waitFor(async () => expect(ageOf(await list())).toBeGreaterThan(ageOf(first) + 1), { timeout: 10_000, interval: 50 });
      expect(isHit(await list())).toBe(true);
    } finally {
      await site.slapd.thaw();
    }
  }, 60_000);

  test('was set back before a restart: rows of the future are of no known age, until the directory was asked', async () => {
    await vi.waitUntil(async () => (await site.cycle('poll')) === 200, { timeout: 20_000 });
    await gateway.stop();
    clock.set(-8 * hour);
    await site.slapd.freeze();
    try {
      gateway = await site.start(clock.environment);
      await vi.waitUntil(() => isComplete(site), { timeout: 20_000 });
      expect((await site.snapshot())['age']).toBe(undefined);
      expect((await list()).status).toBe(503);
    } finally {
      await site.slapd.thaw();
    }
    await vi.waitFor(
      async () => {
        const reply = await list();
        expect([reply.status, isHit(reply)]).toEqual([200, true]);
        expect(ageOf(reply)).toBeLessThan(30);
      },
      { timeout: 30_000, interval: 50 },
    );
    await vi.waitUntil(async () => (await site.live.get('/Users', { count: 0 })).status === 200, { timeout: 20_000 });
    expect(await site.cycle('poll')).toBe(200);
    await areAsLive(site);
  }, 60_000);
});
