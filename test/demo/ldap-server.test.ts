// The demo directory as a server: framing, refusals, pauses, several clients, an orderly end.
// RFC 4511 sections 4.1.1, 4.4.1, 4.11, 5.3; what it shares with slapd is in faithful.test.ts.
import { afterEach, describe, expect, test } from 'vitest';
import { startDemoDirectory, type DemoDirectory, type DemoDirectoryOptions } from '../../src/demo/ldap-server.ts';
import { assertion, pagedResults, readPage } from '../../src/ldap/controls.ts';
import type { Scope } from '../../src/ldap/directory.ts';
import { parseFilter, type Filter } from '../../src/ldap/filter.ts';
import { encodeMessage, type Request } from '../../src/ldap/message.ts';
import { Dialogue } from './dialogue.ts';
import { RawClient } from './raw-client.ts';

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const thing of opened.splice(0).toReversed()) await thing.close();
});

async function start(options: DemoDirectoryOptions = { users: 20 }): Promise<DemoDirectory> {
  const demo = await startDemoDirectory(options);
  opened.push(demo);
  return demo;
}

async function openDialogue(demo: DemoDirectory): Promise<Dialogue> {
  const dialogue = await Dialogue.open(demo);
  opened.push(dialogue);
  return dialogue;
}

function openRaw(demo: DemoDirectory): RawClient {
  const client = new RawClient(demo.port);
  opened.push(client);
  return client;
}

const everything = parseFilter('(objectClass=*)');
const searchAll = (base: string, attributes: readonly string[] = ['*'], scope: Scope = 'sub', filter = everything): Request => ({
  operation: 'search',
  base,
  scope,
  filter,
  attributes,
  sizeLimit: 0,
  timeLimit: 0,
});
const bindAdmin = (demo: DemoDirectory): Request => ({ operation: 'bind', dn: demo.adminDn, password: demo.adminPassword });

describe('start and end', () => {
  test('listens on a free loopback port with the default suffix and administrator', async () => {
    const demo = await start();
    expect(demo).toMatchObject({
      suffix: 'dc=example,dc=com',
      adminDn: 'cn=admin,dc=example,dc=com',
      url: `ldap://127.0.0.1:${demo.port}`,
    });
    expect(demo.port).toBeGreaterThan(0);
  });

  test('serves another suffix with another administrator', async () => {
    const demo = await start({ suffix: 'o=Tallowmere', adminDn: 'cn=root', adminPassword: 'r', users: 3 });
    const answer = await (await openDialogue(demo)).search('o=tallowmere', { scope: 'one', attributes: ['1.1'] });
    expect(answer).toEqual({ code: 0, matchedDn: '', entries: ['ou=groups,o=Tallowmere', 'ou=people,o=Tallowmere'] });
  });

  test('counts its entries as they come and go', async () => {
    const demo = await start({ users: 0 });
    const dialogue = await openDialogue(demo);
    expect(demo.size).toBe(3);
    await dialogue.add(`ou=more,${demo.suffix}`, { objectClass: ['organizationalUnit'] });
    expect(demo.size).toBe(4);
    await dialogue.do({ operation: 'delete', dn: `ou=more,${demo.suffix}` });
    expect(demo.size).toBe(3);
  });

  test('refuses a port that is taken and a suffix that is no DN', async () => {
    const demo = await start({ users: 0 });
    await expect(startDemoDirectory({ port: demo.port, users: 0 })).rejects.toThrow('EADDRINUSE');
    await expect(startDemoDirectory({ suffix: 'nonsense' })).rejects.toThrow(SyntaxError);
  });

  test('close tells the clients that are connected, and the port is free again', async () => {
    const demo = await startDemoDirectory({ users: 0 });
    const client = openRaw(demo).request(1, bindAdmin(demo));
    expect(await client.code(1)).toBe(0);
    await demo.close();
    await client.closed;
    expect(client.responses.at(-1)).toMatchObject({
      kind: 'result',
      messageId: 0,
      result: { resultCode: 52, oid: '1.3.6.1.4.1.1466.20036' },
    });
    await (await startDemoDirectory({ port: demo.port, users: 0 })).close();
  });
});

