// Which rows have true, and which have false, for an attribute of type boolean.
// RFC 7643 section 2.3.2.
import type { AttributeReference } from '../scim/path.ts';
import { AttributeOctets } from './attribute-octets.ts';
import { Bits } from './bits.ts';
import type { Column, Leaf } from './column.ts';
import type { Rows } from './rows.ts';

const [letterT, letterF] = [0x74, 0x66];

export class FlagColumn implements Column {
  readonly irregular: ReadonlySet<number> = new Set();
  readonly isWasteful = false;
  readonly #rows: Rows;
  readonly #attribute: AttributeOctets;
  readonly #set = new Bits();
  readonly #unset = new Bits();

  constructor(rows: Rows, attribute: AttributeReference) {
    this.#rows = rows;
    this.#attribute = new AttributeOctets(attribute);
  }

  get octets(): number {
    return this.#set.octets + this.#unset.octets;
  }

  replace(slot: number): void {
    this.#set.delete(slot);
    this.#unset.delete(slot);
    if (!this.#rows.live.has(slot)) return;
    this.#attribute.eachValue(this.#rows.body(slot), (octets, at) => {
      if (octets[at] === letterT) this.#set.add(slot);
      if (octets[at] === letterF) this.#unset.add(slot);
    });
  }

  async scan(leaf: Leaf, within: Bits): Promise<Bits> {
    const found = within.copy();
    found.intersect(leaf.kind === 'compare' && leaf.value === true ? this.#set : this.#unset);
    return found;
  }
}
