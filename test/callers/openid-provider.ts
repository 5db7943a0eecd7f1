// A real OpenID provider on loopback, whose tokens and keys are what the gateway meets in the field.
// RFC 6749 section 4.4 (client credentials), RFC 8707 (resource indicators), RFC 9068 (JWT access tokens).
import { generateKeyPairSync } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type AdapterPayload, Provider, type ResourceServer } from 'oidc-provider';

export interface OpenIdProvider {
  readonly issuer: string;
  /** How often each path was asked for. */
  readonly asked: ReadonlyMap<string, number>;
  /** An access token of a client for an audience. */
  token(clientId: string, audience: string): Promise<string>;
  /** Other keys as of now. */
  rotate(): void;
  /** Connections are accepted and nothing is ever answered. */
  hang(hanging: boolean): void;
  stop(): Promise<void>;
  /** At the same address as before. */
  start(): Promise<void>;
}

export interface ProviderOptions {
  readonly clients: readonly string[];
  readonly tls?: { readonly cert: string; readonly key: string };
}

const secret = 'secret-of-every-client';

/** What the provider keeps; its own default warns that it is not for production. */
class Memory {
  readonly #items = new Map<string, AdapterPayload>();

  upsert(id: string, payload: AdapterPayload): Promise<void> {
    this.#items.set(id, payload);
    return Promise.resolve();
  }

  find(id: string): Promise<AdapterPayload | undefined> {
    return Promise.resolve(this.#items.get(id));
  }

  findByUid = this.find;
  findByUserCode = this.find;

  destroy(id: string): Promise<void> {
    this.#items.delete(id);
    return Promise.resolve();
  }

  consume = this.destroy;
  revokeByGrantId = this.destroy;
}

export async function startProvider({ clients, tls }: ProviderOptions): Promise<OpenIdProvider> {
  const asked = new Map<string, number>();
  let handle: RequestListener = () => undefined;
  let hanging = false;
  const listener: RequestListener = (request, response) => {
    const path = request.url ?? '';
    asked.set(path, (asked.get(path) ?? 0) + 1);
    if (!hanging) handle(request, response);
  };
  const open = (port: number): Promise<Server> =>
    new Promise((resolve, reject) => {
      const opened = tls ? createSecureServer(tls, listener) : createServer(listener);
      opened.once('error', reject);
      opened.listen(port, '127.0.0.1', () => resolve(opened));
    });
  const close = (closed: Server): Promise<void> =>
    new Promise((resolve) => {
      closed.close(() => resolve());
      closed.closeAllConnections();
    });
  let server = await open(0);
  const { port } = server.address() as AddressInfo;
  const issuer = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`;
  let generation = 0;
  let provider: Provider;
  const resourceServer = (audience: string): ResourceServer => ({
    scope: 'scim',
    audience,
    accessTokenTTL: 3600,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'RS256' } },
  });
  const renew = (): void => {
    generation += 1;
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    provider = new Provider(issuer, {
      clients: clients.map((client_id) => ({
        client_id,
        client_secret: secret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      })),
      jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: `key-${generation}`, use: 'sig', alg: 'RS256' }] },
      adapter: Memory,
      ttl: { ClientCredentials: () => 3600 },
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_context, resource) => resourceServer(resource),
        },
      },
    });
    handle = provider.callback();
  };
  renew();

  return {
    issuer,
    asked,
    async token(clientId, audience) {
      // Straight from the provider, wherever it is listening.
      const client = await provider.Client.find(clientId);
      if (!client) throw new Error(`the provider has no client ${clientId}`);
      const token = new provider.ClientCredentials({ client, scope: 'scim' });
      token.resourceServer = new provider.ResourceServer(audience, resourceServer(audience));
      return token.save();
    },
    rotate: renew,
    hang: (now) => (hanging = now),
    stop: () => close(server),
    async start() {
      server = await open(port);
    },
  };
}

/** The same as a client of the provider gets it over HTTP. */
export async function requestToken(issuer: string, clientId: string, audience: string): Promise<string> {
  const answer = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { Authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource: audience, scope: 'scim' }),
  });
  const { access_token: token } = (await answer.json()) as { readonly access_token?: string };
  if (token === undefined) throw new Error(`no token: ${answer.status}`);
  return token;
}
