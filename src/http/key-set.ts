// The public keys of the issuers of access tokens: fetched when they are needed, kept while they are good, never asked for too often.
// RFC 7517 (JSON Web Key Set), RFC 8414 and OpenID Connect Discovery 1.0 (where an issuer has them).
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { channel } from 'node:diagnostics_channel';
import { unavailable } from '../scim/error.ts';
import { fetchJson, StatusError } from './fetch-json.ts';

export type KeySource =
  | { readonly kind: 'local'; readonly jwks: JSONWebKeySet }
  /** At this URL. */
  | { readonly kind: 'remote'; readonly url: string; readonly ca: readonly string[] }
  /** Where the metadata of the issuer say. */
  | { readonly kind: 'discovered'; readonly issuer: string; readonly ca: readonly string[] };

/** Milliseconds. */
export interface KeySetTimes {
  /** For one document. */
  readonly timeout: number;
  /** Between two attempts to fetch. */
  readonly coolDown: number;
  /** After that keys are fetched anew, so that those which were withdrawn go. */
  readonly fresh: number;
  /** After that keys that could not be fetched anew are no longer used. */
  readonly usable: number;
}

const usualTimes: KeySetTimes = { timeout: 5000, coolDown: 30_000, fresh: 600_000, usable: 86_400_000 };

const events = channel('ldap-scim-gateway:event');

/** The key sets of all issuers; they outlive the reloads of the configuration. */
export class KeySets {
  readonly #times: KeySetTimes;
  readonly #sets = new Map<string, RemoteKeySet>();
  readonly #locals = new WeakMap<JSONWebKeySet, JWTVerifyGetKey>();

  constructor(times: KeySetTimes = usualTimes) {
    this.#times = times;
  }

  /**
   * Finds the key that a token names.
   * @throws ScimError 503 while it cannot be known whether there is one; JOSEError when there is none
   */
  finder(source: KeySource): JWTVerifyGetKey {
    if (source.kind === 'local') {
      const known = this.#locals.get(source.jwks) ?? createLocalJWKSet(source.jwks);
      this.#locals.set(source.jwks, known);
      return known;
    }
    const name = JSON.stringify(source);
    const set = this.#sets.get(name) ?? new RemoteKeySet(source, this.#times);
    this.#sets.set(name, set);
    return (header, token) => set.find(header, token);
  }

  /** Forgets the others. */
  keep(sources: readonly KeySource[]): void {
    const names = new Set(sources.map((source) => JSON.stringify(source)));
    for (const name of this.#sets.keys()) if (!names.has(name)) this.#sets.delete(name);
  }
}

class RemoteKeySet {
  readonly #source: Exclude<KeySource, { kind: 'local' }>;
  readonly #times: KeySetTimes;
  #keys: { readonly find: JWTVerifyGetKey; readonly at: number } | undefined;
  #attempt: { readonly at: number; readonly failure: unknown } | undefined;
  #pending: Promise<void> | undefined;

  constructor(source: Exclude<KeySource, { kind: 'local' }>, times: KeySetTimes) {
    this.#source = source;
    this.#times = times;
  }

  async find(...[header, token]: Parameters<JWTVerifyGetKey>): Promise<Awaited<ReturnType<JWTVerifyGetKey>>> {
    if (!this.#keys || age(this.#keys) >= this.#times.fresh) await this.#refresh();
    try {
      return await this.#usable()(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      // It may be newer than what is known here: asked for once, then not again for a while.
      const before = this.#keys;
      await this.#refresh();
      if (this.#keys !== before) return this.#usable()(header, token);
      if (this.#attempt?.failure !== undefined) throw this.#unavailable();
      throw error;
    }
  }

  #usable(): JWTVerifyGetKey {
    if (!this.#keys || age(this.#keys) >= this.#times.usable) throw this.#unavailable();
    return this.#keys.find;
  }

  #unavailable(): Error {
    const { at = Date.now(), failure } = this.#attempt ?? {};
    return unavailable(Math.max(1, Math.ceil((at + this.#times.coolDown - Date.now()) / 1000)), failure);
  }

  /** Never fails: what became of it is in `#attempt`. Requests at the same time share one attempt. */
  async #refresh(): Promise<void> {
    if (!this.#pending && this.#attempt && age(this.#attempt) < this.#times.coolDown) return;
    this.#pending ??= this.#fetch().finally(() => (this.#pending = undefined));
    await this.#pending;
  }

  async #fetch(): Promise<void> {
    try {
      const document = await fetchJson(await this.#locate(), this.#options());
      // Checks its form, too.
      this.#keys = { find: createLocalJWKSet(document as JSONWebKeySet), at: Date.now() };
      this.#attempt = { at: Date.now(), failure: undefined };
    } catch (failure) {
      this.#attempt = { at: Date.now(), failure };
      const issuer = this.#source.kind === 'remote' ? this.#source.url : this.#source.issuer;
      events.publish({ level: 'warn', event: 'the keys of an issuer could not be fetched', issuer, reason: describe(failure) });
    }
  }

  async #locate(): Promise<string> {
    return this.#source.kind === 'remote' ? this.#source.url : discover(this.#source.issuer, this.#options());
  }

  #options(): { readonly ca: readonly string[]; readonly timeout: number } {
    return { ca: this.#source.ca, timeout: this.#times.timeout };
  }
}

const age = ({ at }: { readonly at: number }): number => Date.now() - at;
const describe = (failure: unknown): string => (failure instanceof Error ? failure.message : String(failure));

/** `jwks_uri` from the metadata of an issuer, which must name it as it is known here (RFC 8414 section 3.3). */
async function discover(issuer: string, options: Parameters<typeof fetchJson>[1]): Promise<string> {
  const metadata = await fetchMetadata(issuer, options);
  const { issuer: named, jwks_uri: uri } = (metadata ?? {}) as Readonly<Record<string, unknown>>;
  if (named !== issuer) throw new Error('the metadata of the issuer name another issuer');
  const url = typeof uri === 'string' ? URL.parse(uri) : null;
  // Plain HTTP only where the issuer itself is reached so, which the configuration allows on loopback alone.
  if (!url || (url.protocol !== 'https:' && url.origin !== new URL(issuer).origin))
    throw new Error('the metadata of the issuer have no usable jwks_uri');
  return url.href;
}

async function fetchMetadata(issuer: string, options: Parameters<typeof fetchJson>[1]): Promise<unknown> {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  try {
    return await fetchJson(`${origin}${path}/.well-known/openid-configuration`, options);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return fetchJson(`${origin}/.well-known/oauth-authorization-server${path}`, options);
  }
}
