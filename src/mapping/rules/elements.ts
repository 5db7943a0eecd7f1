// A multi-valued complex attribute as slots (one element over single LDAP attributes) and lists (one element per LDAP value).
// RFC 7643 section 2.4; one LDAP attribute per type, never attribute options (mapping semantics 5 and 10).
import type { Entry } from '../../ldap/entry.ts';
import { and, or } from '../../ldap/filter.ts';
import { invalidValue } from '../../scim/error.ts';
import type { ResolvedFilter } from '../../scim/filter.ts';
import { fold } from '../../scim/match.ts';
import type { AttributeReference } from '../../scim/path.ts';
import { equalValues } from '../../scim/resource.ts';
import type { Json, JsonObject } from '../../scim/schema.ts';
import type { Codec } from '../codec.ts';
import type { Draft } from '../draft.ts';
import { atLeast, columnBounds, everything, negate, nothing } from '../leaf.ts';
import type { Access, Bounds, FilterContext, Leaf, Rule } from '../rule.ts';
import { encodeValue, ownValues, pickValue, type ValueOptions } from '../value.ts';
import { constantMatches } from './template.ts';

export interface Part extends ValueOptions {
  readonly sub: string;
  readonly ldap: string;
  readonly codec: Codec;
}

/** Where elements of one kind live. */
export interface Place {
  readonly kind: 'slot' | 'list';
  /** Fixed sub-attributes. */
  readonly match: JsonObject;
  readonly primary: boolean | { readonly prefer?: RegExp };
  readonly parts: readonly Part[];
}

export interface ElementsOptions {
  readonly target: AttributeReference;
  readonly access: Access;
  readonly places: readonly Place[];
  /** What the mapping says of elements without a place; undefined: by dialect. */
  readonly extra: 'reject' | 'ignore' | 'firstFree' | undefined;
}

export function elementsRule(options: ElementsOptions): Rule {
  const { target, access, places } = options;
  const attributes = [...new Set(places.flatMap((place) => place.parts.map((part) => part.ldap)))];
  return {
    target,
    access,
    reads: attributes,
    writes: attributes,
    read(entry) {
      const elements = places.flatMap((place) => readPlace(place, entry));
      return elements.length > 0 ? elements : undefined;
    },
    write(draft, before, after, context) {
      if (equalValues(before, after)) return;
      const wanted = assign(options, listOf(after), context.extraElements, (reason) => context.ignored(target.name, reason));
      const had = assign(options, listOf(before), 'ignore', () => undefined);
      for (const place of places) writePlace(target.name, place, draft, had.get(place) ?? [], wanted.get(place) ?? []);
    },
    bounds: (leaf, context) => anyPlace(places, (place) => leafBounds(target, place, leaf, context)),
    elementBounds: (filter, context) => anyPlace(places, (place) => placeBounds(target, place, filter, context)),
  };
}

const listOf = (value: Json | undefined): readonly JsonObject[] => (Array.isArray(value) ? (value as readonly JsonObject[]) : []);

function readPlace(place: Place, entry: Entry): readonly JsonObject[] {
  if (place.kind === 'slot') {
    const values = place.parts.flatMap((part) => {
      const picked = pickValue(entry, part.ldap, part.codec);
      return picked ? [[part.sub, picked.value] as const] : [];
    });
    return values.length > 0 ? [{ ...Object.fromEntries(values), ...place.match, ...(place.primary === true && { primary: true }) }] : [];
  }
  const [part] = place.parts;
  const values = part ? ownValues(entry.octets(part.ldap), part.codec).map((own) => own.value) : [];
  const primary = primaryOf(place, values);
  return values.map((value) => ({ value, ...place.match, ...(value === primary && { primary: true }) }));
}

/** LDAP values have no order: the preferred one, else the lowest. */
function primaryOf(place: Place, values: readonly Json[]): Json | undefined {
  if (typeof place.primary === 'boolean') return place.primary ? values[0] : undefined;
  const { prefer } = place.primary;
  return values.find((value) => prefer?.test(String(value))) ?? values[0];
}

/** Which place takes which element: by its fixed sub-attributes; without any, the primary place, else the first. */
function assign(
  { target, places, extra }: ElementsOptions,
  elements: readonly JsonObject[],
  byDialect: 'reject' | 'ignore',
  ignored: (reason: string) => void,
): ReadonlyMap<Place, readonly JsonObject[]> {
  const taken = new Map<Place, JsonObject[]>();
  const fits = (place: Place) => place.kind === 'list' || !taken.has(place);
  for (const element of elements) {
    const named = places.filter((place) => matches(place, element));
    const bare = places.every((place) => Object.keys(place.match).every((sub) => element[sub] === undefined));
    const home = places.find((place) => place.primary !== false && bare) ?? (bare ? places[0] : undefined);
    const place = named[0] ?? home ?? (extra === 'firstFree' ? places.find(fits) : undefined);
    if (!place) {
      if ((extra ?? byDialect) === 'reject') throw invalidValue(`${target.name} has an element for which the directory has no place: its type is not one of ${types(places)}`);
      ignored('no place in the directory for an element of this type');
      continue;
    }
    if (!fits(place)) throw invalidValue(`${target.name} has two elements for which the directory has one place`);
    taken.set(place, [...(taken.get(place) ?? []), element]);
  }
  return taken;
}

