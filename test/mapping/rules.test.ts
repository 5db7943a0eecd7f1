// Every kind of rule: what is read of an entry, and which modification a change of the SCIM value becomes.
// RFC 7643 section 2; mapping semantics 3 to 7.
import { describe, expect, test } from 'vitest';
import { parseDn } from '../../src/ldap/dn.ts';
import type { Entry } from '../../src/ldap/entry.ts';
import type { ResourceMapping } from '../../src/mapping/mapping.ts';
import { readResource } from '../../src/mapping/read.ts';
import { diffEntry } from '../../src/mapping/write.ts';
import type { Json, Resource } from '../../src/scim/schema.ts';
import { describeChanges, entryOf, openLdap, readContext, userMapping, writeContext, type Values } from './sample.ts';

const urn = 'urn:example:params:scim:schemas:extension:thing:2.0:User';
const thing = (attributes: string, extra = '') =>
  userMapping('', {
    extra,
    schemas: `- urn: ${urn}\n  name: Thing\n  extends: User\n  attributes:\n${attributes.replace(/^(?=.)/gm, '    ')}`,
  });

const read = (mapping: ResourceMapping, entry: Entry): Resource => readResource(mapping, entry, readContext, undefined) ?? {};

/** The changes when one top-level attribute gets another value, and what was journaled. */
function change(
  mapping: ResourceMapping,
  values: Values,
  after: Record<string, Json | undefined>,
  extraElements: 'reject' | 'ignore' = 'reject',
  schema = openLdap,
) {
  const entry = entryOf({ uid: 'ann', ...values });
  const before = read(mapping, entry);
  const next = Object.fromEntries(Object.entries({ ...before, ...after }).filter(([, value]) => value !== undefined)) as Resource;
  const context = writeContext(extraElements);
  const { changes } = diffEntry(mapping, entry, parseDn(entry.dn).rdns[0]!, before, next, { ...context, schema });
  return { changes: describeChanges(changes), journal: context.journal };
}
const changes = (...args: Parameters<typeof change>) => change(...args).changes;

