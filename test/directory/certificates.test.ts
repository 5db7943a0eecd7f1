// Protection of the connection to the directory, as it fails: bad certificates, StartTLS refused or stripped, client certificates.
// RFC 4513 section 3.1 (server identity), RFC 4511 section 4.14; whatever is wrong, neither name nor password ever travels, and clients get 503.
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { makeCertificates, makeClientCertificate } from '../servers/certificates.ts';
import { type Proxy, startProxy } from '../servers/proxy.ts';
import { result } from '../servers/scripted.ts';
import { type Slapd, startSlapd } from '../servers/slapd.ts';
import { slapd } from './faces.ts';
import { type Log, recordLog } from './log.ts';
import { newUser } from './scim-client.ts';
import { openStage, type Stage, type StageOptions } from './stage.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

const intervals = { retryFirst: 50, retryLast: 200, health: 300 };
const outage = 'no connection to the directory';
const goodNames = ['DNS:localhost', 'IP:127.0.0.1'];

async function open(server: Slapd, options: StageOptions): Promise<{ readonly stage: Stage; readonly log: Log }> {
  const log = recordLog();
  cleanUps.push(() => log.stop());
  const stage = await openStage({ ...slapd, start: () => Promise.resolve(server) }, { intervals, ...options });
  cleanUps.push(() => stage.stop());
  return { stage, log };
}

async function proxyTo(port: number): Promise<Proxy> {
  const proxy = await startProxy(port);
  cleanUps.push(() => proxy.stop());
  return proxy;
}

const ready = async ({ url }: Stage): Promise<number> => (await fetch(`${url}/ready`)).status;

/** Every request is an outage, and the directory holds what it held. */
async function expectOutage(stage: Stage): Promise<void> {
  const sent = newUser();
  for (const reply of [await stage.scim.get('/Users'), await stage.scim.post('/Users', sent), await stage.scim.get('/Users/x')]) {
    expect([reply.status, reply.body['status']]).toEqual([503, '503']);
    expect(Number(reply.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(JSON.stringify(reply.body)).not.toMatch(/certificate|tls|ldap:|ldaps:|127\.0\.0\.1|localhost/i);
  }
  expect(await ready(stage)).toBe(503);
  expect(await stage.look.find('uid', String(sent['userName']))).toEqual([]);
}

/** What a listener on the network could have read. */
const inClear = (proxy: Proxy): string => proxy.sent().toString('latin1');

describe.each(['ldaps', 'startTls'] as const)('%s', (way) => {
  const mistakes: readonly (readonly [what: string, names: readonly string[], expired: boolean, reason: RegExp])[] = [
    ['an expired certificate', goodNames, true, /expired/],
    ['a certificate for another host', ['DNS:ldap.example.com', 'IP:10.1.2.3'], false, /altnames|does not match/i],
  ];

  /** The gateway in front of a server whose port for this way is watched; `ca` is the file that it trusts. */
  async function behind(server: Slapd, ca: string): Promise<{ readonly stage: Stage; readonly log: Log; readonly proxy: Proxy }> {
    const port = way === 'ldaps' ? Number(new URL(server.ldapsUrl ?? '').port) : server.port;
    const proxy = await proxyTo(port);
    const servers = [`${way === 'ldaps' ? 'ldaps' : 'ldap'}://localhost:${proxy.port}`];
    return { ...(await open(server, { servers, tls: `ca: "${ca}"${way === 'ldaps' ? '' : ', startTls: true'}` })), proxy };
  }

  test.each(mistakes)(
    'L-004 %s: 503, nothing in clear, the reason in the log, and back when it is mended',
    async (_what, names, expired, reason) => {
      const server = await startSlapd({ tls: true });
      await makeCertificates(server.dir, 'slapd', names, { expired });
      await server.restart();
      const { stage, log, proxy } = await behind(server, join(server.dir, 'ca.crt'));
      await expectOutage(stage);
      expect(String(log.lines(outage)[0]?.['reason'])).toMatch(reason);
      // Tried again and again, not told again.
      const [told, tried] = [log.lines(outage).length, proxy.accepted];
      await expect.poll(() => proxy.accepted, { timeout: 5000 }).toBeGreaterThan(tried + 3);
      expect(log.lines(outage)).toHaveLength(told);
      expect(inClear(proxy)).not.toMatch(/cn=gateway|dc=example/);

      // The authority stays as the gateway read it: a certificate of the same one is put in place.
      await makeCertificates(server.dir, 'slapd', goodNames, { sameAuthority: true });
      await server.restart();
      await expect.poll(() => ready(stage), { timeout: 10_000 }).toBe(200);
      expect((await stage.scim.post('/Users', newUser())).status).toBe(201);
      expect(log.lines('connected to the directory')).not.toEqual([]);
      expect(inClear(proxy)).not.toMatch(/cn=gateway|dc=example/);
    },
    40_000,
  );

  test('a certificate of another authority: 503, nothing in clear, the reason in the log', async () => {
    const server = await startSlapd({ tls: true });
    const other = await makeCertificates(join(server.dir, 'other'), 'other', goodNames);
    const { stage, log, proxy } = await behind(server, other.caFile);
    await expectOutage(stage);
    expect(String(log.lines(outage)[0]?.['reason'])).toMatch(/certificate/);
    expect(inClear(proxy)).not.toMatch(/cn=gateway|dc=example/);
  });
});

describe('StartTLS is asked for', () => {
  test('of a server that has none: 503, and nothing but the question is ever sent', async () => {
    const server = await startSlapd();
    const { stage, log } = await open(server, { tls: 'startTls: true' });
    await expectOutage(stage);
    expect(String(log.lines(outage)[0]?.['reason'])).toMatch(/StartTLS was refused/);
    const kinds = new Set(stage.wire.since(0).map((operation) => (operation.kind === 'extended' ? operation.oid : operation.kind)));
    expect([...kinds]).toEqual(['1.3.6.1.4.1.1466.20037']);
  });

  test.each([
    ['answers that StartTLS is unavailable', 52],
    ['says yes and goes on in clear', 0],
  ])('and somebody between %s: 503, and no bind', async (_what, code) => {
    const between = net.createServer((socket) => {
      // To whatever follows, a handshake as it should be, it says that the bind has succeeded.
      const answers = [result(1, 0x78, code), result(2, 0x61, 0)];
      socket.on('error', () => socket.destroy()).on('data', () => socket.write(answers.shift() ?? ''));
    });
    await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve));
    cleanUps.push(() => between.close());
    const server = await startSlapd();
    const proxy = await proxyTo((between.address() as AddressInfo).port);
    const { stage } = await open(server, { servers: [proxy.url], tls: 'startTls: true' });
    await expectOutage(stage);
    expect(inClear(proxy)).not.toMatch(/cn=gateway|dc=example/);
  });

  test('every time anew: after the server is gone and back, nothing travels in clear', async () => {
    const server = await startSlapd({ tls: true });
    const { stage } = await open(server, { tls: `ca: "${join(server.dir, 'ca.crt')}", startTls: true` });
    expect((await stage.scim.get('/Users')).status).toBe(200);
    await server.kill();
    expect((await stage.scim.get('/Users')).status).toBe(503);
    await server.restart();
    await expect.poll(() => ready(stage), { timeout: 10_000 }).toBe(200);
    expect((await stage.scim.post('/Users', newUser())).status).toBe(201);
    expect(inClear(stage.proxy)).not.toMatch(/cn=gateway|dc=example/);
  }, 30_000);
});

