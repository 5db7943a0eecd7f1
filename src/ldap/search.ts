// Complete searches over one connection: page by page, ranged attributes read to their end, never a part that looks like the whole.
// RFC 4511 section 4.5; RFC 2696 (paging); MS-ADTS 3.1.1.3.1.3.3 (range retrieval).
import type { Connection } from './connection.ts';
import { pagedResults, readPage } from './controls.ts';
import type { Capabilities, SearchRequest } from './directory.ts';
import { formatDn, type Dn } from './dn.ts';
import { Entry } from './entry.ts';
import { DirectoryError, nameOfResult, resultCodes } from './error.ts';
import type { Control, SearchParameters } from './message.ts';
import type { Result } from './response.ts';

/** A server that answers this many pages in a row without an entry does not come to an end. */
const emptyPagesLimit = 10_000;

export interface SearchOptions {
  readonly controls?: readonly Control[];
  readonly signal?: AbortSignal;
}

/** A batch of entries as they arrived; the last one has the result, whatever its code. */
export interface Found {
  readonly entries: readonly Entry[];
  readonly result: Result | undefined;
}

/** What says that there is more than the server gives to one request. */
const limitCodes = new Set<number>([resultCodes.sizeLimitExceeded, resultCodes.adminLimitExceeded]);

const noAttributes = ['1.1'];

/** @param timeLimit seconds that the server may take; 0 is no limit */
export function searchParameters(
  { base, scope, filter, attributes }: Omit<SearchRequest, 'signal' | 'limit'>,
  timeLimit: number,
): SearchParameters {
  const selection = attributes.length === 0 ? noAttributes : attributes;
  return { base: formatDn(base), scope, filter, attributes: selection, sizeLimit: 0, timeLimit };
}

/**
 * 389 Directory Server answers a search whose base is gone, or may not be read any more, with an empty success: nothing found is believed
 * only below a base that can be seen. OpenLDAP and Active Directory answer noSuchObject themselves.
 * @throws DirectoryError when `read` does not find it
 */
export async function expectBase(vendor: Capabilities['vendor'], base: Dn, read: () => Promise<Entry | undefined>): Promise<void> {
  if (vendor === 'openldap' || vendor === 'active-directory' || vendor === 'samba-ad') return;
  if ((await read()) !== undefined) return;
  // Not an answer of the client's making: a base that the configuration names is gone, or was never there.
  const message = `the search base ${formatDn(base)} does not exist, or the service account may not read it`;
  throw new DirectoryError('unavailable', message, { resultCode: resultCodes.noSuchObject });
}

/** One search request. Continuation references are skipped. */
async function* searchOnce(
  connection: Connection,
  search: SearchParameters,
  options: SearchOptions = {},
): AsyncGenerator<Found, void, undefined> {
  for await (const responses of connection.search(search, options)) {
    const entries: Entry[] = [];
    let result: Result | undefined;
    for (const response of responses) {
      if (response.kind === 'result') result = response.result;
      if (response.kind === 'entry')
        entries.push(hasRange(response.entry) ? await readRanges(connection, search, response.entry, options) : response.entry);
    }
    yield { entries, result };
  }
}

/**
 * The first `limit` entries, or all, when the server gives them to one request for at most `size` entries; undefined when there are more.
 * @throws DirectoryError for any result that says neither
 */
export async function searchFew(
  connection: Connection,
  search: SearchParameters,
  size: number,
  limit: number,
  options: SearchOptions = {},
): Promise<readonly Entry[] | undefined> {
  const entries: Entry[] = [];
  for await (const found of searchOnce(connection, { ...search, sizeLimit: size }, options)) {
    entries.push(...found.entries);
    const { resultCode } = found.result ?? {};
    if (resultCode === resultCodes.success) break;
    if (resultCode === undefined && entries.length <= size) continue;
    if (entries.length >= limit) break;
    if (found.result !== undefined && !limitCodes.has(found.result.resultCode)) throw searchError(found.result);
    return undefined;
  }
  return entries.slice(0, Math.min(limit, entries.length));
}

/** All entries in one request, for servers that know no pages. @throws DirectoryError for any result but success or a `limit` that was reached */
export async function* searchUnpaged(
  connection: Connection,
  search: SearchParameters,
  limit: number,
  options: SearchOptions = {},
): AsyncGenerator<readonly Entry[], void, undefined> {
  let delivered = 0;
  for await (const { entries, result } of searchOnce(connection, { ...search, sizeLimit: limit === Infinity ? 0 : limit }, options)) {
    const wanted = delivered + entries.length > limit ? entries.slice(0, limit - delivered) : entries;
    if (wanted.length > 0) yield wanted;
    delivered += entries.length;
    if (delivered > limit) return;
    const isComplete =
      result === undefined ||
      result.resultCode === resultCodes.success ||
      (result.resultCode === resultCodes.sizeLimitExceeded && delivered === limit);
    if (!isComplete) throw searchError(result);
  }
}

/**
 * All entries, page by page, until a page has no cookie; pages without entries are passed over. With `limit` it stops there.
 * The caller sees to it that nothing else pages on this connection meanwhile: slapd keeps one paged search per connection.
 * @throws DirectoryError for any result but success, so that what was delivered is all or known not to be
 */