describe('one attribute', () => {
  const mapping = userMapping('title: { ldap: title, normalize: [trim, collapseSpaces] }');
  test('set, changed, removed', () => {
    expect(changes(mapping, {}, { title: 'Boss' })).toEqual(['replace title Boss']);
    expect(changes(mapping, { title: 'Clerk' }, { title: 'Boss' })).toEqual(['replace title Boss']);
    expect(changes(mapping, { title: 'Clerk' }, { title: undefined })).toEqual(['replace title']);
  });
  test('of several values the lowest counts, the others stay (L-010)', () => {
    expect(read(mapping, entryOf({ title: ['b', 'a', 'c'] }))['title']).toBe('a');
    expect(changes(mapping, { title: ['b', 'a', 'c'] }, { title: 'x' })).toEqual(['delete title a', 'add title x']);
  });
  test('a value is normalized before it is compared and before it is written', () => {
    expect(changes(mapping, { title: 'The Boss' }, { title: '  The   Boss ' })).toEqual([]);
    expect(changes(mapping, {}, { title: ' The  Boss ' })).toEqual(['replace title The Boss']);
    expect(changes(mapping, { title: 'Clerk' }, { title: '   ' })).toEqual(['replace title']);
  });
  test('the value in the RDN counts, whatever its case there', () => {
    const named = userMapping('displayName: cn');
    expect(read(named, entryOf({ cn: ['a', 'Zoë'] }, 'cn=ZOË,dc=example,dc=com'))['displayName']).toBe('Zoë');
  });
  test('a DN that does not parse breaks no read', () => {
    expect(read(userMapping('displayName: cn'), entryOf({ cn: ['b', 'a'] }, '<no DN>'))['displayName']).toBe('a');
  });
  test('validation speaks of the attribute, never of the value', () => {
    const strict = userMapping(`title: { ldap: title, validate: { maxLength: 3, pattern: "[a-z]+" } }
nickName: { ldap: sn, validate: { oneOf: [a, b], message: "say a or b" } }`);
    expect(() => changes(strict, {}, { title: 'abcd' })).toThrow('title is longer than 3 characters');
    expect(() => changes(strict, {}, { title: 'A' })).toThrow('title does not have the required form');
    expect(() => changes(strict, {}, { nickName: 'c' })).toThrow('say a or b');
    expect(() => changes(strict, {}, { title: 'a\0' })).toThrow('title contains a NUL character');
  });
  test('a stored value that would not be valid today does not stop other changes', () => {
    const strict = userMapping('title: { ldap: title, validate: { maxLength: 3 } }');
    expect(changes(strict, { title: 'Director' }, { title: 'Vp' })).toEqual(['replace title Vp']);
  });
  test.each<[onClear: string, result: readonly string[]]>([
    ['delete', ['replace title']],
    ['keep', []],
    ['{ set: none }', ['replace title none']],
  ])('onClear: %s', (onClear, result) => {
    expect(changes(userMapping(`title: { ldap: title, onClear: ${onClear} }`), { title: 'x' }, { title: undefined })).toEqual(result);
  });
  test('several attributes: the first that has a value is read, the first is written', () => {
    const several = userMapping('title: { ldap: [title, sn], access: readWrite }');
    expect(read(several, entryOf({ sn: 'S' }))['title']).toBe('S');
    expect(read(several, entryOf({ sn: 'S', title: 'T' }))['title']).toBe('T');
    expect(changes(several, { sn: 'S' }, { title: 'x' })).toEqual(['replace title x']);
    expect(() => changes(several, { sn: 'S' }, { title: undefined })).toThrow('title cannot be removed');
  });
  test('a foreign value in an attribute that takes one value is not overwritten', () => {
    const typed = userMapping('userType: { ldap: kind, codec: { enum: { Employee: E } } }');
    expect(read(typed, entryOf({ kind: 'X' }))['userType']).toBeUndefined();
    expect(() => changes(typed, { kind: 'X' }, { userType: 'Employee' })).toThrow(
      'userType cannot be set: the directory holds another value',
    );
    expect(
      changes(
        userMapping('userType: { ldap: employeeType, codec: { enum: { Employee: E } } }'),
        { employeeType: 'X' },
        { userType: 'Employee' },
      ),
    ).toEqual(['add employeeType E']);
  });
  test('a prefix owns its values only, and is written value by value', () => {
    const prefixed = userMapping('nickName: { ldap: proxy, codec: { prefix: "nick:" } }');
    expect(changes(prefixed, { proxy: 'smtp:a' }, { nickName: 'x' })).toEqual(['add proxy nick:x']);
    expect(changes(prefixed, { proxy: 'nick:a' }, { nickName: 'x' })).toEqual(['delete proxy nick:a', 'add proxy nick:x']);
  });
});

describe('access', () => {
  test('readOnly is never written', () => {
    expect(change(userMapping('title: { ldap: title, access: readOnly }'), { title: 'a' }, { title: 'b' })).toEqual({
      changes: [],
      journal: [],
    });
  });
  test('R-045: what SCIM calls read-only is not cleared by a PUT, whatever the mapping says', () => {
    const mapping = userMapping('meta.created: createTimestamp\nmeta.lastModified: modifyTimestamp');
    expect(changes(mapping, { createTimestamp: '20240101000000Z' }, { meta: undefined })).toEqual([]);
  });
  test('ignoreWrites stores nothing and says so, but only of what was sent', () => {
    const mapping = userMapping('name.formatted: { read: "{cn}", access: ignoreWrites }');
    expect(change(mapping, { cn: 'Ann' }, { name: { formatted: 'X' } })).toEqual({
      changes: [],
      journal: ['name.formatted: the mapping ignores writes'],
    });
    expect(change(mapping, { cn: 'Ann' }, { name: undefined })).toEqual({ changes: [], journal: [] });
  });
  test('createOnly can be set once; leaving it out keeps it', () => {
    const mapping = userMapping('title: { ldap: title, access: createOnly }');
    expect(changes(mapping, {}, { title: 'a' })).toEqual(['replace title a']);
    expect(changes(mapping, { title: 'a' }, { title: undefined })).toEqual([]);
    expect(() => changes(mapping, { title: 'a' }, { title: 'b' })).toThrow('title cannot be changed once it is set');
  });
});

