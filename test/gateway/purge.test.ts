// Deleted entries whose time is over: purged under the guards and limits of any delete, never sooner than is known.
// RFC 7644 section 3.6, with a delay.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseDn } from '../../src/ldap/dn.ts';
import type { Config } from '../../src/config.ts';
import { Queues } from '../../src/gateway/execute.ts';
import { purgeDeleted } from '../../src/gateway/purge.ts';
import { QuarantineTimes } from '../../src/gateway/quarantine-times.ts';
import { type Bench, openBench } from '../commands/bench.ts';
import { newName, newUser, type ScimClient } from '../directory/scim-client.ts';
import { Guarded } from './guarded.ts';

const hour = 3_600_000;

describe.each(['demo', 'slapd'] as const)('over %s', (kind) => {
  let bench: Bench;
  let guarded: Guarded;
  let scim: ScimClient;
  beforeAll(async () => {
    bench = await openBench(kind);
    const setUp = new Guarded(bench, 'purging.yaml');
    await setUp.open();
    const values = { objectClass: ['organizationalUnit'], ou: ['Deleted'] };
    await setUp.backend.directory.add(parseDn(`ou=Deleted,${bench.suffix}`), new Map(Object.entries(values)));
    await setUp.stop();
  }, 60_000);
  beforeEach(() => {
    guarded = new Guarded(bench, 'purging.yaml');
  });
  afterEach(() => guarded.stop(), 60_000);
  afterAll(() => bench.stop(), 60_000);

  const purge = (now: number): Promise<number> => purgeDeleted(guarded.backend, new Queues(), now);
  const dnOf = (userName: string) => parseDn(`uid=${userName},ou=Deleted,${bench.suffix}`);
  const isThere = async (userName: string): Promise<boolean> => (await guarded.backend.directory.read(dnOf(userName), [])) !== undefined;
  async function deleted(): Promise<string> {
    const userName = newName('gone');
    const { id } = await scim.post('/Users', newUser({ userName }));
    expect((await scim.delete(`/Users/${id}`)).status).toBe(204);
    return userName;
  }
  /** What other tests left is out of the way. */
  async function cleanUp(): Promise<void> {
    await purge(Date.now());
    await purge(Date.now() + 100 * hour);
  }

  test('after its time, not before, and the time outlives a restart', async () => {
    scim = await guarded.open();
    await cleanUp();
    const userName = await deleted();
    scim = await guarded.open();
    expect([await purge(Date.now() + 23.9 * hour), await isThere(userName)]).toEqual([0, true]);
    expect([await purge(Date.now() + 24.1 * hour), await isThere(userName)]).toEqual([1, false]);
    expect(await purge(Date.now() + 24.1 * hour)).toBe(0);
  });

  test('a delete whose time cannot be kept is done and answered as such; the time counts from when it is seen', async () => {
    scim = await guarded.open();
    await cleanUp();
    const userName = newName('gone');
    const { id } = await scim.post('/Users', newUser({ userName }));
    const note = vi.spyOn(QuarantineTimes.prototype, 'note').mockImplementationOnce(() => {
      throw new Error('database or disk is full');
    });
    expect((await scim.delete(`/Users/${id}`)).status).toBe(204);
    expect(note).toHaveBeenCalledOnce();
    const later = Date.now() + 30 * hour;
    expect([await purge(later), await isThere(userName)]).toEqual([0, true]);
    expect([await purge(later + 25 * hour), await isThere(userName)]).toEqual([1, false]);
  });

  test('what nobody knows the time of counts from when it was first seen', async () => {
    scim = await guarded.open();
    await cleanUp();
    const userName = await deleted();
    await guarded.stop();
    guarded = new Guarded(bench, 'purging.yaml');
    scim = await guarded.open();
    const later = Date.now() + 1000 * hour;
    expect([await purge(later), await isThere(userName)]).toEqual([0, true]);
    expect([await purge(later + 23 * hour), await isThere(userName)]).toEqual([0, true]);
    expect([await purge(later + 24 * hour), await isThere(userName)]).toEqual([1, false]);
  });

  test('who was restored stays, and its time begins anew with the next delete', async () => {
    scim = await guarded.open();
    await cleanUp();
    const userName = await deleted();
    const again = await scim.post('/Users', newUser({ userName }));
    expect(again.status).toBe(201);
    expect(await purge(Date.now() + 48 * hour)).toBe(0);
    expect((await scim.get(`/Users/${again.id}`)).status).toBe(200);
  });

  test('no more than the limit of deletes, and not what is protected', async () => {
    const limited = (config: Config): Config => ({
      ...config,
      guards: { ...config.guards, limits: [{ operation: 'delete', perHour: 3, atLeast: 1 }] },
    });
    scim = await guarded.open();
    await cleanUp();
    const names = [await deleted(), await deleted(), await deleted(), await deleted(), await deleted()];
    scim = await guarded.open((config) => {
      const { guards, ...rest } = limited(config);
      return { ...rest, guards: { ...guards, protect: [{ dn: dnOf(names[0] ?? ''), scope: 'base' }] } };
    });
    expect(await purge(Date.now() + 25 * hour)).toBe(3);
    expect(await Promise.all(names.map(isThere))).toEqual([true, false, false, false, true]);
  });

  test('over a limit that holds, each waits for an administrator', async () => {
    scim = await guarded.open();
    await cleanUp();
    const names = [await deleted(), await deleted()];
    scim = await guarded.open((config) => ({
      ...config,
      guards: { ...config.guards, limits: [{ operation: 'delete', perHour: 1, atLeast: 1, holds: true }] },
    }));
    expect(await purge(Date.now() + 25 * hour)).toBe(1);
    const [hold] = await guarded.holds();
    expect(hold).toMatchObject({ client: '(purge)', operation: 'delete', state: 'waiting' });
    expect((await guarded.ask('POST', '/holds/approve?client=(purge)')).status).toBe(200);
    expect(await purge(Date.now() + 25 * hour)).toBe(1);
    expect(await Promise.all(names.map(isThere))).toEqual([false, false]);
  });

  test('with the time in the entry, and no restore: a later create makes a new one', async () => {
    await guarded.stop();
    guarded = new Guarded(bench, 'purging-stamped.yaml');
    scim = await guarded.open();
    await cleanUp();
    const userName = newName('stamped');
    const { id } = await scim.post('/Users', newUser({ userName }));
    await scim.delete(`/Users/${id}`);
    const entry = await guarded.backend.directory.read(dnOf(userName), ['roomNumber']);
    expect(entry?.texts('roomNumber')).toEqual([expect.stringMatching(/^\d{14}(?:\.\d+)?Z$/)]);
    const again = await scim.post('/Users', newUser({ userName }));
    expect([again.status, again.id === id]).toEqual([201, false]);
    // The time of the entry counts, whatever the gateway has seen.
    await guarded.stop();
    guarded = new Guarded(bench, 'purging-stamped.yaml');
    scim = await guarded.open();
    expect([await purge(Date.now() + 23 * hour), await purge(Date.now() + 25 * hour)]).toEqual([0, 1]);
    expect((await scim.get(`/Users/${again.id}`)).status).toBe(200);
  });

  test('a gateway that reads, or observes, purges nothing', async () => {
    scim = await guarded.open();
    await cleanUp();
    const userName = await deleted();
    await guarded.open((config) => ({ ...config, directories: config.directories.map((each) => ({ ...each, mode: 'observe' as const })) }));
    expect(await purge(Date.now() + 25 * hour)).toBe(0);
    const reader = await guarded.open((config) => ({ ...config, server: { ...config.server, role: 'reader' } }));
    expect(await purge(Date.now() + 25 * hour)).toBe(0);
    expect(await isThere(userName)).toBe(true);
    const refused = await reader.post('/Users', newUser());
    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([503, '60']);
    expect((await reader.get('/Users', { count: 1 })).status).toBe(200);
  });
});
