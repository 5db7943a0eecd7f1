// The Active Directory face of the demo directory and a real Samba domain controller are asked the same things in the same order and must
// give the same answers. Where Windows is known to answer otherwise than Samba, nothing is asked here: the demo follows Windows, and
// active-directory.test.ts says what it answers. MS-ADTS.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDemoDirectory, type DemoDirectory } from '../../src/demo/ldap-server.ts';
import { pagedResults, plainControl, readPage } from '../../src/ldap/controls.ts';
import type { Change } from '../../src/ldap/entry.ts';
import { equal, present, type Value } from '../../src/ldap/filter.ts';
import { parseGuid } from '../../src/ldap/syntax.ts';
import { startSamba, type Samba } from '../servers/samba.ts';
import { Dialogue, type SearchWish } from './dialogue.ts';
import { RawClient } from './raw-client.ts';

const suffix = 'DC=example,DC=test';
const staff = `OU=Staff,${suffix}`;
const groups = `OU=Groups,${suffix}`;

let samba: Samba;
let demo: DemoDirectory;
let asked: readonly [samba: Dialogue, demo: Dialogue];

beforeAll(async () => {
  samba = await startSamba();
  demo = await startDemoDirectory({ face: 'active-directory', suffix, adminPassword: samba.adminPassword, users: 0 });
  asked = [await Dialogue.open(samba), await Dialogue.open(demo)];
}, 120_000);

afterAll(async () => {
  for (const dialogue of asked) dialogue.close();
  await demo.close();
  await samba.stop();
});

type Ask = (dialogue: Dialogue) => Promise<unknown>;
type Step = readonly [what: string, ask: Ask];
type Attributes = Readonly<Record<string, readonly Value[]>>;

function askInOrder(steps: readonly Step[]): void {
  test.each(steps)('%s', async (_, ask) => {
    const [fromSamba, fromDemo] = [await ask(asked[0]), await ask(asked[1])];
    expect(fromDemo).toEqual(fromSamba);
  });
}

const add = (what: string, dn: string, attributes: Attributes): Step => [
  `add ${what}`,
  (dialogue) => dialogue.add(dn, attributes).then(({ code }) => code),
];
const change = (operation: Change['operation'], attribute: string, ...values: Value[]): Change => ({ operation, attribute, values });
const modify = (what: string, dn: string, ...changes: Change[]): Step => [
  `modify ${what}`,
  (dialogue) => dialogue.modify(dn, changes).then(({ code }) => code),
];
const remove = (dn: string): Step => [`delete ${dn}`, (dialogue) => dialogue.do({ operation: 'delete', dn }).then(({ code }) => code)];
function rename(dn: string, newRdn: string, newSuperior?: string): Step {
  const request = { operation: 'modifyDn', dn, newRdn, deleteOldRdn: true, ...(newSuperior !== undefined && { newSuperior }) } as const;
  return [`rename ${dn} to ${newRdn} ${newSuperior ?? ''}`, (dialogue) => dialogue.do(request).then(({ code }) => code)];
}
/** `attributes`: none but the names of the entries without it. */
function find(filter: string, base = staff, wish: SearchWish = {}): Step {
  const details = Object.entries(wish).map(([key, value]) => ` ${key} ${JSON.stringify(value)}`);
  return [
    `search ${base} ${filter}${details.join('')}`,
    async (dialogue) => {
      const { code, entries } = await dialogue.search(base, { filter, attributes: ['1.1'], ...wish });
      return [code, entries];
    },
  ];
}

const quoted = (password: string): Buffer => Buffer.from(`"${password}"`, 'utf16le');
const user = (accountName: string, more: Attributes = {}): Attributes => ({
  objectClass: ['user'],
  sAMAccountName: [accountName],
  ...more,
});
const group = (accountName: string, more: Attributes = {}): Attributes => ({
  objectClass: ['group'],
  sAMAccountName: [accountName],
  ...more,
});
const ann = `CN=Ann Example,${staff}`;
const bob = `CN=Bob Example,${staff}`;
const team = `CN=Team,${groups}`;
const upn = (name: string) => ({ userPrincipalName: [`${name}@example.test`] });

