// Questions that do not wait for each other: asked at the same time, answered as if one after the other.
// No RFC; a directory takes many requests at once (RFC 4511 section 4.1.1).

/** Those of one kind under way at once. */
const inFlight = 32;

/** All answers. Where several questions fail, the first in order decides. */
export async function askAtOnce<T extends readonly unknown[] | []>(questions: T): Promise<{ -readonly [i in keyof T]: Awaited<T[i]> }> {
  await Promise.allSettled(questions);
  return Promise.all(questions);
}

/** Runs a task for every item, a bounded number at once; the first failure ends it. */
export async function parallel<T>(items: readonly T[], task: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await task(item);
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, items.length) }, worker));
}
