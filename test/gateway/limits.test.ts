// Limits of what may be taken away within an hour: counted for what is executed, also by parallel requests, and given back for what is not.
// RFC 6585 section 4 (429 with Retry-After); R-197 (each operation of a bulk request by itself).
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import type { Config } from '../../src/config.ts';
import { type Backend } from '../../src/gateway/backend.ts';
import { type Limit, type Loss, Tally } from '../../src/gateway/limits.ts';
import { DirectoryError } from '../../src/ldap/directory.ts';
import { explainRequest } from '../../src/commands/explain.ts';
import { describeExplanation } from '../../src/commands/explanation.ts';
import { formatExplanation } from '../../src/commands/explanation-text.ts';
import { type Bench, openBench } from '../commands/bench.ts';
import { asMembers, idsIn, newGroup, newUser, type PatchOp, type Reply, ScimClient, urn } from '../directory/scim-client.ts';
import { writesAmong } from '../directory/wire.ts';

const deletes = (count: number): readonly Loss[] => [{ operation: 'delete', count, population: [] }];

describe('the tally of an hour', () => {
  test('slides, and says when there is room again', () => {
    let now = 0;
    const tally = new Tally(() => now);
    tally.count(deletes(2));
    now = 600_000;
    tally.count(deletes(3));
    expect(tally.used('delete')).toBe(5);
    expect(tally.used('deactivate')).toBe(0);
    // One of five must leave: the first two do, fifty minutes from now; four must: the later ones, in an hour.
    expect([tally.wait('delete', 1, 5), tally.wait('delete', 4, 5), tally.wait('delete', 6, 5)]).toEqual([3000, 3600, 3600]);
    now = 3_599_999;
    expect(tally.used('delete')).toBe(5);
    now = 3_600_000;
    expect(tally.used('delete')).toBe(3);
    now = 4_200_000;
    expect(tally.used('delete')).toBe(0);
  });

  test('gives back what was not done, once', () => {
    const tally = new Tally(() => 0);
    const release = tally.count(deletes(2));
    tally.count(deletes(3));
    release();
    release();
    expect(tally.used('delete')).toBe(3);
  });
});

let bench: Bench;
let app: App | undefined;
beforeAll(async () => {
  bench = await openBench('demo');
});
afterEach(async () => {
  await app?.stop();
  app = undefined;
});
afterAll(() => bench.stop());

const withLimits = (...limits: readonly Limit[]): Config => ({ ...bench.config, guards: { ...bench.config.guards, limits } });

/** A gateway of its own with a tally of its own, before the same directory. */
async function openLimited(limits: readonly Limit[], adapt?: (backend: Backend) => Backend): Promise<ScimClient> {
  app = createApp(withLimits(...limits), adapt);
  const { url } = await app.start();
  return new ScimClient(`${url}/scim/v2`, 'token-of-the-command-bench');
}

const create = async (count: number): Promise<readonly string[]> => {
  const replies = await Promise.all(Array.from({ length: count }, () => bench.scim.post('/Users', newUser())));
  return replies.map(({ id }) => id);
};
const createGroup = async (members: readonly string[]): Promise<string> =>
  (await bench.scim.post('/Groups', newGroup({ members: asMembers(...members) }))).id;
const membersOf = async (group: string): Promise<readonly string[]> => idsIn((await bench.scim.get(`/Groups/${group}`)).body);
const isActive = async (id: string): Promise<unknown> => (await bench.scim.get(`/Users/${id}`)).body['active'];

function expectRefused(reply: Reply, detail: string): void {
  expect([reply.status, reply.body]).toEqual([429, { schemas: [urn.error], status: '429', detail }]);
  expect(Number(reply.headers.get('Retry-After'))).toBeGreaterThan(3500);
  expect(Number(reply.headers.get('Retry-After'))).toBeLessThanOrEqual(3600);
}

