// Points in time as numbers: microseconds since 1970, where those are exact.
// RFC 7643 section 2.3.5; equal and in order as `instantOf` has them.
import { instantOf } from '../scim/datetime.ts';

/** What `instantOf` adds to epoch seconds. */
const shift = 100_000_000_000;
const [quote, point, zed] = [0x22, 0x2e, 0x5a];

/** NaN for what is no dateTime; undefined where microseconds are not exact. */
export function microsecondsOf(text: string): number | undefined {
  const instant = instantOf(text);
  return instant === undefined ? Number.NaN : microsecondsIn(instant);
}

/** Of what `instantOf` gave; undefined where microseconds are not exact. */
export function microsecondsIn(instant: string): number | undefined {
  const [seconds = '', fraction = ''] = instant.split('.');
  const microseconds = (Number(seconds) - shift) * 1e6 + Number(fraction.padEnd(6, '0'));
  return fraction.length <= 6 && Number.isSafeInteger(microseconds) ? microseconds : undefined;
}

/** What `instantOf` gives for that point in time. */
export function instantAt(microseconds: number): string {
  const seconds = Math.floor(microseconds / 1e6);
  const fraction = String(microseconds - seconds * 1e6)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return `${String(seconds + shift).padStart(12, '0')}.${fraction}`;
}

/** As `microsecondsOf` of a JSON string, for the spelling that is usual (`2020-01-28T00:00:00.123Z`); undefined for any other. */
export function readPlainInstant(octets: Buffer, at: number): number | undefined {
  const [year, month, day] = [digits(octets, at + 1, 4), digits(octets, at + 6, 2), digits(octets, at + 9, 2)];
  const [hour, minute, second] = [digits(octets, at + 12, 2), digits(octets, at + 15, 2), digits(octets, at + 18, 2)];
  // Of the days that only some months have, and the spelling between digits, `instantOf` knows more.
  if (!(year >= 1970 && year < 2200 && month >= 1 && month <= 12 && day >= 1 && day <= 28 && hour <= 23 && minute <= 59 && second <= 59))
    return undefined;
  if (octets[at] !== quote || octets[at + 5] !== 0x2d || octets[at + 8] !== 0x2d || octets[at + 11] !== 0x54) return undefined;
  if (octets[at + 14] !== 0x3a || octets[at + 17] !== 0x3a) return undefined;
  let end = at + 20;
  let fraction = 0;
  if (octets[end] === point) {
    let unit = 1e5;
    for (end += 1; unit >= 1 && isDigit(octets[end]); end += 1, unit /= 10) fraction += ((octets[end] ?? 0) - 0x30) * unit;
    if (end === at + 21) return undefined;
  }
  if (octets[end] !== zed || octets[end + 1] !== quote) return undefined;
  return (Date.UTC(year, month - 1, day, hour, minute, second) / 1000) * 1e6 + Math.round(fraction);
}

/** NaN where they are not all digits. */
function digits(octets: Buffer, at: number, count: number): number {
  let value = 0;
  for (let index = at; index < at + count; index += 1) {
    if (!isDigit(octets[index])) return Number.NaN;
    value = value * 10 + (octets[index] ?? 0) - 0x30;
  }
  return value;
}

function isDigit(octet: number | undefined): boolean {
  return octet !== undefined && octet >= 0x30 && octet <= 0x39;
}
