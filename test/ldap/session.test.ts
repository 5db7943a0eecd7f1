// One connection for a cycle of polling: complete streams from slapd, and scripted servers for accounts and servers that change underneath.
// RFC 4511 sections 4.5 and 4.13, RFC 4532, RFC 2696; MS-ADTS 3.1.1.3.1.3.3 (ranges).
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openDirectory, type Directory, type DirectoryOptions } from '../../src/ldap/directory.ts';
import { parseDn } from '../../src/ldap/dn.ts';
import type { Entry } from '../../src/ldap/entry.ts';
import { DirectoryError } from '../../src/ldap/error.ts';
import { equal, present } from '../../src/ldap/filter.ts';
import type { Session } from '../../src/ldap/session.ts';
import { startProxy, type Proxy } from '../servers/proxy.ts';
import {
  answerProbe,
  entry,
  result,
  startScripted,
  type Reply,
  type Script,
  type ScriptedRequest,
  type ScriptedServer,
} from '../servers/scripted.ts';
import { startSlapd, type Slapd } from '../servers/slapd.ts';

const suffix = 'dc=example,dc=test';
const base = parseDn(suffix);
const everything = { base, scope: 'sub', filter: present('objectClass'), attributes: ['cn'] } as const;
const whoAmIOid = '1.3.6.1.4.1.4203.1.11.3';
const cleanUps: (() => unknown)[] = [];
let slapd: Slapd;

beforeAll(async () => {
  const users = Array.from(
    { length: 1203 },
    (_, i) => `dn: uid=many${i},ou=people,${suffix}\nobjectClass: inetOrgPerson\nuid: many${i}\ncn: Many ${i}\nsn: Many\n`,
  );
  slapd = await startSlapd({ suffix, ldif: users.join('\n') });
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});
afterAll(() => slapd.stop());

async function openFor(server: string, options: Partial<DirectoryOptions> = {}): Promise<Directory> {
  const bind = { dn: slapd.gatewayDn, password: slapd.gatewayPassword };
  const directory = openDirectory({
    servers: [server],
    bind,
    baseDn: base,
    timeouts: { connect: 5000, operation: 5000 },
    connections: 1,
    ...options,
  });
  cleanUps.push(() => directory.close());
  await directory.start();
  return directory;
}

async function proxied(): Promise<Proxy> {
  const proxy = await startProxy(slapd.port);
  cleanUps.push(() => proxy.stop());
  return proxy;
}

async function script(answer: (...parameters: Parameters<Script>) => boolean | void): Promise<ScriptedServer> {
  const server = await startScripted(
    (request, reply, socket) =>
      answer(request, reply, socket) === true || answerProof(request, reply) || answerProbe(request, reply, suffix),
  );
  cleanUps.push(() => server.stop());
  return server;
}

/** The base, with its id, as a session wants to see it. */
function answerProof({ messageId, tag, base: asked, attributes }: ScriptedRequest, reply: Reply): boolean {
  if (tag !== 0x63 || asked !== suffix || !attributes.includes('entryUUID')) return false;
  reply(entry(messageId, suffix, { entryUUID: ['one'] }), result(messageId, 0x65, 0));
  return true;
}

async function all(session: Session, request: Partial<Parameters<Session['search']>[0]> = {}): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for await (const found of session.search({ ...everything, ...request })) entries.push(found);
  return entries;
}

async function failure(work: Promise<unknown>): Promise<DirectoryError> {
  const error = await work.then(
    (value) => value,
    (cause: unknown) => cause,
  );
  if (!(error instanceof DirectoryError)) throw new Error(`not a DirectoryError: ${String(error)}`);
  return error;
}