describe('who is not bound', () => {
  test('reads the root DSE and the subschema, and nothing else', async () => {
    const demo = await start();
    const client = openRaw(demo);
    client.request(1, searchAll('', ['+'], 'base'));
    client.request(2, searchAll('cn=Subschema', ['attributeTypes'], 'base'));
    client
      .request(3, searchAll(demo.suffix))
      .request(4, searchAll(`ou=people,${demo.suffix}`))
      .request(5, searchAll('dc=nowhere'));
    expect(await Promise.all([1, 2, 3, 4, 5].map((id) => client.code(id)))).toEqual([0, 0, 32, 32, 32]);
    expect(client.responses.filter(({ kind }) => kind === 'entry')).toHaveLength(2);
    expect((await client.result(3)).result.matchedDn).toBe('');
  });

  test('changes nothing', async () => {
    const demo = await start();
    const client = openRaw(demo);
    client.request(1, { operation: 'delete', dn: `ou=people,${demo.suffix}` });
    client.request(2, { operation: 'modify', dn: `ou=people,${demo.suffix}`, changes: [] });
    client.request(3, { operation: 'extended', oid: '1.3.6.1.4.1.4203.1.11.1' });
    expect(await Promise.all([1, 2, 3].map((id) => client.code(id)))).toEqual([8, 8, 8]);
  });

  test('is everyone whose bind failed, or gave no password', async () => {
    const demo = await start();
    const client = openRaw(demo).request(1, bindAdmin(demo)).request(2, { operation: 'bind', dn: demo.adminDn, password: '' });
    expect(await client.code(2)).toBe(53);
    expect(await client.request(3, searchAll(demo.suffix)).code(3)).toBe(32);
    client
      .request(4, bindAdmin(demo))
      .request(5, { operation: 'bind', dn: demo.adminDn, password: 'wrong' })
      .request(6, searchAll(demo.suffix));
    expect(await Promise.all([4, 5, 6].map((id) => client.code(id)))).toEqual([0, 49, 32]);
  });

  test('an empty name and password are a bind without one', async () => {
    const demo = await start();
    expect(await openRaw(demo).request(1, { operation: 'bind', dn: '', password: '' }).code(1)).toBe(0);
  });

  test('cannot bind with LDAPv2 or SASL', async () => {
    const demo = await start();
    const version2 = Buffer.from('300c020101600702010204008000', 'hex');
    const sasl = Buffer.from('3016020102601102010304 00a30a0408454e5445524e414c'.replaceAll(' ', ''), 'hex');
    const client = openRaw(demo).send(version2).send(fixLengths(sasl));
    expect(await Promise.all([client.code(1), client.code(2)])).toEqual([2, 7]);
  });
});

/** The outer lengths as they must be, for messages typed by hand. */
function fixLengths(pdu: Buffer): Buffer {
  const fixed = Buffer.from(pdu);
  fixed[1] = fixed.length - 2;
  fixed[6] = fixed.length - 7;
  return fixed;
}

