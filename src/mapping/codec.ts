// Codecs: one reversible conversion each, between the octets of one LDAP value and one SCIM value.
// A value that a codec cannot decode is foreign: never shown, never written.
import type { Value } from '../ldap/filter.ts';
import {
  formatBoolean,
  formatEpochDays,
  formatFiletime,
  formatGeneralizedTime,
  formatGuid,
  formatPostalAddress,
  formatSid,
  parseEpochDays,
  parseFiletime,
  parseGeneralizedTime,
  parseGuid,
  parsePostalAddress,
  parseSid,
} from '../ldap/syntax.ts';
import { invalidValue } from '../scim/error.ts';
import type { AttributeType, Json } from '../scim/schema.ts';
import type { CodecDefinition } from './definition.ts';

export interface Codec {
  readonly name: string;
  /** SCIM types it may serve. */
  readonly types: readonly AttributeType[];
  /** How the two sides compare: decides what a filter may push to the directory. */
  readonly compares: 'text' | 'time' | 'integer' | 'tokens' | 'octets' | 'nothing';
  /** Every value that the LDAP syntax allows can be decoded: `(a=*)` says exactly whether there is a SCIM value. */
  readonly total: boolean;
  /** Only values with this prefix are ours. */
  readonly prefix?: string;
  /** Undefined: the value is foreign. */
  decode(octets: Buffer): Json | undefined;
  /** @throws ScimError invalidValue */
  encode(value: Json): Value;
}

/** Decoding that answers undefined where the conversion throws. */
const lenient =
  <T>(convert: (octets: Buffer) => T | undefined) =>
  (octets: Buffer): T | undefined => {
    try {
      return convert(octets);
    } catch {
      return undefined;
    }
  };

const refuse = (expected: string): never => {
  throw invalidValue(`The value is not ${expected}`);
};

/** Encoding whose SyntaxErrors become refusals. */
const strict =
  (expected: string, convert: (text: string) => Value) =>
  (value: Json): Value => {
    if (typeof value !== 'string') return refuse(expected);
    try {
      return convert(value);
    } catch {
      return refuse(expected);
    }
  };

const text: Codec = {
  name: 'string',
  types: ['string', 'reference', 'binary'],
  compares: 'text',
  total: true,
  decode: (octets) => octets.toString('utf8'),
  encode: (value) => (typeof value === 'object' ? refuse('a simple value') : String(value)),
};

const timeTypes: readonly AttributeType[] = ['dateTime'];
const plain: ReadonlyMap<string, Codec> = new Map<string, Codec>(
  [
    text,
    { ...text, name: 'dn', compares: 'nothing' as const },
    {
      name: 'guid',
      types: ['string'] as const,
      compares: 'octets' as const,
      total: true,
      decode: lenient(parseGuid),
      encode: strict('a GUID', formatGuid),
    },
    { name: 'sid', types: ['string'] as const, compares: 'octets' as const, total: true, decode: lenient(parseSid), encode: strict('a SID', formatSid) },
    {
      name: 'generalizedTime',
      types: timeTypes,
      compares: 'time' as const,
      total: true,
      decode: lenient((octets) => parseGeneralizedTime(octets.toString())),
      encode: strict('a dateTime', formatGeneralizedTime),
    },
    {
      name: 'filetime',
      types: timeTypes,
      compares: 'nothing' as const,
      total: false,
      decode: lenient((octets) => parseFiletime(octets.toString())),
      encode: strict('a dateTime', formatFiletime),
    },
    {
      name: 'epochDays',
      types: timeTypes,
      compares: 'nothing' as const,
      total: false,
      decode: lenient((octets) => parseEpochDays(octets.toString())),
      encode: strict('a dateTime', formatEpochDays),
    },
    {
      name: 'int',
      types: ['integer', 'decimal'] as const,
      compares: 'integer' as const,
      total: true,
      decode: (octets: Buffer) => (/^-?\d{1,15}$/.test(octets.toString()) ? Number(octets.toString()) : undefined),
      encode: (value: Json) => (typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : refuse('an integer')),
    },
    {
      name: 'decimal',
      types: ['decimal'] as const,
      compares: 'nothing' as const,
      total: false,
      decode: (octets: Buffer) => (/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(octets.toString()) ? Number(octets.toString()) : undefined),
      encode: (value: Json) => (typeof value === 'number' && Number.isFinite(value) ? String(value) : refuse('a number')),
    },
    {
      name: 'base64',
      types: ['binary', 'string'] as const,
      compares: 'octets' as const,
      total: true,
      decode: (octets: Buffer) => octets.toString('base64'),
      encode: strict('base64', decodeBase64),
    },
    {
      name: 'postalAddress',
      types: ['string'] as const,
      compares: 'nothing' as const,
      total: true,
      decode: (octets: Buffer) => parsePostalAddress(octets.toString()),
      encode: strict('text', formatPostalAddress),
    },
    {
      name: 'json',
      types: ['complex', 'string'] as const,
      compares: 'nothing' as const,
      total: false,
      decode: lenient((octets) => JSON.parse(octets.toString()) as Json),
      encode: (value: Json) => JSON.stringify(value),
    },
  ].map((codec) => [codec.name, codec]),
);

