// References to what does not exist yet (`onUnresolved: defer`): kept beyond a restart, in no answer, written when it exists, under every guard.
// RFC 7643 sections 4.1.2 (manager) and 4.2 (members).
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseDn } from '../../src/ldap/dn.ts';
import { guardFormat, stateOf } from '../../src/gateway/guard-state.ts';
import { openDatabase } from '../../src/state/database.ts';
import { type Bench, openBench } from '../commands/bench.ts';
import { asMembers, idsIn, newGroup, newName, newUser, type ScimClient, urn, valueOf } from '../directory/scim-client.ts';
import { Guarded } from './guarded.ts';

test('a reference is waited for once, and not for ever', () => {
  let now = 0;
  const { database } = openDatabase(':memory:', guardFormat);
  const { deferrals } = stateOf(
    database,
    'main',
    () => ({ holdsExpireAfter: 1, deferralsExpireAfter: 100 }),
    () => now,
  );
  const one = { resourceType: 'Group', resourceId: '1', attribute: 'members', foreignId: 'x', client: 'okta' };
  deferrals.change({ added: [one, one] });
  deferrals.change({ added: [{ ...one, foreignId: 'y' }] });
  expect(deferrals.list().map(({ foreignId }) => foreignId)).toEqual(['x', 'y']);
  expect(deferrals.of('Group', '1')).toHaveLength(2);
  expect(deferrals.naming(['y', 'z'])).toMatchObject([{ foreignId: 'y', expires: 100 }]);
  expect([deferrals.hasRoom(99_998), deferrals.hasRoom(99_999)]).toEqual([true, false]);
  now = 100;
  expect([deferrals.list(), deferrals.expire(), deferrals.expire()]).toEqual([[], 2, 0]);
});

