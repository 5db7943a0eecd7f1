// The demo directory and a real slapd are asked the same things in the same order and must give the same answers:
// result codes, matched DNs, entries, controls. Where the two are known to differ, nothing is asked.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDemoDirectory, type DemoDirectory } from '../../src/demo/ldap-server.ts';
import { assertion, matchedValues, pagedResults, plainControl, postRead, preRead, readPage } from '../../src/ldap/controls.ts';
import type { Change } from '../../src/ldap/entry.ts';
import { parseFilter, type Value } from '../../src/ldap/filter.ts';
import type { Control } from '../../src/ldap/message.ts';
import { startSlapd, type Slapd } from '../servers/slapd.ts';
import { Dialogue, type SearchWish } from './dialogue.ts';

const suffix = 'dc=example,dc=test';
const people = `ou=people,${suffix}`;
const groups = `ou=groups,${suffix}`;

let slapd: Slapd;
let demo: DemoDirectory;
let asked: readonly [slapd: Dialogue, demo: Dialogue];

beforeAll(async () => {
  slapd = await startSlapd({ suffix });
  demo = await startDemoDirectory({ suffix, adminPassword: slapd.adminPassword, users: 0 });
  asked = [await Dialogue.open(slapd), await Dialogue.open(demo)];
  await asked[0].do({ operation: 'delete', dn: slapd.gatewayDn });
});

afterAll(async () => {
  for (const dialogue of asked) dialogue.close();
  await demo.close();
  await slapd.stop();
});

type Ask = (dialogue: Dialogue) => Promise<unknown>;
type Step = readonly [what: string, ask: Ask];

/** What each of the two answers. */
async function askBoth(ask: Ask): Promise<{ readonly slapd: unknown; readonly demo: unknown }> {
  return { slapd: await ask(asked[0]), demo: await ask(asked[1]) };
}

function askInOrder(steps: readonly Step[]): void {
  test.each(steps)('%s', async (_, ask) => {
    const answers = await askBoth(ask);
    expect(answers.demo).toEqual(answers.slapd);
  });
}

type Attributes = Readonly<Record<string, readonly Value[]>>;

function makePerson(uid: string, more: Attributes = {}): Attributes {
  return { objectClass: ['inetOrgPerson'], uid: [uid], cn: [`${uid} cn`], sn: ['Sn'], ...more };
}

function add(what: string, dn: string, attributes: Attributes): Step {
  return [`add ${what}`, (dialogue) => dialogue.add(dn, attributes)];
}

function change(operation: Change['operation'], attribute: string, ...values: Value[]): Change {
  return { operation, attribute, values };
}

function modify(what: string, dn: string, ...changes: Change[]): Step {
  return [`modify ${what}`, (dialogue) => dialogue.modify(dn, changes)];
}

function find(filter: string, base = suffix, wish: SearchWish = {}): Step {
  const details = Object.entries(wish).map(([key, value]) => ` ${key} ${JSON.stringify(value)}`);
  return [`search ${base} ${filter}${details.join('')}`, (dialogue) => dialogue.search(base, { filter, attributes: ['1.1'], ...wish })];
}

function rename(dn: string, newRdn: string, deleteOldRdn = true, newSuperior?: string): Step {
  const what = `rename ${dn} to ${newRdn}${deleteOldRdn ? '' : ', old one kept'}${newSuperior === undefined ? '' : ` below ${newSuperior}`}`;
  const superior = newSuperior === undefined ? {} : { newSuperior };
  return [what, (dialogue) => dialogue.do({ operation: 'modifyDn', dn, newRdn, deleteOldRdn, ...superior })];
}

function remove(dn: string): Step {
  return [`delete ${JSON.stringify(dn)}`, (dialogue) => dialogue.do({ operation: 'delete', dn })];
}

function compare(dn: string, attribute: string, value: string): Step {
  return [`compare ${attribute}=${value} of ${dn}`, (dialogue) => dialogue.do({ operation: 'compare', dn, attribute, value })];
}

const a = `uid=a,${people}`;
const c = `uid=c,${people}`;
const g = `cn=g,${groups}`;
const uuid = '4b7f6d4e-0000-4000-8000-000000000000';
const photo = (...octets: number[]): Buffer => Buffer.from([0xff, 0xd8, ...octets]);

