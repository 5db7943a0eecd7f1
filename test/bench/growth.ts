// Whether a figure stays what it is while the directory grows: the largest size beside the smallest.
// No RFC.
import type { Result } from './result.ts';
import { combine } from './statistics.ts';

/** Rows whose aim speaks of all sizes. */
const steady: readonly (readonly [name: string, work: string])[] = [
  ['poll-idle', 'poll without changes, by RFC 4533'],
  ['poll-idle-csn', 'poll without changes, by entryCSN'],
  ['list-deep', 'list of 100, any depth'],
  ['list-filter', 'list of 100, indexed filter'],
  ['list-sort', 'list of 100, sort seen before'],
];
/** What noise alone makes of two equal figures is less. */
const most = 1.5;

export function compareSizes(results: readonly Result[]): readonly Result[] {
  return steady.flatMap(([name, work]): Result[] => {
    const own = results.filter((result) => result.name === name).toSorted((a, b) => a.users - b.users);
    const [small, large] = [own[0], own.at(-1)];
    if (!small || !large || small === large) return [];
    const summary = combine((a = NaN, b = NaN) => a / b, [large.score.summary.median], [small.score.summary.median]);
    return [
      {
        name: `${name}-growth`,
        work: `${work}: ${large.users.toLocaleString('en')} users against ${small.users.toLocaleString('en')}`,
        users: large.users,
        aim: 'independent of the number of users',
        score: { label: 'growth', unit: '×', summary, most },
        figures: [],
      },
    ];
  });
}
