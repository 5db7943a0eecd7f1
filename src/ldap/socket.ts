// Opens the byte stream to a server: TCP, TLS from the start, StartTLS, or a local socket. It is handed over only when it is as safe as asked for.
// RFC 4511 section 4.14 and RFC 4513 section 3 (StartTLS, server identity), RFC 4516 (URLs).
import net from 'node:net';
import tls from 'node:tls';
import { DirectoryError, nameOfResult } from './error.ts';
import { PduFramer } from './framer.ts';
import { encodeMessage } from './message.ts';
import { decodeMessage } from './response.ts';

export interface TlsOptions {
  readonly startTls?: boolean;
  /** PEM texts; without them the runtime's own list of authorities. */
  readonly ca?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
  /** Name to verify the certificate against, when it is not the URL's host. */
  readonly serverName?: string;
}

export interface OpenSocket {
  readonly socket: net.Socket;
  /** TLS, StartTLS, a local socket or a loopback address: what is sent cannot be read on the way. */
  readonly secured: boolean;
}

type Address = { readonly host: string; readonly port: number; readonly implicitTls: boolean } | { readonly path: string };

const startTlsOid = '1.3.6.1.4.1.1466.20037';
const startTlsMessageId = 1;

/** @throws DirectoryError kind `unavailable`; the socket is destroyed then, and also when `signal` aborts */
export async function openSocket(url: string, options: TlsOptions, signal: AbortSignal): Promise<OpenSocket> {
  let socket: net.Socket | undefined;
  try {
    const address = parseAddress(url);
    socket = net.connect('path' in address ? { path: address.path } : { host: address.host, port: address.port });
    await untilEvent(socket, 'connect', signal);
    socket.setNoDelay(true).setKeepAlive(true, 30_000);
    if ('path' in address) return { socket, secured: true };
    if (!address.implicitTls && options.startTls !== true) return { socket, secured: isLoopback(socket.remoteAddress) };
    if (!address.implicitTls) await requestStartTls(socket, signal);
    return { socket: await startTlsOn(socket, address.host, options, signal), secured: true };
  } catch (cause) {
    socket?.destroy();
    if (cause instanceof DirectoryError) throw cause;
    throw new DirectoryError('unavailable', `cannot connect to ${url}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

function parseAddress(url: string): Address {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  switch (protocol) {
    case 'ldap:':
      return { host: host || 'localhost', port: Number(port || 389), implicitTls: false };
    case 'ldaps:':
      return { host: host || 'localhost', port: Number(port || 636), implicitTls: true };
    case 'ldapi:':
      return { path: decodeURIComponent(hostname) };
    default:
      throw new Error(`${protocol}// is no LDAP URL`);
  }
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/.test(address);
}

/** The name is checked against the certificate by ourselves: Node checks "localhost" where it was told no host, and knows none on an upgraded socket. */
async function startTlsOn(socket: net.Socket, host: string, options: TlsOptions, signal: AbortSignal): Promise<tls.TLSSocket> {
  const name = options.serverName ?? host;
  const secure = tls.connect({
    socket,
    host: name,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    checkServerIdentity: (_host, certificate) => tls.checkServerIdentity(name, certificate),
    ...(net.isIP(name) === 0 ? { servername: name } : {}),
    ...(options.ca === undefined ? {} : { ca: [...options.ca] }),
    ...(options.cert === undefined ? {} : { cert: options.cert }),
    ...(options.key === undefined ? {} : { key: options.key }),
  });
  await untilEvent(secure, 'secureConnect', signal);
  return secure;
}

/** The request is all that is ever written in clear, and nothing may follow the response in clear: it would be taken for protected. */
async function requestStartTls(socket: net.Socket, signal: AbortSignal): Promise<void> {
  const framer = new PduFramer();
  const answered = new Promise<void>((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      try {
        const [pdu, ...more] = framer.push(chunk);
        if (pdu === undefined) return;
        if (more.length > 0 || framer.held > 0) throw new Error('more than the StartTLS response came in clear');
        acceptStartTls(pdu);
        socket.pause();
        resolve();
      } catch (error) {
        reject(error);
      }
      socket.off('data', take);
    };
    socket.on('data', take);
  });
  answered.catch(() => undefined);
  socket.write(encodeMessage(startTlsMessageId, { operation: 'extended', oid: startTlsOid }));
  await Promise.race([answered, untilEvent(socket, 'close', signal)]);
  if (socket.destroyed || socket.readableEnded) throw new Error('the connection ended before StartTLS');
}

function acceptStartTls(pdu: Buffer): void {
  const response = decodeMessage(pdu);
  if (response.kind !== 'result' || response.messageId !== startTlsMessageId)
    throw new Error('something else than a StartTLS response came');
  const { resultCode, diagnostic } = response.result;
  if (resultCode === 0) return;
  throw new DirectoryError('unavailable', `StartTLS was refused: ${nameOfResult(resultCode)}`, { resultCode, diagnostic });
}

function untilEvent(socket: net.Socket, event: 'connect' | 'secureConnect' | 'close', signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => (): void => {
      socket.off('error', fail).off('close', close).off(event, succeed);
      signal.removeEventListener('abort', abort);
      act();
    };
    const fail = (error: unknown): void => settle(() => reject(error))();
    const close = settle(() => reject(new Error('the connection was closed')));
    const succeed = settle(resolve);
    const abort = (): void => {
      fail(signal.reason);
      socket.destroy();
    };
    if (signal.aborted) return abort();
    socket.once('error', fail).once(event, succeed);
    if (event !== 'close') socket.once('close', close);
    signal.addEventListener('abort', abort, { once: true });
  });
}