describe('adds entries like slapd', () => {
  askInOrder([
    add('a person with values of many syntaxes', a, {
      ...makePerson('a'),
      telephoneNumber: ['+49 30-1 2'],
      mail: ['A@example.com', 'b@example.com'],
      employeeNumber: ['7'],
      displayName: ['Zoë  Größe'],
      manager: [`UID = b , ou=People,${suffix}`],
      jpegPhoto: [photo(0, 1)],
      title: ['ＦＵＬＬ'],
    }),
    add('it again', a, makePerson('a')),
    add('it again in another spelling', `UID=A , OU=People, ${suffix}`, makePerson('a')),
    add('one whose RDN is not among its attributes', `uid=b,${people}`, { objectClass: ['inetOrgPerson'], cn: ['b cn'], sn: ['S'] }),
    add('one without a mandatory attribute', c, { objectClass: ['inetOrgPerson'], cn: ['b cn'] }),
    add('one without a parent', `uid=c,ou=none,${suffix}`, makePerson('c')),
    add('one without a grandparent', `uid=c,uid=x,ou=none,${suffix}`, makePerson('c')),
    add('one outside of the suffix', 'uid=c,dc=other', makePerson('c')),
    add('an unknown attribute', c, makePerson('c', { foo: ['x'] })),
    add('an attribute of no class of the entry', c, makePerson('c', { member: [suffix] })),
    add('two values of a single-valued attribute', c, makePerson('c', { displayName: ['x', 'y'] })),
    add('an empty directory string', c, makePerson('c', { displayName: [''] })),
    add('text beyond ASCII where IA5 is wanted', c, makePerson('c', { mail: ['é@x'] })),
    add('an empty IA5 string', `uid=c1,${people}`, makePerson('c1', { mail: [''] })),
    add('an empty octet string', `uid=c2,${people}`, makePerson('c2', { userPassword: [''] })),
    add('letters as a telephone number that are not printable', c, makePerson('c', { telephoneNumber: ['é'] })),
    add('an empty telephone number', c, makePerson('c', { telephoneNumber: [''] })),
    add('a DN that is none', c, makePerson('c', { manager: ['nonsense'] })),
    add('a DN with an unknown attribute type', c, makePerson('c', { manager: ['foo=bar'] })),
    add('an empty DN', `uid=c3,${people}`, makePerson('c3', { manager: [''] })),
    add('one value in two spellings', c, makePerson('c', { title: ['x', 'X '] })),
    add('octets that are no UTF-8', c, makePerson('c', { title: [Buffer.from([0xff])] })),
    add('an entryUUID', c, makePerson('c', { entryUUID: [uuid] })),
    add('a structuralObjectClass', c, makePerson('c', { structuralObjectClass: ['person'] })),
    add('no object class', c, { uid: ['c'], cn: ['x'], sn: ['y'] }),
    add('no structural object class', c, { objectClass: ['top'], uid: ['c'], cn: ['x'], sn: ['y'] }),
    add('an unknown object class', c, { objectClass: ['nonsense'], uid: ['c'], cn: ['x'], sn: ['y'] }),
    add('two structural object classes', c, { ...makePerson('c'), objectClass: ['inetOrgPerson', 'groupOfNames'], member: [suffix] }),
    add('only an auxiliary object class', c, { objectClass: ['dcObject'], dc: ['c'] }),
    add('a name that is no DN', 'nonsense', makePerson('c')),
    add('a name of an unknown type', `foo=c,${people}`, makePerson('c')),
    add('a name of an operational type', `entryUUID=${uuid},${people}`, makePerson('c')),
    add('a name of two parts', `uid=d+cn=dd,${people}`, makePerson('d')),
    add('a name full of special characters', `cn=Smith\\, Bob \\+ "x" =\\<1\\>,${people}`, makePerson('sb')),
    add('a name with all escapes', `cn=\\20Smith\\, Bob\\+\\"x\\"\\=\\<1\\>\\;\\\\ \\ ,${people}`, makePerson('sb')),
    add(
      'a name with blanks, and a language tag',
      `uid= e ,${people}`,
      makePerson('e', { 'description;lang-de': ['hallo'], description: ['hello'] }),
    ),
    add('a naming attribute with another value', `dc=x,${people}`, { objectClass: ['domain'], dc: ['y'] }),
    add('the root DSE', '', makePerson('x')),
    add('the subschema', 'cn=Subschema', makePerson('x')),
    add('the suffix', suffix, { objectClass: ['domain'], dc: ['example'] }),
    add('a group', g, { objectClass: ['groupOfNames'], cn: ['g'], member: [a, `UID=B, ${people}`] }),
    add('a group without members', `cn=g2,${groups}`, { objectClass: ['groupOfNames'], cn: ['g2'] }),
    add('an unknown option', `cn=opt,${groups}`, { objectClass: ['groupOfNames'], cn: ['opt'], member: [suffix], 'cn;x-foo': ['x'] }),
    find('(objectClass=*)', suffix, { attributes: [] }),
  ]);
});

