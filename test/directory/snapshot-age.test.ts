// How old a list may be: with the directory away, beyond maxStaleness, and after a restart. RFC 9111 section 5.1, RFC 9211.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { slapd } from './faces.ts';
import { newName, newUser, type Reply, ScimClient } from './scim-client.ts';
import { openStage, type Stage } from './stage.ts';

const never = '0 0 1 1 *';
const statusOf = ({ status, headers }: Reply) => [status, headers.get('cache-status'), Number(headers.get('age'))] as const;

describe('a list', () => {
  let stage: Stage;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'age-'));
    stage = await openStage(slapd, {
      cache: `poll: "${never}", sweep: "${never}", maxStaleness: 3s, whenStale: unavailable, store: "${folder}/rows.db"`,
    });
    await stage.scim.post('/Users', newUser());
    await vi.waitUntil(() => stage.follower().status().state === 'complete', { timeout: 20_000 });
  }, 60_000);
  afterAll(async () => {
    await stage.stop();
    rmSync(folder, { recursive: true });
  });

  test('says how old it is and how long it may be used, is served without the directory, and is 503 when it is too old', async () => {
    const { scim, directory } = stage;
    await stage.follower().run('poll');
    expect(statusOf(await scim.get('/Users'))).toEqual([200, expect.stringMatching(/^ldap-scim-gateway; hit; ttl=[23]$/), 0]);
    await directory.kill();
    await expect(stage.follower().run('poll')).rejects.toThrow(/lost|connect|unavailable|ended|closed/);
    const aged = await vi.waitFor(
      async () => {
        const answer = await scim.get('/Users');
        expect(Number(answer.headers.get('age'))).toBeGreaterThan(0);
        return answer;
      },
      { timeout: 2500 },
    );
    expect([aged.status, aged.headers.get('cache-status')]).toEqual([200, expect.stringContaining('hit')]);
    const stale = await vi.waitFor(
      async () => {
        const answer = await scim.get('/Users');
        expect(answer.status).toBe(503);
        return answer;
      },
      { timeout: 10_000, interval: 200 },
    );
    expect(Number(stale.headers.get('retry-after'))).toBeGreaterThan(0);
    // A query for a key never came from the copy.
    expect((await scim.get('/Users', { filter: 'userName eq "x"' })).status).toBe(503);
    await directory.restart();
    await expect
      .poll(
        () =>
          stage
            .follower()
            .run('poll')
            .then(() => true)
            .catch(() => false),
        { timeout: 20_000 },
      )
      .toBe(true);
    expect((await scim.get('/Users')).status).toBe(200);
  }, 60_000);

  test('is answered from the file after a restart, with the directory away', async () => {
    const { directory } = stage;
    const before = (await stage.scim.get('/Users')).body;
    await stage.follower().stop();
    await directory.kill();
    let app: App | undefined;
    try {
      app = createApp(stage.configure(['server.listen=127.0.0.1:0', 'directories.main.cache.maxStaleness=1h']));
      const scim = new ScimClient(`${(await app.start()).url}/scim/v2`, stage.tokenOf('compat'));
      const answer = await vi.waitFor(
        async () => {
          const reply = await scim.get('/Users');
          expect(reply.status).toBe(200);
          return reply;
        },
        { timeout: 10_000 },
      );
      expect(answer.headers.get('cache-status')).toContain('hit');
      expect(answer.body).toEqual(before);
    } finally {
      await app?.stop();
      await directory.restart();
    }
  }, 60_000);

  test('has what a client wrote before a restart, though the file has it not', async () => {
    const { directory, proxy } = stage;
    const title = newName('Written before');
    // Nothing keeps up the file any more.
    const isWritten = async (): Promise<boolean> => (await stage.scim.post('/Users', newUser({ title }))).status === 201;
    await vi.waitUntil(isWritten, { timeout: 20_000 });
    // The first poll takes its time.
    proxy.delay(50);
    const app = createApp(stage.configure(['server.listen=127.0.0.1:0', 'directories.main.cache.maxStaleness=1h']));
    try {
      const scim = new ScimClient(`${(await app.start()).url}/scim/v2`, stage.tokenOf('compat'));
      for (let isFromFile = false; !isFromFile;) {
        const { body, headers } = await scim.get('/Users', { filter: `title eq "${title}"` });
        expect(body['totalResults']).toBe(1);
        isFromFile = headers.get('cache-status')?.includes('hit') ?? false;
      }
    } finally {
      proxy.delay(0);
      await app.stop();
      await directory.restart();
    }
  }, 60_000);
});

test('before there is a complete copy, and for a key, the directory is asked', async () => {
  const stage = await openStage(slapd, { cache: `poll: "${never}", sweep: "${never}", detect: dirsync` });
  try {
    // This server has no DirSync: there is never a copy.
    expect(statusOf(await stage.scim.get('/Users'))).toEqual([200, 'ldap-scim-gateway; fwd=miss', 0]);
    expect(statusOf(await stage.scim.get('/Users', { filter: 'userName eq "x"' }))).toEqual([200, 'ldap-scim-gateway; fwd=bypass', 0]);
    await vi.waitFor(() => expect(stage.follower().status().lastCycle?.error).toContain('dirsync'), { timeout: 10_000 });
  } finally {
    await stage.stop();
  }
}, 60_000);
