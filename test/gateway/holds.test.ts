// Changes over a limit that wait for an administrator: kept once, shown with their plan and without secrets, done after approval and only then.
// RFC 9110 section 15.6.4 (503 with Retry-After); R-197.
import { createHash } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import type { Config } from '../../src/config.ts';
import type { Backend } from '../../src/gateway/backend.ts';
import type { Limit } from '../../src/gateway/limits.ts';
import { guardFormat, stateOf } from '../../src/gateway/guard-state.ts';
import type { HeldWrite } from '../../src/gateway/holds.ts';
import { DirectoryError } from '../../src/ldap/directory.ts';
import { openDatabase } from '../../src/state/database.ts';
import { type Bench, openBench } from '../commands/bench.ts';
import { asMembers, idsIn, newGroup, newUser, type Reply, ScimClient } from '../directory/scim-client.ts';
import { writesAmong } from '../directory/wire.ts';

describe('what is held', () => {
  const write: HeldWrite = {
    client: 'okta',
    method: 'DELETE',
    path: '/Users/1',
    operation: 'delete',
    resourceType: 'User',
    resourceId: '1',
    dn: 'uid=a,dc=x',
    plan: 'dn: uid=a,dc=x',
    essence: '[]',
    reason: 'too many',
  };
  const openHolds = (now: () => number = () => 0) => {
    const { database } = openDatabase(':memory:', guardFormat);
    return stateOf(database, 'main', () => ({ holdsExpireAfter: 1000, deferralsExpireAfter: 1000 }), now).holds;
  };

  test('is there once, however often it is tried, and is done once after an approval', () => {
    const holds = openHolds();
    expect(holds.submit(write)).toEqual({ kind: 'waiting', id: 1, isNew: true });
    expect(holds.submit(write)).toEqual({ kind: 'waiting', id: 1, isNew: false });
    expect(holds.list()).toMatchObject([{ id: 1, state: 'waiting', retried: 1 }]);
    expect(holds.decide({ id: 1 }, 'approved')).toHaveLength(1);
    const verdict = holds.submit(write);
    expect(verdict.kind).toBe('approved');
    // A second attempt at the same time does not go through with it.
    expect(holds.submit(write)).toMatchObject({ kind: 'waiting' });
    holds.complete(1);
    expect(holds.list()).toEqual([]);
    expect(holds.submit(write)).toMatchObject({ kind: 'waiting', isNew: true });
  });

  test('an approval that was not used comes back', () => {
    const holds = openHolds();
    holds.submit(write);
    holds.decide({}, 'approved');
    const verdict = holds.submit(write);
    if (verdict.kind === 'approved') verdict.restore();
    expect(holds.submit(write).kind).toBe('approved');
  });

  test('an approval that a crash interrupted is none any more', () => {
    const holds = openHolds();
    holds.submit(write);
    holds.decide({}, 'approved');
    holds.submit(write);
    holds.recover();
    expect(holds.submit(write)).toMatchObject({ kind: 'waiting', isNew: true });
  });

  test.each<[string, Partial<HeldWrite>]>([
    ['another client', { client: 'entra' }],
    ['another resource', { resourceId: '2' }],
    ['another plan', { essence: '[1]' }],
    ['another operation', { operation: 'update' }],
  ])('an approval is not for %s', (_name, other) => {
    const holds = openHolds();
    holds.submit(write);
    holds.decide({}, 'approved');
    expect(holds.submit({ ...write, ...other }).kind).toBe('waiting');
    expect(holds.submit(write).kind).toBe('approved');
  });

  test('another form of the same change takes the place of what waits, under another number', () => {
    const holds = openHolds();
    holds.submit(write);
    expect(holds.submit({ ...write, essence: 'more' })).toMatchObject({ kind: 'waiting', id: 2 });
    expect(holds.list().map(({ id }) => id)).toEqual([2]);
    expect(holds.decide({ id: 1 }, 'approved')).toEqual([]);
  });

  test('refused stays refused, until that expires', () => {
    let now = 0;
    const holds = openHolds(() => now);
    holds.submit(write);
    holds.decide({ client: 'okta' }, 'refused');
    expect([holds.submit(write), holds.submit(write)]).toEqual([
      { kind: 'refused', id: 1 },
      { kind: 'refused', id: 1 },
    ]);
    now = 999;
    expect(holds.submit(write).kind).toBe('refused');
    now = 1000;
    expect(holds.submit(write)).toMatchObject({ kind: 'waiting', isNew: true });
  });

  test('an approval expires, too, and counts from the decision', () => {
    let now = 0;
    const holds = openHolds(() => now);
    holds.submit(write);
    now = 900;
    holds.decide({}, 'approved');
    now = 1899;
    expect(holds.list()).toHaveLength(1);
    now = 1900;
    expect(holds.list()).toEqual([]);
    expect(holds.submit(write).kind).toBe('waiting');
  });

  test('there is an end to it', () => {
    const { database } = openDatabase(':memory:', guardFormat);
    const { holds } = stateOf(
      database,
      'main',
      () => ({ holdsExpireAfter: 1000, deferralsExpireAfter: 1000 }),
      () => 0,
    );
    holds.submit({ ...write, resourceId: '5' });
    database.exec(`WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 9999)
      INSERT INTO holds (directory, fingerprint, state, client, method, path, operation, resource_type, resource_id, dn, plan, reason, at, expires)
      SELECT 'main', CAST(n AS BLOB), 'waiting', '', '', '', 'delete', '', n, '', '', '', 0, 1000 FROM numbers`);
    expect(holds.submit({ ...write, resourceId: 'one more' })).toEqual({ kind: 'full' });
    expect(holds.submit({ ...write, resourceId: '5' })).toMatchObject({ kind: 'waiting', isNew: false });
  });
});

