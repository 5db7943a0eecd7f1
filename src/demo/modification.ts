// One change to one attribute of an entry in memory, on a copy that only counts when all changes of the request succeed.
// RFC 4511 section 4.6.
import type { Attribute, Attributes, ValueCodes } from './attribute.ts';
import type { Modification } from './request.ts';
import { OperationError, resultCode } from './result.ts';

export interface CheckedModification {
  readonly operation: Modification['operation'];
  readonly attribute: Attribute;
}

export function applyModification(
  attributes: Map<string, Attribute>,
  { operation, attribute }: CheckedModification,
  codes: ValueCodes,
): void {
  const name = attribute.description.text;
  if (operation === 'add') addValues(attributes, attribute, codes);
  else if (operation === 'delete') deleteValues(attributes, attribute, codes);
  else if (attribute.values.length === 0) attributes.delete(name);
  else attributes.set(name, attribute);
}

function addValues(attributes: Map<string, Attribute>, added: Attribute, codes: ValueCodes): void {
  const name = added.description.text;
  const present = attributes.get(name);
  if (present === undefined) {
    attributes.set(name, added);
    return;
  }
  requireEquality(added, 'add');
  const keys = new Set(present.keys);
  const again = added.keys.findIndex((key) => keys.has(key));
  if (again >= 0) throw new OperationError(codes.valueExists, `modify/add: ${name}: value #${again} already exists`);
  attributes.set(name, { ...present, values: [...present.values, ...added.values], keys: [...present.keys, ...added.keys] });
}

function deleteValues(attributes: Map<string, Attribute>, deleted: Attribute, codes: ValueCodes): void {
  const name = deleted.description.text;
  if (deleted.values.length > 0) requireEquality(deleted, 'delete');
  const present = attributes.get(name);
  if (present === undefined) throw new OperationError(codes.valueMissing, `modify/delete: ${name}: no such attribute`);
  const gone = new Set(deleted.values.length === 0 ? present.keys : deleted.keys);
  const keys = new Set(present.keys);
  if (deleted.keys.some((key) => !keys.has(key))) throw new OperationError(codes.valueMissing, `modify/delete: ${name}: no such value`);
  const left = keepValues(present, (key) => !gone.has(key));
  if (left.values.length === 0) attributes.delete(name);
  else attributes.set(name, left);
}

export function keepValues(attribute: Attribute, isKept: (key: string) => boolean): Attribute {
  const kept = attribute.keys.map(isKept);
  return { ...attribute, values: attribute.values.filter((_, at) => kept[at]), keys: attribute.keys.filter((_, at) => kept[at]) };
}

function requireEquality({ description }: Attribute, operation: string): void {
  if (description.type.equality === undefined) {
    throw new OperationError(resultCode.inappropriateMatching, `modify/${operation}: ${description.text}: no equality matching rule`);
  }
}

/** The attributes with one value more where that value is not there yet. */
export function mergeValue(attributes: Attributes, added: Attribute): Map<string, Attribute> {
  const merged = new Map(attributes);
  const name = added.description.text;
  const present = merged.get(name);
  const keys = new Set(present?.keys);
  const fresh = keepValues(added, (key) => !keys.has(key));
  if (fresh.values.length === 0) return merged;
  return merged.set(
    name,
    present ? { ...present, values: [...present.values, ...fresh.values], keys: [...present.keys, ...fresh.keys] } : fresh,
  );
}
