// Writes what was measured into docs: the page, its charts, and the figures as JSON, where those of other sizes stay until they are measured again.
// No RFC.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { drawChart } from './chart.ts';
import { chartsOf, describeReport, formatTables, keepNewest, replaceParts } from './page.ts';
import type { Report } from './report.ts';

const docs = new URL('../../docs/', import.meta.url);
const page = new URL('performance.md', docs);
const folder = new URL('performance/', docs);
const figures = new URL('results.json', folder);

export async function writeDocument(report: Report): Promise<void> {
  await mkdir(folder, { recursive: true });
  const reports = keepNewest([...(await readReports()), report]);
  await writeFile(figures, `${JSON.stringify(reports, undefined, 1)}\n`);
  for (const [name, chart] of chartsOf(reports)) await writeFile(new URL(`${name}.svg`, folder), drawChart(chart));
  const parts = new Map([
    ['machine', reports.map(describeReport).join('\n')],
    ['tables', formatTables(reports)],
  ]);
  await writeFile(page, replaceParts(await readFile(page, 'utf8'), parts));
}

async function readReports(): Promise<readonly Report[]> {
  try {
    return JSON.parse(await readFile(figures, 'utf8')) as readonly Report[];
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
