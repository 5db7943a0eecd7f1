// One domain and its only domain controller: names, security identifier, and the relative identifiers that accounts get.
// MS-ADTS 6.1.1 (naming contexts), MS-DTYP 2.4.2 (SID), MS-SAMR 2.2.1.14 (predefined RIDs).
import { createHash, randomBytes } from 'node:crypto';
import type { Dn } from '../../ldap/dn.ts';
import { formatSid, parseSid } from '../../ldap/syntax.ts';

export const rid = { administrator: 500, guest: 501, krbtgt: 502, domainAdmins: 512, domainUsers: 513, domainGuests: 514 } as const;

export class Domain {
  readonly suffix: string;
  /** `example.com` */
  readonly dnsName: string;
  /** `EXAMPLE` */
  readonly netBiosName: string;
  readonly hostName: string;
  /** Another one each time: the same numbers of changes are those of another history. */
  readonly invocationId = randomBytes(16);
  readonly #sid: string;
  #lastRid = 1103;

  /** `written`: the DN as the directory writes it. @throws SyntaxError for a name that is none of a domain */
  constructor({ rdns }: Dn, written: string) {
    const labels = rdns.map(([ava, ...others]) => (ava?.type.toLowerCase() === 'dc' && others.length === 0 ? String(ava.value) : ''));
    const [first] = labels;
    if (first === undefined || labels.includes('')) throw new SyntaxError(`'${written}' is no name of a domain: DC=…,DC=… expected`);
    this.suffix = written;
    this.dnsName = labels.join('.').toLowerCase();
    this.netBiosName = first.toUpperCase().slice(0, 15);
    this.hostName = `dc1.${this.dnsName}`;
    const digest = createHash('sha256').update(this.dnsName).digest();
    this.#sid = ['S-1-5-21', ...[0, 4, 8].map((at) => digest.readUInt32LE(at))].join('-');
  }

  get sid(): Buffer {
    return formatSid(this.#sid);
  }

  sidOf(relative: number): Buffer {
    return formatSid(`${this.#sid}-${relative}`);
  }

  nextSid(): Buffer {
    return this.sidOf(++this.#lastRid);
  }

  named(container: string): string {
    return `${container},${this.suffix}`;
  }

  /** The category that entries of a class are in. */
  category(name: string): string {
    return this.named(`CN=${name},CN=Schema,CN=Configuration`);
  }
}

/** The last part of a SID, which tells accounts of one domain apart. */
export function relativeId(sid: Buffer): number {
  return Number(parseSid(sid).split('-').at(-1));
}
