// Composition root: a configuration becomes directories, gateways and one HTTP server, started, reloaded and stopped in order.
import { isDeepStrictEqual } from 'node:util';
import type { AdminConfig, ClientConfig, Config, DirectoryConfig, ServerTlsConfig } from './config.ts';
import { openAudit } from './audit.ts';
import { type Chore, startChores } from './chores.ts';
import { reportExpiries } from './expiry.ts';
import { GuardStore } from './guard-store.ts';
import { createHoldDesk, measureWaiting } from './hold-desk.ts';
import type { Backend } from './gateway/backend.ts';
import { createCursors, type Cursors } from './gateway/cursor.ts';
import { Queues } from './gateway/execute.ts';
import { reportObserved } from './gateway/journal.ts';
import { type DeferringGateway, deferring } from './gateway/deferring.ts';
import { journalled } from './gateway/journalled.ts';
import { purgeDeleted } from './gateway/purge.ts';
import { createGateway } from './gateway/use-cases.ts';
import type { Credentials } from './http/auth.ts';
import { createAdminServer } from './http/admin.ts';
import type { Listener } from './http/listener.ts';
import { createServer } from './http/server.ts';
import { type Directory, type DirectoryOptions, openDirectory } from './ldap/directory.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { describeReadiness, describeStatus, measureStatus, type Operation, type StatusSource } from './status.ts';
import { formatDn, tryParseDn } from './ldap/dn.ts';
import { Follower } from './sync/follower.ts';

export interface App {
  /** Listens at once; a directory that is down is tried again in the background. @throws Error when the address cannot be had */
  start(): Promise<{ readonly port: number; readonly url: string; /** Of the operator's endpoints. */ readonly adminUrl?: string }>;
  /** Goes on with another configuration: requests that have begun end with the old one, the listening socket stays. */
  reload(config: Config): Promise<Reloaded>;
  /** Finishes what was accepted, then leaves the directories. */
  stop(): Promise<void>;
  readonly gateways: readonly KeptGateway[];
  /** The snapshots by directory, of those that have one. */
  readonly followers: ReadonlyMap<string, Follower>;
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

/** The snapshot of a directory, which outlives reloads that do not change what it is made of. */
interface Copy {
  readonly settings: object;
  readonly follower: Follower;
}

/** A gateway and what it does by itself. */
interface KeptGateway extends DeferringGateway {
  /** @returns how many deleted entries were purged */
  purgeDeleted(): Promise<number>;
}

interface Running {
  readonly links: ReadonlyMap<string, Link>;
  readonly copies: ReadonlyMap<string, Copy>;
  readonly gateways: readonly KeptGateway[];
}

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];

/**
 * @param adapt changes how a directory is used, before a gateway is put in front of it
 * @param operation what the operator's endpoints may ask of whoever started this
 */
export function createApp(config: Config, adapt: (backend: Backend) => Backend = (backend) => backend, operation?: Operation): App {
  const store = new GuardStore(config);
  /** A reload may exchange the connection and keep the snapshot. */
  const serverOf = (name: string): string | undefined => running.links.get(name)?.directory.status().server;
  let running: Running = createGateways(config, undefined, { adapt, store, serverOf });
  let current = config;
  const started = Date.now();
  const audit = openAudit(config.audit);
  let reloading: Promise<unknown> = Promise.resolve();
  const leaving = new Set<Promise<void>>();
  const { failedAuthenticationsPerMinute } = config.server;
  const server = createServer({
    host: config.server.host,
    port: config.server.port,
    tls: tlsOf(config),
    asksForCertificate: asksForCertificate(config),
    certificateHeader: config.server.certificateHeader,
    ...(failedAuthenticationsPerMinute !== undefined && { failedAuthenticationsPerMinute }),
    gateways: running.gateways,
    clients: config.clients.map(credentials),
  });

  const source = (): StatusSource => ({
    config: current,
    directories: new Map([...running.links].map(([name, { directory }]) => [name, directory])),
    snapshots: new Map([...running.copies].map(([name, { follower }]) => [name, follower.status()])),
    started,
    operation,
  });
  const admin =
    config.admin &&
    createAdmin(
      config.admin,
      () => current.admin,
      source,
      store,
      () => followersOf(running),
    );
  let expiryTimer: NodeJS.Timeout | undefined;
  let stopChores: (() => Promise<void>) | undefined;

  /** Not before the requests that use them have ended. */
  const leave = (links: readonly Link[], ended: Promise<void>): void => {
    const left = ended.then(() => closeAll(links)).finally(() => leaving.delete(left));
    leaving.add(left);
  };
  const exchange = async (next: Config): Promise<Reloaded> => {
    const { links: before, copies: copiesBefore } = running;
    store.use(next);
    const prepared = createGateways(next, running, { adapt, store, serverOf });
    const added = [...prepared.links].filter(([name, link]) => before.get(name) !== link);
    const gone = [...before].filter(([name, link]) => prepared.links.get(name) !== link);
    await Promise.all(added.map(([, { directory }]) => directory.start()));
    const tls = tlsOf(next);
    if (tls && tlsOf(config)) server.renewCertificate(tls);
    if (next.admin?.tls && config.admin?.tls) admin?.renewCertificate(next.admin.tls);
    running = prepared;
    current = next;
    audit.use(next.audit);
    reportExpiries(current, Date.now());
    exchangeCopies(copiesBefore, prepared.copies);
    leave(
      gone.map(([, link]) => link),
      server.replace({ gateways: running.gateways, clients: next.clients.map(credentials) }),
    );
    return {
      connected: added.map(([name]) => name),
      disconnected: gone.map(([name]) => name).filter((name) => !prepared.links.has(name)),
      needRestart: [...findFixed(config, next), ...(store.isElsewhere(next) ? ['guards.store'] : [])],
    };
  };

  return {
    get gateways() {
      return running.gateways;
    },
    get followers() {
      return followersOf(running);
    },
    async start() {
      const address = await server.listen();
      const adminUrl = await admin?.listen().catch(async (error: unknown) => {
        await server.close(0);
        throw error;
      });
      reportExpiries(current, Date.now());
      expiryTimer = setInterval(() => reportExpiries(current, Date.now()), day).unref();
      stopChores = startChores(choresOf(() => running.gateways));
      for (const { follower } of running.copies.values()) follower.start();
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
      await stopChores?.();
      await Promise.all([server.close(), admin?.close()]);
      await Promise.all(leaving);
      await Promise.all([...running.copies.values()].map(({ follower }) => follower.stop()));
      await closeAll([...running.links.values()]);
      store.close();
      await audit.close();
    },
  };
}

