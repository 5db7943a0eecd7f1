// A directory that is a list of entries from a file: answers searches as a server would, takes no writes, needs no network.
// RFC 4511 section 4.5.1.7 (filters), without a schema: text compares without regard to case and blanks, DNs by meaning.
import type { Capabilities, Directory } from '../ldap/directory.ts';
import { type Dn, dnKey, equalDn, isUnder, parentOf, parseDn, tryParseDn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import type { Filter, Value } from '../ldap/filter.ts';

export function fileDirectory(entries: readonly Entry[], vendor: Capabilities['vendor']): Directory {
  const refuse = (): Promise<never> => Promise.reject(new Error('the entries of a file are never written'));
  const nothing = async (): Promise<void> => undefined;
  return {
    start: nothing,
    close: nothing,
    status: () => ({ ready: true }),
    capabilities: () => ({ ...capabilities, vendor }),
    async *search({ base, scope, filter, limit = Infinity }) {
      yield* entries.filter((entry) => isWithin(parseDn(entry.dn), base, scope) && matches(entry, filter)).slice(0, limit);
    },
    read: async (dn, _attributes, filter) => entries.find((entry) => equalDn(parseDn(entry.dn), dn) && (!filter || matches(entry, filter))),
    add: refuse,
    modify: refuse,
    move: refuse,
    delete: refuse,
    setPassword: refuse,
    session: () => Promise.reject(new Error('there is no server behind the entries of a file')),
  };
}

/** A server of which nothing is known: every optional feature is off, and it knows no attribute types, so that nothing is left to it. */
const capabilities: Omit<Capabilities, 'vendor'> = {
  vendorVersion: undefined,
  namingContexts: [],
  paging: false,
  assertion: false,
  postRead: false,
  passwordModify: true,
  permissiveModify: false,
  matchedValues: false,
  treeDelete: false,
  dnAttribute: undefined,
  secured: true,
  schema: { attribute: () => undefined, objectClass: () => undefined, attributes: [], objectClasses: [] },
};

function isWithin(dn: Dn, base: Dn, scope: 'base' | 'one' | 'sub'): boolean {
  if (scope === 'base') return equalDn(dn, base);
  return scope === 'sub' ? isUnder(dn, base) : dn.rdns.length > 0 && equalDn(parentOf(dn), base);
}

function matches(entry: Entry, filter: Filter): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.filters.every((each) => matches(entry, each));
    case 'or':
      return filter.filters.some((each) => matches(entry, each));
    case 'not':
      return !matches(entry, filter.filter);
    case 'present':
      return entry.has(filter.attribute);
    case 'equal':
    case 'approx':
      return entry.octets(filter.attribute).some((octets) => isEqual(octets, filter.value));
    case 'greaterOrEqual':
      return entry.texts(filter.attribute).some((text) => compare(text, String(filter.value)) >= 0);
    case 'lessOrEqual':
      return entry.texts(filter.attribute).some((text) => compare(text, String(filter.value)) <= 0);
    case 'substring':
      return entry.texts(filter.attribute).some((text) => contains(fold(text), [filter.initial, ...filter.any, filter.final]));
    case 'extensible':
      return entry.octets(filter.attribute ?? '').some((octets) => isExtended(octets, filter.rule, filter.value));
  }
}

const fold = (text: string): string => text.normalize('NFKC').toLowerCase().trim().replaceAll(/\s+/g, ' ');

function isEqual(octets: Buffer, value: Value): boolean {
  const other = Buffer.from(value as string);
  if (octets.equals(other)) return true;
  const [a, b] = [octets.toString(), other.toString()];
  return fold(a) === fold(b) || (a.includes('=') && dnOf(a) !== undefined && dnOf(a) === dnOf(b));
}

function dnOf(text: string): string | undefined {
  const dn = tryParseDn(text);
  return dn && dnKey(dn);
}

function compare(a: string, b: string): number {
  if (/^-?\d+$/.test(a) && /^-?\d+$/.test(b)) return Math.sign(Number(a) - Number(b));
  return fold(a) < fold(b) ? -1 : Number(fold(a) > fold(b));
}

function contains(text: string, [initial, ...others]: readonly (Value | undefined)[]): boolean {
  const start = fold(String(initial ?? ''));
  if (!text.startsWith(start)) return false;
  const final = fold(String(others.pop() ?? ''));
  let at = start.length;
  for (const part of others.map((each) => fold(String(each)))) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return text.length - final.length >= at && text.endsWith(final);
}

/** [MS-ADTS] 3.1.1.3.4.4: bits that are all set, or some; any other rule counts as equality. */
function isExtended(octets: Buffer, rule: string | undefined, value: Value): boolean {
  const [held, asked] = [Number(octets.toString()), Number(String(value))];
  if (rule === '1.2.840.113556.1.4.803') return (held & asked) === asked;
  if (rule === '1.2.840.113556.1.4.804') return (held & asked) !== 0;
  return isEqual(octets, value);
}
