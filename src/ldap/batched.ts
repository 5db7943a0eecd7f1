// One by one what comes in batches: layers that look at many thousand entries pass on whole batches, and only the last one takes them apart.
// No RFC; every asynchronous step costs, however little is done in it.

/** Iterated once, as what it is made of. */
export class Batched<T> implements AsyncIterable<T> {
  readonly batches: AsyncIterable<readonly T[]>;

  constructor(batches: AsyncIterable<readonly T[]>) {
    this.batches = batches;
  }

  [Symbol.asyncIterator](): AsyncIterator<T, void, undefined> {
    const batches = this.batches[Symbol.asyncIterator]();
    let batch: readonly T[] = [];
    let at = 0;
    const take = (): IteratorResult<T, void> => ({ done: false, value: batch[at++] as T });
    const advance = async (): Promise<IteratorResult<T, void>> => {
      do {
        const next = await batches.next();
        if (next.done === true) return { done: true, value: undefined };
        [batch, at] = [next.value, 0];
      } while (batch.length === 0);
      return take();
    };
    return {
      next: () => (at < batch.length ? Promise.resolve(take()) : advance()),
      async return() {
        [batch, at] = [[], 0];
        await batches.return?.();
        return { done: true, value: undefined };
      },
    };
  }
}

/** The batches that something comes in; where it does not, each item is one. */
export function batchesOf<T>(items: AsyncIterable<T>): AsyncIterable<readonly T[]> {
  return items instanceof Batched ? (items as Batched<T>).batches : singly(items);
}

async function* singly<T>(items: AsyncIterable<T>): AsyncGenerator<readonly T[], void, undefined> {
  for await (const item of items) yield [item];
}
