// A number for each list of texts that rows have for an attribute, while few are different: what is true of a list is found out once.
// No RFC.
import { hashOctets } from './id-index.ts';
import { capacity, withRoom } from './numbers.ts';
import { TextEntries } from './text-entries.ts';

/** Lists that can be told apart. */
const most = 0x7fff;
/** Codes that one octet holds. */
const small = 0xff;

export class WordCodes {
  /** The texts of each list, owned by its code. */
  readonly texts = new TextEntries();
  /** By slot; 0 for a row without texts. */
  #codes: Uint8Array | Uint16Array = new Uint8Array(64);
  /** By code: the first entry of its texts, and the hash of them. */
  #firsts = new Uint32Array(1);
  #hashes = new Uint32Array(1);
  /** Codes at the places that hashes name or behind them; 0 where nothing is. A power of two long. */
  #places = new Uint16Array(64);
  #count = 0;

  get octets(): number {
    const { byteLength } = this.#codes;
    return this.texts.octets + byteLength + this.#firsts.byteLength + this.#hashes.byteLength + this.#places.byteLength;
  }

  /** How many lists there are, numbered from 1 on. */
  get count(): number {
    return this.#count;
  }

  /** By slot; as long as a multiple of 32. */
  get codes(): Uint8Array | Uint16Array {
    return this.#codes;
  }

  /** Notes what a row has: texts with a separator behind each. Whether there was a number left for it. */
  set(slot: number, texts: Uint8Array): boolean {
    const code = texts.length === 0 ? 0 : this.#codeOf(texts);
    if (code > most) return false;
    if (slot >= this.#codes.length || (code > small && this.#codes.BYTES_PER_ELEMENT === 1)) this.#grow(slot, code);
    this.#codes[slot] = code;
    return true;
  }

  /** Calls `visit` with every row that has texts, and those. */
  each(visit: (slot: number, texts: Uint8Array) => void): void {
    for (let slot = 0; slot < this.#codes.length; slot += 1) {
      const code = this.#codes[slot] ?? 0;
      if (code > 0) visit(slot, this.texts.textsAt(this.#firsts[code] ?? 0));
    }
  }

  #codeOf(texts: Uint8Array): number {
    const hash = hashOctets(texts, texts.length);
    const mask = this.#places.length - 1;
    let at = hash & mask;
    for (; this.#places[at] !== 0; at = (at + 1) & mask) {
      const code = this.#places[at] ?? 0;
      if (this.#hashes[code] === hash && Buffer.compare(this.texts.textsAt(this.#firsts[code] ?? 0), texts) === 0) return code;
    }
    if (this.#count === most) return most + 1;
    this.#count += 1;
    this.#firsts = withRoom(this.#firsts, this.#count + 1);
    this.#hashes = withRoom(this.#hashes, this.#count + 1);
    this.#firsts[this.#count] = this.texts.length;
    this.#hashes[this.#count] = hash;
    this.texts.append(this.#count, texts);
    this.#places[at] = this.#count;
    if (this.#count * 2 > this.#places.length) this.#rehash();
    return this.#count;
  }

  #rehash(): void {
    const places = new Uint16Array(this.#places.length * 2);
    const mask = places.length - 1;
    for (let code = 1; code <= this.#count; code += 1) {
      let at = (this.#hashes[code] ?? 0) & mask;
      while (places[at] !== 0) at = (at + 1) & mask;
      places[at] = code;
    }
    this.#places = places;
  }

  #grow(slot: number, code: number): void {
    const length = slot < this.#codes.length ? this.#codes.length : Math.ceil(capacity(slot + 1) / 32) * 32;
    const grown = code > small || this.#codes.BYTES_PER_ELEMENT > 1 ? new Uint16Array(length) : new Uint8Array(length);
    grown.set(this.#codes);
    this.#codes = grown;
  }
}
