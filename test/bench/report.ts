// One run of the benchmark, as it is kept in docs/performance/results.json.
// No RFC.
import type { Machine } from './machine.ts';
import type { Result } from './result.ts';

export interface Report {
  /** ISO 8601. */
  readonly measured: string;
  readonly minutes: number;
  readonly machine: Machine;
  /** Processes that wanted to run, of the whole machine, while it was measured. */
  readonly load: { readonly low: number; readonly high: number };
  readonly runs: number;
  readonly results: readonly Result[];
}
