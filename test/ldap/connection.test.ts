// One connection: bound before it is shared, never again after it ended, never in clear when asked for protection, each deadline its own.
// RFC 4511 sections 4.2, 4.4.1, 4.11, 4.14; RFC 4513 section 3.
import net, { type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { connect, type ConnectOptions, type Connection } from '../../src/ldap/connection.ts';
import { DirectoryError } from '../../src/ldap/error.ts';
import type { SearchParameters } from '../../src/ldap/message.ts';
import type { Response } from '../../src/ldap/response.ts';
import { startProxy, type Proxy } from '../servers/proxy.ts';
import { entry, intermediate, result, startScripted, type Script, type ScriptedServer } from '../servers/scripted.ts';
import { startSlapd, type Slapd } from '../servers/slapd.ts';

let slapd: Slapd;
const cleanUps: (() => unknown)[] = [];
beforeAll(async () => {
  slapd = await startSlapd({ tls: true });
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});
afterAll(() => slapd.stop());

async function open(options: Partial<ConnectOptions> = {}): Promise<Connection> {
  const bind = { dn: slapd.gatewayDn, password: slapd.gatewayPassword };
  const connection = await connect({ url: slapd.url, bind, timeouts: { connect: 2000, operation: 2000 }, ...options });
  cleanUps.push(() => connection.close());
  return connection;
}

async function openProxy(port = slapd.port): Promise<Proxy> {
  const proxy = await startProxy(port);
  cleanUps.push(() => proxy.stop());
  return proxy;
}

async function script(answer: (...parameters: Parameters<Script>) => boolean | void): Promise<ScriptedServer> {
  const server = await startScripted(answer);
  cleanUps.push(() => server.stop());
  return server;
}

function search(base: string, more: Partial<SearchParameters> = {}): SearchParameters {
  return {
    base,
    scope: 'base',
    filter: { kind: 'present', attribute: 'objectClass' },
    attributes: ['1.1'],
    sizeLimit: 0,
    timeLimit: 0,
    ...more,
  };
}

async function all(answers: AsyncIterable<readonly Response[]>): Promise<readonly Response[]> {
  const responses: Response[] = [];
  for await (const batch of answers) responses.push(...batch);
  return responses;
}

async function failure(work: Promise<unknown>): Promise<DirectoryError> {
  const error = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(error instanceof DirectoryError)) throw new Error(`not a DirectoryError: ${String(error)}`);
  return error;
}