describe('modifies entries like slapd', () => {
  askInOrder([
    modify('adds a member in another spelling', g, change('add', 'member', `UID=A,${people}`)),
    modify('adds a new and a known member', g, change('add', 'member', `uid=new,${people}`), change('add', 'member', `UID=A,${people}`)),
    modify('adds one member twice', g, change('add', 'member', `uid=n,${people}`, `UID=N,${people}`)),
    modify('removes someone who is no member', g, change('delete', 'member', `uid=none,${people}`)),
    modify('removes all members', g, change('delete', 'member', a, `uid=b,${people}`)),
    modify('removes the members as a whole', g, change('delete', 'member')),
    modify('replaces the members by none', g, change('replace', 'member')),
    modify('adds garbage as a member', g, change('add', 'member', 'garbage')),
    modify('removes garbage from the members', g, change('delete', 'member', 'garbage')),
    modify('removes one member twice', g, change('delete', 'member', a, a)),
    modify('removes an absent attribute', g, change('delete', 'owner')),
    modify('removes a value of an absent attribute', g, change('delete', 'owner', suffix)),
    modify('replaces an absent attribute by nothing', g, change('replace', 'owner')),
    modify('adds no values', g, change('add', 'owner')),
    modify('adds an unknown attribute', g, change('add', 'foo', 'x')),
    modify('removes an unknown attribute', g, change('delete', 'foo')),
    modify('adds an attribute of no class of the entry', g, change('add', 'uid', 'x')),
    modify('nothing', g),
    modify('a missing entry', `cn=none,${groups}`, change('add', 'owner', suffix)),
    modify('an entry outside of the suffix', 'cn=none,dc=other', change('add', 'owner', suffix)),
    modify('the root DSE', '', change('add', 'owner', suffix)),
    modify('the subschema', 'cn=Subschema', change('replace', 'cn', 'x')),
    modify('adds a second value to a single-valued attribute', a, change('add', 'displayName', 'second')),
    modify('replaces a single-valued attribute by two values', a, change('replace', 'displayName', 'a', 'b')),
    modify('replaces a value by another spelling', a, change('replace', 'displayName', 'ZOË größe')),
    modify('removes the naming attribute', a, change('delete', 'uid')),
    modify('replaces the naming value', a, change('replace', 'uid', 'x')),
    modify('respells the naming value and adds one', a, change('replace', 'uid', 'A', 'x')),
    modify('removes the naming value', a, change('delete', 'uid', 'a')),
    modify('replaces entryUUID', a, change('replace', 'entryUUID', uuid)),
    modify('removes modifyTimestamp', a, change('delete', 'modifyTimestamp')),
    modify('replaces createTimestamp', a, change('replace', 'createTimestamp', '20200101000000Z')),
    modify('removes a mandatory attribute', a, change('delete', 'sn')),
    modify('replaces a mandatory attribute by nothing', a, change('replace', 'sn')),
    modify('removes objectClass', a, change('delete', 'objectClass')),
    modify('changes the structural class', a, change('replace', 'objectClass', 'person')),
    modify('adds superclasses', a, change('add', 'objectClass', 'person', 'TOP')),
    modify('adds another structural class', a, change('add', 'objectClass', 'groupOfNames')),
    modify('adds an auxiliary class and its attribute', a, change('add', 'objectClass', 'dcObject'), change('add', 'dc', 'q')),
    modify('removes an auxiliary class and not its attribute', a, change('delete', 'objectClass', 'dcObject')),
    modify('makes it extensible', a, change('add', 'objectClass', 'extensibleObject'), change('add', 'member', suffix)),
    modify('adds to an attribute without an equality rule', a, change('add', 'jpegPhoto', photo(9))),
    modify('removes a value without an equality rule', a, change('delete', 'jpegPhoto', photo(0, 1))),
    modify('replaces by the same octets twice', a, change('replace', 'jpegPhoto', photo(9), photo(9))),
    modify('adds, removes and adds again', a, change('add', 'title', 'x'), change('delete', 'title', 'X'), change('add', 'title', 'x')),
    modify('fails in the first of two', a, change('delete', 'title', 'q'), change('replace', 'title', 'r')),
    modify('fails in the second of two', a, change('replace', 'title', 'r'), change('delete', 'pager', 'q')),
    modify('adds a telephone number twice', a, change('add', 'homePhone', '1-2'), change('add', 'homePhone', '12')),
    modify('adds a value with a language tag', a, change('add', 'cn;lang-ja', '陽子')),
    modify('adds a value with an unknown option', a, change('add', 'cn;x-foo', '陽子')),
    modify('adds a blank', a, change('add', 'l', ' ')),
    modify('adds a value with many blanks', a, change('add', 'description', '  two  blanks ')),
    find('(objectClass=*)', suffix, { attributes: [] }),
  ]);
});

