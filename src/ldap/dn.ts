// Distinguished names: parse, format, compare. A DN is never handled as text beyond the wire and the configuration.
// RFC 4514; value preparation of RFC 4518 in part; quoted values and ';' of LDAPv2 (RFC 4514 section 2.4 note, RFC 2253 section 4) are read.
import { decodeText } from './syntax.ts';

/**
 * One attributeTypeAndValue. `value` is the unescaped text; a value that is no UTF-8 text is its raw BER as a Buffer
 * (`#0402fffe`; octets escaped as `\ff\fe` become the same OCTET STRING).
 */
export interface Ava {
  readonly type: string;
  readonly value: string | Buffer;
}
export type Rdn = readonly Ava[];
/** From the entry upwards: rdns[0] names the entry itself. The empty DN has none. */
export interface Dn {
  readonly rdns: readonly Rdn[];
}

export const emptyDn: Dn = { rdns: [] };

/** Blanks around `=`, `,` and `+` are tolerated. @throws SyntaxError with a 1-based column */
export function parseDn(text: string): Dn {
  return plainDn.test(text) && !text.endsWith(',') ? splitPlain(text) : parseAny(text);
}

/** Nothing in it needs care: nearly all DNs, and worth a shortcut. */
const plainDn = /^(?:[a-z][\w-]*=[^\s\\"+,;<>#=\0]+(?: [^\s\\"+,;<>#=\0]+)*(?:,|$))+$/i;

function splitPlain(text: string): Dn {
  const rdns = text.split(',').map((rdn) => {
    const equals = rdn.indexOf('=');
    return [{ type: rdn.slice(0, equals), value: rdn.slice(equals + 1) }];
  });
  return { rdns };
}

function parseAny(text: string): Dn {
  let at = 0;
  const fail = (message: string): never => {
    throw new SyntaxError(`invalid DN at column ${at + 1}: ${message}`);
  };
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };

  const parseHexValue = (): string | Buffer => {
    const octets = Buffer.from((take(hexString) ?? fail('pairs of hexadecimal digits expected after #')).slice(1), 'hex');
    return decodeBerText(octets) ?? octets;
  };
  /** Runs of plain characters and escapes, as RFC 4514 section 3 `string`; unescaped trailing blanks are no part of it. */
  const parseText = (plain: RegExp, trimmed: boolean): string | Buffer => {
    const chunks: Buffer[] = [];
    for (;;) {
      const run = take(plain);
      if (run !== undefined) {
        const ends = trimmed && text[at] !== '\\';
        const kept = ends ? trimBlanks(run) : run;
        if (ends && chunks.length === 0) return kept;
        chunks.push(Buffer.from(kept));
        continue;
      }
      if (text[at] !== '\\') break;
      const escaped = take(escapedOctets);
      if (escaped !== undefined) chunks.push(Buffer.from(escaped.replaceAll('\\', ''), 'hex'));
      else chunks.push(Buffer.from((take(escapedCharacter) ?? fail('unknown escape')).slice(1)));
    }
    const octets = Buffer.concat(chunks);
    return decodeText(octets) ?? encodeOctetString(octets);
  };
  const parseQuoted = (): string | Buffer => {
    at += 1;
    const value = parseText(quotedText, false);
    if (text[at] !== '"') fail('closing quote expected');
    at += 1;
    return value;
  };
  const parseAva = (): Ava => {
    take(blanks);
    const type = take(attributeType) ?? fail('attribute type expected');
    take(blanks);
    if (text[at] !== '=') fail('= expected');
    at += 1;
    take(blanks);
    const value = text[at] === '#' ? parseHexValue() : text[at] === '"' ? parseQuoted() : parseText(plainText, true);
    take(blanks);
    return { type: type.replace(/^oid\./i, ''), value };
  };

  take(blanks);
  if (at === text.length) return emptyDn;
  const rdns: Rdn[] = [];
  for (;;) {
    const avas = [parseAva()];
    while (text[at] === '+') {
      at += 1;
      avas.push(parseAva());
    }
    rdns.push(avas);
    if (at === text.length) return { rdns };
    if (text[at] !== ',' && text[at] !== ';') fail(`unescaped ${JSON.stringify(text[at])}`);
    at += 1;
  }
}

function trimBlanks(run: string): string {
  let end = run.length;
  while (run[end - 1] === ' ') end -= 1;
  return run.slice(0, end);
}

const blanks = / */y;
const attributeType = /(?:oid\.)?\d+(?:\.\d+)*|[a-z][\w-]*/iy;
const hexString = /#(?:[0-9a-f]{2})+/iy;
const plainText = /[^\\"+,;<>\0]+/y;
const quotedText = /[^\\"\0]+/y;
const escapedOctets = /(?:\\[0-9a-f]{2})+/iy;
/** More than RFC 4514 section 3 names: Samba also escapes & and others. */
const escapedCharacter = /\\[ -/:-@[-`{-~]/y;

/** Undefined for a text that is no DN. */
export function tryParseDn(text: string): Dn | undefined {
  try {
    return parseDn(text);
  } catch {
    return undefined;
  }
}

/** Whether a text is a DN, and not the empty one. */
export function isDn(text: string): boolean {
  return (tryParseDn(text)?.rdns.length ?? 0) > 0;
}

export function formatDn(dn: Dn): string {
  return dn.rdns.map(formatRdn).join(',');
}

export function formatRdn(rdn: Rdn): string {
  return rdn.map(formatAva).join('+');
}

function formatAva({ type, value }: Ava): string {
  return `${type}=${typeof value === 'string' ? escapeValue(value) : `#${value.toString('hex')}`}`;
}

/** RFC 4514 section 2.4; control characters as hex pairs, as a DN also ends up in logs. */
function escapeValue(value: string): string {
  if (plainAscii.test(value)) return value;
  return value
    .replace(/["+,;<=>\\]|^[ #]| $/g, '\\$&')
    .replace(/[\0-\x1f\x7f]/g, (character) => `\\${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** A text that is equal for two spellings of one DN: types lower-cased, values NFKC-folded with blanks collapsed, AVAs sorted. */
export function dnKey(dn: Dn): string {
  return dn.rdns.map(rdnKey).join(',');
}

/** As many texts of DNs are known by their keys as there are containers, or awkward names, in a large directory; beyond that the older half is forgotten. */
const mostKnown = 20_000;
let known = new Map<string, string | undefined>();
let forgotten = new Map<string, string | undefined>();

/** The `dnKey` of a text, undefined for one that is no DN. A plain name costs little; what it lies in is the same for thousands of DNs. */
export function dnKeyOf(text: string): string | undefined {
  const comma = text.indexOf(',');
  const [, type, value] = (comma > 0 && plainRdn.exec(text.slice(0, comma))) || [];
  if (type === undefined || value === undefined) return knownKeyOf(text);
  const above = knownKeyOf(text.slice(comma + 1));
  return above === undefined || above === '' ? knownKeyOf(text) : `${canonicalType(type)}=${value.toLowerCase()},${above}`;
}

/** Nothing in it is escaped, folded, or begins or ends with a blank. */
const plainRdn = /^([A-Za-z][\w-]*)=([A-Za-z0-9._@-]+(?: [A-Za-z0-9._@-]+)*)$/;

function knownKeyOf(text: string): string | undefined {
  if (known.has(text)) return known.get(text);
  const key = forgotten.has(text) ? forgotten.get(text) : computeKey(text);
  if (known.size >= mostKnown) [forgotten, known] = [known, new Map()];
  known.set(text, key);
  return key;
}

function computeKey(text: string): string | undefined {
  const dn = tryParseDn(text);
  return dn && dnKey(dn);
}

function rdnKey(rdn: Rdn): string {
  const keys = rdn.map(({ type, value }) =>
    formatAva({ type: canonicalType(type), value: typeof value === 'string' ? foldValue(value) : value }),
  );
  return keys.length === 1 ? (keys[0] ?? '') : keys.toSorted().join('+');
}

/** caseIgnoreMatch for every value, as the naming attributes of directories have it. No mapping to nothing (RFC 4518 section 2.2). */
function foldValue(value: string): string {
  if (plainAscii.test(value)) return value.toLowerCase();
  const folded = value.normalize('NFKC').toLowerCase().replaceAll('ς', 'σ').normalize('NFKC');
  return folded.replace(/[\s\u0085]+/g, ' ').trim();
}

/** Neither blanks nor anything that RFC 4514 escapes or RFC 4518 normalizes: nearly all values, and worth a shortcut. */
const plainAscii = /^[A-Za-z0-9._@-]*$/;

export function equalDn(a: Dn, b: Dn): boolean {
  return a.rdns.length === b.rdns.length && isUnder(a, b);
}

/** Whether `dn` is `base` or lies below it. */
export function isUnder(dn: Dn, base: Dn): boolean {
  const above = dn.rdns.length - base.rdns.length;
  return above >= 0 && base.rdns.every((rdn, i) => equalRdn(rdn, dn.rdns[above + i] ?? []));
}

function equalRdn(a: Rdn, b: Rdn): boolean {
  const [one] = a;
  const [other] = b;
  const isSpeltAlike = a.length === 1 && b.length === 1 && one?.type === other?.type && one?.value === other?.value;
  return isSpeltAlike || rdnKey(a) === rdnKey(b);
}

/** @throws RangeError for the empty DN */
export function parentOf(dn: Dn): Dn {
  if (dn.rdns.length === 0) throw new RangeError('the empty DN has no parent');
  return { rdns: dn.rdns.slice(1) };
}

export function childOf(rdn: Rdn, parent: Dn): Dn {
  return { rdns: [rdn, ...parent.rdns] };
}

/** The value of that type in the DN's own RDN. */
export function rdnValue(dn: Dn, type: string): string | Buffer | undefined {
  const wanted = canonicalType(type);
  return dn.rdns[0]?.find((ava) => canonicalType(ava.type) === wanted)?.value;
}

function canonicalType(type: string): string {
  const lower = type.toLowerCase();
  return wellKnownTypes.get(lower) ?? lower;
}

/** OIDs and long names of the types that occur in DNs (RFC 4519, RFC 4524, RFC 2798). */
const wellKnownTypes: ReadonlyMap<string, string> = new Map(
  [
    ['cn', '2.5.4.3', 'commonname'],
    ['sn', '2.5.4.4', 'surname'],
    ['serialnumber', '2.5.4.5'],
    ['c', '2.5.4.6', 'countryname'],
    ['l', '2.5.4.7', 'localityname'],
    ['st', '2.5.4.8', 'stateorprovincename'],
    ['street', '2.5.4.9'],
    ['o', '2.5.4.10', 'organizationname'],
    ['ou', '2.5.4.11', 'organizationalunitname'],
    ['title', '2.5.4.12'],
    ['description', '2.5.4.13'],
    ['givenname', '2.5.4.42', 'gn'],
    ['dnqualifier', '2.5.4.46'],
    ['uid', '0.9.2342.19200300.100.1.1', 'userid'],
    ['mail', '0.9.2342.19200300.100.1.3', 'rfc822mailbox'],
    ['dc', '0.9.2342.19200300.100.1.25', 'domaincomponent'],
    ['employeenumber', '2.16.840.1.113730.3.1.3'],
  ].flatMap(([name = '', ...others]) => others.map((other): [string, string] => [other, name])),
);

/** Universal tags of OCTET STRING, UTF8String, PrintableString and IA5String. */
const textTags: ReadonlySet<number | undefined> = new Set([0x04, 0x0c, 0x13, 0x16]);

function decodeBerText(ber: Buffer): string | undefined {
  if (!textTags.has(ber[0])) return undefined;
  const first = ber[1] ?? 0x80;
  const lengthOctets = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || lengthOctets > 4 || ber.length < 2 + lengthOctets) return undefined;
  const length = lengthOctets === 0 ? first : ber.readUIntBE(2, lengthOctets);
  const content = ber.subarray(2 + lengthOctets);
  return content.length === length ? decodeText(content) : undefined;
}

function encodeOctetString(octets: Buffer): Buffer {
  const length: number[] = [];
  for (let rest = octets.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest % 256);
  return Buffer.concat([Buffer.from(octets.length < 0x80 ? [0x04, octets.length] : [0x04, 0x80 | length.length, ...length]), octets]);
}
