// The operator's endpoints over real sockets: who may ask, what is answered, and that nothing else is there.
// RFC 6750; the rest is described in docs/operations.md.
import { createHash } from 'node:crypto';
import { get } from 'node:https';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { issueCertificate } from '../../src/demo/certificate.ts';
import { createAdminServer } from '../../src/http/admin.ts';
import type { Listener } from '../../src/http/listener.ts';
import { talk } from './raw-socket.ts';

const token = 'the-token-of-the-operator';
const state = { token, ready: true, ok: true };
let server: Listener;
let url: string;
let port: number;
beforeAll(async () => {
  server = createAdminServer({
    host: '127.0.0.1',
    port: 0,
    sha256: () => createHash('sha256').update(state.token).digest(),
    status: () => ({ version: '1' }),
    readiness: () => ({ ready: state.ready, directories: [] }),
    metrics: async () => 'a 1\n',
    reload: async () => ({ ok: state.ok, mistakes: [] }),
  });
  ({ url, port } = await server.listen());
});
afterAll(() => server.close(0));

function ask(path: string, method = 'GET', authorization: string | undefined = `Bearer ${state.token}`): Promise<Response> {
  return fetch(url + path, { method, headers: authorization === '' ? {} : { authorization } });
}

const paths = ['/status', '/health', '/ready', '/metrics', '/reload', '/nothing', '/'];

describe('the token', () => {
  test.each(paths)('%s without it: 401 with a challenge', async (path) => {
    const answer = await ask(path, 'GET', '');
    expect([answer.status, answer.headers.get('WWW-Authenticate')]).toEqual([401, 'Bearer realm="admin"']);
    expect(await answer.text()).not.toContain('version');
  });

  test.each(['Bearer wrong', 'Bearer', 'Basic dGhlLXRva2Vu', 'Bearer the-token-of-the-operator x', `Bearer ${token}x`])(
    '%s: 401',
    async (given) => {
      expect((await ask('/status', 'GET', given)).status).toBe(401);
      expect((await ask('/reload', 'POST', given)).status).toBe(401);
    },
  );

  test('twice in one request: 401', async () => {
    const line = `Authorization: Bearer ${token}\r\n`;
    expect(await talk(port, `GET /status HTTP/1.1\r\nHost: a\r\n${line}${line}Connection: close\r\n\r\n`)).toContain('HTTP/1.1 401 ');
  });

  test('another one counts from the next request on', async () => {
    state.token = 'another-token-of-the-operator';
    expect((await ask('/status', 'GET', `Bearer ${token}`)).status).toBe(401);
    expect((await ask('/status')).status).toBe(200);
    state.token = token;
  });
});

describe('the answers', () => {
  test('/status is JSON that nobody keeps', async () => {
    const answer = await ask('/status');
    expect([answer.headers.get('Content-Type'), answer.headers.get('Cache-Control')]).toEqual(['application/json', 'no-store']);
    expect(await answer.json()).toEqual({ version: '1' });
  });

  test('/health', async () => {
    expect(await (await ask('/health')).json()).toMatchObject({ status: 'ok', uptime: expect.any(Number) });
  });

  test.each([
    [true, 200],
    [false, 503],
  ])('/ready: %s is %s', async (ready, status) => {
    state.ready = ready;
    const answer = await ask('/ready');
    expect([answer.status, await answer.json()]).toEqual([status, { ready, directories: [] }]);
  });

  test('/metrics is text for Prometheus', async () => {
    const answer = await ask('/metrics');
    expect([answer.headers.get('Content-Type'), await answer.text()]).toEqual(['text/plain; version=0.0.4; charset=utf-8', 'a 1\n']);
  });

  test.each([
    [true, 200],
    [false, 422],
  ])('POST /reload: %s is %s', async (ok, status) => {
    state.ok = ok;
    const answer = await ask('/reload', 'POST');
    expect([answer.status, await answer.json()]).toEqual([status, { ok, mistakes: [] }]);
  });

  test.each([
    ['GET', '/reload', 405, 'POST, OPTIONS'],
    ['POST', '/status', 405, 'GET, HEAD, OPTIONS'],
    ['GET', '/nothing', 404, null],
    ['GET', '/scim/v2/Users', 404, null],
    ['GET', '/%ff', 404, null],
  ])('%s %s: %s', async (method, path, status, allow) => {
    const answer = await ask(path, method);
    expect([answer.status, answer.headers.get('Allow')]).toEqual([status, allow]);
  });
});

test('with a certificate it speaks TLS only, and a renewed one counts for new connections', async () => {
  const [first, second] = [1, 2].map(() => issueCertificate('localhost', [], ['127.0.0.1']));
  if (!first || !second) throw new Error('no certificates');
  const secure = createAdminServer({
    host: '127.0.0.1',
    port: 0,
    tls: { cert: first.certificate, key: first.key },
    sha256: () => createHash('sha256').update(token).digest(),
    status: () => ({}),
    readiness: () => ({ ready: true }),
    metrics: async () => '',
  });
  const address = await secure.listen();
  const ask = (ca: string, path: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const options = { ca, agent: false, headers: { authorization: `Bearer ${token}` } } as const;
      get(address.url + path, options, (answer) => resolve(answer.resume().statusCode)).on('error', reject);
    });
  expect(address.url).toMatch(/^https:/);
  expect(await ask(first.certificate, '/status')).toBe(200);
  await expect(fetch(address.url.replace('https', 'http'))).rejects.toThrow('fetch failed');
  secure.renewCertificate({ cert: second.certificate, key: second.key });
  expect(await ask(second.certificate, '/status')).toBe(200);
  await expect(ask(first.certificate, '/status')).rejects.toThrow('self-signed certificate');
  await secure.close(0);
});

test('without something to reload from, POST /reload is 501', async () => {
  const bare = createAdminServer({
    host: '127.0.0.1',
    port: 0,
    sha256: () => createHash('sha256').update(token).digest(),
    status: () => ({}),
    readiness: () => ({ ready: true }),
    metrics: async () => '',
  });
  const address = await bare.listen();
  const answer = await fetch(`${address.url}/reload`, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
  expect(answer.status).toBe(501);
  await bare.close(0);
});
