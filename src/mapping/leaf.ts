// Comparisons of single LDAP attributes as bounds: what this directory can evaluate, over- and under-approximated.
// RFC 4511 section 4.5.1.7 (three-valued logic), RFC 4517 and 4518 (matching); L-001 to L-012.
import { absoluteFalse, absoluteTrue, equal, extensible, type Filter, greaterOrEqual, lessOrEqual, not, present, substring, type Value } from '../ldap/filter.ts';
import { type AttributeType, equalityKind, type MatchKind, ordersBy, substringKind } from '../ldap/schema.ts';
import { formatGeneralizedTime } from '../ldap/syntax.ts';
import type { Codec } from './codec.ts';
import type { Bounds, Comparison, FilterContext, Leaf } from './rule.ts';

export const everything: Bounds = { over: absoluteTrue, under: absoluteTrue };
export const nothing: Bounds = { over: absoluteFalse, under: absoluteFalse };
/** Could be any: ask for all, decide in memory. */
export const unknown: Bounds = { over: absoluteTrue, under: absoluteFalse };
export const exactly = (filter: Filter): Bounds => ({ over: filter, under: filter });
export const atLeast = (filter: Filter): Bounds => ({ over: filter, under: absoluteFalse });
export const negate = (bounds: Bounds): Bounds => ({ over: not(bounds.under), under: not(bounds.over) });

/** One LDAP attribute behind one SCIM value. */
export interface Column {
  readonly ldap: string;
  readonly codec: Codec;
}

/**
 * Bounds of a comparison with an attribute that holds the SCIM value. An attribute that the server's schema does not know is never sent:
 * the server would answer Undefined, which looks like an empty success (L-003).
 */
export function columnBounds(column: Column, leaf: Leaf, context: FilterContext): Bounds {
  const type = context.schema.attribute(column.ldap);
  if (!type) return unknown;
  if (leaf.test === 'present') return column.codec.total ? exactly(present(column.ldap)) : atLeast(present(column.ldap));
  const found = compareColumn(column, type, leaf.test, leaf.caseExact) ?? atLeast(present(column.ldap));
  // Of several values SCIM shows one, and any of them matches in LDAP: then only the over-approximation holds (L-010).
  return type.singleValue ? found : atLeast(found.over);
}

function compareColumn(column: Column, type: AttributeType, test: Comparison, caseExact: boolean): Bounds | undefined {
  switch (column.codec.compares) {
    case 'text':
      return typeof test.value === 'boolean' ? undefined : compareText(column, type, { ...test, value: String(test.value) }, caseExact);
    case 'time':
      return compareTime(column, type, test);
    case 'integer':
      return compareInteger(column, type, test);
    case 'tokens':
      return test.operator === 'eq' ? compareTokens(column, equalityKind(type), test) : undefined;
    case 'octets':
      return test.operator === 'eq' && ['octets', 'caseExact', 'uuid'].includes(equalityKind(type)) ? encoded(column, test) : undefined;
    case 'nothing':
      return undefined;
  }
}

/** `eq` with the encoded literal; a literal that is not what decoding would give equals no value. */
function encoded(column: Column, test: Comparison): Bounds {
  const value = encode(column.codec, test.value);
  const back = value === undefined ? undefined : column.codec.decode(typeof value === 'string' ? Buffer.from(value) : value);
  return value !== undefined && back === test.value ? exactly(equal(column.ldap, value)) : nothing;
}

function encode(codec: Codec, value: string | number | boolean): Value | undefined {
  try {
    return codec.encode(value);
  } catch {
    return undefined;
  }
}

/** Text rules ignore blanks that decoding minds, and SCIM may spell a token in another case. */
function compareTokens(column: Column, kind: MatchKind, test: Comparison): Bounds | undefined {
  const value = encode(column.codec, test.value);
  if (value === undefined) return undefined;
  if (kind === 'boolean' || kind === 'integer') return exactly(equal(column.ldap, value));
  return kind === 'caseIgnore' ? atLeast(equal(column.ldap, value)) : undefined;
}

const looseKinds = ['caseIgnore', 'telephone', 'numeric'];

function compareText(column: Column, type: AttributeType, test: Comparison & { readonly value: string }, caseExact: boolean): Bounds | undefined {
  const prefix = column.codec.prefix ?? '';
  const kind = equalityKind(type);
  if (kind === 'uuid') return test.operator === 'eq' ? uuidBounds(column, test.value) : undefined;
  const literal = test.value;
  const ascii = /^[\x20-\x7e]*$/.test(literal);
  if (test.operator === 'eq' && ascii && literal.trim() !== '') {
    // LDAP folds more than SCIM does (blanks, punctuation of phone numbers): a superset. An exact rule finds less where SCIM ignores the case.
    if (looseKinds.includes(kind) || (kind === 'caseExact' && caseExact)) return atLeast(equal(column.ldap, prefix + literal));
    if (kind === 'caseExact' && substringKind(type) === 'caseExact') return atLeast(extensible(prefix + literal, { rule: 'caseIgnoreMatch', attribute: column.ldap }));
    return undefined;
  }
  if (!['eq', 'co', 'sw', 'ew'].includes(test.operator)) return undefined;
  const substrings = substringKind(type);
  if (!looseKinds.includes(substrings) && !(substrings === 'caseExact' && caseExact)) return undefined;
  const parts = test.operator === 'eq' ? startOf(literal) : piecesOf(literal, test.operator, substrings);
  if (!parts) return undefined;
  return atLeast(substring(column.ldap, prefix === '' ? parts : { ...parts, initial: prefix + (parts.initial ?? '') }));
}

