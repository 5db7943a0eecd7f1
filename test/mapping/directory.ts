// A directory in miniature: entries evaluated against filters in three values, as naively as the RFCs say it.
// RFC 4511 section 4.5.1.7; RFC 4517 section 4.2 with the preparation of RFC 4518 as slapd does it; the bit rules of [MS-ADTS] 3.1.1.3.4.4.
import { dnKey, parseDn } from '../../src/ldap/dn.ts';
import type { Filter, Value } from '../../src/ldap/filter.ts';
import { parseSchema, type DirectorySchema } from '../../src/ldap/schema.ts';
import { decodeText } from '../../src/ldap/syntax.ts';

/** True, False or Undefined: an assertion that cannot be evaluated is Undefined, and stays it under `not`. */
export type Truth = boolean | undefined;

/** Where in the value an assertion stands: only the ends of a value lose their blanks. */
type Part = 'whole' | 'initial' | 'any' | 'final';
type Prepare = (octets: Buffer, part: Part) => string | undefined;

const collapse = (text: string, part: Part): string => {
  const single = text.replace(/ +/g, ' ');
  const start = part === 'whole' || part === 'initial' ? single.replace(/^ /, '') : single;
  return part === 'whole' || part === 'final' ? start.replace(/ $/, '') : start;
};
const foldCase = (text: string): string => Array.from(text, (character) => Array.from(character.toLowerCase())[0] ?? '').join('');
const ofText =
  (prepare: (text: string, part: Part) => string | undefined): Prepare =>
  (octets, part) => {
    const text = decodeText(octets);
    return text === undefined || (part === 'whole' && text === '') ? undefined : prepare(text, part);
  };
const ofForm = (form: RegExp, prepare: (text: string) => string = (text) => text): Prepare =>
  ofText((text) => (form.test(text) ? prepare(text) : undefined));

const ignoreCase = ofText((text, part) => collapse(foldCase(text.normalize('NFKC')), part));
const exactCase = ofText((text, part) => collapse(text.normalize('NFKC'), part));
const ia5: Prepare = (octets, part) => (octets.every((octet) => octet < 128) ? collapse(octets.toString().toLowerCase(), part) : undefined);
const printable = /^[A-Za-z0-9'()+,\-./:? =]+$/;

/** GeneralizedTime in milliseconds; Undefined for what is none. */
const prepareTime = (text: string): string => {
  const [, year, month, day, hours, minutes, seconds, fraction = '', zone = 'Z'] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d+)?(Z|[+-]\d{4})$/.exec(text) ?? [];
  const offset = zone === 'Z' ? 0 : Number(`${zone[0]}1`) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3)));
  const instant = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hours), Number(minutes) - offset, Number(seconds));
  return String(instant + Number(`0${fraction}`) * 1000);
};

/** How values of one kind of attribute compare, and which values and assertions there can be. */
interface Kind {
  readonly rules: string;
  readonly syntax: string;
  readonly prepare: Prepare;
  /** Octets that are a value of the syntax, where not every assertion is one. */
  readonly accepts?: (octets: Buffer) => boolean;
}
const standard = '1.3.6.1.4.1.1466.115.121.1';
const kinds = {
  text: { rules: 'EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch', syntax: `${standard}.15`, prepare: ignoreCase },
  exact: { rules: 'EQUALITY caseExactMatch SUBSTR caseExactSubstringsMatch', syntax: `${standard}.15`, prepare: exactCase },
  ia5: { rules: 'EQUALITY caseIgnoreIA5Match SUBSTR caseIgnoreIA5SubstringsMatch', syntax: `${standard}.26`, prepare: ia5 },
  phone: {
    rules: 'EQUALITY telephoneNumberMatch SUBSTR telephoneNumberSubstringsMatch',
    syntax: `${standard}.50`,
    prepare: ofForm(printable, (text) => foldCase(text).replace(/[ -]/g, '')),
  },
  fax: { rules: '', syntax: `${standard}.22`, prepare: () => undefined, accepts: (octets) => printable.test(octets.toString()) },
  numeric: {
    rules: 'EQUALITY numericStringMatch SUBSTR numericStringSubstringsMatch',
    syntax: `${standard}.36`,
    prepare: ofForm(/^[\d ]+$/, (text) => text.replaceAll(' ', '')),
  },
  integer: {
    rules: 'EQUALITY integerMatch ORDERING integerOrderingMatch',
    syntax: `${standard}.27`,
    prepare: ofForm(/^(?:0|-?[1-9]\d*)$/),
  },
  boolean: { rules: 'EQUALITY booleanMatch', syntax: `${standard}.7`, prepare: ofForm(/^(?:TRUE|FALSE)$/) },
  time: {
    rules: 'EQUALITY generalizedTimeMatch ORDERING generalizedTimeOrderingMatch',
    syntax: `${standard}.24`,
    prepare: ofForm(/^\d{14}(?:\.\d+)?(?:Z|[+-]\d{4})$/, prepareTime),
  },
  octets: { rules: 'EQUALITY octetStringMatch', syntax: `${standard}.40`, prepare: (octets) => octets.toString('latin1') },
  uuid: { rules: 'EQUALITY UUIDMatch', syntax: '1.3.6.1.1.16.1', prepare: ofForm(/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i, foldCase) },
  dn: {
    rules: 'EQUALITY distinguishedNameMatch',
    syntax: `${standard}.12`,
    prepare: ofText((text) => {
      try {
        return dnKey(parseDn(text));
      } catch {
        return undefined;
      }
    }),
  },
} satisfies Record<string, Kind>;

