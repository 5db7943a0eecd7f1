// One of `clients`: how it proves who it is, what it may do, checked against the directories and their mappings.
// RFC 6750; tokens are kept as SHA-256 only.
import type { Mapping } from '../mapping/mapping.ts';
import { nearest } from '../mapping/nearest.ts';
import { parseDefinition } from '../mapping/problems.ts';
import { compileSubject, type Subject } from '../mapping/subject.ts';
import { dialects, findDialect } from '../scim/dialects.ts';
import type { Dialect } from '../scim/dialects.ts';
import type { YamlPath } from '../yaml.ts';
import { explainAmbiguity, type LoadedAccessTokens, loadAccessTokens } from './access-token.ts';
import { isSameCertificate, type LoadedCertificates, loadCertificates } from './certificate.ts';
import { clientDefinition } from './client-definition.ts';
import type { ClientDefinition, TokenDefinition } from './client-definition.ts';
import type { Findings } from './findings.ts';
import { type LoadedPermission, loadPermission } from './permission.ts';
import { hashToken, judgeToken, readSecret } from './secrets.ts';
import type { LoadedServer } from './server.ts';

export interface LoadedClient {
  readonly name: string;
  readonly dialect: Dialect;
  readonly tokens: readonly LoadedToken[];
  readonly patchResponse: ClientDefinition['patchResponse'];
  readonly unconditionalPut: ClientDefinition['unconditionalPut'];
  readonly accessTokens?: LoadedAccessTokens;
  readonly certificates?: LoadedCertificates;
  readonly requestsPerMinute?: number;
  readonly allow: Pick<ClientDefinition['allow'], 'directory' | 'resources' | 'operations'>;
}

interface LoadedToken {
  readonly sha256: Buffer;
  readonly expires: number | undefined;
}

/** Directory names with the resource types of their mappings, where those could be read. */
export type ResourceTypes = ReadonlyMap<string, readonly string[] | undefined>;

/** What a client is checked against. */
export interface Surroundings {
  readonly server: LoadedServer | undefined;
  readonly directories: ResourceTypes;
  /** Paths of the directories by their names. */
  readonly paths: ReadonlyMap<string, string | undefined>;
  /** Epoch milliseconds. */
  readonly now: number;
}

export function loadClient(at: YamlPath, data: unknown, surroundings: Surroundings, findings: Findings): LoadedClient | undefined {
  const { server, directories, paths, now } = surroundings;
  const client = parseDefinition(clientDefinition, data).value;
  if (client === undefined) return undefined;
  const { name, auth, allow, patchResponse, unconditionalPut, limits } = client;
  const dialect = findDialect(client.dialect);
  if (dialect === undefined) {
    const names = [...dialects.keys()];
    const message = `\`dialect\` must be one of ${names.join(', ')}, but this is ${JSON.stringify(client.dialect)}`;
    findings.refuse([...at, 'dialect'], message, { suggestion: nearest(client.dialect, names) });
  }
  checkAllowed([...at, 'allow'], allow, directories, findings);
  const definitions: readonly (readonly [YamlPath, TokenDefinition])[] =
    auth.token === undefined
      ? (auth.tokens ?? []).map((token, index) => [[...at, 'auth', 'tokens', index], token] as const)
      : [[[...at, 'auth', 'token'], auth.token]];
  const tokens = definitions.map(([path, definition]) => loadToken(path, definition, now, findings)).filter((token) => token !== undefined);
  const { directory, resources, operations } = allow;
  const path = paths.get(directory);
  const resource = server && path !== undefined ? `${server.publicUrl}${path}` : undefined;
  const accessTokens = auth.jwt && loadAccessTokens([...at, 'auth', 'jwt'], auth.jwt, resource, findings);
  const certificates = auth.certificate && loadCertificates([...at, 'auth', 'certificate'], auth.certificate, server, findings);
  return (
    dialect && {
      name,
      dialect,
      tokens,
      patchResponse,
      unconditionalPut,
      ...(accessTokens && { accessTokens }),
      ...(certificates && { certificates }),
      ...limits,
      allow: { directory, resources, operations },
    }
  );
}

