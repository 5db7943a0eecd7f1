// The discovery documents over HTTP.
// RFC 7644 section 4; T-008.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scimError, start, type Body, type Running } from './fake-gateway.ts';

let server: Running;
beforeAll(async () => {
  server = await start();
});
afterAll(() => server.close());

async function get(path: string): Promise<{ status: number; body: Body }> {
  const answer = await server.call(path);
  return { status: answer.status, body: JSON.parse(await answer.text()) };
}

test('the ServiceProviderConfig is one object, even with a filter (R-031)', async () => {
  const schemas = ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'];
  expect(await get('/ServiceProviderConfig')).toMatchObject({ status: 200, body: { schemas } });
  expect(await get('/ServiceProviderConfig?filter=id pr')).toMatchObject({ status: 200, body: { schemas } });
});

describe.each([
  ['/Schemas', 3],
  ['/ResourceTypes', 2],
])('%s', (path, total) => {
  test.each(['', '?count=1&startIndex=2', '?attributes=id&sortBy=id', '?count=x'])(
    'lists all with the parameters "%s" (R-037, R-039)',
    async (text) => {
      const { status, body } = await get(path + text);
      expect(status).toBe(200);
      expect(body).toMatchObject({ totalResults: total, itemsPerPage: total, startIndex: 1 });
      expect(body.Resources).toHaveLength(total);
      expect(body.Resources[0]).toHaveProperty('meta');
    },
  );

  test.each(['?filter=', '?filter=id pr', '?FILTER=x', '/User?filter=id pr'])('%s is 403 (R-040)', async (text) => {
    expect(await get(path + text)).toMatchObject({ status: 403, body: scimError(403) });
  });
});

describe('one schema (R-038, T-008)', () => {
  const urn = 'urn:ietf:params:scim:schemas:core:2.0:User';
  test.each([
    urn,
    encodeURIComponent(urn),
    urn.toUpperCase(),
    urn.toLowerCase(),
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
  ])('%s is found', async (id) => {
    const { status, body } = await get(`/Schemas/${id}`);
    expect([status, body.id.toLowerCase()]).toEqual([200, decodeURIComponent(id).toLowerCase()]);
  });

  test.each(['User', `${urn}:name`, 'urn:ietf:params:scim:api:messages:2.0:ListResponse', '__proto__', 'undefined'])(
    '%s is 404 (R-008)',
    async (id) => {
      expect(await get(`/Schemas/${id}`)).toMatchObject({ status: 404, body: scimError(404) });
    },
  );
});
