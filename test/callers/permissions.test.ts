// What one client sees of the attributes and of the directory, and that nothing tells it what else there is.
// RFC 7643 section 7, RFC 7644 sections 3.4, 3.5 and 7.5.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Directory, openDirectory } from '../../src/ldap/directory.ts';
import { parseDn } from '../../src/ldap/dn.ts';
import { asMembers, type Body, idsIn, newGroup, newName, newUser, type Reply, type ScimClient, urn } from '../directory/scim-client.ts';
import { type CallersGateway, configure, startGateway } from './gateway.ts';

const folder = mkdtempSync(join(tmpdir(), 'permissions-'));
const suffix = 'dc=example,dc=com';
const tokenOf = (name: string): string => `the-token-of-the-client-${name}`;

function client(name: string, allow: string, operations = 'read, create, update, delete', resources = 'User, Group'): string {
  return `
  - name: ${name}
    auth: { token: { env: ${name.toUpperCase()}, expires: never } }
    allow: { directory: main, resources: [${resources}], operations: [${operations}], ${allow} }`;
}

const department = `${urn.enterprise}:department`;
const clients = [
  client(
    'narrow',
    'attributes: { User: { read: [userName, name, emails, active, "enterprise:department", externalId], write: [emails, name.givenName] } }',
    'read, update',
  ),
  client(
    'blind',
    'attributes: { User: { read: { except: [displayName, name.familyName, name.formatted, title, enterprise:manager, groups] } } }',
  ),
  client('fixed', 'attributes: { User: { write: { except: [title, emails] } }, Group: { write: { except: [members] } } }'),
  client('nameless', 'attributes: { User: { read: { except: [userName, displayName] } } }', 'read'),
  client('sales', `bases: ["ou=sales,ou=people,${suffix}", "ou=sales,ou=groups,${suffix}"]`),
  client('research', `filter: '${department} eq "Research"'`, 'read, create, update, delete', 'User'),
  client('banker', `filter: { User: 'title eq "Bänker"' }`),
].join('');
const names = ['narrow', 'blind', 'fixed', 'nameless', 'sales', 'research', 'banker'];
const choice = {
  folder,
  mapping: 'sites.yaml',
  clients,
  env: Object.fromEntries(names.map((name) => [name.toUpperCase(), tokenOf(name)])),
};

let gateway: CallersGateway;
let look: Directory;
const as = (name: string): ScimClient => gateway.as(tokenOf(name));

beforeAll(async () => {
  writeFileSync(
    join(folder, 'sites.yaml'),
    `
version: 1
extends: openldap
resources:
  User:
    create:
      placement:
        - { when: 'title eq "Sales"', base: "ou=sales,ou=people,{baseDn}" }
        - { base: "ou=people,{baseDn}" }
  Group:
    create:
      placement:
        - { when: 'externalId sw "sales"', base: "ou=sales,ou=groups,{baseDn}" }
        - { base: "ou=groups,{baseDn}" }
`,
  );
  gateway = await startGateway(choice);
  const { url, adminDn, adminPassword } = gateway.directory;
  look = openDirectory({
    servers: [url],
    bind: { dn: adminDn, password: adminPassword },
    baseDn: parseDn(suffix),
    tls: { startTls: false, ca: [] },
    timeouts: { connect: 5000, operation: 5000 },
  });
  await look.start();
  for (const parent of ['people', 'groups']) {
    await look.add(
      parseDn(`ou=sales,ou=${parent},${suffix}`),
      new Map([
        ['objectClass', ['organizationalUnit']],
        ['ou', ['sales']],
      ]),
    );
  }
}, 60_000);
afterAll(async () => {
  await look.close();
  await gateway.stop();
  rmSync(folder, { recursive: true });
});

async function make(body: Body, path = '/Users'): Promise<Body & { readonly id: string }> {
  const reply = await gateway.operator.post(path, body);
  expect(reply.status).toBe(201);
  return { ...reply.body, id: reply.id };
}
const whole = async (id: string, path = '/Users'): Promise<Body> => (await gateway.operator.get(`${path}/${id}`)).body;
const textOf = ({ body }: Reply): string => JSON.stringify(body);
const error = ({ status, body }: Reply): readonly unknown[] => [status, body['scimType'], body['detail']];

