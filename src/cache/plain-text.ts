// Texts of ASCII, which most are: folded octet by octet, without becoming a string.
// RFC 8259 section 7; NFKC changes nothing in ASCII.
import { comparableOf } from '../scim/match.ts';
import type { Attribute } from '../scim/schema.ts';
import { parseAt } from './attribute-octets.ts';

const [quote, backslash] = [0x22, 0x5c];

/**
 * Copies the text of a JSON string, folded as the attribute says, and gives its length; -1 where it is not plain.
 * @param room gives a place for that many octets
 */
export function copyPlain(octets: Buffer, at: number, { type, caseExact }: Attribute, room: (least: number) => Uint8Array): number {
  if (type !== 'string' && type !== 'reference') return -1;
  let end = at + 1;
  for (; octets[end] !== quote; end += 1) {
    const octet = octets[end] ?? 0x80;
    if (octet === backslash || octet >= 0x80) return -1;
  }
  const length = end - at - 1;
  const target = room(length);
  for (let index = 0; index < length; index += 1) {
    const octet = octets[at + 1 + index] ?? 0;
    target[index] = !caseExact && octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet;
  }
  return length;
}

/** As `copyPlain` of any text; -1 where it cannot be UTF-8. */
export function copyText(octets: Buffer, at: number, definition: Attribute, room: (least: number) => Buffer): number {
  const length = copyPlain(octets, at, definition, room);
  if (length >= 0) return length;
  const text = comparableOf(parseAt(octets, at), definition);
  return typeof text === 'string' && text.isWellFormed() ? room(Buffer.byteLength(text)).write(text) : -1;
}
