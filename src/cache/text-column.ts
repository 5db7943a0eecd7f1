// The texts of an attribute in all rows: folded, as UTF-8, one behind the other with an octet between them that no text contains.
// RFC 7644 section 3.4.2.2. UTF-8 sorts as code points do, so comparing octets is comparing texts.
import { comparableOf } from '../scim/match.ts';
import type { AttributeReference } from '../scim/path.ts';
import type { Attribute } from '../scim/schema.ts';
import { AttributeOctets, parseAt } from './attribute-octets.ts';
import { Bits } from './bits.ts';
import type { Column, Comparison, Leaf } from './column.ts';
import { isStringAt } from './json-octets.ts';
import { withOctets, withRoom } from './numbers.ts';
import { copyPlain } from './plain-text.ts';
import type { Rows } from './rows.ts';
import type { Slice } from './slice.ts';
import { compileOctetTest } from './octet-test.ts';

const separator = 0xff;
/** The slot of an entry whose row is gone. */
const gone = 0xffffffff;
/** Entries that are looked at between two looks at the clock. */
const step = 2048;

export class TextColumn implements Column {
  readonly irregular = new Set<number>();
  readonly #rows: Rows;
  readonly #attribute: AttributeOctets;
  readonly #definition: Attribute;
  #octets = Buffer.alloc(64, separator);
  /** Octets in use; the first is a separator. */
  #used = 1;
  /** By entry: where its text begins (it ends before the separator that the next one begins behind), and the slot of its row. */
  #starts = new Uint32Array(64);
  #slots = new Uint32Array(64);
  #entries = 0;
  #gone = 0;
  /** By slot: its first entry + 1; those of one row stand together. 0 for none. */
  #firsts = new Uint32Array(0);

  constructor(rows: Rows, attribute: AttributeReference) {
    this.#rows = rows;
    this.#attribute = new AttributeOctets(attribute);
    this.#definition = attribute.sub ?? attribute.attribute;
    this.#starts[0] = 1;
  }

  static accepts({ attribute, value }: Comparison): boolean {
    const literal = comparableOf(value, attribute.sub ?? attribute.attribute);
    return typeof literal === 'string' && literal.isWellFormed();
  }

  get octets(): number {
    return this.#octets.byteLength + this.#starts.byteLength + this.#slots.byteLength + this.#firsts.byteLength;
  }

  get isWasteful(): boolean {
    return this.#gone > 1024 && this.#gone * 2 > this.#entries;
  }

  replace(slot: number): void {
    this.#forget(slot);
    if (!this.#rows.live.has(slot)) return;
    const before = this.#entries;
    this.#attribute.eachValue(this.#rows.body(slot), (octets, at) => {
      if (isStringAt(octets, at)) this.#append(slot, octets, at);
    });
    if (this.#entries === before) return;
    this.#firsts = withRoom(this.#firsts, slot + 1);
    this.#firsts[slot] = before + 1;
  }

  async scan(leaf: Leaf, within: Bits, slice: Slice): Promise<Bits> {
    const found = new Bits();
    if (leaf.kind !== 'compare') return found;
    const literal = comparableOf(leaf.value, this.#definition);
    const wanted = Buffer.from(String(literal));
    if (leaf.operator === 'co' && wanted.length > 0) await this.#search(wanted, within, found, slice);
    else {
      const test = compileOctetTest(leaf.operator, wanted);
      for (let entry = 0; entry < this.#entries;) {
        entry = this.#look(entry, test, within, found);
        if (slice.isOver) await slice.pause();
      }
    }
    return found;
  }

  /** Tests some entries one by one. */
  #look(first: number, test: ReturnType<typeof compileOctetTest>, within: Bits, found: Bits): number {
    const [octets, starts, slots] = [this.#octets, this.#starts, this.#slots];
    const end = Math.min(first + step, this.#entries);
    for (let entry = first; entry < end; entry += 1) {
      const slot = slots[entry] ?? gone;
      if (test(octets, starts[entry] ?? 0, (starts[entry + 1] ?? 0) - 1) && slot !== gone && within.has(slot)) found.add(slot);
    }
    return end;
  }

  /** Looks for octets anywhere: from one hit to the next while they are rare, entry by entry where they are not. */
  async #search(wanted: Buffer, within: Bits, found: Bits, slice: Slice): Promise<void> {
    const test = compileOctetTest('co', wanted);
    for (let entry = 0; entry < this.#entries;) {
      if (slice.isOver) await slice.pause();
      const [octets, from] = [this.#octets, this.#starts[entry] ?? 0];
      // A megabyte at a time: a search that finds nothing must end, too.
      const limit = Math.min(this.#used, Math.max(from + (1 << 20), this.#starts[entry + 1] ?? 0));
      const hit = octets.subarray(from, limit).indexOf(wanted);
      if (hit < 0) {
        if (limit === this.#used) return;
        entry = this.#entryAt(limit, entry);
        continue;
      }
      const next = this.#entryAt(from + hit, entry);
      const isRare = next - entry > 16;
      entry = isRare ? next + 1 : this.#look(entry, test, within, found);
      const slot = this.#slots[next] ?? gone;
      if (isRare && slot !== gone && within.has(slot)) found.add(slot);
    }
  }

  /** The entry that an octet belongs to. */
  #entryAt(offset: number, from: number): number {
    let [low, high] = [from, this.#entries - 1];
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #append(slot: number, octets: Buffer, at: number): void {
    // Room for the text in the worst case is not known before it is folded: most texts are plain and do not grow.
    let length = copyPlain(octets, at, this.#definition, (least) => {
      this.#octets = withOctets(this.#octets, this.#used + least + 1);
      return this.#octets.subarray(this.#used);
    });
    if (length < 0) {
      const text = comparableOf(parseAt(octets, at), this.#definition);
      if (typeof text !== 'string') return;
      if (!text.isWellFormed()) {
        this.irregular.add(slot);
        return;
      }
      this.#octets = withOctets(this.#octets, this.#used + Buffer.byteLength(text) + 1);
      length = this.#octets.write(text, this.#used);
    }
    this.#octets[this.#used + length] = separator;
    this.#used += length + 1;
    this.#slots = withRoom(this.#slots, this.#entries + 1);
    this.#slots[this.#entries] = slot;
    this.#entries += 1;
    this.#starts = withRoom(this.#starts, this.#entries + 1);
    this.#starts[this.#entries] = this.#used;
  }

  #forget(slot: number): void {
    this.irregular.delete(slot);
    const first = (this.#firsts[slot] ?? 0) - 1;
    if (first < 0) return;
    for (let entry = first; entry < this.#entries && this.#slots[entry] === slot; entry += 1) {
      this.#slots[entry] = gone;
      this.#gone += 1;
    }
    this.#firsts[slot] = 0;
  }
}
