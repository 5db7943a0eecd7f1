// All rows of a type in the order of one attribute, or of their ids; kept up by taking changed rows out and putting them in again.
// RFC 7644 section 3.4.2.3: missing values last ascending, ties by id.
import type { CompareSlots } from './merge-sort.ts';
import { withRoom } from './numbers.ts';
import { PackedTexts } from './packed-texts.ts';
import { radixSort } from './radix-sort.ts';
import type { Rows } from './rows.ts';
import type { Slice } from './slice.ts';
import type { SlotList } from './slot-list.ts';
import type { SortKeys } from './sort-keys.ts';
import { rankSlots, SortedSlots } from './sorted-slots.ts';

/** Slots that are put in without a pause. */
const atOnce = 128;
/** How often turning round begins again because rows changed meanwhile, before it is done without pauses. */
const mostAttempts = 4;

export class Order {
  readonly #rows: Rows;
  /** Undefined: by id alone. */
  readonly keys: SortKeys | undefined;
  readonly #ascending: SortedSlots;
  #descending: SortedSlots | undefined;
  /** Slots that changed and are not put in again yet. */
  readonly #pending = new Set<number>();

  private constructor(rows: Rows, keys: SortKeys | undefined, slots: Uint32Array) {
    this.#rows = rows;
    this.keys = keys;
    this.#ascending = new SortedSlots(slots, this.#compare(1));
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
    return new Order(rows, undefined, await radixSort(slots.subarray(0, count), ids, slice));
  }

  /** By keys, which know no row yet. As `byId`. */
  static async byKeys(rows: Rows, keys: SortKeys, ids: Order, slice: Slice): Promise<Order> {
    const sorted = ids.ascending.toArray();
    const ranks = rankSlots(sorted);
    // Everything is read in the order in which rows lie, which is quicker than in that of ids.
    const slots = new Uint32Array(sorted.length);
    let count = 0;
    for (let slot = 0; slot < ranks.length; slot += 1) {
      if (ranks[slot] === 0) continue;
      slots[count] = slot;
      count += 1;
      keys.replace(slot);
      if (count % 64 === 0 && slice.isOver) await slice.pause();
    }
    return new Order(rows, keys, await keys.sort(slots, ranks, slice));
  }

  get octets(): number {
    return this.#ascending.octets + (this.#descending?.octets ?? 0) + (this.keys?.octets ?? 0);
  }

  get ascending(): SlotList {
    return this.#ascending.list;
  }

  /** Slots in one direction: keys the other way round when descending, ids not. */
  async inDirection(direction: 'ascending' | 'descending', slice: Slice): Promise<SortedSlots> {
    if (direction === 'ascending' || !this.keys) return this.#ascending;
    for (let attempt = 1; !this.#descending; attempt += 1) await this.#turn(this.keys, slice, attempt >= mostAttempts);
    return this.#descending;
  }

  /** Rows that were put or removed, each perhaps more than once: they are left out until `putSome` has put them in again. */
  leaveOut(changed: Iterable<number>): void {
    const slots = [...changed];
    this.#ascending.leaveOut(slots);
    this.#descending?.leaveOut(slots);
    for (const slot of slots) this.#pending.add(slot);
  }

  /** Whether all rows are in it. */
  get isWhole(): boolean {
    return this.#pending.size === 0;
  }

  /** Puts some rows in again; all that changed must have been left out. */
  putSome(): void {
    const some: number[] = [];
    for (const slot of this.#pending) {
      if (some.length === atOnce) break;
      this.#pending.delete(slot);
      if (!this.#rows.live.has(slot)) continue;
      this.keys?.replace(slot);
      some.push(slot);
    }
    this.#ascending.put(some);
    this.#descending?.put(some);
  }

  async #turn(keys: SortKeys, slice: Slice, isLast: boolean): Promise<void> {
    const list = this.ascending;
    const slots = list.toArray();
    const turned = new Uint32Array(slots.length);
    for (let start = slots.length - 1, end = slots.length; start >= 0; start -= 1) {
      if (start % 1024 === 0 && !isLast && slice.isOver) await slice.pause();
      if (start > 0 && keys.compare(slots[start - 1] ?? 0, slots[start] ?? 0) === 0) continue;
      turned.set(slots.subarray(start, end), slots.length - end);
      end = start;
    }
    if (list === this.ascending) this.#descending ??= new SortedSlots(turned, this.#compare(-1));
  }

  #compare(turn: 1 | -1): CompareSlots {
    const [rows, keys] = [this.#rows, this.keys];
    if (!keys) return (a, b) => rows.compareIds(a, b);
    return (a, b) => turn * keys.compare(a, b) || rows.compareIds(a, b);
  }
}
