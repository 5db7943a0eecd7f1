// Applies patch operations to a resource in memory: in order, each to the result of the one before, all or none.
// RFC 7644 sections 3.5.2.1 (add), 3.5.2.2 (remove), 3.5.2.3 (replace), D-08 to D-11, D-25.
import { isJsonObject } from './attribute-value.ts';
import { standardAttributesOf } from './core-schemas.ts';
import type { Dialect } from './dialects.ts';
import {
  addElements,
  equalSets,
  findNewPrimaries,
  isShell,
  mergeElement,
  omitSubAttribute,
  readMember,
  removeElements,
  replaceElement,
  replaceElements,
  resetPrimary,
} from './elements.ts';
import { invalidValue, mutability, noTarget, ScimError } from './error.ts';
import type { ResolvedFilter } from './filter.ts';
import { compileFilter, fold } from './match.ts';
import { joinMemberships } from './membership.ts';
import type { AttributeReference } from './path.ts';
import { equalValues, withSchemas } from './resource.ts';
import { findAttribute, type Attribute, type Json, type JsonObject, type Resource, type ResourceType } from './schema.ts';

/**
 * One operation whose target exists and whose value has the type of the target, in canonical form. A path-less operation becomes one
 * per attribute, a sub-attribute given as null or empty a `remove` of its own.
 */
export interface PatchOperation {
  readonly op: 'add' | 'remove' | 'replace';
  readonly target: AttributeReference;
  /** The bracketed filter of a value path. */
  readonly filter?: ResolvedFilter;
  /** Absent for remove, and for a remove by value list the elements to remove. */
  readonly value?: Json;
}

/** What all operations of a patch have in common. */
interface Setting {
  readonly type: ResourceType;
  readonly dialect: Dialect;
}

/** The sub-attributes that a filter asks to be equal to something. */
type Terms = ReadonlyMap<Attribute, Json>;

/** Every operation goes through all values of its attribute: many operations on many values would stop everybody else for minutes. */
const mostComparisons = 1_000_000;
/** As many operations are applied to any number of values. */
const unlimitedOperations = 100;
const tooMuch = (name: string): ScimError =>
  new ScimError(413, `Too many operations on the values of ${name}: send them in several requests`);

/**
 * The resource after all operations; the same object if they change nothing. `resource` itself is never changed, so that a
 * failure leaves nothing behind. Where it has `schemas`, they follow what it holds.
 * @throws ScimError mutability, noTarget or invalidValue (RFC 7644 section 3.5.2); 413 for more work than one message may make
 */
export function applyPatch(resource: Resource, operations: readonly PatchOperation[], type: ResourceType, dialect: Dialect): Resource {
  const joined = joinMemberships(operations);
  let comparisons = 0;
  const patched = joined.reduce((current, operation) => {
    const before = readAttribute(current, operation.target);
    comparisons += Array.isArray(before) ? before.length : 1;
    if (joined.length > unlimitedOperations && comparisons > mostComparisons) throw tooMuch(operation.target.name);
    return applyOperation(current, operation, { type, dialect });
  }, resource);
  if (equalSets(patched, resource)) return resource;
  return Object.hasOwn(resource, 'schemas') ? withSchemas(patched, type) : patched;
}

function applyOperation(resource: Resource, operation: PatchOperation, setting: Setting): Resource {
  const { target } = operation;
  const { attribute } = target;
  const before = readAttribute(resource, target);
  const after = attribute.multiValued
    ? applyToElements(Array.isArray(before) ? before : [], operation, setting)
    : applyToSingle(before, operation);
  if (after === before || equalValues(after, before)) return resource;
  if (attribute.mutability === 'readOnly') throw mutability(`${target.name} is read-only`);
  if (attribute.mutability === 'immutable' && before !== undefined) throw mutability(`${target.name} cannot be changed once it is set`);
  if (after === undefined && attribute.required) throw mutability(`${target.name} is required and cannot be removed`);
  return writeAttribute(resource, target, after);
}

