// Who refers to whom: nodes stand for names of entries, a row occupies some and refers to others, and both may come and go in any order.
// No RFC.
import { comparePositions } from '../scim/match.ts';
import type { Json } from '../scim/schema.ts';
import type { Batch } from './batch.ts';
import { NodeOwners, type Place } from './node-owners.ts';
import { nodesOf, type Rows } from './rows.ts';
import type { Target } from './snapshot.ts';
import type { Field, Table } from './table.ts';

/** The field whose references are shown the other way round, and the tables that a field may name. */
interface Wiring {
  readonly to: ReadonlySet<number>;
  readonly inverse: { readonly table: Table; readonly field: Field } | undefined;
}

/** Rows touched through references by one batch that what is derived from references catches up with; with more it is built anew. */
const mostTouched = 20_000;

const none = new Uint32Array(0);

export class References {
  /** Whether something derived depends on references: only then the rows that a batch touches through them are written down. */
  isWatched = false;
  readonly #tables: readonly Table[];
  readonly #wirings: ReadonlyMap<Field, Wiring>;
  /** Fields that are shown the other way round somewhere, and by which tables. */
  readonly #shownBy = new Map<Field, Set<number>>();
  readonly #owners: NodeOwners;
  #batches = 0;
  /** Rows that the batch being taken in has touched. */
  #touched = 0;

  /** @throws Error for an `inverse` that names no field */
  constructor(tables: readonly Table[]) {
    this.#tables = tables;
    this.#owners = new NodeOwners(tables);
    const wirings = tables.flatMap(({ fields }) => fields.map((field) => [field, wire(field, tables)] as const));
    this.#wirings = new Map(wirings);
    for (const table of tables) {
      for (const field of table.fields) {
        const inverse = this.#wirings.get(field)?.inverse;
        if (inverse) this.#shownBy.set(inverse.field, (this.#shownBy.get(inverse.field) ?? new Set()).add(table.index));
      }
    }
  }

  /** Batches taken in: what is known of rows that others show is good until there are more. */
  get batches(): number {
    return this.#batches;
  }

