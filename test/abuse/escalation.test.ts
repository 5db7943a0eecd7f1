// Every way to more power than was given: into privileged groups, over privileged people, onto protected names, by creating what exists.
// [MS-ADTS] 3.1.1.6.1 (adminCount), RFC 7644 sections 3.3 to 3.7; docs/operations.md for the guards.
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseDn } from '../../src/ldap/dn.ts';
import { embedded, embeddedActiveDirectory } from '../directory/faces.ts';
import { asMembers, idsIn, newGroup, newName, newUser, type ScimClient, urn } from '../directory/scim-client.ts';
import { openStage, type Stage } from '../directory/stage.ts';
import { type Beside, bulk, openBeside } from './beside.ts';

const add = (...ids: readonly string[]) => [{ op: 'add', path: 'members', value: asMembers(...ids) }];
const fixture = (name: string): string => `directories.main.mapping=${resolve('test/fixtures/mappings', name)}`;

describe('in Active Directory, with a mapping that reaches too far', () => {
  let stage: Stage;
  let scim: ScimClient;
  beforeAll(async () => {
    stage = await openStage({ ...embeddedActiveDirectory(), mapping: '../fixtures/mappings/active-directory-wide.yaml' });
    ({ scim } = stage);
  }, 60_000);
  afterAll(() => stage?.stop());

  const domain = (name: string): string => `${name},${stage.directory.suffix}`;
  const idOf = async (name: string): Promise<string> => stage.look.idOf(await stage.look.at(domain(name)));
  const makeUser = async (extra = {}): Promise<string> => (await scim.post('/Users', newUser(extra))).id;
  const makeGroup = async (extra = {}): Promise<string> => (await scim.post('/Groups', newGroup(extra))).id;
  /** By an administrator of the directory. */
  const join = async (group: string, member: string): Promise<void> =>
    stage.look.change(group, 'add', 'member', (await stage.look.entry(member)).dn);
  /** The answers to every kind of change of members, and whether the group is as it was. */
  const intrude = async (group: string, member: string): Promise<readonly unknown[]> => {
    const before = await stage.look.snapshot(group);
    const { body } = await scim.get(`/Groups/${group}`);
    const data = { ...body, members: asMembers(...idsIn(body), member) };
    const patch = { schemas: [urn.patch], Operations: add(member) };
    const path = `/Groups/${group}`;
    const statuses = [
      (await scim.patch(path, add(member))).status,
      (await scim.patch(path, [{ op: 'add', value: { members: asMembers(member) } }])).status,
      (await scim.patch(path, [{ op: 'replace', path: 'members', value: asMembers(member) }])).status,
      (await scim.put(path, data)).status,
      ...(await bulk(scim, [
        { method: 'PATCH', path, data: patch },
        { method: 'PUT', path, data },
      ])),
    ];
    expect(await stage.look.snapshot(group)).toEqual(before);
    return [...new Set(statuses)];
  };
  const privilegedGroups = ['CN=Domain Admins,CN=Users', 'CN=Administrators,CN=Builtin', 'CN=Account Operators,CN=Builtin'];

  test('a person, or a group, is made a member of a group of administrators, by PATCH, PUT and bulk: 403', async () => {
    for (const name of privilegedGroups) {
      for (const member of [await makeUser(), await makeGroup()])
        expect([name, await intrude(await idOf(name), member)]).toEqual([name, [403]]);
    }
  });

  test('a person joins a group that is in one of administrators, through a group in between: 403', async () => {
    const [outer, inner] = [await makeGroup(), await makeGroup()];
    await join(await idOf('CN=Domain Admins,CN=Users'), outer);
    await join(outer, inner);
    expect(await intrude(inner, await makeUser())).toEqual([403]);
    expect(await intrude(outer, await makeUser())).toEqual([403]);
  });

  test('the first member of a new group makes it one of administrators: what is created is in no group', async () => {
    const group = await makeGroup({ members: asMembers(await idOf('CN=Domain Admins,CN=Users')) });
    expect(await stage.look.texts(group, 'memberOf')).toEqual([]);
  });

  test('a group takes the name of a group of administrators, when created or renamed: it is that of another, or refused', async () => {
    const admins = await idOf('CN=Domain Admins,CN=Users');
    const before = await stage.look.snapshot(admins);
    const group = await makeGroup();
    const replies = [
      await scim.post('/Groups', newGroup({ displayName: 'Domain Admins', members: asMembers(await makeUser()) })),
      await scim.patch(`/Groups/${group}`, [{ op: 'replace', path: 'displayName', value: 'Domain Admins' }]),
      await scim.patch(`/Groups/${group}`, [{ op: 'replace', path: 'displayName', value: ' DOMAIN  ADMINS ' }]),
    ];
    expect(replies.map(({ status }) => status).filter((status) => status < 300)).toEqual([]);
    expect(await stage.look.snapshot(admins)).toEqual(before);
  });

  test('memberships are written from the side of the person, as groups, memberOf or primaryGroupID: nothing is', async () => {
    const [admins, user] = [await idOf('CN=Domain Admins,CN=Users'), await makeUser()];
    const before = await stage.look.snapshot(user);
    const values = { groups: asMembers(admins), memberOf: [domain('CN=Domain Admins,CN=Users')], primaryGroupID: 512, adminCount: 1 };
    for (const [path, value] of Object.entries(values)) {
      for (const client of [scim, stage.strict]) {
        expect((await client.patch(`/Users/${user}`, [{ op: 'replace', path, value }])).status).toBeLessThan(500);
        expect((await client.patch(`/Users/${user}`, [{ op: 'add', value: { [path]: value } }])).status).toBeLessThan(500);
      }
    }
    expect(await stage.look.snapshot(user)).toEqual(before);
    const made = await makeUser(values);
    expect([await stage.look.texts(made, 'memberOf'), await stage.look.texts(made, 'adminCount')]).toEqual([[], []]);
    expect(await stage.look.texts(made, 'primaryGroupID')).not.toContain('512');
  });

  test('an administrator, the account of the gateway, or a member by primary group gets a password, is changed, renamed or deleted: 403', async () => {
    const user = await makeUser();
    const admins = await idOf('CN=Domain Admins,CN=Users');
    await join(admins, user);
    await stage.look.change(user, 'replace', 'primaryGroupID', '512');
    for (const id of [await idOf('CN=Administrator,CN=Users'), await idOf('CN=krbtgt,CN=Users'), user]) {
      const before = await stage.look.snapshot(id);
      const path = `/Users/${id}`;
      const statuses = [
        (await scim.patch(path, [{ op: 'replace', path: 'password', value: 'Passw0rd!taken' }])).status,
        (await scim.patch(path, [{ op: 'replace', path: 'externalId', value: newName() }])).status,
        (await scim.patch(path, [{ op: 'replace', path: 'displayName', value: newName() }])).status,
        (await scim.put(path, newUser())).status,
        (await scim.delete(path)).status,
        ...(await bulk(scim, [
          { method: 'DELETE', path },
          { method: 'PATCH', path, data: { schemas: [urn.patch], Operations: [{ op: 'replace', path: 'title', value: 'x' }] } },
        ])),
      ];
      expect([...new Set(statuses)]).toEqual([403]);
      expect(await stage.look.snapshot(id)).toEqual(before);
    }
  });
});

