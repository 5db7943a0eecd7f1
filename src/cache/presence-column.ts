// Which rows have a value for an attribute.
// RFC 7644 section 3.4.2.2, `pr`.
import { compileFilter } from '../scim/match.ts';
import type { AttributeReference } from '../scim/path.ts';
import { AttributeOctets } from './attribute-octets.ts';
import { Bits } from './bits.ts';
import type { Column, Leaf } from './column.ts';
import { skipString } from './json-octets.ts';
import type { Body, Rows } from './rows.ts';

export class PresenceColumn implements Column {
  readonly irregular: ReadonlySet<number> = new Set();
  readonly isWasteful = false;
  readonly #rows: Rows;
  readonly #attribute: AttributeOctets;
  /** It is the value of an attribute, not of sub-attributes. */
  readonly #isWhole: boolean;
  readonly #isAssigned: ReturnType<typeof compileFilter>;
  readonly #present = new Bits();

  constructor(rows: Rows, attribute: AttributeReference) {
    this.#rows = rows;
    this.#attribute = new AttributeOctets(attribute);
    this.#isWhole = attribute.sub === undefined;
    this.#isAssigned = compileFilter({ kind: 'present', attribute });
  }

  get octets(): number {
    return this.#present.octets;
  }

  replace(slot: number): void {
    this.#present.set(slot, this.#rows.live.has(slot) && this.#isPresent(this.#rows.body(slot)));
  }

  async scan(_leaf: Leaf, within: Bits): Promise<Bits> {
    const found = within.copy();
    found.intersect(this.#present);
    return found;
  }

  #isPresent(body: Body): boolean {
    const at = this.#isWhole ? this.#attribute.findSingle(body) : -1;
    // A text is there as it is; of anything else it takes more to say.
    return at < 0 ? this.#isAssigned(this.#attribute.read(body)) : skipString(body.octets, at) > at + 2;
  }
}