interface Parts {
  readonly adapt: (backend: Backend) => Backend;
  readonly store: GuardStore;
  /** URL of the server of a directory that takes writes now. */
  readonly serverOf: (name: string) => string | undefined;
}

function createGateways(config: Config, before: Running | undefined, { adapt, store, serverOf }: Parts): Running {
  const links = new Map(
    config.directories.map((directory) => [directory.name, linkTo(directory, before?.links.get(directory.name))] as const),
  );
  const copies = new Map(
    config.directories.flatMap((directory) => {
      const copy = copyOf(config, directory, before?.copies.get(directory.name), serverOf);
      return copy ? [[directory.name, copy] as const] : [];
    }),
  );
  const gateways = config.directories.flatMap((directory) => {
    const link = links.get(directory.name);
    if (!link) return [];
    const backend = adapt(createBackend(config, directory, link, copies.get(directory.name), store));
    const gateway = deferring(journalled(createGateway(backend, directory.path, link.queues), backend), backend);
    return [{ ...gateway, purgeDeleted: () => purgeDeleted(backend, link.queues) }];
  });
  return { links, copies, gateways };
}

/** One that is not ready is begun anew, so that a reload after a repair need not wait for the next attempt. */
function linkTo({ servers, bind, baseDn, tls, timeouts }: DirectoryConfig, before: Link | undefined): Link {
  const settings: DirectoryOptions = { servers, bind, baseDn, tls, timeouts };
  if (before && isDeepStrictEqual(before.settings, settings) && before.directory.status().ready) return before;
  return { settings, directory: openDirectory(settings), queues: before?.queues ?? new Queues() };
}

function copyOf(config: Config, directory: DirectoryConfig, before: Copy | undefined, serverOf: Parts['serverOf']): Copy | undefined {
  const { name, cache, mapping, mappingData, baseDn, path, servers, bind, tls, timeouts } = directory;
  if (!cache) return undefined;
  const { maxStaleness, ...schedules } = cache;
  const settings = {
    ...schedules,
    connection: { servers, bind, tls, timeouts },
    baseDn: formatDn(baseDn),
    mapping: mappingData,
    baseUrl: `${config.server.publicUrl}${path}`,
  };
  const all = { ...settings, maxStaleness };
  if (before && isDeepStrictEqual(before.settings, all)) return before;
  return { settings: all, follower: new Follower({ name, mapping, settings, maxStaleness, server: () => serverOf(name) }) };
}

const followersOf = ({ copies }: Running): ReadonlyMap<string, Follower> =>
  new Map([...copies].map(([name, { follower }]) => [name, follower]));

/** A file of rows belongs to one thread at a time: the new one begins when the old one has ended. */
function exchangeCopies(before: ReadonlyMap<string, Copy>, after: ReadonlyMap<string, Copy>): void {
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [old, next] = [before.get(name), after.get(name)];
    if (old !== next) void (old ? old.follower.stop() : Promise.resolve()).then(() => next?.follower.start());
  }
}

