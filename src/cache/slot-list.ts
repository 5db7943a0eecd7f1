// Slots in some order, by place: a long list that stays as it is, slots left out of it, and others put in between.
// No RFC. Never changes: whoever holds one sees what was true when it was made.

/** What `Uint32Array` has, too. */
export interface Slots {
  readonly length: number;
  at(place: number): number | undefined;
}

/** Slots `start` to before `end` of an array. */
export interface Run {
  readonly slots: Uint32Array;
  readonly start: number;
  readonly end: number;
}

const none = new Uint32Array(0);

export class SlotList implements Slots {
  readonly base: Uint32Array;
  /** Places of the base that are left out, ascending. */
  readonly holes: Uint32Array;
  /** Slots put in between, in order, and before which place of the base each stands. */
  readonly added: Uint32Array;
  readonly places: Uint32Array;
  readonly length: number;

  constructor(base: Uint32Array, holes: Uint32Array = none, added: Uint32Array = none, places: Uint32Array = none) {
    this.base = base;
    this.holes = holes;
    this.added = added;
    this.places = places;
    this.length = base.length - holes.length + added.length;
  }

  at(place: number): number | undefined {
    if (place < 0 || place >= this.length) return undefined;
    const { added, places } = this;
    const before = firstOf(added.length, (at) => this.#kept(places[at] ?? 0) + at >= place);
    if (before < added.length && this.#kept(places[before] ?? 0) + before === place) return added[before];
    return this.base[this.placeOfKept(place - before)];
  }

  /** How many of the base are not left out. */
  get keptLength(): number {
    return this.base.length - this.holes.length;
  }

  /** The place in the base of what is the nth of it that is not left out; its length where there is none. */
  placeOfKept(nth: number): number {
    const { holes } = this;
    return nth + firstOf(holes.length, (at) => (holes[at] ?? 0) - at > nth);
  }

  /** All of it, piece by piece. */
  *runs(): Iterable<Run> {
    const { base, holes, added, places } = this;
    let [start, hole, put] = [0, 0, 0];
    for (;;) {
      const end = Math.min(holes[hole] ?? base.length, places[put] ?? base.length);
      if (end > start) yield { slots: base, start, end };
      const from = put;
      while (put < added.length && places[put] === end) put += 1;
      if (put > from) yield { slots: added, start: from, end: put };
      start = end;
      if (hole < holes.length && holes[hole] === end) {
        start = end + 1;
        hole += 1;
      } else if (end === base.length) return;
    }
  }

  toArray(): Uint32Array {
    const all = new Uint32Array(this.length);
    let at = 0;
    for (const { slots, start, end } of this.runs()) {
      all.set(slots.subarray(start, end), at);
      at += end - start;
    }
    return all;
  }

  /** How many before a place of the base are not left out. */
  #kept(place: number): number {
    return place - firstOf(this.holes.length, (at) => (this.holes[at] ?? 0) >= place);
  }
}

/** The first of so many numbers from 0 on for which something holds, as it does for all behind it; their count where it holds for none. */
export function firstOf(count: number, holds: (at: number) => boolean): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
