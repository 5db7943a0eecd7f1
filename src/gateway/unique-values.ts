// Values that no two resources may share: how the one that has a value is found, and that a second one is refused.
// RFC 7643 section 7 (uniqueness), RFC 7644 section 3.12 (409); L-040.
import type { Entry } from '../ldap/entry.ts';
import type { Filter } from '../ldap/filter.ts';
import { translateFilter } from '../mapping/filter.ts';
import type { ResourceMapping } from '../mapping/mapping.ts';
import { attributeName } from '../mapping/read.ts';
import { valueAt } from '../mapping/write.ts';
import { uniqueness } from '../scim/error.ts';
import type { ResolvedFilter } from '../scim/filter.ts';
import { compileFilter } from '../scim/match.ts';
import type { AttributeReference } from '../scim/path.ts';
import type { Json, Resource } from '../scim/schema.ts';
import { askAtOnce } from './at-once.ts';
import { type Backend, searchScope } from './backend.ts';
import { filterContextOf } from './filter-context.ts';
import { attributesFor, readEntries } from './read-entries.ts';
import { unrestricted } from './restriction.ts';

/** A search for the entries that have a value. */
interface ValueSearch {
  /** May find entries that have another value. */
  readonly filter: Filter;
  readonly attributes: readonly string[];
  /** What an entry says of itself, if it has the value: its id and the attribute. */
  readonly confirm: (entry: Entry) => Promise<Resource | undefined>;
}

type Simple = string | number | boolean;

export function searchForValue(backend: Backend, resource: ResourceMapping, target: AttributeReference, value: Simple): ValueSearch {
  const equal: ResolvedFilter = { kind: 'compare', attribute: target, operator: 'eq', value };
  const { over } = translateFilter(resource, equal, filterContextOf(backend.directory));
  const wanted = (name: string): boolean => name === attributeName({ target });
  const matches = compileFilter(equal);
  return {
    filter: over,
    attributes: attributesFor(backend, resource, wanted),
    async confirm(entry) {
      const [read] = await readEntries(backend, resource, [entry], wanted);
      return read && matches(read) ? read : undefined;
    },
  };
}

/**
 * Refuses values that the mapping calls unique and that another resource has. The directory's own rule, where it has one, decides races.
 * Also one that the client may not reach: that the value is taken is all that it learns.
 * @param own the resource that is written, where it exists already: what it keeps is not asked for
 * @throws ScimError uniqueness
 */
export async function refuseDuplicates(
  backend: Backend,
  resource: ResourceMapping,
  wanted: Resource,
  own?: { readonly id: string; readonly before: Resource },
): Promise<void> {
  const refuseDuplicate = async (target: AttributeReference): Promise<void> => {
    const value = valueAt(wanted, target);
    if (!isSimple(value) || (own && valueAt(own.before, target) === value)) return;
    const { filter, attributes, confirm } = searchForValue(backend, resource, target, value);
    for await (const entry of searchScope(unrestricted(backend), resource, filter, attributes)) {
      const other = await confirm(entry);
      if (other && other['id'] !== own?.id) throw uniqueness(`Another ${resource.type.name} has this ${target.name} already`);
    }
  };
  await askAtOnce(resource.unique.map(refuseDuplicate));
}

function isSimple(value: Json | undefined): value is Simple {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
