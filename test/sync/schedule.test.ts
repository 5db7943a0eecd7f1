// Times of cron by a clock that is set. The clock is of the test; what is due at it is not waited for.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Schedule } from '../../src/sync/schedule.ts';

const start = Date.UTC(2030, 0, 1, 12, 0, 0);
const [second, hour] = [1000, 3_600_000];
let schedule: Schedule | undefined;
let runs = 0;

beforeEach(() => {
  vi.useFakeTimers({ now: start });
  runs = 0;
});
afterEach(() => {
  schedule?.stop();
  vi.useRealTimers();
});

const begin = (expression: string, work: () => Promise<unknown> = async () => (runs += 1)): void => {
  schedule = new Schedule(expression, 'UTC', work);
};
/** So much time goes by, as clocks do that nobody sets. @returns how often there was work */
async function runsIn(milliseconds: number): Promise<number> {
  const before = runs;
  await vi.advanceTimersByTimeAsync(milliseconds);
  return runs - before;
}
const set = (milliseconds: number): unknown => vi.setSystemTime(Date.now() + milliseconds);

test.each([
  ['*/10 * * * * *', 60 * second, 6],
  ['* * * * * *', 30 * second, 30],
  ['*/5 * * * *', hour, 12],
  ['30 12 * * *', hour, 1],
])('%s, in %i milliseconds', async (expression, milliseconds, times) => {
  begin(expression);
  expect(await runsIn(milliseconds)).toBe(times);
});

test.each([
  ['back by hours', -5 * hour],
  ['back by seconds', -7 * second],
  ['forward by hours', 5 * hour],
  ['forward by fifty years', 50 * 8766 * hour],
])('a clock that is set %s: work goes on as before', async (_how, by) => {
  begin('*/10 * * * * *');
  expect(await runsIn(60 * second)).toBe(6);
  set(by);
  const after = await runsIn(60 * second);
  expect(after).toBeGreaterThanOrEqual(6);
  expect(after).toBeLessThanOrEqual(7);
  expect(await runsIn(60 * second)).toBe(6);
});

test('a time that comes while there is work is left out', async () => {
  let end: (() => void) | undefined;
  begin('*/10 * * * * *', () => {
    runs += 1;
    return new Promise<void>((resolve) => (end = resolve));
  });
  expect(await runsIn(60 * second)).toBe(1);
  end?.();
  expect(await runsIn(10 * second)).toBe(1);
});

test('after a stop there is none', async () => {
  begin('*/10 * * * * *');
  schedule?.stop();
  expect(await runsIn(hour)).toBe(0);
});