/** What `/Me` is to a client, resolved against the mapping of its directory. */
export function loadSubject(
  at: YamlPath,
  data: unknown,
  mappings: ReadonlyMap<string, Mapping | undefined>,
  findings: Findings,
): { readonly me?: Subject } {
  const { me, allow } = parseDefinition(clientDefinition, data).value ?? {};
  const mapping = mappings.get(allow?.directory ?? '');
  if (me === undefined || !allow || !mapping) return {};
  try {
    return { me: compileSubject(mapping, allow.resources, me) };
  } catch (error) {
    findings.refuse([...at, 'me'], `\`me\` ${error instanceof Error ? error.message : String(error)}`);
    return {};
  }
}

/** What of the mapping and of its directory a client gets. */
export function loadPermissions(
  at: YamlPath,
  data: unknown,
  mappings: ReadonlyMap<string, Mapping | undefined>,
  findings: Findings,
): LoadedPermission {
  const { allow } = parseDefinition(clientDefinition, data).value ?? {};
  const mapping = mappings.get(allow?.directory ?? '');
  return allow && mapping ? loadPermission([...at, 'allow'], allow, mapping, findings) : {};
}

function checkAllowed(
  at: YamlPath,
  { directory, resources }: ClientDefinition['allow'],
  directories: ResourceTypes,
  findings: Findings,
): void {
  const names = [...directories.keys()];
  if (!directories.has(directory)) {
    const message = `there is no directory ${JSON.stringify(directory)}; there is ${names.join(', ')}`;
    findings.refuse([...at, 'directory'], message, { suggestion: nearest(directory, names) });
  }
  const types = directories.get(directory);
  if (types === undefined) return;
  for (const [index, name] of resources.entries()) {
    if (types.includes(name)) continue;
    const message = `the mapping of ${directory} has no resource type ${JSON.stringify(name)}; it has ${types.join(', ')}`;
    findings.refuse([...at, 'resources', index], message, { suggestion: nearest(name, types) });
  }
}

function loadToken(at: YamlPath, definition: TokenDefinition, now: number, findings: Findings): LoadedToken | undefined {
  const { expires, sha256 } = definition;
  if (expires !== undefined && expires <= now) {
    findings.warn([...at, 'expires'], `this token expired at ${new Date(expires).toISOString()}: it is refused`);
  }
  if (sha256 !== undefined) return { sha256: Buffer.from(sha256, 'hex'), expires };
  const source = definition.env === undefined ? 'file' : 'env';
  const token = findings.takeSecret(readSecret(definition, findings.context), [...at, source]);
  if (token === undefined) return undefined;
  const fault = judgeToken(token);
  return fault === undefined ? { sha256: hashToken(token), expires } : findings.refuse([...at, source], `\`${source}\` ${fault}`);
}

/** Names, tokens and certificates belong to one client, and a token that is signed can be meant for one only. */
export function checkClients(clients: readonly (LoadedClient | undefined)[], findings: Findings): void {
  const names = new Set<string>();
  const owners = new Map<string, string>();
  for (const [index, client] of clients.entries()) {
    if (client === undefined) continue;
    const { name, tokens } = client;
    if (names.has(name)) findings.refuse(['clients', index, 'name'], `there is another client ${name}: \`name\` must be unique`);
    names.add(name);
    for (const token of tokens) {
      const hash = token.sha256.toString('hex');
      const owner = owners.get(hash);
      if (owner === name) findings.refuse(['clients', index, 'auth'], 'the same token stands here twice: remove one', { atKey: true });
      else if (owner !== undefined) {
        findings.refuse(['clients', index, 'auth'], `${name} has the same token as ${owner}: give every client its own`, { atKey: true });
      }
      owners.set(hash, name);
    }
    for (const other of clients.slice(0, index)) if (other) checkPair(['clients', index, 'auth'], client, other, findings);
  }
}

function checkPair(at: YamlPath, client: LoadedClient, other: LoadedClient, findings: Findings): void {
  const ambiguity = client.accessTokens && other.accessTokens && explainAmbiguity(client.accessTokens, other.accessTokens);
  if (ambiguity !== undefined) findings.refuse([...at, 'jwt'], `${client.name} and ${other.name}: \`jwt\` ${ambiguity}`, { atKey: true });
  if (client.certificates && other.certificates && isSameCertificate(client.certificates, other.certificates))
    findings.refuse([...at, 'certificate'], `${client.name} has the same certificate as ${other.name}: give every client its own`, {
      atKey: true,
    });
}
