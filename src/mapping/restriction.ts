// The part of a directory that a client may reach, beside what the mapping itself finds: places, and a filter for each resource type.
// what is outside does not exist for the client.
import type { Dn } from '../ldap/dn.ts';
import type { ResolvedFilter } from '../scim/filter.ts';
import { filteredAttributes } from './filter.ts';
import type { ResourceMapping } from './mapping.ts';
import { attributeName } from './read.ts';
import { compileConfiguredFilter } from './subject.ts';

/** What is outside is not found by id, query or reference, and not created. */
export interface Restriction {
  /** Entries at or below one of these; undefined: anywhere in the search bases of the mapping. */
  readonly bases: readonly Dn[] | undefined;
  /** By resource type, what its resources must match: resolved against the whole mapping, not the client's view. */
  readonly filters: ReadonlyMap<string, ResolvedFilter>;
}

/**
 * A filter that can be decided from an entry alone: whether a resource is inside must not depend on what others are.
 * @throws Error what is wrong with it, as a predicate
 */
export function compileRestriction(resource: ResourceMapping, text: string): ResolvedFilter {
  const filter = compileConfiguredFilter(resource, text);
  for (const name of filteredAttributes(filter).filter((each) => each !== 'id')) {
    const rules = resource.rules.filter((rule) => attributeName(rule) === name);
    if (rules.length === 0) throw new Error(`names ${name}, of which the directory knows nothing`);
    if (rules.some(({ to }) => to !== undefined))
      throw new Error(`names ${name}, which refers to other resources: write \`bases\` or another attribute`);
  }
  return filter;
}
