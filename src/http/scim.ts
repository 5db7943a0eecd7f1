// The endpoints of one directory: authentication in front of all but one, then discovery, bulk, /Me, and the resources.
// RFC 7644 section 3.2 (endpoints), 2 (authentication), 3.7 (bulk) and 3.11 (/Me).
import { channel } from 'node:diagnostics_channel';
import { type Request, type RequestHandler, Router } from 'express';
import type { Client } from '../gateway/client.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { notFound, type ScimError } from '../scim/error.ts';
import { AccessError, authenticate, type Credentials } from './auth.ts';
import type { BodyReader } from './body.ts';
import type { createCertificateReader } from './certificate.ts';
import { addBulk } from './bulk.ts';
import { addDiscovery } from './discovery.ts';
import { addEndpoint, literal } from './endpoint.ts';
import { exchangeOf } from './exchange.ts';
import type { KeySets } from './key-set.ts';
import { addMe } from './me.ts';
import type { FailedAuthentications } from './rate-limit.ts';
import { addResources, addRoot } from './resources.ts';

export interface ScimOptions {
  readonly gateway: Gateway;
  readonly clients: readonly Credentials[];
  readonly readBody: BodyReader;
  /** URL of what says where access tokens for this directory come from; undefined where none are taken. */
  readonly resourceMetadata: string | undefined;
  readonly callers: Callers;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** What is known of callers beyond one configuration. */
export interface Callers {
  readonly keySets: KeySets;
  readonly readCertificate: ReturnType<typeof createCertificateReader>;
  /** Undefined: as many as there are. */
  readonly failures: FailedAuthentications | undefined;
  /** Middleware that refuses what is over the limit of a client. */
  readonly limit: RequestHandler;
}

const events = channel('ldap-scim-gateway:event');

export function createScimRouter(options: ScimOptions): Router {
  const { gateway, readBody } = options;
  const router = Router({ caseSensitive: true });
  const base = gateway.path === '/' ? '' : gateway.path;
  const add = (pattern: string, operations: Parameters<typeof addEndpoint>[2]): void => addEndpoint(router, pattern, operations, base);

  router.use(requireClient(options), options.callers.limit);
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
function requireClient(options: ScimOptions): RequestHandler {
  const { gateway, resourceMetadata } = options;
  return async (request, response, next) => {
    const exchange = exchangeOf(response);
    exchange.resourceMetadata = resourceMetadata;
    const isRead = ['GET', 'HEAD', 'OPTIONS'].includes(request.method);
    if (!(isRead && /^\/ServiceProviderConfig\/?$/.test(request.path))) {
      const client = await authenticateRequest(request, options);
      exchange.client = client;
      if (client.directory !== gateway.directory) {
        throw new AccessError(403, 'This client has no access here', ', error="insufficient_scope"');
      }
    }
    next();
  };
}

/** @throws AccessError 401; ScimError 429 after too many failures of one address, 503 while the keys of an issuer are not to be had */
async function authenticateRequest(request: Request, { clients, callers, now }: ScimOptions): Promise<Client> {
  const { keySets, readCertificate, failures } = callers;
  const presented = { authorization: request.headersDistinct['authorization'], certificate: readCertificate(request) };
  try {
    return await authenticate(presented, clients, keySets, now());
  } catch (error) {
    if (!(error instanceof AccessError)) throw error;
    const tooMany = await failures?.count(request.socket.remoteAddress);
    if (tooMany) throw tooMany;
    if (error.cause instanceof Error) events.publish({ level: 'info', event: 'an access token was refused', reason: error.cause.message });
    throw error;
  }
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
