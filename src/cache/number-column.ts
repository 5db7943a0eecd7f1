// Numbers and points in time of an attribute, one per row.
// RFC 7643 sections 2.3.3 to 2.3.5.
import type { AttributeReference } from '../scim/path.ts';
import type { Attribute } from '../scim/schema.ts';
import { AttributeOctets, parseAt } from './attribute-octets.ts';
import { Bits } from './bits.ts';
import type { Column, Comparison, Leaf } from './column.ts';
import { microsecondsOf, readPlainInstant } from './instant.ts';
import { isNumberAt, isStringAt } from './json-octets.ts';
import { capacity } from './numbers.ts';
import type { Rows } from './rows.ts';
import type { Slice } from './slice.ts';

const absent = Number.NaN;

export class NumberColumn implements Column {
  readonly irregular = new Set<number>();
  readonly isWasteful = false;
  readonly #rows: Rows;
  readonly #attribute: AttributeOctets;
  readonly #definition: Attribute;
  readonly #isInstant: boolean;
  /** By slot; NaN where there is none. */
  #values = new Float64Array(0);

  constructor(rows: Rows, attribute: AttributeReference) {
    this.#rows = rows;
    this.#attribute = new AttributeOctets(attribute);
    this.#definition = attribute.sub ?? attribute.attribute;
    this.#isInstant = this.#definition.type === 'dateTime';
  }

  static accepts({ attribute, value }: Comparison): boolean {
    return readNumber(value, attribute.sub ?? attribute.attribute) !== undefined;
  }

  get octets(): number {
    return this.#values.byteLength;
  }

  replace(slot: number): void {
    this.irregular.delete(slot);
    if (slot >= this.#values.length) this.#grow(slot + 1);
    this.#values[slot] = absent;
    if (!this.#rows.live.has(slot)) return;
    let count = 0;
    this.#attribute.eachValue(this.#rows.body(slot), (octets, at) => {
      if (!this.#isExpectedAt(octets, at)) return;
      const plain = this.#isInstant ? readPlainInstant(octets, at) : undefined;
      const number = plain ?? readNumber(parseAt(octets, at), this.#definition);
      count += 1;
      if (number === undefined || count > 1) this.irregular.add(slot);
      else this.#values[slot] = number;
    });
  }

  async scan(leaf: Leaf, within: Bits, slice: Slice): Promise<Bits> {
    const found = new Bits();
    const literal = leaf.kind === 'compare' ? readNumber(leaf.value, this.#definition) : undefined;
    if (leaf.kind !== 'compare' || literal === undefined) return found;
    const { operator } = leaf;
    // NaN is in none of these ranges.
    const least = operator === 'eq' || operator === 'ge' || operator === 'gt' ? literal : -Infinity;
    const most = operator === 'eq' || operator === 'le' || operator === 'lt' ? literal : Infinity;
    const isOpen = operator === 'gt' || operator === 'lt';
    for (let slot = within.next(0), count = 0; slot >= 0; slot = within.next(slot + 1)) {
      const value = this.#values[slot] ?? absent;
      if (value >= least && value <= most && !(isOpen && value === literal)) found.add(slot);
      count += 1;
      if (count % 4096 === 0 && slice.isOver) await slice.pause();
    }
    return found;
  }

  /** Values of other types are equal to nothing, and in no range. */
  #isExpectedAt(octets: Buffer, at: number): boolean {
    return this.#isInstant ? isStringAt(octets, at) : isNumberAt(octets, at);
  }

  #grow(least: number): void {
    const grown = new Float64Array(capacity(least)).fill(absent);
    grown.set(this.#values);
    this.#values = grown;
  }
}

/** A number; an instant in microseconds, NaN where it is none, undefined where they are not exact. */
function readNumber(value: unknown, { type }: Attribute): number | undefined {
  if (type === 'dateTime') return typeof value === 'string' ? microsecondsOf(value) : undefined;
  return typeof value === 'number' ? value : undefined;
}