describe('lists of simple values', () => {
  const mapping = thing('tags: { multiValued: true, ldap: carLicense, normalize: [trim] }');
  const set = (tags: Json) => ({ [urn]: { tags } });
  test('written value by value, never as a whole', () => {
    expect(changes(mapping, { carLicense: ['a'] }, set(['b']))).toEqual(['delete carLicense a', 'add carLicense b']);
    expect(changes(mapping, { carLicense: ['a', 'b'] }, set(['b', 'c', ' c ']))).toEqual(['delete carLicense a', 'add carLicense c']);
    expect(changes(mapping, { carLicense: ['a', 'b'] }, { [urn]: undefined })).toEqual(['delete carLicense a b']);
  });
  test('a folded duplicate is not added', () => {
    expect(changes(mapping, { carLicense: ['ann'] }, set(['ann', 'ANN']))).toEqual([]);
    expect(changes(mapping, { carLicense: ['ann'] }, set(['ANN']))).toEqual(['delete carLicense ann', 'add carLicense ANN']);
  });
  test('foreign values stay', () => {
    const prefixed = thing('smtp: { multiValued: true, ldap: proxy, codec: { prefix: "smtp:" } }');
    expect(read(prefixed, entryOf({ proxy: ['smtp:b', 'SMTP:a', 'sip:c', 'smtp:a'] }))[urn]).toEqual({ smtp: ['a', 'b'] });
    expect(changes(prefixed, { proxy: ['smtp:b', 'sip:c'] }, { [urn]: undefined })).toEqual(['delete proxy smtp:b']);
  });
});

describe('a list in one value', () => {
  const mapping = thing('tags: { multiValued: true, ldap: title, codec: { split: "," } }');
  const set = (tags: Json) => ({ [urn]: { tags } });
  test('read and written', () => {
    expect(read(mapping, entryOf({ title: ' a , b,,a' }))[urn]).toEqual({ tags: ['a', 'b'] });
    expect(changes(mapping, { title: 'a,b' }, set(['a', 'c']))).toEqual(['replace title a,c']);
    expect(changes(mapping, { title: 'a,b' }, { [urn]: undefined })).toEqual(['replace title']);
    expect(changes(mapping, { title: ' a , b' }, set(['a', 'b']))).toEqual([]);
  });
  test('a value with the separator could not be read back', () => {
    expect(() => changes(mapping, {}, set(['a,b']))).toThrow('contains ,');
  });
});

describe('templates and constants', () => {
  test('a template is read-only unless `write` says how', () => {
    const mapping = userMapping('displayName: { read: "{givenName} {sn}" }');
    expect(read(mapping, entryOf({ givenName: 'Ann', sn: ['Z', 'Lee'] }))['displayName']).toBe('Ann Lee');
    expect(read(mapping, entryOf({}))['displayName']).toBeUndefined();
    expect(changes(mapping, { sn: 'x' }, { displayName: 'y' })).toEqual([]);
  });
  test('fan-out exchanges what was computed before, else the value that is read', () => {
    const mapping = userMapping(
      'displayName: { read: "{displayName|cn}", write: [{ ldap: displayName, value: "{value}" }, { ldap: cn, value: "{value | lower}" }] }',
    );
    expect(changes(mapping, { displayName: 'Ann', cn: ['other', 'ann'] }, { displayName: 'Bob' })).toEqual([
      'replace displayName Bob',
      'delete cn ann',
      'add cn bob',
    ]);
    expect(changes(mapping, { cn: ['z', 'y'] }, { displayName: 'Bob' })).toEqual(['replace displayName Bob', 'delete cn y', 'add cn bob']);
    expect(changes(mapping, { displayName: 'Ann' }, { displayName: undefined })).toEqual(['replace displayName']);
  });
  test('fan-out beside several attributes', () => {
    const mapping = userMapping('displayName: { ldap: [displayName, cn], write: [{ ldap: displayName, value: "{value}" }] }');
    expect(read(mapping, entryOf({ cn: 'Ann' }))['displayName']).toBe('Ann');
    expect(changes(mapping, { cn: 'Ann' }, { displayName: 'Bob' })).toEqual(['replace displayName Bob']);
  });
  test('a constant is there, and changes are journaled', () => {
    const mapping = userMapping('locale: { constant: en }');
    expect(read(mapping, entryOf({}))['locale']).toBe('en');
    expect(change(mapping, {}, { locale: 'de' })).toEqual({ changes: [], journal: ['locale: the mapping ignores writes'] });
  });
});

