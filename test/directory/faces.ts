// The directories that the contract runs over: how each is started, and in what they may differ. One more directory is one more Face.
// Test set-up only.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DirectoryType } from '../../src/config.ts';
import { startDemoDirectory } from '../../src/demo/ldap-server.ts';
import { formatGuid, parseGuid } from '../../src/ldap/syntax.ts';
import { makeCertificates } from '../servers/certificates.ts';
import { type Ds389, startDs389 } from '../servers/ds389.ts';
import type { TlsTarget } from '../servers/proxy.ts';
import { startSamba } from '../servers/samba.ts';
import { freePort, startSlapd } from '../servers/slapd.ts';

export interface StartedDirectory {
  readonly url: string;
  readonly port: number;
  /** Of a server that must be spoken to with TLS. */
  readonly tls?: TlsTarget;
  readonly suffix: string;
  /** May do everything: the second look at the entries. */
  readonly adminDn: string;
  readonly adminPassword: string;
  /** The account of the gateway. */
  readonly gatewayDn: string;
  readonly gatewayPassword: string;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on the same port. */
  restart(): Promise<void>;
  /** Answers nothing from now on, with its connections open. */
  freeze?(): Promise<void>;
  thaw?(): Promise<void>;
  stop(): Promise<void>;
}

export interface Face {
  readonly name: string;
  readonly type: DirectoryType;
  /** Name of the shipped mapping, or a file beside this one. */
  readonly mapping: string;
  start(): Promise<StartedDirectory>;
  /** Where users and groups are created, before the suffix. */
  readonly places: { readonly users: string; readonly groups: string };
  /** The LDAP attributes and classes behind what the contract looks at directly. */
  readonly ldap: {
    readonly userClasses: readonly string[];
    readonly groupClasses: readonly string[];
    readonly userRdn: string;
    readonly userName: string;
    readonly externalId: string;
    readonly groupExternalId: string;
    readonly mail: string;
    readonly department: string;
    readonly street: string;
    readonly organization: string;
    readonly employeeNumber: string;
    readonly member: string;
    /** What makes accounts active or not, with values of both kinds. */
    readonly state: { readonly attribute: string; readonly values: readonly string[] };
    /** The attribute behind `id`, and an id as it is in a filter. */
    readonly id: string;
    encodeId(id: string): string | Buffer;
    decodeId(octets: Buffer): string;
    /** Changes with every write. */
    readonly version: string;
    /** What the server writes down of every change, in lower case. */
    readonly stamps: readonly string[];
    /** An attribute of users that the mapping does not know. */
    readonly unmapped: string;
  };
  /** DN of the hidden member of empty groups, before the suffix; undefined where a group may be empty. */
  readonly placeholder: string | undefined;
  /** DNs that name no entry can be stored. */
  readonly keepsDangling: boolean;
  /** Attributes of people may have several values (title, and the one that names the entry). */
  readonly multiValued: boolean;
  /** Text is compared in compatibility form: `wide` finds `Ｗｉｄｅ`. */
  readonly comparesForms: boolean;
  /** Members are part of the version: two conditional changes of a group cannot both win. */
  readonly versionsMembers: boolean;
  /** Characters of a name that fit everywhere. */
  readonly longestName: number;
  /** Milliseconds between cuts of all connections that still let some work be done. */
  readonly cutEvery: number;
  /** What was written outlives `kill` and `restart`. */
  readonly durable: boolean;
  /** Milliseconds that an operation may take where 5,000 are too few for many at once. */
  readonly operationTimeout?: number;
  /** A password that the policy of the directory refuses. */
  readonly badPassword: string | undefined;
}

const openLdap = {
  type: 'openldap',
  mapping: 'openldap',
  places: { users: 'ou=people', groups: 'ou=groups' },
  ldap: {
    userClasses: ['top', 'person', 'organizationalPerson', 'inetOrgPerson'],
    groupClasses: ['top', 'groupOfNames'],
    userRdn: 'uid',
    userName: 'uid',
    externalId: 'carLicense',
    groupExternalId: 'businessCategory',
    mail: 'mail',
    department: 'departmentNumber',
    street: 'street',
    organization: 'o',
    employeeNumber: 'employeeNumber',
    member: 'member',
    state: { attribute: 'employeeType', values: ['active', 'Active', 'disabled', 'DISABLED', 'Disabled', 'contractor'] },
    id: 'entryUUID',
    encodeId: (id: string): string => id,
    decodeId: (octets: Buffer): string => octets.toString(),
    version: 'entryCSN',
    stamps: ['entrycsn', 'modifytimestamp', 'modifiersname'],
    unmapped: 'roomNumber',
  },
  placeholder: 'cn=nobody',
  keepsDangling: true,
  multiValued: true,
  comparesForms: true,
  versionsMembers: true,
  longestName: 200,
  cutEvery: 40,
} as const;

