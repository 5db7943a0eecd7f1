// Fail over, fail back and recovery with real servers that are killed, frozen and cut off; what a request does meanwhile.
// No RFC: this is the gateway's own promise never to hang, to bind anonymously, or to lock the service account.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { connect, type Connection } from '../../src/ldap/connection.ts';
import { parseDn } from '../../src/ldap/dn.ts';
import { DirectoryError } from '../../src/ldap/error.ts';
import { probeHealth, probeServer } from '../../src/ldap/probe.ts';
import { readOne } from '../../src/ldap/search.ts';
import { Servers, type Intervals } from '../../src/ldap/servers.ts';
import { stayTogether } from '../../src/ldap/stay.ts';
import { startProxy, type Proxy } from '../servers/proxy.ts';
import { answerProbe, result, startScripted } from '../servers/scripted.ts';
import { freePort, startSlapd, type Slapd } from '../servers/slapd.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

const suffix = 'dc=example,dc=test';
const quick: Intervals = { health: 150, probe: 150, retryFirst: 20, retryLast: 100, stable: 1000, refused: 600 };

async function server(): Promise<Slapd> {
  const slapd = await startSlapd({ suffix });
  cleanUps.push(() => slapd.stop());
  return slapd;
}

async function proxyTo(port: number): Promise<Proxy> {
  const proxy = await startProxy(port);
  cleanUps.push(() => proxy.stop());
  return proxy;
}

interface Setup {
  readonly password?: string;
  readonly operation?: number;
  readonly connect?: number;
  readonly connections?: number;
  readonly intervals?: Partial<Intervals>;
}

function serversFor(urls: readonly string[], setup: Setup = {}): Servers<unknown> {
  const timeouts = { connect: setup.connect ?? 1000, operation: setup.operation ?? 1000 };
  const servers = new Servers({
    urls,
    connect: (url) => connect({ url, bind: { dn: `cn=gateway,${suffix}`, password: setup.password ?? 'gateway' }, timeouts }),
    qualify: (connection) => probeServer(connection, parseDn(suffix)),
    probe: probeHealth,
    connections: setup.connections ?? 2,
    patience: timeouts.connect,
    intervals: { ...quick, ...setup.intervals },
  });
  cleanUps.push(() => servers.close());
  return servers;
}

const readBase = (connection: Connection): Promise<string | undefined> =>
  readOne(connection, {
    base: suffix,
    scope: 'base',
    filter: { kind: 'present', attribute: 'objectClass' },
    attributes: ['dc'],
    sizeLimit: 0,
    timeLimit: 0,
  }).then((entry) => entry?.texts('dc')[0]);

const errorOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    (value) => new Error(`no error but ${String(value)}`),
    (error: unknown) => error,
  );

