// Entries that were changed last, as witnesses: where they stand before where they stood, the server was restored from an older copy.
// No RFC. A restored server that has been written to since is ahead of every watermark: only what it lost gives it away.
import type { Entry } from '../entry.ts';
import { equal, type Filter } from '../filter.ts';

export interface Witness {
  readonly attribute: string;
  /** The id, as base64. */
  readonly octets: string;
  readonly stamp: string;
}

/** Several, because those that were changed last may be deleted next. */
const enough = 10;

/** Of `entries` that have an id and a stamp, and of those `before`, the latest. */
export function pickWitnesses(
  entries: readonly Entry[],
  idAttributes: readonly string[],
  stamp: string,
  before: readonly Witness[] = [],
): readonly Witness[] {
  const latest = new Map<string, Witness>();
  const consider = (witness: Witness): void => {
    latest.set(keyOf(witness.attribute, witness.octets), witness);
    if (latest.size <= enough) return;
    const [oldest] = [...latest].toSorted(([, a], [, b]) => (a.stamp < b.stamp ? -1 : a.stamp > b.stamp ? 1 : 0));
    if (oldest !== undefined) latest.delete(oldest[0]);
  };
  before.forEach(consider);
  for (const entry of entries) {
    const attribute = idAttributes.find((name) => entry.has(name));
    const octets = attribute === undefined ? undefined : entry.octets(attribute)[0];
    const text = entry.texts(stamp)[0];
    if (attribute !== undefined && octets !== undefined && text !== undefined)
      consider({ attribute, octets: octets.toString('base64'), stamp: text });
  }
  return [...latest.values()];
}

export function findWitnesses(witnesses: readonly Witness[]): readonly Filter[] {
  return witnesses.map(({ attribute, octets }) => equal(attribute, Buffer.from(octets, 'base64')));
}

/** What has become of them, by what the server tells now: `entries` are those that `findWitnesses` found, and perhaps others. */
export function hearWitnesses(
  witnesses: readonly Witness[],
  entries: readonly Entry[],
  stamp: string,
): { readonly haveGoneBack: boolean; readonly areGone: boolean } {
  const stamps = new Map<string, string>();
  const names = new Set(witnesses.map(({ attribute }) => attribute));
  for (const entry of entries) {
    for (const name of names) {
      const octets = entry.octets(name)[0];
      if (octets !== undefined) stamps.set(keyOf(name, octets.toString('base64')), entry.texts(stamp)[0] ?? '');
    }
  }
  const found = witnesses.map(({ attribute, octets, stamp: seen }) => ({ seen, now: stamps.get(keyOf(attribute, octets)) }));
  return {
    haveGoneBack: found.some(({ seen, now }) => now !== undefined && now < seen),
    areGone: found.length > 0 && found.every(({ now }) => now === undefined),
  };
}

const keyOf = (attribute: string, octets: string): string => `${attribute} ${octets}`;
