// The keys of an issuer as it comes and goes: how often they are asked for, how long they are used, and what clients get meanwhile.
// RFC 7517, RFC 8414 section 3; a real OpenID provider on loopback.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { KeySetTimes } from '../../src/http/key-set.ts';
import { type OpenIdProvider, startProvider } from '../callers/openid-provider.ts';
import { clients, type Running, start } from './fake-gateway.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

let provider: OpenIdProvider;
beforeEach(async () => {
  provider = await startProvider({ clients: ['hr'] });
  cleanUps.push(() => provider.stop());
});

const times: KeySetTimes = { timeout: 2000, coolDown: 60_000, fresh: 600_000, usable: 86_400_000 };

async function open(changed: Partial<KeySetTimes> = {}, issuer = provider.issuer): Promise<Running> {
  const [full] = clients;
  if (!full) throw new Error('the fake gateway has clients');
  const accessTokens = {
    form: 'rfc9068' as const,
    issuers: [issuer],
    audiences: ['api'],
    claims: [[['client_id'], 'hr']] as const,
    algorithms: ['RS256'],
    clockTolerance: 5,
    keys: { kind: 'discovered' as const, issuer, ca: [] },
    authorizationServer: issuer,
  };
  const server = await start({ clients: [{ ...full, accessTokens }], keySetTimes: { ...times, ...changed } });
  cleanUps.push(() => server.close());
  return server;
}

const ask = async (server: Running, token: string): Promise<readonly [status: number, retryAfter: number]> => {
  const answer = await server.call('/Users', { headers: { Authorization: `Bearer ${token}` } });
  await answer.arrayBuffer();
  return [answer.status, Number(answer.headers.get('Retry-After'))];
};
const fetched = (): number => provider.asked.get('/jwks') ?? 0;

test('many tokens at once fetch the keys once', async () => {
  const server = await open();
  const token = await provider.token('hr', 'api');
  const answers = await Promise.all(Array.from({ length: 50 }, () => ask(server, token)));
  expect(answers.every(([status]) => status === 200)).toBe(true);
  expect(fetched()).toBe(1);
});

test('with the issuer down and no key known: 503 with Retry-After, once per cool-down', async () => {
  const server = await open({ coolDown: 300 });
  const token = await provider.token('hr', 'api');
  await provider.stop();
  expect(await ask(server, token)).toEqual([503, 1]);
  await provider.start();
  // Not asked again at once; then it is.
  expect(fetched()).toBe(0);
  await expect.poll(async () => (await ask(server, token))[0], { timeout: 10_000 }).toBe(200);
});

test('an issuer that never answers costs one time-out, not one for each request', async () => {
  const server = await open({ timeout: 300 });
  const token = await provider.token('hr', 'api');
  provider.hang(true);
  const started = performance.now();
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(server, token)));
  expect(answers).toEqual(Array.from({ length: 20 }, () => [503, expect.any(Number)]));
  expect((await ask(server, token))[0]).toBe(503);
  expect(performance.now() - started).toBeLessThan(5000);
  expect(provider.asked.get('/.well-known/openid-configuration')).toBe(1);
});

test('keys that are known go on working while the issuer is down', async () => {
  const server = await open({ fresh: 1, coolDown: 1 });
  const token = await provider.token('hr', 'api');
  expect((await ask(server, token))[0]).toBe(200);
  await provider.stop();
  await sleep(5);
  expect((await ask(server, token))[0]).toBe(200);
});

test('but not for ever', async () => {
  const server = await open({ fresh: 1, coolDown: 1, usable: 2 });
  const token = await provider.token('hr', 'api');
  await provider.stop();
  await sleep(10);
  expect((await ask(server, token))[0]).toBe(503);
});

test('a new key is found by one more fetch; an unknown one is asked for once in a cool-down', async () => {
  const server = await open({ coolDown: 1000 });
  const old = await provider.token('hr', 'api');
  expect((await ask(server, old))[0]).toBe(200);
  provider.rotate();
  const renewed = await provider.token('hr', 'api');
  await expect.poll(async () => (await ask(server, renewed))[0], { timeout: 10_000 }).toBe(200);
  expect(fetched()).toBe(2);
  // The old key is gone: its tokens are refused, however many there are.
  const answers = await Promise.all(Array.from({ length: 100 }, () => ask(server, old)));
  expect(answers.every(([status]) => status === 401)).toBe(true);
  expect(fetched()).toBeLessThanOrEqual(3);
});

test('a key that is not known while the issuer is down: 503, for it may be a new one', async () => {
  const server = await open({ coolDown: 1 });
  expect((await ask(server, await provider.token('hr', 'api')))[0]).toBe(200);
  provider.rotate();
  const renewed = await provider.token('hr', 'api');
  await provider.stop();
  await sleep(5);
  expect((await ask(server, renewed))[0]).toBe(503);
});

test('a key that the issuer withdrew is good no longer than keys are fresh', async () => {
  const server = await open({ fresh: 200, coolDown: 1 });
  const old = await provider.token('hr', 'api');
  expect((await ask(server, old))[0]).toBe(200);
  provider.rotate();
  await expect.poll(async () => (await ask(server, old))[0], { timeout: 10_000 }).toBe(401);
});

test.each([
  ['another issuer in its metadata', (issuer: string) => ({ issuer: 'https://evil.example.com', jwks_uri: `${issuer}/jwks` })],
  ['keys elsewhere over plain HTTP', (issuer: string) => ({ issuer, jwks_uri: 'http://10.0.0.1/jwks' })],
  ['no keys', (issuer: string) => ({ issuer })],
  ['keys that are no keys', (issuer: string) => ({ issuer, jwks_uri: `${issuer}/nothing` })],
  ['a redirect', () => undefined],
  ['no end of an answer', () => 'x'.repeat(2_000_000)],
])('an issuer with %s gets nobody in: 503', async (_case, metadataOf) => {
  const server: Server = createServer((request, response) => {
    const metadata = metadataOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    if (request.url === '/nothing') response.end('{"keys":"none"}');
    else if (metadata === undefined) response.writeHead(302, { Location: provider.issuer }).end();
    else response.end(JSON.stringify(metadata));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => server.close());
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const running = await open({}, issuer);
  // Who signed it does not matter: nothing is known of the issuer.
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = [part({ alg: 'RS256', typ: 'at+jwt', kid: 'x' }), part({ iss: issuer, aud: 'api', client_id: 'hr' }), 'AAAA'].join('.');
  expect((await ask(running, token))[0]).toBe(503);
});