describe('one server', () => {
  test('is used through the wanted number of bound connections', async () => {
    const slapd = await server();
    const proxy = await proxyTo(slapd.port);
    const servers = serversFor([proxy.url], { connections: 3 });
    await servers.start();
    expect(servers.status()).toEqual({ ready: true });
    await expect.poll(() => proxy.open).toBe(3);
    expect(await servers.read(readBase)).toBe('example');
  });

  test('that is down: start returns, requests fail at once, and it is found by itself when it comes', async () => {
    const port = await freePort();
    const servers = serversFor([`ldap://127.0.0.1:${port}`]);
    await servers.start();
    expect(servers.status()).toMatchObject({ ready: false, reason: expect.stringContaining('ECONNREFUSED') });
    const started = Date.now();
    expect(await errorOf(servers.read(readBase))).toMatchObject({ kind: 'unavailable', outcomeUnknown: false });
    expect(Date.now() - started).toBeLessThan(200);
    const slapd = await startSlapd({ suffix, port });
    cleanUps.push(() => slapd.stop());
    await expect.poll(() => servers.status().ready, { timeout: 8000 }).toBe(true);
    expect(await servers.read(readBase)).toBe('example');
  });

  test('that swallows connections: a request waits no longer than the connect timeout', async () => {
    const proxy = await proxyTo((await server()).port);
    proxy.stall();
    const servers = serversFor([proxy.url], { connect: 300 });
    void servers.start();
    const started = Date.now();
    expect(await errorOf(servers.read(readBase))).toMatchObject({ kind: 'unavailable' });
    expect(Date.now() - started).toBeLessThan(900);
  });

  test('killed with SIGKILL under load again and again: no hang, no empty answer, clean failures, recovery by itself', async () => {
    const slapd = await server();
    const servers = serversFor([slapd.url], { operation: 2000 });
    await servers.start();
    const tally = { right: 0, empty: 0, lost: 0, unavailable: 0, other: 0 };
    const load = { isOver: false };
    cleanUps.push(() => (load.isOver = true));
    let longest = 0;
    const worker = async (): Promise<void> => {
      while (!load.isOver) {
        const started = Date.now();
        try {
          tally[(await servers.read(readBase)) === 'example' ? 'right' : 'empty'] += 1;
        } catch (error) {
          const kind = error instanceof DirectoryError ? error.kind : 'other';
          tally[kind === 'lost' || kind === 'unavailable' ? kind : 'other'] += 1;
          await sleep(1);
        }
        longest = Math.max(longest, Date.now() - started);
      }
    };
    const workers = Array.from({ length: 64 }, worker);
    for (let round = 0; round < 4; round++) {
      await sleep(150);
      await slapd.kill();
      await sleep(60);
      await slapd.restart();
      const rightBefore = tally.right;
      await expect.poll(() => tally.right, { timeout: 8000 }).toBeGreaterThan(rightBefore + 64);
    }
    load.isOver = true;
    await Promise.all(workers);
    expect({ empty: tally.empty, other: tally.other }).toEqual({ empty: 0, other: 0 });
    expect(tally.unavailable).toBeGreaterThan(0);
    expect(longest).toBeLessThan(1500);
    expect(servers.status().ready).toBe(true);
  });

  test('frozen: operations time out, it is not ready, connections are given up, and it comes back', async () => {
    const slapd = await server();
    const servers = serversFor([slapd.url], { operation: 150, connect: 200, intervals: { health: 60_000 } });
    await servers.start();
    await slapd.freeze();
    expect(await errorOf(servers.read(readBase))).toMatchObject({ kind: 'timeout' });
    await expect.poll(() => servers.status().ready, { timeout: 8000 }).toBe(false);
    await slapd.thaw();
    await expect.poll(() => servers.status().ready, { timeout: 8000 }).toBe(true);
    expect(await servers.read(readBase)).toBe('example');
  });

  test('slow at one operation but alive: the connection is kept', async () => {
    const scripted = await startScripted((request, reply) => {
      if (request.base === 'slow') return true;
      return answerProbe(request, reply, suffix);
    });
    cleanUps.push(() => scripted.stop());
    const servers = serversFor([scripted.url], { operation: 100, connections: 1 });
    await servers.start();
    const slow = (connection: Connection): Promise<unknown> =>
      readOne(connection, {
        base: 'slow',
        scope: 'base',
        filter: { kind: 'and', filters: [] },
        attributes: [],
        sizeLimit: 0,
        timeLimit: 0,
      });
    expect(await errorOf(servers.read(slow))).toMatchObject({ kind: 'timeout' });
    await sleep(200);
    expect(scripted.connections()).toBe(1);
    expect(servers.status().ready).toBe(true);
  });

  test('that lets requests pile up gets no more of them than a server stands', async () => {
    const scripted = await startScripted((request, reply) => request.attributes[0] === 'dc' || answerProbe(request, reply, suffix));
    cleanUps.push(() => scripted.stop());
    const servers = serversFor([scripted.url], { connections: 1, operation: 500 });
    await servers.start();
    const errors = (await Promise.all(Array.from({ length: 1000 }, () => errorOf(servers.write(readBase))))) as DirectoryError[];
    expect(errors.filter(({ kind }) => kind === 'unavailable')).toHaveLength(200);
    expect(errors.filter(({ kind }) => kind === 'timeout')).toHaveLength(800);
  });

  test('an idle connection that died silently is found by the health check before a request finds it', async () => {
    const proxy = await proxyTo((await server()).port);
    const servers = serversFor([proxy.url], { connections: 1, operation: 5000 });
    await servers.start();
    proxy.stall();
    await expect.poll(() => servers.status().ready, { timeout: 8000 }).toBe(false);
    proxy.resume();
    await expect.poll(() => servers.status().ready, { timeout: 8000 }).toBe(true);
    expect(proxy.accepted).toBeGreaterThan(1);
  });

  test('that ends each connection as soon as it was made is not stormed', async () => {
    const scripted = await startScripted((request, reply, socket) => {
      if (request.base === suffix) setTimeout(() => socket.destroy(), 5);
      return answerProbe(request, reply, suffix);
    });
    cleanUps.push(() => scripted.stop());
    const servers = serversFor([scripted.url], { connections: 1 });
    await servers.start();
    await sleep(600);
    expect(scripted.connections()).toBeLessThan(20);
  });
});

