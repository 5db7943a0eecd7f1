// Evaluation of resolved filters and sort orders on resources in memory.
// RFC 7644 sections 3.4.2.2 and 3.4.2.3; folding as decided: NFKC and simple lower-casing where caseExact is false.
import { isJsonObject } from './attribute-value.ts';
import { instantOf } from './datetime.ts';
import type { ResolvedFilter } from './filter.ts';
import type { AttributeReference } from './path.ts';
import { findAttribute, type Attribute, type Json, type JsonObject, type Resource } from './schema.ts';

type Predicate = (value: Json) => boolean;
type Comparison = Extract<ResolvedFilter, { kind: 'compare' }>;
export type Comparable = string | number | boolean;

/** Multi-valued attributes match when any value does; one element must satisfy the whole of a value path. */
export function compileFilter(filter: ResolvedFilter): (resource: Resource) => boolean {
  return compile(filter, selectFromResource);
}

/** The order of a query (RFC 7644 section 3.4.2.3). */
export interface Order {
  readonly attribute: AttributeReference;
  readonly order: 'ascending' | 'descending';
}

/** Where a resource stands in an order: JSON that stays comparable when the resource itself is gone. */
export interface SortPosition {
  /** Undefined: it has no value to sort by, or nothing is sorted by. */
  readonly key?: Comparable;
  readonly id: string;
}

/** Characters of a text that are sorted by: positions travel in cursors. */
const sortedLength = 500;

/** Comparator for `sortBy`/`sortOrder`: missing values last ascending and first descending, ties by `id`. */
export function compileSort(attribute: AttributeReference, order: Order['order']): (a: Resource, b: Resource) => number {
  const positions = new WeakMap<Resource, SortPosition>();
  const positionOf = compilePosition({ attribute, order });
  const find = (resource: Resource): SortPosition => {
    const position = positions.get(resource) ?? positionOf(resource);
    positions.set(resource, position);
    return position;
  };
  return (a, b) => comparePositions(find(a), find(b), order);
}

/** Where resources stand in the order of `sortBy`, without it in that of their ids. */
export function compilePosition(order: Order | undefined): (resource: Resource) => SortPosition {
  return (resource) => {
    const key = order && sortKey(resource, order.attribute);
    const id = String(resource['id']);
    return key === undefined ? { id } : { key: typeof key === 'string' ? key.slice(0, sortedLength) : key, id };
  };
}

export function comparePositions(a: SortPosition, b: SortPosition, order?: Order['order']): number {
  return compareSortKeys(a, b, order) || compareText(a.id, b.id);
}

/** As `comparePositions`, but what has the same value to sort by is equal. */
export function compareSortKeys(a: SortPosition, b: SortPosition, order: Order['order'] = 'ascending'): number {
  return (order === 'descending' ? -1 : 1) * compareKeys(a.key, b.key);
}

/** The folding of caseExact=false values: equal strings under SCIM fold to the same text. */
export function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

/** Where the values of a reference are found: in a resource, or inside one element of its attribute. */
type Select = (node: JsonObject, reference: AttributeReference) => Json | undefined;

const selectFromResource: Select = (resource, { extension, attribute }) => {
  const container = extension === undefined ? resource : resource[extension];
  return isJsonObject(container) ? container[attribute.name] : undefined;
};

function compile(filter: ResolvedFilter, select: Select): (resource: JsonObject) => boolean {
  switch (filter.kind) {
    case 'constant':
      return () => filter.value;
    case 'and': {
      const inner = filter.filters.map((each) => compile(each, select));
      return (resource) => inner.every((matches) => matches(resource));
    }
    case 'or': {
      const inner = filter.filters.map((each) => compile(each, select));
      return (resource) => inner.some((matches) => matches(resource));
    }
    case 'not': {
      const matches = compile(filter.filter, select);
      return (resource) => !matches(resource);
    }
    case 'present':
    case 'compare': {
      const test = filter.kind === 'present' ? isAssigned : compileComparison(filter);
      const { sub } = filter.attribute;
      return (resource) => hasValue(select(resource, filter.attribute), sub, test);
    }
    case 'valuePath': {
      const matches = compile(filter.filter, (wrapped) => wrapped['element']);
      return (resource) => someElement(select(resource, filter.attribute), (element) => matches({ element }));
    }
  }
}

function hasValue(value: Json | undefined, sub: Attribute | undefined, test: Predicate): boolean {
  if (!sub) return someElement(value, test);
  return someElement(value, (element) => isJsonObject(element) && someElement(element[sub.name], test));
}

function someElement(value: Json | undefined, test: Predicate): boolean {
  if (value === undefined || value === null) return false;
  return isArray(value) ? value.some(test) : test(value);
}

/** "Non-empty or non-null value, or contains a non-empty node for complex attributes" (RFC 7644 table 3, `pr`). */
function isAssigned(value: Json): boolean {
  if (value === null || value === '') return false;
  if (isArray(value)) return value.some(isAssigned);
  return isJsonObject(value) ? Object.values(value).some(isAssigned) : true;
}

function compileComparison({ attribute, operator, value }: Comparison): Predicate {
  const definition = attribute.sub ?? attribute.attribute;
  const literal = comparableOf(value, definition);
  if (literal === undefined) return () => false;
  const test = compileTest(operator, literal);
  return (candidate) => {
    const comparable = comparableOf(candidate, definition);
    return comparable !== undefined && typeof comparable === typeof literal && test(comparable);
  };
}

function compileTest(operator: Comparison['operator'], literal: Comparable): (value: Comparable) => boolean {
  switch (operator) {
    case 'eq':
      return (value) => value === literal;
    case 'gt':
      return (value) => compareKeys(value, literal) > 0;
    case 'ge':
      return (value) => compareKeys(value, literal) >= 0;
    case 'lt':
      return (value) => compareKeys(value, literal) < 0;
    case 'le':
      return (value) => compareKeys(value, literal) <= 0;
    case 'co':
      return (value) => String(value).includes(String(literal));
    case 'sw':
      return (value) => String(value).startsWith(String(literal));
    case 'ew':
      return (value) => String(value).endsWith(String(literal));
  }
}

/** A simple value in the form in which `===` and `compareKeys` mean what the type of the attribute means. */
export function comparableOf(value: Json | undefined, { type, caseExact }: Attribute): Comparable | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value !== 'string') return undefined;
  if (type === 'dateTime') return instantOf(value);
  if (type === 'binary') return value.replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/');
  return caseExact ? value : fold(value);
}

/** The value to sort by: of several the primary, else the first; of a complex one its `value` unless a sub-attribute is named. */
function sortKey(resource: Resource, reference: AttributeReference): Comparable | undefined {
  const { attribute } = reference;
  const sub = reference.sub ?? findAttribute(attribute.subAttributes, 'value');
  const value = selectFromResource(resource, reference);
  const element = isArray(value) ? (value.find((each) => isJsonObject(each) && each['primary'] === true) ?? value[0]) : value;
  const simple = sub && isJsonObject(element) ? element[sub.name] : element;
  return comparableOf(simple, sub ?? attribute);
}

function compareKeys(a: Comparable | undefined, b: Comparable | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  // Resource types may disagree about the type of an attribute.
  if (typeof a !== typeof b) return typeof a < typeof b ? -1 : 1;
  return Number(a) - Number(b);
}

/** By Unicode code point; `<` would put surrogate pairs before U+E000. */
function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return codePointRank(left) - codePointRank(right);
  }
  return a.length - b.length;
}

function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
