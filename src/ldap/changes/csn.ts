// Change sequence numbers: the time of a change in microseconds and the id of the server that made it.
// draft-ietf-ldup-model as OpenLDAP has it: 20261120213619.407341Z#000000#001#000000, hexadecimal; texts of one length compare as the times do.

/** The latest change of each server, by its id. */
export type Csns = ReadonlyMap<string, string>;

/** The id that a server has which was given none: it does not tell one server from another. */
const noServerId = '000';

const pattern = /^(\d{14})\.(\d{6})Z#[0-9a-f]{6}#([0-9a-f]{3})#[0-9a-f]{6}$/i;

/** Of several for one server the latest; what is none is left out. */
export function readCsns(texts: readonly string[]): Csns {
  const csns = new Map<string, string>();
  for (const text of texts) {
    const id = pattern.exec(text)?.[3];
    if (id !== undefined && text > (csns.get(id) ?? '')) csns.set(id, text);
  }
  return csns;
}

/** Of the text `rid=000,csn=…;…`, which is what a cookie of OpenLDAP is. */
export function readCookieCsns(cookie: string): Csns {
  return readCsns((/(?:^|,)csn=([^,]*)/.exec(cookie)?.[1] ?? '').split(';'));
}

export function writeCookieCsns(csns: Csns): string {
  return `rid=000,csn=${[...csns.values()].join(';')}`;
}

/** `now` lacks a change that was seen: of a restored older server, or of one that is not up to date. */
export function isBehind(now: Csns, seen: Csns): boolean {
  return [...seen].some(([id, csn]) => (now.get(id) ?? '') < csn);
}

/** Every change was made by a server that can be told from others. */
export function isPortable(csns: Csns): boolean {
  return csns.size > 0 && !csns.has(noServerId);
}

/** Epoch milliseconds; NaN for what is none. */
export function timeOfCsn(csn: string): number {
  const [, digits = '', fraction = ''] = pattern.exec(csn) ?? [];
  const [year, month, day, hour, minute, second] = [0, 4, 6, 8, 10, 12].map((at) => Number(digits.slice(at, at === 0 ? 4 : at + 2)));
  return digits === '' ? NaN : Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second) + Number(fraction) / 1000;
}

/** The first of that millisecond. */
export function csnAt(time: number): string {
  const [date = '', milliseconds = ''] = new Date(Math.max(0, time))
    .toISOString()
    .replace(/[-:TZ]/g, '')
    .split('.');
  return `${date}.${milliseconds}000Z#000000#000#000000`;
}
