// One directory entry: a DN and attributes whose names compare case-insensitively and whose values are always lists of octet strings.
// RFC 4511 section 4.1.7, RFC 4512 section 2.5.

export class Entry {
  readonly dn: string;
  readonly #values = new Map<string, readonly Buffer[]>();

  /** Attribute options (`;binary`, `;range=…`) are part of the name. Attributes without a value are dropped. */
  constructor(dn: string, attributes: Iterable<readonly [string, readonly (string | Buffer)[]]>) {
    this.dn = dn;
    for (const [name, values] of attributes) {
      if (values.length > 0)
        this.#values.set(
          name.toLowerCase(),
          values.map((v) => (typeof v === 'string' ? Buffer.from(v) : v)),
        );
    }
  }

  has(name: string): boolean {
    return this.#values.has(name.toLowerCase());
  }

  /** The values as octets, lossless; what compare-and-set deletes. */
  octets(name: string): readonly Buffer[] {
    return this.#values.get(name.toLowerCase()) ?? [];
  }

  /** The values as UTF-8 text. */
  texts(name: string): readonly string[] {
    return this.octets(name).map((v) => v.toString('utf8'));
  }

  /** Lower-cased names of the attributes that have a value. */
  names(): readonly string[] {
    return [...this.#values.keys()];
  }
}

/** One step of a modification (RFC 4511 section 4.6). `delete` without values removes the attribute, `replace` without values likewise. */
export interface Change {
  readonly operation: 'add' | 'delete' | 'replace';
  readonly attribute: string;
  readonly values: readonly (string | Buffer)[];
}
