// What the tests use of `oidc-provider`, which has no types of its own.
declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http';

  export interface AdapterPayload {
    readonly [name: string]: unknown;
  }

  export interface ResourceServer {
    readonly scope: string;
    readonly audience: string;
    readonly accessTokenTTL: number;
    readonly accessTokenFormat: 'jwt';
    readonly jwt: { readonly sign: { readonly alg: 'RS256' } };
  }

  export interface Configuration {
    readonly adapter: new (name: string) => object;
    readonly clients: readonly object[];
    readonly jwks: { readonly keys: readonly object[] };
    readonly ttl: Readonly<Record<string, () => number>>;
    readonly features: {
      readonly devInteractions: { readonly enabled: boolean };
      readonly clientCredentials: { readonly enabled: boolean };
      readonly resourceIndicators: {
        readonly enabled: boolean;
        readonly getResourceServerInfo: (context: unknown, resource: string) => ResourceServer;
      };
    };
  }

  interface Token {
    resourceServer: object;
    save(): Promise<string>;
  }

  export class Provider {
    constructor(issuer: string, configuration: Configuration);
    readonly Client: { find(id: string): Promise<object | undefined> };
    readonly ClientCredentials: new (options: { readonly client: object; readonly scope: string }) => Token;
    readonly ResourceServer: new (identifier: string, server: ResourceServer) => object;
    callback(): RequestListener;
  }
}
