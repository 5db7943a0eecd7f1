// Few rows among which are all that a filter selects, where an index, an id or references lead to them: whatever the number of rows.
// RFC 7644 section 3.4.2.2; the usual questions of clients: `userName eq "…"`, `externalId eq "…"`, `members.value eq "…"`.
import type { ResolvedFilter } from '../scim/filter.ts';
import { type Comparison, isText } from './column.ts';
import type { KeyIndex } from './key-index.ts';
import type { References } from './references.ts';
import { fieldOf } from './row-test.ts';
import type { Field, Table } from './table.ts';

/** Rows that are looked at one by one. */
const most = 1024;

/** Gives the index of an attribute of a table. */
export type IndexSource = (leaf: Comparison) => Promise<KeyIndex>;

export interface SeekGround {
  readonly table: Table;
  readonly references: References;
  readonly indexes: IndexSource;
}

/** Undefined where nothing leads to few. Rows that change meanwhile may be among them or not. */
export async function seek(filter: ResolvedFilter, ground: SeekGround): Promise<ReadonlySet<number> | undefined> {
  switch (filter.kind) {
    case 'constant':
      return filter.value ? undefined : new Set();
    case 'and':
      return await seekOne(filter.filters, ground);
    case 'or':
      return await seekAll(filter.filters, ground);
    case 'valuePath':
      return await seek(filter.filter, ground);
    case 'compare':
      return filter.operator === 'eq' ? await seekEqual(filter, ground) : undefined;
    default:
      return undefined;
  }
}

async function seekOne(filters: readonly ResolvedFilter[], ground: SeekGround): Promise<ReadonlySet<number> | undefined> {
  for (const each of filters) {
    const found = await seek(each, ground);
    if (found) return found;
  }
  return undefined;
}

async function seekAll(filters: readonly ResolvedFilter[], ground: SeekGround): Promise<ReadonlySet<number> | undefined> {
  const all = new Set<number>();
  for (const each of filters) {
    const found = await seek(each, ground);
    for (const slot of found ?? []) all.add(slot);
    if (!found || all.size > most) return undefined;
  }
  return all;
}

async function seekEqual(leaf: Comparison, { table, references, indexes }: SeekGround): Promise<ReadonlySet<number> | undefined> {
  const { attribute, value } = leaf;
  const field = fieldOf(attribute, table);
  if (field) return namedId(leaf) === undefined ? undefined : seekReferrers(leaf, field, table, references);
  if (attribute.name === 'id' && typeof value === 'string') return new Set([table.rows.locate(value) ?? []].flat());
  if (!isText(leaf)) return undefined;
  const found = (await indexes(leaf)).find(value);
  return found && new Set(found);
}

function seekReferrers(leaf: Comparison, field: Field, table: Table, references: References): ReadonlySet<number> | undefined {
  const found = new Set<number>();
  eachReferrer(leaf, field, table, references, (slot) => {
    if (found.size <= most) found.add(slot);
  });
  return found.size <= most ? found : undefined;
}

/** The id that a comparison asks for: `value` of a reference is the id of what it names. */
export function namedId({ attribute: { sub }, operator, value }: Comparison): string | undefined {
  const isId = operator === 'eq' && sub?.name === 'value' && sub.type === 'string' && sub.caseExact;
  return isId && typeof value === 'string' ? value : undefined;
}

/** Calls `visit` with every row that refers to the one whose id a comparison asks for, some perhaps more than once. */
export function eachReferrer(leaf: Comparison, field: Field, table: Table, references: References, visit: (slot: number) => void): void {
  for (const target of references.targetTables(field)) {
    const slot = target.rows.locate(namedId(leaf) ?? '');
    if (slot !== undefined) references.eachReferrer(table, field, { table: target, slot }, visit);
  }
}
