// The rows that a query found, in order, and where each stands in it.
// RFC 7644 section 3.4.2.3; RFC 9865 for what positions are good for.
import { compareSortKeys, compilePosition, comparePositions, type Order, type SortPosition } from '../scim/match.ts';
import { AttributeOctets } from './attribute-octets.ts';
import type { Merged } from './merge-parts.ts';
import type { Place } from './node-owners.ts';
import type { References } from './references.ts';
import { fieldOf } from './row-test.ts';
import type { Found, FoundRow } from './snapshot.ts';
import type { Table } from './table.ts';

export interface FoundPart {
  readonly table: Table;
  readonly sort?: Order | undefined;
}

export interface FoundContext {
  readonly generation: number;
  readonly direction: Order['order'] | undefined;
  /** Octets held for it alone. */
  readonly octets: number;
  readonly references: References;
  render(found: FoundRows, start: number, end: number): Buffer;
}

type TypedPosition = SortPosition & { readonly type: string };

let count = 0;

export class FoundRows implements Found {
  /** Unlike that of any other result. */
  readonly number = (count += 1);
  readonly #parts: readonly FoundPart[];
  readonly #merged: Merged;
  readonly #context: FoundContext;
  readonly #positions: readonly ((place: Place) => TypedPosition)[];

  constructor(parts: readonly FoundPart[], merged: Merged, context: FoundContext) {
    this.#parts = parts;
    this.#merged = merged;
    this.#context = context;
    this.#positions = parts.map((part) => positionReader(part, context.references));
  }

  get generation(): number {
    return this.#context.generation;
  }

  get octets(): number {
    return this.#context.octets;
  }

  get length(): number {
    return this.#merged.length;
  }

  row(index: number): FoundRow {
    const { table, slot } = this.placeAt(index);
    return { type: table.type.name, slot };
  }

  placeAt(index: number): Place {
    const { part, slot } = this.#merged.locate(index);
    const { table } = this.#parts[part] ?? {};
    if (!table || slot === undefined) throw new RangeError('nothing was found there');
    return { table, slot };
  }

  position(index: number): TypedPosition {
    const place = this.placeAt(index);
    const positionOf = this.#positions[this.#merged.locate(index).part];
    return positionOf?.(place) ?? { type: place.table.type.name, id: place.table.rows.idOf(place.slot) };
  }

  countBefore(position: TypedPosition, inclusive: boolean): number {
    const { direction } = this.#context;
    const rankOf = ({ type }: TypedPosition): number =>
      Math.max(
        0,
        this.#parts.findLastIndex(({ table }) => table.type.name === type),
      );
    const compare = (own: TypedPosition): number =>
      compareSortKeys(own, position, direction) || rankOf(own) - rankOf(position) || comparePositions(own, position);
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const standing = compare(this.position(middle));
      if (standing < 0 || (inclusive && standing === 0)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  page(start: number, end: number): Buffer {
    return this.#context.render(this, start, end);
  }
}

function positionReader({ table, sort }: FoundPart, references: References): (place: Place) => TypedPosition {
  const positionOf = compilePosition(sort);
  const field = sort && fieldOf(sort.attribute, table);
  const attribute = sort && new AttributeOctets(field?.reference ?? sort.attribute);
  return (place) => {
    const id = table.rows.idOf(place.slot);
    const value = field && references.show(place, field);
    const shown = field ? (value === undefined ? {} : attribute?.place(value)) : attribute?.read(table.rows.body(place.slot));
    return { ...positionOf({ ...shown, id }), type: table.type.name };
  };
}
