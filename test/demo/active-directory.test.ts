// The Active Directory face of the demo directory where Windows and Samba differ, or Samba has no such limit: here it answers as Windows does.
// MS-ADTS; what it shares with Samba is in samba-faithful.test.ts.
import { X509Certificate } from 'node:crypto';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { issueCertificate } from '../../src/demo/certificate.ts';
import { startDemoDirectory, type DemoDirectory } from '../../src/demo/ldap-server.ts';
import { connect } from '../../src/ldap/connection.ts';
import { pagedResults, plainControl, readPage } from '../../src/ldap/controls.ts';
import { diagnose } from '../../src/ldap/diagnostics.ts';
import type { Change } from '../../src/ldap/entry.ts';
import { present, type Value } from '../../src/ldap/filter.ts';
import { parseGuid, parseSid } from '../../src/ldap/syntax.ts';
import { Dialogue } from './dialogue.ts';
import { RawClient } from './raw-client.ts';

const suffix = 'DC=example,DC=com';
const staff = `OU=Staff,${suffix}`;
const groups = `OU=Groups,${suffix}`;
let demo: DemoDirectory;
let admin: Dialogue;

beforeAll(async () => {
  demo = await startDemoDirectory({ face: 'active-directory', users: 1600 });
  admin = await Dialogue.open(demo);
});
afterAll(async () => {
  admin.close();
  await demo.close();
});

type Attributes = Readonly<Record<string, readonly Value[]>>;
const quoted = (password: string): Buffer => Buffer.from(`"${password}"`, 'utf16le');
const change = (operation: Change['operation'], attribute: string, ...values: Value[]): Change => ({ operation, attribute, values });
const named = (cn: string, place = staff): string => `CN=${cn},${place}`;
const noPassword = ['546'];

/** Result code, and the eight digits that say more. */
async function codesOf(request: Parameters<Dialogue['request']>[0], controls: Parameters<Dialogue['request']>[1] = []): Promise<string> {
  const { resultCode, diagnostic } = await admin.request(request, controls);
  return resultCode === 0 ? '0' : `${resultCode} ${/^[\dA-F]{8}(?=: \w+Err: DSID-)/.exec(diagnostic)?.[0] ?? diagnostic}`;
}
const add = (dn: string, attributes: Attributes): Promise<string> =>
  codesOf({ operation: 'add', dn, attributes: new Map(Object.entries(attributes)) });
const addUser = (name: string, more: Attributes = {}): Promise<string> =>
  add(named(name), { objectClass: ['user'], sAMAccountName: [name], ...more });
const modify = (dn: string, ...changes: readonly Change[]): Promise<string> => codesOf({ operation: 'modify', dn, changes });
const textsOf = async (dn: string, name: string): Promise<readonly string[]> =>
  (await admin.read(dn, { scope: 'base', attributes: [name] })).entries[0]?.texts(name) ?? [];

