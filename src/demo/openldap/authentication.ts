// Bind, "who am I" and password modify: who a connection speaks for, and how entries get their secrets.
// RFC 4511 section 4.2, RFC 4513 section 5.1, RFC 4532, RFC 3062.
import { randomBytes } from 'node:crypto';
import type { Identity, Session } from '../session.ts';
import { anonymous } from '../session.ts';
import { requireAuthentication, requireWriteAccess } from './access.ts';
import { checkAttribute } from '../attribute.ts';
import type { Directory } from '../directory.ts';
import { findEntry, isAdministrator, readDn } from './entries.ts';
import { checkEntry } from './entry-rules.ts';
import { resolveDn } from '../names.ts';
import {
  equalSecrets,
  hashPassword,
  passwordModifyOid,
  readPasswordModification,
  verifyPassword,
  writeGeneratedPassword,
} from '../password.ts';
import type { Operation } from '../request.ts';
import { success, type Result } from '../response.ts';
import { OperationError, resultCode } from '../result.ts';
import { codes } from './codes.ts';
import { storeChange } from './write-operations.ts';

export const whoAmIOid = '1.3.6.1.4.1.4203.1.11.3';

export function authenticate({ version, name, password }: Operation & { kind: 'bind' }, _session: Session, directory: Directory): Identity {
  if (version !== 3) throw new OperationError(resultCode.protocolError, 'requested protocol version not supported');
  if (password === undefined) throw new OperationError(resultCode.authMethodNotSupported, 'SASL(-4): no mechanism available');
  const dn = readDn(name, directory);
  if (dn.rdns.length === 0) return anonymous;
  if (password.length === 0)
    throw new OperationError(resultCode.unwillingToPerform, 'unauthenticated bind (DN with no password) disallowed');
  if (isAdministrator(dn, directory) && equalSecrets(password, directory.administrator.password)) {
    return { kind: 'administrator', dn: directory.face.schema.writeDn(directory.administrator.dn) };
  }
  const node = directory.tree.get(dn);
  const stored = node?.attributes.get('userPassword')?.values ?? [];
  if (node === undefined || !stored.some((value) => verifyPassword(value, password)))
    throw new OperationError(resultCode.invalidCredentials, '');
  return { kind: 'user', dn: node.name, node };
}

export function performExtended(operation: Operation & { kind: 'extended' }, { identity }: Session, directory: Directory): Result {
  if (operation.oid === whoAmIOid) return { ...success, responseValue: describeIdentity(identity) };
  if (operation.oid !== passwordModifyOid) throw new OperationError(resultCode.protocolError, 'unsupported extended operation');
  const responseValue = modifyPassword(operation.value, identity, directory);
  return responseValue === undefined ? success : { ...success, responseValue };
}

/** RFC 4532 section 2.2: an authorization identity, empty for the anonymous. */
function describeIdentity({ dn }: Identity): Buffer {
  return Buffer.from(dn === '' ? '' : `dn:${dn}`);
}

/** @returns the response value: a generated password when none was given */
function modifyPassword(value: Buffer | undefined, identity: Identity, directory: Directory): Buffer | undefined {
  const { schema } = directory.face;
  const request = readPasswordModification(value);
  if (identity.kind === 'anonymous')
    throw new OperationError(resultCode.strongerAuthRequired, 'only authenticated users may change passwords');
  requireAuthentication(identity);
  const dn = resolveDn(request.identity ?? identity.dn, schema);
  if (dn === undefined) throw new OperationError(codes.invalidValue, 'invalid DN');
  const node = findEntry(dn, directory);
  if (identity.node !== node) requireWriteAccess(identity);
  const { oldPassword } = request;
  if (
    oldPassword !== undefined &&
    node.attributes.get('userPassword')?.values.some((stored) => verifyPassword(stored, oldPassword)) !== true
  ) {
    throw new OperationError(resultCode.unwillingToPerform, 'unwilling to verify old password');
  }
  if (request.newPassword?.length === 0) throw new OperationError(resultCode.unwillingToPerform, 'new password is empty');
  const generated = request.newPassword === undefined ? randomBytes(9).toString('base64url') : undefined;
  const hashed = hashPassword(request.newPassword ?? Buffer.from(String(generated)));
  const attributes = new Map(node.attributes).set(
    'userPassword',
    checkAttribute({ description: 'userPassword', values: [hashed] }, schema, codes),
  );
  checkEntry(attributes, dn.rdns[0] ?? [], schema, node.text('structuralObjectClass'));
  storeChange(node, attributes, identity, directory);
  return generated === undefined ? undefined : writeGeneratedPassword(generated);
}
