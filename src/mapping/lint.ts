// The mapping against a directory: its schema, and what a survey of it found. Pure: whoever has seen the directory says so in the facts.
// RFC 4512 section 4; L-003, L-009 to L-012, L-067 to L-069.
import type { DirectorySchema } from '../ldap/schema.ts';
import type { MappingDefinition } from './definition.ts';
import { lintAttributes, type LintContext } from './lint/attributes.ts';
import { lintContents, lintPlaces } from './lint/contents.ts';
import { lintCreation } from './lint/creation.ts';
import type { Facts } from './lint/facts.ts';
import { lintFiltering } from './lint/filtering.ts';
import type { Finding } from './lint/finding.ts';
import { type ConfiguredType, lintServer, lintStrategies } from './lint/server.ts';
import { collectUses } from './lint/uses.ts';
import type { Mapping } from './mapping.ts';

export type { Facts, ResourceFacts, RightsFacts, ServerConfiguration, ServerFacts, ValueFacts } from './lint/facts.ts';
export { count, type Finding, inConfig, type Severity } from './lint/finding.ts';
export { collectUses, codecName, type ResourceUses, type Use, useKey } from './lint/uses.ts';

export interface Subject {
  readonly definition: MappingDefinition;
  readonly mapping: Mapping;
  readonly schema: DirectorySchema;
  /** As the configuration says. */
  readonly type: ConfiguredType;
  /** Absent: the schema alone is judged. */
  readonly facts?: Facts;
}

/** Everything there is to say, in no particular order; good news among it. */
export function lintMapping({ definition, mapping, schema, type, facts }: Subject): readonly Finding[] {
  const resources = collectUses(definition, mapping);
  const perResource = resources.flatMap((resource) => {
    const context: LintContext = { schema, vendor: facts?.server.vendor ?? type, facts: facts?.resources.get(resource.name) };
    return [
      ...lintAttributes(resource, context),
      ...lintCreation(resource, context),
      ...lintFiltering(resource, context, facts?.server),
      ...lintContents(resource, context, facts?.server),
      ...(facts ? lintStrategies(resource, context, facts, resources) : []),
    ];
  });
  return [...(facts ? [...lintServer(type, facts.server), ...lintPlaces(facts)] : []), ...perResource];
}
