// Reads the values that a client sends for one attribute into canonical form.
// RFC 7643 section 2.3 (data types), 2.4 (multi-valued attributes), 2.5 (unassigned and null values).
import { instantOf } from './datetime.ts';
import type { Dialect } from './dialects.ts';
import { invalidSyntax, invalidValue, type ScimError } from './error.ts';
import { findAttribute, type Attribute, type Json, type JsonObject } from './schema.ts';

/** How values are read, and who is told of the names that are ignored. */
export interface Reading {
  readonly dialect: Dialect;
  /** What becomes of a sub-attribute that the attribute does not have. */
  readonly onUnknown: (sub: string) => void;
}

/**
 * The value of an attribute in canonical form; undefined if it is unassigned (null, an empty list, an empty string, an empty object).
 * Only a list is a list, unless the dialect unwraps values. Read-only sub-attributes are left out.
 * @param name the attribute as errors call it
 * @throws ScimError invalidValue naming the attribute when the value is not of its type, invalidSyntax for names that differ only in case
 */
export function readAttribute(value: unknown, attribute: Attribute, name: string, reading: Reading): Json | undefined {
  if (isUnassigned(value)) return undefined;
  if (!attribute.multiValued) return readValue(value, attribute, name, reading);
  if (!Array.isArray(value) && !reading.dialect.unwrapValues) throw invalidValue(`"${name}" must be a list`);
  return readList(Array.isArray(value) ? value : [value], attribute, name, reading);
}

/** The members of a JSON object by lower-case name, in order; two names that differ only by case are refused. */
export function readMembers(object: object): ReadonlyMap<string, { readonly name: string; readonly value: unknown }> {
  const members = new Map<string, { name: string; value: unknown }>();
  for (const [name, value] of Object.entries(object)) {
    const key = name.toLowerCase();
    if (members.has(key)) throw invalidSyntax(`"${name}" is given twice`);
    members.set(key, { name, value });
  }
  return members;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isUnassigned(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

/** A list without its empty and repeated elements. */
function readList(values: readonly unknown[], attribute: Attribute, name: string, reading: Reading): Json | undefined {
  const elements = new Map<string, Json>();
  for (const value of values) {
    const element = readValue(value, attribute, name, reading);
    if (element !== undefined) elements.set(JSON.stringify(element), element);
  }
  const list = [...elements.values()];
  if (list.filter(isPrimary).length > 1) throw invalidValue(`"${name}" has more than one primary value`);
  return list.length > 0 ? list : undefined;
}

function isPrimary(element: Json): boolean {
  return isJsonObject(element) && element['primary'] === true;
}

function readValue(given: unknown, attribute: Attribute, name: string, reading: Reading): Json | undefined {
  const value = reading.dialect.unwrapValues ? unwrap(given, attribute) : given;
  if (isUnassigned(value)) return undefined;
  if (attribute.type !== 'complex') return readSimple(value, attribute, name, reading);
  return readComplex(reading.dialect.jsonText === 'unwrap' ? unwrapText(value, attribute) : value, attribute, name, reading);
}

/** `[{"value": v}]`, `[v]` and `{"value": v}` for a simple v, `v` for a complex `{"value": v}`. */
function unwrap(given: unknown, attribute: Attribute): unknown {
  const value = Array.isArray(given) && given.length === 1 ? given[0] : given;
  if (attribute.type !== 'complex') {
    const members = isJsonObject(value) ? Object.entries(value) : [];
    return members.length === 1 && members[0]?.[0].toLowerCase() === 'value' ? members[0][1] : value;
  }
  const isBare = typeof value === 'string' || typeof value === 'number';
  return isBare && findAttribute(attribute.subAttributes, 'value') ? { value } : value;
}

/** An element whose `value` is the text of a JSON object, as that object: of what is in the text, what the attribute has. */
function unwrapText(value: unknown, attribute: Attribute): unknown {
  const { value: text, ...others } = isJsonObject(value) ? value : {};
  const inner = typeof text === 'string' && text.startsWith('{') ? parseObject(text) : undefined;
  if (!attribute.multiValued || !inner || typeof inner['value'] !== 'string') return value;
  const { display = inner['displayName'] ?? null } = inner;
  const known = Object.entries({ ...inner, display }).filter(([name]) => findAttribute(attribute.subAttributes, name));
  return { ...Object.fromEntries(known), ...others };
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function readComplex(value: unknown, attribute: Attribute, name: string, reading: Reading): Json | undefined {
  if (!isJsonObject(value)) throw invalidValue(`"${name}" must be an object`);
  const members = readMembers(value);
  for (const member of members.values()) {
    if (!findAttribute(attribute.subAttributes, member.name)) reading.onUnknown(member.name);
  }
  const read = (attribute.subAttributes ?? []).flatMap((sub): [string, Json][] => {
    if (sub.mutability === 'readOnly') return [];
    const canonical = readAttribute(members.get(sub.name.toLowerCase())?.value, sub, `${name}.${sub.name}`, reading);
    return canonical === undefined ? [] : [[sub.name, canonical]];
  });
  return read.length > 0 ? Object.fromEntries(read) : undefined;
}

function readSimple(value: unknown, { type }: Attribute, name: string, { dialect }: Reading): Json | undefined {
  const mustBe = (what: string): ScimError => invalidValue(`"${name}" must be ${what}`);
  switch (type) {
    case 'boolean': {
      const text = dialect.coerceTypes && typeof value === 'string' ? value.toLowerCase() : undefined;
      if (text === 'true' || text === 'false') return text === 'true';
      if (typeof value !== 'boolean') throw mustBe('true or false');
      return value;
    }
    case 'integer':
      if (!Number.isSafeInteger(value)) throw mustBe('an integer');
      return Number(value);
    case 'decimal':
      if (typeof value !== 'number' || !Number.isFinite(value)) throw mustBe('a number');
      return value;
  }
  const text = dialect.coerceTypes && typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !text.isWellFormed()) throw mustBe('a string of Unicode characters');
  if (text === '') return undefined;
  if (type === 'dateTime' && instantOf(text) === undefined) throw mustBe('a date and time such as 2008-01-23T04:56:22Z');
  if (type === 'binary' && !base64Pattern.test(text)) throw mustBe('base64');
  if (type === 'reference' && !uriReferencePattern.test(text)) throw mustBe('an absolute or relative URI');
  if (name === 'addresses.country' && !dialect.freeCountries && !/^[A-Z]{2}$/i.test(text))
    throw mustBe('a code of two letters (ISO 3166-1)');
  return text;
}

const base64Pattern = /^[A-Za-z0-9+/_-]+={0,2}$/;
/** RFC 3986 section 2, and the characters beyond ASCII that RFC 3987 adds. */
const uriReferencePattern = /^[^\s<>"{}|\\^`\p{Cc}]+$/u;
