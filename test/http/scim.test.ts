// The endpoint x method table, for every endpoint under two prefixes, and who is let in.
// RFC 7644 sections 2, 3.2; RFC 9110 sections 9.3.2, 9.3.7, 15.5.6; T-002, T-077, T-078.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { clients, createFakeGateway, scimError, start, type Running } from './fake-gateway.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
const bulkRequest = { schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'], Operations: [] };
const searchRequest = { schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'] };

/** Status by method in the order above; bodies are sent where a method has one. */
const table: readonly (readonly [path: string, ...statuses: number[]])[] = [
  ['/ServiceProviderConfig', 200, 200, 405, 405, 405, 405, 204],
  ['/Schemas', 200, 200, 405, 405, 405, 405, 204],
  ['/ResourceTypes', 200, 200, 405, 405, 405, 405, 204],
  ['/Schemas/urn:ietf:params:scim:schemas:core:2.0:User', 200, 200, 405, 405, 405, 405, 204],
  ['/Schemas/.search', 404, 404, 405, 405, 405, 405, 204],
  ['/ResourceTypes/Group', 200, 200, 405, 405, 405, 405, 204],
  ['/ResourceTypes/Robot', 404, 404, 405, 405, 405, 405, 204],
  ['/', 200, 200, 405, 405, 405, 405, 204],
  ['/.search', 405, 405, 200, 405, 405, 405, 204],
  ['/Users/.search', 405, 405, 200, 405, 405, 405, 204],
  ['/Groups/.search', 405, 405, 200, 405, 405, 405, 204],
  ['/Users', 200, 200, 201, 405, 405, 405, 204],
  ['/Groups', 200, 200, 201, 405, 405, 405, 204],
  ['/Users/u1', 200, 200, 405, 200, 200, 204, 204],
  ['/Groups/g1', 200, 200, 405, 200, 200, 204, 204],
  ['/Users/missing', 404, 404, 405, 404, 404, 404, 204],
  ['/Users/g1', 404, 404, 405, 404, 404, 404, 204],
  ['/Bulk', 405, 405, 200, 405, 405, 405, 204],
  ['/Me', 404, 404, 501, 404, 404, 404, 204],
  ['/Robots', 404, 404, 404, 404, 404, 404, 404],
  ['/Users/u1/name', 404, 404, 404, 404, 404, 404, 404],
  ['/users', 404, 404, 404, 404, 404, 404, 404],
  ['/v3/Users', 404, 404, 404, 404, 404, 404, 404],
  ['/__proto__', 404, 404, 404, 404, 404, 404, 404],
];
const cells = table.flatMap(([path, ...statuses]) => methods.map((method, at) => ({ method, path, status: statuses[at] ?? 0 })));

function request(method: string, path: string): RequestInit {
  if (!['POST', 'PUT', 'PATCH'].includes(method)) return { method };
  const body = path.endsWith('.search') ? searchRequest : path === '/Bulk' ? bulkRequest : { userName: `new-${path}` };
  return { method, body: JSON.stringify(body), headers: { 'Content-Type': 'application/scim+json' } };
}

describe.each(['/scim/v2', '/'])('the endpoint x method table under %s (R-001, R-014, R-015, T-078)', (prefix) => {
  let server: Running;
  beforeAll(async () => {
    server = await start({}, prefix);
  });
  afterAll(() => server.close());

  test.each(cells)('$method $path is $status', async ({ method, path, status }) => {
    const fresh = createFakeGateway('main', prefix).rows;
    server.gateway.rows.clear();
    for (const [id, row] of fresh) server.gateway.rows.set(id, row);

    const answer = await server.call(path, request(method, path));
    const text = await answer.text();

    expect({
      status: answer.status,
      allowed: answer.headers.get('Allow')?.split(', ').includes(method),
      type: answer.headers.get('Content-Type'),
      body: text === '' ? undefined : JSON.parse(text),
    }).toMatchObject({
      status,
      allowed: status === 405 ? false : status === 204 && method === 'OPTIONS' ? true : undefined,
      type: status === 204 ? null : 'application/scim+json',
      body: method === 'HEAD' || status === 204 ? undefined : status >= 400 ? scimError(status) : {},
    });
  });

  test.each(table.filter(([, get]) => get !== 405).map(([path]) => path))('HEAD %s has the headers of GET', async (path) => {
    const [get, head] = await Promise.all([server.call(path), server.call(path, { method: 'HEAD' })]);
    await get.arrayBuffer();
    const relevant = ['Content-Length', 'Content-Type', 'ETag', 'Location', 'Cache-Control', 'Vary'];
    expect(relevant.map((name) => head.headers.get(name))).toEqual(relevant.map((name) => get.headers.get(name)));
    expect(Number(get.headers.get('Content-Length'))).toBeGreaterThan(0);
  });
});

describe('who is let in', () => {
  let server: Running;
  beforeAll(async () => {
    server = await start({ realm: 'directory' });
  });
  beforeEach(() => {
    server.gateway.calls.length = 0;
  });
  afterAll(() => server.close());

  test.each(cells)(
    '$method $path without a token is 401, except the ServiceProviderConfig (R-019, R-034)',
    async ({ method, path, status }) => {
      const answer = await fetch(server.url + path, request(method, path));
      const text = await answer.text();
      const isPublic = path === '/ServiceProviderConfig' && ['GET', 'HEAD', 'OPTIONS'].includes(method);
      expect([answer.status, answer.headers.get('WWW-Authenticate')]).toEqual(
        isPublic ? [status, null] : [401, 'Bearer realm="directory"'],
      );
      expect(text.includes('"status":"401"')).toBe(!isPublic && method !== 'HEAD');
    },
  );

  test('a URL outside every directory is 404 whoever asks', async () => {
    const origin = `http://127.0.0.1:${server.port}`;
    for (const path of ['/', '/scimitar', '/scim/v1', '/scim/v3/Users', '/scim/v22/Users', '/favicon.ico']) {
      const answer = await fetch(origin + path);
      expect([path, answer.status, await answer.json()]).toEqual([
        path,
        404,
        {
          ...scimError(404),
          detail: /\/v\d/.test(path) ? 'There is no such version of the protocol here' : 'There is nothing at this URL',
        },
      ]);
    }
  });

  test.each([
    ['/scim/v2', '/scim'],
    ['/scim', '/scim/v2'],
    ['/', '/v2'],
    ['/v2', ''],
  ])('a directory at %s answers at %s too, with the locations of its own path (R-002, R-003)', async (path, other) => {
    const both = await start({}, path);
    const origin = `http://127.0.0.1:${both.port}`;
    const headers = { Authorization: 'Bearer full-token' };
    const answer = await fetch(`${origin}${other}/Users/u1`, { headers });
    expect([answer.status, answer.headers.get('Location')]).toEqual([200, `${both.gateway.baseUrl}/Users/u1`]);
    for (const wrong of ['/v1', '/v3', '/v22']) {
      const base = other.endsWith('/v2') ? other.slice(0, -3) : other;
      expect((await fetch(`${origin}${base}${wrong}/Users`, { headers })).status).toBe(404);
    }
    await both.close();
  });

  test.each([
    ['an unknown token', 'Bearer nonsense'],
    ['an expired token (R-024)', 'Bearer full-expired'],
    ['an empty token', 'Bearer'],
    ['a token with a blank in it', 'Bearer full-token full-token'],
    ['a prefix of a token', 'Bearer full-toke'],
  ])('%s is invalid_token (R-026)', async (_case, authorization) => {
    const answer = await server.call('/Users', { headers: { Authorization: authorization } });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer realm="directory", error="invalid_token"');
    expect(await answer.text()).not.toContain('toke"');
  });

  test('another scheme is no credential: the bare challenge', async () => {
    const answer = await server.call('/Users', { headers: { Authorization: 'Basic ZnVsbDp0b2tlbg==' } });
    expect([answer.status, answer.headers.get('WWW-Authenticate')]).toEqual([401, 'Bearer realm="directory"']);
  });

  test.each(['access_token', 'token', 'Authorization'])('a token in the query as %s is not accepted (R-025)', async (name) => {
    const answer = await fetch(`${server.url}/Users?${name}=full-token`);
    expect([answer.status, answer.headers.get('WWW-Authenticate')]).toEqual([401, 'Bearer realm="directory"']);
  });

  test('the ServiceProviderConfig is readable even with a bad token (D-23)', async () => {
    expect((await server.call('/ServiceProviderConfig', { headers: { Authorization: 'Bearer nonsense' } })).status).toBe(200);
  });

  test('the scheme is case-insensitive', async () => {
    expect((await server.call('/Users', { headers: { Authorization: 'bEARER  full-token' } })).status).toBe(200);
  });

  test('R-219 a client of another directory is 403 with a text that says nothing', async () => {
    const answer = await server.call('/Users/u1', { as: 'elsewhere' });
    expect([answer.status, answer.headers.get('WWW-Authenticate')]).toEqual([403, 'Bearer realm="directory", error="insufficient_scope"']);
    expect(await answer.json()).toEqual({ ...scimError(403), detail: 'This client has no access here' });
    expect(server.gateway.calls).toEqual([]);
  });

  test.each([
    ['reader', 'POST', '/Users'],
    ['reader', 'PUT', '/Users/u1'],
    ['reader', 'PATCH', '/Users/u1'],
    ['reader', 'DELETE', '/Users/u1'],
    ['writer', 'GET', '/Users'],
    ['writer', 'GET', '/Users/u1'],
    ['writer', 'GET', '/'],
    ['writer', 'POST', '/.search'],
    ['writer', 'POST', '/Users/.search'],
  ])('%s may not %s %s: insufficient_scope, and the directory is not asked', async (as, method, path) => {
    const answer = await server.call(path, { as, ...request(method, path) });
    expect([answer.status, answer.headers.get('WWW-Authenticate')]).toEqual([403, 'Bearer realm="directory", error="insufficient_scope"']);
    expect(await answer.json()).toMatchObject(scimError(403));
    expect(server.gateway.calls).toEqual([]);
  });

  test.each(methods)('R-021 %s on a resource type that the client may not use is an unknown URL', async (method) => {
    const answers = ['/Groups', '/Groups/g1', '/Groups/.search', '/Robots'].map(async (path) => {
      const answer = await server.call(path, { as: 'people', ...request(method, path) });
      return [answer.status, await answer.text(), answer.headers.get('Allow')];
    });
    const [unknown, ...hidden] = (await Promise.all(answers)).toReversed();
    expect(unknown?.[0]).toBe(404);
    for (const answer of hidden) expect(answer).toEqual(unknown);
  });

  test('a resource type that the client may not use is not in the discovery documents', async () => {
    const [types, schemas, one] = await Promise.all(
      ['/ResourceTypes', '/Schemas', '/ResourceTypes/Group'].map(async (path) => (await server.call(path, { as: 'people' })).text()),
    );
    expect(types).not.toContain('Group');
    expect(schemas).not.toContain('core:2.0:Group');
    expect(one).toContain('"404"');
  });

  test('every token of a client works: rotation', async () => {
    expect(clients[0]?.tokens).toHaveLength(2);
    const both = await start({ now: () => Date.parse('2019-01-01') });
    const answers = await Promise.all(
      ['full-token', 'full-expired'].map((token) => both.call('/Users', { headers: { Authorization: `Bearer ${token}` } })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    await both.close();
  });
});

test('R-218 several directories are served side by side, each client in its own', async () => {
  const main = createFakeGateway('main', '/scim/v2');
  const other = createFakeGateway('other', '/');
  const server = await start({ gateways: [other, main] });
  const origin = `http://127.0.0.1:${server.port}`;
  const get = async (path: string, as: string): Promise<number> => {
    const answer = await fetch(origin + path, { headers: { Authorization: `Bearer ${as}-token` } });
    await answer.arrayBuffer();
    return answer.status;
  };
  expect(await get('/scim/v2/Users', 'full')).toBe(200);
  expect(await get('/Users', 'elsewhere')).toBe(200);
  expect(await get('/scim/v2/Users', 'elsewhere')).toBe(403);
  expect(await get('/Users', 'full')).toBe(403);
  expect([main, other].map(({ calls }) => calls.map((call) => call.client))).toEqual([['full'], ['elsewhere']]);
  await server.close();
});
