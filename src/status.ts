// What the operator is shown about a running gateway: directories with reasons, clients, what expires, the configuration and its last reload.
// No RFC; names from the configuration only, never an entry, a token or a secret.
import { readFileSync } from 'node:fs';
import type { Config, DirectoryConfig, Mistake } from './config.ts';
import { daysUntil, describeExpiry, isNear, listExpiries } from './expiry.ts';
import { type Directory, DirectoryError } from './ldap/directory.ts';
import type { Metric, Sample } from './metrics.ts';
import type { FollowerStatus } from './sync/follower.ts';

/** What became of a reload, for whoever asked for it. */
export type ReloadOutcome = { readonly at: string } & (
  | {
      readonly ok: true;
      readonly connected: readonly string[];
      readonly disconnected: readonly string[];
      readonly needRestart: readonly string[];
    }
  | { readonly ok: false; readonly error: string; readonly mistakes: readonly Mistake[] }
);

/** Where the configuration comes from, and how to take it anew. */
export interface Operation {
  readonly file: string;
  reload(): Promise<ReloadOutcome>;
  lastReload(): ReloadOutcome | undefined;
}

export interface StatusSource {
  readonly config: Config;
  readonly directories: ReadonlyMap<string, Directory>;
  /** Of the directories that have one. */
  readonly snapshots: ReadonlyMap<string, FollowerStatus>;
  readonly started: number;
  readonly operation: Operation | undefined;
}

/** Of this package; the same file is next to `src` and `dist`. */
export function readVersion(): string {
  const { version }: { readonly version?: unknown } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return String(version);
}

export function describeStatus({ config, directories, snapshots, started, operation }: StatusSource, now: number): object {
  const expiries = listExpiries(config, now);
  return {
    version: readVersion(),
    node: process.version,
    started: formatTime(started),
    uptime: Math.floor((now - started) / 1000),
    config: { file: operation?.file, lastReload: operation?.lastReload() },
    ready: isReady(directories),
    directories: config.directories.map((directory) => describeDirectory(directory, directories, snapshots)),
    clients: config.clients.map(({ name, dialect, allow, tokens }) => ({
      name,
      directory: allow.directory,
      dialect: dialect.name,
      tokens: tokens.map(({ expires }) =>
        expires === undefined ? { expires: 'never' } : { expires: formatTime(expires), daysLeft: daysUntil(expires, now) },
      ),
    })),
    certificates: expiries
      .filter(({ kind }) => kind === 'certificate')
      .map(({ name, expires, daysLeft }) => ({ name, expires: formatTime(expires), daysLeft })),
    warnings: [
      ...config.warnings.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`),
      ...expiries.filter(isNear).map(describeExpiry),
    ],
  };
}

/** Readiness as `/ready` of the clients' listener has it, with the reasons, and what will end it before long. */
export function describeReadiness(
  { config, directories, snapshots }: StatusSource,
  now: number,
): {
  readonly ready: boolean;
  readonly directories: object;
  readonly warnings: readonly string[];
} {
  return {
    ready: isReady(directories),
    directories: config.directories.map((directory) => describeDirectory(directory, directories, snapshots)),
    warnings: listExpiries(config, now).filter(isNear).map(describeExpiry),
  };
}

export function measureStatus({ config, directories, snapshots, operation }: StatusSource, now: number): readonly Metric[] {
  const gauge = (name: string, help: string, samples: readonly Sample[]): Metric => ({ name, help, samples });
  const isTaken = operation?.lastReload()?.ok ?? true;
  const dates = config.clients.flatMap(({ name, tokens }) => {
    const ends = tokens.map(({ expires }) => expires ?? Infinity);
    const last = Math.max(...ends);
    return Number.isFinite(last) ? [{ labels: { client: name }, value: last / 1000 }] : [];
  });
  return [
    gauge('scim_gateway_info', 'Version of the gateway.', [{ labels: { version: readVersion() }, value: 1 }]),
    gauge(
      'scim_gateway_directory_ready',
      'Whether a directory is bound and answers.',
      [...directories].map(([name, directory]) => ({ labels: { directory: name }, value: Number(directory.status().ready) })),
    ),
    gauge(
      'scim_gateway_snapshot_age_seconds',
      'How old the truth of a snapshot is.',
      samplesOf(snapshots, ({ age }) => age),
    ),
    gauge(
      'scim_gateway_snapshot_resources',
      'Resources in a snapshot.',
      samplesOf(snapshots, ({ resources }) => resources),
    ),
    gauge(
      'scim_gateway_snapshot_bytes',
      'Octets that a snapshot holds outside the heap.',
      samplesOf(snapshots, ({ octets }) => octets),
    ),
    gauge(
      'scim_gateway_snapshot_cycle_ok',
      'Whether the last poll or sweep succeeded.',
      samplesOf(snapshots, ({ lastCycle }) => lastCycle && Number(lastCycle.error === undefined)),
    ),
    gauge('scim_gateway_config_reload_ok', 'Whether the last reload was taken; 1 before the first.', [{ value: Number(isTaken) }]),
    gauge('scim_gateway_token_expiry_timestamp_seconds', 'When the last token of a client expires, in seconds since 1970.', dates),
    gauge(
      'scim_gateway_certificate_expiry_timestamp_seconds',
      'When a certificate expires, in seconds since 1970, by its place in the configuration.',
      listExpiries(config, now).flatMap(({ kind, name, expires }) =>
        kind === 'certificate' ? [{ labels: { key: name }, value: expires / 1000 }] : [],
      ),
    ),
  ];
}

function samplesOf(snapshots: StatusSource['snapshots'], measure: (status: FollowerStatus) => number | undefined): readonly Sample[] {
  return [...snapshots].flatMap(([directory, status]) => {
    const value = measure(status);
    return value === undefined ? [] : [{ labels: { directory }, value }];
  });
}

function isReady(directories: ReadonlyMap<string, Directory>): boolean {
  return [...directories.values()].every((directory) => directory.status().ready);
}

function describeDirectory(
  { name, type, path, mode }: DirectoryConfig,
  directories: StatusSource['directories'],
  snapshots: StatusSource['snapshots'],
): object {
  const directory = directories.get(name);
  const snapshot = snapshots.get(name);
  if (directory === undefined) return { name, type, path, mode, ready: false };
  const { since, ...status } = directory.status();
  return {
    name,
    type,
    path,
    mode,
    ...status,
    ...(since !== undefined && { since: formatTime(since) }),
    ...describeVendor(directory),
    ...(snapshot && { snapshot }),
  };
}

/** Nothing before the server was reached for the first time. */
function describeVendor(directory: Directory): { readonly vendor?: string; readonly vendorVersion?: string | undefined } {
  try {
    const { vendor, vendorVersion } = directory.capabilities();
    return { vendor, vendorVersion };
  } catch (error) {
    if (error instanceof DirectoryError) return {};
    throw error;
  }
}

function formatTime(time: number): string {
  return new Date(time).toISOString();
}
