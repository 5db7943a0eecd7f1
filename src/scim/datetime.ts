// Points in time as the protocol writes them, made comparable without losing digits.
// RFC 7643 section 2.3.5: xsd:dateTime with a date and a time; without an offset it is taken as UTC.

const pattern = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|([+-])(\d\d):(\d\d))?$/;

/** Keeps the seconds of all years from 0001 to 9999 positive, at whatever offset. */
const shift = 100_000_000_000;

/**
 * A text that is equal for equal instants and sorts chronologically (by code unit), whatever the offsets and the number of
 * fractional digits; undefined where the text is no dateTime of the years 0001 to 9999.
 */
export function instantOf(text: string): string | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [number, number, number, number, number, number];
  const fraction = (match[7] ?? '').replace(/0+$/, '');
  const endOfDay = hour === 24 && minute === 0 && second === 0 && fraction === '';
  if ((hour > 23 && !endOfDay) || minute > 59 || second > 59 || year === 0) return undefined;
  const offset = Number(match[10] ?? 0) * 60 + Number(match[11] ?? 0);
  if (offset > 14 * 60 || Number(match[11] ?? 0) > 59) return undefined;

  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const seconds = date.getTime() / 1000 + hour * 3600 + minute * 60 + second - (match[9] === '-' ? -60 : 60) * offset;
  return `${String(seconds + shift).padStart(12, '0')}.${fraction}`;
}
