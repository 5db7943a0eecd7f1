// The texts of an attribute in all rows, folded: as numbers for those that occur while few are different, else each row with its own.
// RFC 7644 section 3.4.2.2.
import { comparableOf } from '../scim/match.ts';
import type { AttributeReference } from '../scim/path.ts';
import type { Attribute } from '../scim/schema.ts';
import { AttributeOctets } from './attribute-octets.ts';
import { Bits } from './bits.ts';
import type { Column, Comparison, Leaf } from './column.ts';
import { isStringAt } from './json-octets.ts';
import { withOctets, withRoom } from './numbers.ts';
import { copyText } from './plain-text.ts';
import type { Rows } from './rows.ts';
import type { Slice } from './slice.ts';
import { separator, TextEntries } from './text-entries.ts';
import { WordCodes } from './word-codes.ts';

/** Slots that are looked at between two looks at the clock, 32 at once. */
const step = 1024;

export class TextColumn implements Column {
  readonly irregular = new Set<number>();
  readonly #rows: Rows;
  readonly #attribute: AttributeOctets;
  readonly #definition: Attribute;
  /** Undefined when there are too many. */
  #words: WordCodes | undefined = new WordCodes();
  /** The texts of each row where there are no words; by slot: its first entry + 1; those of one row stand together. 0 for none. */
  readonly #texts = new TextEntries();
  #firsts = new Uint32Array(0);
  #gone = 0;
  #scratch = Buffer.allocUnsafeSlow(256);

  constructor(rows: Rows, attribute: AttributeReference) {
    this.#rows = rows;
    this.#attribute = new AttributeOctets(attribute);
    this.#definition = attribute.sub ?? attribute.attribute;
  }

  static accepts({ attribute, value }: Comparison): boolean {
    const literal = comparableOf(value, attribute.sub ?? attribute.attribute);
    return typeof literal === 'string' && literal.isWellFormed();
  }

  get octets(): number {
    return this.#texts.octets + this.#firsts.byteLength + (this.#words?.octets ?? 0);
  }

  get isWasteful(): boolean {
    return this.#gone > 1024 && this.#gone * 2 > this.#texts.length;
  }

  replace(slot: number): void {
    const texts = this.#read(slot);
    if (this.#words?.set(slot, texts)) return;
    if (this.#words) this.#spread(this.#words);
    this.#put(slot, texts);
  }

  async scan(leaf: Leaf, within: Bits, slice: Slice): Promise<Bits> {
    const found = new Bits();
    if (leaf.kind !== 'compare') return found;
    const wanted = Buffer.from(String(comparableOf(leaf.value, this.#definition)));
    const visit = (slot: number): void => {
      if (within.has(slot)) found.add(slot);
    };
    const words = this.#words;
    if (!words) {
      await this.#texts.find(leaf.operator, wanted, visit, slice);
      return found;
    }
    const accepted = new Uint8Array(words.count + 1);
    let count = 0;
    const accept = (code: number): void => {
      accepted[code] = 1;
      count += 1;
    };
    await words.texts.find(leaf.operator, wanted, accept, slice);
    return count === 0 ? found : await selectAccepted(words, accepted, within, slice);
  }

  /** The texts of a row with a separator behind each; good until the next call. */
  #read(slot: number): Uint8Array {
    this.irregular.delete(slot);
    let used = 0;
    if (this.#rows.live.has(slot)) {
      this.#attribute.eachValue(this.#rows.body(slot), (octets, at) => {
        if (!isStringAt(octets, at)) return;
        const length = copyText(octets, at, this.#definition, (least) => {
          this.#scratch = withOctets(this.#scratch, used + least + 1);
          return this.#scratch.subarray(used);
        });
        if (length < 0) {
          this.irregular.add(slot);
          return;
        }
        used += length + 1;
        this.#scratch[used - 1] = separator;
      });
    }
    return this.#scratch.subarray(0, used);
  }

  #put(slot: number, texts: Uint8Array): void {
    const first = (this.#firsts[slot] ?? 0) - 1;
    if (first >= 0) this.#gone += this.#texts.forget(first);
    this.#firsts = withRoom(this.#firsts, slot + 1);
    this.#firsts[slot] = texts.length === 0 ? 0 : this.#texts.length + 1;
    this.#texts.append(slot, texts);
  }

  /** Each row gets its own texts. */
  #spread(words: WordCodes): void {
    this.#words = undefined;
    words.each((slot, texts) => this.#put(slot, texts));
  }
}

/** The rows whose lists of texts are accepted. */
async function selectAccepted(words: WordCodes, accepted: Uint8Array, within: Bits, slice: Slice): Promise<Bits> {
  const selected = within.words.slice();
  for (let from = 0; from < selected.length; from += step) {
    const { codes } = words;
    for (let word = from; word < Math.min(from + step, selected.length); word += 1) {
      const among = selected[word] ?? 0;
      if (among === 0) continue;
      let bits = 0;
      const slot = word * 32;
      for (let at = 0; at < 32; at += 1) bits |= (accepted[codes[slot + at] ?? 0] ?? 0) << at;
      selected[word] = among & bits;
    }
    if (slice.isOver) await slice.pause();
  }
  return new Bits(selected);
}
