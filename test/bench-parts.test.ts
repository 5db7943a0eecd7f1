// The parts of the benchmark that only compute: statistics, verdicts, tables, charts, the command line, the people.
// No RFC; the measuring itself is `npm run bench`, and no part of this run.
import { describe, expect, test } from 'vitest';
import { drawChart } from './bench/chart.ts';
import { formatNumber, formatSpread } from './bench/figure-text.ts';
import { compareSizes } from './bench/growth.ts';
import { readOptions } from './bench/options.ts';
import { chartsOf, describeReport, formatTables, keepNewest, replaceParts } from './bench/page.ts';
import { formatLdif, hasLargeGroup, outsider, personAt } from './bench/population.ts';
import type { Report } from './bench/report.ts';
import { type Result, verdictOf } from './bench/result.ts';
import { combine, median, quantile, ratio, summarize } from './bench/statistics.ts';

describe('statistics', () => {
  test.each([
    [[3, 1, 2], 0.5, 2],
    [[4, 1, 2, 3], 0.5, 2.5],
    [[10, 20], 0.99, 19.9],
    [[7], 0.999, 7],
  ])('the quantile of %j at %d is %d', (values, share, expected) => {
    expect(quantile(values, share)).toBeCloseTo(expected);
  });

  test('of no values there is none', () => {
    expect(median([])).toBeNaN();
  });

  test('ratios are those of each round, not of the medians', () => {
    expect(ratio([10, 200, 30], [10, 100, 10])).toEqual({ median: 2, low: 1, high: 3, runs: 3 });
    expect(combine((a = 0, b = 0, c = 0) => a - b - c, [10, 20], [1, 2], [3, 4])).toEqual({ median: 10, low: 6, high: 14, runs: 2 });
    expect(() => ratio([1, 2], [1])).toThrow(RangeError);
  });
});

const result = (changes: Partial<Result> = {}, value = 1, most?: number): Result => ({
  name: 'list',
  work: 'list of 100',
  users: 1000,
  aim: '≤ 1.25 × reference',
  score: { label: 'CPU', unit: '×', summary: summarize([value]), ...(most !== undefined && { most }) },
  figures: [{ label: 'gateway', unit: 'µs CPU', summary: summarize([100, 120]) }],
  ...changes,
});

const report = (measured: string, results: readonly Result[]): Report => ({
  measured,
  minutes: 5,
  machine: { processor: 'P', cores: 2, memory: 8, system: 'Linux', node: 'v24', slapd: '2.5', load: 1 },
  load: { low: 1, high: 2 },
  runs: 7,
  results,
});

test('an aim is reached up to its limit, missed beyond it, and only stated where there is none', () => {
  expect([1.25, 1.26].map((value) => verdictOf(result({}, value, 1.25)))).toEqual(['reached', 'not reached']);
  expect(verdictOf(result({}, 99))).toBe('stated');
  expect(verdictOf(result({}, NaN, 1))).toBe('not reached');
});

describe('figures as text', () => {
  test.each([
    [0.123_4, '0.12'],
    [1.234, '1.23'],
    [12.34, '12.3'],
    [123.4, '123'],
    [1_234_567, '1,234,567'],
    [NaN, '–'],
  ])('%d is %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  test('the spread is there when there were several runs', () => {
    expect(formatSpread({ label: '', unit: 'ms', summary: summarize([1, 2, 3]) })).toBe('2.00 ms (1.00–3.00)');
    expect(formatSpread({ label: '', unit: 'ms', summary: summarize([2]) })).toBe('2.00 ms');
  });
});

test('sizes of one run are compared, a single size with nothing', () => {
  const grown = compareSizes([result({ name: 'poll-idle' }, 2), result({ name: 'poll-idle', users: 100_000 }, 4)]);
  expect(grown.map(({ name, score }) => [name, score.summary.median])).toEqual([['poll-idle-growth', 2]]);
  expect(verdictOf(grown[0] ?? result())).toBe('not reached');
  expect(compareSizes([result({ name: 'poll-idle' })])).toEqual([]);
});