describe('limits of a domain controller', () => {
  test('a search without pages ends after 1,000 entries, and no page is larger', async () => {
    const wish = { filter: '(objectCategory=person)', attributes: ['1.1'] };
    const unpaged = await admin.read(suffix, wish);
    expect([unpaged.result.resultCode, unpaged.entries.length]).toEqual([4, 1000]);
    const page = await admin.read(staff, { ...wish, controls: [pagedResults(5000)] });
    expect([page.result.resultCode, page.entries.length]).toEqual([0, 1000]);
    const rest = await admin.read(staff, { ...wish, controls: [pagedResults(5000, readPage(page.result.controls)?.cookie)] });
    expect([rest.entries.length, readPage(rest.result.controls)?.cookie.length]).toEqual([600, 0]);
    expect((await admin.read(staff, { ...wish, sizeLimit: 10 })).result.resultCode).toBe(4);
  });

  test('L-056: of more than 1,500 values only a range comes, under a name that says which', async () => {
    const read = async (attribute: string) => {
      const { entries, result } = await admin.read(named('All Employees', groups), { scope: 'base', attributes: [attribute] });
      return [result.resultCode, ...(entries[0]?.names() ?? []).map((name) => `${name} ${entries[0]?.texts(name).length}`)];
    };
    const total = (await admin.read(staff, { filter: `(memberOf=${named('All Employees', groups)})`, controls: [pagedResults(1000)] }))
      .entries.length;
    expect(total).toBe(1000);
    expect(await read('member')).toEqual([0, 'member;range=0-1499 1500']);
    expect(await read('member;range=0-99')).toEqual([0, 'member;range=0-99 100']);
    expect(await read('member;range=0-*')).toEqual([0, 'member;range=0-1499 1500']);
    const [code, last] = await read('member;range=1500-*');
    expect([code, last]).toEqual([0, expect.stringMatching(/^member;range=1500-\* \d+$/)]);
    expect(await read('member;range=90000-*')).toEqual([1]);
  });

  test('a search of the whole domain refers to the other naming contexts, unless that is not wanted', async () => {
    const uris: string[] = [];
    const search = { base: suffix, scope: 'sub', filter: present('groupType'), attributes: ['1.1'], sizeLimit: 0, timeLimit: 0 } as const;
    const collect = async (controls: Parameters<Dialogue['request']>[1] = []): Promise<number> => {
      uris.splice(0);
      for await (const batch of admin.connection.search(search, { controls }))
        for (const response of batch) if (response.kind === 'reference') uris.push(...response.uris);
      return uris.length;
    };
    expect(await collect()).toBe(3);
    expect(uris).toContain('ldap://example.com/CN=Configuration,DC=example,DC=com');
    expect(await collect([{ oid: '1.2.840.113556.1.4.1339', critical: true }])).toBe(0);
    expect((await admin.search('DC=elsewhere', { scope: 'base' })).code).toBe(10);
  });

  test('only what the root DSE names is taken where it is critical', async () => {
    const supported = await textsOf('', 'supportedControl');
    expect(supported).toContain('1.2.840.113556.1.4.319');
    expect((await admin.search(suffix, { scope: 'base', controls: [{ oid: '1.3.6.1.1.12', critical: true }] })).code).toBe(12);
    expect(await textsOf('', 'supportedCapabilities')).toContain('1.2.840.113556.1.4.800');
    const policy = 'CN=Default Query Policy,CN=Query-Policies,CN=Directory Service,CN=Windows NT,CN=Services,CN=Configuration';
    expect(await textsOf(`${policy},${suffix}`, 'lDAPAdminLimits')).toEqual(['MaxPageSize=1000', 'MaxValRange=1500']);
  });
});

describe('refusals', () => {
  test.each<readonly [what: string, ask: () => Promise<string>, answer: string]>([
    ['an account name of more than 20 characters', () => addUser('a-very-long-account-name'), '80 00000523'],
    ['an account name with marks', () => addUser('bad', { sAMAccountName: ['bad*name'] }), '80 00000523'],
    ['a text that is too long', () => addUser('long', { title: ['x'.repeat(129)] }), '19 00002082'],
    ['an account without a password that is not disabled', () => addUser('open', { userAccountControl: ['512'] }), '53 0000052D'],
    [
      'a password without the quotation marks',
      () => addUser('plain', { unicodePwd: [Buffer.from('Secret-12345', 'utf16le')] }),
      '53 0000001F',
    ],
    ['a short password', () => addUser('short', { unicodePwd: [quoted('Aa1!')] }), '53 0000052D'],
    ['a simple password', () => addUser('simple', { unicodePwd: [quoted('aaaaaaaaaa')] }), '53 0000052D'],
    ['a password with the name of its owner', () => addUser('owner', { unicodePwd: [quoted('Xowner-123456')] }), '53 0000052D'],
    ['a manager that is not there', () => addUser('led', { manager: [named('nobody')] }), '19 000020B5'],
    ['two things of one name', () => add(named('VPN Users', groups), { objectClass: ['group'] }), '68 00002071'],
    ['a place that is not there', () => add(`CN=x,OU=None,${suffix}`, { objectClass: ['user'] }), '32 0000208D'],
    ['an unknown attribute', () => modify(staff, change('replace', 'foo', 'x')), '16 00000057'],
    ['the number of changes', () => modify(staff, change('replace', 'uSNChanged', '1')), '19 000020B1'],
    ['its own members', () => modify(named('VPN Users', groups), change('add', 'member', named('nobody'))), '32 00000525'],
    ['to delete what the domain needs', () => codesOf({ operation: 'delete', dn: named('krbtgt', `CN=Users,${suffix}`) }), '53 00002035'],
    ['to delete what has something below', () => codesOf({ operation: 'delete', dn: staff }), '66 00002015'],
  ])('%s', async (_, ask, answer) => {
    expect(await ask()).toBe(answer);
  });

  test('a principal name that is taken, as the gateway understands it', async () => {
    await addUser('upn1', { userPrincipalName: ['upn@example.com'] });
    const { resultCode, diagnostic } = await admin.request({
      operation: 'add',
      dn: named('upn2'),
      attributes: new Map(Object.entries({ objectClass: ['user'], sAMAccountName: ['upn2'], userPrincipalName: ['UPN@example.com'] })),
    });
    expect(resultCode).toBe(19);
    expect(diagnose({ diagnostic, resultCode, policyError: undefined })?.cause).toBe('valueTaken');
  });

  test('a member that is one, or none: 68 and 53, and neither with permissive modify', async () => {
    await addUser('member1');
    const [dn, member] = [named('First Aiders', groups), named('member1')];
    const permissive = [plainControl('permissiveModify', true)];
    const request = (operation: Change['operation']) =>
      ({ operation: 'modify', dn, changes: [change(operation, 'member', member)] }) as const;
    expect(await codesOf(request('delete'))).toBe('53 00000561');
    expect(await codesOf(request('delete'), permissive)).toBe('0');
    expect(await codesOf(request('add'))).toBe('0');
    expect(await codesOf(request('add'))).toBe('68 00000562');
    expect(await codesOf(request('add'), permissive)).toBe('0');
    expect(await textsOf(member, 'memberOf')).toEqual([dn]);
  });
});

