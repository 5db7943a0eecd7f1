// Texts of ASCII, which most are: folded octet by octet, without becoming a string.
// RFC 8259 section 7; NFKC changes nothing in ASCII.
import type { Attribute } from '../scim/schema.ts';

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
