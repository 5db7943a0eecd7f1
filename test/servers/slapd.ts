// A private OpenLDAP slapd on a free loopback port, in a temporary folder, with a small tree; can be stopped, killed, frozen and restarted.
// Test set-up only; slapd.conf(5), slapo-memberof(5), slapo-refint(5), slapo-unique(5), slapo-ppolicy(5), slapo-syncprov(5).
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeCertificates } from './certificates.ts';
import { ensureSlapd, serverEnvironment } from './install.ts';
import { freePort } from './port.ts';
import { type Lifecycle, startProcess } from './process.ts';

export { freePort } from './port.ts';

const run = promisify(execFile);

export type Overlay = 'memberof' | 'refint' | 'unique' | 'ppolicy' | 'syncprov';

export interface SlapdOptions {
  /** Default dc=example,dc=test. */
  readonly suffix?: string;
  /** Offers StartTLS on the plain port and LDAPS on another, with a certificate for localhost and 127.0.0.1. */
  readonly tls?: boolean;
  readonly overlays?: readonly Overlay[];
  /** More entries, as LDIF; the suffix, ou=people, ou=groups and cn=gateway exist already. */
  readonly ldif?: string;
  readonly port?: number;
  /** More lines before the database section of slapd.conf. */
  readonly global?: string;
  /** More lines for the database section of slapd.conf. */
  readonly config?: string;
  /** Words before its command line. */
  readonly wrapper?: readonly string[];
  /** Access and limits lines for cn=gateway in place of the usual ones, which let it write everything; nobody else may do anything then. */
  readonly access?: string;
}

export interface Slapd extends Lifecycle {
  readonly url: string;
  readonly ldapsUrl: string | undefined;
  readonly ldapiUrl: string;
  readonly port: number;
  readonly suffix: string;
  /** The rootdn: no access rule and no limit holds for it. */
  readonly adminDn: string;
  readonly adminPassword: string;
  /** An ordinary service account that may write; the server's size limit of 500 holds for it, in all but paged searches. */
  readonly gatewayDn: string;
  readonly gatewayPassword: string;
  /** The CA's certificate as PEM text. */
  readonly ca: string | undefined;
  readonly dir: string;
}

export async function startSlapd(options: SlapdOptions = {}): Promise<Slapd> {
  const prefix = await ensureSlapd();
  const dir = await mkdtemp(join(tmpdir(), 'slapd-'));
  const suffix = options.suffix ?? 'dc=example,dc=test';
  const [port, tlsPort] = [options.port ?? (await freePort()), await freePort()];
  const url = `ldap://127.0.0.1:${port}`;
  const ldapsUrl = options.tls === true ? `ldaps://localhost:${tlsPort}` : undefined;
  const ldapiUrl = `ldapi://${encodeURIComponent(join(dir, 'ldapi'))}`;
  const listen = [url, ...(ldapsUrl === undefined ? [] : [`ldaps://127.0.0.1:${tlsPort}`]), ldapiUrl].join(' ');

  await mkdir(join(dir, 'db'));
  const certificates = options.tls === true ? await makeCertificates(dir, 'slapd', ['DNS:localhost', 'IP:127.0.0.1']) : undefined;
  const configFile = join(dir, 'slapd.conf');
  await writeFile(configFile, configuration(dir, suffix, options));
  await writeFile(join(dir, 'seed.ldif'), `${seed(suffix, options.overlays ?? [])}\n${options.ldif ?? ''}\n`);
  // A container's slapd runs as another user than this process.
  if (prefix.length > 0) await run('chmod', ['-R', 'a+rwX', dir]);
  await execute([...prefix, 'slapadd', '-q', '-f', configFile, '-b', suffix, '-l', join(dir, 'seed.ldif')]);

  const pidFile = join(dir, 'pid');
  const { wrapper = [] } = options;
  const server = await startProcess({
    // slapd sizes a table by the number of files that it may open, so that number is kept small.
    command: [
      'sh',
      '-c',
      'rm -f "$0"; ulimit -n 1024; exec "$@"',
      pidFile,
      ...prefix,
      ...wrapper,
      'slapd',
      '-d',
      '0',
      '-f',
      configFile,
      '-h',
      listen,
    ],
    port,
    dir,
    ...(prefix.length > 0 && { tell: (signal) => tellInContainer(prefix, pidFile, signal) }),
  });

  return {
    ...server,
    url,
    ldapsUrl,
    ldapiUrl,
    port,
    suffix,
    ca: certificates?.ca,
    dir,
    adminDn: `cn=admin,${suffix}`,
    adminPassword: 'secret',
    gatewayDn: `cn=gateway,${suffix}`,
    gatewayPassword: 'gateway',
  };
}