describe('a server that allows one connection', () => {
  test('is used through that one, and not stormed for more', async () => {
    let open = 0;
    const scripted = await startScripted((request, reply, socket) => {
      if (request.tag === 0x60) socket.once('close', () => (open -= 1));
      if (request.tag === 0x60 && ++open > 1) setTimeout(() => socket.destroy(), 5);
      return answerProbe(request, reply, suffix);
    });
    cleanUps.push(() => scripted.stop());
    const servers = serversFor([scripted.url], { connections: 3 });
    await servers.start();
    await sleep(600);
    expect(servers.status()).toEqual({ ready: true });
    expect(scripted.connections()).toBeLessThan(20);
  });
});

describe('requests while a connection is lost', () => {
  test('a read is sent once more, a write never', async () => {
    let deletes = 0;
    let cuts = 1;
    const scripted = await startScripted((request, reply, socket) => {
      if (request.tag === 0x4a) {
        deletes += 1;
        socket.destroy();
        return true;
      }
      if (request.base === suffix && request.attributes[0] === 'dc' && cuts-- > 0) {
        socket.destroy();
        return true;
      }
      if (request.attributes[0] === 'dc') {
        reply(result(request.messageId, 0x65, 32));
        return true;
      }
      return answerProbe(request, reply, suffix);
    });
    cleanUps.push(() => scripted.stop());
    const servers = serversFor([scripted.url], { connections: 1 });
    await servers.start();
    await sleep(1100);
    expect(await servers.read(readBase)).toBeUndefined();
    await sleep(1100);
    const error = await errorOf(servers.write((connection) => connection.request({ operation: 'delete', dn: 'x' })));
    expect(error).toMatchObject({ kind: 'lost', outcomeUnknown: true });
    expect(deletes).toBe(1);
  });

  test('a read is sent once more also when the connection was just made', async () => {
    const proxy = await proxyTo((await server()).port);
    const servers = serversFor([proxy.url], { connections: 2 });
    await servers.start();
    let tries = 0;
    const reads = Array.from({ length: 20 }, (_, i) =>
      servers.read(async (connection) => {
        tries += 1;
        const answer = readBase(connection);
        if (i === 19 && tries <= 20) proxy.cut();
        return answer;
      }),
    );
    expect(await Promise.all(reads)).toEqual(Array(20).fill('example'));
    expect(servers.status().ready).toBe(true);
  });

  test('a read that lost both its connections fails', async () => {
    const proxy = await proxyTo((await server()).port);
    const servers = serversFor([proxy.url], { connections: 1 });
    await servers.start();
    let tries = 0;
    const error = await errorOf(
      servers.read(async (connection) => {
        tries += 1;
        proxy.cut();
        return readBase(connection);
      }),
    );
    expect(error).toMatchObject({ name: 'DirectoryError' });
    expect(tries).toBeLessThanOrEqual(2);
  });
});

