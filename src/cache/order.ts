// All rows of a type in the order of one attribute, or of their ids; kept up by taking changed rows out and merging them in again.
// RFC 7644 section 3.4.2.3: missing values last ascending, ties by id.
import { Bits } from './bits.ts';
import { sortSlots } from './merge-sort.ts';
import { withRoom } from './numbers.ts';
import { PackedTexts } from './packed-texts.ts';
import type { Rows } from './rows.ts';
import type { Slice } from './slice.ts';
import type { SortKeys } from './sort-keys.ts';

export class Order {
  readonly #rows: Rows;
  /** Undefined: by id alone. */
  readonly keys: SortKeys | undefined;
  #slots: Uint32Array;
  /** 1 where a row has another key than the one before it. */
  #begins: Uint8Array;

  private constructor(rows: Rows, keys: SortKeys | undefined, slots: Uint32Array, begins: Uint8Array) {
    this.#rows = rows;
    this.keys = keys;
    this.#slots = slots;
    this.#begins = begins;
  }

  /** By id. Rows that change meanwhile have to be replaced afterwards. */
  static async byId(rows: Rows, slice: Slice): Promise<Order> {
    // Rows may change while they are sorted, what is compared may not.
    const ids = new PackedTexts();
    let [slots, count] = [new Uint32Array(rows.size), 0];
    for (let slot = rows.live.next(0); slot >= 0; slot = rows.live.next(slot + 1)) {
      const { octets, start, end } = rows.idOctets(slot);
      ids.copy(slot, octets, start, end);
      slots = withRoom(slots, count + 1);
      slots[count] = slot;
      count += 1;
      if (count % 1024 === 0 && slice.isOver) await slice.pause();
    }
    const sorted = await sortSlots(slots.subarray(0, count), ids, slice);
    return new Order(rows, undefined, sorted, new Uint8Array(sorted.length).fill(1));
  }

  /** By keys, which know no row yet. As `byId`. */
  static async byKeys(rows: Rows, keys: SortKeys, ids: Order, slice: Slice): Promise<Order> {
    const slots = ids.ascending;
    for (let at = 0; at < slots.length; at += 1) {
      keys.replace(slots[at] ?? 0);
      if (at % 64 === 0 && slice.isOver) await slice.pause();
    }
    const sorted = await sortSlots(slots, keys, slice);
    const begins = new Uint8Array(sorted.length);
    for (let at = 0; at < sorted.length; at += 1) {
      begins[at] = Number(at === 0 || keys.compare(sorted[at - 1] ?? 0, sorted[at] ?? 0) !== 0);
      if (at % 2048 === 0 && slice.isOver) await slice.pause();
    }
    return new Order(rows, keys, sorted, begins);
  }

  get octets(): number {
    return this.#slots.byteLength + this.#begins.byteLength + (this.keys?.octets ?? 0);
  }

  /** Ascending. Another array after every change. */
  get ascending(): Uint32Array {
    return this.#slots;
  }

  /** Keys the other way round, ids not. */
  get descending(): Uint32Array {
    const [slots, begins] = [this.#slots, this.#begins];
    const turned = new Uint32Array(slots.length);
    for (let end = slots.length, at = 0; end > 0;) {
      let start = end - 1;
      while (begins[start] === 0 && start > 0) start -= 1;
      for (let index = start; index < end; index += 1, at += 1) turned[at] = slots[index] ?? 0;
      end = start;
    }
    return turned;
  }

  /** Rows that were put or removed, each perhaps more than once. */
  replace(changed: Iterable<number>): void {
    const [rows, keys] = [this.#rows, this.keys];
    const bits = new Bits();
    for (const slot of changed) bits.add(slot);
    const added: number[] = [];
    for (let slot = bits.next(0); slot >= 0; slot = bits.next(slot + 1)) {
      if (!rows.live.has(slot)) continue;
      keys?.replace(slot);
      added.push(slot);
    }
    const compare = (a: number, b: number): number => (keys?.compare(a, b) ?? 0) || rows.compareIds(a, b);
    added.sort(compare);
    this.#merge(this.#without(bits), added, compare);
  }

  #without(bits: Bits): { readonly slots: Uint32Array; readonly begins: Uint8Array } {
    const [slots, begins, { words }] = [this.#slots, this.#begins, bits];
    const [keptSlots, keptBegins] = [new Uint32Array(slots.length), new Uint8Array(slots.length)];
    let [kept, from, begin] = [0, 0, 0];
    const copyTo = (end: number): void => {
      keptSlots.set(slots.subarray(from, end), kept);
      keptBegins.set(begins.subarray(from, end), kept);
      // The first one of a key may be gone.
      if (end > from && begin === 1) keptBegins[kept] = 1;
      if (end > from) begin = 0;
      kept += end - from;
      from = end + 1;
    };
    for (let at = 0; at < slots.length; at += 1) {
      const slot = slots[at] ?? 0;
      if ((((words[slot >>> 5] ?? 0) >>> (slot & 31)) & 1) === 0) continue;
      copyTo(at);
      begin |= begins[at] ?? 0;
    }
    copyTo(slots.length);
    return { slots: keptSlots.subarray(0, kept), begins: keptBegins.subarray(0, kept) };
  }

  #merge(
    kept: { readonly slots: Uint32Array; readonly begins: Uint8Array },
    added: readonly number[],
    compare: (a: number, b: number) => number,
  ): void {
    const total = kept.slots.length + added.length;
    const [slots, begins] = [new Uint32Array(total), new Uint8Array(total)];
    let [from, at] = [0, 0];
    const keys = this.keys;
    const isNew = (index: number): number => Number(!keys || index === 0 || keys.compare(slots[index - 1] ?? 0, slots[index] ?? 0) !== 0);
    const copyTo = (end: number): void => {
      slots.set(kept.slots.subarray(from, end), at);
      begins.set(kept.begins.subarray(from, end), at);
      if (end > from && at > 0) begins[at] = isNew(at);
      at += end - from;
      from = end;
    };
    for (const slot of added) {
      copyTo(lowerBound(kept.slots, from, (other) => compare(other, slot) < 0));
      slots[at] = slot;
      begins[at] = isNew(at);
      at += 1;
    }
    copyTo(kept.slots.length);
    [this.#slots, this.#begins] = [slots, begins];
  }
}

/** How many slots from one on come before. */
function lowerBound(slots: Uint32Array, from: number, isBefore: (slot: number) => boolean): number {
  let [low, high] = [from, slots.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(slots[middle] ?? 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}
