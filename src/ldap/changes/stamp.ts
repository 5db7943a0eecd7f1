// What the ways that go by a stamp of each entry have in common: which stamps a server orders, the latest ones, and what has one since.
// RFC 4511 section 4.5.1.7.3 (greaterOrEqual).
import { parseDn } from '../dn.ts';
import type { Entry } from '../entry.ts';
import { greaterOrEqual, or, present, type Filter } from '../filter.ts';
import type { Session } from '../session.ts';
import type { Changes, Watched } from './change-source.ts';
import { attributesOfChange, isContainer, type Context } from './context.ts';
import { findWitnesses, pickWitnesses, type Witness } from './witness.ts';

export interface Stamp {
  readonly attribute: string;
  /** Epoch milliseconds; NaN for what is no stamp. */
  timeOf(stamp: string): number;
  /** A stamp of that time, not later than any other of it. */
  at(time: number): string;
}

const [hour, day] = [3_600_000, 86_400_000];
/** How far back the latest stamps are looked for, step by step. */
const stretches = [hour, 30 * day, Infinity];
/** Entries that are more than enough. */
const many = 1000;
const mostHalvings = 16;
const farFuture = Date.UTC(9998, 0);

/** Whether the server answers "at or after" by this stamp: an entry must be found by its own, and not by a far later one. */
export async function ordersStamps(session: Session, { base }: Context, stamp: Stamp): Promise<boolean> {
  const some = { base, scope: 'sub', filter: present(stamp.attribute), attributes: [stamp.attribute], limit: 1 } as const;
  for await (const entry of session.search(some)) {
    const own = entry.texts(stamp.attribute)[0];
    if (own === undefined || Number.isNaN(stamp.timeOf(own))) return false;
    const isFound = async (text: string): Promise<boolean> =>
      (await session.read(parseDn(entry.dn), [], greaterOrEqual(stamp.attribute, text))) !== undefined;
    return (await isFound(own)) && !(await isFound(stamp.at(farFuture)));
  }
  return false;
}

/** The entries that were changed last: all of some stretch of time that ends now, which is shortened while there are many in it. */
export async function findLatest(
  session: Session,
  context: Context,
  watched: Watched,
  stamp: Stamp,
  now: number,
): Promise<readonly Entry[]> {
  const read = (stretch: number, limit?: number): Promise<readonly Entry[]> => {
    const filter = greaterOrEqual(stamp.attribute, stamp.at(Math.max(0, now - stretch)));
    return readEntries(session, context, filter, [...watched.idAttributes, stamp.attribute], limit);
  };
  let empty = 0;
  for (const stretch of stretches) {
    const entries = await read(stretch, many);
    if (entries.length > 0 && entries.length < many) return entries;
    if (entries.length === many) return shorten(read, empty, Math.min(stretch, now));
    empty = stretch;
  }
  return [];
}

/** Of two stretches one has nobody in it and the other one many: what lies between is halved some times. */
async function shorten(
  read: (stretch: number, limit?: number) => Promise<readonly Entry[]>,
  empty: number,
  full: number,
): Promise<readonly Entry[]> {
  let [shorter, longer] = [empty, full];
  for (let halving = 0; halving < mostHalvings; halving += 1) {
    const stretch = (shorter + longer) / 2;
    const entries = await read(stretch, many);
    if (entries.length > 0 && entries.length < many) return entries;
    if (entries.length === 0) shorter = stretch;
    else longer = stretch;
  }
  return read(longer);
}

/** The latest stamp among them; empty when there is none. */
export function latestStamp(entries: readonly Entry[], { attribute }: Stamp): string {
  return entries.reduce((latest, entry) => {
    const text = entry.texts(attribute)[0] ?? '';
    return text > latest ? text : latest;
  }, '');
}

/** All entries that `filter` finds, and the witnesses. */
export function readSince(
  session: Session,
  context: Context,
  watched: Watched,
  stamp: Stamp,
  filter: Filter,
  witnesses: readonly Witness[],
): Promise<readonly Entry[]> {
  return readEntries(session, context, or([filter, ...findWitnesses(witnesses)]), attributesOfChange(watched, stamp.attribute));
}

async function readEntries(
  session: Session,
  { base }: Context,
  filter: Filter,
  attributes: readonly string[],
  limit?: number,
): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  const request = { base, scope: 'sub', filter, attributes, ...(limit !== undefined && { limit }) } as const;
  for await (const entry of session.search(request)) entries.push(entry);
  return entries;
}

export function changedOf(entries: readonly Entry[]): Changes['changed'] {
  return entries.map((entry) => ({ entry, container: isContainer(entry) }));
}

export function witnessesOf(entries: readonly Entry[], watched: Watched, stamp: Stamp, before?: readonly Witness[]): readonly Witness[] {
  return pickWitnesses(entries, watched.idAttributes, stamp.attribute, before);
}
