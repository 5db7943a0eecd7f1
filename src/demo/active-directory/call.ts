// One operation under way, and the steps with which most begin: who asks, and which entry a name means.
// MS-ADTS 3.1.1.3.1.2.4 (alternative forms of DNs), 3.1.1.5.5 (tombstones are not seen).
import { isUnder, type Dn } from '../../ldap/dn.ts';
import { formatGuid, formatSid } from '../../ldap/syntax.ts';
import type { Attribute } from '../attribute.ts';
import { makeAttribute } from '../attribute.ts';
import type { Controls } from '../control.ts';
import type { Directory } from '../directory.ts';
import { resolveDn } from '../names.ts';
import type { Node } from '../node.ts';
import type { AttributeType } from '../schema.ts';
import type { Session } from '../session.ts';
import type { Domain } from './domain.ts';
import { refuseAccess, refuseForeign, refuseMissing, refuseName, refuseUnbound } from './refusal.ts';
import { adSchema } from './schema.ts';

export interface Call {
  readonly controls: Controls;
  readonly session: Session;
  readonly directory: Directory;
  readonly domain: Domain;
}

export function requireBind({ session }: Call): void {
  if (session.identity.kind === 'anonymous') throw refuseUnbound();
}

export function requireAdministrator({ session }: Call): void {
  if (session.identity.kind !== 'administrator') throw refuseAccess();
}

/** Passwords are written and never read, by nobody. */
export function mayRead(_node: Node, type: AttributeType): boolean {
  return type.name !== 'unicodePwd';
}

/** A DN, `<GUID=…>` or `<SID=…>`. @throws OperationError */
export function readName(text: string, call: Call): Dn {
  const special = /^<(GUID|SID)=([^>]+)>$/i.exec(text.trim());
  if (special !== null) {
    const [, kind = '', value = ''] = special;
    return (kind.toUpperCase() === 'GUID' ? findBy('objectGUID', readGuid(value), call) : findBy('objectSid', readSid(value), call)).dn;
  }
  const dn = resolveDn(text, adSchema);
  if (dn === undefined) throw refuseName();
  return dn;
}

function readGuid(text: string): Buffer {
  if (/^[\da-f]{32}$/i.test(text)) return Buffer.from(text, 'hex');
  return orBadName(() => formatGuid(text));
}

function readSid(text: string): Buffer {
  if (/^(?:[\da-f]{2})+$/i.test(text)) return Buffer.from(text, 'hex');
  return orBadName(() => formatSid(text));
}

function orBadName(read: () => Buffer): Buffer {
  try {
    return read();
  } catch (error) {
    if (error instanceof SyntaxError) throw refuseName();
    throw error;
  }
}

function findBy(attribute: string, value: Buffer, call: Call): Node {
  const [node] = call.directory.tree.lookUp(attribute, value.toString('latin1')) ?? [];
  if (node === undefined || !isVisible(node, call)) throw refuseMissing(undefined);
  return node;
}

export function isDeleted(node: Node): boolean {
  return node.attributes.has('isDeleted');
}

export function isVisible(node: Node, { controls }: Call): boolean {
  return controls.showDeleted === true || !isDeleted(node);
}

/** The entry that an operation is about. @throws OperationError: of another domain, or missing */
export function findEntry(dn: Dn, call: Call): Node {
  const node = findVisible(dn, call);
  if (node === undefined) throw missing(dn, call);
  return node;
}

export function findVisible(dn: Dn, call: Call): Node | undefined {
  const node = call.directory.tree.get(dn);
  return node !== undefined && isVisible(node, call) ? node : undefined;
}

export function missing(dn: Dn, { directory, domain }: Call, code?: string) {
  if (!isUnder(dn, directory.suffix)) return refuseForeign(adSchema.writeDn(dn), domain.dnsName);
  return refuseMissing(directory.tree.nearest(dn)?.name, code);
}

export function put(attributes: Map<string, Attribute>, name: string, ...values: readonly (string | Buffer)[]): void {
  if (values.length === 0) attributes.delete(name);
  else attributes.set(name, makeAttribute(name, values, adSchema));
}

export function textOf(attributes: ReadonlyMap<string, Attribute>, name: string): string | undefined {
  return attributes.get(name)?.values[0]?.toString('utf8');
}
