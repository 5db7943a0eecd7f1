// What the gateway does by itself, in the background: references that waited are written, deleted entries purged. One after the other.
// No RFC; what was written is in the journal like a request, under a route of its own.
import { randomUUID } from 'node:crypto';
import { channel } from 'node:diagnostics_channel';

export interface Chore {
  readonly name: 'deferred' | 'purge';
  /** Milliseconds. */
  readonly every: number;
  /** @returns how much was done */
  run(): Promise<number>;
}

const exchanges = channel('ldap-scim-gateway:exchange');
const requests = channel('ldap-scim-gateway:request');
const events = channel('ldap-scim-gateway:event');

/** @returns how to stop that; resolves when nothing is under way any more */
export function startChores(chores: readonly Chore[]): () => Promise<void> {
  let tail: Promise<unknown> = Promise.resolve();
  let isStopped = false;
  const timers = chores.map((chore) => {
    const ask = (): void => {
      tail = tail.then(() => (isStopped ? undefined : doChore(chore)));
    };
    return setInterval(ask, chore.every).unref();
  });
  return async () => {
    isStopped = true;
    for (const timer of timers) clearInterval(timer);
    await tail;
  };
}

async function doChore({ name, run }: Chore): Promise<void> {
  const requestId = randomUUID();
  const started = performance.now();
  await exchanges.runStores({ requestId }, async () => {
    try {
      const count = await run();
      const milliseconds = Math.round(performance.now() - started);
      if (count > 0)
        requests.publish({
          requestId,
          client: '(gateway)',
          method: 'RUN',
          route: `chore:${name}`,
          status: 200,
          milliseconds,
          complete: true,
        });
    } catch (error) {
      // The directory is away, as a rule: the next run goes on.
      events.publish({
        level: 'warn',
        event: 'a chore failed and is tried again',
        chore: name,
        error: error instanceof Error ? error.name : '',
      });
    }
  });
}