/** `text`, or `text!` for an attribute that takes one value. */
export type Column = keyof typeof kinds | `${keyof typeof kinds}!`;

export type Values = ReadonlyMap<string, readonly Buffer[]>;

export class MiniDirectory {
  readonly schema: DirectorySchema;
  readonly #columns: ReadonlyMap<string, { readonly kind: Kind; readonly single: boolean }>;

  constructor(columns: Readonly<Record<string, Column>>) {
    this.#columns = new Map(
      Object.entries(columns).map(([name, column]) => [
        name,
        { kind: kinds[column.replace('!', '') as keyof typeof kinds], single: column.endsWith('!') },
      ]),
    );
    this.schema = parseSchema({
      attributeTypes: [...this.#columns].map(
        ([name, { kind, single }], i) => `( 9.${i} NAME '${name}' ${kind.rules} SYNTAX ${kind.syntax}${single ? ' SINGLE-VALUE' : ''} )`,
      ),
      objectClasses: [],
    });
  }

  isSingle(name: string): boolean {
    return this.#columns.get(name)?.single === true;
  }

  /** The attributes as a server would store them: values of the syntax, no two of them the same. */
  store(attributes: Iterable<readonly [name: string, values: readonly Value[]]>): Values {
    return new Map(
      Array.from(attributes, ([name, values]) => {
        const kind = this.#columns.get(name)?.kind;
        const distinct = new Map<string, Buffer>();
        for (const value of values.map((each) => Buffer.from(each))) {
          const key = kind?.accepts ? (kind.accepts(value) ? value.toString() : undefined) : kind?.prepare(value, 'whole');
          if (key !== undefined && !distinct.has(key)) distinct.set(key, value);
        }
        return [name, [...distinct.values()]] as const;
      }),
    );
  }

  evaluate(filter: Filter, values: Values): Truth {
    switch (filter.kind) {
      case 'and':
      case 'or': {
        const all = new Set(filter.filters.map((inner) => this.evaluate(inner, values)));
        const decisive = filter.kind === 'or';
        return all.has(decisive) ? decisive : all.has(undefined) ? undefined : !decisive;
      }
      case 'not': {
        const truth = this.evaluate(filter.filter, values);
        return truth === undefined ? undefined : !truth;
      }
      default: {
        const kind = this.#columns.get(filter.attribute ?? '')?.kind;
        return kind && evaluateItem(filter, kind, values.get(filter.attribute ?? '') ?? []);
      }
    }
  }
}

function evaluateItem(filter: Exclude<Filter, { kind: 'and' | 'or' | 'not' }>, kind: Kind, values: readonly Buffer[]): Truth {
  const prepared = (value: Value, part: Part = 'whole') => kind.prepare(Buffer.from(value), part);
  const some = (asserted: string | undefined, test: (key: string, asserted: string) => boolean): Truth =>
    asserted === undefined ? undefined : values.some((value) => test(prepared(value) ?? '', asserted));
  switch (filter.kind) {
    case 'present':
      return values.length > 0;
    case 'equal':
      return some(prepared(filter.value), (key, asserted) => key === asserted);
    case 'greaterOrEqual':
    case 'lessOrEqual': {
      if (!kind.rules.includes('ORDERING')) return undefined;
      const order = (key: string, asserted: string) =>
        /^-?\d+$/.test(`${key}${asserted.replace('-', '')}`) ? Number(BigInt(key) - BigInt(asserted)) : Number(key) - Number(asserted);
      return some(prepared(filter.value), (key, asserted) =>
        filter.kind === 'greaterOrEqual' ? order(key, asserted) >= 0 : order(key, asserted) <= 0,
      );
    }
    case 'substring': {
      if (!kind.rules.includes('SUBSTR')) return undefined;
      const parts = [
        ...(filter.initial === undefined ? [] : [[prepared(filter.initial, 'initial'), 'initial'] as const]),
        ...filter.any.map((any) => [prepared(any, 'any'), 'any'] as const),
        ...(filter.final === undefined ? [] : [[prepared(filter.final, 'final'), 'final'] as const]),
      ];
      if (parts.some(([text]) => text === undefined)) return undefined;
      return values.some((value) => containsInOrder(prepared(value) ?? '', parts));
    }
    case 'extensible': {
      const mask = BigInt(String(filter.value));
      const isAny = filter.rule === '1.2.840.113556.1.4.804';
      if (!isAny && filter.rule !== '1.2.840.113556.1.4.803') return undefined;
      return values.some((value) => (isAny ? (BigInt(value.toString()) & mask) !== 0n : (BigInt(value.toString()) & mask) === mask));
    }
    case 'approx':
      return undefined;
  }
}

function containsInOrder(key: string, parts: readonly (readonly [text: string | undefined, part: Part])[]): boolean {
  let rest = key;
  return parts.every(([text = '', part]) => {
    const at =
      part === 'initial'
        ? rest.startsWith(text)
          ? 0
          : -1
        : part === 'final'
          ? rest.endsWith(text)
            ? rest.length - text.length
            : -1
          : rest.indexOf(text);
    rest = rest.slice(at + text.length);
    return at >= 0;
  });
}