describe('a server that wants a certificate of its clients', () => {
  const demanding = () => startSlapd({ tls: true, global: 'TLSVerifyClient demand' });

  test.each(['ldaps', 'startTls'] as const)('%s: with tls.cert and tls.key the gateway binds and works', async (way) => {
    const server = await demanding();
    await makeClientCertificate(server.dir, 'gateway');
    const file = (name: string): string => JSON.stringify(join(server.dir, name));
    const { stage } = await open(server, {
      servers: [way === 'ldaps' ? (server.ldapsUrl ?? '') : server.url],
      tls: `ca: ${file('ca.crt')}, cert: ${file('gateway.crt')}, key: ${file('gateway.key')}${way === 'ldaps' ? '' : ', startTls: true'}`,
    });
    expect(await ready(stage)).toBe(200);
    const made = await stage.scim.post('/Users', newUser({ password: 'Passw0rd!first' }));
    expect([made.status, (await stage.scim.delete(`/Users/${made.id}`)).status]).toEqual([201, 204]);
  });

  test.each(['ldaps', 'startTls'] as const)('%s without one: 503, and the log says what is missing', async (way) => {
    const server = await demanding();
    const { stage, log } = await open(server, {
      servers: [way === 'ldaps' ? (server.ldapsUrl ?? '') : server.url],
      tls: `ca: ${JSON.stringify(join(server.dir, 'ca.crt'))}${way === 'ldaps' ? '' : ', startTls: true'}`,
    });
    await expectOutage(stage);
    expect(String(log.lines(outage)[0]?.['reason'])).toMatch(/client certificate \(tls\.cert and tls\.key\)/);
  });

  test('with one of another authority: 503, and the log says so', async () => {
    const server = await demanding();
    const other = join(server.dir, 'other');
    await makeCertificates(other, 'other', goodNames);
    await makeClientCertificate(other, 'gateway');
    const { stage, log } = await open(server, {
      servers: [server.ldapsUrl ?? ''],
      tls: `ca: "${join(server.dir, 'ca.crt')}", cert: "${join(other, 'gateway.crt')}", key: "${join(other, 'gateway.key')}"`,
    });
    await expectOutage(stage);
    expect(String(log.lines(outage)[0]?.['reason'])).toMatch(/client certificate \(tls\.cert\)/);
  });
});
