// LDAP responses read from octets; every length is held against the element around it.
// RFC 4511 sections 4.1.9 to 4.1.11, 4.5.2, 4.5.3, 4.12 and 4.13.
import { BerReader } from 'ldapts';
import { Entry } from './entry.ts';
import type { Control } from './message.ts';

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

const [sequenceTag, setTag, octetStringTag, booleanTag] = [0x30, 0x31, 0x04, 0x01];

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
  let oid: string | undefined;
  let value: Buffer | undefined;
  while (reader.offset < end) {
    const tag = present(reader.peek());
    if (tag === 0xa3) referrals = readStrings(reader, enter(reader, tag, end));
    else if (tag === 0x8a) oid = readText(reader, tag, end);
    else if (tag === 0x8b) value = readOctets(reader, tag, end);
    else reader.offset = enter(reader, tag, end);
  }
  return { resultCode, matchedDn, diagnostic, referrals, ...(oid === undefined ? {} : { oid }), ...(value === undefined ? {} : { value }) };
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