describe('bits', () => {
  const mapping = thing(
    `a: { type: boolean, ldap: flags, codec: { bit: { mask: 2 } } }
b: { type: boolean, ldap: flags, codec: { bit: { mask: 16, invert: true } } }`,
  );
  test.each<[stored: string, a: boolean, b: boolean]>([
    ['0', false, true],
    ['2', true, true],
    ['16', false, false],
    ['-1', true, false],
    ['-2147483646', true, true],
  ])('%s', (stored, a, b) => expect(read(mapping, entryOf({ flags: stored }))[urn]).toEqual({ a, b }));
  test('no number is neither', () => expect(read(mapping, entryOf({ flags: 'x' }))[urn]).toBeUndefined());
  test('only the own bit changes, against the old value (L-065)', () => {
    expect(changes(mapping, { flags: '66048' }, { [urn]: { a: true, b: true } })).toEqual(['delete flags 66048', 'add flags 66050']);
    expect(changes(mapping, { flags: '-2147483646' }, { [urn]: { a: false, b: true } })).toEqual([
      'delete flags -2147483646',
      'add flags -2147483648',
    ]);
  });
  test('two bits of one attribute in one request are one change', () => {
    expect(changes(mapping, { flags: '512' }, { [urn]: { a: true, b: false } })).toEqual(['delete flags 512', 'add flags 530']);
  });
  test('a repeated deactivation does nothing', () => {
    expect(changes(mapping, { flags: '2' }, { [urn]: { a: true, b: true } })).toEqual([]);
  });
  test('a boolean of bits cannot be unassigned, which is journaled', () => {
    expect(change(mapping, { flags: '2' }, { [urn]: { b: true } })).toEqual({
      changes: [],
      journal: [`${urn}:a: the directory has no third state`],
    });
  });
});

describe('presence', () => {
  const mapping = thing('gone: { type: boolean, ldap: title, codec: { presence: { whenSet: "left" } } }');
  test('read, set, unset', () => {
    expect(read(mapping, entryOf({ title: 'any' }))[urn]).toEqual({ gone: true });
    expect(changes(mapping, {}, { [urn]: { gone: true } })).toEqual(['replace title left']);
    expect(changes(mapping, { title: ['a', 'b'] }, { [urn]: { gone: false } })).toEqual(['delete title a b']);
  });
});

describe('the state of an account', () => {
  const mapping = userMapping('', {
    extra: 'accountState: { ldap: employeeType, activeValue: active, inactiveValue: disabled, absentMeans: active }',
  });
  test.each<[values: Values, active: boolean]>([
    [{}, true],
    [{ employeeType: 'Contractor' }, true],
    [{ employeeType: 'active' }, true],
    [{ employeeType: ' DISABLED  ' }, false],
    [{ employeeType: ['Contractor', 'disabled'] }, false],
  ])('%j: %s', (values, active) => expect(read(mapping, entryOf(values))['active']).toBe(active));
  test('only own values are touched (L-065)', () => {
    expect(changes(mapping, {}, { active: false })).toEqual(['add employeeType disabled']);
    expect(changes(mapping, { employeeType: 'Contractor' }, { active: false })).toEqual(['add employeeType disabled']);
    expect(changes(mapping, { employeeType: ['active', 'Contractor'] }, { active: false })).toEqual([
      'delete employeeType active',
      'add employeeType disabled',
    ]);
    expect(changes(mapping, { employeeType: ['Disabled', 'Contractor'] }, { active: true })).toEqual([
      'delete employeeType Disabled',
      'add employeeType active',
    ]);
    expect(changes(mapping, { employeeType: 'Contractor' }, { active: true })).toEqual([]);
  });
  test('where the attribute takes one value and holds another, the client is told', () => {
    const single = userMapping('', { extra: 'accountState: { ldap: kind, inactiveValue: disabled }' });
    expect(() => changes(single, { kind: 'Contractor' }, { active: false })).toThrow(
      'active cannot be set: the directory holds another value there',
    );
  });
  test('userAccountControl, nsAccountLock and ppolicy', () => {
    const of = (strategy: string) => userMapping('', { extra: `accountState: { strategy: ${strategy} }` });
    expect(changes(of('userAccountControl'), { userAccountControl: '66048' }, { active: false })).toEqual([
      'delete userAccountControl 66048',
      'add userAccountControl 66050',
    ]);
    expect(changes(of('nsAccountLock'), {}, { active: false })).toEqual(['replace nsAccountLock true']);
    expect(changes(of('nsAccountLock'), { nsAccountLock: 'TRUE' }, { active: true })).toEqual(['replace nsAccountLock']);
    expect(changes(of('ppolicy'), { pwdAccountLockedTime: '20240101000000Z' }, { active: false })).toEqual([
      'replace pwdAccountLockedTime 000001010000Z',
    ]);
    expect(read(of('ppolicy'), entryOf({ pwdAccountLockedTime: '20240101000000Z' }))['active']).toBe(true);
  });
});