export const embedded: Face = {
  ...openLdap,
  name: 'the embedded directory',
  durable: false,
  badPassword: undefined,
  async start() {
    const port = await freePort();
    const options = { port, suffix: 'dc=example,dc=test', users: 0 };
    let running = await startDemoDirectory(options);
    const { url, suffix, adminDn, adminPassword } = running;
    const account = { adminDn, adminPassword, gatewayDn: adminDn, gatewayPassword: adminPassword };
    return {
      url,
      port,
      suffix,
      ...account,
      kill: () => running.close(),
      async restart() {
        running = await startDemoDirectory(options);
      },
      stop: () => running.close(),
    };
  },
};

export const slapd: Face = {
  ...openLdap,
  name: 'slapd',
  durable: true,
  badPassword: 'short',
  start: () => startSlapd({ overlays: ['refint', 'ppolicy'] }),
};

/** The operation that sets passwords is refused without TLS. */
export async function overTls(server: Ds389): Promise<StartedDirectory> {
  const { ca, ldapsUrl, tlsPort, dir } = server;
  const certificates = await makeCertificates(join(dir, 'proxy'), 'proxy', ['DNS:localhost', 'IP:127.0.0.1']);
  return {
    ...server,
    url: ldapsUrl,
    port: tlsPort,
    tls: { host: '127.0.0.1', serverName: 'localhost', port: tlsPort, ca, certificates },
  };
}

export const ds389: Face = {
  ...openLdap,
  name: '389 Directory Server',
  type: '389ds',
  mapping: '389ds',
  comparesForms: false,
  versionsMembers: false,
  ldap: {
    ...openLdap.ldap,
    state: { attribute: 'nsAccountLock', values: ['true', 'false', 'TRUE', 'False'] },
    version: 'entryusn',
    stamps: ['entryusn', 'modifytimestamp', 'modifiersname'],
  },
  placeholder: undefined,
  durable: true,
  badPassword: undefined,
  start: async () => overTls(await startDs389()),
};

export const samba: Face = {
  name: 'Samba as Active Directory',
  type: 'samba-ad',
  operationTimeout: 20_000,
  mapping: '../fixtures/mappings/active-directory-contract.yaml',
  places: { users: 'OU=Staff', groups: 'OU=Groups' },
  ldap: {
    userClasses: ['top', 'person', 'organizationalPerson', 'user'],
    groupClasses: ['top', 'group'],
    userRdn: 'CN',
    userName: 'userPrincipalName',
    externalId: 'adminDescription',
    groupExternalId: 'adminDescription',
    mail: 'otherMailbox',
    department: 'department',
    street: 'streetAddress',
    organization: 'company',
    employeeNumber: 'employeeID',
    member: 'member',
    // NORMAL_ACCOUNT with ACCOUNTDISABLE, PASSWD_NOTREQD, DONT_EXPIRE_PASSWORD.
    state: { attribute: 'userAccountControl', values: ['514', '544', '546', '66048'] },
    id: 'objectGUID',
    encodeId: formatGuid,
    decodeId: parseGuid,
    version: 'uSNChanged',
    stamps: ['usnchanged', 'whenchanged', 'modifytimestamp', 'pwdlastset'],
    unmapped: 'otherTelephone',
  },
  longestName: 50,
  cutEvery: 300,
  keepsDangling: false,
  multiValued: false,
  comparesForms: false,
  versionsMembers: false,
  placeholder: undefined,
  durable: true,
  badPassword: 'short',
  async start() {
    const server = await startSamba();
    return { ...server, tls: server };
  },
};

/** With so many people, and the groups that they are in. */
export const embeddedActiveDirectory = (users = 0): Face => ({
  ...samba,
  name: 'the embedded directory as Active Directory',
  type: 'active-directory',
  durable: false,
  async start() {
    const dir = await mkdtemp(join(tmpdir(), 'demo-active-directory-'));
    const certificates = await makeCertificates(dir, 'dc1', ['DNS:localhost', 'IP:127.0.0.1']);
    const { ca, cert, key } = certificates;
    const port = await freePort();
    const tls = { certificate: cert, key };
    const options = { face: 'active-directory', port, suffix: 'DC=example,DC=test', users, tls } as const;
    let running = await startDemoDirectory(options);
    const { url, suffix, adminDn, adminPassword } = running;
    const account = { adminDn, adminPassword, gatewayDn: adminDn, gatewayPassword: adminPassword };
    return {
      ...account,
      url,
      port,
      suffix,
      tls: { host: '127.0.0.1', port, ca, certificates },
      kill: () => running.close(),
      async restart() {
        running = await startDemoDirectory(options);
      },
      async stop() {
        await running.close();
        await rm(dir, { recursive: true, force: true });
      },
    };
  },
});
