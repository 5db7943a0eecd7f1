// The complete cached copy of the resources of one directory: rows as octets off the heap, columns and orders built when a query needs them.
// RFC 7644 section 3.4.2; what it finds is what `scim/match.ts` finds among the same resources.
import { setTimeout } from 'node:timers/promises';
import type { ResolvedFilter } from '../scim/filter.ts';
import type { Order, SortPosition } from '../scim/match.ts';
import type { Json, ResourceType } from '../scim/schema.ts';
import { type Batch, checkBatch } from './batch.ts';
import { Finder } from './finder.ts';
import type { Place } from './node-owners.ts';
import type { OctetProjection } from './octet-projection.ts';
import { References } from './references.ts';
import { Rendering } from './rendering.ts';
import { Slice } from './slice.ts';
import { createTable, type Table } from './table.ts';

/** A row that a reference names. */
export interface Target {
  readonly id: string;
  /** Name of its resource type. */
  readonly type: string;
  readonly display?: string;
}

/** An attribute made of references: it is not in the bodies, for it changes with the rows that it names. */
export interface ReferenceField {
  /** Canonical name of the top-level attribute, as in `AttributeReference.name` without the sub-attribute. */
  readonly attribute: string;
  /** Names of the resource types that it may name; a row of another type is not shown. */
  readonly to: readonly string[];
  /**
   * Beside the row's own references in `Batch.references`, the rows that refer to this row by that field: `groups` of a user are the groups
   * that have it as a member.
   */
  readonly inverse?: { readonly type: string; readonly attribute: string };
  /**
   * The value of the attribute, of rows that exist, each once, in the order of ids; undefined for none. Where the attribute is multi-valued,
   * a list: of several rows the lists of each, one behind the other. Where its elements have a `value` that is case-exact, that is the id.
   */
  show(targets: readonly Target[]): Json | undefined;
}

export interface SnapshotType {
  readonly type: ResourceType;
  readonly fields: readonly ReferenceField[];
}

/** One resource type of a query. */
export interface SnapshotQuery {
  readonly type: string;
  readonly filter?: ResolvedFilter | undefined;
  readonly sort?: Order | undefined;
}

/** A row in the order of a query; good until the next batch. */
export interface FoundRow {
  readonly type: string;
  readonly slot: number;
}

/** What a query finds, all of it in order, good for the generation it was found in. */
export interface Found {
  readonly generation: number;
  readonly length: number;
  row(index: number): FoundRow;
  /** Where that row stands in the order: what cursors keep. */
  position(index: number): SortPosition & { readonly type: string };
  /** How many rows stand before a position; with `inclusive` those that stand exactly there count, too. */
  countBefore(position: SortPosition & { readonly type: string }, inclusive: boolean): number;
  /** As `Snapshot.render` of the rows from `start` to before `end`; kept, so that the same page again costs nothing. */
  page(start: number, end: number): Buffer;
}

/** Octets that may be kept beside the rows. */
export interface SnapshotRoom {
  /** For columns, orders and what filters select. */
  readonly derivations: number;
  /** For the results of queries: 4 octets per row found. */
  readonly results: number;
  /** For pages. */
  readonly pages: number;
}

/** Milliseconds after which it is looked whether everybody is done. */
const releasePause = 1000;

const standardRoom: SnapshotRoom = { derivations: 128 << 20, results: 16 << 20, pages: 24 << 20 };

export class Snapshot {
  readonly #tables: ReadonlyMap<string, Table>;
  readonly #references: References;
  readonly #rendering: Rendering;
  readonly #finder: Finder;
  #generation = 0;
  /** What goes through the rows and has not come to its end. */
  #uses = 0;

  /** @throws Error for a field whose attribute or `inverse` does not exist */
  constructor(types: readonly SnapshotType[], room: SnapshotRoom = standardRoom) {
    const tables = types.map(createTable);
    this.#tables = new Map(tables.map((table) => [table.type.name, table]));
    this.#references = new References(tables);
    this.#rendering = new Rendering(this.#references);
    this.#finder = new Finder(this.#references, this.#rendering, room);
  }

  /** Goes up with every batch that changes something. */
  get generation(): number {
    return this.#generation;
  }

  /** Rows of a type, or of all. */
  size(type?: string): number {
    if (type !== undefined) return this.#table(type).rows.size;
    return [...this.#tables.values()].reduce((sum, { rows }) => sum + rows.size, 0);
  }

  /** Octets held outside the heap. */
  get octets(): number {
    return [...this.#tables.values()].reduce((sum, { rows }) => sum + rows.octets, this.#references.octets + this.#finder.octets);
  }

  /**
   * Takes batches in, one after the other: of each, first the rows that are gone, then those put.
   * @throws Error for a batch of an unknown type or whose parts do not fit together, before anything is changed
   */
  apply(batches: readonly Batch[]): void {
    for (const batch of batches) checkBatch(batch, this.#table(batch.type).fields.length);
    for (const batch of batches) {
      const table = this.#table(batch.type);
      if (batch.slots.length === 0 && !batch.removed.some((slot) => table.rows.live.has(slot))) continue;
      this.#references.apply(table, batch);
      table.rows.compact();
      this.#generation += 1;
    }
    this.#finder.advance(this.#generation);
  }

  /** Of several types: type after type where nothing is sorted by or values are equal (as `compileOrder` in gateway/list.ts). Works in slices. */
  async find(queries: readonly SnapshotQuery[]): Promise<Found> {
    return await this.#using(() => this.#finder.find(queries.map((query) => ({ ...query, table: this.#table(query.type) }))));
  }

  /** Gives the room of all rows back, once nobody looks for anything in them any more; what was found until now is worth nothing then. */
  async release(): Promise<void> {
    do await setTimeout(releasePause, undefined, { ref: false });
    while (this.#uses > 0);
    for (const { rows } of this.#tables.values()) rows.release();
  }

  /** Makes what every list needs (the order of ids, and bodies with their references), in slices: then the first list is as fast as any. */
  async prepare(): Promise<void> {
    const tables = [...this.#tables.values()];
    await Promise.all(tables.map(({ type }) => this.find([{ type: type.name }])));
    await this.#using(async () => {
      for (const table of tables) await this.#rendering.prepare(table, new Slice());
    });
  }

  async #using<T>(work: () => Promise<T>): Promise<T> {
    this.#uses += 1;
    try {
      return await work();
    } finally {
      this.#uses -= 1;
    }
  }

  /** The slot of a resource. */
  locate(type: string, id: string): number | undefined {
    return this.#table(type).rows.locate(id);
  }

  /** Ids, by type, of the resources that refer to one. */
  referrersOf(type: string, id: string): ReadonlyMap<string, readonly string[]> {
    const slot = this.locate(type, id);
    return slot === undefined ? new Map() : this.#references.referrersOf({ table: this.#table(type), slot });
  }

  /**
   * JSON of resources, comma between them, as UTF-8: the inside of `Resources`.
   * @param projections what is left of the resources of each type; without it they are whole
   */
  render(rows: readonly FoundRow[], projections?: ReadonlyMap<string, OctetProjection>): Buffer {
    return this.#rendering.render(
      rows.map((row) => this.#place(row)),
      projections,
    );
  }

  /** `meta` of a resource. */
  metaOf(row: FoundRow): Json | undefined {
    return this.#rendering.metaOf(this.#place(row));
  }

  #place({ type, slot }: FoundRow): Place {
    return { table: this.#table(type), slot };
  }

  #table(type: string): Table {
    const table = this.#tables.get(type);
    if (!table) throw new Error(`the snapshot has no resource type ${type}`);
    return table;
  }
}
