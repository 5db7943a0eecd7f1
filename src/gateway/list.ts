// Queries: filter, sort and page, by index or by cursor (RFC 7644 section 3.4.2, RFC 9865).
// Browsing is answered from the snapshot where it is vouched for; look-ups by key are always live, for clients decide create or link on them.
import type { ResourceMapping } from '../mapping/mapping.ts';
import { invalidCount, unavailable } from '../scim/error.ts';
import type { ResolvedFilter } from '../scim/filter.ts';
import type { ListQuery } from '../scim/messages.ts';
import type { ResourceType } from '../scim/schema.ts';
import { type Backend, viewOf } from './backend.ts';
import type { Client } from './client.ts';
import type { PagePosition, TypedPosition } from './cursor.ts';
import { refuseUnfilterable } from './filterable.ts';
import type { ListAnswer, ListSource } from './gateway.ts';
import { findLive } from './list-live.ts';
import { findInSnapshot } from './list-snapshot.ts';

/** `filter.maxResults`: resources on one page at the most, and on a page without `count`. */
export const pageLimits = { maximum: 1000, standard: 100 };

/** Seconds after which a copy that is too old may be newer. */
const staleRetry = 30;

/** A query on one resource type. */
export interface TypedQuery {
  readonly type: ResourceType;
  readonly query: ListQuery;
}

/** All that a query finds, in order. */
export interface Matches {
  readonly length: number;
  position(index: number): TypedPosition;
  /** How many stand before a position; with `inclusive` also those that stand exactly there. */
  countBefore(position: TypedPosition, inclusive: boolean): number;
  read(start: number, end: number): Promise<Pick<ListAnswer, 'resources' | 'rendered'>>;
}

/**
 * One page of what a query finds in these types. In the order of `sortBy`; without it, and where values are equal, type after type by id.
 * The page is cut from the whole order each time, so that between two pages by cursor others may come and go: what stays is on exactly
 * one of them, if what it is sorted by stays, too (C-020).
 * @param endpoint where the query was sent: a cursor is good there alone
 * @throws ScimError invalidFilter for an attribute that the mapping keeps out of filters; invalidCursor, expiredCursor, invalidCount;
 * unavailable where lists may not be live and the snapshot is too old
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
  for (const { type, query } of queries) refuseUnfilterable(viewOf(backend, type), query);

  const { found, source } = await findMatches(backend, queries);
  const [start, end] = asked ? locatePage(found, asked) : [startIndex - 1, startIndex - 1 + count];
  // Read and located at once: what a snapshot has found is good until the next batch.
  const positionAt = (index: number): TypedPosition | undefined => (index >= 0 && index < found.length ? found.position(index) : undefined);
  const [before, after] = asked ? [positionAt(start), positionAt(end - 1)] : [];
  const page = await found.read(start, Math.min(end, found.length));
  const totals = { ...page, totalResults: found.length, source };
  if (!asked) return { ...totals, startIndex };
  const seal = (direction: 'after' | 'before', from: TypedPosition | undefined): Promise<string> =>
    backend.cursors.seal({ direction, from, count: asked.count }, purpose);
  return {
    ...totals,
    previousCursor: asked.count > 0 && start > 0 ? await seal('before', before) : undefined,
    nextCursor: asked.count > 0 && end < found.length ? await seal('after', after) : undefined,
  };
}

async function findMatches(
  backend: Backend,
  queries: readonly TypedQuery[],
): Promise<{ readonly found: Matches; readonly source: ListSource | undefined }> {
  const { snapshot, reads } = backend;
  if (!snapshot || !reads || backend.restriction || backend.view) return { found: await findLive(backend, queries), source: undefined };
  const isLookup = queries.some(({ type, query }) => query.filter !== undefined && isKeyed(viewOf(backend, type), query.filter));
  const kept = queries.every(({ type }) => snapshot.keeps(type.name));
  if (!kept || reads[isLookup ? 'lookup' : 'lists'] === 'live')
    return { found: await findLive(backend, queries), source: { live: 'bypass' } };
  const reading = await snapshot.current();
  if (!('unusable' in reading)) {
    const { age, left } = reading;
    return { found: await findInSnapshot(reading.snapshot, queries), source: { age, left } };
  }
  if (reading.unusable === 'stale' && reads.whenStale === 'unavailable') throw unavailable(staleRetry);
  return { found: await findLive(backend, queries), source: { live: reading.unusable } };
}

/** Whether a filter asks for resources by a key: that alone, or beside what else must hold. */
function isKeyed(resource: ResourceMapping, filter: ResolvedFilter): boolean {
  if (filter.kind === 'and') return filter.filters.some((each) => isKeyed(resource, each));
  if (filter.kind === 'or') return filter.filters.every((each) => isKeyed(resource, each));
  if (filter.kind !== 'compare' || filter.operator !== 'eq') return false;
  const { name } = filter.attribute;
  const keys = ['id', 'userName', 'externalId', ...(resource.membership ? ['displayName'] : []), ...resource.unique.map((key) => key.name)];
  return keys.includes(name);
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
function locatePage(found: Matches, { direction, from, count }: PagePosition): readonly [start: number, end: number] {
  if (direction === 'after') {
    const start = from ? found.countBefore(from, true) : 0;
    return [start, Math.min(start + count, found.length)];
  }
  const end = from ? found.countBefore(from, false) : found.length;
  return [Math.max(0, end - count), end];
}
