// Access tokens of OAuth 2.0 that are signed by an authorization server: which client one belongs to, and whether it is good.
// RFC 9068 section 4; RFC 8725 (best practices); Microsoft Entra ID's own form, whose audience many applications share.
import {
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyOptions,
  type ProtectedHeaderParameters,
} from 'jose';
import { ScimError } from '../scim/error.ts';
import type { KeySets, KeySource } from './key-set.ts';

/** The tokens that stand for one client. */
export interface AccessTokenRule {
  /** `entra`: `typ` is JWT, and the claims are those of Entra ID's versions 1.0 and 2.0. */
  readonly form: 'rfc9068' | 'entra';
  /** What `iss` may be. */
  readonly issuers: readonly string[];
  /** Of which `aud` must hold one. */
  readonly audiences: readonly string[];
  /** Claims that must have these values, all of them. */
  readonly claims: readonly (readonly [names: readonly string[], value: string])[];
  readonly algorithms: readonly string[];
  /** Seconds. */
  readonly clockTolerance: number;
  readonly keys: KeySource;
  /** Where a client gets such a token: an issuer identifier (RFC 8414). */
  readonly authorizationServer: string;
}

/** Why a token is refused, for the log: nothing of the token is in it. */
export class TokenRefusal extends Error {}

/** No header of Node may be longer than 16 KiB with all others; a token of that size is a mistake, and not looked at. */
const longest = 16_000;

/** Whether a bearer token looks like three parts of a JWS, and not like a random text. */
export function isSigned(token: string): boolean {
  return token.length <= longest && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);
}

/**
 * Whose token it is. Nothing is fetched and no signature computed for a token that no rule would take.
 * @throws TokenRefusal; ScimError 503 while the keys of the issuer are not to be had
 */
export async function verifyAccessToken<T extends { readonly accessTokens?: AccessTokenRule }>(
  token: string,
  owners: readonly T[],
  keySets: KeySets,
  now: number,
): Promise<T> {
  const { header, claims } = decode(token);
  const [owner, ...others] = owners.filter(({ accessTokens }) => accessTokens && isMeant(accessTokens, claims));
  if (!owner?.accessTokens) throw new TokenRefusal(explainNobody(owners, claims));
  if (others.length > 0) throw new TokenRefusal('more than one client could be meant');
  const rule = owner.accessTokens;
  checkForm(rule, header, claims);
  try {
    await jwtVerify(token, keySets.finder(rule.keys), optionsFor(rule, now));
  } catch (error) {
    if (error instanceof ScimError) throw error;
    throw new TokenRefusal(error instanceof errors.JOSEError ? error.message : 'the token is malformed', { cause: error });
  }
  return owner;
}

function decode(token: string): { readonly header: ProtectedHeaderParameters; readonly claims: JWTPayload } {
  try {
    return { header: decodeProtectedHeader(token), claims: decodeJwt(token) };
  } catch {
    throw new TokenRefusal('the token is malformed');
  }
}

function isMeant({ issuers, audiences, claims: expected }: AccessTokenRule, claims: JWTPayload): boolean {
  const audience: unknown[] = Array.isArray(claims.aud) ? claims.aud : [claims.aud];
  return (
    issuers.some((issuer) => issuer === claims.iss) &&
    audiences.some((each) => audience.includes(each)) &&
    expected.every(([names, value]) => hasClaim(claims, names, value))
  );
}

/** One of the names at least, and whichever is there has that value. */
function hasClaim(claims: JWTPayload, names: readonly string[], value: string): boolean {
  const given = names.map((name) => (Object.hasOwn(claims, name) ? claims[name] : undefined)).filter((each) => each !== undefined);
  return given.length > 0 && given.every((each) => each === value);
}

function explainNobody(owners: readonly { readonly accessTokens?: AccessTokenRule }[], claims: JWTPayload): string {
  const rules = owners.flatMap(({ accessTokens }) => accessTokens ?? []);
  const ofIssuer = rules.filter(({ issuers }) => issuers.some((issuer) => issuer === claims.iss));
  if (ofIssuer.length === 0) return 'no client has this issuer';
  const ofCaller = ofIssuer.filter((rule) => rule.claims.every(([names, value]) => hasClaim(claims, names, value)));
  return ofCaller.length === 0 ? 'no client has these claims' : 'the audience is another';
}

/** What jose does not look at. */
function checkForm({ form, algorithms }: AccessTokenRule, header: ProtectedHeaderParameters, claims: JWTPayload): void {
  if (!algorithms.includes(String(header.alg))) throw new TokenRefusal('the signature algorithm is not allowed');
  if (form === 'entra' && String(header.typ).toUpperCase() !== 'JWT') throw new TokenRefusal('typ is not JWT');
  // Whoever shows it would have to prove that it has a key (RFC 8705, RFC 9449).
  if (claims['cnf'] !== undefined) throw new TokenRefusal('the token is bound to a key, which is not supported');
}

const required = {
  rfc9068: ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'],
  entra: ['iss', 'exp', 'aud', 'iat', 'tid'],
} as const;

function optionsFor({ form, issuers, audiences, algorithms, clockTolerance }: AccessTokenRule, now: number): JWTVerifyOptions {
  return {
    issuer: [...issuers],
    audience: [...audiences],
    algorithms: [...algorithms],
    clockTolerance,
    requiredClaims: [...required[form]],
    currentDate: new Date(now),
    ...(form === 'rfc9068' && { typ: 'at+jwt' }),
  };
}