describe('adds entries like Samba', () => {
  askInOrder([
    add('a user with a password', ann, user('ann', { ...upn('ann'), userAccountControl: ['512'], unicodePwd: [quoted('Secret-12345')] })),
    add('a user without one', bob, user('bob', { ...upn('bob'), mail: ['bob@example.test'], title: ['Engineer'], displayName: ['Bob'] })),
    add('a namesake in the same place', ann, user('ann2')),
    add('a namesake in capitals', `CN=ANN EXAMPLE,${staff}`, user('ann2')),
    add('an account name that is taken', `CN=c,${staff}`, user('ann')),
    add('an account name that is taken, in capitals', `CN=c,${staff}`, user('ANN')),
    add('a principal name that is taken', `CN=c,${staff}`, user('c', upn('ann'))),
    add('a principal name that is taken, in capitals', `CN=c,${staff}`, user('c', { userPrincipalName: ['ANN@EXAMPLE.TEST'] })),
    add('without a parent', `CN=c,OU=None,${suffix}`, user('c')),
    add('without a grandparent', `CN=c,OU=None,OU=Nowhere,${suffix}`, user('c')),
    add('an unknown attribute', `CN=c,${staff}`, user('c', { foo: ['x'] })),
    add('an attribute of another class', `CN=c,${staff}`, user('c', { groupType: ['2'] })),
    add('an unknown class', `CN=c,${staff}`, { objectClass: ['foo'] }),
    add('an empty value', `CN=c,${staff}`, user('c', { title: [''] })),
    add('two values of one that has one', `CN=c,${staff}`, user('c', { title: ['a', 'b'] })),
    add('a value twice', `CN=c,${staff}`, user('c', { otherTelephone: ['1', '1'] })),
    add('a user named by something else', `OU=c,${staff}`, user('c')),
    add('a short password', `CN=c,${staff}`, user('c', { userAccountControl: ['514'], unicodePwd: [Buffer.from('Secret-12345')] })),
    add('a name that is none', 'garbage', user('c')),
    add('a group', team, group('team')),
    add('a group with members', `CN=Both,${groups}`, group('both', { member: [ann, bob], description: ['Two'] })),
    add('a group with an unknown member', `CN=c,${groups}`, group('c', { member: [`CN=nobody,${staff}`] })),
    add('a group with a member that is no name', `CN=c,${groups}`, group('c', { member: ['garbage'] })),
    add('a unit', `OU=Inner,${staff}`, { objectClass: ['organizationalUnit'] }),
    add('a contact', `CN=Contact,${staff}`, { objectClass: ['contact'], mail: ['contact@example.test'] }),
    add('a name with a comma', `CN=Smith\\, Bob,${staff}`, user('smith')),
    add('a name with other marks', `CN=a\\+b \\"c\\",${staff}`, user('marks')),
    add('a name in lower case', `cn=lower,ou=staff,dc=example,dc=test`, user('lower')),
  ]);
});

