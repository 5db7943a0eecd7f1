// Subjects measured in turn, round after round, so that a slow minute of the machine falls on all of them.
// No RFC.
import { quantile } from './statistics.ts';
import type { Child } from './child.ts';
import { drive, type Request, type Target } from './load.ts';

/** One measurement of one subject. */
export interface Measured {
  /** Microseconds of processor time for one request. */
  readonly cpu: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Octets of the last body. */
  readonly length: number;
}

export interface Subject {
  readonly name: string;
  /** Does the work so many times. @returns milliseconds of each, of all of it, and the length of an answer */
  run(count: number): Promise<{ readonly times: readonly number[]; readonly seconds: number; readonly length: number }>;
  /** Whose processor time counts. */
  readonly child: Child;
}

/** Seconds that one measurement of one subject takes, about. */
const aimedAt = 0.3;
const [fewest, most] = [24, 20_000];
/** Of the first, uncounted measurement, by which the others are made as long as they should be. */
const trial = 48;

export function httpSubject(name: string, child: Child, target: Target, requestAt: (i: number) => Request, connections: number): Subject {
  let at = 0;
  return {
    name,
    child,
    run(count) {
      const first = at;
      at += count;
      return drive(target, (i) => requestAt(first + i), count, connections);
    },
  };
}

async function measure({ run, child }: Subject, count: number): Promise<Measured> {
  const before = await child.usage();
  const { times, seconds, length } = await run(count);
  const after = await child.usage();
  return {
    cpu: (after.cpu - before.cpu) / count,
    perSecond: count / seconds,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    length,
  };
}

/** @returns the measurements of each subject by its name, one for each round */
export async function compete(
  subjects: readonly Subject[],
  rounds: number,
  onRound: (round: number) => void,
): Promise<ReadonlyMap<string, readonly Measured[]>> {
  const counts: number[] = [];
  for (const subject of subjects) {
    const { perSecond } = await measure(subject, trial);
    // The compiler of the runtime has had no time yet.
    const warm = await measure(subject, Math.round(Math.min(most, Math.max(fewest, (perSecond * aimedAt) / 2))));
    counts.push(Math.round(Math.min(most, Math.max(fewest, warm.perSecond * aimedAt))));
  }
  const found = new Map<string, Measured[]>(subjects.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    onRound(round);
    for (const [i, subject] of subjects.entries()) found.get(subject.name)?.push(await measure(subject, counts[i] ?? fewest));
  }
  return found;
}