/** A literal outside ASCII may fold differently in the directory: only the ASCII text before it is sure, less a letter that a combining mark may follow. */
function startOf(literal: string): { initial: string } | undefined {
  const start = /^[\x21-\x7e]*/.exec(literal.normalize('NFKC'))?.[0] ?? '';
  const sure = start.length < literal.length ? start.slice(0, -1) : start;
  return sure === '' ? undefined : { initial: sure };
}

interface Pieces {
  initial?: string;
  any?: string[];
  final?: string;
}

/**
 * The literal as substring components. Blanks are insignificant in LDAP and non-ASCII text may fold differently there, so the literal is
 * cut at both: fewer and looser components match more. Phone numbers lose blanks and hyphens on both sides.
 */
function piecesOf(literal: string, operator: Comparison['operator'], kind: string): Pieces | undefined {
  const separators = kind === 'telephone' ? /[^\x21-\x2c\x2e-\x7e]+/ : /[^\x21-\x7e]+/;
  const cut = literal.split(separators);
  // A letter before non-ASCII text may combine with it.
  const sure = cut.map((piece, i) => (i < cut.length - 1 && /[^\x20-\x7e]/.test(literal) ? piece.slice(0, -1) : piece));
  const pieces = sure.filter((piece) => piece !== '');
  if (pieces.length === 0) return undefined;
  const whole = pieces.length === 1 && cut.length === 1;
  if (operator === 'sw' && sure[0] !== '' && !/^[\s-]/.test(literal)) return whole ? { initial: pieces[0]! } : { initial: pieces[0]!, any: pieces.slice(1) };
  if (operator === 'ew' && sure.at(-1) !== '' && !/[\s-]$/.test(literal)) return whole ? { final: pieces[0]! } : { any: pieces.slice(0, -1), final: pieces.at(-1)! };
  return { any: pieces };
}

function uuidBounds(column: Column, literal: string): Bounds {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(literal) ? atLeast(equal(column.ldap, literal)) : nothing;
}

/** The directory may keep less than the literal says (usually whole seconds): bounds are taken to the next second on both sides. */
function compareTime(column: Column, type: AttributeType, test: Comparison): Bounds | undefined {
  if (ordersBy(type) !== 'time' || typeof test.value !== 'string') return undefined;
  const milliseconds = Date.parse(test.value.replace(/(\.\d{3})\d+/, '$1'));
  if (Number.isNaN(milliseconds) || milliseconds < Date.UTC(1, 0, 1)) return test.operator.startsWith('g') ? atLeast(present(column.ldap)) : undefined;
  const second = (shift: number): string => formatGeneralizedTime(new Date(Math.floor(milliseconds / 1000) * 1000 + shift).toISOString());
  const from = greaterOrEqual(column.ldap, second(0));
  const until = lessOrEqual(column.ldap, second(1000));
  switch (test.operator) {
    case 'eq':
      return atLeast({ kind: 'and', filters: [from, until] });
    case 'gt':
    case 'ge':
      return { over: from, under: greaterOrEqual(column.ldap, second(1000 + 1000)) };
    case 'lt':
    case 'le':
      return { over: until, under: lessOrEqual(column.ldap, second(-1000)) };
    default:
      return undefined;
  }
}

function compareInteger(column: Column, type: AttributeType, test: Comparison): Bounds | undefined {
  if (typeof test.value !== 'number') return undefined;
  const value = test.value;
  if (test.operator === 'eq') return equalityKind(type) !== 'integer' ? undefined : Number.isSafeInteger(value) ? exactly(equal(column.ldap, String(value))) : nothing;
  if (ordersBy(type) !== 'integer') return undefined;
  switch (test.operator) {
    case 'ge':
      return exactly(greaterOrEqual(column.ldap, String(Math.ceil(value))));
    case 'gt':
      return exactly(greaterOrEqual(column.ldap, String(Math.floor(value) + 1)));
    case 'le':
      return exactly(lessOrEqual(column.ldap, String(Math.floor(value))));
    case 'lt':
      return exactly(lessOrEqual(column.ldap, String(Math.ceil(value) - 1)));
    default:
      return undefined;
  }
}
