// The formats of config.yaml and of mapping files as JSON Schema, for completion and checks in editors; generated from the definitions.
// JSON Schema draft 2020-12.
import * as z from 'zod';
import { mappingDefinition } from '../mapping/definition.ts';
import { configDefinition } from './definition.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

export function configJsonSchema(): JsonSchema {
  return { title: 'Configuration of ldap-scim-gateway', ...describeInput(configDefinition, true) };
}

/** Nothing is required here: a file with `extends` may say any part only. */
export function mappingJsonSchema(): JsonSchema {
  return { title: 'Mapping of ldap-scim-gateway', ...describeInput(mappingDefinition, false) };
}

function describeInput(definition: z.ZodType, complete: boolean): JsonSchema {
  return z.toJSONSchema(definition, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (!complete) delete jsonSchema.required;
      if (!isWidened(zodSchema) || jsonSchema.enum !== undefined) return;
      const { description, ...long } = jsonSchema;
      for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
      Object.assign(jsonSchema, {
        ...(description !== undefined && { description }),
        anyOf: [{ type: 'string', description: 'Short form' }, long],
      });
    },
  });
}

/** A short form in text is widened before the definition sees it. */
function isWidened(schema: z.core.$ZodType): boolean {
  return schema instanceof z.ZodPipe && schema.def.in instanceof z.ZodTransform;
}
