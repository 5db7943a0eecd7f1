// Which row occupies a node: nodes stand for the names of entries.
// No RFC. A node that two rows occupy is the row's that was put last.
import { withRoom } from './numbers.ts';
import type { Table } from './table.ts';

/** A row somewhere in the snapshot. */
export interface Place {
  readonly table: Table;
  readonly slot: number;
}

export class NodeOwners {
  readonly #tables: readonly Table[];
  /** By node: the code of the row; 0 for none. */
  #owners = new Uint32Array(0);

  constructor(tables: readonly Table[]) {
    this.#tables = tables;
  }

  get octets(): number {
    return this.#owners.byteLength;
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

  ownerOf(node: number): Place | undefined {
    const code = this.#owners[node] ?? 0;
    return code === 0 ? undefined : this.placeOf(code);
  }

  owns(place: Place, node: number): boolean {
    return this.#owners[node] === this.codeOf(place);
  }

  occupy(place: Place, nodes: Uint32Array): void {
    for (const node of nodes) {
      this.#owners = withRoom(this.#owners, node + 1);
      this.#owners[node] = this.codeOf(place);
    }
  }

  release(place: Place, nodes: Uint32Array): void {
    for (const node of nodes) if (this.owns(place, node)) this.#owners[node] = 0;
  }
}
