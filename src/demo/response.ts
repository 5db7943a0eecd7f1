// LDAP responses as octets: results, search entries, extended responses and the notice of disconnection.
// RFC 4511 sections 4.1.9, 4.4.1, 4.5.2 and 4.12.
import { BerWriter } from 'ldapts';
import { berTag } from './ber.ts';
import type { Control, Operation } from './request.ts';

export interface Result {
  readonly code: number;
  readonly matchedDn: string;
  readonly diagnostic: string;
  readonly referrals?: readonly string[];
  readonly controls?: readonly Control[];
  /** Only in extended responses. */
  readonly responseName?: string;
  readonly responseValue?: Buffer;
}

export const success: Result = { code: 0, matchedDn: '', diagnostic: '' };

/** An entry as it is sent: attribute descriptions in the server's spelling. */
export interface EntryContent {
  readonly dn: string;
  readonly attributes: readonly (readonly [description: string, values: readonly Buffer[]])[];
}

/** Continuation references (RFC 4511 section 4.5.3). */
export interface Reference {
  readonly uris: readonly string[];
}

export type AnsweredKind = Exclude<Operation['kind'], 'unbind' | 'abandon'>;

const responseTag: Readonly<Record<AnsweredKind, number>> = {
  bind: 0x61,
  search: 0x65,
  modify: 0x67,
  add: 0x69,
  delete: 0x6b,
  modifyDn: 0x6d,
  compare: 0x6f,
  extended: 0x78,
};

const noticeOfDisconnection = '1.3.6.1.4.1.1466.20036';

export function writeResult(id: number, kind: AnsweredKind, result: Result): Buffer {
  const { referrals = [] } = result;
  return writeMessage(
    id,
    result.controls ?? [],
    1024 + [result.diagnostic, result.matchedDn, ...referrals].join('').length * 3 + (result.responseValue?.length ?? 0),
    (writer) => {
      writer.startSequence(responseTag[kind]);
      writer.writeEnumeration(result.code);
      writer.writeString(result.matchedDn);
      writer.writeString(result.diagnostic);
      if (referrals.length > 0) {
        writer.startSequence(0xa3);
        for (const uri of referrals) writer.writeString(uri);
        writer.endSequence();
      }
      if (result.responseName !== undefined) writer.writeString(result.responseName, 0x8a);
      if (result.responseValue !== undefined) writer.writeBuffer(result.responseValue, 0x8b);
      writer.endSequence();
    },
  );
}

export function writeSearchEntry(id: number, entry: EntryContent): Buffer {
  return writeMessage(id, [], measureEntry(entry), (writer) => writeEntry(writer, entry));
}

export function writeSearchReference(id: number, { uris }: Reference): Buffer {
  return writeMessage(id, [], 128 + uris.join('').length * 3, (writer) => {
    writer.startSequence(0x73);
    for (const uri of uris) writer.writeString(uri);
    writer.endSequence();
  });
}

/** A SearchResultEntry alone, as the read entry controls carry it (RFC 4527 section 3). */
export function encodeEntry(entry: EntryContent): Buffer {
  const writer = new BerWriter({ size: measureEntry(entry) });
  writeEntry(writer, entry);
  return writer.buffer;
}

export function writeDisconnection(code: number, diagnostic: string): Buffer {
  return writeResult(0, 'extended', { code, matchedDn: '', diagnostic, responseName: noticeOfDisconnection });
}

function writeMessage(id: number, controls: readonly Control[], size: number, writeBody: (writer: BerWriter) => void): Buffer {
  const writer = new BerWriter({ size: size + controls.reduce((sum, { value }) => sum + 128 + (value?.length ?? 0), 64) });
  writer.startSequence();
  writer.writeInt(id);
  writeBody(writer);
  if (controls.length > 0) {
    writer.startSequence(0xa0);
    for (const { oid, critical, value } of controls) {
      writer.startSequence();
      writer.writeString(oid);
      if (critical) writer.writeBoolean(true);
      if (value !== undefined) writer.writeBuffer(value, berTag.octetString);
      writer.endSequence();
    }
    writer.endSequence();
  }
  writer.endSequence();
  return writer.buffer;
}

function writeEntry(writer: BerWriter, { dn, attributes }: EntryContent): void {
  writer.startSequence(0x64);
  writer.writeString(dn);
  writer.startSequence();
  for (const [description, values] of attributes) {
    writer.startSequence();
    writer.writeString(description);
    writer.startSequence(berTag.set);
    for (const value of values) writer.writeBuffer(value, berTag.octetString);
    writer.endSequence();
    writer.endSequence();
  }
  writer.endSequence();
  writer.endSequence();
}

/** An upper bound: BerWriter.endSequence moves contents by one octet without growing its buffer, so it must never be full. */
function measureEntry({ dn, attributes }: EntryContent): number {
  let size = 128 + Buffer.byteLength(dn);
  for (const [description, values] of attributes) {
    size += 32 + Buffer.byteLength(description);
    for (const value of values) size += 8 + value.length;
  }
  return size;
}