function applyToSingle(before: Json | undefined, { op, target, value }: PatchOperation): Json | undefined {
  const { attribute, sub } = target;
  if (attribute.type !== 'complex') return op === 'remove' ? undefined : value;
  if (op === 'remove' && !sub) return undefined;
  const current = isJsonObject(before) ? before : {};
  const changes = sub ? { [sub.name]: value ?? null } : asObject(value);
  const after = op === 'remove' ? removeSubAttribute(current, target) : changeElement(current, changes, target);
  return Object.keys(after).length === 0 ? undefined : after;
}

function applyToElements(before: readonly Json[], operation: PatchOperation, setting: Setting): readonly Json[] | undefined {
  const { attribute } = operation.target;
  const after = operation.filter || operation.target.sub ? applyToMatches(before, operation, setting) : applyToAll(before, operation);
  const primaries = findNewPrimaries(before, after);
  if (primaries.length > 1) throw invalidValue(`Only one value of ${attribute.name} can be primary`);
  const settled = primaries[0] === undefined ? after : resetPrimary(after, primaries[0]);
  return settled.length === 0 ? undefined : settled;
}

function applyToAll(before: readonly Json[], { op, target, value }: PatchOperation): readonly Json[] {
  if (value === undefined) return [];
  const elements = asList(value);
  if (op === 'remove') return removeElements(before, elements, target.attribute);
  return op === 'add' ? addElements(before, elements, target.attribute) : replaceElements(before, elements, target.attribute);
}

/** The operations on a value path, `attr[filter]` or `attr[filter].sub`; without a filter `attr.sub` stands for every value. */
function applyToMatches(before: readonly Json[], operation: PatchOperation, setting: Setting): readonly Json[] {
  const matches = compileElementFilter(operation);
  if (before.some(matches)) {
    const after = before.flatMap((element) => (matches(element) ? applyToMatch(element, operation) : [element]));
    return after.length === before.length && after.every((element, position) => element === before[position]) ? before : after;
  }
  return operation.op === 'remove' ? before : [...before, createElement(operation, matches, setting)];
}

function applyToMatch(element: Json, { op, target, filter, value = null }: PatchOperation): readonly Json[] {
  const { attribute, sub } = target;
  if (!isJsonObject(element)) return op === 'remove' ? [] : [value];
  if (op === 'remove') return sub ? removeFromElement(element, target) : [];
  if (sub) return [changeElement(element, { [sub.name]: value }, target)];
  if (op === 'add') return [changeElement(element, asObject(value), target)];
  const record = replaceElement(element, { ...stamp(findTerms(filter)), ...asObject(value) }, attribute);
  if (isJsonObject(record)) checkImmutable(element, record, target);
  return [record];
}

/** An element from which the last value goes is removed itself: no empty shell stays behind. */
function removeFromElement(element: JsonObject, target: AttributeReference): readonly Json[] {
  const { attribute, sub } = target;
  if (!sub || !Object.hasOwn(element, sub.name)) return [element];
  if (sub.mutability === 'immutable') throw mutability(`${target.name} cannot be changed once it is set`);
  const after = omitSubAttribute(element, sub.name, attribute);
  if (isShell(after) && !isShell(element)) return [];
  return [removeSubAttribute(element, target)];
}

function removeSubAttribute(element: JsonObject, target: AttributeReference): JsonObject {
  const { attribute, sub } = target;
  if (!sub || !Object.hasOwn(element, sub.name)) return element;
  if (sub.mutability === 'immutable') throw mutability(`${target.name} cannot be changed once it is set`);
  if (sub.required) throw mutability(`${target.name} is required and cannot be removed`);
  return omitSubAttribute(element, sub.name, attribute);
}

function changeElement(element: JsonObject, changes: JsonObject, target: AttributeReference): JsonObject {
  const after = mergeElement(element, changes, target.attribute);
  checkImmutable(element, after, target);
  return after;
}

function checkImmutable(before: JsonObject, after: JsonObject, { attribute, name }: AttributeReference): void {
  for (const sub of attribute.subAttributes ?? []) {
    const value = readMember(before, sub.name);
    if (sub.mutability === 'immutable' && value !== undefined && !equalValues(value, readMember(after, sub.name))) {
      throw mutability(`${name}: ${sub.name} cannot be changed once it is set`);
    }
  }
}