describe('accounts', () => {
  test('begin disabled and without need of a password, with a name that is made up', async () => {
    const dn = named('fresh');
    expect(await add(dn, { objectClass: ['user'] })).toBe('0');
    expect(await textsOf(dn, 'userAccountControl')).toEqual(noPassword);
    expect((await textsOf(dn, 'sAMAccountName'))[0]).toMatch(/^\$[\dA-F]{6}-[\dA-F]{12}$/);
    expect(await modify(dn, change('replace', 'userAccountControl', '512'))).toBe('53 0000052D');
    expect(await modify(dn, change('replace', 'unicodePwd', quoted('Secret-12345')), change('replace', 'userAccountControl', '512'))).toBe(
      '0',
    );
    expect(await textsOf(dn, 'unicodePwd')).toEqual([]);
    expect(await textsOf(dn, 'pwdLastSet')).not.toEqual(['0']);
  });

  test('accents make no difference where names are compared', async () => {
    await addUser('zoe', { displayName: ['Zoë Ångström'] });
    const { entries } = await admin.search(staff, { filter: '(displayName=ZOE angstrom)', attributes: ['1.1'] });
    expect(entries).toEqual([named('zoe')]);
    expect(await addUser('zoë')).toBe('68 00002071');
  });

  test('a state that was changed meanwhile is not overwritten', async () => {
    await addUser('cas');
    const cas = () => modify(named('cas'), change('delete', 'userAccountControl', '546'), change('add', 'userAccountControl', '544'));
    expect([await cas(), await cas()]).toEqual(['0', '16 00002085']);
  });

  test('a user changes his own password with the old one, and nothing else', async () => {
    await addUser('self', { userAccountControl: ['512'], unicodePwd: [quoted('Secret-12345')], userPrincipalName: ['self@example.com'] });
    const own = await Dialogue.open(demo, { dn: 'self@example.com', password: 'Secret-12345' });
    const change2 = async (from: string, to: string): Promise<number> =>
      (await own.modify(named('self'), [change('delete', 'unicodePwd', quoted(from)), change('add', 'unicodePwd', quoted(to))])).code;
    expect(await change2('wrong', 'Other-12345')).toBe(19);
    expect(await change2('Secret-12345', 'short')).toBe(19);
    expect(await change2('Secret-12345', 'Other-12345')).toBe(0);
    const refused = [
      (await own.modify(named('self'), [change('replace', 'unicodePwd', quoted('Third-12345'))])).code,
      (await own.modify(named('self'), [change('replace', 'title', 'Boss')])).code,
      (await own.add(named('x'), { objectClass: ['user'] })).code,
      (await own.do({ operation: 'delete', dn: named('zoe') })).code,
    ];
    expect(refused).toEqual([50, 50, 50, 50]);
    expect((await own.search(named('self'), { scope: 'base', attributes: ['title'] })).code).toBe(0);
    own.close();
    await expect(Dialogue.open(demo, { dn: named('self'), password: 'Secret-12345' })).rejects.toThrow('49');
  });

  test('the primary group changes to one that the account is in, and the memberships change sides', async () => {
    await addUser('primary');
    const [dn, group] = [named('primary'), named('Quality', groups)];
    const token = (await textsOf(group, 'primaryGroupToken'))[0] ?? '';
    expect(await modify(dn, change('replace', 'primaryGroupID', token))).toBe('53 00000561');
    await modify(group, change('add', 'member', dn));
    expect(await modify(dn, change('replace', 'primaryGroupID', token))).toBe('0');
    expect(await textsOf(dn, 'memberOf')).toEqual([named('Domain Users', `CN=Users,${suffix}`)]);
  });

  test('an id is sixteen octets with three fields turned around, and a SID the domain with a number', async () => {
    const [entry] = (await admin.read(named('Engineering', groups), { scope: 'base', attributes: ['objectGUID', 'objectSid'] })).entries;
    expect(parseGuid(entry?.octets('objectGUID')[0] ?? Buffer.alloc(0))).toMatch(
      /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/,
    );
    const sid = parseSid(entry?.octets('objectSid')[0] ?? Buffer.alloc(0));
    expect(sid).toMatch(/^S-1-5-21-\d+-\d+-\d+-\d{4,}$/);
    expect((await admin.search(suffix, { filter: `(objectSid=${sid})`, attributes: ['1.1'] })).entries).toHaveLength(1);
  });

  test('each change counts, also in the root DSE', async () => {
    const usn = async () => Number((await textsOf('', 'highestCommittedUSN'))[0]);
    const before = await usn();
    await modify(named('zoe'), change('replace', 'title', String(before)));
    expect(await usn()).toBe(before + 1);
    expect(await textsOf(named('zoe'), 'uSNChanged')).toEqual([String(before + 1)]);
    const { entries } = await admin.search(suffix, { filter: `(uSNChanged>=${before + 1})`, attributes: ['1.1'] });
    expect(entries).toEqual([named('zoe')]);
  });
});

