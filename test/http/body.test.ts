// Request bodies over real sockets: media types, encodings, sizes, UTF-8, JSON, and what hostile clients send.
// RFC 7644 sections 3.1 and 3.8; T-002, T-049, T-079.
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { scimError, start, type Running } from './fake-gateway.ts';
import { talk } from './raw-socket.ts';

const limit = 4096;
let server: Running;
beforeAll(async () => {
  server = await start({ maxBodyBytes: limit });
});
beforeEach(() => {
  server.gateway.calls.length = 0;
});
afterAll(() => server.close());

type Body = NonNullable<RequestInit['body']>;
const user = JSON.stringify({ userName: 'carol' });

async function post(body: Body, headers: Record<string, string> = {}, as = 'full'): Promise<{ status: number; body: unknown }> {
  const answer = await server.call('/Users/.search', { method: 'POST', body, headers, as });
  return { status: answer.status, body: await answer.json() };
}

/** Creates, and gives the body as the gateway saw it. */
async function create(body: Body, headers: Record<string, string> = {}): Promise<unknown> {
  server.gateway.rows.clear();
  const answer = await server.call('/Users', { method: 'POST', body, headers });
  expect([answer.status, await answer.text()]).toEqual([201, expect.any(String)]);
  return server.gateway.calls.at(-1)?.body;
}

describe('media types (R-006, T-079)', () => {
  test.each([
    'application/scim+json',
    'application/json',
    'application/scim+json; charset=utf-8',
    'application/json;charset=UTF-8',
    'Application/SCIM+JSON; Charset="utf-8"',
    'application/json; charset=utf8; profile=x',
    'text/plain',
    'text/plain;charset=UTF-8',
  ])('%s is read', async (type) => {
    expect(await create(user, { 'Content-Type': type })).toEqual({ userName: 'carol' });
  });

  test('no Content-Type is read', async () => {
    expect(await create(new Blob([user]))).toEqual({ userName: 'carol' });
  });

  test.each([
    'application/xml',
    'text/html',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json-patch+json',
    'application/jsonx',
    'application/json; charset=iso-8859-1',
    'application/scim+json; charset=utf-16',
    'json',
  ])('%s is 415', async (type) => {
    expect(await post(user, { 'Content-Type': type })).toEqual({ status: 415, body: expect.objectContaining(scimError(415)) });
  });

  test('text/plain is 415 for a strict client', async () => {
    expect(await post(user, { 'Content-Type': 'text/plain' }, 'strict')).toMatchObject({ status: 415, body: scimError(415) });
  });
});

describe('encodings', () => {
  test('gzip and identity are read', async () => {
    expect(await create(gzipSync(user), { 'Content-Encoding': 'gzip' })).toEqual({ userName: 'carol' });
    expect(await create(user, { 'Content-Encoding': 'Identity' })).toEqual({ userName: 'carol' });
  });

  test.each(['br', 'deflate', 'gzip, gzip', 'zstd', 'x'])('%s is 415', async (encoding) => {
    expect(await post(user, { 'Content-Encoding': encoding })).toMatchObject({ status: 415, body: scimError(415) });
  });

  test('what is not gzip, or cut off, is 400 invalidSyntax', async () => {
    for (const body of [user, gzipSync(user).subarray(0, 20)]) {
      expect(await post(body, { 'Content-Encoding': 'gzip' })).toMatchObject({ status: 400, body: { scimType: 'invalidSyntax' } });
    }
  });
});

describe('size (R-195, T-049)', () => {
  const filler = (size: number): string => JSON.stringify({ x: 'y'.repeat(size - 8) });
  const tooLarge = { status: 413, body: { ...scimError(413), detail: `The body is larger than the limit of ${limit} bytes` } };

  test('the limit itself is fine, one byte more is 413 and names the limit', async () => {
    expect(await create(filler(limit))).toHaveProperty('x');
    expect(await post(filler(limit + 1))).toEqual(tooLarge);
  });

  test('a chunked body is counted as it streams', async () => {
    const stream = new Blob([filler(limit * 20)]).stream();
    const answer = await server.call('/Users', { method: 'POST', body: stream, duplex: 'half' } as RequestInit);
    expect({ status: answer.status, body: await answer.json() }).toEqual(tooLarge);
  });

  test('a body that inflates beyond the limit is 413', async () => {
    const bomb = gzipSync('0'.repeat(2_000_000));
    expect(bomb.length).toBeLessThan(limit);
    expect(await post(bomb, { 'Content-Encoding': 'gzip' })).toEqual(tooLarge);
  });

  test.each(['Content-Length', 'chunked'])('after a 413 the connection serves the next request (%s)', async (kind) => {
    const big = 'z'.repeat(limit * 4);
    const head = 'POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer full-token\r\n';
    const body =
      kind === 'chunked'
        ? `Transfer-Encoding: chunked\r\n\r\n${big.length.toString(16)}\r\n${big}\r\n0\r\n\r\n`
        : `Content-Length: ${big.length}\r\n\r\n${big}`;
    const next = 'GET /scim/v2/Users/u2 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer full-token\r\nConnection: close\r\n\r\n';
    const answers = await talk(server.port, `${head}${body}${next}`);
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413', expect.stringMatching(/ (?:200|404)$/)]);
  });
});

