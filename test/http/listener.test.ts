// The socket side: health, TLS, malformed and smuggled requests, time limits, an orderly end.
// RFC 9112 sections 6.3 and 9.6; RFC 9325.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get as getHttps } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type SecureVersion } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createServer } from '../../src/http/server.ts';
import { scimError, start, type Running } from './fake-gateway.ts';
import { talk } from './raw-socket.ts';

const head = 'Host: x\r\nAuthorization: Bearer full-token\r\n';

describe('health and readiness', () => {
  let server: Running;
  beforeEach(async () => {
    server = await start({}, '/');
  });
  afterEach(() => server.close());

  test('need no token and say no more than the status', async () => {
    const origin = `http://127.0.0.1:${server.port}`;
    const ask = async (path: string): Promise<unknown[]> => {
      const answer = await fetch(origin + path);
      return [answer.status, await answer.json(), answer.headers.get('Content-Type')];
    };
    expect(await ask('/health')).toEqual([200, { status: 'ok' }, 'application/json']);
    expect(await ask('/ready')).toEqual([200, { status: 'ready' }, 'application/json']);
    server.gateway.isReady = false;
    expect(await ask('/health')).toEqual([200, { status: 'ok' }, 'application/json']);
    expect(await ask('/ready')).toEqual([503, { status: 'not ready' }, 'application/json']);
  });

  test.each(['/health', '/ready'])('%s allows GET, HEAD and OPTIONS', async (path) => {
    const url = `http://127.0.0.1:${server.port}${path}`;
    const [headed, options, posted] = await Promise.all(['HEAD', 'OPTIONS', 'POST'].map((method) => fetch(url, { method })));
    expect([headed?.status, await headed?.text()]).toEqual([200, '']);
    expect([options?.status, options?.headers.get('Allow')]).toEqual([204, 'GET, HEAD, OPTIONS']);
    expect([posted?.status, await posted?.json()]).toEqual([405, expect.objectContaining(scimError(405))]);
  });
});

describe('requests that are not well-formed (R-209)', () => {
  let server: Running;
  beforeAll(async () => {
    server = await start({ requestTimeout: 300 });
  });
  afterAll(() => server.close());

  test.each([
    [
      'Content-Length beside Transfer-Encoding',
      `POST /scim/v2/Users HTTP/1.1\r\n${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ['two Content-Lengths', `POST /scim/v2/Users HTTP/1.1\r\n${head}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`, 400],
    ['a Content-Length that is no number', `POST /scim/v2/Users HTTP/1.1\r\n${head}Content-Length: 5x\r\n\r\nhello`, 400],
    ['Transfer-Encoding that does not end in chunked', `POST /scim/v2/Users HTTP/1.1\r\n${head}Transfer-Encoding: chunked, x\r\n\r\n`, 400],
    ['a blank before the colon', `GET /scim/v2/Users HTTP/1.1\r\nHost : x\r\n\r\n`, 400],
    ['a folded header', `GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\nAuth: \u0000\r\n\r\n`, 400],
    ['a bare line feed in a header', `GET /scim/v2/Users HTTP/1.1\r\n${head}X: a\rb\r\n\r\n`, 400],
    ['an unknown method', `FROB /scim/v2/Users HTTP/1.1\r\n${head}\r\n`, 400],
    ['headers that are too long', `GET /scim/v2/Users HTTP/1.1\r\n${head}X: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['a URL that is too long', `GET /scim/v2/Users?filter=${'a'.repeat(20_000)} HTTP/1.1\r\n${head}\r\n`, 431],
    ['a request that never ends', `GET /scim/v2/Users HTTP/1.1\r\n${head}X: `, 408],
    ['no HTTP', '\u0016\u0003\u0001\u0002\u0000\r\n\r\n', 400],
  ])('%s', async (_case, text, status) => {
    const answer = await talk(server.port, text);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toMatch(/^Connection: close\r$/m);
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4))).toMatchObject(scimError(status));
    expect(server.gateway.calls).toEqual([]);
  });

  test('a body that never ends is cut off', async () => {
    const answer = await talk(server.port, `POST /scim/v2/Users HTTP/1.1\r\n${head}Content-Length: 500\r\n\r\n{`);
    expect(answer).toContain(' 408 ');
    expect(server.gateway.calls).toEqual([]);
  });

  test('two Authorization headers are no credentials', async () => {
    const answer = await talk(
      server.port,
      `GET /scim/v2/Users HTTP/1.1\r\n${head}Authorization: Bearer reader-token\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  });

  test.each(['TRACE', 'PROPFIND', 'QUERY'])('%s is 405', async (method) => {
    const answer = await talk(server.port, `${method} /scim/v2/Users HTTP/1.1\r\n${head}Connection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 405 /);
    expect(answer).toMatch(/^Allow: GET, POST, HEAD, OPTIONS\r$/m);
  });

  test.each([
    ['a target that is no URL', `GET http://[ HTTP/1.1\r\n${head}Connection: close\r\n\r\n`],
    ['no Host', 'GET /scim/v2/Users HTTP/1.1\r\nAuthorization: Bearer full-token\r\nConnection: close\r\n\r\n'],
    ['two Hosts', `GET /scim/v2/Users HTTP/1.1\r\nHost: y\r\n${head}Connection: close\r\n\r\n`],
  ])('%s is a SCIM error, not a page or an empty answer (R-209)', async (_case, text) => {
    const answer = await talk(server.port, text);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4))).toMatchObject({ ...scimError(400), scimType: 'invalidSyntax' });
    expect(server.gateway.calls).toEqual([]);
  });

  test('an expectation that nobody knows is ignored', async () => {
    const answer = await talk(server.port, `OPTIONS /scim/v2/Users HTTP/1.1\r\n${head}Expect: x\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 204 /);
  });

  test('a request for another origin is answered for this one', async () => {
    const answer = await talk(server.port, `GET http://evil.example/scim/v2/Users/u1 HTTP/1.1\r\n${head}Connection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).not.toContain('evil');
    server.gateway.calls.length = 0;
  });
});