function matches(place: Place, element: JsonObject): boolean {
  const fixed = Object.entries(place.match);
  return fixed.length > 0 && fixed.every(([sub, value]) => element[sub] !== undefined && fold(String(element[sub])) === fold(String(value)));
}

const types = (places: readonly Place[]): string => places.map((place) => String(place.match['type'] ?? '(none)')).join(', ');

function writePlace(path: string, place: Place, draft: Draft, before: readonly JsonObject[], after: readonly JsonObject[]): void {
  for (const part of place.parts) {
    const encode = (element: JsonObject) => (element[part.sub] === undefined ? [] : [encodeValue(`${path}.${part.sub}`, part.codec, element[part.sub]!, part)]);
    const own = ownValues(draft.values(part.ldap), part.codec);
    const octetsOf = (element: JsonObject) => own.filter((candidate) => equalValues(candidate.value, element[part.sub])).map((candidate) => candidate.octets);
    const kept = after.filter((element) => octetsOf(element).length > 0);
    const gone = before.filter((element) => !kept.some((other) => equalValues(other[part.sub], element[part.sub]))).flatMap(octetsOf);
    draft.exchangeAll(part.ldap, gone, after.filter((element) => !kept.includes(element)).flatMap(encode));
  }
}

const anyPlace = (places: readonly Place[], boundsOf: (place: Place) => Bounds): Bounds => {
  const all = places.map(boundsOf);
  return { over: or(all.map((bounds) => bounds.over)), under: or(all.map((bounds) => bounds.under)) };
};

/** Bounds of "some element of this place satisfies the leaf". */
function leafBounds(target: AttributeReference, place: Place, leaf: Leaf, context: FilterContext): Bounds {
  const exists = existence(place, context);
  if (leaf.sub === undefined) return leaf.test === 'present' ? exists : atLeast(exists.over);
  const fixed = place.match[leaf.sub];
  if (fixed !== undefined) return constantMatches(subReference(target, leaf.sub), fixed, leaf) ? exists : nothing;
  if (leaf.sub === 'primary') return atLeast(exists.over);
  const part = place.parts.find((candidate) => candidate.sub === leaf.sub);
  return part ? columnBounds(part, leaf, context) : nothing;
}

function existence(place: Place, context: FilterContext): Bounds {
  const all = place.parts.map((part) => columnBounds(part, { sub: part.sub, caseExact: false, test: 'present' }, context));
  return { over: or(all.map((bounds) => bounds.over)), under: or(all.map((bounds) => bounds.under)) };
}

function subReference(target: AttributeReference, name: string): AttributeReference {
  const sub = target.attribute.subAttributes?.find((candidate) => candidate.name === name);
  return { ...target, sub };
}

/** Bounds of "one element of this place satisfies the whole filter". In a list each value is an element, so conjunctions and negations only bound from above. */
function placeBounds(target: AttributeReference, place: Place, filter: ResolvedFilter, context: FilterContext): Bounds {
  const exists = existence(place, context);
  const inner = elementFilter(target, place, filter, context);
  const over = and([exists.over, inner.over]);
  return place.kind === 'slot' ? { over, under: and([exists.under, inner.under]) } : atLeast(over);
}

function elementFilter(target: AttributeReference, place: Place, filter: ResolvedFilter, context: FilterContext): Bounds {
  const each = (filters: readonly ResolvedFilter[]) => filters.map((f) => elementFilter(target, place, f, context));
  switch (filter.kind) {
    case 'and': {
      const all = each(filter.filters);
      return { over: and(all.map((b) => b.over)), under: and(all.map((b) => b.under)) };
    }
    case 'or': {
      const all = each(filter.filters);
      return { over: or(all.map((b) => b.over)), under: or(all.map((b) => b.under)) };
    }
    case 'not': {
      const bounds = elementFilter(target, place, filter.filter, context);
      // Another value of the list may satisfy the negation.
      return place.kind === 'slot' || isConstant(place, filter.filter) ? negate(bounds) : everything;
    }
    case 'compare':
    case 'present': {
      const test = filter.kind === 'present' ? 'present' : { operator: filter.operator, value: filter.value };
      const { sub } = filter.attribute;
      return leafOfElement(target, place, { sub: sub?.name, caseExact: sub?.caseExact ?? false, test }, context);
    }
    case 'constant':
      return filter.value ? everything : nothing;
    case 'valuePath':
      return atLeast(everything.over);
  }
}

/** As leafBounds, but inside one element: a fixed sub-attribute is simply true or false there. */
function leafOfElement(target: AttributeReference, place: Place, leaf: Leaf, context: FilterContext): Bounds {
  const fixed = leaf.sub === undefined ? undefined : place.match[leaf.sub];
  if (leaf.sub !== undefined && fixed !== undefined) return constantMatches(subReference(target, leaf.sub), fixed, leaf) ? everything : nothing;
  if (leaf.sub === 'primary') return { over: everything.over, under: nothing.under };
  return leafBounds(target, place, leaf, context);
}

function isConstant(place: Place, filter: ResolvedFilter): boolean {
  if (filter.kind === 'and' || filter.kind === 'or') return filter.filters.every((f) => isConstant(place, f));
  if (filter.kind === 'not') return isConstant(place, filter.filter);
  return (filter.kind === 'compare' || filter.kind === 'present') && filter.attribute.sub !== undefined && place.match[filter.attribute.sub.name] !== undefined;
}
