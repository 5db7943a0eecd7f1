// The rows of one directory and how they change: what is put is compared with what is there, and only real differences go on to the snapshot.
// No RFC; many changes that directories report change nothing that is mapped.
import type { Batch, Lists } from '../cache/batch.ts';
import { occupiedBy, packLinks, referredBy } from '../state/links.ts';
import type { Marks, RowStore, StoredRow } from '../state/rows.ts';
import type { Row } from './row.ts';

/** Rows in one batch at the most; a batch is in force at once. */
const batchSize = 1000;

/** A reference that the directory changed without touching the entry that holds it. */
export interface ReferenceChange {
  readonly type: string;
  readonly id: string;
  /** Index of the field. */
  readonly field: number;
  /** Name of what is referred to. */
  readonly key: string;
  readonly present: boolean;
}

export interface RowChanges {
  readonly puts: readonly Row[];
  readonly gone: readonly { readonly type: string; readonly id: string }[];
  readonly references: readonly ReferenceChange[];
}

export class Replica {
  readonly store: RowStore;
  /** Names of the resource types, with the number of their fields. */
  readonly #types: ReadonlyMap<string, number>;
  readonly #emit: (batches: readonly Batch[]) => void;
  readonly #waiting = new Map<string, Waiting>();

  /** @param emit gets what is in force together, after it is stored */
  constructor(store: RowStore, types: ReadonlyMap<string, number>, emit: (batches: readonly Batch[]) => void) {
    this.store = store;
    this.#types = types;
    this.#emit = emit;
  }

  get marks(): Marks | undefined {
    return this.store.marks;
  }

  /** Says what the rows are and up to where they are true. */
  mark(marks: Marks): void {
    this.store.transact(() => {
      this.store.marks = marks;
    });
  }

  count(): number {
    return [...this.#types.keys()].reduce((sum, type) => sum + this.store.count(type), 0);
  }

  /** All of it in one transaction, with the marks that say up to where the rows are then true. */
  apply({ puts, gone, references }: RowChanges, marks?: Marks): void {
    this.#discard();
    this.store.transact(() => {
      // First what is gone: its slots and names are free then.
      for (const { type, id } of gone) this.#remove(type, id);
      for (const row of puts) this.#put(row);
      for (const change of references) this.#refer(change);
      if (marks) this.store.marks = marks;
    });
    this.flush();
  }

  /** Rows that the other one has not: mostly the same ids are in both, and a thousand of them are compared as one text. */
  countMissing(other: Replica): number {
    let count = 0;
    for (const type of this.#types.keys()) {
      let own = this.store.nextIds(type, '');
      for (let after = ''; own.last !== undefined; own = this.store.nextIds(type, after)) {
        const theirs = other.store.idsBetween(type, after, own.last);
        if (own.ids !== theirs) {
          const known = new Set(JSON.parse(theirs) as string[]);
          for (const id of JSON.parse(own.ids) as string[]) if (!known.has(id)) count += 1;
        }
        after = own.last;
      }
    }
    return count;
  }

  /** Hands on every row, for a snapshot that has none. */
  *load(): Iterable<void> {
    for (const type of this.#types.keys()) {
      let count = 0;
      for (const { slot, ...row } of this.store.rows(type)) {
        this.#note(type, slot, row);
        if (++count % batchSize === 0) {
          this.flush();
          yield;
        }
      }
    }
    this.flush();
  }

  /** Whether a row is known by its names already: another one is new, renamed or moved. */
  isNamed({ type, id, keys }: Pick<Row, 'type' | 'id' | 'keys'>): boolean {
    const known = this.store.find(type, id);
    return known !== undefined && keys.every((key, i) => this.store.knownNumber(key) === occupiedBy(known.links)[i]);
  }

  flush(): void {
    if (this.#waiting.size > 0) this.#emit([...this.#waiting].map(([type, waiting]) => packBatch(type, this.#fieldCount(type), waiting)));
    this.#discard();
  }

  #discard(): void {
    this.#waiting.clear();
  }

  #put({ type, id, keys, stamp, display, body, references }: Row): void {
    const slot = this.store.find(type, id)?.slot;
    const known = slot === undefined ? undefined : this.store.read(type, slot);
    const names = [keys.map((key) => this.store.number(key)), ...references.map((each) => this.#numbers(each))];
    const row = { id, stamp, display, body, links: packLinks(names) };
    if (slot === undefined || !known || !showsSame(known, row)) this.#keep(type, slot, row);
    else if (known.stamp !== stamp) this.store.stamp(type, slot, stamp);
  }

  #refer({ type, id, field, key, present }: ReferenceChange): void {
    const known = this.store.find(type, id);
    const row = known && this.store.read(type, known.slot);
    if (!row) return;
    const number = this.store.number(key);
    const own = new Set(referredBy(row.links, field));
    if (own.has(number) === present) return;
    if (present) own.add(number);
    else own.delete(number);
    const others = Array.from({ length: this.#fieldCount(type) }, (_, i) => referredBy(row.links, i));
    const lists = others.map((list, i) => (i === field ? Uint32Array.from(own).toSorted() : list));
    this.#keep(type, known.slot, { ...row, links: packLinks([occupiedBy(row.links), ...lists]) });
  }

  /** Of names, each once and in order. */
  #numbers(names: readonly string[]): ArrayLike<number> {
    const numbers = names.map((name) => this.store.number(name));
    return numbers.length < 2 ? numbers : Uint32Array.from(new Set(Uint32Array.from(numbers).toSorted()));
  }

  #remove(type: string, id: string): void {
    const known = this.store.find(type, id);
    if (!known) return;
    this.store.remove(type, known.slot);
    const waiting = this.#waitingFor(type);
    waiting.rows.delete(known.slot);
    waiting.removed.add(known.slot);
  }

  #keep(type: string, slot: number | undefined, row: StoredRow): void {
    this.#note(type, this.store.put(type, slot, row), row);
  }

