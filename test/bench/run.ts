// `npm run bench`: what the gateway costs beside what the same work costs without it, for directories of several sizes.
// Never fails because something is slow. The rows are those of docs/performance.md.
import { mkdir, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { openProgress } from '../../src/progress.ts';
import { writeDocument } from './document.ts';
import { formatResult } from './figure-text.ts';
import { compareSizes } from './growth.ts';
import { describeMachine } from './machine.ts';
import { measureLists } from './measure-lists.ts';
import { measureLive } from './measure-live.ts';
import { measureScans } from './measure-scans.ts';
import { measurePolls, measureStart, measureSync } from './measure-sync.ts';
import { measureWrites } from './measure-writes.ts';
import { help, readOptions, type BenchOptions } from './options.ts';
import type { Report } from './report.ts';
import type { Result } from './result.ts';
import { openStage, type Stage } from './stage.ts';

/** What is measured together, with the names of the rows that come of it. */
const groups: readonly (readonly [names: string, measure: (stage: Stage) => Promise<readonly Result[]>])[] = [
  ['list list-deep list-filter list-sort list-attributes lookup-snapshot get-snapshot', measureLists],
  ['scan-few scan-many scan-both scan-delay first-filter-few first-filter-many first-sort-few first-sort-many first-delay', measureScans],
  ['lookup lookup-p50 lookup-whole get-live get-live-p50', measureLive],
  ['sync sync-lists sync-delay pause memory memory-resync', measureSync],
  ['poll-idle poll-one list-after-change', measurePolls],
  ['ready restart poll-idle-csn', measureStart],
  ['patch patch-requests patch-snapshot member member-large member-large-cpu member-snapshot', measureWrites],
];

/** @param keep is given what is known so far, each time there is more: a long run that is interrupted has not been for nothing */
async function runBench({ users: sizes, runs, only, profile }: BenchOptions, keep: (report: Report) => Promise<void>): Promise<void> {
  const isWanted = (name: string): boolean => only.length === 0 || only.some((part) => name.includes(part));
  const wanted = groups.filter(([names]) => names.split(' ').some(isWanted));
  const progress = openProgress();
  const machine = await describeMachine();
  const loads = [loadavg()[0] ?? 0];
  const results: Result[] = [];
  const started = performance.now();
  const report = (more: readonly Result[]): Report => ({
    measured: new Date().toISOString(),
    minutes: Math.round((performance.now() - started) / 6000) / 10,
    machine,
    load: { low: Math.min(...loads), high: Math.max(...loads) },
    runs,
    results: [...results, ...more],
  });
  for (const users of sizes) {
    const note = (what: string): void => progress.begin(`${users.toLocaleString('en')} users: ${what}`);
    const stage = await openStage({ users, runs, profile, note });
    try {
      for (const [, measure] of wanted) {
        const found = (await measure(stage)).filter(({ name }) => isWanted(name));
        results.push(...found);
        loads.push(loadavg()[0] ?? 0);
        progress.end();
        for (const result of found) console.log(formatResult(result));
        await keep(report([]));
      }
    } finally {
      note('stopping');
      await stage.stop();
      progress.end();
    }
  }
  const grown = compareSizes(results);
  for (const result of grown) console.log(formatResult(result));
  await keep(report(grown));
}

async function main(args: readonly string[]): Promise<number> {
  let options: BenchOptions | undefined;
  try {
    options = readOptions(args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    return 2;
  }
  if (!options) {
    console.log(help);
    return 0;
  }
  if (options.profile !== undefined) await mkdir(options.profile, { recursive: true });
  const { json, isWritten } = options;
  await runBench(options, async (report) => {
    if (json !== undefined) await writeFile(json, `${JSON.stringify(report, undefined, 2)}\n`);
    if (isWritten) await writeDocument(report);
  });
  return 0;
}

// The servers and processes that were started end with this one, however it ends.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

process.exitCode = await main(process.argv.slice(2));