describe('deletes', () => {
  test('in parallel: exactly as many as the limit succeed, the others change nothing', async () => {
    const ids = await create(12);
    const scim = await openLimited([{ operation: 'delete', perHour: 5, atLeast: 1 }]);
    const replies = await Promise.all(ids.map((id) => scim.delete(`/Users/${id}`)));
    expect(replies.map(({ status }) => status).toSorted()).toEqual([...Array(5).fill(204), ...Array(7).fill(429)]);
    for (const reply of replies.filter(({ status }) => status === 429)) {
      expectRefused(reply, 'The gateway allows 5 deletes within an hour: there were 5. Nothing was changed.');
    }
    const left = await Promise.all(ids.map((id) => bench.scim.get(`/Users/${id}`)));
    expect(left.map(({ status }) => status)).toEqual(replies.map(({ status }) => (status === 204 ? 404 : 200)));
  });

  test('what was not there, or failed in the directory, does not count', async () => {
    const [first = '', second = ''] = await create(2);
    let failures = 2;
    const scim = await openLimited([{ operation: 'delete', perHour: 1, atLeast: 1 }], (backend) => ({
      ...backend,
      directory: new Proxy(backend.directory, {
        get(target, name) {
          if (name === 'delete' && failures-- > 0) return () => Promise.reject(new DirectoryError('result', 'no', { resultCode: 53 }));
          const value: unknown = Reflect.get(target, name);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      }),
    }));
    expect((await scim.delete('/Users/6a1d7a52-0000-4000-8000-000000000002')).status).toBe(404);
    expect([(await scim.delete(`/Users/${first}`)).status, (await scim.delete(`/Users/${first}`)).status]).toEqual([403, 403]);
    expect((await scim.delete(`/Users/${first}`)).status).toBe(204);
    expect((await scim.delete(`/Users/${second}`)).status).toBe(429);
  });

  test('whose outcome is unknown count when they turn out to be done, and not when they turn out to be not', async () => {
    const [first = '', second = '', third = ''] = await create(3);
    let next: 'lost before' | 'lost after' | undefined;
    const scim = await openLimited([{ operation: 'delete', perHour: 1, atLeast: 1 }], (backend) => ({
      ...backend,
      directory: new Proxy(backend.directory, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name);
          if (name !== 'delete' || !next) return typeof value === 'function' ? value.bind(target) : value;
          const done = next === 'lost after';
          next = undefined;
          return async (...parameters: Parameters<typeof target.delete>) => {
            if (done) await target.delete(...parameters);
            throw new DirectoryError('lost', 'gone');
          };
        },
      }),
    }));
    next = 'lost before';
    expect((await scim.delete(`/Users/${first}`)).status).toBe(503);
    next = 'lost after';
    expect((await scim.delete(`/Users/${second}`)).status).toBe(204);
    expect((await scim.delete(`/Users/${third}`)).status).toBe(429);
  });

  test('in a bulk request count one by one', async () => {
    const ids = await create(3);
    const scim = await openLimited([{ operation: 'delete', perHour: 2, atLeast: 1 }]);
    const { body } = await scim.post('/Bulk', {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
      Operations: ids.map((id) => ({ method: 'DELETE', path: `/Users/${id}` })),
    });
    expect(body['Operations']).toMatchObject([{ status: '204' }, { status: '204' }, { status: '429' }]);
  });

  test('outlive a reload, and the limit of the new configuration holds', async () => {
    const [first = '', second = '', third = ''] = await create(3);
    const scim = await openLimited([{ operation: 'delete', perHour: 1, atLeast: 1 }]);
    expect((await scim.delete(`/Users/${first}`)).status).toBe(204);
    await app?.reload(withLimits({ operation: 'delete', perHour: 1, atLeast: 1 }));
    expect((await scim.delete(`/Users/${second}`)).status).toBe(429);
    const other = withLimits({ operation: 'delete', perHour: 1, atLeast: 1 });
    const directories = other.directories.map((each) => ({ ...each, timeouts: { connect: 4000, operation: 14_000 } }));
    expect((await app?.reload({ ...other, directories }))?.connected).toEqual(['main']);
    expect((await scim.delete(`/Users/${second}`)).status).toBe(429);
    await app?.reload(withLimits({ operation: 'delete', perHour: 2, atLeast: 1 }));
    expect((await scim.delete(`/Users/${second}`)).status).toBe(204);
    expect((await scim.delete(`/Users/${third}`)).status).toBe(429);
  });

  test('by percentage: of the entries in scope, which are counted once in a while', async () => {
    const ids = await create(40);
    const size = Number((await bench.scim.get('/Users', { count: 0 })).body['totalResults']);
    const limit = Math.floor(size / 10);
    const scim = await openLimited([{ operation: 'delete', perHour: 1000, percentOfPopulation: 10, atLeast: 1 }]);
    const done: number[] = [];
    const operations = await bench.wire.during(async () => {
      for (const id of ids) done.push((await scim.delete(`/Users/${id}`)).status);
    });
    expect(done.filter((status) => status === 204)).toHaveLength(limit);
    expect(done.slice(limit)).toEqual(Array(ids.length - limit).fill(429));
    expect(writesAmong(operations)).toHaveLength(limit);
  });

  test('atLeast holds over a small percentage', async () => {
    const ids = await create(4);
    const scim = await openLimited([{ operation: 'delete', perHour: 1000, percentOfPopulation: 0.01, atLeast: 3 }]);
    const done: number[] = [];
    for (const id of ids) done.push((await scim.delete(`/Users/${id}`)).status);
    expect(done).toEqual([204, 204, 204, 429]);
  });
});

