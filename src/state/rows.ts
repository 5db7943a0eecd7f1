// The rows of the snapshot of one directory, durable or in memory, with the cookie that says up to where they are true.
// No RFC; rows and cookie change in one transaction, or neither does.
import { open } from 'node:fs/promises';
import type { StatementSync } from 'node:sqlite';
import { hashOctets, IdIndex } from '../cache/id-index.ts';
import { inMemory, openDatabase, type DatabaseFormat, type OpenedDatabase } from './database.ts';
import { DraftNames } from './draft-names.ts';

/** A row in the forms in which it is kept. */
export interface StoredRow {
  readonly id: string;
  readonly stamp: string;
  readonly display: string;
  /** Numbers of the names that the row is known by, and that it refers to by each field of its type. */
  readonly links: Uint32Array;
  readonly body: Uint8Array;
}

/** What is known of a row without reading its body. */
export interface RowFacts extends Pick<StoredRow, 'stamp' | 'links'> {
  readonly slot: number;
}

const format: DatabaseFormat = {
  applicationId: 0x1da9_5c01,
  steps: [
    '',
    // What the first version held is read from the directory again.
    `DROP TABLE IF EXISTS mark; DROP TABLE IF EXISTS name; DROP TABLE IF EXISTS row;
     CREATE TABLE mark (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
     CREATE TABLE name (number INTEGER PRIMARY KEY, text TEXT NOT NULL);
     CREATE TABLE row (place INTEGER PRIMARY KEY, type INTEGER NOT NULL, id TEXT NOT NULL, stamp TEXT NOT NULL, display TEXT NOT NULL,
       links BLOB NOT NULL, body BLOB NOT NULL);`,
  ],
};

/** Made when all rows are there: one by one they would cost more than all the rest. */
const indexes = `
  CREATE UNIQUE INDEX IF NOT EXISTS name_text ON name (text);
  CREATE UNIQUE INDEX IF NOT EXISTS row_id ON row (type, id);`;

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

/** What stands for the indexes of the database until they are made. */
interface DraftIndexes {
  readonly ids: readonly IdIndex[];
  readonly names: DraftNames;
}

export class RowStore {
  readonly setAside: OpenedDatabase['setAside'];
  readonly #file: string;
  readonly #opened: OpenedDatabase;
  readonly #types: readonly string[];
  /** By type, when they are known: slots of removed rows, and the first that was never used. */
  readonly #free: { readonly slots: number[]; next: number }[] = [];
  readonly #statements = new Map<string, StatementSync>();
  #draft: DraftIndexes | undefined;
  #names: number;
  #scratch = Buffer.alloc(1024);

  /**
   * @param file `:memory:` for none. @param types names of the resource types, always in the same order
   * @param isDraft nothing of it is worth anything until it was `complete` and then closed, and a change that fails leaves it worth nothing
   */
  constructor(file: string, types: readonly string[], isDraft = false) {
    this.#file = file;
    this.#opened = openDatabase(file, format, { synchronous: isDraft ? 'closed' : 'normal' });
    this.setAside = this.#opened.setAside;
    this.#types = types;
    if (isDraft) this.#draft = { ids: types.map(() => new IdIndex()), names: new DraftNames() };
    this.#opened.database.exec(isDraft ? 'BEGIN' : indexes);
    this.#names = this.#nextName();
  }

  close(): void {
    this.#opened.close();
  }

