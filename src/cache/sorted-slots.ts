// Slots kept sorted while rows change: what changed is noted beside one long array, and taken into it when that has become much.
// No RFC.
import { Bits } from './bits.ts';
import type { CompareSlots } from './merge-sort.ts';
import type { Slice } from './slice.ts';
import { firstOf, SlotList } from './slot-list.ts';

/** Changes noted beside the array, at most: some, and a share of its length. */
const [fewNoted, shareNoted, mostNoted] = [64, 1 / 64, 4096];
/** Of so many slots, one is chosen: then those are sorted by their places. */
const sparse = 32;
/** Slots between two looks at the clock. */
const step = 1 << 14;

/** What is chosen of an order. */
export type Chosen = Pick<Bits, 'has' | 'size'> & Iterable<number>;

export class SortedSlots {
  readonly #compare: CompareSlots;
  #list: SlotList;
  /** By slot: its place in the array, plus one; 0 for none. */
  #ranks: Uint32Array;
  /** Slots that are left out where they stood in the array. */
  #left = new Bits();

  /** @param slots sorted; not to be changed any more */
  constructor(slots: Uint32Array, compare: CompareSlots) {
    this.#compare = compare;
    this.#list = new SlotList(slots);
    this.#ranks = rankSlots(slots);
  }

  get list(): SlotList {
    return this.#list;
  }

  get octets(): number {
    const { base, holes, added, places } = this.#list;
    return [base, holes, added, places, this.#ranks].reduce((sum, { byteLength }) => sum + byteLength, this.#left.octets);
  }

  /** What is left in can still be compared, what is left out need not. */
  leaveOut(slots: Iterable<number>): void {
    const gone = Bits.of(slots);
    const left: number[] = [];
    for (const slot of gone) {
      const rank = this.#ranks[slot] ?? 0;
      if (rank === 0 || this.#left.has(slot)) continue;
      this.#left.add(slot);
      left.push(rank - 1);
    }
    const { base, holes, added, places } = this.#list;
    const isKept = (_: number, at: number): boolean => !gone.has(added[at] ?? 0);
    this.#list = new SlotList(base, joined(holes, left).toSorted(), added.filter(isKept), places.filter(isKept));
  }

  /** Puts slots in that are not in it. */
  put(slots: readonly number[]): void {
    const [list, compare] = [this.#list, this.#compare];
    const { base, added, places } = list;
    const merged = slots.toSorted(compare).map((slot) => ({
      slot,
      index: firstOf(added.length, (at) => compare(added[at] ?? 0, slot) > 0),
      place: list.placeOfKept(firstOf(list.keptLength, (nth) => compare(base[list.placeOfKept(nth)] ?? 0, slot) > 0)),
    }));
    const [slotsNow, placesNow] = [new Uint32Array(added.length + merged.length), new Uint32Array(added.length + merged.length)];
    let [from, at] = [0, 0];
    const copyTo = (end: number): void => {
      slotsNow.set(added.subarray(from, end), at);
      placesNow.set(places.subarray(from, end), at);
      at += end - from;
      from = end;
    };
    for (const { slot, index, place } of merged) {
      copyTo(index);
      slotsNow[at] = slot;
      placesNow[at] = place;
      at += 1;
    }
    copyTo(added.length);
    // Where only what is left out lies between two of them, the first one may stand before that.
    for (let each = placesNow.length - 2; each >= 0; each -= 1) placesNow[each] = Math.min(placesNow[each] ?? 0, placesNow[each + 1] ?? 0);
    this.#list = new SlotList(base, list.holes, slotsNow, placesNow);
    const most = Math.min(mostNoted, fewNoted + base.length * shareNoted);
    if (list.holes.length + slotsNow.length > most) this.#takeIn();
  }

  /** Those of them that are chosen, in order. What changes meanwhile may be wrong. */
  async choose(chosen: Chosen, slice: Slice): Promise<Uint32Array> {
    const { size } = chosen;
    return size * sparse < this.#list.length ? this.#sortChosen(chosen, size) : await this.#pickChosen(chosen, size, slice);
  }

  #sortChosen(chosen: Chosen, size: number): Uint32Array {
    const { base, added, places } = this.#list;
    const ranks = new Uint32Array(size);
    let count = 0;
    for (const slot of chosen) {
      const rank = this.#ranks[slot] ?? 0;
      if (rank === 0 || this.#left.has(slot)) continue;
      ranks[count] = rank;
      count += 1;
    }
    const sorted = ranks.subarray(0, count).toSorted();
    const found = new Uint32Array(size);
    let [at, put] = [0, 0];
    const putTo = (place: number): void => {
      for (; put < added.length && (places[put] ?? 0) <= place; put += 1) {
        if (!chosen.has(added[put] ?? 0)) continue;
        found[at] = added[put] ?? 0;
        at += 1;
      }
    };
    for (const rank of sorted) {
      putTo(rank - 1);
      found[at] = base[rank - 1] ?? 0;
      at += 1;
    }
    putTo(base.length);
    return found.subarray(0, at);
  }

  async #pickChosen(chosen: Chosen, size: number, slice: Slice): Promise<Uint32Array> {
    const { words } = chosen instanceof Bits ? chosen : Bits.of(chosen);
    const found = new Uint32Array(size);
    let count = 0;
    for (const { slots, start, end } of this.#list.runs()) {
      for (let from = start; from < end; from += step) {
        for (let at = from; at < Math.min(end, from + step); at += 1) {
          const slot = slots[at] ?? 0;
          // Written in any case: which one is chosen cannot be foretold.
          found[count] = slot;
          count += ((words[slot >>> 5] ?? 0) >>> (slot & 31)) & 1;
        }
        if (slice.isOver) await slice.pause();
      }
    }
    return found.subarray(0, count);
  }

  #takeIn(): void {
    this.#list = new SlotList(this.#list.toArray());
    this.#left = new Bits();
    this.#ranks = rankSlots(this.#list.base);
  }
}

/** By slot: its place, plus one; 0 for none. */
export function rankSlots(slots: Uint32Array): Uint32Array {
  let last = 0;
  for (let at = 0; at < slots.length; at += 1) last = Math.max(last, slots[at] ?? 0);
  const ranks = new Uint32Array(last + 1);
  for (let at = 0; at < slots.length; at += 1) ranks[slots[at] ?? 0] = at + 1;
  return ranks;
}

function joined(numbers: Uint32Array, more: readonly number[]): Uint32Array {
  const all = new Uint32Array(numbers.length + more.length);
  all.set(numbers);
  all.set(more, numbers.length);
  return all;
}
