// Codecs: one reversible conversion each, between the octets of one LDAP value and one SCIM value.
// A value that a codec cannot decode is foreign: never shown, never written. RFC 7643 section 2.3, RFC 4517 section 3.3.
import { parseDn } from '../ldap/dn.ts';
import type { Value } from '../ldap/filter.ts';
import * as syntax from '../ldap/syntax.ts';
import { invalidValue } from '../scim/error.ts';
import type { Attribute, AttributeType, Json } from '../scim/schema.ts';
import type { CodecDefinition } from './definition.ts';

export interface Codec {
  readonly name: string;
  /** SCIM types it may serve. */
  readonly types: readonly AttributeType[];
  /** How the two sides compare: decides what a filter may push to the directory. */
  readonly compares: 'text' | 'time' | 'integer' | 'tokens' | 'octets' | 'nothing';
  /** Every value that the LDAP syntax allows can be decoded: `(a=*)` says exactly whether there is a SCIM value. */
  readonly total: boolean;
  /** Only values that begin so, in this case, are ours. */
  readonly prefix?: string;
  /** Undefined: the value is foreign. */
  decode(octets: Buffer): Json | undefined;
  /** @throws ScimError invalidValue */
  encode(value: Json): Value;
}

/** Decoding of text that answers undefined where the conversion throws, and for octets that are no text. */
const lenient =
  (convert: (text: string) => Json | undefined) =>
  (octets: Buffer): Json | undefined => {
    const text = syntax.decodeText(octets);
    return text === undefined || text === '' ? undefined : attempt(() => convert(text));
  };

function attempt<T>(convert: () => T): T | undefined {
  try {
    return convert();
  } catch {
    return undefined;
  }
}

const refuse = (expected: string): never => {
  throw invalidValue(`The value is not ${expected}`);
};

/** Encoding whose SyntaxErrors become refusals. */
const strict =
  (expected: string, convert: (text: string) => Value) =>
  (value: Json): Value =>
    typeof value === 'string' ? (attempt(() => convert(value)) ?? refuse(expected)) : refuse(expected);

/** A directory may hold octets that are no text, and an attribute may have values under a language tag only: never total. */
const text: Codec = {
  name: 'string',
  types: ['string', 'reference'],
  compares: 'text',
  total: false,
  decode: (octets) => syntax.decodeText(octets) || undefined,
  encode: (value) => (typeof value === 'object' ? refuse('a simple value') : String(value)),
};

const generalizedTime: Codec = {
  name: 'generalizedTime',
  types: ['dateTime'],
  compares: 'time',
  total: true,
  decode: lenient(syntax.parseGeneralizedTime),
  encode: strict('a dateTime', syntax.formatGeneralizedTime),
};

const int: Codec = {
  name: 'int',
  types: ['integer', 'decimal'],
  compares: 'integer',
  total: false,
  decode: lenient((value) => (/^-?\d{1,16}$/.test(value) && Number.isSafeInteger(Number(value)) ? Number(value) : undefined)),
  encode: (value) => (typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : refuse('an integer')),
};

const decimal: Codec = {
  name: 'decimal',
  types: ['decimal'],
  compares: 'nothing',
  total: false,
  decode: lenient((value) => (/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value) && Number.isFinite(Number(value)) ? Number(value) : undefined)),
  encode: (value) => (typeof value === 'number' && Number.isFinite(value) ? String(value) : refuse('a number')),
};

const base64: Codec = {
  name: 'base64',
  types: ['binary', 'string'],
  compares: 'octets',
  total: false,
  decode: (octets) => (octets.length === 0 ? undefined : octets.toString('base64')),
  encode: strict('base64', decodeBase64),
};

const json: Codec = {
  name: 'json',
  types: ['complex', 'string'],
  compares: 'nothing',
  total: false,
  decode: lenient((value) => JSON.parse(value) as Json),
  encode: (value) => JSON.stringify(value),
};

const plain: ReadonlyMap<string, Codec> = new Map(
  [
    text,
    { ...text, name: 'dn', compares: 'nothing' as const, encode: strict('a distinguished name', (value) => (parseDn(value), value)) },
    octetCodec('guid', syntax.parseGuid, strict('a GUID', syntax.formatGuid)),
    octetCodec('sid', syntax.parseSid, strict('a SID', syntax.formatSid)),
    generalizedTime,
    countCodec('filetime', syntax.parseFiletime, syntax.formatFiletime),
    countCodec('epochDays', syntax.parseEpochDays, syntax.formatEpochDays),
    int,
    decimal,
    base64,
    {
      ...text,
      name: 'postalAddress',
      types: ['string'] as const,
      compares: 'nothing' as const,
      decode: lenient(syntax.parsePostalAddress),
      encode: strict('text', syntax.formatPostalAddress),
    },
    json,
  ].map((codec) => [codec.name, codec]),
);

