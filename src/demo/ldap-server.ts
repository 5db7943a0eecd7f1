// The demo directory: an LDAP server in memory that stands in for a real one, so that the gateway can be tried without installing any.
// RFC 4511 section 5.3 (LDAP over TCP), RFC 4513 section 3 (StartTLS); loopback by default.
import { createServer, type AddressInfo, type Server } from 'node:net';
import { createSecureContext } from 'node:tls';
import { type IssuedCertificate, issueCertificate } from './certificate.ts';
import { Connection, type ServerTls } from './connection.ts';
import { createDirectory, type Directory } from './directory.ts';
import { openLdap } from './openldap/face.ts';
import { seedOpenLdap } from './openldap/seed.ts';

export type DemoFace = 'openldap' | 'active-directory';

export interface DemoDirectoryOptions {
  /** Which product it looks like; without it OpenLDAP. */
  readonly face?: DemoFace;
  /** 0 or absent: a free one. */
  readonly port?: number;
  readonly host?: string;
  readonly suffix?: string;
  /** For the face of OpenLDAP; that of Active Directory has its Administrator in CN=Users. */
  readonly adminDn?: string;
  /** The face of Active Directory wants one that meets its policy. */
  readonly adminPassword?: string;
  /** For the face of Active Directory, PEM texts: without them a certificate is made at start. */
  readonly tls?: IssuedCertificate;
  /** How many people; the groups follow from them, and are the same each time. 0: nobody and no groups, only the places for both. */
  readonly users?: number;
}

export interface DemoDirectory {
  /** `ldaps:` for the face of Active Directory, which takes passwords over TLS only. */
  readonly url: string;
  readonly port: number;
  /** Of the face of Active Directory: the port without TLS, on which nobody can bind before StartTLS. */
  readonly plainUrl?: string;
  /** PEM text of the certificate to trust, where there is TLS. */
  readonly ca?: string;
  readonly suffix: string;
  readonly adminDn: string;
  readonly adminPassword: string;
  /** Entries at this moment. */
  readonly size: number;
  /** Tells the clients and waits until the last connection is gone. */
  close(): Promise<void>;
}

/** @throws Error of node:net when the port is taken; SyntaxError for a suffix or adminDn that this face cannot have */
export async function startDemoDirectory(options: DemoDirectoryOptions = {}): Promise<DemoDirectory> {
  const { face = 'openldap' } = options;
  return face === 'openldap'
    ? serveOpenLdap({ suffix: 'dc=example,dc=com', ...options })
    : serveActiveDirectory({ suffix: 'DC=example,DC=com', ...options });
}

type Options = DemoDirectoryOptions & { readonly suffix: string };

async function serveOpenLdap({ suffix, users = 300, port = 0, host = '127.0.0.1', ...options }: Options): Promise<DemoDirectory> {
  const { adminDn = `cn=admin,${suffix}`, adminPassword = 'admin' } = options;
  const directory = createDirectory(openLdap, suffix, adminDn, adminPassword);
  seedOpenLdap(directory, suffix, users);
  const listeners = new Listeners(directory);
  const actual = await listeners.open({ port, host });
  return describe(directory, listeners, { url: formatUrl('ldap', host, actual), port: actual, suffix, adminDn, adminPassword });
}

async function serveActiveDirectory({ suffix, users = 300, port = 0, host = '127.0.0.1', ...options }: Options): Promise<DemoDirectory> {
  const { adminPassword = 'Passw0rd!' } = options;
  const adminDn = `CN=Administrator,CN=Users,${suffix}`;
  // Loaded when it is wanted: the other face starts sooner.
  const { activeDirectory } = await import('./active-directory/face.ts');
  const { seedActiveDirectory } = await import('./active-directory/seed.ts');
  const face = activeDirectory(suffix);
  const directory = createDirectory(face, suffix, adminDn, adminPassword);
  seedActiveDirectory(directory, face.domain, users);
  const { hostName } = face.domain;
  const { certificate, key } = options.tls ?? issueCertificate(hostName, ['localhost', hostName], ['127.0.0.1', '::1', host]);
  const secureContext = createSecureContext({ cert: certificate, key });
  const listeners = new Listeners(directory);
  const actual = await listeners.open({ port, host, tls: { secureContext, from: 'start' } });
  const plain = await listeners.open({ port: 0, host, tls: { secureContext, from: 'request' } });
  const urls = { url: formatUrl('ldaps', host, actual), plainUrl: formatUrl('ldap', host, plain) };
  return describe(directory, listeners, { ...urls, port: actual, ca: certificate, suffix, adminDn, adminPassword });
}

function formatUrl(scheme: string, host: string, port: number): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function describe({ tree }: Directory, listeners: Listeners, constant: Omit<DemoDirectory, 'size' | 'close'>): DemoDirectory {
  return {
    ...constant,
    get size() {
      return tree.size;
    },
    close: () => listeners.close(),
  };
}

interface Place {
  readonly port: number;
  readonly host: string;
  readonly tls?: ServerTls;
}

/** The ports of one directory, and who is connected to them. */
class Listeners {
  readonly #directory: Directory;
  readonly #servers: Server[] = [];
  readonly #connections = new Set<Connection>();

  constructor(directory: Directory) {
    this.#directory = directory;
  }

  /** @returns the port */
  async open({ port, host, tls }: Place): Promise<number> {
    const server = createServer((socket) => {
      const connection = new Connection(socket, this.#directory, tls);
      this.#connections.add(connection);
      socket.on('close', () => this.#connections.delete(connection));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    this.#servers.push(server);
    return (server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const connection of this.#connections) connection.close();
    await Promise.all(closed);
  }
}