describe('the page', () => {
  test('only what is between the marks changes', () => {
    const page = 'by hand\n<!-- bench:tables -->old<!-- /bench -->\nby hand, too <!-- bench:machine --><!-- /bench -->';
    const changed = replaceParts(page, new Map([['tables', 'new']]));
    expect(changed).toBe('by hand\n<!-- bench:tables -->\n\nnew\n\n<!-- /bench -->\nby hand, too <!-- bench:machine --><!-- /bench -->');
    expect(replaceParts(changed, new Map([['tables', 'new']]))).toBe(changed);
    expect(() => replaceParts(page, new Map([['other', '']]))).toThrow('bench:other');
  });

  test('of each row the newest is shown', () => {
    const old = report('2030-01-01T00:00:00Z', [result(), result({ users: 5 }), result({ name: 'sync' })]);
    const recent = report('2030-02-01T00:00:00Z', [result({}, 9)]);
    const kept = keepNewest([old, recent, report('2029-01-01T00:00:00Z', [result()])]);
    expect(kept.map(({ measured, results }) => [measured.slice(0, 7), results.map(({ users, name }) => `${name} ${users}`)])).toEqual([
      ['2030-02', ['list 1000']],
      ['2030-01', ['list 5', 'sync 1000']],
    ]);
    const tables = formatTables([old, recent]);
    expect(tables).toContain('### 1,000 users');
    expect(tables).toContain('| `list` | list of 100 | 9.00 × | gateway 110 µs CPU | ≤ 1.25 × reference | stated |');
    expect(tables.match(/`list`/g)).toHaveLength(2);
  });

  test('a run says on what it was measured', () => {
    expect(describeReport(report('2030-01-01T00:00:00Z', [result()]))).toBe(
      '- 1,000 users: 2030-01-01, 5 minutes, 7 rounds; P, 2 cores, 8 GiB, Linux, Node v24, slapd 2.5; load average of the whole machine meanwhile 1.0 to 2.0',
    );
  });
});

describe('charts', () => {
  const widths = (svg: string): number[] => [...svg.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));
  const chart = {
    title: 'A & B',
    unit: 'µs',
    groups: [{ label: '<1>', bars: [10, 20, 40].map((value) => ({ label: `${value}`, value, series: 0 })) }],
  };

  test('lengths are as the values, or as their ratios', () => {
    const [a = 0, b = 0, c = 0] = widths(drawChart(chart));
    expect(b / a).toBeCloseTo(2);
    expect(c / a).toBeCloseTo(4);
    const [d = 0, e = 0, f = 0] = widths(drawChart({ ...chart, isLogarithmic: true }));
    expect(f - e).toBeCloseTo(e - d, 0);
  });

  test('texts are escaped, and both colour schemes are there', () => {
    const svg = drawChart({ ...chart, mark: { at: 20, label: 'the aim' } });
    expect(svg).toContain('A &amp; B');
    expect(svg).toContain('&lt;1>');
    expect(svg).toContain('prefers-color-scheme: dark');
    expect(svg).toContain('the aim');
  });

  test('what was not measured has no bar', () => {
    const charts = chartsOf([report('2030-01-01T00:00:00Z', [result({}, 2, 1.25)])]);
    expect(charts.get('aims')?.groups[0]?.bars).toEqual([{ label: 'list', value: 1.6, series: 3 }]);
    expect(charts.get('lists')?.groups[0]?.bars.map(({ value }) => value)).toEqual([110]);
    expect(charts.get('sync')?.groups).toEqual([]);
  });
});

describe('the command line', () => {
  test('has defaults, and sizes in order', () => {
    expect(readOptions([])).toMatchObject({ users: [1000, 10_000, 100_000], runs: 7, only: [], isWritten: false });
    expect(readOptions(['--users', '50, 10', '--only', 'list', '--only', 'scan'])).toMatchObject({
      users: [10, 50],
      only: ['list', 'scan'],
    });
    expect(readOptions(['--help'])).toBeUndefined();
  });

  test.each([['--users', 'many'], ['--users', '0'], ['--runs', '-1'], ['--what']])('%s %s is refused', (...args) => {
    expect(() => readOptions(args)).toThrow(TypeError);
  });
});

describe('the population', () => {
  test('has an entry of 12 attributes for each person, in teams, and is the same each time', () => {
    const entries = [...formatLdif(120)].join('').trimEnd().split('\n\n');
    const people = entries.filter((entry) => entry.includes('objectClass: inetOrgPerson'));
    expect(people).toHaveLength(120);
    // Without dn and entryUUID.
    expect(new Set(people.map((entry) => entry.split('\n').length - 2))).toEqual(new Set([12]));
    expect(entries.filter((entry) => entry.includes('cn: team ')).map((entry) => entry.match(/^member: /gm)?.length)).toEqual([50, 50, 20]);
    expect([...formatLdif(120)]).toEqual([...formatLdif(120)]);
    expect(new Set(Array.from({ length: 120 }, (_, i) => personAt(i).id)).size).toBe(120);
  });

  test('values that LDIF cannot show are encoded', () => {
    const text = [...formatLdif(20)].join('');
    expect(text).toMatch(/^[\x0a\x20-\x7e]*$/);
    expect(text).toContain(`givenName:: ${Buffer.from('Björn').toString('base64')}`);
  });

  test('the outsider is in no group but that of the team', () => {
    expect([hasLargeGroup(99_999), hasLargeGroup(100_000)]).toEqual([false, true]);
    const text = [...formatLdif(120)].join('');
    expect(text.split(`member: ${outsider(120).dn}\n`)).toHaveLength(2);
  });
});