describe('L-003, L-004: evaluates filters like slapd, three-valued', () => {
  const filters = `
    (cn=A CN) (cn=a  cn) (cn= a cn ) (displayName=zoë GRÖSSE) (displayName=zoë größe) (displayName=zoe größe) (title=full) (name=a cn)
    (foo=x) (!(foo=x)) (!(title=x)) (title=*) (foo=*) (!(foo=*)) (|(foo=x)(uid=a)) (&(foo=x)(uid=a)) (!(&(foo=x)(uid=zzz))) (&) (|)
    (objectClass=person) (objectClass=top) (objectClass=nonsense) (!(objectClass=nonsense)) (objectClass=1.2.3.4) (!(objectClass=1.2.3.4))
    (2.5.4.3=a cn) (objectClass=2.5.6.6) (objectClass=*person*) (!(objectClass=*person*)) (structuralObjectClass=person)
    (telephoneNumber=+4930 12) (telephoneNumber=+49*) (telephoneNumber=*1-2) (mail=a@EXAMPLE.com) (mail=é) (!(mail=é)) (mail=*@example*)
    (mail>=a) (!(mail>=a)) (cn>=a) (cn<=z) (uid~=a) (manager=UID=B,OU=people,dc=EXAMPLE,dc=test) (manager=garbage) (!(manager=garbage))
    (manager=*b*) (member=UID=a,ou=People,dc=example,dc=test) (member=uid=b,ou=People,dc=example,dc=test) (jpegPhoto=*) (jpegPhoto=x)
    (!(jpegPhoto=x)) (employeeNumber=7) (createTimestamp>=20000101000000Z) (createTimestamp>=20000101000000+0100)
    (createTimestamp<=20000101000000Z) (createTimestamp>=nonsense) (!(createTimestamp>=nonsense))
    (entryCSN>=20000101000000.000000Z#000000#000#000000) (entryUUID=4b7f6d4e) (!(entryUUID=4b7f6d4e))
    (!(entryUUID=4B7F6D4E-0000-4000-8000-000000000000)) (entryUUID=*) (entryDN=uid=A,ou=people,dc=example,dc=test) (entryDN=*)
    (entryDN=nonsense) (!(entryDN=uid=a,ou=people,dc=example,dc=test)) (|(entryDN=uid=a,ou=people,dc=example,dc=test)(uid=b))
    (hasSubordinates=TRUE) (hasSubordinates=true) (cn:caseExactMatch:=a cn) (cn:caseExactMatch:=A cn) (uid:caseIgnoreMatch:=A)
    (mail:caseExactMatch:=A@example.com) (mail:caseExactIA5Match:=A@example.com) (mail:caseExactIA5Match:=a@example.com) (cn:=a cn)
    (ou:dn:=people) (ou:dn:caseExactMatch:=People) (:caseExactMatch:=a cn) (cn:nonsense:=x) (!(cn:nonsense:=x)) (cn:2.5.13.5:=a cn)
    (cn:caseIgnoreOrderingMatch:=b) (cn:caseIgnoreSubstringsMatch:=b) (uid:integerMatch:=7) (telephoneNumber:caseExactMatch:=+49 30-1 2)
    (cn;lang-ja=陽子) (cn=陽子) (cn;lang-ja=*) (cn;x-foo=*) (!(cn;x-foo=*)) (description;lang-de=*) (cn=a*) (cn=*a*c*) (cn=* cn) (cn=a *)
    (cn=a*a*cn) (cn=*  *) (description=two blanks) (description=*o  b*) (description=*blanks *) (l=\\20) (l=*) (l=) (!(l=)) (cn=*\\ff*)
    (!(cn=*\\ff*)) (userPassword=x) (userPassword=*) (supportedControl=1.2) (dc=EXAMPLE) (uidNumber>=5) (!(uidNumber=x)) (!(uidNumber=5))`;
  askInOrder(splitFilters(filters).map((filter) => find(filter)));

  test('the list above is read completely', () => {
    expect(splitFilters(filters)).toHaveLength(114);
  });
});

/** Filters that stand side by side, with blanks inside and between. */
function splitFilters(text: string): readonly string[] {
  const filters: string[] = [];
  let depth = 0;
  let start = 0;
  for (const [at, character] of [...text].entries()) {
    if (character === '(' && depth++ === 0) start = at;
    if (character === ')' && --depth === 0) filters.push([...text].slice(start, at + 1).join(''));
  }
  return filters;
}

