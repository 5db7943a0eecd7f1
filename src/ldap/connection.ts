// One LDAP connection: bound before anyone gets it, never reconnecting, every operation with a deadline of its own.
// RFC 4511 sections 3.1 (messages and IDs), 4.2 (bind), 4.4.1 (notice of disconnection), 4.11 (abandon).
import type net from 'node:net';
import { plainControl, readPolicyError } from './controls.ts';
import { diagnose } from './diagnostics.ts';
import { DirectoryError, nameOfResult } from './error.ts';
import { PduFramer } from './framer.ts';
import { encodeMessage, type Control, type Request, type SearchParameters } from './message.ts';
import { decodeMessage, readMessageId, type Response, type Result } from './response.ts';
import { openSocket, type TlsOptions } from './socket.ts';

export interface ConnectOptions {
  /** ldap://, ldaps:// or ldapi:// */
  readonly url: string;
  readonly bind: { readonly dn: string; readonly password: string };
  readonly tls?: TlsOptions;
  /** Milliseconds; `connect` is for TCP, TLS and bind together. */
  readonly timeouts: { readonly connect: number; readonly operation: number };
}

export interface OperationOptions {
  readonly controls?: readonly Control[];
  /** Milliseconds, when not the connection's own; for a search the longest silence. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

/** What waits for the answers to one message ID. */
interface Exchange {
  /** True when `response` was the last one. */
  receive(response: Response, octets: number): boolean;
  fail(error: unknown): void;
  /** The consumer is behind: silence is not the server's. */
  isBehind(): boolean;
  /** Enough is queued; the socket may rest when all exchanges say so. */
  isFull(): boolean;
  timer?: NodeJS.Timeout;
  /** Undoes what was set up for it elsewhere. */
  release?(): void;
}

const highestMessageId = 2_147_483_647;
/** Octets of one search's answers that may wait for their consumer while nothing else is going on. */
const queueLimit = 4 * 1024 * 1024;
const refusals = new Set([7, 8, 13, 48, 49, 50, 53]);

/**
 * Connects and binds; nothing is shared before both are done.
 * @throws DirectoryError `unavailable`, or `credentials` when the server refuses the bind
 */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const { dn, password } = options.bind;
  if (dn === '' || password === '') {
    throw new DirectoryError('credentials', 'a bind without name or password would be anonymous (RFC 4513 section 5.1.2) and is not sent');
  }
  const deadline = Date.now() + options.timeouts.connect;
  const late = new DirectoryError('unavailable', `no connection to ${options.url} within ${options.timeouts.connect} ms`);
  const { socket, secured } = await withDeadline(options.timeouts.connect, late, (signal) =>
    openSocket(options.url, options.tls ?? {}, signal),
  );
  const connection = new Connection(options.url, socket, secured, options.timeouts.operation);
  try {
    const controls = [plainControl('passwordPolicy', false)];
    const result = await connection.request({ operation: 'bind', dn, password }, { controls, timeout: Math.max(1, deadline - Date.now()) });
    acceptBind(options.url, result);
    return connection;
  } catch (cause) {
    connection.destroy();
    if (cause instanceof DirectoryError && (cause.kind === 'credentials' || cause.kind === 'unavailable')) throw cause;
    throw cause instanceof DirectoryError && cause.kind === 'timeout'
      ? late
      : new DirectoryError('unavailable', describeBreak(options, cause), { cause });
  }
}

/** With TLS 1.3 a server refuses a client's certificate, or its absence, only after the handshake: mostly by hanging up without a word. */
function describeBreak({ url, tls = {} }: ConnectOptions, cause: unknown): string {
  const how = cause instanceof DirectoryError ? cause.message : `the connection to ${url} ended`;
  const isTls = url.startsWith('ldaps:') || tls.startTls === true;
  const offered =
    tls.cert === undefined ? 'want a client certificate (tls.cert and tls.key)' : 'not accept the client certificate (tls.cert)';
  return `${how} before the bind was answered${isTls ? `; it may ${offered}` : ''}`;
}

