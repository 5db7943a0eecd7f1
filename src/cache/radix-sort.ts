// Sorts slots by numbers that stand for parts of what they are sorted by, digit by digit, in slices; what is equal keeps its order.
// No RFC.
import type { Slice } from './slice.ts';

/** What slots are sorted by, part after part. */
export interface Parts {
  compare(a: number, b: number): number;
  /** A number for one part of what belongs to a slot, not greater than that of any slot that comes later if all parts before are the same. */
  partOf(slot: number, depth: number): number;
  /** Whether there is nothing behind that part. */
  isWhole(slot: number, depth: number): boolean;
}

/** Slots that are compared with each other: with so few that is quicker. */
const few = 24;
/** Slots above which digits have 16 bits, not 8. */
const many = 1 << 15;
/** Slots between two looks at the clock. */
const step = 1 << 14;

interface Range {
  readonly start: number;
  readonly end: number;
  readonly depth: number;
}

/** Slots, each with the number that it is sorted by: in two halves, so that these are in order as its bits are. */
interface Numbered {
  readonly slots: Uint32Array;
  readonly high: Uint32Array;
  readonly low: Uint32Array;
}

export async function radixSort(slots: Uint32Array, by: Parts, slice: Slice): Promise<Uint32Array> {
  const sorted = slots.slice();
  const open: Range[] = [{ start: 0, end: sorted.length, depth: 0 }];
  for (let range = open.pop(); range; range = open.pop()) {
    const { start, end, depth } = range;
    const own = sorted.subarray(start, end);
    const numbered = await sortByPart(own, by, depth, slice);
    own.set(numbered.slots);
    for (let from = 0, at = 1; from < own.length; at += 1) {
      if (at < own.length && isSame(numbered, from, at)) continue;
      if (at - from > 1 && !by.isWhole(own[from] ?? 0, depth)) {
        if (at - from <= few) insertionSort(own.subarray(from, at), by);
        else open.push({ start: start + from, end: start + at, depth: depth + 1 });
      }
      from = at;
      if (at % 256 === 0 && slice.isOver) await slice.pause();
    }
    if (slice.isOver) await slice.pause();
  }
  return sorted;
}

async function sortByPart(slots: Uint32Array, by: Parts, depth: number, slice: Slice): Promise<Numbered> {
  const { length } = slots;
  const width = length > many ? 16 : 8;
  const digits = 64 / width;
  const mask = (1 << width) - 1;
  let [from, into] = [createNumbered(length), createNumbered(length)];
  const counts = Array.from({ length: digits }, () => new Uint32Array(mask + 1));
  for (let at = 0; at < length; at += 1) {
    const slot = slots[at] ?? 0;
    from.slots[at] = slot;
    number(from, at, by.partOf(slot, depth));
    for (let digit = 0; digit < digits; digit += 1) {
      const count = counts[digit];
      const value = digitOf(from, at, digit * width, mask);
      if (count) count[value] = (count[value] ?? 0) + 1;
    }
    if (at % 1024 === 1023 && slice.isOver) await slice.pause();
  }
  for (const [digit, count] of counts.entries()) {
    if (length === 0 || count[digitOf(from, 0, digit * width, mask)] === length) continue;
    for (let value = 0, sum = 0; value <= mask; value += 1) {
      const own = count[value] ?? 0;
      count[value] = sum;
      sum += own;
    }
    for (let start = 0; start < length; start += step) {
      distribute(from, start, Math.min(start + step, length), digit * width, count, into);
      if (slice.isOver) await slice.pause();
    }
    [from, into] = [into, from];
  }
  return from;
}

/** Puts slots where those of the same digit go. */
function distribute(from: Numbered, start: number, end: number, shift: number, nexts: Uint32Array, into: Numbered): void {
  const mask = nexts.length - 1;
  const halves = shift < 32 ? from.low : from.high;
  const { slots, high, low } = from;
  for (let at = start; at < end; at += 1) {
    const digit = ((halves[at] ?? 0) >>> (shift & 31)) & mask;
    const place = nexts[digit] ?? 0;
    nexts[digit] = place + 1;
    into.slots[place] = slots[at] ?? 0;
    into.high[place] = high[at] ?? 0;
    into.low[place] = low[at] ?? 0;
  }
}

function createNumbered(length: number): Numbered {
  return { slots: new Uint32Array(length), high: new Uint32Array(length), low: new Uint32Array(length) };
}

function digitOf({ high, low }: Numbered, at: number, shift: number, mask: number): number {
  return (((shift < 32 ? low[at] : high[at]) ?? 0) >>> (shift & 31)) & mask;
}

function isSame({ high, low }: Numbered, a: number, b: number): boolean {
  return low[a] === low[b] && high[a] === high[b];
}

const converted = new Float64Array(1);
const halves = new Uint32Array(converted.buffer);
/** Which half comes first depends on the machine. */
const highHalf = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;

/** The bits of a number are in order as numbers are when the sign is turned, and of negative ones all others, too. */
function number({ high, low }: Numbered, at: number, value: number): void {
  // Without a sign of zero.
  converted[0] = value + 0;
  const [upper, lower] = [halves[highHalf] ?? 0, halves[1 - highHalf] ?? 0];
  const isNegative = upper >>> 31 === 1;
  high[at] = isNegative ? ~upper : upper ^ 0x80000000;
  low[at] = isNegative ? ~lower : lower;
}

function insertionSort(slots: Uint32Array, by: Parts): void {
  for (let end = 1; end < slots.length; end += 1) {
    const slot = slots[end] ?? 0;
    let at = end;
    for (; at > 0 && by.compare(slots[at - 1] ?? 0, slot) > 0; at -= 1) slots[at] = slots[at - 1] ?? 0;
    slots[at] = slot;
  }
}
