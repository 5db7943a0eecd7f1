// A private Active Directory domain controller: Samba on a loopback address of its own, LDAP only, with a small tree.
// Test set-up only; samba(8), smb.conf(5). The ports 389 and 636 are compiled into Samba, hence the address per server.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openDirectory, type Directory } from '../../src/ldap/directory.ts';
import { parseDn } from '../../src/ldap/dn.ts';
import { parseSid } from '../../src/ldap/syntax.ts';
import { makeCertificates, type Certificates } from './certificates.ts';
import { ensureSamba, serverEnvironment } from './install.ts';
import { withLock } from './lock.ts';
import { untilListening } from './port.ts';

const run = promisify(execFile);
const children = new Set<ChildProcess>();
process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')));

const suffix = 'DC=example,DC=test';
const domain = 'EXAMPLE';
const realm = 'EXAMPLE.TEST';
const adminPassword = 'Passw0rd!Admin';
const gatewayPassword = 'Passw0rd!Gateway';
const adminDn = `CN=Administrator,CN=Users,${suffix}`;
const gatewayDn = `CN=gateway,OU=Services,${suffix}`;
/** Changes when what is provisioned changes. */
const template = join(tmpdir(), 'ldap-scim-gateway-samba-1');

export interface SambaOptions {
  /** More lines for smb.conf. */
  readonly config?: string;
}

export interface Samba {
  /** LDAPS by address, as the certificate says. */
  readonly url: string;
  /** Simple binds are refused here until StartTLS. */
  readonly plainUrl: string;
  readonly host: string;
  readonly port: number;
  readonly suffix: string;
  readonly adminDn: string;
  readonly adminPassword: string;
  /** Full control of OU=Staff and OU=Groups, nothing beyond what every account has elsewhere. */
  readonly gatewayDn: string;
  readonly gatewayPassword: string;
  /** The CA's certificate as PEM text. */
  readonly ca: string;
  readonly certificates: Certificates;
  readonly dir: string;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
  /** SIGKILL; the data stays. */
  kill(): Promise<void>;
  /** Starts it again on the same address with the same data, after an orderly end if it still runs. */
  restart(): Promise<void>;
}

/** The domain is EXAMPLE.TEST with OU=Staff, OU=Contractors below it, and OU=Groups. */
export async function startSamba(options: SambaOptions = {}): Promise<Samba> {
  await prepareSamba();
  const dir = await mkdtemp(join(tmpdir(), 'samba-'));
  const host = await freeAddress();
  // The databases are sparse files: cp keeps the holes.
  await run('cp', ['-a', '--sparse=always', `${template}/.`, dir]);
  const server = await serverIn(dir, host, options.config);
  await server.start();

  return {
    url: `ldaps://${host}:636`,
    plainUrl: `ldap://${host}:389`,
    host,
    port: 636,
    suffix,
    adminDn,
    adminPassword,
    gatewayDn,
    gatewayPassword,
    ca: server.certificates.ca,
    certificates: server.certificates,
    dir,
    stop: async () => {
      await server.end('SIGKILL');
      await rm(dir, { recursive: true, force: true, maxRetries: 5 });
    },
    kill: () => server.end('SIGKILL'),
    restart: async () => {
      await server.end('SIGTERM');
      await server.start();
    },
  };
}

/** Installs Samba and provisions the domain that every server is a copy of: about five seconds, once for a machine. */
export async function prepareSamba(): Promise<void> {
  await ensureSamba();
  if (await exists(template)) return;
  await withLock('samba', async () => {
    if (await exists(template)) return;
    const dir = `${template}.new`;
    await rm(dir, { recursive: true, force: true });
    await mkdir(dir);
    await provision(dir);
    await rename(dir, template);
  });
}

async function provision(dir: string): Promise<void> {
  const lines = ['interfaces=lo', 'bind interfaces only=yes', 'log file=/dev/null', 'server services=ldap'];
  const command = ['domain', 'provision', `--realm=${realm}`, `--domain=${domain}`, '--server-role=dc', '--dns-backend=NONE'];
  const place = [`--adminpass=${adminPassword}`, '--use-rfc2307', '--host-name=dc1', '--host-ip=127.0.0.1', `--targetdir=${dir}`];
  await execute('samba-tool', ...command, ...place, ...lines.map((line) => `--option=${line}`));
  const host = await freeAddress();
  const server = await serverIn(dir, host);
  await server.start();
  const admin = openDirectory({
    servers: [`ldaps://${host}`],
    bind: { dn: adminDn, password: adminPassword },
    baseDn: parseDn(suffix),
    tls: { ca: [server.certificates.ca] },
    timeouts: { connect: 10_000, operation: 20_000 },
  });
  await admin.start();
  try {
    await seed(admin, join(dir, 'etc/smb.conf'), join(dir, 'private/sam.ldb'));
  } finally {
    await admin.close();
    await server.end('SIGTERM');
  }
}

