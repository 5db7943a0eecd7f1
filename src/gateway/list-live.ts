// Queries on the directory itself: it is asked for an over-approximation; what it cannot decide is decided here, so that no filter answers a
// wrong set (L-001).
import type { Entry } from '../ldap/entry.ts';
import { absoluteTrue, and, type Filter, or } from '../ldap/filter.ts';
import { filteredAttributes, idFilter, idsInFilter, translateFilter, undecided } from '../mapping/filter.ts';
import type { ResourceMapping } from '../mapping/mapping.ts';
import { attributeName, readId, type Wanted } from '../mapping/read.ts';
import type { ResolvedFilter } from '../scim/filter.ts';
import { compareSortKeys, compileFilter, comparePositions, compilePosition } from '../scim/match.ts';
import { compileProjection, isProjected } from '../scim/resource.ts';
import type { Resource } from '../scim/schema.ts';
import { type Backend, searchScope, viewOf } from './backend.ts';
import type { TypedPosition } from './cursor.ts';
import { filterContextOf } from './filter-context.ts';
import type { Matches, TypedQuery } from './list.ts';
import { attributesFor, readEntries } from './read-entries.ts';
import { dnsOf } from './references.ts';

/** Entries that are turned into resources together. */
const batch = 500;

/** A resource that a query finds. Of one found by browsing only the position is kept. */
interface Match {
  readonly position: TypedPosition;
  readonly resource?: Resource;
}

/** All matches are found and put in order for every page. */
export async function findLive(backend: Backend, queries: readonly TypedQuery[]): Promise<Matches> {
  const found: Match[] = [];
  for (const each of queries) found.push(...(await findMatches(backend, each)));
  const compare = compileOrder(queries);
  found.sort((a, b) => compare(a.position, b.position));
  return {
    length: found.length,
    position(index) {
      const match = found[index];
      if (!match) throw new RangeError('no such match');
      return match.position;
    },
    countBefore(position, inclusive) {
      const isBehind = (order: number): boolean => (inclusive ? order > 0 : order >= 0);
      const index = found.findIndex((match) => isBehind(compare(match.position, position)));
      return index === -1 ? found.length : index;
    },
    read: async (start, end) => ({ resources: await readPage(backend, queries, found.slice(start, end)) }),
  };
}

function compileOrder(queries: readonly TypedQuery[]): (a: TypedPosition, b: TypedPosition) => number {
  const order = queries.find(({ query }) => query.sort)?.query.sort?.order;
  const ranks = new Map(queries.map(({ type }, rank) => [type.name, rank]));
  const rankOf = ({ type }: TypedPosition): number => ranks.get(type) ?? 0;
  return (a, b) => compareSortKeys(a, b, order) || rankOf(a) - rankOf(b) || comparePositions(a, b);
}

async function findMatches(backend: Backend, { type, query }: TypedQuery): Promise<readonly Match[]> {
  const resource = viewOf(backend, type);
  const { filter, sort } = query;
  const { over, open } = await askDirectory(backend, resource, filter);
  const projected: Wanted = (name) => isProjected(name, type, query.projection);
  const needed = new Set([...(open ? filteredAttributes(open) : []), ...(sort ? [attributeName({ target: sort.attribute })] : [])]);
  const matches = open ? compileFilter(open) : () => true;
  const positionOf = compilePosition(sort);

  // A look-up by key finds few entries: they are read once and whole. Browsing first finds out who matches, then reads one page.
  const direct = isLookup(over);
  const wanted: Wanted = direct ? (name) => needed.has(name) || projected(name) : (name) => needed.has(name);
  // Of all that are looked at while browsing nothing is kept.
  const { lookups: _lookups, ...forgetful } = backend;
  const reader: Backend = direct ? backend : forgetful;
  const found: Match[] = [];
  for await (const entries of inBatches(searchScope(backend, resource, over, attributesFor(backend, resource, wanted)), batch)) {
    // Nothing to decide or to sort by: the id is all that is kept of an entry.
    const resources =
      needed.size === 0 && !direct ? entries.map((entry) => idOnly(resource, entry)) : await readEntries(reader, resource, entries, wanted);
    for (const candidate of resources) {
      if (!candidate || !matches(candidate)) continue;
      const position = { ...positionOf(candidate), type: type.name };
      found.push(direct ? { position, resource: candidate } : { position });
    }
  }
  return found;
}

function idOnly(resource: ResourceMapping, entry: Entry): Resource | undefined {
  const id = readId(resource, entry);
  return id === undefined ? undefined : { id };
}

/** The resources of a page, projected; what was deleted meanwhile is missing (C-020). */
async function readPage(backend: Backend, queries: readonly TypedQuery[], page: readonly Match[]): Promise<readonly Resource[]> {
  const shown = new Map<Match, Resource>();
  for (const { type, query } of queries) {
    const own = page.filter(({ position }) => position.type === type.name);
    const project = compileProjection(type, query.projection);
    const ids = own.flatMap(({ position, resource }) => (resource ? [] : [position.id]));
    const read = await readResources(backend, viewOf(backend, type), ids, (name) => isProjected(name, type, query.projection));
    for (const match of own) {
      const resource = match.resource ?? read.get(match.position.id);
      if (resource) shown.set(match, project(resource));
    }
  }
  return page.map((match) => shown.get(match)).filter((each) => each !== undefined);
}

/** What the directory is asked, and what it leaves open: the rest is decided in memory. */
async function askDirectory(
  backend: Backend,
  resource: ResourceMapping,
  filter: ResolvedFilter | undefined,
): Promise<{ readonly over: Filter; readonly open: ResolvedFilter | undefined }> {
  if (!filter) return { over: absoluteTrue, open: undefined };
  const context = filterContextOf(backend.directory, await dnsOf(backend, idsInFilter(resource, filter)));
  backend.onQuery?.({ resource, filter, context });
  return { over: translateFilter(resource, filter, context).over, open: undecided(resource, filter, context) };
}

/** Whether an equality narrows the search to a few entries. */
function isLookup(filter: Filter): boolean {
  if (filter.kind === 'and') return filter.filters.length === 0 ? false : filter.filters.some(isLookup);
  if (filter.kind === 'or') return filter.filters.every(isLookup);
  return filter.kind === 'equal';
}

/** Resources by id; what no longer exists is missing. */
async function readResources(
  backend: Backend,
  resource: ResourceMapping,
  ids: readonly string[],
  wanted: Wanted,
): Promise<ReadonlyMap<string, Resource>> {
  const resources = new Map<string, Resource>();
  for (let i = 0; i < ids.length; i += 100) {
    const filter = or(ids.slice(i, i + 100).flatMap((id) => idFilter(resource, id) ?? []));
    const entries: Entry[] = [];
    for await (const entry of searchScope(backend, resource, and([filter]), attributesFor(backend, resource, wanted))) entries.push(entry);
    for (const each of await readEntries(backend, resource, entries, wanted)) if (each) resources.set(String(each['id']), each);
  }
  return resources;
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
