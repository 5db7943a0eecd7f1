// Filters and orders that were never asked for: what it takes to make a column or an order, then to scan columns, and whether others wait meanwhile.
// RFC 7644 sections 3.4.2.2 and 3.4.2.3.
import { httpSubject, type Subject } from './contest.ts';
import type { Watched } from './parent.ts';
import type { Result } from './result.ts';
import type { Stage } from './stage.ts';
import { summarize } from './statistics.ts';
import { get } from './subjects.ts';

/** Fewer rows are scanned in less time than a request takes by itself. */
const fewest = 100_000;
const million = 1_000_000;

export async function measureScans({ users, cached, runs, note }: Stage): Promise<readonly Result[]> {
  if (users < fewest) return [];
  let asked = 0;
  const one = (queryAt: (i: number) => string): Subject =>
    httpSubject('scan', cached.child, cached, () => get(`/Users?count=100&${queryAt((asked += 1))}`), 1);
  const scan = async (queryAt: (i: number) => string): Promise<readonly number[]> => {
    const cpu: number[] = [];
    for (let round = 0; round < runs; round += 1) {
      const before = await cached.child.usage();
      await one(queryAt).run(4);
      cpu.push(((await cached.child.usage()).cpu - before.cpu) / 4);
    }
    return cpu;
  };
  const once = async (query: string): Promise<number> => {
    const { times } = await one(() => query).run(1);
    return times[0] ?? NaN;
  };
  const watch = async <T>(work: () => Promise<T>): Promise<readonly [T, Watched]> => {
    await cached.child.watch();
    const value = await work();
    return [value, await cached.child.unwatch()];
  };
  // Nobody has that in a name or title.
  const few = (i: number): string => `title co "nobody ${i}"`;
  const many = (i: number): string => `displayName co "nobody ${i}"`;
  const filtered = (filterAt: (i: number) => string) => (i: number) => `filter=${encodeURIComponent(filterAt(i))}`;

  note('columns and orders are made');
  const [made, making] = await watch(async () => ({
    few: await once(filtered(few)(0)),
    many: await once(filtered(many)(0)),
    orderOfFew: await once('sortBy=title'),
    orderOfMany: await once('sortBy=displayName'),
  }));
  note('scans');
  const [scanned, scanning] = await watch(async () => ({
    few: await scan(filtered(few)),
    many: await scan(filtered(many)),
    both: await scan(filtered((i) => `${many(i)} or ${few(i)}`)),
  }));

  const scanRow = (name: string, work: string, cpu: readonly number[], terms: number): Result => ({
    name,
    work,
    users,
    aim: users >= million ? '≤ 20 ns per user and term' : 'stated',
    score: {
      label: 'CPU per user and term',
      unit: 'ns',
      summary: summarize(cpu.map((each) => (each * 1000) / users / terms)),
      ...(users >= million && { most: 20 }),
    },
    figures: [{ label: 'request', unit: 'µs CPU', summary: summarize(cpu) }],
  });
  const madeRow = (name: string, work: string, milliseconds: number): Result => ({
    name,
    work,
    users,
    aim: 'stated',
    score: { label: 'the first such list', unit: 'ms', summary: summarize([milliseconds]) },
    figures: [],
  });
  const delayRow = (name: string, work: string, { delay }: Watched): Result => ({
    name,
    work,
    users,
    aim: 'p99.9 ≤ 20 ms',
    score: { label: 'delay p99.9', unit: 'ms', summary: summarize([delay.p999]), most: 20 },
    figures: [{ label: 'longest', unit: 'ms', summary: summarize([delay.most]) }],
  });
  return [
    scanRow('scan-few', 'scan of an attribute with few values (title co)', scanned.few, 1),
    scanRow('scan-many', 'scan of an attribute where each has its own value (displayName co)', scanned.many, 1),
    scanRow('scan-both', 'scan of both (or)', scanned.both, 2),
    delayRow('scan-delay', 'event loop during scans', scanning),
    madeRow('first-filter-few', 'first filter ever by an attribute with few values', made.few),
    madeRow('first-filter-many', 'first filter ever by an attribute where each has its own value', made.many),
    madeRow('first-sort-few', 'first sort ever by an attribute with few values', made.orderOfFew),
    madeRow('first-sort-many', 'first sort ever by an attribute where each has its own value', made.orderOfMany),
    delayRow('first-delay', 'event loop while columns and orders are made', making),
  ];
}
