// How the demo directory prepares values for comparison, where slapd cannot be asked or the cases are many.
// RFC 4518, RFC 4517 section 4.2; what slapd answers to filters is in faithful.test.ts.
import { expect, test } from 'vitest';
import { ChangeClock } from '../../src/demo/change-clock.ts';
import { prettyDn, resolveDn } from '../../src/demo/names.ts';
import { openLdapSchema, openLdapSchemaSource } from '../../src/demo/openldap/schema.ts';
import { publishSchema } from '../../src/demo/schema-definition.ts';
import { hashPassword, verifyPassword } from '../../src/demo/password.ts';
import { prepareTime, prepareText } from '../../src/demo/text-preparation.ts';
import { parseSchema } from '../../src/ldap/schema.ts';

test.each([
  ['  Two   Blanks  ', 'whole', 'two blanks'],
  ['  two  ', 'initial', 'two '],
  ['  two  ', 'any', ' two '],
  ['  two  ', 'final', ' two'],
  ['   ', 'whole', ' '],
  ['ＦＵＬＬ\u00a0Width', 'whole', 'full width'],
  ['İSTANBUL ΣΑΣ ß', 'whole', 'istanbul σασ ß'],
] as const)('text %j as %s is compared as %j', (text, part, prepared) => {
  expect(prepareText(text, part, true)).toBe(prepared);
});

test.each([
  ['20260131235959Z', '20260131235959'],
  ['20260131235959.500Z', '20260131235959.5'],
  ['20260131235959,000Z', '20260131235959'],
  ['2026013123Z', '20260131230000'],
  ['202601312359+0100', '20260131225900'],
  ['20260131235959-01', '20260201005959'],
  ['20260230000000Z', undefined],
  ['20260131240000Z', undefined],
  ['2026-01-31T23:59:59Z', undefined],
  ['20260131235959', undefined],
] as const)('time %s is compared as %s', (text, prepared) => {
  expect(prepareTime(text)).toBe(prepared);
});

test('names are written with the types of the schema and hexadecimal escapes', () => {
  const written = (text: string): string | undefined => {
    const dn = resolveDn(text, openLdapSchema);
    return dn && prettyDn(dn);
  };
  expect(written('CommonName = Smith\\, Bob + UID=x , DC=Example')).toBe('cn=Smith\\2C Bob+uid=x,dc=Example');
  expect(written('2.5.4.3=\\#1\\ ')).toBe('cn=\\231\\20');
  expect(written('toString=x')).toBeUndefined();
  expect(written('__proto__=x')).toBeUndefined();
});

test('names of the language are no attributes or classes', () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    expect([openLdapSchema.attribute(name), openLdapSchema.objectClass(name), openLdapSchema.description(`${name};lang-de`)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  }
});

test('the published schema says to its readers what the server goes by', () => {
  const definitions = publishSchema(openLdapSchemaSource);
  const published = (name: string): readonly string[] => definitions.get(name) ?? [];
  const read = parseSchema({ attributeTypes: published('attributeTypes'), objectClasses: published('objectClasses') });
  const types = openLdapSchema.attributeTypes();
  expect(read.attributes).toHaveLength(types.length);
  for (const type of types) {
    expect(read.attribute(type.name)).toMatchObject({
      oid: type.oid,
      syntax: type.syntax.oid,
      equality: type.equality?.name,
      ordering: type.ordering?.name,
      substring: type.substring?.name,
      singleValue: type.singleValue,
      noUserModification: type.noUserModification,
      operational: type.operational,
    });
  }
  for (const { name } of read.objectClasses) expect(openLdapSchema.objectClass(name)?.kind).toBe(read.objectClass(name)?.kind);
  expect(read.objectClass('inetOrgPerson')?.sup).toEqual(['organizationalPerson']);
});

test('change times never repeat and never go back', () => {
  const clock = new ChangeClock();
  const stamps = [
    clock.next(1_700_000_000_000),
    clock.next(1_700_000_000_000),
    clock.next(1_600_000_000_000),
    clock.next(1_700_000_000_001),
  ];
  const numbers = stamps.map(({ csn }) => csn);
  expect(numbers).toEqual([...new Set(numbers)].toSorted());
  expect(numbers[0]).toBe('20231114221320.000000Z#000000#000#000000');
  expect(clock.latest.csn).toBe(numbers[3]);
  expect(stamps.map(({ usn }) => usn)).toEqual([1, 2, 3, 4]);
});

test('a password is stored as a salted hash, and a stored text without scheme is the password', () => {
  const password = Buffer.from('pässword');
  const [first, second] = [hashPassword(password), hashPassword(password)];
  expect(first.toString()).toMatch(/^\{SSHA\}[\w+/]+=*$/);
  expect(first.equals(second)).toBe(false);
  expect([first, second, password].map((stored) => verifyPassword(stored, password))).toEqual([true, true, true]);
  expect([first, Buffer.from('{CRYPT}pässword'), Buffer.alloc(0)].map((stored) => verifyPassword(stored, Buffer.from('other')))).toEqual([
    false,
    false,
    false,
  ]);
  expect(verifyPassword(Buffer.alloc(0), Buffer.alloc(0))).toBe(false);
});
