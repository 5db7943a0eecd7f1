// Makes sure that a server can be started on this machine: found, installed with apt, or (slapd only) in a container.
// Test set-up only; no service is left running by an installation.
import { execFile } from 'node:child_process';
import { access, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { withLock } from './lock.ts';

const run = promisify(execFile);
const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin`;
/** The environment to start servers with: system binaries are often missing from the PATH of ordinary users. */
export const serverEnvironment: NodeJS.ProcessEnv = { ...process.env, PATH: path, LC_ALL: 'C' };

export type Product = 'slapd' | 'samba' | 'ds389' | 'nginx' | 'faketime';

interface Package {
  /** As people say it. */
  readonly name: string;
  /** All of them must be found. */
  readonly commands: readonly string[];
  readonly packages: readonly string[];
  /** Only root can start it: its ports, or the user that it runs as, cannot be had otherwise. */
  readonly needsRoot: boolean;
}

const products: Readonly<Record<Product, Package>> = {
  slapd: { name: 'slapd', commands: ['slapd', 'slapadd', 'openssl'], packages: ['slapd', 'ldap-utils', 'openssl'], needsRoot: false },
  samba: {
    name: 'Samba',
    commands: ['samba', 'samba-tool', 'openssl'],
    packages: ['samba', 'samba-ad-dc', 'samba-ad-provision', 'samba-dsdb-modules', 'winbind', 'openssl'],
    needsRoot: true,
  },
  ds389: {
    name: '389 Directory Server',
    commands: ['ns-slapd', 'dscreate', 'setpriv'],
    packages: ['389-ds-base', 'python3-lib389', 'util-linux'],
    needsRoot: true,
  },
  nginx: { name: 'nginx', commands: ['nginx', 'openssl'], packages: ['nginx-light', 'openssl'], needsRoot: false },
  faketime: { name: 'faketime', commands: ['faketime'], packages: ['faketime'], needsRoot: false },
};

const container = 'TEST_SLAPD_CONTAINER';
const containerAdvice = ', or start a docker engine';
const adviceFor = (product: Product): string => {
  const { name, packages, needsRoot } = products[product];
  const how = `install the packages ${packages.join(', ')} (Debian, Ubuntu)`;
  return `${name} is missing: ${how}${needsRoot ? ', and run the tests as root' : containerAdvice}, and run the tests again.`;
};

const ensured = new Map<Product, Promise<readonly string[]>>();

/** The words to put before a server's command line: none when it runs here, `docker exec …` when in a container. @throws Error that says what to install */
export function ensureInstalled(product: Product): Promise<readonly string[]> {
  const known = ensured.get(product) ?? findOrInstall(product);
  ensured.set(product, known);
  return known;
}

export const ensureSlapd = (): Promise<readonly string[]> => ensureInstalled('slapd');

export async function ensureSamba(): Promise<void> {
  await ensureInstalled('samba');
}

export async function ensureDs389(): Promise<void> {
  await ensureInstalled('ds389');
}

/** Why a server cannot be had without a person's help; undefined where it is there or may be installed. */
export async function whyMissing(product: Product): Promise<string | undefined> {
  const { name, needsRoot } = products[product];
  if (needsRoot && !isRoot()) return `${name} can only be started by root`;
  if ((await isInstalled(product)) || (await canInstall())) return undefined;
  return `${name} is not installed, and in a container the tests run slapd only`;
}

async function findOrInstall(product: Product): Promise<readonly string[]> {
  const running = process.env[container];
  if (product === 'slapd' && running !== undefined) return ['docker', 'exec', running];
  if (products[product].needsRoot && !isRoot())
    throw new Error(`${products[product].name} can only be started by root: run the tests as root.`);
  if (await isInstalled(product)) return [];
  return withLock('install', async () => {
    if (await isInstalled(product)) return [];
    if (await canInstall()) {
      await installPackages(product);
      return [];
    }
    if (product !== 'slapd') throw new Error(adviceFor(product));
    return startContainer();
  });
}

async function isInstalled(product: Product): Promise<boolean> {
  return succeeds('sh', ['-c', products[product].commands.map((command) => `command -v ${command}`).join(' && ')]);
}

const isRoot = (): boolean => process.getuid?.() === 0;

async function canInstall(): Promise<boolean> {
  return isRoot() && process.env['NO_APT'] === undefined && (await succeeds('sh', ['-c', 'command -v apt-get']));
}

/** RUNLEVEL=1 keeps invoke-rc.d from starting what is installed, as policy-rc.d does where an image brings one. */
async function installPackages(product: Product): Promise<void> {
  const { name, packages } = products[product];
  process.stderr.write(`Installing ${name} for the tests (apt-get)\n`);
  const env = { ...serverEnvironment, RUNLEVEL: '1', DEBIAN_FRONTEND: 'noninteractive' };
  const policy = '/usr/sbin/policy-rc.d';
  const guarded = await access(policy).then(
    () => true,
    () => false,
  );
  if (!guarded) await writeFile(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const install = ['install', '-qq', '-y', '--no-install-recommends', ...packages];
  try {
    if (!(await succeeds('apt-get', install, env))) {
      await run('apt-get', ['update', '-qq'], { env });
      await run('apt-get', install, { env });
    }
  } catch (cause) {
    throw new Error(adviceFor(product), { cause });
  } finally {
    if (!guarded) await rm(policy, { force: true });
  }
}

/** One container for the whole run, with the host's network and temporary folder, so that servers in it look like local ones. */
async function startContainer(): Promise<readonly string[]> {
  process.stderr.write('slapd is not installed: it runs in a container for these tests (testcontainers, debian:bookworm-slim)\n');
  try {
    const { GenericContainer } = await import('testcontainers');
    const started = await new GenericContainer('debian:bookworm-slim')
      .withNetworkMode('host')
      .withBindMounts([{ source: tmpdir(), target: tmpdir(), mode: 'rw' }])
      .withCommand(['sleep', 'infinity'])
      .start();
    const setUp =
      'apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends slapd openssl';
    const { exitCode, output } = await started.exec(['sh', '-c', setUp]);
    if (exitCode !== 0) throw new Error(output);
    process.env[container] = started.getId();
    return ['docker', 'exec', started.getId()];
  } catch (cause) {
    throw new Error(adviceFor('slapd'), { cause });
  }
}

function succeeds(command: string, args: readonly string[], env = serverEnvironment): Promise<boolean> {
  return run(command, [...args], { env, maxBuffer: 64 * 1024 * 1024 }).then(
    () => true,
    () => false,
  );
}
