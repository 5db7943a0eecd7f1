// The formats of config.yaml and of mapping files as JSON Schema, for completion and checks in editors; generated from the definitions.
// JSON Schema draft 2020-12.
import * as z from 'zod';
import { mappingDefinition } from '../mapping/definition.ts';
import { configDefinition } from './definition.ts';
import { isSchema, type JsonSchema, listSchemas, namedSchemas } from './schema-node.ts';

export function configJsonSchema(): JsonSchema {
  return { title: 'Configuration of ldap-scim-gateway', ...describeInput(configDefinition) };
}

/** What a mapping file is: with `extends` it may say any part only, and `null` removes what it inherits. */
export function mappingJsonSchema(): JsonSchema {
  const { $schema, required: _, ...whole } = describeInput(mappingDefinition);
  const complete = requiredParts(describeInput(mappingDefinition));
  const properties = namedSchemas(whole['properties']);
  const { resources = {}, schemas = {} } = properties;
  return shareParts({
    $schema,
    title: 'Mapping of ldap-scim-gateway',
    ...whole,
    properties: { ...properties, resources: allowParts(resources), schemas: allowNull(schemas) },
    anyOf: [{ type: 'object', required: ['extends'], properties: { extends: {} } }, complete],
  });
}

/** A mapping with everything that it extends. */
export function effectiveMappingJsonSchema(): JsonSchema {
  return { title: 'Mapping of ldap-scim-gateway', ...describeInput(mappingDefinition) };
}

function describeInput(definition: z.ZodType): JsonSchema {
  const short: JsonSchema = { description: 'Short form', type: 'string' };
  const schema = z.toJSONSchema(definition, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (!isWidened(zodSchema) || jsonSchema.enum !== undefined) return;
      const { description, ...long } = jsonSchema;
      for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
      Object.assign(jsonSchema, { ...(description !== undefined && { description }), anyOf: [short, long] });
    },
  });
  return completeShortForms(schema, short);
}

/** What a short form may be follows from the long one, which is complete only now. */
function completeShortForms(schema: JsonSchema, short: JsonSchema): JsonSchema {
  const complete = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(complete);
    if (!isSchema(node)) return node;
    const [first, long] = listSchemas(node['anyOf']);
    const isShort = long !== undefined && first?.['description'] === short['description'];
    const whole = isShort ? { ...node, anyOf: [{ ...short, ...describeShort(long) }, long] } : node;
    return Object.fromEntries(Object.entries(whole).map(([key, part]) => [key, complete(part)]));
  };
  return complete(schema) as JsonSchema;
}

/** A short form in text is widened before the definition sees it. */
function isWidened(schema: z.core.$ZodType): boolean {
  return schema instanceof z.ZodPipe && schema.def.in instanceof z.ZodTransform;
}

/** The text stands for `ldap`, for `dn`, or for one of the keys that need nothing else (a codec). */
function describeShort(long: JsonSchema): JsonSchema {
  const object = [long, ...listSchemas(long['anyOf'])].find((branch) => branch['properties'] !== undefined) ?? {};
  const properties = namedSchemas(object['properties']);
  const meant = [properties['ldap'], properties['dn']].find((part) => part !== undefined && part['properties'] === undefined);
  if (meant !== undefined) return patternOf(meant);
  const bare = Object.entries(properties).filter(([, part]) => part['properties'] !== undefined && part['required'] === undefined);
  return { enum: bare.map(([name]) => name) };
}

function patternOf(schema: JsonSchema): JsonSchema {
  const pattern = [schema, ...listSchemas(schema['anyOf'])].find((branch) => branch['pattern'] !== undefined)?.['pattern'];
  return pattern === undefined ? {} : { pattern };
}

/** Maps merge by key, so every key may be left out or be null; lists are replaced whole, so their items stay as they are. */
function allowParts(schema: JsonSchema): JsonSchema {
  const { required: _, ...rest } = schema;
  const parts = Object.entries(namedSchemas(schema['properties'])).map(([key, part]) => [key, allowNull(allowParts(part))] as const);
  const others = schema['additionalProperties'];
  const branches = listSchemas(schema['anyOf']);
  return {
    ...rest,
    ...(schema['properties'] !== undefined && { properties: Object.fromEntries(parts) }),
    ...(isSchema(others) && { additionalProperties: allowNull(allowParts(others)) }),
    ...(branches.length > 0 && { anyOf: branches.map(allowParts) }),
  };
}

function allowNull(schema: JsonSchema): JsonSchema {
  if (schema['not'] !== undefined) return schema;
  const branches = listSchemas(schema['anyOf']);
  if (branches.length > 0)
    return branches.some(({ type }) => type === 'null') ? schema : { ...schema, anyOf: [...branches, { type: 'null' }] };
  const { description, default: standard, ...value } = schema;
  const notes = { ...(description !== undefined && { description }), ...(standard !== undefined && { default: standard }) };
  return { ...notes, anyOf: [value, { type: 'null' }] };
}

/** What must be there, and nothing else: the part of the schema that a file without `extends` has to meet as well. */
function requiredParts(schema: JsonSchema): JsonSchema {
  const required = Array.isArray(schema['required']) ? (schema['required'] as readonly string[]) : [];
  const parts = Object.entries(namedSchemas(schema['properties'])).flatMap(([key, part]) => {
    const inner = requiredParts(part);
    return Object.keys(inner).length === 0 && !required.includes(key) ? [] : [[key, inner] as const];
  });
  const others = schema['additionalProperties'];
  const inner = isSchema(others) ? requiredParts(others) : {};
  if (required.length + parts.length + Object.keys(inner).length === 0) return {};
  return {
    type: 'object',
    ...(required.length > 0 && { required }),
    ...(parts.length > 0 && { properties: Object.fromEntries(parts) }),
    ...(Object.keys(inner).length > 0 && { additionalProperties: inner }),
  };
}

/** Shorter ones are as well where they are used. */
const shortestShared = 300;

/** What occurs more than once is said once, under `$defs`, by the key that it has first. */
function shareParts(schema: JsonSchema): JsonSchema {
  const uses = new Map<string, number>();
  const count = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if (isSchema(node)) uses.set(JSON.stringify(node), (uses.get(JSON.stringify(node)) ?? 0) + 1);
    Object.values(node).forEach(count);
  };
  count(schema);
  const names = new Map<string, string>();
  const definitions: JsonSchema = {};
  const share = (node: unknown, key: string): unknown => {
    if (Array.isArray(node)) return node.map((item) => share(item, key));
    if (!isSchema(node)) return node;
    const text = JSON.stringify(node);
    const shared =
      text.length >= shortestShared && (uses.get(text) ?? 0) > 1 && (node['type'] !== undefined || node['anyOf'] !== undefined);
    const known = names.get(text);
    if (shared && known !== undefined) return { $ref: `#/$defs/${known}` };
    const name = [key, ...Array.from({ length: names.size }, (_, i) => `${key}${i + 2}`)].find((each) => !(each in definitions)) ?? key;
    if (shared) {
      names.set(text, name);
      definitions[name] = {};
    }
    const inner = Object.fromEntries(Object.entries(node).map(([inside, part]) => [inside, share(part, nameFor(inside, key))]));
    if (!shared) return inner;
    definitions[name] = inner;
    return { $ref: `#/$defs/${name}` };
  };
  const whole = share(schema, 'mapping') as JsonSchema;
  return { ...whole, $defs: definitions };
}

/** Keywords of JSON Schema are no names. */
function nameFor(inside: string, around: string): string {
  return /^(?:properties|additionalProperties|anyOf|items)$/.test(inside) ? around : inside;
}