describe('opening', () => {
  test('ldapi and loopback count as secured', async () => {
    expect((await open()).secured).toBe(true);
    expect((await open({ url: slapd.ldapiUrl })).secured).toBe(true);
  });

  test.each(['ldaps', 'startTls'] as const)('%s with the right CA works, its name verified', async (way) => {
    const url = way === 'ldaps' ? (slapd.ldapsUrl ?? '') : slapd.url;
    const connection = await open({ url, tls: { startTls: way === 'startTls', ca: [slapd.ca ?? ''] } });
    expect(connection.secured).toBe(true);
    expect((await all(connection.search(search(slapd.suffix)))).map(({ kind }) => kind)).toEqual(['entry', 'result']);
  });

  test.each([
    ['no CA', {}],
    ['another name than the certificate has', { ca: true, serverName: 'ldap.example.com' }],
    ['another address than the certificate has', { ca: true, serverName: '10.1.2.3' }],
  ])(
    'StartTLS with %s fails, and neither name nor password ever travels',
    async (_name, { ca, serverName }: { ca?: boolean; serverName?: string }) => {
      const proxy = await openProxy();
      const tls = { startTls: true, ...(ca === true ? { ca: [slapd.ca ?? ''] } : {}), ...(serverName === undefined ? {} : { serverName }) };
      const error = await failure(open({ url: proxy.url, tls }));
      expect(error.kind).toBe('unavailable');
      expect(proxy.sent().toString('latin1')).not.toMatch(/cn=gateway/);
      await sleep(50);
      expect(proxy.open).toBe(0);
    },
  );

  test('LDAPS with another CA fails', async () => {
    expect((await failure(open({ url: slapd.ldapsUrl ?? '' }))).kind).toBe('unavailable');
  });

  test('with StartTLS nothing but the request for it is ever written in clear', async () => {
    const proxy = await openProxy();
    const connection = await open({ url: proxy.url, tls: { startTls: true, ca: [slapd.ca ?? ''] } });
    await all(connection.search(search(slapd.suffix)));
    const clear = '301d02010177188016312e332e362e312e342e312e313436362e3230303337';
    expect(proxy.sent().toString('hex').slice(0, clear.length)).toBe(clear);
    expect(proxy.sent().subarray(clear.length / 2)[0]).toBe(0x16);
    expect(proxy.sent().toString('latin1')).not.toContain('gateway');
  });

  test('StartTLS refused: the socket is destroyed, nothing else was sent', async () => {
    const server = await script(({ messageId, tag }, reply) => {
      if (tag === 0x77) reply(result(messageId, 0x78, 52));
    });
    expect(await failure(open({ url: server.url, tls: { startTls: true } }))).toMatchObject({ kind: 'unavailable', resultCode: 52 });
    expect(server.requests.map(({ tag }) => tag)).toEqual([0x77]);
  });

  test('StartTLS with more octets in clear after the response is refused', async () => {
    const server = await script(({ messageId, tag }, reply) => {
      if (tag === 0x77) reply(result(messageId, 0x78, 0), result(2, 0x61, 0));
    });
    const error = await failure(open({ url: server.url, tls: { startTls: true } }));
    expect(error.message).toContain('in clear');
    expect(server.requests.length).toBe(1);
  });

  test("a wrong password is kind credentials with the server's code", async () => {
    expect(await failure(open({ bind: { dn: slapd.gatewayDn, password: 'wrong' } }))).toMatchObject({
      kind: 'credentials',
      resultCode: 49,
    });
  });

  test.each([
    ['password', { dn: 'cn=gateway', password: '' }],
    ['name', { dn: '', password: 'x' }],
  ])('an empty %s would bind anonymously and is refused without a connection', async (_name, bind) => {
    const proxy = await openProxy();
    expect((await failure(open({ url: proxy.url, bind }))).kind).toBe('credentials');
    expect(proxy.accepted).toBe(0);
  });

  test.each([
    ['nobody listens', async () => 'ldap://127.0.0.1:1'],
    ['the name does not exist', async () => 'ldap://no-such-host.invalid'],
    ['the URL is none', async () => 'http://localhost'],
    [
      'the connection is ended at once',
      async () => {
        const proxy = await openProxy();
        proxy.refuse(true);
        return proxy.url;
      },
    ],
    [
      'the server says something else',
      async () => {
        const server = net.createServer((socket) => socket.on('error', () => undefined).end('220 mail ready\r\n')).listen(0, '127.0.0.1');
        cleanUps.push(() => server.close());
        await new Promise((resolve) => server.once('listening', resolve));
        return `ldap://127.0.0.1:${(server.address() as AddressInfo).port}`;
      },
    ],
  ])('unavailable when %s', async (_name, url) => {
    expect((await failure(open({ url: await url() }))).kind).toBe('unavailable');
  });

  test.each(['plain', 'startTls', 'ldaps'] as const)(
    'a server that accepts and says nothing costs the connect timeout (%s)',
    async (way) => {
      const proxy = await openProxy(way === 'ldaps' ? Number(new URL(slapd.ldapsUrl ?? '').port) : slapd.port);
      proxy.stall();
      const url = way === 'ldaps' ? `ldaps://127.0.0.1:${proxy.port}` : proxy.url;
      const started = Date.now();
      const error = await failure(open({ url, tls: { startTls: way === 'startTls' }, timeouts: { connect: 200, operation: 5000 } }));
      expect(error.kind).toBe('unavailable');
      expect(Date.now() - started).toBeGreaterThan(150);
      expect(Date.now() - started).toBeLessThan(1500);
      await sleep(50);
      expect(proxy.open).toBe(0);
    },
  );
});

