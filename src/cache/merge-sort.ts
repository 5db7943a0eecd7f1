// Sorts slots by comparing them, in slices; what is equal keeps its order.
// No RFC.
import type { Slice } from './slice.ts';

/** Slots that are sorted without a pause. */
const run = 512;
/** Slots that are merged without a pause. */
const step = 2048;

export type CompareSlots = (a: number, b: number) => number;

export async function mergeSort(slots: Uint32Array, compare: CompareSlots, slice: Slice): Promise<Uint32Array> {
  let [sorted, other] = [slots.slice(), new Uint32Array(slots.length)];
  for (let start = 0; start < slots.length; start += run) {
    sorted.set(slots.slice(start, start + run).toSorted(compare), start);
    if (slice.isOver) await slice.pause();
  }
  for (let width = run; width < slots.length; width *= 2) {
    for (let start = 0; start < slots.length; start += 2 * width) {
      const middle = Math.min(start + width, slots.length);
      await merge(sorted, [start, middle, Math.min(start + 2 * width, slots.length)], other, compare, slice);
    }
    [sorted, other] = [other, sorted];
  }
  return sorted;
}

async function merge(
  from: Uint32Array,
  [start, middle, end]: readonly [number, number, number],
  into: Uint32Array,
  compare: CompareSlots,
  slice: Slice,
): Promise<void> {
  let [left, right] = [start, middle];
  for (let at = start; at < end;) {
    const pause = Math.min(end, at + step);
    for (; at < pause; at += 1) {
      const isLeft = right >= end || (left < middle && compare(from[left] ?? 0, from[right] ?? 0) <= 0);
      into[at] = from[isLeft ? left : right] ?? 0;
      if (isLeft) left += 1;
      else right += 1;
    }
    if (slice.isOver) await slice.pause();
  }
}
