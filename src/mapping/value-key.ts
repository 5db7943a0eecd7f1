// When two values of an attribute are one to the directory, so that no modification adds what is there in another spelling.
// RFC 4517 section 4.2; string preparation of RFC 4518 in part.
import { dnKeyOf } from '../ldap/dn.ts';
import { type DirectorySchema, equalityKind, type MatchKind } from '../ldap/schema.ts';
import { decodeText, parseGeneralizedTime } from '../ldap/syntax.ts';
import { fold } from '../scim/match.ts';

/** A text that is the same for two values of an attribute exactly when the directory takes them for one. */
export type ValueKey = (attribute: string, octets: Buffer) => string;

/** For want of a schema: values are the same when their octets are. */
export const octetKey: ValueKey = (_attribute, octets) => octets.toString('latin1');

export function keyBySchema(schema: DirectorySchema): ValueKey {
  return (attribute, octets) => {
    const type = schema.attribute(attribute);
    return keyOf(type ? equalityKind(type) : 'none', octets) ?? octetKey(attribute, octets);
  };
}

/** A text that is the same for two spellings of one DN; a text that is no DN stands for itself. */
export function dnTextKey(text: string): string {
  return dnKeyOf(text) ?? `no DN: ${text}`;
}

const collapse = (text: string): string => text.replace(/ +/g, ' ').trim();

function keyOf(kind: MatchKind, octets: Buffer): string | undefined {
  const text = decodeText(octets);
  if (text === undefined) return undefined;
  switch (kind) {
    case 'caseIgnore':
      return collapse(fold(text));
    case 'caseExact':
      return collapse(text.normalize('NFKC'));
    case 'telephone':
      return fold(text).replace(/[ -]/g, '');
    case 'numeric':
      return text.replaceAll(' ', '');
    case 'boolean':
    case 'uuid':
      return text.toLowerCase();
    case 'dn':
      return dnTextKey(text);
    case 'time':
      return timeKey(text);
    default:
      return undefined;
  }
}

function timeKey(text: string): string {
  try {
    return parseGeneralizedTime(text);
  } catch {
    return text;
  }
}
