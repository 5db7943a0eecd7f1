// Changes of 389 Directory Server by the number that its USN plugin gives to each change, and tombstones for those who may see them.
// No RFC; the plugin USN of 389 Directory Server.
import type { Entry } from '../entry.ts';
import { DirectoryError } from '../error.ts';
import { and, equal, greaterOrEqual, type Filter } from '../filter.ts';
import type { Session } from '../session.ts';
import type { ChangeSource, Changes, EntryId, Watched } from './change-source.ts';
import { attributesOfChange, findContext, isContainer, type Context } from './context.ts';
import { readCookie, writeCookie } from './cookie.ts';
import { readCounters, type Counters } from './ds389.ts';

const stamp = 'entryusn';
const tombstone = equal('objectClass', 'nsTombstone');
const noPlugin = 'entryusn needs the plugin USN (cn=USN,cn=plugins,cn=config, nsslapd-pluginEnabled: on) and a restart of the server';
/** Numbers below the latest one, from which an entry with one is looked for. */
const stretches = [1000, 100_000, Infinity];

/** A text says, for the operator, why this does not work on this server, and what it would take. */
export async function entryUsnChanges(session: Session, watched: Watched): Promise<ChangeSource | string> {
  const context = await findContext(session, watched);
  const { usn } = await readCounters(session, context.base);
  return usn === undefined ? noPlugin : new EntryUsnChanges(context, watched, await seesTombstones(session, context));
}

/** The server shows tombstones to the directory manager alone, whatever its access control says. */
async function seesTombstones(session: Session, { base }: Context): Promise<boolean> {
  for await (const _ of session.search({ base, scope: 'sub', filter: tombstone, attributes: [], limit: 1 })) return true;
  return false;
}

class EntryUsnChanges implements ChangeSource {
  readonly kind = 'entryusn';
  readonly tellsDeletions: boolean;
  readonly stamp = stamp;
  readonly #context: Context;
  readonly #watched: Watched;

  constructor(context: Context, watched: Watched, tellsDeletions: boolean) {
    this.#context = context;
    this.#watched = watched;
    this.tellsDeletions = tellsDeletions;
  }

  async mark(session: Session): Promise<string> {
    const counters = await readCounters(session, this.#context.base);
    const { usn } = counters;
    if (usn === undefined) throw new DirectoryError('unavailable', `${session.url}: ${noPlugin}`);
    for (const stretch of stretches) {
      const reached = await this.#findLatest(session, Math.max(0, usn - stretch));
      if (reached !== undefined) return this.#write(session, counters, reached);
    }
    return this.#write(session, counters, -1);
  }

  async since(session: Session, text: string): Promise<Changes | undefined> {
    const cookie = readCookie(text, this.kind, this.#context.base);
    const counters = await readCounters(session, this.#context.base);
    if (cookie === undefined || cookie.contextId !== this.#context.id) return undefined;
    const [server, start, reached] = [cookie.marks[0], cookie.marks[1], Number(cookie.marks[2])];
    if (server !== counters.server || start !== counters.start || !((counters.usn ?? -1) >= reached)) return undefined;
    if (this.tellsDeletions && !(await seesTombstones(session, this.#context))) return undefined;
    const latest = await this.#findLatest(session, reached + 1);
    if (latest === undefined) return { cookie: text, changed: [], deleted: [] };
    return { cookie: this.#write(session, counters, latest), ...(await this.#readFrom(session, reached + 1)) };
  }

  /**
   * The latest number that an entry is seen to have. `lastusn` may be that of a transaction that is not seen yet; and of one that ends during
   * a search, some of the entries may be missed. Transactions are done one after the other: what is at most as late is all seen by the next search.
   */
  async #findLatest(session: Session, from: number): Promise<number | undefined> {
    let latest: number | undefined;
    for (const filter of this.#filtersFrom(from)) {
      for await (const entry of session.search({ base: this.#context.base, scope: 'sub', filter, attributes: [stamp] })) {
        const usn = Number(entry.texts(stamp)[0] ?? -1);
        if (usn >= (latest ?? 0)) latest = usn;
      }
    }
    return latest;
  }

  async #readFrom(session: Session, from: number): Promise<Pick<Changes, 'changed' | 'deleted'>> {
    const attributes = attributesOfChange(this.#watched, stamp);
    const changed: { readonly entry: Entry; readonly container: boolean }[] = [];
    const deleted: EntryId[] = [];
    for (const filter of this.#filtersFrom(from)) {
      for await (const entry of session.search({ base: this.#context.base, scope: 'sub', filter, attributes })) {
        if (entry.texts('objectClass').includes('nsTombstone')) deleted.push(...idsOf(entry, this.#watched));
        else changed.push({ entry, container: isContainer(entry) });
      }
    }
    return { changed, deleted };
  }

  #filtersFrom(usn: number): readonly Filter[] {
    const filter = greaterOrEqual(stamp, String(usn));
    return this.tellsDeletions ? [filter, and([tombstone, filter])] : [filter];
  }

  #write({ url }: Session, { server, start }: Counters, reached: number): string {
    const { base, id } = this.#context;
    return writeCookie({ kind: this.kind, url, contextId: id, base, marks: [server, start, String(reached)], witnesses: [] });
  }
}

const idsOf = (entry: Entry, { idAttributes }: Watched): readonly EntryId[] =>
  idAttributes.flatMap((attribute) => entry.octets(attribute).map((octets) => ({ attribute, octets })));
