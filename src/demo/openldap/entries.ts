// The steps that every operation begins with: which entry it is about, whether that is here, and whether its assertion holds.
// RFC 4511 section 4.1.9 (matchedDN), RFC 4528 (assertion).
import { isUnder, type Dn } from '../../ldap/dn.ts';
import type { Filter } from '../../ldap/filter.ts';
import type { Directory } from '../directory.ts';
import { compileFilter } from '../filter.ts';
import { nameKey, resolveDn } from '../names.ts';
import type { Node } from '../node.ts';
import { OperationError, resultCode } from '../result.ts';
import type { Identity } from '../session.ts';
import { mayRead } from './access.ts';

export function readDn(text: string, { face }: Directory): Dn {
  const dn = resolveDn(text, face.schema);
  if (dn === undefined) throw new OperationError(resultCode.invalidDnSyntax, 'invalid DN');
  return dn;
}

export function isAdministrator(dn: Dn, { administrator }: Directory): boolean {
  return nameKey(dn) === nameKey(administrator.dn);
}

/** The entry that an operation is about. @throws OperationError: outside of the suffix, or missing */
export function findEntry(dn: Dn, directory: Directory): Node {
  requireInside(dn, directory);
  return directory.tree.get(dn) ?? failMissing(dn, directory);
}

export function failMissing(dn: Dn, { tree }: Directory, code: number = resultCode.noSuchObject): never {
  throw new OperationError(code, '', { matchedDn: tree.nearest(dn)?.name });
}

export function requireInside(dn: Dn, directory: Directory): void {
  if (isSpecial(dn, directory)) throw new OperationError(resultCode.unwillingToPerform, 'not for this entry');
  if (!isUnder(dn, directory.suffix)) throw new OperationError(resultCode.unwillingToPerform, 'no global superior knowledge');
}

/** The root DSE or the subschema. */
export function isSpecial(dn: Dn, { unlisted }: Directory): boolean {
  return unlisted.has(nameKey(dn));
}

/** RFC 4528 section 3: only an assertion that is True lets the operation go on. */
export function checkAssertion(assertion: Filter | undefined, node: Node, identity: Identity, { face }: Directory): void {
  if (assertion === undefined) return;
  const predicate = compileFilter(assertion, { schema: face.schema, mayRead: (entry, type) => mayRead(identity, entry, type) });
  if (predicate(node) !== true) throw new OperationError(resultCode.assertionFailed, '');
}
