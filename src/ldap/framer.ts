// Cuts whole LDAPMessage PDUs out of the chunks that a socket delivers, each octet copied once at most.
// RFC 4511 section 5.1: definite lengths only.

/** Octets of the largest PDU that is taken; an attacker or a broken peer may not make us keep more. */
export const maximumPduLength = 64 * 1024 * 1024;

export class PduFramer {
  #chunks: Buffer[] = [];
  #held = 0;
  #needed = 2;

  /** Octets that wait for the rest of their PDU. */
  get held(): number {
    return this.#held;
  }

  /** Whole PDUs, as views of the chunks where one chunk holds them. @throws Error when the stream is no BER or a PDU is too large */
  push(chunk: Buffer): readonly Buffer[] {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    if (this.#held < this.#needed) return [];
    const octets = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#held);
    const pdus: Buffer[] = [];
    let offset = 0;
    for (;;) {
      const length = lengthOfPdu(octets, offset);
      this.#needed = length ?? octets.length - offset + 1;
      if (length === undefined || octets.length - offset < length) break;
      pdus.push(octets.subarray(offset, offset + length));
      offset += length;
    }
    this.#held = octets.length - offset;
    this.#chunks = this.#held === 0 ? [] : [octets.subarray(offset)];
    return pdus;
  }
}

/** Header and content together; undefined when the header is not complete. */
function lengthOfPdu(octets: Buffer, offset: number): number | undefined {
  const [tag, first] = [octets[offset], octets[offset + 1]];
  if (tag !== undefined && tag !== 0x30) throw new Error(`not an LDAP message: tag 0x${tag.toString(16)}`);
  if (first === undefined) return undefined;
  if (first < 0x80) return 2 + first;
  const size = first & 0x7f;
  if (size === 0 || size > 4) throw new Error('not an LDAP message: length of length');
  if (octets.length < offset + 2 + size) return undefined;
  const length = 2 + size + octets.readUIntBE(offset + 2, size);
  if (length > maximumPduLength) throw new Error(`LDAP message of ${length} octets is too large`);
  return length;
}
