// The rows of the snapshot of one directory, durable or in memory, with the cookie that says up to where they are true.
// No RFC; rows and cookie change in one transaction, or neither does.
import type { StatementSync } from 'node:sqlite';
import { openDatabase, type DatabaseFormat, type OpenedDatabase } from './database.ts';

/** A row in the forms in which it is kept. */
export interface StoredRow {
  readonly id: string;
  readonly digest: Uint8Array;
  readonly stamp: string;
  readonly display: string;
  /** Numbers of the names that the row is known by. */
  readonly occupies: Uint32Array;
  /** For each field of the type, numbers of the names that it refers to. */
  readonly references: readonly Uint32Array[];
  readonly body: Uint8Array;
}

/** What is known of a row without reading its body. */
export interface RowFacts extends Omit<StoredRow, 'id' | 'body' | 'display'> {
  readonly slot: number;
}

const format: DatabaseFormat = {
  applicationId: 0x1da9_5c01,
  steps: [
    `CREATE TABLE mark (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
     CREATE TABLE name (number INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
     CREATE TABLE row (place INTEGER PRIMARY KEY, type INTEGER NOT NULL, id TEXT NOT NULL, digest BLOB NOT NULL, stamp TEXT NOT NULL,
       display TEXT NOT NULL, occupies BLOB NOT NULL, "references" BLOB NOT NULL, body BLOB NOT NULL);
     CREATE UNIQUE INDEX row_id ON row (type, id);`,
  ],
};

/** Slots of one type follow each other; types are apart by this. */
const span = 2 ** 32;

/** The marks of a store: what it was made of, and where it stands. */
export interface Marks {
  /** Of everything that rows depend on: another one makes them worthless. */
  readonly fingerprint: string;
  /** The way of asking for changes, and its cookie. */
  readonly kind: string;
  readonly cookie: string;
  /** Epoch milliseconds: the rows are what the directory held then, or later. */
  readonly truth: number;
}

export class RowStore {
  readonly setAside: OpenedDatabase['setAside'];
  readonly #opened: OpenedDatabase;
  readonly #types: readonly string[];
  /** By type: slots of removed rows, and the first that was never used. */
  readonly #free: { readonly slots: number[]; next: number }[] = [];
  readonly #statements: ReturnType<typeof prepareStatements>;
  #names = 0;

  /** @param file `:memory:` for none. @param types names of the resource types, always in the same order */
  constructor(file: string, types: readonly string[]) {
    this.#opened = openDatabase(file, format);
    this.setAside = this.#opened.setAside;
    this.#types = types;
    this.#statements = prepareStatements(this.#opened.database);
    this.#readFree();
  }

  close(): void {
    this.#opened.close();
  }

  /** All of what `work` does, or nothing. */
  transact(work: () => void): void {
    const { database } = this.#opened;
    database.exec('BEGIN IMMEDIATE');
    try {
      work();
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      this.#readFree();
      throw error;
    }
  }

  /** Undefined: the rows are not complete. */
  get marks(): Marks | undefined {
    const text = this.#statements.getMark.get('marks')?.['value'];
    return typeof text === 'string' ? (JSON.parse(text) as Marks) : undefined;
  }

  set marks(marks: Marks) {
    this.#statements.setMark.run('marks', JSON.stringify(marks));
  }

  /** How many names have a number; numbers are given out in order. */
  get nameCount(): number {
    return this.#names;
  }

  /** The number of a name, a new one if need be. */
  number(text: string): number {
    const known = this.knownNumber(text);
    if (known !== undefined) return known;
    const number = this.#names;
    this.#statements.addName.run(number, text);
    this.#names += 1;
    return number;
  }

  knownNumber(text: string): number | undefined {
    const number = this.#statements.findName.get(text)?.['number'];
    return typeof number === 'number' ? number : undefined;
  }

  find(type: string, id: string): RowFacts | undefined {
    const found = this.#statements.findRow.get(this.#indexOf(type), id) as unknown as Packed | undefined;
    return found && { slot: found.place % span, ...unpack(found) };
  }

  read(type: string, slot: number): StoredRow | undefined {
    const found = this.#statements.readRow.get(this.#placeOf(type, slot)) as unknown as (Packed & Whole) | undefined;
    return found && { id: found.id, body: found.body, display: found.display, ...unpack(found) };
  }

  count(type: string): number {
    return Number(this.#statements.countRows.get(this.#indexOf(type))?.['count'] ?? 0);
  }

  /** Puts a row into its slot, or a free one. */
  put(type: string, slot: number | undefined, row: StoredRow): number {
    const index = this.#indexOf(type);
    const used = slot ?? this.#takeSlot(index);
    const { id, digest, stamp, display, occupies, references, body } = row;
    this.#statements.putRow.run(
      this.#placeOf(type, used),
      index,
      id,
      digest,
      stamp,
      display,
      octetsOf(occupies),
      packLists(references),
      body,
    );
    return used;
  }

  stamp(type: string, slot: number, stamp: string): void {
    this.#statements.stampRow.run(stamp, this.#placeOf(type, slot));
  }

  remove(type: string, slot: number): void {
    const index = this.#indexOf(type);
    this.#statements.removeRow.run(this.#placeOf(type, slot));
    this.#free[index]?.slots.push(slot);
  }

