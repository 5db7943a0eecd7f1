// Delete: what was an entry becomes a tombstone, found only by those who ask for the deleted.
// MS-ADTS 3.1.1.5.5 (without the Recycle Bin); 3.1.1.3.4.1.15 (tree delete).
import { parseDn } from '../../ldap/dn.ts';
import { parseGuid } from '../../ldap/syntax.ts';
import { resolveDn } from '../names.ts';
import type { Node } from '../node.ts';
import type { Control, Operation } from '../request.ts';
import { resultCode } from '../result.ts';
import { findEntry, put, readName, requireAdministrator, requireBind, type Call } from './call.ts';
import { dropReferences } from './links.ts';
import { refuse } from './refusal.ts';
import { moveTo } from './rename.ts';
import { adSchema } from './schema.ts';

/** What a tombstone keeps of the entry. */
const kept: ReadonlySet<string> = new Set(
  `objectClass objectGUID objectSid sAMAccountName userAccountControl groupType instanceType systemFlags
  cn ou name whenCreated whenChanged uSNCreated uSNChanged`.split(/\s+/),
);

export const deletedObjects = 'CN=Deleted Objects';

export function deleteEntry({ dn }: Operation & { kind: 'delete' }, call: Call): Control[] {
  requireBind(call);
  const { tree } = call.directory;
  const node = findEntry(readName(dn, call), call);
  requireAdministrator(call);
  if (node.parent === undefined || node.text('isCriticalSystemObject') === 'TRUE')
    throw refuse(resultCode.unwillingToPerform, '00002035', 'unwilling');
  if (node.children.size > 0 && call.controls.treeDelete !== true) throw refuse(resultCode.notAllowedOnNonLeaf, '00002015', 'nonLeaf');
  const leavesFirst = tree.inScope(node, 'sub').toSorted((one, other) => other.dn.rdns.length - one.dn.rdns.length);
  for (const inner of leavesFirst) bury(inner, call);
  return [];
}

function bury(node: Node, call: Call): void {
  const { tree } = call.directory;
  const graveyard = tree.get(resolveDn(call.domain.named(deletedObjects), adSchema) ?? parseDn(''));
  const [guid, [ava] = [], parent] = [node.octets('objectGUID'), node.dn.rdns[0], node.parent];
  if (graveyard === undefined || guid === undefined || ava === undefined) throw new Error('a domain has a place for what was deleted');
  dropReferences(node, tree);
  const attributes = new Map([...node.attributes].filter(([name]) => kept.has(name)));
  put(attributes, 'isDeleted', 'TRUE');
  if (parent !== undefined) put(attributes, 'lastKnownParent', parent.name);
  tree.replace(node, attributes);
  moveTo(node, [{ type: ava.type, value: `${String(ava.value).slice(0, 75)}\nDEL:${parseGuid(guid)}` }], graveyard, call);
}