/** The entry as it is in LDAP. */
async function entryOf(
  userName: string,
  names_ = ['cn', 'sn', 'title', 'displayName'],
): Promise<Readonly<Record<string, readonly string[]>>> {
  for await (const entry of look.search({
    base: parseDn(`ou=people,${suffix}`),
    scope: 'sub',
    filter: { kind: 'equal', attribute: 'uid', value: userName },
    attributes: names_,
  })) {
    return Object.fromEntries(names_.map((name) => [name, entry.texts(name)]));
  }
  throw new Error(`there is no ${userName}`);
}

describe('R-224 attributes that a client may not see', () => {
  test('are not in its schemas, nor is an extension that has no other', async () => {
    const documents = (await as('narrow').get('/Schemas')).body['Resources'] as readonly Body[];
    const attributesOf = (id: string): readonly Body[] =>
      (documents.find((document) => document['id'] === id)?.['attributes'] ?? []) as readonly Body[];
    expect(attributesOf(urn.user).map(({ name }) => name)).toEqual(['id', 'externalId', 'meta', 'userName', 'name', 'active', 'emails']);
    expect(attributesOf(urn.enterprise).map(({ name }) => name)).toEqual(['department']);
    const blind = JSON.stringify((await as('blind').get('/Schemas')).body);
    expect(blind).not.toContain('familyName');
    expect(blind).toContain('givenName');
    // Of another resource type nothing is said.
    expect(attributesOf(urn.group).map(({ name }) => name)).toContain('members');
  });

  test('R-046 a resource type has no extension of which the client sees nothing', async () => {
    const running = await startGateway({
      clients: client('only', 'attributes: { User: { read: [userName] } }', 'read'),
      env: { ONLY: tokenOf('only') },
    });
    try {
      const { body } = await running.as(tokenOf('only')).get('/ResourceTypes/User');
      expect(body['schemaExtensions']).toBeUndefined();
      expect((await running.as(tokenOf('only')).get(`/Schemas/${urn.enterprise}`)).status).toBe(404);
      const [user = {}] = await running.as(tokenOf('only')).find('/Users', 'userName pr', { count: 1 });
      expect(Object.keys(user)).toEqual(['schemas', 'id', 'userName', 'meta']);
      expect(user['schemas']).toEqual([urn.user]);
    } finally {
      await running.stop();
    }
  });

  test('are in no answer, whatever is asked for', async () => {
    const boss = await make(newUser());
    const secret = { displayName: 'Hidden Display', title: 'Hidden Title', name: { givenName: 'Shown', familyName: 'Hidden Family' } };
    const user = await make(newUser({ ...secret, [urn.enterprise]: { manager: { value: boss.id }, department: 'Shown' } }));
    const filter = `userName eq "${String(user['userName'])}"`;
    const blind = as('blind');
    const asked = { attributes: 'displayName,title,name.familyName,name,manager,groups,userName' };
    const replies = [
      await blind.get(`/Users/${user.id}`),
      await blind.get(`/Users/${user.id}`, asked),
      await blind.get('/Users', { filter }),
      await blind.get('/Users', { filter, ...asked }),
      await blind.get('/', { filter: `id eq "${user.id}"` }),
      await blind.send('POST', '/Users/.search', { schemas: [urn.search], filter, attributes: ['title', 'name'] }),
      await blind.patch(`/Users/${user.id}`, [{ op: 'replace', path: 'name.givenName', value: 'Shown too' }]),
      await blind.put(`/Users/${user.id}`, { schemas: [urn.user], userName: user['userName'], title: 'x', name: { familyName: 'y' } }),
    ];
    for (const reply of replies) {
      expect(reply.status).toBe(200);
      expect(textOf(reply)).not.toMatch(/Hidden|familyName|displayName|"title"|manager|"groups"/);
    }
    expect(textOf(replies[0] as Reply)).toContain('"givenName":"Shown"');
  });

  const hidden = [
    'title',
    'displayName',
    'name.familyName',
    'groups.value',
    `${urn.enterprise}:manager`,
    `${urn.enterprise}:manager.value`,
  ];
  test.each(hidden)('filter and sort by %s are those of an attribute that there is not', async (path) => {
    const urnOf = path.includes(':') ? `${urn.enterprise}:` : '';
    const unknown = `${urnOf}nothing${path.replace(urnOf, '').includes('.') ? '.at' : ''}`;
    const blind = as('blind');
    for (const make_ of [
      (name: string) => ({ filter: `${name} eq "x"` }),
      (name: string) => ({ filter: `${name} pr` }),
      (name: string) => ({ filter: `not (${name} pr) or userName pr` }),
      (name: string) => ({ sortBy: name }),
    ]) {
      const [one, other] = [await blind.get('/Users', make_(path)), await blind.get('/Users', make_(unknown))];
      expect(one.status).toBe(400);
      expect(textOf(one).replaceAll(path, '…')).toBe(textOf(other).replaceAll(unknown, '…'));
    }
  });

  test('a whole attribute of which parts are hidden is present only where the others are', async () => {
    const user = await make({ schemas: [urn.user], userName: newName(), name: { familyName: 'Only' } });
    const filter = `id eq "${user.id}" and name pr`;
    expect(await gateway.operator.find('/Users', filter)).toHaveLength(1);
    expect(await as('blind').find('/Users', filter)).toHaveLength(0);
    expect(await as('blind').find('/Users', `id eq "${user.id}" and not (name pr)`)).toHaveLength(1);
  });

  test('R-155 they survive PUT and PATCH, and what the mapping computes from them stays right', async () => {
    const user = await make(newUser({ title: 'Kept', displayName: 'Kept Display', name: { givenName: 'Old', familyName: 'Kept' } }));
    const userName = String(user['userName']);
    const put = await as('blind').put(`/Users/${user.id}`, {
      schemas: [urn.user],
      userName,
      name: { givenName: 'New', familyName: 'Lost' },
    });
    expect(put.status).toBe(200);
    expect(await whole(user.id)).toMatchObject({
      title: 'Kept',
      displayName: 'Kept Display',
      name: { givenName: 'New', familyName: 'Kept' },
    });
    expect(await entryOf(userName)).toEqual({ cn: ['Kept Display'], sn: ['Kept'], title: ['Kept'], displayName: ['Kept Display'] });
    const patch = await as('blind').patch(`/Users/${user.id}`, [
      { op: 'remove', path: 'name' },
      { op: 'replace', value: { title: 'Lost', userName: `${userName}-new` } },
    ]);
    expect(patch.status).toBe(200);
    const after = await whole(user.id);
    expect(after).toMatchObject({ title: 'Kept', userName: `${userName}-new`, name: { familyName: 'Kept' } });
    expect(after['name']).not.toHaveProperty('givenName');
  });

  test('they cannot be set by who creates', async () => {
    const reply = await as('blind').post('/Users', newUser({ title: 'Set', displayName: 'Set', [urn.enterprise]: { department: 'Set' } }));
    expect(reply.status).toBe(201);
    const user = await whole(reply.id);
    expect(user).not.toHaveProperty('title');
    // The default of the mapping, which knows no client.
    expect(user['displayName']).not.toBe('Set');
    expect(user[urn.enterprise]).toEqual({ department: 'Set' });
  });

  test('names of others come along with references only if the client may see them', async () => {
    const member = await make(newUser({ displayName: 'Hidden Display' }));
    const group = await make(newGroup({ members: asMembers(member.id) }), '/Groups');
    expect((await whole(group.id, '/Groups'))['members']).toEqual([expect.objectContaining({ display: 'Hidden Display' })]);
    const reply = await as('nameless').get(`/Groups/${group.id}`);
    expect(idsIn(reply.body)).toEqual([member.id]);
    expect(textOf(reply)).not.toMatch(/display"|Hidden/);
    // In the answer to a write, too: this one sees the login instead.
    const patched = await as('blind').patch(`/Groups/${group.id}`, [{ op: 'replace', path: 'externalId', value: 'x' }]);
    expect(textOf(patched)).toContain(String(member['userName']));
    expect(textOf(patched)).not.toContain('Hidden');
  });

  test('versions are the same for everybody, and good for If-Match', async () => {
    const user = await make(newUser({ title: 'x' }));
    const seen = await as('blind').get(`/Users/${user.id}`);
    expect(seen.etag).toBe((await gateway.operator.get(`/Users/${user.id}`)).etag);
    const change = [{ op: 'replace', path: 'name.givenName', value: 'Versioned' }];
    expect((await as('blind').patch(`/Users/${user.id}`, change, { 'If-Match': seen.etag })).status).toBe(200);
    expect((await as('blind').patch(`/Users/${user.id}`, change, { 'If-Match': seen.etag })).status).toBe(412);
  });

  test.each(['constructor', '__proto__', 'toString'])('%s is none', async (name) => {
    expect((await as('blind').get('/Users', { filter: `${name} pr` })).status).toBe(400);
  });
});

describe('attributes that a client may see and not write', () => {
  test('are read-only in its schemas', async () => {
    const { body } = await as('fixed').get(`/Schemas/${urn.user}`);
    const attributes = body['attributes'] as readonly Body[];
    const of = (name: string): Body | undefined => attributes.find((attribute) => attribute['name'] === name);
    expect([of('title')?.['mutability'], of('emails')?.['mutability'], of('userName')?.['mutability']]).toEqual([
      'readOnly',
      'readOnly',
      'readWrite',
    ]);
    expect(JSON.stringify(of('emails'))).not.toMatch(/"mutability":"(?!readOnly)/);
  });

  test('a path that names them is refused, a body that does is ignored, and PUT keeps them', async () => {
    const user = await make(newUser({ title: 'Kept', emails: [{ value: 'kept@example.com', type: 'work' }] }));
    const fixed = as('fixed');
    for (const path of ['title', 'emails', 'emails[type eq "work"].value']) {
      expect(error(await fixed.patch(`/Users/${user.id}`, [{ op: 'replace', path, value: 'x' }])).slice(0, 2)).toEqual([400, 'mutability']);
      expect(error(await fixed.patch(`/Users/${user.id}`, [{ op: 'remove', path }])).slice(0, 2)).toEqual([400, 'mutability']);
    }
    expect((await fixed.patch(`/Users/${user.id}`, [{ op: 'replace', value: { title: 'Lost', displayName: 'Changed' } }])).status).toBe(
      200,
    );
    const put = await fixed.put(`/Users/${user.id}`, {
      schemas: [urn.user],
      userName: user['userName'],
      name: user['name'],
      displayName: 'Put',
    });
    expect(put.body).toMatchObject({ title: 'Kept', displayName: 'Put', emails: [{ value: 'kept@example.com' }] });
    expect(await whole(user.id)).toMatchObject({ title: 'Kept', displayName: 'Put', emails: [{ value: 'kept@example.com' }] });
  });

  test('members that may not be written are neither added nor removed', async () => {
    const [first, second] = [await make(newUser()), await make(newUser())];
    const group = await make(newGroup({ members: asMembers(first.id) }), '/Groups');
    const fixed = as('fixed');
    for (const operation of [
      { op: 'add', path: 'members', value: asMembers(second.id) },
      { op: 'remove', path: `members[value eq "${first.id}"]` },
    ]) {
      expect(error(await fixed.patch(`/Groups/${group.id}`, [operation])).slice(0, 2)).toEqual([400, 'mutability']);
    }
    expect((await fixed.put(`/Groups/${group.id}`, { schemas: [urn.group], displayName: group['displayName'], members: [] })).status).toBe(
      200,
    );
    expect(idsIn(await whole(group.id, '/Groups'))).toEqual([first.id]);
  });

  test('of a complex attribute parts may be written', async () => {
    const user = await make(newUser({ name: { givenName: 'Old', familyName: 'Kept' } }));
    const narrow = as('narrow');
    expect(
      (await narrow.patch(`/Users/${user.id}`, [{ op: 'replace', path: 'name', value: { givenName: 'New', familyName: 'Lost' } }])).status,
    ).toBe(200);
    expect((await whole(user.id))['name']).toMatchObject({ givenName: 'New', familyName: 'Kept' });
    expect(error(await narrow.patch(`/Users/${user.id}`, [{ op: 'replace', path: 'name.familyName', value: 'Lost' }]))[1]).toBe(
      'mutability',
    );
  });
});

describe('R-222 R-229 what is outside of the bases of a client', () => {
  const inside = (extra: Body = {}): Promise<Body & { readonly id: string }> => make(newUser({ title: 'Sales', ...extra }));
  const nowhere = '00000000-0000-4000-8000-000000000000';

  test('is not found by id, by query or by reference, in the words for what does not exist', async () => {
    const [own, other] = [await inside(), await make(newUser())];
    const sales = as('sales');
    expect((await sales.get(`/Users/${own.id}`)).status).toBe(200);
    const put = { schemas: [urn.user], userName: 'x', name: { familyName: 'x' } };
    const requests: readonly ((id: string) => Promise<Reply>)[] = [
      (id) => sales.get(`/Users/${id}`),
      (id) => sales.get(`/Users/${id}`, { filter: 'userName pr' }),
      (id) => sales.put(`/Users/${id}`, put),
      (id) => sales.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'x' }]),
      (id) => sales.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'x' }], { 'If-Match': '"x"' }),
      (id) => sales.delete(`/Users/${id}`),
      (id) => sales.get('/Users', { filter: `id eq "${id}"` }),
    ];
    for (const request of requests) {
      const [hidden, absent] = [await request(other.id), await request(nowhere)];
      expect([hidden.status, textOf(hidden)]).toEqual([absent.status, textOf(absent)]);
    }
    expect(await sales.find('/Users', `userName eq "${String(other['userName'])}"`)).toEqual([]);
    expect((await sales.find('/Users', 'userName pr')).every(({ title }) => title === 'Sales')).toBe(true);
    expect((await whole(other.id))['userName']).toBe(other['userName']);
  });

  test('members outside are hidden, cannot be added, and survive', async () => {
    const [own, other] = [await inside(), await make(newUser())];
    const group = await make(newGroup({ externalId: newName('sales'), members: asMembers(own.id, other.id) }), '/Groups');
    const sales = as('sales');
    expect(idsIn((await sales.get(`/Groups/${group.id}`)).body)).toEqual([own.id]);
    expect(await sales.find('/Groups', `members.value eq "${own.id}"`)).toHaveLength(1);
    expect(await sales.find('/Groups', `members.value eq "${other.id}"`)).toHaveLength(0);
    const add = (id: string): Promise<Reply> => sales.patch(`/Groups/${group.id}`, [{ op: 'add', path: 'members', value: asMembers(id) }]);
    expect(error(await add(other.id))).toEqual(error(await add(nowhere)));
    const remove = (id: string): Promise<Reply> =>
      sales.patch(`/Groups/${group.id}`, [{ op: 'remove', path: `members[value eq "${id}"]` }]);
    expect((await remove(other.id)).status).toBe((await remove(nowhere)).status);
    const body = { schemas: [urn.group], displayName: group['displayName'], externalId: group['externalId'] };
    expect((await sales.put(`/Groups/${group.id}`, { ...body, members: [] })).status).toBe(200);
    expect(idsIn(await whole(group.id, '/Groups'))).toEqual([other.id]);
    expect((await sales.patch(`/Groups/${group.id}`, [{ op: 'remove', path: 'members' }])).status).toBeLessThan(300);
    expect(idsIn(await whole(group.id, '/Groups'))).toEqual([other.id]);
  });

  test('groups and managers outside are hidden', async () => {
    const boss = await make(newUser());
    const own = await inside({ [urn.enterprise]: { manager: { value: boss.id } } });
    const [visible, hidden] = [
      await make(newGroup({ externalId: newName('sales'), members: asMembers(own.id) }), '/Groups'),
      await make(newGroup({ members: asMembers(own.id) }), '/Groups'),
    ];
    const { body } = await as('sales').get(`/Users/${own.id}`);
    expect(idsIn(body, 'groups')).toEqual([visible.id]);
    expect(JSON.stringify(body)).not.toContain(boss.id);
    expect(await as('sales').find('/Users', `groups.value eq "${hidden.id}"`)).toEqual([]);
    expect(await as('sales').find('/Users', `${urn.enterprise}:manager.value eq "${boss.id}"`)).toEqual([]);
    const put = await as('sales').put(`/Users/${own.id}`, {
      schemas: [urn.user],
      userName: own['userName'],
      title: 'Sales',
      name: { familyName: 'x' },
    });
    expect(put.status).toBe(200);
    expect(await whole(own.id)).toMatchObject({ [urn.enterprise]: { manager: { value: boss.id } } });
  });

  test('nothing is created outside', async () => {
    const sales = as('sales');
    const user = newUser({ title: 'Elsewhere' });
    expect(error(await sales.post('/Users', user))).toEqual([403, undefined, 'The resource would be outside of what this client may use']);
    expect(await gateway.operator.find('/Users', `userName eq "${String(user['userName'])}"`)).toEqual([]);
    expect((await sales.post('/Users', newUser({ title: 'Sales' }))).status).toBe(201);
  });

  test('that a name is taken outside is all that is told', async () => {
    const other = await make(newUser());
    const reply = await as('sales').post('/Users', newUser({ userName: other['userName'], title: 'Sales' }));
    expect(error(reply).slice(0, 2)).toEqual([409, 'uniqueness']);
    expect(textOf(reply)).not.toContain(other.id);
  });

  test('who is deleted inside leaves the groups outside', async () => {
    const [own, other] = [await inside(), await make(newUser())];
    const group = await make(newGroup({ members: asMembers(own.id, other.id) }), '/Groups');
    expect((await as('sales').delete(`/Users/${own.id}`)).status).toBe(204);
    for await (const entry of look.search({
      base: parseDn(`ou=groups,${suffix}`),
      scope: 'sub',
      filter: { kind: 'equal', attribute: 'cn', value: String(group['displayName']) },
      attributes: ['member'],
    })) {
      expect(entry.texts('member')).toEqual([expect.stringContaining(String(other['userName']))]);
    }
  });

  test('bulk requests and cursors reach no further', async () => {
    const other = await make(newUser());
    const reply = await as('sales').post('/Bulk', {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
      Operations: [{ method: 'DELETE', path: `/Users/${other.id}` }],
    });
    expect((reply.body['Operations'] as readonly Body[])[0]).toMatchObject({ status: '404' });
    const page = await gateway.operator.get('/Users', { count: 1, cursor: '' });
    const stolen = await as('sales').get('/Users', { count: 1, cursor: String(page.body['nextCursor']) });
    expect(error(stolen).slice(0, 2)).toEqual([400, 'invalidCursor']);
  });
});