describe('in Active Directory, by creating what exists', () => {
  let stage: Stage;
  let beside: Beside;
  let scim: ScimClient;
  beforeAll(async () => {
    stage = await openStage(embeddedActiveDirectory());
    await stage.look.add(`OU=Deleted,${stage.directory.suffix}`, { objectClass: ['organizationalUnit'], ou: ['Deleted'] });
    beside = await openBeside(stage, [fixture('../../abuse/quarantine-in-domain.yaml'), 'guards={ store: memory }']);
    scim = beside.as(stage.tokenOf('compat'));
  }, 60_000);
  afterAll(async () => {
    await beside?.stop();
    await stage?.stop();
  });

  test('an administrator is adopted: 403, nothing changed', async () => {
    const known = newUser();
    const { id } = await stage.scim.post('/Users', known);
    await stage.look.change(id, 'replace', 'adminCount', '1');
    const before = await stage.look.snapshot(id);
    const { status } = await scim.post('/Users', { ...known, title: 'Taken', password: 'Passw0rd!taken' });
    expect([status, await stage.look.snapshot(id)]).toEqual([403, before]);
  });

  test('somebody gets the name that the gateway binds with, so that it is locked out, when created or renamed: 403', async () => {
    const bindName = `administrator@${stage.directory.suffix.replaceAll(/,?DC=/gi, '.').slice(1)}`;
    const named = await openBeside(stage, [`directories.main.bind.dn=${bindName}`]);
    try {
      const client = named.as(stage.tokenOf('compat'));
      const { id, status } = await client.post('/Users', newUser());
      const userName = bindName.toUpperCase();
      expect([status, (await client.post('/Users', newUser({ userName }))).status]).toEqual([201, 403]);
      expect((await client.patch(`/Users/${id}`, [{ op: 'replace', path: 'userName', value: userName }])).status).toBe(403);
      expect(await stage.look.find('userPrincipalName', userName)).toEqual([]);
    } finally {
      await named.stop();
    }
  });

  test('one who became an administrator in quarantine is restored with a new password: 403, nothing changed', async () => {
    const known = newUser();
    const { id } = await scim.post('/Users', known);
    expect((await scim.delete(`/Users/${id}`)).status).toBe(204);
    await stage.look.change(id, 'replace', 'adminCount', '1');
    const before = await stage.look.snapshot(id);
    const { status } = await scim.post('/Users', { ...known, password: 'Passw0rd!taken' });
    expect([status, await stage.look.snapshot(id)]).toEqual([403, before]);
  });

  test('a member waits in a group that becomes one of administrators, and is then created: he is in no group', async () => {
    const externalId = newName('late');
    const group = await scim.post('/Groups', newGroup({ members: asMembers(externalId) }));
    await stage.look.change(group.id, 'replace', 'adminCount', '1');
    const { id, status } = await scim.post('/Users', newUser({ externalId }));
    await beside.app.gateways[0]?.applyDeferred();
    expect([status, await stage.look.texts(id, 'memberOf')]).toEqual([201, []]);
  });
});

