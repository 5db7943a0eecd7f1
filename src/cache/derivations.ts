// Columns, orders and selections: made from rows when a query needs them, caught up when rows have changed, forgotten when room is short.
// No RFC. Whatever is made in slices is wrong at most about rows that changed meanwhile, and those are known by its stamp.
import { LRUCache } from 'lru-cache';
import type { ResolvedFilter } from '../scim/filter.ts';
import type { Order as SortOrder } from '../scim/match.ts';
import { type AttributeReference, referTo } from '../scim/path.ts';
import { findAttribute } from '../scim/schema.ts';
import { AttributeOctets } from './attribute-octets.ts';
import type { Column, Comparison, Reading } from './column.ts';
import { evaluate } from './evaluation.ts';
import { KeyIndex } from './key-index.ts';
import { Order } from './order.ts';
import { attributeKey, filterKey } from './query-key.ts';
import type { References } from './references.ts';
import { compileRowTest, fieldOf, fieldsIn } from './row-test.ts';
import type { Rows } from './rows.ts';
import { seek, type SeekGround } from './seek.ts';
import { Slice } from './slice.ts';
import type { Chosen } from './sorted-slots.ts';
import { type KeyReader, SortKeys } from './sort-keys.ts';
import { changesSince, type Stamp, stampOf } from './stamp.ts';
import type { Field, Table } from './table.ts';

/** The rows that match a filter. */
export interface Selection {
  readonly slots: Chosen;
  readonly octets: number;
}

/** Something derived, with how to catch up. */
export interface Derived<T> {
  readonly content: T;
  readonly table: Table;
  readonly usesReferences: boolean;
  stamp: Stamp;
  /** Much of it is of rows that are gone. */
  isWasteful(): boolean;
  replace(slots: Iterable<number>): void;
}

type Parts<T> = Pick<Derived<T>, 'content' | 'isWasteful' | 'replace'>;

type Content = Reading | Order | Selection;

/** Rows that are caught up with at once, without a pause, before an answer is given. */
const atOnce = 1000;
/** Share of the rows that may have changed before an order is sorted anew. */
const mostMoved = 1 / 16;
/** Rows between two looks at the clock. */
const step = 64;

export class Derivations {
  readonly #references: References;
  readonly #kept: LRUCache<string, Derived<Content>>;
  readonly #making = new Map<string, Promise<Derived<Content>>>();
  #isKeepingUp = false;
  /** Every list needs them. */
  readonly #idOrders = new Map<Table, Derived<Order>>();

  /** @param room octets that may be kept */
  constructor(references: References, room: number) {
    this.#references = references;
    this.#kept = new LRUCache({ maxSize: room, sizeCalculation: ({ content }) => content.octets + 256 });
  }

  get octets(): number {
    return [...this.#idOrders.values()].reduce((sum, { content }) => sum + content.octets, this.#kept.calculatedSize);
  }

  async select(table: Table, filter: ResolvedFilter, slice: Slice): Promise<Derived<Selection>> {
    const usesReferences = fieldsIn(filter, table).length > 0;
    const indexes = async (leaf: Comparison): Promise<KeyIndex> => await this.#index(table, leaf.attribute, slice);
    const ground: SeekGround = { table, references: this.#references, indexes };
    const few = await this.#seek(filter, usesReferences, ground, slice);
    if (few) return few;
    return await this.#obtain(`${table.index} select ${filterKey(filter)}`, table, usesReferences, slice, async () => {
      const columns = async (name: string, create: (rows: Rows) => Column, rows: number): Promise<Column | undefined> =>
        await this.#column(table, name, create, rows, slice);
      const bits = await evaluate(filter, table.rows.live.copy(), { ...ground, columns, slice });
      return {
        content: { slots: bits, octets: bits.octets },
        isWasteful: () => false,
        replace: (slots) => {
          const test = compileRowTest(filter, table, this.#references);
          for (const slot of slots) bits.set(slot, table.rows.live.has(slot) && test(slot));
        },
      };
    });
  }

  /** What is found at once need not be kept. */
  async #seek(filter: ResolvedFilter, usesReferences: boolean, ground: SeekGround, slice: Slice): Promise<Derived<Selection> | undefined> {
    const { table } = ground;
    for (;;) {
      if (usesReferences) this.#references.isWatched = true;
      const stamp = stampOf(table, usesReferences);
      const candidates = await seek(filter, ground);
      if (!candidates) return undefined;
      const found = new Set<number>();
      const replace = (slots: Iterable<number>): void => {
        const test = compileRowTest(filter, table, this.#references);
        for (const slot of slots) {
          if (table.rows.live.has(slot) && test(slot)) found.add(slot);
          else found.delete(slot);
        }
      };
      replace(candidates);
      const content = { slots: found, octets: 0 };
      const derived = { content, table, usesReferences, stamp, isWasteful: () => false, replace };
      if (await this.#catchUp(derived, slice)) return derived;
    }
  }

  /** The order of an attribute, or of ids. */
  async order(table: Table, sort: SortOrder | undefined, slice: Slice): Promise<Derived<Order>> {
    if (!sort) return await this.#idOrder(table, slice);
    const field = fieldOf(sort.attribute, table);
    const reader = field ? this.#referenceReader(table, field) : bodyReader(table, sort.attribute);
    return await this.#obtain(`${table.index} order ${attributeKey(sort)}`, table, field !== undefined, slice, async () => {
      const ids = await this.#idOrder(table, slice);
      const keys = new SortKeys(sort, reader);
      const order = await Order.byKeys(table.rows, keys, ids.content, slice);
      return { content: order, isWasteful: () => keys.isWasteful, replace: (slots) => order.leaveOut(slots) };
    });
  }