describe('searches like slapd', () => {
  const operational = ['structuralObjectClass', 'entryDN', 'hasSubordinates', 'subschemaSubentry', 'creatorsName'];
  askInOrder([
    ...[['*', 'uid'], ['CN', 'foo', 'surname', '2.5.4.0'], ['name'], ['1.1', 'cn'], ['cn;lang-ja'], ['distinguishedName'], operational].map(
      (attributes) => find('(uid=a)', suffix, { attributes }),
    ),
    ...(['base', 'one', 'sub'] as const).flatMap((scope) => [suffix, people, a].map((base) => find('(objectClass=*)', base, { scope }))),
    ...[`ou=none,${suffix}`, `uid=x,ou=none,${suffix}`, 'dc=other', 'dc=test', 'garbage', 'foo=bar', ''].map((base) =>
      find('(objectClass=*)', base),
    ),
    find('(objectClass=*)', '', { scope: 'one' }),
    find('(objectClass=*)', '', { scope: 'base' }),
    find('(cn=x)', '', { scope: 'base' }),
    find('(objectClass=*)', '', { scope: 'base', attributes: [] }),
    find('(objectClass=*)', '', {
      scope: 'base',
      attributes: ['objectClass', 'supportedLDAPVersion', 'namingContexts', 'entryDN', 'subschemaSubentry', 'structuralObjectClass'],
    }),
    ...(['base', 'one', 'sub'] as const).map((scope) => find('(objectClass=*)', 'cn=subschema', { scope })),
    find('(objectClass=subschema)', 'cn=subschema', { scope: 'base', attributes: ['objectClass', 'cn', 'entryDN'] }),
    [
      "stops at the client's size limit",
      async (dialogue) => countEntries(await dialogue.search(suffix, { sizeLimit: 2, attributes: ['1.1'] })),
    ],
    ['matched values: one filter', findMatched('(mail=b@*)')],
    ['matched values: two filters', findMatched('(mail=b@*)', '(cn=*)')],
    ['matched values: an unknown attribute', findMatched('(foo=*)')],
  ]);

  function findMatched(...filters: string[]): Ask {
    return (dialogue) =>
      dialogue.search(a, { scope: 'base', attributes: ['mail', 'cn'], controls: [matchedValues(filters.map(parseFilter))] });
  }
});

function countEntries({ entries, ...rest }: { readonly entries: readonly unknown[] }): unknown {
  return { ...rest, entries: entries.length };
}

describe('T-070: pages through results like slapd', () => {
  /** One page: code, number of entries, whether there is a cookie; and the cookie. */
  async function readPageOf(dialogue: Dialogue, size: number, cookie?: Buffer, wish: SearchWish = {}): Promise<readonly [unknown, Buffer]> {
    const { entries, result } = await dialogue.read(suffix, { attributes: ['1.1'], ...wish, controls: [pagedResults(size, cookie)] });
    const next = readPage(result.controls)?.cookie ?? Buffer.alloc(0);
    return [[result.resultCode, entries.length, next.length > 0], next];
  }
  async function readPages(dialogue: Dialogue, size: number, count: number, wish?: SearchWish): Promise<unknown[]> {
    const pages: unknown[] = [];
    let cookie: Buffer | undefined;
    while (pages.length < count && cookie?.length !== 0) {
      const [page, next] = await readPageOf(dialogue, size, cookie, wish);
      pages.push(page);
      cookie = next;
    }
    return pages;
  }

  askInOrder([
    ['to the end', (dialogue) => readPages(dialogue, 3, 20)],
    ['to the end, when the last page is full', (dialogue) => readPages(dialogue, 1, 4, { filter: '(objectClass=organizationalUnit)' })],
    ['through nothing', (dialogue) => readPages(dialogue, 3, 4, { filter: '(uid=nobody)' })],
    ['within a size limit smaller than a page', (dialogue) => readPages(dialogue, 5, 2, { sizeLimit: 2 })],
    ['within a size limit between two pages', (dialogue) => readPages(dialogue, 3, 3, { sizeLimit: 4 })],
    [
      'with cookies that are none',
      async (dialogue) => [
        await readPageOf(dialogue, 3, Buffer.from('x')).then(([page]) => page),
        await readPageOf(dialogue, 3, Buffer.alloc(8, 255)).then(([page]) => page),
      ],
    ],
    [
      'one search at a time on a connection',
      async (dialogue) => {
        const [first, cookie] = await readPageOf(dialogue, 3);
        const [other] = await readPageOf(dialogue, 2);
        return [first, other, (await readPageOf(dialogue, 3, cookie))[0]];
      },
    ],
    ['the root DSE', (dialogue) => dialogue.search('', { scope: 'base', attributes: ['1.1'], controls: [pagedResults(3)] })],
  ]);
});

