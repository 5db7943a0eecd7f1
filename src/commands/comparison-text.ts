// A comparison for people on a terminal: three columns, SCIM, LDAP and the rule between them.
import type { Comparison, Row } from './comparison.ts';

const columns = [44, 44] as const;
/** Values of one attribute that are shown. */
const most = 20;
const title = (name: string, text: string): string => `${name.padEnd(12)}${text}`;

export function formatComparison(comparison: Comparison): string {
  const { type, dn, id, client, dialect, directory, others, rows, unmapped } = comparison;
  const empty = rows.filter(({ values, ldapValues }) => values.length + ldapValues.length === 0);
  return [
    title(type, dn),
    title('id', id),
    title('as', `${client}, dialect ${dialect}, directory ${directory}`),
    ...(others > 0 ? [title('', `the first of ${others + 1} with this name`)] : []),
    '',
    line('SCIM', 'LDAP', 'rule'),
    ...rows.filter((row) => !empty.includes(row)).flatMap(formatRow),
    '',
    'Not mapped',
    ...unmapped.flatMap(({ ldap, values }) => values.map((value) => line('', `${ldap}  ${value}`, ''))),
    ...(unmapped.length === 0 ? ['  nothing'] : []),
    ...(empty.length > 0 ? ['', 'Mapped, without a value', ...empty.map(({ scim, ldap, at }) => line(`  ${scim}`, ldap, at))] : []),
  ].join('\n');
}

function formatRow({ scim, values, ldap, ldapValues, codec, access, at }: Row): readonly string[] {
  const height = Math.max(values.length, ldapValues.length);
  const lines = Array.from({ length: Math.min(height, most) }, (_, i) => line(indent(values[i]), indent(ldapValues[i]), ''));
  if (height > most) lines.push(line(indent(more(values)), indent(more(ldapValues)), ''));
  return [line(scim, ldap, `${at}  ${codec}${access === 'readWrite' ? '' : `, ${access}`}`), ...lines];
}

const more = (values: readonly string[]): string | undefined => (values.length > most ? `and ${values.length - most} more` : undefined);
const indent = (value: string | undefined): string => (value === undefined ? '' : `  ${value}`);

function line(...cells: readonly [string, string, string]): string {
  return cells
    .map((cell, i) => fit(cell, columns[i]))
    .join('')
    .trimEnd();
}

/** Long values are cut: `--json` has them whole. */
function fit(text: string, width: number | undefined): string {
  const single = text.replaceAll(/\s*[\r\n]+\s*/g, ' ⏎ ');
  if (width === undefined) return single;
  return (single.length > width - 2 ? `${single.slice(0, width - 3)}…` : single).padEnd(width);
}
