// The gateway behind nginx with the configuration of docs/nginx: TLS, a path prefix, versions, credentials, certificates, what is too large or away.
// RFC 9110 sections 7.6 and 13, RFC 9440, RFC 7644 section 3.14.
import { createHash, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { type DemoDirectory, startDemoDirectory } from '../../src/demo/ldap-server.ts';
import { newName, newUser, urn } from '../directory/scim-client.ts';
import { freePort } from '../servers/port.ts';
import { hostName, type Nginx, startNginx } from '../servers/nginx.ts';

const token = 'the-token-behind-a-proxy';
const base = '/identity/scim/v2';
let directory: DemoDirectory;
let nginx: Nginx;
let app: App;
let gatewayPort: number;
let restart: () => Promise<void>;

beforeAll(async () => {
  directory = await startDemoDirectory({ users: 5 });
  gatewayPort = await freePort();
  nginx = await startNginx(gatewayPort);
  const fingerprint = new X509Certificate(nginx.client.cert).fingerprint256;
  const page = await readFile('docs/reverse-proxy.md', 'utf8');
  // The gateway's side of the page, with the port of this test.
  const server = /```yaml\n(server:\n[^]*?)```/.exec(page)?.[1]?.replace('127.0.0.1:8080', `127.0.0.1:${gatewayPort}`) ?? '';
  const allow = 'allow: { directory: main, resources: [User, Group], operations: [read, create, update, delete] }';
  const text = `${server}
directories:
  main:
    path: ${base}
    type: openldap
    servers: ["${directory.url}"]
    bind: { dn: "${directory.adminDn}", password: { env: LDAP_PASSWORD } }
    baseDn: "${directory.suffix}"
    mapping: openldap
clients:
  - name: okta
    auth: { token: { sha256: "${createHash('sha256').update(token).digest('hex')}", expires: never } }
    ${allow}
  - name: robot
    auth: { certificate: { fingerprintSha256: ["${fingerprint}"] } }
    ${allow}
  - name: hr
    auth: { jwt: { issuer: "https://login.example.com", clientId: hr } }
    ${allow}
`;
  const config = loadConfig('proxied.yaml', { env: { LDAP_PASSWORD: directory.adminPassword }, text });
  restart = async () => {
    await app?.stop();
    app = createApp(config);
    await app.start();
  };
  await restart();
}, 120_000);
afterAll(async () => {
  await app?.stop();
  await nginx?.stop();
  await directory?.close();
});

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Instead of the token. */
  readonly certificate?: boolean;
  readonly anonymous?: boolean;
}

/** Over TLS whose certificate is verified by its name, one connection for each. */
function ask(path: string, { method = 'GET', headers = {}, body, certificate = false, anonymous = false }: Asking = {}): Promise<Reply> {
  const sent = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const asking = request(
      {
        host: '127.0.0.1',
        port: nginx.port,
        path,
        method,
        agent: false,
        servername: hostName,
        ca: nginx.server.ca,
        ...(certificate && { cert: nginx.client.cert, key: nginx.client.key }),
        headers: {
          Host: hostName,
          ...(!certificate && !anonymous && { Authorization: `Bearer ${token}` }),
          ...(sent !== undefined && { 'Content-Type': 'application/scim+json', 'Content-Length': Buffer.byteLength(sent) }),
          ...headers,
        },
      },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        answer.once('end', () => {
          const json = /json/.test(answer.headers['content-type'] ?? '') && text !== '';
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text, body: json ? (JSON.parse(text) as Reply['body']) : {} });
        });
      },
    );
    asking.once('error', reject);
    asking.end(sent);
  });
}

const make = (extra = {}): Promise<Reply> => ask(`${base}/Users`, { method: 'POST', body: newUser(extra) });

describe('URLs', () => {
  test('places in answers are those that the client uses, below the prefix', async () => {
    const made = await make();
    const location = `https://${hostName}${base}/Users/${String(made.body['id'])}`;
    expect([made.status, made.headers['location'], made.body['meta']]).toMatchObject([201, location, { location }]);
    const read = await ask(new URL(location).pathname);
    expect([read.status, read.body['id']]).toEqual([200, made.body['id']]);
    expect((await ask(`${base}/ServiceProviderConfig`)).body['meta']).toMatchObject({
      location: expect.stringContaining(`https://${hostName}${base}/`),
    });
  });

  test('filters, ids and paths arrive as they were sent: nothing is decoded, merged or resolved on the way', async () => {
    const userName = `${newName()}+%2F "ä"&=;`;
    await make({ userName });
    const filter = encodeURIComponent(`userName eq ${JSON.stringify(userName)}`);
    expect((await ask(`${base}/Users?filter=${filter}`)).body['totalResults']).toBe(1);
    expect((await ask(`${base}/Schemas/${urn.user}`)).body['id']).toBe(urn.user);
    expect((await ask(`${base}/Users/a%2F..%2F..`)).body).toMatchObject({ status: '404' });
    const long = Array.from({ length: 100 }, (_, i) => `userName eq "somebody-with-a-long-name-${i}"`).join(' or ');
    expect((await ask(`${base}/Users?filter=${encodeURIComponent(long)}`)).status).toBe(200);
  });

  test('nothing else of the gateway is to be seen from outside', async () => {
    for (const path of [
      '/',
      '/health',
      '/ready',
      '/status',
      '/metrics',
      '/scim/v2/Users',
      '/identity/scim/v2/../../health',
      '/identity/scim/v2/..%2f..%2fhealth',
    ])
      expect([path, (await ask(path)).status]).toEqual([path, 404]);
  });

  test('R-028 where access tokens come from is published, and named in the challenge', async () => {
    const { headers } = await ask(`${base}/Users`, { anonymous: true });
    const [, url = ''] = /resource_metadata="([^"]+)"/.exec(String(headers['www-authenticate'])) ?? [];
    const metadata = await ask(new URL(url).pathname, { anonymous: true });
    expect([new URL(url).host, metadata.status, metadata.body['resource']]).toEqual([hostName, 200, `https://${hostName}${base}`]);
  });
});

