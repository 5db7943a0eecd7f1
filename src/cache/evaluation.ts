// Filters over many rows: by columns where one decides, row by row for the rest, in slices.
// RFC 7644 section 3.4.2.2.
import type { ResolvedFilter } from '../scim/filter.ts';
import { Bits } from './bits.ts';
import { chooseColumn, type Column, type Leaf } from './column.ts';
import { type AttributeFilter, compileRowTest, fieldOf, type RowTest } from './row-test.ts';
import type { Rows } from './rows.ts';
import { eachReferrer, namedId, seek, type SeekGround } from './seek.ts';
import type { Slice } from './slice.ts';
import type { Field, Table } from './table.ts';

/** Gives the columns of a table; undefined where it is not there and not worth making for so few rows. */
export type ColumnSource = (name: string, create: (rows: Rows) => Column, rows: number) => Promise<Column | undefined>;

export interface Ground extends SeekGround {
  readonly columns: ColumnSource;
  readonly slice: Slice;
}

/** Those of the rows within that match. Rows that change meanwhile may be in it or not. */
export async function evaluate(filter: ResolvedFilter, within: Bits, ground: Ground): Promise<Bits> {
  switch (filter.kind) {
    case 'constant':
      return filter.value ? within.copy() : new Bits();
    case 'and': {
      let found = within.copy();
      for (const each of filter.filters.toSorted((a, b) => costOf(a, ground.table) - costOf(b, ground.table))) {
        if (found.isEmpty) return found;
        found = await evaluate(each, found, ground);
      }
      return found;
    }
    case 'or': {
      const [found, rest] = [new Bits(), within.copy()];
      for (const each of filter.filters) {
        if (rest.isEmpty) return found;
        const more = await evaluate(each, rest, ground);
        found.unite(more);
        rest.subtract(more);
      }
      return found;
    }
    case 'not': {
      const found = within.copy();
      found.subtract(await evaluate(filter.filter, within, ground));
      return found;
    }
    case 'valuePath':
      return await evaluateValuePath(filter, within, ground);
    default:
      return await evaluateLeaf(filter, within, ground);
  }
}

async function evaluateLeaf(leaf: Leaf, within: Bits, ground: Ground): Promise<Bits> {
  const field = fieldOf(leaf.attribute, ground.table);
  if (field) return await evaluateReference(leaf, field, within, ground);
  const few = await seek(leaf, ground);
  if (few) return testFew(leaf, few, within, ground);
  const choice = chooseColumn(leaf);
  const column = choice && (await ground.columns(choice.name, choice.create, within.size));
  if (!column) return await testRows(leaf, within, ground);
  const found = await column.scan(leaf, within, ground.slice);
  if (column.irregular.size === 0) return found;
  const test = compileRowTest(leaf, ground.table, ground.references);
  for (const slot of column.irregular) if (within.has(slot)) found.set(slot, isMatch(ground.table, slot, test));
  return found;
}

/** One element satisfies either of two filters when one does the first or one does the second; with `and` all must hold for the same. */
async function evaluateValuePath(filter: Extract<ResolvedFilter, { kind: 'valuePath' }>, within: Bits, ground: Ground): Promise<Bits> {
  const { attribute, filter: inner } = filter;
  const field = fieldOf(attribute, ground.table);
  if (inner.kind === 'compare' || inner.kind === 'present') return await evaluateLeaf(inner, within, ground);
  if (inner.kind === 'or') {
    const filters = inner.filters.map((each): ResolvedFilter => ({ kind: 'valuePath', attribute, filter: each }));
    return await evaluate({ kind: 'or', filters }, within, ground);
  }
  if (field) return await evaluateReference(filter, field, within, ground);
  if (inner.kind !== 'and') return await testRows(filter, within, ground);
  const filters = inner.filters.filter(({ kind }) => kind === 'compare' || kind === 'present');
  return await testRows(filter, await evaluate({ kind: 'and', filters }, within, ground), ground);
}

async function evaluateReference(filter: AttributeFilter, field: Field, within: Bits, ground: Ground): Promise<Bits> {
  if (filter.kind !== 'compare' || namedId(filter) === undefined) return await testRows(filter, within, ground);
  const found = new Bits();
  eachReferrer(filter, field, ground.table, ground.references, (slot) => {
    if (within.has(slot)) found.add(slot);
  });
  // Of several references to what there can be one of, one is shown.
  return field.reference.attribute.multiValued ? found : await testRows(filter, found, ground);
}

async function testRows(filter: ResolvedFilter, within: Bits, { table, references, slice }: Ground): Promise<Bits> {
  const found = new Bits();
  const test = compileRowTest(filter, table, references);
  for (let slot = within.next(0), count = 1; slot >= 0; slot = within.next(slot + 1), count += 1) {
    if (isMatch(table, slot, test)) found.add(slot);
    if (count % 64 === 0 && slice.isOver) await slice.pause();
  }
  return found;
}

function testFew(filter: ResolvedFilter, few: ReadonlySet<number>, within: Bits, { table, references }: Ground): Bits {
  const found = new Bits();
  const test = compileRowTest(filter, table, references);
  for (const slot of few) if (within.has(slot) && isMatch(table, slot, test)) found.add(slot);
  return found;
}

/** The row may have gone during a pause. */
function isMatch({ rows }: Table, slot: number, test: RowTest): boolean {
  return rows.live.has(slot) && test(slot);
}

/** What is decided by columns comes first: it leaves fewer rows for what is not. */
function costOf(filter: ResolvedFilter, table: Table): number {
  switch (filter.kind) {
    case 'constant':
      return 0;
    case 'and':
    case 'or':
      return Math.max(0, ...filter.filters.map((each) => costOf(each, table)));
    case 'not':
      return costOf(filter.filter, table);
    case 'valuePath':
      return 3;
    default:
      if (fieldOf(filter.attribute, table)) return filter.kind === 'compare' && namedId(filter) !== undefined ? 1 : 4;
      return chooseColumn(filter) ? 2 : 3;
  }
}
