// What gets into the log, and what never does.
// RFC 7644 section 7.5.2.
import { channel } from 'node:diagnostics_channel';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { createLogger, logChannels, type LogOptions } from '../src/telemetry.ts';
import { start } from './http/fake-gateway.ts';
import { talk } from './http/raw-socket.ts';

let stop: () => void = () => undefined;
afterEach(() => stop());

/** Starts a log; the function returned gives its lines so far. */
function record(options: Partial<LogOptions> = {}): () => string[] {
  const stream = new PassThrough();
  const logger = createLogger({ level: 'debug', format: 'json', stream, ...options });
  stop = logChannels(logger);
  let text = '';
  stream.on('data', (bytes: Buffer) => (text += bytes.toString()));
  return () => text.split('\n').filter((line) => line !== '');
}
const parse = (line: string | undefined): Record<string, unknown> => JSON.parse(line ?? '{}');

describe('requests', () => {
  test('one line each: client, method, pattern of the route, status, scimType, milliseconds, request id', async () => {
    const lines = record();
    const server = await start();
    const headers = { 'X-Request-Id': 'id-1' };
    for (const [path, init] of [
      ['/Users/u1', { headers }],
      ['/Users?filter=nonsense', {}],
      ['/Users/u1', { as: 'reader', method: 'DELETE' }],
      ['/Robots/x', {}],
      ['/Me', { method: 'POST' }],
    ] as const) {
      await (await server.call(path, init)).arrayBuffer();
    }
    await (await fetch(`${server.url}/Users/u1`)).arrayBuffer();
    await expect.poll(() => lines().length).toBe(6);
    await server.close();

    expect(lines().map(parse)).toMatchObject([
      {
        level: 'info',
        message: 'request',
        client: 'full',
        method: 'GET',
        route: '/scim/v2/Users/{id}',
        status: 200,
        requestId: 'id-1',
        complete: true,
      },
      { client: 'full', route: '/scim/v2/Users', status: 400, scimType: 'invalidFilter' },
      { client: 'reader', method: 'DELETE', route: '/scim/v2/Users/{id}', status: 403 },
      { client: 'full', status: 404 },
      { route: '/scim/v2/Me', status: 501, level: 'info' },
      { status: 401 },
    ]);
    expect(parse(lines()[0])['milliseconds']).toBeTypeOf('number');
    expect(parse(lines()[0])['timestamp']).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect(parse(lines()[3])).not.toHaveProperty('route');
    expect(parse(lines()[5])).not.toHaveProperty('client');
  });

  test.each(['json', 'text'] as const)('no token, id, filter, body or value in any line as %s (R-025, R-151, R-223)', async (format) => {
    const lines = record({ format });
    const server = await start();
    server.gateway.failure = new Error('modify cn=S3CRET,dc=x failed', { cause: new Error('S3CRET') });
    const body = JSON.stringify({ userName: 'S3CRET', password: 'S3CRET' });
    await server.call('/Users/S3CRET?filter=userName eq "S3CRET"&attributes=S3CRET');
    await server.call('/Users', { method: 'POST', body });
    await server.call('/Users/.search', { method: 'POST', body });
    await server.call('/S3CRET/S3CRET?S3CRET', { headers: { 'X-Request-Id': 'S3CRET!', 'User-Agent': 'S3CRET', 'X-S3CRET': 'S3CRET' } });
    await server.call('/Users?access_token=S3CRET', { headers: { Authorization: 'Bearer S3CRET' } });
    await talk(server.port, 'S3CRET / HTTP/1.1\r\n\r\n');
    await expect.poll(() => lines().length).toBeGreaterThanOrEqual(8);
    await server.close();
    expect(lines().join('\n')).not.toMatch(/S3CRET|full-token/);
  });

  test('a defect has a line with the place it came from, not its message', async () => {
    const lines = record();
    const server = await start();
    server.gateway.failure = Object.assign(new TypeError('no cn=x'), { code: 'E_X', cause: new RangeError('cn=y') });
    await (await server.call('/Users', { headers: { 'X-Request-Id': 'id-2' } })).arrayBuffer();
    await expect.poll(() => lines().length).toBe(2);
    await server.close();
    const [failure, request] = lines().map(parse);
    expect(failure).toMatchObject({
      level: 'error',
      message: 'request failed',
      requestId: 'id-2',
      error: 'TypeError',
      code: 'E_X',
      cause: { error: 'RangeError' },
    });
    expect(failure?.['at']).toEqual(expect.arrayContaining([expect.stringMatching(/^at .*telemetry\.test\.ts/)]));
    expect(request).toMatchObject({ level: 'warn', status: 500, requestId: 'id-2' });
  });

  test('no line of a message passes for a place', () => {
    const lines = record();
    channel('ldap-scim-gateway:failure').publish({ requestId: 'id-3', error: new Error('refused\n    at cn=S3CRET,dc=x') });
    expect(lines()[0]).not.toContain('S3CRET');
    expect(parse(lines()[0])['at']).not.toEqual([]);
  });

  test('a client that goes away is a line that says so', async () => {
    const lines = record();
    const server = await start();
    server.gateway.pause = new Promise(() => undefined);
    const controller = new AbortController();
    const pending = server.call('/Users', { signal: controller.signal }).catch(() => undefined);
    await expect.poll(() => server.gateway.calls.length).toBe(1);
    controller.abort();
    await pending;
    await expect.poll(() => lines().length).toBe(1);
    expect(parse(lines()[0])).toMatchObject({ complete: false });
    await server.close();
  });

  test('health checks are quiet', async () => {
    const lines = record({ level: 'info' });
    const server = await start();
    await (await fetch(`http://127.0.0.1:${server.port}/health`)).arrayBuffer();
    await (await server.call('/Users')).arrayBuffer();
    await expect.poll(() => lines().length).toBe(1);
    expect(parse(lines()[0])).toMatchObject({ route: '/scim/v2/Users' });
    await server.close();
  });
});

