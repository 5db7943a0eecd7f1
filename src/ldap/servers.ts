// Several servers in order of preference, a few shared connections to one of them: fail over, fail back, recovery in the background.
// No request waits for a server that is known to be away, and none ever causes a bind.
import type { Connection } from './connection.ts';
import { DirectoryError, isLoss } from './error.ts';
import { waitFor } from './patience.ts';
import { Pool, type Loan } from './pool.ts';
import { defaultIntervals, Server, type Intervals } from './server.ts';
import { stayedWith, stayWith } from './stay.ts';

export type { Loan } from './pool.ts';
export type { Intervals } from './server.ts';

export interface ServersOptions<Knowledge> {
  readonly urls: readonly string[];
  readonly connect: (url: string) => Promise<Connection>;
  /** Run on the first connection to a server before it is used; what it finds out is `knowledge` from then on. */
  readonly qualify: (connection: Connection) => Promise<Knowledge>;
  /** Answers quickly where the server is alive; throws otherwise. */
  readonly probe: (connection: Connection, timeout: number) => Promise<void>;
  /** Shared connections to keep open; paged searches may open more. */
  readonly connections: number;
  /** Milliseconds that a request waits for an attempt to connect that is under way. */
  readonly patience: number;
  readonly intervals?: Partial<Intervals>;
}

export class Servers<Knowledge> {
  readonly #options: ServersOptions<Knowledge>;
  readonly #intervals: Intervals;
  readonly #servers: readonly Server[];
  /** The connections to the server in use. */
  #pool: Pool | undefined;
  /** When the server in use began to be, or the last one ceased to be. */
  #since = Date.now();
  #knowledge: Knowledge | undefined;
  /** Connections that `connect` gave away. */
  readonly #own = new Set<Connection>();
  #attempt: Promise<void> | undefined;
  #lastFailure = new DirectoryError('unavailable', 'no connection was tried yet');
  /** After a refused bind without any connection nothing is tried anywhere until then: several servers share one account. */
  #heldUntil = 0;
  #closed = false;
  #retryTimer: NodeJS.Timeout | undefined;
  #healthTimer: NodeJS.Timeout | undefined;

  constructor(options: ServersOptions<Knowledge>) {
    this.#options = options;
    this.#intervals = { ...defaultIntervals, ...options.intervals };
    this.#servers = options.urls.map((url) => new Server(url, this.#intervals));
  }

