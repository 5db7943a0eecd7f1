// LDAP requests as the server reads them off the wire, controls included but not yet understood.
// RFC 4511 sections 4.1 to 4.12 and appendix B.
import { BerReader } from 'ldapts';
import type { Filter } from '../ldap/filter.ts';
import { DecodeError, berTag, hasMore, nextTag, openElement, readAll, readBoolean, readInteger, readOctets, readText } from './ber.ts';
import { readFilter } from './filter-element.ts';

export interface Control {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Buffer | undefined;
}

export interface AttributeValues {
  readonly description: string;
  readonly values: readonly Buffer[];
}

export interface Modification extends AttributeValues {
  readonly operation: 'add' | 'delete' | 'replace';
}

export interface SearchOperation {
  readonly kind: 'search';
  readonly base: string;
  readonly scope: 'base' | 'one' | 'sub';
  /** 0: no limit asked for. */
  readonly sizeLimit: number;
  readonly typesOnly: boolean;
  readonly filter: Filter;
  readonly attributes: readonly string[];
}

export type Operation =
  | { readonly kind: 'bind'; readonly version: number; readonly name: string; readonly password: Buffer | undefined }
  | { readonly kind: 'unbind' }
  | { readonly kind: 'abandon'; readonly target: number }
  | SearchOperation
  | { readonly kind: 'compare'; readonly dn: string; readonly description: string; readonly value: Buffer }
  | { readonly kind: 'add'; readonly dn: string; readonly attributes: readonly AttributeValues[] }
  | { readonly kind: 'modify'; readonly dn: string; readonly modifications: readonly Modification[] }
  | { readonly kind: 'delete'; readonly dn: string }
  | {
      readonly kind: 'modifyDn';
      readonly dn: string;
      readonly newRdn: string;
      readonly deleteOldRdn: boolean;
      readonly newSuperior: string | undefined;
    }
  | { readonly kind: 'extended'; readonly oid: string; readonly value: Buffer | undefined };

export interface Request {
  readonly id: number;
  readonly operation: Operation;
  readonly controls: readonly Control[];
}

/** @throws DecodeError */
export function readRequest(pdu: Buffer): Request {
  const message = openElement(new BerReader(pdu));
  const id = readInteger(message);
  const operation = readOperation(message);
  const controls = hasMore(message) ? readAll(openElement(message, 0xa0), readControl) : [];
  return { id, operation, controls };
}

function readControl(reader: BerReader): Control {
  const control = openElement(reader);
  const oid = readText(control);
  const critical = nextTag(control) === berTag.boolean && readBoolean(control);
  return { oid, critical, value: hasMore(control) ? readOctets(control) : undefined };
}

function readOperation(message: BerReader): Operation {
  const tag = nextTag(message);
  switch (tag) {
    case 0x60:
      return readBind(openElement(message, tag));
    case 0x42:
      readOctets(message, tag);
      return { kind: 'unbind' };
    case 0x63:
      return readSearch(openElement(message, tag));
    case 0x66:
      return readModify(openElement(message, tag));
    case 0x68:
      return readAdd(openElement(message, tag));
    case 0x4a:
      return { kind: 'delete', dn: readText(message, tag) };
    case 0x6c:
      return readModifyDn(openElement(message, tag));
    case 0x6e:
      return readCompare(openElement(message, tag));
    case 0x50:
      return { kind: 'abandon', target: readInteger(message, tag) };
    case 0x77:
      return readExtended(openElement(message, tag));
    default:
      throw new DecodeError(`unknown operation 0x${tag.toString(16)}`);
  }
}

function readBind(body: BerReader): Operation {
  const version = readInteger(body);
  const name = readText(body);
  return { kind: 'bind', version, name, password: nextTag(body) === 0x80 ? readOctets(body, 0x80) : undefined };
}

const scopes = ['base', 'one', 'sub'] as const;

function readSearch(body: BerReader): Operation {
  const base = readText(body);
  const scope = scopes[readInteger(body, berTag.enumerated)];
  if (scope === undefined) throw new DecodeError('unknown search scope');
  readInteger(body, berTag.enumerated);
  const sizeLimit = readInteger(body);
  readInteger(body);
  const typesOnly = readBoolean(body);
  const filter = readFilter(body);
  const attributes = readAll(openElement(body), (reader) => readText(reader));
  return { kind: 'search', base, scope, sizeLimit, typesOnly, filter, attributes };
}

function readAttributeValues(reader: BerReader): AttributeValues {
  const attribute = openElement(reader);
  const description = readText(attribute);
  return { description, values: readAll(openElement(attribute, berTag.set), (values) => Buffer.from(readOctets(values))) };
}

const modificationKinds = ['add', 'delete', 'replace'] as const;

function readModify(body: BerReader): Operation {
  const dn = readText(body);
  const modifications = readAll(openElement(body), (reader) => {
    const change = openElement(reader);
    const operation = modificationKinds[readInteger(change, berTag.enumerated)];
    if (operation === undefined) throw new DecodeError('unknown kind of modification');
    return { operation, ...readAttributeValues(change) };
  });
  return { kind: 'modify', dn, modifications };
}

function readAdd(body: BerReader): Operation {
  const dn = readText(body);
  return { kind: 'add', dn, attributes: readAll(openElement(body), readAttributeValues) };
}

function readModifyDn(body: BerReader): Operation {
  const dn = readText(body);
  const newRdn = readText(body);
  const deleteOldRdn = readBoolean(body);
  return { kind: 'modifyDn', dn, newRdn, deleteOldRdn, newSuperior: hasMore(body) ? readText(body, 0x80) : undefined };
}

function readCompare(body: BerReader): Operation {
  const dn = readText(body);
  const assertion = openElement(body);
  const description = readText(assertion);
  return { kind: 'compare', dn, description, value: Buffer.from(readOctets(assertion)) };
}

function readExtended(body: BerReader): Operation {
  const oid = readText(body, 0x80);
  return { kind: 'extended', oid, value: hasMore(body) ? readOctets(body, 0x81) : undefined };
}
