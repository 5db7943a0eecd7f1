// LDAP messages: requests as octets, with their controls and filters; what reads responses is in response.ts and passed on here.
// RFC 4511 sections 4.1.1, 4.1.11 and 4.2 to 4.12; filters section 4.5.1.7.
import { BerWriter } from 'ldapts';
import type { Scope } from './directory.ts';
import type { Change } from './entry.ts';
import type { Filter, Value } from './filter.ts';

export { decodeMessage, readMessageId, type Response, type Result } from './response.ts';

export interface Control {
  readonly oid: string;
  readonly critical: boolean;
  readonly value?: Buffer;
}

export interface SearchParameters {
  readonly base: string;
  readonly scope: Scope;
  readonly filter: Filter;
  /** `1.1` alone reads none, `*` all user attributes, `+` all operational ones. */
  readonly attributes: readonly string[];
  /** Entries; 0 is no limit of the client's. */
  readonly sizeLimit: number;
  /** Seconds; 0 is no limit of the client's. */
  readonly timeLimit: number;
}

export type Request =
  | { readonly operation: 'bind'; readonly dn: string; readonly password: string }
  | { readonly operation: 'unbind' }
  | ({ readonly operation: 'search' } & SearchParameters)
  | { readonly operation: 'add'; readonly dn: string; readonly attributes: ReadonlyMap<string, readonly Value[]> }
  | { readonly operation: 'modify'; readonly dn: string; readonly changes: readonly Change[] }
  | {
      readonly operation: 'modifyDn';
      readonly dn: string;
      readonly newRdn: string;
      readonly deleteOldRdn: boolean;
      readonly newSuperior?: string;
    }
  | { readonly operation: 'delete'; readonly dn: string }
  | { readonly operation: 'compare'; readonly dn: string; readonly attribute: string; readonly value: Value }
  | { readonly operation: 'extended'; readonly oid: string; readonly value?: Buffer }
  | { readonly operation: 'abandon'; readonly messageId: number };

const scopes: Readonly<Record<Scope, number>> = { base: 0, one: 1, sub: 2 };
const changeOperations: Readonly<Record<Change['operation'], number>> = { add: 0, delete: 1, replace: 2 };
const neverDerefAliases = 0;
const simpleAuthentication = 0x80;
const [sequenceTag, setTag, octetStringTag] = [0x30, 0x31, 0x04];

export function encodeMessage(messageId: number, request: Request, controls: readonly Control[] = []): Buffer {
  return encode((writer) => {
    writer.startSequence();
    writer.writeInt(messageId);
    writeRequest(writer, request);
    if (controls.length > 0) writeControls(writer, controls);
    writer.endSequence();
  });
}

/**
 * What `write` writes. A long sequence is written a second time with room to spare: BerWriter.endSequence (ldapts 9.2.0) moves content
 * that is longer than 65,535 octets by one without growing its buffer, and would lose the last octet of a full one.
 */
export function encode(write: (writer: BerWriter) => void): Buffer {
  const writer = new BerWriter();
  write(writer);
  if (writer.buffer.length <= 0xffff) return writer.buffer;
  const roomy = new BerWriter({ size: writer.buffer.length + 4096 });
  write(roomy);
  return roomy.buffer;
}

function writeRequest(writer: BerWriter, request: Request): void {
  switch (request.operation) {
    case 'bind':
      writer.startSequence(0x60);
      writer.writeInt(3);
      writer.writeString(request.dn);
      writer.writeString(request.password, simpleAuthentication);
      return writer.endSequence();
    case 'unbind':
      return writer.writeBuffer(Buffer.alloc(0), 0x42);
    case 'search':
      return writeSearch(writer, request);
    case 'modify':
      writer.startSequence(0x66);
      writer.writeString(request.dn);
      writer.startSequence();
      for (const change of request.changes) {
        writer.startSequence();
        writer.writeEnumeration(changeOperations[change.operation]);
        writeAttribute(writer, change.attribute, change.values);
        writer.endSequence();
      }
      writer.endSequence();
      return writer.endSequence();
    case 'add':
      writer.startSequence(0x68);
      writer.writeString(request.dn);
      writer.startSequence();
      for (const [name, values] of request.attributes) if (values.length > 0) writeAttribute(writer, name, values);
      writer.endSequence();
      return writer.endSequence();
    case 'delete':
      return writer.writeString(request.dn, 0x4a);
    case 'modifyDn':
      writer.startSequence(0x6c);
      writer.writeString(request.dn);
      writer.writeString(request.newRdn);
      writer.writeBoolean(request.deleteOldRdn);
      if (request.newSuperior !== undefined) writer.writeString(request.newSuperior, 0x80);
      return writer.endSequence();
    case 'compare':
      writer.startSequence(0x6e);
      writer.writeString(request.dn);
      writeAssertion(writer, sequenceTag, request.attribute, request.value);
      return writer.endSequence();
    case 'abandon':
      return writer.writeInt(request.messageId, 0x50);
    case 'extended':
      writer.startSequence(0x77);
      writer.writeString(request.oid, 0x80);
      if (request.value !== undefined) writer.writeBuffer(request.value, 0x81);
      return writer.endSequence();
  }
}

