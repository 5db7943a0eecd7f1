// A private 389 Directory Server on free loopback ports, in a temporary folder, with a small tree and the usual plugins.
// Test set-up only; ns-slapd(8), dscreate(8). It runs as the package's user, because a private prefix refuses root.
import { execFile } from 'node:child_process';
import { appendFile, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openDirectory, type Directory } from '../../src/ldap/directory.ts';
import { parseDn } from '../../src/ldap/dn.ts';
import { ensureDs389, serverEnvironment } from './install.ts';
import { makeTemplate } from './lock.ts';
import { freePort } from './port.ts';
import { type Lifecycle, startProcess } from './process.ts';

const run = promisify(execFile);

const suffix = 'dc=example,dc=test';
const instance = 'slapd-test';
const user = 'dirsrv';
const adminDn = 'cn=Directory Manager';
const adminPassword = 'Directory_Manager_Password';
const gatewayDn = `cn=gateway,${suffix}`;
const gatewayPassword = 'gateway-password';
/** Changes when what is created changes. */
const template = join(tmpdir(), 'ldap-scim-gateway-ds389-2');

export interface Ds389 extends Lifecycle {
  readonly url: string;
  /** By the name localhost, as its certificate says. */
  readonly ldapsUrl: string;
  readonly port: number;
  readonly suffix: string;
  readonly adminDn: string;
  readonly adminPassword: string;
  /** A service account with all rights on ou=people and ou=groups and without limits, and with none elsewhere. */
  readonly gatewayDn: string;
  readonly gatewayPassword: string;
  /** Its own CA, as PEM text and as a file. */
  readonly ca: string;
  readonly caFile: string;
  readonly tlsPort: number;
  readonly dir: string;
}

export interface Ds389Options {
  /** Attributes that the plugin attribute uniqueness watches. That of the RDN is a bad choice: it fails renames to names with a comma. */
  readonly unique?: readonly string[];
  /** The plugin 7-bit check, which a new instance has: it refuses umlauts in uid, mail and passwords. */
  readonly sevenBit?: boolean;
  /** Every write is written down. */
  readonly auditLog?: boolean;
  /** More entries, as LDIF, with an entryUUID each: what is imported gets none. */
  readonly ldif?: string;
  /** The plugin Retro Changelog, with both ids of what was changed. */
  readonly changelog?: boolean;
}

export const auditLogOf = ({ dir }: Ds389): string => join(dir, 'root/var/log/dirsrv', instance, 'audit');

/** With the plugins MemberOf, referential integrity and USN, and those that the options ask for. */
export async function startDs389(options: Ds389Options = {}): Promise<Ds389> {
  await prepareDs389();
  const dir = await mkdtemp(join(tmpdir(), 'ds389-'));
  const [port, tlsPort] = [await freePort(), await freePort()];
  await run('cp', ['-a', '--sparse=always', `${template}/.`, dir]);
  await moveTree(dir, port, tlsPort);
  await choose(dir, options);
  if (options.ldif !== undefined) await importEntries(dir, options.ldif);
  return {
    ...(await startIn(dir, port)),
    url: `ldap://127.0.0.1:${port}`,
    ldapsUrl: `ldaps://localhost:${tlsPort}`,
    port,
    suffix,
    adminDn,
    adminPassword,
    gatewayDn,
    gatewayPassword,
    ca: await readFile(join(configurationOf(dir), 'ca.crt'), 'utf8'),
    caFile: join(configurationOf(dir), 'ca.crt'),
    tlsPort,
    dir,
  };
}

/** Installs 389-DS and creates the instance that every server is a copy of: about fifteen seconds, once for a machine. */
export async function prepareDs389(): Promise<void> {
  await ensureDs389();
  await makeTemplate(template, create);
}

const configurationOf = (dir: string): string => join(dir, 'root/etc/dirsrv', instance);