describe('obeys controls like slapd', () => {
  const assertFilter = (filter: string): Control[] => [assertion(parseFilter(filter))];
  const retitle =
    (title: string, controls: readonly Control[], dn = a): Ask =>
    (dialogue) =>
      dialogue.request({ operation: 'modify', dn, changes: [change('replace', 'title', title)] }, controls).then(describeResult);
  const asBrought = [plainControl('treeDelete', true), { oid: '1.2.3.4', critical: true }, { oid: '1.2.3.4', critical: false }];

  askInOrder([
    ['assertion false', retitle('z', assertFilter('(title=nope)'))],
    ['assertion undefined', retitle('z', assertFilter('(foo=nope)'))],
    ['assertion true', retitle('z', assertFilter('(uid=A)'))],
    ['assertion about a missing entry', retitle('z', assertFilter('(uid=A)'), `uid=none,${people}`)],
    ['assertion of a search', (dialogue) => dialogue.search(people, { scope: 'base', controls: assertFilter('(uid=A)') })],
    [
      'assertion of an add',
      (dialogue) =>
        dialogue.do(
          { operation: 'add', dn: `uid=as,${people}`, attributes: new Map(Object.entries(makePerson('as'))) },
          assertFilter('(uid=A)'),
        ),
    ],
    ['assertion of a delete', (dialogue) => dialogue.do({ operation: 'delete', dn: a }, assertFilter('(uid=nope)'))],
    [
      'L-023: an entryCSN is good for one change',
      async (dialogue) => {
        const { entries } = await dialogue.read(a, { scope: 'base', attributes: ['entryCSN'] });
        const controls = assertFilter(`(entryCSN=${entries[0]?.texts('entryCSN')[0] ?? ''})`);
        return [await retitle('w', controls)(dialogue), await retitle('v', controls)(dialogue)];
      },
    ],
    ['post-read', retitle('v', [postRead(['title', 'SN', 'entryDN'])])],
    [
      'post-read of everything',
      (dialogue) => dialogue.request({ operation: 'modify', dn: g, changes: [] }, [postRead(['*'])]).then(describeResult),
    ],
    [
      'post-read without a list',
      (dialogue) => dialogue.request({ operation: 'modify', dn: g, changes: [] }, [postRead([])]).then(describeResult),
    ],
    ['post-read of nothing', retitle('u', [postRead(['1.1'])])],
    ['post-read of an unknown attribute', retitle('u', [postRead(['title', 'foo'])])],
    ['post-read of an unknown attribute, not critical', retitle('u', [{ ...postRead(['title', 'foo']), critical: false }])],
    ['pre-read and post-read', retitle('t', [preRead(['title']), postRead(['title'])])],
    ['post-read of what failed', retitle('', [postRead(['title'])])],
    [
      'post-read of an add',
      (dialogue) =>
        dialogue
          .request({ operation: 'add', dn: `uid=pr,${people}`, attributes: new Map(Object.entries(makePerson('pr'))) }, [
            postRead(['uid', 'entryUUID', 'entryCSN']),
          ])
          .then(describeResult),
    ],
    [
      'pre-read of an add',
      (dialogue) =>
        dialogue
          .request({ operation: 'add', dn: `uid=pr2,${people}`, attributes: new Map(Object.entries(makePerson('pr2'))) }, [
            preRead(['uid']),
          ])
          .then(describeResult),
    ],
    [
      'reads of a rename',
      (dialogue) =>
        dialogue
          .request({ operation: 'modifyDn', dn: `uid=pr,${people}`, newRdn: 'uid=pr3', deleteOldRdn: true }, [
            preRead(['uid']),
            postRead(['uid', 'cn']),
          ])
          .then(describeResult),
    ],
    [
      'pre-read of a delete',
      (dialogue) => dialogue.request({ operation: 'delete', dn: `uid=pr3,${people}` }, [preRead(['uid', 'cn'])]).then(describeResult),
    ],
    [
      'post-read of a delete',
      (dialogue) => dialogue.request({ operation: 'delete', dn: `uid=b,${people}` }, [postRead(['uid', 'cn'])]).then(describeResult),
    ],
    ...asBrought.map((control): Step => [
      `${control.oid}${control.critical ? ', critical' : ''} on a delete`,
      (dialogue) => dialogue.do({ operation: 'delete', dn: people }, [control]),
    ]),
    ...[true, false].flatMap((critical): Step[] => [
      [`paging of a modify${critical ? ', critical' : ''}`, retitle('s', [{ ...pagedResults(3), critical }])],
      [
        `post-read of a search${critical ? ', critical' : ''}`,
        (dialogue) => dialogue.search(a, { scope: 'base', attributes: ['1.1'], controls: [{ ...postRead(['cn']), critical }] }),
      ],
    ]),
    ['one control twice', (dialogue) => dialogue.search(suffix, { scope: 'base', controls: [pagedResults(3), pagedResults(3)] })],
    find('(uid=a)', suffix, { attributes: ['title'] }),
  ]);

  /** Response controls byte for byte, but for ids and times. */
  function describeResult({
    resultCode,
    matchedDn,
    controls,
  }: {
    resultCode: number;
    matchedDn: string;
    controls: readonly Control[];
  }): unknown {
    const anonymize = (value?: Buffer): string =>
      (value ?? Buffer.alloc(0))
        .toString('latin1')
        .replace(/\d{14}\.\d{6}Z/g, 'time')
        .replace(/[\da-f-]{36}/, 'uuid');
    return { resultCode, matchedDn, controls: controls.map(({ oid, critical, value }) => ({ oid, critical, value: anonymize(value) })) };
  }
});

