// What of names and values the journal keeps: nothing but names of attributes, fingerprints, or the values themselves. Secrets never.
// RFC 7644 section 7.5.2; secrets do not even come here (gateway/journal.ts).
import type { Fingerprint } from './fingerprint.ts';

/** `redacted`: fingerprints instead of values, so that one can see whether something changed, and back; `none`: names of attributes only. */
export type ValuePolicy = 'full' | 'redacted' | 'none';
/** How the people and groups are named that a request concerns, beside their ids. */
export type PersonPolicy = 'clear' | 'fingerprint' | 'none';

export interface Redaction {
  readonly values: ValuePolicy;
  readonly persons: PersonPolicy;
  readonly fingerprint: Fingerprint;
}

type Fields = Readonly<Record<string, unknown>>;

/** Of one attribute. */
const mostValues = 50;
/** Characters of one value. */
const longestValue = 256;

/** Values that say nothing about a person. */
const isHarmless = (attribute: string, value: string): boolean =>
  attribute.toLowerCase() === 'objectclass' || /^(?:true|false)$/i.test(value);

export function redactWrite(write: Fields, redaction: Redaction): Fields {
  const { directory, operation, resourceType, id, subject, members, steps, result, resultCode, ms } = write;
  return {
    directory,
    operation,
    resourceType,
    id,
    ...personOf(subject, redaction),
    ...(Array.isArray(members) && { members: members.slice(0, mostValues), ...more('membersMore', members.length) }),
    steps: (Array.isArray(steps) ? (steps as readonly Fields[]) : []).map((step) => redactStep(step, redaction)),
    result,
    resultCode,
    ms,
  };
}

/** `person`: the names of whom it concerns. */
export function personOf(subject: unknown, { persons, fingerprint }: Redaction): { readonly person?: Fields } {
  const { id: _shown, ...names } = asFields(subject);
  const known = Object.entries(names).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  if (persons === 'none' || known.length === 0) return {};
  return { person: Object.fromEntries(known.map(([name, value]) => [name, persons === 'clear' ? shorten(value) : fingerprint(value)])) };
}

function redactStep({ kind, attributes, dn, newDn, changes }: Fields, redaction: Redaction): Fields {
  const { values, fingerprint } = redaction;
  const show = (name: unknown): unknown => (typeof name !== 'string' || values === 'full' ? name : fingerprint(name));
  const list = Array.isArray(changes) ? (changes as readonly Fields[]) : undefined;
  return {
    kind,
    attributes,
    ...(values !== 'none' && {
      ...(dn !== undefined && { dn: show(dn) }),
      ...(newDn !== undefined && { newDn: show(newDn) }),
      ...(list && { changes: list.map((change) => redactChange(change, redaction)) }),
    }),
  };
}

function redactChange({ attribute, secret, ...lists }: Fields, redaction: Redaction): Fields {
  if (secret === true) return { attribute, secret };
  const shown = Object.entries(lists).flatMap(([name, list]): [string, unknown][] =>
    Array.isArray(list)
      ? [
          [name, list.slice(0, mostValues).map((value: unknown) => redactValue(String(attribute), value, redaction))],
          ...Object.entries(more(`${name}More`, list.length)),
        ]
      : [],
  );
  return { attribute, ...Object.fromEntries(shown) };
}

/** How many were left out. */
const more = (name: string, count: number): Fields => (count > mostValues ? { [name]: count - mostValues } : {});

function redactValue(attribute: string, value: unknown, { values, fingerprint }: Redaction): unknown {
  const text = Buffer.isBuffer(value) ? textIn(value) : typeof value === 'string' ? value : undefined;
  if (text !== undefined && isHarmless(attribute, text)) return text;
  if (values === 'full') return text === undefined ? `(${Buffer.isBuffer(value) ? value.length : 0} octets)` : shorten(text);
  return fingerprint(text ?? (Buffer.isBuffer(value) ? value : ''));
}

function textIn(octets: Buffer): string | undefined {
  const text = octets.toString('utf8');
  return /[\p{Cc}\uFFFD]/u.test(text) ? undefined : text;
}

const shorten = (text: string): string => (text.length > longestValue ? `${text.slice(0, longestValue).toWellFormed()}…` : text);

export const asFields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