describe('fills in what an entry has like Samba', () => {
  const [userNames, groupNames] = [
    'objectClass cn name distinguishedName instanceType objectCategory userAccountControl primaryGroupID sAMAccountName sAMAccountType',
    'objectClass cn name member groupType sAMAccountName sAMAccountType objectCategory description instanceType',
  ].map((names) => names.split(' '));
  const state = 'accountExpires badPwdCount codePage countryCode logonCount lastLogon userPrincipalName memberOf'.split(' ');
  askInOrder([
    find('(sAMAccountName=ann)', staff, { attributes: [...(userNames ?? []), ...state] }),
    find('(sAMAccountName=bob)', staff, { attributes: [...(userNames ?? []), ...state, 'pwdLastSet', 'mail'] }),
    find('(cn=Both)', groups, { attributes: groupNames ?? [] }),
    find('(cn=Contact)', staff, { attributes: userNames ?? [] }),
    find('(ou=Inner)', staff, { attributes: [...(userNames ?? []), 'ou'] }),
    find('(sAMAccountName=smith)', staff, { attributes: ['cn', 'name', 'distinguishedName'] }),
    find('(sAMAccountName=marks)', staff, { attributes: ['cn', 'name', 'distinguishedName'] }),
    find('(sAMAccountName=lower)', staff, { attributes: ['cn', 'name', 'distinguishedName'] }),
    find('(cn=Domain Admins)', suffix, {
      attributes: [...(groupNames ?? []), 'adminCount', 'primaryGroupToken', 'isCriticalSystemObject'],
    }),
    find('(cn=Domain Users)', suffix, { attributes: ['member', 'primaryGroupToken', 'isCriticalSystemObject', 'sAMAccountType'] }),
    find('(cn=krbtgt)', suffix, { attributes: ['adminCount', 'isCriticalSystemObject', 'userAccountControl', 'sAMAccountName'] }),
    find('(cn=Administrator)', suffix, { attributes: ['adminCount', 'isCriticalSystemObject', 'userAccountControl', 'primaryGroupID'] }),
    ['every user attribute but those that differ', (dialogue) => namesOf(dialogue, ann)],
    ['every attribute of a group', (dialogue) => namesOf(dialogue, team)],
    [
      'kinds of values that are made up',
      async (dialogue) => {
        const wish = { scope: 'base', attributes: ['objectGUID', 'objectSid', 'whenCreated', 'uSNChanged'] } as const;
        const [entry] = (await dialogue.read(ann, wish)).entries;
        const octets = (name: string): Buffer => entry?.octets(name)[0] ?? Buffer.alloc(0);
        return [
          octets('objectGUID').length,
          octets('objectSid').length,
          octets('objectSid').subarray(0, 12).toString('hex'),
          entry?.texts('whenCreated')[0]?.replace(/\d/g, '9'),
          /^\d+$/.test(entry?.texts('uSNChanged')[0] ?? ''),
        ];
      },
    ],
  ]);

  /** Samba gives DES salts and other things of its own; these are what every domain controller has. */
  async function namesOf(dialogue: Dialogue, dn: string): Promise<readonly string[]> {
    const [entry] = (await dialogue.read(dn, { scope: 'base' })).entries;
    return [...(entry?.names() ?? [])].toSorted();
  }
});