function writeSearch(writer: BerWriter, search: SearchParameters): void {
  writer.startSequence(0x63);
  writer.writeString(search.base);
  writer.writeEnumeration(scopes[search.scope]);
  writer.writeEnumeration(neverDerefAliases);
  writer.writeInt(search.sizeLimit);
  writer.writeInt(search.timeLimit);
  writer.writeBoolean(false);
  writeFilter(writer, search.filter);
  writer.startSequence();
  for (const name of search.attributes) writer.writeString(name);
  writer.endSequence();
  writer.endSequence();
}

function writeAttribute(writer: BerWriter, name: string, values: readonly Value[]): void {
  writer.startSequence();
  writer.writeString(name);
  writer.startSequence(setTag);
  for (const value of values) writeValue(writer, value);
  writer.endSequence();
  writer.endSequence();
}

function writeValue(writer: BerWriter, value: Value, tag = octetStringTag): void {
  if (typeof value === 'string') writer.writeString(value, tag);
  else writer.writeBuffer(value, tag);
}

function writeControls(writer: BerWriter, controls: readonly Control[]): void {
  writer.startSequence(0xa0);
  for (const { oid, critical, value } of controls) {
    writer.startSequence();
    writer.writeString(oid);
    if (critical) writer.writeBoolean(true);
    if (value !== undefined) writer.writeBuffer(value, octetStringTag);
    writer.endSequence();
  }
  writer.endSequence();
}

export function writeFilter(writer: BerWriter, filter: Filter): void {
  switch (filter.kind) {
    case 'and':
    case 'or':
      writer.startSequence(filter.kind === 'and' ? 0xa0 : 0xa1);
      for (const part of filter.filters) writeFilter(writer, part);
      return writer.endSequence();
    case 'not':
      writer.startSequence(0xa2);
      writeFilter(writer, filter.filter);
      return writer.endSequence();
    case 'equal':
      return writeAssertion(writer, 0xa3, filter.attribute, filter.value);
    case 'greaterOrEqual':
      return writeAssertion(writer, 0xa5, filter.attribute, filter.value);
    case 'lessOrEqual':
      return writeAssertion(writer, 0xa6, filter.attribute, filter.value);
    case 'approx':
      return writeAssertion(writer, 0xa8, filter.attribute, filter.value);
    case 'present':
      return writer.writeString(filter.attribute, 0x87);
    case 'substring':
      return writeSubstrings(writer, filter);
    case 'extensible':
      writer.startSequence(0xa9);
      if (filter.rule !== undefined) writer.writeString(filter.rule, 0x81);
      if (filter.attribute !== undefined) writer.writeString(filter.attribute, 0x82);
      writeValue(writer, filter.value, 0x83);
      if (filter.dnAttributes === true) writer.writeBoolean(true, 0x84);
      return writer.endSequence();
  }
}

function writeAssertion(writer: BerWriter, tag: number, attribute: string, value: Value): void {
  writer.startSequence(tag);
  writer.writeString(attribute);
  writeValue(writer, value);
  writer.endSequence();
}

/** A substring may not be empty on the wire; an empty one asks for nothing, and with none left the attribute need only be present. */
function writeSubstrings(writer: BerWriter, filter: Extract<Filter, { kind: 'substring' }>): void {
  const parts: readonly (readonly [number, Value])[] = [
    [0x80, filter.initial ?? ''] as const,
    ...filter.any.map((part) => [0x81, part] as const),
    [0x82, filter.final ?? ''] as const,
  ].filter(([, part]) => part.length > 0);
  if (parts.length === 0) return writer.writeString(filter.attribute, 0x87);
  writer.startSequence(0xa4);
  writer.writeString(filter.attribute);
  writer.startSequence();
  for (const [tag, part] of parts) writeValue(writer, part, tag);
  writer.endSequence();
  writer.endSequence();
}
