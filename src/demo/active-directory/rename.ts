// Modify DN: a new name, a new place, or both; everything that refers to what moved follows.
// MS-ADTS 3.1.1.5.4.
import { childOf, type Rdn } from '../../ldap/dn.ts';
import { resolveDn } from '../names.ts';
import type { Node } from '../node.ts';
import type { Control, Operation } from '../request.ts';
import { resultCode } from '../result.ts';
import { findEntry, findVisible, missing, put, readName, requireAdministrator, requireBind, type Call } from './call.ts';
import { readClasses, requireRdnOf } from './entry-classes.ts';
import { followRename } from './links.ts';
import { store } from './modify.ts';
import { refuse, refuseAttribute, refuseName } from './refusal.ts';
import { adSchema } from './schema.ts';

export function modifyDn(operation: Operation & { kind: 'modifyDn' }, call: Call): Control[] {
  requireBind(call);
  const { tree } = call.directory;
  const node = findEntry(readName(operation.dn, call), call);
  const rdn = readRdn(operation.newRdn);
  const { type, value } = requireRdnOf(rdn, readClasses(node.attributes.get('objectClass')));
  const superior = operation.newSuperior === undefined ? node.parent?.dn : readName(operation.newSuperior, call);
  requireAdministrator(call);
  if (node.parent === undefined || superior === undefined || node.text('isCriticalSystemObject') === 'TRUE' || !operation.deleteOldRdn)
    throw refuse(resultCode.unwillingToPerform, '00002035', 'unwilling');
  const parent = findVisible(superior, call);
  if (parent === undefined) throw missing(superior, call, '00002089');
  if (parent.isUnder(node)) throw refuse(resultCode.unwillingToPerform, '00002035', 'unwilling');
  const limit = adSchema.attribute(type)?.length ?? Infinity;
  if (value.length > limit) throw refuseAttribute(resultCode.constraintViolation, '00002082', 'constraint', type);
  const namesake = tree.get(childOf(rdn, parent.dn));
  if (namesake !== undefined && namesake !== node) throw refuse(resultCode.entryAlreadyExists, '00002071', 'exists');
  moveTo(node, rdn, parent, call);
  return [];
}

function readRdn(text: string): Rdn {
  const [rdn, ...others] = resolveDn(text, adSchema)?.rdns ?? [];
  if (rdn === undefined || others.length > 0) throw refuseName();
  return rdn;
}

/** Also into the place of the deleted. */
export function moveTo(node: Node, rdn: Rdn, parent: Node, call: Call): void {
  const { tree } = call.directory;
  followRename([...tree.inScope(node, 'sub')], tree, () => tree.rename(node, rdn, parent));
  const attributes = new Map(node.attributes);
  for (const { type, value } of rdn) {
    put(attributes, type, value);
    put(attributes, 'name', value);
  }
  store(node, attributes, call);
}
