// The demo directory: an LDAP server in memory that stands in for OpenLDAP, so that the gateway can be tried without installing one.
// RFC 4511 section 5.3 (LDAP over TCP); no TLS, loopback by default.
import { createServer } from 'node:net';
import { Connection } from './connection.ts';
import { createDirectory } from './directory.ts';
import { openLdap } from './openldap.ts';
import { addEntry } from './write-operations.ts';
import { seedEntries } from './seed.ts';

export interface DemoDirectoryOptions {
  /** 0 or absent: a free one. */
  readonly port?: number;
  readonly host?: string;
  readonly suffix?: string;
  readonly adminDn?: string;
  readonly adminPassword?: string;
  /** How many people; the groups follow from them, and are the same each time. 0: nobody and no groups, only ou=people and ou=groups. */
  readonly users?: number;
}

export interface DemoDirectory {
  readonly url: string;
  readonly port: number;
  readonly suffix: string;
  readonly adminDn: string;
  readonly adminPassword: string;
  /** Entries at this moment. */
  readonly size: number;
  /** Tells the clients and waits until the last connection is gone. */
  close(): Promise<void>;
}

/** @throws Error of node:net when the port is taken; SyntaxError for a suffix or adminDn that is no DN */
export async function startDemoDirectory(options: DemoDirectoryOptions = {}): Promise<DemoDirectory> {
  const { host = '127.0.0.1', suffix = 'dc=example,dc=com', users = 300 } = options;
  const { adminDn = `cn=admin,${suffix}`, adminPassword = 'admin' } = options;
  const directory = createDirectory(openLdap, suffix, adminDn, adminPassword);
  for (const { dn, attributes, origin } of seedEntries(suffix, users)) {
    const values = attributes.map(([description, texts]) => ({ description, values: texts.map((text) => Buffer.from(text)) }));
    addEntry({ kind: 'add', dn, attributes: values }, {}, { kind: 'administrator', dn: adminDn }, directory, origin);
  }

  const connections = new Set<Connection>();
  const server = createServer((socket) => {
    const connection = new Connection(socket, directory);
    connections.add(connection);
    socket.on('close', () => connections.delete(connection));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  return {
    url: `ldap://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    suffix,
    adminDn,
    adminPassword,
    get size() {
      return directory.tree.size;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const connection of connections) connection.close();
      }),
  };
}
