// The primary group of an account: a membership that is kept at the account instead of the group, and moves to the group when it changes.
// MS-SAMR 3.1.1.8.2 (primaryGroupId).
import { makeAttribute, type Attribute } from '../attribute.ts';
import { keepValues, mergeValue } from '../modification.ts';
import { nameKey } from '../names.ts';
import type { Node } from '../node.ts';
import { resultCode } from '../result.ts';
import { textOf, type Call } from './call.ts';
import { refuse } from './refusal.ts';
import { adSchema } from './schema.ts';

/** @throws OperationError: the account is no member of that group */
export function changePrimaryGroup(attributes: ReadonlyMap<string, Attribute>, node: Node, { directory, domain }: Call): void {
  const { tree } = directory;
  const groupOf = (id: string | undefined): Node | undefined =>
    id === undefined ? undefined : [...(tree.lookUp('objectSid', domain.sidOf(Number(id)).toString('latin1')) ?? [])][0];
  const [before, after] = [groupOf(node.text('primaryGroupID')), groupOf(textOf(attributes, 'primaryGroupID'))];
  const own = nameKey(node.dn);
  const members = after?.attributes.get('member');
  if (after === undefined || members?.keys.includes(own) !== true) throw refuse(resultCode.unwillingToPerform, '00000561', 'unwilling');
  const left = keepValues(members, (key) => key !== own);
  const changed = new Map(after.attributes).set('member', left);
  if (left.values.length === 0) changed.delete('member');
  tree.replace(after, changed);
  if (before !== undefined) tree.replace(before, mergeValue(before.attributes, makeAttribute('member', [node.name], adSchema)));
}