describe('octets on the wire', () => {
  test('a message may come octet by octet, and many in one piece', async () => {
    const demo = await start();
    const client = openRaw(demo);
    for (const octet of encodeMessage(1, bindAdmin(demo))) client.send(Buffer.from([octet]));
    expect(await client.code(1)).toBe(0);
    client.send(Buffer.concat([2, 3, 4].map((id) => encodeMessage(id, { operation: 'extended', oid: '1.3.6.1.4.1.4203.1.11.3' }))));
    expect(await Promise.all([2, 3, 4].map((id) => client.code(id)))).toEqual([0, 0, 0]);
  });

  const garbage = {
    'no BER': Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    'an indefinite length': Buffer.from('3080', 'hex'),
    'a length of five octets': Buffer.from('30850000000001', 'hex'),
    'an unknown operation': Buffer.from('30050201017f00', 'hex'),
    'an inner length beyond the message': Buffer.from('300c02010160ff020103040080', 'hex').subarray(0, 14),
    'an inner length that is negative as an integer': Buffer.from('300e02010160840fffffff0201030400', 'hex'),
    'an unknown search scope': Buffer.from('3025020102632004000a01090a0100020100020100010100870b6f626a656374436c6173733000', 'hex'),
    'a message of more than 256 KB before a bind': Buffer.from('30830f0000', 'hex'),
    'a filter nested 200 deep': encodeMessage(1, searchAll('', [], 'base', nest(200))),
  };
  test.each(Object.entries(garbage))('%s ends the session with a notice of disconnection', async (_, octets) => {
    const demo = await start({ users: 0 });
    const client = openRaw(demo).send(octets).send(Buffer.alloc(64));
    await client.closed;
    expect(client.responses).toMatchObject([{ kind: 'result', messageId: 0, result: { resultCode: 2 } }]);
    expect((await (await openDialogue(demo)).search(demo.suffix)).code).toBe(0);
  });

  test('a control value that cannot be read refuses that operation only', async () => {
    const dialogue = await openDialogue(await start());
    const broken = [Buffer.from('3003', 'hex'), Buffer.from('0101ff', 'hex'), undefined].map((value) => ({
      oid: '1.2.840.113556.1.4.319',
      critical: true,
      ...(value && { value }),
    }));
    for (const control of broken) expect((await dialogue.search('', { scope: 'base', controls: [control] })).code).toBe(2);
    expect((await dialogue.search('', { scope: 'base' })).code).toBe(0);
  });

  test('a megabyte of members goes in and comes out', async () => {
    const demo = await start({ users: 0 });
    const dialogue = await openDialogue(demo);
    const member = Array.from({ length: 20_000 }, (_, at) => `uid=somebody.number.${at},ou=people,${demo.suffix}`);
    const dn = `cn=big,ou=groups,${demo.suffix}`;
    expect((await dialogue.add(dn, { objectClass: ['groupOfNames'], member })).code).toBe(0);
    const { entries } = await dialogue.read(dn, { attributes: ['member'] });
    expect(entries[0]?.texts('member')).toEqual(member);
  });
});

function nest(depth: number): Filter {
  return depth === 0 ? everything : { kind: 'not', filter: nest(depth - 1) };
}

describe('several things at once', () => {
  test('clients page side by side, each on its own connection', async () => {
    const demo = await start({ users: 60 });
    const counts = await Promise.all(
      [3, 7, 11].map(async (size) => {
        const dialogue = await openDialogue(demo);
        let [count, cookie]: [number, Buffer | undefined] = [0, undefined];
        do {
          const { entries, result } = await dialogue.read(`ou=people,${demo.suffix}`, {
            scope: 'one',
            attributes: ['1.1'],
            controls: [pagedResults(size, cookie)],
          });
          count += entries.length;
          cookie = readPage(result.controls)?.cookie;
        } while (cookie !== undefined && cookie.length > 0);
        return count;
      }),
    );
    expect(counts).toEqual([60, 60, 60]);
  });

  test('a page after a deletion neither repeats nor skips an entry', async () => {
    const demo = await start({ users: 10 });
    const dialogue = await openDialogue(demo);
    const people = `ou=people,${demo.suffix}`;
    const first = await dialogue.read(people, { scope: 'one', attributes: ['1.1'], controls: [pagedResults(4)] });
    await dialogue.do({ operation: 'delete', dn: first.entries[3]?.dn ?? '' });
    const cookie = readPage(first.result.controls)?.cookie;
    const rest = await dialogue.read(people, { scope: 'one', attributes: ['1.1'], controls: [pagedResults(50, cookie)] });
    expect(new Set([...first.entries, ...rest.entries].map(({ dn }) => dn)).size).toBe(10);
    expect(rest.entries).toHaveLength(6);
  });

  test('a search waits for a client that does not read, and other clients are served', async () => {
    const demo = await start({ users: 2000 });
    const slow = openRaw(demo).request(1, bindAdmin(demo));
    expect(await slow.code(1)).toBe(0);
    slow.pause();
    slow.request(2, searchAll(demo.suffix, ['*', '+']));
    const dialogue = await openDialogue(demo);
    expect((await dialogue.search(demo.suffix, { scope: 'base' })).code).toBe(0);
    slow.resume();
    expect(await slow.code(2)).toBe(0);
    expect(slow.responses.filter(({ kind }) => kind === 'entry')).toHaveLength(demo.size);
  });

  test('abandoned searches stop and are not answered', async () => {
    const demo = await start({ users: 2000 });
    const client = openRaw(demo).request(1, bindAdmin(demo));
    expect(await client.code(1)).toBe(0);
    const ids = [2, 3, 4, 5, 6];
    const searches = ids.map((id) => encodeMessage(id, searchAll(demo.suffix, ['*', '+'])));
    const abandons = ids.map((messageId) => encodeMessage(10 + messageId, { operation: 'abandon', messageId }));
    client.send(Buffer.concat([...searches, ...abandons])).request(20, { operation: 'extended', oid: '1.3.6.1.4.1.4203.1.11.3' });
    expect(await client.code(20)).toBe(0);
    expect(client.responses.filter(({ kind }) => kind === 'entry').length).toBeLessThan(ids.length * demo.size);
    expect(client.responses.find(({ messageId, kind }) => messageId === 6 && kind === 'result')).toBeUndefined();
  });

  test('of two writers with the same assertion one wins', async () => {
    const demo = await start({ users: 1 });
    const [one, two] = [await openDialogue(demo), await openDialogue(demo)];
    const { entries } = await one.read(demo.suffix, { filter: '(uid=*)', attributes: ['entryCSN'] });
    const [entry] = entries;
    const controls = [assertion(parseFilter(`(entryCSN=${entry?.texts('entryCSN')[0] ?? ''})`))];
    const write = (dialogue: Dialogue, title: string) =>
      dialogue.modify(entry?.dn ?? '', [{ operation: 'replace', attribute: 'title', values: [title] }], controls);
    const answers = await Promise.all([write(one, 'first'), write(two, 'second')]);
    expect(answers.map(({ code }) => code).toSorted((a, b) => a - b)).toEqual([0, 122]);
  });
});

