// Codecs one by one: what they read, what they refuse, and which values are foreign.
import { describe, expect, test } from 'vitest';
import { compileCodec, defaultCodec, jsonCodec, type Codec } from '../../src/mapping/codec.ts';
import { codecDefinition, type CodecDefinition } from '../../src/mapping/definition.ts';
import { formatGuid, formatSid } from '../../src/ldap/syntax.ts';
import { defineAttribute, defineComplex } from '../../src/scim/attribute.ts';
import type { Json } from '../../src/scim/schema.ts';

const codecOf = (definition: string | CodecDefinition): Codec => {
  const codec = compileCodec(codecDefinition.parse(definition));
  if (!codec) throw new Error('no codec of single values');
  return codec;
};
const octets = (...bytes: readonly number[]) => Buffer.from(bytes);

describe('pairs of LDAP and SCIM values', () => {
  test.each<[codec: string | CodecDefinition, ldap: string | Buffer, scim: Json]>([
    ['string', 'Zoë', 'Zoë'],
    ['guid', formatGuid('6e9f0b7c-0000-4000-8000-000000000001'), '6e9f0b7c-0000-4000-8000-000000000001'],
    ['sid', formatSid('S-1-5-21-7'), 'S-1-5-21-7'],
    ['generalizedTime', '20240229120000.0Z', '2024-02-29T12:00:00Z'],
    ['filetime', '133536816000000000', '2024-02-29T12:00:00Z'],
    ['epochDays', '19782', '2024-02-29T00:00:00Z'],
    [{ boolean: { true: 'yes', false: 'no', invert: false } }, 'yes', true],
    [{ boolean: { true: 'yes', false: 'no', invert: true } }, 'yes', false],
    [{ enum: { Employee: 'E' } }, 'E', 'Employee'],
    ['int', '-12', -12],
    ['int', '9007199254740991', 9007199254740991],
    ['dn', 'cn=a,dc=b', 'cn=a,dc=b'],
    ['base64', octets(0xff, 0xfe), '//4='],
    [{ prefix: 'smtp:' }, 'smtp:a@b', 'a@b'],
    ['postalAddress', 'Street 1$Town \\24', 'Street 1\nTown $'],
    ['json', '{"a":1}', { a: 1 }],
  ])('%j: %s <-> %j', (definition, ldap, scim) => {
    const codec = codecOf(definition);
    expect(codec.decode(Buffer.from(ldap))).toEqual(scim);
    expect(Buffer.from(codec.encode(scim))).toEqual(Buffer.from(ldap));
  });
});

describe('foreign values, which are never shown', () => {
  test.each<[codec: string | CodecDefinition, ldap: string | Buffer]>([
    ['string', octets(0xff)],
    ['string', ''],
    ['guid', 'short'],
    ['sid', octets(1, 2, 3)],
    ['generalizedTime', 'yesterday'],
    ['generalizedTime', octets(0xff)],
    ['filetime', '0'],
    ['filetime', '9223372036854775807'],
    ['filetime', '-1'],
    ['epochDays', '-1'],
    ['boolean', 'maybe'],
    [{ enum: { Employee: 'E' } }, 'X'],
    [{ enum: { Employee: 'E' } }, 'E '],
    ['int', '1.5'],
    ['int', '9007199254740993'],
    ['int', ''],
    ['base64', ''],
    [{ prefix: 'smtp:' }, 'SMTP:a'],
    [{ prefix: 'smtp:' }, 'smtp:'],
    ['json', '{'],
    ['postalAddress', ''],
  ])('%j: %j', (definition, ldap) => expect(codecOf(definition).decode(Buffer.from(ldap))).toBeUndefined());
});

describe('refused values', () => {
  test.each<[codec: string | CodecDefinition, scim: Json]>([
    ['string', { a: 1 }],
    ['guid', 'x'],
    ['sid', 'x'],
    ['generalizedTime', 'yesterday'],
    ['generalizedTime', 5],
    ['filetime', '1600-01-01T00:00:00Z'],
    ['epochDays', '1969-12-31T00:00:00Z'],
    ['boolean', 'true'],
    [{ enum: { Employee: 'E' } }, 'employee'],
    [{ enum: { Employee: 'E' } }, 'constructor'],
    ['int', 1.5],
    ['int', 2 ** 53],
    ['base64', 'no base64!'],
    ['dn', 'no dn'],
    ['postalAddress', 1],
  ])('%j: %j', (definition, scim) => expect(() => codecOf(definition).encode(scim)).toThrow('The value is not'));
});

test('tokens are read in any case', () => {
  expect(codecOf('boolean').decode(Buffer.from('true'))).toBe(true);
  expect(codecOf({ enum: { Employee: 'E' } }).decode(Buffer.from('e'))).toBe('Employee');
});

test.each<[CodecDefinition, string]>([
  [{ enum: { A: 'x', B: 'X' } }, 'LDAP value X twice'],
  [{ enum: { A: 'x', a: 'y' } }, 'SCIM value a twice'],
  [{ boolean: { true: 'on', false: 'ON', invert: false } }, 'LDAP value ON twice'],
])('pairs that could not be read back are refused: %j', (definition, message) => expect(() => codecOf(definition)).toThrow(message));

test('bit, presence and split are no codecs of single values', () => {
  expect(compileCodec({ bit: { mask: 2, invert: false } })).toBeUndefined();
  expect(compileCodec({ split: ',' })).toBeUndefined();
});

test.each([
  ['string', 'string'],
  ['reference', 'string'],
  ['boolean', 'boolean'],
  ['integer', 'int'],
  ['decimal', 'decimal'],
  ['dateTime', 'generalizedTime'],
  ['binary', 'base64'],
  ['complex', 'json'],
] as const)('the default of %s is %s', (type, name) => {
  const codec = defaultCodec(type);
  expect(codec.name).toBe(name);
  expect(codec.types).toContain(type);
});

describe('json shows only what fits the attribute', () => {
  const point = defineComplex('point', '', [
    defineAttribute('x', 'integer', ''),
    defineAttribute('tags', 'string', '', { multiValued: true }),
  ]);
  const decode = (text: string) => jsonCodec(point).decode(Buffer.from(text));
  test.each([
    ['{"x":1,"tags":["a"]}', true],
    ['{"x":1}', true],
    ['{}', false],
    ['{"x":"1"}', false],
    ['{"y":1}', false],
    ['{"__proto__":1}', false],
    ['{"tags":"a"}', false],
    ['[1]', false],
    ['null', false],
    ['1', false],
  ])('%s: %s', (text, fits) => expect(decode(text) !== undefined).toBe(fits));
  test('a string is a JSON string', () => {
    expect(jsonCodec(defineAttribute('s', 'string', '')).decode(Buffer.from('"a"'))).toBe('a');
    expect(jsonCodec(defineAttribute('s', 'string', '')).decode(Buffer.from('1'))).toBeUndefined();
  });
});
