// Reading BER so that no length inside a message can point outside of it: every constructed element gets a reader of its own.
// RFC 4511 section 5.1; on ldapts' BerReader, which by itself knows no nesting.
import { BerReader } from 'ldapts';

export const berTag = { boolean: 0x01, integer: 0x02, octetString: 0x04, enumerated: 0x0a, sequence: 0x30, set: 0x31 } as const;

/** The message is no LDAP: the session ends with a notice of disconnection. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

export function readOctets(reader: BerReader, tag: number = berTag.octetString): Buffer {
  const start = reader.offset;
  try {
    const octets = reader.readString(tag, true);
    if (octets !== null && reader.length >= 0 && reader.offset > start) return octets;
  } catch (error) {
    throw new DecodeError(error instanceof Error ? error.message : 'not BER');
  }
  throw new DecodeError(`element 0x${tag.toString(16)} is missing or cut off`);
}

export function readText(reader: BerReader, tag: number = berTag.octetString): string {
  return readOctets(reader, tag).toString('utf8');
}

export function readInteger(reader: BerReader, tag: number = berTag.integer): number {
  const octets = readOctets(reader, tag);
  if (octets.length === 0 || octets.length > 4) throw new DecodeError('integer out of range');
  return octets.readIntBE(0, octets.length);
}

export function readBoolean(reader: BerReader, tag: number = berTag.boolean): boolean {
  const octets = readOctets(reader, tag);
  if (octets.length !== 1) throw new DecodeError('boolean of a wrong length');
  return octets[0] !== 0;
}

/** A reader for the contents of one constructed element. */
export function openElement(reader: BerReader, tag: number = berTag.sequence): BerReader {
  return new BerReader(readOctets(reader, tag));
}

export function hasMore(reader: BerReader): boolean {
  return reader.remain > 0;
}

export function nextTag(reader: BerReader): number {
  return reader.peek() ?? -1;
}

/** Each element of the rest of a SEQUENCE OF or SET OF. */
export function readAll<T>(reader: BerReader, readOne: (reader: BerReader) => T): T[] {
  const elements: T[] = [];
  while (hasMore(reader)) elements.push(readOne(reader));
  return elements;
}
