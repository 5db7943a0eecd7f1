// A private Active Directory domain controller: Samba on a loopback address of its own, LDAP only, with a small tree.
// Test set-up only; samba(8), smb.conf(5). The ports 389 and 636 are compiled into Samba, hence the address per server.
import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openDirectory, type Directory } from '../../src/ldap/directory.ts';
import { parseDn } from '../../src/ldap/dn.ts';
import { parseSid } from '../../src/ldap/syntax.ts';
import { makeCertificates, type Certificates } from './certificates.ts';
import { ensureSamba, serverEnvironment } from './install.ts';
import { makeTemplate } from './lock.ts';
import { type Lifecycle, startProcess } from './process.ts';

const run = promisify(execFile);

const suffix = 'DC=example,DC=test';
export const domain = 'EXAMPLE';
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
  /** What else it does besides LDAP: `rpc cldap` lets another controller join and replicate. */
  readonly services?: string;
}

export interface Samba extends Lifecycle {
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
}

export const logOf = ({ dir }: Samba): string => join(dir, 'log.samba');

/** The domain is EXAMPLE.TEST with OU=Staff, OU=Contractors below it, and OU=Groups. */
export async function startSamba(options: SambaOptions = {}): Promise<Samba> {
  await prepareSamba();
  const dir = await mkdtemp(join(tmpdir(), 'samba-'));
  const host = await freeAddress();
  // The databases are sparse files: cp keeps the holes.
  await run('cp', ['-a', '--sparse=always', `${template}/.`, dir]);
  return runSamba(dir, host, 'DC1', options);
}

/** Starts the controller whose databases are in the folder. @param name its NetBIOS name */
export async function runSamba(dir: string, host: string, name: string, options: SambaOptions): Promise<Samba> {
  const certificates = await configure(dir, host, name, options);
  return {
    ...(await startIn(dir, host)),
    url: `ldaps://${host}:636`,
    plainUrl: `ldap://${host}:389`,
    host,
    port: 636,
    suffix,
    adminDn,
    adminPassword,
    gatewayDn,
    gatewayPassword,
    ca: certificates.ca,
    certificates,
    dir,
  };
}

/** Installs Samba and provisions the domain that every server is a copy of: about five seconds, once for a machine. */
export async function prepareSamba(): Promise<void> {
  await ensureSamba();
  await makeTemplate(template, provision);
}

async function provision(dir: string): Promise<void> {
  const lines = ['interfaces=lo', 'bind interfaces only=yes', 'log file=/dev/null', 'server services=ldap'];
  const command = ['domain', 'provision', `--realm=${realm}`, `--domain=${domain}`, '--server-role=dc', '--dns-backend=NONE'];
  const place = [`--adminpass=${adminPassword}`, '--use-rfc2307', '--host-name=dc1', '--host-ip=127.0.0.1', `--targetdir=${dir}`];
  await execute('samba-tool', ...command, ...place, ...lines.map((line) => `--option=${line}`));
  const host = await freeAddress();
  const { ca } = await configure(dir, host, 'DC1');
  const server = await startIn(dir, host);
  const admin = openDirectory({
    servers: [`ldaps://${host}`],
    bind: { dn: adminDn, password: adminPassword },
    baseDn: parseDn(suffix),
    tls: { ca: [ca] },
    timeouts: { connect: 10_000, operation: 20_000 },
  });
  await admin.start();
  try {
    await seed(admin, join(dir, 'etc/smb.conf'), join(dir, 'private/sam.ldb'));
  } finally {
    await admin.close();
    await server.end();
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

async function configure(dir: string, host: string, name: string, options: SambaOptions = {}): Promise<Certificates> {
  await writeFile(join(dir, 'etc/smb.conf'), configuration(dir, host, name, options));
  const names = [`DNS:${name.toLowerCase()}.example.test`, 'DNS:localhost', 'IP:127.0.0.1', `IP:${host}`];
  return makeCertificates(join(dir, 'tls'), 'dc', names);
}

function startIn(dir: string, host: string): Promise<Lifecycle> {
  const options = ['-F', '--no-process-group', '-M', 'single'];
  return startProcess({ command: ['samba', '-s', join(dir, 'etc/smb.conf'), ...options], port: 636, host, dir });
}

function configuration(dir: string, host: string, name: string, { config = '', services = '' }: SambaOptions): string {
  return `[global]
netbios name = ${name}
realm = ${realm}
workgroup = ${domain}
server role = active directory domain controller
server services = ldap ${services}
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
log file = ${dir}/log.samba
max log size = 0
panic action =
log level = 0
tls enabled = yes
tls cafile = ${dir}/tls/ca.crt
tls certfile = ${dir}/tls/dc.crt
tls keyfile = ${dir}/tls/dc.key
idmap_ldb:use rfc2307 = yes
old password allowed period = 0
${config}
`;
}

/** A loopback address on which nobody has the LDAP port. */
export async function freeAddress(): Promise<string> {
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

export async function execute(command: string, ...args: readonly string[]): Promise<void> {
  await run(command, [...args], { env: serverEnvironment });
}