describe('deactivations', () => {
  const once = { operation: 'deactivate', perHour: 1, atLeast: 1 } as const;
  const refusal = 'The gateway allows 1 deactivations within an hour: there were 1. Nothing was changed.';

  test.each<[string, readonly PatchOp[]]>([
    ['replace active', [{ op: 'replace', path: 'active', value: false }]],
    ['with a text', [{ op: 'Replace', path: 'active', value: 'False' }]],
    ['without a path', [{ op: 'replace', value: { active: false } }]],
    ['by add', [{ op: 'add', path: 'active', value: false }]],
    ['by the full name', [{ op: 'replace', path: `${urn.user}:active`, value: false }]],
    [
      'among other changes',
      [
        { op: 'replace', path: 'title', value: 'Clerk' },
        { op: 'replace', path: 'active', value: false },
      ],
    ],
    [
      'on the way',
      [
        { op: 'replace', path: 'active', value: true },
        { op: 'replace', path: 'active', value: false },
      ],
    ],
  ])('by PATCH: %s', async (_name, operations) => {
    const [first = '', second = ''] = await create(2);
    const scim = await openLimited([once]);
    expect((await scim.patch(`/Users/${first}`, operations)).status).toBe(200);
    const wire = await bench.wire.during(async () => expectRefused(await scim.patch(`/Users/${second}`, operations), refusal));
    expect(writesAmong(wire)).toEqual([]);
    expect([await isActive(first), await isActive(second)]).toEqual([false, true]);
  });

  test('by PUT', async () => {
    const users = [newUser(), newUser()];
    const [first, second] = await Promise.all(users.map((user) => bench.scim.post('/Users', user)));
    const scim = await openLimited([once]);
    expect((await scim.put(`/Users/${first?.id}`, { ...users[0], active: false })).status).toBe(200);
    expectRefused(await scim.put(`/Users/${second?.id}`, { ...users[1], active: false }), refusal);
    // Not said is not changed.
    expect((await scim.put(`/Users/${second?.id}`, { ...users[1], title: 'Clerk' })).status).toBe(200);
    expect(await isActive(second?.id ?? '')).toBe(true);
  });

  test('who is inactive already, is activated, or changes otherwise does not count', async () => {
    const [first = '', second = ''] = await create(2);
    const scim = await openLimited([once]);
    const set = async (id: string, active: boolean): Promise<number> =>
      (
        await scim.patch(`/Users/${id}`, [
          { op: 'replace', path: 'active', value: active },
          { op: 'replace', path: 'title', value: 'x' },
        ])
      ).status;
    expect(await set(first, false)).toBe(200);
    expect(await set(first, false)).toBe(200);
    expect((await scim.patch(`/Users/${first}`, [{ op: 'replace', value: { active: false, title: 'y' } }])).status).toBe(200);
    expect(await set(first, true)).toBe(200);
    expect(await set(second, false)).toBe(429);
  });
});

