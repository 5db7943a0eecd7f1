// The attribute definitions of SCIM: what a resource type is made of, as data.
// RFC 7643 section 2 (attributes), 3.1 (common attributes), 6 (resource types), 7 (schemas).
import { commonAttributes } from './core-schemas.ts';

export { commonAttributes, enterpriseUserSchema, groupSchema, userSchema } from './core-schemas.ts';
export { resourceTypeSchema, schemaSchema, serviceProviderConfigSchema } from './discovery-schemas.ts';

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

/**
 * A SCIM resource in canonical form: attribute names spelt as in the schema, extensions under their URN, no null and no empty
 * array anywhere (absence means unassigned, RFC 7643 section 2.5).
 */
export type Resource = JsonObject;

export type AttributeType = 'string' | 'boolean' | 'decimal' | 'integer' | 'dateTime' | 'binary' | 'reference' | 'complex';

/** One attribute definition with its characteristics (RFC 7643 section 7). */
export interface Attribute {
  readonly name: string;
  readonly type: AttributeType;
  readonly multiValued: boolean;
  readonly description: string;
  readonly required: boolean;
  readonly caseExact: boolean;
  readonly mutability: 'readOnly' | 'readWrite' | 'immutable' | 'writeOnly';
  readonly returned: 'always' | 'never' | 'default' | 'request';
  readonly uniqueness: 'none' | 'server' | 'global';
  readonly canonicalValues?: readonly string[];
  readonly referenceTypes?: readonly string[];
  readonly subAttributes?: readonly Attribute[];
}

export interface Schema {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly attributes: readonly Attribute[];
}

/** A resource type with its schemas resolved; `schema.attributes` does not contain the common attributes. */
export interface ResourceType {
  readonly name: string;
  readonly endpoint: string;
  readonly description: string;
  readonly schema: Schema;
  readonly extensions: readonly { readonly schema: Schema; readonly required: boolean }[];
  /** The common attributes beside `schemas`, when they are not all of `commonAttributes` (no place for `externalId`, say). */
  readonly common?: readonly Attribute[];
}

const coreAttributes = new WeakMap<ResourceType, readonly Attribute[]>();
const indexes = new WeakMap<readonly Attribute[], ReadonlyMap<string, Attribute>>();

/** What a resource of this type holds outside its extensions: the common attributes and those of its schema. */
export function attributesOf(type: ResourceType): readonly Attribute[] {
  let attributes = coreAttributes.get(type);
  if (!attributes) {
    const common = type.common ?? commonAttributes;
    const isSchemas = ({ name }: Attribute): boolean => name === 'schemas';
    attributes = [...commonAttributes.filter(isSchemas), ...common.filter((each) => !isSchemas(each)), ...type.schema.attributes];
    coreAttributes.set(type, attributes);
  }
  return attributes;
}

/** The attribute of that name; names are case-insensitive (RFC 7643 section 2.1). */
export function findAttribute(attributes: readonly Attribute[] | undefined, name: string): Attribute | undefined {
  if (!attributes) return undefined;
  let index = indexes.get(attributes);
  if (!index) {
    index = new Map(attributes.map((attribute) => [attribute.name.toLowerCase(), attribute]));
    indexes.set(attributes, index);
  }
  return index.get(name.toLowerCase());
}

/** The schema of that URN among the base schema and the extensions of a type; URNs are case-insensitive. */
export function findSchema(type: ResourceType, urn: string): Schema | undefined {
  const wanted = urn.toLowerCase();
  return [type.schema, ...type.extensions.map(({ schema }) => schema)].find(({ id }) => id.toLowerCase() === wanted);
}
