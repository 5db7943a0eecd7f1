// Figures of repeated runs: the middle, and how far they spread.
// No RFC. A quantile is linear between the two nearest values.

/** What several runs measured. */
export interface Summary {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly runs: number;
}

/** @param share 0 to 1. @returns NaN of no values */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? NaN;
  const above = sorted[Math.ceil(place)] ?? NaN;
  return below + (above - below) * (place - Math.floor(place));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export function summarize(values: readonly number[]): Summary {
  return { median: median(values), low: Math.min(...values), high: Math.max(...values), runs: values.length };
}

/** Round by round, so that what slows the machine down for a while is on both sides. @throws RangeError where the rounds are not the same */
export function combine(combined: (...values: readonly number[]) => number, ...sides: readonly (readonly number[])[]): Summary {
  const [first = []] = sides;
  if (sides.some((side) => side.length !== first.length)) throw new RangeError('the sides have different numbers of rounds');
  return summarize(first.map((_, round) => combined(...sides.map((side) => side[round] ?? NaN))));
}

export const ratio = (measured: readonly number[], raw: readonly number[]): Summary => combine((a = NaN, b = NaN) => a / b, measured, raw);
