// PatchOp: a message becomes operations whose targets exist and whose values have the type of the target.
// RFC 7644 section 3.5.2, D-11, D-25.
import { isJsonObject, isUnassigned, readAttribute, readMembers } from './attribute-value.ts';
import type { Dialect } from './dialects.ts';
import { elementOf, isIdentifiedByValue } from './elements.ts';
import { invalidPath, invalidSyntax, invalidValue, mutability, noTarget } from './error.ts';
import { parsePatchPath, resolveValueFilter, type Filter, type ResolvedFilter } from './filter.ts';
import type { PatchOperation } from './patch-apply.ts';
import { parsePath, referTo, resolveContainer, resolvePath, type AttributeReference } from './path.ts';
import { findAttribute, findSchema, type Attribute, type Json, type ResourceType } from './schema.ts';

export { isMembershipOnly, membershipDelta, type MembershipDelta } from './membership.ts';
export { applyPatch, type PatchOperation } from './patch-apply.ts';

/** How an operation is read. */
interface Reading {
  readonly type: ResourceType;
  readonly dialect: Dialect;
  readonly onIgnored: (path: string) => void;
  /** The operation names its target by `path`, and not among the attributes of its value. */
  readonly byPath: boolean;
}

interface Target {
  readonly reference: AttributeReference;
  readonly filter?: Filter;
}

type Change = 'add' | 'replace';

const patchOpUrn = 'urn:ietf:params:scim:api:messages:2.0:patchop';

/**
 * The operations of a PatchOp message in their order; without those that the dialect ignores, whose paths `onIgnored` gets.
 * @throws ScimError invalidSyntax, invalidPath, invalidFilter, invalidValue, mutability or noTarget
 */
export function parsePatch(
  body: unknown,
  type: ResourceType,
  dialect: Dialect,
  onIgnored: (path: string) => void = () => undefined,
): readonly PatchOperation[] {
  const message = readMessage(body, 'A PatchOp message');
  checkMessageSchemas(message.get('schemas')?.value, dialect);
  const operations: unknown = message.get('operations')?.value;
  if (!Array.isArray(operations) || operations.length === 0) throw invalidSyntax('Operations must be a list of one operation or more');
  return operations.flatMap((operation: unknown) => parseOperation(operation, { type, dialect, onIgnored, byPath: true }));
}

function readMessage(body: unknown, what: string): ReturnType<typeof readMembers> {
  if (!isJsonObject(body)) throw invalidSyntax(`${what} must be an object`);
  return readMembers(body);
}

function checkMessageSchemas(schemas: unknown, dialect: Dialect): void {
  if (dialect.schemasOptional && isUnassigned(schemas)) return;
  const listed = Array.isArray(schemas) && schemas.some((urn: unknown) => typeof urn === 'string' && urn.toLowerCase() === patchOpUrn);
  if (!listed) throw invalidSyntax('schemas must contain the URN of the PatchOp message');
}

function parseOperation(body: unknown, reading: Reading): readonly PatchOperation[] {
  const operation = readMessage(body, 'An operation');
  const op = parseOp(operation.get('op')?.value);
  const path = operation.get('path')?.value ?? undefined;
  const value = operation.get('value')?.value;
  if (path !== undefined && typeof path !== 'string') throw invalidPath('path must be a string');
  if (op === 'remove') {
    if (path === undefined) throw noTarget('remove needs a path');
    if ((value ?? null) !== null && !reading.dialect.removeListed)
      throw invalidSyntax('remove takes no value: select by a filter in the path');
    return parseAtPath(op, path, value ?? null, reading);
  }
  if (value === undefined) throw invalidValue(`${op} needs a value`);
  if (path !== undefined) return parseAtPath(op, path, value, reading);
  if (reading.dialect.pathlessPatch === 'reject') throw invalidSyntax(`${op} needs a path`);
  return parseAttributes(op, value, '', reading);
}