/** An identifier of fixed form in octets. */
function octetCodec(name: string, parse: (octets: Buffer) => string, encode: Codec['encode']): Codec {
  return { name, types: ['string'], compares: 'octets', total: false, decode: (octets) => attempt(() => parse(octets)), encode };
}

/** A point in time as a count of something, with numbers that mean "never". */
function countCodec(name: string, parse: (value: string) => string | undefined, format: (value: string) => string): Codec {
  return { name, types: ['dateTime'], compares: 'nothing', total: false, decode: lenient(parse), encode: strict('a dateTime', format) };
}

function decodeBase64(value: string): Buffer {
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(value)) throw new SyntaxError('not base64');
  return Buffer.from(value, 'base64');
}

/** LDAP tokens compare as caseIgnore directories would, so that `true` and `TRUE` are one value. */
const foldToken = (value: string): string => value.toLowerCase();

function tokens(name: string, types: readonly AttributeType[], pairs: ReadonlyMap<string | boolean, string>, expected: string): Codec {
  const back = new Map([...pairs].map(([scim, ldap]) => [foldToken(ldap), scim] as const));
  return {
    name,
    types,
    compares: 'tokens',
    total: false,
    decode: lenient((value) => back.get(foldToken(value))),
    encode: (value) => (typeof value === 'string' || typeof value === 'boolean' ? pairs.get(value) : undefined) ?? refuse(expected),
  };
}

function booleanTokens(yes: string, no: string): Codec {
  const pairs = new Map([
    [true, yes],
    [false, no],
  ]);
  return tokens('boolean', ['boolean'], pairs, 'a boolean');
}

function prefixed(prefix: string): Codec {
  return {
    ...text,
    name: 'prefix',
    prefix,
    decode: lenient((value) => (value.startsWith(prefix) && value.length > prefix.length ? value.slice(prefix.length) : undefined)),
    encode: (value) => prefix + String(text.encode(value)),
  };
}

/**
 * The codec of a definition; undefined for `bit`, `presence` and `split`, which are no conversions of single values.
 * @throws SyntaxError for pairs of tokens that no one could tell apart
 */
export function compileCodec(definition: CodecDefinition): Codec | undefined {
  if (definition.boolean) {
    const { true: yes, false: no, invert } = definition.boolean;
    refuseAmbiguity('LDAP value', [yes, no]);
    return invert ? booleanTokens(no, yes) : booleanTokens(yes, no);
  }
  if (definition.enum) {
    const pairs = new Map(Object.entries(definition.enum));
    refuseAmbiguity('SCIM value', [...pairs.keys()]);
    refuseAmbiguity('LDAP value', [...pairs.values()]);
    return tokens('enum', ['string'], pairs, `one of ${[...pairs.keys()].join(', ')}`);
  }
  if (definition.prefix !== undefined) return prefixed(definition.prefix);
  const name = Object.entries(definition).find(([, value]) => value !== undefined)?.[0] ?? 'string';
  return plain.get(name);
}

function refuseAmbiguity(side: string, values: readonly string[]): void {
  const twice = values.find((value, i) => values.findIndex((other) => foldToken(other) === foldToken(value)) < i);
  if (twice !== undefined) throw new SyntaxError(`the codec has the ${side} ${twice} twice: it could not be read back`);
}

/** The codec that a SCIM type has when the mapping names none. */
export function defaultCodec(type: AttributeType): Codec {
  switch (type) {
    case 'boolean':
      return booleanTokens(syntax.formatBoolean(true), syntax.formatBoolean(false));
    case 'integer':
      return int;
    case 'decimal':
      return decimal;
    case 'dateTime':
      return generalizedTime;
    case 'binary':
      return base64;
    case 'complex':
      return json;
    default:
      return text;
  }
}

/** The codec `json` for one attribute: what does not fit the attribute's definition is foreign, for nobody could show or filter it. */
export function jsonCodec(attribute: Attribute): Codec {
  return {
    ...json,
    decode: (octets) => {
      const value = json.decode(octets);
      return value !== undefined && fits(value, attribute) ? value : undefined;
    },
  };
}

function fits(value: Json, { type, subAttributes = [] }: Attribute): boolean {
  if (type !== 'complex') return value !== '' && typeof value === jsonTypes[type];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const parts = Object.entries(value);
  return (
    parts.length > 0 &&
    parts.every(([name, part]) => {
      const sub = subAttributes.find((candidate) => candidate.name === name);
      return sub !== undefined && (sub.multiValued ? Array.isArray(part) && part.every((each: Json) => fits(each, sub)) : fits(part, sub));
    })
  );
}

const jsonTypes = {
  string: 'string',
  reference: 'string',
  binary: 'string',
  dateTime: 'string',
  boolean: 'boolean',
  integer: 'number',
  decimal: 'number',
} as const;
