// What a mapped value goes through, from its keys in the file: the codec, normalization and validation.
// RFC 7643 section 2.3 (data types).
import type { Attribute } from '../scim/schema.ts';
import { compileCodec, type Codec, defaultCodec, jsonCodec } from './codec.ts';
import type { AttributeDefinition, CodecDefinition } from './definition.ts';
import { compilePattern } from './pattern.ts';
import type { Path, Report } from './report.ts';
import type { ValueOptions } from './value.ts';

/** Codecs that are no conversions of single values, and the SCIM type that each gives. */
const wholeCodecs: ReadonlyMap<string, string> = new Map([
  ['bit', 'boolean'],
  ['presence', 'boolean'],
  ['split', 'string'],
]);

export const codecName = (definition: CodecDefinition): string =>
  Object.entries(definition).find(([, value]) => value !== undefined)?.[0] ?? 'string';

/** The codec of single values of an attribute; undefined (and reported) where it does not suit the attribute. */
export function codecFor(at: Path, definition: CodecDefinition | undefined, attribute: Attribute, report: Report): Codec | undefined {
  const { type } = attribute;
  const name = definition ? codecName(definition) : undefined;
  if (name !== undefined && wholeCodecs.has(name)) {
    report.add([...at, 'codec'], `the codec ${name} is not for single values such as this`);
    return undefined;
  }
  if (definition === undefined) return defaultCodec(type);
  const codec = report.attempt([...at, 'codec'], () => compileCodec(definition));
  if (codec && !codec.types.includes(type)) {
    report.add([...at, 'codec'], `the codec ${codec.name} gives ${codec.types.join(' or ')}, the attribute is ${type}`);
    return undefined;
  }
  return codec?.name === 'json' ? jsonCodec(attribute) : codec;
}

/** Whether `bit`, `presence` or `split` suits the attribute. */
export function suitsWhole(at: Path, name: string, { type, multiValued }: Attribute, report: Report): boolean {
  const wanted = wholeCodecs.get(name);
  if (type === wanted && multiValued === (name === 'split')) return true;
  const found = `${multiValued ? 'a list of ' : ''}${type}`;
  report.add([...at, 'codec'], `the codec ${name} gives ${name === 'split' ? 'a list of ' : ''}${wanted}, the attribute is ${found}`);
  return false;
}

export function valueOptions(at: Path, definition: Pick<AttributeDefinition, 'normalize' | 'validate'>, report: Report): ValueOptions {
  const { pattern, maxLength, oneOf, message } = definition.validate ?? {};
  const compiled = pattern === undefined ? undefined : report.attempt([...at, 'validate', 'pattern'], () => compilePattern(pattern));
  return {
    normalize: definition.normalize,
    validate: definition.validate && {
      ...(compiled && { pattern: compiled }),
      ...(maxLength !== undefined && { maxLength }),
      ...(oneOf && { oneOf }),
      ...(message !== undefined && { message }),
    },
  };
}
