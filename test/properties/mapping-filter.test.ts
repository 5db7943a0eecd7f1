// The law of filter translation: for every entry and every filter, over ⊇ truth ⊇ under (L-001, L-002, L-003, L-008).
// Truth is the in-memory evaluation of the resource that the entry is read as; the bounds are evaluated as a directory does, three-valued.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Entry } from '../../src/ldap/entry.ts';
import { formatFilter } from '../../src/ldap/filter.ts';
import { formatGuid, formatSid } from '../../src/ldap/syntax.ts';
import { translateFilter } from '../../src/mapping/filter.ts';
import { readResource } from '../../src/mapping/read.ts';
import { ScimError } from '../../src/scim/error.ts';
import { compileFilter } from '../../src/scim/match.ts';
import type { ResolvedFilter } from '../../src/scim/filter.ts';
import type { Resource } from '../../src/scim/schema.ts';
import { MiniDirectory, type Column, type Values } from '../mapping/directory.ts';
import { dnOf, filterFor, readContext, userMapping } from '../mapping/sample.ts';

/** Every kind of attribute that a mapping may meet. */
const columns: Readonly<Record<string, Column>> = {
  entryUUID: 'uuid!',
  uid: 'text',
  cn: 'text',
  sn: 'text',
  displayName: 'text!',
  title: 'text!',
  nick: 'exact!',
  labeledURI: 'exact',
  mail: 'ia5',
  otherMail: 'ia5',
  telephoneNumber: 'phone',
  mobile: 'phone!',
  fax: 'fax',
  street: 'text',
  l: 'text!',
  employeeType: 'text',
  kind: 'text!',
  flags: 'integer!',
  manyFlags: 'integer',
  count: 'integer!',
  locked: 'boolean!',
  raw: 'octets!',
  guid: 'octets!',
  sid: 'octets!',
  since: 'time!',
  seen: 'time',
  proxy: 'text',
  digits: 'numeric',
  tags: 'text',
  csv: 'text!',
  manager: 'dn',
  memberOf: 'dn',
};
const directory = new MiniDirectory(columns);

const bits = 'urn:example:params:scim:schemas:extension:thing:2.0:User';
const mapping = userMapping(
  `
externalId: nick
name.familyName: sn
name.formatted: { read: "{cn}", access: readOnly }
name.honorificPrefix: { read: "{title} {cn|sn | lower}" }
displayName: displayName
nickName: { ldap: [displayName, sn] }
profileUrl: labeledURI
locale: { constant: en-US }
userType: { ldap: kind, codec: { enum: { Employee: E, Contractor: C } } }
title: { ldap: title, filter: { eq: "(|(title={v})(cn={v}))", co: off } }
timezone: { ldap: unknownAttribute }
emails:
  elements:
    - { match: { type: work }, primary: { prefer: "[^@]+@corp", else: lowestValue }, list: { value: mail } }
    - { match: { type: other }, slot: { value: otherMail } }
phoneNumbers:
  elements:
    - { match: { type: work }, primary: true, slot: { value: telephoneNumber } }
    - { match: { type: mobile }, slot: { value: mobile } }
    - { match: { type: fax }, slot: { value: fax } }
addresses:
  elements:
    - { match: { type: work }, slot: { streetAddress: street, locality: l } }
roles: { ldap: employeeType, access: readOnly }
groups: { memberships: { direct: memberOf } }
meta.created: { ldap: since, codec: generalizedTime }
meta.lastModified: seen
enterprise:manager: { ldap: manager, reference: { to: [User] } }
`,
  {
    extra: 'accountState: { ldap: employeeType, activeValue: active, inactiveValue: disabled, absentMeans: inactive }',
    schemas: `
- urn: ${bits}
  name: Thing
  extends: User
  attributes:
    bit: { type: boolean, ldap: flags, codec: { bit: { mask: 2 } } }
    noBit: { type: boolean, ldap: flags, codec: { bit: { mask: 12, invert: true } } }
    manyBit: { type: boolean, ldap: manyFlags, codec: { bit: { mask: 2 } } }
    has: { type: boolean, ldap: raw, codec: { presence: { whenSet: x } }, access: readOnly }
    hasNot: { type: boolean, ldap: raw, codec: { presence: { whenSet: x, invert: true } }, access: readOnly }
    locked: { type: boolean, ldap: locked, codec: boolean }
    unlocked: { type: boolean, ldap: locked, codec: { boolean: { invert: true } }, access: readOnly }
    odd: { type: boolean, ldap: locked, codec: { boolean: { "true": "yes", "false": "no" } }, access: readOnly }
    count: { type: integer, ldap: count }
    precise: { type: decimal, ldap: count, access: readOnly }
    raw: { type: binary, ldap: raw, access: readOnly }
    base: { type: string, ldap: raw, codec: base64, access: readOnly }
    guid: { type: string, ldap: guid, codec: guid }
    sid: { type: string, caseExact: true, ldap: sid, codec: sid }
    smtp: { type: string, multiValued: true, ldap: proxy, codec: { prefix: "smtp:" } }
    digits: { type: string, ldap: digits }
    tags: { type: string, multiValued: true, ldap: tags }
    exactTags: { type: string, caseExact: true, multiValued: true, ldap: tags, access: readOnly }
    csv: { type: string, multiValued: true, ldap: csv, codec: { split: "," } }
    uuid: { type: string, ldap: entryUUID, access: readOnly }
    nick: { type: string, ldap: nick, access: readOnly }
    boss: { type: string, ldap: manager, reference: { to: [User] }, access: readOnly }
    asText: { type: string, ldap: count, access: readOnly }
`,
  },
);

