// Reads BER where it lies: every element is held against the one around it, and nothing is copied.
// RFC 4511 section 5.1: definite lengths; all tags of LDAP are one octet.

export const berTags = { boolean: 0x01, integer: 0x02, octetString: 0x04, enumerated: 0x0a, sequence: 0x30, set: 0x31 } as const;

/** Every method throws an Error for an element that has another tag, is cut short, or reaches beyond `limit`, an offset in the octets. */
export class BerCursor {
  readonly octets: Buffer;
  /** Where the next element begins. */
  at = 0;

  constructor(octets: Buffer) {
    this.octets = octets;
  }

  /** The tag of the next element; undefined where there is none. */
  tag(limit: number): number | undefined {
    return this.at < limit ? this.octets[this.at] : undefined;
  }

  /** Steps into the next element. @returns where it ends */
  enter(tag: number, limit: number): number {
    const { octets, at } = this;
    const first = octets[at + 1];
    if (octets[at] !== tag || first === undefined) throw new Error(`BER element 0x${tag.toString(16)} expected`);
    const size = first < 0x80 ? 0 : first & 0x7f;
    if (first === 0x80 || size > 4) throw new Error('BER length is not definite, or absurd');
    const begin = at + 2 + size;
    if (begin > limit) throw new Error('BER element is cut short');
    const end = begin + (size === 0 ? first : octets.readUIntBE(at + 2, size));
    if (end > limit) throw new Error('BER element reaches beyond the one around it');
    this.at = begin;
    return end;
  }

  /** The content of the next element, as a view. */
  content(tag: number, limit: number): Buffer {
    const end = this.enter(tag, limit);
    const content = this.octets.subarray(this.at, end);
    this.at = end;
    return content;
  }

  /** The content of the next element as UTF-8 text. */
  text(tag: number, limit: number): string {
    const end = this.enter(tag, limit);
    const text = this.octets.toString('utf8', this.at, end);
    this.at = end;
    return text;
  }

  /** A signed number of up to 32 bits, which is all that LDAP has. */
  integer(tag: number, limit: number): number {
    const content = this.content(tag, limit);
    if (content.length === 0 || content.length > 4) throw new Error('BER integer is empty or too long');
    return content.readIntBE(0, content.length);
  }

  boolean(limit: number): boolean {
    return this.integer(berTags.boolean, limit) !== 0;
  }
}
