// Puts what was found of several types into one order.
// RFC 7644 section 3.4.2.3: by value; where values are equal, type after type.
import type { SortKeys } from './sort-keys.ts';

export interface SortedPart {
  /** Undefined where nothing is sorted by: no row has a value. */
  readonly keys: SortKeys | undefined;
  readonly slots: Uint32Array;
}

/** All of them in order; `parts` says which part each is of, undefined if that follows from the lengths of the parts. */
export interface Merged {
  readonly slots: Uint32Array;
  readonly parts: Uint8Array | undefined;
}

export function mergeParts(parts: readonly SortedPart[], direction: 'ascending' | 'descending' | undefined): Merged {
  const [only] = parts;
  if (only && parts.length === 1) return { slots: only.slots, parts: undefined };
  const total = parts.reduce((sum, { slots }) => sum + slots.length, 0);
  const merged = { slots: new Uint32Array(total), parts: new Uint8Array(total) };
  if (!direction) {
    let at = 0;
    for (const [rank, { slots }] of parts.entries()) {
      merged.slots.set(slots, at);
      merged.parts.fill(rank, at, at + slots.length);
      at += slots.length;
    }
    return merged;
  }
  const heads = parts.map(() => 0);
  const turn = direction === 'descending' ? -1 : 1;
  for (let at = 0; at < total; at += 1) {
    let least = -1;
    for (const [rank, part] of parts.entries()) {
      if ((heads[rank] ?? 0) >= part.slots.length) continue;
      if (least < 0 || turn * compareHeads(parts, heads, rank, least) < 0) least = rank;
    }
    const head = heads[least] ?? 0;
    merged.slots[at] = parts[least]?.slots[head] ?? 0;
    merged.parts[at] = least;
    heads[least] = head + 1;
  }
  return merged;
}

function compareHeads(parts: readonly SortedPart[], heads: readonly number[], a: number, b: number): number {
  const [left, right] = [parts[a]?.keys, parts[b]?.keys];
  const [slot, other] = [parts[a]?.slots[heads[a] ?? 0] ?? 0, parts[b]?.slots[heads[b] ?? 0] ?? 0];
  if (left && right) return left.compare(slot, other, right);
  const isMissing = (keys: SortKeys | undefined, of: number): number => Number(keys?.keyOf(of) === undefined);
  return isMissing(left, slot) - isMissing(right, other);
}
