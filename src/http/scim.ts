// The endpoints of one directory: authentication in front of all but one, then discovery, bulk, /Me, and the resources.
// RFC 7644 section 3.2 (endpoints), 2 (authentication), 3.7 (bulk) and 3.11 (/Me).
import { type RequestHandler, Router } from 'express';
import type { Gateway } from '../gateway/gateway.ts';
import { notFound, type ScimError } from '../scim/error.ts';
import { AccessError, authenticate, type Credentials } from './auth.ts';
import type { BodyReader } from './body.ts';
import { addBulk } from './bulk.ts';
import { addDiscovery } from './discovery.ts';
import { addEndpoint, literal } from './endpoint.ts';
import { exchangeOf } from './exchange.ts';
import { addMe } from './me.ts';
import { addResources, addRoot } from './resources.ts';

export interface ScimOptions {
  readonly gateway: Gateway;
  readonly clients: readonly Credentials[];
  readonly readBody: BodyReader;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

export function createScimRouter(options: ScimOptions): Router {
  const { gateway, readBody } = options;
  const router = Router({ caseSensitive: true });
  const base = gateway.path === '/' ? '' : gateway.path;
  const add = (pattern: string, operations: Parameters<typeof addEndpoint>[2]): void => addEndpoint(router, pattern, operations, base);

  router.use(requireClient(options));
  addDiscovery(add, gateway);
  addBulk(add, gateway, readBody);
  addMe(add, gateway, readBody);
  addRoot(add, gateway, readBody);
  for (const { endpoint } of gateway.resourceTypes()) {
    router.use(literal(endpoint), requireVisible(gateway, endpoint));
    addResources(add, gateway, endpoint, readBody);
  }
  router.use(() => {
    throw unknownUrl();
  });
  return router;
}

/** Everything wants a client of this directory, except reading the ServiceProviderConfig (R-034, D-23). */
function requireClient({ gateway, clients, now }: ScimOptions): RequestHandler {
  return (request, response, next) => {
    const isRead = ['GET', 'HEAD', 'OPTIONS'].includes(request.method);
    if (!(isRead && /^\/ServiceProviderConfig\/?$/.test(request.path))) {
      const client = authenticate(request.headersDistinct['authorization'], clients, now());
      const exchange = exchangeOf(response);
      exchange.client = client;
      if (client.directory !== gateway.directory) {
        throw new AccessError(403, 'This client has no access here', ', error="insufficient_scope"');
      }
    }
    next();
  };
}

/** A resource type that the client may not use is a URL that does not exist. */
function requireVisible(gateway: Gateway, endpoint: string): RequestHandler {
  return (_request, response, next) => {
    const { client } = exchangeOf(response);
    if (!gateway.resourceTypes(client).some((type) => type.endpoint === endpoint)) throw unknownUrl();
    next();
  };
}

function unknownUrl(): ScimError {
  return notFound('There is nothing at this URL');
}