describe('finds entries like Samba', () => {
  askInOrder([
    find('(objectClass=user)'),
    find('(objectClass=person)'),
    find('(objectCategory=person)'),
    find('(objectCategory=user)'),
    find('(objectCategory=contact)'),
    find('(objectCategory=group)', groups),
    find(`(objectCategory=CN=Person,CN=Schema,CN=Configuration,${suffix})`),
    find('(objectCategory=organizationalUnit)'),
    find('(objectCategory=nonsense)'),
    find('(&(objectCategory=person)(objectClass=user))'),
    find('(sAMAccountName=ANN)'),
    find('(userPrincipalName=Bob@Example.TEST)'),
    find('(cn=*exam*)'),
    find('(cn=ann*)'),
    find('(cn=*example)'),
    find('(title=engineer)'),
    find('(!(title=engineer))'),
    find('(foo=bar)'),
    find('(!(foo=bar))'),
    find('(userAccountControl=512)'),
    find('(userAccountControl=abc)'),
    find('(userAccountControl:1.2.840.113556.1.4.803:=2)'),
    find('(userAccountControl:1.2.840.113556.1.4.803:=514)'),
    find('(userAccountControl:1.2.840.113556.1.4.804:=34)'),
    find('(!(userAccountControl:1.2.840.113556.1.4.803:=2))'),
    find('(groupType:1.2.840.113556.1.4.803:=2147483648)', groups),
    find('(userAccountControl>=513)'),
    find('(userAccountControl<=512)'),
    find(`(distinguishedName=${ann})`),
    find(`(distinguishedName=${ann.toLowerCase()})`),
    find(`(memberOf=CN=Both,${groups})`),
    find(`(memberOf=CN=Nothing,${groups})`),
    find(`(member=${bob})`, groups),
    find('(member=*)', groups),
    find('(!(member=*))', groups),
    find('(memberOf=*)'),
    find('(unicodePwd=*)'),
    find('(primaryGroupID=513)'),
    find('(name=Bob Example)'),
    find('(&)'),
    find('(|)'),
    find('(cn=Smith, Bob)'),
    find('(&(objectClass=user)(whenCreated>=20200101000000.0Z))'),
    find('(&(objectClass=user)(whenCreated<=20200101000000.0Z))'),
    find('(uSNChanged>=1)', groups),
    find('(objectClass=*)', `CN=None,${staff}`),
    find('(objectClass=*)', `OU=None,${suffix}`),
    find('(objectClass=*)', 'garbage'),
    find('(objectClass=*)', staff, { scope: 'one' }),
    find('(objectClass=*)', staff, { scope: 'base' }),
    find('(objectClass=*)', ann, { scope: 'one' }),
    find('(cn=Ann Example)', staff, { attributes: ['cn', 'foo', 'TITLE', 'memberof'] }),
    find('(cn=Ann Example)', staff, { attributes: ['userPassword', 'unicodePwd'] }),
    find('(cn=Both)', groups, { attributes: ['member;range=0-*'] }),
    ...['0-0', '1-5', '0-1'].map((range): Step => [
      `the values ${range} of a list, whose order is the server's own`,
      async (dialogue) => {
        const { entries } = await dialogue.read(groups, { filter: '(cn=Both)', attributes: [`member;range=${range}`] });
        return entries.map((entry) => entry.names().map((name) => [name, entry.texts(name).length]));
      },
    ]),
    [
      'by the octets of its id, and with the id as its name',
      async (dialogue) => {
        const [entry] = (await dialogue.read(ann, { scope: 'base', attributes: ['objectGUID', 'objectSid'] })).entries;
        const guid = entry?.octets('objectGUID')[0] ?? Buffer.alloc(16);
        const sid = entry?.octets('objectSid')[0] ?? Buffer.alloc(28);
        const base = { scope: 'base', attributes: ['1.1'] } as const;
        return [
          await dialogue.search(suffix, { filter: equal('objectGUID', guid), attributes: ['1.1'] }),
          await dialogue.search(suffix, { filter: equal('objectSid', sid), attributes: ['1.1'] }),
          await dialogue.search(`<GUID=${parseGuid(guid)}>`, base),
          await dialogue.search(`<GUID=${guid.toString('hex')}>`, base),
          await dialogue.search(`<SID=${sid.toString('hex')}>`, base),
          (await dialogue.modify(`<GUID=${parseGuid(guid)}>`, [change('replace', 'title', 'By id')])).code,
        ];
      },
    ],
    [
      'an unknown id',
      (dialogue) => dialogue.search('<GUID=00000000-0000-4000-8000-000000000000>', { scope: 'base' }).then(({ code }) => code),
    ],
  ]);
});

describe('pages like Samba', () => {
  const readPages: (size: number) => Ask = (size) => async (dialogue) => {
    const pages: unknown[] = [];
    let cookie: Buffer | undefined;
    for (let page = 0; page < 20 && cookie?.length !== 0; page++) {
      const { entries, result } = await dialogue.read(staff, {
        filter: '(objectClass=user)',
        attributes: ['1.1'],
        controls: [pagedResults(size, cookie)],
      });
      cookie = readPage(result.controls)?.cookie ?? Buffer.alloc(0);
      pages.push([result.resultCode, entries.length, cookie.length > 0]);
    }
    return pages;
  };
  askInOrder([
    ['of two', readPages(2)],
    ['of everything at once', readPages(100)],
    [
      'two searches at a time',
      async (dialogue) => {
        const wish = { filter: '(objectClass=user)', attributes: ['1.1'] };
        const first = await dialogue.read(staff, { ...wish, controls: [pagedResults(2)] });
        const second = await dialogue.read(suffix, { ...wish, controls: [pagedResults(3)] });
        const next = await dialogue.read(staff, { ...wish, controls: [pagedResults(2, readPage(first.result.controls)?.cookie)] });
        return [first, second, next].map(({ entries, result }) => [result.resultCode, entries.length]);
      },
    ],
  ]);
});