describe('compares like slapd', () => {
  askInOrder([
    compare(a, 'uid', 'A'),
    compare(a, 'uid', 'y'),
    compare(a, 'pager', '1'),
    compare(a, 'unheardOf', '1'),
    compare(a, 'manager', 'garbage'),
    compare(`uid=none,${people}`, 'uid', '1'),
    compare('dc=other', 'dc', 'other'),
    compare(a, 'name', 'SN'),
    compare(a, 'objectClass', 'person'),
    compare(a, 'hasSubordinates', 'FALSE'),
  ]);
});

describe('renames and deletes like slapd', () => {
  const at = (rdn: string, parent = people): string => `${rdn},${parent}`;
  askInOrder([
    rename(a, 'uid=A'),
    find('(uid=a)', people, { attributes: ['uid'] }),
    rename(a, 'uid=b'),
    add('a namesake', at('uid=b2'), makePerson('b2')),
    rename(a, 'uid=b2'),
    rename(at('uid=b2'), 'uid=b3', false),
    find('(uid=b3)', people, { attributes: ['uid'] }),
    rename(at('uid=b3'), 'uid=b2'),
    find('(uid=b2)', people, { attributes: ['uid'] }),
    rename(at('uid=b2'), 'cn=new'),
    find('(cn=new)', people, { attributes: ['uid', 'cn'] }),
    rename(at('cn=new'), 'dc=not-allowed'),
    rename(at('cn=new'), 'member=new'),
    rename(at('cn=new'), 'owner=cn=x'),
    rename(at('cn=new'), 'unheardOf=new'),
    rename(at('cn=new'), 'garbage'),
    rename(at('cn=new'), ''),
    rename(at('cn=new'), 'cn=x,dc=y'),
    rename(at('cn=new'), 'entryUUID=x'),
    rename(at('cn=new'), 'jpegPhoto=x'),
    rename(at('cn=new'), 'uid=\\ff'),
    rename(at('cn=new'), 'displayName=first', false),
    rename(at('displayName=first'), 'displayName=second', false),
    rename(at('displayName=first'), 'displayName=second'),
    rename(at('cn=none'), 'cn=x'),
    rename('cn=none,dc=other', 'cn=x'),
    rename(at('displayName=second'), 'displayName=second', true, groups),
    find('(displayName=second)', suffix, { attributes: [] }),
    rename(at('displayName=second', groups), 'cn=cnn', true, `ou=none,${suffix}`),
    rename(at('displayName=second', groups), 'cn=cnn', true, 'dc=other'),
    rename(at('displayName=second', groups), 'cn=cnn', true, 'garbage'),
    rename(groups, 'ou=groups', true, g),
    rename(groups, 'ou=groups', true, groups),
    rename(suffix, 'dc=foo'),
    rename('', 'dc=foo'),
    rename(at('displayName=second', groups), 'sn=x+cn=y'),
    rename(at('cn=y+sn=x', groups), 'uid=back', true, people),
    find('(uid=back)', suffix, { attributes: [] }),
    rename(groups, 'ou=teams'),
    find('(objectClass=*)', `ou=teams,${suffix}`),
    rename(`ou=teams,${suffix}`, 'ou=groups', true, people),
    find('(entryDN=cn=g,ou=groups,ou=people,dc=example,dc=test)'),
    find('(objectClass=*)', groups),
    rename(`ou=groups,${people}`, 'ou=groups', true, suffix),
    remove(people),
    remove(`uid=none,${people}`),
    remove(`uid=x,uid=none,${people}`),
    remove('garbage'),
    remove('dc=other'),
    remove(''),
    remove('cn=subschema'),
    remove(at('uid=back')),
    remove(at('uid=back')),
  ]);
});

