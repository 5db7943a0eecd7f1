// The section `admin`: where the operator's endpoints listen, and the token that opens them.
// RFC 6750; the token is kept as SHA-256 only.
import { parseDefinition } from '../mapping/problems.ts';
import { adminDefinition } from './definition.ts';
import type { Findings } from './findings.ts';
import { hashToken, judgeToken, readSecret } from './secrets.ts';
import { loadKeyPair } from './server.ts';
import { isLoopback } from './syntax.ts';

export interface LoadedAdmin {
  readonly host: string;
  readonly port: number;
  /** PEM texts. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** SHA-256 of the token. */
  readonly sha256: Buffer;
}

/** What of the rest of the configuration must not be the same. */
export interface AdminNeighbours {
  readonly server: { readonly host: string; readonly port: number } | undefined;
  readonly clients: readonly ({ readonly name: string; readonly tokens: readonly { readonly sha256: Buffer }[] } | undefined)[];
}

export function loadAdmin(data: unknown, { server, clients }: AdminNeighbours, findings: Findings): LoadedAdmin | undefined {
  const admin = data === undefined ? undefined : parseDefinition(adminDefinition, data).value;
  if (admin === undefined) return undefined;
  const { listen, tls, token } = admin;
  if (tls === undefined && !isLoopback(listen.host)) {
    findings.refuse(
      ['admin', 'listen'],
      'plain HTTP beyond loopback would show the token to the network: add `tls: { cert: …, key: … }`, or listen on 127.0.0.1',
    );
  }
  if (server && listen.port !== 0 && listen.port === server.port && listen.host === server.host) {
    findings.refuse(['admin', 'listen'], '`listen` must differ from that of `server`');
  }
  const pair = tls && loadKeyPair(['admin', 'tls'], tls, findings);
  const source = token.env === undefined ? 'file' : 'env';
  const sha256 = token.sha256 === undefined ? readToken(token, source, findings) : Buffer.from(token.sha256, 'hex');
  if (sha256 === undefined) return undefined;
  const owner = clients.find((client) => client?.tokens.some((other) => sha256.equals(other.sha256)));
  if (owner) findings.refuse(['admin', 'token'], `the client ${owner.name} has the same token: the operator needs one of its own`);
  return { ...listen, ...(pair && { tls: pair }), sha256 };
}

function readToken(
  token: { readonly env?: string | undefined; readonly file?: string | undefined },
  source: 'env' | 'file',
  findings: Findings,
): Buffer | undefined {
  const place = ['admin', 'token', source];
  const text = findings.takeSecret(readSecret(token, findings.context), place);
  if (text === undefined) return undefined;
  const fault = judgeToken(text);
  return fault === undefined ? hashToken(text) : findings.refuse(place, `\`${source}\` ${fault}`);
}

/** How the command line speaks to a gateway that runs. */
export interface AdminAccess {
  readonly url: string;
  /** Undefined where the file holds only its hash. */
  readonly token: string | undefined;
}

/** Only this section is read: whoever asks the operator's endpoints need not have the secrets of the rest. */
export function loadAdminAccess(data: unknown, findings: Findings): AdminAccess | undefined {
  const { value: admin, problems } = parseDefinition(adminDefinition, data);
  findings.take(problems.map((problem) => ({ ...problem, path: ['admin', ...problem.path] })));
  if (admin === undefined) return undefined;
  const { listen, tls, token } = admin;
  // Who listens everywhere listens on loopback, too.
  const host = listen.host === '0.0.0.0' ? '127.0.0.1' : listen.host === '::' ? '[::1]' : listen.host;
  const address = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  const text = token.sha256 === undefined ? findings.takeSecret(readSecret(token, findings.context), ['admin', 'token']) : undefined;
  return { url: `${tls ? 'https' : 'http'}://${address}:${listen.port}`, token: text };
}