describe('operations', () => {
  test('many at once on one connection each get their own answer', async () => {
    const connection = await open();
    const names = ['people', 'groups'];
    const answers = await Promise.all(
      Array.from({ length: 400 }, (_, i) => all(connection.search(search(`ou=${names[i % 2]},${slapd.suffix}`)))),
    );
    expect(answers.map(([first]) => (first?.kind === 'entry' ? first.entry.dn : ''))).toEqual(
      Array.from({ length: 400 }, (_, i) => `ou=${names[i % 2]},${slapd.suffix}`),
    );
    expect(connection.inFlight).toBe(0);
  });

  test('a deadline ends only its own operation, sends Abandon, and the late answer is dropped', async () => {
    const late: (() => void)[] = [];
    const server = await script(({ messageId, tag, base }, reply) => {
      if (tag !== 0x63) return;
      if (base === 'slow') late.push(() => reply(entry(messageId, 'late', {}), result(messageId, 0x65, 0)));
      else if (base === 'middle') setTimeout(() => reply(entry(messageId, base, {}), result(messageId, 0x65, 0)), 300);
      else reply(entry(messageId, base, {}), result(messageId, 0x65, 0));
    });
    const connection = await open({ url: server.url });
    let silences = 0;
    connection.onSilence = () => (silences += 1);
    const [slow, middle] = [failure(all(connection.search(search('slow'), { timeout: 100 }))), all(connection.search(search('middle')))];
    expect(await slow).toMatchObject({ kind: 'timeout', outcomeUnknown: true });
    await expect
      .poll(() => server.requests.find(({ tag }) => tag === 0x50)?.abandons)
      .toBe(server.requests.find(({ base }) => base === 'slow')?.messageId);
    expect(silences).toBe(1);
    late.forEach((reply) => reply());
    expect((await middle).map(({ kind }) => kind)).toEqual(['entry', 'result']);
    expect((await all(connection.search(search('quick')))).map((answer) => (answer.kind === 'entry' ? answer.entry.dn : ''))).toEqual([
      'quick',
      '',
    ]);
    expect(connection.isOpen).toBe(true);
  });

  test('a search that makes progress is not ended by its deadline, silence is', async () => {
    const server = await script(({ messageId, tag }, reply) => {
      if (tag !== 0x63) return;
      let sent = 0;
      const timer = setInterval(
        () => (sent++ < 5 ? reply(entry(messageId, `cn=${sent}`, {})) : (clearInterval(timer), reply(result(messageId, 0x65, 0)))),
        60,
      );
    });
    const connection = await open({ url: server.url });
    expect(await all(connection.search(search('x'), { timeout: 150 }))).toHaveLength(6);
  });

  test('leaving a search early abandons it', async () => {
    const server = await script(({ messageId, tag }, reply) => {
      if (tag === 0x63) reply(entry(messageId, 'cn=1', {}));
    });
    const connection = await open({ url: server.url });
    for await (const _ of connection.search(search('x'))) break;
    expect(connection.inFlight).toBe(0);
    await expect.poll(() => server.requests.at(-1)?.tag).toBe(0x50);
  });

  test('a signal aborts a search with its reason and abandons it; an aborted one sends nothing', async () => {
    const server = await script(() => undefined);
    const connection = await open({ url: server.url });
    const controller = new AbortController();
    const waiting = all(connection.search(search('x'), { signal: controller.signal }));
    setTimeout(() => controller.abort(new Error('enough')), 30);
    await expect(waiting).rejects.toThrow('enough');
    await expect.poll(() => server.requests.map(({ tag }) => tag)).toEqual([0x60, 0x63, 0x50]);
    await expect(all(connection.search(search('x'), { signal: controller.signal }))).rejects.toThrow('enough');
    expect(server.requests).toHaveLength(3);
  });

  test('intermediate responses and references come in order with the entries, and disturb nothing', async () => {
    const server = await script(({ messageId, tag }, reply) => {
      if (tag === 0x63)
        reply(
          entry(messageId, 'a', {}),
          intermediate(messageId, '1.2', Buffer.from([1])),
          intermediate(99, '1.2', Buffer.from([1])),
          result(messageId, 0x65, 0),
        );
    });
    const connection = await open({ url: server.url });
    const answers = await Promise.all([all(connection.search(search('x'))), all(connection.search(search('y')))]);
    expect(answers.map((list) => list.map(({ kind }) => kind))).toEqual([
      ['entry', 'intermediate', 'result'],
      ['entry', 'intermediate', 'result'],
    ]);
  });
});