describe.each(['demo', 'slapd'] as const)('over %s', (kind) => {
  let bench: Bench;
  let guarded: Guarded;
  let scim: ScimClient;
  beforeAll(async () => {
    bench = await openBench(kind);
  }, 60_000);
  beforeEach(async () => {
    guarded = new Guarded(bench, 'deferring.yaml');
    scim = await guarded.open();
  });
  afterEach(() => guarded.stop());
  afterAll(() => bench.stop());

  const membersOf = async (id: string): Promise<readonly string[]> => idsIn((await scim.get(`/Groups/${id}`)).body);
  const managerOf = async (id: string): Promise<unknown> =>
    valueOf((await scim.get(`/Users/${id}`)).body, urn.enterprise, 'manager', 'value');
  const waiting = async (): Promise<readonly unknown[]> => (await guarded.deferred()).map(({ foreignId }) => foreignId);
  /** An entry that is no resource, for it lies elsewhere, and its id. */
  async function outsider(): Promise<{ readonly id: string; enter(): Promise<unknown> }> {
    const { directory } = guarded.backend;
    const name = newName('outsider');
    const dn = `uid=${name},${guarded.suffix}`;
    const values = { objectClass: ['inetOrgPerson'], uid: [name], cn: [name], sn: [name] };
    await directory.add(parseDn(dn), new Map(Object.entries(values)));
    const entry = await directory.read(parseDn(dn), ['entryUUID']);
    const superior = parseDn(`ou=people,${guarded.suffix}`);
    return {
      id: entry?.texts('entryUUID')[0] ?? '',
      enter: () => directory.move(parseDn(dn), [{ type: 'uid', value: name }], { superior }),
    };
  }

  test('a member by the name that its client gives it: not shown, and written when the client creates it', async () => {
    const there = await scim.post('/Users', newUser());
    const externalId = newName('foreign');
    const group = await scim.post('/Groups', newGroup({ members: asMembers(there.id, externalId) }));
    expect([group.status, idsIn(group.body)]).toEqual([201, [there.id]]);
    expect(await membersOf(group.id)).toEqual([there.id]);
    expect(await guarded.deferred()).toMatchObject([
      { directory: 'main', resourceType: 'Group', resourceId: group.id, attribute: 'members', foreignId: externalId, client: 'full' },
    ]);
    expect(await scim.find('/Groups', `members.value eq "${externalId}"`)).toEqual([]);
    const late = await scim.post('/Users', newUser({ externalId }));
    expect(await membersOf(group.id)).toEqual([there.id, late.id].toSorted());
    expect(await waiting()).toEqual([]);
  });

  test.each<[string, (scim: ScimClient, id: string, foreign: string) => Promise<unknown>]>([
    ['PATCH add', (client, id, foreign) => client.patch(`/Groups/${id}`, [{ op: 'add', path: 'members', value: asMembers(foreign) }])],
    [
      'PATCH replace',
      (client, id, foreign) => client.patch(`/Groups/${id}`, [{ op: 'replace', path: 'members', value: asMembers(foreign) }]),
    ],
    ['PUT', (client, id, foreign) => client.put(`/Groups/${id}`, newGroup({ members: asMembers(foreign) }))],
  ])('by %s, and after a restart', async (_name, change) => {
    const group = await scim.post('/Groups', newGroup());
    const externalId = newName('foreign');
    expect(await change(scim, group.id, externalId)).toMatchObject({ status: expect.any(Number) });
    expect([await membersOf(group.id), await waiting()]).toEqual([[], [externalId]]);
    scim = await guarded.open();
    expect(await waiting()).toEqual([externalId]);
    const late = await scim.post('/Users', newUser({ externalId }));
    expect([await membersOf(group.id), await waiting()]).toEqual([[late.id], []]);
  });

  test('an id of an entry that comes into the scope later is found when somebody looks', async () => {
    const { id, enter } = await outsider();
    const group = await scim.post('/Groups', newGroup({ members: asMembers(id) }));
    expect(await guarded.gateway.applyDeferred([id])).toEqual({ written: 0, dropped: 0 });
    expect([await membersOf(group.id), await waiting()]).toEqual([[], [id]]);
    await enter();
    expect(await guarded.gateway.applyDeferred(['somebody else'])).toEqual({ written: 0, dropped: 0 });
    expect(await guarded.gateway.applyDeferred([id])).toEqual({ written: 1, dropped: 0 });
    expect([await membersOf(group.id), await waiting()]).toEqual([[id], []]);
  });

  test('a manager, and the one before is gone at once', async () => {
    const [old, foreign] = [await scim.post('/Users', newUser()), newName('foreign')];
    const user = newUser({ [urn.enterprise]: { manager: { value: old.id } } });
    const { id } = await scim.post('/Users', user);
    expect(await managerOf(id)).toBe(old.id);
    const changed = await scim.patch(`/Users/${id}`, [{ op: 'replace', path: `${urn.enterprise}:manager`, value: { value: foreign } }]);
    expect(changed.status).toBe(200);
    expect(JSON.stringify(changed.body)).not.toContain(foreign);
    expect([await managerOf(id), await waiting()]).toEqual([undefined, [foreign]]);
    // Another change keeps it, and how long it is waited for.
    const [before] = await guarded.deferred();
    await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'Clerk' }]);
    expect(await guarded.deferred()).toEqual([before]);
    const boss = await scim.post('/Users', newUser({ userName: foreign }));
    expect([await managerOf(id), await waiting()]).toEqual([boss.id, []]);
  });

  test('a name of its own that is known already is translated, and leaves no second value', async () => {
    const externalId = newName('foreign');
    const user = await scim.post('/Users', newUser({ externalId }));
    const body = newGroup({ members: asMembers(externalId) });
    const group = await scim.post('/Groups', body);
    expect([await membersOf(group.id), await waiting()]).toEqual([[user.id], []]);
    expect((await scim.put(`/Groups/${group.id}`, body)).status).toBe(200);
    expect(await membersOf(group.id)).toEqual([user.id]);
    expect((await scim.patch(`/Groups/${group.id}`, [{ op: 'remove', path: 'members', value: asMembers(externalId) }])).status).toBe(204);
    expect(await membersOf(group.id)).toEqual([]);
  });

  test.each<[string, (scim: ScimClient, id: string, foreign: string) => Promise<unknown>]>([
    ['removing it', (client, id, foreign) => client.patch(`/Groups/${id}`, [{ op: 'remove', path: 'members', value: asMembers(foreign) }])],
    [
      'removing it by filter',
      (client, id, foreign) => client.patch(`/Groups/${id}`, [{ op: 'remove', path: `members[value eq "${foreign}"]` }]),
    ],
    ['removing all', (client, id) => client.patch(`/Groups/${id}`, [{ op: 'remove', path: 'members' }])],
    ['replacing by nobody', (client, id) => client.patch(`/Groups/${id}`, [{ op: 'replace', path: 'members', value: [] }])],
    ['a PUT without members that empties', (client, id) => client.put(`/Groups/${id}`, newGroup({ members: [] }))],
    ['deleting the group', (client, id) => client.delete(`/Groups/${id}`)],
  ])('is not waited for after %s', async (_name, change) => {
    const foreign = newName('foreign');
    const group = await scim.post('/Groups', newGroup({ members: asMembers(foreign) }));
    expect(await waiting()).toEqual([foreign]);
    await change(scim, group.id, foreign);
    expect(await waiting()).toEqual([]);
    const late = await scim.post('/Users', newUser({ externalId: foreign }));
    expect((await scim.get(`/Groups/${group.id}`)).body['members']).toBeUndefined();
    expect(late.status).toBe(201);
  });

  test('others wait on when one is added, removed or replaced', async () => {
    const [a, b, c] = [newName('foreign'), newName('foreign'), newName('foreign')];
    const group = await scim.post('/Groups', newGroup({ members: asMembers(a, b) }));
    await scim.patch(`/Groups/${group.id}`, [{ op: 'add', path: 'members', value: asMembers(c) }]);
    expect(await waiting()).toEqual([a, b, c]);
    await scim.patch(`/Groups/${group.id}`, [{ op: 'remove', path: 'members', value: asMembers(b) }]);
    expect(await waiting()).toEqual([a, c]);
    await scim.patch(`/Groups/${group.id}`, [{ op: 'replace', path: 'displayName', value: newName('renamed') }]);
    expect(await waiting()).toEqual([a, c]);
    await scim.patch(`/Groups/${group.id}`, [
      { op: 'replace', path: 'members', value: asMembers(a) },
      { op: 'replace', path: 'displayName', value: newName('renamed') },
    ]);
    expect(await waiting()).toEqual([a]);
  });

  test('what was decided in the directory meanwhile is not overwritten', async () => {
    const foreign = newName('foreign');
    const { id } = await scim.post('/Users', newUser({ [urn.enterprise]: { manager: { value: foreign } } }));
    const other = await scim.post('/Users', newUser());
    const { directory } = guarded.backend;
    const find = async (userName: unknown) => parseDn(`uid=${String(userName)},ou=people,${guarded.suffix}`);
    const holder = await find((await scim.get(`/Users/${id}`)).body['userName']);
    const value = `uid=${String(other.body['userName'])},ou=people,${guarded.suffix}`;
    await directory.modify(holder, [{ operation: 'add', attribute: 'manager', values: [value] }]);
    await scim.post('/Users', newUser({ externalId: foreign }));
    expect([await managerOf(id), await waiting()]).toEqual([other.id, []]);
  });

  test('guards are asked again when it is written: what is protected by now is not', async () => {
    const foreign = newName('foreign');
    const group = await scim.post('/Groups', newGroup({ members: asMembers(foreign) }));
    const dn = parseDn(`cn=${String(group.body['displayName'])},ou=groups,${guarded.suffix}`);
    scim = await guarded.open((config) => ({ ...config, guards: { ...config.guards, protect: [{ dn, scope: 'base' }] } }));
    expect((await scim.post('/Users', newUser({ externalId: foreign }))).status).toBe(201);
    expect([await membersOf(group.id), await waiting()]).toEqual([[], []]);
  });

  test('a client that is gone leaves nothing to be written', async () => {
    const foreign = newName('foreign');
    const group = await scim.post('/Groups', newGroup({ members: asMembers(foreign) }));
    scim = await guarded.open((config) => ({
      ...config,
      clients: config.clients.map((client) => ({ ...client, name: `${client.name}-2` })),
    }));
    await scim.post('/Users', newUser({ externalId: foreign }));
    expect([await membersOf(group.id), await waiting()]).toEqual([[], []]);
  });

  test('a client gets nobody into a group by waiting whom it may not reach', async () => {
    const place = `ou=confined,ou=people,${guarded.suffix}`;
    const values = { objectClass: ['organizationalUnit'], ou: ['confined'] };
    await guarded.backend.directory.add(parseDn(place), new Map(Object.entries(values)));
    const confined = [place, `ou=groups,${guarded.suffix}`].map(parseDn);
    const restriction = { bases: confined, filters: new Map<string, never>() };
    scim = await guarded.open((config) => ({ ...config, clients: config.clients.map((client) => ({ ...client, restriction })) }));
    const foreign = newName('foreign');
    const group = await scim.post('/Groups', newGroup({ members: asMembers(foreign) }));
    expect([group.status, await waiting()]).toEqual([201, [foreign]]);
    // Somebody else creates who is meant, where this client may not go.
    const { id } = await bench.scim.post('/Users', newUser({ externalId: foreign }));
    expect(await guarded.gateway.applyDeferred([foreign, id])).toEqual({ written: 0, dropped: 0 });
    expect(await guarded.gateway.applyDeferred()).toEqual({ written: 0, dropped: 0 });
    expect([idsIn((await bench.scim.get(`/Groups/${group.id}`)).body), await waiting()]).toEqual([[], [foreign]]);
  });

  test('two that could be meant are none', async () => {
    const externalId = newName('foreign');
    await scim.post('/Users', newUser({ externalId }));
    await scim.post('/Users', newUser({ externalId }));
    const group = await scim.post('/Groups', newGroup({ members: asMembers(externalId) }));
    expect([group.status, await membersOf(group.id), await waiting()]).toEqual([201, [], [externalId]]);
  });
});
