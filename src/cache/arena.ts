// Records of octets off the heap: appended to chunks, moved together when much of a chunk is dead.
// No RFC. A record begins with two words: its length in octets (a multiple of 8), and the slot of its row.

/** Addresses count units of 8 octets: 18 bits inside the chunk, the number of the chunk above them, 32 GiB in all. */
const unitBits = 18;
const unitMask = (1 << unitBits) - 1;
const largestChunk = 8 << unitBits;
const smallestChunk = 1 << 14;
/** Share of dead octets above which records are moved. */
const tolerated = 0.15;
/** Chunks that are emptied without a pause. */
const atOnce = 4;

export interface Chunk {
  readonly octets: Buffer;
  readonly words: Uint32Array<ArrayBuffer>;
  /** Octets in use, and those of them whose records are gone. */
  used: number;
  dead: number;
}

export class Arena {
  readonly #chunks: (Chunk | undefined)[] = [];
  /** Chunks that nothing is in any more, but that somebody may still read from. */
  readonly #dropped: Chunk[] = [];
  #current = -1;
  #held = 0;
  #dead = 0;

  /** Octets held, dead and unused ones included. */
  get octets(): number {
    return this.#held;
  }

  chunkOf(address: number): Chunk {
    const chunk = this.#chunks[address >>> unitBits];
    if (!chunk) throw new RangeError('no such record');
    return chunk;
  }

  /** Where a record begins in its chunk, in octets. */
  offsetOf(address: number): number {
    return (address & unitMask) * 8;
  }

  /** The address of a new record, whose length and slot are set. */
  allocate(length: number, slot: number): number {
    const size = Math.ceil(length / 8) * 8;
    let chunk = this.#chunks[this.#current];
    if (!chunk || chunk.octets.length - chunk.used < size) chunk = this.#addChunk(size);
    const offset = chunk.used;
    chunk.used += size;
    chunk.words[offset / 4] = size;
    chunk.words[offset / 4 + 1] = slot;
    return ((this.#current << unitBits) | (offset / 8)) >>> 0;
  }

  /** What was read of the record before is good until `compact`. */
  free(address: number): void {
    const chunk = this.chunkOf(address);
    const size = chunk.words[this.offsetOf(address) / 4] ?? 0;
    chunk.dead += size;
    this.#dead += size;
    const number = address >>> unitBits;
    if (chunk.dead === chunk.used && number !== this.#current) this.#drop(number, chunk);
  }

  /**
   * Empties the chunks with the most dead octets, a few at a time, if there are many dead ones in all.
   * @param isAt whether the record of that slot is at that address: it is alive
   * @param onMoved is told where it is now
   */
  compact(isAt: (slot: number, address: number) => boolean, onMoved: (slot: number, address: number) => void): void {
    for (let count = 0; count < atOnce && this.#dead > tolerated * this.#held + smallestChunk; count += 1) {
      const worst = this.#worstChunk();
      if (worst < 0) break;
      this.#empty(worst, isAt, onMoved);
    }
    this.#giveBack();
  }

  /** Gives everything back: nothing can be read from it afterwards. */
  release(): void {
    for (const [number, chunk] of this.#chunks.entries()) if (chunk) this.#drop(number, chunk);
    this.#current = -1;
    this.#giveBack();
  }

  #worstChunk(): number {
    let worst = -1;
    for (const [at, chunk] of this.#chunks.entries())
      if (chunk && at !== this.#current && chunk.dead > (this.#chunks[worst]?.dead ?? 0)) worst = at;
    return worst;
  }

  #empty(number: number, isAt: (slot: number, address: number) => boolean, onMoved: (slot: number, address: number) => void): void {
    const chunk = this.#chunks[number];
    if (!chunk) return;
    for (let offset = 0; offset < chunk.used && chunk.dead < chunk.used; offset += chunk.words[offset / 4] ?? chunk.used) {
      const [size, slot] = [chunk.words[offset / 4] ?? 0, chunk.words[offset / 4 + 1] ?? 0];
      if (!isAt(slot, ((number << unitBits) | (offset / 8)) >>> 0)) continue;
      const address = this.allocate(size, slot);
      chunk.octets.copy(this.chunkOf(address).octets, this.offsetOf(address), offset, offset + size);
      onMoved(slot, address);
    }
    this.#drop(number, chunk);
  }

  #drop(number: number, chunk: Chunk): void {
    this.#chunks[number] = undefined;
    this.#held -= chunk.octets.length;
    this.#dead -= chunk.dead;
    this.#dropped.push(chunk);
  }

  /** At once: the collector would come round to it late, as little as the heap grows by it. */
  #giveBack(): void {
    for (const { words } of this.#dropped.splice(0)) words.buffer.transfer(0);
  }

  /** Chunks grow with what is held, so that a small directory takes little room. */
  #addChunk(least: number): Chunk {
    const size = Math.max(least, Math.min(largestChunk, Math.max(smallestChunk, 2 ** Math.floor(Math.log2(this.#held + 1)))));
    const free = this.#chunks.indexOf(undefined);
    this.#current = free === -1 ? this.#chunks.length : free;
    if (this.#current >= 1 << (32 - unitBits)) throw new RangeError('the snapshot is full');
    const octets = Buffer.allocUnsafeSlow(size);
    const chunk = { octets, words: new Uint32Array(octets.buffer), used: 0, dead: 0 };
    this.#chunks[this.#current] = chunk;
    this.#held += size;
    return chunk;
  }
}
