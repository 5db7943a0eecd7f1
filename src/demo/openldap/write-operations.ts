// Add, modify, delete and modify DN on the entries in memory, each all or nothing.
// RFC 4511 sections 4.6 to 4.9; RFC 4527 (pre-read and post-read).
import { randomUUID } from 'node:crypto';
import type { Rdn } from '../../ldap/dn.ts';
import { childOf, equalDn, isUnder, parentOf } from '../../ldap/dn.ts';
import type { Identity, Session } from '../session.ts';
import { mayRead, requireAuthentication, requireWriteAccess } from './access.ts';
import type { Attribute } from '../attribute.ts';
import { checkAttribute, collectAttributes, requireDistinct } from '../attribute.ts';
import type { Controls, ReadEntryRequest } from '../control.ts';
import { writeReadEntry } from '../control.ts';
import type { Origin } from '../company/company.ts';
import type { Directory } from '../directory.ts';
import { checkAssertion, failMissing, findEntry, isSpecial, readDn, requireInside } from './entries.ts';
import { checkEntry, namingAttributes } from './entry-rules.ts';
import { stampChange, stampCreation } from './stamps.ts';
import type { CheckedModification } from '../modification.ts';
import { applyModification, keepValues, mergeValue } from '../modification.ts';
import type { AttributeValues, Control, Modification, Operation } from '../request.ts';
import { OperationError, resultCode } from '../result.ts';
import { codes } from './codes.ts';
import { readSelection, selectContent } from '../selection.ts';
import { Node } from '../node.ts';

type Of<K extends Operation['kind']> = Operation & { readonly kind: K };

/** @returns the response controls, as do the other operations */
export function addEntry(
  operation: Of<'add'>,
  controls: Controls,
  { identity }: Session,
  directory: Directory,
  origin?: Origin,
): Control[] {
  const { face, tree, clock } = directory;
  const { schema } = face;
  const dn = readDn(operation.dn, directory);
  requireAuthentication(identity);
  const given = operation.attributes.map((attribute) => checkUserAttribute(attribute, directory));
  for (const attribute of given) requireDistinct(attribute, codes);
  if (given.some(({ values }) => values.length === 0)) throw new OperationError(resultCode.protocolError, 'no values for attribute type');
  const postRead = prepareRead('postRead', controls.postRead, identity, directory);
  if (isSpecial(dn, directory)) throw new OperationError(resultCode.entryAlreadyExists, '');
  requireInside(dn, directory);

  let attributes = collectGiven(given, codes.valueExists);
  const [rdn = []] = dn.rdns;
  for (const naming of namingAttributes(rdn, schema)) {
    if (!naming.description.type.singleValue || !attributes.has(naming.description.text)) attributes = mergeValue(attributes, naming);
  }
  const structural = checkEntry(attributes, rdn, schema);
  if (tree.get(dn) !== undefined) throw new OperationError(resultCode.entryAlreadyExists, '');
  if (!equalDn(dn, directory.suffix) && tree.get(parentOf(dn)) === undefined) failMissing(dn, directory, codes.parentMissing);
  requireWriteAccess(identity);
  checkAssertion(controls.assertion, new Node(0, dn, attributes, schema), identity, directory);
  const stamp = {
    ...clock.next(origin?.created),
    authorDn: identity.dn,
    uuid: origin?.uuid ?? randomUUID(),
    structuralClass: structural.name,
  };
  for (const stamped of stampCreation(stamp)) attributes.set(stamped.description.text, stamped);
  return postRead(tree.insert(dn, attributes));
}

export function modifyEntry(operation: Of<'modify'>, controls: Controls, { identity }: Session, directory: Directory): Control[] {
  const { schema } = directory.face;
  const dn = readDn(operation.dn, directory);
  requireAuthentication(identity);
  const modifications = operation.modifications.map((modification) => checkModification(modification, directory));
  const preRead = prepareRead('preRead', controls.preRead, identity, directory);
  const postRead = prepareRead('postRead', controls.postRead, identity, directory);
  const node = findEntry(dn, directory);
  if (identity.node !== node || modifications.some(({ attribute }) => attribute.description.type.name !== 'userPassword'))
    requireWriteAccess(identity);
  checkAssertion(controls.assertion, node, identity, directory);

  const attributes = new Map(node.attributes);
  for (const modification of modifications) applyModification(attributes, modification, codes);
  const [rdn = []] = dn.rdns;
  checkEntry(attributes, rdn, schema, node.text('structuralObjectClass'));
  const before = preRead(node);
  storeChange(node, attributes, identity, directory);
  return [...before, ...postRead(node)];
}

export function deleteEntry(operation: Of<'delete'>, controls: Controls, { identity }: Session, directory: Directory): Control[] {
  const dn = readDn(operation.dn, directory);
  requireAuthentication(identity);
  const preRead = prepareRead('preRead', controls.preRead, identity, directory);
  const node = findEntry(dn, directory);
  requireWriteAccess(identity);
  checkAssertion(controls.assertion, node, identity, directory);
  if (node.children.size > 0) throw new OperationError(resultCode.notAllowedOnNonLeaf, 'subordinate objects must be deleted first');
  const before = preRead(node);
  directory.tree.remove(node);
  directory.clock.next();
  return before;
}