function parseOp(op: unknown): PatchOperation['op'] {
  const name = typeof op === 'string' ? op.toLowerCase() : undefined;
  if (name !== 'add' && name !== 'remove' && name !== 'replace') throw invalidSyntax('op must be add, remove or replace');
  return name;
}

/** Without a path, or on a whole schema: one operation for each attribute, named plainly, dotted, by URN or by a value path. */
function parseAttributes(op: Change, value: unknown, prefix: string, reading: Reading): readonly PatchOperation[] {
  if (!isJsonObject(value)) throw invalidValue('The value of an operation without a path must be an object of attributes');
  return [...readMembers(value)]
    .filter(([key]) => key !== 'schemas')
    .flatMap(([, member]) => parseAtPath(op, prefix + member.name, member.value, { ...reading, byPath: false }));
}

function parseAtPath(op: PatchOperation['op'], path: string, value: unknown, reading: Reading): readonly PatchOperation[] {
  const container = resolveContainer(path, reading.type);
  if (container !== undefined) return parseContainer(op, container, value, reading);
  const target = parseTarget(path, reading);
  if (!target) return ignoreUnknown(path, reading);
  const { reference } = target;
  if (reference.name === 'schemas') return parseSchemas(op, target, value, reading);
  if (isReadOnly(reference)) return parseReadOnly(op, reference, value, reading);
  return op === 'remove' ? parseRemove(target, value, reading) : parseChange(op, target, value, reading);
}

/** Where a path leads, undefined if there is no such attribute: names such as `@odata.type` inside a value are no malformed paths. */
function parseTarget(text: string, { type, dialect, byPath }: Reading): Target | undefined {
  if (!byPath && !text.includes('[') && !parsePath(text)) return undefined;
  const { path, filter, sub } = parsePatchPath(text, { lenient: dialect.bareWords });
  const reference = resolvePath(sub === undefined ? path : { ...path, sub }, type, { unqualified: dialect.unqualifiedExtensions });
  if (!reference) return undefined;
  if (filter && !reference.attribute.multiValued) throw invalidPath(`${reference.name} has one value, which no filter can select`);
  return { reference, ...(filter && { filter }) };
}

/** Names the attribute without a filter in its path, for that holds values. */
function ignoreUnknown(path: string, { dialect, onIgnored }: Reading): readonly PatchOperation[] {
  const name = path.replace(/\[.*\]/s, '');
  if (dialect.unknownAttributes === 'reject') throw invalidPath(`Unknown attribute "${name}"`);
  onIgnored(name);
  return [];
}

function isReadOnly({ attribute, sub }: AttributeReference): boolean {
  return attribute.mutability === 'readOnly' || sub?.mutability === 'readOnly';
}

/** A read-only attribute is ignored in a value and refused by path; whether an `id` is the present one shows when it is applied. */
function parseReadOnly(op: PatchOperation['op'], target: AttributeReference, value: unknown, reading: Reading): readonly PatchOperation[] {
  const { dialect, byPath, onIgnored } = reading;
  if (byPath) {
    const root = target.extension === undefined ? target.attribute.name : undefined;
    if (dialect.ignoreReadOnlyPaths && root === 'id' && op !== 'remove' && typeof value === 'string') return [{ op, target, value }];
    if (!dialect.ignoreReadOnlyPaths || (root !== 'groups' && root !== 'meta')) throw mutability(`${target.name} is read-only`);
  }
  onIgnored(target.name);
  return [];
}

/** A schema as a whole: for an extension all its attributes together. */
function parseContainer(op: PatchOperation['op'], urn: string, value: unknown, reading: Reading): readonly PatchOperation[] {
  if (op !== 'remove' && !isUnassigned(value)) return parseAttributes(op, value, `${urn}:`, reading);
  if (op === 'add') return [];
  const schema = findSchema(reading.type, urn);
  if (!schema || schema === reading.type.schema) throw noTarget('The base schema cannot be removed');
  return schema.attributes
    .map((attribute) => referTo(schema.id, attribute))
    .filter((target) => !isReadOnly(target))
    .map((target) => ({ op: 'remove', target }));
}

