// Whether a filter holds for one row: always right, and slower than a column.
// RFC 7644 section 3.4.2.2; the verdict is that of `compileFilter` on the resource.
import type { ResolvedFilter } from '../scim/filter.ts';
import { compileFilter } from '../scim/match.ts';
import { type AttributeReference, referTo } from '../scim/path.ts';
import type { JsonObject } from '../scim/schema.ts';
import { AttributeOctets } from './attribute-octets.ts';
import { Bits } from './bits.ts';
import { type References, targetOf } from './references.ts';
import type { Field, Table } from './table.ts';

export type RowTest = (slot: number) => boolean;

/** Filters about one attribute. */
export type AttributeFilter = Extract<ResolvedFilter, { attribute: AttributeReference }>;

/** Good for this generation only: what is known of rows that others refer to is remembered. */
export function compileRowTest(filter: ResolvedFilter, table: Table, references: References): RowTest {
  switch (filter.kind) {
    case 'constant':
      return () => filter.value;
    case 'and': {
      const inner = filter.filters.map((each) => compileRowTest(each, table, references));
      return (slot) => inner.every((test) => test(slot));
    }
    case 'or': {
      const inner = filter.filters.map((each) => compileRowTest(each, table, references));
      return (slot) => inner.some((test) => test(slot));
    }
    case 'not': {
      const test = compileRowTest(filter.filter, table, references);
      return (slot) => !test(slot);
    }
    default: {
      const field = fieldOf(filter.attribute, table);
      if (field) return compileReferenceTest(filter, table, field, references);
      const matches = compileFilter(filter);
      const attribute = new AttributeOctets(filter.attribute);
      return (slot) => matches(attribute.read(table.rows.body(slot)));
    }
  }
}

/** The field that an attribute is made by. */
export function fieldOf({ extension, attribute }: AttributeReference, { fields }: Table): Field | undefined {
  const { name } = referTo(extension, attribute);
  return fields.find(({ definition }) => definition.attribute === name);
}

/** The fields that a filter asks about. */
export function fieldsIn(filter: ResolvedFilter, table: Table): readonly Field[] {
  switch (filter.kind) {
    case 'constant':
      return [];
    case 'and':
    case 'or':
      return filter.filters.flatMap((each) => fieldsIn(each, table));
    case 'not':
      return fieldsIn(filter.filter, table);
    default:
      return [fieldOf(filter.attribute, table) ?? []].flat();
  }
}

/** Some element satisfies the filter, or none does: each row that others refer to is looked at once, whoever refers to it. */
function compileReferenceTest(filter: AttributeFilter, table: Table, field: Field, references: References): RowTest {
  const matches = compileFilter(filter);
  const attribute = new AttributeOctets(field.reference);
  const accepts = (value: ReturnType<References['show']>): boolean =>
    value !== undefined && matches(attribute.place(value) satisfies JsonObject);
  const known = new Map<Table, { readonly looked: Bits; readonly accepted: Bits }>();
  const acceptsTarget = (of: Table, slot: number): boolean => {
    const verdicts = known.get(of) ?? { looked: new Bits(), accepted: new Bits() };
    known.set(of, verdicts);
    if (!verdicts.looked.has(slot)) {
      verdicts.looked.add(slot);
      verdicts.accepted.set(slot, accepts(field.definition.show([targetOf({ table: of, slot })])));
    }
    return verdicts.accepted.has(slot);
  };
  if (field.reference.attribute.multiValued) return (slot) => references.someTarget({ table, slot }, field, acceptsTarget);
  // Of several references one is shown.
  return (slot) => accepts(references.show({ table, slot }, field));
}