describe('UTF-8 and JSON', () => {
  test.each([
    ['nothing', ''],
    ['a cut-off object', '{"userName":'],
    ['a trailing comma', '{"a":1,}'],
    ['two objects', '{}{}'],
    ['an array', '[]'],
    ['a string', '"x"'],
    ['null', 'null'],
    ['NaN', 'NaN'],
    ['single quotes', "{'a':1}"],
    ['a byte order mark', '\ufeff{}'],
    ['a comment', '{/* */}'],
    ['a raw control character', '{"a":"\u0000"}'],
  ])('%s is 400 invalidSyntax', async (_case, body) => {
    const detail = expect.stringMatching(/empty|not valid JSON|must be a JSON object|byte order mark/);
    expect(await post(new Blob([body]))).toEqual({ status: 400, body: { ...scimError(400), scimType: 'invalidSyntax', detail } });
  });

  test.each([
    ['ISO 8859-1', Buffer.from('{"userName":"é"}', 'latin1')],
    ['UTF-16', Buffer.from('\ufeff{"a":1}', 'utf16le')],
    ['an overlong slash', Buffer.from([...Buffer.from('{"a":"'), 0xc0, 0xaf, ...Buffer.from('"}')])],
    ['a surrogate', Buffer.from([...Buffer.from('{"a":"'), 0xed, 0xa0, 0x80, ...Buffer.from('"}')])],
  ])('%s is not UTF-8: 400 invalidSyntax (R-004)', async (_case, body) => {
    expect(await post(body)).toMatchObject({ status: 400, body: { scimType: 'invalidSyntax', detail: 'The body is not UTF-8' } });
  });

  test('errors do not quote the body (R-211)', async () => {
    const { body } = await post('{"password":"s3cret" oops}');
    expect(JSON.stringify(body)).not.toMatch(/s3cret|oops/);
  });

  test('50 levels are read, 51 are not; brackets in strings do not count', async () => {
    const nest = (levels: number): string => `${'{"a":'.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`;
    expect(await create(nest(50))).toHaveProperty('a');
    const detail = 'The body is nested deeper than 50 levels';
    expect(await post(nest(51))).toMatchObject({ status: 400, body: { scimType: 'invalidSyntax', detail } });
    expect(await create(JSON.stringify({ a: `\\"${'[{'.repeat(200)}` }))).toHaveProperty('a');
  });

  test('a mebibyte of nested arrays is refused at once', async () => {
    const large = await start();
    const started = performance.now();
    const answer = await large.call('/Users', { method: 'POST', body: '['.repeat(1024 * 1024) });
    expect([answer.status, await answer.json()]).toEqual([400, expect.objectContaining({ scimType: 'invalidSyntax' })]);
    expect(performance.now() - started).toBeLessThan(1000);
    expect(large.gateway.calls).toEqual([]);
    await large.close();
  });

  test('__proto__ and constructor in a body pollute nothing', async () => {
    const body = await create('{"userName":"x","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}');
    expect(Object.hasOwn(Object(body), '__proto__')).toBe(true);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.getPrototypeOf(body)).toBe(Object.prototype);
  });
});

test.each([
  ['401', 'Authorization: Bearer nonsense\r\n'],
  ['403', 'Authorization: Bearer reader-token\r\n'],
  ['415', 'Authorization: Bearer full-token\r\nContent-Type: text/html\r\n'],
])('a body behind a %s does not become the next request', async (status, headers) => {
  const hidden = 'DELETE /scim/v2/Users/u1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer full-token\r\n\r\n';
  const first = `POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\n${headers}Content-Length: ${hidden.length}\r\n\r\n${hidden}`;
  const next = 'OPTIONS /scim/v2/ServiceProviderConfig HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
  const answers = await talk(server.port, first + next);
  expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`, 'HTTP/1.1 204']);
  expect(server.gateway.calls).toEqual([]);
});

test('the body is not read before the caller is known to be allowed', async () => {
  expect(await post('{', {}, 'writer')).toMatchObject({ status: 403 });
  expect(await post('{', { Authorization: 'Bearer x' })).toMatchObject({ status: 401 });
});

test('DELETE tolerates a Content-Type and an empty body (idp 55)', async () => {
  const fresh = await start();
  const answer = await fresh.call('/Users/u1', { method: 'DELETE', headers: { 'Content-Type': 'application/scim+json' }, body: '' });
  expect([answer.status, await answer.text(), answer.headers.get('Content-Type')]).toEqual([204, '', null]);
  await fresh.close();
});
