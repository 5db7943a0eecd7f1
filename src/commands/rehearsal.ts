// The configured gateway as the command line tries it: the real one over the real directory, on a loopback port, with a token that
// lives as long as the command. It reads and plans; it never writes.
import { createHash, randomBytes } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createApp } from '../app.ts';
import type { ClientConfig, Config, DirectoryConfig } from '../config.ts';
import type { Backend } from '../gateway/backend.ts';
import { type Observation, observeBackend } from '../gateway/explain.ts';
import { findDialect, strict } from '../scim/dialects.ts';
import { UsageError } from './usage-error.ts';

export interface Rehearsal {
  readonly directory: DirectoryConfig;
  readonly backend: Backend;
  readonly client: ClientConfig;
  readonly observation: Observation;
  send(request: RehearsedRequest): Promise<RehearsedAnswer>;
  close(): Promise<void>;
}

export interface RehearsedRequest {
  readonly method: string;
  /** With the path of the directory. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export interface RehearsedAnswer {
  readonly status: number;
  /** Parsed JSON; undefined where there is none. */
  readonly body: unknown;
  /** What was accepted and not stored. */
  readonly ignored: readonly { readonly path: string; readonly reason: string }[];
  /** Why it failed, for the operator: clients are not told. */
  readonly failures: readonly string[];
}

/** What the command line says about whom and where. */
export interface Choice {
  /** Name of a client; without one, a caller that may do everything. */
  readonly client?: string | undefined;
  readonly directory?: string | undefined;
  /** Path of the request, which may tell the directory. */
  readonly target?: string | undefined;
}

/** @throws UsageError for a name that the configuration does not have */
export async function openRehearsal(config: Config, choice: Choice): Promise<Rehearsal> {
  const named = choice.client === undefined ? undefined : findNamed(config.clients, choice.client, 'client');
  const directory = chooseDirectory(config, choice, named);
  const token = randomBytes(24).toString('base64url');
  const tokens = [{ sha256: createHash('sha256').update(token).digest(), expires: undefined }];
  const client = { ...(named ?? everything(directory)), tokens };
  let observed: ReturnType<typeof observeBackend> | undefined;
  const server = { ...config.server, host: '127.0.0.1', port: 0, tls: undefined };
  // The file of the guards belongs to the gateway that runs.
  const guards = { ...config.guards, store: undefined };
  const app = createApp({ ...config, server, guards, directories: [directory], clients: [client] }, (backend) => {
    observed = observeBackend(backend);
    return observed.backend;
  });
  const { url } = await app.start();
  if (!observed) throw new Error('an application has a backend for each directory');
  const { backend, observation } = observed;
  return {
    directory,
    backend,
    client,
    observation,
    send: (request) => send(url, token, request),
    close: () => app.stop(),
  };
}

function chooseDirectory(config: Config, { directory, target }: Choice, client: ClientConfig | undefined): DirectoryConfig {
  if (directory !== undefined) {
    const found = findNamed(config.directories, directory, 'directory');
    if (client && client.allow.directory !== directory)
      throw new UsageError(`The client ${client.name} uses the directory ${client.allow.directory}`);
    return found;
  }
  if (client) return findNamed(config.directories, client.allow.directory, 'directory');
  const [only, ...others] = config.directories;
  const meant = target === undefined ? undefined : config.directories.find(({ path }) => target.startsWith(`${path}/`));
  if (meant) return meant;
  if (only && others.length === 0) return only;
  throw new UsageError(`Say which directory: --directory ${config.directories.map(({ name }) => name).join(' or --directory ')}`);
}

function findNamed<T extends { readonly name: string }>(items: readonly T[], name: string, kind: string): T {
  const found = items.find((item) => item.name === name);
  if (!found) throw new UsageError(`There is no ${kind} ${name}; there is ${items.map((item) => item.name).join(', ')}`);
  return found;
}

function everything({ name, mapping }: DirectoryConfig): ClientConfig {
  const resources = mapping.resources.map(({ type }) => type.name);
  return {
    name: '(anybody)',
    dialect: findDialect('compat') ?? strict,
    tokens: [],
    allow: { directory: name, resources, operations: ['read', 'create', 'update', 'delete'] },
  };
}

async function send(url: string, token: string, { method, target, headers, body }: RehearsedRequest): Promise<RehearsedAnswer> {
  const ignored: { path: string; reason: string }[] = [];
  const failures: string[] = [];
  const onEvent = (message: unknown): void => {
    const { event, path, reason } = message as Readonly<Record<string, unknown>>;
    if (event === 'ignored') ignored.push({ path: String(path), reason: String(reason) });
  };
  const onFailure = (message: unknown): void => {
    failures.push(...reasonsOf((message as { readonly error: unknown }).error));
  };
  subscribe('ldap-scim-gateway:event', onEvent);
  subscribe('ldap-scim-gateway:failure', onFailure);
  try {
    const response = await fetch(url + target, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'Content-Type': 'application/scim+json' }),
        ...headers,
      },
      ...(body !== undefined && { body }),
      redirect: 'manual',
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown), ignored, failures };
  } finally {
    unsubscribe('ldap-scim-gateway:event', onEvent);
    unsubscribe('ldap-scim-gateway:failure', onFailure);
  }
}

function reasonsOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return error === undefined ? [] : [String(error)];
  const diagnostic =
    'diagnostic' in error && typeof error.diagnostic === 'string' && error.diagnostic !== '' ? `: ${error.diagnostic}` : '';
  return [`${error.message}${diagnostic}`, ...reasonsOf(error.cause)];
}
