// LDAP messages as octets: requests are encoded, responses decoded, whole PDUs cut out of a stream of chunks.
// RFC 4511 sections 4 and 5.1; RFC 4511 section 4.5.1.7 for filters.
import { BerReader, BerWriter } from 'ldapts';
import type { Change, Scope } from './directory.ts';
import { Entry } from './entry.ts';
import type { Filter, Value } from './filter.ts';

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

/** LDAPResult, with the fields of an ExtendedResponse when it is one. */
export interface Result {
  readonly resultCode: number;
  readonly matchedDn: string;
  readonly diagnostic: string;
  readonly referrals: readonly string[];
  readonly controls: readonly Control[];
  readonly oid?: string;
  readonly value?: Buffer;
}

/** Values are views of the PDU that they came in: what keeps them longer than the entry copies them. */
export type Response =
  | { readonly kind: 'entry'; readonly messageId: number; readonly entry: Entry; readonly controls: readonly Control[] }
  | { readonly kind: 'reference'; readonly messageId: number; readonly uris: readonly string[] }
  | {
      readonly kind: 'intermediate';
      readonly messageId: number;
      readonly oid: string;
      readonly value: Buffer;
      readonly controls: readonly Control[];
    }
  | { readonly kind: 'result'; readonly messageId: number; readonly result: Result };

const scopes: Readonly<Record<Scope, number>> = { base: 0, one: 1, sub: 2 };
const changeOperations: Readonly<Record<Change['operation'], number>> = { add: 0, delete: 1, replace: 2 };
const neverDerefAliases = 0;
const simpleAuthentication = 0x80;
const [sequenceTag, setTag, octetStringTag, booleanTag] = [0x30, 0x31, 0x04, 0x01];

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

/** The message ID alone, so that answers nobody waits for are not decoded. @throws Error when the PDU is no LDAPMessage */
export function readMessageId(pdu: Buffer): number {
  const reader = new BerReader(pdu);
  enter(reader, sequenceTag, pdu.length);
  return present(reader.readInt());
}

/** @throws Error when the PDU is malformed or carries an operation that no server may send */
export function decodeMessage(pdu: Buffer): Response {
  const reader = new BerReader(pdu);
  const end = enter(reader, sequenceTag, pdu.length);
  const messageId = present(reader.readInt());
  const tag = present(reader.peek());
  const bodyEnd = enter(reader, tag, end);
  switch (tag) {
    case 0x64: {
      const entry = readEntry(reader, bodyEnd);
      return { kind: 'entry', messageId, entry, controls: readControls(reader, bodyEnd, end) };
    }
    case 0x73:
      return { kind: 'reference', messageId, uris: readStrings(reader, bodyEnd) };
    case 0x79: {
      const oid = reader.peek() === 0x80 ? present(reader.readString(0x80)) : '';
      const value = reader.offset < bodyEnd && reader.peek() === 0x81 ? readOctets(reader, 0x81, bodyEnd) : Buffer.alloc(0);
      return { kind: 'intermediate', messageId, oid, value, controls: readControls(reader, bodyEnd, end) };
    }
    case 0x61:
    case 0x65:
    case 0x67:
    case 0x69:
    case 0x6b:
    case 0x6d:
    case 0x6f:
    case 0x78: {
      const result = readResult(reader, bodyEnd);
      return { kind: 'result', messageId, result: { ...result, controls: readControls(reader, bodyEnd, end) } };
    }
    default:
      throw new Error(`unexpected LDAP operation 0x${tag.toString(16)}`);
  }
}

/** SearchResultEntry without its tag; also the value of pre-read and post-read controls. */
export function readEntry(reader: BerReader, end: number): Entry {
  const dn = readText(reader, octetStringTag, end);
  const listEnd = enter(reader, sequenceTag, end);
  const attributes: [string, Buffer[]][] = [];
  while (reader.offset < listEnd) {
    const attributeEnd = enter(reader, sequenceTag, listEnd);
    const name = readText(reader, octetStringTag, attributeEnd);
    const valuesEnd = enter(reader, setTag, attributeEnd);
    const values: Buffer[] = [];
    while (reader.offset < valuesEnd) values.push(readOctets(reader, octetStringTag, valuesEnd));
    attributes.push([name, values]);
    reader.offset = attributeEnd;
  }
  return new Entry(dn, attributes);
}

function readResult(reader: BerReader, end: number): Omit<Result, 'controls'> {
  const resultCode = present(reader.readEnumeration());
  const matchedDn = readText(reader, octetStringTag, end);
  const diagnostic = readText(reader, octetStringTag, end);
  let referrals: readonly string[] = [];
  let extended: { oid?: string; value?: Buffer } = {};
  while (reader.offset < end) {
    const tag = present(reader.peek());
    if (tag === 0xa3) referrals = readStrings(reader, enter(reader, tag, end));
    else if (tag === 0x8a) extended = { ...extended, oid: readText(reader, tag, end) };
    else if (tag === 0x8b) extended = { ...extended, value: readOctets(reader, tag, end) };
    else reader.offset = enter(reader, tag, end);
  }
  return { resultCode, matchedDn, diagnostic, referrals, ...extended };
}

function readControls(reader: BerReader, from: number, end: number): readonly Control[] {
  reader.offset = from;
  if (from >= end || reader.peek() !== 0xa0) return [];
  const listEnd = enter(reader, 0xa0, end);
  const controls: Control[] = [];
  while (reader.offset < listEnd) {
    const controlEnd = enter(reader, sequenceTag, listEnd);
    const oid = readText(reader, octetStringTag, controlEnd);
    const critical = reader.offset < controlEnd && reader.peek() === booleanTag ? present(reader.readBoolean()) : false;
    const value = reader.offset < controlEnd ? { value: readOctets(reader, octetStringTag, controlEnd) } : {};
    controls.push({ oid, critical, ...value });
    reader.offset = controlEnd;
  }
  return controls;
}

function readStrings(reader: BerReader, end: number): readonly string[] {
  const texts: string[] = [];
  while (reader.offset < end) texts.push(readText(reader, octetStringTag, end));
  return texts;
}

/** Steps into an element and gives its end, which BerReader does not hold against the element around it. */
export function enter(reader: BerReader, tag: number, limit: number): number {
  present(reader.readSequence(tag));
  const end = reader.offset + reader.length;
  if (reader.length < 0 || end > limit) throw new Error('BER element reaches beyond the one around it');
  return end;
}

export function readOctets(reader: BerReader, tag: number, limit: number): Buffer {
  const octets = present(reader.readString(tag, true));
  if (reader.offset > limit) throw new Error('BER element reaches beyond the one around it');
  return octets;
}

function readText(reader: BerReader, tag: number, limit: number): string {
  return readOctets(reader, tag, limit).toString('utf8');
}

/** BerReader answers null where octets are missing. */
export function present<T>(value: T | null): T {
  if (value === null) throw new Error('BER element is cut short');
  return value;
}
