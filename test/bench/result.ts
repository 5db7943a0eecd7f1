// One row of the table of aims: what was measured, beside what the same work costs without the gateway, and whether the aim is reached.
// No RFC.
import type { Summary } from './statistics.ts';

export type Unit = 'µs CPU' | 'µs' | 'ms' | 's' | 'ns' | 'KB' | '×' | '/s' | '';

export interface Figure {
  readonly label: string;
  readonly unit: Unit;
  readonly summary: Summary;
}

export interface Result {
  /** As `--only` has it. */
  readonly name: string;
  readonly work: string;
  readonly users: number;
  /** In words. */
  readonly aim: string;
  /** What the aim is about, and the most that it may be; without `most` the figure is only stated. */
  readonly score: Figure & { readonly most?: number };
  /** What the score was computed from, the gateway's own figure first. */
  readonly figures: readonly Figure[];
  readonly remark?: string;
}

export type Verdict = 'reached' | 'not reached' | 'stated';

export function verdictOf({ score: { most, summary } }: Pick<Result, 'score'>): Verdict {
  if (most === undefined) return 'stated';
  return summary.median <= most ? 'reached' : 'not reached';
}
