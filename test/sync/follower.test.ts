// The thread of a snapshot that dies again and again: it is started again, after pauses that grow, and everything that is asked meanwhile is answered.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import type { Follower } from '../../src/sync/follower.ts';

const sha256 = '1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0';
const text = `
server: { listen: "127.0.0.1:0", publicUrl: "http://127.0.0.1:1" }
directories:
  main: { path: /s, type: openldap, servers: ["ldap://127.0.0.1:1"], bind: { dn: "cn=a", password: { env: P } }, baseDn: "dc=a", mapping: openldap }
cache: { store: /nowhere/at/all/state.db }
clients: [{ name: a, auth: { token: { sha256: "${sha256}", expires: never } }, allow: { directory: main, resources: [User], operations: [read] } }]`;

let follower: Follower;
const heard: string[] = [];
let onEvent: (() => void) | undefined;
const listen = (message: unknown): void => {
  heard.push(String((message as { readonly event: unknown }).event));
  onEvent?.();
};
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  subscribe('ldap-scim-gateway:event', listen);
  const found = createApp(loadConfig('config.yaml', { env: { P: 'secret' }, text })).followers.get('main');
  if (!found) throw new Error('lists come from a snapshot');
  follower = found;
});
afterEach(async () => {
  vi.useRealTimers();
  unsubscribe('ldap-scim-gateway:event', listen);
  await follower.stop();
});

const endings = (): number => heard.filter((event) => event === 'snapshot thread ended').length;
const untilEnded = (times: number): Promise<void> =>
  new Promise((resolve) => {
    onEvent = () => endings() >= times && resolve();
    onEvent();
  });

test('is started again after 5 seconds, 10, 20 and so on, up to 5 minutes', async () => {
  follower.start();
  const pauses = [5, 10, 20, 40, 80, 160, 300];
  for (const [died, seconds] of pauses.entries()) {
    await untilEnded(died + 1);
    expect(await follower.current()).toEqual({ unusable: 'miss' });
    await expect(follower.run('poll')).rejects.toThrow('not running');
    vi.advanceTimersByTime(seconds * 1000 - 1);
    expect(follower.status().state).toBe('stopped');
    vi.advanceTimersByTime(1);
    expect(follower.status().state).toBe('incomplete');
  }
  expect(heard.filter((event) => event === 'snapshot thread failed').length).toBeGreaterThanOrEqual(pauses.length);
}, 60_000);