describe('events of other rooms', () => {
  const publish = (message: unknown): void => channel('ldap-scim-gateway:event').publish(message);

  test('have a level, a text and fields', () => {
    const lines = record({ level: 'info' });
    publish({ level: 'warn', event: 'server lost', directory: 'main', code: 81, milliseconds: 12 });
    publish({ level: 'debug', event: 'quiet' });
    publish({ level: 'nonsense', event: 'said' });
    publish('garbage');
    expect(lines().map(parse)).toMatchObject([
      { level: 'warn', message: 'server lost', directory: 'main', code: 81, milliseconds: 12 },
      { level: 'info', message: 'said' },
      { level: 'info', message: 'event' },
    ]);
  });

  test.each([
    'authorization',
    'bindPassword',
    'accessToken',
    'filter',
    'id',
    'dn',
    'baseDn',
    'passphrase',
    'userName',
    'client_secret',
    'cookie',
    'members',
    'URL',
  ])('a field called %s is not written, at any depth', (name) => {
    const lines = record();
    publish({ event: 'x', [name]: 'S3CRET', deep: [{ [name]: { more: 'S3CRET' } }] });
    expect(lines()).toHaveLength(1);
    expect(lines()[0]).not.toContain('S3CRET');
    expect(lines()[0]).toContain('[redacted]');
  });

  test('credentials inside a text and errors as fields are not written', () => {
    const lines = record();
    publish({ event: 'Bearer S3CRET', reason: 'got "bearer S3CRET" and Basic S3CRET', error: new Error('S3CRET') });
    expect(lines()[0]).not.toContain('S3CRET');
  });

  test('a field cannot become a line of its own', () => {
    const lines = record({ format: 'text' });
    publish({ event: 'x', reason: 'a\n2030-01-01 error forged', absent: undefined });
    expect(lines()).toEqual([expect.stringMatching(/^\S+ info x reason="a\\n2030-01-01 error forged"$/)]);
  });

  test('stop ends the writing', () => {
    const lines = record();
    stop();
    publish({ event: 'x' });
    expect(lines()).toEqual([]);
  });
});
