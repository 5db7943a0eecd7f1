// Numbers of names while all rows are read anew: off the heap, and much faster than asking the database for each.
// No RFC.
import { hashOctets, IdIndex } from '../cache/id-index.ts';

/** Octets of a chunk; a longer name has one for itself. */
const chunkSize = 1 << 20;

export class DraftNames {
  readonly #index = new IdIndex();
  readonly #chunks: Buffer[] = [];
  /** By number: the chunk, and where in it the name begins and ends. */
  #places = new Uint32Array(3 * 1024);
  #used = chunkSize;
  #count = 0;
  #scratch = Buffer.alloc(1024);

  find(name: string): number | undefined {
    return this.#find(this.#encode(name));
  }

  /** The number of a name, the next one for a new name. */
  number(name: string): number {
    const length = this.#encode(name);
    return this.#find(length) ?? this.#add(length);
  }

  #encode(name: string): number {
    if (this.#scratch.length < name.length * 3) this.#scratch = Buffer.alloc(name.length * 6);
    return this.#scratch.write(name);
  }

  #find(length: number): number | undefined {
    return this.#index.find(hashOctets(this.#scratch, length), (number) => {
      const [chunk, start, end] = this.#places.subarray(number * 3, number * 3 + 3);
      return this.#chunks[chunk ?? 0]?.compare(this.#scratch, 0, length, start, end) === 0;
    });
  }

  #add(length: number): number {
    const number = this.#count;
    if (this.#used + length > chunkSize) {
      this.#chunks.push(Buffer.allocUnsafeSlow(Math.max(chunkSize, length)));
      this.#used = 0;
    }
    const last = this.#chunks.length - 1;
    this.#scratch.copy(this.#chunks[last] ?? this.#scratch, this.#used, 0, length);
    if (this.#places.length < (number + 1) * 3) {
      const grown = new Uint32Array(this.#places.length * 2);
      grown.set(this.#places);
      this.#places = grown;
    }
    this.#places.set([last, this.#used, this.#used + length], number * 3);
    this.#used += length;
    this.#count += 1;
    this.#index.add(number, hashOctets(this.#scratch, length));
    return number;
  }
}
