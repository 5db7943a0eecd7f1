// What belongs to one client, resource or directory, used for another: cursors, ids, versions, tokens, names of requests.
// RFC 9865 section 5, RFC 7644 sections 3.14 and 7.5, RFC 6750 section 5.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { embedded } from '../directory/faces.ts';
import { asMembers, newGroup, newUser, ScimClient, urn } from '../directory/scim-client.ts';
import { openStage, type Stage } from '../directory/stage.ts';
import { type Beside, openBeside } from './beside.ts';

let stage: Stage;
let beside: Beside;
/** A client of the second directory, which is the same server and has the same people. */
let other: ScimClient;
beforeAll(async () => {
  stage = await openStage(embedded);
  const { url, adminDn, suffix } = stage.directory;
  const second = `{ path: /other/v2, type: openldap, servers: ["${url}"], bind: { dn: "${adminDn}", password: { env: LDAP_PASSWORD } }, baseDn: "${suffix}", mapping: openldap, reads: { lists: live } }`;
  beside = await openBeside(stage, [`directories.other=${second}`, 'clients.4.allow.directory=other']);
  other = new ScimClient(`${beside.url}/other/v2`, stage.tokenOf('onelogin'));
  for (let i = 0; i < 4; i++) await stage.scim.post('/Users', newUser());
}, 30_000);
afterAll(async () => {
  await beside?.stop();
  await stage?.stop();
});

test('the cursor of one directory is given to another that has the same entries: 400', async () => {
  const own = beside.as(stage.tokenOf('compat'));
  const page = await own.get('/Users', { cursor: '', count: 2 });
  const cursor = String(page.body['nextCursor']);
  expect((await own.get('/Users', { cursor, count: 2 })).status).toBe(200);
  expect((await other.get('/Users', { cursor, count: 2 })).body).toMatchObject({ status: '400', scimType: 'invalidCursor' });
});

test('the token of a client of one directory is used at the path of another: 403, for every method', async () => {
  const { id } = await stage.scim.post('/Users', newUser());
  const before = await stage.look.snapshot(id);
  const stranger = new ScimClient(`${beside.url}/other/v2`, stage.tokenOf('compat'));
  expect((await other.get(`/Users/${id}`)).status).toBe(200);
  const statuses = [
    (await stranger.get(`/Users/${id}`)).status,
    (await stranger.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'x' }])).status,
    (await stranger.delete(`/Users/${id}`)).status,
    (await stranger.post('/Bulk', { schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'], Operations: [] })).status,
    (await stranger.get('/Schemas')).status,
    (await stranger.post('/.search', { schemas: [urn.search] })).status,
  ];
  expect([[...new Set(statuses)], await stage.look.snapshot(id)]).toEqual([[403], before]);
});

test('the version of one resource is used for another: 412, nothing changed', async () => {
  const [one, two] = [await stage.scim.post('/Users', newUser()), await stage.scim.post('/Users', newUser())];
  const before = await stage.look.snapshot(two.id);
  const headers = { 'If-Match': one.etag };
  const change = [{ op: 'replace', path: 'title', value: 'x' }];
  const statuses = [
    (await stage.scim.patch(`/Users/${two.id}`, change, headers)).status,
    (await stage.scim.put(`/Users/${two.id}`, newUser(), headers)).status,
    (await stage.scim.delete(`/Users/${two.id}`, headers)).status,
    (await stage.scim.get(`/Users/${two.id}`, {}, { 'If-None-Match': one.etag })).status,
  ];
  expect([statuses, await stage.look.snapshot(two.id)]).toEqual([[412, 412, 412, 200], before]);
});

test('the id of a resource of one type is used as one of another: 404, and it is no member where its type may not be one', async () => {
  const [user, group] = [await stage.scim.post('/Users', newUser()), await stage.scim.post('/Groups', newGroup())];
  expect((await stage.scim.get(`/Groups/${user.id}`)).status).toBe(404);
  expect((await stage.scim.delete(`/Users/${group.id}`)).status).toBe(404);
  const manager = [{ op: 'replace', path: `${urn.enterprise}:manager.value`, value: group.id }];
  expect((await stage.scim.patch(`/Users/${user.id}`, manager)).status).toBe(400);
  expect((await stage.look.entry(group.id)).dn).toContain('ou=groups');
});

test('the name of a request is used again by another client: each gets its own answer', async () => {
  const { id } = await stage.scim.post('/Users', newUser());
  const headers = { 'X-Request-Id': 'the-same-name' };
  const [seen, hidden] = await Promise.all([
    stage.scim.get(`/Users/${id}`, {}, headers),
    new ScimClient(stage.scim.base, stage.tokenOf('confined')).get(`/Users/${id}`, {}, headers),
  ]);
  expect([seen.status, hidden.status, hidden.headers.get('X-Request-Id')]).toEqual([200, 404, 'the-same-name']);
});

test('a bulkId of one bulk request is used in the next: it names nothing', async () => {
  const schemas = ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'];
  const first = { method: 'POST', path: '/Users', bulkId: 'mine', data: newUser() };
  expect((await stage.scim.post('/Bulk', { schemas, Operations: [first] })).body['Operations']).toMatchObject([{ status: '201' }]);
  const second = { method: 'POST', path: '/Groups', bulkId: 'g', data: newGroup({ members: asMembers('bulkId:mine') }) };
  const reader = await stage.strict.post('/Bulk', { schemas, Operations: [second] });
  expect(reader.body['Operations']).toMatchObject([{ status: expect.stringMatching(/^4/) }]);
});

test('the answer to one client is taken out of a shared cache for another: none may keep it', async () => {
  const { id } = await stage.scim.post('/Users', newUser());
  for (const path of ['/Users', `/Users/${id}`, `/Users?filter=userName%20pr`]) {
    const { headers } = await stage.scim.send('GET', path);
    expect([path, headers.get('Cache-Control')]).toEqual([path, 'private, no-cache']);
  }
});
