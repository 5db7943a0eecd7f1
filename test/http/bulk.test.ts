// `/Bulk` over HTTP: RFC 7644 section 3.7.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { unavailable } from '../../src/scim/error.ts';
import { scimError, start, type Body, type Running } from './fake-gateway.ts';

const schemas = ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'];
let server: Running;
beforeEach(async () => {
  server = await start();
});
afterEach(() => server.close());

async function send(body: unknown, as = 'full'): Promise<{ status: number; headers: Headers; body: Body }> {
  const answer = await server.call('/Bulk', { method: 'POST', as, body: typeof body === 'string' ? body : JSON.stringify(body) });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Body };
}
const post = (bulkId: string, userName: string) => ({ method: 'POST', path: '/Users', bulkId, data: { userName } });

test('R-185 R-187 T-046 a request is 200 also when all of it failed', async () => {
  const { status, body, headers } = await send({ schemas, Operations: [post('a', 'alice'), post('b', 'carol')] });
  expect([status, headers.get('Cache-Control')]).toEqual([200, 'no-store']);
  expect(body).toMatchObject({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkResponse'],
    Operations: [
      { bulkId: 'a', status: '409', response: scimError(409) },
      { bulkId: 'b', status: '201', location: `${server.gateway.baseUrl}/Users/new-4` },
    ],
  });
  expect((await send({ schemas, Operations: [post('a', 'alice')] })).status).toBe(200);
});

test.each([
  ['{"schemas":[]}', 400],
  ['[]', 400],
  ['{', 400],
  [JSON.stringify({ schemas, Operations: Array.from({ length: 1001 }, () => ({})) }), 413],
])('R-195 %.20s… as a whole is an Error', async (body, status) => {
  expect(await send(body)).toMatchObject({ status, body: scimError(status) });
});

test('T-049 R-195 too many octets are 413 while they stream in, and the limit is named', async () => {
  await server.close();
  server = await start({ maxBodyBytes: 500 });
  const text = JSON.stringify({ schemas, Operations: [post('a', 'x'.repeat(600))] });
  const stream = new ReadableStream({
    start(controller) {
      for (const part of text.match(/.{1,50}/gs) ?? []) controller.enqueue(new TextEncoder().encode(part));
      controller.close();
    },
  });
  const answer = await server.call('/Bulk', { method: 'POST', body: stream, duplex: 'half' } as RequestInit);
  expect([answer.status, await answer.json()]).toEqual([
    413,
    expect.objectContaining({ detail: expect.stringContaining('500') as string }),
  ]);
  expect(server.gateway.calls).toEqual([]);
});

test('R-197 a client that may only read may do nothing in it, and without a token nobody gets in', async () => {
  server.gateway.delete = (client) => Promise.reject(new Error(client.name));
  expect((await send({ schemas, Operations: [] }, 'reader')).status).toBe(200);
  expect((await fetch(`${server.url}/Bulk`, { method: 'POST', body: '{}' })).status).toBe(401);
});

test('an outage in an operation is reported with its reason, and a mistake of the client is not', async () => {
  const reports: unknown[] = [];
  const listen = (message: unknown): void => void reports.push(message);
  subscribe('ldap-scim-gateway:failure', listen);
  const cause = new Error('connection refused');
  server.gateway.failure = unavailable(5, cause);
  const { body } = await send({ schemas, Operations: [post('a', 'x'), { method: 'GET' }] });
  unsubscribe('ldap-scim-gateway:failure', listen);
  expect(body).toMatchObject({ Operations: [{ status: '503' }, { status: '400' }] });
  expect(reports).toEqual([expect.objectContaining({ error: cause })]);
});
