// `holds` against a gateway that is a process of its own: what waits is listed, approved and refused, and outlives a restart and a kill.
// Exit codes as everywhere: 0 done, 1 the answer is no, 2 unusable input.
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { holds } from '../../src/commands/holds.ts';
import { UsageError } from '../../src/commands/usage-error.ts';
import { type DemoDirectory, startDemoDirectory } from '../../src/demo/ldap-server.ts';
import { newUser, ScimClient } from '../directory/scim-client.ts';
import { freePort } from '../servers/port.ts';
import { directoryText } from '../servers/directory-text.ts';
import { capture } from './bench.ts';

const token = 'a-token-of-the-holds-test';
const adminToken = 'a-token-of-the-operator';
let directory: DemoDirectory;
let folder: string;
let file: string;
let port: number;
let scim: ScimClient;
const running = new Set<ChildProcess>();

beforeAll(async () => {
  directory = await startDemoDirectory({ users: 0 });
  folder = mkdtempSync(join(tmpdir(), 'holds-command-'));
  file = join(folder, 'config.yaml');
  port = await freePort();
  scim = new ScimClient(`http://127.0.0.1:${port}/scim/v2`, token);
  writeFileSync(
    file,
    `server: { listen: "127.0.0.1:${port}", publicUrl: "http://127.0.0.1:${port}" }
${directoryText({ ...directory, bindDn: directory.adminDn })}
clients:
  - name: okta
    auth: { token: { sha256: "${createHash('sha256').update(token).digest('hex')}", expires: never } }
    allow: { directory: main, resources: [User, Group], operations: [read, create, update, delete] }
admin: { listen: "127.0.0.1:${await freePort()}", token: { file: admin.token } }
guards:
  limits: [{ operation: delete, perHour: 1, atLeast: 1, then: hold }]
`,
  );
  writeFileSync(join(folder, 'admin.token'), `${adminToken}\n`, { mode: 0o600 });
}, 60_000);
afterEach(async () => {
  await Promise.all([...running].map((child) => end(child, 'SIGKILL')));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await directory.close();
});

async function serve(): Promise<ChildProcess> {
  const env = { ...process.env, LDAP_PASSWORD: directory.adminPassword };
  const child = spawn(process.execPath, ['src/cli.ts', 'serve', '--config', file], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  running.add(child);
  let log = '';
  child.stderr.on('data', (chunk) => (log += String(chunk)));
  while (!log.includes('serving the operator')) {
    if (child.exitCode !== null) throw new Error(log);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  while (!(await fetch(`http://127.0.0.1:${port}/ready`)).ok) await new Promise((resolve) => setTimeout(resolve, 20));
  return child;
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  running.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

/** The bind password is not in the environment here: the command needs the section `admin` only. */
const run = (positionals: readonly string[], values: Readonly<Record<string, unknown>> = {}) =>
  capture(() => holds.run({ config: file, ...values }, positionals));

test('what waits outlives a restart and a kill, is approved, and then done', async () => {
  let child = await serve();
  const [first, second, third] = [
    await scim.post('/Users', newUser()),
    await scim.post('/Users', newUser()),
    await scim.post('/Users', newUser()),
  ];
  expect((await scim.delete(`/Users/${first.id}`)).status).toBe(204);
  expect((await scim.delete(`/Users/${second.id}`)).status).toBe(503);
  await end(child, 'SIGTERM');
  expect(readdirSync(folder)).toContain('guards.db');
  child = await serve();
  expect((await scim.delete(`/Users/${third.id}`)).status).toBe(503);
  // As a crash would: nothing is closed in order.
  await end(child, 'SIGKILL');
  child = await serve();

  const list = await run(['list']);
  expect([list.code, list.out]).toEqual([0, expect.stringMatching(new RegExp(` 1 {2}waiting .* okta {2}DELETE /Users/${second.id}`))]);
  expect(list.out).toContain(`DELETE /Users/${third.id}`);
  expect((await run(['show', '1'])).out).toContain('changetype: delete');
  expect(await run(['approve', '1'])).toMatchObject({ code: 0, out: expect.stringContaining('approved') });
  expect(await run(['refuse'], { client: 'okta' })).toMatchObject({ code: 0, out: expect.stringContaining('   2  refused') });
  expect((await scim.delete(`/Users/${second.id}`)).status).toBe(204);
  const refused = await scim.delete(`/Users/${third.id}`);
  expect([refused.status, refused.body['detail']]).toEqual([503, expect.stringContaining('has refused this change')]);
  const { out } = await run(['list'], { json: true });
  expect(JSON.parse(out)).toMatchObject({ holds: [{ id: 2, state: 'refused', resourceId: third.id }] });
  expect((await run(['deferred'])).out).toBe('Nothing is waited for.');
}, 120_000);

test('what cannot be: numbers that are not there, no selection, no gateway', async () => {
  const child = await serve();
  expect(await run(['approve', '99'])).toMatchObject({ code: 1, err: 'There is no held change with this number' });
  await expect(run(['approve'])).rejects.toThrow(UsageError);
  await expect(run(['approve', '1'], { all: true })).rejects.toThrow(UsageError);
  await expect(run(['aprove'])).rejects.toThrow('There is no holds aprove');
  await end(child, 'SIGTERM');
  expect(await run(['list'])).toMatchObject({ code: 1, err: expect.stringContaining('does not answer') });
}, 120_000);

test('a second gateway with the same file says so and ends', async () => {
  await serve();
  const env = { ...process.env, LDAP_PASSWORD: directory.adminPassword };
  const other = spawn(process.execPath, ['src/cli.ts', 'serve', '--config', file, '--set', 'server.listen=127.0.0.1:0'], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  running.add(other);
  let log = '';
  other.stderr.on('data', (chunk) => (log += String(chunk)));
  const [code] = await once(other, 'exit');
  running.delete(other);
  expect(code).toBe(1);
  expect(log).toContain(`${join(folder, 'guards.db')} is in use by another process`);
  expect(log).not.toContain('    at ');
}, 60_000);
