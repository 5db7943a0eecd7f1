// Which slot has an id: open addressing over hashes, so that nothing is kept on the heap.
// No RFC.
import { withRoom } from './numbers.ts';

export class IdIndex {
  /** Slot + 1 at the place that the hash names or behind it; 0 where nothing is. A power of two long. */
  #places = new Uint32Array(16);
  #hashes = new Uint32Array(0);
  #size = 0;

  get octets(): number {
    return this.#places.byteLength + this.#hashes.byteLength;
  }

  add(slot: number, hash: number): void {
    if ((this.#size + 1) * 2 > this.#places.length) this.#rehash();
    this.#hashes = withRoom(this.#hashes, slot + 1);
    this.#hashes[slot] = hash;
    this.#size += 1;
    insert(this.#places, slot, hash);
  }

  delete(slot: number): void {
    const mask = this.#places.length - 1;
    let hole = (this.#hashes[slot] ?? 0) & mask;
    while (this.#places[hole] !== slot + 1) {
      if (this.#places[hole] === 0) return;
      hole = (hole + 1) & mask;
    }
    this.#size -= 1;
    // What stands behind moves up unless it would then stand before the place that its hash names.
    for (let at = (hole + 1) & mask; this.#places[at] !== 0; at = (at + 1) & mask) {
      const home = (this.#hashes[(this.#places[at] ?? 1) - 1] ?? 0) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      this.#places[hole] = this.#places[at] ?? 0;
      hole = at;
    }
    this.#places[hole] = 0;
  }

  /** The slot of that hash for which `matches` holds. */
  find(hash: number, matches: (slot: number) => boolean): number | undefined {
    const mask = this.#places.length - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const slot = (this.#places[at] ?? 0) - 1;
      if (slot < 0) return undefined;
      if (this.#hashes[slot] === hash && matches(slot)) return slot;
    }
  }

  #rehash(): void {
    const places = new Uint32Array(this.#places.length * 2);
    for (const place of this.#places) if (place !== 0) insert(places, place - 1, this.#hashes[place - 1] ?? 0);
    this.#places = places;
  }
}

function insert(places: Uint32Array, slot: number, hash: number): void {
  const mask = places.length - 1;
  let at = hash & mask;
  while (places[at] !== 0) at = (at + 1) & mask;
  places[at] = slot + 1;
}

/** FNV-1a with a final mix. */
export function hashOctets(octets: Uint8Array, length: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < length; at += 1) hash = Math.imul(hash ^ (octets[at] ?? 0), 0x01000193);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