describe('a session', () => {
  test('has a connection of its own, which ends with it', async () => {
    const proxy = await proxied();
    const directory = await openFor(proxy.url);
    const before = proxy.accepted;
    const during = await directory.session(async (session) => {
      expect(session.url).toBe(proxy.url);
      expect(session.capabilities.vendor).toBe('openldap');
      return proxy.accepted;
    });
    expect(during).toBe(before + 1);
    await expect.poll(() => proxy.open).toBe(before);
  });

  test('reads everything page by page, beyond the limit of the account', async () => {
    const directory = await openFor(slapd.url, { pageSize: 100 });
    const found = await directory.session((session) => all(session));
    expect(found).toHaveLength(1203 + 4);
    expect(await directory.session((session) => all(session, { limit: 150 }))).toHaveLength(150);
    expect(await directory.session((session) => all(session, { limit: 0 }))).toHaveLength(0);
  });

  test('lets the consumer take longer than an operation may, as long as the server answers', async () => {
    const directory = await openFor(slapd.url, { pageSize: 50, timeouts: { connect: 5000, operation: 400 } });
    let count = 0;
    await directory.session(async (session) => {
      for await (const _ of session.search(everything)) {
        count += 1;
        if (count % 60 === 0) await sleep(60);
      }
    });
    expect(count).toBe(1203 + 4);
  });

  test('ends when the server falls silent', async () => {
    const proxy = await proxied();
    const directory = await openFor(proxy.url, { timeouts: { connect: 5000, operation: 500 } });
    const error = await failure(
      directory.session(async (session) => {
        proxy.stall();
        return all(session);
      }),
    );
    proxy.resume();
    expect(error.kind).toBe('timeout');
  });

  test('reads one entry, the root DSE, and hands on a conversation whatever its result', async () => {
    const directory = await openFor(slapd.url);
    await directory.session(async (session) => {
      const dn = parseDn(`uid=many7,ou=people,${suffix}`);
      expect((await session.read(dn, ['cn']))?.texts('cn')).toEqual(['Many 7']);
      expect(await session.read(dn, [], equal('cn', 'other'))).toBeUndefined();
      expect(await session.read(parseDn(`uid=none,${suffix}`), [])).toBeUndefined();
      expect((await session.rootDse(['namingContexts'])).texts('namingContexts')).toEqual([suffix]);
      const kinds: string[] = [];
      for await (const response of session.converse({ ...everything, base: parseDn(`ou=none,${suffix}`) }, [])) {
        kinds.push(response.kind === 'result' ? `result ${response.result.resultCode}` : response.kind);
      }
      expect(kinds).toEqual(['result 32']);
    });
  });

  test('refuses a second search while one is read in pages, but not other reads', async () => {
    const directory = await openFor(slapd.url, { pageSize: 100 });
    await directory.session(async (session) => {
      for await (const entryFound of session.search(everything)) {
        expect(await session.read(parseDn(entryFound.dn), ['cn'])).toBeDefined();
        await expect(all(session)).rejects.toThrow('one search at a time');
        break;
      }
      expect(await all(session)).toHaveLength(1203 + 4);
    });
  });

  test('tells a missing base from an empty answer', async () => {
    const directory = await openFor(slapd.url);
    const gone = directory.session((session) => all(session, { base: parseDn(`ou=none,${suffix}`) }));
    expect((await failure(gone)).resultCode).toBe(32);
    // 389 Directory Server answers a search below a base that it does not show with an empty success.
    const hiding = await script(({ messageId, tag, base: asked }, reply) => {
      if (tag !== 0x63 || !asked.startsWith('ou=')) return false;
      reply(result(messageId, 0x65, 0));
      return true;
    });
    const from = await openFor(hiding.url);
    const unseen = from.session((session) => all(session, { base: parseDn(`ou=unseen,${suffix}`) }));
    expect(await failure(unseen)).toMatchObject({ kind: 'unavailable', resultCode: 32 });
  });

  test('reads ranged attributes to their end, with its controls (L-056)', async () => {
    const members = Array.from({ length: 4123 }, (_, i) => `cn=m${i}`);
    const server = await script(({ messageId, tag, attributes }, reply) => {
      const [name = ''] = attributes;
      if (tag !== 0x63 || !name.startsWith('member')) return false;
      const from = Number(/;range=(\d+)-/.exec(name)?.[1] ?? 0);
      const to = from + 1500 >= members.length ? '*' : from + 1499;
      reply(entry(messageId, 'cn=group', { [`member;range=${from}-${to}`]: members.slice(from, from + 1500) }), result(messageId, 0x65, 0));
      return true;
    });
    const directory = await openFor(server.url);
    const [group] = await directory.session((session) => all(session, { attributes: ['member'] }));
    expect(group?.texts('member')).toEqual(members);
  });
});

