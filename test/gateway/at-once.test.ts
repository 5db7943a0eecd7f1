// Questions asked at the same time: which failure counts, and how many are under way.
// No RFC.
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { askAtOnce, parallel } from '../../src/gateway/at-once.ts';

const later = async <T>(turns: number, outcome: () => T): Promise<T> => {
  for (let i = 0; i < turns; i++) await turn();
  return outcome();
};
const fail = (text: string) => (): never => {
  throw new Error(text);
};

test('the answers come in the order of the questions', async () => {
  expect(await askAtOnce([later(3, () => 'slow'), later(0, () => 2), true])).toEqual(['slow', 2, true]);
});

test('the first failure in order counts, not the first in time, and nothing is left under way', async () => {
  let isOver = false;
  const last = later(9, () => (isOver = true));
  await expect(askAtOnce([later(5, fail('first')), later(0, fail('second')), last])).rejects.toThrow('first');
  expect(isOver).toBe(true);
});

test('of many tasks a bounded number is under way', async () => {
  const state = { now: 0, most: 0, done: 0 };
  await parallel(Array.from({ length: 100 }), async () => {
    state.now += 1;
    state.most = Math.max(state.most, state.now);
    await turn();
    state.now -= 1;
    state.done += 1;
  });
  expect(state).toEqual({ now: 0, most: 32, done: 100 });
});