const adminToken = 'the-token-of-the-operator';
const operator = { host: '127.0.0.1', port: 0, sha256: createHash('sha256').update(adminToken).digest() };

describe.each(['demo', 'slapd'] as const)('over %s', (kind) => {
  let bench: Bench;
  let folder: string;
  let app: App | undefined;
  let adminUrl: string;
  beforeAll(async () => {
    bench = await openBench(kind);
  }, 60_000);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'holds-'));
  });
  afterEach(async () => {
    await app?.stop();
    app = undefined;
    rmSync(folder, { recursive: true, force: true });
  });
  afterAll(() => bench.stop());

  const file = (): string => join(folder, 'guards.db');
  const withLimits = (...limits: readonly Limit[]): Config => ({
    ...bench.config,
    admin: operator,
    guards: { ...bench.config.guards, store: file(), holds: { expireAfter: 60_000, retryAfter: 90_000 }, limits },
  });

  async function open(config: Config, adapt?: (backend: Backend) => Backend): Promise<ScimClient> {
    await app?.stop();
    app = createApp(config, adapt);
    const started = await app.start();
    adminUrl = started.adminUrl ?? '';
    return new ScimClient(`${started.url}/scim/v2`, 'token-of-the-command-bench');
  }
  const one = { perHour: 1, atLeast: 1, holds: true } as const;
  const oneDelete = { operation: 'delete', ...one } as const;

  async function desk(method: 'GET' | 'POST', path: string): Promise<{ status: number; body: Readonly<Record<string, unknown>> }> {
    const response = await fetch(adminUrl + path, { method, headers: { Authorization: `Bearer ${adminToken}` } });
    return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> };
  }
  const holds = async (query = ''): Promise<readonly Readonly<Record<string, unknown>>[]> =>
    (await desk('GET', `/holds${query}`)).body['holds'] as readonly Readonly<Record<string, unknown>>[];
  const users = async (count: number): Promise<readonly string[]> =>
    (await Promise.all(Array.from({ length: count }, () => bench.scim.post('/Users', newUser())))).map(({ id }) => id);
  function expectHeld(reply: Reply, number: number): void {
    expect(reply.status).toBe(503);
    expect(reply.headers.get('Retry-After')).toBe('90');
    expect(reply.body['detail']).toMatch(new RegExp(`waits for an administrator \\(hold ${number}\\)\\. Nothing was changed\\.$`));
  }

  test('a delete over the limit waits, once; after approval the next attempt is done and uses it up', async () => {
    const [first = '', second = '', third = ''] = await users(3);
    const scim = await open(withLimits(oneDelete));
    expect((await scim.delete(`/Users/${first}`)).status).toBe(204);
    const wire = await bench.wire.during(async () => {
      expectHeld(await scim.delete(`/Users/${second}`), 1);
      expectHeld(await scim.delete(`/Users/${second}`), 1);
    });
    expect(writesAmong(wire)).toEqual([]);
    const [hold, ...others] = await holds();
    expect(others).toEqual([]);
    expect(hold).toMatchObject({
      id: 1,
      directory: 'main',
      state: 'waiting',
      client: 'full',
      method: 'DELETE',
      path: `/Users/${second}`,
      operation: 'delete',
      resourceType: 'User',
      resourceId: second,
      retried: 1,
      reason: 'The gateway allows 1 deletes within an hour: there were 1.',
      plan: expect.stringContaining('changetype: delete'),
    });
    expect((await desk('POST', '/holds/1/approve')).body).toMatchObject({ id: 1, state: 'approved', decided: expect.any(String) });
    expectHeld(await scim.delete(`/Users/${third}`), 2);
    expect((await scim.delete(`/Users/${second}`)).status).toBe(204);
    expect((await scim.get(`/Users/${second}`)).status).toBe(404);
    expect((await holds()).map(({ id }) => id)).toEqual([2]);
    expect(statSync(file()).mode & 0o077).toBe(0);
  });

  test('what waits and what was counted outlives a restart', async () => {
    const [first = '', second = '', third = ''] = await users(3);
    let scim = await open(withLimits(oneDelete));
    await scim.delete(`/Users/${first}`);
    await scim.delete(`/Users/${second}`);
    await scim.delete(`/Users/${third}`);
    scim = await open(withLimits(oneDelete));
    expect((await holds()).map(({ id, state }) => [id, state])).toEqual([
      [1, 'waiting'],
      [2, 'waiting'],
    ]);
    await desk('POST', '/holds/1/approve');
    await desk('POST', '/holds/2/refuse');
    scim = await open(withLimits(oneDelete));
    expect((await scim.delete(`/Users/${second}`)).status).toBe(204);
    const refused = await scim.delete(`/Users/${third}`);
    expect([refused.status, refused.headers.get('Retry-After'), refused.body['detail']]).toEqual([
      503,
      '3600',
      'An administrator has refused this change (hold 2). Nothing was changed.',
    ]);
    expect((await scim.get(`/Users/${third}`)).status).toBe(200);
  });

  test('a damaged file is set aside and told, and limits hold on', async () => {
    const [first = '', second = ''] = await users(2);
    let scim = await open(withLimits(oneDelete));
    await scim.delete(`/Users/${first}`);
    await app?.stop();
    writeFileSync(file(), 'this is no database '.repeat(100));
    const told: unknown[] = [];
    const listen = (message: unknown): void => void told.push(message);
    subscribe('ldap-scim-gateway:event', listen);
    scim = await open(withLimits(oneDelete));
    unsubscribe('ldap-scim-gateway:event', listen);
    expect(told).toContainEqual(
      expect.objectContaining({
        level: 'error',
        file: expect.stringContaining('guards.db.set-aside-'),
        reason: 'it is no SQLite database',
      }),
    );
    expect((await scim.delete(`/Users/${second}`)).status).toBe(204);
    expect((await scim.delete(`/Users/${(await users(1))[0]}`)).status).toBe(503);
  });

  test('a reload that needs the file for the first time opens it, and another file waits for a restart', async () => {
    const [first = '', second = ''] = await users(2);
    const scim = await open(withLimits());
    expect(existsSync(file())).toBe(false);
    await app?.reload(withLimits(oneDelete));
    expect(existsSync(file())).toBe(true);
    expect([(await scim.delete(`/Users/${first}`)).status, (await scim.delete(`/Users/${second}`)).status]).toEqual([204, 503]);
    const other = withLimits(oneDelete);
    const done = await app?.reload({ ...other, guards: { ...other.guards, store: join(folder, 'other.db') } });
    expect([done?.needRestart, (await holds()).length]).toEqual([['guards.store'], 1]);
  });

  test('a second gateway with the same file is refused', async () => {
    await open(withLimits(oneDelete));
    expect(() => createApp(withLimits(oneDelete))).toThrow('is in use by another process');
  });

  test('members: the same removal passes after approval, a larger one waits anew', async () => {
    const [a = '', b = '', c = '', d = ''] = await users(4);
    const { id } = await bench.scim.post('/Groups', newGroup({ members: asMembers(a, b, c, d) }));
    const scim = await open(withLimits({ operation: 'removeMember', ...one }));
    const remove = (...members: readonly string[]) =>
      scim.patch(`/Groups/${id}`, [{ op: 'remove', path: 'members', value: asMembers(...members) }]);
    expectHeld(await remove(a, b), 1);
    await desk('POST', '/holds/approve?client=full');
    expectHeld(await remove(a, b, c), 2);
    expect((await remove(a, b)).status).toBe(204);
    expect(idsIn((await scim.get(`/Groups/${id}`)).body)).toEqual([c, d].toSorted());
    // Approved changes do not count: one more is within the limit.
    expect((await remove(c)).status).toBe(204);
    expectHeld(await remove(d), 3);
  });

  test('a deactivation, and a plan without secrets', async () => {
    const [first = '', second = ''] = await users(2);
    const scim = await open(withLimits({ operation: 'deactivate', ...one }));
    const off = (id: string, password: string) =>
      scim.patch(`/Users/${id}`, [
        { op: 'replace', path: 'active', value: false },
        { op: 'replace', path: 'password', value: password },
      ]);
    expect((await off(first, 'Correct-horse-1')).status).toBe(200);
    expectHeld(await off(second, 'Correct-horse-2'), 1);
    const [hold] = await holds();
    expect(hold).toMatchObject({ method: 'PATCH', operation: 'update', plan: expect.stringContaining('employeeType') });
    expect(JSON.stringify(hold)).not.toContain('orrect-horse');
    // Whoever tries again with another password is still the same request: passwords are not what was held.
    await desk('POST', '/holds/1/approve');
    expect((await off(second, 'Correct-horse-3')).status).toBe(200);
  });

  test('of two limits the one that rejects counts', async () => {
    const [first = '', second = ''] = await users(2);
    const scim = await open(withLimits(oneDelete, { operation: 'delete', perHour: 1, atLeast: 1 }));
    expect((await scim.delete(`/Users/${first}`)).status).toBe(204);
    expect((await scim.delete(`/Users/${second}`)).status).toBe(429);
    expect(await holds()).toEqual([]);
  });

  test('an approved change that the directory refuses keeps its approval', async () => {
    const [first = '', second = ''] = await users(2);
    let isRefusing = false;
    const scim = await open(withLimits(oneDelete), (backend) => ({
      ...backend,
      directory: new Proxy(backend.directory, {
        get(target, name) {
          if (name === 'delete' && isRefusing) return () => Promise.reject(new DirectoryError('result', 'no', { resultCode: 53 }));
          const value: unknown = Reflect.get(target, name);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      }),
    }));
    await scim.delete(`/Users/${first}`);
    await scim.delete(`/Users/${second}`);
    await desk('POST', '/holds/1/approve');
    isRefusing = true;
    expect((await scim.delete(`/Users/${second}`)).status).toBe(403);
    isRefusing = false;
    expect((await scim.delete(`/Users/${second}`)).status).toBe(204);
  });

  test('the operator: selections, numbers that are not there, and what is misspelt', async () => {
    const ids = await users(4);
    const scim = await open(withLimits(oneDelete));
    for (const id of ids) await scim.delete(`/Users/${id}`);
    expect(await holds('?client=nobody')).toEqual([]);
    expect((await holds('?client=full&operation=delete&resourceType=User&directory=main&state=waiting')).length).toBe(3);
    expect((await desk('GET', '/holds?cleint=full')).status).toBe(400);
    expect((await desk('POST', '/holds/approve')).status).toBe(400);
    expect((await desk('POST', '/holds/approve?cleint=full')).status).toBe(400);
    expect((await desk('POST', '/holds/99/approve')).status).toBe(404);
    expect((await desk('POST', '/holds/__proto__/approve')).status).toBe(404);
    expect((await fetch(`${adminUrl}/holds`)).status).toBe(401);
    expect((await desk('POST', '/holds/2/refuse')).body).toMatchObject({ id: 2, state: 'refused' });
    expect(((await desk('POST', '/holds/approve?all=true')).body['holds'] as unknown[]).length).toBe(2);
    expect((await holds()).map(({ state }) => state)).toEqual(['approved', 'refused', 'approved']);
    const metrics = await (await fetch(`${adminUrl}/metrics`, { headers: { Authorization: `Bearer ${adminToken}` } })).text();
    expect(metrics).toContain('scim_gateway_holds{directory="main",state="approved"} 2');
  });

  test('an observing gateway holds nothing', async () => {
    const [first = '', second = ''] = await users(2);
    const config = withLimits({ ...oneDelete, perHour: 1 });
    let scim = await open(config);
    await scim.delete(`/Users/${first}`);
    scim = await open({ ...config, directories: config.directories.map((each) => ({ ...each, mode: 'observe' as const })) });
    expect((await scim.delete(`/Users/${second}`)).status).toBe(503);
    expect(await holds()).toEqual([]);
  });
});
