// Attribute definitions in few words: the constructors that the schemas are written with.
// RFC 7643 section 2.2 (default characteristics) and 2.4 (default sub-attributes of multi-valued attributes).
import type { Attribute, AttributeType } from './schema.ts';

type Characteristics = Partial<Omit<Attribute, 'name' | 'type' | 'description' | 'subAttributes'>>;

/** An attribute with the default characteristics of RFC 7643 section 2.2 except those given; references are case-exact (section 2.3.7). */
export function defineAttribute(name: string, type: AttributeType, description: string, characteristics: Characteristics = {}): Attribute {
  return {
    name,
    type,
    multiValued: false,
    description,
    required: false,
    caseExact: type === 'reference' || type === 'binary',
    mutability: 'readWrite',
    returned: 'default',
    uniqueness: 'none',
    ...characteristics,
  };
}

export function defineComplex(
  name: string,
  description: string,
  subAttributes: readonly Attribute[],
  characteristics: Characteristics = {},
): Attribute {
  return { ...defineAttribute(name, 'complex', description, characteristics), subAttributes };
}

/** A multi-valued complex attribute with `value`, `display`, `type` and `primary` (RFC 7643 section 2.4). */
export function defineValues(name: string, description: string, value: Attribute, types: readonly string[] = []): Attribute {
  const display = defineAttribute('display', 'string', 'A human-readable name, primarily used for display purposes.');
  return defineComplex(name, description, [value, display, defineType(types), definePrimary()], { multiValued: true });
}

export function defineType(canonicalValues: readonly string[] = [], characteristics: Characteristics = {}): Attribute {
  const labels = canonicalValues.length > 0 ? { canonicalValues } : {};
  return defineAttribute('type', 'string', 'A label indicating the function of the value.', { ...labels, ...characteristics });
}

export function definePrimary(characteristics: Characteristics = {}): Attribute {
  return defineAttribute('primary', 'boolean', 'Whether this is the preferred value; true for at most one value.', characteristics);
}
