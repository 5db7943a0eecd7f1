// What the gateway does by itself: again and again, one after the other, in the journal when something was done.
// No RFC.
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startChores } from '../src/chores.ts';

const messages: Readonly<Record<string, unknown>>[] = [];
const listen = (message: unknown): void => void messages.push(message as Readonly<Record<string, unknown>>);
const names = ['ldap-scim-gateway:request', 'ldap-scim-gateway:event'];
beforeEach(() => {
  messages.length = 0;
  for (const name of names) subscribe(name, listen);
});
afterEach(() => {
  for (const name of names) unsubscribe(name, listen);
});

/** Resolves when the condition holds. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

test('each run that did something is a line; one that did nothing is none', async () => {
  const counts = [0, 2, 0];
  let runs = 0;
  const stop = startChores([{ name: 'deferred', every: 2, run: async () => counts[runs++] ?? 0 }]);
  await until(() => runs > 3);
  await stop();
  expect(messages).toEqual([expect.objectContaining({ client: '(gateway)', method: 'RUN', route: 'chore:deferred', status: 200 })]);
});

test('a failure is told without its text, and the next run comes', async () => {
  let runs = 0;
  const run = async (): Promise<number> => {
    runs += 1;
    throw new TypeError('uid=somebody');
  };
  const stop = startChores([{ name: 'purge', every: 2, run }]);
  await until(() => runs > 1);
  await stop();
  expect(messages[0]).toEqual({ level: 'warn', event: 'a chore failed and is tried again', chore: 'purge', error: 'TypeError' });
});

test('one after the other, and a stop waits for what is under way and begins nothing', async () => {
  let active = 0;
  let most = 0;
  let done = 0;
  const run = async (): Promise<number> => {
    active += 1;
    most = Math.max(most, active);
    await new Promise((resolve) => setTimeout(resolve, 10));
    active -= 1;
    done += 1;
    return 0;
  };
  const stop = startChores([
    { name: 'purge', every: 1, run },
    { name: 'deferred', every: 1, run },
  ]);
  await until(() => done > 1);
  await stop();
  const [after, left] = [done, active];
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect([most, left, done]).toEqual([1, 0, after]);
});

test('a run is a scope of its own, so that what it writes is in its line', async () => {
  const scopes: unknown[] = [];
  const exchanges = channel('ldap-scim-gateway:exchange');
  const enter = (message: unknown): void => void scopes.push(message);
  exchanges.subscribe(enter);
  let runs = 0;
  const stop = startChores([{ name: 'deferred', every: 2, run: async () => (runs += 1) }]);
  await until(() => runs > 0);
  await stop();
  exchanges.unsubscribe(enter);
  expect(scopes[0]).toEqual({ requestId: messages[0]?.['requestId'] });
});
