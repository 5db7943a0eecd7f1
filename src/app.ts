// Composition root: a configuration becomes directories, gateways and one HTTP server, started, reloaded and stopped in order.
import { isDeepStrictEqual } from 'node:util';
import type { AdminConfig, ClientConfig, Config, DirectoryConfig } from './config.ts';
import { openAudit } from './audit.ts';
import { reportExpiries } from './expiry.ts';
import type { Backend } from './gateway/backend.ts';
import { createCursors, type Cursors } from './gateway/cursor.ts';
import type { Gateway } from './gateway/gateway.ts';
import { Queues } from './gateway/execute.ts';
import { reportObserved } from './gateway/journal.ts';
import { Tally } from './gateway/limits.ts';
import { createGateway } from './gateway/use-cases.ts';
import type { Credentials } from './http/auth.ts';
import { createAdminServer } from './http/admin.ts';
import type { Listener } from './http/listener.ts';
import { createServer } from './http/server.ts';
import { type Directory, type DirectoryOptions, openDirectory } from './ldap/directory.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { describeReadiness, describeStatus, measureStatus, type Operation, type StatusSource } from './status.ts';
import { tryParseDn } from './ldap/dn.ts';

export interface App {
  /** Listens at once; a directory that is down is tried again in the background. @throws Error when the address cannot be had */
  start(): Promise<{ readonly port: number; readonly url: string; /** Of the operator's endpoints. */ readonly adminUrl?: string }>;
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
  readonly tally: Tally;
}

interface Running {
  readonly links: ReadonlyMap<string, Link>;
  readonly gateways: readonly Gateway[];
}

const day = 86_400_000;

/**
 * @param adapt changes how a directory is used, before a gateway is put in front of it
 * @param operation what the operator's endpoints may ask of whoever started this
 */
export function createApp(config: Config, adapt: (backend: Backend) => Backend = (backend) => backend, operation?: Operation): App {
  let running = createGateways(config, new Map(), adapt);
  let current = config;
  const started = Date.now();
  const audit = openAudit(config.audit);
  let reloading: Promise<unknown> = Promise.resolve();
  const leaving = new Set<Promise<void>>();
  const server = createServer({
    host: config.server.host,
    port: config.server.port,
    tls: keyPairOf(config),
    gateways: running.gateways,
    clients: config.clients.map(credentials),
  });

  const source = (): StatusSource => ({
    config: current,
    directories: new Map([...running.links].map(([name, { directory }]) => [name, directory])),
    started,
    operation,
  });
  const admin = config.admin && createAdmin(config.admin, () => current.admin, source);
  let expiryTimer: NodeJS.Timeout | undefined;

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
    if (next.admin?.tls && config.admin?.tls) admin?.renewCertificate(next.admin.tls);
    running = prepared;
    current = next;
    audit.use(next.audit);
    reportExpiries(current, Date.now());
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
      const adminUrl = await admin?.listen().catch(async (error: unknown) => {
        await server.close(0);
        throw error;
      });
      reportExpiries(current, Date.now());
      expiryTimer = setInterval(() => reportExpiries(current, Date.now()), day).unref();
      await Promise.all([...running.links.values()].map(({ directory }) => directory.start()));
      return { ...address, ...(adminUrl && { adminUrl: adminUrl.url }) };
    },
    reload(changed) {
      const done = reloading.then(() => exchange(changed));
      reloading = done.catch(() => undefined);
      return done;
    },
    async stop() {
      clearInterval(expiryTimer);
      await reloading;
      await Promise.all([server.close(), admin?.close()]);
      await Promise.all(leaving);
      await closeAll([...running.links.values()]);
      await audit.close();
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
  return { settings, directory: openDirectory(settings), queues: before?.queues ?? new Queues(), tally: before?.tally ?? new Tally() };
}

async function closeAll(links: readonly Link[]): Promise<void> {
  await Promise.all(links.map(({ directory }) => directory.close()));
}

/** Its token is that of the configuration in force; where that has none any more, the one it began with, until the restart that the log asks for. */
function createAdmin(
  first: AdminConfig,
  current: () => AdminConfig | undefined,
  source: () => StatusSource,
): Pick<Listener, 'listen' | 'close' | 'renewCertificate'> {
  let metrics: Metrics | undefined;
  const listener = createAdminServer({
    host: first.host,
    port: first.port,
    tls: first.tls,
    sha256: () => (current() ?? first).sha256,
    status: () => describeStatus(source(), Date.now()),
    readiness: () => describeReadiness(source()),
    metrics: () => metrics?.render(measureStatus(source())) ?? '',
    reload: source().operation?.reload,
  });
  return {
    ...listener,
    async listen() {
      const address = await listener.listen();
      metrics = createMetrics();
      return address;
    },
    async close() {
      await listener.close();
      metrics?.close();
    },
  };
}

/** What a listening socket cannot change. */
function findFixed({ server: from, admin: adminFrom }: Config, { server: to, admin: adminTo }: Config): readonly string[] {
  return [
    ...(from.host !== to.host || from.port !== to.port ? ['server.listen'] : []),
    ...((typeof from.tls === 'object') !== (typeof to.tls === 'object') ? ['server.tls'] : []),
    ...findFixedAdmin(adminFrom, adminTo),
  ];
}

function findFixedAdmin(from: AdminConfig | undefined, to: AdminConfig | undefined): readonly string[] {
  if (!from || !to) return from === to ? [] : ['admin'];
  return [
    ...(from.host !== to.host || from.port !== to.port ? ['admin.listen'] : []),
    ...((from.tls === undefined) !== (to.tls === undefined) ? ['admin.tls'] : []),
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
    tally: link.tally,
    bindDn: tryParseDn(directory.bind.dn),
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
