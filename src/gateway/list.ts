// Queries: filter, sort and page over live entries, by index or by cursor (RFC 7644 section 3.4.2, RFC 9865).
// The directory is asked for an over-approximation; what it cannot decide is decided here, so that no filter answers a wrong set (L-001).
import type { Entry } from '../ldap/entry.ts';
import { absoluteTrue, and, type Filter, or } from '../ldap/filter.ts';
import { filteredAttributes, idFilter, idsInFilter, translateFilter, undecided } from '../mapping/filter.ts';
import type { ResourceMapping } from '../mapping/mapping.ts';
import { attributeName, readId, type Wanted } from '../mapping/read.ts';
import { invalidCount, invalidFilter } from '../scim/error.ts';
import type { ResolvedFilter } from '../scim/filter.ts';
import { compareSortKeys, compileFilter, comparePositions, compilePosition } from '../scim/match.ts';
import type { ListQuery } from '../scim/messages.ts';
import { compileProjection, isProjected } from '../scim/resource.ts';
import type { Resource, ResourceType } from '../scim/schema.ts';
import { type Backend, mappingOf, searchScope } from './backend.ts';
import type { Client } from './client.ts';
import type { PagePosition, TypedPosition } from './cursor.ts';
import type { ListAnswer } from './gateway.ts';
import { attributesFor, readEntries } from './read-entries.ts';
import { dnsOf } from './references.ts';

/** `filter.maxResults`: resources on one page at the most, and on a page without `count`. */
export const pageLimits = { maximum: 1000, standard: 100 };

/** Entries that are turned into resources together. */
const batch = 500;

/** A query on one resource type. */
export interface TypedQuery {
  readonly type: ResourceType;
  readonly query: ListQuery;
}

/** A resource that a query finds. Of one found by browsing only the position is kept. */
interface Match {
  readonly position: TypedPosition;
  readonly resource?: Resource;
}

/**
 * One page of what a query finds in these types. In the order of `sortBy`; without it, and where values are equal, type after type by id.
 * The page is cut from the whole order each time, so that between two pages by cursor others may come and go: what stays is on exactly
 * one of them, if what it is sorted by stays, too (C-020).
 * @param endpoint where the query was sent: a cursor is good there alone
 * @throws ScimError invalidFilter for an attribute that the mapping keeps out of filters; invalidCursor, expiredCursor, invalidCount
 */
export async function listResources(
  backend: Backend,
  client: Client,
  endpoint: string,
  queries: readonly TypedQuery[],
): Promise<ListAnswer> {
  const [first] = queries;
  if (!first) return { resources: [], totalResults: 0, startIndex: 1 };
  const { cursor, startIndex } = first.query;
  const count = Math.min(first.query.count ?? pageLimits.standard, pageLimits.maximum);
  const names = queries.map(({ type }) => type.name);
  const purpose = JSON.stringify([backend.name, client.name, endpoint, names, cursor?.query]);
  const asked = cursor && (await openCursor(backend, cursor.text, purpose, count, first.query.count));

  const found: Match[] = [];
  for (const each of queries) found.push(...(await findMatches(backend, each)));
  const compare = compileOrder(queries);
  found.sort((a, b) => compare(a.position, b.position));
  const [start, end] = asked ? locatePage(found, asked, compare) : [startIndex - 1, startIndex - 1 + count];
  const resources = await readPage(backend, queries, found.slice(start, end));
  const totals = { resources, totalResults: found.length };
  if (!asked) return { ...totals, startIndex };
  const seal = async (direction: 'after' | 'before', match: Match | undefined): Promise<string> =>
    backend.cursors.seal({ direction, from: match?.position, count: asked.count }, purpose);
  return {
    ...totals,
    previousCursor: asked.count > 0 && start > 0 ? await seal('before', found[start]) : undefined,
    nextCursor: asked.count > 0 && end < found.length ? await seal('after', found[end - 1]) : undefined,
  };
}

