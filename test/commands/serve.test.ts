// `serve` as a process of its own: it reloads on SIGHUP and on a changed file, and keeps what it has when the new files are wrong.
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { onReload } from '../../src/commands/reload.ts';
import { type DemoDirectory, startDemoDirectory } from '../../src/demo/ldap-server.ts';
import { ScimClient } from '../directory/scim-client.ts';
import { freePort } from '../servers/port.ts';

const token = 'a-token-of-the-serve-test';
const adminToken = 'a-token-of-the-operator';
let directory: DemoDirectory;
let folder: string;
beforeAll(async () => {
  directory = await startDemoDirectory({ users: 3 });
  folder = mkdtempSync(join(tmpdir(), 'serve-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await directory.close();
});

const running = new Set<Served>();
afterEach(async () => {
  await Promise.all([...running].map((served) => served.stop()));
});

class Served {
  readonly port: number;
  readonly scim: ScimClient;
  readonly #child: ChildProcess;
  #log = '';

  constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.scim = new ScimClient(`http://127.0.0.1:${port}/scim/v2`, token);
    this.#child = child;
    child.stderr?.on('data', (chunk) => (this.#log += String(chunk)));
    running.add(this);
  }

  /** Resolves when the log has the text that many times. */
  async logged(text: string, times = 1): Promise<string> {
    for (let i = 0; i < 500; i++) {
      if (this.#log.split(text).length > times) return this.#log;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`not in the log: ${text}\n${this.#log}`);
  }

  get lines(): number {
    return this.#log.split('\n').length;
  }

  hangUp(): void {
    this.#child.kill('SIGHUP');
  }

  async stop(): Promise<number | null> {
    running.delete(this);
    if (this.#child.exitCode !== null) return this.#child.exitCode;
    const ended = new Promise<number | null>((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    return ended;
  }
}

function writeConfig(
  port: number,
  change: { readonly title?: string; readonly level?: string; readonly listen?: number; readonly admin?: number } = {},
): string {
  const { title = 'title', level = 'info', listen = port, admin } = change;
  writeFileSync(join(folder, 'mapping.yaml'), `extends: openldap\nresources:\n  User:\n    attributes:\n      title: ${title}\n`);
  const file = join(folder, 'config.yaml');
  writeFileSync(
    file,
    `server: { listen: "127.0.0.1:${listen}", publicUrl: "http://127.0.0.1:${port}" }
log: { level: ${level} }
directories:
  main:
    path: /scim/v2
    type: openldap
    servers: ["${directory.url}"]
    bind: { dn: "${directory.adminDn}", password: { env: LDAP_PASSWORD } }
    baseDn: "${directory.suffix}"
    mapping: mapping.yaml
clients:
  - name: client
    auth: { token: { sha256: "${createHash('sha256').update(token).digest('hex')}", expires: never } }
    allow: { directory: main, resources: [User, Group], operations: [read] }
${admin === undefined ? '' : `admin: { listen: "127.0.0.1:${admin}", token: { env: ADMIN_TOKEN } }`}
`,
  );
  return file;
}

async function serve(...options: readonly string[]): Promise<Served> {
  return serveFile(await freePort(), {}, ...options);
}

async function serveFile(port: number, change: { readonly admin?: number }, ...options: readonly string[]): Promise<Served> {
  const file = writeConfig(port, change);
  const env = { ...process.env, LDAP_PASSWORD: directory.adminPassword, ADMIN_TOKEN: adminToken };
  const child = spawn(process.execPath, ['src/cli.ts', 'serve', '--config', file, ...options], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const served = new Served(port, child);
  await served.logged('serving');
  return served;
}

const titleFilter = (served: Served) => served.scim.get('/Users', { filter: 'title pr', count: 1 }).then(({ status }) => status);

describe('SIGHUP', () => {
  test('a good configuration is taken, a wrong one is refused with every mistake, and requests go on', async () => {
    const served = await serve();
    expect(await titleFilter(served)).toBe(200);

    writeConfig(served.port, { title: 'null' });
    served.hangUp();
    await served.logged('reloaded');
    expect(await titleFilter(served)).toBe(400);

    writeConfig(served.port, { title: '{ ldap: title, codex: guid, acess: readOnly }' });
    served.hangUp();
    const log = await served.logged('not reloaded');
    expect(log).toContain('mapping.yaml:5:29: unknown key `codex`');
    expect(log).toContain('mapping.yaml:5:42: unknown key `acess`');
    expect(await titleFilter(served)).toBe(400);

    writeConfig(served.port);
    served.hangUp();
    await served.logged('reloaded', 3);
    expect(await titleFilter(served)).toBe(200);
    expect(await served.stop()).toBe(0);
  });

  test('the level of the log changes, and another address waits for a restart', async () => {
    const served = await serve();
    writeConfig(served.port, { listen: await freePort() });
    served.hangUp();
    await served.logged('waits for a restart key="server.listen"');
    expect(await titleFilter(served)).toBe(200);

    writeConfig(served.port, { level: 'warn' });
    served.hangUp();
    const linesOfARequest = async (): Promise<number> => {
      const before = served.lines;
      await titleFilter(served);
      await new Promise((resolve) => setTimeout(resolve, 50));
      return served.lines - before;
    };
    await expect.poll(linesOfARequest, { timeout: 5000 }).toBe(0);
  });
});

test('--watch takes a changed mapping file by itself', async () => {
  const served = await serve('--watch');
  writeConfig(served.port, { title: 'null' });
  await served.logged('reloaded');
  expect(await titleFilter(served)).toBe(400);
});

test('POST /reload of the operator is what SIGHUP is, and answers what became of it', async () => {
  const admin = await freePort();
  const served = await serveFile(await freePort(), { admin });
  await served.logged('serving the operator');
  const ask = async (method: string, path: string): Promise<readonly [number, unknown]> => {
    const answer = await fetch(`http://127.0.0.1:${admin}${path}`, { method, headers: { authorization: `Bearer ${adminToken}` } });
    return [answer.status, await answer.json()];
  };
  writeConfig(served.port, { admin, title: 'null' });
  expect(await ask('POST', '/reload')).toEqual([
    200,
    { at: expect.any(String), ok: true, connected: [], disconnected: [], needRestart: [] },
  ]);
  expect(await titleFilter(served)).toBe(400);

  writeConfig(served.port, { admin, title: '{ ldap: title, codex: guid }' });
  const mistake = { file: expect.stringContaining('mapping.yaml'), line: 5, column: 29, message: expect.stringContaining('codex') };
  const refused = { at: expect.any(String), ok: false, error: 'ConfigError', mistakes: [mistake] };
  expect(await ask('POST', '/reload')).toEqual([422, refused]);
  expect(await titleFilter(served)).toBe(400);
  expect((await ask('GET', '/status'))[1]).toMatchObject({ config: { file: join(folder, 'config.yaml'), lastReload: refused } });
});

describe('onReload', () => {
  test('what is asked for during a reload is one more reload, not several at once', async () => {
    let busy = 0;
    let most = 0;
    let count = 0;
    const release: (() => void)[] = [];
    const stop = onReload({
      reload: async () => {
        count += 1;
        busy += 1;
        most = Math.max(most, busy);
        await new Promise<void>((resolve) => release.push(resolve));
        busy -= 1;
      },
    });
    for (let i = 0; i < 5; i++) process.emit('SIGHUP');
    release.shift()?.();
    await expect.poll(() => count).toBe(2);
    release.shift()?.();
    await expect.poll(() => busy).toBe(0);
    expect([count, most]).toEqual([2, 1]);
    stop();
    process.emit('SIGHUP');
    expect(count).toBe(2);
  });
});
