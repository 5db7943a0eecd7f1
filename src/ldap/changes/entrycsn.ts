// Changes of OpenLDAP by the number that each change gives to its entry, for servers that do not synchronize content.
// draft-ietf-ldup-model (change sequence numbers); slapd's entryCSN, contextCSN and CSNSIDMatch. Deletions leave no number.
import { createHash } from 'node:crypto';
import type { Entry } from '../entry.ts';
import { and, equal, greaterOrEqual, not, or, type Filter } from '../filter.ts';
import type { Session } from '../session.ts';
import type { ChangeSource, Changes, Watched } from './change-source.ts';
import { findContext, isSameTree, type Context } from './context.ts';
import { readCookie, writeCookie, type Cookie } from './cookie.ts';
import { csnAt, isBehind, isPortable, readCsns, timeOfCsn, type Csns } from './csn.ts';
import { changedOf, findLatest, latestStamp, ordersStamps, readSince, witnessesOf, type Stamp } from './stamp.ts';
import { hearWitnesses } from './witness.ts';

export const csnStamp: Stamp = { attribute: 'entryCSN', timeOf: timeOfCsn, at: csnAt };

/**
 * Milliseconds that a change may take from its number to its being seen: writes that are under way together do not end in the order of their
 * numbers, and those of another server arrive later. What was changed in the last minute before a question is told again by the next one.
 */
const lateness = 60_000;

/** A text says, for the operator, why this does not work on this server, and what it would take. */
export async function entryCsnChanges(session: Session, watched: Watched): Promise<ChangeSource | string> {
  const context = await findContext(session, watched);
  if (!(await ordersStamps(session, context, csnStamp)))
    return 'entrycsn needs entryCSN on every entry, readable and comparable: only OpenLDAP has it';
  return new EntryCsnChanges(context, watched);
}

class EntryCsnChanges implements ChangeSource {
  readonly kind = 'entrycsn';
  readonly tellsDeletions = false;
  readonly stamp = csnStamp.attribute;
  readonly #context: Context;
  readonly #watched: Watched;

  constructor(context: Context, watched: Watched) {
    this.#context = context;
    this.#watched = watched;
  }

  async mark(session: Session): Promise<string> {
    const known = await readContextCsns(session, this.#context);
    const latest = await findLatest(session, this.#context, this.#watched, csnStamp, Date.now());
    return this.#write(session, known.size > 0 ? known : latestOf(latest, 0), latest);
  }

  async since(session: Session, text: string): Promise<Changes | undefined> {
    const cookie = readCookie(text, this.kind, this.#context.base);
    if (cookie === undefined || !(await isSameTree(session, this.#context, this.#watched, cookie.contextId))) return undefined;
    const known = await readContextCsns(session, this.#context);
    const seen = readCsns(cookie.marks);
    if (!isContinued(session, cookie, seen, known)) return undefined;
    const begin = performance.now();
    const filter = known.size > 0 ? await this.#filterByServer(session, seen, known) : since(earliest(seen));
    const entries = await readSince(session, this.#context, this.#watched, csnStamp, filter, cookie.witnesses);
    const { haveGoneBack, areGone } = hearWitnesses(cookie.witnesses, entries, csnStamp.attribute);
    if (haveGoneBack || areGone) return undefined;
    const marks = known.size > 0 ? known : latestOf(entries, performance.now() - begin, seen);
    const digest = digestOf(entries, this.#watched);
    const changed = cookie.marks.includes(digest) ? [] : changedOf(entries);
    return { cookie: this.#write(session, marks, entries, digest), changed, deleted: [] };
  }

  /** What one server has changed since its own latest change that was seen: one that is long gone does not hold the others back. */
  async #filterByServer(session: Session, seen: Csns, known: Csns): Promise<Filter> {
    const isSimple = seen.size === 1 && known.size === 1;
    if (isSimple || !(await this.#matchesServerIds(session, [...seen.keys()][0] ?? ''))) {
      return [...known.keys()].every((id) => seen.has(id)) ? since(earliest(seen)) : since(csnAt(0));
    }
    const parts = [...known.keys()].map((id) => {
      const csn = seen.get(id);
      return csn === undefined ? byServer(id) : and([byServer(id), since(csn)]);
    });
    const byOthers = not(or([...known.keys()].map(byServer)));
    return or([...parts, and([byOthers, since(latestText(seen))])]);
  }

  async #matchesServerIds(session: Session, id: string): Promise<boolean> {
    const filter = or([byServer(id), not(byServer(id))]);
    return (await session.read(this.#context.base, [], filter)) !== undefined;
  }

  #write({ url }: Session, csns: Csns, entries: readonly Entry[], ...digest: readonly string[]): string {
    const { base, id } = this.#context;
    const witnesses = witnessesOf(entries, this.#watched, csnStamp);
    return writeCookie({ kind: this.kind, url, contextId: id, base, marks: [...csns.values(), ...digest], witnesses });
  }
}

/** Of who was told, and by which numbers: while nothing happens, the last minute before that need not be told again and again. */
function digestOf(entries: readonly Entry[], { idAttributes }: Watched): string {
  const texts = entries.map((entry) => [...idAttributes, csnStamp.attribute].flatMap((name) => entry.texts(name)).join(' '));
  return `told=${createHash('sha256').update(texts.toSorted().join('\n')).digest('base64')}`;
}

/** The latest change of each server that this one has seen: kept only by those that take part in replication. */
export async function readContextCsns(session: Session, { base }: Context): Promise<Csns> {
  return readCsns((await session.read(base, ['contextCSN']))?.texts('contextCSN') ?? []);
}

/** Whether the server has seen everything up to the cookie; another one only where the numbers say whose they are. */
export function isContinued({ url }: Session, cookie: Cookie, seen: Csns, known: Csns): boolean {
  if (seen.size === 0) return false;
  if (url !== cookie.url && !(isPortable(seen) && isPortable(known) && cookie.contextId !== '')) return false;
  return known.size === 0 ? url === cookie.url : !isBehind(known, seen);
}

/**
 * Where the server itself does not keep count: the latest number found, less the time that finding it took, and never one of the future.
 * One number stands for all servers then.
 */
function latestOf(entries: readonly Entry[], elapsed: number, seen: Csns = new Map()): Csns {
  const [latest, before] = [latestStamp(entries, csnStamp), latestText(seen)];
  const mark = csnAt(Math.min(timeOfCsn(latest === '' ? csnAt(0) : latest) - elapsed, Date.now()));
  return readCsns([mark > before ? mark : before]);
}

/** Later than what the server says it has reached. */
export function beyond(csns: Csns): Filter {
  const later = (csn: string): Filter => and([greaterOrEqual(csnStamp.attribute, csn), not(equal(csnStamp.attribute, csn))]);
  return csns.size === 1 ? later(earliest(csns)) : or([...csns].map(([id, csn]) => and([byServer(id), later(csn)])));
}

const byServer = (id: string): Filter => ({ kind: 'extensible', rule: 'CSNSIDMatch', attribute: csnStamp.attribute, value: id });
const since = (csn: string): Filter => greaterOrEqual(csnStamp.attribute, csnAt(timeOfCsn(csn) - lateness));
const earliest = (csns: Csns): string => [...csns.values()].toSorted()[0] ?? csnAt(0);
const latestText = (csns: Csns): string => [...csns.values()].toSorted().at(-1) ?? csnAt(0);
