// Octets written one piece after the other, without a piece becoming an object of its own.
// No RFC.
import { withOctets } from './numbers.ts';

export class OctetWriter {
  #octets = Buffer.allocUnsafeSlow(1 << 16);
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

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** What was written, which is then forgotten. */
  take(): Buffer {
    const taken = Buffer.allocUnsafeSlow(this.#length);
    this.#octets.copy(taken, 0, 0, this.#length);
    this.#length = 0;
    // Nothing large is kept for the next one.
    if (this.#octets.length > 1 << 22) this.#octets = Buffer.allocUnsafeSlow(1 << 16);
    return taken;
  }
}
