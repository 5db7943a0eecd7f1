// config.yaml to a frozen Config: secrets resolved, mappings loaded and compiled, every mistake reported as file:line:col, all at once.
// No RFC; the keys are defined in config/definition.ts and described in config.example.yaml.
import { readFileSync } from 'node:fs';
import { type AdminAccess, loadAdmin, loadAdminAccess } from './config/admin.ts';
import { loadAudit } from './config/audit.ts';
import { checkStores, loadCache, type LoadedCache, type LoadedReads } from './config/cache.ts';
import type { LoadedAccessTokens } from './config/access-token.ts';
import type { LoadedCertificates } from './config/certificate.ts';
import { checkClients, loadClient, loadPermissions, loadSubject } from './config/client.ts';
import { auditSection, configDefinition, logDefinition } from './config/definition.ts';
import { checkPaths, loadDirectory, type LoadedDirectory } from './config/directory.ts';
import { Findings } from './config/findings.ts';
import { asSection } from './config/section.ts';
import { describeFileError } from './config/secrets.ts';
import { loadGuards } from './config/guards.ts';
import { loadMapping } from './config/loaded-mapping.ts';
import { type MappingCases, readMappingCases } from './config/mapping-cases.ts';
import { loadServer } from './config/server.ts';
import type { Dn } from './ldap/dn.ts';
import type { Filter } from './ldap/filter.ts';
import type { Mapping } from './mapping/mapping.ts';
import { parseDefinition } from './mapping/problems.ts';
import type { Restriction } from './mapping/restriction.ts';
import type { Subject } from './mapping/subject.ts';
import type { Dialect } from './scim/dialects.ts';
import { parseYaml, setYaml } from './yaml.ts';
import type { Mistake, YamlDocument } from './yaml.ts';

export { configJsonSchema, effectiveMappingJsonSchema, mappingJsonSchema } from './config/json-schema.ts';
export { isSchema, type JsonSchema, listSchemas, namedSchemas } from './config/schema-node.ts';
export { parseDuration } from './config/syntax.ts';
export { effectiveMapping, findMappingFile, listPresets } from './config/mapping-file.ts';
export type { EffectiveMapping } from './config/mapping-file.ts';
export type { EntryDefinition, LdapValue, MappingCase, MappingCases } from './config/mapping-cases.ts';
export type { Mistake } from './yaml.ts';

export type DirectoryType = 'openldap' | 'active-directory' | 'samba-ad' | '389ds' | 'freeipa' | 'generic';
export type ClientOperation = 'read' | 'create' | 'update' | 'delete';

export interface Config {
  readonly server: {
    readonly host: string;
    readonly port: number;
    /** Origin that clients see, without a trailing slash. */
    readonly publicUrl: string;
    /** PEM texts. */
    readonly tls: ServerTlsConfig | 'terminatedUpstream' | undefined;
    /** Where a proxy in front tells the certificates of its clients. */
    readonly certificateHeader?: CertificateHeaderConfig;
    /** How often one address may fail to authenticate within a minute; any number where absent. */
    readonly failedAuthenticationsPerMinute?: number;
    /** What seals the cursors of pages: the first secret seals, all open; none: the bind password of the directory. */
    readonly cursors: { readonly secrets: readonly string[]; /** Seconds. */ readonly timeout: number };
    /** Of several processes one writes; `writer` where absent. */
    readonly role?: 'writer' | 'reader';
    /** Of schedules. */
    readonly timezone: string;
  };
  readonly directories: readonly DirectoryConfig[];
  readonly clients: readonly ClientConfig[];
  readonly guards: GuardsConfig;
  readonly log: {
    readonly level: 'error' | 'warn' | 'info' | 'debug';
    readonly format: 'json' | 'text';
    readonly persons?: boolean | undefined;
  };
  readonly audit?: AuditConfig;
  /** The operator's endpoints, where there are any. */
  readonly admin?: AdminConfig;
  /** What the operator should know and change, though the gateway can start. */
  readonly warnings: readonly Mistake[];
}

/** The journal, rotated by size and age. */
export interface AuditConfig {
  /** Absolute. */
  readonly file: string;
  readonly maxBytes: number;
  /** How many old files stay. */
  readonly keep: number;
  /** Milliseconds. */
  readonly maxAge?: number | undefined;
  /** What of names and values is in it; fingerprints where absent. */
  readonly values?: 'full' | 'redacted' | 'none';
  readonly persons?: 'clear' | 'fingerprint' | 'none';
}

export interface AdminConfig {
  readonly host: string;
  readonly port: number;
  /** PEM texts. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** SHA-256 of the token. */
  readonly sha256: Buffer;
}

export interface DirectoryConfig extends LoadedDirectory {
  /** From where reads are answered. */
  readonly reads: LoadedReads;
  /** How the snapshot is kept true; undefined where nothing is read from it. */
  readonly cache: LoadedCache | undefined;
}

