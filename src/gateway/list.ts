// Queries: filter, sort and page over live entries (RFC 7644 section 3.4.2).
// The directory is asked for an over-approximation; what it cannot decide is decided here, so that no filter answers a wrong set (L-001).
import type { Entry } from '../ldap/entry.ts';
import { absoluteTrue, and, type Filter, or } from '../ldap/filter.ts';
import { filteredAttributes, idFilter, idsInFilter, translateFilter } from '../mapping/filter.ts';
import type { ResourceMapping } from '../mapping/mapping.ts';
import { attributeName, readId, type Wanted } from '../mapping/read.ts';
import { invalidFilter } from '../scim/error.ts';
import type { ResolvedFilter } from '../scim/filter.ts';
import { compileFilter, compileSort } from '../scim/match.ts';
import type { ListQuery } from '../scim/messages.ts';
import { compileProjection, isProjected } from '../scim/resource.ts';
import type { Resource, ResourceType } from '../scim/schema.ts';
import { type Backend, mappingOf, searchScope } from './backend.ts';
import type { ListAnswer } from './gateway.ts';
import { attributesFor, readEntries } from './read-entries.ts';
import { dnsOf } from './references.ts';

/** `filter.maxResults`: resources on one page at the most, and on a page without `count`. */
export const pageLimits = { maximum: 1000, standard: 100 };

/** Entries that are turned into resources together. */
const batch = 500;

/** @throws ScimError invalidFilter for an attribute that the mapping keeps out of filters */
export async function listResources(backend: Backend, type: ResourceType, query: ListQuery): Promise<ListAnswer> {
  const resource = mappingOf(backend, type);
  const { filter, sort, startIndex } = query;
  if (filter) refuseUnfilterable(resource, filter);
  const over = await overApproximate(backend, resource, filter);
  const count = Math.min(query.count ?? pageLimits.standard, pageLimits.maximum);
  const projected: Wanted = (name) => isProjected(name, type, query.projection);
  const needed = new Set([...(filter ? filteredAttributes(filter) : []), ...(sort ? [attributeName({ target: sort.attribute })] : [])]);
  const matches = filter ? compileFilter(filter) : () => true;

  // A look-up by key finds few entries: they are read once and whole. Browsing first finds out who matches, then reads one page.
  const direct = isLookup(over);
  const wanted: Wanted = direct ? (name) => needed.has(name) || projected(name) : (name) => needed.has(name);
  const found: Resource[] = [];
  for await (const entries of inBatches(searchScope(backend, resource, over, attributesFor(backend, resource, wanted)), batch)) {
    // Nothing to decide or to sort by: the id is all that is kept of an entry.
    const resources =
      needed.size === 0 && !direct
        ? entries.map((entry) => idOnly(resource, entry))
        : await readEntries(backend, resource, entries, wanted);
    for (const candidate of resources) if (candidate && matches(candidate)) found.push(candidate);
  }
  found.sort(sort ? compileSort(sort.attribute, sort.order) : byId);
  const page = found.slice(startIndex - 1, startIndex - 1 + count);
  const whole = direct
    ? page
    : await readPage(
        backend,
        resource,
        page.map((each) => String(each['id'])),
        projected,
      );
  const project = compileProjection(type, query.projection);
  return { resources: whole.map(project), totalResults: found.length, startIndex };
}

function idOnly(resource: ResourceMapping, entry: Entry): Resource | undefined {
  const id = readId(resource, entry);
  return id === undefined ? undefined : { id };
}

const byId = (a: Resource, b: Resource): number => (String(a['id']) < String(b['id']) ? -1 : 1);

function refuseUnfilterable(resource: ResourceMapping, filter: ResolvedFilter): void {
  const refused = filteredAttributes(filter).find((name) =>
    resource.unfilterable.some((other) => other === name || other.startsWith(`${name}.`)),
  );
  if (refused !== undefined) throw invalidFilter(`${refused} cannot be used in filters`);
}

async function overApproximate(backend: Backend, resource: ResourceMapping, filter: ResolvedFilter | undefined): Promise<Filter> {
  if (!filter) return absoluteTrue;
  const context = { schema: backend.directory.capabilities().schema, dnOf: await dnsOf(backend, idsInFilter(resource, filter)) };
  backend.onQuery?.({ resource, filter, context });
  return translateFilter(resource, filter, context).over;
}

/** Whether an equality narrows the search to a few entries. */
function isLookup(filter: Filter): boolean {
  if (filter.kind === 'and') return filter.filters.length === 0 ? false : filter.filters.some(isLookup);
  if (filter.kind === 'or') return filter.filters.every(isLookup);
  return filter.kind === 'equal';
}

/** One page of resources in the order of their ids; what was deleted meanwhile is missing (C-020). */
async function readPage(backend: Backend, resource: ResourceMapping, ids: readonly string[], wanted: Wanted): Promise<readonly Resource[]> {
  const resources = new Map<string, Resource>();
  for (let i = 0; i < ids.length; i += 100) {
    const filter = or(ids.slice(i, i + 100).flatMap((id) => idFilter(resource, id) ?? []));
    const entries: Entry[] = [];
    for await (const entry of searchScope(backend, resource, and([filter]), attributesFor(backend, resource, wanted))) entries.push(entry);
    for (const each of await readEntries(backend, resource, entries, wanted)) if (each) resources.set(String(each['id']), each);
  }
  return ids.map((id) => resources.get(id)).filter((each) => each !== undefined);
}

async function* inBatches<T>(items: AsyncIterable<T>, size: number): AsyncIterable<readonly T[]> {
  let current: T[] = [];
  for await (const item of items) {
    current.push(item);
    if (current.length < size) continue;
    yield current;
    current = [];
  }
  if (current.length > 0) yield current;
}