describe('elements', () => {
  const emails = `emails:
  elements:
    - { match: { type: work }, primary: true, slot: { value: mail } }
    - { match: { type: home }, slot: { value: title } }
    - { match: { type: other }, list: { value: carLicense } }`;
  const mapping = userMapping(emails);
  const work = { value: 'w', type: 'work', primary: true };
  test('slots and lists', () => {
    expect(read(mapping, entryOf({ mail: ['x', 'w'], carLicense: ['b', 'a'] }))['emails']).toEqual([
      work,
      { value: 'a', type: 'other' },
      { value: 'b', type: 'other' },
    ]);
    expect(read(mapping, entryOf({}))['emails']).toBeUndefined();
  });
  test('each goes to its place; types compare without case', () => {
    expect(changes(mapping, { mail: 'w' }, { emails: [work, { value: 'h', type: 'HOME' }, { value: 'o', type: 'other' }] })).toEqual([
      'replace title h',
      'add carLicense o',
    ]);
  });
  test('an element without type takes the primary place', () => {
    expect(changes(mapping, {}, { emails: [{ value: 'x' }] })).toEqual(['replace mail x']);
  });
  test('without a primary place, the first', () => {
    expect(changes(userMapping(emails.replace(' primary: true,', '')), {}, { emails: [{ value: 'x' }] })).toEqual(['replace mail x']);
  });
  test('an element that moves from one place to another', () => {
    expect(changes(mapping, { mail: 'w' }, { emails: [{ value: 'w', type: 'home' }] })).toEqual(['replace mail', 'replace title w']);
  });
  test('of several values behind a slot only the shown one is exchanged', () => {
    expect(changes(mapping, { mail: ['w', 'x'] }, { emails: [{ ...work, value: 'z' }] })).toEqual(['delete mail w', 'add mail z']);
    expect(changes(mapping, { mail: ['w', 'x'] }, { emails: undefined })).toEqual(['delete mail w']);
  });
  test('L-022: two elements for one slot are refused', () => {
    expect(() =>
      changes(
        mapping,
        {},
        {
          emails: [
            { value: 'a', type: 'work' },
            { value: 'b', type: 'work' },
          ],
        },
      ),
    ).toThrow('emails has two elements for which the directory has one place');
    expect(() => changes(mapping, {}, { emails: [{ value: 'a' }, { value: 'b', type: 'work' }] })).toThrow('two elements');
  });
  test('a type without a place: by dialect, or as the mapping says', () => {
    const after = { emails: [{ value: 'a', type: 'pager' }] };
    expect(() => change(mapping, {}, after)).toThrow('its type is not one of work, home, other');
    expect(change(mapping, {}, after, 'ignore')).toEqual({
      changes: [],
      journal: ['emails: no place in the directory for an element of this type'],
    });
    const extra = (value: string) => userMapping(emails.replace('emails:\n', `emails:\n  extra: ${value}\n`));
    expect(() => change(extra('reject'), {}, after, 'ignore')).toThrow('no place');
    expect(change(extra('ignore'), {}, after).journal).toHaveLength(1);
    expect(change(extra('firstFree'), { mail: 'w' }, { emails: [work, { value: 'a', type: 'pager' }] }).changes).toEqual([
      'replace title a',
    ]);
  });
  test('which element is primary is not for the client to say, and it is journaled', () => {
    expect(change(mapping, {}, { emails: [{ value: 'h', type: 'home', primary: true }] })).toEqual({
      changes: ['replace title h'],
      journal: ['emails: which element is primary follows from the mapping'],
    });
  });
  test('a slot and a list of one type: the first element takes the slot', () => {
    const both = userMapping(`emails:
  elements:
    - { match: { type: work }, primary: true, slot: { value: mail } }
    - { match: { type: work }, list: { value: carLicense } }`);
    const resource = read(both, entryOf({ mail: 'a', carLicense: ['b', 'c'] }));
    expect(resource['emails']).toEqual([
      { value: 'a', type: 'work', primary: true },
      { value: 'b', type: 'work' },
      { value: 'c', type: 'work' },
    ]);
    expect(
      changes(
        both,
        { mail: 'a', carLicense: ['b'] },
        {
          emails: [
            { value: 'a', type: 'work' },
            { value: 'b', type: 'work' },
            { value: 'd', type: 'work' },
          ],
        },
      ),
    ).toEqual(['add carLicense d']);
  });
  test('the preferred value of a list is primary, else the lowest', () => {
    const list = userMapping(
      'emails: { elements: [{ match: { type: work }, list: { value: mail }, primary: { prefer: "[^@]+@corp", else: lowestValue } }] }',
    );
    const primary = (values: readonly string[]) =>
      (read(list, entryOf({ mail: values }))['emails'] as { value: string; primary?: boolean }[])
        .filter((e) => e.primary)
        .map((e) => e.value);
    expect(primary(['a@x', 'z@corp'])).toEqual(['z@corp']);
    expect(primary(['b@x', 'a@x'])).toEqual(['a@x']);
  });
  test('R-068: at most one element is primary, the first place that has one', () => {
    const two = userMapping(`phoneNumbers:
  elements:
    - { match: { type: work }, primary: true, slot: { value: telephoneNumber } }
    - { match: { type: mobile }, primary: true, slot: { value: mobile } }`);
    expect(read(two, entryOf({ telephoneNumber: '1', mobile: '2' }))['phoneNumbers']).toEqual([
      { value: '1', type: 'work', primary: true },
      { value: '2', type: 'mobile' },
    ]);
    expect(read(two, entryOf({ mobile: '2' }))['phoneNumbers']).toEqual([{ value: '2', type: 'mobile', primary: true }]);
  });
  test('L-011: an attribute without equality rule is replaced, its other values with it', () => {
    const fax = userMapping('phoneNumbers: { elements: [{ match: { type: fax }, slot: { value: facsimileTelephoneNumber } }] }');
    expect(changes(fax, { facsimileTelephoneNumber: ['1', '2'] }, { phoneNumbers: [{ value: '3', type: 'fax' }] })).toEqual([
      'replace facsimileTelephoneNumber 2 3',
    ]);
  });
  test('parts of a slot by themselves', () => {
    const addresses = userMapping('addresses: { elements: [{ match: { type: work }, slot: { streetAddress: street, locality: l } }] }');
    expect(changes(addresses, { street: 'S', l: 'L' }, { addresses: [{ type: 'work', locality: 'M' }] })).toEqual([
      'replace street',
      'replace l M',
    ]);
  });
  test('two prefixes share one attribute', () => {
    const proxies = userMapping(`emails:
  elements:
    - { match: { type: work }, primary: true, slot: { value: { ldap: proxy, codec: { prefix: "SMTP:" } } } }
    - { match: { type: other }, list: { value: { ldap: proxy, codec: { prefix: "smtp:" } } } }`);
    expect(read(proxies, entryOf({ proxy: ['smtp:b', 'SMTP:a', 'x500:c'] }))['emails']).toEqual([
      { value: 'a', type: 'work', primary: true },
      { value: 'b', type: 'other' },
    ]);
    expect(changes(proxies, { proxy: ['smtp:b', 'SMTP:a', 'x500:c'] }, { emails: [{ value: 'b', type: 'work' }] })).toEqual([
      'delete proxy smtp:b SMTP:a',
      'add proxy SMTP:b',
    ]);
  });
  test('values are normalized by their place', () => {
    const lower = userMapping(
      'emails: { elements: [{ match: { type: work }, slot: { value: { ldap: mail, normalize: [trim, lower] } } }] }',
    );
    expect(changes(lower, { mail: 'a@b' }, { emails: [{ value: ' A@B ', type: 'work' }] })).toEqual([]);
  });
  test('a complex attribute mapped as a whole is a list of bare values', () => {
    const roles = userMapping('roles: carLicense');
    expect(read(roles, entryOf({ carLicense: ['b', 'a'] }))['roles']).toEqual([{ value: 'a' }, { value: 'b' }]);
    expect(changes(roles, { carLicense: ['a'] }, { roles: [{ value: 'b' }] })).toEqual(['delete carLicense a', 'add carLicense b']);
  });
});