/** `schemas` follows from what a resource holds: naming a schema changes nothing, removing an extension removes what is in it. */
function parseSchemas(op: PatchOperation['op'], { filter }: Target, value: unknown, reading: Reading): readonly PatchOperation[] {
  const filtered = filter?.kind === 'compare' && filter.operator === 'eq' ? filter.value : null;
  return (filter ? [filtered] : listOf(value)).flatMap((urn) => {
    const known = typeof urn === 'string' ? resolveContainer(urn, reading.type) : undefined;
    if (op !== 'remove') {
      if (known === undefined && reading.dialect.unknownAttributes === 'reject')
        throw invalidValue('schemas names a schema that this type lacks');
      return [];
    }
    if (known === undefined || known === reading.type.schema.id) throw mutability('schemas is required and cannot be removed');
    return parseContainer(op, known, null, reading);
  });
}

function parseRemove(target: Target, value: unknown, reading: Reading): readonly PatchOperation[] {
  if (value === null || !isWhole(target)) return unassign(target, reading);
  const listed = parseElements(target, value, reading);
  return listed.length === 0 ? [] : [{ op: 'remove', target: target.reference, value: listed }];
}

function parseChange(op: Change, target: Target, value: unknown, reading: Reading): readonly PatchOperation[] {
  const { reference, filter } = target;
  const { attribute, sub, name } = reference;
  if (isJsonObject(value) && Object.keys(value).length === 0) return [];
  if (isUnassigned(value)) return op === 'add' ? [] : unassign(target, reading);
  if (isWhole(target)) return parseListChange(op, target, value, reading);
  const isRecord = attribute.type === 'complex' && !sub;
  if (isRecord && (op === 'add' || !filter)) return parseComplexChange(op, target, value, reading);
  const isNone = isRecord && isEmptied(value, attribute);
  const parsed = isNone ? undefined : parseValue(target, value, reading);
  if (parsed !== undefined) return [{ op, target: reference, ...resolveTargetFilter(target, reading.dialect), value: parsed }];
  if (isRequired(target)) throw invalidValue(`${name} is required and cannot be empty`);
  return isNone || !isRecord ? unassign(target, reading) : [];
}

/** Values that say that they are none are not added; a set of only such values is empty, one of only unknown things is not meant. */
function parseListChange(op: Change, target: Target, value: unknown, reading: Reading): readonly PatchOperation[] {
  const elements = parseElements(target, value, reading);
  if (elements.length > 0) return [{ op, target: target.reference, value: elements }];
  const isCleared = op === 'replace' && listOf(value).some((element) => isEmptied(element, target.reference.attribute));
  return isCleared ? unassign(target, reading) : [];
}

/** A complex value keeps the sub-attributes that are not named, and loses those named as empty (R-174, R-177, D-25). */
function parseComplexChange(op: Change, target: Target, value: unknown, reading: Reading): readonly PatchOperation[] {
  const { reference, filter } = target;
  const { extension, attribute } = reference;
  const read = parseValue(target, value, reading);
  const parsed = isJsonObject(read) ? read : {};
  const named = op === 'replace' && reading.dialect.complexReplace === 'replace' ? undefined : namesOf(value);
  const emptied = (attribute.subAttributes ?? [])
    .filter((sub) => sub.mutability !== 'readOnly' && sub.name !== '$ref' && !Object.hasOwn(parsed, sub.name))
    .filter((sub) => named?.has(sub.name.toLowerCase()) ?? true);
  const change: PatchOperation = { op, target: reference, ...resolveTargetFilter(target, reading.dialect), value: parsed };
  return [
    ...(Object.keys(parsed).length === 0 ? [] : [change]),
    ...emptied.flatMap((sub) => unassign({ reference: referTo(extension, attribute, sub), ...(filter && { filter }) }, reading)),
  ];
}

