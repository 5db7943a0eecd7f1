// The generated parts of docs/performance.md: what was measured on, a table for each size, and the charts.
// No RFC; what stands outside `<!-- bench:NAME -->` and `<!-- /bench -->` is written by hand and stays.
import type { Bar, Chart } from './chart.ts';
import { formatFigure, formatSpread } from './figure-text.ts';
import type { Report } from './report.ts';
import { type Result, verdictOf } from './result.ts';

/** @throws Error for a part that the page has no place for */
export function replaceParts(page: string, parts: ReadonlyMap<string, string>): string {
  let changed = page;
  for (const [name, text] of parts) {
    const [open, close] = [`<!-- bench:${name} -->`, '<!-- /bench -->'];
    const start = changed.indexOf(open);
    const end = changed.indexOf(close, start);
    if (start < 0 || end < 0) throw new Error(`the page has no ${open} … ${close}`);
    changed = `${changed.slice(0, start + open.length)}\n\n${text}\n\n${changed.slice(end)}`;
  }
  return changed;
}

/** Of each row the newest, newest reports first; reports of which nothing is left are not there. */
export function keepNewest(reports: readonly Report[]): readonly Report[] {
  const seen = new Set<string>();
  const isNew = ({ users, name }: Result): boolean => {
    const key = `${users} ${name}`;
    return !seen.has(key) && seen.add(key).has(key);
  };
  return reports
    .toSorted((a, b) => (a.measured > b.measured ? -1 : 1))
    .map((report) => ({ ...report, results: report.results.filter(isNew) }))
    .filter(({ results }) => results.length > 0);
}

/** The rows of each size, from the smallest on. */
function bySize(reports: readonly Report[]): readonly (readonly [users: number, results: readonly Result[]])[] {
  const all = keepNewest(reports).flatMap(({ results }) => results);
  const sizes = [...new Set(all.map(({ users }) => users))].toSorted((a, b) => a - b);
  return sizes.map((users) => [users, all.filter((result) => result.users === users)] as const);
}

const formatUsers = (users: number): string => `${users.toLocaleString('en')} users`;

export function describeReport({ measured, minutes, machine, load, runs, results }: Report): string {
  const { processor, cores, memory, system, node, slapd } = machine;
  const sizes = [...new Set(results.map(({ users }) => users))].toSorted((a, b) => a - b);
  return [
    `- ${sizes.map(formatUsers).join(', ')}: ${measured.slice(0, 10)}, ${minutes} minutes, ${runs} rounds`,
    `${processor}, ${cores} cores, ${memory} GiB, ${system}, Node ${node}, slapd ${slapd}`,
    `load average of the whole machine meanwhile ${load.low.toFixed(1)} to ${load.high.toFixed(1)}`,
  ].join('; ');
}

export function formatTable(results: readonly Result[]): string {
  const rows = results.map((result) => {
    const { name, work, aim, score, figures } = result;
    const beside = figures.map((figure) => `${figure.label} ${formatFigure(figure)}`).join(', ');
    return `| \`${name}\` | ${work} | ${formatSpread(score)} | ${beside} | ${aim} | ${verdictOf(result)} |`;
  });
  return ['| row | work | measured | of that | aim | |', '|---|---|---|---|---|---|', ...rows].join('\n');
}

export function formatTables(reports: readonly Report[]): string {
  return bySize(reports)
    .map(([users, results]) => `### ${formatUsers(users)}\n\n${formatTable(results)}`)
    .join('\n\n');
}

/** By the name of their file. */
export function chartsOf(reports: readonly Report[]): ReadonlyMap<string, Chart> {
  const sizes = bySize(reports);
  const figure = (results: readonly Result[], name: string, at: number): number =>
    results.find((result) => result.name === name)?.figures[at]?.summary.median ?? NaN;
  const score = (results: readonly Result[], name: string): number =>
    results.find((result) => result.name === name)?.score.summary.median ?? NaN;
  const groups = (barsOf: (results: readonly Result[]) => readonly Bar[]): Chart['groups'] =>
    sizes
      .map(([users, results]) => ({ label: formatUsers(users), bars: barsOf(results).filter(({ value }) => Number.isFinite(value)) }))
      .filter(({ bars }) => bars.length > 0);
  return new Map<string, Chart>([
    [
      'aims',
      {
        title: 'How much of its aim each row takes: left of the line it is reached',
        unit: '×',
        isLogarithmic: true,
        mark: { at: 1, label: 'the aim' },
        groups: groups((results) =>
          results.flatMap((result): Bar[] => {
            const { name, score: own } = result;
            if (own.most === undefined) return [];
            return [{ label: name, value: Math.max(0.02, own.summary.median / own.most), series: verdictOf(result) === 'reached' ? 2 : 3 }];
          }),
        ),
      },
    ],
    [
      'lists',
      {
        title: 'A list of 100 users: processor time for one request',
        unit: 'µs',
        groups: groups((results) => [
          { label: 'node:http, the same octets from one Buffer', value: figure(results, 'list', 2), series: 1 },
          { label: 'Express, the same', value: figure(results, 'list', 3), series: 1 },
          { label: 'reference: our middleware, the same', value: figure(results, 'list', 1), series: 1 },
          { label: 'default order, the same page again', value: figure(results, 'list', 0), series: 0 },
          { label: 'any depth', value: figure(results, 'list-deep', 0), series: 0 },
          { label: 'indexed filter, any depth', value: figure(results, 'list-filter', 0), series: 0 },
          { label: 'sorted, any depth', value: figure(results, 'list-sort', 0), series: 0 },
          { label: 'three attributes', value: figure(results, 'list-attributes', 0), series: 4 },
        ]),
      },
    ],
    [
      'sync',
      {
        title: 'A full copy of the directory: processor time for one user',
        unit: 'µs',
        groups: groups((results) => [
          { label: 'ldapts, JSON.stringify, SQLite', value: figure(results, 'sync', 3), series: 1 },
          { label: 'gateway', value: figure(results, 'sync', 2), series: 0 },
        ]),
      },
    ],
    [
      'polls',
      {
        title: 'Polls, whatever the size of the directory',
        unit: 'ms',
        groups: groups((results) => [
          { label: 'nothing has changed, RFC 4533', value: score(results, 'poll-idle'), series: 0 },
          { label: 'nothing has changed, entryCSN', value: score(results, 'poll-idle-csn'), series: 0 },
          { label: 'one user has changed', value: score(results, 'poll-one'), series: 4 },
        ]),
      },
    ],
  ]);
}