/** @param asked `count` as the client gave it: the size of the pages is said with the first one, and may be repeated */
async function openCursor(
  { cursors }: Backend,
  text: string,
  purpose: string,
  count: number,
  asked: number | undefined,
): Promise<PagePosition> {
  if (text === '') return { direction: 'after', count };
  const page = await cursors.open(text, purpose);
  if (asked !== undefined && count !== page.count) throw invalidCount('count is another one than that of the first page');
  return page;
}

/** Indexes of the first resource of a page, and of the first behind it. */
function locatePage(
  found: readonly Match[],
  { direction, from, count }: PagePosition,
  compare: (a: TypedPosition, b: TypedPosition) => number,
): readonly [start: number, end: number] {
  const least = direction === 'after' ? 1 : 0;
  const index = from ? found.findIndex(({ position }) => compare(position, from) >= least) : direction === 'after' ? 0 : -1;
  const at = index === -1 ? found.length : index;
  return direction === 'after' ? [at, Math.min(at + count, found.length)] : [Math.max(0, at - count), at];
}

function compileOrder(queries: readonly TypedQuery[]): (a: TypedPosition, b: TypedPosition) => number {
  const order = queries.find(({ query }) => query.sort)?.query.sort?.order;
  const ranks = new Map(queries.map(({ type }, rank) => [type.name, rank]));
  const rankOf = ({ type }: TypedPosition): number => ranks.get(type) ?? 0;
  return (a, b) => compareSortKeys(a, b, order) || rankOf(a) - rankOf(b) || comparePositions(a, b);
}

async function findMatches(backend: Backend, { type, query }: TypedQuery): Promise<readonly Match[]> {
  const resource = mappingOf(backend, type);
  const { filter, sort } = query;
  if (filter) refuseUnfilterable(resource, filter);
  const { over, open } = await askDirectory(backend, resource, filter);
  const projected: Wanted = (name) => isProjected(name, type, query.projection);
  const needed = new Set([...(open ? filteredAttributes(open) : []), ...(sort ? [attributeName({ target: sort.attribute })] : [])]);
  const matches = open ? compileFilter(open) : () => true;
  const positionOf = compilePosition(sort);

  // A look-up by key finds few entries: they are read once and whole. Browsing first finds out who matches, then reads one page.
  const direct = isLookup(over);
  const wanted: Wanted = direct ? (name) => needed.has(name) || projected(name) : (name) => needed.has(name);
  const found: Match[] = [];
  for await (const entries of inBatches(searchScope(backend, resource, over, attributesFor(backend, resource, wanted)), batch)) {
    // Nothing to decide or to sort by: the id is all that is kept of an entry.
    const resources =
      needed.size === 0 && !direct
        ? entries.map((entry) => idOnly(resource, entry))
        : await readEntries(backend, resource, entries, wanted);
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
    const read = await readResources(backend, mappingOf(backend, type), ids, (name) => isProjected(name, type, query.projection));
    for (const match of own) {
      const resource = match.resource ?? read.get(match.position.id);
      if (resource) shown.set(match, project(resource));
    }
  }
  return page.map((match) => shown.get(match)).filter((each) => each !== undefined);
}

function refuseUnfilterable(resource: ResourceMapping, filter: ResolvedFilter): void {
  const refused = filteredAttributes(filter).find((name) =>
    resource.unfilterable.some((other) => other === name || other.startsWith(`${name}.`)),
  );
  if (refused !== undefined) throw invalidFilter(`${refused} cannot be used in filters`);
}

/** What the directory is asked, and what it leaves open: the rest is decided in memory. */
async function askDirectory(
  backend: Backend,
  resource: ResourceMapping,
  filter: ResolvedFilter | undefined,
): Promise<{ readonly over: Filter; readonly open: ResolvedFilter | undefined }> {
  if (!filter) return { over: absoluteTrue, open: undefined };
  const context = { schema: backend.directory.capabilities().schema, dnOf: await dnsOf(backend, idsInFilter(resource, filter)) };
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
