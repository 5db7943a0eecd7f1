// The rows of one resource type: what batches put, as octets in an arena, found by slot or by id.
// No RFC. A record: its length, slot, the lengths of id, display and body, how much was inserted into the body, how many nodes the row
// occupies and refers to by each field; those nodes; where each insertion is; id and display as UTF-8; at its very end the body.
import { Arena } from './arena.ts';
import { Bits } from './bits.ts';
import type { Batch, Lists } from './batch.ts';
import { ChangeLog } from './change-log.ts';
import { hashOctets, IdIndex } from './id-index.ts';
import { withRoom } from './numbers.ts';
import { compareOctets } from './octet-test.ts';

/** Words before the counts of nodes. */
const headWords = 6;

/** Where the JSON of a row lies. */
export interface Body {
  readonly octets: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Octets that are in a body as it is shown, and not in the body as it was put. */
export interface Insertion {
  /** Offset in the body as it is shown. */
  readonly start: number;
  readonly length: number;
}

export class Rows {
  readonly live = new Bits();
  /** Slots whose bodies are as they are to be shown, references and all. */
  readonly shown = new Bits();
  /** Slots put or removed. */
  readonly changes = new ChangeLog();
  /** Slots whose references show something else, though nothing was put there. */
  readonly referenceChanges = new ChangeLog();
  readonly #fields: number;
  readonly #arena = new Arena();
  readonly #ids = new IdIndex();
  #addresses = new Uint32Array(0);
  #size = 0;
  #scratch = Buffer.alloc(1024);

  /** @param fields how many reference fields there are */
  constructor(fields: number) {
    this.#fields = fields;
  }

  get size(): number {
    return this.#size;
  }

