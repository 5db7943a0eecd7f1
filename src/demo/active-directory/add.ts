// Add: an entry becomes what its classes make of it, with everything that the server fills in.
// MS-ADTS 3.1.1.5.2.
import { randomUUID } from 'node:crypto';
import { childOf, equalDn, formatDn, parentOf, type Dn } from '../../ldap/dn.ts';
import { formatGuid } from '../../ldap/syntax.ts';
import { collectAttributes } from '../attribute.ts';
import type { Origin } from '../company/company.ts';
import type { Control, Operation } from '../request.ts';
import { resultCode } from '../result.ts';
import { checkAccount, prepareAccount, setPassword, type Draft } from './account.ts';
import { findVisible, missing, put, readName, requireAdministrator, requireBind, type Call } from './call.ts';
import { accountKind, readClasses, requireRdnOf, type EntryClasses } from './entry-classes.ts';
import { categoryOf } from './matching.ts';
import { readPassword, refusePolicy } from './password.ts';
import { refuse, refuseAttribute } from './refusal.ts';
import { readAttribute, requireAllowed, requireModifiable, requireTargets, valueExists } from './value-rules.ts';

export function add(operation: Operation & { kind: 'add' }, call: Call): Control[] {
  requireBind(call);
  const dn = readName(operation.dn, call);
  requirePlace(dn, call);
  const attributes = readAttributes(operation, call);
  const classes = readClasses(attributes.get('objectClass'));
  requireAdministrator(call);
  create(dn, attributes, classes, call, accountKind(classes) && call.domain.nextSid());
  return [];
}

/** What an entry of the domain's own is made of: also what no client may write. */
export interface Given {
  readonly dn: Dn;
  readonly values: Readonly<Record<string, readonly (string | Buffer)[]>>;
  readonly origin?: Origin;
  /** Instead of the next one. */
  readonly sid?: Buffer;
}

/** For the entries that are there from the start. */
export function establish({ dn, values, origin, sid }: Given, call: Call): void {
  const attributes: Draft = new Map();
  for (const [name, list] of Object.entries(values)) put(attributes, name, ...list);
  const classes = readClasses(attributes.get('objectClass'));
  create(readName(formatDn(dn), call), attributes, classes, call, sid ?? (accountKind(classes) && call.domain.nextSid()), origin);
}

function requirePlace(dn: Dn, call: Call): void {
  if (dn.rdns.length === 0 || call.directory.tree.get(dn) !== undefined) throw refuse(resultCode.entryAlreadyExists, '00002071', 'exists');
  const parent = findVisible(parentOf(dn), call);
  if (parent === undefined) throw missing(parentOf(dn), call);
}

function readAttributes(operation: Operation & { kind: 'add' }, call: Call): Draft {
  const given = operation.attributes.map((attribute) => readAttribute(attribute, call));
  for (const attribute of given) {
    const { type } = attribute.description;
    requireModifiable(attribute);
    if (attribute.values.length === 0) throw refuseAttribute(resultCode.constraintViolation, '00002082', 'constraint', type.name);
    if (type.singleValue && attribute.values.length > 1)
      throw refuseAttribute(resultCode.constraintViolation, '00002081', 'constraint', type.name);
    requireTargets(attribute, call);
  }
  const attributes = collectAttributes(given);
  if (attributes.size < given.length) throw valueExists(given[0]?.description.text ?? '');
  return attributes;
}

function create(dn: Dn, attributes: Draft, classes: EntryClasses, call: Call, sid: Buffer | undefined, origin?: Origin): void {
  const { directory, session, domain } = call;
  const { tree, clock } = directory;
  const { type, value } = requireRdnOf(dn.rdns[0] ?? [], classes);
  put(attributes, 'objectClass', ...classes.names);
  put(attributes, type, value);
  put(attributes, 'name', value);
  put(attributes, 'instanceType', equalDn(dn, directory.suffix) ? '5' : '4');
  put(attributes, 'objectCategory', domain.category(capitalize(categoryOf(classes.structural.name))));
  put(attributes, 'objectGUID', formatGuid(origin?.uuid ?? randomUUID()));
  const kind = accountKind(classes);
  if (kind !== undefined && sid !== undefined) prepareAccount(attributes, kind, sid);
  else if (sid !== undefined) put(attributes, 'objectSid', sid);
  const password = attributes.get('unicodePwd')?.values[0];
  if (password !== undefined) setPassword(attributes, readPassword(password, session.secured), refusePolicy);
  if (kind !== undefined) checkAccount(attributes, undefined, call);

  requireAllowed(attributes, classes.all);
  const { time, usn } = clock.next(origin?.created);
  for (const name of ['whenCreated', 'whenChanged']) put(attributes, name, `${time.slice(0, 14)}.0Z`);
  for (const name of ['uSNCreated', 'uSNChanged']) put(attributes, name, String(usn));
  const parent = tree.get(parentOf(dn))?.dn ?? parentOf(dn);
  tree.insert(childOf([{ type, value }], parent), attributes);
}

const capitalize = (text: string): string => text.replace(/(?:^|-)[a-z]/g, (letter) => letter.toUpperCase());
