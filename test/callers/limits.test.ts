// How much may be asked in a minute: by one client, and by whoever fails to authenticate from one address. And tokens as they are rotated.
// RFC 6585 section 4, RFC 6750 section 3; R-024, R-228.
import { afterEach, describe, expect, test } from 'vitest';
import { FailedAuthentications } from '../../src/http/rate-limit.ts';
import type { Reply } from '../directory/scim-client.ts';
import { type CallersGateway, configure, startGateway } from './gateway.ts';

const one = 'the-first-token-of-this-client';
const two = 'the-second-token-of-this-client';
const env = { ONE: one, TWO: two };
const allow = 'allow: { directory: main, resources: [User], operations: [read, create] }';

let gateway: CallersGateway | undefined;
afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
});
async function start(clients: string, server?: string): Promise<CallersGateway> {
  gateway = await startGateway({ clients, env, ...(server !== undefined && { server }) });
  return gateway;
}

describe('R-228 requests of a client', () => {
  const client = (limit: number): string =>
    `  - { name: one, auth: { token: { env: ONE, expires: never } }, ${allow}, limits: { requestsPerMinute: ${limit} } }
  - { name: two, auth: { token: { env: TWO, expires: never } }, ${allow} }`;
  const ask = (running: CallersGateway, token = one): Promise<Reply> => running.as(token).get('/Users', { count: 1 });

  test('429 with Retry-After beyond the limit, for nobody else, and nothing is done', async () => {
    const running = await start(client(5));
    const replies = await Promise.all(Array.from({ length: 8 }, () => ask(running)));
    const statuses = replies.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429, 429]);
    const refused = await running.as(one).post('/Users', { userName: 'never' });
    expect([refused.status, refused.body['status'], refused.body['detail']]).toEqual([
      429,
      '429',
      'This client may send 5 requests in a minute',
    ]);
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(Number(refused.headers.get('Retry-After'))).toBeLessThanOrEqual(60);
    expect(await running.operator.find('/Users', 'userName eq "never"')).toEqual([]);
    expect((await ask(running, two)).status).toBe(200);
    expect((await ask(running, two)).headers.get('RateLimit')).toBeNull();
  });

  test('what is left is told with each answer', async () => {
    const running = await start(client(5));
    const { headers } = await ask(running);
    expect(headers.get('RateLimit')).toMatch(/r=4; t=\d+/);
    expect(headers.get('RateLimit-Policy')).toMatch(/q=5; w=60/);
  });

  test('a reload changes the limit, and forgets nothing', async () => {
    const running = await start(client(3));
    for (let i = 0; i < 3; i++) expect((await ask(running)).status).toBe(200);
    expect((await ask(running)).status).toBe(429);
    await running.reload({ clients: client(6), env });
    expect((await ask(running)).status).toBe(200);
    await running.reload({ clients: client(2), env });
    expect((await ask(running)).status).toBe(429);
  });

  test('a request without a client counts for nobody', async () => {
    const running = await start(client(1));
    for (let i = 0; i < 3; i++) expect((await fetch(`${running.url}/scim/v2/ServiceProviderConfig`)).status).toBe(200);
    expect((await ask(running, 'a-token-that-nobody-has')).status).toBe(401);
    expect((await ask(running)).status).toBe(200);
  });

  test.each([['0'], ['-1'], ['1.5'], ['many']])('a limit of %s is a mistake', async (limit) => {
    const running = await start('');
    const clients = `  - { name: one, auth: { token: { env: ONE, expires: never } }, ${allow}, limits: { requestsPerMinute: ${limit} } }`;
    expect(() => configure(running.directory, running.port, { clients, env })).toThrow(/callers\.yaml:\d+:\d+ `requestsPerMinute`/);
  });
});

describe('failed authentications', () => {
  const client = `  - { name: one, auth: { token: { env: ONE, expires: never } }, ${allow} }`;

  test('429 instead of 401 beyond the limit; whoever is known from the same address is not held up', async () => {
    const running = await start(client, 'failedAuthenticationsPerMinute: 5');
    const wrong = await Promise.all(Array.from({ length: 8 }, () => running.as('a-token-that-nobody-has').get('/Users')));
    expect(wrong.map(({ status }) => status).toSorted()).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    const bare = await fetch(`${running.url}/scim/v2/Users`);
    expect([bare.status, bare.headers.get('WWW-Authenticate')]).toEqual([429, null]);
    expect(Number(bare.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect((await running.as(one).get('/Users')).status).toBe(200);
  });

  test('addresses count for themselves, those of version 6 by network', async () => {
    const failures = new FailedAuthentications(1);
    const count = async (address: string): Promise<number | undefined> => (await failures.count(address))?.status;
    expect(await count('192.0.2.1')).toBeUndefined();
    expect(await count('192.0.2.1')).toBe(429);
    expect(await count('192.0.2.2')).toBeUndefined();
    expect(await count('2001:db8:1:2::1')).toBeUndefined();
    expect(await count('2001:db8:1:2:ffff::2')).toBe(429);
    expect(await count('2001:db8:2::1')).toBeUndefined();
    failures.close();
  });
});

describe('R-024 several tokens of one client', () => {
  const inAnHour = (): string => new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+/, '');
  const client = (...names: readonly string[]): string =>
    `  - { name: one, auth: { tokens: [${names.map((name) => `{ env: ${name}, expires: ${inAnHour()} }`).join(', ')}] }, ${allow} }`;

  test('the new one is handed out, then the old one taken away, through reloads, and requests never fail', async () => {
    const running = await start(client('ONE'));
    const open = async (): Promise<readonly number[]> =>
      Promise.all([one, two].map(async (token) => (await running.as(token).get('/Users', { count: 1 })).status));
    expect(await open()).toEqual([200, 401]);
    await running.reload({ clients: client('ONE', 'TWO'), env });
    expect(await open()).toEqual([200, 200]);
    await running.reload({ clients: client('TWO'), env });
    expect(await open()).toEqual([401, 200]);
  });

  test('a client may prove itself in several ways at once', async () => {
    const running = await start(
      `  - { name: one, auth: { token: { env: ONE, expires: never }, jwt: { issuer: "https://login.example.com", subject: x } }, ${allow} }`,
    );
    expect((await running.as(one).get('/Users')).status).toBe(200);
  });
});
