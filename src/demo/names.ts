// Distinguished names as this server sees them: attribute types resolved by its schema, one spelling for each name.
// RFC 4514.
import type { Dn, Rdn } from '../ldap/dn.ts';
import { dnKey, parseDn } from '../ldap/dn.ts';

/** What names mean in a schema: the preferred spelling of an attribute type or object class, undefined when it has none. */
export interface Names {
  attributeName(name: string): string | undefined;
  objectClassName(name: string): string | undefined;
  writeDn(dn: Dn): string;
}

/** DNs repeat: each person's name is also in its manager's, its groups', its own entry. Cleared when full. */
const resolved = new WeakMap<Names, Map<string, Dn | undefined>>();
const mostResolved = 10_000;

/**
 * The DN with the schema's names for its types, which also order the parts of an RDN.
 * Undefined for text that is no DN, for unknown types and for values without a text.
 */
export function resolveDn(text: string, names: Names): Dn | undefined {
  const known = resolved.get(names) ?? new Map<string, Dn | undefined>();
  if (known.has(text)) return known.get(text);
  if (known.size >= mostResolved) known.clear();
  const dn = resolveText(text, names);
  resolved.set(names, known.set(text, dn));
  return dn;
}

function resolveText(text: string, names: Names): Dn | undefined {
  let dn: Dn;
  try {
    dn = parseDn(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const rdns: Rdn[] = [];
  for (const rdn of dn.rdns) {
    const avas = [];
    for (const { type, value } of rdn) {
      const name = names.attributeName(type);
      if (name === undefined || typeof value !== 'string' || value === '') return undefined;
      avas.push({ type: name, value });
    }
    rdns.push(avas.toSorted((a, b) => (a.type.toLowerCase() < b.type.toLowerCase() ? -1 : 1)));
  }
  return { rdns };
}

const keys = new WeakMap<Dn, string>();

/** The key of `ldap/dn.ts`, made once for each DN object. */
export function nameKey(dn: Dn): string {
  const known = keys.get(dn);
  if (known !== undefined) return known;
  const key = dnKey(dn);
  keys.set(dn, key);
  return key;
}

/** As slapd writes a name, which escapes by hexadecimal pairs. */
export function prettyDn(dn: Dn): string {
  return dn.rdns.map((rdn) => rdn.map(({ type, value }) => `${type}=${prettyValue(String(value))}`).join('+')).join(',');
}

function prettyValue(value: string): string {
  // eslint-disable-next-line no-control-regex
  return value.replace(
    /["+,;<>\\=\x00]|^[ #]| $/g,
    (character) => `\\${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
