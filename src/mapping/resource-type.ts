// The resource types that a mapping file speaks of, with every attribute they could have: built in ones, and those defined under `schemas:`.
import { defineAttribute, defineComplex } from '../scim/attribute.ts';
import { enterpriseUserSchema, groupSchema, userSchema } from '../scim/schema.ts';
import type { Attribute, ResourceType, Schema } from '../scim/schema.ts';
import type { MappingDefinition, ResourceDefinition, SchemaAttributeDefinition, SchemaDefinition } from './definition.ts';
import type { Report } from './report.ts';

const builtIn: ReadonlyMap<string, Schema> = new Map([
  ['User', userSchema],
  ['Group', groupSchema],
]);

/** The resource type before the mapping reduces it; undefined (and reported) when its base schema is not to be found. */
export function fullType(
  name: string,
  resource: ResourceDefinition,
  definition: MappingDefinition,
  report: Report,
): ResourceType | undefined {
  const own = (definition.schemas ?? []).find((schema) => schema.urn === resource.schema);
  const schema = resource.schema === undefined ? builtIn.get(name) : own && defineSchema(own);
  if (!schema) {
    if (resource.schema === undefined)
      report.add(['resources', name], `${name} is not built in: it needs \`schema\`, the URN of one under \`schemas\``, { atKey: true });
    else report.add(['resources', name, 'schema'], 'names no schema under `schemas`');
    return undefined;
  }
  const extensions = (definition.schemas ?? []).filter((extension) => extension.extends === name);
  return {
    name,
    endpoint: resource.endpoint ?? `/${name}s`,
    description: resource.description ?? schema.description,
    schema,
    extensions: [
      ...(name === 'User' ? [{ schema: enterpriseUserSchema, required: false }] : []),
      ...extensions.map((extension) => ({ schema: defineSchema(extension), required: extension.required })),
    ],
  };
}

function defineSchema(definition: SchemaDefinition): Schema {
  const attributes = Object.entries(definition.attributes).map(([name, attribute]) => define(name, attribute));
  return { id: definition.urn, name: definition.name, description: definition.description, attributes };
}

function define(name: string, definition: SchemaAttributeDefinition): Attribute {
  const { reference, subAttributes } = definition;
  const characteristics = characteristicsOf(definition);
  if (subAttributes) {
    const subs = Object.entries(subAttributes).map(([sub, part]) =>
      defineAttribute(sub, part.type, part.description, characteristicsOf(part)),
    );
    return defineComplex(name, definition.description, subs, characteristics);
  }
  if (reference && definition.type === 'complex') {
    const value = defineAttribute('value', 'string', 'The id of the resource.', { caseExact: true });
    return defineComplex(
      name,
      definition.description,
      [value, defineAttribute('$ref', 'reference', 'The URI of the resource.', { referenceTypes: reference.to })],
      characteristics,
    );
  }
  return defineAttribute(name, definition.type, definition.description, {
    ...characteristics,
    ...(reference && { referenceTypes: reference.to }),
  });
}

function characteristicsOf(
  definition: Pick<
    SchemaAttributeDefinition,
    'multiValued' | 'required' | 'returned' | 'immutable' | 'canonicalValues' | 'referenceTypes' | 'caseExact' | 'type' | 'reference'
  >,
) {
  return {
    multiValued: definition.multiValued,
    required: definition.required ?? false,
    returned: definition.returned,
    caseExact:
      definition.caseExact || definition.reference !== undefined || definition.type === 'reference' || definition.type === 'binary',
    ...(definition.immutable && { mutability: 'immutable' as const }),
    ...(definition.canonicalValues && { canonicalValues: definition.canonicalValues }),
    ...(definition.referenceTypes && { referenceTypes: definition.referenceTypes }),
  };
}
