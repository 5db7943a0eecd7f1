// The command line of the benchmark.
// No RFC.
import { parseArgs } from 'node:util';

export interface BenchOptions {
  readonly users: readonly number[];
  readonly runs: number;
  /** Parts of names of rows; empty: all. */
  readonly only: readonly string[];
  readonly json: string | undefined;
  readonly isWritten: boolean;
  /** Where the processes leave profiles of their processor time. */
  readonly profile: string | undefined;
}

export const help = `npm run bench -- [options]

  --users 1000,10000    sizes of the directory (default: 1000,10000,100000; 1000000 takes half an hour and 8 GB)
  --runs 7              counted rounds of each row
  --only NAME           rows whose name contains this; may be repeated
  --json FILE           the figures as JSON
  --write               rewrites docs/performance.md, its charts and its JSON file
  --profile DIR         the gateway leaves .cpuprofile files there`;

const isWhole = (text: string): boolean => /^[1-9]\d{0,7}$/.test(text);

/** @returns undefined where help is asked for. @throws TypeError for what is no option, or no number */
export function readOptions(args: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      users: { type: 'string', default: '1000,10000,100000' },
      runs: { type: 'string', default: '7' },
      only: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
      write: { type: 'boolean', default: false },
      profile: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const sizes = values.users.split(',').map((size) => size.trim());
  for (const number of [...sizes, values.runs]) if (!isWhole(number)) throw new TypeError(`${number} is no whole number above 0`);
  return {
    users: sizes.map(Number).toSorted((a, b) => a - b),
    runs: Number(values.runs),
    only: values.only,
    json: values.json,
    isWritten: values.write,
    profile: values.profile,
  };
}
