// The use cases as HTTP sees them: what the gateway is asked, and what becomes of its answer.
// RFC 7644 sections 3.3 to 3.6, 3.9, 3.14; T-003, T-042, T-044, T-045, T-067, T-080.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ScimError, tooMany, unavailable } from '../../src/scim/error.ts';
import { scimError, start, type Body, type Running } from './fake-gateway.ts';

const listResponse = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';
const searchUrn = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest';
let server: Running;
beforeEach(async () => {
  server = await start();
});
afterEach(() => server.close());

async function get(path: string, init: Parameters<Running['call']>[1] = {}): Promise<{ status: number; body: Body; headers: Headers }> {
  const answer = await server.call(path, init);
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? undefined : JSON.parse(text), headers: answer.headers };
}
const send = (method: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
  get(path, { method, body: JSON.stringify(body), headers });
const query = () => server.gateway.calls.at(-1)?.query;

describe('lists', () => {
  test('no match is 200 with nothing in it (T-003, R-103)', async () => {
    expect(await get('/Users?filter=userName eq "nobody"')).toMatchObject({
      status: 200,
      body: { schemas: [listResponse], totalResults: 0, Resources: [], startIndex: 1, itemsPerPage: 0 },
    });
  });

  test('a filter finds, whatever the case of its parameter', async () => {
    const answers = await Promise.all(['filter=userName eq "ALICE"', 'FILTER=USERNAME EQ "alice"'].map((text) => get(`/Users?${text}`)));
    for (const { body } of answers) expect(body).toMatchObject({ totalResults: 1, Resources: [{ id: 'u1' }] });
  });

  test.each([
    ['startIndex=0', { startIndex: 1 }],
    ['startindex=-5', { startIndex: 1 }],
    ['startIndex=2&count=1', { startIndex: 2, count: 1 }],
    ['count=0', { count: 0 }],
    ['COUNT=-1', { count: 0 }],
    ['cursor=', { startIndex: 1 }],
    ['aadOptscim062020', { startIndex: 1 }],
    ['attributes=userName, emails', { projection: { attributes: ['userName', 'emails'] } }],
    ['excludedattributes=members', { projection: { excludedAttributes: ['members'] } }],
    ['attributes=', { projection: {} }],
  ])('%s (idp 73, 75; R-017, R-135)', async (text, expected) => {
    expect((await get(`/Users?${text}`)).status).toBe(200);
    expect(query()).toMatchObject(expected);
  });

  test.each([
    ['count=x', 'invalidValue'],
    ['startIndex=1.5', 'invalidValue'],
    ['filter=userName', 'invalidFilter'],
    ['filter=', 'invalidFilter'],
    ['filter=userName%20eq%20%22%', 'invalidSyntax'],
    ['filter=id pr&filter=id pr', 'invalidValue'],
    ['attributes=a&excludedAttributes=b', 'invalidValue'],
    ['sortBy=nothing', 'invalidValue'],
  ])('%s is 400 %s', async (text, scimType) => {
    // Not through fetch's own encoding of the URL, which would repair the percent sign.
    expect(await get(`/Users?${text}`)).toMatchObject({ status: 400, body: { ...scimError(400), scimType } });
    expect(server.gateway.calls).toEqual([]);
  });

  test('a plus is a blank and %2B a plus (R-018)', async () => {
    await get('/Users?filter=userName+eq+"a%2Bb"');
    expect(query()?.filter).toMatchObject({ kind: 'compare', value: 'a+b' });
  });

  test('startIndex beyond the end is 200 and empty (R-137)', async () => {
    expect(await get('/Users?startIndex=99')).toMatchObject({ status: 200, body: { totalResults: 3, startIndex: 99, itemsPerPage: 0 } });
  });

  test('the root lists every type that the client may see (R-105)', async () => {
    expect((await get('/?count=10')).body).toMatchObject({ totalResults: 4 });
    expect((await get('/', { as: 'people' })).body).toMatchObject({ totalResults: 3 });
    expect((await get('/?filter=userName eq "bob"')).body).toMatchObject({ totalResults: 1, Resources: [{ id: 'u2' }] });
    expect((await get('/?filter=meta.resourceType eq "Group"')).body).toMatchObject({ totalResults: 1, Resources: [{ id: 'g1' }] });
    expect(await get('/?filter=nothing eq 1')).toMatchObject({ status: 400, body: { scimType: 'invalidFilter' } });
  });
});

describe('.search (R-147 to R-151, T-044, T-045)', () => {
  test.each(['/.search', '/Users/.search'])('%s takes its parameters from the body, not from the URL', async (path) => {
    const body = { schemas: [searchUrn], filter: 'userName eq "bob"', count: 1, excludedAttributes: ['userName'] };
    const answer = await send('POST', `${path}?filter=userName eq "alice"&count=7`, body);
    expect(answer).toMatchObject({ status: 200, body: { schemas: [listResponse], totalResults: 1, Resources: [{ id: 'u2' }] } });
    expect(answer.body.Resources[0]).not.toHaveProperty('userName');
    expect(answer.headers.get('Cache-Control')).toBe('no-store');
    expect(query()).toMatchObject({ count: 1 });
  });

  test.each(['/.search', '/Groups/.search'])('%s without the schema of a SearchRequest is 400 invalidSyntax', async (path) => {
    expect(await send('POST', path, { filter: 'id pr' })).toMatchObject({ status: 400, body: { scimType: 'invalidSyntax' } });
  });
});

describe('one resource', () => {
  test('GET gives it with its version and place (R-100, R-198)', async () => {
    const { status, body, headers } = await get('/Users/u1');
    expect([status, body]).toEqual([200, expect.objectContaining({ id: 'u1', userName: 'alice' })]);
    expect(headers.get('ETag')).toBe('W/"u1.1"');
    expect(headers.get('Location')).toBe('https://scim.example.com/scim/v2/Users/u1');
    expect(headers.get('Cache-Control')).toBe('private, no-cache');
  });

  test.each(['U1', 'missing', 'u1.scim', '%00', '__proto__', '..%2f..%2fetc'])('GET of %s is 404 (R-007, R-101)', async (id) => {
    expect(await get(`/Users/${id}`)).toMatchObject({ status: 404, body: scimError(404) });
  });

  test('an id is decoded once', async () => {
    expect((await get('/Users/a%2Fb%40x')).body).toMatchObject({ id: 'a/b@x' });
    expect((await get('/Users/a%252Fb%2540x')).status).toBe(404);
  });

  test.each(['%', '%zz', '%ff'])('the broken percent-encoding %s is 400', async (id) => {
    expect(await get(`/Users/${id}`)).toMatchObject({ status: 400, body: { ...scimError(400), scimType: 'invalidSyntax' } });
  });

  test('projection on GET, POST, PUT and PATCH (R-139, T-042)', async () => {
    const answers = [
      await get('/Users/u1?ATTRIBUTES=userName'),
      await send('POST', '/Users?attributes=userName', { userName: 'new', displayName: 'New' }),
      await send('PUT', '/Users/u1?attributes=userName', { userName: 'alice', displayName: 'A' }),
      await send('PATCH', '/Users/u1?attributes=userName', { Operations: [] }),
    ];
    for (const { body, headers } of answers) {
      expect(Object.keys(body).toSorted()).toEqual(['id', 'schemas', 'userName']);
      expect([headers.has('Location'), headers.has('Content-Location')]).toEqual([true, false]);
    }
  });

  test('a filter on one resource answers a list of none or one (R-104)', async () => {
    expect((await get('/Users/u1?filter=userName eq "alice"')).body).toMatchObject({ schemas: [listResponse], totalResults: 1 });
    expect((await get('/Users/u1?filter=userName eq "bob"')).body).toMatchObject({ totalResults: 0, Resources: [] });
    expect((await get('/Users/u1?filter=userName eq "bob" or id pr')).body).toMatchObject({ totalResults: 1, Resources: [{ id: 'u1' }] });
    expect((await get('/Users/missing?filter=id pr')).body).toMatchObject({ totalResults: 0 });
    expect(await get('/Users/u1?filter=id pr) or (id pr')).toMatchObject({ status: 400, body: { scimType: 'invalidFilter' } });
  });

  test('If-None-Match: 304 without a body, with the version (R-199)', async () => {
    for (const tags of ['W/"u1.1"', '"u1.1"', 'W/"x", W/"u1.1"', '*']) {
      const { status, body, headers } = await get('/Users/u1', { headers: { 'If-None-Match': tags } });
      expect([tags, status, body, headers.get('ETag')]).toEqual([tags, 304, undefined, 'W/"u1.1"']);
    }
    expect((await get('/Users/u1', { headers: { 'If-None-Match': 'W/"u1.0"' } })).status).toBe(200);
    expect((await get('/Users/nobody', { headers: { 'If-None-Match': '*' } })).status).toBe(404);
  });
});

describe('changes', () => {
  test('POST is 201 with Location and the whole resource (idp 24)', async () => {
    const { status, body, headers } = await send('POST', '/Users', { userName: 'carol' });
    expect([status, body.userName]).toEqual([201, 'carol']);
    const location = `https://scim.example.com/scim/v2/Users/${body.id}`;
    expect([headers.get('Location'), headers.get('Content-Location')]).toEqual([location, location]);
    expect(headers.get('ETag')).toBe(`W/"${body.id}.1"`);
  });

  test('a location comes from the configuration, never from Host or X-Forwarded headers (T-080)', async () => {
    const headers = { 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'ftp', Forwarded: 'host=evil.example' };
    const answer = await send('POST', '/Users', { userName: 'dave' }, headers);
    expect(answer.headers.get('Location')).toMatch(/^https:\/\/scim\.example\.com\//);
  });

  test('a duplicate is 409 uniqueness', async () => {
    expect(await send('POST', '/Users', { userName: 'alice' })).toMatchObject({
      status: 409,
      body: { ...scimError(409), scimType: 'uniqueness' },
    });
  });

  test.each(['PUT', 'PATCH', 'DELETE'])('%s with If-Match (R-200)', async (method) => {
    const put = (tags: string, path = '/Users/u1') => send(method, path, { userName: 'alice' }, { 'If-Match': tags });
    expect(await put('W/"u1.0"')).toMatchObject({ status: 412, body: scimError(412) });
    expect((await put('*', '/Users/missing')).status).toBe(404);
    expect(await put('unquoted')).toMatchObject({ status: 400, body: { scimType: 'invalidValue' } });
    expect((await put('W/"x", "u1.1"')).status).toBe(method === 'DELETE' ? 204 : 200);
    expect((await put('*', '/Users/u2')).status).toBe(method === 'DELETE' ? 204 : 200);
  });

  test('PATCH is 200 with the resource, 204 for return=minimal, and 200 if attributes are named (R-169, D-24)', async () => {
    const whole = await send('PATCH', '/Users/u1', { Operations: [] });
    expect([whole.status, whole.body.id, whole.headers.get('ETag')]).toEqual([200, 'u1', 'W/"u1.1"']);
    const minimal = await send('PATCH', '/Users/u1', { Operations: [] }, { Prefer: 'return=minimal' });
    expect([minimal.status, minimal.body, minimal.headers.get('ETag')]).toEqual([204, undefined, 'W/"u1.1"']);
    expect(minimal.headers.get('Preference-Applied')).toBe('return=minimal');
    for (const parameter of ['attributes=userName', 'excludedAttributes=userName']) {
      expect((await send('PATCH', `/Users/u1?${parameter}`, { Operations: [] }, { Prefer: 'return=minimal' })).status).toBe(200);
    }
  });

  test('DELETE is 204 without a body, then 404 (R-179)', async () => {
    const first = await get('/Users/u1', { method: 'DELETE' });
    expect([first.status, first.body]).toEqual([204, undefined]);
    expect((await get('/Users/u1', { method: 'DELETE' })).status).toBe(404);
  });

  test('without versions there is no ETag', async () => {
    server.gateway.rows.get('u1')!.version = undefined;
    expect((await get('/Users/u1')).headers.has('ETag')).toBe(false);
  });
});

describe('what the gateway throws', () => {
  test('an outage is 503 with Retry-After and no challenge, whatever LDAP said (R-213, T-067, idp 80)', async () => {
    server.gateway.failure = unavailable(29.2, new Error('invalidCredentials (49) for cn=svc'));
    const { status, body, headers } = await get('/Users/u1');
    expect([status, headers.get('Retry-After'), headers.get('WWW-Authenticate')]).toEqual([503, '30', null]);
    expect(body).toEqual({ ...scimError(503), detail: 'The directory is not available' });
  });

  test('a throttle is 429 with Retry-After', async () => {
    server.gateway.failure = new ScimError(429, 'Too many deletions', { retryAfter: 60 });
    const { status, headers } = await get('/Users/u1', { method: 'DELETE' });
    expect([status, headers.get('Retry-After')]).toEqual([429, '60']);
  });

  test('too many results are 400 tooMany (R-106)', async () => {
    server.gateway.failure = tooMany('More than 1000 results');
    expect(await get('/Users')).toMatchObject({ status: 400, body: { scimType: 'tooMany' } });
  });

  test.each([
    ['an error', new TypeError('undefined is not cn=secret')],
    ['an error with a status of its own', Object.assign(new Error('cn=secret'), { status: 418, expose: true })],
    ['something else', 'cn=secret'],
  ])('%s is a neutral 500 (R-211)', async (_case, failure) => {
    server.gateway.failure = failure;
    const { status, body, headers } = await get('/Users/u1');
    expect([status, body]).toEqual([500, { ...scimError(500), detail: expect.stringContaining('X-Request-Id') }]);
    expect(headers.get('X-Request-Id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('cursors (RFC 9865)', () => {
  test('C-001 C-002 C-003 C-007 T-072 pages lead on and back', async () => {
    const first = await get('/Users?cursor&count=2');
    expect(first.body).toMatchObject({ totalResults: 3, itemsPerPage: 2, nextCursor: '2' });
    for (const name of ['startIndex', 'previousCursor']) expect(first.body).not.toHaveProperty(name);
    const last = await get('/Users?cursor=2&count=2');
    expect(last.body).toMatchObject({ itemsPerPage: 1, previousCursor: '0' });
    for (const name of ['startIndex', 'nextCursor']) expect(last.body).not.toHaveProperty(name);
  });

  test('C-012 R-147 .search takes the cursor from the body, on one endpoint and on all', async () => {
    for (const path of ['/Users/.search', '/.search']) {
      expect((await send('POST', path, { schemas: [searchUrn], cursor: '', count: 1 })).body).toMatchObject({ nextCursor: '1' });
      expect(query()?.cursor?.text).toBe('');
    }
  });

  test('C-011 without a cursor pages are by index', async () => {
    expect((await get('/Users?count=1')).body).toMatchObject({ startIndex: 1 });
    expect((await get('/Users?count=1')).body).not.toHaveProperty('nextCursor');
  });

  test.each([
    ['/Users?cursor=&startIndex=1', 'invalidValue'],
    ['/?cursor=&startIndex=1', 'invalidValue'],
    ['/Users?cursor=&count=x', 'invalidCount'],
  ])('D-17 D-18 C-008 %s is 400 %s', async (path, scimType) => {
    expect(await get(path)).toMatchObject({ status: 400, body: { ...scimError(400), scimType } });
  });
});

describe('what a client is configured to get', () => {
  const patch = { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [{ op: 'add', path: 'title', value: 'x' }] };
  const change = (path: string) => get(path, { as: 'terse', method: 'PATCH', body: JSON.stringify(patch) });

  test('patchResponse: noContent answers a PATCH with 204, unless attributes are asked for (T-021)', async () => {
    const { status, headers } = await change('/Users/u1');
    expect([status, headers.get('ETag'), headers.get('Preference-Applied')]).toEqual([204, 'W/"u1.1"', null]);
    expect(server.gateway.calls.at(-1)?.projection).toEqual({ attributes: [] });
    expect(await change('/Users/u1?attributes=userName')).toMatchObject({ status: 200, body: { userName: 'alice' } });
  });

  test('the dialect onelogin gets application/json whatever it accepts', async () => {
    for (const Accept of ['application/scim+json', '*/*', 'application/json']) {
      for (const path of ['/Users', '/Users/missing']) {
        const { headers } = await get(path, { as: 'onelogin', headers: { Accept } });
        expect(headers.get('Content-Type')).toBe('application/json');
      }
    }
  });
});
