// One by one what comes in batches: in order, to the end, and what is left early or fails is told to where it comes from.
import { expect, it } from 'vitest';
import { Batched, batchesOf } from '../../src/ldap/batched.ts';

async function* deliver(batches: readonly (readonly number[])[], log: string[] = []): AsyncGenerator<readonly number[], void, undefined> {
  try {
    for (const batch of batches) yield batch;
    log.push('end');
  } finally {
    log.push('closed');
  }
}

async function listAll<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

it('gives every item in order, whatever batches are empty', async () => {
  expect(await listAll(new Batched(deliver([[], [1, 2], [], [], [3], []])))).toEqual([1, 2, 3]);
  expect(await listAll(new Batched(deliver([])))).toEqual([]);
});

it('closes where the items come from when it is left early, and gives nothing after that', async () => {
  const log: string[] = [];
  const items = new Batched(deliver([[1, 2, 3], [4]], log))[Symbol.asyncIterator]();
  expect(await items.next()).toEqual({ done: false, value: 1 });
  await items.return?.();
  expect(log).toEqual(['closed']);
  expect(await items.next()).toEqual({ done: true, value: undefined });
});

it('fails where the batches fail, after what came before', async () => {
  const found: number[] = [];
  const failing = async function* (): AsyncGenerator<readonly number[], void, undefined> {
    yield [1, 2];
    throw new Error('lost');
  };
  await expect(
    (async () => {
      for await (const item of new Batched(failing())) found.push(item);
    })(),
  ).rejects.toThrow('lost');
  expect(found).toEqual([1, 2]);
});

it('gives the batches as they are, and items of anything else singly', async () => {
  expect(await listAll(batchesOf(new Batched(deliver([[1, 2], [3]]))))).toEqual([[1, 2], [3]]);
  const single = async function* (): AsyncGenerator<number, void, undefined> {
    yield 1;
    yield 2;
  };
  expect(await listAll(batchesOf(single()))).toEqual([[1], [2]]);
});