  /** Tries each server once; whatever comes of it, the background goes on. */
  async start(): Promise<void> {
    this.#scheduleHealth();
    await this.#establish();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#healthTimer);
    this.#lastFailure = new DirectoryError('unavailable', 'the directory was closed');
    const pool = this.#pool;
    this.#pool = undefined;
    pool?.close();
    for (const connection of this.#own) connection.close();
    await this.#attempt;
  }

  /** What the last qualified server told; it stays while the directory is away. */
  get knowledge(): Knowledge | undefined {
    return this.#knowledge;
  }

  get url(): string | undefined {
    return this.#pool?.server.url;
  }

  /** Epoch milliseconds: when `url` became what it is. */
  get since(): number {
    return this.#since;
  }

  status(): { readonly ready: boolean; readonly reason?: string } {
    if (this.#pool === undefined) return { ready: false, reason: this.#lastFailure.message };
    if (this.#pool.isSuspect) return { ready: false, reason: `${this.#pool.server.url} does not answer` };
    return { ready: true };
  }

  /** A shared connection, the least busy. @throws DirectoryError `unavailable` or `credentials` */
  async borrow(): Promise<Loan> {
    const loan = this.#inUse()?.borrow() ?? (await this.#afterAttempt(() => this.#inUse()?.borrow()));
    if (loan === undefined) throw this.#refusal();
    return loan;
  }

  /** A connection on which nobody else pages until `release`. @throws DirectoryError `unavailable` or `credentials` */
  async borrowForPages(): Promise<Loan> {
    const deadline = Date.now() + this.#options.patience;
    for (;;) {
      const pool = this.#inUse() ?? (await this.#afterAttempt(() => this.#inUse()));
      if (pool === undefined) throw this.#refusal();
      const loan = await pool.borrowForPages(deadline);
      if (loan !== undefined) return loan;
      if (this.#inUse() === pool) throw new DirectoryError('unavailable', 'too many paged searches are under way');
    }
  }

  /**
   * A connection of one's own to the server in use, with what is known of it; it ends with `close` here or there.
   * @throws DirectoryError `unavailable` or `credentials`
   */
  async connect(): Promise<{ readonly connection: Connection; readonly knowledge: Knowledge }> {
    const pool = this.#pool ?? (await this.#afterAttempt(() => this.#pool));
    const knowledge = this.#knowledge;
    if (pool === undefined || knowledge === undefined || !pool.server.mayBeTried) throw this.#refusal();
    try {
      const connection = await this.#connect(pool.server);
      this.#own.add(connection);
      void connection.closed.then(() => this.#own.delete(connection));
      return { connection, knowledge };
    } catch (error) {
      if (error instanceof DirectoryError && error.kind === 'credentials') this.#noteFailure(pool.server, error);
      throw error;
    }
  }

  /** Runs `work`, once more on another connection when the first was lost. Only for work that changes nothing. */
  async read<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const loan = await this.borrow();
    try {
      return await work(loan.connection);
    } catch (error) {
      if (!isLoss(error)) throw error;
    } finally {
      loan.release();
    }
    return this.once(work);
  }

  /** Runs `work` once. */
  async once<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    return runOn(await this.borrow(), work);
  }

  /** Runs `work` once; what belongs to the same request stays with that server from now on (`stayTogether`). */
  async write<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const loan = await this.borrow();
    stayWith(this, loan.pool);
    return runOn(loan, work);
  }

  #inUse(): Pool | undefined {
    const stayed = stayedWith(this);
    if (stayed === undefined || stayed.server === this.#pool?.server) return this.#pool;
    return stayed.isOpen ? stayed : undefined;
  }

  /** Waits for an attempt to connect that is under way, not for the next one. */
  async #afterAttempt<T>(find: () => T | undefined): Promise<T | undefined> {
    if (this.#attempt === undefined) return undefined;
    await waitFor(this.#attempt, this.#options.patience);
    return find();
  }

  #refusal(): DirectoryError {
    const stayed = stayedWith(this);
    if (stayed !== undefined && this.#pool !== undefined)
      return new DirectoryError('unavailable', `${stayed.server.url} took the write and cannot be asked any more`);
    const { kind, message } = this.#lastFailure;
    return new DirectoryError(kind === 'credentials' ? 'credentials' : 'unavailable', message, { cause: this.#lastFailure });
  }

  /** One attempt at a time, over all servers that may be tried, in order. */
  #establish(): Promise<void> {
    this.#attempt ??= this.#tryServers(this.#servers).finally(() => {
      this.#attempt = undefined;
      if (this.#pool === undefined) this.#scheduleRetry();
      else this.#pool.fill();
    });
    return this.#attempt;
  }

  /** Makes the first of them that answers the one in use. A server that refused the bind comes last, so that one odd replica cannot shut out the others. */
  async #tryServers(servers: readonly Server[]): Promise<void> {
    const order = servers.toSorted((a, b) => a.refusals - b.refusals);
    for (const server of order) {
      if (this.#closed || Date.now() < this.#heldUntil) return;
      if (!server.mayBeTried) continue;
      try {
        return await this.#use(server);
      } catch (error) {
        this.#noteFailure(server, error);
      }
    }
  }

  async #use(server: Server): Promise<void> {
    const connection = await this.#connect(server);
    try {
      const knowledge = await this.#options.qualify(connection);
      if (this.#closed || !connection.isOpen) throw new DirectoryError('unavailable', `the connection to ${server.url} did not last`);
      const left = this.#pool;
      this.#knowledge = knowledge;
      this.#pool = this.#openPool(server, connection);
      this.#since = Date.now();
      server.noteConnected();
      left?.retire();
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  async #connect(server: Server): Promise<Connection> {
    const connection = await this.#options.connect(server.url);
    if (!this.#closed) return connection;
    connection.close();
    throw new DirectoryError('unavailable', 'the directory was closed');
  }

  #openPool(server: Server, first: Connection): Pool {
    const pool: Pool = new Pool(first, {
      server,
      connect: () => this.#connect(server),
      probe: (connection) => this.#options.probe(connection, this.#intervals.probe),
      connections: this.#options.connections,
      stable: this.#intervals.stable,
      onLost: (reason, young) => this.#leave(pool, reason, young),
      onRefused: (error) => this.#noteFailure(server, error),
    });
    return pool;
  }

  #leave(pool: Pool, reason: DirectoryError, young: boolean): void {
    if (this.#pool !== pool) return;
    this.#pool = undefined;
    this.#since = Date.now();
    this.#lastFailure = reason;
    pool.server.noteLoss(reason, young);
    void this.#establish();
  }

  #noteFailure(server: Server, error: unknown): void {
    const failure = error instanceof DirectoryError ? error : new DirectoryError('unavailable', String(error), { cause: error });
    this.#lastFailure = failure;
    server.noteFailure(failure);
    if (failure.kind === 'credentials' && this.#pool === undefined) this.#heldUntil = server.retryAt;
  }

  #scheduleRetry(): void {
    if (this.#closed) return;
    const next = Math.max(this.#heldUntil, Math.min(...this.#servers.map(({ retryAt }) => retryAt)));
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => void this.#establish(), Math.max(1, next - Date.now())).unref();
  }

  #scheduleHealth(): void {
    if (this.#closed) return;
    const wait = this.#intervals.health * (0.9 + Math.random() / 5);
    this.#healthTimer = setTimeout(() => void this.#checkHealth().finally(() => this.#scheduleHealth()), wait).unref();
  }

  async #checkHealth(): Promise<void> {
    const pool = this.#pool;
    if (pool === undefined) return;
    await pool.checkHealth();
    const preferred = this.#servers.slice(0, this.#servers.indexOf(pool.server));
    if (this.#pool === pool && this.#attempt === undefined) await this.#tryServers(preferred);
  }
}

async function runOn<T>(loan: Loan, work: (connection: Connection) => Promise<T>): Promise<T> {
  try {
    return await work(loan.connection);
  } finally {
    loan.release();
  }
}
