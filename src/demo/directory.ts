// The directory that all connections share: entries, face, administrator and clock, and the steps that every operation begins with.
// RFC 4511 section 4.1.9 (matchedDN), RFC 4528 (assertion).
import { isUnder } from '../ldap/dn.ts';
import type { Dn } from '../ldap/dn.ts';
import type { Filter } from '../ldap/filter.ts';
import type { Identity } from './access.ts';
import { mayRead } from './access.ts';
import type { Attribute } from './attribute.ts';
import { makeAttribute } from './attribute.ts';
import { ChangeClock } from './change-clock.ts';
import type { Face, NamedValue } from './face.ts';
import { compileFilter } from './filter.ts';
import { nameKey, prettyDn, resolveDn } from './names.ts';
import { OperationError, resultCode } from './result.ts';
import { Node } from './node.ts';
import { Tree } from './tree.ts';

export interface Directory {
  readonly face: Face;
  readonly tree: Tree;
  readonly clock: ChangeClock;
  readonly suffix: Dn;
  readonly administrator: { readonly dn: Dn; readonly password: Buffer };
  readonly rootDse: Node;
  readonly subschema: Node;
}

/** @throws SyntaxError for a DN that the schema of the face cannot read */
export function createDirectory(face: Face, suffixText: string, adminDnText: string, adminPassword: string): Directory {
  const { schema, indexed, nameAttribute } = face;
  const clock = new ChangeClock();
  const suffix = requireDn(suffixText, face);
  return {
    face,
    clock,
    suffix,
    tree: new Tree({ schema, indexed, nameAttribute, computed: face.computed(() => clock.latest) }),
    administrator: { dn: requireDn(adminDnText, face), password: Buffer.from(adminPassword) },
    rootDse: new Node(0, { rdns: [] }, face.rootDse(prettyDn(suffix)), schema),
    subschema: new Node(0, requireDn(face.subschemaDn, face), face.subschema(), schema),
  };
}

function requireDn(text: string, { schema }: Face): Dn {
  const dn = resolveDn(text, schema);
  if (dn === undefined || dn.rdns.length === 0) throw new SyntaxError(`'${text}' is no DN of an entry`);
  return dn;
}

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
  throw new OperationError(code, '', tree.nearest(dn)?.name);
}

export function requireInside(dn: Dn, directory: Directory): void {
  if (isSpecial(dn, directory)) throw new OperationError(resultCode.unwillingToPerform, 'not for this entry');
  if (!isUnder(dn, directory.suffix)) throw new OperationError(resultCode.unwillingToPerform, 'no global superior knowledge');
}

/** The root DSE or the subschema. */
export function isSpecial(dn: Dn, { subschema }: Directory): boolean {
  return dn.rdns.length === 0 || nameKey(dn) === nameKey(subschema.dn);
}

/** RFC 4528 section 3: only an assertion that is True lets the operation go on. */
export function checkAssertion(assertion: Filter | undefined, node: Node, identity: Identity, { face }: Directory): void {
  if (assertion === undefined) return;
  const predicate = compileFilter(assertion, face.schema, (entry, type) => mayRead(identity, entry, type));
  if (predicate(node) !== true) throw new OperationError(resultCode.assertionFailed, '');
}

export function stampAttributes(values: readonly NamedValue[], { face }: Directory): Attribute[] {
  return values.map(([name, value]) => makeAttribute(name, [value], face.schema));
}