/** The names, in lower case, of the sub-attributes that a value speaks of; one that is no object is the `value`. */
function namesOf(value: unknown): ReadonlySet<string> {
  const element: unknown = Array.isArray(value) ? value[0] : value;
  return new Set(isJsonObject(element) ? Object.keys(element).map((name) => name.toLowerCase()) : ['value']);
}

/** The removal of a target. A secret that no one can read can be set and not removed. */
function unassign(target: Target, reading: Reading): readonly PatchOperation[] {
  const { attribute, sub, name } = target.reference;
  if (isRequired(target)) throw mutability(`${name} is required and cannot be removed`);
  if ((sub ?? attribute).mutability !== 'writeOnly') {
    return [{ op: 'remove', target: target.reference, ...resolveTargetFilter(target, reading.dialect) }];
  }
  if (reading.byPath) throw mutability(`${name} can be set and not removed`);
  reading.onIgnored(name);
  return [];
}

/** Whether the target is required whatever else a resource holds; an element can go together with what it requires. */
function isRequired({ reference: { attribute, sub }, filter }: Target): boolean {
  return sub ? sub.required && !attribute.multiValued : attribute.required && !filter;
}

/** Whether the target is a multi-valued attribute with all its values. */
function isWhole({ reference: { attribute, sub }, filter }: Target): boolean {
  return attribute.multiValued && !sub && !filter;
}

function resolveTargetFilter({ reference, filter }: Target, dialect: Dialect): { readonly filter?: ResolvedFilter } {
  return filter ? { filter: resolveValueFilter(filter, { ...reference, sub: undefined }, { lenient: dialect.coerceTypes }) } : {};
}

/** One value or a list of them in canonical form, without those that say nothing. */
function parseElements(target: Target, value: unknown, reading: Reading): readonly Json[] {
  const { attribute, name } = target.reference;
  const given = listOf(value);
  if (isIdentifiedByValue(attribute) && !given.every((element) => !isEmptied(element, attribute) && namesOf(element).has('value'))) {
    throw invalidValue(`Each of ${name} needs a value`);
  }
  const meant = given.filter((element) => !isEmptied(element, attribute));
  const parsed = parseValue(target, meant, reading);
  return Array.isArray(parsed) ? parsed.map((element: Json) => omitReference(element)) : [];
}

/** The value of a target in canonical form, undefined if it says nothing: a list for a whole multi-valued attribute, else one value. */
function parseValue(target: Target, value: unknown, { dialect, onIgnored }: Reading): Json | undefined {
  const { attribute, sub, name } = target.reference;
  const onUnknown = (unknown: string): void => {
    if (dialect.unknownAttributes === 'reject') throw invalidValue(`Unknown attribute "${name}.${unknown}"`);
    onIgnored(`${name}.${unknown}`);
  };
  const definition = sub ?? (isWhole(target) ? attribute : elementOf(attribute));
  const parsed = readAttribute(value, definition, name, { dialect, onUnknown });
  return parsed === undefined ? undefined : omitReference(parsed);
}

/** Whether an element says that it is none: an empty value, an empty `value`, or where there is no `value` only empty sub-attributes. */
function isEmptied(element: unknown, attribute: Attribute): boolean {
  if (!isJsonObject(element)) return element === '' || isUnassigned(element);
  const hasValue = findAttribute(attribute.subAttributes, 'value') !== undefined;
  const telling = Object.entries(element).filter(([name]) =>
    hasValue ? name.toLowerCase() === 'value' : findAttribute(attribute.subAttributes, name),
  );
  return telling.length > 0 && telling.every(([, value]) => value === '' || isUnassigned(value));
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

/** A `$ref` beside a `value` says the same in the client's words: the server derives its own. */
function omitReference(value: Json): Json {
  if (!isJsonObject(value) || !Object.hasOwn(value, 'value') || !Object.hasOwn(value, '$ref')) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== '$ref'));
}
