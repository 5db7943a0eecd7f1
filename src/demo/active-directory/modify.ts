// Modify: the changes of a request in their order on a copy, then the rules of the entry as a whole.
// MS-ADTS 3.1.1.5.3; 3.1.1.3.1.5.1 for passwords; 3.1.1.3.4.1.8 (permissive modify).
import type { Attribute } from '../attribute.ts';
import { keepValues, mergeValue } from '../modification.ts';
import type { Node } from '../node.ts';
import { verifyPassword } from '../password.ts';
import type { Control, Modification, Operation } from '../request.ts';
import { resultCode, type OperationError } from '../result.ts';
import { checkAccount, fileTimeNow, setPassword, type Draft } from './account.ts';
import { findEntry, put, readName, requireAdministrator, requireBind, textOf, type Call } from './call.ts';
import { readClasses } from './entry-classes.ts';
import { readPassword, refusePolicy } from './password.ts';
import { changePrimaryGroup } from './primary-group.ts';
import { refuse, refuseAccess, refuseAttribute } from './refusal.ts';
import { readAttribute, requireAllowed, requireModifiable, requireTargets, tooManyValues, valueExists } from './value-rules.ts';

interface Change {
  readonly operation: Modification['operation'];
  readonly attribute: Attribute;
}

export function modify({ dn, modifications }: Operation & { kind: 'modify' }, call: Call): Control[] {
  requireBind(call);
  const node = findEntry(readName(dn, call), call);
  const changes = modifications.map((modification) => ({ ...modification, attribute: readAttribute(modification, call) }));
  const passwords = changes.filter(({ attribute }) => nameOf(attribute) === 'unicodePwd');
  const others = changes.filter(({ attribute }) => nameOf(attribute) !== 'unicodePwd');
  if (others.length > 0) requireAdministrator(call);

  const attributes: Draft = new Map(node.attributes);
  if (passwords.length > 0) changePassword(attributes, passwords, node, call);
  for (const change of others) applyChange(attributes, change, node, call);
  if (attributes.has('sAMAccountName')) checkAccount(attributes, node, call);
  if (textOf(attributes, 'pwdLastSet') === '-1') put(attributes, 'pwdLastSet', fileTimeNow());
  requireAllowed(attributes, readClasses(attributes.get('objectClass')).all);
  if (textOf(attributes, 'primaryGroupID') !== node.text('primaryGroupID')) changePrimaryGroup(attributes, node, call);
  if (isChanged(node, attributes)) store(node, attributes, call);
  return [];
}

const nameOf = ({ description }: Attribute): string => description.type.name;

/** To write what is there already changes nothing, and no stamp. */
function isChanged(node: Node, attributes: Draft): boolean {
  if (node.attributes.size !== attributes.size) return true;
  return [...attributes].some(([name, { values }]) => {
    const before = node.attributes.get(name)?.values ?? [];
    return before.length !== values.length || values.some((value, at) => before[at]?.equals(value) !== true);
  });
}

export function store(node: Node, attributes: Draft, { directory }: Call): void {
  const { time, usn } = directory.clock.next();
  put(attributes, 'whenChanged', `${time.slice(0, 14)}.0Z`);
  put(attributes, 'uSNChanged', String(usn));
  directory.tree.replace(node, attributes);
}

function applyChange(attributes: Draft, { operation, attribute }: Change, node: Node, call: Call): void {
  const name = nameOf(attribute);
  requireModifiable(attribute);
  if (node.dn.rdns[0]?.some(({ type }) => type === name)) throw refuse(resultCode.notAllowedOnRdn, '000020B1', 'onRdn');
  if (name === 'objectClass') requireSameStructure(attribute);
  if (operation === 'add') addValues(attributes, attribute, call);
  else if (operation === 'delete') deleteValues(attributes, attribute, call);
  else {
    requireTargets(
      keepValues(attribute, (key) => attributes.get(name)?.keys.includes(key) !== true),
      call,
    );
    if (attribute.description.type.singleValue && attribute.values.length > 1) throw tooManyValues(name);
    if (attribute.values.length === 0) attributes.delete(name);
    else attributes.set(name, attribute);
  }
}

/** Only auxiliary classes come and go: their structural one, once chosen, stays. */
function requireSameStructure({ values }: Attribute): never {
  throw refuse(resultCode.objectClassModsProhibited, values.length > 0 ? '000020AE' : '00002014', 'objectClass');
}

function addValues(attributes: Draft, added: Attribute, call: Call): void {
  const name = nameOf(added);
  const present = new Set(attributes.get(name)?.keys);
  if (added.values.length === 0) throw refuseAttribute(resultCode.constraintViolation, '00002082', 'constraint', name);
  if (call.controls.permissive !== true && added.keys.some((key) => present.has(key))) throw valueExists(name);
  const fresh = keepValues(added, (key) => !present.has(key));
  requireTargets(fresh, call);
  if (added.description.type.singleValue && present.size + fresh.values.length > 1) throw tooManyValues(name);
  const merged = mergeValue(attributes, fresh).get(name);
  if (merged !== undefined) attributes.set(name, merged);
}

function deleteValues(attributes: Draft, deleted: Attribute, { controls }: Call): void {
  const name = nameOf(deleted);
  const stored = attributes.get(name);
  const keys = new Set(stored?.keys);
  const isMissing = deleted.values.length === 0 ? stored === undefined : deleted.keys.some((key) => !keys.has(key));
  if (isMissing && controls.permissive !== true) throw valueMissing(name, deleted.values.length === 0);
  if (stored === undefined) return;
  const gone = new Set(deleted.keys);
  const left = deleted.values.length === 0 ? keepValues(stored, () => false) : keepValues(stored, (key) => !gone.has(key));
  if (left.values.length === 0) attributes.delete(name);
  else attributes.set(name, left);
}

function valueMissing(name: string, isWhole: boolean): OperationError {
  if (name === 'member' && !isWhole) return refuse(resultCode.unwillingToPerform, '00000561', 'unwilling');
  return refuseAttribute(resultCode.noSuchAttribute, isWhole ? '00002080' : '00002085', 'noAttribute', name);
}

/** `replace` is an administrator's reset; `delete` with the old one and `add` with the new one is a change, which its owner may make. */
function changePassword(attributes: Draft, changes: readonly Change[], node: Node, { session }: Call): void {
  const [first, second] = changes;
  const readOne = (change: Change | undefined): string => {
    const [value, ...more] = change?.attribute.values ?? [];
    if (value === undefined || more.length > 0) throw refuse(resultCode.unwillingToPerform, '0000001F', 'unwilling');
    return readPassword(value, session.secured);
  };
  if (changes.length === 1 && first?.operation === 'replace') {
    if (session.identity.kind !== 'administrator') throw refuseAccess();
    setPassword(attributes, readOne(first), refusePolicy);
    return;
  }
  if (changes.length !== 2 || first?.operation !== 'delete' || second?.operation !== 'add')
    throw refuse(resultCode.unwillingToPerform, '0000200D', 'unwilling');
  if (session.identity.kind !== 'administrator' && session.identity.node !== node) throw refuseAccess();
  const constrained = (code: string) => (): OperationError =>
    refuseAttribute(resultCode.constraintViolation, code, 'constraint', 'unicodePwd');
  const stored = node.octets('unicodePwd');
  if (stored === undefined || !verifyPassword(stored, Buffer.from(readOne(first)))) throw constrained('00000056')();
  setPassword(attributes, readOne(second), constrained('0000052D'));
}
