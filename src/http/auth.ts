// Who calls, and what the caller may do. Bearer tokens in the Authorization header and nowhere else, or a client certificate.
// RFC 6750 sections 2.1 and 3; RFC 7644 section 2.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Client, ClientOperation } from '../gateway/client.ts';
import { ScimError } from '../scim/error.ts';
import { type AccessTokenRule, isSigned, TokenRefusal, verifyAccessToken } from './access-token.ts';
import { type CertificateRule, isCertificateOf, type PresentedCertificate } from './certificate.ts';
import type { Exchange } from './exchange.ts';
import type { KeySets } from './key-set.ts';

/** A client with what it may prove itself by: each of the ways is enough. */
export interface Credentials {
  readonly client: Client;
  /** The digests of its tokens; several while they are being rotated. */
  readonly tokens: readonly Token[];
  readonly accessTokens?: AccessTokenRule;
  readonly certificates?: CertificateRule;
}

export interface Token {
  /** SHA-256 of the token: 32 bytes. */
  readonly sha256: Uint8Array;
  /** Epoch milliseconds; undefined: never. */
  readonly expires: number | undefined;
}

/** 401 or 403 with what belongs into WWW-Authenticate behind the realm. */
export class AccessError extends ScimError {
  readonly challenge: string;

  constructor(status: 401 | 403, detail: string, challenge: string, options?: ErrorOptions) {
    super(status, detail, options);
    this.challenge = challenge;
  }
}

/** What a request was sent with. */
export interface Presented {
  /** Values of the Authorization header. */
  readonly authorization: readonly string[] | undefined;
  readonly certificate: PresentedCertificate | undefined;
}

/**
 * The client that a request comes from. An Authorization header decides alone: a certificate does not make up for a token that is wrong.
 * @throws AccessError 401; without `error` when there is nothing that could be one (RFC 6750 section 3.1); ScimError 503 while the keys
 * of an issuer are not to be had
 */
export async function authenticate(
  presented: Presented,
  credentials: readonly Credentials[],
  keySets: KeySets,
  now: number,
): Promise<Client> {
  const { authorization, certificate } = presented;
  if (authorization === undefined && certificate) return findByCertificate(certificate, credentials, now);
  const { token, digest } = readBearer(authorization);
  const owner = findByDigest(digest, credentials, now);
  if (token === undefined) throw unknownToken();
  if (owner) return owner;
  if (!isSigned(token) || !credentials.some(({ accessTokens }) => accessTokens)) throw unknownToken();
  try {
    return (await verifyAccessToken(token, credentials, keySets, now)).client;
  } catch (error) {
    throw error instanceof TokenRefusal ? unknownToken({ cause: error }) : error;
  }
}

/** Every token is compared, in constant time, whatever the ones before gave. */
function findByDigest(digest: Buffer, credentials: readonly Credentials[], now: number): Client | undefined {
  let found: Client | undefined;
  for (const { client, tokens } of credentials) {
    for (const { sha256, expires } of tokens) {
      const equal = timingSafeEqual(digest, sha256);
      if (equal && (expires === undefined || now < expires)) found ??= client;
    }
  }
  return found;
}

function findByCertificate(presented: PresentedCertificate, credentials: readonly Credentials[], now: number): Client {
  const [owner, ...others] = credentials.filter(({ certificates }) => certificates && isCertificateOf(certificates, presented, now));
  if (owner && others.length === 0) return owner.client;
  throw new AccessError(401, 'A bearer token is required: the certificate is of no client', '');
}

/** Lets nobody pass but the bearer of one token. @throws AccessError 401 */
export function requireBearer(header: readonly string[] | undefined, sha256: Uint8Array): void {
  const { token, digest } = readBearer(header);
  const equal = timingSafeEqual(digest, sha256);
  if (token === undefined || !equal) throw unknownToken();
}

/** What was presented, undefined where that can be no token, and the digest of it, or of nothing. */
function readBearer(header: readonly string[] | undefined): { readonly token: string | undefined; readonly digest: Buffer } {
  if (!header?.some((value) => /^Bearer\b/i.test(value))) throw new AccessError(401, 'A bearer token is required', '');
  const token = header.length === 1 ? /^Bearer +([\x21-\x7e]+) *$/i.exec(header[0] ?? '')?.[1] : undefined;
  const digest = createHash('sha256')
    .update(token ?? '')
    .digest();
  return { token, digest };
}

function unknownToken(options?: ErrorOptions): AccessError {
  return new AccessError(401, 'The bearer token is unknown, expired or malformed', ', error="invalid_token"', options);
}

/** The authenticated client of a request. */
export function callerOf({ client }: Exchange): Client {
  if (client === undefined) throw new Error('an endpoint without authentication asked for its caller');
  return client;
}

/** The caller, if it may do this. @throws AccessError 403 */
export function permit(exchange: Exchange, operation: ClientOperation): Client {
  const client = callerOf(exchange);
  if (client.operations.includes(operation)) return client;
  throw new AccessError(403, `This client may not ${operation} resources`, ', error="insufficient_scope"');
}
