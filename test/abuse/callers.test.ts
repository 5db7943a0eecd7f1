// Who somebody claims to be by what no caller may say of itself: headers of proxies, keys of its own choice, more tokens, other addresses.
// RFC 6750, RFC 7519, RFC 8725; RFC 7239 (Forwarded).
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CallersGateway, startGateway } from '../callers/gateway.ts';

const folder = mkdtempSync(join(tmpdir(), 'abuse-callers-'));
const own = generateKeyPairSync('rsa', { modulusLength: 2048 });
const [first, second] = ['the-first-token-of-a-client', 'the-second-token-of-a-client'];
let gateway: CallersGateway;
beforeAll(async () => {
  writeFileSync(join(folder, 'own.json'), JSON.stringify({ keys: [{ ...(await exportJWK(own.publicKey)), kid: 'own' }] }));
  writeFileSync(join(folder, 'empty'), '');
  const allow = 'allow: { directory: main, resources: [User], operations: [read] }';
  gateway = await startGateway({
    folder,
    env: { FIRST: first, SECOND: second },
    server: 'failedAuthenticationsPerMinute: 30',
    clients: `
  - { name: limited, auth: { tokens: [{ env: FIRST, expires: never }, { env: SECOND, expires: never }] }, ${allow}, limits: { requestsPerMinute: 4 } }
  - { name: robot, auth: { jwt: { issuer: "https://issuer.example.com", subject: robot, jwks: own.json } }, ${allow} }`,
  });
}, 30_000);
afterAll(async () => {
  await gateway?.stop();
  rmSync(folder, { recursive: true });
});

const ask = async (headers: Readonly<Record<string, string>>): Promise<number> =>
  (await fetch(`${gateway.url}/scim/v2/Users?count=1`, { headers })).status;

test('a key is chosen by a path, a URL, a query or a name of JavaScript in kid: 401', async () => {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: 'https://issuer.example.com',
    aud: `${gateway.url}/scim/v2`,
    sub: 'robot',
    client_id: 'x',
    jti: 'x',
    iat: now,
    exp: now + 60,
  };
  const make = (kid: string, alg: string, key: Parameters<SignJWT['sign']>[0]): Promise<string> =>
    new SignJWT(claims).setProtectedHeader({ alg, typ: 'at+jwt', kid }).sign(key);
  expect(await ask({ Authorization: `Bearer ${await make('own', 'RS256', own.privateKey)}` })).toBe(200);
  const kids = [
    '../empty',
    `${folder}/empty`,
    '/dev/null',
    'file:///dev/null',
    'http://127.0.0.1:1/key',
    "own' or '1'='1",
    '__proto__',
    'constructor',
    'own\u0000',
    'OWN',
  ];
  for (const kid of kids) {
    expect([kid, await ask({ Authorization: `Bearer ${await make(kid, 'RS256', own.privateKey)}` })]).toEqual([kid, 401]);
    // The content of such a file, as a shared secret.
    expect([kid, await ask({ Authorization: `Bearer ${await make(kid, 'HS256', Buffer.alloc(32))}` })]).toEqual([kid, 401]);
  }
});

test('the caller is named in a header that proxies, gateways and browsers use: 401', async () => {
  const names = [
    'Remote-User',
    'X-Remote-User',
    'X-Forwarded-User',
    'X-Authenticated-User',
    'X-Client-Id',
    'X-Original-Authorization',
    'Proxy-Authorization',
    'Authorization_',
    'X-Api-Key',
    'Cookie',
    'X-SSL-Client-S-DN',
    'X-SSL-Client-Verify',
    'X-Forwarded-Client-Cert',
    'Client-Cert',
    'X-Forwarded-Access-Token',
  ];
  for (const name of names) {
    for (const value of ['operator', first, `Bearer ${first}`, `token=${first}`, 'SUCCESS', 'CN=operator'])
      expect([name, value, [401, 429].includes(await ask({ [name]: value }))]).toEqual([name, value, true]);
  }
});

test('whoever fails often pretends to come from elsewhere (X-Forwarded-For, Forwarded, X-Real-IP): 429', async () => {
  const statuses: number[] = [];
  for (let i = 0; i < 40; i++) {
    const address = `203.0.113.${i}`;
    statuses.push(
      await ask({ Authorization: 'Bearer guess', 'X-Forwarded-For': address, Forwarded: `for=${address}`, 'X-Real-IP': address }),
    );
  }
  expect(statuses.at(-1)).toBe(429);
});

test('a page in the browser of somebody inside asks for him, or reads the answer: no origin is allowed, no cookie is set', async () => {
  for (const method of ['OPTIONS', 'GET', 'POST']) {
    const headers = {
      Origin: 'https://evil.example.com',
      'Access-Control-Request-Method': 'DELETE',
      'Access-Control-Request-Headers': 'authorization',
    };
    const answer = await fetch(`${gateway.url}/scim/v2/Users`, {
      method,
      headers: { ...headers, Cookie: `token=${first}`, 'Content-Type': 'text/plain' },
    });
    expect([method, answer.ok && method !== 'OPTIONS']).toEqual([method, false]);
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control-') || name === 'set-cookie')).toEqual([]);
    expect(answer.headers.get('X-Content-Type-Options')).toBe('nosniff');
  }
});

test('a client that has several tokens, or sends bulk and odd requests, asks more than it may: its requests are counted together', async () => {
  const statuses = await Promise.all(
    [first, second, first, second, first, second].map((token, i) => ask({ Authorization: `Bearer ${token}`, 'X-Request-Id': `n${i}` })),
  );
  expect(statuses.toSorted()).toEqual([200, 200, 200, 200, 429, 429]);
});
