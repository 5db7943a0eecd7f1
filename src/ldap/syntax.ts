// Conversions between LDAP value syntaxes and plain values, each a pair that throws SyntaxError on what it cannot read.
// RFC 4517 sections 3.3.3, 3.3.13, 3.3.28; [MS-DTYP] 2.3.3 (FILETIME), 2.3.4 (GUID), 2.4.2 (SID); shadow(5) for days since the epoch.
import { isUtf8 } from 'node:buffer';

/** The text of octets that are UTF-8, undefined for other octets. */
export function decodeText(octets: Buffer): string | undefined {
  const text = octets.toString('utf8');
  // What is no UTF-8 becomes the replacement character, which a text may also have of its own.
  return !text.includes('\ufffd') || isUtf8(octets) ? text : undefined;
}

const hour = 3_600_000;
const minute = 60_000;
const second = 1_000;
const day = 24 * hour;

/** GeneralizedTime (with fractions and offsets) <-> RFC 3339 with `Z`, milliseconds kept when not zero, finer fractions cut off. */
export function parseGeneralizedTime(text: string): string {
  return parsePlainTime(text) ?? parseAnyTime(text);
}

/** `20260131235959Z`, perhaps with `.0`, as servers write the times of their own; days from the 29th on are left to the calendar. */
function parsePlainTime(text: string): string | undefined {
  const [year, month, date] = [text.slice(0, 4), text.slice(4, 6), text.slice(6, 8)];
  const isUsual = plainTime.test(text) && month >= '01' && month <= '12' && date >= '01' && date <= '28';
  return isUsual ? `${year}-${month}-${date}T${text.slice(8, 10)}:${text.slice(10, 12)}:${text.slice(12, 14)}Z` : undefined;
}

function parseAnyTime(text: string): string {
  const [, year, month, date, hh = '', mm, ss, fraction = '', zone = ''] = generalizedTime.exec(text) ?? reject('GeneralizedTime', text);
  const unit = mm === undefined ? hour : ss === undefined ? minute : second;
  const midnight = parseDay(`${year}-${month}-${date}`) ?? reject('GeneralizedTime', text);
  const time = Number(hh) * hour + Number(mm ?? 0) * minute + Number(ss ?? 0) * second + fractionOf(unit, fraction);
  return formatInstant(midnight + time - parseZone(zone));
}

/** Always with a fraction, which Active Directory wants: Samba takes a time without one for a UTCTime, of another century. */
export function formatGeneralizedTime(rfc3339: string): string {
  return formatInstant(parseInstant(rfc3339))
    .replace(/[-:T]/g, '')
    .replace(/(?<=^\d{14})Z$/, '.0Z');
}

const plainTime = /^\d{8}(?:[01]\d|2[0-3])[0-5]\d[0-5]\d(?:\.0)?Z$/;
const generalizedTime =
  /^(\d{4})(\d\d)(\d\d)([01]\d|2[0-3])(?:([0-5]\d)([0-5]\d|60)?)?(?:[.,](\d+))?(Z|[+-](?:[01]\d|2[0-3])(?:[0-5]\d)?)$/;
const dateTime = /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.(\d+))?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

/** Milliseconds since 1970 of an RFC 3339 date-time; a leap second counts as the next second. */
function parseInstant(rfc3339: string): number {
  const [, date = '', hh, mm, ss, fraction = '', zone = ''] = dateTime.exec(rfc3339) ?? reject('date-time', rfc3339);
  const midnight = parseDay(date) ?? reject('date-time', rfc3339);
  return (
    midnight +
    Number(hh) * hour +
    Number(mm) * minute +
    Number(ss) * second +
    fractionOf(second, fraction) -
    parseZone(zone.replace(':', ''))
  );
}

function formatInstant(milliseconds: number): string {
  const text = Number.isNaN(new Date(milliseconds).getTime()) ? '' : new Date(milliseconds).toISOString();
  if (!/^\d{4}-/.test(text)) reject('time between the years 0000 and 9999', String(milliseconds));
  return text.replace('.000Z', 'Z');
}

function parseDay(date: string): number | undefined {
  const milliseconds = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString().startsWith(date) ? milliseconds : undefined;
}

function fractionOf(unit: number, digits: string): number {
  return Math.floor((Number(digits.slice(0, 9).padEnd(9, '0')) * unit) / 1e9);
}

function parseZone(zone: string): number {
  if (!/^[+-]/.test(zone)) return 0;
  const offset = Number(zone.slice(1, 3)) * hour + Number(zone.slice(3)) * minute;
  return zone.startsWith('-') ? -offset : offset;
}

