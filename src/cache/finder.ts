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

/** Results that are kept, however small. */
const mostResults = 10_000;
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
    this.#results = new LRUCache({ max: mostResults, maxSize: room.results, sizeCalculation: ({ octets }) => octets + 256 });
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
    this.#results.clear();
    this.#derivations.keepUp();
  }

  async find(queries: readonly TableQuery[]): Promise<FoundRows> {
    const key = queryKey(queries);
    const kept = this.#results.get(key);
    if (kept) return kept;
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
      const slice = new Slice(attempt > mostAttempts);
      const prepared: Prepared[] = [];
      for (const query of queries) {
        const selection = query.filter && (await this.#derivations.select(query.table, query.filter, slice));
        prepared.push({ query, selection, order: await this.#derivations.order(query.table, query.sort, slice) });
      }
      if (!prepared.every((each) => this.#settle(each))) continue;
      const generation = this.#generation;
      const found = await this.#assemble(prepared, slice);
      if (generation !== this.#generation) continue;
      this.#results.set(key, found);
      return found;
    }
  }

  #settle({ selection, order }: Prepared): boolean {
    return (!selection || this.#derivations.settle(selection)) && this.#derivations.settle(order);
  }

  async #assemble(prepared: readonly Prepared[], slice: Slice): Promise<FoundRows> {
    const direction = prepared.find(({ query }) => query.sort)?.query.sort?.order;
    const parts: (SortedPart & FoundPart)[] = [];
    let octets = 0;
    for (const { query, selection, order } of prepared) {
      const sorted = await order.content.inDirection((query.sort && direction) ?? 'ascending', slice);
      const chosen = selection && (await sorted.choose(selection.content.slots, slice));
      octets += chosen?.byteLength ?? 0;
      parts.push({ table: query.table, sort: query.sort, keys: order.content.keys, slots: chosen ?? sorted.list });
    }
    const merged = await mergeParts(parts, direction, slice);
    const context = {
      generation: this.#generation,
      direction,
      octets: octets + merged.octets,
      references: this.#references,
      render: this.#page,
    };
    return new FoundRows(parts, merged, context);
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
