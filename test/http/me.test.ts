// `/Me` over HTTP: RFC 7644 section 3.11, T-077.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { scimError, start, type Body, type Running } from './fake-gateway.ts';

let server: Running;
beforeEach(async () => {
  server = await start();
});
afterEach(() => server.close());

async function me(init: Parameters<Running['call']>[1] = {}, query = ''): Promise<{ status: number; headers: Headers; body: Body }> {
  const answer = await server.call(`/Me${query}`, { as: 'alice', ...init });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) };
}
const last = () => server.gateway.calls.at(-1);
const permanent = () => `${server.gateway.baseUrl}/Users/u1`;

describe('R-205 R-208 /Me is the resource of the client', () => {
  test('T-077 GET, with the permanent location', async () => {
    const { status, headers, body } = await me();
    expect([status, headers.get('Location'), headers.get('Content-Location'), headers.get('ETag')]).toEqual([
      200,
      permanent(),
      permanent(),
      'W/"u1.1"',
    ]);
    expect(body).toMatchObject({ id: 'u1', userName: 'alice' });
  });

  test('GET with a projection, a condition or a filter', async () => {
    const projected = await me({}, '?attributes=displayName');
    expect([projected.body, projected.headers.get('Content-Location')]).toEqual([expect.not.objectContaining({ userName: 'alice' }), null]);
    const unchanged = await me({ headers: { 'If-None-Match': 'W/"u1.1"' } });
    expect([unchanged.status, unchanged.headers.get('Location')]).toEqual([304, permanent()]);
    expect((await me({}, '?filter=userName eq "bob"')).body).toMatchObject({ totalResults: 0 });
    expect((await me({}, '?filter=userName eq "alice"')).body).toMatchObject({ totalResults: 1 });
  });

  test.each(['PUT', 'PATCH', 'DELETE'])('R-227 %s, as the client that may not change everything of itself', async (method) => {
    const restricted: unknown[] = [];
    const { replace, patch, delete: remove } = server.gateway;
    server.gateway.replace = (...all) => (restricted.push(all[0].fixed), replace(...all));
    server.gateway.patch = (...all) => (restricted.push(all[0].fixed), patch(...all));
    server.gateway.delete = (...all) => (restricted.push(all[0].fixed), remove(...all));
    const init = { method, headers: { 'If-Match': 'W/"u1.1"' }, ...(method !== 'DELETE' && { body: '{"userName":"alice"}' }) };
    const { status, headers } = await me(init);
    expect(status).toBe(method === 'DELETE' ? 204 : 200);
    expect(headers.get('Location')).toBe(method === 'DELETE' ? null : permanent());
    expect(last()).toMatchObject({ name: expect.stringMatching(/^(?:replace|patch|delete) User$/), conditions: { ifMatch: ['W/"u1.1"'] } });
    expect(restricted).toEqual([['active']]);
    expect((await me({ ...init, headers: { 'If-Match': '"other"' } })).status).toBe(method === 'DELETE' ? 404 : 412);
  });
});

test.each(['GET', 'PUT', 'PATCH', 'DELETE'])('R-206 %s without a rule is 404', async (method) => {
  const answer = await me({ method, as: 'full', ...(method.startsWith('P') && { body: '{}' }) });
  expect(answer).toMatchObject({ status: 404, body: scimError(404) });
});

test('R-207 nobody registers at /Me', async () => {
  expect(await me({ method: 'POST', body: '{"userName":"x"}' })).toMatchObject({ status: 501, body: scimError(501) });
});
