// Where a client gets access tokens for a directory: the metadata of a protected resource, for directories whose clients use such tokens.
// RFC 9728 sections 2, 3.1 and 5.1.
import type { Gateway } from '../gateway/gateway.ts';
import type { Credentials } from './auth.ts';
import type { Operation } from './endpoint.ts';
import { json } from './reply.ts';

const wellKnown = '/.well-known/oauth-protected-resource';

export interface ResourceMetadata {
  /** The gateway's own path of the document. */
  readonly path: string;
  /** Its public URL, for `resource_metadata` in challenges. */
  readonly url: string;
  readonly document: Readonly<Record<string, unknown>>;
}

/** Undefined where no client has access tokens. */
export function describeResource({ baseUrl, path, directory }: Gateway, clients: readonly Credentials[]): ResourceMetadata | undefined {
  const rules = clients.flatMap(({ client, accessTokens }) => (client.directory === directory ? (accessTokens ?? []) : []));
  if (rules.length === 0) return undefined;
  const own = `${wellKnown}${path === '/' ? '' : path}`;
  return {
    path: own,
    url: `${new URL(baseUrl).origin}${own}`,
    document: {
      resource: baseUrl,
      authorization_servers: [...new Set(rules.map(({ authorizationServer }) => authorizationServer))],
      bearer_methods_supported: ['header'],
    },
  };
}

/** The documents by their paths. With one directory the path without a suffix leads there, too. */
export function resourceEndpoints(described: readonly ResourceMetadata[]): ReadonlyMap<string, Operation> {
  const [only, ...others] = described;
  const answer =
    ({ document }: ResourceMetadata): Operation =>
    () => ({ ...json(200, document, { 'Cache-Control': 'public, max-age=3600' }), mediaType: 'application/json' });
  return new Map([
    ...(only && others.length === 0 ? [[wellKnown, answer(only)] as const] : []),
    ...described.map((each) => [each.path, answer(each)] as const),
  ]);
}
