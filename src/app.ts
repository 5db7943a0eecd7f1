// Composition root: a configuration becomes directories, gateways and one HTTP server, started, reloaded and stopped in order.
import { isDeepStrictEqual } from 'node:util';
import type { ClientConfig, Config, DirectoryConfig } from './config.ts';
import type { Backend } from './gateway/backend.ts';
import { createCursors, type Cursors } from './gateway/cursor.ts';
import type { Gateway } from './gateway/gateway.ts';
import { Queues } from './gateway/execute.ts';
import { accountDn } from './gateway/guards.ts';
import { reportObserved } from './gateway/journal.ts';
import { createGateway } from './gateway/use-cases.ts';
import type { Credentials } from './http/auth.ts';
import { createServer } from './http/server.ts';
import { type Directory, type DirectoryOptions, openDirectory } from './ldap/directory.ts';

export interface App {
  /** Listens at once; a directory that is down is tried again in the background. @throws Error when the address cannot be had */
  start(): Promise<{ readonly port: number; readonly url: string }>;
  /** Goes on with another configuration: requests that have begun end with the old one, the listening socket stays. */
  reload(config: Config): Promise<Reloaded>;
  /** Finishes what was accepted, then leaves the directories. */
  stop(): Promise<void>;
  readonly gateways: readonly Gateway[];
}

/** What a reload did beyond exchanging mappings, clients and guards. */
export interface Reloaded {
  /** Directories that are new, were not ready, or have other connection settings. */
  readonly connected: readonly string[];
  readonly disconnected: readonly string[];
  /** Keys whose change waits for a restart. */
  readonly needRestart: readonly string[];
}

/** A directory that outlives reloads which do not change how it is reached. */
interface Link {
  readonly settings: DirectoryOptions;
  readonly directory: Directory;
  readonly queues: Queues;
}

interface Running {
  readonly links: ReadonlyMap<string, Link>;
  readonly gateways: readonly Gateway[];
}

/** `adapt` changes how a directory is used, before a gateway is put in front of it. */
export function createApp(config: Config, adapt: (backend: Backend) => Backend = (backend) => backend): App {
  let running = createGateways(config, new Map(), adapt);
  let reloading: Promise<unknown> = Promise.resolve();
  const leaving = new Set<Promise<void>>();
  const server = createServer({
    host: config.server.host,
    port: config.server.port,
    tls: keyPairOf(config),
    gateways: running.gateways,
    clients: config.clients.map(credentials),
  });

  /** Not before the requests that use them have ended. */
  const leave = (links: readonly Link[], ended: Promise<void>): void => {
    const left = ended.then(() => closeAll(links)).finally(() => leaving.delete(left));
    leaving.add(left);
  };
  const exchange = async (next: Config): Promise<Reloaded> => {
    const before = running.links;
    const prepared = createGateways(next, before, adapt);
    const added = [...prepared.links].filter(([name, link]) => before.get(name) !== link);
    const gone = [...before].filter(([name, link]) => prepared.links.get(name) !== link);
    await Promise.all(added.map(([, { directory }]) => directory.start()));
    const pair = keyPairOf(next);
    if (pair && keyPairOf(config)) server.renewCertificate(pair);
    running = prepared;
    leave(
      gone.map(([, link]) => link),
      server.replace({ gateways: running.gateways, clients: next.clients.map(credentials) }),
    );
    return {
      connected: added.map(([name]) => name),
      disconnected: gone.map(([name]) => name).filter((name) => !prepared.links.has(name)),
      needRestart: findFixed(config, next),
    };
  };

  return {
    get gateways() {
      return running.gateways;
    },
    async start() {
      const address = await server.listen();
      await Promise.all([...running.links.values()].map(({ directory }) => directory.start()));
      return address;
    },
    reload(changed) {
      const done = reloading.then(() => exchange(changed));
      reloading = done.catch(() => undefined);
      return done;
    },
    async stop() {
      await reloading;
      await server.close();
      await Promise.all(leaving);
      await closeAll([...running.links.values()]);
    },
  };
}

function createGateways(config: Config, before: ReadonlyMap<string, Link>, adapt: (backend: Backend) => Backend): Running {
  const links = new Map(config.directories.map((directory) => [directory.name, linkTo(directory, before.get(directory.name))] as const));
  const gateways = config.directories.flatMap((directory) => {
    const link = links.get(directory.name);
    return link ? [createGateway(adapt(createBackend(config, directory, link)), directory.path, link.queues)] : [];
  });
  return { links, gateways };
}

/** One that is not ready is begun anew, so that a reload after a repair need not wait for the next attempt. */
function linkTo({ servers, bind, baseDn, tls, timeouts }: DirectoryConfig, before: Link | undefined): Link {
  const settings: DirectoryOptions = { servers, bind, baseDn, tls, timeouts };
  if (before && isDeepStrictEqual(before.settings, settings) && before.directory.status().ready) return before;
  return { settings, directory: openDirectory(settings), queues: before?.queues ?? new Queues() };
}

async function closeAll(links: readonly Link[]): Promise<void> {
  await Promise.all(links.map(({ directory }) => directory.close()));
}

/** What a listening socket cannot change. */
function findFixed({ server: from }: Config, { server: to }: Config): readonly string[] {
  return [
    ...(from.host !== to.host || from.port !== to.port ? ['server.listen'] : []),
    ...((typeof from.tls === 'object') !== (typeof to.tls === 'object') ? ['server.tls'] : []),
  ];
}

function keyPairOf({ server: { tls } }: Config): { readonly cert: string; readonly key: string } | undefined {
  return typeof tls === 'object' ? tls : undefined;
}

function createBackend(config: Config, directory: DirectoryConfig, link: Link): Backend {
  return {
    name: directory.name,
    baseUrl: `${config.server.publicUrl}${directory.path}`,
    mapping: directory.mapping,
    directory: link.directory,
    cursors: createDirectoryCursors(config, directory),
    guards: config.guards,
    bindDn: accountDn(directory.bind.dn),
    bindName: directory.bind.dn,
    baseDn: directory.baseDn,
    ...(directory.mode === 'observe' && { observe: true, onPlan: (plan) => reportObserved(directory.name, plan) }),
  };
}

/** Every replica has the bind password, and it outlives restarts: it seals where the configuration names no secret for it. */
function createDirectoryCursors({ server: { cursors } }: Config, { name, bind }: DirectoryConfig): Cursors {
  const [first = bind.password, ...others] = cursors.secrets;
  return createCursors({ secrets: [first, ...others], salt: JSON.stringify([name, bind.dn]), timeout: cursors.timeout });
}

function credentials({ name, dialect, tokens, me, patchResponse, allow }: ClientConfig): Credentials {
  const { directory, resources, operations } = allow;
  return {
    client: { name, dialect, directory, resources, operations, ...(me && { me }), ...(patchResponse && { patchResponse }) },
    tokens,
  };
}