  /** Makes of a draft what can be kept up; what was written before it is on the disk then. */
  async complete(): Promise<void> {
    if (!this.#draft) return;
    this.#draft = undefined;
    // Sorted in memory: there may be no place for temporary files.
    this.#opened.database.exec(`COMMIT; PRAGMA temp_store = MEMORY; ${indexes}`);
    if (this.#file === inMemory) return;
    const handle = await open(this.#file, 'r+');
    await handle.sync().finally(() => handle.close());
  }

  /** All of what `work` does, or nothing. */
  transact(work: () => void): void {
    if (this.#draft) return work();
    const { database } = this.#opened;
    database.exec('BEGIN IMMEDIATE');
    try {
      work();
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      this.#free.length = 0;
      this.#names = this.#nextName();
      throw error;
    }
  }

  /** Undefined: the rows are not complete. */
  get marks(): Marks | undefined {
    const text = this.#run(sql.getMark).get('marks')?.['value'];
    return typeof text === 'string' ? (JSON.parse(text) as Marks) : undefined;
  }

  set marks(marks: Marks) {
    this.#run(sql.setMark).run('marks', JSON.stringify(marks));
  }

  /** How many names have a number; numbers are given out in order. */
  get nameCount(): number {
    return this.#names;
  }

  /** The number of a name, a new one if need be. */
  number(text: string): number {
    const known = this.#draft ? this.#draft.names.number(text) : this.knownNumber(text);
    if (known !== undefined && known < this.#names) return known;
    const number = this.#names;
    this.#run(sql.addName).run(number, text);
    this.#names += 1;
    return number;
  }

  knownNumber(text: string): number | undefined {
    if (this.#draft) return this.#draft.names.find(text);
    const number = this.#run(sql.findName).get(text)?.['number'];
    return typeof number === 'number' ? number : undefined;
  }

  find(type: string, id: string): RowFacts | undefined {
    let found: Packed | undefined;
    if (this.#draft) {
      const slot = this.#draftSlot(type, id);
      found = slot === undefined ? undefined : (this.#run(sql.factsAt).get(this.#placeOf(type, slot)) as unknown as Packed);
    } else found = this.#run(sql.findFacts).get(this.#indexOf(type), id) as unknown as Packed | undefined;
    return found && { slot: found.place % span, stamp: found.stamp, links: numbersOf(found.links) };
  }

  read(type: string, slot: number): StoredRow | undefined {
    const found = this.#run(sql.readRow).get(this.#placeOf(type, slot)) as unknown as (Packed & Whole) | undefined;
    return found && { ...found, links: numbersOf(found.links) };
  }

  count(type: string): number {
    const { slots, next } = this.#freeOf(type);
    return next - slots.length;
  }

  /** Puts a row into its slot, or a free one. */
  put(type: string, slot: number | undefined, { id, stamp, display, links, body }: StoredRow): number {
    const index = this.#indexOf(type);
    const used = slot ?? this.#takeSlot(type);
    const place = this.#placeOf(type, used);
    const fields = [place, index, id, stamp, display, octetsOf(links), body] as const;
    this.#run(slot === undefined ? sql.addRow : sql.putRow).run(...fields);
    if (slot === undefined) this.#draft?.ids[index]?.add(used, this.#hash(id));
    return used;
  }

  stamp(type: string, slot: number, stamp: string): void {
    this.#run(sql.stampRow).run(stamp, this.#placeOf(type, slot));
  }

  remove(type: string, slot: number): void {
    const { slots } = this.#freeOf(type);
    this.#run(sql.removeRow).run(this.#placeOf(type, slot));
    this.#draft?.ids[this.#indexOf(type)]?.delete(slot);
    slots.push(slot);
  }

  /** Every row of a type in the order of slots. */
  *rows(type: string): Iterable<StoredRow & { readonly slot: number }> {
    const index = this.#indexOf(type);
    for (const each of this.#run(sql.allRows).iterate(index * span, (index + 1) * span)) {
      const { place, id, stamp, display, links, body } = each as unknown as Packed & Whole;
      yield { slot: place % span, id, stamp, display, links: numbersOf(links), body };
    }
  }

  /** Slot and id of every row of a type. */
  *ids(type: string): Iterable<{ readonly slot: number; readonly id: string }> {
    for (const each of this.#run(sql.ids).iterate(this.#indexOf(type))) {
      const { place, id } = each as unknown as Packed & Whole;
      yield { slot: place % span, id };
    }
  }

  /** The next thousand ids of a type in order, after one, as JSON, and the last of them. */
  nextIds(type: string, after: string): { readonly ids: string; readonly last: string | undefined } {
    const found = this.#run(sql.nextIds).get(this.#indexOf(type), after);
    return { ids: String(found?.['ids']), last: (found?.['last'] ?? undefined) as string | undefined };
  }

  /** Ids of a type in order, after one and up to another, as JSON. */
  idsBetween(type: string, after: string, last: string): string {
    return String(this.#run(sql.idsBetween).get(this.#indexOf(type), after, last)?.['ids']);
  }

  /** The rows of a type that refer to something, with what they refer to. */
  *referring(type: string): Iterable<{ readonly slot: number; readonly links: Uint32Array }> {
    const index = this.#indexOf(type);
    for (const each of this.#run(sql.referringRows).iterate(index * span, (index + 1) * span)) {
      const { place, links } = each as unknown as Packed;
      yield { slot: place % span, links: numbersOf(links) };
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

  #draftSlot(type: string, id: string): number | undefined {
    const isThere = (slot: number): boolean => this.#run(sql.idAt).get(this.#placeOf(type, slot))?.['id'] === id;
    return this.#draft?.ids[this.#indexOf(type)]?.find(this.#hash(id), isThere);
  }

  #hash(text: string): number {
    if (this.#scratch.length < text.length * 3) this.#scratch = Buffer.alloc(text.length * 6);
    return hashOctets(this.#scratch, this.#scratch.write(text));
  }

  #takeSlot(type: string): number {
    const free = this.#freeOf(type);
    const slot = free.slots.pop() ?? free.next;
    free.next = Math.max(free.next, slot + 1);
    return slot;
  }

  /** The file does not keep which slots are free; mostly none is. */
  #freeOf(type: string): { readonly slots: number[]; next: number } {
    const index = this.#indexOf(type);
    return (this.#free[index] ??= this.#draft ? { slots: [], next: 0 } : this.#readFree(index));
  }

  #readFree(index: number): { readonly slots: number[]; next: number } {
    const used = this.#run(sql.countRows).get(index);
    const [count, last] = [Number(used?.['count']), used?.['last']];
    const next = typeof last === 'number' ? (last % span) + 1 : 0;
    if (count === next) return { slots: [], next };
    const taken = new Uint8Array(next);
    for (const { place } of this.#run(sql.ids).iterate(index) as Iterable<unknown> as Iterable<Packed>) taken[place % span] = 1;
    return { slots: [...taken.keys()].filter((slot) => taken[slot] === 0).toReversed(), next };
  }

  #nextName(): number {
    return Number(this.#run(sql.nextName).get()?.['number'] ?? 0);
  }

  #run(text: string): StatementSync {
    const known = this.#statements.get(text) ?? this.#opened.database.prepare(text);
    this.#statements.set(text, known);
    return known;
  }
}

interface Packed {
  readonly place: number;
  readonly stamp: string;
  readonly links: Uint8Array<ArrayBuffer>;
}

interface Whole {
  readonly id: string;
  readonly display: string;
  readonly body: Uint8Array;
}

const octetsOf = (numbers: Uint32Array): Uint8Array => new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);

/** Copied where it does not begin as numbers must. */
function numbersOf(octets: Uint8Array<ArrayBuffer>): Uint32Array {
  const { buffer, byteOffset, byteLength } = octets.byteOffset % 4 === 0 ? octets : octets.slice();
  return new Uint32Array(buffer, byteOffset, byteLength / 4);
}

const facts = 'place, stamp, links';
const within = 'FROM row WHERE place >= ? AND place < ?';

const sql = {
  getMark: 'SELECT value FROM mark WHERE name = ?',
  setMark: 'INSERT INTO mark VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  nextName: 'SELECT max(number) + 1 AS number FROM name',
  findName: 'SELECT number FROM name WHERE text = ?',
  nameAt: 'SELECT text FROM name WHERE number = ?',
  addName: 'INSERT INTO name VALUES (?, ?)',
  findFacts: `SELECT ${facts} FROM row WHERE type = ? AND id = ?`,
  factsAt: `SELECT ${facts} FROM row WHERE place = ?`,
  idAt: 'SELECT id FROM row WHERE place = ?',
  readRow: `SELECT ${facts}, id, display, body FROM row WHERE place = ?`,
  countRows: 'SELECT count(*) AS count, max(place) AS last FROM row INDEXED BY row_id WHERE type = ?',
  addRow: 'INSERT INTO row VALUES (?, ?, ?, ?, ?, ?, ?)',
  putRow: 'INSERT OR REPLACE INTO row VALUES (?, ?, ?, ?, ?, ?, ?)',
  stampRow: 'UPDATE row SET stamp = ? WHERE place = ?',
  removeRow: 'DELETE FROM row WHERE place = ?',
  allRows: `SELECT ${facts}, id, display, body ${within} ORDER BY place`,
  ids: 'SELECT place, id FROM row INDEXED BY row_id WHERE type = ?',
  nextIds: 'SELECT json_group_array(id) AS ids, max(id) AS last FROM (SELECT id FROM row WHERE type = ? AND id > ? ORDER BY id LIMIT 1000)',
  idsBetween: 'SELECT json_group_array(id) AS ids FROM (SELECT id FROM row WHERE type = ? AND id > ? AND id <= ? ORDER BY id)',
  // Longer than what is known by two names, and refers to nothing.
  referringRows: `SELECT place, links ${within} AND length(links) > 12`,
} as const;
