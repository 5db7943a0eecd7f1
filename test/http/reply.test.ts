// What every answer has in common: its media type, its headers, its request id.
// RFC 7644 section 3.8; RFC 9110 section 12.5.1; T-079; idp 26.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { start, type Running } from './fake-gateway.ts';
import { talk } from './raw-socket.ts';

let server: Running;
beforeAll(async () => {
  server = await start();
});
afterAll(() => server.close());

describe.each(['/Users', '/Users/missing', '/ServiceProviderConfig'])('Accept on %s (R-005, R-006, T-079): never 406', (path) => {
  const scim = 'application/scim+json';
  test.each([
    ['*/*', scim],
    ['application/*', scim],
    ['application/scim+json', scim],
    ['application/scim+json; charset=utf-8', scim],
    ['application/json', 'application/json'],
    ['application/json; charset=utf-8, text/html', 'application/json'],
    ['application/json, application/scim+json', scim],
    ['application/json, text/plain, */*', scim],
    ['application/json, application/scim+json;q=0', 'application/json'],
    ['application/scim+json; charset=utf-8, application/json', scim],
    ['APPLICATION/JSON;q=0.9', 'application/json'],
    ['application/json, */*;q=0.0', 'application/json'],
    ['application/json;q=0', scim],
    ['text/html', scim],
    ['nonsense', scim],
    ['', scim],
  ])('%s gives %s', async (accept, expected) => {
    const answer = await server.call(path, { headers: { Accept: accept } });
    await answer.arrayBuffer();
    expect([answer.status === 406, answer.headers.get('Content-Type')]).toEqual([false, expected]);
  });
});

test('no Accept at all gives application/scim+json', async () => {
  const answer = await talk(
    server.port,
    'GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer full-token\r\nConnection: close\r\n\r\n',
  );
  expect(answer).toMatch(/^Content-Type: application\/scim\+json\r$/m);
});

test('the length is counted in bytes', async () => {
  const answer = await server.call('/Users', { method: 'POST', body: JSON.stringify({ userName: 'Zoë 🙂 \ud800' }) });
  const text = await answer.text();
  expect(Number(answer.headers.get('Content-Length'))).toBe(Buffer.byteLength(text));
  expect(JSON.parse(text)).toMatchObject({ userName: 'Zoë 🙂 \ud800' });
});

test('headers that browsers heed are there, those that tell about us are not', async () => {
  const answer = await server.call('/Users');
  await answer.arrayBuffer();
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'x-content-type-options': 'nosniff',
    'content-security-policy': expect.stringContaining("default-src 'none'"),
    'cache-control': 'private, no-cache',
    vary: 'Accept',
  });
  expect([answer.headers.get('X-Powered-By'), answer.headers.get('Server')]).toEqual([null, null]);
});

test('errors are not stored', async () => {
  const answer = await server.call('/Users/missing');
  await answer.arrayBuffer();
  expect(answer.headers.get('Cache-Control')).toBe('no-store');
});

test.each([
  ['abc-123', true],
  ['A'.repeat(64), true],
  ['A'.repeat(65), false],
  ['a b', false],
  ['a"b', false],
  ['../x', false],
])('X-Request-Id %s: kept is %s', async (id, kept) => {
  const answer = await server.call('/Users', { headers: { 'X-Request-Id': id } });
  await answer.arrayBuffer();
  const given = answer.headers.get('X-Request-Id') ?? '';
  expect([given === id, /^[\da-f]{8}-[\da-f-]{27}$/.test(given)]).toEqual([kept, !kept]);
});
