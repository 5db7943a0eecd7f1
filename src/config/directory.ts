// One of `directories`: its connection, its secret, its mapping compiled.
// RFC 4513 section 6.2: simple binds need TLS.
import { type Dn, formatDn, isDn } from '../ldap/dn.ts';
import type { MappingDefinition } from '../mapping/definition.ts';
import { collectUses } from '../mapping/lint/uses.ts';
import type { Mapping } from '../mapping/mapping.ts';
import { parseDefinition } from '../mapping/problems.ts';
import type { RulePlace } from '../mapping/rule-place.ts';
import type { YamlDocument, YamlPath } from '../yaml.ts';
import { directoryDefinition } from './definition.ts';
import type { DirectoryDefinition } from './definition.ts';
import type { Findings } from './findings.ts';
import { loadMapping } from './loaded-mapping.ts';
import { asSection } from './section.ts';
import type { Section } from './section.ts';
import { readSecret } from './secrets.ts';
import { loadAuthorities, loadKeyPair } from './server.ts';
import { isPlainRemote } from './syntax.ts';

export interface LoadedDirectory {
  readonly name: string;
  /** Where it is served, e.g. `/scim/v2`; never ends with a slash. */
  readonly path: string;
  readonly type: DirectoryDefinition['type'];
  readonly servers: readonly string[];
  readonly bind: { readonly dn: string; readonly password: string };
  readonly baseDn: Dn;
  readonly mapping: Mapping;
  /** The mapping file, then what it extends. */
  readonly mappingFiles: readonly string[];
  /** The mapping as read, with what it extends. */
  readonly mappingData: unknown;
  /** Where the rules of the mapping stand. */
  readonly places: readonly RulePlace[];
  /** `observe`: writes are planned, not executed. */
  readonly mode: DirectoryDefinition['mode'];
  /** Milliseconds. */
  readonly timeouts: { readonly connect: number; readonly operation: number };
  readonly tls: LoadedTls;
}

/** `ca`, `cert` and `key` are PEM texts. */
interface LoadedTls {
  readonly startTls: boolean;
  readonly ca: readonly string[];
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
}

/** The mapping is read even where the rest is wrong. `resourceTypes`: those of the mapping, undefined where it could not be read. */
export function loadDirectory(
  name: string,
  data: unknown,
  findings: Findings,
): { readonly directory: LoadedDirectory | undefined; readonly resourceTypes: readonly string[] | undefined } {
  const at: YamlPath = ['directories', name];
  const definition = parseDefinition(directoryDefinition, data).value;
  const { mapping, resourceTypes } = loadOwnMapping([...at, 'mapping'], asSection(data)['mapping'], definition?.baseDn, findings);
  if (definition === undefined) return { directory: undefined, resourceTypes };
  checkConnection(at, definition, findings);
  const { path, type, servers, bind, baseDn, mode, timeouts } = definition;
  const source = bind.password.env === undefined ? 'file' : 'env';
  const password = findings.takeSecret(readSecret(bind.password, findings.context), [...at, 'bind', 'password', source]);
  const tls = loadTls([...at, 'tls'], definition.tls, findings);
  if (mapping === undefined || password === undefined) return { directory: undefined, resourceTypes };
  const account = { dn: bind.dn, password };
  return { directory: { name, path, type, servers, bind: account, baseDn, ...mapping, mode, timeouts, tls }, resourceTypes };
}

function checkConnection(at: YamlPath, { type, servers, bind, tls }: DirectoryDefinition, findings: Findings): void {
  const takesOtherNames = type === 'active-directory' || type === 'samba-ad';
  if (!takesOtherNames && !isDn(bind.dn)) {
    findings.refuse([...at, 'bind', 'dn'], `\`dn\` must be a DN, but this is ${JSON.stringify(bind.dn)}`);
  }
  for (const [index, server] of servers.entries()) {
    const place = [...at, 'servers', index];
    if (tls.startTls && !server.startsWith('ldap://')) {
      findings.refuse(place, '`tls.startTls` is for ldap:// only: remove it, or write ldap:// here');
    }
    if (tls.startTls || !isPlainRemote(server)) continue;
    if (tls.allowPlain !== undefined) findings.warn(place, `passwords travel in clear to ${server}, as \`tls.allowPlain\` says`);
    else {
      findings.refuse(
        place,
        `${server} is beyond loopback without TLS: write ldaps://, or add \`tls: { startTls: true }\` to the directory`,
      );
    }
  }
}

