// The directory against a real slapd, and against scripted servers for what slapd never does.
// RFC 4511, 2696, 4527, 4528, 3062; MS-ADTS 3.1.1.3.1.3.3 (ranges).
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openDirectory, type Directory, type DirectoryOptions, type SearchRequest } from '../../src/ldap/directory.ts';
import { childOf, formatDn, parentOf, parseDn, type Dn } from '../../src/ldap/dn.ts';
import type { Entry } from '../../src/ldap/entry.ts';
import { DirectoryError } from '../../src/ldap/error.ts';
import type { Filter, Value } from '../../src/ldap/filter.ts';
import { startProxy } from '../servers/proxy.ts';
import { answerProbe, entry, reference, result, startScripted, type Script, type ScriptedServer } from '../servers/scripted.ts';
import { startSlapd, type Slapd } from '../servers/slapd.ts';

const suffix = 'dc=example,dc=test';
const base = parseDn(suffix);
const people = parseDn(`ou=people,${suffix}`);
const groups = parseDn(`ou=groups,${suffix}`);
const present = (attribute: string): Filter => ({ kind: 'present', attribute });
const equal = (attribute: string, value: Value): Filter => ({ kind: 'equal', attribute, value });
const cleanUps: (() => unknown)[] = [];
let slapd: Slapd;
let directory: Directory;

beforeAll(async () => {
  const users = Array.from(
    { length: 1203 },
    (_, i) => `dn: uid=many${i},ou=people,${suffix}\nobjectClass: inetOrgPerson\nuid: many${i}\ncn: Many ${i}\nsn: Many\n`,
  );
  slapd = await startSlapd({ suffix, tls: true, overlays: ['ppolicy'], ldif: users.join('\n') });
  directory = await open();
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});
afterAll(async () => {
  await directory.close();
  await slapd.stop();
});

async function open(options: Partial<DirectoryOptions> = {}): Promise<Directory> {
  const bind = { dn: slapd.gatewayDn, password: slapd.gatewayPassword };
  const opened = openDirectory({ servers: [slapd.url], bind, baseDn: base, timeouts: { connect: 1000, operation: 3000 }, ...options });
  await opened.start();
  return opened;
}

async function openFor(servers: readonly string[], options: Partial<DirectoryOptions> = {}): Promise<Directory> {
  const opened = await open({ servers, connections: 1, ...options });
  cleanUps.push(() => opened.close());
  return opened;
}

async function script(
  answer: (...parameters: Parameters<Script>) => boolean | void,
  options: { paging?: boolean } = {},
): Promise<ScriptedServer> {
  const server = await startScripted(
    (request, reply, socket) => answer(request, reply, socket) === true || answerProbe(request, reply, suffix, options),
  );
  cleanUps.push(() => server.stop());
  return server;
}

async function all(from: Directory, request: Partial<SearchRequest>): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for await (const found of from.search({ base, scope: 'sub', filter: present('objectClass'), attributes: [], ...request }))
    entries.push(found);
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

const person = (uid: string): ReadonlyMap<string, readonly Value[]> =>
  new Map([
    ['objectClass', ['inetOrgPerson']],
    ['uid', [uid]],
    ['cn', [uid]],
    ['sn', [uid]],
    ['mail', []],
  ]);
const userDn = (uid: string): Dn => childOf([{ type: 'uid', value: uid }], people);

