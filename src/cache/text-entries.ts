// Texts of many owners, one behind the other with an octet between them that no text contains, and who owns those that a comparison holds for.
// RFC 7644 section 3.4.2.2. UTF-8 sorts as code points do, so comparing octets is comparing texts.
import type { Comparison } from './column.ts';
import { withOctets, withRoom } from './numbers.ts';
import { compileOctetTest, type OctetTest } from './octet-test.ts';
import type { Slice } from './slice.ts';

export const separator = 0xff;
/** The owner of a text that is gone. */
const nobody = 0xffffffff;
/** Entries that are looked at between two looks at the clock. */
const step = 4096;
/** Share of the entries with hits above which it is quicker to look at each than to search from one hit to the next. */
const dense = 1 / 3;

/** Calls with the owner of a text that was found, perhaps more than once. */
type Visit = (owner: number) => void;

export class TextEntries {
  #octets = Buffer.alloc(64, separator);
  /** Octets in use; the first is a separator. */
  #used = 1;
  /** By entry: where its text begins (it ends before the separator that the next one begins behind), and who owns it. */
  #starts = new Uint32Array(64).fill(1, 0, 1);
  #owners = new Uint32Array(64);
  #length = 0;

  /** How many there are, those that are gone included. */
  get length(): number {
    return this.#length;
  }

  get octets(): number {
    return this.#octets.byteLength + this.#starts.byteLength + this.#owners.byteLength;
  }

  /** Appends texts of one owner, each with the separator behind it. */
  append(owner: number, texts: Uint8Array): void {
    this.#octets = withOctets(this.#octets, this.#used + texts.length);
    this.#octets.set(texts, this.#used);
    for (const octet of texts) {
      this.#used += 1;
      if (octet !== separator) continue;
      this.#owners = withRoom(this.#owners, this.#length + 1);
      this.#owners[this.#length] = owner;
      this.#length += 1;
      this.#starts = withRoom(this.#starts, this.#length + 1);
      this.#starts[this.#length] = this.#used;
    }
  }

  /** The texts of an owner, as appended; they begin at an entry. */
  textsAt(first: number): Uint8Array {
    let end = first;
    while (end < this.#length && this.#owners[end] === this.#owners[first]) end += 1;
    return this.#octets.subarray(this.#starts[first], this.#starts[end]);
  }

  /** Forgets the texts of an owner, which begin at an entry: how many they were. */
  forget(first: number): number {
    const owner = this.#owners[first];
    let end = first;
    for (; end < this.#length && this.#owners[end] === owner; end += 1) this.#owners[end] = nobody;
    return end - first;
  }

  async find(operator: Comparison['operator'], wanted: Buffer, visit: Visit, slice: Slice): Promise<void> {
    const test = compileOctetTest(operator, wanted);
    const canSearch = operator === 'co' && wanted.length > 0;
    for (let entry = 0, isDense = false; entry < this.#length;) {
      const end = Math.min(entry + step, this.#length);
      const hits: number = canSearch && !isDense ? this.#search(entry, end, wanted, visit) : this.#look(entry, end, test, visit);
      isDense = hits > (end - entry) * dense;
      entry = end;
      if (slice.isOver) await slice.pause();
    }
  }

  /** Tests entries one by one: how many it holds for. */
  #look(first: number, end: number, test: OctetTest, visit: Visit): number {
    const [octets, starts, owners] = [this.#octets, this.#starts, this.#owners];
    let hits = 0;
    for (let entry = first; entry < end; entry += 1) {
      if (!test(octets, starts[entry] ?? 0, (starts[entry + 1] ?? 0) - 1)) continue;
      hits += 1;
      const owner = owners[entry] ?? nobody;
      if (owner !== nobody) visit(owner);
    }
    return hits;
  }

  /** Looks for octets in entries from one hit to the next: how many of them have any. */
  #search(first: number, end: number, wanted: Buffer, visit: Visit): number {
    const [starts, owners, offset] = [this.#starts, this.#owners, this.#starts[first] ?? 0];
    const octets = this.#octets.subarray(offset, starts[end]);
    const [only] = wanted;
    const needle = wanted.length === 1 && only !== undefined ? only : wanted;
    let hits = 0;
    for (let at = octets.indexOf(needle), entry = first; at >= 0; at = octets.indexOf(needle, (starts[entry] ?? 0) - offset)) {
      while ((starts[entry + 1] ?? 0) <= at + offset) entry += 1;
      hits += 1;
      const owner = owners[entry] ?? nobody;
      if (owner !== nobody) visit(owner);
      entry += 1;
    }
    return hits;
  }
}