describe('versions', () => {
  test('If-None-Match: 304 without a body; If-Match: 412, or the change', async () => {
    const made = await make();
    const path = `${base}/Users/${String(made.body['id'])}`;
    const etag = String(made.headers['etag']);
    expect(etag).toMatch(/^W\/"/);
    const same = await ask(path, { headers: { 'If-None-Match': etag } });
    expect([same.status, same.text, same.headers['etag']]).toEqual([304, '', etag]);
    const change = { schemas: [urn.patch], Operations: [{ op: 'replace', path: 'title', value: 'x' }] };
    const stale = await ask(path, { method: 'PATCH', body: change, headers: { 'If-Match': 'W/"x"' } });
    const done = await ask(path, { method: 'PATCH', body: change, headers: { 'If-Match': etag } });
    expect([stale.status, done.status, done.body['title']]).toEqual([412, 200, 'x']);
    expect((await ask(path, { headers: { 'If-None-Match': etag } })).status).toBe(200);
  });

  test('the proxy keeps nothing: what was changed is read at once, and every read reaches the gateway', async () => {
    const made = await make();
    const path = `${base}/Users/${String(made.body['id'])}`;
    const names = new Set<unknown>();
    for (const title of ['a', 'b']) {
      await ask(path, { method: 'PATCH', body: { schemas: [urn.patch], Operations: [{ op: 'replace', path: 'title', value: title }] } });
      const read = await ask(path);
      names.add(read.headers['x-request-id']);
      expect([read.body['title'], read.headers['cache-control']]).toEqual([title, 'private, no-cache']);
    }
    expect(names.size).toBe(2);
  });
});

describe('callers', () => {
  test('the Authorization header arrives, and its absence and challenge come back', async () => {
    expect((await ask(`${base}/Users?count=1`)).status).toBe(200);
    const refused = await ask(`${base}/Users`, { headers: { Authorization: 'Bearer wrong' } });
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, expect.stringContaining('error="invalid_token"')]);
  });

  test('a certificate of the client arrives, and one that is only claimed in the header does not', async () => {
    expect((await ask(`${base}/Users?count=1`, { certificate: true })).status).toBe(200);
    const claims = [
      encodeURIComponent(nginx.client.cert),
      `:${Buffer.from(new X509Certificate(nginx.client.cert).raw).toString('base64')}:`,
    ];
    for (const value of claims)
      expect((await ask(`${base}/Users?count=1`, { anonymous: true, headers: { 'Client-Cert': value } })).status).toBe(401);
  });

  test('each request has a name of the proxy, whatever the client calls it', async () => {
    const { headers } = await ask(`${base}/Users?count=1`, { headers: { 'X-Request-Id': 'mine' } });
    expect(headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('what is large, or away', () => {
  test('a body of nearly a mebibyte is taken, a larger one refused as SCIM', async () => {
    const body = (octets: number): string => JSON.stringify({ ...newUser(), title: 'x', unknown: 'x'.repeat(octets) });
    expect((await ask(`${base}/Users`, { method: 'POST', body: body(1_000_000) })).status).toBe(201);
    const refused = await ask(`${base}/Users`, { method: 'POST', body: body(1_500_000) });
    expect([refused.status, refused.body['schemas']]).toEqual([413, [urn.error]]);
  });

  test('without the gateway: 503 as SCIM, with Retry-After; and it goes on when that is back', async () => {
    await app.stop();
    const away = await ask(`${base}/Users?count=1`);
    expect([away.status, away.headers['retry-after'], away.headers['content-type'], away.body]).toEqual([
      503,
      '10',
      'application/scim+json',
      { schemas: [urn.error], status: '503', detail: 'The gateway is not there' },
    ]);
    await restart();
    expect((await ask(`${base}/Users?count=1`)).status).toBe(200);
  }, 60_000);
});
