// The whole HTTP side of the gateway: the order of middleware, health and readiness, one router per directory, one error middleware.
// RFC 7644 section 3.13 and section 6 (several directories, each under its own path); RFC 7643 and 7644 in the routers themselves.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import { bulkLimits } from '../gateway/bulk.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { invalidSyntax, notFound } from '../scim/error.ts';
import { closeApplication, openApplication } from './application.ts';
import type { Credentials } from './auth.ts';
import { createBodyReader } from './body.ts';
import { type CertificateHeader, createCertificateReader } from './certificate.ts';
import { addEndpoint, literal, type Operation } from './endpoint.ts';
import { KeySets, type KeySetTimes } from './key-set.ts';
import { createListener, type Listener, type ListenerOptions } from './listener.ts';
import { createClientLimit, FailedAuthentications } from './rate-limit.ts';
import { json } from './reply.ts';
import { describeResource, resourceEndpoints } from './resource-metadata.ts';
import { type Callers, createScimRouter } from './scim.ts';

export interface ServerOptions extends ListenerOptions {
  readonly gateways: readonly Gateway[];
  readonly clients: readonly Credentials[];
  /** The realm of WWW-Authenticate: letters, digits, blanks and `-._`; `scim` by default. */
  readonly realm?: string;
  /** Largest request body, before and after inflating; 1 MiB by default. */
  readonly maxBodyBytes?: number;
  /** Where a proxy in front tells the certificate of its client; without it, no header is believed. */
  readonly certificateHeader?: CertificateHeader | undefined;
  /** How often one address may fail to authenticate within a minute before that is answered 429; any number by default. */
  readonly failedAuthenticationsPerMinute?: number;
  /** How the keys of issuers are fetched and kept. */
  readonly keySetTimes?: KeySetTimes;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

/** What requests are answered from; exchanged as a whole. */
type Served = Pick<ServerOptions, 'gateways' | 'clients'>;

export interface GatewayServer extends Listener {
  /** Answers from these as of the next request. Resolves when the last request that had begun before is over. */
  replace(served: Served): Promise<void>;
}

export function createServer(options: ServerOptions): GatewayServer {
  const { certificateHeader, failedAuthenticationsPerMinute, keySetTimes } = options;
  const keySets = new KeySets(keySetTimes);
  const callers: Callers = {
    keySets,
    readCertificate: createCertificateReader(certificateHeader),
    failures: failedAuthenticationsPerMinute === undefined ? undefined : new FailedAuthentications(failedAuthenticationsPerMinute),
    limit: createClientLimit(),
  };
  let current = new Serving(createApplication(options, callers));
  const listener = createListener((request, response) => current.handle(request, response), options);
  return {
    ...listener,
    async close(graceMs) {
      await listener.close(graceMs);
      callers.failures?.close();
    },
    replace(served) {
      const before = current;
      current = new Serving(createApplication({ ...options, ...served }, callers));
      keySets.keep(served.clients.flatMap(({ accessTokens }) => accessTokens?.keys ?? []));
      return before.end();
    },
  };
}

/** An application and the requests that it is busy with. */
class Serving {
  readonly #application: RequestListener;
  #requests = 0;
  #ended: (() => void) | undefined;

  constructor(application: RequestListener) {
    this.#application = application;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    this.#requests += 1;
    response.once('close', () => {
      this.#requests -= 1;
      if (this.#requests === 0) this.#ended?.();
    });
    this.#application(request, response);
  }

  /** To be called when it gets no more requests. */
  end(): Promise<void> {
    return this.#requests === 0 ? Promise.resolve() : new Promise((resolve) => (this.#ended = resolve));
  }
}

function createApplication(options: ServerOptions, callers: Callers): RequestListener {
  const { gateways, clients, realm = 'scim', maxBodyBytes = bulkLimits.maxPayloadSize, now = Date.now } = options;
  const application = openApplication();
  application.use(requireHost);
  addEndpoint(application, '/health', { GET: () => statusReply(true, 'ok') });
  addEndpoint(application, '/ready', { GET: () => readiness(gateways) });

  const described = new Map(gateways.map((gateway) => [gateway, describeResource(gateway, clients)] as const));
  const metadata = [...described.values()].filter((each) => each !== undefined);
  for (const [path, operation] of resourceEndpoints(metadata)) addEndpoint(application, path, { GET: operation });

  const readBody = createBodyReader(maxBodyBytes);
  for (const [path, gateway] of pathsOf(gateways)) {
    const resourceMetadata = described.get(gateway)?.url;
    const router = createScimRouter({ gateway, clients, readBody, resourceMetadata, callers, now });
    application.use(path === '' ? '/' : literal(path), refuseOtherVersions(path), router);
  }
  return closeApplication(application, realm);
}

const version = '/v2';

/**
 * Where gateways answer, the longest path first. The version may be left out of the path of a directory, and added to it: it is the only
 * one there is, and so the newest (RFC 7644 section 3.13; ). Locations are those of the configured path.
 */
function pathsOf(gateways: readonly Gateway[]): readonly (readonly [path: string, gateway: Gateway])[] {
  const configured = gateways.map((gateway) => [gateway.path === '/' ? '' : gateway.path, gateway] as const);
  const others = configured.map(
    ([path, gateway]) => [path.endsWith(version) ? path.slice(0, -version.length) : path + version, gateway] as const,
  );
  const paths = new Map([...others, ...configured]);
  return [...paths].toSorted(([a], [b]) => b.length - a.length);
}

/** `/v1/Users` is not the `Users` of any other version, whoever asks. */
function refuseOtherVersions(path: string): RequestHandler {
  return (request, _response, next) => {
    if (!path.endsWith(version) && /^\/v\d+(?:\/|$)/i.test(request.path)) throw notFound('There is no such version of the protocol here');
    next();
  };
}

/** RFC 9112 section 3.2. */
const requireHost: RequestHandler = ({ httpVersion, headersDistinct }, _response, next) => {
  if (httpVersion === '1.1' && headersDistinct['host']?.length !== 1) throw invalidSyntax('The request needs one Host header');
  next();
};

function readiness(gateways: readonly Gateway[]): ReturnType<Operation> {
  return gateways.every((gateway) => gateway.ready()) ? statusReply(true, 'ready') : statusReply(false, 'not ready');
}

/** Status only: reasons are in the log. */
function statusReply(fine: boolean, status: string): ReturnType<Operation> {
  return { ...json(fine ? 200 : 503, { status }, { 'Cache-Control': 'no-store' }), mediaType: 'application/json' };
}