describe('modifies entries like Samba', () => {
  askInOrder([
    modify('an unknown entry', `CN=None,${staff}`, change('replace', 'title', 'x')),
    modify('an unknown attribute', ann, change('replace', 'foo', 'x')),
    modify('an attribute of another class', ann, change('replace', 'dc', 'x')),
    modify('one that the server keeps', ann, change('replace', 'uSNChanged', '1')),
    modify('the name', ann, change('replace', 'cn', 'x')),
    modify('an empty value', ann, change('replace', 'title', '')),
    modify('two values of one that has one', ann, change('replace', 'title', 'a', 'b')),
    modify('a second value of one that has one', ann, change('add', 'title', 'b')),
    modify('a value that is there', ann, change('add', 'otherTelephone', '1')),
    modify('the same again', ann, change('add', 'otherTelephone', '1')),
    modify('a value that is not there', ann, change('delete', 'otherTelephone', '2')),
    modify('an attribute that is not there', ann, change('delete', 'pager')),
    modify('to nothing what is not there', ann, change('replace', 'pager')),
    modify('compare and set', ann, change('delete', 'title', 'By id'), change('add', 'title', 'Next')),
    modify('compare and set, too late', ann, change('delete', 'title', 'By id'), change('add', 'title', 'Later')),
    find('(sAMAccountName=ann)', staff, { attributes: ['title', 'otherTelephone'] }),
    modify('all or nothing', ann, change('replace', 'title', 'Gone'), change('delete', 'pager')),
    find('(title=Gone)'),
    modify('a principal name that is taken', ann, change('replace', 'userPrincipalName', 'bob@example.test')),
    modify('an account name that is taken', ann, change('replace', 'sAMAccountName', 'BOB')),
    modify('the manager', ann, change('replace', 'manager', bob)),
    modify('the manager to a name that is none', ann, change('replace', 'manager', 'garbage')),
    find('(sAMAccountName=bob)', staff, { attributes: ['directReports'] }),
    modify('disable', ann, change('delete', 'userAccountControl', '512'), change('add', 'userAccountControl', '514')),
    find('(sAMAccountName=ann)', staff, { attributes: ['userAccountControl'] }),
    modify('enable', ann, change('replace', 'userAccountControl', '512')),
    modify('the primary group to one without the account', ann, change('replace', 'primaryGroupID', '512')),
    modify('objectGUID', ann, change('replace', 'objectGUID', Buffer.alloc(16, 1))),
    modify('memberOf', ann, change('add', 'memberOf', team)),
  ]);
});