export interface ServerTlsConfig {
  /** PEM texts. */
  readonly cert: string;
  readonly key: string;
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** Authorities of client certificates. */
  readonly clientCa?: readonly string[];
}

export interface CertificateHeaderConfig {
  readonly name: string;
  readonly from: readonly { readonly address: string; readonly prefix: number; readonly family: 'ipv4' | 'ipv6' }[];
}

export interface ClientConfig {
  readonly name: string;
  readonly dialect: Dialect;
  readonly tokens: readonly TokenConfig[];
  readonly accessTokens?: LoadedAccessTokens;
  readonly certificates?: LoadedCertificates;
  /** The mapping as the client sees it, where that is not the whole. */
  readonly view?: Mapping;
  /** The part of the directory that it may reach. */
  readonly restriction?: Restriction;
  readonly requestsPerMinute?: number;
  /** The resource behind `/Me`. */
  readonly me?: Subject;
  readonly patchResponse?: 'full' | 'noContent';
  readonly unconditionalPut?: 'accept' | 'refuse';
  readonly allow: {
    readonly directory: string;
    readonly resources: readonly string[];
    readonly operations: readonly ClientOperation[];
  };
}

export interface TokenConfig {
  /** SHA-256 of the token. */
  readonly sha256: Buffer;
  /** Epoch milliseconds; undefined: never. */
  readonly expires: number | undefined;
}

/** DNs and filters that the gateway must never write. */
export interface GuardsConfig {
  readonly protect: readonly ({ readonly dn: Dn; readonly scope: 'base' | 'one' | 'sub' } | { readonly filter: Filter })[];
  readonly allowPrivileged: boolean;
  /** How much may be taken away within an hour, in each directory: max(atLeast, min(perHour, percent of the entries in scope)). */
  readonly limits: readonly {
    readonly operation: 'delete' | 'deactivate' | 'removeMember';
    readonly perHour?: number | undefined;
    readonly percentOfPopulation?: number | undefined;
    readonly atLeast: number;
    /** What is over it waits for an administrator; else it is refused. */
    readonly holds?: boolean;
  }[];
  /** Absolute file of what they keep beyond a restart; memory where absent. */
  readonly store?: string | undefined;
  /** Milliseconds. */
  readonly holds?: { readonly expireAfter: number; readonly retryAfter: number };
  readonly deferred?: { readonly expireAfter: number };
}

/** Thrown with every mistake of all files. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly mistakes: readonly Mistake[];
  constructor(mistakes: readonly Mistake[]) {
    super(mistakes.map((m) => `${m.file}:${m.line}:${m.column} ${m.message}`).join('\n'));
    this.mistakes = mistakes;
  }
}

export interface LoadOptions {
  /** Environment that secrets come from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `--set key.path=value` overrides. */
  readonly overrides?: readonly string[];
  /** Epoch milliseconds, for expired tokens; the clock where absent. */
  readonly now?: number;
  /** The content, instead of reading the file: it still names mistakes and anchors relative paths. */
  readonly text?: string;
}

/** Every section is read even if others are wrong, so that all mistakes come at once. @throws ConfigError */
export function loadConfig(file: string, options: LoadOptions): Config {
  const document = applyOverrides(readDocument(file, options.text), options.overrides ?? []);
  const findings = new Findings(document, { env: options.env, from: file });
  findings.take(parseDefinition(configDefinition, document.data).problems);

  const root = asSection(document.data);
  const sections = asSection(root['directories']);
  const server = loadServer(root['server'], findings);
  const loaded = new Map(Object.entries(sections).map(([name, data]) => [name, loadDirectory(name, data, findings)]));
  checkPaths(sections, findings);
  const resourceTypes = new Map([...loaded].map(([name, { resourceTypes: types }]) => [name, types]));
  const entries: readonly unknown[] = Array.isArray(root['clients']) ? root['clients'] : [];
  const mappings = new Map([...loaded].map(([name, { directory }]) => [name, directory?.mapping]));
  const paths = new Map([...loaded].map(([name, { directory }]) => [name, directory?.path]));
  const surroundings = { server, directories: resourceTypes, paths, now: options.now ?? Date.now() };
  const clients = entries.map((data, index) => {
    const at = ['clients', index];
    const client = loadClient(at, data, surroundings, findings);
    return client && { ...client, ...loadSubject(at, data, mappings, findings), ...loadPermissions(at, data, mappings, findings) };
  });
  checkClients(clients, findings);
  const admin = loadAdmin(root['admin'], { server, clients }, findings);
  const audit = loadAudit(root['audit'], file);
  const guards = loadGuards(root['guards'], file);
  const log = parseDefinition(logDefinition, root['log'] ?? {}).value;

  const { mistakes, warnings } = findings;
  if (mistakes.length > 0 || server === undefined || guards === undefined || log === undefined) throw new ConfigError(mistakes);
  const directories = [...loaded.values()].flatMap(({ directory }) => {
    const cache = directory && loadCache(directory.name, root, { from: file, timezone: server.timezone });
    return directory && cache ? [{ ...directory, ...cache }] : [];
  });
  checkStores(directories, guards.store, findings);
  if (findings.mistakes.length > 0) throw new ConfigError(findings.mistakes);
  return deepFreeze({
    server,
    directories,
    clients: clients.filter((client) => client !== undefined),
    guards,
    log,
    warnings,
    ...(audit && { audit }),
    ...(admin && { admin }),
  });
}

