// Who calls, and what the caller may do. Bearer tokens in the Authorization header and nowhere else.
// RFC 6750 sections 2.1 and 3; RFC 7644 section 2.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Client, ClientOperation } from '../gateway/client.ts';
import { ScimError } from '../scim/error.ts';
import type { Exchange } from './exchange.ts';

/** A client with the digests of its tokens; several while they are being rotated. */
export interface Credentials {
  readonly client: Client;
  readonly tokens: readonly Token[];
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

  constructor(status: 401 | 403, detail: string, challenge: string) {
    super(status, detail);
    this.challenge = challenge;
  }
}

/**
 * The client whose token the header carries. Every token is compared, in constant time, whatever the ones before gave.
 * @throws AccessError 401; without `error` when there is no bearer token at all (RFC 6750 section 3.1)
 */
export function authenticate(header: readonly string[] | undefined, credentials: readonly Credentials[], now: number): Client {
  const { digest, isToken } = readBearer(header);
  let found: Client | undefined;
  for (const { client, tokens } of credentials) {
    for (const { sha256, expires } of tokens) {
      const equal = timingSafeEqual(digest, sha256);
      if (equal && (expires === undefined || now < expires)) found ??= client;
    }
  }
  if (!isToken || found === undefined) throw unknownToken();
  return found;
}

/** Lets nobody pass but the bearer of one token. @throws AccessError 401 */
export function requireBearer(header: readonly string[] | undefined, sha256: Uint8Array): void {
  const { digest, isToken } = readBearer(header);
  const equal = timingSafeEqual(digest, sha256);
  if (!isToken || !equal) throw unknownToken();
}

/** The digest of what was presented; of nothing, where that can be no token. */
function readBearer(header: readonly string[] | undefined): { readonly digest: Buffer; readonly isToken: boolean } {
  if (!header?.some((value) => /^Bearer\b/i.test(value))) throw new AccessError(401, 'A bearer token is required', '');
  const presented = header.length === 1 ? /^Bearer +([\x21-\x7e]+) *$/i.exec(header[0] ?? '')?.[1] : undefined;
  const digest = createHash('sha256')
    .update(presented ?? '')
    .digest();
  return { digest, isToken: presented !== undefined };
}

function unknownToken(): AccessError {
  return new AccessError(401, 'The bearer token is unknown, expired or malformed', ', error="invalid_token"');
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