function acceptBind(url: string, { resultCode, diagnostic, controls }: Result): void {
  if (resultCode === 0) return;
  const policyError = readPolicyError(controls);
  const { text } = diagnose({ resultCode, diagnostic, policyError }) ?? {};
  const message = `bind to ${url}: ${nameOfResult(resultCode)}${text === undefined ? '' : `: ${text}`}`;
  throw new DirectoryError(refusals.has(resultCode) ? 'credentials' : 'unavailable', message, {
    resultCode,
    diagnostic,
    ...(policyError === undefined ? {} : { policyError }),
  });
}

async function withDeadline<T>(milliseconds: number, reason: DirectoryError, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(reason), milliseconds);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}

export class Connection {
  readonly url: string;
  readonly secured: boolean;
  /** Resolves with the reason when the connection has ended, whoever ended it. */
  readonly closed: Promise<DirectoryError>;
  /** Called when an operation has waited in vain: the server may be gone although the connection is open. */
  onSilence: (() => void) | undefined;

  readonly #socket: net.Socket;
  readonly #timeout: number;
  readonly #framer = new PduFramer();
  readonly #exchanges = new Map<number, Exchange>();
  readonly #announceEnd: (reason: DirectoryError) => void;
  #lastMessageId = 0;
  #end: DirectoryError | undefined;

