// The resource that a caller is: the rule behind `/Me`, as a filter that must find exactly one.
// RFC 7644 section 3.11; R-206.
import { ScimError } from '../scim/error.ts';
import { parseFilter, resolveFilter, type ResolvedFilter } from '../scim/filter.ts';
import { filteredAttributes } from './filter.ts';
import { type Mapping, type ResourceMapping, resourceNamed } from './mapping.ts';

export interface Subject {
  /** Name of the resource type. */
  readonly type: string;
  readonly filter: ResolvedFilter;
}

/** A filter on users, where these resource types have them, else on the first type. @throws Error what is wrong with it, as a predicate */
export function compileSubject(mapping: Mapping, types: readonly string[], text: string): Subject {
  const type = types.find((name) => name === 'User') ?? types[0] ?? '';
  const resource = resourceNamed(mapping, type);
  if (!resource) throw new Error(`needs a resource type that the mapping has, and ${type} is none`);
  return { type, filter: compileConfiguredFilter(resource, text) };
}

/** A filter of the configuration on one resource type. @throws Error what is wrong with it, as a predicate */
export function compileConfiguredFilter(resource: ResourceMapping, text: string): ResolvedFilter {
  const filter = resolve(text, resource.type);
  const refused = filteredAttributes(filter).find((name) => resource.unfilterable.includes(name));
  if (refused !== undefined) throw new Error(`names ${refused}, which the mapping keeps out of filters`);
  return filter;
}

function resolve(text: string, type: ResourceMapping['type']): ResolvedFilter {
  try {
    return resolveFilter(parseFilter(text), type);
  } catch (error) {
    if (!(error instanceof ScimError)) throw error;
    throw new Error(`must be a SCIM filter on ${type.name} (${error.message})`, { cause: error });
  }
}