export async function* searchPages(
  connection: Connection,
  search: SearchParameters,
  pageSize: number,
  limit: number,
  options: SearchOptions = {},
): AsyncGenerator<readonly Entry[], void, undefined> {
  let [cookie, delivered, emptyPages] = [Buffer.alloc(0), 0, 0];
  try {
    do {
      const deliveredBefore = delivered;
      const control = pagedResults(Math.min(pageSize, limit - delivered), cookie);
      for await (const { entries, result } of searchOnce(connection, search, {
        ...options,
        controls: [...(options.controls ?? []), control],
      })) {
        if (result !== undefined) cookie = Buffer.from(readPage(result.controls)?.cookie ?? []);
        const wanted = delivered + entries.length > limit ? entries.slice(0, limit - delivered) : entries;
        if (wanted.length > 0) yield wanted;
        delivered += entries.length;
        if (result !== undefined && result.resultCode !== resultCodes.success) throw searchError(result);
      }
      emptyPages = delivered === deliveredBefore ? emptyPages + 1 : 0;
      if (emptyPages > emptyPagesLimit) throw new DirectoryError('result', `search: ${emptyPages} pages without an entry`);
    } while (cookie.length > 0 && delivered < limit);
  } finally {
    if (cookie.length > 0) await forgetPages(connection, search, cookie);
  }
}

/** RFC 2696 section 3: a page size of 0 tells the server that the rest is not wanted. Best effort. */
async function forgetPages(connection: Connection, search: SearchParameters, cookie: Buffer): Promise<void> {
  try {
    for await (const _ of connection.search(search, { controls: [pagedResults(0, cookie)] }));
  } catch {
    // The connection ended, and the server's memory of the search with it.
  }
}

/** The entry that `search`, of scope base, names; undefined where there is none or its filter does not match. @throws DirectoryError */
export async function readOne(connection: Connection, search: SearchParameters, options: SearchOptions = {}): Promise<Entry | undefined> {
  const { entries, result } = await collect(connection, search, options);
  if (result.resultCode === resultCodes.noSuchObject) return undefined;
  if (result.resultCode !== resultCodes.success) throw searchError(result);
  return entries[0];
}

/** One search request with all its entries at once: for searches that are small by nature. */
export async function collect(
  connection: Connection,
  search: SearchParameters,
  options: SearchOptions = {},
): Promise<{ readonly entries: readonly Entry[]; readonly result: Result }> {
  const entries: Entry[] = [];
  for await (const found of searchOnce(connection, search, options)) {
    entries.push(...found.entries);
    if (found.result !== undefined) return { entries, result: found.result };
  }
  throw new DirectoryError('lost', 'the search ended without a result');
}

/** The result of a search that is not success, as an error (RFC 4511 section 4.1.9). */
export function searchError({ resultCode, diagnostic }: Result): DirectoryError {
  return new DirectoryError('result', `search: ${nameOfResult(resultCode)}`, { resultCode, diagnostic });
}

const rangePattern = /^(.+?);range=(\d+)-(\d+|\*)((?:;.*)?)$/i;

interface Range {
  /** The attribute's name without the range. */
  readonly attribute: string;
  /** Undefined on the last range. */
  readonly next: number | undefined;
}

function parseRange(name: string): Range | undefined {
  const [, attribute, , last, options = ''] = rangePattern.exec(name) ?? [];
  if (attribute === undefined) return undefined;
  return { attribute: attribute + options, next: last === '*' ? undefined : Number(last) + 1 };
}

function hasRange(entry: Entry): boolean {
  return entry.hasOptions && entry.names().some((name) => name.includes(';range='));
}

/** The entry with its ranged attributes whole, under their plain names. A range that the caller asked for by itself stays as it is. */
async function readRanges(connection: Connection, search: SearchParameters, entry: Entry, options: SearchOptions): Promise<Entry> {
  const asked = new Set(search.attributes.map((name) => parseRange(name)?.attribute.toLowerCase()));
  const attributes: [string, readonly Buffer[]][] = [];
  for (const name of entry.names()) {
    const range = parseRange(name);
    if (range === undefined || asked.has(range.attribute)) attributes.push([name, entry.octets(name)]);
    else attributes.push([range.attribute, await readRest(connection, search, entry.dn, range, entry.octets(name), options)]);
  }
  return new Entry(entry.dn, attributes);
}

/** Values may move between two ranges while they are read: each is kept once. */
async function readRest(
  connection: Connection,
  search: SearchParameters,
  dn: string,
  first: Range,
  octets: readonly Buffer[],
  options: SearchOptions,
): Promise<readonly Buffer[]> {
  const values = new Map(octets.map((value) => [value.toString('latin1'), value]));
  let next = first.next;
  while (next !== undefined) {
    const attributes = [`${first.attribute};range=${next}-*`];
    const base: SearchParameters = {
      ...search,
      base: dn,
      scope: 'base',
      filter: { kind: 'present', attribute: 'objectClass' },
      attributes,
      sizeLimit: 0,
    };
    const entry = await readOne(connection, base, options);
    if (entry === undefined)
      throw new DirectoryError('result', 'an entry went away while its values were read', { resultCode: resultCodes.noSuchObject });
    const found = findRange(entry, first.attribute);
    for (const value of found?.values ?? []) values.set(value.toString('latin1'), value);
    if (found?.next !== undefined && found.next <= next)
      throw new DirectoryError('result', `the range of ${first.attribute} does not advance`);
    next = found?.next;
  }
  return [...values.values()];
}

function findRange(entry: Entry, attribute: string): { readonly values: readonly Buffer[]; readonly next: number | undefined } | undefined {
  for (const name of entry.names()) {
    const range = parseRange(name);
    if (range?.attribute === attribute) return { values: entry.octets(name), next: range.next };
  }
  return undefined;
}
