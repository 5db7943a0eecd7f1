// Makes sure that OpenLDAP's slapd can be started on this machine: found, installed with apt, or in a container.
// Test set-up only; no service is left running by an installation.
import { execFile } from 'node:child_process';
import { access, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin`;
/** The environment to start servers with: system binaries are often missing from the PATH of ordinary users. */
export const serverEnvironment: NodeJS.ProcessEnv = { ...process.env, PATH: path, LC_ALL: 'C' };

const container = 'TEST_SLAPD_CONTAINER';
const lock = join(tmpdir(), 'ldap-scim-gateway-install.lock');
const lockPatience = 5 * 60_000;
const advice = 'slapd is missing: install the packages slapd and ldap-utils (Debian, Ubuntu), or start a docker engine, and run the tests again.';

let ensured: Promise<readonly string[]> | undefined;

/** The words to put before a server's command line: none when it runs here, `docker exec …` when in a container. @throws Error that says what to install */
export function ensureSlapd(): Promise<readonly string[]> {
  ensured ??= findOrInstall();
  return ensured;
}

async function findOrInstall(): Promise<readonly string[]> {
  const running = process.env[container];
  if (running !== undefined) return ['docker', 'exec', running];
  if (await isInstalled()) return [];
  return withLock(async () => {
    if (await isInstalled()) return [];
    if (await canInstall()) {
      await installPackages();
      return [];
    }
    return startContainer();
  });
}

async function isInstalled(): Promise<boolean> {
  return succeeds('sh', ['-c', 'command -v slapd && command -v slapadd && command -v openssl']);
}

async function canInstall(): Promise<boolean> {
  return process.getuid?.() === 0 && process.env['NO_APT'] === undefined && (await succeeds('sh', ['-c', 'command -v apt-get']));
}

/** RUNLEVEL=1 keeps invoke-rc.d from starting what is installed, as policy-rc.d does where an image brings one. */
async function installPackages(): Promise<void> {
  process.stderr.write('Installing slapd and ldap-utils for the tests (apt-get)\n');
  const env = { ...serverEnvironment, RUNLEVEL: '1', DEBIAN_FRONTEND: 'noninteractive' };
  const policy = '/usr/sbin/policy-rc.d';
  const guarded = await access(policy).then(() => true, () => false);
  if (!guarded) await writeFile(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const install = ['install', '-qq', '-y', '--no-install-recommends', 'slapd', 'ldap-utils', 'openssl'];
  try {
    if (!(await succeeds('apt-get', install, env))) {
      await run('apt-get', ['update', '-qq'], { env });
      await run('apt-get', install, { env });
    }
  } catch (cause) {
    throw new Error(advice, { cause });
  } finally {
    if (!guarded) await rm(policy, { force: true });
  }
}

/** One container for the whole run, with the host's network and temporary folder, so that servers in it look like local ones. */
async function startContainer(): Promise<readonly string[]> {
  try {
    const { GenericContainer } = await import('testcontainers');
    const started = await new GenericContainer('debian:bookworm-slim')
      .withNetworkMode('host')
      .withBindMounts([{ source: tmpdir(), target: tmpdir(), mode: 'rw' }])
      .withCommand(['sleep', 'infinity'])
      .start();
    const setUp = 'apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends slapd openssl';
    const { exitCode, output } = await started.exec(['sh', '-c', setUp]);
    if (exitCode !== 0) throw new Error(output);
    process.env[container] = started.getId();
    return ['docker', 'exec', started.getId()];
  } catch (cause) {
    throw new Error(advice, { cause });
  }
}

/** A folder is the lock: making one is atomic between processes. A lock whose owner is dead is taken over. */
async function withLock<T>(work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + lockPatience;
  while (!(await mkdir(lock).then(() => true, () => false))) {
    if (Date.now() > deadline || (await isAbandoned())) await rm(lock, { recursive: true, force: true });
    else await sleep(200);
  }
  try {
    await writeFile(join(lock, 'pid'), String(process.pid));
    return await work();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

async function isAbandoned(): Promise<boolean> {
  const pid = await readFile(join(lock, 'pid'), 'utf8').catch(() => undefined);
  if (pid === undefined) return stat(lock).then(({ mtimeMs }) => Date.now() - mtimeMs > 10_000, () => false);
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch {
    return true;
  }
}

function succeeds(command: string, args: readonly string[], env = serverEnvironment): Promise<boolean> {
  return run(command, [...args], { env }).then(() => true, () => false);
}
