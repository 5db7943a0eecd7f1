// A set of slots, one bit each.
// No RFC.

export class Bits {
  #words: Uint32Array;

  constructor(words = new Uint32Array(0)) {
    this.#words = words;
  }

  static of(slots: Iterable<number>): Bits {
    const bits = new Bits();
    for (const slot of slots) bits.add(slot);
    return bits;
  }

  /** The set of all bits of these words: for loops that look at 32 slots at once. */
  get words(): Uint32Array {
    return this.#words;
  }

  get octets(): number {
    return this.#words.byteLength;
  }

  has(slot: number): boolean {
    const word = this.#words[slot >>> 5];
    return word !== undefined && ((word >>> (slot & 31)) & 1) === 1;
  }

  add(slot: number): void {
    const at = slot >>> 5;
    if (at >= this.#words.length) this.#grow(at + 1);
    this.#words[at] = (this.#words[at] ?? 0) | (1 << (slot & 31));
  }

  delete(slot: number): void {
    const at = slot >>> 5;
    if (at < this.#words.length) this.#words[at] = (this.#words[at] ?? 0) & ~(1 << (slot & 31));
  }

  set(slot: number, isIn: boolean): void {
    if (isIn) this.add(slot);
    else this.delete(slot);
  }

  get size(): number {
    let count = 0;
    for (let at = 0; at < this.#words.length; at += 1) count += countOnes(this.#words[at] ?? 0);
    return count;
  }

  get isEmpty(): boolean {
    return this.#words.every((word) => word === 0);
  }

  /** The first slot of the set from this one on; -1 for none. */
  next(from: number): number {
    let at = from >>> 5;
    if (at >= this.#words.length) return -1;
    let word = (this.#words[at] ?? 0) & (-1 << (from & 31));
    while (word === 0) {
      at += 1;
      if (at >= this.#words.length) return -1;
      word = this.#words[at] ?? 0;
    }
    return at * 32 + (31 - Math.clz32(word & -word));
  }

  *[Symbol.iterator](): Iterator<number> {
    for (let slot = this.next(0); slot >= 0; slot = this.next(slot + 1)) yield slot;
  }

  copy(): Bits {
    return new Bits(this.#words.slice());
  }

  /** Adds all that is in another set. */
  unite(other: Bits): void {
    if (other.#words.length > this.#words.length) this.#grow(other.#words.length);
    for (let at = 0; at < other.#words.length; at += 1) this.#words[at] = (this.#words[at] ?? 0) | (other.#words[at] ?? 0);
  }

  /** Removes what is not in another set. */
  intersect(other: Bits): void {
    for (let at = 0; at < this.#words.length; at += 1) this.#words[at] = (this.#words[at] ?? 0) & (other.#words[at] ?? 0);
  }

  /** Removes what is in another set. */
  subtract(other: Bits): void {
    const shared = Math.min(this.#words.length, other.#words.length);
    for (let at = 0; at < shared; at += 1) this.#words[at] = (this.#words[at] ?? 0) & ~(other.#words[at] ?? 0);
  }

  #grow(least: number): void {
    const grown = new Uint32Array(Math.max(least, this.#words.length * 2, 4));
    grown.set(this.#words);
    this.#words = grown;
  }
}

function countOnes(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const quads = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((quads + (quads >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
