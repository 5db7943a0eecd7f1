// What a place of a JSON Schema holds: a schema, a list of schemas, schemas by name, or something else.
// JSON Schema draft 2020-12.

export type JsonSchema = { [key: string]: unknown };

export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Under `anyOf`; none where there is something else. */
export function listSchemas(value: unknown): readonly JsonSchema[] {
  return Array.isArray(value) ? (value as readonly JsonSchema[]) : [];
}

/** Under `properties`; none where there is something else. */
export function namedSchemas(value: unknown): Readonly<Record<string, JsonSchema>> {
  return isSchema(value) ? (value as Readonly<Record<string, JsonSchema>>) : {};
}