const guids = ['6e9f0b7c-0000-4000-8000-000000000001', 'abcdef01-2345-6789-abcd-ef0123456789'];
const sids = ['S-1-5-21-1', 'S-1-5-32'];
const words = [
  'ann',
  'Ann',
  'ANN',
  ' ann',
  'ann ',
  'a n n',
  'a  n',
  'an',
  'n',
  'ännchen',
  'Ä',
  'a\u0308',
  'ａnn',
  'ß',
  'ss',
  'ﬁ',
  'fi',
  'K',
  'k',
  'Σ',
  'ς',
  'İ',
  '日本',
  '*',
  '(x)',
  'a\\b',
  '\t',
  '{v}',
  '$&',
  "$'",
  '$$',
  '-',
];
const mails = ['ann@corp', 'Ann@Corp', 'bob@example.com', 'x@corp', 'disabled', '+1'];
const phones = ['+1 555-1', '+15551', '+1-555 1', '555', '5 5 5', '1', '-', ' 1'];
const numbers = ['0', '1', '2', '3', '-1', '12', '514', '2147483648', '9007199254740991', '9007199254740993', '123456789012345678901'];
const times = ['20240229120000Z', '20240229120000.5Z', '20240229130000+0100', '19000101000000Z', '99991231235959Z', '20240229120001Z'];
const people = [`uid=ann,ou=people,dc=example,dc=com`, `UID=bob,ou=people,dc=example,dc=com`, 'cn=nobody,dc=elsewhere'];
const groups = [`cn=staff,ou=groups,dc=example,dc=com`, `cn=ops,ou=groups,dc=example,dc=com`, 'cn=nobody,dc=elsewhere'];
const tokens = ['E', 'e', 'C', ' E', 'X', 'active', 'disabled', 'Disabled ', 'd'];

const valuesOf: Readonly<Record<string, readonly (string | Buffer)[]>> = {
  entryUUID: [guids[0]!, guids[1]!.toUpperCase()],
  labeledURI: ['https://A', 'https://a', ...words],
  mail: [...mails, '', ' ann@corp'],
  otherMail: mails,
  telephoneNumber: phones,
  mobile: phones,
  fax: phones,
  employeeType: tokens,
  kind: tokens,
  flags: numbers,
  manyFlags: numbers,
  count: numbers,
  locked: ['TRUE', 'FALSE'],
  raw: [Buffer.from([0xff, 0xfe]), Buffer.from('a'), Buffer.from('ann'), Buffer.from('')],
  guid: [...guids.map(formatGuid), Buffer.from('no guid')],
  sid: [...sids.map(formatSid), Buffer.from('no sid')],
  since: times,
  seen: times,
  proxy: ['smtp:ann', 'SMTP:ann', 'smtp:', 'sip:ann', 'smtp: ann', 'smtp:ännchen'],
  digits: ['1', '1 2', '12'],
  csv: ['a,b', ' ann , b', ','],
  manager: people,
  memberOf: groups,
};

interface Subject {
  readonly values: Values;
  readonly resource: Resource;
}