describe('a refused bind', () => {
  async function countBinds(answer: () => number): Promise<{ readonly url: string; readonly binds: () => number }> {
    const scripted = await startScripted((request, reply) => {
      if (request.tag !== 0x60) return answerProbe(request, reply, suffix);
      reply(result(request.messageId, 0x61, answer(), { diagnostic: 'data 52e' }));
      return true;
    });
    cleanUps.push(() => scripted.stop());
    return { url: scripted.url, binds: () => scripted.requests.filter(({ tag }) => tag === 0x60).length };
  }

  test('is not tried again by requests nor at another server, only after its own long wait', async () => {
    let code = 49;
    const [first, second] = [await countBinds(() => code), await countBinds(() => code)];
    const servers = serversFor([first.url, second.url], { connections: 1, intervals: { refused: 2000 } });
    await servers.start();
    expect(servers.status()).toMatchObject({ ready: false, reason: expect.stringContaining('invalidCredentials (49)') });
    for (let i = 0; i < 30; i++) {
      expect(await errorOf(servers.read(readBase))).toMatchObject({ kind: 'credentials' });
      await sleep(10);
    }
    expect([first.binds(), second.binds()]).toEqual([1, 0]);
    code = 0;
    await expect.poll(() => servers.status().ready, { timeout: 5000 }).toBe(true);
  });

  test('at one odd server does not shut out the others: they come first the next time', async () => {
    const [odd, good] = [await countBinds(() => 49), await countBinds(() => 0)];
    const servers = serversFor([odd.url, good.url], { connections: 1 });
    await servers.start();
    expect(servers.status().ready).toBe(false);
    await expect.poll(() => servers.url, { timeout: 8000 }).toBe(good.url);
  });

  test('while other connections work leaves those in use', async () => {
    let code = 0;
    const only = await countBinds(() => {
      const now = code;
      code = 49;
      return now;
    });
    const servers = serversFor([only.url], { connections: 4 });
    await servers.start();
    await sleep(400);
    expect(servers.status()).toEqual({ ready: true });
    expect(only.binds()).toBe(2);
  });

  test('busy is no refusal: the server is tried again soon', async () => {
    let attempts = 0;
    const busy = await countBinds(() => (attempts++ < 3 ? 51 : 0));
    const servers = serversFor([busy.url], { connections: 1 });
    await servers.start();
    await expect.poll(() => servers.status().ready, { timeout: 500 }).toBe(true);
  });
});

