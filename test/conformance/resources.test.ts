// Requirements on resources that no other test names: what is kept, what is shown, what a change answers.
// RFC 7643 sections 2 to 4 and 7; RFC 7644 sections 3.3, 3.5, 3.6, 3.9.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { embedded } from '../directory/faces.ts';
import { asMembers, newGroup, newName, newUser, type Reply, urn, valueOf } from '../directory/scim-client.ts';
import { openStage, type Stage } from '../directory/stage.ts';

const badge = 'urn:example:params:scim:schemas:extension:badge:2.0:User';
let plain: Stage;
let custom: Stage;
beforeAll(async () => {
  [plain, custom] = await Promise.all([openStage(embedded), openStage({ ...embedded, mapping: '../fixtures/mappings/badge.yaml' })]);
}, 60_000);
afterAll(async () => {
  await Promise.all([plain.stop(), custom.stop()]);
});

const createUser = async (extra: Record<string, unknown> = {}, { scim } = plain): Promise<Reply> => {
  const made = await scim.post('/Users', newUser(extra));
  expect(made.status).toBe(201);
  return made;
};

describe('what is written and read', () => {
  test('R-011 the order of attributes and sub-attributes means nothing', async () => {
    const { scim } = plain;
    const sent = { title: 'T', ...newUser({ displayName: 'D' }), emails: [{ value: 'a@example.com', type: 'work' }] };
    const made = await scim.post('/Users', sent);
    const reversed = Object.fromEntries(Object.entries({ ...sent, emails: [{ type: 'work', value: 'a@example.com' }] }).toReversed());
    const put = await scim.put(`/Users/${made.id}`, reversed);
    expect([put.status, put.etag, put.body]).toEqual([200, made.etag, made.body]);
  });

  test('R-057 R-061 meta.resourceType is the type of the endpoint, whatever the body says; its dates are dateTime', async () => {
    const { body, id } = await createUser({ meta: { resourceType: 'Group', created: '2001-01-01T00:00:00Z' } });
    expect(valueOf(body, 'meta', 'resourceType')).toBe('User');
    const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
    for (const name of ['created', 'lastModified']) expect(valueOf(body, 'meta', name)).toMatch(dateTime);
    expect((await plain.scim.get(`/Groups/${id}`)).status).toBe(404);
  });

  test('R-066 an element of a type without a place is refused by strict, and stored nowhere by compat', async () => {
    const fax = { phoneNumbers: [{ type: 'fax', value: '+1 555 0109' }] };
    const refused = await plain.strict.post('/Users', newUser(fax));
    expect(refused.body).toMatchObject({ status: '400', scimType: 'invalidValue' });
    const made = await createUser(fax);
    expect(made.body['phoneNumbers']).toBeUndefined();
    expect(JSON.stringify(await plain.look.snapshot(made.id))).not.toContain(Buffer.from('+1 555 0109').toString('base64'));
  });

  test('R-070 the usual sub-attributes have their usual types, and display of a member cannot be written', async () => {
    const { scim } = plain;
    const { body } = await scim.get(`/Schemas/${urn.group}`);
    const members = (body['attributes'] as readonly Record<string, unknown>[]).find(({ name }) => name === 'members');
    const listed = (members?.['subAttributes'] ?? []) as readonly Record<string, unknown>[];
    const subs = new Map(listed.map((sub) => [sub['name'], sub]));
    const mutabilities = ['value', '$ref', 'type', 'display'].map((name) => subs.get(name)?.['mutability']);
    expect(mutabilities).toEqual(mutabilities.filter((mutability) => mutability === 'immutable' || mutability === 'readOnly'));
    const user = await createUser({ displayName: 'True Name' });
    const group = await scim.post('/Groups', newGroup({ members: [{ value: user.id, display: 'False Name' }] }));
    expect(group.body['members']).toMatchObject([{ value: user.id, display: 'True Name' }]);
  });

  test.each([
    ['phoneNumbers', [{ type: 'work', value: '(555) 0100 ext. 7' }]],
    ['emails', [{ type: 'work', value: 'Ann.Example@EXAMPLE.com', primary: true }]],
    ['addresses', [{ type: 'work', region: 'USA', locality: 'St. Gallen', postalCode: 'CH-9000' }]],
    ['preferredLanguage', 'de_CH'],
    ['title', 'Dr.  h. c.'],
  ])('R-071 R-081 T-082 %s is stored as it was sent', async (name, value) => {
    const made = await createUser({ [name]: value });
    expect((await plain.scim.get(`/Users/${made.id}`)).body[name]).toEqual(value);
  });

  test('R-072 readOnly is ignored, immutable is set once, writeOnly is never seen', async () => {
    const { scim } = custom;
    const made = await createUser({ id: 'mine', [badge]: { number: '1' } }, custom);
    expect([made.id === 'mine', valueOf(made.body, badge, 'number')]).toEqual([false, '1']);
    const change = (value: unknown) => scim.patch(`/Users/${made.id}`, [{ op: 'replace', path: `${badge}:number`, value }]);
    expect((await change('2')).body).toMatchObject({ status: '400', scimType: 'mutability' });
    expect((await change('1')).status).toBe(200);
    const other = await createUser({ password: 'Correct-horse-1' });
    expect(JSON.stringify(other.body)).not.toMatch(/password|Correct/);
  });

  test('R-153 PUT: readOnly is ignored, immutable must be repeated or left out, and is set where it had no value', async () => {
    const { scim, look } = custom;
    const made = await createUser({}, custom);
    const put = (number: string | undefined) =>
      scim.put(`/Users/${made.id}`, { ...made.body, id: 'x', meta: {}, ...(number !== undefined && { [badge]: { number } }) });
    expect(valueOf((await put('7')).body, badge, 'number')).toBe('7');
    expect((await put('8')).body).toMatchObject({ status: '400', scimType: 'mutability' });
    expect([(await put('7')).status, (await put(undefined)).status]).toEqual([200, 200]);
    expect(await look.texts(made.id, 'roomNumber')).toEqual(['7']);
  });

  test('R-073 R-142 always, default, request and never', async () => {
    const { scim } = custom;
    const made = await createUser({ title: 'T', [badge]: { number: '3', note: 'N' } }, custom);
    expect(valueOf(made.body, badge)).toEqual({ number: '3', note: 'N' });
    const shown = async (query: Record<string, string> = {}) => (await scim.get(`/Users/${made.id}`, query)).body;
    expect(valueOf(await shown(), badge)).toEqual({ number: '3' });
    expect(await shown({ attributes: `${badge}:note` })).toEqual({ schemas: [urn.user, badge], id: made.id, [badge]: { note: 'N' } });
    expect(await shown({ excludedAttributes: 'id,title' })).toMatchObject({ id: made.id });
    expect(await shown({ excludedAttributes: 'id,title' })).not.toHaveProperty('title');
    const { id } = await createUser({ password: 'Correct-horse-2' });
    expect((await plain.scim.get(`/Users/${id}`, { attributes: 'password' })).body).toEqual({ schemas: [urn.user], id });
  });

  test('R-075 what the syntax of the directory forbids is 400, and nothing is written', async () => {
    const { scim, look } = plain;
    const made = await createUser({ title: 'T' });
    const before = await look.snapshot(made.id);
    const refused = await scim.patch(`/Users/${made.id}`, [
      { op: 'replace', path: 'title', value: 'changed' },
      { op: 'add', path: 'emails', value: [{ type: 'work', value: 'bücher@example.com' }] },
    ]);
    expect(refused.body).toMatchObject({ status: '400', scimType: 'invalidValue' });
    expect(await look.snapshot(made.id)).toEqual(before);
  });

  test('R-093 R-123 a default that was given is what filters see', async () => {
    const { scim } = plain;
    const name = { givenName: newName('Given'), familyName: 'Default' };
    const made = await createUser({ name });
    const displayName = `${name.givenName} Default`;
    expect(made.body).toMatchObject({ active: true, displayName });
    expect(await scim.find('/Users', `displayName eq "${displayName}" and active eq true`)).toMatchObject([{ id: made.id }]);
    expect(await scim.find('/Users', `displayName eq "${displayName}" and active eq false`)).toEqual([]);
  });

  test('T-050 the answer to a create is what the directory then holds, not what was sent', async () => {
    const userName = newName('stored');
    const made = await createUser({ userName: `  ${userName} `, nickName: 'not mapped' });
    expect([made.body['userName'], made.body['nickName']]).toEqual([userName, undefined]);
    expect((await plain.scim.get(`/Users/${made.id}`)).body).toEqual(made.body);
  });

  test('T-051 externalId is changed and removed by PATCH, and the answer shows it', async () => {
    const { scim, look, face } = plain;
    const made = await createUser({ externalId: 'first' });
    const change = (operation: { op: string; value?: string }) => scim.patch(`/Users/${made.id}`, [{ path: 'externalId', ...operation }]);
    expect((await change({ op: 'replace', value: 'second' })).body['externalId']).toBe('second');
    expect(await look.texts(made.id, face.ldap.externalId)).toEqual(['second']);
    expect((await change({ op: 'remove' })).body).not.toHaveProperty('externalId');
    expect(await look.texts(made.id, face.ldap.externalId)).toEqual([]);
  });

  test('T-081 $ref of a member leads to what the member is', async () => {
    const { scim } = plain;
    const user = await createUser();
    const inner = await scim.post('/Groups', newGroup());
    const outer = await scim.post('/Groups', newGroup({ members: asMembers(user.id, inner.id) }));
    for (const { value, $ref, type } of outer.body['members'] as readonly Record<string, unknown>[]) {
      const followed = await scim.get(String($ref).slice(scim.base.length));
      expect([followed.id, valueOf(followed.body, 'meta', 'resourceType')]).toEqual([value, type]);
    }
  });
});

