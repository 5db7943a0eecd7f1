// Changes to a directory as text that people read and tools apply.
// RFC 2849: change records; values that are no safe strings in base64.
import type { Change } from './entry.ts';
import type { Value } from './filter.ts';
import { decodeText } from './syntax.ts';

export type ChangeRecord =
  | { readonly changetype: 'add'; readonly dn: string; readonly attributes: Iterable<readonly [string, readonly Value[]]> }
  | { readonly changetype: 'modify'; readonly dn: string; readonly changes: readonly Change[] }
  | {
      readonly changetype: 'modrdn';
      readonly dn: string;
      readonly newRdn: string;
      readonly deleteOldRdn: boolean;
      readonly newSuperior?: string;
    }
  | { readonly changetype: 'delete'; readonly dn: string };

/** A comment for each attribute that changes; undefined: none. */
export type Comment = (attribute: string) => string | undefined;

/** The record without the empty line that ends it. Passwords are masked: such a record shows what happens, it cannot be applied. */
export function formatChange(record: ChangeRecord, comment: Comment = () => undefined): string {
  const lines = [formatLine('dn', record.dn), `changetype: ${record.changetype}`];
  switch (record.changetype) {
    case 'add':
      for (const [attribute, values] of record.attributes)
        lines.push(...commentLines(comment(attribute)), ...valueLines(attribute, values));
      break;
    case 'modify':
      for (const { operation, attribute, values } of record.changes)
        lines.push(...commentLines(comment(attribute)), `${operation}: ${attribute}`, ...valueLines(attribute, values), '-');
      break;
    case 'modrdn':
      lines.push(formatLine('newrdn', record.newRdn), `deleteoldrdn: ${record.deleteOldRdn ? 1 : 0}`);
      if (record.newSuperior !== undefined) lines.push(formatLine('newsuperior', record.newSuperior));
      break;
    case 'delete':
      break;
  }
  return lines.join('\n');
}

export function commentLines(text: string | undefined): readonly string[] {
  return text === undefined ? [] : text.split(/\r?\n/).map((line) => `# ${line}`);
}

/** Attributes that hold passwords, their hashes or keys made of them: their values are never printed. */
export const isSecret = (attribute: string): boolean => secrets.test(attribute.replace(/;.*$/, ''));
const secrets =
  /^(?:(?:user|auth|sambaNT|sambaLM|cleartext)Password|(?:unicode|dBCS|nt|lm)Pwd(?:History)?|pwdHistory|sambaPasswordHistory|passwordHistory|supplementalCredentials|krbPrincipalKey|krb5Key|ipaNTHash|userPKCS12|nsds5ReplicaCredentials)$/i;

/** What stands for a value that is not printed. */
export const mask = '***';

function valueLines(attribute: string, values: readonly Value[]): readonly string[] {
  if (isSecret(attribute)) return values.map(() => `${attribute}: ${mask}`);
  return values.flatMap((value) => [...commentLines(readable(value)), formatLine(attribute, value)]);
}

/** Text that only base64 can carry, for people. */
function readable(value: Value): string | undefined {
  const text = typeof value === 'string' ? value : decodeText(value);
  return text !== undefined && /[^\x00-\x7f]/.test(text) && !/[\p{Cc}]/u.test(text) ? text : undefined;
}

/** `SAFE-STRING` as it is, everything else in base64. */
function formatLine(name: string, value: Value): string {
  const octets = typeof value === 'string' ? Buffer.from(value) : value;
  const text = octets.toString('latin1');
  const safe = /^[\x01-\x7f]*$/.test(text) && !/[\r\n]/.test(text) && !/^[ :<]| $/.test(text);
  return safe ? `${name}: ${text}` : `${name}:: ${octets.toString('base64')}`;
}

/**
 * Records in one spelling, so that two texts can be compared: without comments, folding and letter case of names, base64 of text decoded,
 * values in order. Not for applying.
 */
export function normalizeLdif(text: string): string {
  const lines = text
    .replaceAll(/\r?\n /g, '')
    .split(/\r?\n/)
    .filter((line) => !line.startsWith('#'))
    .map(normalizeLine);
  const parts = lines
    .join('\n')
    .trim()
    .split(/\n{2,}/);
  return parts.map((part) => sortValues(part.split('\n')).join('\n')).join('\n\n');
}

function normalizeLine(line: string): string {
  const [, name, kind, value = ''] = /^([^:]+):(:?)\s*(.*)$/.exec(line) ?? [];
  if (name === undefined) return line.trim();
  const text = kind === ':' ? decodeText(Buffer.from(value, 'base64')) : value;
  const key = name.trim().toLowerCase();
  if (text === undefined) return `${key}:: ${value.trim()}`;
  // The name of an attribute stands as a value behind the kind of change.
  return `${key}: ${['add', 'delete', 'replace', 'changetype'].includes(key) ? text.trim().toLowerCase() : text.trimEnd()}`;
}

/** Values of one change have no order; the lines between `-` keep theirs. */
function sortValues(lines: readonly string[]): readonly string[] {
  const at = lines.findIndex((line) => line.startsWith('changetype:'));
  const sorted = lines.slice(0, at + 1);
  let run: string[] = [];
  for (const line of lines.slice(at + 1)) {
    if (line === '-' || /^(?:add|delete|replace): /.test(line)) {
      sorted.push(...run.toSorted(), line);
      run = [];
    } else run.push(line);
  }
  return [...sorted, ...run.toSorted()];
}