describe('several servers', () => {
  test('the first is used; when it dies the second; when it is healthy again the first, without a failed request', async () => {
    const [first, second] = await Promise.all([server(), server()]);
    const servers = serversFor([first.url, second.url]);
    await servers.start();
    expect(servers.url).toBe(first.url);

    await first.kill();
    expect(await servers.read(readBase)).toBe('example');
    expect(servers.url).toBe(second.url);

    const failures: unknown[] = [];
    const load = { isOver: false };
    cleanUps.push(() => (load.isOver = true));
    const readers = Array.from({ length: 8 }, async () => {
      for (; !load.isOver; await sleep(1)) await servers.read(readBase).catch((error: unknown) => failures.push(error));
    });
    await first.restart();
    await expect.poll(() => servers.url, { timeout: 8000 }).toBe(first.url);
    await sleep(100);
    load.isOver = true;
    await Promise.all(readers);
    expect(failures).toEqual([]);
  });

  test('a write that is under way when the preferred server returns is answered by the one it was sent to', async () => {
    const first = await server();
    await first.kill();
    const second = await startScripted((request, reply) => {
      if (request.tag !== 0x4a) return answerProbe(request, reply, suffix);
      setTimeout(() => reply(result(request.messageId, 0x6b, 0)), 600);
      return true;
    });
    cleanUps.push(() => second.stop());
    const servers = serversFor([first.url, second.url], { operation: 3000 });
    await servers.start();
    expect(servers.url).toBe(second.url);
    const write = servers.write((connection) => connection.request({ operation: 'delete', dn: 'x' }));
    await first.restart();
    await expect.poll(() => servers.url, { timeout: 8000 }).toBe(first.url);
    expect(await write).toMatchObject({ resultCode: 0 });
  });

  test('what follows a write goes to the server that took it when the preferred one returns meanwhile, other requests to that', async () => {
    const first = await server();
    await first.kill();
    const second = await proxyTo((await server()).port);
    const servers = serversFor([first.url, second.url]);
    await servers.start();
    const urlOf = (connection: Connection): Promise<string> => Promise.resolve(connection.url);
    const seen = await stayTogether(async () => {
      const before = [await servers.read(urlOf), await servers.write(urlOf)];
      await first.restart();
      await expect.poll(() => servers.url, { timeout: 8000 }).toBe(first.url);
      const pages = await servers.borrowForPages();
      pages.release();
      return [...before, await servers.read(urlOf), pages.connection.url, await servers.write(urlOf), await servers.read(readBase)];
    });
    expect(seen).toEqual([...Array(5).fill(second.url), 'example']);
    expect(await servers.read(urlOf)).toBe(first.url);
    // Nobody stays there any more.
    await expect.poll(() => second.open).toBe(0);
  });

  test('what follows a write is never asked of a server that may not know of it', async () => {
    const [first, second] = await Promise.all([server(), server()]);
    const servers = serversFor([first.url, second.url]);
    await servers.start();
    await stayTogether(async () => {
      await servers.write(readBase);
      await first.kill();
      await expect.poll(() => servers.url, { timeout: 8000 }).toBe(second.url);
      expect(await errorOf(servers.read(readBase))).toMatchObject({ kind: 'unavailable', message: expect.stringContaining(first.url) });
      expect(await errorOf(servers.borrowForPages())).toMatchObject({ kind: 'unavailable' });
      await first.restart();
      await expect.poll(() => servers.url, { timeout: 8000 }).toBe(first.url);
      expect(await servers.read(readBase)).toBe('example');
    });
    expect(await servers.read(readBase)).toBe('example');
  });

  test('a frozen preferred server is left for the next', async () => {
    const [first, second] = await Promise.all([server(), server()]);
    const servers = serversFor([first.url, second.url], { operation: 200, connect: 300, intervals: { health: 3000 } });
    await servers.start();
    await first.freeze();
    expect(await errorOf(servers.read(readBase))).toMatchObject({ kind: 'timeout' });
    await expect.poll(() => servers.url, { timeout: 8000 }).toBe(second.url);
    expect(await servers.read(readBase)).toBe('example');
    await first.thaw();
    await expect.poll(() => servers.url, { timeout: 12_000 }).toBe(first.url);
  });
});

describe('connections for paged searches', () => {
  test('are not shared with other paged searches, are more when needed, and few again when idle', async () => {
    const proxy = await proxyTo((await server()).port);
    const servers = serversFor([proxy.url], { connections: 1, intervals: { health: 300 } });
    await servers.start();
    const loans = await Promise.all([servers.borrowForPages(), servers.borrowForPages(), servers.borrowForPages()]);
    expect(new Set(loans.map(({ connection }) => connection)).size).toBe(3);
    loans.forEach((loan) => loan.release());
    await expect.poll(() => proxy.open, { timeout: 8000 }).toBe(1);
  });

  test('are limited: one too many waits, then fails as unavailable', async () => {
    const servers = serversFor([(await server()).url], { connections: 1, connect: 200, intervals: { health: 10_000 } });
    await servers.start();
    const loans = await Promise.all(Array.from({ length: 16 }, () => servers.borrowForPages()));
    expect(await errorOf(servers.borrowForPages())).toMatchObject({ kind: 'unavailable' });
    const waiting = servers.borrowForPages();
    loans[3]?.release();
    expect((await waiting).connection).toBe(loans[3]?.connection);
  });
});

test('closed, it answers nothing and opens nothing', async () => {
  const proxy = await proxyTo((await server()).port);
  const servers = serversFor([proxy.url]);
  await servers.start();
  await servers.close();
  expect(await errorOf(servers.read(readBase))).toMatchObject({ kind: 'unavailable' });
  await expect.poll(() => proxy.open).toBe(0);
  await sleep(300);
  expect(proxy.open).toBe(0);
});
