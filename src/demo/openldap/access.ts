// Who may do what: the administrator everything, users read, nobody anything but the root DSE and the subschema.
// RFC 4513; as slapd with `access to attrs=userPassword by self write by * none` and `access to * by users read by * none`.
import type { Node } from '../node.ts';
import { OperationError, resultCode } from '../result.ts';
import type { AttributeType } from '../schema.ts';
import type { Identity } from '../session.ts';

export function mayRead(identity: Identity, node: Node, type: AttributeType): boolean {
  if (identity.kind === 'administrator') return true;
  return identity.kind === 'user' && (type.name !== 'userPassword' || identity.node === node);
}

/** @throws OperationError before anything about the entry is told */
export function requireAuthentication({ kind }: Identity): void {
  if (kind === 'anonymous') throw new OperationError(resultCode.strongerAuthRequired, 'modifications require authentication');
}

export function requireWriteAccess({ kind }: Identity): void {
  if (kind !== 'administrator') throw new OperationError(resultCode.insufficientAccessRights, 'no write access to this entry');
}
