// Preparation of text values before they are compared: folding, blanks, the parts of a substring assertion.
// RFC 4518, as slapd does it: NFKC, simple lower-casing, runs of blanks as one, blanks at the ends dropped.

export type Part = 'whole' | 'initial' | 'any' | 'final';

/** Code point by code point: no language, no context, no expansion. */
export function foldCase(text: string): string {
  // eslint-disable-next-line no-control-regex
  if (/^[\x00-\x7f]*$/.test(text)) return text.toLowerCase();
  let folded = '';
  for (const character of text) {
    const [first = character] = character.toLowerCase();
    folded += first;
  }
  return folded;
}

/** Inside a value a run of blanks counts as one; the ends of a value carry none, the inner ends of a substring may. */
export function collapseBlanks(text: string, part: Part): string {
  if (!text.includes(' ')) return text;
  let collapsed = text.replace(/ {2,}/g, ' ');
  if (collapsed === ' ') return collapsed;
  if ((part === 'whole' || part === 'initial') && collapsed.startsWith(' ')) collapsed = collapsed.slice(1);
  if ((part === 'whole' || part === 'final') && collapsed.endsWith(' ')) collapsed = collapsed.slice(0, -1);
  return collapsed;
}

export function prepareText(text: string, part: Part, ignoreCase: boolean): string {
  const normal = text.normalize('NFKC');
  return collapseBlanks(ignoreCase ? foldCase(normal) : normal, part);
}

/** telephoneNumberMatch: blanks and hyphens mean nothing. */
export function prepareTelephone(text: string): string {
  return foldCase(text).replace(/[ -]/g, '');
}

/** generalizedTimeMatch: UTC with all fields, the fraction without trailing zeros; sorts as text. Undefined for no such time. */
export function prepareTime(text: string): string | undefined {
  const found = /^(\d{4})(\d\d)(\d\d)(\d\d)(?:(\d\d)(\d\d)?)?(?:[.,](\d+))?(Z|([+-])(\d\d)(\d\d)?)$/.exec(text);
  if (found === null) return undefined;
  const [, year, month, day, hours, minutes = '00', seconds = '00', fraction = '', , sign, offsetHours = '00', offsetMinutes = '00'] =
    found;
  const local = new Date(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`);
  if (Number.isNaN(local.getTime()) || local.getUTCDate() !== Number(day)) return undefined;
  const offset = (Number(offsetHours) * 60 + Number(offsetMinutes)) * (sign === '-' ? -60_000 : 60_000);
  const utc = new Date(local.getTime() - offset).toISOString().slice(0, 19).replace(/\D/g, '');
  const digits = fraction.replace(/0+$/, '');
  return digits === '' ? utc : `${utc}.${digits}`;
}
