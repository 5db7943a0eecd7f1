// LDAP responses read from octets; every length is held against the element around it.
// RFC 4511 sections 4.1.9 to 4.1.11, 4.5.2, 4.5.3, 4.12 and 4.13.
import { BerCursor, berTags } from './ber.ts';
import { Entry } from './entry.ts';
import type { Control } from './message.ts';
import { Names } from './names.ts';

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

const { sequence, set, octetString, boolean, integer, enumerated } = berTags;

/** The message ID alone, so that answers nobody waits for are not decoded. @throws Error when the PDU is no LDAPMessage */
export function readMessageId(pdu: Buffer): number {
  const cursor = new BerCursor(pdu);
  return cursor.integer(integer, cursor.enter(sequence, pdu.length));
}

/** @throws Error when the PDU is malformed or carries an operation that no server may send */
export function decodeMessage(pdu: Buffer): Response {
  const cursor = new BerCursor(pdu);
  const end = cursor.enter(sequence, pdu.length);
  const messageId = cursor.integer(integer, end);
  const tag = cursor.tag(end) ?? 0;
  const bodyEnd = cursor.enter(tag, end);
  switch (tag) {
    case 0x64: {
      const entry = readEntry(cursor, bodyEnd);
      return { kind: 'entry', messageId, entry, controls: readControls(cursor, bodyEnd, end) };
    }
    case 0x73:
      return { kind: 'reference', messageId, uris: readStrings(cursor, bodyEnd) };
    case 0x79: {
      const oid = cursor.tag(bodyEnd) === 0x80 ? cursor.text(0x80, bodyEnd) : '';
      const value = cursor.tag(bodyEnd) === 0x81 ? cursor.content(0x81, bodyEnd) : Buffer.alloc(0);
      return { kind: 'intermediate', messageId, oid, value, controls: readControls(cursor, bodyEnd, end) };
    }
    case 0x61:
    case 0x65:
    case 0x67:
    case 0x69:
    case 0x6b:
    case 0x6d:
    case 0x6f:
    case 0x78: {
      const result = readResult(cursor, bodyEnd);
      return { kind: 'result', messageId, result: { ...result, controls: readControls(cursor, bodyEnd, end) } };
    }
    default:
      throw new Error(`unexpected LDAP operation 0x${tag.toString(16)}`);
  }
}

/** SearchResultEntry without its tag; also the value of pre-read and post-read controls. */
export function readEntry(cursor: BerCursor, end: number): Entry {
  const { octets } = cursor;
  const dn = cursor.text(octetString, end);
  const listEnd = cursor.enter(sequence, end);
  let names = Names.none;
  const [firsts, spans]: [number[], number[]] = [[], []];
  while (cursor.at < listEnd) {
    const attributeEnd = cursor.enter(sequence, listEnd);
    const nameEnd = cursor.enter(octetString, attributeEnd);
    const nameBegin = cursor.at;
    cursor.at = nameEnd;
    const valuesEnd = cursor.enter(set, attributeEnd);
    if (cursor.at < valuesEnd) {
      names = names.with(octets, nameBegin, nameEnd);
      firsts.push(spans.length);
    }
    while (cursor.at < valuesEnd) {
      const valueEnd = cursor.enter(octetString, valuesEnd);
      spans.push(cursor.at, valueEnd);
      cursor.at = valueEnd;
    }
    cursor.at = attributeEnd;
  }
  firsts.push(spans.length);
  return new Entry(dn, { names, octets, firsts, spans });
}

function readResult(cursor: BerCursor, end: number): Omit<Result, 'controls'> {
  const resultCode = cursor.integer(enumerated, end);
  const matchedDn = cursor.text(octetString, end);
  const diagnostic = cursor.text(octetString, end);
  let referrals: readonly string[] = [];
  let oid: string | undefined;
  let value: Buffer | undefined;
  for (let tag = cursor.tag(end); tag !== undefined; tag = cursor.tag(end)) {
    if (tag === 0xa3) referrals = readStrings(cursor, cursor.enter(tag, end));
    else if (tag === 0x8a) oid = cursor.text(tag, end);
    else if (tag === 0x8b) value = cursor.content(tag, end);
    else cursor.content(tag, end);
  }
  return { resultCode, matchedDn, diagnostic, referrals, ...(oid === undefined ? {} : { oid }), ...(value === undefined ? {} : { value }) };
}

const noControls: readonly Control[] = [];

function readControls(cursor: BerCursor, from: number, end: number): readonly Control[] {
  cursor.at = from;
  if (cursor.tag(end) !== 0xa0) return noControls;
  const listEnd = cursor.enter(0xa0, end);
  const controls: Control[] = [];
  while (cursor.at < listEnd) {
    const controlEnd = cursor.enter(sequence, listEnd);
    const oid = cursor.text(octetString, controlEnd);
    const critical = cursor.tag(controlEnd) === boolean && cursor.boolean(controlEnd);
    const value = cursor.at < controlEnd ? { value: cursor.content(octetString, controlEnd) } : {};
    controls.push({ oid, critical, ...value });
    cursor.at = controlEnd;
  }
  return controls;
}

function readStrings(cursor: BerCursor, end: number): readonly string[] {
  const texts: string[] = [];
  while (cursor.at < end) texts.push(cursor.text(octetString, end));
  return texts;
}