describe('tombstones', () => {
  const shown = [plainControl('showDeleted', true)];

  test('what was deleted is found only by those who ask, with its id and without the rest', async () => {
    await addUser('gone', { title: ['Gone'], userPrincipalName: ['gone@example.com'] });
    const [before] = (await admin.read(named('gone'), { scope: 'base', attributes: ['objectGUID'] })).entries;
    const guid = parseGuid(before?.octets('objectGUID')[0] ?? Buffer.alloc(0));
    expect(await codesOf({ operation: 'delete', dn: named('gone') })).toBe('0');
    expect((await admin.search(`<GUID=${guid}>`, { scope: 'base' })).code).toBe(32);
    const wish = { filter: '(isDeleted=TRUE)', controls: shown, attributes: ['title', 'lastKnownParent', 'memberOf'] };
    const found = (await admin.search(`CN=Deleted Objects,${suffix}`, wish)).entries.find((entry) => entry.includes(guid));
    expect(found).toBe([`CN=gone\\0ADEL:${guid},CN=Deleted Objects,${suffix}`, `lastknownparent: ${staff}`].join('\n'));
    expect((await admin.search(`CN=Deleted Objects,${suffix}`, { scope: 'base' })).code).toBe(32);
    expect(await addUser('gone', { userPrincipalName: ['gone@example.com'] })).toBe('0');
  });
});