async function seed(admin: Directory, configuration: string, database: string): Promise<void> {
  for (const place of ['OU=Staff', 'OU=Contractors,OU=Staff', 'OU=Groups', 'OU=Services']) {
    await admin.add(parseDn(`${place},${suffix}`), new Map([['objectClass', ['organizationalUnit']]]));
  }
  const account = new Map<string, readonly (string | Buffer)[]>([
    ['objectClass', ['user']],
    ['sAMAccountName', ['gateway']],
    // A normal account whose password does not expire.
    ['userAccountControl', ['66048']],
    ['unicodePwd', [Buffer.from(`"${gatewayPassword}"`, 'utf16le')]],
  ]);
  await admin.add(parseDn(gatewayDn), account);
  const [sid] = (await admin.read(parseDn(gatewayDn), ['objectSid']))?.octets('objectSid') ?? [];
  if (sid === undefined) throw new Error(`${gatewayDn} has no SID`);
  for (const place of ['OU=Staff', 'OU=Groups']) {
    const right = [`--objectdn=${place},${suffix}`, `--sddl=(A;CI;GA;;;${parseSid(sid)})`];
    await execute('samba-tool', 'dsacl', 'set', '-H', database, '-s', configuration, ...right);
  }
}

interface Server {
  readonly certificates: Certificates;
  start(): Promise<void>;
  end(signal: NodeJS.Signals): Promise<void>;
}

async function serverIn(dir: string, host: string, more = ''): Promise<Server> {
  await writeFile(join(dir, 'etc/smb.conf'), configuration(dir, host, more));
  const certificates = await makeCertificates(join(dir, 'tls'), 'dc1', [
    'DNS:dc1.example.test',
    'DNS:localhost',
    'IP:127.0.0.1',
    `IP:${host}`,
  ]);
  const command = ['-s', join(dir, 'etc/smb.conf'), '-F', '--no-process-group', '-M', 'single', '--debug-stdout', '-d', '0'];
  let child: ChildProcess | undefined;
  return {
    certificates,
    async start() {
      const started = spawn('samba', command, { env: serverEnvironment, stdio: 'ignore' });
      child = started;
      children.add(started);
      started.once('exit', () => children.delete(started));
      await untilListening(started, 636, host);
    },
    async end(signal) {
      const ending = child;
      child = undefined;
      if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
      const ended = new Promise((resolve) => ending.once('exit', resolve));
      ending.kill(signal);
      await ended;
    },
  };
}

function configuration(dir: string, host: string, more: string): string {
  return `[global]
netbios name = DC1
realm = ${realm}
workgroup = ${domain}
server role = active directory domain controller
server services = ldap
disable netbios = yes
interfaces = ${host}/8
bind interfaces only = yes
private dir = ${dir}/private
state directory = ${dir}/state
cache directory = ${dir}/cache
lock directory = ${dir}
pid directory = ${dir}/run
ncalrpc dir = ${dir}/run/ncalrpc
binddns dir = ${dir}/bind-dns
log file = ${dir}/log.%m
max log size = 0
panic action =
tls enabled = yes
tls cafile = ${dir}/tls/ca.crt
tls certfile = ${dir}/tls/dc1.crt
tls keyfile = ${dir}/tls/dc1.key
idmap_ldb:use rfc2307 = yes
old password allowed period = 0
${more}
`;
}

/** A loopback address on which nobody has the LDAP port. */
async function freeAddress(): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const part = (): number => 1 + Math.floor(Math.random() * 250);
    const address = `127.${part()}.${part()}.${part()}`;
    if ((await isFree(address, 389)) && (await isFree(address, 636))) return address;
  }
  throw new Error('no loopback address has a free LDAP port');
}

function isFree(address: string, port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, address, () => server.close(() => resolve(true)));
  });
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function execute(command: string, ...args: readonly string[]): Promise<void> {
  await run(command, [...args], { env: serverEnvironment });
}
