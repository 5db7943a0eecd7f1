// Which rows occupy a node: nodes stand for the names of entries.
// No RFC. An entry may be a row of several types; of two rows of one type that occupy a node it is the one that was put last.
import { withRoom } from './numbers.ts';
import type { Table } from './table.ts';

/** A row somewhere in the snapshot. */
export interface Place {
  readonly table: Table;
  readonly slot: number;
}

export class NodeOwners {
  readonly #tables: readonly Table[];
  /** By table and node: the slot of the row, plus one; 0 for none. */
  readonly #slots: Uint32Array<ArrayBuffer>[];

  constructor(tables: readonly Table[]) {
    this.#tables = tables;
    this.#slots = tables.map(() => new Uint32Array(0));
  }

  get octets(): number {
    return this.#slots.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** A number that stands for a row, in all tables no other has it; never 0. */
  codeOf({ table, slot }: Place): number {
    return slot * this.#tables.length + table.index + 1;
  }

  placeOf(code: number): Place {
    const table = this.#tables[(code - 1) % this.#tables.length];
    if (!table) throw new RangeError('no such row');
    return { table, slot: Math.floor((code - 1) / this.#tables.length) };
  }

  /** The slot in a table. */
  slotOf(node: number, { index }: Table): number | undefined {
    const slot = this.#slots[index]?.[node] ?? 0;
    return slot === 0 ? undefined : slot - 1;
  }

  /** The row in the first of these tables (by index) that has one. */
  firstOf(node: number, among: ReadonlySet<number>): Place | undefined {
    for (const index of among) {
      const slot = this.#slots[index]?.[node] ?? 0;
      const table = slot === 0 ? undefined : this.#tables[index];
      if (table) return { table, slot: slot - 1 };
    }
    return undefined;
  }

  owns({ table, slot }: Place, node: number): boolean {
    return this.slotOf(node, table) === slot;
  }

  occupy({ table: { index }, slot }: Place, nodes: Uint32Array): void {
    for (const node of nodes) {
      const slots = withRoom(this.#slots[index] ?? new Uint32Array(0), node + 1);
      slots[node] = slot + 1;
      this.#slots[index] = slots;
    }
  }

  release(place: Place, nodes: Uint32Array): void {
    const slots = this.#slots[place.table.index];
    for (const node of nodes) if (slots && this.owns(place, node)) slots[node] = 0;
  }
}
