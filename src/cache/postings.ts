// For each node the rows that refer to it by one field: lists linked through typed arrays.
// No RFC.
import { withRoom } from './numbers.ts';

export class Postings {
  /** By node: its first posting + 1; 0 for none. */
  #heads = new Uint32Array(0);
  /** By posting: the slot of the row, and the next posting + 1 of that node, or of those that are free. */
  #slots = new Uint32Array(0);
  #nexts = new Uint32Array(0);
  #used = 0;
  #free = 0;
  readonly #removals = new Map<number, number[]>();

  get octets(): number {
    return this.#heads.byteLength + this.#slots.byteLength + this.#nexts.byteLength;
  }

  add(node: number, slot: number): void {
    let posting = this.#free - 1;
    if (posting >= 0) this.#free = this.#nexts[posting] ?? 0;
    else {
      posting = this.#used;
      this.#used += 1;
      this.#slots = withRoom(this.#slots, this.#used);
      this.#nexts = withRoom(this.#nexts, this.#used);
    }
    this.#heads = withRoom(this.#heads, node + 1);
    this.#slots[posting] = slot;
    this.#nexts[posting] = this.#heads[node] ?? 0;
    this.#heads[node] = posting + 1;
  }

  /** Takes one posting of a row out, not before `removeNoted`: the list of a node is gone through once for many. */
  noteRemoval(node: number, slot: number): void {
    const slots = this.#removals.get(node);
    if (slots) slots.push(slot);
    else this.#removals.set(node, [slot]);
  }

  removeNoted(): void {
    for (const [node, slots] of this.#removals) this.#remove(node, slots);
    this.#removals.clear();
  }

  /** Calls `visit` with the rows that refer to a node, a row as often as it does so, until it answers true. */
  someSlot(node: number, visit: (slot: number) => boolean): boolean {
    for (let posting = (this.#heads[node] ?? 0) - 1; posting >= 0; posting = (this.#nexts[posting] ?? 0) - 1) {
      if (visit(this.#slots[posting] ?? 0)) return true;
    }
    return false;
  }

  #remove(node: number, slots: readonly number[]): void {
    const counts = new Map<number, number>();
    for (const slot of slots) counts.set(slot, (counts.get(slot) ?? 0) + 1);
    let before = -1;
    let posting = (this.#heads[node] ?? 0) - 1;
    while (posting >= 0 && counts.size > 0) {
      const next = this.#nexts[posting] ?? 0;
      const slot = this.#slots[posting] ?? 0;
      const count = counts.get(slot);
      if (count === undefined) before = posting;
      else {
        if (count > 1) counts.set(slot, count - 1);
        else counts.delete(slot);
        if (before < 0) this.#heads[node] = next;
        else this.#nexts[before] = next;
        this.#nexts[posting] = this.#free;
        this.#free = posting + 1;
      }
      posting = next - 1;
    }
  }
}
