// The directories that the contract runs over: how each is started, and in what they may differ. One more directory is one more Face.
// Test set-up only.
import { startDemoDirectory } from '../../src/demo/ldap-server.ts';
import type { DirectoryType } from '../../src/config.ts';
import { freePort, startSlapd } from '../servers/slapd.ts';

export interface StartedDirectory {
  readonly url: string;
  readonly port: number;
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
  stop(): Promise<void>;
}

export interface Face {
  readonly name: string;
  readonly type: DirectoryType;
  /** Name of the shipped mapping. */
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
    readonly member: string;
    /** Changes with every write. */
    readonly version: string;
    /** An attribute of users that the mapping does not know. */
    readonly unmapped: string;
  };
  /** DN of the hidden member of empty groups, before the suffix; undefined where a group may be empty. */
  readonly placeholder: string | undefined;
  /** DNs elsewhere follow a renamed or deleted entry (refint, links). */
  readonly referencesFollow: boolean;
  /** What was written outlives `kill` and `restart`. */
  readonly durable: boolean;
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
    member: 'member',
    version: 'entryCSN',
    unmapped: 'roomNumber',
  },
  placeholder: 'cn=nobody',
} as const;

export const embedded: Face = {
  ...openLdap,
  name: 'the embedded directory',
  referencesFollow: false,
  durable: false,
  badPassword: undefined,
  async start() {
    const port = await freePort();
    const options = { port, suffix: 'dc=example,dc=test', users: 0 };
    let running = await startDemoDirectory(options);
    const { url, suffix, adminDn, adminPassword } = running;
    const account = { adminDn, adminPassword, gatewayDn: adminDn, gatewayPassword: adminPassword };
    return {
      ...{ url, port, suffix, ...account },
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
  referencesFollow: true,
  durable: true,
  badPassword: 'short',
  start: () => startSlapd({ overlays: ['refint', 'ppolicy'] }),
};
