// The gateways of a configuration, with the connections and snapshots that they stand on and that outlive a reload.
// No RFC; whether a reload keeps one depends on the settings that it was made of.
import { isDeepStrictEqual } from 'node:util';
import type { Config, DirectoryConfig } from './config.ts';
import { credentialsOf } from './credentials.ts';
import type { Backend } from './gateway/backend.ts';
import { createCursors, type Cursors } from './gateway/cursor.ts';
import { type DeferringGateway, deferring } from './gateway/deferring.ts';
import { Queues } from './gateway/execute.ts';
import { reportObserved } from './gateway/journal.ts';
import { journalled } from './gateway/journalled.ts';
import { purgeDeleted } from './gateway/purge.ts';
import { createGateway } from './gateway/use-cases.ts';
import type { GuardStore } from './guard-store.ts';
import { type Directory, type DirectoryOptions, openDirectory } from './ldap/directory.ts';
import { formatDn, tryParseDn } from './ldap/dn.ts';
import { Follower } from './sync/follower.ts';

/** A directory that outlives reloads which do not change how it is reached. */
export interface Link {
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
export interface KeptGateway extends DeferringGateway {
  /** @returns how many deleted entries were purged */
  purgeDeleted(): Promise<number>;
}

/** What requests are answered from, by name of the directory. */
export interface Running {
  readonly links: ReadonlyMap<string, Link>;
  readonly copies: ReadonlyMap<string, Copy>;
  readonly gateways: readonly KeptGateway[];
}

interface Parts {
  readonly adapt: (backend: Backend) => Backend;
  readonly store: GuardStore;
  /** URL of the server of a directory that takes writes now. */
  readonly serverOf: (name: string) => string | undefined;
}

/** @param before what runs now: connections and snapshots that are made of the same settings are taken from it */
export function createGateways(config: Config, before: Running | undefined, { adapt, store, serverOf }: Parts): Running {
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

export const followersOf = ({ copies }: Running): ReadonlyMap<string, Follower> =>
  new Map([...copies].map(([name, { follower }]) => [name, follower]));

/** A file of rows belongs to one thread at a time: the new one begins when the old one has ended. */
export function exchangeCopies(before: ReadonlyMap<string, Copy>, after: ReadonlyMap<string, Copy>): void {
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [old, next] = [before.get(name), after.get(name)];
    if (old !== next) void (old ? old.follower.stop(next?.follower) : Promise.resolve()).then(() => next?.follower.start());
  }
}

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
    clientNamed: (name) => config.clients.map(credentialsOf).find(({ client }) => client.name === name)?.client,
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