function loadTls(at: YamlPath, tls: DirectoryDefinition['tls'], findings: Findings): LoadedTls {
  const { startTls, cert, key, serverName } = tls;
  const ca = loadAuthorities([...at, 'ca'], tls.ca, findings);
  const pair = cert === undefined || key === undefined ? undefined : loadKeyPair(at, { cert, key }, findings);
  return { startTls, ca, ...pair, ...(serverName !== undefined && { serverName }) };
}

/** Without a base the mapping is checked, and not compiled. */
function loadOwnMapping(at: YamlPath, reference: unknown, baseDn: Dn | undefined, findings: Findings): OwnMapping {
  if (typeof reference !== 'string' || reference === '') return {};
  const name = { reference, from: findings.context.from, at, namedAt: findings.locate(at) };
  const { document, files = [], definition, mapping } = loadMapping(name, baseDn && formatDn(baseDn), findings);
  if (document === undefined) return {};
  const resourceTypes = Object.keys(asSection(asSection(document.data)['resources']));
  if (definition === undefined || mapping === undefined) return { resourceTypes };
  const places = placeRules(document, definition, mapping);
  return { mapping: { mapping: Object.freeze(mapping), mappingFiles: files, mappingData: document.data, places }, resourceTypes };
}

interface OwnMapping {
  readonly mapping?: Pick<LoadedDirectory, 'mapping' | 'mappingFiles' | 'mappingData' | 'places'>;
  readonly resourceTypes?: readonly string[];
}

/** `mapping.yaml:12` for every LDAP attribute that is written. */
function placeRules(document: YamlDocument, definition: MappingDefinition, mapping: Mapping): readonly RulePlace[] {
  return collectUses(definition, mapping).flatMap(({ name, definition: { password }, uses }) => [
    ...(password ? [passwordPlace(document, name)] : []),
    ...uses
      .filter(({ role, writes, rule }) => (writes || rule !== undefined) && role !== 'id')
      .map(({ at, label, ldap, target }) => {
        const { file, line } = document.locate(at, true);
        return { resourceType: name, rule: label, path: target?.name, ldap, place: `${file}:${line}` };
      }),
  ]);
}

/** Passwords are set by an operation of their own, or in an attribute: userPassword stands for both. */
function passwordPlace(document: YamlDocument, resourceType: string): RulePlace {
  const { file, line } = document.locate(['resources', resourceType, 'password'], true);
  return { resourceType, rule: 'password', path: 'password', ldap: 'userPassword', place: `${file}:${line}` };
}

/** Paths are told apart as the router does, without regard to case. */
export function checkPaths(directories: Section, findings: Findings): void {
  const seen: { readonly name: string; readonly path: string }[] = [];
  for (const [name, directory] of Object.entries(directories)) {
    const { path: text } = asSection(directory);
    if (typeof text !== 'string') continue;
    const place = ['directories', name, 'path'];
    const path = text.toLowerCase();
    const other = seen.find((one) => `${one.path}/`.startsWith(`${path}/`) || `${path}/`.startsWith(`${one.path}/`));
    if (other !== undefined) findings.refuse(place, `\`path\` must differ from that of ${other.name}, and neither may lie below the other`);
    if (/^\/(?:health|ready|metrics)(?:\/|$)/.test(path)) {
      findings.refuse(place, '`path` must not begin with /health, /ready or /metrics, which the gateway answers itself');
    }
    seen.push({ name, path });
  }
}
