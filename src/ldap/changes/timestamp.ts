// Changes by the time of the last one, which any server keeps for each entry: to the second, by its clock, and nothing of deletions.
// RFC 4512 section 3.4.2 (modifyTimestamp); MS-ADA3 whenChanged, which Active Directory has in its place.
import type { Entry } from '../entry.ts';
import { greaterOrEqual } from '../filter.ts';
import type { Session } from '../session.ts';
import { formatGeneralizedTime, parseGeneralizedTime } from '../syntax.ts';
import type { ChangeSource, Changes, Watched } from './change-source.ts';
import { findContext, isSameTree, type Context } from './context.ts';
import { readCookie, writeCookie } from './cookie.ts';
import { changedOf, findLatest, latestStamp, ordersStamps, readSince, witnessesOf, type Stamp } from './stamp.ts';
import { hearWitnesses } from './witness.ts';

const stamps: readonly Stamp[] = ['modifyTimestamp', 'whenChanged'].map((attribute) => ({ attribute, timeOf, at: timeAt }));

/** Milliseconds: more changes may follow within the same second, and one that was stamped before may end after. */
const overlap = 2_000;

/** A text says, for the operator, why this does not work on this server, and what it would take. */
export async function timestampChanges(session: Session, watched: Watched): Promise<ChangeSource | string> {
  const context = await findContext(session, watched);
  for (const stamp of stamps) if (await ordersStamps(session, context, stamp)) return new TimestampChanges(context, watched, stamp);
  return 'timestamp needs modifyTimestamp or whenChanged on every entry, readable and comparable';
}

class TimestampChanges implements ChangeSource {
  readonly kind = 'timestamp';
  readonly tellsDeletions = false;
  readonly stamp: string;
  readonly #stamp: Stamp;
  readonly #context: Context;
  readonly #watched: Watched;

  constructor(context: Context, watched: Watched, stamp: Stamp) {
    this.stamp = stamp.attribute;
    this.#stamp = stamp;
    this.#context = context;
    this.#watched = watched;
  }

  async mark(session: Session): Promise<string> {
    const now = await readClock(session);
    const latest = await findLatest(session, this.#context, this.#watched, this.#stamp, now);
    return this.#write(session, this.#reach(latest, now, 0), latest);
  }

  async since(session: Session, text: string): Promise<Changes | undefined> {
    const cookie = readCookie(text, this.kind, this.#context.base);
    const time = Number(cookie?.marks[0] ?? NaN);
    if (cookie === undefined || Number.isNaN(time) || cookie.url !== session.url) return undefined;
    if (!(await isSameTree(session, this.#context, this.#watched, cookie.contextId))) return undefined;
    const now = await readClock(session);
    const begin = performance.now();
    const filter = greaterOrEqual(this.stamp, timeAt(time - overlap));
    const entries = await readSince(session, this.#context, this.#watched, this.#stamp, filter, cookie.witnesses);
    const { haveGoneBack, areGone } = hearWitnesses(cookie.witnesses, entries, this.stamp);
    if (haveGoneBack || areGone) return undefined;
    const reached = Math.max(time, this.#reach(entries, now, performance.now() - begin));
    return { cookie: this.#write(session, reached, entries), changed: changedOf(entries), deleted: [] };
  }

  /** The latest stamp, less the time that finding it took; a server whose clock is ahead must not hide what others change meanwhile. */
  #reach(entries: readonly Entry[], now: number, elapsed: number): number {
    const latest = timeOf(latestStamp(entries, this.#stamp));
    return Math.floor(Math.min(Number.isNaN(latest) ? 0 : latest - elapsed, now));
  }

  #write({ url }: Session, time: number, entries: readonly Entry[]): string {
    const { base, id } = this.#context;
    const witnesses = witnessesOf(entries, this.#watched, this.#stamp);
    return writeCookie({ kind: this.kind, url, contextId: id, base, marks: [String(time)], witnesses });
  }
}

/** Epoch milliseconds by the server's clock where it tells it, as Active Directory does, or else by this one. */
async function readClock(session: Session): Promise<number> {
  const time = timeOf((await session.rootDse(['currentTime'])).texts('currentTime')[0] ?? '');
  return Number.isNaN(time) ? Date.now() : time;
}

function timeOf(text: string): number {
  try {
    return Date.parse(parseGeneralizedTime(text));
  } catch {
    return NaN;
  }
}

function timeAt(time: number): string {
  return formatGeneralizedTime(new Date(Math.floor(Math.max(0, time) / 1000) * 1000).toISOString());
}