describe('members removed', () => {
  const three = { operation: 'removeMember', perHour: 3, atLeast: 1 } as const;
  const patch = (scim: ScimClient, group: string, ...operations: readonly PatchOp[]): Promise<Reply> =>
    scim.patch(`/Groups/${group}`, operations);

  test('by delta: the values count, not the requests, and not those who are no members', async () => {
    const people = await create(6);
    const [a = '', b = '', c = '', d = '', e = '', outsider = ''] = people;
    const group = await createGroup([a, b, c, d, e]);
    const scim = await openLimited([three]);
    const remove = (...ids: readonly string[]) => patch(scim, group, { op: 'remove', path: 'members', value: asMembers(...ids) });
    expect((await remove(a, outsider)).status).toBe(204);
    expect((await remove(outsider)).status).toBe(204);
    expect((await remove(a)).status).toBe(204);
    expectRefused(
      await remove(b, c, d),
      'The gateway allows 3 members removed within an hour: there were 1, and this request has 3. Nothing was changed.',
    );
    expect(await membersOf(group)).toEqual([b, c, d, e].toSorted());
    expect((await patch(scim, group, { op: 'remove', path: `members[value eq "${b}"]` })).status).toBe(204);
    expect((await patch(scim, group, { op: 'remove', path: `members[value eq "${c}"]` })).status).toBe(204);
    expect((await patch(scim, group, { op: 'remove', path: `members[value eq "${d}"]` })).status).toBe(429);
    expect((await remove(outsider)).status).toBe(204);
    expect((await patch(scim, group, { op: 'add', path: 'members', value: asMembers(a) })).status).toBe(204);
    expect(await membersOf(group)).toEqual([a, d, e].toSorted());
  });

  test.each<[string, (scim: ScimClient, group: string, body: Readonly<Record<string, unknown>>) => Promise<Reply>]>([
    ['remove all', (scim, group) => patch(scim, group, { op: 'remove', path: 'members' })],
    ['replace by nobody', (scim, group) => patch(scim, group, { op: 'replace', path: 'members', value: [] })],
    ['PUT with an empty list', (scim, group, body) => scim.put(`/Groups/${group}`, { ...body, members: [] })],
  ])('%s', async (_name, empty) => {
    const people = await create(4);
    const bodies = [newGroup({ members: asMembers(...people) }), newGroup({ members: asMembers(...people.slice(1)) })] as const;
    const [large, small] = [(await bench.scim.post('/Groups', bodies[0])).id, (await bench.scim.post('/Groups', bodies[1])).id];
    const scim = await openLimited([three]);
    expectRefused(
      await empty(scim, large, bodies[0]),
      'The gateway allows 3 members removed within an hour: there were 0, and this request has 4. Nothing was changed.',
    );
    expect(await membersOf(large)).toEqual(people.toSorted());
    expect((await empty(scim, small, bodies[1])).status).toBeLessThan(300);
    expect(await membersOf(small)).toEqual([]);
    expect((await patch(scim, large, { op: 'remove', path: `members[value eq "${people[0]}"]` })).status).toBe(429);
  });

  test('by exchange: only those who are left out count', async () => {
    const [a = '', b = '', c = '', d = '', e = ''] = await create(5);
    const group = await createGroup([a, b, c, d]);
    const scim = await openLimited([{ ...three, perHour: 2 }]);
    expect((await patch(scim, group, { op: 'replace', path: 'members', value: asMembers(b, c, d, e) })).status).toBe(200);
    expect((await scim.put(`/Groups/${group}`, { ...newGroup(), members: asMembers(c, d, e) })).status).toBe(200);
    expect((await patch(scim, group, { op: 'replace', path: 'members', value: asMembers(a, c, d) })).status).toBe(429);
    expect(await membersOf(group)).toEqual([c, d, e].toSorted());
  });
});