describe('TLS', () => {
  test('a certificate is made that names the host, is its own authority, and holds for a year', async () => {
    const { certificate, key } = issueCertificate(
      'dc1.example.com',
      ['localhost', 'localhost'],
      ['127.0.0.1', '::1', '2001:db8::7', 'no address'],
    );
    const read = new X509Certificate(certificate);
    expect(read.subject).toBe('CN=dc1.example.com');
    expect(read.ca && read.verify(read.publicKey) && read.checkIssued(read)).toBe(true);
    expect(read.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:2001:DB8:0:0:0:0:0:7');
    expect(read.checkHost('localhost')).toBe('localhost');
    expect(Date.parse(read.validTo) - Date.now()).toBeGreaterThan(300 * 86_400_000);
    expect(key).toMatch(/^-----BEGIN PRIVATE KEY-----/);
  });

  test('is trusted by who has its certificate, and by nobody else', async () => {
    const handshake = (ca: readonly string[]): Promise<string> =>
      new Promise((resolve) => {
        const socket = connectTls({ port: demo.port, host: '127.0.0.1', ca: [...ca] }, () => resolve('secure'));
        socket.on('error', (error) => resolve(error.message));
        socket.on('secureConnect', () => socket.destroy());
      });
    expect(await handshake([demo.ca ?? ''])).toBe('secure');
    expect(await handshake([])).toMatch(/self-signed/);
  });

  test('without it no password is taken, after StartTLS it is', async () => {
    const port = Number(new URL(demo.plainUrl ?? '').port);
    const clear = new RawClient(port);
    expect(await clear.request(1, { operation: 'bind', dn: demo.adminDn, password: demo.adminPassword }).code(1)).toBe(8);
    clear.close();
    const connection = await connect({
      url: demo.plainUrl ?? '',
      bind: { dn: demo.adminDn, password: demo.adminPassword },
      tls: { startTls: true, ca: [demo.ca ?? ''] },
      timeouts: { connect: 5000, operation: 5000 },
    });
    expect(connection.secured).toBe(true);
    const secured = new Dialogue(connection);
    expect((await secured.modify(named('zoe'), [change('replace', 'unicodePwd', quoted('Secret-12345'))])).code).toBe(0);
    secured.close();
  });

  test('the end does not wait for who never began to speak TLS', async () => {
    const other = await startDemoDirectory({ face: 'active-directory', users: 0 });
    const silent = new RawClient(other.port);
    const chatty = new RawClient(other.port);
    chatty.send(Buffer.from('no handshake'));
    await chatty.closed;
    await expect(other.close()).resolves.toBeUndefined();
    await silent.closed;
  });

  test('a name without a password is nobody', async () => {
    const port = Number(new URL(demo.plainUrl ?? '').port);
    const nobody = new RawClient(port);
    const search = { operation: 'search', base: suffix, scope: 'base', filter: present('objectClass'), attributes: [] } as const;
    expect(await nobody.request(1, { operation: 'bind', dn: demo.adminDn, password: '' }).code(1)).toBe(0);
    expect(await nobody.request(2, { ...search, sizeLimit: 0, timeLimit: 0 }).code(2)).toBe(1);
    nobody.close();
  });
});

describe('the company', () => {
  test('is where the example mapping looks for it: staff, contractors below, groups', async () => {
    const count = async (base: string, filter: string, scope: 'one' | 'sub' = 'one'): Promise<number> =>
      (await admin.read(base, { filter, scope, attributes: ['1.1'], controls: [pagedResults(1000)] })).entries.length;
    expect(await count(`OU=Contractors,${staff}`, '(&(objectCategory=person)(employeeType=Contractor))')).toBeGreaterThan(50);
    expect(await count(groups, '(objectCategory=group)')).toBeGreaterThan(15);
    expect(await count(suffix, '(&(objectCategory=group)(!(isCriticalSystemObject=TRUE)))', 'sub')).toBe(
      await count(groups, '(objectCategory=group)'),
    );
    expect(await count(staff, '(!(sAMAccountName=*))', 'sub')).toBe(2);
  });

  test('has what guards must know', async () => {
    const { entries } = await admin.read(suffix, { filter: '(adminCount=1)', attributes: ['sAMAccountName'] });
    expect(entries.flatMap((entry) => entry.texts('sAMAccountName')).toSorted()).toEqual([
      'Account Operators',
      'Administrator',
      'Administrators',
      'Domain Admins',
      'krbtgt',
    ]);
    expect(await textsOf(named('krbtgt', `CN=Users,${suffix}`), 'userAccountControl')).toEqual(['514']);
  });

  test('wants a suffix of domain components', async () => {
    await expect(startDemoDirectory({ face: 'active-directory', suffix: 'o=Example' })).rejects.toThrow(SyntaxError);
  });
});