describe('capabilities', () => {
  test('of slapd are found and confirmed by self-tests (L-067, L-068)', () => {
    const { schema, ...capabilities } = directory.capabilities();
    expect(capabilities).toEqual({
      vendor: 'openldap',
      vendorVersion: undefined,
      namingContexts: [suffix],
      paging: true,
      assertion: true,
      postRead: true,
      passwordModify: true,
      permissiveModify: false,
      matchedValues: true,
      treeDelete: false,
      dnAttribute: 'entryDN',
      secured: true,
    });
    expect(schema.attribute('sn')?.equality).toBe('caseIgnoreMatch');
  });

  test('that are advertised but do not work are not believed (L-068)', async () => {
    const server = await startScripted((request, reply) => {
      if (request.tag !== 0x63 || request.base !== '') return answerProbe({ ...request, page: undefined }, reply, suffix);
      const supportedControl = ['1.2.840.113556.1.4.319', '1.3.6.1.1.12', '1.2.826.0.1.3344810.2.3', '1.3.6.1.1.13.2'];
      reply(entry(request.messageId, '', { supportedControl, subschemaSubentry: ['cn=Subschema'] }), result(request.messageId, 0x65, 0));
      return true;
    });
    cleanUps.push(() => server.stop());
    const found = (await openFor([server.url], { timeouts: { connect: 1000, operation: 200 } })).capabilities();
    expect(found).toMatchObject({ vendor: 'generic', paging: false, assertion: false, matchedValues: false, postRead: true });
  });

  test.each([
    ['samba-ad', { vendorName: ['Samba Team (https://www.samba.org)'], supportedCapabilities: ['1.2.840.113556.1.4.800'] }],
    ['active-directory', { supportedCapabilities: ['1.2.840.113556.1.4.800'] }],
    ['389ds', { vendorName: ['389 Project'], vendorVersion: ['389-Directory/2.3.1 B2023.1'] }],
    ['freeipa', { vendorName: ['389 Project'], vendorVersion: ['389-Directory/2.3.1'], ipaDomainLevel: ['1'] }],
    ['generic', { vendorName: ['Someone'] }],
  ] as const)('vendor %s is recognised', async (vendor, attributes) => {
    const server = await startScripted((request, reply) => {
      if (request.tag !== 0x63 || request.base !== '') return answerProbe(request, reply, suffix);
      reply(entry(request.messageId, '', { ...attributes, subschemaSubentry: ['cn=Subschema'] }), result(request.messageId, 0x65, 0));
      return true;
    });
    cleanUps.push(() => server.stop());
    expect((await openFor([server.url])).capabilities().vendor).toBe(vendor);
  });

  test('before the first contact are unavailable; start does not throw', async () => {
    const away = await openFor(['ldap://127.0.0.1:1']);
    expect(() => away.capabilities()).toThrow(expect.objectContaining({ kind: 'unavailable' }));
    expect(away.status()).toMatchObject({ ready: false, reason: expect.stringContaining('ECONNREFUSED') });
    expect(await failure(away.read(base, []))).toMatchObject({ kind: 'unavailable' });
    expect(await failure(all(away, {}))).toMatchObject({ kind: 'unavailable' });
    expect(await failure(away.delete(base))).toMatchObject({ kind: 'unavailable', outcomeUnknown: false });
  });
});

