// A short fuzz run in the default suite: one seed that is always the same and one that never is.
// Issue "Fuzz"; the long one is `node test/fuzz/run.ts`.
import { expect, test } from 'vitest';
import { runFuzz } from './session.ts';

const fresh = Date.now() % 2 ** 31;

test.each([
  ['the fixed seed', 20_260_101, 'embedded', 1500],
  ['a fresh seed', fresh, 'embedded', 1500],
  ['a fresh seed over slapd', fresh, 'slapd', 600],
] as const)(
  'generated requests with %s (%i) find no 5xx, hang, crash, leak or change from a refused request',
  { timeout: 120_000 },
  async (_, seed, directory, most) => {
    const { findings, requests, statuses } = await runFuzz({ seed, requests: most, outages: 1, directory });
    expect(findings, `again: node test/fuzz/run.ts --seed ${seed} --requests ${most} --outages 1 --directory ${directory}`).toEqual([]);
    expect(requests).toBeGreaterThanOrEqual(most);
    // A run in which nothing succeeds, or nothing is refused, shows nothing.
    for (const status of [200, 201, 204, 400, 404, 409]) expect(statuses.get(status) ?? 0, `answers ${status}`).toBeGreaterThan(0);
  },
);
