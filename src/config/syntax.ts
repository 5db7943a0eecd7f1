// The written forms of single settings: durations, addresses, origins, server URLs, fingerprints, dates. Each throws what is wrong as a predicate.
// RFC 3986 (URLs), RFC 4516 (LDAP URLs), RFC 3339 (dates), RFC 4632 (networks).
import { isIP } from 'node:net';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface Network {
  readonly address: string;
  /** Leading bits that count. */
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

const units: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);
/** What setTimeout can wait for. */
const longestDuration = 2 ** 31 - 1;

/** `250ms`, `5s`, `15m` to milliseconds. @throws SyntaxError */
export function parseDuration(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,10})(ms|[smhd])$/.exec(text) ?? [];
  const milliseconds = Number(digits) * (units.get(unit) ?? 0);
  if (milliseconds === 0) throw new SyntaxError('must be a whole number above 0 with a unit (ms, s, m, h or d), such as 5s');
  if (milliseconds > longestDuration) throw new SyntaxError('must be at most 24d');
  return milliseconds;
}

/** `127.0.0.1:8080`, `gateway.example.com:443`, `[::1]:0`. @throws SyntaxError */
export function parseListen(text: string): ListenAddress {
  const [, ipv6, name, digits = ''] = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = ipv6 ?? name;
  const port = Number(digits);
  if (host === undefined || port > 65_535)
    throw new SyntaxError('must be host:port, such as 127.0.0.1:8080, [::1]:8080, or 0.0.0.0:8080 for every IPv4 interface');
  if (ipv6 !== undefined && !URL.canParse(`http://[${ipv6}]`)) throw new SyntaxError('must have an IPv6 address inside the brackets');
  return { host, port };
}

/** `https://scim.example.com` without a trailing slash. @throws SyntaxError */
export function parseOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.host === '')
    throw new SyntaxError('must be an origin such as https://scim.example.com');
  if (url.username !== '' || url.password !== '') throw new SyntaxError('must not hold a user or password');
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    throw new SyntaxError('must be an origin without a path: the path is said by `path` of each directory');
  return url.origin;
}

/** The URL of something that must not be tampered with: https, or http on loopback. The text as it stands. @throws SyntaxError */
export function parseSecureUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.host === '')
    throw new SyntaxError('must be a URL such as https://login.example.com');
  if (url.protocol === 'http:' && !isLoopback(url.hostname.replace(/^\[|\]$/g, '')))
    throw new SyntaxError('must begin with https://: whoever can change what is read there could make tokens');
  if (url.username !== '' || url.password !== '') throw new SyntaxError('must not hold a user or password');
  if (url.hash !== '') throw new SyntaxError('must not have a fragment');
  return text;
}

/** `127.0.0.1`, `10.1.0.0/16`, `::1`, `fd00::/8`. @throws SyntaxError */
export function parseNetwork(text: string): Network {
  const [, address = '', digits] = /^([0-9A-Fa-f.:]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  const longest = version === 4 ? 32 : 128;
  const prefix = digits === undefined ? longest : Number(digits);
  if (version === 0 || prefix > longest)
    throw new SyntaxError('must be an address or a network, such as 10.1.2.3, 10.1.0.0/16 or fd00::/8');
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}

/** SHA-256 of a certificate: 64 hexadecimal digits, perhaps in pairs with colons, as openssl prints them. In lower case. @throws SyntaxError */
export function parseFingerprint(text: string): string {
  const digits = text.replaceAll(':', '').toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(digits) || (text.includes(':') && !/^(?:..:){31}..$/.test(text)))
    throw new SyntaxError('must be 64 hexadecimal digits, from `openssl x509 -noout -fingerprint -sha256 -in FILE`');
  return digits;
}