describe('search', () => {
  test("delivers every entry beyond the server's size limit of 500", async () => {
    const found = await all(directory, { filter: equal('sn', 'Many'), attributes: ['uid'] });
    expect(new Set(found.flatMap((one) => one.texts('uid'))).size).toBe(1203);
    expect(found).toHaveLength(1203);
  });

  test.each([1, 2, 199, 200, 201, 499, 500, 501, 1202, 1203, 1204, 5000])('stops at limit %i', async (limit) => {
    expect(await all(directory, { filter: equal('sn', 'Many'), limit })).toHaveLength(Math.min(limit, 1203));
  });

  test('at limit 0 finds nothing and asks nothing', async () => {
    expect(await all(directory, { limit: 0 })).toEqual([]);
  });

  test("many large and small searches at once on two connections do not disturb each other's pages", async () => {
    const large = Array.from({ length: 12 }, () => all(directory, { filter: equal('sn', 'Many') }));
    const small = Array.from({ length: 100 }, (_, i) => all(directory, { filter: equal('uid', `many${i}`) }));
    expect((await Promise.all(large)).map(({ length }) => length)).toEqual(large.map(() => 1203));
    expect((await Promise.all(small)).map(({ length }) => length)).toEqual(small.map(() => 1));
  });

  test('a search inside the loop of another works', async () => {
    let inner = 0;
    for await (const _ of directory.search({ base, scope: 'sub', filter: equal('sn', 'Many'), attributes: [], limit: 600 })) {
      if (inner < 3) inner += (await all(directory, { filter: equal('sn', 'Many') })).length === 1203 ? 1 : 0;
    }
    expect(inner).toBe(3);
  });

  test('left early it leaves nothing behind', async () => {
    for await (const _ of directory.search({ base, scope: 'sub', filter: equal('sn', 'Many'), attributes: [] })) break;
    expect(await all(directory, { filter: equal('sn', 'Many') })).toHaveLength(1203);
  });

  test('attributes: none, some, operational; scopes', async () => {
    const [one] = await all(directory, { base: people, scope: 'one', filter: equal('uid', 'many7') });
    expect(one?.names()).toEqual([]);
    const [two] = await all(directory, { filter: equal('uid', 'many7'), attributes: ['uid', 'entryUUID'] });
    expect(two?.names().toSorted()).toEqual(['entryuuid', 'uid']);
    expect(await all(directory, { scope: 'base', base: people })).toHaveLength(1);
    expect(await all(directory, { scope: 'one', base: people, filter: equal('ou', 'people') })).toHaveLength(0);
  });

  test('a base that is missing is an error for one and sub, nothing for base', async () => {
    const missing = parseDn(`ou=missing,${suffix}`);
    expect(await failure(all(directory, { base: missing }))).toMatchObject({ kind: 'result', resultCode: 32 });
    expect(await failure(all(directory, { base: missing, scope: 'one' }))).toMatchObject({ resultCode: 32 });
    expect(await all(directory, { base: missing, scope: 'base' })).toEqual([]);
  });

  test('an aborted signal ends it', async () => {
    await expect(all(directory, { signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone');
  });

  test('octets above 0x7f in filters find what they should', async () => {
    const octets = Buffer.from([0x00, 0x7f, 0x80, 0xd3, 0xff, 0xfe]);
    const dn = userDn('octets');
    await directory.add(dn, new Map([...person('octets'), ['description', ['grün']], ['jpegPhoto', [octets]]]));
    cleanUps.push(() => directory.delete(dn));
    expect(await all(directory, { filter: equal('description', 'grün') })).toHaveLength(1);
    expect(await all(directory, { filter: equal('description', Buffer.from('grün')) })).toHaveLength(1);
    expect(await all(directory, { filter: { kind: 'substring', attribute: 'description', any: ['rü'] } })).toHaveLength(1);
    expect(
      await all(directory, { filter: { kind: 'extensible', attribute: 'description', rule: 'caseExactMatch', value: 'grün' } }),
    ).toHaveLength(1);
    expect((await directory.read(dn, ['jpegPhoto']))?.octets('jpegPhoto')).toEqual([octets]);
    const uuid = (await directory.read(dn, ['entryUUID']))?.texts('entryUUID')[0] ?? '';
    expect(await all(directory, { filter: equal('entryUUID', uuid) })).toHaveLength(1);
  });
});

describe('search of servers that behave oddly', () => {
  const asMany = { filter: equal('cn', 'x'), attributes: ['cn'] };

  test('continues across empty pages that have a cookie', async () => {
    const pages: Readonly<Record<string, readonly [readonly string[], string]>> = {
      '': [['a'], '1'],
      '1': [[], '2'],
      '2': [[], '3'],
      '3': [['b'], ''],
    };
    const server = await script(
      ({ messageId, tag, page, attributes }, reply) => {
        if (tag !== 0x63 || attributes[0] !== 'cn') return false;
        if (page === undefined) reply(result(messageId, 0x65, 4));
        else {
          const [names, cookie] = pages[page.cookie] ?? [[], ''];
          reply(...names.map((name) => entry(messageId, `cn=${name}`, {})), result(messageId, 0x65, 0, { cookie }));
        }
        return true;
      },
      { paging: true },
    );
    expect((await all(await openFor([server.url]), asMany)).map(({ dn }) => dn)).toEqual(['cn=a', 'cn=b']);
  });

  test('a connection that is lost between two pages fails the search, and no page is asked of another connection', async () => {
    const server = await script(
      ({ messageId, tag, page, attributes }, reply, socket) => {
        if (tag !== 0x63 || attributes[0] !== 'cn') return false;
        if (page === undefined) reply(result(messageId, 0x65, 4));
        else if (page.cookie === '') reply(entry(messageId, 'cn=a', {}), result(messageId, 0x65, 0, { cookie: '1' }));
        else socket.destroy();
        return true;
      },
      { paging: true },
    );
    const from = await openFor([server.url]);
    expect(await failure(all(from, asMany))).toMatchObject({ kind: 'lost' });
    expect(server.requests.filter(({ page }) => page?.cookie === '1')).toHaveLength(1);
  });

  test('an error on a later page is an error of the search', async () => {
    const server = await script(
      ({ messageId, tag, page, attributes }, reply) => {
        if (tag !== 0x63 || attributes[0] !== 'cn') return false;
        if (page === undefined) reply(result(messageId, 0x65, 4));
        else if (page.cookie === '') reply(entry(messageId, 'cn=a', {}), result(messageId, 0x65, 0, { cookie: '1' }));
        else reply(entry(messageId, 'cn=b', {}), result(messageId, 0x65, 3));
        return true;
      },
      { paging: true },
    );
    expect(await failure(all(await openFor([server.url]), asMany))).toMatchObject({ resultCode: 3 });
  });

  test.each([
    ['size limit', 4],
    ['time limit', 3],
    ['administrative limit', 11],
    ['referral', 10],
    ['busy', 51],
  ])('entries and then %s (%i), without paging, are an error', async (_name, code) => {
    const server = await script(({ messageId, tag, attributes }, reply) => {
      if (tag !== 0x63 || attributes[0] !== 'cn') return false;
      reply(entry(messageId, 'cn=a', {}), result(messageId, 0x65, code));
      return true;
    });
    expect(await failure(all(await openFor([server.url]), asMany))).toMatchObject({ kind: 'result', resultCode: code });
    expect(await failure(all(await openFor([server.url]), { ...asMany, limit: 5 }))).toMatchObject({ kind: 'result', resultCode: code });
  });

  test('the size limit that was asked for is the limit reached, not an error', async () => {
    const server = await script(({ messageId, tag, attributes, sizeLimit }, reply) => {
      if (tag !== 0x63 || attributes[0] !== 'cn') return false;
      reply(...Array.from({ length: sizeLimit }, (_, i) => entry(messageId, `cn=${i}`, {})), result(messageId, 0x65, 4));
      return true;
    });
    expect(await all(await openFor([server.url]), { ...asMany, limit: 3 })).toHaveLength(3);
  });

  test.each([false, true])('a size limit that is ignored is kept by ourselves (paging: %s)', async (paging) => {
    const server = await script(
      ({ messageId, tag, attributes, page }, reply) => {
        if (tag !== 0x63 || attributes[0] !== 'cn') return false;
        reply(
          ...Array.from({ length: 700 }, (_, i) => entry(messageId, `cn=${i}`, {})),
          result(messageId, 0x65, 0, page === undefined ? {} : { cookie: '' }),
        );
        return true;
      },
      { paging },
    );
    const from = await openFor([server.url]);
    expect(await all(from, { ...asMany, limit: 3 })).toHaveLength(3);
    expect(await all(from, asMany)).toHaveLength(700);
  });

  test('references are passed over', async () => {
    const server = await script(({ messageId, tag, attributes }, reply) => {
      if (tag !== 0x63 || attributes[0] !== 'cn') return false;
      reply(reference(messageId, 'ldap://elsewhere/'), entry(messageId, 'cn=a', {}), result(messageId, 0x65, 0));
      return true;
    });
    expect((await all(await openFor([server.url]), asMany)).map(({ dn }) => dn)).toEqual(['cn=a']);
  });

  test('a search that lost its connection before it delivered anything is sent once more, on a bound connection', async () => {
    let losses = 1;
    const server = await script(({ messageId, tag, attributes }, reply, socket) => {
      if (tag !== 0x63 || attributes[0] !== 'cn') return false;
      if (losses-- > 0) socket.destroy();
      else reply(entry(messageId, 'cn=a', {}), result(messageId, 0x65, 0));
      return true;
    });
    const from = await openFor([server.url]);
    await sleep(1050);
    expect(await all(from, asMany)).toHaveLength(1);
    expect(server.requests.filter(({ tag }) => tag === 0x60)).toHaveLength(server.connections());
  });
});

describe('ranged attributes (L-056)', () => {
  const size = 1500;
  const members = Array.from({ length: 4123 }, (_, i) => `cn=m${i}`);
  const range = (from: number): Readonly<Record<string, readonly string[]>> => {
    const isLast = from + size >= members.length;
    return { member: [], [`member;range=${from}-${isLast ? '*' : from + size - 1}`]: members.slice(from, from + size) };
  };
  const rangedServer = (): Promise<ScriptedServer> =>
    script(({ messageId, tag, attributes, base: dn }, reply) => {
      const [name = ''] = attributes;
      if (tag !== 0x63 || !/^(member|\*)/.test(name) || dn === '') return false;
      const from = Number(/;range=(\d+)-/.exec(name)?.[1] ?? 0);
      reply(entry(messageId, `cn=group,${suffix}`, { cn: ['group'], ...range(from) }), result(messageId, 0x65, 0));
      return true;
    });

  test.each(['member', '*'])('are read to their end by read and search (asked for %s)', async (name) => {
    const from = await openFor([(await rangedServer()).url]);
    const read = await from.read(parseDn(`cn=group,${suffix}`), [name]);
    expect(read?.texts('member')).toEqual(members);
    expect(read?.names().toSorted()).toEqual(['cn', 'member']);
    expect((await all(from, { attributes: [name] }))[0]?.texts('member')).toEqual(members);
  });

  test('are left alone where the caller asks for a range', async () => {
    const from = await openFor([(await rangedServer()).url]);
    const read = await from.read(parseDn(`cn=group,${suffix}`), ['member;range=1500-*']);
    expect(read?.texts('member;range=1500-2999')).toHaveLength(1500);
    expect(read?.has('member')).toBe(false);
  });

  test('values that move while they are read are kept once; a range that is gone ends the reading', async () => {
    const server = await script(({ messageId, tag, attributes }, reply) => {
      const [name = ''] = attributes;
      if (tag !== 0x63 || !name.startsWith('member')) return false;
      const values: Readonly<Record<string, readonly string[]>> =
        name === 'member' ? { 'member;range=0-1': ['a', 'b'] } : name === 'member;range=2-*' ? { 'member;range=2-3': ['b', 'c'] } : {};
      reply(entry(messageId, 'cn=group', values), result(messageId, 0x65, 0));
      return true;
    });
    const read = await (await openFor([server.url])).read(parseDn('cn=group'), ['member']);
    expect(read?.texts('member')).toEqual(['a', 'b', 'c']);
  });

  test.each([
    [
      'does not advance',
      (messageId: number) => [entry(messageId, 'cn=group', { 'member;range=0-1': ['a', 'b'] }), result(messageId, 0x65, 0)],
    ],
    ['belongs to an entry that went away', (messageId: number) => [result(messageId, 0x65, 32)]],
    ['is refused', (messageId: number) => [result(messageId, 0x65, 1)]],
  ])('a range that %s is an error, never a part', async (_name, next) => {
    const server = await script(({ messageId, tag, attributes }, reply) => {
      const [name = ''] = attributes;
      if (tag !== 0x63 || !name.startsWith('member')) return false;
      if (name === 'member') reply(entry(messageId, 'cn=group', { 'member;range=0-1': ['a', 'b'] }), result(messageId, 0x65, 0));
      else reply(...next(messageId));
      return true;
    });
    expect((await failure((await openFor([server.url])).read(parseDn('cn=group'), ['member']))).kind).toBe('result');
  });
});

describe('read', () => {
  test('one entry, or undefined when there is none or the filter does not match', async () => {
    expect((await directory.read(people, ['ou']))?.texts('OU')).toEqual(['people']);
    expect(await directory.read(userDn('nobody'), ['*'])).toBeUndefined();
    expect(await directory.read(people, ['ou'], equal('ou', 'groups'))).toBeUndefined();
  });
});

describe('writes', () => {
  test.each([
    'plain',
    'comma, in name',
    'plus+plus',
    'quote"quote',
    'back\\slash',
    'ends with backslash\\',
    '<angle>',
    'semi;colon',
    'equals=sign',
    '#hash',
    ' leading',
    'trailing ',
    'Grüße',
    '漢字',
    'a\u0000b',
    "l'été",
    '__proto__',
    'constructor',
    'uid=x,ou=y',
    '/slash/',
    '*star(paren)',
  ])('add, read, rename, move, delete of a name like %j', async (name) => {
    const dn = childOf([{ type: 'cn', value: name }], people);
    const attributes = new Map<string, readonly Value[]>([
      ['objectClass', ['inetOrgPerson']],
      ['cn', [name]],
      ['sn', ['x']],
    ]);
    await directory.add(dn, attributes);
    const uuid = (await directory.read(dn, ['entryUUID']))?.texts('entryUUID');
    expect(uuid).toHaveLength(1);
    const renamed = childOf([{ type: 'cn', value: `${name}2` }], people);
    await directory.move(dn, [{ type: 'cn', value: `${name}2` }]);
    expect(await directory.read(dn, [])).toBeUndefined();
    const moved = childOf([{ type: 'cn', value: name }], groups);
    await directory.move(renamed, [{ type: 'cn', value: name }], { superior: groups });
    const found = await directory.read(moved, ['entryUUID', 'cn']);
    expect(found?.texts('entryUUID')).toEqual(uuid);
    expect(found?.texts('cn')).toEqual([name]);
    expect(formatDn(parentOf(parseDn(found?.dn ?? '')))).toBe(formatDn(groups));
    await directory.delete(moved);
    expect(await directory.read(moved, [])).toBeUndefined();
  });

  test('deleteOldRdn: false keeps the old value', async () => {
    const dn = userDn('keep');
    await directory.add(dn, person('keep'));
    await directory.move(dn, [{ type: 'uid', value: 'kept' }], { deleteOldRdn: false });
    expect((await directory.read(userDn('kept'), ['uid']))?.texts('uid').toSorted()).toEqual(['keep', 'kept']);
    await directory.delete(userDn('kept'));
  });

  test('post-read answers add, modify and move with the entry as it is now (RFC 4527)', async () => {
    const dn = userDn('post');
    const options = { postRead: ['uid', 'sn', 'entryCSN'] };
    const added = await directory.add(dn, person('post'), options);
    const modified = await directory.modify(dn, [{ operation: 'replace', attribute: 'sn', values: ['New'] }], options);
    const moved = await directory.move(dn, [{ type: 'uid', value: 'post2' }], options);
    expect([added?.texts('sn'), modified?.texts('sn'), moved?.texts('uid')]).toEqual([['post'], ['New'], ['post2']]);
    expect(new Set([added, modified, moved].map((one) => one?.texts('entryCSN')[0])).size).toBe(3);
    expect(moved?.dn).toBe(formatDn(userDn('post2')));
    expect(await directory.modify(userDn('post2'), [{ operation: 'add', attribute: 'mail', values: ['a@b'] }])).toBeUndefined();
    await directory.delete(userDn('post2'));
  });

  test('a false assertion changes nothing and is result 122 (L-023)', async () => {
    const dn = userDn('assert');
    await directory.add(dn, person('assert'));
    const assertion = equal('sn', 'other');
    const change = [{ operation: 'replace' as const, attribute: 'sn', values: ['changed'] }];
    expect(await failure(directory.modify(dn, change, { assertion }))).toMatchObject({
      kind: 'result',
      resultCode: 122,
      outcomeUnknown: false,
    });
    expect(await failure(directory.move(dn, [{ type: 'uid', value: 'x' }], { assertion }))).toMatchObject({ resultCode: 122 });
    expect(await failure(directory.delete(dn, { assertion }))).toMatchObject({ resultCode: 122 });
    expect((await directory.read(dn, ['sn']))?.texts('sn')).toEqual(['assert']);
    await directory.modify(dn, change, { assertion: equal('sn', 'assert') });
    await directory.delete(dn, { assertion: equal('sn', 'changed') });
  });

  test('compare-and-set by deleting the old value: of two writers one gets 16 (L-015)', async () => {
    const dn = userDn('cas');
    await directory.add(dn, person('cas'));
    const swap = (value: string): Promise<unknown> =>
      directory.modify(dn, [
        { operation: 'delete', attribute: 'sn', values: ['cas'] },
        { operation: 'add', attribute: 'sn', values: [value] },
      ]);
    const outcomes = await Promise.allSettled([swap('one'), swap('two')]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { resultCode: 16 } });
    await directory.delete(dn);
  });

  test("an error has the code and the server's text, and its message has neither names nor values", async () => {
    const error = await failure(directory.add(userDn('many1'), person('many1')));
    expect(error).toMatchObject({ kind: 'result', resultCode: 68, message: 'add: entryAlreadyExists (68)' });
    const invalid = await failure(directory.modify(userDn('many1'), [{ operation: 'replace', attribute: 'noSuchThing', values: ['x'] }]));
    expect(invalid).toMatchObject({ resultCode: 17, diagnostic: expect.stringContaining('noSuchThing') });
  });

  test('a group of 5,000 members is written and read whole', async () => {
    const dn = childOf([{ type: 'cn', value: 'large' }], groups);
    const members = Array.from({ length: 5000 }, (_, i) => `uid=many${i},ou=people,${suffix}`);
    await directory.add(
      dn,
      new Map<string, readonly Value[]>([
        ['objectClass', ['groupOfNames']],
        ['cn', ['large']],
        ['member', members],
      ]),
    );
    expect((await directory.read(dn, ['member']))?.texts('member').toSorted()).toEqual(members.toSorted());
    await directory.delete(dn);
  });

  test('a write whose connection is lost is kind lost, its outcome unknown, and it was sent once', async () => {
    const proxy = await startProxy(slapd.port);
    cleanUps.push(() => proxy.stop());
    const from = await openFor([proxy.url]);
    const dn = userDn('lost');
    proxy.stall();
    const write = failure(from.add(dn, person('lost')));
    await expect.poll(() => directory.read(dn, [])).toBeDefined();
    proxy.cut();
    expect(await write).toMatchObject({ kind: 'lost', outcomeUnknown: true });
    await directory.delete(dn);
    proxy.resume();
    await expect.poll(() => from.status().ready, { timeout: 8000 }).toBe(true);
    expect(await directory.read(dn, [])).toBeUndefined();
  });

  test('a write that is not answered in time is kind timeout, its outcome unknown', async () => {
    const server = await script(({ tag }) => tag === 0x66);
    const from = await openFor([server.url], { timeouts: { connect: 500, operation: 100 } });
    expect(await failure(from.modify(people, []))).toMatchObject({ kind: 'timeout', outcomeUnknown: true });
    expect(server.requests.filter(({ tag }) => tag === 0x66)).toHaveLength(1);
  });
});

describe('setPassword (RFC 3062, L-062)', () => {
  test('sets a password that binds, over TLS', async () => {
    const secure = await openFor([slapd.url], { tls: { startTls: true, ca: [slapd.ca ?? ''] } });
    const dn = userDn('password');
    await secure.add(dn, person('password'));
    cleanUps.push(() => directory.delete(dn));
    await secure.setPassword(dn, 'geheim-ü-123');
    const asUser = await openFor([slapd.url], { bind: { dn: formatDn(dn), password: 'geheim-ü-123' } });
    expect(asUser.status()).toMatchObject({ ready: true });
    const stored = await directory.read(dn, ['userPassword']);
    expect(stored?.texts('userPassword')[0]).toMatch(/^\{SSHA\}/);
  });

  test('a password against the policy says why (draft-behera, L-063)', async () => {
    const dn = userDn('policy');
    await directory.add(dn, person('policy'));
    cleanUps.push(() => directory.delete(dn));
    expect(await failure(directory.setPassword(dn, 'short'))).toMatchObject({ kind: 'result', resultCode: 19, policyError: 6 });
  });

  test('an empty one is refused without asking', async () => {
    expect(await failure(directory.setPassword(userDn('many1'), ''))).toMatchObject({ resultCode: 19 });
  });
});

describe('the anonymous trap', () => {
  /** How many entries are found of one that exists, or what kind of error there is. */
  const countOne = (from: Directory): Promise<number | string> =>
    all(from, { filter: equal('uid', 'many1') }).then(
      ({ length }) => length,
      (error: DirectoryError) => error.kind,
    );

  test('after any loss every connection is bound again before it is used: never a search as nobody', async () => {
    const proxy = await startProxy(slapd.port);
    cleanUps.push(() => proxy.stop());
    const from = await openFor([proxy.url], { connections: 2 });
    const answers: (number | string)[] = [];
    for (let round = 0; round < 6; round++) {
      if (round % 2 === 0) proxy.cut();
      else proxy.cutAfter(30);
      answers.push(...(await Promise.all(Array.from({ length: 10 }, () => countOne(from)))));
      await sleep(30);
    }
    expect(new Set(answers.filter((answer) => typeof answer === 'number'))).not.toContain(0);
    await expect.poll(() => countOne(from), { timeout: 8000 }).toBe(1);
  });

  test('with StartTLS every new connection is protected before it binds: nothing ever travels in clear', async () => {
    const proxy = await startProxy(slapd.port);
    cleanUps.push(() => proxy.stop());
    const from = await openFor([proxy.url], { tls: { startTls: true, ca: [slapd.ca ?? ''] }, connections: 2 });
    for (let round = 0; round < 4; round++) {
      proxy.cut();
      await expect.poll(() => countOne(from), { timeout: 8000 }).toBe(1);
    }
    expect(proxy.accepted).toBeGreaterThan(4);
    expect(proxy.sent().toString('latin1')).not.toMatch(/gateway|many1/);
  });
});
