// Texts of rows as UTF-8, one behind the other, found by slot: comparing them is comparing octets, which is by code points.
// No RFC.
import { withOctets, withRoom } from './numbers.ts';
import { compareOctets } from './octet-test.ts';

/** Octets of a text that are a part of it: as many as a number can hold. */
const partLength = 6;

export class PackedTexts {
  /** By slot: where its text begins, and how long it is. */
  #starts = new Uint32Array(0);
  #lengths = new Uint32Array(0);
  #octets = Buffer.allocUnsafeSlow(64);
  #used = 0;
  #unused = 0;
  /** Octets that all texts begin with, and a text that shows them. */
  #shared = -1;
  #sample = 0;

  get octets(): number {
    return this.#starts.byteLength + this.#lengths.byteLength + this.#octets.byteLength;
  }

  /** Much of it is of texts that were replaced: better begin anew. */
  get isWasteful(): boolean {
    return this.#unused > 1 << 16 && this.#unused * 2 > this.#used;
  }

  write(slot: number, text: string): void {
    this.place(Buffer.byteLength(text)).write(text);
    this.keep(slot, Buffer.byteLength(text));
  }

  copy(slot: number, source: Buffer, start: number, end: number): void {
    source.copy(this.place(end - start), 0, start, end);
    this.keep(slot, end - start);
  }

  /** Room for a text; `keep` makes it that of a row. */
  place(length: number): Buffer {
    this.#octets = withOctets(this.#octets, this.#used + length);
    return this.#octets.subarray(this.#used, this.#used + length);
  }

  keep(slot: number, length: number): void {
    this.#starts = withRoom(this.#starts, slot + 1);
    this.#lengths = withRoom(this.#lengths, slot + 1);
    this.#unused += this.#lengths[slot] ?? 0;
    this.#starts[slot] = this.#used;
    this.#lengths[slot] = length;
    this.#learn(this.#used, length);
    this.#used += length;
  }

  compare(a: number, b: number, others: PackedTexts = this): number {
    const [start, other] = [this.#starts[a] ?? 0, others.#starts[b] ?? 0];
    const [end, otherEnd] = [start + (this.#lengths[a] ?? 0), other + (others.#lengths[b] ?? 0)];
    return compareOctets(this.#octets, start, end, others.#octets, other, otherEnd);
  }

  /** A number for one part of a text, as `radixSort` wants it: behind its end there is 0, which is less than any octet of UTF-8 plus one. */
  partOf(slot: number, depth: number): number {
    const [start, end] = [this.#starts[slot] ?? 0, (this.#starts[slot] ?? 0) + (this.#lengths[slot] ?? 0)];
    const from = start + this.#shared + depth * partLength;
    let part = 0;
    for (let at = from; at < from + partLength; at += 1) part = part * 256 + (at < end ? (this.#octets[at] ?? 0) + 1 : 0);
    return part;
  }

  /** Whether a text ends inside that part. */
  isWhole(slot: number, depth: number): boolean {
    return (this.#lengths[slot] ?? 0) < this.#shared + (depth + 1) * partLength;
  }

  textOf(slot: number): string {
    const start = this.#starts[slot] ?? 0;
    return this.#octets.toString('utf8', start, start + (this.#lengths[slot] ?? 0));
  }

  #learn(start: number, length: number): void {
    if (this.#shared < 0) {
      this.#sample = start;
      this.#shared = length;
    }
    let shared = 0;
    const most = Math.min(this.#shared, length);
    while (shared < most && this.#octets[start + shared] === this.#octets[this.#sample + shared]) shared += 1;
    this.#shared = shared;
  }
}