/** A server of a directory: scheme, host and port. @throws SyntaxError */
export function parseServerUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^ldap[si]?:$/.test(url.protocol))
    throw new SyntaxError('must be an LDAP URL such as ldaps://dc1.example.com, ldap://127.0.0.1:389 or ldapi://%2Frun%2Fslapd%2Fldapi');
  if (url.hostname === '' && url.protocol !== 'ldapi:') throw new SyntaxError('must name a host');
  if (!/^\/?$/.test(url.pathname) || url.search !== '' || url.hash !== '')
    throw new SyntaxError('must end after host and port: the base is said by `baseDn`');
  if (url.username !== '' || url.password !== '') throw new SyntaxError('must not hold a user: that is said by `bind`');
  return `${url.protocol}//${url.host}`;
}

/** Whether a URL of a server sends what it carries unencrypted over a network. */
export function isPlainRemote(server: string): boolean {
  const url = new URL(server);
  return url.protocol === 'ldap:' && !isLoopback(url.hostname.replace(/^\[|\]$/g, ''));
}

/** localhost, 127.0.0.0/8, ::1 and the IPv4 ones in IPv6 clothes. */
export function isLoopback(host: string): boolean {
  if (host.includes(':')) return /^\[(?:::1|::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4})\]$/.test(URL.parse(`http://[${host}]`)?.hostname ?? '');
  return /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/i.test(host);
}

/** A date means the end of that day in UTC; `never` is undefined. Epoch milliseconds. @throws SyntaxError */
export function parseExpiry(text: string): number | undefined {
  if (text === 'never') return undefined;
  const [, date, time] = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))?$/.exec(text) ?? [];
  const day = Date.parse(`${date}T00:00:00Z`);
  const exists = !Number.isNaN(day) && new Date(day).toISOString().startsWith(`${date}T`);
  const instant = time === undefined ? day + 86_400_000 : Date.parse(text);
  if (!exists || Number.isNaN(instant))
    throw new SyntaxError('must be a date such as 2030-01-31, a date and time with zone, or the word never');
  return instant;
}

const cronFields = [
  { name: 'second', first: 0, last: 59, words: [] },
  { name: 'minute', first: 0, last: 59, words: [] },
  { name: 'hour', first: 0, last: 23, words: [] },
  { name: 'day of the month', first: 1, last: 31, words: [] },
  { name: 'month', first: 1, last: 12, words: ['', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] },
  { name: 'day of the week', first: 0, last: 7, words: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
] as const;

/** Five fields, or six with seconds first; `*`, numbers, names, ranges, steps and lists. The text, blanks made one. @throws SyntaxError */
/** A name of the IANA time zone database. */
export function parseTimezone(text: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text.trim() }).resolvedOptions().timeZone;
  } catch {
    throw new SyntaxError('must be the name of a time zone, such as Europe/Berlin or UTC');
  }
}

/** Cron text of five fields, or six with seconds first, with single blanks. @throws SyntaxError what it must be, as a predicate */
export function parseCron(text: string): string {
  const given = text.trim().split(/\s+/);
  if (given.length !== 5 && given.length !== 6) throw new SyntaxError('must be cron text of five or six fields, such as */5 * * * *');
  const fields = cronFields.slice(6 - given.length);
  for (const [index, field] of fields.entries()) {
    const wrong = (given[index] ?? '').split(',').some((part) => !isCronPart(part, field));
    if (wrong) throw new SyntaxError(`must be cron text whose ${field.name} is ${field.first} to ${field.last}, in field ${index + 1}`);
  }
  return given.join(' ');
}

function isCronPart(text: string, { first, last, words }: (typeof cronFields)[number]): boolean {
  const [, range = '', step] = /^([^/]+)(?:\/([1-9]\d?))?$/.exec(text) ?? [];
  const numbers = range.split('-').map((word) => {
    const named = (words as readonly string[]).indexOf(word.toLowerCase());
    return /^\d{1,2}$/.test(word) ? Number(word) : named;
  });
  if (range === '*') return true;
  const [from = -1, to = from] = numbers;
  return numbers.length <= 2 && from >= first && to <= last && from <= to && (step === undefined || numbers.length === 2);
}