async function create(dir: string): Promise<void> {
  const [port, tlsPort] = [await freePort(), await freePort()];
  await mkdir(join(dir, 'bin'), { recursive: true });
  await run('chown', ['-R', `${user}:${user}`, dir]);
  await execute(dir, 'dscreate', 'ds-root', join(dir, 'root'), join(dir, 'bin'));
  // It would listen on every address.
  await run('sh', [
    '-c',
    String.raw`sed -i '/^nsslapd-port:/a nsslapd-listenhost: 127.0.0.1\nnsslapd-securelistenhost: 127.0.0.1' "$1"/root/share/dirsrv/data/template-dse*.ldif`,
    'sh',
    dir,
  ]);
  const settings = `[general]
full_machine_name = localhost
strict_host_checking = False
start = False
systemd = False
[slapd]
instance_name = ${instance.slice('slapd-'.length)}
port = ${port}
secure_port = ${tlsPort}
root_password = ${adminPassword}
self_sign_cert = True
[backend-userroot]
suffix = ${suffix}
sample_entries = no
create_suffix_entry = True
`;
  await writeFile(join(dir, 'instance.inf'), settings);
  await execute(dir, join(dir, 'bin/dscreate'), 'from-file', join(dir, 'instance.inf'));
  const server = await startIn(dir, port);
  const admin = openDirectory({
    servers: [`ldap://127.0.0.1:${port}`],
    bind: { dn: adminDn, password: adminPassword },
    baseDn: parseDn(suffix),
    timeouts: { connect: 10_000, operation: 20_000 },
  });
  await admin.start();
  try {
    await configure(admin);
    await seed(admin);
  } finally {
    await admin.close();
    await server.end();
  }
}

async function configure(admin: Directory): Promise<void> {
  const set = (dn: string, attribute: string, ...values: readonly string[]): Promise<unknown> =>
    admin.modify(parseDn(dn), [{ operation: 'replace', attribute, values }]);
  for (const plugin of ['USN', 'MemberOf Plugin', 'referential integrity postoperation']) {
    await set(`cn=${plugin},cn=plugins,cn=config`, 'nsslapd-pluginEnabled', 'on');
  }
  await set('cn=MemberOf Plugin,cn=plugins,cn=config', 'memberOfAutoAddOC', 'nsMemberOf');
  await set('cn=attribute uniqueness,cn=plugins,cn=config', 'uniqueness-subtrees', suffix);
  // Two modifications: both values at once are refused.
  await set('cn=config,cn=ldbm database,cn=plugins,cn=config', 'nsslapd-cache-autosize', '0');
  await set('cn=bdb,cn=config,cn=ldbm database,cn=plugins,cn=config', 'nsslapd-dbcachesize', '20000000');
}

const limits = ['nsSizeLimit', 'nsLookThroughLimit', 'nsPagedSizeLimit', 'nsPagedLookThroughLimit', 'nsIDListScanLimit'];

async function seed(admin: Directory): Promise<void> {
  const right = `(targetattr="*")(version 3.0; acl "gateway"; allow (all) userdn="ldap:///${gatewayDn}";)`;
  for (const ou of ['people', 'groups']) {
    const attributes = { objectClass: ['top', 'organizationalUnit'], ou: [ou], aci: [right] };
    await admin.add(parseDn(`ou=${ou},${suffix}`), new Map(Object.entries(attributes)));
  }
  await admin.add(
    parseDn(gatewayDn),
    new Map<string, readonly string[]>([
      ['objectClass', ['top', 'applicationProcess', 'simpleSecurityObject']],
      ['cn', ['gateway']],
      ['userPassword', [gatewayPassword]],
      ...limits.map((limit) => [limit, ['-1']] as const),
    ]),
  );
}