function choresOf(gateways: () => readonly KeptGateway[]): readonly Chore[] {
  const overAll = async (work: (gateway: KeptGateway) => Promise<number>): Promise<number> => {
    let done = 0;
    for (const gateway of gateways()) done += await work(gateway);
    return done;
  };
  return [
    { name: 'deferred', every: minute, run: () => overAll(async (gateway) => (await gateway.applyDeferred()).written) },
    { name: 'purge', every: hour, run: () => overAll((gateway) => (gateway.ready() ? gateway.purgeDeleted() : Promise.resolve(0))) },
  ];
}

async function closeAll(links: readonly Link[]): Promise<void> {
  await Promise.all(links.map(({ directory }) => directory.close()));
}

/** Its token is that of the configuration in force; where that has none any more, the one it began with, until the restart that the log asks for. */
function createAdmin(
  first: AdminConfig,
  current: () => AdminConfig | undefined,
  source: () => StatusSource,
  store: GuardStore,
  followers: () => ReadonlyMap<string, Follower>,
): Pick<Listener, 'listen' | 'close' | 'renewCertificate'> {
  let metrics: Metrics | undefined;
  const listener = createAdminServer({
    host: first.host,
    port: first.port,
    tls: first.tls,
    sha256: () => (current() ?? first).sha256,
    status: () => describeStatus(source(), Date.now()),
    readiness: () => describeReadiness(source(), Date.now()),
    metrics: () => metrics?.render([...measureStatus(source(), Date.now()), ...measureWaiting(store.states())]) ?? Promise.resolve(''),
    holds: createHoldDesk(() => store.states()),
    snapshots: followers,
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
function findFixed(before: Config, after: Config): readonly string[] {
  const { server: from, admin: adminFrom } = before;
  const { server: to, admin: adminTo } = after;
  const isAskingChanged = asksForCertificate(before) !== asksForCertificate(after) && typeof to.tls === 'object';
  return [
    ...(isAskingChanged ? ['clients.auth.certificate'] : []),
    ...(isDeepStrictEqual(from.certificateHeader, to.certificateHeader) ? [] : ['server.certificateHeader']),
    ...(from.failedAuthenticationsPerMinute === to.failedAuthenticationsPerMinute ? [] : ['server.failedAuthenticationsPerMinute']),
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

/** The authorities of single clients are told, too, so that callers know which of their certificates is meant. */
function tlsOf({ server: { tls }, clients }: Config): ServerTlsConfig | undefined {
  if (typeof tls !== 'object') return undefined;
  const named = clients.flatMap(({ certificates }) => (certificates && 'authorities' in certificates ? certificates.authorities : []));
  return { ...tls, clientCa: [...new Set([...(tls.clientCa ?? []), ...named])] };
}

const asksForCertificate = ({ clients }: Config): boolean => clients.some(({ certificates }) => certificates !== undefined);

function createBackend(config: Config, directory: DirectoryConfig, link: Link, copy: Copy | undefined, store: GuardStore): Backend {
  return {
    name: directory.name,
    baseUrl: `${config.server.publicUrl}${directory.path}`,
    mapping: directory.mapping,
    directory: link.directory,
    cursors: createDirectoryCursors(config, directory),
    ...(copy && { snapshot: copy.follower, reads: directory.reads }),
    guards: { ...config.guards, ...(config.guards.holds && { holdRetryAfter: Math.ceil(config.guards.holds.retryAfter / 1000) }) },
    ...store.of(directory.name),
    ...(config.server.role === 'reader' && { readOnly: true }),
    clientNamed: (name) => config.clients.map(credentials).find(({ client }) => client.name === name)?.client,
    bindDn: tryParseDn(directory.bind.dn),
    bindName: directory.bind.dn,
    baseDn: directory.baseDn,
    places: directory.places,
    ...(directory.mode === 'observe' && { observe: true, onPlan: (plan) => reportObserved(directory.name, plan) }),
  };
}

/** Every replica has the bind password, and it outlives restarts: it seals where the configuration names no secret for it. */
function createDirectoryCursors({ server: { cursors } }: Config, { name, bind }: DirectoryConfig): Cursors {
  const [first = bind.password, ...others] = cursors.secrets;
  return createCursors({ secrets: [first, ...others], salt: JSON.stringify([name, bind.dn]), timeout: cursors.timeout });
}

function credentials(config: ClientConfig): Credentials {
  const { name, dialect, tokens, accessTokens, certificates, me, patchResponse, unconditionalPut, allow } = config;
  const { view, restriction, requestsPerMinute } = config;
  const { directory, resources, operations } = allow;
  return {
    client: {
      name,
      dialect,
      directory,
      resources,
      operations,
      ...(me && { me }),
      ...(patchResponse && { patchResponse }),
      ...(unconditionalPut && { unconditionalPut }),
      ...(view && { view }),
      ...(restriction && { restriction }),
      ...(requestsPerMinute !== undefined && { requestsPerMinute }),
    },
    tokens,
    ...(accessTokens && { accessTokens }),
    ...(certificates && { certificates }),
  };
}
