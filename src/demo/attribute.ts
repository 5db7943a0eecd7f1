// One attribute of an entry as it is stored: values in the form of their syntax, and the keys by which they compare.
// RFC 4512 section 2.3; the checks that a server makes of values before it looks at any entry.
import type { AttributeValues } from './request.ts';
import { OperationError } from './result.ts';
import type { Preparation } from './matching.ts';
import { octetPreparation } from './matching.ts';
import type { AttributeDescription, Schema } from './schema.ts';

export interface Attribute {
  readonly description: AttributeDescription;
  readonly values: readonly Buffer[];
  /** Under the type's equality rule, in the order of the values; of a type without one, the octets. */
  readonly keys: readonly string[];
}

/** The result codes by which a product answers mistakes of values. */
export interface ValueCodes {
  readonly unknownAttribute: number;
  readonly invalidValue: number;
  readonly tooManyValues: number;
  readonly valueExists: number;
  readonly valueMissing: number;
}

/** By description in the schema's spelling. */
export type Attributes = ReadonlyMap<string, Attribute>;

/** @throws OperationError for an unknown attribute, a value of another syntax, two values of a single-valued type */
export function checkAttribute({ description: text, values }: AttributeValues, schema: Schema, codes: ValueCodes): Attribute {
  const description = schema.description(text);
  if (description === undefined) throw new OperationError(codes.unknownAttribute, `${text}: attribute type undefined`);
  const { type } = description;
  const keys: string[] = [];
  const accepted = values.map((value, at) => {
    const stored = type.syntax.accept(value, schema);
    const key = stored && preparationOf(description).key(stored, 'whole', schema);
    if (stored === undefined || key === undefined)
      throw new OperationError(codes.invalidValue, `${type.name}: value #${at} invalid per syntax`);
    keys.push(key);
    return stored;
  });
  if (type.singleValue && accepted.length > 1) throw new OperationError(codes.tooManyValues, `${type.name}: multiple values provided`);
  return { description, values: accepted, keys };
}

export function requireDistinct({ description, keys }: Attribute, codes: ValueCodes): void {
  if (keys.length > 1 && new Set(keys).size < keys.length)
    throw new OperationError(codes.valueExists, `${description.text}: value provided more than once`);
}

function preparationOf({ type }: AttributeDescription): Preparation {
  return type.equality?.preparation ?? octetPreparation;
}

/** The keys of the attribute's values under a rule that need not be its own; values that the rule cannot compare are left out. */
export function keysUnder(attribute: Attribute, preparation: Preparation, schema: Schema): readonly string[] {
  if (preparationOf(attribute.description) === preparation) return attribute.keys;
  return attribute.values.map((value) => preparation.key(value, 'whole', schema)).filter((key) => key !== undefined);
}

/** An attribute that the server itself maintains: its values are right by construction. */
export function makeAttribute(name: string, values: readonly (string | Buffer)[], schema: Schema): Attribute {
  const description = schema.description(name);
  if (description === undefined) throw new TypeError(`the schema has no attribute ${name}`);
  const octets = values.map((value) => (typeof value === 'string' ? Buffer.from(value) : value));
  return {
    description,
    values: octets,
    keys: octets.map((value) => preparationOf(description).key(value, 'whole', schema) ?? value.toString('latin1')),
  };
}

export function collectAttributes(attributes: Iterable<Attribute>): Map<string, Attribute> {
  return new Map(Array.from(attributes, (attribute) => [attribute.description.text, attribute]));
}