function decodeBase64(value: string): Buffer {
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(value)) throw new SyntaxError('not base64');
  return Buffer.from(value, 'base64');
}

/** LDAP tokens compare as caseIgnore directories would, so that `true` and `TRUE` are one value. */
const fold = (value: string): string => value.toLowerCase();

function tokens(name: string, types: readonly AttributeType[], pairs: ReadonlyMap<string | boolean, string>, expected: string): Codec {
  const back = new Map([...pairs].map(([scim, ldap]) => [fold(ldap), scim] as const));
  return {
    name,
    types,
    compares: 'tokens',
    total: false,
    decode: (octets) => back.get(fold(octets.toString())),
    encode: (value) => (typeof value === 'string' || typeof value === 'boolean' ? pairs.get(value) : undefined) ?? refuse(expected),
  };
}

/** The codec of a definition; undefined for `bit`, `presence` and `split`, which are no conversions of single values (see rule.ts). */
export function compileCodec(definition: CodecDefinition): Codec | undefined {
  if (definition.boolean) {
    const { true: yes, false: no, invert } = definition.boolean;
    return tokens('boolean', ['boolean'], new Map([[true, invert ? no : yes], [false, invert ? yes : no]]), 'a boolean');
  }
  if (definition.enum) {
    const pairs = new Map(Object.entries(definition.enum));
    return tokens('enum', ['string'], pairs, `one of ${[...pairs.keys()].join(', ')}`);
  }
  if (definition.prefix !== undefined) return prefixed(definition.prefix);
  const name = Object.entries(definition).find(([, value]) => value !== undefined)?.[0] ?? 'string';
  return plain.get(name);
}

function prefixed(prefix: string): Codec {
  return {
    ...text,
    name: 'prefix',
    prefix,
    total: false,
    decode: (octets) => {
      const value = octets.toString();
      return fold(value.slice(0, prefix.length)) === fold(prefix) ? value.slice(prefix.length) : undefined;
    },
    encode: (value) => prefix + String(text.encode(value)),
  };
}

/** The codec that a SCIM type has when the mapping names none. */
export function defaultCodec(type: AttributeType): Codec {
  switch (type) {
    case 'boolean':
      return tokens('boolean', ['boolean'], new Map([[true, formatBoolean(true)], [false, formatBoolean(false)]]), 'a boolean');
    case 'integer':
      return plain.get('int') ?? text;
    case 'decimal':
      return plain.get('decimal') ?? text;
    case 'dateTime':
      return plain.get('generalizedTime') ?? text;
    case 'binary':
      return plain.get('base64') ?? text;
    case 'complex':
      return plain.get('json') ?? text;
    default:
      return text;
  }
}
