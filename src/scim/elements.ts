// The values of one multi-valued attribute as a set: which two are the same, and what adding, replacing and removing values makes of them.
// RFC 7643 section 2.4 (type, value, primary); RFC 7644 sections 3.5.2.1 to 3.5.2.3.
import { isJsonObject } from './attribute-value.ts';
import { fold } from './match.ts';
import { equalValues } from './resource.ts';
import { findAttribute, type Attribute, type Json, type JsonObject } from './schema.ts';

/** Sub-attributes that describe a value and are none: an element that has only these is an empty shell. */
const descriptive: ReadonlySet<string> = new Set(['type', 'primary', 'display', '$ref']);

/** The value of a member that the object itself has, never one of its prototype. */
export function readMember(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** Whether nothing but `type`, `primary`, `display` and `$ref` is left of a complex value. */
export function isShell(element: Json): boolean {
  return isJsonObject(element) && Object.keys(element).every((name) => descriptive.has(name));
}

/** Whether `value` alone identifies an element and cannot change, as in `members`. */
export function isIdentifiedByValue(attribute: Attribute): boolean {
  return findAttribute(attribute.subAttributes, 'value')?.mutability === 'immutable';
}

/** Sets sub-attributes of a complex value; a new `value` drops what was derived from the old one. `element` itself if nothing changes. */
export function mergeElement(element: JsonObject, changes: JsonObject, attribute: Attribute): JsonObject {
  if (Object.keys(changes).every((name) => equalValues(readMember(element, name), changes[name]))) return element;
  const revalued = Object.hasOwn(changes, 'value') && !equalValues(readMember(element, 'value'), changes['value']);
  return { ...(revalued ? omitMembers(element, derivedNames(attribute)) : element), ...changes };
}

/** Unassigns one sub-attribute; what the server derived from a `value` goes with it. */
export function omitSubAttribute(element: JsonObject, name: string, attribute: Attribute): JsonObject {
  if (!Object.hasOwn(element, name)) return element;
  return omitMembers(element, name === 'value' ? [name, ...derivedNames(attribute)] : [name]);
}

/** `record` in place of `element`, with what the server derived if the `value` is the same. `element` itself if nothing changes. */
export function replaceElement(element: Json, record: Json, attribute: Attribute): Json {
  if (!isJsonObject(element) || !isJsonObject(record)) return equalValues(element, record) ? element : record;
  const same = equalValues(readMember(element, 'value'), readMember(record, 'value'));
  const derived = same ? pickMembers(element, derivedNames(attribute)) : {};
  const replaced = { ...derived, ...record };
  return equalValues(element, replaced) ? element : replaced;
}

/** Adds values; one that is there already takes over the other sub-attributes given. */
export function addElements(current: readonly Json[], added: readonly Json[], attribute: Attribute): readonly Json[] {
  const elements = [...current];
  const positions = new Map(current.map((element, position) => [identify(element, attribute), position]));
  let changed = false;
  for (const element of added) {
    const identity = identify(element, attribute);
    const position = positions.get(identity);
    const present = position === undefined ? undefined : elements[position];
    if (position === undefined || present === undefined) {
      positions.set(identity, elements.push(element) - 1);
      changed = true;
    } else {
      const refined = refineElement(present, element, attribute);
      changed ||= refined !== present;
      elements[position] = refined;
    }
  }
  return changed ? elements : current;
}

/** Makes the set exactly `wanted`; a value that was there before stays the same object. The order of values means nothing. */
export function replaceElements(current: readonly Json[], wanted: readonly Json[], attribute: Attribute): readonly Json[] {
  const present = new Map(current.map((element) => [identify(element, attribute), element]));
  const elements = addElements([], wanted, attribute).map((element) => {
    const before = present.get(identify(element, attribute));
    if (before === undefined) return element;
    return isIdentifiedByValue(attribute) ? before : replaceElement(before, element, attribute);
  });
  const before = new Set(current);
  return elements.length === current.length && elements.every((element) => before.has(element)) ? current : elements;
}

/** Removes the listed values: those equal in `value`, and in `type` if it is given; without `value`, in all that is given (D-11). */
export function removeElements(current: readonly Json[], listed: readonly Json[], attribute: Attribute): readonly Json[] {
  const byValue = Map.groupBy(listed, (element) => valueKey(element, attribute));
  const kept = current.filter((element) => {
    const candidates = [...(byValue.get(valueKey(element, attribute)) ?? []), ...(byValue.get(undefined) ?? [])];
    return !candidates.some((candidate) => isDescribedBy(element, candidate, attribute));
  });
  return kept.length === current.length ? current : kept;
}

/** The elements of `after` with a new `primary: true`: more than one contradict each other, one takes it from the others. */
export function findNewPrimaries(before: readonly Json[], after: readonly Json[]): readonly Json[] {
  const known = new Set(before.filter(isPrimary));
  return after.filter((element) => isPrimary(element) && !known.has(element));
}

/** Leaves `primary: true` on one element only. */
export function resetPrimary(elements: readonly Json[], primary: Json): readonly Json[] {
  return elements.map((element) =>
    element !== primary && isPrimary(element) && isJsonObject(element) ? { ...element, primary: false } : element,
  );
}

/** Whether two values, or the same attributes with sets of values, are equal: as `equalValues`, but in any order. */
export function equalSets(a: Json | undefined, b: Json | undefined): boolean {
  if (equalValues(a, b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && equalValues(formatSorted(a), formatSorted(b));
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => equalSets(a[name], readMember(b, name)));
}

/** The attribute of a multi-valued attribute's single element. */
export function elementOf(attribute: Attribute): Attribute {
  return { ...attribute, multiValued: false };
}

function isPrimary(element: Json): boolean {
  return isJsonObject(element) && readMember(element, 'primary') === true;
}

function refineElement(present: Json, added: Json, attribute: Attribute): Json {
  if (!isJsonObject(present) || !isJsonObject(added) || isIdentifiedByValue(attribute)) return present;
  return mergeElement(present, omitMembers(added, ['type', 'value']), attribute);
}

function isDescribedBy(element: Json, listed: Json, attribute: Attribute): boolean {
  if (!isJsonObject(element) || !isJsonObject(listed)) return identify(element, attribute) === identify(listed, attribute);
  if (!Object.hasOwn(listed, 'value')) return Object.keys(listed).every((name) => equalValues(readMember(element, name), listed[name]));
  if (valueKey(element, attribute) !== valueKey(listed, attribute)) return false;
  return isIdentifiedByValue(attribute) || !Object.hasOwn(listed, 'type') || typeKey(element, attribute) === typeKey(listed, attribute);
}

/** What two elements have in common that are the same: `value` and `type`, for `members` the `value`; without `value` everything. */
function identify(element: Json, attribute: Attribute): string {
  const value = valueKey(element, attribute);
  if (value === undefined) return formatCanonical(element);
  return isIdentifiedByValue(attribute) ? value : `${value} ${typeKey(element, attribute)}`;
}

function valueKey(element: Json, attribute: Attribute): string | undefined {
  if (!isJsonObject(element)) return foldValue(element, attribute);
  const value = readMember(element, 'value');
  return value === undefined ? undefined : foldValue(value, findAttribute(attribute.subAttributes, 'value'));
}

function typeKey(element: Json, attribute: Attribute): string {
  return isJsonObject(element) ? foldValue(readMember(element, 'type') ?? null, findAttribute(attribute.subAttributes, 'type')) : '';
}

function foldValue(value: Json, attribute: Attribute | undefined): string {
  return JSON.stringify(typeof value === 'string' && attribute?.caseExact === false ? fold(value) : value);
}

function formatCanonical(value: Json): string {
  if (!isJsonObject(value)) return JSON.stringify(value);
  return JSON.stringify(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function formatSorted(elements: readonly Json[]): readonly string[] {
  return elements.map(formatCanonical).toSorted();
}

/** Names of the sub-attributes that the server makes from `value`. */
function derivedNames(attribute: Attribute): readonly string[] {
  if (!findAttribute(attribute.subAttributes, 'value')) return [];
  return (attribute.subAttributes ?? []).filter((sub) => sub.mutability === 'readOnly' || sub.name === '$ref').map((sub) => sub.name);
}

function omitMembers(object: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}

function pickMembers(object: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => names.includes(name)));
}