describe('references', () => {
  const manager = 'enterprise:manager: { ldap: manager, reference: { to: [User] } }';
  const mapping = userMapping(manager);
  const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
  const boss = 'uid=boss,ou=people,dc=example,dc=com';
  const foreign = 'cn=x,dc=elsewhere';
  test('read with what the schema has of it', () => {
    expect(read(mapping, entryOf({ manager: boss }))[enterprise]).toEqual({
      manager: { value: 'u-boss', $ref: 'https://scim.example.com/Users/u-boss', displayName: 'boss' },
    });
  });
  test('L-037: foreign, dangling and broken DNs are hidden and kept', () => {
    expect(read(mapping, entryOf({ manager: [foreign, 'no dn', '<SID=S-1-5>'] }))[enterprise]).toBeUndefined();
    expect(changes(mapping, { manager: [foreign, 'no dn'] }, { [enterprise]: { manager: { value: 'u-boss' } } })).toEqual([
      `add manager ${boss}`,
    ]);
    expect(changes(mapping, { manager: [foreign, boss] }, { [enterprise]: undefined })).toEqual([`delete manager ${boss}`]);
  });
  test('the same id in other words is no change', () => {
    expect(changes(mapping, { manager: boss }, { [enterprise]: { manager: { value: 'https://scim.example.com/Users/u-boss' } } })).toEqual(
      [],
    );
  });
  test('an id that names nothing, where the mapping skips those, is journaled', () => {
    const skipping = userMapping(manager.replace('[User]', '[User], onUnresolved: skip'));
    expect(change(skipping, {}, { [enterprise]: { manager: { value: 'u-missing' } } })).toEqual({
      changes: [],
      journal: [`${enterprise}:manager: the reference names no resource`],
    });
  });
  test('simple attributes hold the id, or its location', () => {
    const simple = thing(`boss: { type: string, ldap: manager, reference: { to: [User] } }
link: { type: reference, ldap: secretary, reference: { to: [User] } }`);
    expect(read(simple, entryOf({ manager: boss, secretary: boss }))[urn]).toEqual({
      boss: 'u-boss',
      link: 'https://scim.example.com/Users/u-boss',
    });
    expect(changes(simple, {}, { [urn]: { boss: 'u-boss', link: 'https://scim.example.com/Users/u-boss' } })).toEqual([
      `replace manager ${boss}`,
      `replace secretary ${boss}`,
    ]);
  });
});

