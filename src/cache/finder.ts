// Answers queries: what a filter selects, cut out of an order, of each type; put together and kept until the next batch.
// RFC 7644 sections 3.4.2.2 and 3.4.2.3.
import { LRUCache } from 'lru-cache';
import { Derivations, type Derived, type Selection } from './derivations.ts';
import { FoundRows, type FoundPart } from './found-rows.ts';
import { mergeParts, type SortedPart } from './merge-parts.ts';
import type { Order } from './order.ts';
import { queryKey } from './query-key.ts';
import type { References } from './references.ts';
import type { Rendering } from './rendering.ts';
import { Slice } from './slice.ts';
import type { SnapshotQuery, SnapshotRoom } from './snapshot.ts';
import type { Table } from './table.ts';

export interface TableQuery extends SnapshotQuery {
  readonly table: Table;
}

/** What the answer to one query is put together from. */
interface Prepared {
  readonly query: TableQuery;
  readonly selection: Derived<Selection> | undefined;
  readonly order: Derived<Order>;
}

/** How often a query begins again because rows changed meanwhile, before it is answered without pauses. */
const mostAttempts = 10;

export class Finder {
  #generation = 0;
  readonly #references: References;
  readonly #rendering: Rendering;
  readonly #derivations: Derivations;
  readonly #results: LRUCache<string, FoundRows>;
  readonly #pages: LRUCache<string, Buffer>;
  readonly #running = new Map<string, Promise<FoundRows>>();

  constructor(references: References, rendering: Rendering, room: SnapshotRoom) {
    this.#references = references;
    this.#rendering = rendering;
    this.#derivations = new Derivations(references, room.derivations);
    this.#results = new LRUCache({ maxSize: room.results, sizeCalculation: ({ octets }) => octets + 256 });
    this.#pages = new LRUCache({ maxSize: room.pages, sizeCalculation: ({ length }) => length + 256 });
  }

  get octets(): number {
    return this.#derivations.octets + this.#results.calculatedSize + this.#pages.calculatedSize;
  }

  /** After batches were taken in. */
  advance(generation: number): void {
    if (generation === this.#generation) return;
    this.#generation = generation;
    this.#pages.clear();
    this.#derivations.keepUp();
  }

  async find(queries: readonly TableQuery[]): Promise<FoundRows> {
    const key = queryKey(queries);
    const kept = this.#results.get(key);
    if (kept?.generation === this.#generation) return kept;
    // Whoever asks while the answer is found gets the same: it is true when it is given.
    let running = this.#running.get(key);
    if (!running) {
      running = this.#search(queries, key).finally(() => this.#running.delete(key));
      this.#running.set(key, running);
    }
    return await running;
  }

  async #search(queries: readonly TableQuery[], key: string): Promise<FoundRows> {
    for (let attempt = 1; ; attempt += 1) {
      const slice = new Slice(attempt > mostAttempts ? Infinity : undefined);
      const prepared: Prepared[] = [];
      for (const query of queries) {
        const selection = query.filter && (await this.#derivations.select(query.table, query.filter, slice));
        prepared.push({ query, selection, order: await this.#derivations.order(query.table, query.sort, slice) });
      }
      if (!prepared.every((each) => this.#settle(each))) continue;
      const found = this.#assemble(prepared);
      this.#results.set(key, found);
      return found;
    }
  }

  #settle({ selection, order }: Prepared): boolean {
    return (!selection || this.#derivations.settle(selection)) && this.#derivations.settle(order);
  }

  #assemble(prepared: readonly Prepared[]): FoundRows {
    const direction = prepared.find(({ query }) => query.sort)?.query.sort?.order;
    const parts = prepared.map(({ query, selection, order }): SortedPart & FoundPart => ({
      table: query.table,
      sort: query.sort,
      keys: order.content.keys,
      slots: choose(direction === 'descending' && query.sort ? order.content.descending : order.content.ascending, selection?.content),
    }));
    const context = { generation: this.#generation, direction, references: this.#references, render: this.#page };
    return new FoundRows(parts, mergeParts(parts, direction), context);
  }

  readonly #page = (found: FoundRows, start: number, end: number): Buffer => {
    const key = `${found.number}:${start}:${end}`;
    const kept = this.#pages.get(key);
    if (kept) return kept;
    const places = Array.from({ length: Math.max(0, Math.min(end, found.length) - start) }, (_, at) => found.placeAt(start + at));
    const page = this.#rendering.render(places);
    this.#pages.set(key, page);
    return page;
  };
}

/** Those of the slots that are selected, in their order. */
function choose(slots: Uint32Array, selection: Selection | undefined): Uint32Array {
  if (!selection) return slots;
  const chosen = new Uint32Array(Math.min(slots.length, selection.bits.size));
  const { words } = selection.bits;
  let count = 0;
  for (let at = 0; at < slots.length; at += 1) {
    const slot = slots[at] ?? 0;
    if ((((words[slot >>> 5] ?? 0) >>> (slot & 31)) & 1) === 0) continue;
    chosen[count] = slot;
    count += 1;
  }
  return count === chosen.length ? chosen : chosen.slice(0, count);
}