  /** Every row of a type in the order of slots. */
  *rows(type: string): Iterable<StoredRow & { readonly slot: number }> {
    const index = this.#indexOf(type);
    for (const each of this.#statements.allRows.iterate(index * span, (index + 1) * span)) {
      const found = each as unknown as Packed & Whole;
      yield { slot: found.place % span, id: found.id, body: found.body, display: found.display, ...unpack(found) };
    }
  }

  /** Slot and id of every row of a type. */
  *ids(type: string): Iterable<{ readonly slot: number; readonly id: string }> {
    for (const each of this.#statements.ids.iterate(this.#indexOf(type))) {
      const { place, id } = each as unknown as Packed & Whole;
      yield { slot: place % span, id };
    }
  }

  /** The rows of a type that refer to something, with what they refer to. */
  *referring(type: string): Iterable<{ readonly slot: number; readonly references: readonly Uint32Array[] }> {
    const index = this.#indexOf(type);
    for (const each of this.#statements.referringRows.iterate(index * span, (index + 1) * span)) {
      const found = each as unknown as Packed;
      yield { slot: found.place % span, references: unpackLists(found.references) };
    }
  }

  #indexOf(type: string): number {
    const index = this.#types.indexOf(type);
    if (index === -1) throw new Error(`no rows are kept of ${type}`);
    return index;
  }

  #placeOf(type: string, slot: number): number {
    return this.#indexOf(type) * span + slot;
  }

  #takeSlot(index: number): number {
    const free = this.#free[index];
    if (!free) throw new Error('unknown type');
    const slot = free.slots.pop() ?? free.next;
    free.next = Math.max(free.next, slot + 1);
    return slot;
  }

  /** The file does not keep which slots are free. */
  #readFree(): void {
    this.#names = Number(this.#statements.nextName.get()?.['number'] ?? 0);
    for (const [index] of this.#types.entries()) {
      const used = [...this.#statements.ids.iterate(index)].map((each) => Number(each['place']) % span);
      const next = used.reduce((most, slot) => Math.max(most, slot + 1), 0);
      const taken = new Uint8Array(next);
      for (const slot of used) taken[slot] = 1;
      const slots = used.length === next ? [] : [...taken.keys()].filter((slot) => taken[slot] === 0).toReversed();
      this.#free[index] = { slots, next };
    }
  }
}

interface Packed {
  readonly place: number;
  readonly digest: Uint8Array;
  readonly stamp: string;
  readonly occupies: Uint8Array;
  readonly references: Uint8Array;
}

interface Whole {
  readonly id: string;
  readonly display: string;
  readonly body: Uint8Array;
}

const unpack = ({ digest, stamp, occupies, references }: Packed) => ({
  digest,
  stamp,
  occupies: numbersOf(occupies),
  references: unpackLists(references),
});

/** Each list with its length before it. */
function packLists(lists: readonly Uint32Array[]): Uint8Array {
  if (lists.every(({ length }) => length === 0)) return new Uint8Array();
  const packed = new Uint32Array(lists.reduce((sum, { length }) => sum + 1 + length, 0));
  let at = 0;
  for (const list of lists) {
    packed[at] = list.length;
    packed.set(list, at + 1);
    at += 1 + list.length;
  }
  return octetsOf(packed);
}

function unpackLists(octets: Uint8Array): readonly Uint32Array[] {
  const packed = numbersOf(octets);
  const lists: Uint32Array[] = [];
  for (let at = 0; at < packed.length; at += 1 + (packed[at] ?? 0)) lists.push(packed.slice(at + 1, at + 1 + (packed[at] ?? 0)));
  return lists;
}

const octetsOf = (numbers: Uint32Array): Uint8Array => new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);

/** What SQLite gives may begin anywhere: copied, so that it is aligned. */
const numbersOf = (octets: Uint8Array): Uint32Array => new Uint32Array(octets.slice().buffer);

function prepareStatements(database: OpenedDatabase['database']) {
  const facts = 'place, digest, stamp, occupies, "references"';
  const prepare = (sql: string): StatementSync => database.prepare(sql);
  const within = 'FROM row WHERE place >= ? AND place < ?';
  return {
    getMark: prepare('SELECT value FROM mark WHERE name = ?'),
    setMark: prepare('INSERT INTO mark VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value'),
    nextName: prepare('SELECT max(number) + 1 AS number FROM name'),
    findName: prepare('SELECT number FROM name WHERE text = ?'),
    addName: prepare('INSERT INTO name VALUES (?, ?)'),
    findRow: prepare(`SELECT ${facts} FROM row WHERE type = ? AND id = ?`),
    readRow: prepare(`SELECT ${facts}, id, display, body FROM row WHERE place = ?`),
    countRows: prepare('SELECT count(*) AS count FROM row WHERE type = ?'),
    putRow: prepare('INSERT OR REPLACE INTO row VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)'),
    stampRow: prepare('UPDATE row SET stamp = ? WHERE place = ?'),
    removeRow: prepare('DELETE FROM row WHERE place = ?'),
    allRows: prepare(`SELECT ${facts}, id, display, body ${within} ORDER BY place`),
    ids: prepare('SELECT place, id FROM row INDEXED BY row_id WHERE type = ?'),
    referringRows: prepare(`SELECT place, "references" ${within} AND length("references") > 0`),
  };
}