describe('authenticates like slapd', () => {
  const user = `uid=pw,${people}`;
  const extended = (what: string, oid: string, value?: Buffer): Step => [
    what,
    async (dialogue) => {
      const result = await dialogue.request({ operation: 'extended', oid, ...(value && { value }) });
      return [result.resultCode, result.oid, oid === whoAmI ? result.value?.toString() : result.value !== undefined];
    },
  ];
  const setPassword = (what: string, ...parts: (readonly [tag: number, text: string])[]): Step =>
    extended(`password modify ${what}`, '1.3.6.1.4.1.4203.1.11.1', encodeParts(parts));
  const bind = (dn: string, password: string): Step => [
    `bind as ${dn} with ${password}`,
    async (dialogue) => {
      const target = dialogue === asked[0] ? slapd : demo;
      return Dialogue.open(target, { dn, password }).then(
        (opened) => opened.close(),
        (error: unknown) => error instanceof Error && 'resultCode' in error && [error.resultCode],
      );
    },
  ];

  askInOrder([
    extended('who am I', whoAmI),
    extended('an unknown extended operation', '1.2.3.4'),
    add('someone without a password', user, makePerson('pw')),
    add('someone who can have none', `cn=nopw,${groups}`, { objectClass: ['groupOfNames'], cn: ['nopw'], member: [suffix] }),
    setPassword('of a user', [0x80, user], [0x82, 'first-secret']),
    bind(user, 'first-secret'),
    setPassword('with a prefix', [0x80, `dn:${user}`], [0x82, 'second-secret']),
    setPassword('with a wrong old password', [0x80, user], [0x81, 'wrong'], [0x82, 'x']),
    setPassword('with the old password', [0x80, user], [0x81, 'first-secret'], [0x82, 'third-secret']),
    setPassword('of garbage', [0x80, 'garbage'], [0x82, 'x']),
    setPassword('to nothing', [0x80, user], [0x82, '']),
    setPassword('of an entry that can have none', [0x80, `cn=nopw,${groups}`], [0x82, 'x']),
    setPassword('to one that the server makes up', [0x80, user]),
    bind(user, 'third-secret'),
    setPassword('once more', [0x80, user], [0x82, 'third-secret']),
    bind(user, 'third-secret'),
    bind(`UID=pw, ${people}`, 'third-secret'),
    bind(user, 'wrong'),
    bind(`uid=none,${people}`, 'x'),
    bind('garbage', 'x'),
    bind('dc=other', 'x'),
    bind(`cn=nopw,${groups}`, 'x'),
    bind(`cn=admin,${suffix}`, 'wrong'),
    bind('cn=Subschema', 'x'),
  ]);

  test('a user reads everything but passwords, and writes nothing but his own', async () => {
    const both = await askBoth(async (dialogue) => {
      const opened = await Dialogue.open(dialogue === asked[0] ? slapd : demo, { dn: user, password: 'third-secret' });
      const answers = [
        await opened.search(people, { filter: '(uid=pw)', attributes: ['uid', 'cn'] }),
        await opened
          .read(`uid=pw,${people}`, { attributes: ['userPassword'] })
          .then(({ entries }) => entries.map((entry) => entry.has('userPassword'))),
        await opened.modify(user, [change('replace', 'title', 'x')]),
        await opened.modify(`uid=none,${people}`, [change('replace', 'title', 'x')]),
        await opened.add(`uid=zz,${people}`, makePerson('zz')),
        await opened.do({ operation: 'delete', dn: `cn=g,${groups}` }),
        await opened.do({ operation: 'delete', dn: `uid=none,${people}` }),
        await opened.do({ operation: 'modifyDn', dn: `cn=g,${groups}`, newRdn: 'cn=h', deleteOldRdn: true }),
        await opened.modify(user, [change('replace', 'userPassword', 'plain-secret')]),
        await opened.search(suffix, { filter: '(userPassword=*)', attributes: ['1.1'] }),
        await opened.search(suffix, { filter: '(!(userPassword=*))', attributes: ['1.1'] }),
        await opened.do({ operation: 'compare', dn: user, attribute: 'userPassword', value: 'plain-secret' }),
        (await opened.request({ operation: 'extended', oid: whoAmI })).value?.toString(),
      ];
      opened.close();
      return answers;
    });
    expect(both.demo).toEqual(both.slapd);
  });
});

const whoAmI = '1.3.6.1.4.1.4203.1.11.3';

function encodeParts(parts: readonly (readonly [tag: number, text: string])[]): Buffer {
  const body = Buffer.concat(parts.map(([tag, text]) => Buffer.concat([Buffer.from([tag, Buffer.byteLength(text)]), Buffer.from(text)])));
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}