export function modifyEntryDn(operation: Of<'modifyDn'>, controls: Controls, { identity }: Session, directory: Directory): Control[] {
  const { tree } = directory;
  const dn = readDn(operation.dn, directory);
  const rdn = readRdn(operation.newRdn, directory);
  const superior = operation.newSuperior === undefined ? undefined : readDn(operation.newSuperior, directory);
  requireAuthentication(identity);
  const preRead = prepareRead('preRead', controls.preRead, identity, directory);
  const postRead = prepareRead('postRead', controls.postRead, identity, directory);
  if (superior !== undefined && !isUnder(superior, directory.suffix)) {
    throw new OperationError(resultCode.affectsMultipleDsas, 'cannot rename between DSAs');
  }
  const node = findEntry(dn, directory);
  requireWriteAccess(identity);
  checkAssertion(controls.assertion, node, identity, directory);
  if (node.parent === undefined) throw new OperationError(resultCode.affectsMultipleDsas, 'cannot rename the suffix');
  const parent = superior === undefined ? node.parent : tree.get(superior);
  if (parent === undefined) throw new OperationError(codes.parentMissing, 'newSuperior not found');
  if (parent.isUnder(node)) throw new OperationError(resultCode.unwillingToPerform, 'new superior is below the entry');
  const namesake = tree.get(childOf(rdn, parent.dn));
  if (namesake !== undefined && namesake !== node) throw new OperationError(resultCode.entryAlreadyExists, '');

  const attributes = renameAttributes(node, rdn, operation.deleteOldRdn, directory);
  const before = preRead(node);
  tree.rename(node, rdn, parent);
  storeChange(node, attributes, identity, directory);
  return [...before, ...postRead(node)];
}

function readRdn(text: string, directory: Directory): Rdn {
  const { schema } = directory.face;
  const [rdn, ...others] = readDn(text, directory).rdns;
  const fits = rdn?.every(({ type, value }) => schema.attribute(type)?.syntax.accept(Buffer.from(value), schema) !== undefined);
  if (rdn === undefined || others.length > 0 || fits !== true) throw new OperationError(resultCode.invalidDnSyntax, 'invalid new RDN');
  return rdn;
}

function renameAttributes(node: Node, rdn: Rdn, deleteOldRdn: boolean, { face: { schema } }: Directory): Map<string, Attribute> {
  let attributes = new Map(node.attributes);
  const [oldRdn = []] = node.dn.rdns;
  if (deleteOldRdn) {
    for (const { description, keys } of namingAttributes(oldRdn, schema)) {
      const stored = attributes.get(description.text);
      const left = stored && keepValues(stored, (key) => !keys.includes(key));
      if (left && left.values.length > 0) attributes.set(description.text, left);
      else attributes.delete(description.text);
    }
  }
  for (const naming of namingAttributes(rdn, schema)) attributes = mergeValue(attributes, naming);
  checkEntry(attributes, rdn, schema, node.text('structuralObjectClass'));
  return attributes;
}

/** Also used where the server itself changes an entry: RFC 3062. */
export function storeChange(node: Node, attributes: Map<string, Attribute>, identity: Identity, directory: Directory): void {
  const { tree, clock } = directory;
  const stamp = { ...clock.next(), authorDn: identity.dn };
  for (const stamped of stampChange(stamp)) attributes.set(stamped.description.text, stamped);
  tree.replace(node, attributes);
}

function checkUserAttribute(attribute: AttributeValues, { face: { schema } }: Directory): Attribute {
  const checked = checkAttribute(attribute, schema, codes);
  const { type } = checked.description;
  if (type.noUserModification) throw new OperationError(codes.readOnlyAttribute, `${type.name}: no user modification allowed`);
  return checked;
}

function checkModification(modification: Modification, directory: Directory): CheckedModification {
  const { operation } = modification;
  const attribute = checkUserAttribute(modification, directory);
  if (operation !== 'delete') requireDistinct(attribute, codes);
  if (operation === 'add' && attribute.values.length === 0)
    throw new OperationError(resultCode.protocolError, 'modify/add: no values given');
  return { operation, attribute };
}

function collectGiven(given: readonly Attribute[], valueExists: number): Map<string, Attribute> {
  const attributes = collectAttributes(given);
  if (attributes.size < given.length) throw new OperationError(valueExists, 'attribute provided more than once');
  return attributes;
}

/** Decides before the change whether the read can be done: a critical one with an unknown attribute refuses the whole operation. */
function prepareRead(
  when: 'preRead' | 'postRead',
  request: ReadEntryRequest | undefined,
  identity: Identity,
  { face: { schema } }: Directory,
): (node: Node) => Control[] {
  if (request === undefined) return () => [];
  const unknown = request.attributes.find((name) => !['*', '+', '1.1'].includes(name) && schema.description(name) === undefined);
  if (unknown !== undefined && request.critical)
    throw new OperationError(codes.unknownAttribute, `${when}: unknown attributeType ${unknown}`);
  const selection = readSelection(request.attributes, schema);
  return (node) => [
    writeReadEntry(
      when,
      selectContent(node, selection, (entry, type) => mayRead(identity, entry, type)),
    ),
  ];
}
