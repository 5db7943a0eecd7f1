// The section `server`: where the gateway listens, and that tokens do not travel in clear.
// RFC 7644 section 7.4: TLS for bearer tokens.
import { parseDefinition } from '../mapping/problems.ts';
import type { YamlPath } from '../yaml.ts';
import { type ServerDefinition, serverDefinition } from './definition.ts';
import type { Findings } from './findings.ts';
import { judgeKeyPair, readPemFile, readSecret, type SecretSource } from './secrets.ts';
import { isLoopback } from './syntax.ts';

export interface LoadedServer {
  readonly host: string;
  readonly port: number;
  readonly publicUrl: string;
  readonly tls: LoadedServerTls | 'terminatedUpstream' | undefined;
  readonly certificateHeader?: NonNullable<ServerDefinition['certificateHeader']>;
  readonly failedAuthenticationsPerMinute: number;
  readonly cursors: LoadedCursors;
  readonly role: 'writer' | 'reader';
  readonly timezone: string;
}

interface LoadedServerTls {
  /** PEM texts. */
  readonly cert: string;
  readonly key: string;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly clientCa?: readonly string[];
}

interface LoadedCursors {
  readonly secrets: readonly string[];
  /** Seconds. */
  readonly timeout: number;
}

export function loadServer(data: unknown, findings: Findings): LoadedServer | undefined {
  const server = parseDefinition(serverDefinition, data).value;
  if (server === undefined) return undefined;
  const {
    listen,
    publicUrl,
    tls,
    cursorKey = [],
    cursorTimeout,
    role,
    timezone,
    certificateHeader,
    failedAuthenticationsPerMinute,
  } = server;
  const cursors = { secrets: loadCursorKeys(cursorKey, findings), timeout: Math.ceil(cursorTimeout / 1000) };
  if (tls === undefined && !isLoopback(listen.host)) {
    findings.refuse(
      ['server', 'listen'],
      'plain HTTP beyond loopback would show tokens to the network: add `tls: { cert: …, key: … }`, say `tls: terminatedUpstream` behind a proxy that ends TLS, or listen on 127.0.0.1',
    );
  }
  const { protocol, hostname } = new URL(publicUrl);
  if (protocol === 'http:' && (typeof tls === 'object' || !isLoopback(hostname.replace(/^\[|\]$/g, '')))) {
    findings.warn(
      ['server', 'publicUrl'],
      '`publicUrl` begins with http://, so clients would send their tokens in clear: write the https:// origin that they use',
    );
  }
  if (certificateHeader && tls !== 'terminatedUpstream') {
    const message = '`certificateHeader` is for a proxy that ends TLS in front: it needs `tls: terminatedUpstream`';
    findings.refuse(['server', 'certificateHeader'], message, { atKey: true });
  }
  const callers = { ...(certificateHeader && { certificateHeader }), failedAuthenticationsPerMinute };
  const common = { ...listen, publicUrl, cursors, role, timezone, ...callers };
  if (typeof tls !== 'object') return { ...common, tls };
  const pair = loadKeyPair(['server', 'tls'], tls, findings);
  const clientCa = loadAuthorities(['server', 'tls', 'clientCa'], tls.clientCa, findings);
  return pair && { ...common, tls: { ...pair, minVersion: tls.minVersion, ...(clientCa.length > 0 && { clientCa }) } };
}

/** PEM texts, one for each certificate. `path` is the key that names a file or a list of them. */
export function loadAuthorities(path: YamlPath, files: string | readonly string[] | undefined, findings: Findings): readonly string[] {
  const listed =
    typeof files === 'string' ? [[files, path] as const] : (files ?? []).map((file, index) => [file, [...path, index]] as const);
  return listed.flatMap(([file, place]) => {
    const pem = findings.takeSecret(readPemFile(file, findings.context.from, 'certificate'), place);
    return pem?.match(/-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^]*?-----END (?:TRUSTED )?CERTIFICATE-----/g) ?? [];
  });
}

const shortestKey = 16;

function loadCursorKeys(sources: SecretSource | readonly SecretSource[], findings: Findings): readonly string[] {
  const at: YamlPath = ['server', 'cursorKey'];
  const listed = Array.isArray(sources)
    ? sources.map((source: SecretSource, i) => [source, [...at, i]] as const)
    : [[sources as SecretSource, at] as const];
  return listed.flatMap(([source, place]) => {
    const key = source.env === undefined ? 'file' : 'env';
    const secret = findings.takeSecret(readSecret(source, findings.context), [...place, key]);
    if (secret !== undefined && secret.length < shortestKey) {
      findings.refuse([...place, key], `\`${key}\` holds a key of ${secret.length} characters: at least ${shortestKey} are needed`);
    }
    return secret ?? [];
  });
}

/** PEM texts of a certificate and its key that fit together. `path` is the map with `cert` and `key`. */
export function loadKeyPair(
  path: YamlPath,
  files: { readonly cert: string; readonly key: string },
  findings: Findings,
): { readonly cert: string; readonly key: string } | undefined {
  const { from } = findings.context;
  const cert = findings.takeSecret(readPemFile(files.cert, from, 'certificate'), [...path, 'cert']);
  const key = findings.takeSecret(readPemFile(files.key, from, 'key'), [...path, 'key']);
  if (cert === undefined || key === undefined) return undefined;
  const fault = judgeKeyPair(cert, key);
  return fault === undefined ? { cert, key } : findings.refuse([...path, 'key'], `\`key\` ${fault}`);
}