  /** `socket` is connected and as secure as it will be; `timeout` in milliseconds. Use `connect`. */
  constructor(url: string, socket: net.Socket, secured: boolean, timeout: number) {
    this.url = url;
    this.secured = secured;
    this.#socket = socket;
    this.#timeout = timeout;
    const { promise, resolve } = Promise.withResolvers<DirectoryError>();
    this.closed = promise;
    this.#announceEnd = resolve;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (cause) => this.#finish(cause.message, cause));
    socket.on('end', () => this.#finish('the server closed it'));
    socket.on('close', () => this.#finish('it was closed'));
    if (socket.destroyed) this.#finish('it was closed');
    socket.resume();
  }

  get isOpen(): boolean {
    return this.#end === undefined;
  }

  /** Operations that wait for an answer. */
  get inFlight(): number {
    return this.#exchanges.size;
  }

  /**
   * One request with one answer, whatever its result code.
   * @throws DirectoryError `unavailable` (not sent), `lost` (sent, no answer) or `timeout` (abandoned); the signal's reason when aborted
   */
  request(request: Request, options: OperationOptions = {}): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#begin(request, options, {
        receive: (response) => {
          if (response.kind !== 'result') return false;
          resolve(response.result);
          return true;
        },
        fail: reject,
        isBehind: () => false,
        isFull: () => false,
      });
    });
  }

  /**
   * The answers to a search in batches as they arrive, the last one of kind `result`. Leaving the loop early abandons the search.
   * @throws DirectoryError as `request`
   */
  async *search(search: SearchParameters, options: OperationOptions = {}): AsyncGenerator<readonly Response[], void, undefined> {
    let batch: Response[] = [];
    let octets = 0;
    let failure: { readonly cause: unknown } | undefined;
    let done = false;
    let wake = (): void => undefined;
    const messageId = this.#begin({ operation: 'search', ...search }, options, {
      receive: (response, length) => {
        batch.push(response);
        octets += length;
        done = response.kind === 'result';
        wake();
        return done;
      },
      fail: (cause) => {
        failure = { cause };
        wake();
      },
      isBehind: () => batch.length > 0,
      isFull: () => octets > queueLimit,
    });
    try {
      for (;;) {
        if (failure !== undefined) throw failure.cause;
        if (batch.length > 0) {
          const taken = batch;
          batch = [];
          octets = 0;
          const last = done;
          this.#regulate();
          yield taken;
          if (last) return;
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      this.#abandon(messageId);
    }
  }

  /** Says goodbye and closes; what still waits for an answer is rejected. */
  close(): void {
    if (this.#end !== undefined) return;
    this.#socket.end(encodeMessage(this.#nextMessageId(), { operation: 'unbind' }));
    this.#finish('this side closed it');
    setTimeout(() => this.#socket.destroy(), 1000).unref();
  }

  destroy(): void {
    this.#finish('this side gave it up');
    this.#socket.destroy();
  }

  #begin(request: Request, options: OperationOptions, exchange: Exchange): number {
    if (this.#end !== undefined) throw new DirectoryError('unavailable', this.#end.message, { cause: this.#end.cause });
    options.signal?.throwIfAborted();
    const messageId = this.#nextMessageId();
    const message = encodeMessage(messageId, request, options.controls);
    const timeout = options.timeout ?? this.#timeout;
    exchange.timer = setTimeout(() => this.#expire(messageId, exchange, request.operation, timeout), timeout);
    this.#exchanges.set(messageId, exchange);
    const cancel = (): void => this.#cancel(messageId, exchange, options.signal?.reason);
    options.signal?.addEventListener('abort', cancel, { once: true });
    exchange.release = () => options.signal?.removeEventListener('abort', cancel);
    this.#write(message);
    this.#regulate();
    return messageId;
  }

  #nextMessageId(): number {
    do this.#lastMessageId = this.#lastMessageId >= highestMessageId ? 1 : this.#lastMessageId + 1;
    while (this.#exchanges.has(this.#lastMessageId));
    return this.#lastMessageId;
  }

  /** What is written in one turn of the event loop, by whichever of its callbacks, leaves in one segment, or one record of TLS. */
  #write(message: Buffer): void {
    if (this.#socket.writableCorked === 0) {
      this.#socket.cork();
      setImmediate(() => this.#socket.uncork());
    }
    this.#socket.write(message);
  }

  #take(chunk: Buffer): void {
    try {
      for (const pdu of this.#framer.push(chunk)) this.#dispatch(pdu);
      this.#regulate();
    } catch (cause) {
      this.#finish(`the server sent no LDAP: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
      this.#socket.destroy();
    }
  }

  #dispatch(pdu: Buffer): void {
    const messageId = readMessageId(pdu);
    if (messageId === 0) return this.#takeNotice(pdu);
    const exchange = this.#exchanges.get(messageId);
    if (exchange === undefined) return;
    if (exchange.receive(decodeMessage(pdu), pdu.length)) this.#forget(messageId);
    else exchange.timer?.refresh();
  }

  /** The only unsolicited notification there is says that the server closes the connection. */
  #takeNotice(pdu: Buffer): void {
    const notice = decodeMessage(pdu);
    const why = notice.kind === 'result' ? `${nameOfResult(notice.result.resultCode)} ${notice.result.diagnostic}` : notice.kind;
    this.#finish(`notice of disconnection: ${why}`);
    this.#socket.destroy();
  }

  #expire(messageId: number, exchange: Exchange, operation: string, timeout: number): void {
    if (exchange.isBehind()) {
      exchange.timer?.refresh();
      return;
    }
    this.#abandon(messageId);
    exchange.fail(new DirectoryError('timeout', `${operation}: no answer from ${this.url} within ${timeout} ms`));
    this.onSilence?.();
  }

  #cancel(messageId: number, exchange: Exchange, reason: unknown): void {
    this.#abandon(messageId);
    exchange.fail(reason);
  }

  /** A late answer finds nobody and is dropped. */
  #abandon(messageId: number): void {
    if (!this.#exchanges.has(messageId)) return;
    this.#forget(messageId);
    if (this.#end === undefined) this.#write(encodeMessage(this.#nextMessageId(), { operation: 'abandon', messageId }));
    this.#regulate();
  }

  #forget(messageId: number): void {
    const exchange = this.#exchanges.get(messageId);
    this.#exchanges.delete(messageId);
    clearTimeout(exchange?.timer);
    exchange?.release?.();
  }

  /** Rests only while everything that is in flight waits for its own consumer, so that no slow consumer delays another operation. */
  #regulate(): void {
    if (this.#end !== undefined) return;
    let resting = this.#exchanges.size > 0;
    for (const exchange of this.#exchanges.values()) {
      if (exchange.isFull()) continue;
      resting = false;
      break;
    }
    if (resting !== this.#socket.isPaused()) this.#socket[resting ? 'pause' : 'resume']();
  }

  #finish(reason: string, cause?: unknown): void {
    if (this.#end !== undefined) return;
    this.#end = new DirectoryError('lost', `the connection to ${this.url} ended: ${reason}`, { cause });
    for (const [messageId, exchange] of this.#exchanges) {
      this.#forget(messageId);
      exchange.fail(this.#end);
    }
    this.#announceEnd(this.#end);
  }
}