describe.each([
  [
    'research',
    'the directory decides',
    `${department} eq "Research"`,
    (value: string) => ({ [urn.enterprise]: { department: value } }),
    'Research',
    department,
  ],
  ['banker', 'the gateway decides', 'title eq "Bänker"', (value: string) => ({ title: value }), 'Bänker', 'title'],
] as const)('a client with a filter of its own: %s (%s)', (name, _how, restriction, having, value, path) => {
  test('finds what the filter and its own question find', async () => {
    await make(newUser(having(value)));
    await make(newUser({ ...having(value), active: false }));
    await make(newUser({ ...having('Other'), active: false }));
    for (const filter of [
      'userName pr',
      'active eq false',
      'not (active eq false)',
      `${path} eq "Other" or active eq true`,
      `not (${path} pr)`,
    ]) {
      const own = await as(name).find('/Users', filter);
      const expected = await gateway.operator.find('/Users', `(${filter}) and ${restriction}`);
      expect(own.map(({ id }) => id).toSorted()).toEqual(expected.map(({ id }) => id).toSorted());
    }
    const counted = await as(name).get('/Users', { count: 0 });
    expect(counted.body['totalResults']).toBe(
      (await gateway.operator.get('/Users', { count: 0, filter: restriction })).body['totalResults'],
    );
  });

  test('creates inside only', async () => {
    const outside = newUser(having('Other'));
    expect(error(await as(name).post('/Users', outside))[0]).toBe(403);
    expect(error(await as(name).post('/Users', newUser()))[0]).toBe(403);
    expect(await gateway.operator.find('/Users', `userName eq "${String(outside['userName'])}"`)).toEqual([]);
    const reply = await as(name).post('/Users', newUser(having(value)));
    expect([reply.status, (await as(name).get(`/Users/${reply.id}`)).status]).toEqual([201, 200]);
  });

  test('takes nothing out, however the request says it', async () => {
    const user = await make(newUser(having(value)));
    const own = as(name);
    const body = { schemas: [urn.user], userName: user['userName'], name: { familyName: 'x' } };
    const refused = [
      await own.patch(`/Users/${user.id}`, [{ op: 'replace', path, value: 'Other' }]),
      await own.patch(`/Users/${user.id}`, [{ op: 'remove', path }]),
      await own.patch(`/Users/${user.id}`, [{ op: 'replace', value: having('Other') }]),
      await own.put(`/Users/${user.id}`, { ...body, ...having('Other') }),
      await own.put(`/Users/${user.id}`, body),
    ];
    for (const reply of refused)
      expect(error(reply)).toEqual([403, undefined, 'The resource would be outside of what this client may use']);
    expect(await whole(user.id)).toMatchObject(having(value));
    const changed = await own.patch(`/Users/${user.id}`, [
      { op: 'replace', path: 'userName', value: newName() },
      { op: 'replace', path: 'displayName', value: 'Changed' },
    ]);
    expect([changed.status, changed.body['displayName']]).toEqual([200, 'Changed']);
    expect((await own.delete(`/Users/${user.id}`)).status).toBe(204);
  });

  test('does not see, change or delete what is outside', async () => {
    const other = await make(newUser(having('Other')));
    const own = as(name);
    expect((await own.get(`/Users/${other.id}`)).status).toBe(404);
    expect((await own.patch(`/Users/${other.id}`, [{ op: 'replace', path, value }])).status).toBe(404);
    expect((await own.delete(`/Users/${other.id}`)).status).toBe(404);
    expect(await whole(other.id)).toMatchObject(having('Other'));
  });
});

