// One directory entry: a DN and attributes whose names compare case-insensitively and whose values are always lists of octet strings.
// RFC 4511 section 4.1.7, RFC 4512 section 2.5.
import { Names } from './names.ts';

/** Where the values of an entry lie. */
export interface Layout {
  readonly names: Names;
  readonly octets: Buffer;
  /** For each name where in `spans` its values begin, and where the last one's end. */
  readonly firsts: readonly number[];
  /** For each value its begin and end in `octets`. */
  readonly spans: readonly number[];
}

export class Entry {
  readonly dn: string;
  readonly #layout: Layout;

  /**
   * Attribute options (`;binary`, `;range=…`) are part of the name. Attributes without a value are dropped.
   * @param attributes or where they lie: values are taken out when they are asked for
   */
  constructor(dn: string, attributes: Iterable<readonly [string, readonly (string | Buffer)[]]> | Layout) {
    this.dn = dn;
    this.#layout = 'spans' in attributes ? attributes : layOut(attributes);
  }

  has(name: string): boolean {
    return this.#layout.names.indexOf(name) >= 0;
  }

  /** How many values an attribute has. */
  count(name: string): number {
    const { names, firsts } = this.#layout;
    const index = names.indexOf(name);
    return index < 0 ? 0 : ((firsts[index + 1] ?? 0) - (firsts[index] ?? 0)) / 2;
  }

  /** The values as octets, lossless; what compare-and-set deletes. Views: what keeps them longer than the entry copies them. */
  octets(name: string): readonly Buffer[] {
    const { octets } = this.#layout;
    return this.#map(name, (begin, end) => octets.subarray(begin, end));
  }

  /** The values as UTF-8 text. */
  texts(name: string): readonly string[] {
    const { octets } = this.#layout;
    return this.#map(name, (begin, end) => octets.toString('utf8', begin, end));
  }

  /** Whether any attribute has options. */
  get hasOptions(): boolean {
    return this.#layout.names.hasOptions;
  }

  /** Lower-cased names of the attributes that have a value. */
  names(): readonly string[] {
    return this.#layout.names.all();
  }

  #map<T>(name: string, take: (begin: number, end: number) => T): readonly T[] {
    const { names, firsts, spans } = this.#layout;
    const index = names.indexOf(name);
    if (index < 0) return [];
    const values: T[] = [];
    const end = firsts[index + 1] ?? 0;
    for (let i = firsts[index] ?? end; i < end; i += 2) values.push(take(spans[i] ?? 0, spans[i + 1] ?? 0));
    return values;
  }
}

function layOut(attributes: Iterable<readonly [string, readonly (string | Buffer)[]]>): Layout {
  let names = Names.none;
  const values: Buffer[] = [];
  const [firsts, spans]: [number[], number[]] = [[], []];
  let at = 0;
  for (const [name, own] of attributes) {
    if (own.length === 0) continue;
    const octets = Buffer.from(name);
    names = names.with(octets, 0, octets.length);
    firsts.push(spans.length);
    for (const each of own) {
      const value = typeof each === 'string' ? Buffer.from(each) : each;
      values.push(value);
      spans.push(at, at + value.length);
      at += value.length;
    }
  }
  firsts.push(spans.length);
  return { names, octets: Buffer.concat(values, at), firsts, spans };
}

/** One step of a modification (RFC 4511 section 4.6). `delete` without values removes the attribute, `replace` without values likewise. */
export interface Change {
  readonly operation: 'add' | 'delete' | 'replace';
  readonly attribute: string;
  readonly values: readonly (string | Buffer)[];
}