  #note(type: string, slot: number, row: StoredRow): void {
    const waiting = this.#waitingFor(type);
    waiting.removed.delete(slot);
    waiting.rows.set(slot, row);
  }

  #waitingFor(type: string): Waiting {
    const waiting = this.#waiting.get(type) ?? { rows: new Map<number, StoredRow>(), removed: new Set<number>() };
    this.#waiting.set(type, waiting);
    return waiting;
  }

  #fieldCount(type: string): number {
    return this.#types.get(type) ?? 0;
  }
}

const showsSame = (a: StoredRow, b: StoredRow): boolean =>
  a.display === b.display && areEqual(a.body, b.body) && areEqual(a.links, b.links);

const areEqual = (a: Uint8Array | Uint32Array, b: Uint8Array | Uint32Array): boolean => Buffer.compare(octetsOf(a), octetsOf(b)) === 0;

const octetsOf = ({ buffer, byteOffset, byteLength }: Uint8Array | Uint32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

interface Waiting {
  readonly rows: Map<number, StoredRow>;
  readonly removed: Set<number>;
}

function packBatch(type: string, fieldCount: number, { rows, removed }: Waiting): Batch {
  const all = [...rows.values()];
  return {
    type,
    slots: Uint32Array.from(rows.keys()),
    ids: all.map(({ id }) => id),
    displays: all.map(({ display }) => display),
    bodies: packBodies(all.map(({ body }) => body)),
    occupies: packLists(all.map(({ links }) => occupiedBy(links))),
    references: Array.from({ length: fieldCount }, (_, i) => packLists(all.map(({ links }) => referredBy(links, i)))),
    removed: Uint32Array.from(removed),
  };
}

function packBodies(bodies: readonly Uint8Array[]): Batch['bodies'] {
  const ends = endsOf(bodies);
  const octets = new Uint8Array(ends.at(-1) ?? 0);
  for (const [i, body] of bodies.entries()) octets.set(body, (ends[i] ?? 0) - body.length);
  return { ends, octets };
}

function packLists(lists: readonly Uint32Array[]): Lists {
  const ends = endsOf(lists);
  const items = new Uint32Array(ends.at(-1) ?? 0);
  for (const [i, list] of lists.entries()) items.set(list, (ends[i] ?? 0) - list.length);
  return { ends, items };
}

function endsOf(lists: readonly { readonly length: number }[]): Uint32Array {
  const ends = new Uint32Array(lists.length);
  let end = 0;
  for (const [i, { length }] of lists.entries()) {
    end += length;
    ends[i] = end;
  }
  return ends;
}
