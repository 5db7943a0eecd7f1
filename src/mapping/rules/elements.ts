// A multi-valued complex attribute as slots (one element over single LDAP attributes) and lists (one element per LDAP value).
// RFC 7643 section 2.4; one LDAP attribute per type, never attribute options.
import type { Entry } from '../../ldap/entry.ts';
import { invalidValue } from '../../scim/error.ts';
import { fold } from '../../scim/match.ts';
import type { AttributeReference } from '../../scim/path.ts';
import { equalValues } from '../../scim/resource.ts';
import type { Json, JsonObject } from '../../scim/schema.ts';
import type { Codec } from '../codec.ts';
import type { Access, Rule } from '../rule.ts';
import { encodeValue, normalizeValue, octetsOf, ownValues, readValue, type ValueOptions, valuesWithout } from '../value.ts';
import { elementsBounds, elementsValueBounds } from './elements-filter.ts';

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
  const normalizes = places.some((place) => place.parts.some((part) => part.normalize));
  return {
    target,
    access,
    reads: attributes,
    writes: attributes,
    ...(normalizes && { normalize: (value) => normalizeElements(places, listOf(value)) }),
    read(entry) {
      const elements = places.flatMap((place) => readPlace(place, entry));
      return elements.length > 0 ? keepOnePrimary(elements) : undefined;
    },
    write(draft, before, after, context) {
      if (equalValues(before, after)) return;
      const ignored = (reason: string): void => context.ignored(target.name, reason);
      const wanted = assign(options, listOf(after), context.extraElements, ignored);
      const had = assign(options, listOf(before), 'ignore', () => undefined);
      const parts = places.flatMap((place) => changeParts(place, had.get(place) ?? [], wanted.get(place) ?? []));
      // What goes goes first: a value may move between two parts of one attribute.
      for (const { part, gone } of parts) draft.exchangeAll(part.ldap, octetsOf(draft.values(part.ldap), part.codec, gone), []);
      for (const { part, added, computed } of parts)
        draft.exchangeAll(
          part.ldap,
          [],
          added.map((value) => encodeValue(`${target.name}.${part.sub}`, part.codec, value, part)),
          { computed },
        );
    },
    bounds: (leaf, context) => elementsBounds(options, leaf, context),
    elementBounds: (filter, context) => elementsValueBounds(options, filter, context),
  };
}

const listOf = (value: Json | undefined): readonly JsonObject[] => (Array.isArray(value) ? (value as readonly JsonObject[]) : []);

function readPlace(place: Place, entry: Entry): readonly JsonObject[] {
  if (place.kind === 'slot') {
    const element: Record<string, Json> = {};
    let isThere = false;
    for (const part of place.parts) {
      const value = readValue(entry, part.ldap, part.codec);
      if (value === undefined) continue;
      element[part.sub] = value;
      isThere = true;
    }
    return isThere ? [Object.assign(element, place.match, place.primary === true && { primary: true })] : [];
  }
  const [part] = place.parts;
  const values = part ? ownValues(entry.octets(part.ldap), part.codec).map((own) => own.value) : [];
  const primary = primaryOf(place, values);
  return values.map((value, i) => ({ value, ...place.match, ...(i === primary && { primary: true }) }));
}

/** LDAP values have no order: the preferred one, else the lowest. Undefined: none. */
function primaryOf(place: Place, values: readonly Json[]): number | undefined {
  if (typeof place.primary === 'boolean') return place.primary ? 0 : undefined;
  const { prefer } = place.primary;
  return Math.max(
    0,
    values.findIndex((value) => prefer?.test(String(value))),
  );
}

/** Of several primary places the first that has an element counts: at most one element is primary. */
function keepOnePrimary(elements: readonly JsonObject[]): readonly JsonObject[] {
  const first = elements.findIndex((element) => element['primary'] === true);
  return elements.map((element, i) => {
    if (i === first || element['primary'] !== true) return element;
    const { primary: _dropped, ...rest } = element;
    return rest;
  });
}

/** The places that an element names by its fixed sub-attributes; one that names none goes to the primary place, else to the first. */
function placesOf(places: readonly Place[], element: JsonObject): readonly Place[] {
  const named = places.filter(({ match }) => Object.keys(match).length > 0 && matches(match, element));
  if (named.length > 0) return named;
  const isBare = places.every(({ match }) => Object.keys(match).every((sub) => element[sub] === undefined));
  const home = places.find((place) => place.primary !== false) ?? places[0];
  return isBare && home ? [home] : [];
}

function matches(match: JsonObject, element: JsonObject): boolean {
  return Object.entries(match).every(([sub, value]) => element[sub] !== undefined && fold(String(element[sub])) === fold(String(value)));
}

/** Which place takes which element. @throws ScimError invalidValue for two elements for one slot, and for one without a place */
function assign(
  { target, places, extra }: ElementsOptions,
  elements: readonly JsonObject[],
  byDialect: 'reject' | 'ignore',
  ignored: (reason: string) => void,
): ReadonlyMap<Place, readonly JsonObject[]> {
  const taken = new Map<Place, JsonObject[]>();
  const isFree = (place: Place): boolean => place.kind === 'list' || !taken.has(place);
  for (const element of elements) {
    const own = placesOf(places, element);
    const place = own.find(isFree) ?? (extra === 'firstFree' ? places.find(isFree) : undefined);
    if (place) {
      const others = taken.get(place);
      if (others) others.push(element);
      else taken.set(place, [element]);
      if (element['primary'] === true && place.primary === false) ignored('which element is primary follows from the mapping');
    } else if (own.length > 0) {
      throw invalidValue(`${target.name} has two elements for which the directory has one place`);
    } else if ((extra ?? byDialect) === 'ignore') {
      ignored('no place in the directory for an element of this type');
    } else {
      throw invalidValue(`${target.name} has an element for which the directory has no place: its type is not one of ${listTypes(places)}`);
    }
  }
  return taken;
}

const listTypes = (places: readonly Place[]): string =>
  [...new Set(places.map(({ match }) => String(match['type'] ?? '(none)')))].join(', ');

interface PartChange {
  readonly part: Part;
  readonly gone: readonly Json[];
  readonly added: readonly Json[];
  readonly computed: boolean;
}

/** Every part by itself: what the elements before have and those after have not goes, and the other way round. */
function changeParts(place: Place, before: readonly JsonObject[], after: readonly JsonObject[]): readonly PartChange[] {
  return place.parts.map((part) => {
    const valuesOf = (elements: readonly JsonObject[]): readonly Json[] => elements.flatMap((element) => element[part.sub] ?? []);
    const [had, wanted] = [valuesOf(before), valuesOf(after)];
    const [gone, added] = [valuesWithout(had, wanted), valuesWithout(wanted, had)];
    return { part, gone, added, computed: place.kind === 'list' || part.codec.prefix !== undefined };
  });
}

function normalizeElements(places: readonly Place[], elements: readonly JsonObject[]): Json | undefined {
  const normalized = elements.flatMap((element) => {
    const [place] = placesOf(places, element);
    const parts = Object.entries(element).flatMap(([sub, value]): [string, Json][] => {
      const part = place?.parts.find((candidate) => candidate.sub === sub);
      const next = part ? normalizeValue(value, part) : value;
      return next === undefined ? [] : [[sub, next]];
    });
    return parts.length > 0 ? [Object.fromEntries(parts)] : [];
  });
  return normalized.length > 0 ? normalized : undefined;
}
