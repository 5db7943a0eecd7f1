// What an attribute holds in all rows, packed so that filters run through it.
// RFC 7644 section 3.4.2.2.
import type { ResolvedFilter } from '../scim/filter.ts';
import type { Bits } from './bits.ts';
import { FlagColumn } from './flag-column.ts';
import { NumberColumn } from './number-column.ts';
import { PresenceColumn } from './presence-column.ts';
import type { Rows } from './rows.ts';
import type { Slice } from './slice.ts';
import { TextColumn } from './text-column.ts';

export type Comparison = Extract<ResolvedFilter, { kind: 'compare' }>;
export type Leaf = Extract<ResolvedFilter, { kind: 'compare' | 'present' }>;

/** Something about all rows that is known of each by itself. */
export interface Reading {
  readonly octets: number;
  /** Much of it is of rows that are gone: better begin anew. */
  readonly isWasteful: boolean;
  /** Reads again what a row holds, or forgets it if the row is gone. */
  replace(slot: number): void;
}

export interface Column extends Reading {
  /** Rows whose values do not fit: they have to be looked at one by one. */
  readonly irregular: ReadonlySet<number>;
  /** Those of the rows within for which the comparison holds, irregular ones aside. What changes meanwhile may be wrong. */
  scan(leaf: Leaf, within: Bits, slice: Slice): Promise<Bits>;
}

/** Whether texts are compared: of other types some values have several spellings, or none that is known. */
export function isText(leaf: Comparison): boolean {
  const { type } = leaf.attribute.sub ?? leaf.attribute.attribute;
  return (type === 'string' || type === 'reference' || type === 'binary') && TextColumn.accepts(leaf);
}

/** How a column is called that decides a leaf, and how it is made; undefined: none does. */
export function chooseColumn(leaf: Leaf): { readonly name: string; create(rows: Rows): Column } | undefined {
  const { attribute } = leaf;
  const { type, caseExact } = attribute.sub ?? attribute.attribute;
  if (leaf.kind === 'present') return { name: `present ${attribute.name}`, create: (rows) => new PresenceColumn(rows, attribute) };
  switch (type) {
    case 'boolean':
      if (leaf.operator !== 'eq' || typeof leaf.value !== 'boolean') return undefined;
      return { name: `flag ${attribute.name}`, create: (rows) => new FlagColumn(rows, attribute) };
    case 'integer':
    case 'decimal':
    case 'dateTime': {
      const isOrdering = leaf.operator !== 'co' && leaf.operator !== 'sw' && leaf.operator !== 'ew';
      if (!isOrdering || !NumberColumn.accepts(leaf)) return undefined;
      return { name: `number ${type} ${attribute.name}`, create: (rows) => new NumberColumn(rows, attribute) };
    }
    case 'complex':
      return undefined;
    default:
      if (!TextColumn.accepts(leaf)) return undefined;
      return { name: `text ${type} ${String(caseExact)} ${attribute.name}`, create: (rows) => new TextColumn(rows, attribute) };
  }
}
