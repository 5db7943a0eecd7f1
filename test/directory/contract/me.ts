// `/Me` by the rule of a client (RFC 7644 section 3.11).
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Body, newUser, type Reply } from '../scim-client.ts';
import { ownName, type Stage } from '../stage.ts';

export function me(stage: () => Stage): void {
  let own: Reply;
  beforeAll(async () => {
    expect((await stage().self.get('/Me')).status).toBe(404);
    own = await stage().scim.post('/Users', newUser({ userName: ownName, title: 'Self' }));
  });
  afterAll(async () => {
    await stage().scim.delete(`/Users/${own.id}`);
  });

  test('R-205 R-206 R-208 GET is the resource, by its permanent name', async () => {
    const { scim, self } = stage();
    const { status, body, headers, etag } = await self.get('/Me');
    expect([status, body]).toEqual([200, (await scim.get(`/Users/${own.id}`)).body]);
    const location = `${scim.base}/Users/${own.id}`;
    expect([headers.get('Location'), headers.get('Content-Location'), etag]).toEqual([location, location, own.etag]);
    expect((await self.get('/Me', { attributes: 'title' })).body).toMatchObject({ title: 'Self' });
    expect((await self.get('/Me', {}, { 'If-None-Match': etag })).status).toBe(304);
  });

  test('R-208 PATCH and PUT change what is one’s own', async () => {
    const { scim, self } = stage();
    const { status, headers, etag } = await self.patch('/Me', [{ op: 'replace', path: 'title', value: 'Changed' }]);
    expect([status, headers.get('Location')]).toEqual([204, `${scim.base}/Users/${own.id}`]);
    const now = await scim.get(`/Users/${own.id}`);
    expect([now.body['title'], now.etag]).toEqual(['Changed', etag]);
    expect((await self.patch('/Me', [{ op: 'replace', path: 'title', value: 'x' }], { 'If-Match': own.etag })).status).toBe(412);
    const put = await self.put('/Me', { ...now.body, title: 'Put' });
    expect([put.status, put.body['title'], put.headers.get('Location')]).toEqual([200, 'Put', `${scim.base}/Users/${own.id}`]);
  });

  test.each<[string, Body]>([
    ['active', { op: 'replace', path: 'active', value: false }],
    ['userName', { op: 'replace', path: 'userName', value: 'somebody-else' }],
    ['externalId', { op: 'add', path: 'externalId', value: 'other' }],
  ])('R-208 %s is decided by others', async (name, operation) => {
    const { scim, self, look } = stage();
    const before = await look.snapshot(own.id);
    const refused = await self.patch('/Me', [{ op: 'replace', path: 'title', value: 'half' }, operation as never]);
    expect([refused.status, refused.body['detail']]).toEqual([403, `${name} cannot be changed by oneself`]);
    expect(await look.snapshot(own.id)).toEqual(before);
    const { body } = await scim.get(`/Users/${own.id}`);
    expect((await self.put('/Me', { ...body, [name]: operation['value'] })).status).toBe(403);
    expect(await look.snapshot(own.id)).toEqual(before);
  });
}
