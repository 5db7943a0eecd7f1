// Texts and values that have broken servers before: names of prototypes, LDAP and URL syntax, broken Unicode, numbers at the edges, sizes.
// Test set-up only.
import type { Random } from './random.ts';
import type { Tree } from './tree.ts';

/** The suffix of the directory in capitals: LDAP takes it for the same, and a small one in an answer is a leak. */
export const suffix = 'dc=fuzz-suffix,dc=test';
/** The userName of the resource that is `/Me` to the client `self`. */
export const ownName = 'self-service';
export const ownDn = (rdn: string): string => `${rdn},${suffix}`.toUpperCase();

/** Every password that is sent begins with it; no answer may. */
export const passwordMark = 'Pw-fuzz-';

export const prototypeNames = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__defineGetter__',
  'toJSON',
  'then',
];

const texts: readonly string[] = [
  ...prototypeNames,
  '',
  ' ',
  '  ',
  '\t',
  '\0',
  'a\0b',
  'line\r\nX-Injected: 1',
  '\u001b[31m',
  '\u007f',
  '\ud800',
  'x\udc00y',
  '\udfff\ud800',
  '\ufeffx',
  '\uffff',
  'e\u0301',
  '\u00e9',
  '\u0130\u0131\u017f\u212a\u212b',
  'ß',
  '\u00ad\u200b\u200d\u2060',
  '\u202eabc',
  '\ufdfa',
  '😀'.repeat(3),
  '～',
  '*',
  '**',
  '(',
  ')',
  '\\',
  '\\00',
  '\\2a',
  '*)(uid=*',
  '*)(|(objectClass=*)',
  'x)(userPassword=*)',
  ' leading',
  'trailing ',
  'two  blanks',
  '#04024869',
  '#zz',
  ',',
  '+',
  'a,b+c="d"<e>;f\\',
  'x,OU=PEOPLE',
  'uid=x',
  '<SID=S-1-5-32-544>',
  '<GUID=00000000000000000000000000000000>',
  'true',
  'True',
  'FALSE',
  'null',
  'undefined',
  'NaN',
  'Infinity',
  '-0',
  '1e999',
  '0x10',
  '9007199254740993',
  '1970-01-01T00:00:00Z',
  '2024-02-30T25:61:61Z',
  '{userName}',
  '{{7*7}}',
  '${7*7}',
  '%s%n',
  '../../etc/passwd',
  '..',
  '.',
  '%00',
  '%2e%2e%2f',
  "' or '1'='1",
  '"',
  '\\"',
  '\\u0000',
  '<script>alert(1)</script>',
  '[object Object]',
  'urn:ietf:params:scim:schemas:core:2.0:User',
  'URN:ietf:params:scim:schemas:extension:enterprise:2.0:User',
  'nobody',
  'admin',
];

export function hostileText(random: Random): string {
  return random.weigh<() => string>([
    [60, () => random.pick(texts)],
    [8, () => random.pick(texts) + random.pick(texts)],
    [6, () => ownDn(random.pick(['CN=ADMIN', 'CN=NOBODY', 'OU=PEOPLE', 'UID=X,OU=PEOPLE', 'CN=X+SN=Y']))],
    [6, () => 'x'.repeat(random.pick([63, 64, 65, 128, 256, 257, 1000, 1024, 4096]))],
    [3, () => random.pick(['ä', '😀', '\0', '\\', '(', '*', ' ', '\u0301']).repeat(random.pick([10, 300, 3000]))],
    [1, () => 'y'.repeat(random.pick([30_000, 70_000, 300_000]))],
    [8, () => String.fromCharCode(...Array.from({ length: 1 + random.below(12) }, () => random.below(0x10000)))],
    [8, () => String.fromCharCode(...Array.from({ length: 1 + random.below(12) }, () => random.below(0x80)))],
  ])();
}

const rawNumbers = [
  '0',
  '-0',
  '1',
  '-1',
  '1.5',
  '1e999',
  '-1e999',
  '1e-999',
  '9007199254740993',
  '123456789012345678901234567890',
  '1E5',
  '0.1',
];
/** What looks like a number and is no JSON. */
const notNumbers = ['NaN', 'Infinity', '-Infinity', '01', '+1', '.5', '1.', '0x1', '1_000', '--1', 'undefined'];

export function hostileValue(random: Random, depth = 0): Tree {
  return random.weigh<() => Tree>([
    [30, () => hostileText(random)],
    [6, () => null],
    [6, () => random.chance(0.5)],
    [10, () => ({ raw: random.pick(rawNumbers) })],
    [1, () => ({ raw: random.pick(notNumbers) })],
    [5, () => []],
    [5, () => ({ members: [] })],
    [depth > 3 ? 0 : 8, () => random.some(4, () => hostileValue(random, depth + 1)) as Tree[]],
    [
      depth > 3 ? 0 : 8,
      () => ({ members: random.some(4, () => [hostileName(random), hostileValue(random, depth + 1)]) as [string, Tree][] }),
    ],
    [2, () => nest(random, random.pick([5, 20, 44, 49, 50, 51, 60]))],
    [0.3, () => nest(random, random.pick([1000, 20_000, 200_000]))],
  ])();
}

function nest(random: Random, depth: number): Tree {
  const [open, middle, close] = random.pick([
    ['[', '1', ']'],
    ['{"a":', '1', '}'],
    ['{"value":', '"x"', '}'],
    ['[{"value":', '1', '}]'],
  ]);
  return { raw: `${open?.repeat(depth) ?? ''}${middle ?? ''}${close?.repeat(depth) ?? ''}` };
}

const attributeNames = [
  'id',
  'schemas',
  'meta',
  'userName',
  'externalId',
  'name',
  'displayName',
  'nickName',
  'title',
  'active',
  'emails',
  'phoneNumbers',
  'addresses',
  'groups',
  'members',
  'roles',
  'password',
  'manager',
  'value',
  '$ref',
  'type',
  'primary',
  'display',
  'x509Certificates',
  'userPassword',
  'objectClass',
  'entryUUID',
  'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
];

export function hostileName(random: Random): string {
  return random.weigh<() => string>([
    [5, () => random.pick(prototypeNames)],
    [8, () => random.pick(attributeNames)],
    [2, () => random.pick(attributeNames).toUpperCase()],
    [3, () => hostileText(random)],
  ])();
}