describe('where the configuration says what is protected', () => {
  let stage: Stage;
  let scim: ScimClient;
  beforeAll(async () => {
    const protect = ['cn=admins,ou=groups', 'uid=reserved,ou=people'].map((name) => `"${name},dc=example,dc=test"`).join();
    stage = await openStage(embedded, { guards: `store: memory, protect: [${protect}, { filter: "(description=keep)" }]` });
    ({ scim } = stage);
    const place = stage.groupDn('admins');
    await stage.look.add(place, {
      objectClass: ['groupOfNames'],
      cn: ['admins'],
      member: [`uid=ghost,ou=people,${stage.directory.suffix}`],
    });
  });
  afterAll(() => stage?.stop());

  const admins = async (): Promise<string> => stage.look.idOf(await stage.look.at(stage.groupDn('admins')));

  test('members of a protected group change, by PATCH, PUT, bulk and as /Me: 403', async () => {
    const [id, user] = [await admins(), (await scim.post('/Users', newUser())).id];
    const before = await stage.look.snapshot(id);
    const path = `/Groups/${id}`;
    const statuses = [
      (await scim.patch(path, add(user))).status,
      (await scim.put(path, newGroup({ displayName: 'admins', members: asMembers(user) }))).status,
      (await scim.delete(path)).status,
      (await scim.patch(path, [{ op: 'replace', path: 'displayName', value: newName() }])).status,
      (await stage.self.patch(path, add(user))).status,
      ...(await bulk(scim, [{ method: 'PATCH', path, data: { schemas: [urn.patch], Operations: add(user) } }])),
    ];
    expect([...new Set(statuses)]).toEqual([403]);
    expect(await stage.look.snapshot(id)).toEqual(before);
  });

  test('somebody is created under, or renamed to, a name that is protected: 403', async () => {
    const { id } = await scim.post('/Users', newUser());
    expect((await scim.post('/Users', newUser({ userName: 'reserved' }))).status).toBe(403);
    expect((await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'userName', value: 'Reserved' }])).status).toBe(403);
    expect(await stage.look.at(stage.userDn('reserved'))).toBeUndefined();
  });

  test('somebody is created under, or renamed to, a name that a protected group still lists: 403', async () => {
    const { id } = await scim.post('/Users', newUser());
    expect((await scim.post('/Users', newUser({ userName: 'ghost' }))).status).toBe(403);
    expect((await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'userName', value: 'GHOST' }])).status).toBe(403);
    expect(await stage.look.at(stage.userDn('ghost'))).toBeUndefined();
  });

  test('somebody takes the old name of one who is in a protected group, and was renamed or deleted: he is not in the group', async () => {
    const id = await admins();
    for (const end of ['rename', 'delete'] as const) {
      const userName = newName('admin');
      const admin = await scim.post('/Users', newUser({ userName }));
      await stage.look.change(id, 'add', 'member', (await stage.look.entry(admin.id)).dn);
      const path = `/Users/${admin.id}`;
      if (end === 'rename') await scim.patch(path, [{ op: 'replace', path: 'userName', value: newName('renamed') }]);
      else await scim.delete(path);
      const next = await scim.post('/Users', newUser({ userName }));
      expect([end, next.status, next.body['userName']]).toEqual([end, 201, userName]);
      const members = await stage.look.texts(id, 'member');
      expect([end, members.includes((await stage.look.entry(next.id)).dn)]).toEqual([end, false]);
      if (end === 'rename') expect(members).toContain((await stage.look.entry(admin.id)).dn);
    }
  });

  test('an entry that a filter protects is changed, deleted, or given members: 403', async () => {
    const { id } = await scim.post('/Users', newUser());
    await stage.look.change(id, 'replace', 'description', 'keep');
    const before = await stage.look.snapshot(id);
    const path = `/Users/${id}`;
    const statuses = [
      (await scim.patch(path, [{ op: 'replace', path: 'title', value: 'x' }])).status,
      (await scim.patch(path, [{ op: 'replace', path: 'password', value: 'Passw0rd!' }])).status,
      (await scim.put(path, newUser())).status,
      (await scim.delete(path)).status,
    ];
    expect([statuses, await stage.look.snapshot(id)]).toEqual([[403, 403, 403, 403], before]);
  });

  test('the entry that the base DN is, or one above it, is a resource by mistake of the mapping: 403', async () => {
    const beside = await openBeside(stage, [fixture('../../abuse/base-as-group.yaml')]);
    try {
      const id = stage.look.idOf(await stage.look.at(stage.directory.suffix));
      const client = beside.as(stage.tokenOf('compat'));
      expect((await client.get(`/Groups/${id}`)).status).toBe(200);
      expect((await client.patch(`/Groups/${id}`, [{ op: 'add', value: { displayName: 'x', externalId: 'x' } }])).status).toBe(403);
      expect((await client.delete(`/Groups/${id}`)).status).toBe(403);
    } finally {
      await beside.stop();
    }
  });

  test('a client that may create, and not update, creates somebody who exists, so that he is adopted: 409, nothing changed', async () => {
    const beside = await openBeside(stage, [
      fixture('adopting.yaml'),
      'guards={ store: memory }',
      'clients.0.allow.operations=[read, create]',
    ]);
    try {
      const known = newUser();
      const { id } = await scim.post('/Users', known);
      const before = await stage.look.snapshot(id);
      const { status } = await beside.as(stage.tokenOf('compat')).post('/Users', { ...known, title: 'Taken', password: 'Passw0rd!' });
      expect([status, await stage.look.snapshot(id)]).toEqual([409, before]);
    } finally {
      await beside.stop();
    }
  });

  test('a client that may only read writes by another method, header or body: nothing is written', async () => {
    const { id } = await scim.post('/Users', newUser());
    const before = await stage.look.snapshot(id);
    const path = `/Users/${id}`;
    const { reader } = stage;
    const override = ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'];
    const replies = [
      ...(await Promise.all(override.map((name) => reader.send('GET', path, undefined, { [name]: 'DELETE' })))),
      await reader.send('POST', `${path}?_method=DELETE`, {}),
      await reader.send('GET', `${path}?_method=DELETE`),
      await reader.post('/Users/.search', { schemas: [urn.search], method: 'DELETE', filter: `id eq "${id}"` }),
      await reader.patch('/Me', [{ op: 'replace', path: 'title', value: 'x' }]),
    ];
    expect(replies.every(({ status }) => status < 500)).toBe(true);
    expect(await bulk(reader, [{ method: 'DELETE', path }])).toEqual([403]);
    expect(await stage.look.snapshot(id)).toEqual(before);
  });

  test('what is not mapped is written: LDAP names, object classes, meta, another id, attributes of other types', async () => {
    const { id } = await scim.post('/Users', newUser());
    const before = await stage.look.snapshot(id);
    const evil = {
      id: 'other',
      meta: { resourceType: 'Group', location: 'http://elsewhere' },
      objectClass: ['top', 'extensibleObject'],
      userPassword: '{SSHA}x',
      roomNumber: 'x',
      'urn:ldap:roomNumber': 'x',
      uidNumber: 0,
      members: asMembers(id),
      groups: asMembers(await admins()),
      dn: `cn=admin,${stage.directory.suffix}`,
    };
    await scim.patch(`/Users/${id}`, [{ op: 'add', value: evil }]);
    for (const [path, value] of Object.entries(evil)) {
      for (const client of [scim, stage.strict])
        expect((await client.patch(`/Users/${id}`, [{ op: 'replace', path, value }])).status).toBeLessThan(500);
    }
    expect(await stage.look.snapshot(id)).toEqual(before);
    const made = await scim.post('/Users', newUser(evil));
    const entry = await stage.look.entry(made.id);
    expect([made.id, entry.texts('roomNumber'), entry.texts('uidNumber'), entry.texts('userPassword')]).toEqual([
      stage.look.idOf(entry),
      [],
      [],
      [],
    ]);
    expect(entry.texts('objectClass')).not.toContain('extensibleObject');
  });

  test('a name with the syntax of a DN puts an entry elsewhere, or gives it two names: it stays one text', async () => {
    for (const userName of ['x,ou=groups', 'x+cn=admins', 'uid=x', 'x\\,ou=groups', '"x",ou=groups', `x,ou=people,dc=example,dc=test`]) {
      const { id, status, body } = await scim.post('/Users', newUser({ userName }));
      expect([userName, status, body['userName']]).toEqual([userName, 201, userName]);
      const { rdns } = parseDn((await stage.look.entry(id)).dn);
      expect([rdns.length, rdns[0]]).toEqual([4, [{ type: 'uid', value: userName }]]);
    }
  });
});
