// What happens to one SCIM value on its way into LDAP: normalization, validation, and which of several LDAP values is "the" value.
// RFC 7643 section 2.3; L-010 (LDAP values have no order).
import { rdnValue, tryParseDn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import type { Value } from '../ldap/filter.ts';
import { invalidValue } from '../scim/error.ts';
import { fold } from '../scim/match.ts';
import type { Json } from '../scim/schema.ts';
import type { Codec } from './codec.ts';

export interface ValueOptions {
  readonly normalize?: readonly ('trim' | 'lower' | 'collapseSpaces' | 'nfc')[] | undefined;
  readonly validate?:
    | { readonly pattern?: RegExp; readonly maxLength?: number; readonly oneOf?: readonly string[]; readonly message?: string }
    | undefined;
}

/** An LDAP value and what it means in SCIM. */
export interface OwnValue {
  readonly octets: Buffer;
  readonly value: Json;
}

const normalizers = {
  trim: (text: string) => text.trim(),
  lower: (text: string) => text.toLowerCase(),
  collapseSpaces: (text: string) => text.replace(/\s+/g, ' '),
  nfc: (text: string) => text.normalize('NFC'),
};

/** The value as it is written and compared; undefined if nothing is left of it. */
export function normalizeValue(value: Json, { normalize = [] }: ValueOptions): Json | undefined {
  if (typeof value !== 'string' || normalize.length === 0) return value;
  const text = normalize.reduce((current, step) => normalizers[step](current), value);
  return text === '' ? undefined : text;
}

/** The LDAP value of a SCIM value. @throws ScimError invalidValue that names the attribute */
export function encodeValue(path: string, codec: Codec, value: Json, options: ValueOptions): Value {
  const normalized = normalizeValue(value, options) ?? '';
  const rule = options.validate;
  const refuse = (reason: string) => invalidValue(rule?.message ?? `${path} ${reason}`);
  if (normalized === '') throw refuse('is empty');
  if (typeof normalized === 'string') {
    if (normalized.includes('\0')) throw refuse('contains a NUL character');
    if (rule?.maxLength !== undefined && [...normalized].length > rule.maxLength)
      throw refuse(`is longer than ${rule.maxLength} characters`);
    if (rule?.oneOf && !rule.oneOf.includes(normalized)) throw refuse(`is not one of ${rule.oneOf.join(', ')}`);
    if (rule?.pattern && !rule.pattern.test(normalized)) throw refuse('does not have the required form');
  }
  try {
    return codec.encode(normalized);
  } catch (error) {
    throw error instanceof Error ? invalidValue(rule?.message ?? `${path}: ${error.message}`, { cause: error }) : error;
  }
}

/** What `pickValue` picks, as SCIM has it. */
export function readValue(entry: Entry, attribute: string, codec: Codec): Json | undefined {
  const values = entry.octets(attribute);
  const [first] = values;
  if (first === undefined) return undefined;
  return values.length === 1 ? codec.decode(first) : pickValue(entry, attribute, codec)?.value;
}

/** Of several values, "the" value is the one in the RDN, else the lowest. Foreign values do not count. */
export function pickValue(entry: Entry, attribute: string, codec: Codec): OwnValue | undefined {
  const own = ownValues(entry.octets(attribute), codec);
  if (own.length <= 1) return own[0];
  const named = rdnText(entry.dn, attribute);
  return own.find(({ octets }) => named !== undefined && fold(octets.toString()) === fold(named)) ?? own[0];
}

/** The values that the codec understands, in octet order. */
export function ownValues(values: readonly Buffer[], codec: Codec): readonly OwnValue[] {
  const own = values.flatMap((octets) => {
    const value = codec.decode(octets);
    return value === undefined ? [] : [{ octets, value }];
  });
  return own.length > 1 ? own.toSorted((a, b) => Buffer.compare(a.octets, b.octets)) : own;
}

/** The octets behind SCIM values, among values of which some may be foreign. */
export function octetsOf(values: readonly Buffer[], codec: Codec, wanted: readonly Json[]): readonly Buffer[] {
  if (wanted.length === 0) return [];
  const keys = new Set(wanted.map((value) => JSON.stringify(value)));
  return ownValues(values, codec).flatMap((own) => (keys.has(JSON.stringify(own.value)) ? [own.octets] : []));
}

function rdnText(dn: string, attribute: string): string | undefined {
  const parsed = tryParseDn(dn);
  return parsed && rdnValue(parsed, attribute)?.toString();
}

/** The simple values of `list` that are not in `other`; both may be long. */
export function valuesWithout(list: readonly Json[], other: readonly Json[]): readonly Json[] {
  const keys = new Set(other.map((value) => JSON.stringify(value)));
  return list.filter((value) => !keys.has(JSON.stringify(value)));
}