/** A copy holds the paths and ports of the template in its configuration, and the template's shared memory beside its database. */
async function moveTree(dir: string, port: number, tlsPort: number): Promise<void> {
  const file = join(configurationOf(dir), 'dse.ldif');
  const text = (await readFile(file, 'utf8'))
    .replaceAll('\n ', '')
    .replaceAll(`${template}.new`, dir)
    .replace(/^nsslapd-port: .*/m, `nsslapd-port: ${port}`)
    .replace(/^nsslapd-secureport: .*/im, `nsslapd-secureport: ${tlsPort}`);
  await writeFile(file, text);
  for (const suffixOfCopy of ['.bak', '.startOK']) await rm(`${file}${suffixOfCopy}`, { force: true });
  const database = join(dir, 'root/var/lib/dirsrv', instance, 'db');
  for (const name of await readdir(database)) if (name.startsWith('__db.')) await rm(join(database, name));
  const { stdout: ids } = await run('sh', ['-c', `id -u ${user}; id -g ${user}`]);
  const [uid = 0, gid = 0] = ids.split('\n').map(Number);
  await chown(file, uid, gid);
  await chown(dir, uid, gid);
}

async function choose(dir: string, { unique = [], sevenBit = false, auditLog = false, changelog = false }: Ds389Options): Promise<void> {
  const file = join(configurationOf(dir), 'dse.ldif');
  const entries = (await readFile(file, 'utf8')).split('\n\n').map((entry) => {
    const enable = (isOn: boolean): string =>
      entry.replace(/^nsslapd-pluginEnabled: .*$/im, `nsslapd-pluginEnabled: ${isOn ? 'on' : 'off'}`);
    if (entry.startsWith('dn: cn=config\n') && auditLog) return `${entry}\nnsslapd-auditlog-logging-enabled: on`;
    if (entry.startsWith('dn: cn=7-bit check,')) return enable(sevenBit);
    if (entry.startsWith('dn: cn=Retro Changelog Plugin,') && changelog)
      return [enable(true), 'nsslapd-attribute: nsUniqueId:targetUniqueId', 'nsslapd-attribute: entryUUID:targetEntryUUID'].join('\n');
    if (!entry.startsWith('dn: cn=attribute uniqueness,')) return entry;
    const watched = unique.map((attribute) => `uniqueness-attribute-name: ${attribute}`).join('\n');
    return unique.length === 0 ? entry : enable(true).replace(/^uniqueness-attribute-name: .*$/im, watched);
  });
  await writeFile(file, entries.join('\n\n'));
}

/** Into the database of a server that does not run, beside what is there: an import replaces everything. */
async function importEntries(dir: string, ldif: string): Promise<void> {
  const file = join(dir, 'root/var/lib/dirsrv', instance, 'ldif/entries.ldif');
  const database = ['-D', configurationOf(dir), '-n', 'userroot'];
  await execute(dir, 'ns-slapd', 'db2ldif', ...database, '-a', file);
  await appendFile(file, `\n${ldif}`);
  await execute(dir, 'ns-slapd', 'ldif2db', ...database, '-i', file);
}

function startIn(dir: string, port: number): Promise<Lifecycle> {
  const pidFile = join(dir, 'root/run/dirsrv', `${instance}.pid`);
  return startProcess({
    // With a debug level, 0 is one, it stays in the foreground.
    command: ['setpriv', ...asUser, 'ns-slapd', '-d', '0', '-D', configurationOf(dir), '-i', pidFile],
    environment: environment(dir),
    port,
    dir,
  });
}

const asUser = [`--reuid=${user}`, `--regid=${user}`, '--clear-groups'];

/** The tools of a private prefix want its bin first in the path. */
function environment(dir: string): NodeJS.ProcessEnv {
  return { ...serverEnvironment, HOME: dir, PATH: `${join(dir, 'bin')}:${serverEnvironment['PATH'] ?? ''}` };
}

async function execute(dir: string, command: string, ...args: readonly string[]): Promise<void> {
  await run('setpriv', [...asUser, command, ...args], { env: environment(dir), cwd: '/' });
}
