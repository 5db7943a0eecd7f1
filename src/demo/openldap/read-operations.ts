// Search and compare. A search is a generator, so that the connection can pause it while the client reads.
// RFC 4511 sections 4.5 and 4.10; RFC 2696, as slapd does it: one paged search at a time on a connection.
import { isUnder } from '../../ldap/dn.ts';
import type { Dn } from '../../ldap/dn.ts';
import type { Identity, Paging, Session } from '../session.ts';
import { mayRead } from './access.ts';
import { checkAttribute } from '../attribute.ts';
import type { Controls } from '../control.ts';
import { writePaging } from '../control.ts';
import type { Directory } from '../directory.ts';
import { checkAssertion, failMissing, findEntry, readDn } from './entries.ts';
import type { MayRead } from '../filter.ts';
import { compileFilter, compileValueFilter, findCandidates } from '../filter.ts';
import type { Control, Operation, SearchOperation } from '../request.ts';
import type { EntryContent } from '../response.ts';
import { OperationError, resultCode } from '../result.ts';
import { codes } from './codes.ts';
import { readSelection, selectContent } from '../selection.ts';
import { nameKey } from '../names.ts';
import type { Node } from '../node.ts';

/** Entries per search for everyone but the administrator. */
const sizeLimit = 500;

/** Yields the entries; returns the response controls. @throws OperationError, also after entries: a limit is reached */
export function* search(
  operation: SearchOperation,
  controls: Controls,
  { identity, paging }: Session,
  directory: Directory,
): Generator<EntryContent, Control[]> {
  const { tree, face } = directory;
  const base = readDn(operation.base, directory);
  const special = findSpecialEntry(base, operation.scope, directory);
  const readable: MayRead = (node, type) => special !== undefined || mayRead(identity, node, type);
  const predicate = compileFilter(operation.filter, { schema: face.schema, mayRead: readable });
  const matchedValues = controls.matchedValues?.map((filter) => compileValueFilter(filter, face.schema));
  const selection = { ...readSelection(operation.attributes, face.schema), typesOnly: operation.typesOnly, matchedValues };
  if (special !== undefined) {
    if (predicate(special) === true) yield selectContent(special, selection, readable);
    return controls.paging ? [writePaging(Buffer.alloc(0))] : [];
  }

  const baseNode = findBase(base, identity, directory);
  checkAssertion(controls.assertion, baseNode, identity, directory);
  if (controls.paging) resumePaging(controls.paging.cookie, paging);
  if (controls.paging?.size === 0) return [writePaging(Buffer.alloc(0))];
  const after = controls.paging ? paging.lastId : 0;
  let sent = 0;
  for (const node of listCandidates(operation, baseNode, directory)) {
    if (node.id <= after || !tree.has(node) || predicate(node) !== true) continue;
    if (controls.paging && sent === controls.paging.size) return [writePaging(writeCookie(paging.lastId))];
    const total = controls.paging ? paging.count : sent;
    if ((operation.sizeLimit > 0 && total === operation.sizeLimit) || (identity.kind !== 'administrator' && total === sizeLimit)) {
      throw new OperationError(resultCode.sizeLimitExceeded, '');
    }
    sent += 1;
    if (controls.paging) {
      paging.lastId = node.id;
      paging.count += 1;
    }
    yield selectContent(node, selection, readable);
  }
  if (!controls.paging) return [];
  paging.lastId = 0;
  return [writePaging(Buffer.alloc(0))];
}

/** The root DSE and the subschema, which everyone may read. */
function findSpecialEntry(base: Dn, scope: SearchOperation['scope'], { unlisted }: Directory): Node | undefined {
  return scope === 'base' ? unlisted.get(nameKey(base)) : undefined;
}

/** Who may read nothing is not even told what exists. */
function findBase(base: Dn, identity: Identity, directory: Directory): Node {
  if (identity.kind === 'anonymous') throw new OperationError(resultCode.noSuchObject, '');
  return directory.tree.get(base) ?? failMissing(base, directory);
}

function listCandidates({ filter, scope }: SearchOperation, base: Node, { tree, face }: Directory): readonly Node[] {
  const candidates = scope === 'base' ? undefined : findCandidates(filter, tree, face.schema);
  if (candidates === undefined) return tree.inScope(base, scope);
  return [...candidates].filter((node) => (scope === 'one' ? node.parent === base : node.isUnder(base))).toSorted((a, b) => a.id - b.id);
}

const cookieLength = 8;

function writeCookie(lastId: number): Buffer {
  const cookie = Buffer.alloc(cookieLength);
  cookie.writeBigUInt64LE(BigInt(lastId));
  return cookie;
}

function resumePaging(cookie: Buffer, paging: Paging): void {
  if (cookie.length === 0) {
    paging.lastId = 0;
    paging.count = 0;
    return;
  }
  const expected = BigInt(paging.lastId);
  const given = cookie.length === cookieLength ? cookie.readBigUInt64LE() : undefined;
  if (given === undefined || given > expected) throw new OperationError(resultCode.protocolError, 'paged results cookie is invalid');
  if (given < expected) throw new OperationError(resultCode.unwillingToPerform, 'paged results cookie is invalid or old');
}

/** @returns compareTrue or compareFalse */
export function compareEntry(
  operation: Operation & { kind: 'compare' },
  controls: Controls,
  { identity }: Session,
  directory: Directory,
): number {
  const { schema } = directory.face;
  const dn = readDn(operation.dn, directory);
  const { description, keys } = checkAttribute({ description: operation.description, values: [operation.value] }, schema, codes);
  if (identity.kind === 'anonymous') throw new OperationError(resultCode.noSuchObject, '');
  const node = isUnder(dn, directory.suffix) ? findEntry(dn, directory) : failMissing(dn, directory);
  checkAssertion(controls.assertion, node, identity, directory);
  if (!mayRead(identity, node, description.type)) throw new OperationError(resultCode.insufficientAccessRights, '');
  const stored = node.find(schema.withSubtypes(description.type), description.options);
  if (stored.length === 0) throw new OperationError(codes.valueMissing, '');
  if (description.type.equality === undefined) throw new OperationError(resultCode.inappropriateMatching, '');
  return stored.some((attribute) => keys.every((key) => attribute.keys.includes(key))) ? resultCode.compareTrue : resultCode.compareFalse;
}