describe('what a session found is lost', () => {
  test('when the connection is cut in the middle, even if the task does not mind', async () => {
    const proxy = await proxied();
    const directory = await openFor(proxy.url, { pageSize: 100 });
    const cut = directory.session(async (session) => {
      proxy.cutAfter(20_000);
      return all(session);
    });
    expect((await failure(cut)).kind).toBe('lost');
    await expect.poll(() => directory.status().ready, { timeout: 10_000 }).toBe(true);
    const careless = directory.session(async () => {
      proxy.cut();
      await sleep(20);
      return 'all is well';
    });
    expect((await failure(careless)).kind).toMatch(/lost|unavailable/);
  });

  test('when the directory is closed meanwhile', async () => {
    const directory = await openFor(slapd.url);
    const closed = directory.session(async (session) => {
      await directory.close();
      return all(session);
    });
    expect((await failure(closed)).kind).toMatch(/lost|unavailable/);
    expect((await failure(directory.session(async () => 1))).kind).toBe('unavailable');
  });

  test('when the task fails, with its own error', async () => {
    const directory = await openFor(slapd.url);
    await expect(directory.session(() => Promise.reject(new RangeError('mine')))).rejects.toThrow(RangeError);
  });

  /** A server whose root DSE, account and base are what `state` says at the time. */
  async function shiftingServer(state: { account?: string; vendorVersion?: string; base?: string; id?: string }): Promise<Directory> {
    const server = await script(({ messageId, tag, base: asked, attributes, oid }, reply) => {
      const done = result(messageId, 0x65, 0);
      if (tag === 0x77 && oid === whoAmIOid) reply(result(messageId, 0x78, 0, { value: state.account ?? '' }));
      else if (tag === 0x63 && asked === '' && attributes.includes('supportedExtension') && attributes.includes('vendorVersion')) {
        const supportedExtension = state.account === undefined ? [] : [whoAmIOid];
        const { vendorVersion = '1' } = state;
        reply(
          entry(messageId, '', {
            supportedExtension,
            vendorVersion: [vendorVersion],
            namingContexts: [suffix],
            subschemaSubentry: ['cn=Subschema'],
          }),
          done,
        );
      } else if (tag === 0x63 && asked === suffix && attributes.includes('entryUUID')) {
        const dn = 'base' in state ? state.base : suffix;
        reply(...(dn === undefined ? [] : [entry(messageId, dn, { entryUUID: [state.id ?? 'one'] })]), done);
      } else return false;
      return true;
    });
    return openFor(server.url);
  }

  test.each([
    ['the server takes the account for nobody', { account: 'dn:cn=gateway' }, { account: '' }, 'credentials'],
    ['the server takes the account for nobody from the beginning', { account: 'dn:' }, {}, 'credentials'],
    ['the account is another one', { account: 'dn:cn=gateway' }, { account: 'dn:cn=guest' }, 'unavailable'],
    ['the server is another one', { vendorVersion: '1' }, { vendorVersion: '2' }, 'unavailable'],
    ['the base cannot be read any more', {}, { base: undefined }, 'unavailable'],
    ['the base cannot be read any more, whoever the account is', { account: 'u:me' }, { base: undefined }, 'unavailable'],
    ['the base is another entry', { id: 'one' }, { id: 'two' }, 'unavailable'],
  ] as const)('when %s', async (_, before, after, kind) => {
    const state = { ...before };
    const directory = await shiftingServer(state);
    const task = async (): Promise<string> => {
      Object.assign(state, after);
      return 'found';
    };
    expect((await failure(directory.session(task))).kind).toBe(kind);
  });

  test('and not when all that stays as it was', async () => {
    expect(await (await shiftingServer({})).session(async () => 'found')).toBe('found');
    expect(await (await shiftingServer({ account: 'u:EXAMPLE\\gateway' })).session(async () => 'found')).toBe('found');
  });
});

test('a refused bind is not repeated, so that no account is locked', async () => {
  let refuses = false;
  const server = await script(({ messageId, tag }, reply) => {
    if (tag !== 0x60 || !refuses) return false;
    reply(result(messageId, 0x61, 49));
    return true;
  });
  const directory = await openFor(server.url);
  refuses = true;
  expect((await failure(directory.session(async () => 1))).kind).toBe('credentials');
  const binds = (): number => server.requests.filter(({ tag }) => tag === 0x60).length;
  const before = binds();
  expect((await failure(directory.session(async () => 1))).kind).toBe('credentials');
  expect(binds()).toBe(before);
});