  /** Catches up with what has changed, if that is done quickly: whether it is. */
  settle(derived: Derived<Content>): boolean {
    const { content } = derived;
    if (!takeChanges(derived, atOnce)) return false;
    if (content instanceof Order && !content.isWhole) content.putSome();
    return !(content instanceof Order) || content.isWhole;
  }

  #referenceReader(table: Table, field: Field): KeyReader {
    const attribute = new AttributeOctets(field.reference);
    return {
      read: (slot) => {
        const value = table.rows.live.has(slot) ? this.#references.show({ table, slot }, field) : undefined;
        return value === undefined ? {} : attribute.place(value);
      },
      find: () => undefined,
    };
  }

  /** Takes what has changed into the orders that many changes would otherwise outrun. */
  keepUp(): void {
    if (this.#isKeepingUp) return;
    this.#isKeepingUp = true;
    setImmediate(async () => {
      const slice = new Slice();
      for (const derived of [...this.#idOrders.values(), ...this.#kept.values()]) {
        const { length } = changesSince(derived.table, derived.stamp) ?? [];
        if (derived.content instanceof Order && length >= atOnce) await this.#catchUp(derived, slice);
      }
      this.#isKeepingUp = false;
    });
  }

  async #column(table: Table, name: string, create: (rows: Rows) => Column, rows: number, slice: Slice): Promise<Column | undefined> {
    const key = `${table.index} column ${name}`;
    // Reading these rows costs less than reading all.
    if (rows * 8 < table.rows.size && !this.#kept.has(key)) return undefined;
    return await this.#read(key, table, create, slice);
  }

  async #index(table: Table, attribute: AttributeReference, slice: Slice): Promise<KeyIndex> {
    return await this.#read(`${table.index} index ${attributeKey({ attribute })}`, table, (rows) => new KeyIndex(rows, attribute), slice);
  }

  /** What is kept under a name, or else is made by reading all rows. */
  async #read<T extends Reading>(key: string, table: Table, create: (rows: Rows) => T, slice: Slice): Promise<T> {
    const derived = await this.#obtain(key, table, false, slice, async () => {
      const reading = create(table.rows);
      const { live } = table.rows;
      for (let slot = live.next(0), count = 1; slot >= 0; slot = live.next(slot + 1), count += 1) {
        reading.replace(slot);
        if (count % 64 === 0 && slice.isOver) await slice.pause();
      }
      const replace = (slots: Iterable<number>): void => {
        for (const slot of slots) reading.replace(slot);
      };
      return { content: reading, isWasteful: () => reading.isWasteful, replace };
    });
    return derived.content;
  }

  async #idOrder(table: Table, slice: Slice): Promise<Derived<Order>> {
    const key = `${table.index} ids`;
    const kept = this.#idOrders.get(table);
    if (kept && (await this.#catchUp(kept, slice))) return kept;
    const derived = await this.#makeCurrent(key, table, false, slice, async () => {
      const order = await Order.byId(table.rows, slice);
      return { content: order, isWasteful: () => false, replace: (slots) => order.leaveOut(slots) };
    });
    this.#idOrders.set(table, derived);
    return derived;
  }

  /** What is kept under a name, or else is made; it knows all that had changed when it was asked for. */
  async #obtain<T extends Content>(
    key: string,
    table: Table,
    usesReferences: boolean,
    slice: Slice,
    make: () => Promise<Parts<T>>,
  ): Promise<Derived<T>> {
    const kept = this.#kept.get(key) as Derived<T> | undefined;
    const derived = kept && (await this.#catchUp(kept, slice)) ? kept : await this.#makeCurrent(key, table, usesReferences, slice, make);
    // Again, for it may have grown.
    this.#kept.set(key, derived);
    return derived;
  }

  /** Whether it was possible. */
  async #catchUp(derived: Derived<Content>, slice: Slice): Promise<boolean> {
    if (derived.isWasteful()) return false;
    const { content } = derived;
    if (content instanceof Order) return await catchUpOrder(derived, content, slice);
    const changed = changesSince(derived.table, derived.stamp)?.slice();
    if (!changed || changed.length > atOnce + derived.table.rows.size / 2) return false;
    const stamp = stampOf(derived.table, derived.usesReferences);
    for (let at = 0; at < changed.length; at += step) {
      derived.replace(changed.subarray(at, at + step));
      if (slice.isOver) await slice.pause();
    }
    derived.stamp = stamp;
    return true;
  }

  /** What is being made for another query may have begun before a change that this one must know. */
  async #makeCurrent<T extends Content>(
    key: string,
    table: Table,
    usesReferences: boolean,
    slice: Slice,
    make: () => Promise<Parts<T>>,
  ): Promise<Derived<T>> {
    for (;;) {
      const derived = await this.#make(key, table, usesReferences, make);
      if (await this.#catchUp(derived, slice)) return derived;
    }
  }

  /** Makes a thing once, however many queries wait for it. */
  async #make<T extends Content>(key: string, table: Table, usesReferences: boolean, make: () => Promise<Parts<T>>): Promise<Derived<T>> {
    const making = this.#making.get(key) as Promise<Derived<T>> | undefined;
    if (making) return await making;
    if (usesReferences) this.#references.isWatched = true;
    const stamp = stampOf(table, usesReferences);
    const made = make().then((parts): Derived<T> => ({ ...parts, table, usesReferences, stamp }));
    this.#making.set(key, made);
    try {
      return await made;
    } finally {
      this.#making.delete(key);
    }
  }
}