describe('close', () => {
  test('lets a request in flight finish, takes no other, and ends kept connections at once', async () => {
    const server = await start();
    const { promise, resolve } = Promise.withResolvers<void>();
    await (await server.call('/Users')).arrayBuffer();
    server.gateway.pause = promise;
    const pending = server.call('/Users/u1');
    await expect.poll(() => server.gateway.calls.length).toBe(2);

    const started = performance.now();
    const closed = server.close(5000);
    await expect(fetch(server.url)).rejects.toThrow('fetch failed');
    resolve();
    const answer = await pending;
    expect([answer.status, await answer.json()]).toEqual([200, expect.objectContaining({ id: 'u1' })]);
    await closed;
    expect(performance.now() - started).toBeLessThan(2000);
  });

  test('cuts what is still in flight at the deadline', async () => {
    const server = await start();
    server.gateway.pause = new Promise(() => undefined);
    const pending = server.call('/Users/u1').then(
      () => 'answered',
      () => 'cut',
    );
    await expect.poll(() => server.gateway.calls.length).toBe(1);
    await server.close(50);
    expect(await pending).toBe('cut');
  });

  test('does not wait for a connection that says nothing', async () => {
    const server = await start();
    const socket = connect(server.port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    const started = performance.now();
    await server.close(100);
    expect(performance.now() - started).toBeLessThan(2000);
    socket.destroy();
  });

  test('twice, or before listen, is harmless', async () => {
    const server = await start();
    const idle = createServer({ host: '127.0.0.1', port: 0, gateways: [], clients: [] });
    await expect(Promise.all([server.close(), server.close(), idle.close()])).resolves.toHaveLength(3);
  });
});

test('a port that is taken is an error', async () => {
  const server = await start();
  const second = createServer({ host: '127.0.0.1', port: server.port, gateways: [], clients: [] });
  await expect(second.listen()).rejects.toThrow('EADDRINUSE');
  await server.close();
});

describe('TLS (R-023)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'scim-tls-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  let server: Running;
  beforeAll(async () => {
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    execFileSync('openssl', ['req', ...kind, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' });
    server = await start({ tls: { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') } });
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  test('serves over TLS', async () => {
    expect(server.url).toMatch(/^https:/);
    const status = await new Promise((resolve, reject) => {
      const url = `https://localhost:${server.port}/health`;
      getHttps(url, { ca: readFileSync(cert), agent: false }, (answer) => resolve(answer.resume().statusCode)).on('error', reject);
    });
    expect(status).toBe(200);
  });

  test.each<[SecureVersion, boolean]>([
    ['TLSv1.1', false],
    ['TLSv1.2', true],
    ['TLSv1.3', true],
  ])('%s: %s', async (version, accepted) => {
    const outcome = await new Promise((resolve) => {
      const options = {
        minVersion: version,
        maxVersion: version,
        ca: readFileSync(cert),
        ciphers: 'DEFAULT@SECLEVEL=0',
        servername: 'localhost',
      };
      const socket = connectTls(server.port, '127.0.0.1', options, () => resolve(socket.getProtocol()));
      socket.on('error', () => resolve('refused'));
      socket.on('secureConnect', () => socket.end());
    });
    expect(outcome).toBe(accepted ? version : 'refused');
  });
});