/** The section `audit` alone, for who looks into the journal: no secret is needed. @throws ConfigError */
export function loadAuditSection(file: string, overrides: readonly string[] = []): AuditConfig | undefined {
  const document = applyOverrides(readDocument(file, undefined), overrides);
  const findings = new Findings(document, { env: {}, from: file });
  const data = asSection(document.data)['audit'];
  if (data !== undefined) findings.take(parseDefinition(auditSection, { audit: data }).problems);
  if (findings.mistakes.length > 0) throw new ConfigError(findings.mistakes);
  return loadAudit(data, file);
}

/** The configuration as it is written, with overrides, for who shows it. @throws ConfigError */
export function readConfigDocument(file: string, overrides: readonly string[] = []): YamlDocument {
  return applyOverrides(readDocument(file, undefined), overrides);
}

/** Where the operator's endpoints of the gateway with this file are, and their token. @throws ConfigError */
export function loadOperatorAccess(file: string, { env, overrides = [] }: LoadOptions): AdminAccess | undefined {
  const document = applyOverrides(readDocument(file, undefined), overrides);
  const findings = new Findings(document, { env, from: file });
  const section = asSection(document.data)['admin'];
  const access = section === undefined ? undefined : loadAdminAccess(section, findings);
  if (findings.mistakes.length > 0) throw new ConfigError(findings.mistakes);
  return access;
}

/**
 * A file of cases for `mapping test`, and a mapping compiled for it; `given` holds over what the file says, its `mapping` is relative to
 * the working directory. @throws ConfigError
 */
export function loadMappingCases(
  file: string,
  given: { readonly mapping?: string | undefined; readonly baseDn?: string | undefined; readonly compiled?: Mapping | undefined },
): { readonly cases: MappingCases; readonly mapping: Mapping } {
  const document = readDocument(file, undefined);
  const findings = new Findings(document, { env: {}, from: file });
  const cases = readMappingCases(document, findings);
  const reference = given.mapping ?? cases?.mapping;
  const baseDn = given.baseDn ?? cases?.baseDn ?? 'dc=example,dc=com';
  if (cases && !given.compiled && reference === undefined)
    findings.refuse([], 'needs `mapping`, or --mapping or --config on the command line');
  const from = given.mapping === undefined ? file : 'command line';
  const mapping =
    given.compiled ?? (reference === undefined ? undefined : loadMapping({ reference, from, at: [] }, baseDn, findings).mapping);
  if (findings.mistakes.length > 0 || !cases || !mapping) throw new ConfigError(findings.mistakes);
  return { cases, mapping };
}

function readDocument(file: string, given: string | undefined): YamlDocument {
  const text = given ?? readText(file);
  const { document, mistakes } = parseYaml(text, file);
  if (document === undefined) throw new ConfigError(mistakes);
  return document;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError([{ file, line: 1, column: 1, message: `the file cannot be read: ${describeFileError(error)}` }]);
  }
}

/** Places of overrides name the option; the value itself could be one that should not be shown. */
function applyOverrides(document: YamlDocument, overrides: readonly string[]): YamlDocument {
  const mistakes: Mistake[] = [];
  const result = overrides.reduce((current, override) => {
    const [, keys = '', text = ''] = /^([^=\s]+)=(.*)$/s.exec(override) ?? [];
    const file = `--set ${keys}`.trimEnd();
    const refuse = (message: string): YamlDocument => {
      mistakes.push({ file, line: 1, column: 1, message });
      return current;
    };
    if (keys === '' || keys.split('.').includes('')) return refuse('must be key.path=value, such as server.listen=127.0.0.1:0');
    const value = parseYaml(text, file);
    if (value.document === undefined) return refuse(`the value is no YAML: ${value.mistakes.map((mistake) => mistake.message).join('; ')}`);
    try {
      return setYaml(current, keys.split('.'), value.document.root);
    } catch (error) {
      return refuse(error instanceof Error ? error.message : String(error));
    }
  }, document);
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return result;
}

/** Buffers cannot be frozen; what is frozen already (mapping, dialect) is complete. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
