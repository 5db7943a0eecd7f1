// The socket side: plain or TLS, time limits, what is too broken for a request handler, and an orderly end.
// RFC 7644 section 7.2 with RFC 9325 (TLS 1.2 and newer); RFC 9112 section 9.6 (closing a connection).
import { constants, randomUUID } from 'node:crypto';
import { createServer as createHttpServer, type RequestListener, type Server, STATUS_CODES } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContextOptions } from 'node:tls';
import { ScimError } from '../scim/error.ts';
import { reportFailure, reportRequest } from './exchange.ts';

export interface ListenerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Without it, plain HTTP. */
  readonly tls?: TlsOptions | undefined;
  /** Clients are asked for a certificate; whether one that has none, or a wrong one, gets anything is not decided here. */
  readonly asksForCertificate?: boolean;
  /** Milliseconds for one whole request to arrive, headers included; 60 s by default. */
  readonly requestTimeout?: number;
}

export interface TlsOptions {
  /** PEM text of a certificate chain. */
  readonly cert: string;
  /** PEM text. */
  readonly key: string;
  /** TLSv1.2 by default. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** PEM texts of the authorities that client certificates come from. */
  readonly clientCa?: readonly string[];
}

export interface Listener {
  /** @throws Error when the address cannot be had */
  listen(): Promise<{ readonly port: number; readonly url: string }>;
  /** Takes no new connection, lets requests in flight finish for `graceMs` (10 s by default), then cuts what is left. */
  close(graceMs?: number): Promise<void>;
  /** New connections get this certificate; only where the listener has one already. @throws Error for a pair that does not fit */
  renewCertificate(tls: TlsOptions): void;
}

export function createListener(handler: RequestListener, options: ListenerOptions): Listener {
  const { host, port, tls, requestTimeout = 60_000 } = options;
  const timing = {
    requestTimeout,
    headersTimeout: Math.min(30_000, requestTimeout),
    // Longer than the idle time of the usual load balancers (60 s): the side that opens connections should close them.
    keepAliveTimeout: 65_000,
    // Node would answer with a bare 400; `server.ts` looks at it.
    requireHostHeader: false,
    connectionsCheckingInterval: Math.min(5000, requestTimeout),
  };
  // Whoever resumed a session would bring along what was thought of its certificate then.
  const asking = options.asksForCertificate === true && {
    requestCert: true,
    rejectUnauthorized: false,
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
  const secure = tls && createHttpsServer({ ...timing, ...contextOptions(tls), ...asking }, handler);
  const server: Server = secure ?? createHttpServer(timing, handler);
  server.on('clientError', refuse);
  // Node would refuse it with a bare 417; an expectation nobody knows may as well be ignored (RFC 9110 section 10.1.1).
  server.on('checkExpectation', handler);
  server.on('error', (error) => reportFailure({ requestId: '-', error }));

  return {
    async listen() {
      const taken = await listenOn(server, host, port);
      return { port: taken, url: `${tls ? 'https' : 'http'}://${isIPv6(host) ? `[${host}]` : host}:${taken}` };
    },
    close: (graceMs = 10_000) => closeServer(server, graceMs),
    renewCertificate: (renewed) => secure?.setSecureContext({ ...contextOptions(renewed), ...asking }),
  };
}

function contextOptions({ cert, key, minVersion = 'TLSv1.2', clientCa = [] }: TlsOptions): SecureContextOptions {
  // An authority that is named is trusted, whatever stands above it.
  return { cert, key, minVersion, ...(clientCa.length > 0 && { ca: [...clientCa], allowPartialTrustChain: true }) };
}

function listenOn(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
  if (!server.listening) return;
  // A connection that was kept alive becomes idle only when its answer is out.
  server.prependListener('request', (_request, response) => response.setHeader('Connection', 'close'));
  const idle = setInterval(() => server.closeIdleConnections(), 20);
  const deadline = setTimeout(() => server.closeAllConnections(), graceMs);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  clearInterval(idle);
  clearTimeout(deadline);
}

const refusals: ReadonlyMap<unknown, readonly [status: number, detail: string]> = new Map([
  ['HPE_HEADER_OVERFLOW', [431, 'The URL and the headers are too long']],
  ['ERR_HTTP_REQUEST_TIMEOUT', [408, 'The request did not arrive in time']],
] as const);

/** What the parser of HTTP refuses never becomes a request; it is answered on the bare socket, which ends with it (R-209). Lost connections and failed handshakes just end. */
function refuse(error: Error & { readonly code?: unknown }, socket: Duplex): void {
  if (!socket.writable || !/^(?:HPE|ERR_HTTP)_/.test(String(error.code))) {
    socket.destroy();
    return;
  }
  const [status, detail] = refusals.get(error.code) ?? [400, 'This is not a well-formed HTTP request'];
  const requestId = randomUUID();
  const text = JSON.stringify(new ScimError(status, detail));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/scim+json',
    `Content-Length: ${Buffer.byteLength(text)}`,
    'Cache-Control: no-store',
    `X-Request-Id: ${requestId}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`);
  const nothing = { client: undefined, route: undefined, scimType: undefined };
  reportRequest({ ...nothing, requestId, method: '-', status, milliseconds: 0, complete: true });
}
