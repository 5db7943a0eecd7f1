// Which rows may have a text as a value of an attribute: open addressing over hashes, in segments so that each grows by itself and quickly.
// No RFC. What it names is looked at again: rows that had the text before, or another one of the same hash, may be among them.
import { comparableOf } from '../scim/match.ts';
import type { AttributeReference } from '../scim/path.ts';
import type { Attribute, Json } from '../scim/schema.ts';
import { AttributeOctets } from './attribute-octets.ts';
import { Bits } from './bits.ts';
import { hashOctets } from './id-index.ts';
import { isStringAt } from './json-octets.ts';
import { withOctets } from './numbers.ts';
import { copyText } from './plain-text.ts';
import type { Rows } from './rows.ts';

/** Rows that a segment is meant for. */
const segmentRows = 512;
const [fewestSegments, mostSegments] = [1, 1 << 14];
/** Rows that are remembered of one hash: of what more have, nothing is known but that. */
const mostAlike = 64;
/** Octets of a segment beside its pairs, about. */
const segmentOverhead = 192;
/** In place of a slot: too many have that hash. */
const crowded = 0xffffffff;

/** Pairs of a hash and a slot + 1; 0 where nothing is. */
interface Segment {
  pairs: Uint32Array;
  used: number;
}

export class KeyIndex {
  readonly #rows: Rows;
  readonly #attribute: AttributeOctets;
  readonly #definition: Attribute;
  readonly #segments: Segment[];
  /** Octets of all segments. */
  #held: number;
  #scratch = Buffer.allocUnsafeSlow(256);
  /** Slots whose values are in it, and how much was put in for slots that were not, and for others. */
  readonly #known = new Bits();
  #first = 0;
  #again = 0;

  constructor(rows: Rows, attribute: AttributeReference) {
    this.#rows = rows;
    this.#attribute = new AttributeOctets(attribute);
    this.#definition = attribute.sub ?? attribute.attribute;
    const count = Math.min(mostSegments, Math.max(fewestSegments, Math.ceil(rows.size / segmentRows)));
    this.#segments = Array.from({ length: count }, () => ({ pairs: new Uint32Array(8), used: 0 }));
    this.#held = count * (8 * 4 + segmentOverhead);
  }

  get octets(): number {
    return this.#held + this.#known.octets;
  }

  /** Much of it is of values that are gone: better begin anew. */
  get isWasteful(): boolean {
    return this.#again > 1024 && this.#again > this.#first;
  }

  /** Reads again what a row holds. */
  replace(slot: number): void {
    const isKnown = this.#known.has(slot);
    const isLive = this.#rows.live.has(slot);
    this.#known.set(slot, isLive);
    if (isKnown && !isLive) this.#again += 1;
    if (!isLive) return;
    this.#attribute.eachValue(this.#rows.body(slot), (octets, at) => {
      if (!isStringAt(octets, at)) return;
      const length = copyText(octets, at, this.#definition, (least) => (this.#scratch = withOctets(this.#scratch, least)));
      if (length < 0 || !this.#add(hashOctets(this.#scratch, length), slot)) return;
      if (isKnown) this.#again += 1;
      else this.#first += 1;
    });
  }

  /** Slots among which are all that have that value; undefined where there are many, or where this cannot be known. */
  find(value: Json): readonly number[] | undefined {
    const text = comparableOf(value, this.#definition);
    if (typeof text !== 'string' || !text.isWellFormed()) return undefined;
    const octets = Buffer.from(text);
    const hash = hashOctets(octets, octets.length);
    const { pairs } = this.#segmentOf(hash);
    const found: number[] = [];
    for (let at = homeOf(hash, pairs); pairs[at + 1] !== 0; at = nextOf(at, pairs)) {
      if (pairs[at] !== hash) continue;
      if (pairs[at + 1] === crowded) return undefined;
      found.push((pairs[at + 1] ?? 0) - 1);
    }
    return found;
  }

  /** Whether it was not in it. */
  #add(hash: number, slot: number): boolean {
    const segment = this.#segmentOf(hash);
    const { pairs } = segment;
    let [at, alike, first] = [homeOf(hash, pairs), 0, -1];
    for (; pairs[at + 1] !== 0; at = nextOf(at, pairs)) {
      if (pairs[at] !== hash) continue;
      if (pairs[at + 1] === slot + 1 || pairs[at + 1] === crowded) return false;
      if (first < 0) first = at;
      alike += 1;
    }
    if (alike === mostAlike) {
      pairs[first + 1] = crowded;
      return true;
    }
    pairs[at] = hash;
    pairs[at + 1] = slot + 1;
    segment.used += 1;
    // At most four of five pairs are used.
    if (segment.used * 10 > pairs.length * 4) {
      segment.pairs = grow(pairs);
      this.#held += segment.pairs.byteLength - pairs.byteLength;
    }
    return true;
  }

  #segmentOf(hash: number): Segment {
    const segment = this.#segments[((hash >>> 16) * this.#segments.length) >>> 16];
    if (!segment) throw new RangeError('no such segment');
    return segment;
  }
}

/** Where a pair of that hash is looked for first. */
function homeOf(hash: number, { length }: Uint32Array): number {
  return 2 * Math.floor(((hash & 0xffff) * (length / 2)) / 0x10000);
}

function nextOf(at: number, { length }: Uint32Array): number {
  return at + 2 === length ? 0 : at + 2;
}

function grow(pairs: Uint32Array): Uint32Array {
  const grown = new Uint32Array(2 * Math.ceil(pairs.length * 0.75));
  for (let from = 0; from < pairs.length; from += 2) {
    const [hash, slot] = [pairs[from] ?? 0, pairs[from + 1] ?? 0];
    if (slot === 0) continue;
    let at = homeOf(hash, grown);
    while (grown[at + 1] !== 0) at = nextOf(at, grown);
    grown[at] = hash;
    grown[at + 1] = slot;
  }
  return grown;
}
