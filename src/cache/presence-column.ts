// Which rows have a value for an attribute.
// RFC 7644 section 3.4.2.2, `pr`.
import { compileFilter } from '../scim/match.ts';
import type { AttributeReference } from '../scim/path.ts';
import { AttributeOctets } from './attribute-octets.ts';
import { Bits } from './bits.ts';
import type { Column, Leaf } from './column.ts';
import type { Rows } from './rows.ts';

export class PresenceColumn implements Column {
  readonly irregular: ReadonlySet<number> = new Set();
  readonly isWasteful = false;
  readonly #rows: Rows;
  readonly #attribute: AttributeOctets;
  readonly #isAssigned: ReturnType<typeof compileFilter>;
  readonly #present = new Bits();

  constructor(rows: Rows, attribute: AttributeReference) {
    this.#rows = rows;
    this.#attribute = new AttributeOctets(attribute);
    this.#isAssigned = compileFilter({ kind: 'present', attribute });
  }

  get octets(): number {
    return this.#present.octets;
  }

  replace(slot: number): void {
    this.#present.set(slot, this.#rows.live.has(slot) && this.#isAssigned(this.#attribute.read(this.#rows.body(slot))));
  }

  async scan(_leaf: Leaf, within: Bits): Promise<Bits> {
    const found = within.copy();
    found.intersect(this.#present);
    return found;
  }
}