/** The element that an unmatched value path asks for, of its `eq` terms and the value; its own filter must find it (D-09, D-10). */
function createElement(
  { op, target, filter, value = null }: PatchOperation,
  matches: (element: Json) => boolean,
  { type, dialect }: Setting,
): Json {
  const { attribute, sub } = target;
  const canCreate = (term: readonly [Attribute, Json]): boolean => isCanonical(term) || isStandard(term, target, type);
  const terms = findTerms(filter);
  const creates = terms !== undefined && (op === 'add' || !filter || (dialect.createOnReplace && [...terms].every(canCreate)));
  const element = sub ? { ...stamp(terms), [sub.name]: value } : isJsonObject(value) ? { ...stamp(terms), ...value } : value;
  if (!creates || !matches(element)) throw noTarget(`No value of ${attribute.name} matches the filter of the path`);
  return element;
}

/** The sub-attributes and values of a filter that is a conjunction of `eq`; undefined for any other filter. */
function findTerms(filter: ResolvedFilter | undefined): Terms | undefined {
  if (filter === undefined) return new Map();
  if (filter.kind === 'and') {
    const terms = filter.filters.map(findTerms);
    return terms.every((term) => term !== undefined) ? new Map(terms.flatMap((term) => [...term])) : undefined;
  }
  if (filter.kind !== 'compare' || filter.operator !== 'eq') return undefined;
  return filter.attribute.sub ? new Map([[filter.attribute.sub, filter.value]]) : new Map();
}

function stamp(terms: Terms | undefined): JsonObject {
  return Object.fromEntries([...(terms ?? [])].map(([sub, value]) => [sub.name, value]));
}

function isCanonical([sub, value]: readonly [Attribute, Json]): boolean {
  if (sub.canonicalValues === undefined || typeof value !== 'string') return true;
  return sub.canonicalValues.some((canonical) => (sub.caseExact ? canonical === value : fold(canonical) === fold(value)));
}

/** A value that RFC 7643 suggests, whether or not the mapping has a place for such elements: what has none is not stored, as in a create. */
function isStandard([sub, value]: readonly [Attribute, Json], { extension, attribute }: AttributeReference, type: ResourceType): boolean {
  const standard = findAttribute(standardAttributesOf(extension ?? type.schema.id), attribute.name);
  const values = findAttribute(standard?.subAttributes, sub.name)?.canonicalValues ?? [];
  return typeof value === 'string' && values.some((canonical) => fold(canonical) === fold(value));
}

function compileElementFilter({ target, filter }: PatchOperation): (element: Json) => boolean {
  if (!filter) return () => true;
  const { extension, attribute } = target;
  const matches = compileFilter({ kind: 'valuePath', attribute: { ...target, sub: undefined }, filter });
  return (element) => matches(extension === undefined ? { [attribute.name]: [element] } : { [extension]: { [attribute.name]: [element] } });
}

function readAttribute(resource: Resource, { extension, attribute }: AttributeReference): Json | undefined {
  const container = extension === undefined ? resource : readMember(resource, extension);
  return isJsonObject(container) ? readMember(container, attribute.name) : undefined;
}

function writeAttribute(resource: Resource, { extension, attribute }: AttributeReference, value: Json | undefined): Resource {
  if (extension === undefined) return setMember(resource, attribute.name, value);
  const container = readMember(resource, extension);
  const changed = setMember(isJsonObject(container) ? container : {}, attribute.name, value);
  return setMember(resource, extension, Object.keys(changed).length === 0 ? undefined : changed);
}

function setMember(object: JsonObject, name: string, value: Json | undefined): JsonObject {
  if (value !== undefined) return { ...object, [name]: value };
  return Object.fromEntries(Object.entries(object).filter(([other]) => other !== name));
}

function asObject(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function asList(value: Json): readonly Json[] {
  return Array.isArray(value) ? value : [value];
}
