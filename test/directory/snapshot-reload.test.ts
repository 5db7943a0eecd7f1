// A reload that exchanges what keeps the snapshot, while requests that began before it still write. RFC 7644 section 3.4.2.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { slapd } from './faces.ts';
import { newUser, ScimClient } from './scim-client.ts';
import { openStage, type Stage } from './stage.ts';

const never = '0 0 1 1 *';

let folder: string;
let stage: Stage;
let app: App;
let scim: ScimClient;
/** Before a change reaches the directory. */
let beforeModify: (() => Promise<void>) | undefined;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reload-'));
  stage = await openStage(slapd, { cache: `poll: "${never}", sweep: "${never}", store: "${folder}/rows.db"` });
  await stage.follower().stop();
  app = createApp(stage.configure(['server.listen=127.0.0.1:0']), (backend) => ({
    ...backend,
    directory: new Proxy(backend.directory, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        if (name !== 'modify') return value.bind(target) as unknown;
        return async (...parameters: unknown[]): Promise<void> => {
          await beforeModify?.();
          await Reflect.apply(value, target, parameters);
        };
      },
    }),
  }));
  scim = new ScimClient(`${(await app.start()).url}/scim/v2`, stage.tokenOf('compat'));
}, 60_000);
afterAll(async () => {
  await app.stop();
  await stage.stop();
  rmSync(folder, { recursive: true });
}, 60_000);

const isUpToDate = (): void =>
  expect(app.followers.get('main')?.status()).toMatchObject({ state: 'complete', lastCycle: { cycle: 'poll' } });

test('what is written through the old configuration is in the lists of the new one', async () => {
  await vi.waitFor(isUpToDate, { timeout: 20_000 });
  const { id } = await scim.post('/Users', newUser());
  expect((await scim.get('/Users')).headers.get('cache-status')).toContain('hit');
  beforeModify = async () => {
    beforeModify = undefined;
    await app.reload(stage.configure(['server.listen=127.0.0.1:0', 'directories.main.cache.maxStaleness=2h']));
    await vi.waitFor(isUpToDate, { timeout: 20_000 });
  };
  await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'Written late' }]);
  const listed = async (): Promise<unknown> => (await scim.get('/Users', { filter: 'title eq "Written late"' })).body['totalResults'];
  expect(await listed()).toBe(1);
  await app.followers.get('main')?.run('poll');
  expect(await listed()).toBe(1);
  expect((await scim.get('/Users')).headers.get('cache-status')).toContain('hit');
}, 60_000);
