// Discovery tells the truth about this directory (RFC 7643 sections 5 to 7, RFC 7644 section 4).
import { expect, test } from 'vitest';
import { type Body, newUser, urn, valueOf } from '../scim-client.ts';
import type { Stage } from '../stage.ts';

export function discovery(stage: () => Stage): void {
  test('R-031 R-032 R-034 ServiceProviderConfig is one object, complete, and needs no token', async () => {
    const { scim } = stage();
    const response = await fetch(`${scim.base}/ServiceProviderConfig`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
      patch: { supported: true },
      bulk: { supported: true, maxOperations: 1000, maxPayloadSize: 1048576 },
      filter: { supported: true, maxResults: 1000 },
      changePassword: { supported: true },
      sort: { supported: true },
      etag: { supported: true },
      pagination: {
        cursor: true,
        index: true,
        defaultPaginationMethod: 'index',
        defaultPageSize: 100,
        maxPageSize: 1000,
        cursorTimeout: 3600,
      },
      authenticationSchemes: [{ type: 'oauthbearertoken', name: expect.any(String) as string, description: expect.any(String) as string }],
      meta: { resourceType: 'ServiceProviderConfig', location: `${scim.base}/ServiceProviderConfig` },
    });
  });

  test('R-036 R-206 what is not configured is not there: /Me, and nobody registers', async () => {
    const { scim } = stage();
    expect((await scim.get('/Me')).status).toBe(404);
    expect((await scim.post('/Me', {})).status).toBe(501);
  });

  test('R-037 R-044 the resource types and the schemas that they name are all there', async () => {
    const { scim } = stage();
    const types = (await scim.get('/ResourceTypes')).body['Resources'] as readonly Body[];
    expect(types.map((type) => [type['id'], type['name'], type['endpoint'], type['schema']])).toEqual([
      ['User', 'User', '/Users', urn.user],
      ['Group', 'Group', '/Groups', urn.group],
    ]);
    const schemas = (await scim.get('/Schemas', { count: 1 })).body['Resources'] as readonly Body[];
    expect(schemas.map(({ id }) => id)).toEqual(expect.arrayContaining([urn.user, urn.group, urn.enterprise]));
    for (const id of [urn.user, encodeURIComponent(urn.enterprise)]) expect((await scim.get(`/Schemas/${id}`)).status).toBe(200);
    expect((await scim.get('/Schemas/urn:none')).status).toBe(404);
  });

  test('R-046 the schema has what is mapped, read-only where nobody can write it, and nothing else', async () => {
    const { scim } = stage();
    const attributes = (await scim.get(`/Schemas/${urn.user}`)).body['attributes'] as readonly Body[];
    const named = (name: string): Body | undefined => attributes.find((attribute) => attribute['name'] === name);
    expect(named('userName')).toMatchObject({ required: true, uniqueness: 'server', mutability: 'readWrite', caseExact: false });
    expect(named('groups')).toMatchObject({ mutability: 'readOnly' });
    expect(named('password')).toMatchObject({ mutability: 'writeOnly', returned: 'never' });
    expect(named('photos')).toBeUndefined();
    expect(named('nickName')).toBeUndefined();
    expect(named('name')?.['subAttributes']).toContainEqual(expect.objectContaining({ name: 'formatted', mutability: 'readOnly' }));
  });

  test('R-041 R-046 every attribute of a full resource is in the schemas', async () => {
    const { scim } = stage();
    const made = await scim.post(
      '/Users',
      newUser({ title: 'T', emails: [{ type: 'work', value: 'a@example.com' }], [urn.enterprise]: { department: 'D' } }),
    );
    const known = new Set(['schemas', 'id', 'externalId', 'meta']);
    for (const id of made.body['schemas'] as readonly string[]) {
      const container = id === urn.user ? made.body : (made.body[id] as Body);
      const attributes = (await scim.get(`/Schemas/${id}`)).body['attributes'] as readonly Body[];
      const names = new Set(attributes.map((attribute) => attribute['name']));
      expect(Object.keys(container).filter((name) => !names.has(name) && !known.has(name) && !name.startsWith('urn:'))).toEqual([]);
    }
  });

  test('R-040 a filter on discovery is 403; R-035 nothing there can be written', async () => {
    const { scim } = stage();
    expect((await scim.get('/Schemas', { filter: 'id pr' })).status).toBe(403);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const { status, headers } = await scim.send(method, '/Schemas', {});
      expect([status, headers.get('Allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
    }
  });

  test('R-019 R-026 79. without a token 401 with a challenge, with one that may only read 403 for writes', async () => {
    const { scim, reader, url } = stage();
    const response = await fetch(`${scim.base}/Users`);
    expect([response.status, response.headers.get('WWW-Authenticate')]).toEqual([401, expect.stringMatching(/^Bearer realm=/)]);
    expect(await response.json()).toMatchObject({ schemas: [urn.error], status: '401' });
    const refused = await reader.post('/Users', newUser());
    expect([refused.status, valueOf(refused.body, 'status')]).toEqual([403, '403']);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect((await fetch(`${url}/ready`)).status).toBe(200);
  });

  test('T-002 errors of every kind are SCIM errors', async () => {
    const { scim } = stage();
    const replies = [
      await scim.get('/Nowhere'),
      await scim.post('/Users', '{'),
      await scim.post('/Users', '[]'),
      await scim.send('POST', '/Users', 'x', { 'Content-Type': 'text/html' }),
      await scim.send('PUT', '/Users', {}),
      await scim.get('/Users/%zz'),
    ];
    expect(replies.map(({ status }) => status)).toEqual([404, 400, 400, 415, 405, 400]);
    for (const { status, body, headers } of replies) {
      expect(body).toMatchObject({ schemas: [urn.error], status: String(status) });
      expect(headers.get('Content-Type')).toMatch(/^application\/scim\+json/);
    }
  });
}
