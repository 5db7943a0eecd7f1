// Puts what was found of several types into one order.
// RFC 7644 section 3.4.2.3: by value; where values are equal, type after type.
import type { Slice } from './slice.ts';
import type { Slots } from './slot-list.ts';
import type { SortKeys } from './sort-keys.ts';

export interface SortedPart {
  /** Undefined where nothing is sorted by: no row has a value. */
  readonly keys: SortKeys | undefined;
  readonly slots: Slots;
}

/** All of them in order. */
export interface Merged {
  readonly length: number;
  /** Octets held beside the parts. */
  readonly octets: number;
  /** Of which part the row at a place is, and its slot. */
  locate(place: number): { readonly part: number; readonly slot: number | undefined };
}

export async function mergeParts(
  parts: readonly SortedPart[],
  direction: 'ascending' | 'descending' | undefined,
  slice: Slice,
): Promise<Merged> {
  return direction && parts.length > 1 ? await mergeSorted(parts, direction, slice) : concatenate(parts);
}

function concatenate(parts: readonly SortedPart[]): Merged {
  let length = 0;
  const ends = parts.map(({ slots }) => (length += slots.length));
  return {
    length,
    octets: 0,
    locate(place) {
      const part = place < 0 ? -1 : ends.findIndex((end) => place < end);
      return { part, slot: parts[part]?.slots.at(place - (ends[part - 1] ?? 0)) };
    },
  };
}

async function mergeSorted(parts: readonly SortedPart[], direction: 'ascending' | 'descending', slice: Slice): Promise<Merged> {
  const length = parts.reduce((sum, { slots }) => sum + slots.length, 0);
  const [slots, origins] = [new Uint32Array(length), new Uint8Array(length)];
  const heads: Head[] = parts.map(({ keys, slots: own }) => ({ keys, slots: own, next: 0, slot: own.at(0) }));
  const turn = direction === 'descending' ? -1 : 1;
  for (let at = 0; at < length; at += 1) {
    let [least, leastPart]: [Head | undefined, number] = [undefined, 0];
    for (const [part, head] of heads.entries()) {
      if (head.slot === undefined || (least && turn * compareHeads(head, least) >= 0)) continue;
      [least, leastPart] = [head, part];
    }
    if (!least) break;
    [slots[at], origins[at]] = [least.slot ?? 0, leastPart];
    least.next += 1;
    least.slot = least.slots.at(least.next);
    if (at % 1024 === 0 && slice.isOver) await slice.pause();
  }
  return { length, octets: 5 * length, locate: (place) => ({ part: origins[place] ?? 0, slot: slots[place] }) };
}

interface Head extends SortedPart {
  /** Where it stands, and what is there; undefined at the end. */
  next: number;
  slot: number | undefined;
}

function compareHeads({ keys: left, slot = 0 }: Head, { keys: right, slot: other = 0 }: Head): number {
  if (left && right) return left.compare(slot, other, right);
  const isMissing = (keys: SortKeys | undefined, of: number): number => Number(keys?.keyOf(of) === undefined);
  return isMissing(left, slot) - isMissing(right, other);
}