describe('time stamps', () => {
  test('contextCSN is the CSN of the last change, of a deletion too', async () => {
    const demo = await start({ users: 1 });
    const dialogue = await openDialogue(demo);
    const readContext = async (): Promise<string> =>
      (await dialogue.read(demo.suffix, { scope: 'base', attributes: ['contextCSN'] })).entries[0]?.texts('contextCSN')[0] ?? '';
    const before = await readContext();
    await dialogue.add(`ou=x,${demo.suffix}`, { objectClass: ['organizationalUnit'] });
    const added = await readContext();
    const { entries } = await dialogue.read(`ou=x,${demo.suffix}`, { attributes: ['entryCSN', 'createTimestamp', 'entryUUID'] });
    expect(entries[0]?.texts('entryCSN')).toEqual([added]);
    expect(added).toMatch(/^\d{14}\.\d{6}Z#000000#000#000000$/);
    expect(entries[0]?.texts('createTimestamp')[0]).toBe(`${added.slice(0, 14)}Z`);
    expect(entries[0]?.texts('entryUUID')[0]).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    await dialogue.do({ operation: 'delete', dn: `ou=x,${demo.suffix}` });
    expect([before, added, await readContext()]).toEqual([before, added, await readContext()].toSorted());
    expect(await readContext()).not.toBe(added);
  });

  test('a change stamps the entry, keeps its id, and a refused one leaves no trace', async () => {
    const demo = await start({ users: 1 });
    const dialogue = await openDialogue(demo);
    const readEntry = async () => (await dialogue.read(demo.suffix, { filter: '(uid=*)', attributes: ['*', '+'] })).entries[0];
    const before = await readEntry();
    const dn = before?.dn ?? '';
    await dialogue.modify(dn, [
      { operation: 'replace', attribute: 'title', values: ['x'] },
      { operation: 'delete', attribute: 'sn', values: [] },
    ]);
    expect(await readEntry()).toEqual(before);
    await dialogue.modify(dn, [{ operation: 'replace', attribute: 'title', values: ['x'] }]);
    const after = await readEntry();
    expect(after?.texts('entryUUID')).toEqual(before?.texts('entryUUID'));
    expect(after?.texts('createTimestamp')).toEqual(before?.texts('createTimestamp'));
    expect(String(after?.texts('entryCSN')[0]) > String(before?.texts('entryCSN')[0])).toBe(true);
    expect(after?.texts('modifiersName')).toEqual([demo.adminDn]);
  });
});
