// What rows are sorted by, of every row, kept so that rows compare without being read.
// RFC 7644 section 3.4.2.3; which value counts, and how much of a text, is for `compilePosition` to say.
import { type Comparable, compareSortKeys, compilePosition, type Order } from '../scim/match.ts';
import { type Attribute, findAttribute, type JsonObject } from '../scim/schema.ts';
import { capacity } from './numbers.ts';
import { instantAt, microsecondsIn, readPlainInstant } from './instant.ts';
import { mergeSort } from './merge-sort.ts';
import { PackedTexts } from './packed-texts.ts';
import { copyPlain } from './plain-text.ts';
import { radixSort } from './radix-sort.ts';
import type { Slice } from './slice.ts';

/** How the attribute that is sorted by is read. */
export interface KeyReader {
  /** It, and nothing else, of a row. */
  read(slot: number): JsonObject;
  /** Where its only value begins in octets; undefined where it may have several, or none that is there as it is. */
  find(slot: number): { readonly octets: Buffer; readonly at: number } | undefined;
}

type Form = 'text' | 'number' | 'boolean' | 'instant';

const [absent, kept, odd] = [0, 1, 2];
/** Characters that `compilePosition` leaves whole. */
const longest = 500;

export class SortKeys {
  readonly #positionOf: ReturnType<typeof compilePosition>;
  readonly #reader: KeyReader;
  readonly #definition: Attribute;
  readonly #form: Form;
  /** By slot: whether a key is kept, or is among the odd. */
  #states = new Uint8Array(0);
  readonly #texts = new PackedTexts();
  #values = new Float64Array(0);
  /** Keys of another type than the attribute, and those that the packed form cannot say. */
  readonly #odd = new Map<number, Comparable>();

  constructor(order: Order, reader: KeyReader) {
    this.#positionOf = compilePosition(order);
    this.#reader = reader;
    const { attribute, sub } = order.attribute;
    this.#definition = sub ?? findAttribute(attribute.subAttributes, 'value') ?? attribute;
    this.#form = formOf(this.#definition);
  }

  get octets(): number {
    return this.#states.byteLength + this.#values.byteLength + this.#texts.octets;
  }

  /** Much of it is of rows that are gone: better begin anew. */
  get isWasteful(): boolean {
    return this.#texts.isWasteful;
  }

  /** Reads the key of a row again. */
  replace(slot: number): void {
    this.#odd.delete(slot);
    if (slot >= this.#states.length) this.#grow(slot + 1);
    this.#states[slot] = kept;
    if (this.#keepPlain(slot)) return;
    const { key } = this.#positionOf(this.#reader.read(slot));
    if (key === undefined) this.#states[slot] = absent;
    else if (!this.#keep(slot, key)) {
      this.#odd.set(slot, key);
      this.#states[slot] = odd;
    }
  }

  /**
   * Ascending, missing keys last; 0 for equal ones.
   * @param others where the key of b is, if not here
   */
  compare(a: number, b: number, others: SortKeys = this): number {
    const [left, right] = [this.#states[a] ?? absent, others.#states[b] ?? absent];
    if (left === absent || right === absent) return Number(left === absent) - Number(right === absent);
    if (left === odd || right === odd || this.#form !== others.#form) return compareSortKeys(keyed(this.keyOf(a)), keyed(others.keyOf(b)));
    if (this.#form === 'text') return this.#texts.compare(a, b, others.#texts);
    return (this.#values[a] ?? 0) - (others.#values[b] ?? 0);
  }

  /**
   * Slots by their keys, and where these are equal, by rank.
   * @param ranks by slot
   */
  async sort(slots: Uint32Array, ranks: Uint32Array, slice: Slice): Promise<Uint32Array> {
    const compare = (a: number, b: number): number => this.compare(a, b) || (ranks[a] ?? 0) - (ranks[b] ?? 0);
    if (this.#odd.size > 0) return await mergeSort(slots, compare, slice);
    // Behind the key the rank is one part more.
    const isBehind = (slot: number, depth: number): boolean => depth > 0 && this.#isWhole(slot, depth - 1);
    const partOf = (slot: number, depth: number): number => (isBehind(slot, depth) ? (ranks[slot] ?? 0) : this.#partOf(slot, depth));
    return await radixSort(slots, { compare, partOf, isWhole: isBehind }, slice);
  }

  keyOf(slot: number): Comparable | undefined {
    const state = this.#states[slot] ?? absent;
    if (state !== kept) return this.#odd.get(slot);
    const value = this.#values[slot] ?? 0;
    switch (this.#form) {
      case 'text':
        return this.#texts.textOf(slot);
      case 'number':
        return value;
      case 'boolean':
        return value === 1;
      case 'instant':
        return instantAt(value);
    }
  }

  #partOf(slot: number, depth: number): number {
    if ((this.#states[slot] ?? absent) === absent) return Infinity;
    return this.#form === 'text' ? this.#texts.partOf(slot, depth) : (this.#values[slot] ?? 0);
  }

  #isWhole(slot: number, depth: number): boolean {
    return this.#form !== 'text' || (this.#states[slot] ?? absent) === absent || this.#texts.isWhole(slot, depth);
  }

  /** Whether the key could be taken from the octets as they are. */
  #keepPlain(slot: number): boolean {
    const found = this.#reader.find(slot);
    if (!found) return false;
    const { octets, at } = found;
    if (this.#form === 'instant') {
      const value = readPlainInstant(octets, at);
      if (value !== undefined) this.#values[slot] = value;
      return value !== undefined;
    }
    const length = copyPlain(octets, at, this.#definition, (least) => this.#texts.place(least));
    if (length < 0 || length > longest) return false;
    this.#texts.keep(slot, length);
    return true;
  }

  #keep(slot: number, key: Comparable): boolean {
    if (typeof key === 'string') {
      if (this.#form === 'text' && key.isWellFormed()) {
        this.#texts.write(slot, key);
        return true;
      }
      const seconds = this.#form === 'instant' ? microsecondsIn(key) : undefined;
      if (seconds !== undefined) this.#values[slot] = seconds;
      return seconds !== undefined;
    }
    if (typeof key === this.#form) this.#values[slot] = Number(key);
    return typeof key === this.#form;
  }

  #grow(least: number): void {
    const [states, values] = [new Uint8Array(capacity(least)), new Float64Array(this.#form === 'text' ? 0 : capacity(least))];
    states.set(this.#states);
    values.set(this.#values);
    [this.#states, this.#values] = [states, values];
  }
}

function formOf({ type }: Attribute): Form {
  if (type === 'integer' || type === 'decimal') return 'number';
  if (type === 'dateTime') return 'instant';
  return type === 'boolean' ? 'boolean' : 'text';
}

function keyed(key: Comparable | undefined): { readonly key?: Comparable; readonly id: string } {
  return key === undefined ? { id: '' } : { key, id: '' };
}