test('where the server cuts the count, the entries that it gave are taken for all, and the log says so', async () => {
  const ids = await create(4);
  const events: unknown[] = [];
  const listen = (message: unknown): void => void events.push(message);
  subscribe('ldap-scim-gateway:event', listen);
  const scim = await openLimited([{ operation: 'delete', percentOfPopulation: 50, atLeast: 1 }], (backend) => ({
    ...backend,
    directory: new Proxy(backend.directory, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (name !== 'search') return typeof value === 'function' ? value.bind(target) : value;
        return async function* (request: Parameters<typeof target.search>[0]) {
          let given = 0;
          for await (const entry of target.search(request)) {
            if (request.attributes.length === 0 && given === 6) throw new DirectoryError('result', 'cut', { resultCode: 4 });
            given += 1;
            yield entry;
          }
        };
      },
    }),
  }));
  await create(6);
  const done: number[] = [];
  for (const id of ids) done.push((await scim.delete(`/Users/${id}`)).status);
  unsubscribe('ldap-scim-gateway:event', listen);
  expect(done).toEqual([204, 204, 204, 429]);
  const event = 'the population could not be counted whole';
  expect(events).toContainEqual({ level: 'warn', event, directory: 'main', resourceType: 'User', counted: 6, resultCode: 4 });
});

test('explain says what the limits say', async () => {
  const [a = '', b = ''] = await create(2);
  const group = await createGroup([a, b]);
  const target = `/scim/v2/Groups/${group}`;
  const body = JSON.stringify({ schemas: [urn.patch], Operations: [{ op: 'remove', path: 'members' }] });
  const config = withLimits({ operation: 'removeMember', perHour: 1, atLeast: 1 });
  const explanation = await explainRequest(config, { method: 'PATCH', target, headers: {}, body }, { client: 'full' });
  const description = describeExplanation(explanation);
  expect([description.limits, description.answer.status]).toEqual([
    [{ operation: 'removeMember', count: 2, used: 0, limit: 1, allowed: false, holds: false }],
    429,
  ]);
  expect(formatExplanation(description)).toContain('removeMember: 2 of 1 within an hour: refused');
});

test('explain and observe judge without counting, and tell what they found', async () => {
  const [id = ''] = await create(1);
  const verdicts: unknown[] = [];
  const scim = await openLimited([{ operation: 'delete', perHour: 1, atLeast: 1 }], (backend) => ({
    ...backend,
    observe: true,
    onLimit: (verdict) => verdicts.push(verdict),
  }));
  expect([(await scim.delete(`/Users/${id}`)).status, (await scim.delete(`/Users/${id}`)).status]).toEqual([204, 204]);
  const verdict = { operation: 'delete', count: 1, used: 0, limit: 1, allowed: true, holds: false };
  expect(verdicts).toEqual([verdict, verdict]);
});

test('the log says that a limit refused, with numbers only', async () => {
  const ids = await create(2);
  const events: unknown[] = [];
  const listen = (message: unknown): void => void events.push(message);
  subscribe('ldap-scim-gateway:event', listen);
  const scim = await openLimited([{ operation: 'delete', perHour: 1, atLeast: 1 }]);
  for (const id of ids) await scim.delete(`/Users/${id}`);
  unsubscribe('ldap-scim-gateway:event', listen);
  expect(events).toContainEqual({
    level: 'warn',
    event: 'refused by a limit',
    directory: 'main',
    operation: 'delete',
    count: 1,
    used: 1,
    limit: 1,
  });
});