describe('what the configuration must say', () => {
  const load =
    (allow: string, operations = 'read', resources = 'User, Group') =>
    () =>
      configure(gateway.directory, 1, { ...choice, clients: client('narrow', allow, operations, resources) });

  test.each([
    [
      'an attribute that there is not',
      'attributes: { User: { read: [userNmae] } }',
      'userNmae is no attribute that User has here. Did you mean userName?',
    ],
    [
      'a part of what is mapped as a whole',
      'attributes: { User: { read: [emails.value] } }',
      'emails.value cannot be told from the rest of emails',
    ],
    ['what is always there', 'attributes: { User: { read: { except: [id] } } }', 'id is always there: leave it out'],
    [
      'a resource type of nobody',
      'attributes: { Usr: { read: [userName] } }',
      'the client has no resource type "Usr"; it has User, Group. Did you mean User?',
    ],
    ['nothing', 'attributes: { User: {} }', '`User` needs `read`, `write` or both'],
    ['bases elsewhere', `bases: ["ou=sales,ou=people,${suffix}"]`, 'none of `bases` is in the search bases of Group'],
    ['a base that is no DN', 'bases: [sales]', 'must be a DN'],
    ['a filter that is none', "filter: { User: 'title is x' }", '`filter` must be a SCIM filter on User'],
    ['a filter for a type that has no such attribute', 'filter: \'title eq "x"\'', '`filter` must be a SCIM filter on Group'],
    [
      'a filter on who is in a group',
      'filter: { User: \'groups.value eq "x"\' }',
      '`filter` names groups, which refers to other resources',
    ],
    ['a filter on members', 'filter: { Group: \'members.value eq "x"\' }', '`filter` names members, which refers to other resources'],
    ['a filter on a manager', `filter: { User: '${urn.enterprise}:manager.value eq "x"' }`, 'which refers to other resources'],
    ['a filter on a secret', 'filter: { User: \'password eq "x"\' }', '`filter`'],
    ['a filter for nobody', "filter: { Device: 'id pr' }", 'is for the resource type Device, which the client does not have'],
  ])('%s', (_case, allow, expected) => {
    expect(load(allow)).toThrow(expected);
    expect(load(allow)).toThrow(/callers\.yaml:\d+:\d+ /);
  });

  test('what is hidden and can be read elsewhere all the same is told', () => {
    const { warnings } = load('attributes: { User: { read: { except: [displayName, name.formatted] } } }')();
    expect(warnings.map(({ message }) => message)).toEqual([]);
    const hidden = load('attributes: { User: { read: { except: [displayName, emails] } } }')();
    expect(hidden.warnings.map(({ message }) => message)).toEqual([
      'the client does not see displayName of User, but name.formatted, which shows it: leave out both',
    ]);
  });

  test('who may create must be able to write what is required', () => {
    expect(load('attributes: { User: { write: { except: [userName] } } }', 'create')).toThrow(
      'the client may create a User, and may not write userName',
    );
    expect(load('attributes: { User: { write: { except: [userName] } } }', 'update')).not.toThrow();
  });
});
