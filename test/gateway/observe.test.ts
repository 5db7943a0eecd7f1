// `mode: observe`: updates and deletes are answered as if done, creates with 503, and nothing is written (decisions, "Writes").
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asMembers, newGroup, newUser, urn } from '../directory/scim-client.ts';
import { writesAmong } from '../directory/wire.ts';
import { type Bench, openBench } from '../commands/bench.ts';
import { createApp } from '../../src/app.ts';
import { ScimClient } from '../directory/scim-client.ts';

let bench: Bench;
let observing: ScimClient;
let stop: () => Promise<void>;
const events: Record<string, unknown>[] = [];
const listen = (message: unknown): void => void events.push(message as Record<string, unknown>);

beforeAll(async () => {
  bench = await openBench('demo');
  const app = createApp({
    ...bench.config,
    directories: bench.config.directories.map((directory) => ({ ...directory, mode: 'observe' as const })),
  });
  const { url } = await app.start();
  observing = new ScimClient(`${url}/scim/v2`, 'token-of-the-command-bench');
  stop = () => app.stop();
  subscribe('ldap-scim-gateway:event', listen);
});
afterAll(async () => {
  unsubscribe('ldap-scim-gateway:event', listen);
  await stop();
  await bench.stop();
});

test('every kind of write is answered and none is done', async () => {
  const user = newUser({ title: 'Clerk' });
  const { id, etag } = await bench.scim.post('/Users', user);
  const group = await bench.scim.post('/Groups', newGroup());
  const operations = await bench.wire.during(async () => {
    const patched = await observing.patch(`/Users/${id}`, [
      { op: 'replace', path: 'title', value: 'Head' },
      { op: 'replace', path: 'password', value: 'correct-horse' },
    ]);
    expect([patched.status, patched.body]).toEqual([200, expect.objectContaining({ id, title: 'Head', schemas: [urn.user] })]);
    expect(JSON.stringify(patched.body)).not.toContain('correct-horse');
    const replaced = await observing.send('PUT', `/Users/${id}`, { ...user, title: undefined, preferredLanguage: 'de' });
    expect([replaced.status, replaced.body]).toEqual([
      200,
      expect.objectContaining({ id, preferredLanguage: 'de', meta: expect.objectContaining({ created: expect.any(String) }) }),
    ]);
    expect(replaced.body).not.toHaveProperty('title');
    expect((await observing.patch(`/Groups/${group.id}`, [{ op: 'add', path: 'members', value: asMembers(id) }])).status).toBe(204);
    expect((await observing.delete(`/Users/${id}`)).status).toBe(204);
    const created = await observing.post('/Users', newUser());
    expect([created.status, created.headers.get('Retry-After')]).toEqual([503, '3600']);
  });
  expect(writesAmong(operations)).toEqual([]);
  const now = await bench.scim.get(`/Users/${id}`);
  expect([now.body['title'], now.etag]).toEqual(['Clerk', etag]);
});

test('what is refused stays refused', async () => {
  const user = newUser();
  await bench.scim.post('/Users', user);
  expect((await observing.post('/Users', user)).status).toBe(409);
  expect((await observing.delete('/Users/6a1d7a52-0000-4000-8000-000000000002')).status).toBe(404);
});

test('the log says what would have been written, without values', async () => {
  const { id } = await bench.scim.post('/Users', newUser({ title: 'Clerk' }));
  events.length = 0;
  await observing.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'Head' }]);
  expect(events).toEqual([{ level: 'info', event: 'observed', directory: 'main', steps: ['modify title'] }]);
});
