// Names for filters and orders: equal ones find the same, so that results are kept under them.
// RFC 7644 section 3.4.2.
import type { ResolvedFilter } from '../scim/filter.ts';
import type { AttributeReference } from '../scim/path.ts';
import type { SnapshotQuery } from './snapshot.ts';

export function queryKey(queries: readonly SnapshotQuery[]): string {
  return JSON.stringify(
    queries.map(({ type, filter, sort }) => [type, filter && filterKey(filter), sort && [attributeKey(sort), sort.order]]),
  );
}

export function filterKey(filter: ResolvedFilter): string {
  switch (filter.kind) {
    case 'constant':
      return String(filter.value);
    case 'and':
    case 'or':
      return `${filter.kind}(${filter.filters.map(filterKey).join()})`;
    case 'not':
      return `not(${filterKey(filter.filter)})`;
    case 'present':
      return `${attributeKey(filter)} pr`;
    case 'compare':
      return `${attributeKey(filter)} ${filter.operator} ${JSON.stringify(filter.value)}`;
    case 'valuePath':
      return `${attributeKey(filter)}[${filterKey(filter.filter)}]`;
  }
}

/** With the characteristics that comparisons depend on. */
export function attributeKey({ attribute: { name, attribute, sub } }: { readonly attribute: AttributeReference }): string {
  const { type, caseExact } = sub ?? attribute;
  return `${JSON.stringify(name)}:${type}${caseExact ? '!' : ''}`;
}