  get octets(): number {
    const postings = this.#tables.flatMap(({ fields }) => fields.map((field) => field.postings.octets));
    return postings.reduce((sum, each) => sum + each, this.#owners.octets);
  }

  /** Takes the changes of a batch into rows and references. */
  apply(table: Table, batch: Batch): void {
    this.#batches += 1;
    this.#touched = 0;
    const moved: number[] = [];
    const turned = new Map<Field, number[]>();
    for (const slot of batch.removed) {
      if (!table.rows.live.has(slot)) continue;
      moved.push(...table.rows.occupies(slot));
      this.#changeReferences(table, slot, () => none, true, turned);
      this.#owners.release({ table, slot }, table.rows.occupies(slot));
      table.rows.remove(slot);
    }
    for (let index = 0; index < batch.slots.length; index += 1) this.#put(table, batch, index, moved, turned);
    for (const { postings } of table.fields) postings.removeNoted();
    this.#touchAll(moved, turned);
  }

  /** Calls `visit` with every row that a field of a row names, some perhaps more than once, until it answers true. */
  someTarget({ table, slot }: Place, field: Field, visit: (table: Table, slot: number) => boolean): boolean {
    const { to, inverse } = this.#wiringOf(field);
    for (const node of table.rows.references(slot, field.index)) {
      const owner = this.#owners.firstOf(node, to);
      if (owner && visit(owner.table, owner.slot)) return true;
    }
    if (!inverse || !to.has(inverse.table.index) || !this.#wiringOf(inverse.field).to.has(table.index)) return false;
    for (const node of table.rows.occupies(slot)) {
      if (!this.#owners.owns({ table, slot }, node)) continue;
      if (inverse.field.postings.someSlot(node, (referrer) => visit(inverse.table, referrer))) return true;
    }
    return false;
  }

  /** Calls `visit` with every row whose field names that row, some perhaps more than once. */
  eachReferrer(table: Table, field: Field, target: Place, visit: (slot: number) => void): void {
    const visitEach = (slot: number): boolean => {
      visit(slot);
      return false;
    };
    const { to, inverse } = this.#wiringOf(field);
    if (!to.has(target.table.index)) return;
    for (const node of target.table.rows.occupies(target.slot)) {
      const owner = this.#owners.firstOf(node, to);
      if (owner?.table === target.table && owner.slot === target.slot) field.postings.someSlot(node, visitEach);
    }
    if (inverse?.table !== target.table || !this.#wiringOf(inverse.field).to.has(table.index)) return;
    for (const node of target.table.rows.references(target.slot, inverse.field.index)) {
      const slot = this.#owners.slotOf(node, table);
      if (slot !== undefined) visit(slot);
    }
  }

  /** Ids, by type, of the rows that refer to a row by one of its names, in whatever field. */
  referrersOf({ table, slot }: Place): ReadonlyMap<string, readonly string[]> {
    const nodes = table.rows.occupies(slot);
    const all = this.#tables.map(({ type, fields, rows }) => {
      const slots = new Set<number>();
      for (const { postings } of fields)
        for (const node of nodes)
          postings.someSlot(node, (referrer) => {
            slots.add(referrer);
            return false;
          });
      return [type.name, Array.from(slots, (referrer) => rows.idOf(referrer))] as const;
    });
    return new Map(all);
  }

  /** The tables that a field names rows of. */
  targetTables(field: Field): readonly Table[] {
    return this.#tables.filter(({ index }) => this.#wiringOf(field).to.has(index));
  }

  /** The rows that a field of a row names, each once: codes for `placeOf`. */
  targets(place: Place, field: Field): readonly number[] {
    const codes: number[] = [];
    this.someTarget(place, field, (table, slot) => {
      codes.push(this.#owners.codeOf({ table, slot }));
      return false;
    });
    if (codes.length < 2) return codes;
    return codes.length === 2 && codes[0] !== codes[1] ? codes : [...new Set(codes)];
  }

  placeOf(code: number): Place {
    return this.#owners.placeOf(code);
  }

  /** The value of a field of a row; undefined for none. */
  show(place: Place, field: Field): Json | undefined {
    const targets = this.targets(place, field).map((code) => targetOf(this.placeOf(code)));
    sortById(targets);
    return targets.length === 0 ? undefined : field.definition.show(targets);
  }

  #put(table: Table, batch: Batch, index: number, moved: number[], turned: Map<Field, number[]>): void {
    const { rows } = table;
    const slot = batch.slots[index] ?? 0;
    const occupied = nodesOf(batch.occupies, index);
    const isSame =
      rows.live.has(slot) &&
      rows.idOf(slot) === batch.ids[index] &&
      rows.displayOf(slot) === batch.displays[index] &&
      equalLists(rows.occupies(slot), occupied);
    if (!isSame) for (const node of rows.live.has(slot) ? rows.occupies(slot) : none) moved.push(node);
    if (!isSame) for (const node of occupied) moved.push(node);
    const nodesNow = (field: Field): Uint32Array => nodesOf(batch.references[field.index] ?? { ends: none, items: none }, index);
    this.#changeReferences(table, slot, nodesNow, !isSame, turned);
    if (rows.live.has(slot)) this.#owners.release({ table, slot }, rows.occupies(slot));
    rows.remove(slot);
    rows.put(batch, index);
    for (const node of occupied) {
      const owner = this.#owners.slotOf(node, table);
      if (owner !== undefined) this.#touch(rows, owner);
    }
    this.#owners.occupy({ table, slot }, occupied);
  }

  /** @param isTurned whether the row itself looks different where it is shown */
  #changeReferences(
    table: Table,
    slot: number,
    nodesNow: (field: Field) => Uint32Array,
    isTurned: boolean,
    turned: Map<Field, number[]>,
  ): void {
    const isLive = table.rows.live.has(slot);
    for (const field of table.fields) {
      const before = isLive ? table.rows.references(slot, field.index) : none;
      const now = nodesNow(field);
      // Long lists mostly change in few places.
      let start = 0;
      let [beforeEnd, nowEnd] = [before.length, now.length];
      while (start < beforeEnd && start < nowEnd && before[start] === now[start]) start += 1;
      while (beforeEnd > start && nowEnd > start && before[beforeEnd - 1] === now[nowEnd - 1]) {
        beforeEnd -= 1;
        nowEnd -= 1;
      }
      for (let at = start; at < beforeEnd; at += 1) field.postings.noteRemoval(before[at] ?? 0, slot);
      for (let at = start; at < nowEnd; at += 1) field.postings.add(now[at] ?? 0, slot);
      if (!this.#shownBy.has(field)) continue;
      const nodes = turned.get(field) ?? [];
      turned.set(field, nodes);
      const lists = isTurned ? [before, now] : [before.subarray(start, beforeEnd), now.subarray(start, nowEnd)];
      for (const list of lists) for (const node of list) nodes.push(node);
    }
  }

  /** Tells the rows that show a row of these nodes, and those that are shown otherwise because somebody refers to them otherwise. */
  #touchAll(moved: readonly number[], turned: ReadonlyMap<Field, readonly number[]>): void {
    for (const { rows, fields } of this.#tables) {
      const touch = (slot: number): boolean => {
        this.#touch(rows, slot);
        return false;
      };
      for (const node of moved) for (const { postings } of fields) postings.someSlot(node, touch);
    }
    for (const [field, nodes] of turned) {
      for (const index of this.#shownBy.get(field) ?? []) {
        const table = this.#tables[index];
        if (!table) continue;
        for (const node of nodes) {
          const slot = this.#owners.slotOf(node, table);
          if (slot !== undefined) this.#touch(table.rows, slot);
        }
      }
    }
    if (!this.isWatched || this.#touched > mostTouched) this.#forget();
  }

  #touch(rows: Rows, slot: number): void {
    rows.shown.delete(slot);
    this.#touched += 1;
    if (this.isWatched && this.#touched <= mostTouched) rows.referenceChanges.add(slot);
  }

  #forget(): void {
    this.isWatched = false;
    for (const { rows } of this.#tables) rows.referenceChanges.forget();
  }

  #wiringOf(field: Field): Wiring {
    return this.#wirings.get(field) ?? { to: new Set(), inverse: undefined };
  }
}

function wire({ definition }: Field, tables: readonly Table[]): Wiring {
  const { to, inverse } = definition;
  const table = tables.find(({ type }) => type.name === inverse?.type);
  const field = table?.fields.find((each) => each.definition.attribute === inverse?.attribute);
  if (inverse && !(table && field)) throw new Error(`${inverse.type} has no references ${inverse.attribute}`);
  return {
    to: new Set(to.flatMap((name) => tables.find(({ type }) => type.name === name)?.index ?? [])),
    inverse: table && field && { table, field },
  };
}

export function targetOf({ table: { type, rows }, slot }: Place): Target {
  const display = rows.displayOf(slot);
  return { id: rows.idOf(slot), type: type.name, ...(display !== '' && { display }) };
}

/** By code points, which is by code units where there are no surrogates. */
export function sortById(targets: { readonly id: string }[]): void {
  if (targets.length < 2) return;
  if (targets.some(({ id }) => surrogate.test(id))) targets.sort((a, b) => comparePositions(a, b));
  else targets.sort((a, b) => (a.id < b.id ? -1 : Number(a.id > b.id)));
}

const surrogate = /[\ud800-\udfff]/;

function equalLists(a: Uint32Array, b: Uint32Array): boolean {
  return a.length === b.length && a.every((node, at) => node === b[at]);
}