/** Takes in what has changed, if that is not too much: whether it is. */
function takeChanges(derived: Derived<Content>, most: number): boolean {
  const changed = changesSince(derived.table, derived.stamp);
  if (!changed || changed.length > most) return false;
  if (changed.length === 0) return true;
  derived.replace(changed);
  derived.stamp = stampOf(derived.table, derived.usesReferences);
  return true;
}

/** Row after row is put in; before each step whatever has changed is left out, so that what is in order is told from what is not. */
async function catchUpOrder(derived: Derived<Content>, order: Order, slice: Slice): Promise<boolean> {
  for (;;) {
    if (!takeChanges(derived, atOnce + derived.table.rows.size * mostMoved)) return false;
    if (order.isWhole) return true;
    order.putSome();
    if (slice.isOver) await slice.pause();
  }
}

function bodyReader({ rows }: Table, reference: AttributeReference): KeyReader {
  const { attribute } = reference;
  const whole = new AttributeOctets(reference);
  const sub = reference.sub ?? findAttribute(attribute.subAttributes, 'value');
  const simple = new AttributeOctets(sub ? referTo(reference.extension, attribute, sub) : reference);
  return {
    read: (slot) => (rows.live.has(slot) ? whole.read(rows.body(slot)) : {}),
    find: (slot) => {
      if (attribute.multiValued || !rows.live.has(slot)) return undefined;
      const body = rows.body(slot);
      const at = simple.findSingle(body);
      return at < 0 ? undefined : { octets: body.octets, at };
    },
  };
}
