// Comparisons of text as LDAP filters that match at least what SCIM means: the two sides fold differently, and neither is sure of the other.
// RFC 4517 section 4.2, RFC 4518; L-002: servers differ on text beyond ASCII and on blanks.
import { equal, type Filter, substring } from '../ldap/filter.ts';
import { type AttributeType, equalityKind, type MatchKind, substringKind } from '../ldap/schema.ts';
import { fold } from '../scim/match.ts';
import type { Codec } from './codec.ts';
import type { Comparison } from './rule.ts';

interface TextComparison extends Comparison {
  readonly value: string;
}

/** Rules that find more than SCIM does: they ignore case, blanks, punctuation of phone numbers. */
const looseKinds: ReadonlySet<MatchKind> = new Set(['caseIgnore', 'telephone', 'numeric']);

/** An exact rule finds less where SCIM ignores the case. */
const isLoose = (kind: MatchKind, caseExact: boolean): boolean => looseKinds.has(kind) || (kind === 'caseExact' && caseExact);

/** A filter that finds every entry that matches, and maybe others; undefined where the directory is of no help. */
export function compareText(
  { ldap, codec }: { readonly ldap: string; readonly codec: Codec },
  type: AttributeType,
  { operator, value: literal }: TextComparison,
  caseExact: boolean,
): Filter | undefined {
  const { prefix = '' } = codec;
  if (equalityKind(type) === 'uuid') return operator === 'eq' ? compareUuid(ldap, literal) : undefined;
  const isPlain = /^[\x20-\x7e]*$/.test(literal) && literal.trim() !== '';
  if (operator === 'eq' && isPlain && !hasLetters(equalityKind(type), literal))
    return isLoose(equalityKind(type), caseExact) ? equal(ldap, prefix + literal) : undefined;
  const kind = substringKind(type);
  if (!isLoose(kind, caseExact)) return undefined;
  const pieces = operator === 'eq' ? startOf(literal, kind) : piecesOf(literal, operator, kind, caseExact);
  return pieces && substring(ldap, prefix === '' ? pieces : { ...pieces, initial: prefix + (pieces.initial ?? '') });
}

/** Anything but a UUID as assertion would be Undefined. */
function compareUuid(ldap: string, literal: string): Filter | undefined {
  const uuid = fold(literal);
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid) ? equal(ldap, uuid) : undefined;
}

/** telephoneNumberMatch ignores the case of letters (RFC 4517 section 4.2.29), but OpenLDAP minds it. */
function hasLetters(kind: MatchKind, literal: string): boolean {
  return kind === 'telephone' && /[A-Za-z]/.test(literal);
}

interface Pieces {
  readonly initial?: string;
  readonly any?: readonly string[];
  readonly final?: string;
}

/** A literal outside ASCII may fold differently in the directory: only the ASCII text before it is sure, less a letter that a combining mark may follow. */
function startOf(literal: string, kind: MatchKind): Pieces | undefined {
  const start = (kind === 'telephone' ? /^[!-,./-@[-`{-~]*/ : /^[!-~]*/).exec(literal)?.[0] ?? '';
  const sure = start.length < literal.length ? start.slice(0, -1) : start;
  return sure === '' ? undefined : { initial: sure };
}

/**
 * The literal as substring components. Blanks are insignificant in LDAP and non-ASCII text may fold differently there, so the literal is
 * cut at both: fewer and looser components match more. Phone numbers lose blanks and hyphens on both sides, and their letters are not sure.
 */
function piecesOf(literal: string, operator: Comparison['operator'], kind: MatchKind, caseExact: boolean): Pieces | undefined {
  const cut = literal.split(kind === 'telephone' ? /[^!-,./-@[-`{-~]+/ : /[^!-~]+/);
  const isAscii = /^[\x20-\x7e]*$/.test(literal);
  // A letter before non-ASCII text may combine with it; what is compared exactly is not composed here, so the value may go on with a mark.
  const mayGoOn = caseExact && operator !== 'ew';
  const sure = cut.map((piece, i) => ((i === cut.length - 1 ? mayGoOn : !isAscii) ? piece.slice(0, -1) : piece));
  const any = sure.filter((piece) => piece !== '');
  const [first = '', last = ''] = [sure[0], sure.at(-1)];
  if (any.length === 0) return undefined;
  switch (operator) {
    case 'co':
      return { any };
    case 'sw':
      return first === '' ? { any } : { initial: first, any: any.slice(1) };
    case 'ew':
      return last === '' ? { any } : { any: any.slice(0, -1), final: last };
    default:
      return undefined;
  }
}