describe('back-pressure', () => {
  const large = 'x'.repeat(200_000);
  async function flood(): Promise<{ readonly connection: Connection; readonly written: () => number }> {
    let written = 0;
    const server = await script(({ messageId, tag, base }, reply, socket) => {
      if (tag !== 0x63) return;
      if (base !== 'flood') return reply(entry(messageId, base, {}), result(messageId, 0x65, 0));
      const pour = (): void => {
        while (written < 400) {
          written += 1;
          if (!socket.write(entry(messageId, `cn=${written}`, { x: [large] }))) return void socket.once('drain', pour);
        }
        reply(result(messageId, 0x65, 0));
      };
      pour();
    });
    return { connection: await open({ url: server.url, timeouts: { connect: 1000, operation: 300 } }), written: () => written };
  }

  test('a slow consumer stops the server, is not punished by the deadline, and gets everything', async () => {
    const { connection, written } = await flood();
    const seen: string[] = [];
    let writtenAtRest = 0;
    for await (const batch of connection.search(search('flood'))) {
      if (seen.length === 0) {
        for (writtenAtRest = -1; writtenAtRest !== written(); await sleep(400)) writtenAtRest = written();
      }
      for (const answer of batch) if (answer.kind === 'entry') seen.push(answer.entry.dn);
    }
    expect(writtenAtRest).toBeLessThan(200);
    expect(seen).toEqual(Array.from({ length: 400 }, (_, i) => `cn=${i + 1}`));
  });

  test('another operation on the connection is answered while a consumer rests', async () => {
    const { connection } = await flood();
    for await (const _ of connection.search(search('flood'))) {
      await sleep(100);
      expect(await all(connection.search(search('other')))).toHaveLength(2);
      break;
    }
  });
});

describe('the end', () => {
  test('cut in the middle of a PDU: what was pending is lost, what comes later unavailable, at once and for good', async () => {
    const proxy = await openProxy();
    const connection = await open({ url: proxy.url });
    proxy.cutAfter(40);
    const pending = Array.from({ length: 20 }, () => failure(all(connection.search(search(slapd.suffix)))));
    expect(new Set((await Promise.all(pending)).map(({ kind }) => kind))).toEqual(new Set(['lost']));
    expect(connection.isOpen).toBe(false);
    expect((await connection.closed).message).toContain(proxy.url);
    expect(await failure(all(connection.search(search(slapd.suffix))))).toMatchObject({ kind: 'unavailable', outcomeUnknown: false });
    expect(proxy.accepted).toBe(1);
  });

  test('answers in single octets are put together', async () => {
    const proxy = await openProxy();
    proxy.slice(1);
    const connection = await open({ url: proxy.url });
    expect(await all(connection.search(search(slapd.suffix, { attributes: ['*', '+'] })))).toHaveLength(2);
  });

  test("a notice of disconnection ends it with the server's reason", async () => {
    const server = await script(() => undefined);
    const connection = await open({ url: server.url });
    const pending = failure(connection.request({ operation: 'delete', dn: 'x' }));
    server.broadcast(result(0, 0x78, 52, { oid: '1.3.6.1.4.1.1466.20036', diagnostic: 'going down' }));
    expect(await pending).toMatchObject({ kind: 'lost', message: expect.stringContaining('going down') });
  });

  test.each([
    ['no BER', Buffer.from('hello')],
    ['a malformed PDU for a pending operation', Buffer.from('3005020102ff00', 'hex')],
  ])('%s ends it', async (_name, octets) => {
    const server = await script(() => undefined);
    const connection = await open({ url: server.url });
    const pending = failure(connection.request({ operation: 'delete', dn: 'x' }));
    server.broadcast(octets);
    expect((await pending).kind).toBe('lost');
    expect(connection.isOpen).toBe(false);
  });

  test('close says goodbye and rejects what waits', async () => {
    const server = await script(() => undefined);
    const connection = await open({ url: server.url });
    const pending = failure(connection.request({ operation: 'delete', dn: 'x' }));
    await expect.poll(() => server.requests.length).toBe(2);
    connection.close();
    expect((await pending).kind).toBe('lost');
    await expect.poll(() => server.requests.at(-1)?.tag).toBe(0x42);
  });
});