/** objectGUID octets (first three fields little-endian) <-> lower-case text. */
export function parseGuid(octets: Buffer): string {
  if (octets.length !== 16) reject('GUID', octets.toString('hex'));
  return formatUuid(swapGuid(octets));
}

/** Sixteen octets in the order in which they are written. */
export function formatUuid(octets: Buffer): string {
  const hex = octets.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export function formatGuid(text: string): Buffer {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) reject('GUID', text);
  return swapGuid(Buffer.from(text.replaceAll('-', ''), 'hex'));
}

function swapGuid(octets: Buffer): Buffer {
  const swapped = Buffer.from(octets);
  swapped.subarray(0, 4).reverse();
  swapped.subarray(4, 6).reverse();
  swapped.subarray(6, 8).reverse();
  return swapped;
}

/** objectSid octets <-> `S-1-5-21-…`; an identifier authority of 2^32 and above is hexadecimal in the text. */
export function parseSid(octets: Buffer): string {
  if (octets.length < 8 || octets[0] !== 1 || octets.length !== 8 + 4 * octets.readUInt8(1)) reject('SID', octets.toString('hex'));
  const authority = octets.readUIntBE(2, 6);
  const subAuthorities = Array.from({ length: octets.readUInt8(1) }, (_, index) => octets.readUInt32LE(8 + 4 * index));
  return ['S-1', authority < 2 ** 32 ? authority : `0x${octets.toString('hex', 2, 8)}`, ...subAuthorities].join('-');
}
export function formatSid(text: string): Buffer {
  const [, authority = '', rest = ''] = /^S-1-(\d+|0x[0-9a-f]{1,12})((?:-\d+)*)$/i.exec(text) ?? reject('SID', text);
  const subAuthorities = rest.split('-').slice(1).map(Number);
  if (subAuthorities.length > 15 || Number(authority) >= 2 ** 48 || subAuthorities.some((value) => value >= 2 ** 32)) reject('SID', text);
  const octets = Buffer.alloc(8 + 4 * subAuthorities.length);
  octets.writeUInt8(1, 0);
  octets.writeUInt8(subAuthorities.length, 1);
  octets.writeUIntBE(Number(authority), 2, 6);
  subAuthorities.forEach((value, index) => octets.writeUInt32LE(value, 8 + 4 * index));
  return octets;
}

const ticksPerMillisecond = 10_000n;
const millisecondsFrom1601To1970 = 11_644_473_600_000n;

/** FILETIME (100 ns since 1601, decimal text) <-> RFC 3339; 9223372036854775807 and less than a millisecond mean never: undefined. */
export function parseFiletime(text: string): string | undefined {
  if (!/^\d{1,19}$/.test(text)) reject('FILETIME', text);
  const ticks = BigInt(text);
  if (ticks < ticksPerMillisecond || ticks === 0x7fff_ffff_ffff_ffffn) return undefined;
  return formatInstant(Number(ticks / ticksPerMillisecond - millisecondsFrom1601To1970));
}
export function formatFiletime(rfc3339: string): string {
  const ticks = (BigInt(parseInstant(rfc3339)) + millisecondsFrom1601To1970) * ticksPerMillisecond;
  return ticks > 0n ? String(ticks) : reject('time after 1601', rfc3339);
}

/** Days since 1970 (shadowExpire) <-> RFC 3339 at midnight UTC; a negative number means never: undefined. The time of day is cut off. */
export function parseEpochDays(text: string): string | undefined {
  if (!/^-?\d{1,9}$/.test(text)) reject('number of days', text);
  return text.startsWith('-') ? undefined : formatInstant(Number(text) * day);
}
export function formatEpochDays(rfc3339: string): string {
  const days = Math.floor(parseInstant(rfc3339) / day);
  return days >= 0 ? String(days) : reject('time after 1970', rfc3339);
}

/** Boolean syntax (RFC 4517 section 3.3.3). */
export function formatBoolean(value: boolean): string {
  return value ? 'TRUE' : 'FALSE';
}

/** Postal Address syntax (lines parted by `$`, with `\24` and `\5C` inside) <-> text with line feeds. */
export function parsePostalAddress(text: string): string {
  return text.replace(/\$|\r\n?/g, '\n').replace(/\\(24|5c)/gi, (_, code: string) => (code === '24' ? '$' : '\\'));
}
export function formatPostalAddress(lines: string): string {
  return lines
    .replaceAll('\\', '\\5C')
    .replaceAll('$', '\\24')
    .replace(/\r\n|\r|\n/g, '$');
}

function reject(what: string, text: string): never {
  throw new SyntaxError(`not a ${what}: ${JSON.stringify(text.slice(0, 80))}`);
}
