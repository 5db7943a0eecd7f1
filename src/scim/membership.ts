// Patches that only add and remove listed members, which a directory can apply value by value without reading the group.
// RFC 7643 section 4.2 (members); RFC 7644 sections 3.5.2.1 and 3.5.2.2.
import { isJsonObject } from './attribute-value.ts';
import { readMember } from './elements.ts';
import type { ResolvedFilter } from './filter.ts';
import type { PatchOperation } from './patch-apply.ts';
import type { Json, ResourceType } from './schema.ts';

/** The ids of the members that a patch adds and removes in the end; no id is in both. */
export interface MembershipDelta {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/** Whether every operation adds or removes members that it lists. Replacing all members, or removing all, is not that. */
export function isMembershipOnly(operations: readonly PatchOperation[]): boolean {
  return operations.length > 0 && operations.every((operation) => listMembers(operation) !== undefined);
}

/** What the operations do to the members by their order, the last word on an id counts; undefined if they do anything else. */
export function membershipDelta(operations: readonly PatchOperation[], type: ResourceType): MembershipDelta | undefined {
  if (!type.schema.attributes.some(({ name, multiValued }) => name === 'members' && multiValued)) return undefined;
  if (!isMembershipOnly(operations)) return undefined;
  const verdicts = new Map(operations.flatMap((operation) => (listMembers(operation) ?? []).map((id) => [id, operation.op])));
  const select = (op: PatchOperation['op']): string[] => [...verdicts].filter(([, verdict]) => verdict === op).map(([id]) => id);
  return { add: select('add'), remove: select('remove') };
}

/** The same operations, of which neighbours that add or that remove listed members are one: a large group is gone through once for them. */
export function joinMemberships(operations: readonly PatchOperation[]): readonly PatchOperation[] {
  const runs: PatchOperation[][] = [];
  for (const operation of operations) {
    const run = runs.at(-1);
    if (run?.[0]?.op === operation.op && listMembers(run[0]) && listMembers(operation)) run.push(operation);
    else runs.push([operation]);
  }
  return runs.flatMap(([first, ...others]) => {
    if (!first || others.length === 0) return first ?? [];
    return { op: first.op, target: first.target, value: [first, ...others].flatMap(listElements) };
  });
}

function listElements(operation: PatchOperation): readonly Json[] {
  if (!operation.filter && Array.isArray(operation.value)) return operation.value;
  return (listMembers(operation) ?? []).map((value) => ({ value }));
}

/** The ids that an operation adds or removes; undefined if it does something else. */
function listMembers({ op, target, filter, value }: PatchOperation): readonly string[] | undefined {
  if (target.name !== 'members' || op === 'replace') return undefined;
  if (filter) return op === 'remove' ? listFilteredMembers(filter) : undefined;
  if (!Array.isArray(value)) return undefined;
  const ids = value.map((member: Json) => (isJsonObject(member) ? readMember(member, 'value') : undefined));
  return ids.every((id) => typeof id === 'string') ? ids : undefined;
}

/** The ids of `value eq "a"` and `value eq "a" or value eq "b"`. */
function listFilteredMembers(filter: ResolvedFilter): readonly string[] | undefined {
  if (filter.kind === 'or') {
    const ids = filter.filters.map(listFilteredMembers);
    return ids.every((id) => id !== undefined) ? ids.flat() : undefined;
  }
  if (filter.kind !== 'compare' || filter.operator !== 'eq' || filter.attribute.sub?.name !== 'value') return undefined;
  return typeof filter.value === 'string' ? [filter.value] : undefined;
}
