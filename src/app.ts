// Composition root: a configuration becomes directories, gateways and one HTTP server, started and stopped in order.
import type { ClientConfig, Config, DirectoryConfig } from './config.ts';
import type { Backend } from './gateway/backend.ts';
import type { Gateway } from './gateway/gateway.ts';
import { accountDn } from './gateway/guards.ts';
import { createGateway } from './gateway/use-cases.ts';
import type { Credentials } from './http/auth.ts';
import { createServer } from './http/server.ts';
import { type Directory, openDirectory } from './ldap/directory.ts';

export interface App {
  /** Listens at once; a directory that is down is tried again in the background. @throws Error when the address cannot be had */
  start(): Promise<{ readonly port: number; readonly url: string }>;
  /** Finishes what was accepted, then leaves the directories. */
  stop(): Promise<void>;
  readonly gateways: readonly Gateway[];
}

export function createApp(config: Config): App {
  const backends = config.directories.map((directory) => createBackend(config, directory));
  const gateways = backends.map((backend, i) => createGateway(backend, config.directories[i]?.path ?? ''));
  const { host, port, tls } = config.server;
  const server = createServer({
    host,
    port,
    tls: typeof tls === 'object' ? tls : undefined,
    gateways,
    clients: config.clients.map(credentials),
  });
  return {
    gateways,
    async start() {
      const address = await server.listen();
      await Promise.all(backends.map(({ directory }) => directory.start()));
      return address;
    },
    async stop() {
      await server.close();
      await Promise.all(backends.map(({ directory }) => directory.close()));
    },
  };
}

function createBackend(config: Config, directory: DirectoryConfig): Backend {
  return {
    name: directory.name,
    baseUrl: `${config.server.publicUrl}${directory.path}`,
    mapping: directory.mapping,
    directory: connectTo(directory),
    guards: config.guards,
    bindDn: accountDn(directory.bind.dn),
    baseDn: directory.baseDn,
  };
}

function connectTo({ servers, bind, baseDn, tls, timeouts }: DirectoryConfig): Directory {
  return openDirectory({ servers, bind, baseDn, tls, timeouts });
}

function credentials({ name, dialect, tokens, allow }: ClientConfig): Credentials {
  const { directory, resources, operations } = allow;
  return { client: { name, dialect, directory, resources, operations }, tokens };
}
