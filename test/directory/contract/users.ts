// Users: create, read, replace, delete, conditions (RFC 7644 sections 3.3, 3.4.1, 3.5.1, 3.6 and 3.14).
import { expect, test } from 'vitest';
import { asMembers, idsIn, newGroup, newName, newUser, urn, valueOf } from '../scim-client.ts';
import type { Stage } from '../stage.ts';

const wholeUser = (userName: string) => ({
  schemas: [urn.user, urn.enterprise],
  userName,
  externalId: 'Ext-1',
  displayName: 'Ann Example',
  name: { givenName: 'Ann', familyName: 'Example' },
  title: 'Engineer',
  preferredLanguage: 'de-CH',
  active: true,
  emails: [{ type: 'work', value: `${userName}@example.com`, primary: true }],
  phoneNumbers: [
    { type: 'work', value: '+1 555 0100' },
    { type: 'mobile', value: '+1 555 0101' },
  ],
  addresses: [{ type: 'work', streetAddress: '1 Road', locality: 'Town', region: 'Region', postalCode: '12345' }],
  [urn.enterprise]: { department: 'D1', employeeNumber: '42', organization: 'Org' },
});

export function users(stage: () => Stage): void {
  test('R-091 R-059 R-060 24. create answers 201 with what the directory holds, its place and its version', async () => {
    const { scim, look } = stage();
    const sent = wholeUser(newName());
    const made = await scim.post('/Users', sent);
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject(sent);
    const location = `${scim.base}/Users/${made.id}`;
    expect(made.headers.get('Location')).toBe(location);
    expect(made.body['meta']).toMatchObject({ resourceType: 'User', location, version: made.etag });
    expect(valueOf(made.body, 'meta', 'created')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    expect((await scim.get(`/Users/${made.id}`)).body).toEqual(made.body);
    expect(await look.texts(made.id, stage().face.ldap.mail)).toEqual([`${sent.userName}@example.com`]);
    expect(await look.texts(made.id, stage().face.ldap.department)).toEqual(['D1']);
  });

  test('R-058 a user who was never changed was last modified when created', async () => {
    const { scim } = stage();
    const { body } = await scim.post('/Users', newUser());
    expect(valueOf(body, 'meta', 'lastModified')).toBe(valueOf(body, 'meta', 'created'));
  });

  test('R-053 R-056 R-092 16. id, meta and groups of the client are ignored; nulls are absent; L-066 active is true by default', async () => {
    const { scim } = stage();
    const sent = newUser({
      id: 'mine',
      meta: { created: '2001-01-01T00:00:00Z' },
      groups: [],
      title: null,
      addresses: null,
      [urn.enterprise]: null,
    });
    const { status, body, id } = await scim.post('/Users', sent);
    expect([status, body['active'], body['title'], body['groups']]).toEqual([201, true, undefined, undefined]);
    expect(id).not.toBe('mine');
    expect(valueOf(body, 'meta', 'created')).not.toMatch(/^2001/);
    expect(body['schemas']).toEqual([urn.user]);
  });

  test('15. 22. T-027 booleans as strings are booleans', async () => {
    const { scim } = stage();
    expect((await scim.post('/Users', newUser({ active: 'False' }))).body['active']).toBe(false);
    expect((await scim.post('/Users', newUser({ active: 'True' }))).body['active']).toBe(true);
    expect((await stage().strict.post('/Users', newUser({ active: 'False' }))).status).toBe(400);
  });

  test.each([
    ['without userName', { userName: undefined }],
    ['with an empty userName', { userName: '' }],
    ['with a blank userName', { userName: '   ' }],
    ['with a number for a complex value', { name: 5 }],
    ['with a list for a text', { title: ['a', 'b'] }],
    ['with an object for the value of an element', { emails: [{ type: 'work', value: {} }] }],
    ['with an unknown manager', { [urn.enterprise]: { manager: { value: '11111111-1111-1111-1111-111111111111' } } }],
    ['with a manager that is no id', { [urn.enterprise]: { manager: { value: '*)(uid=*' } } }],
    [
      'with two elements for one place',
      {
        phoneNumbers: [
          { type: 'work', value: '1' },
          { type: 'work', value: '2' },
        ],
      },
    ],
  ])('R-095 23. create %s is 400 and makes nothing', async (_name, extra) => {
    const { scim, look } = stage();
    const user = newUser();
    const sent = { ...user, externalId: `only-${String(user['userName'])}`, ...extra };
    const { status, body } = await scim.post('/Users', sent);
    expect([status, body['scimType']]).toEqual([400, 'invalidValue']);
    expect(await look.find(stage().face.ldap.externalId, sent.externalId)).toEqual([]);
  });

  test('R-094 R-074 21. a userName that is taken is 409, in any case of letters, also by PUT and PATCH', async () => {
    const { scim } = stage();
    const first = newUser();
    const second = await scim.post('/Users', newUser());
    expect((await scim.post('/Users', first)).status).toBe(201);
    const taken = String(first['userName']).toUpperCase();
    const replies = [
      await scim.post('/Users', newUser({ userName: taken })),
      await scim.put(`/Users/${second.id}`, newUser({ userName: taken })),
      await scim.patch(`/Users/${second.id}`, [{ op: 'replace', path: 'userName', value: taken }]),
    ];
    for (const { status, body } of replies) expect([status, body['scimType'], body['status']]).toEqual([409, 'uniqueness', '409']);
    expect((await scim.get(`/Users/${second.id}`)).body).toEqual(second.body);
  });

  test('R-100 R-101 T-053 an id of a group, an upper-cased id and nonsense are 404 everywhere', async () => {
    const { scim } = stage();
    const group = await scim.post('/Groups', newGroup());
    const user = await scim.post('/Users', newUser());
    const bad = [
      group.id,
      user.id.toUpperCase(),
      'x',
      '%2A',
      '%00',
      encodeURIComponent('*)(objectClass=*'),
      '00000000-0000-0000-0000-000000000000',
    ];
    for (const id of bad) {
      const path = `/Users/${id}`;
      const replies = [
        await scim.get(path),
        await scim.put(path, newUser()),
        await scim.patch(path, [{ op: 'replace', path: 'title', value: 'x' }]),
        await scim.delete(path),
      ];
      expect([id, ...replies.map(({ status }) => status)]).toEqual([id, 404, 404, 404, 404]);
    }
    expect((await scim.get(`/Groups/${user.id}`)).status).toBe(404);
    expect((await scim.get(`/Groups/${group.id}`)).status).toBe(200);
  });

  test('R-152 R-155 R-156 28. PUT replaces: what is absent is cleared, but not active and not what is not ours', async () => {
    const { scim, look, face } = stage();
    const made = await scim.post('/Users', { ...wholeUser(newName()), active: false });
    await look.change(made.id, 'add', face.ldap.unmapped, 'Room 1', 'Room 2');
    const name = { givenName: 'Bea', familyName: 'Other' };
    const put = await scim.put(`/Users/${made.id}`, { schemas: [urn.user], userName: made.body['userName'], name, title: '', emails: [] });
    expect(put.status).toBe(200);
    expect(put.body).toMatchObject({ id: made.id, name, active: false });
    for (const gone of ['title', 'emails', 'phoneNumbers', 'addresses', 'externalId', 'preferredLanguage', urn.enterprise])
      expect(put.body).not.toHaveProperty(gone);
    expect(put.body['schemas']).toEqual([urn.user]);
    expect(await look.texts(made.id, face.ldap.unmapped)).toEqual(['Room 1', 'Room 2']);
    expect((await scim.get(`/Users/${made.id}`)).body).toEqual(put.body);
  });

  test('R-158 L-019 T-015 49. PUT of what is there already writes nothing', async () => {
    const { scim, look, wire } = stage();
    const made = await scim.post('/Users', wholeUser(newName()));
    const before = await look.snapshot(made.id);
    const put = await scim.put(`/Users/${made.id}`, made.body);
    expect([put.status, put.etag, put.body]).toEqual([200, made.etag, made.body]);
    expect(await look.snapshot(made.id)).toEqual(before);
    const operations = await wire.during(() => scim.put(`/Users/${made.id}`, made.body));
    expect(operations.filter(({ kind }) => kind !== 'search')).toEqual([]);
  });

  test('R-009 R-154 PUT never creates and wants what is required', async () => {
    const { scim } = stage();
    const made = await scim.post('/Users', newUser());
    expect((await scim.put('/Users/99999999-9999-9999-9999-999999999999', newUser())).status).toBe(404);
    const { status, body } = await scim.put(`/Users/${made.id}`, { schemas: [urn.user] });
    expect([status, body['scimType']]).toEqual([400, 'invalidValue']);
  });

  test('R-179 R-180 T-084 54. 55. deleted is gone: 404, not in lists, the name is free', async () => {
    const { scim, look } = stage();
    const user = newUser();
    const made = await scim.post('/Users', user);
    const removed = await scim.delete(`/Users/${made.id}`);
    expect([removed.status, removed.body]).toEqual([204, {}]);
    expect(await look.find(stage().face.ldap.id, stage().face.ldap.encodeId(made.id))).toEqual([]);
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
      const body = method === 'PUT' ? user : { schemas: [urn.patch], Operations: [{ op: 'replace', path: 'title', value: 'x' }] };
      const reply = await scim.send(method, `/Users/${made.id}`, method === 'GET' || method === 'DELETE' ? undefined : body);
      expect([method, reply.status]).toEqual([method, 404]);
    }
    expect(await scim.find('/Users', `userName eq "${String(user['userName'])}"`)).toEqual([]);
    const again = await scim.post('/Users', user);
    expect(again.status).toBe(201);
    expect(again.id).not.toBe(made.id);
  });

  test('R-089 L-037 manager is a DN in LDAP and an id in SCIM, with the name read from the other entry', async () => {
    const { scim, look } = stage();
    const boss = await scim.post('/Users', newUser({ displayName: 'The Boss' }));
    const made = await scim.post('/Users', newUser({ [urn.enterprise]: { manager: { value: boss.id } } }));
    expect(valueOf(made.body, urn.enterprise, 'manager')).toEqual({
      value: boss.id,
      $ref: `${scim.base}/Users/${boss.id}`,
      displayName: 'The Boss',
    });
    expect(made.body['schemas']).toEqual([urn.user, urn.enterprise]);
    expect(await look.texts(made.id, 'manager')).toEqual([(await look.entry(boss.id)).dn]);
    expect(await scim.find('/Users', `${urn.enterprise}:manager.value eq "${boss.id}"`)).toHaveLength(1);
    // 11. as Entra ID asks before it writes
    expect(await scim.find('/Users', `id eq "${made.id}" and manager eq "${boss.id}"`, { attributes: 'id' })).toEqual([
      { schemas: [urn.user], id: made.id },
    ]);
    const cleared = await scim.patch(`/Users/${made.id}`, [{ op: 'remove', path: `${urn.enterprise}:manager` }]);
    expect([cleared.status, valueOf(cleared.body, urn.enterprise), cleared.body['schemas']]).toEqual([200, undefined, [urn.user]]);
  });

  test('R-084 R-048 membership is seen from both sides and cannot be written from the user', async () => {
    const { scim } = stage();
    const user = await scim.post('/Users', newUser());
    const group = await scim.post('/Groups', newGroup({ members: asMembers(user.id) }));
    const { body } = await scim.get(`/Users/${user.id}`);
    expect(body['groups']).toEqual([
      { value: group.id, $ref: `${scim.base}/Groups/${group.id}`, display: group.body['displayName'], type: 'direct' },
    ]);
    expect((await scim.put(`/Users/${user.id}`, { ...body, groups: [] })).status).toBe(200);
    expect(idsIn((await scim.get(`/Groups/${group.id}`)).body)).toEqual([user.id]);
    expect(await scim.find('/Users', `groups.value eq "${group.id}"`)).toHaveLength(1);
  });

  test('L-065 30. active false changes nothing but the state, and true clears exactly that', async () => {
    const { scim, look } = stage();
    const made = await scim.post('/Users', newUser());
    const before = await look.snapshot(made.id);
    const off = await scim.patch(`/Users/${made.id}`, [{ op: 'Replace', path: 'active', value: 'False' }]);
    expect([off.status, off.body['active']]).toEqual([200, false]);
    expect(await scim.find('/Users', `id eq "${made.id}" and active eq false`)).toHaveLength(1);
    const on = await scim.patch(`/Users/${made.id}`, [{ op: 'replace', value: { active: true } }]);
    expect(on.body['active']).toBe(true);
    const { stamps } = stage().face.ldap;
    const unstamped = (snapshot: Readonly<Record<string, readonly string[]>>) =>
      Object.fromEntries(Object.entries(snapshot).filter(([name]) => !stamps.includes(name)));
    expect(unstamped(await look.snapshot(made.id))).toEqual(unstamped(before));
  });

  test('R-199 53. If-None-Match on GET is 304 with the version, If-Match that is old is 412 and writes nothing', async () => {
    const { scim, look } = stage();
    const made = await scim.post('/Users', newUser());
    const same = await scim.get(`/Users/${made.id}`, {}, { 'If-None-Match': made.etag });
    expect([same.status, same.etag]).toEqual([304, made.etag]);
    const changed = await scim.patch(`/Users/${made.id}`, [{ op: 'add', path: 'title', value: 'T' }], { 'If-Match': made.etag });
    expect([changed.status, changed.etag === made.etag]).toEqual([200, false]);
    const before = await look.snapshot(made.id);
    const old = { 'If-Match': made.etag };
    expect((await scim.patch(`/Users/${made.id}`, [{ op: 'add', path: 'title', value: 'U' }], old)).status).toBe(412);
    expect((await scim.put(`/Users/${made.id}`, made.body, old)).status).toBe(412);
    expect((await scim.delete(`/Users/${made.id}`, old)).status).toBe(412);
    expect(await look.snapshot(made.id)).toEqual(before);
    expect((await scim.delete(`/Users/${made.id}`, { 'If-Match': changed.etag })).status).toBe(204);
  });

  test('R-096 unknown attributes: ignored for compat, refused for strict', async () => {
    const { scim, strict } = stage();
    expect((await scim.post('/Users', newUser({ adreses: 'x', nickName: 'y', 'urn:x:y': { a: 1 } }))).status).toBe(201);
    expect((await strict.post('/Users', newUser({ adreses: 'x' }))).body).toMatchObject({ status: '400', scimType: 'invalidSyntax' });
    expect((await strict.post('/Users', newUser({ nickName: 'x' }))).body).toMatchObject({ status: '400', scimType: 'invalidValue' });
  });
}