  get octets(): number {
    const { live, shown, changes, referenceChanges } = this;
    const derived = [live, shown, changes, referenceChanges, this.#ids].reduce((sum, each) => sum + each.octets, 0);
    return derived + this.#arena.octets + this.#addresses.byteLength;
  }

  /** Puts row `index` of a batch into its slot, which must be free. */
  put(batch: Batch, index: number): void {
    const slot = batch.slots[index] ?? 0;
    const idLength = this.#writeScratch(batch.ids[index] ?? '', 0);
    const textLength = this.#writeScratch(batch.displays[index] ?? '', idLength);
    const [from, to] = rangeOf(batch.bodies.ends, index);
    const lists = [batch.occupies, ...batch.references].map((list) => nodesOf(list, index));
    const words = headWords + lists.reduce((sum, { length }) => sum + 1 + length, 0);

    const address = this.#arena.allocate(words * 4 + textLength + to - from, slot);
    const chunk = this.#arena.chunkOf(address);
    const offset = this.#arena.offsetOf(address);
    let word = offset / 4 + 2;
    for (const value of [idLength, textLength - idLength, to - from, 0]) chunk.words[word++] = value;
    for (const { length } of lists) chunk.words[word++] = length;
    for (const list of lists) {
      chunk.words.set(list, word);
      word += list.length;
    }
    chunk.octets.set(this.#scratch.subarray(0, textLength), word * 4);
    chunk.octets.set(batch.bodies.octets.subarray(from, to), this.#bodyAt(chunk.words, offset / 4));

    this.#addresses = withRoom(this.#addresses, slot + 1);
    this.#addresses[slot] = address;
    this.#ids.add(slot, hashOctets(this.#scratch, idLength));
    this.live.add(slot);
    this.#size += 1;
    this.changes.add(slot);
  }

  remove(slot: number): void {
    if (!this.live.has(slot)) return;
    this.#ids.delete(slot);
    this.#arena.free(this.#addresses[slot] ?? 0);
    this.live.delete(slot);
    this.shown.delete(slot);
    this.#size -= 1;
    this.changes.add(slot);
  }

  /** Puts a body with other insertions in the place of the one that a row has. What was read of the row before is good until `compact`. */
  show(slot: number, body: Buffer, insertions: readonly Insertion[]): void {
    this.shown.add(slot);
    const [words, word, octets] = this.#record(slot);
    const before = words[word + 5] ?? 0;
    if (before === 0 && insertions.length === 0) return;
    const marks = this.#insertionsAt(words, word);
    const texts = (marks + 2 * before) * 4;
    const textLength = (words[word + 2] ?? 0) + (words[word + 3] ?? 0);
    const headLength = marks - word;

    const from = this.#addresses[slot] ?? 0;
    const address = this.#arena.allocate((headLength + 2 * insertions.length) * 4 + textLength + body.length, slot);
    const chunk = this.#arena.chunkOf(address);
    const start = this.#arena.offsetOf(address) / 4;
    chunk.words.set(words.subarray(word + 2, marks), start + 2);
    chunk.words[start + 4] = body.length;
    chunk.words[start + 5] = insertions.length;
    let at = start + headLength;
    for (const insertion of insertions) {
      chunk.words[at++] = insertion.start;
      chunk.words[at++] = insertion.length;
    }
    octets.copy(chunk.octets, at * 4, texts, texts + textLength);
    body.copy(chunk.octets, this.#bodyAt(chunk.words, start));
    this.#addresses[slot] = address;
    this.#arena.free(from);
  }

  /** Gives room of records that are gone back, a little at a time. */
  compact(): void {
    this.#arena.compact(
      (slot, address) => this.live.has(slot) && this.#addresses[slot] === address,
      (slot, address) => {
        this.#addresses[slot] = address;
      },
    );
  }

  /** Gives the room of all records back: no row can be read afterwards. */
  release(): void {
    this.#arena.release();
  }

  locate(id: string): number | undefined {
    const length = this.#writeScratch(id, 0);
    const wanted = this.#scratch;
    return this.#ids.find(hashOctets(wanted, length), (slot) => {
      const { octets, start, end } = this.idOctets(slot);
      return end - start === length && octets.compare(wanted, 0, length, start, end) === 0;
    });
  }

  idOf(slot: number): string {
    const { octets, start, end } = this.idOctets(slot);
    return octets.toString('utf8', start, end);
  }

  displayOf(slot: number): string {
    const [words, word, octets] = this.#record(slot);
    const start = this.#textsAt(words, word) + (words[word + 2] ?? 0);
    return octets.toString('utf8', start, start + (words[word + 3] ?? 0));
  }

  idOctets(slot: number): Body {
    const [words, word, octets] = this.#record(slot);
    const start = this.#textsAt(words, word);
    return { octets, start, end: start + (words[word + 2] ?? 0) };
  }

  /** With what was inserted when it was last shown, which is as it should be now only if the slot is in `shown`. */
  body(slot: number): Body {
    const [words, word, octets] = this.#record(slot);
    const start = this.#bodyAt(words, word);
    return { octets, start, end: start + (words[word + 4] ?? 0) };
  }

  /** Calls `visit` with the parts of the body as it was put, in order. */
  eachPlainPart(slot: number, visit: (octets: Buffer, start: number, end: number) => void): void {
    const [words, word] = this.#record(slot);
    const { octets, start, end } = this.body(slot);
    const marks = this.#insertionsAt(words, word);
    let from = start;
    for (let mark = marks; mark < marks + 2 * (words[word + 5] ?? 0); mark += 2) {
      const insertion = start + (words[mark] ?? 0);
      visit(octets, from, insertion);
      from = insertion + (words[mark + 1] ?? 0);
    }
    visit(octets, from, end);
  }

  /** The nodes that a row occupies; good until the next batch. */
  occupies(slot: number): Uint32Array {
    return this.#list(slot, 0);
  }

  /** The nodes that a row refers to by a field; good until the next batch. */
  references(slot: number, field: number): Uint32Array {
    return this.#list(slot, field + 1);
  }

  /** By the octets of ids, which is by code points. */
  compareIds(a: number, b: number): number {
    const [words, word, octets] = this.#record(a);
    const [otherWords, otherWord, otherOctets] = this.#record(b);
    const [start, other] = [this.#textsAt(words, word), this.#textsAt(otherWords, otherWord)];
    return compareOctets(octets, start, start + (words[word + 2] ?? 0), otherOctets, other, other + (otherWords[otherWord + 2] ?? 0));
  }

  #record(slot: number): readonly [words: Uint32Array, word: number, octets: Buffer] {
    if (!this.live.has(slot)) throw new RangeError('no row is in that slot');
    const address = this.#addresses[slot] ?? 0;
    const { words, octets } = this.#arena.chunkOf(address);
    return [words, this.#arena.offsetOf(address) / 4, octets];
  }

  #list(slot: number, list: number): Uint32Array {
    const [words, word] = this.#record(slot);
    let start = word + headWords + this.#fields + 1;
    for (let each = 0; each < list; each += 1) start += words[word + headWords + each] ?? 0;
    return words.subarray(start, start + (words[word + headWords + list] ?? 0));
  }

  /** Where the insertions of a record begin, in words. */
  #insertionsAt(words: Uint32Array, word: number): number {
    let start = word + headWords + this.#fields + 1;
    for (let list = 0; list <= this.#fields; list += 1) start += words[word + headWords + list] ?? 0;
    return start;
  }

  /** Where the texts of a record begin, in octets. */
  #textsAt(words: Uint32Array, word: number): number {
    return (this.#insertionsAt(words, word) + 2 * (words[word + 5] ?? 0)) * 4;
  }

  /** Where the body of a record begins, in octets. */
  #bodyAt(words: Uint32Array, word: number): number {
    return word * 4 + (words[word] ?? 0) - (words[word + 4] ?? 0);
  }

  /** Writes a text behind what is there, and gives the length of both. */
  #writeScratch(text: string, at: number): number {
    if (this.#scratch.length < at + text.length * 3) {
      const grown = Buffer.alloc((at + text.length * 3) * 2);
      grown.set(this.#scratch.subarray(0, at));
      this.#scratch = grown;
    }
    return at + this.#scratch.write(text, at);
  }
}

/** Begin and end of the items of one row. */
export function rangeOf(ends: Uint32Array, index: number): readonly [number, number] {
  return [index === 0 ? 0 : (ends[index - 1] ?? 0), ends[index] ?? 0];
}

export function nodesOf({ ends, items }: Lists, index: number): Uint32Array {
  return items.subarray(...rangeOf(ends, index));
}
