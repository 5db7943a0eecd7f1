// However many queries work at the same time, a turn of the event loop is no longer for that.
// No RFC.
import { afterEach, expect, it, vi } from 'vitest';
import { Slice } from '../../src/cache/slice.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const nextTurn = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));

it('lets one go on in each turn, whoever waited longest first, until its time is over', async () => {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const order: string[] = [];
  const work = async (name: string, steps: number): Promise<void> => {
    const slice = new Slice();
    for (let step = 0; step < steps; step += 1) {
      order.push(`${name}${step}`);
      now += 10;
      if (slice.isOver) await slice.pause();
    }
  };
  const all = [work('a', 3), work('b', 2), work('c', 1)];
  expect(order).toEqual(['a0', 'b0', 'c0']);
  await Promise.all(all);
  expect(order).toEqual(['a0', 'b0', 'c0', 'a1', 'b1', 'a2']);
});

it('is over for those who come later in the same turn', async () => {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  expect(new Slice().isOver).toBe(false);
  now = 1000;
  expect([new Slice().isOver, new Slice(true).isOver]).toEqual([true, false]);
  await nextTurn();
  await nextTurn();
  expect(new Slice().isOver).toBe(false);
});

it('resumes also those who pause before their time is over', async () => {
  await expect(new Slice().pause()).resolves.toBeUndefined();
});