function configuration(dir: string, suffix: string, options: SlapdOptions): string {
  const overlays = options.overlays ?? [];
  const lines = [
    ...['core', 'cosine', 'inetorgperson', 'nis'].map((name) => `include /etc/ldap/schema/${name}.schema`),
    'modulepath /usr/lib/ldap',
    ...['back_mdb', ...overlays].map((name) => `moduleload ${name}`),
    `pidfile ${dir}/pid`,
    ...(options.tls === true
      ? [`TLSCACertificateFile ${dir}/ca.crt`, `TLSCertificateFile ${dir}/slapd.crt`, `TLSCertificateKeyFile ${dir}/slapd.key`]
      : []),
    'sizelimit 500',
    'threads 4',
    options.global ?? '',
    'database mdb',
    `suffix "${suffix}"`,
    `rootdn "cn=admin,${suffix}"`,
    'rootpw secret',
    `directory ${dir}/db`,
    'maxsize 1073741824',
    'dbnosync',
    'index objectClass,entryUUID,entryCSN,modifyTimestamp,uid,mail,cn,member eq',
    ...accessLines(suffix, options.access),
    ...overlays.flatMap((name) => [`overlay ${name}`, ...overlayLines(name, suffix)]),
    options.config ?? '',
  ];
  return `${lines.join('\n')}\n`;
}

function accessLines(suffix: string, own: string | undefined): readonly string[] {
  if (own !== undefined) return [own, 'access to attrs=userPassword by anonymous auth by * none', 'access to * by * none'];
  return [
    `limits dn.exact="cn=gateway,${suffix}" size.soft=500 size.hard=500 size.prtotal=unlimited`,
    `access to attrs=userPassword by dn.exact="cn=gateway,${suffix}" write by self write by anonymous auth by * none`,
    `access to * by dn.exact="cn=gateway,${suffix}" write by users read by * none`,
  ];
}

function overlayLines(overlay: Overlay, suffix: string): readonly string[] {
  switch (overlay) {
    case 'memberof':
      return ['memberof-group-oc groupOfNames', 'memberof-member-ad member', 'memberof-memberof-ad memberOf', 'memberof-refint FALSE'];
    case 'refint':
      return ['refint_attributes member manager owner', 'refint_nothing cn=nobody'];
    case 'unique':
      return ['unique_uri ldap:///?uid?sub?(objectClass=inetOrgPerson)', 'unique_uri ldap:///?mail?sub?(objectClass=inetOrgPerson)'];
    case 'ppolicy':
      return [`ppolicy_default "cn=ppolicy,${suffix}"`, 'ppolicy_use_lockout'];
    case 'syncprov':
      return ['syncprov-checkpoint 100 5', 'syncprov-sessionlog 1000'];
  }
}

function seed(suffix: string, overlays: readonly Overlay[]): string {
  const [, attribute = 'dc', value = 'example'] = /^([^=]+)=([^,]+)/.exec(suffix) ?? [];
  const top: Record<string, string> = { dc: 'domain', o: 'organization', ou: 'organizationalUnit' };
  const entries = [
    `dn: ${suffix}\nobjectClass: ${top[attribute] ?? 'extensibleObject'}\n${attribute}: ${value}`,
    `dn: cn=gateway,${suffix}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: gateway\nuserPassword: gateway`,
    `dn: ou=people,${suffix}\nobjectClass: organizationalUnit\nou: people`,
    `dn: ou=groups,${suffix}\nobjectClass: organizationalUnit\nou: groups`,
  ];
  const policy = [
    'pwdAttribute: userPassword',
    'pwdMinLength: 8',
    'pwdCheckQuality: 1',
    'pwdInHistory: 3',
    'pwdLockout: TRUE',
    'pwdMaxFailure: 3',
  ];
  if (overlays.includes('ppolicy')) {
    entries.push(`dn: cn=ppolicy,${suffix}\nobjectClass: pwdPolicy\nobjectClass: organizationalRole\ncn: ppolicy\n${policy.join('\n')}`);
  }
  return `${entries.join('\n\n')}\n`;
}

/** What runs in a container is no child of this process. */
async function tellInContainer(prefix: readonly string[], pidFile: string, signal: NodeJS.Signals): Promise<void> {
  const pid = (await readFile(pidFile, 'utf8')).trim();
  await execute([...prefix, 'kill', `-${signal.slice('SIG'.length)}`, pid]);
}

async function execute(command: readonly string[]): Promise<void> {
  const [file = '', ...args] = command;
  await run(file, args, { env: serverEnvironment });
}