describe('keeps members like Samba', () => {
  const membersOf = (cn: string): Step => find(`(cn=${cn})`, groups, { attributes: ['member'] });
  askInOrder([
    modify('add a member', team, change('add', 'member', ann)),
    modify('add it again', team, change('add', 'member', ann)),
    modify('add it again in another spelling', team, change('add', 'member', ann.toLowerCase())),
    modify('add it again beside a new one', team, change('add', 'member', ann, bob)),
    membersOf('Team'),
    modify('add nobody', team, change('add', 'member', `CN=nobody,${staff}`)),
    modify('add what is no name', team, change('add', 'member', 'garbage')),
    modify('remove one that is none', team, change('delete', 'member', bob)),
    modify('remove one that is none beside one', team, change('delete', 'member', ann, bob)),
    membersOf('Team'),
    modify('add a group', team, change('add', 'member', `CN=Both,${groups}`)),
    find(`(memberOf:1.2.840.113556.1.4.1941:=${team})`),
    find(`(member:1.2.840.113556.1.4.1941:=${bob})`, groups),
    modify('replace all', team, change('replace', 'member', bob)),
    membersOf('Team'),
    modify('remove all', team, change('delete', 'member')),
    membersOf('Team'),
    modify('replace nothing by nothing', team, change('replace', 'member')),
    modify('back', team, change('add', 'member', ann, bob)),
    [
      'a user is not changed by the groups that it joins',
      async (dialogue) => {
        const usn = async (dn: string) =>
          (await dialogue.read(dn, { scope: 'base', attributes: ['uSNChanged'] })).entries[0]?.texts('uSNChanged');
        const before = [await usn(bob), await usn(team)];
        await dialogue.modify(team, [change('delete', 'member', bob)]);
        await dialogue.modify(team, [change('add', 'member', bob)]);
        const after = [await usn(bob), await usn(team)];
        return after.map((value, at) => String(value) === String(before[at]));
      },
    ],
    [
      'what changes nothing stamps nothing',
      async (dialogue) => {
        const usn = async () =>
          (await dialogue.read(bob, { scope: 'base', attributes: ['uSNChanged'] })).entries[0]?.texts('uSNChanged')[0];
        const before = await usn();
        await dialogue.modify(bob, [change('replace', 'title', 'Engineer')]);
        const same = (await usn()) === before;
        await dialogue.modify(bob, [change('replace', 'title', 'Driver')]);
        return [same, (await usn()) === before];
      },
    ],
  ]);
});

describe('renames and deletes like Samba', () => {
  const membersOf: Step = find('(cn=Team)', groups, { attributes: ['member'] });
  askInOrder([
    rename(ann, 'CN=Ann Other'),
    membersOf,
    find('(sAMAccountName=ann)', staff, { attributes: ['cn', 'name', 'distinguishedName', 'manager', 'memberOf'] }),
    rename(`CN=Ann Other,${staff}`, 'CN=Bob Example'),
    rename(`CN=Ann Other,${staff}`, 'CN=ANN OTHER'),
    rename(`CN=Ann Other,${staff}`, 'CN=Ann Other', `OU=Inner,${staff}`),
    membersOf,
    rename(`OU=Inner,${staff}`, 'OU=Outer'),
    membersOf,
    rename(`CN=None,${staff}`, 'CN=Other'),
    remove(`OU=Outer,${staff}`),
    remove(`CN=None,${staff}`),
    remove('garbage'),
    remove(`CN=Ann Other,OU=Outer,${staff}`),
    membersOf,
    [
      'its tombstone',
      async (dialogue) => {
        const wish = { filter: '(sAMAccountName=ann)', controls: [plainControl('showDeleted', true)] };
        const { entries } = await dialogue.search(suffix, {
          ...wish,
          attributes: ['isDeleted', 'sAMAccountName', 'lastKnownParent', 'title'],
        });
        return entries.map((entry) => entry.replace(/DEL:[\da-f-]{36}/, 'DEL:id'));
      },
    ],
    find('(sAMAccountName=ann)', staff),
    add('the name again', ann, user('ann', upn('ann'))),
    [
      'a tree at once',
      (dialogue) =>
        dialogue.do({ operation: 'delete', dn: `OU=Outer,${staff}` }, [plainControl('treeDelete', true)]).then(({ code }) => code),
    ],
    remove(bob),
    find('(objectClass=*)', staff),
  ]);
});

