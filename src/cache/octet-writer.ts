// Octets written one piece after the other, without a piece becoming an object of its own.
// No RFC.
import { withOctets } from './numbers.ts';

const smallest = 1 << 16;
/** More is not kept for the next time. */
const largest = 1 << 22;

export class OctetWriter {
  #octets = Buffer.allocUnsafeSlow(smallest);
  #length = 0;

  copy(source: Buffer, start: number, end: number): void {
    this.#octets = withOctets(this.#octets, this.#length + end - start);
    source.copy(this.#octets, this.#length, start, end);
    this.#length += end - start;
  }

  write(text: string): void {
    this.#octets = withOctets(this.#octets, this.#length + text.length * 3);
    this.#length += this.#octets.write(text, this.#length);
  }

  /** Writes over what is there. */
  replace(at: number, text: string): void {
    this.#octets.write(text, at);
  }

  /** Takes back what is beyond a length. */
  cut(length: number): void {
    this.#length = length;
  }

  get length(): number {
    return this.#length;
  }

  /** What was written; good until `clear`. */
  get written(): Buffer {
    return this.#octets.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
    if (this.#octets.length > largest) this.#octets = Buffer.allocUnsafeSlow(smallest);
  }
}
