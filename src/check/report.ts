// Findings as people read them: one directory after the other, sorted by place, aligned, coloured where there is a terminal.
// No RFC.
import { styleText } from 'node:util';
import { count, type Finding } from '../mapping/lint.ts';
import type { Place } from '../yaml.ts';

export interface PlacedFinding extends Pick<Finding, 'code' | 'severity' | 'message' | 'advice'> {
  readonly place: Place;
}

export interface DirectoryReport {
  readonly name: string;
  readonly type: string;
  readonly server: string;
  /** What was seen, e.g. `300 User, 12 Group in scope`; undefined while the directory is down. */
  readonly seen: string | undefined;
  readonly findings: readonly PlacedFinding[];
}

type Style = Parameters<typeof styleText>[0];
type Paint = (style: Style, text: string) => string;

const plain: Paint = (_, text) => text;
const coloured: Paint = (style, text) => styleText(style, text, { validateStream: false });

const styles: Readonly<Record<Finding['severity'], Style>> = { error: ['bold', 'red'], warn: 'yellow', hint: 'cyan', ok: 'green' };

export function formatReports(reports: readonly DirectoryReport[], options: { readonly colours: boolean }): string {
  const paint = options.colours ? coloured : plain;
  const parts = reports.map(({ name, type, server, seen, findings }) => {
    const head = [paint('bold', name), type, server, ...(seen === undefined ? [] : [`(${seen})`])].join('  ');
    const sorted = sortFindings(findings);
    const width = Math.max(0, ...sorted.map(({ place }) => formatPlace(place).length));
    const lines = sorted.flatMap(({ place, severity, message, advice }) => {
      const margin = ' '.repeat(2 + width + 2 + 7);
      const line = `  ${formatPlace(place).padEnd(width)}  ${paint(styles[severity], severity.toUpperCase().padEnd(5))}  ${message}`;
      return [line, ...(advice === undefined ? [] : [paint('dim', `${margin}fix: ${advice}`)])];
    });
    return [head, ...lines].join('\n');
  });
  return [...parts, summarize(reports.flatMap(({ findings }) => findings))].join('\n');
}

const formatPlace = ({ file, line }: Place): string => `${file}:${line}`;

export function sortFindings(findings: readonly PlacedFinding[]): readonly PlacedFinding[] {
  const order = ['error', 'warn', 'hint', 'ok'];
  return findings.toSorted((a, b) => {
    if (a.place.file !== b.place.file) return a.place.file < b.place.file ? -1 : 1;
    return a.place.line - b.place.line || order.indexOf(a.severity) - order.indexOf(b.severity);
  });
}

function summarize(findings: readonly PlacedFinding[]): string {
  const number = (severity: Finding['severity']): number => findings.filter((finding) => finding.severity === severity).length;
  return `${count(number('error'), 'error')}, ${count(number('warn'), 'warning')}, ${count(number('hint'), 'hint')}`;
}