function subjectOf(attributes: Readonly<Record<string, readonly (string | Buffer)[]>>): Subject {
  const values = directory.store(Object.entries({ entryUUID: [guids[0]!], ...attributes }));
  const resource = readResource(mapping, new Entry('cn=ann,ou=people,dc=example,dc=com', values), readContext, undefined);
  return { values, resource: resource! };
}

const entries = fc
  .dictionary(
    fc.constantFrom(...Object.keys(columns), 'cn', 'tags', 'kind', 'flags', 'mail', 'raw'),
    fc.infiniteStream(fc.nat()).map((s) => [...s.take(4)]),
    { maxKeys: 14 },
  )
  .map((picks) =>
    Object.fromEntries(
      Object.entries(picks).map(([name, [many = 0, ...numbersOf]]) => {
        const pool = valuesOf[name] ?? words;
        const count = directory.isSingle(name) ? 1 : (many % 3) + 1;
        return [name, [...new Set(numbersOf.slice(0, count).map((n) => pool[n % pool.length]!))]];
      }),
    ),
  );

/** Paths with literals that hit and literals that miss. */
const literals: Readonly<Record<string, readonly (string | number | boolean)[]>> = {
  id: [...guids, 'ann'],
  externalId: words,
  userName: words,
  'name.familyName': words,
  'name.formatted': words,
  'name.honorificPrefix': words,
  displayName: words,
  nickName: words,
  profileUrl: ['https://A', 'https://a', ...words],
  locale: ['en-us', 'EN', 'de'],
  userType: ['Employee', 'employee', 'CONTRACTOR', 'X', ...words],
  title: words,
  timezone: words,
  active: [true, false],
  'emails.value': [...mails, ...words],
  'emails.type': ['work', 'WORK', 'other', 'home'],
  'emails.primary': [true, false],
  emails: mails,
  'phoneNumbers.value': [...phones, '555-', '1555', '５'],
  'phoneNumbers.type': ['work', 'fax'],
  'addresses.streetAddress': words,
  'addresses.locality': words,
  'addresses.type': ['work'],
  'roles.value': tokens,
  'groups.value': ['g-staff', 'g-ops', 'g-missing', 'G-STAFF'],
  'groups.display': ['staff'],
  'groups.$ref': ['https://scim.example.com/Groups/g-staff'],
  'meta.created': [
    '2024-02-29T12:00:00Z',
    '2024-02-29T12:00:00.5Z',
    '2024-02-29T13:00:00+01:00',
    '1900-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
    '2024-02-29T12:00:01Z',
    '0001-01-01T00:00:00Z',
  ],
  'meta.lastModified': ['2024-02-29T12:00:00Z', '9999-12-31T23:59:59Z'],
  'meta.resourceType': ['User', 'user', 'Group'],
  schemas: [bits, 'urn:ietf:params:scim:schemas:core:2.0:User', 'x'],
  'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value': ['u-ann', 'u-bob', 'u-missing'],
  'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName': ['ann'],
  ...Object.fromEntries(
    Object.entries({
      bit: [true, false],
      noBit: [true, false],
      manyBit: [true, false],
      has: [true, false],
      hasNot: [true, false],
      locked: [true, false],
      unlocked: [true, false],
      odd: [true, false],
      count: [0, 1, 2, 2.5, -1, 1e300, -1e300, 9007199254740991, 2147483648],
      precise: [0, 1, 2, 2.5, 1e300],
      raw: ['//4=', '__4', 'YQ==', 'YQ', 'YR==', 'no base64!'],
      base: ['YQ==', 'yq==', 'ＹＱ＝＝'],
      guid: [...guids, guids[1]!.toUpperCase(), 'ａbcdef01-2345-6789-abcd-ef0123456789', 'x'],
      sid: [...sids, 's-1-5-32', 'S-1-0x000000000005-32'],
      smtp: ['ann', 'ANN', ' ann', 'ännchen', 'x'],
      digits: ['1', '12', '1 2', '１', 'x'],
      tags: words,
      exactTags: words,
      csv: ['a', 'b', 'ann', 'A'],
      uuid: [...guids, guids[1]!.toUpperCase(), 'ａbcdef01-2345-6789-abcd-ef0123456789', 'x'],
      nick: words,
      boss: ['u-ann', 'u-missing'],
      asText: ['1', '01', 'x'],
    }).map(([name, values]) => [`${bits}:${name}`, values]),
  ),
};
const operators = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le', 'pr'] as const;

