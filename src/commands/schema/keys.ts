// The keys of a JSON Schema as rows: name with the keys around it, type in plain words, default, meaning.
// JSON Schema draft 2020-12, as far as the definitions of this gateway use it.
import { isSchema, type JsonSchema, listSchemas, namedSchemas } from '../../config.ts';

export interface Key {
  /** `bind.dn`; `servers[]` for the items of a list, `<name>` for a key of one's own choice. */
  readonly name: string;
  readonly type: string;
  /** As it would be written. */
  readonly standard: string | undefined;
  readonly required: boolean;
  readonly meaning: string;
}

/** Keys that are refused are left out; below the keys of `stop` nothing is listed. */
export function describeKeys(schema: JsonSchema, stop: readonly string[] = [], prefix = ''): readonly Key[] {
  const object = findObject(schema);
  const required = Array.isArray(object['required']) ? (object['required'] as readonly unknown[]) : [];
  return Object.entries(namedSchemas(object['properties'])).flatMap(([name, part]): readonly Key[] => {
    if (part['not'] !== undefined) return [];
    const key = { name: prefix + name, type: describeType(part), ...describeDefault(part), meaning: String(part['description'] ?? '') };
    const inner = stop.includes(name) ? [] : describeInner(part, stop, prefix + name);
    return [{ ...key, required: required.includes(name) && key.standard === undefined }, ...inner];
  });
}

function describeInner(part: JsonSchema, stop: readonly string[], name: string): readonly Key[] {
  const items = isSchema(part['items']) ? describeKeys(part['items'], stop, `${name}[].`) : [];
  const values = isSchema(part['additionalProperties']) ? describeKeys(part['additionalProperties'], stop, `${name}.<name>.`) : [];
  return [...describeKeys(part, stop, `${name}.`), ...items, ...values];
}

/** Keys with their schemas; `*` for items of a list or values under free keys. */
export function childrenOf(schema: JsonSchema): readonly (readonly [string, JsonSchema])[] {
  const object = findObject(schema);
  const others = [schema['items'], object['additionalProperties'], schema['additionalProperties']].find(isSchema);
  return [...Object.entries(namedSchemas(object['properties'])), ...(others === undefined ? [] : [['*', others] as const])];
}

/** The properties of a schema or of its long form. */
export function objectIn(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return namedSchemas(findObject(schema)['properties']);
}

function findObject(schema: JsonSchema): JsonSchema {
  if (schema['properties'] !== undefined) return schema;
  const branches = listSchemas(schema['anyOf']).map(findObject);
  return branches.find((branch) => branch['properties'] !== undefined) ?? schema;
}

function describeDefault({ default: standard }: JsonSchema): { readonly standard: string | undefined } {
  if (standard === undefined || standard === '' || (typeof standard === 'object' && standard !== null)) return { standard: undefined };
  return { standard: String(standard) };
}

function describeType(schema: JsonSchema): string {
  const branches = listSchemas(schema['anyOf']);
  if (branches.length > 0) return [...new Set(branches.filter(({ type }) => type !== 'null').map(describeType))].join(', or ');
  if (Array.isArray(schema['enum'])) return (schema['enum'] as readonly unknown[]).map((word) => `\`${String(word)}\``).join(', ');
  if (schema['const'] !== undefined) return `\`${String(schema['const'])}\``;
  if (schema['type'] === 'array') return `list of ${isSchema(schema['items']) ? describeItems(schema['items']) : 'anything'}`;
  return [schema['type']]
    .flat()
    .map((type) => typeNames.get(String(type)) ?? 'text')
    .join(', or ');
}

function describeItems(items: JsonSchema): string {
  return describeType(items)
    .replaceAll(/^text$/g, 'texts')
    .replaceAll(/^map$/g, 'maps');
}

const typeNames: ReadonlyMap<string, string> = new Map([
  ['string', 'text'],
  ['integer', 'whole number'],
  ['number', 'number'],
  ['boolean', '`true` or `false`'],
  ['object', 'map'],
]);
