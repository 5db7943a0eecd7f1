// Which slot has an id: open addressing over hashes, so that nothing is kept on the heap; in segments, so that none grows for long.
// No RFC.
import { withRoom } from './numbers.ts';

/** As many as the leading bits of a hash can tell apart. */
const segmentBits = 10;
const fewestPlaces = 8;

/** Slot + 1 at the place that the rest of the hash names or behind it; 0 where nothing is. A power of two long. */
interface Segment {
  places: Uint32Array;
  size: number;
}

export class IdIndex {
  readonly #segments: (Segment | undefined)[] = Array.from({ length: 1 << segmentBits }, () => undefined);
  #hashes = new Uint32Array(0);
  /** Octets of all places. */
  #held = 0;

  get octets(): number {
    return this.#held + this.#hashes.byteLength;
  }

  add(slot: number, hash: number): void {
    const segment = this.#segmentFor(hash);
    if ((segment.size + 1) * 2 > segment.places.length) this.#rehash(segment);
    this.#hashes = withRoom(this.#hashes, slot + 1);
    this.#hashes[slot] = hash;
    segment.size += 1;
    insert(segment.places, slot, hash);
  }

  delete(slot: number): void {
    const segment = this.#segments[segmentOf(this.#hashes[slot] ?? 0)];
    if (!segment) return;
    const { places } = segment;
    const mask = places.length - 1;
    let hole = (this.#hashes[slot] ?? 0) & mask;
    while (places[hole] !== slot + 1) {
      if (places[hole] === 0) return;
      hole = (hole + 1) & mask;
    }
    segment.size -= 1;
    // What stands behind moves up unless it would then stand before the place that its hash names.
    for (let at = (hole + 1) & mask; places[at] !== 0; at = (at + 1) & mask) {
      const home = (this.#hashes[(places[at] ?? 1) - 1] ?? 0) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      places[hole] = places[at] ?? 0;
      hole = at;
    }
    places[hole] = 0;
  }

  /** The slot of that hash for which `matches` holds. */
  find(hash: number, matches: (slot: number) => boolean): number | undefined {
    const { places } = this.#segments[segmentOf(hash)] ?? {};
    if (!places) return undefined;
    const mask = places.length - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const slot = (places[at] ?? 0) - 1;
      if (slot < 0) return undefined;
      if (this.#hashes[slot] === hash && matches(slot)) return slot;
    }
  }

  #segmentFor(hash: number): Segment {
    let segment = this.#segments[segmentOf(hash)];
    if (!segment) {
      segment = { places: new Uint32Array(fewestPlaces), size: 0 };
      this.#segments[segmentOf(hash)] = segment;
      this.#held += segment.places.byteLength;
    }
    return segment;
  }

  #rehash(segment: Segment): void {
    const places = new Uint32Array(segment.places.length * 2);
    for (const place of segment.places) if (place !== 0) insert(places, place - 1, this.#hashes[place - 1] ?? 0);
    this.#held += places.byteLength - segment.places.byteLength;
    segment.places = places;
  }
}

function segmentOf(hash: number): number {
  return hash >>> (32 - segmentBits);
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
