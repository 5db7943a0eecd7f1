// Composition root: a configuration becomes directories, gateways and one HTTP server, started, reloaded and stopped in order.
import { openAudit } from './audit.ts';
import { type Chore, startChores } from './chores.ts';
import type { Config } from './config.ts';
import { credentialsOf } from './credentials.ts';
import { reportExpiries } from './expiry.ts';
import type { Backend } from './gateway/backend.ts';
import { createGateways, exchangeCopies, followersOf, type KeptGateway, type Link, type Running } from './gateways.ts';
import { GuardStore } from './guard-store.ts';
import { createServer } from './http/server.ts';
import { createAdmin } from './operator.ts';
import { asksForCertificate, findFixed, tlsOf } from './sockets.ts';
import type { Operation, StatusSource } from './status.ts';
import type { Follower } from './sync/follower.ts';

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
    clients: config.clients.map(credentialsOf),
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
      server.replace({ gateways: running.gateways, clients: next.clients.map(credentialsOf) }),
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