describe('binds like Samba', () => {
  const locked = `CN=locked,${staff}`;
  const bind = (dn: string, password: string): Step => [
    `as ${dn} with ${password}`,
    async (dialogue) => {
      const target = dialogue === asked[0] ? samba : demo;
      return Dialogue.open(target, { dn, password }).then(
        (opened) => opened.close(),
        (error: unknown) => {
          const diagnostic = error instanceof Error && 'diagnostic' in error ? String(error.diagnostic) : '';
          return [/data [\da-f]+/.exec(diagnostic)?.[0], /^[\dA-F]{8}/.exec(diagnostic)?.[0]];
        },
      );
    },
  ];
  askInOrder([
    add('a user', locked, user('locked', { ...upn('locked'), userAccountControl: ['512'], unicodePwd: [quoted('Secret-12345')] })),
    bind(locked, 'Secret-12345'),
    bind('locked@example.test', 'Secret-12345'),
    bind('EXAMPLE\\locked', 'Secret-12345'),
    bind(locked, 'wrong'),
    modify('disable', locked, change('replace', 'userAccountControl', '514')),
    bind(locked, 'Secret-12345'),
    bind(locked, 'wrong'),
    modify('enable', locked, change('replace', 'userAccountControl', '512')),
    modify('another password', locked, change('replace', 'unicodePwd', quoted('Other-Secret-1'))),
    bind(locked, 'Other-Secret-1'),
    bind(locked, 'Secret-12345'),
    modify('a password that must be changed', locked, change('replace', 'pwdLastSet', '0')),
    bind(locked, 'Other-Secret-1'),
    modify('no longer', locked, change('replace', 'pwdLastSet', '-1')),
    bind(locked, 'Other-Secret-1'),
    modify('expired', locked, change('replace', 'accountExpires', '132539328000000000')),
    bind(locked, 'Other-Secret-1'),
    modify('a password without quotation marks', locked, change('replace', 'unicodePwd', Buffer.from('Other-Secret-2', 'utf16le'))),
    modify('a password as text', locked, change('replace', 'unicodePwd', '"Other-Secret-2"')),
    modify('userPassword, which is none', locked, change('replace', 'userPassword', 'Other-Secret-2')),
    find('(cn=locked)', staff, { attributes: ['userPassword'] }),
  ]);
});

describe('says of itself what Samba says', () => {
  askInOrder([
    find('(objectClass=*)', '', {
      scope: 'base',
      attributes:
        'defaultNamingContext rootDomainNamingContext schemaNamingContext configurationNamingContext dsServiceName dnsHostName namingContexts serverName subschemaSubentry isSynchronized'.split(
          ' ',
        ),
    }),
    [
      'the controls of the demo are among those of Samba',
      async (dialogue) => {
        const own =
          (await asked[1].read('', { scope: 'base', attributes: ['supportedControl'] })).entries[0]?.texts('supportedControl') ?? [];
        const its =
          (await dialogue.read('', { scope: 'base', attributes: ['supportedControl'] })).entries[0]?.texts('supportedControl') ?? [];
        return own.filter((oid) => !its.includes(oid));
      },
    ],
    [
      'every attribute and class is published as by Samba',
      async (dialogue) => {
        const published = async (from: Dialogue) => {
          const wish = { scope: 'base', attributes: ['attributeTypes', 'objectClasses'] } as const;
          const [entry] = (await from.read(`CN=Aggregate,CN=Schema,CN=Configuration,${suffix}`, wish)).entries;
          const shorten = (text: string): string => text.replace(/ (?:MUST|MAY) \(.*/, '').replace(/[ )]*$/, '');
          return ['attributeTypes', 'objectClasses'].flatMap((name) => (entry?.texts(name) ?? []).map(shorten));
        };
        const own = await published(asked[1]);
        const its = new Set(await published(dialogue));
        return [own.length > 150, own.filter((definition) => !its.has(definition))];
      },
    ],
    [
      'to nobody but what it is',
      async (dialogue) => {
        const { plainUrl } = dialogue === asked[0] ? samba : demo;
        const { hostname, port } = new URL(plainUrl ?? '');
        const nobody = new RawClient(Number(port || 389), hostname);
        const search = { operation: 'search', sizeLimit: 0, timeLimit: 0, scope: 'base', attributes: ['1.1'] } as const;
        const codes = [
          await nobody.request(1, { ...search, base: '', filter: present('objectClass') }).code(1),
          await nobody.request(2, { ...search, base: suffix, filter: present('objectClass') }).code(2),
          await nobody.request(3, { operation: 'modify', dn: bob, changes: [change('replace', 'title', 'x')] }).code(3),
          await nobody.request(4, { operation: 'bind', dn: samba.adminDn, password: samba.adminPassword }).code(4),
        ];
        nobody.close();
        return codes;
      },
    ],
  ]);
});
