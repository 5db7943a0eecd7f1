// Comparisons of single LDAP attributes as bounds: what this directory can evaluate, over- and under-approximated.
// RFC 4511 section 4.5.1.7 (three-valued logic), RFC 4517 and 4518 (matching); L-001 to L-012.
import {
  absoluteFalse,
  absoluteTrue,
  and,
  equal,
  type Filter,
  greaterOrEqual,
  lessOrEqual,
  not,
  or,
  present,
  type Value,
} from '../ldap/filter.ts';
import { type AttributeType, equalityKind, ordersBy } from '../ldap/schema.ts';
import { formatGeneralizedTime } from '../ldap/syntax.ts';
import type { Codec } from './codec.ts';
import { compareText } from './leaf-text.ts';
import type { Bounds, Comparison, FilterContext, Leaf } from './rule.ts';

export const everything: Bounds = { over: absoluteTrue, under: absoluteTrue };
export const nothing: Bounds = { over: absoluteFalse, under: absoluteFalse };
/** Could be any: ask for all, decide in memory. */
export const unknown: Bounds = { over: absoluteTrue, under: absoluteFalse };
export const exactly = (filter: Filter): Bounds => ({ over: filter, under: filter });
export const atLeast = (filter: Filter): Bounds => ({ over: filter, under: absoluteFalse });
export const negate = (bounds: Bounds): Bounds => ({ over: not(bounds.under), under: not(bounds.over) });
export const allOf = (all: readonly Bounds[]): Bounds => ({ over: and(all.map((b) => b.over)), under: and(all.map((b) => b.under)) });
export const anyOf = (all: readonly Bounds[]): Bounds => ({ over: or(all.map((b) => b.over)), under: or(all.map((b) => b.under)) });

/** One LDAP attribute behind one SCIM value. */
export interface Column {
  readonly ldap: string;
  readonly codec: Codec;
}

/**
 * Bounds of a comparison with an attribute that holds the SCIM value. An attribute that the server's schema does not know is never sent,
 * nor an assertion that its rule cannot take: the server would answer Undefined, which looks like an empty success (L-003).
 */
export function columnBounds(column: Column, leaf: Leaf, context: FilterContext): Bounds {
  const type = context.schema.attribute(column.ldap);
  if (!type) return unknown;
  if (leaf.test === 'present') return column.codec.total ? exactly(present(column.ldap)) : atLeast(present(column.ldap));
  const found = compareColumn(column, type, leaf.test, leaf.caseExact) ?? atLeast(present(column.ldap));
  // Of several values SCIM shows one, and any of them matches in LDAP: then only the over-approximation holds (L-010).
  return type.singleValue ? found : atLeast(found.over);
}

/** Undefined: whoever has a value may match. */
function compareColumn(column: Column, type: AttributeType, test: Comparison, caseExact: boolean): Bounds | undefined {
  switch (column.codec.compares) {
    case 'text': {
      const filter = typeof test.value === 'string' ? compareText(column, type, { ...test, value: test.value }, caseExact) : undefined;
      return filter && atLeast(filter);
    }
    case 'time':
      return compareTime(column, type, test);
    case 'integer':
      return compareInteger(column, type, test);
    case 'tokens':
      return test.operator === 'eq' ? compareTokens(column, type, test) : undefined;
    case 'octets':
      return test.operator === 'eq' && equalityKind(type) === 'octets' ? compareOctets(column, test, caseExact) : undefined;
    case 'nothing':
      return undefined;
  }
}

function compareOctets({ ldap, codec }: Column, { value: literal }: Comparison, caseExact: boolean): Bounds | undefined {
  // Where the case does not count, base64 text has many octets, and text beyond ASCII may fold to a GUID.
  if (typeof literal !== 'string' || (!caseExact && (codec.name === 'base64' || !/^[\x20-\x7e]*$/.test(literal)))) return undefined;
  const value = encodeLiteral(codec, literal);
  if (value === undefined) return nothing;
  return codec.decode(Buffer.from(value)) === literal ? exactly(equal(ldap, value)) : atLeast(equal(ldap, value));
}

function encodeLiteral(codec: Codec, literal: Comparison['value']): Value | undefined {
  try {
    return codec.encode(literal);
  } catch {
    return undefined;
  }
}

/** Text rules ignore blanks that decoding minds, and SCIM may spell a token in another case. */
function compareTokens({ ldap, codec }: Column, type: AttributeType, { value: literal }: Comparison): Bounds | undefined {
  const value = encodeLiteral(codec, literal);
  if (typeof value !== 'string') return undefined;
  switch (equalityKind(type)) {
    case 'boolean':
      return /^(?:TRUE|FALSE)$/.test(value) ? exactly(equal(ldap, value)) : undefined;
    case 'integer':
      return /^(?:0|-?[1-9]\d*)$/.test(value) ? exactly(equal(ldap, value)) : undefined;
    case 'caseIgnore':
      return /^[\x20-\x7e]+$/.test(value) ? atLeast(equal(ldap, value)) : undefined;
    default:
      return undefined;
  }
}

/** The directory may keep less than the literal says (usually whole seconds): bounds are taken to the next second on both sides. */
function compareTime({ ldap }: Column, type: AttributeType, test: Comparison): Bounds | undefined {
  if (ordersBy(type) !== 'time' || typeof test.value !== 'string') return undefined;
  const literal = Date.parse(test.value.replace(/(\.\d{3})\d+/, '$1'));
  // No server agrees with another on the years before 1601 and near 10000.
  if (!(literal > Date.UTC(1601, 0, 2) && literal < Date.UTC(9999, 11, 30))) return undefined;
  const second = (shift: number): string => formatGeneralizedTime(new Date((Math.floor(literal / 1000) + shift) * 1000).toISOString());
  const from = greaterOrEqual(ldap, second(0));
  const until = lessOrEqual(ldap, second(1));
  switch (test.operator) {
    case 'eq':
      return atLeast(and([from, until]));
    case 'gt':
    case 'ge':
      return { over: from, under: greaterOrEqual(ldap, second(2)) };
    case 'lt':
    case 'le':
      return { over: until, under: lessOrEqual(ldap, second(-1)) };
    default:
      return undefined;
  }
}

/** A server may refuse to compare what its own integers cannot hold, and integers that JSON cannot hold exactly are foreign to SCIM. */
function compareInteger({ ldap }: Column, type: AttributeType, { operator, value }: Comparison): Bounds | undefined {
  if (typeof value !== 'number') return undefined;
  const isSmall = Math.abs(value) < 2 ** 31 - 1;
  if (operator === 'eq') {
    if (!Number.isSafeInteger(value)) return nothing;
    if (equalityKind(type) !== 'integer') return undefined;
    return isSmall ? exactly(equal(ldap, String(value))) : atLeast(equal(ldap, String(value)));
  }
  if (ordersBy(type) !== 'integer' || !isSmall) return undefined;
  switch (operator) {
    case 'ge':
      return atLeast(greaterOrEqual(ldap, String(Math.ceil(value))));
    case 'gt':
      return atLeast(greaterOrEqual(ldap, String(Math.floor(value) + 1)));
    case 'le':
      return atLeast(lessOrEqual(ldap, String(Math.floor(value))));
    case 'lt':
      return atLeast(lessOrEqual(ldap, String(Math.ceil(value) - 1)));
    default:
      return undefined;
  }
}