describe('what changes answer', () => {
  test('R-097 projection of the answer to a create', async () => {
    const { scim } = plain;
    const sent = newUser({ title: 'T' });
    const some = await scim.send('POST', '/Users?attributes=userName', sent);
    expect([some.status, some.body]).toEqual([201, { schemas: [urn.user], id: some.id, userName: sent['userName'] }]);
    const most = await scim.send('POST', '/Users?excludedAttributes=title', newUser({ title: 'T' }));
    expect([most.status, 'title' in most.body, 'meta' in most.body]).toEqual([201, false, true]);
  });

  test('R-157 PUT answers 200 with the whole resource, 404, 409 or 412', async () => {
    const { scim } = plain;
    const [made, other] = [await createUser(), await createUser()];
    const whole = await scim.put(`/Users/${made.id}`, { ...made.body, title: 'T' });
    expect([whole.status, whole.body]).toEqual([200, (await scim.get(`/Users/${made.id}`)).body]);
    expect((await scim.put('/Users/00000000-0000-4000-8000-000000000000', newUser())).status).toBe(404);
    expect((await scim.put(`/Users/${made.id}`, { ...made.body, userName: other.body['userName'] })).status).toBe(409);
    expect((await scim.put(`/Users/${made.id}`, made.body, { 'If-Match': made.etag })).status).toBe(412);
  });

  test('R-181 DELETE with If-Match: 412 where it is old, 204 where it is not', async () => {
    const { scim, look, face } = plain;
    const made = await createUser();
    const changed = await scim.patch(`/Users/${made.id}`, [{ op: 'add', path: 'title', value: 'T' }]);
    expect((await scim.delete(`/Users/${made.id}`, { 'If-Match': made.etag })).status).toBe(412);
    expect(await look.find(face.ldap.id, made.id)).toHaveLength(1);
    expect((await scim.delete(`/Users/${made.id}`, { 'If-Match': changed.etag })).status).toBe(204);
  });

  test('R-183 a deactivation keeps the entry, a deletion does not', async () => {
    const { scim, look, face } = plain;
    const made = await createUser();
    await scim.patch(`/Users/${made.id}`, [{ op: 'replace', path: 'active', value: false }]);
    expect(await look.find(face.ldap.id, made.id)).toHaveLength(1);
    expect((await scim.delete(`/Users/${made.id}`)).status).toBe(204);
    expect(await look.find(face.ldap.id, made.id)).toEqual([]);
  });

  test('R-202 R-203 T-014 one version: in header, body, lists and projections; a renamed group does not change its members', async () => {
    const { scim } = plain;
    const made = await createUser();
    const group = await scim.post('/Groups', newGroup({ members: asMembers(made.id) }));
    const single = await scim.get(`/Users/${made.id}`);
    const [listed] = await scim.find('/Users', `id eq "${made.id}"`);
    expect(single.etag).toMatch(/^W\/"[^"]+"$/);
    expect([valueOf(single.body, 'meta', 'version'), valueOf(listed ?? {}, 'meta', 'version')]).toEqual([single.etag, single.etag]);
    expect((await scim.get(`/Users/${made.id}`, { attributes: 'userName' })).etag).toBe(single.etag);
    await scim.patch(`/Groups/${group.id}`, [{ op: 'replace', path: 'displayName', value: newName('renamed') }]);
    expect((await scim.get(`/Users/${made.id}`)).etag).toBe(single.etag);
    const changed = await scim.patch(`/Users/${made.id}`, [{ op: 'add', path: 'title', value: 'T' }]);
    expect(changed.etag).not.toBe(single.etag);
  });

  test('R-088 members are not published as required, for a group without any is possible', async () => {
    const { scim } = plain;
    const { body } = await scim.get(`/Schemas/${urn.group}`);
    const members = (body['attributes'] as readonly Record<string, unknown>[]).find(({ name }) => name === 'members');
    const subs = members?.['subAttributes'] as readonly Record<string, unknown>[];
    expect([members?.['required'], subs.some(({ required }) => required === true)]).toEqual([false, false]);
    const made = await scim.post('/Groups', newGroup());
    expect([made.status, (await scim.put(`/Groups/${made.id}`, { ...made.body, members: [] })).status]).toEqual([201, 200]);
  });

  test('R-098 If-None-Match: * on POST: a new resource is made, one that exists already is 409', async () => {
    const { scim } = plain;
    const sent = newUser();
    const post = () => scim.send('POST', '/Users', sent, { 'If-None-Match': '*' });
    expect([(await post()).status, (await post()).body]).toMatchObject([201, { status: '409', scimType: 'uniqueness' }]);
  });
});