const leafOf = (paths: readonly string[], spell: (path: string) => string) =>
  fc.tuple(fc.constantFrom(...paths), fc.constantFrom(...operators, 'eq', 'ne'), fc.nat()).map(([path, operator, n]) => {
    const pool = literals[path] ?? words;
    return operator === 'pr' ? `${spell(path)} pr` : `${spell(path)} ${operator} ${JSON.stringify(pool[n % pool.length])}`;
  });

const compound = (leaf: fc.Arbitrary<string>, depth: number): fc.Arbitrary<string> =>
  depth === 0
    ? leaf
    : fc.oneof(
        { weight: 2, arbitrary: leaf },
        fc
          .tuple(fc.constantFrom('and', 'or'), compound(leaf, depth - 1), compound(leaf, depth - 1))
          .map(([op, a, b]) => `(${a} ${op} ${b})`),
        compound(leaf, depth - 1).map((inner) => `not (${inner})`),
      );

const listPaths = ['emails', 'phoneNumbers', 'addresses', 'roles', 'groups'];
const valuePath = fc.constantFrom(...listPaths).chain((list) => {
  const inside = Object.keys(literals).filter((path) => path.startsWith(`${list}.`));
  return compound(
    leafOf(inside, (path) => path.slice(list.length + 1)),
    2,
  ).map((inner) => `${list}[${inner}]`);
});
const leaf = fc.oneof({ weight: 4, arbitrary: leafOf(Object.keys(literals), (path) => path) }, valuePath);

const context = { schema: directory.schema, dnOf };
const resolved = (filter: string) => {
  try {
    return filterFor(mapping, filter);
  } catch (error) {
    if (error instanceof ScimError) return undefined;
    throw error;
  }
};

/** What a filter gets wrong about one entry, in words; empty when nothing. */
function violations(filterText: string, filter: ResolvedFilter, subjects: readonly Subject[]): readonly string[] {
  const { over, under } = translateFilter(mapping, filter, context);
  const matches = compileFilter(filter);
  return subjects.flatMap(({ values, resource }) => {
    const truth = matches(resource);
    const isLost = truth && directory.evaluate(over, values) !== true;
    const isWrong = !truth && directory.evaluate(under, values) === true;
    return isLost || isWrong
      ? [`${filterText}: over ${formatFilter(over)}, under ${formatFilter(under)}, ${JSON.stringify(resource)}`]
      : [];
  });
}

describe('L-001: over ⊇ truth ⊇ under', () => {
  it('holds for random entries and random filters', () => {
    let decided = 0;
    fc.assert(
      fc.property(fc.array(entries, { minLength: 1, maxLength: 6 }), compound(leaf, 2), (all, filterText) => {
        const filter = resolved(filterText);
        fc.pre(filter !== undefined);
        const subjects = all.map(subjectOf);
        expect(violations(filterText, filter!, subjects)).toEqual([]);
        const { over, under } = translateFilter(mapping, filter!, context);
        decided += subjects.filter(
          ({ values }) => directory.evaluate(over, values) !== true || directory.evaluate(under, values) === true,
        ).length;
      }),
      { numRuns: Number(process.env['FILTER_RUNS'] ?? 2000) },
    );
    // The law would also hold of a translation that leaves everything open.
    expect(decided).toBeGreaterThan(1000);
  });

  it('holds for every path, operator and literal on entries with every value alone and every value beside the next', () => {
    const poolOf = (name: string) => valuesOf[name] ?? words;
    const pick = (name: string, i: number) => poolOf(name)[i % poolOf(name).length]!;
    const entriesWith = (valuesAt: (name: string, i: number) => readonly (string | Buffer)[]) =>
      words.map((_, i) => subjectOf(Object.fromEntries(Object.keys(columns).map((name) => [name, valuesAt(name, i)]))));
    const subjects = [
      subjectOf({}),
      ...entriesWith((name, i) => [pick(name, i)]),
      ...entriesWith((name, i) => (directory.isSingle(name) ? [pick(name, i)] : [pick(name, i), pick(name, i + 1)])),
    ];
    const filters = Object.entries(literals).flatMap(([path, pool]) =>
      operators.flatMap((operator) =>
        operator === 'pr' ? [`${path} pr`] : pool.map((literal) => `${path} ${operator} ${JSON.stringify(literal)}`),
      ),
    );
    const found = filters.flatMap((filterText) => {
      const filter = resolved(filterText);
      return filter ? violations(filterText, filter, subjects) : [];
    });
    expect(found).toEqual([]);
  });
});
