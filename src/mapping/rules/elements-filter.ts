// Filters on a multi-valued complex attribute that is mapped as slots and lists, as bounds in LDAP.
// RFC 7644 section 3.4.2.2 (value paths: one element satisfies the whole filter); L-001.
import type { ResolvedFilter } from '../../scim/filter.ts';
import type { AttributeReference } from '../../scim/path.ts';
import { allOf, anyOf, atLeast, columnBounds, everything, negate, nothing, unknown } from '../leaf.ts';
import type { Bounds, FilterContext, Leaf } from '../rule.ts';
import type { ElementsOptions, Place } from './elements.ts';
import { constantMatches } from './template.ts';

/** Bounds of "some element satisfies the leaf". */
export function elementsBounds({ target, places }: ElementsOptions, leaf: Leaf, context: FilterContext): Bounds {
  return anyOf(places.map((place) => leafBounds(target, place, leaf, context)));
}

/** Bounds of "one element satisfies the whole filter". */
export function elementsValueBounds({ target, places }: ElementsOptions, filter: ResolvedFilter, context: FilterContext): Bounds {
  return anyOf(places.map((place) => placeBounds(target, place, filter, context)));
}

function leafBounds(target: AttributeReference, place: Place, leaf: Leaf, context: FilterContext): Bounds {
  const exists = existence(place, context);
  if (leaf.sub === undefined) return leaf.test === 'present' ? exists : atLeast(exists.over);
  const fixed = place.match[leaf.sub];
  if (fixed !== undefined) return constantMatches(referToSub(target, leaf.sub), fixed, leaf) ? exists : nothing;
  if (leaf.sub === 'primary') return atLeast(exists.over);
  const part = place.parts.find((candidate) => candidate.sub === leaf.sub);
  return part ? columnBounds(part, leaf, context) : nothing;
}

function existence(place: Place, context: FilterContext): Bounds {
  return anyOf(place.parts.map((part) => columnBounds(part, { sub: part.sub, caseExact: false, test: 'present' }, context)));
}

function referToSub(target: AttributeReference, name: string): AttributeReference {
  return { ...target, sub: target.attribute.subAttributes?.find((candidate) => candidate.name === name) };
}

/** In a list each value is an element, so conjunctions only bound from above. */
function placeBounds(target: AttributeReference, place: Place, filter: ResolvedFilter, context: FilterContext): Bounds {
  const both = allOf([existence(place, context), elementFilter(target, place, filter, context)]);
  return place.kind === 'slot' ? both : atLeast(both.over);
}

/** Bounds of what one element must satisfy, as seen from the entry: "some value could". */
function elementFilter(target: AttributeReference, place: Place, filter: ResolvedFilter, context: FilterContext): Bounds {
  const each = (inner: ResolvedFilter): Bounds => elementFilter(target, place, inner, context);
  switch (filter.kind) {
    case 'and':
      return allOf(filter.filters.map(each));
    case 'or':
      return anyOf(filter.filters.map(each));
    case 'not':
      // Another value of the list may satisfy the negation.
      return place.kind === 'slot' || isConstant(place, filter.filter) ? negate(each(filter.filter)) : unknown;
    case 'compare':
    case 'present': {
      const test = filter.kind === 'present' ? 'present' : { operator: filter.operator, value: filter.value };
      const { sub } = filter.attribute;
      return leafOfElement(target, place, { sub: sub?.name, caseExact: sub?.caseExact ?? false, test }, context);
    }
    case 'constant':
      return filter.value ? everything : nothing;
    case 'valuePath':
      return unknown;
  }
}

/** As leafBounds, but inside one element: a fixed sub-attribute is simply true or false there. */
function leafOfElement(target: AttributeReference, place: Place, leaf: Leaf, context: FilterContext): Bounds {
  const fixed = leaf.sub === undefined ? undefined : place.match[leaf.sub];
  if (leaf.sub !== undefined && fixed !== undefined)
    return constantMatches(referToSub(target, leaf.sub), fixed, leaf) ? everything : nothing;
  return leaf.sub === 'primary' ? unknown : leafBounds(target, place, leaf, context);
}

function isConstant(place: Place, filter: ResolvedFilter): boolean {
  if (filter.kind === 'and' || filter.kind === 'or') return filter.filters.every((inner) => isConstant(place, inner));
  if (filter.kind === 'not') return isConstant(place, filter.filter);
  const isLeaf = filter.kind === 'compare' || filter.kind === 'present';
  return isLeaf && filter.attribute.sub !== undefined && place.match[filter.attribute.sub.name] !== undefined;
}
