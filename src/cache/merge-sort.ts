// Sorts slots in slices; what is equal keeps its order.
// No RFC.
import type { Slice } from './slice.ts';

/** Slots that are sorted without a pause. */
const run = 2048;

/** What slots are sorted by. */
export interface Comparing {
  compare(a: number, b: number): number;
  /** A number that is not greater than that of any slot that comes later: most comparisons need nothing else. */
  prefixOf(slot: number): number;
}

interface Sorted {
  readonly slots: Uint32Array;
  readonly prefixes: Float64Array;
}

export async function sortSlots(slots: Uint32Array, by: Comparing, slice: Slice): Promise<Uint32Array> {
  let sorted = await sortRuns(slots, by, slice);
  let other: Sorted = { slots: new Uint32Array(slots.length), prefixes: new Float64Array(slots.length) };
  for (let width = run; width < slots.length; width *= 2) {
    for (let start = 0; start < slots.length; start += 2 * width) {
      const middle = Math.min(start + width, slots.length);
      await merge(sorted, [start, middle, Math.min(start + 2 * width, slots.length)], other, by, slice);
    }
    [sorted, other] = [other, sorted];
  }
  return sorted.slots;
}

async function sortRuns(slots: Uint32Array, by: Comparing, slice: Slice): Promise<Sorted> {
  const sorted = { slots: new Uint32Array(slots.length), prefixes: new Float64Array(slots.length) };
  const prefixes = new Float64Array(run);
  for (let start = 0; start < slots.length; start += run) {
    const own = slots.subarray(start, start + run);
    for (let at = 0; at < own.length; at += 1) prefixes[at] = by.prefixOf(own[at] ?? 0);
    const places = Uint32Array.from(own, (_, at) => at).toSorted((a, b) => {
      const [left, right] = [prefixes[a] ?? 0, prefixes[b] ?? 0];
      return left < right ? -1 : left > right ? 1 : by.compare(own[a] ?? 0, own[b] ?? 0) || a - b;
    });
    for (let at = 0; at < places.length; at += 1) {
      sorted.slots[start + at] = own[places[at] ?? 0] ?? 0;
      sorted.prefixes[start + at] = prefixes[places[at] ?? 0] ?? 0;
    }
    if (slice.isOver) await slice.pause();
  }
  return sorted;
}

async function merge(
  from: Sorted,
  [start, middle, end]: readonly [number, number, number],
  into: Sorted,
  by: Comparing,
  slice: Slice,
): Promise<void> {
  let [left, right] = [start, middle];
  for (let at = start; at < end;) {
    const pause = Math.min(end, at + 8192);
    for (; at < pause; at += 1) {
      const isLeft = right >= end || (left < middle && isInOrder(from, left, right, by));
      const place = isLeft ? left : right;
      into.slots[at] = from.slots[place] ?? 0;
      into.prefixes[at] = from.prefixes[place] ?? 0;
      if (isLeft) left += 1;
      else right += 1;
    }
    if (slice.isOver) await slice.pause();
  }
}

function isInOrder({ slots, prefixes }: Sorted, left: number, right: number, by: Comparing): boolean {
  const [a, b] = [prefixes[left] ?? 0, prefixes[right] ?? 0];
  return a < b || (a === b && by.compare(slots[left] ?? 0, slots[right] ?? 0) <= 0);
}