describe('memberships of a user', () => {
  test('by an attribute, each once, in the order of ids', () => {
    const mapping = userMapping('groups: { memberships: { direct: seeAlso } }');
    const values = ['cn=b,ou=groups,dc=example,dc=com', 'CN=a,ou=groups,dc=example,dc=com', 'cn=a,ou=groups,dc=example,dc=com', 'no dn'];
    expect(read(mapping, entryOf({ seeAlso: values }))['groups']).toEqual([
      { value: 'g-a', $ref: 'https://scim.example.com/Groups/g-a', display: 'a', type: 'direct' },
      { value: 'g-b', $ref: 'https://scim.example.com/Groups/g-b', display: 'b', type: 'direct' },
    ]);
  });
  test('by search, and never written', () => {
    const mapping = userMapping('groups: { memberships: { reverse: Group } }');
    expect((read(mapping, entryOf({}))['groups'] as { value: string }[]).map(({ value }) => value)).toEqual(['g-a', 'g-z']);
    expect(mapping.groupsFrom).toBe('Group');
    expect(changes(mapping, {}, { groups: undefined })).toEqual([]);
  });
  test('a broken SID or primary group breaks no read', () => {
    const mapping = userMapping('groups: { memberships: { direct: memberOf, primaryGroup: true } }');
    expect(read(mapping, entryOf({ objectSid: 'broken', primaryGroupID: '513' }))['groups']).toBeUndefined();
    expect(read(mapping, entryOf({ objectSid: Buffer.from([1, 0, 0, 0, 0, 0, 0, 5]), primaryGroupID: 'x' }))['groups']).toBeUndefined();
  });
});
