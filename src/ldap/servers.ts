// Several servers in order of preference, a few shared connections to one of them: fail over, fail back, recovery in the background.
// No request waits for a server that is known to be away, and none ever causes a bind.
import type { Connection } from './connection.ts';
import { DirectoryError } from './error.ts';
import { reportConnected, reportDisconnected } from './journal.ts';

/** Milliseconds. */
export interface Intervals {
  /** Between two looks at idle connections and at preferred servers. */
  readonly health: number;
  /** Longest wait of a health probe. */
  readonly probe: number;
  /** First and longest wait before a server that was away is tried again. */
  readonly retryFirst: number;
  readonly retryLast: number;
  /** After a refused bind; doubled each time, up to an hour: a wrong password must not lock the account. */
  readonly refused: number;
}

const defaultIntervals: Intervals = { health: 30_000, probe: 3_000, retryFirst: 250, retryLast: 15_000, refused: 5 * 60_000 };

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

/** A connection to work with, until `release`. */
export interface Loan {
  readonly connection: Connection;
  release(): void;
}

interface Server {
  readonly url: string;
  failures: number;
  refusals: number;
  /** Clock time before which it is not tried. */
  retryAt: number;
  /** The reason that was reported last: an outage is told once, not at every attempt. */
  reported: string | undefined;
}

interface Member {
  readonly server: Server;
  readonly connection: Connection;
  readonly since: number;
  loans: number;
  /** A paged search holds it; slapd forgets one paged search when another begins on the same connection. */
  paging: boolean;
  probing: boolean;
  /** An operation waited in vain, and the probe has not answered yet. */
  suspect: boolean;
  retired: boolean;
}

interface Active {
  readonly server: Server;
  readonly members: Member[];
  /** Connections that are being opened. */
  opening: number;
}

const mostConnections = 16;
/** Per connection; slapd ends one with more than 1000 requests waiting (conn_max_pending_auth). */
const mostInFlight = 800;
/** A connection that ends sooner is not replaced at once: the server may allow no more of them, or end each. */
const stableAfter = 1_000;
const longestRefusal = 60 * 60_000;

export class Servers<Knowledge> {
  readonly #options: ServersOptions<Knowledge>;
  readonly #intervals: Intervals;
  readonly #servers: readonly Server[];
  #active: Active | undefined;
  /** When the server in use began to be, or the last one ceased to be. */
  #since = Date.now();
  #knowledge: Knowledge | undefined;
  #attempt: Promise<void> | undefined;
  #lastFailure = new DirectoryError('unavailable', 'no connection was tried yet');
  /** After a refused bind without any connection nothing is tried anywhere until then: several servers share one account. */
  #heldUntil = 0;
  #filling = false;
  #closed = false;
  #retryTimer: NodeJS.Timeout | undefined;
  #healthTimer: NodeJS.Timeout | undefined;
  readonly #waitingForPages: (() => void)[] = [];

  constructor(options: ServersOptions<Knowledge>) {
    this.#options = options;
    this.#intervals = { ...defaultIntervals, ...options.intervals };
    this.#servers = options.urls.map((url) => ({ url, failures: 0, refusals: 0, retryAt: 0, reported: undefined }));
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
    const members = this.#active?.members ?? [];
    this.#active = undefined;
    for (const { connection } of members) connection.close();
    this.#waitingForPages.splice(0).forEach((wake) => wake());
    await this.#attempt;
  }

  /** What the last qualified server told; it stays while the directory is away. */
  get knowledge(): Knowledge | undefined {
    return this.#knowledge;
  }

  get url(): string | undefined {
    return this.#active?.server.url;
  }

  /** Epoch milliseconds: when `url` became what it is. */
  get since(): number {
    return this.#since;
  }

  status(): { readonly ready: boolean; readonly reason?: string } {
    if (this.#active === undefined) return { ready: false, reason: this.#lastFailure.message };
    if (this.#active.members.every(({ suspect }) => suspect)) return { ready: false, reason: `${this.#active.server.url} does not answer` };
    return { ready: true };
  }

  /** A shared connection, the least busy. @throws DirectoryError `unavailable` or `credentials` */
  async borrow(): Promise<Loan> {
    const member = this.#leastBusy() ?? (await this.#afterAttempt(() => this.#leastBusy()));
    if (member === undefined) throw this.#refusal();
    if (member.loans >= mostInFlight) throw new DirectoryError('unavailable', 'too many requests are in flight');
    return this.#lend(member);
  }

  /** A connection on which nobody else pages until `release`. @throws DirectoryError `unavailable` or `credentials` */
  async borrowForPages(): Promise<Loan> {
    const deadline = Date.now() + this.#options.patience;
    for (;;) {
      const active = this.#active ?? (await this.#afterAttempt(() => this.#active));
      if (active === undefined) throw this.#refusal();
      const opened = freeForPages(active) === undefined ? await this.#openOneMore(active) : undefined;
      const free = freeForPages(active);
      if (free !== undefined) return this.#lendForPages(free);
      if (opened !== undefined || this.#active !== active) continue;
      if (!(await this.#pageSlot(deadline))) throw new DirectoryError('unavailable', 'too many paged searches are under way');
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
    return this.write(work);
  }

  /** Runs `work` once. */
  async write<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const loan = await this.borrow();
    try {
      return await work(loan.connection);
    } finally {
      loan.release();
    }
  }

  #leastBusy(): Member | undefined {
    let best: Member | undefined;
    for (const member of this.#active?.members ?? []) {
      if (!member.connection.isOpen) continue;
      if (best === undefined || busyness(member) < busyness(best)) best = member;
    }
    return best;
  }

  /** Waits for an attempt to connect that is under way, not for the next one. */
  async #afterAttempt<T>(find: () => T | undefined): Promise<T | undefined> {
    if (this.#attempt === undefined) return undefined;
    await withPatience(this.#attempt, this.#options.patience);
    return find();
  }

  #refusal(): DirectoryError {
    const { kind, message } = this.#lastFailure;
    return new DirectoryError(kind === 'credentials' ? 'credentials' : 'unavailable', message, { cause: this.#lastFailure });
  }

  #lend(member: Member, onRelease = (): void => undefined): Loan {
    member.loans += 1;
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      member.loans -= 1;
      onRelease();
      this.#closeIfRetired(member);
    };
    return { connection: member.connection, release };
  }

  #lendForPages(member: Member): Loan {
    member.paging = true;
    return this.#lend(member, () => {
      member.paging = false;
      this.#waitingForPages.shift()?.();
    });
  }

  async #pageSlot(deadline: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waitingForPages.push(resolve);
    await withPatience(promise, deadline - Date.now());
    const index = this.#waitingForPages.indexOf(resolve);
    if (index >= 0) this.#waitingForPages.splice(index, 1);
    return index < 0;
  }

  /** One attempt at a time, over all servers that may be tried, in order. */
  #establish(): Promise<void> {
    this.#attempt ??= this.#tryServers(this.#servers).finally(() => {
      this.#attempt = undefined;
      if (this.#active === undefined) this.#scheduleRetry();
      else this.#fill();
    });
    return this.#attempt;
  }

  /** Makes the first of them that answers the active one. A server that refused the bind comes last, so that one odd replica cannot shut out the others. */
  async #tryServers(servers: readonly Server[]): Promise<void> {
    const order = servers.toSorted((a, b) => a.refusals - b.refusals);
    for (const server of order) {
      const now = Date.now();
      if (this.#closed || now < this.#heldUntil) return;
      if (now < server.retryAt) continue;
      try {
        const member = await this.#open(server);
        await this.#activate(member);
        return;
      } catch (error) {
        this.#noteFailure(server, error);
      }
    }
  }

  async #open(server: Server): Promise<Member> {
    const connection = await this.#options.connect(server.url);
    if (this.#closed) {
      connection.close();
      throw new DirectoryError('unavailable', 'the directory was closed');
    }
    const member: Member = {
      server,
      connection,
      since: Date.now(),
      loans: 0,
      paging: false,
      probing: false,
      suspect: false,
      retired: false,
    };
    connection.onSilence = () => this.#suspect(member);
    return member;
  }

  async #activate(member: Member): Promise<void> {
    const { server, connection } = member;
    try {
      const knowledge = await this.#options.qualify(connection);
      if (this.#closed || !connection.isOpen) throw new DirectoryError('unavailable', `the connection to ${server.url} did not last`);
      const left = this.#active;
      this.#knowledge = knowledge;
      this.#active = { server, members: [], opening: 0 };
      this.#since = Date.now();
      server.refusals = 0;
      this.#join(this.#active.members, member);
      server.reported = undefined;
      reportConnected(server.url);
      for (const old of left?.members ?? []) this.#retire(old);
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  #join(members: Member[], member: Member): void {
    members.push(member);
    void member.connection.closed.then((reason) => this.#leave(members, member, reason));
  }

  #leave(members: Member[], member: Member, reason: DirectoryError): void {
    const index = members.indexOf(member);
    if (index >= 0) members.splice(index, 1);
    if (this.#closed || member.retired || this.#active?.members !== members) return;
    const wasStable = Date.now() - member.since >= stableAfter;
    if (members.length > 0) return wasStable ? this.#fill() : undefined;
    this.#active = undefined;
    this.#since = Date.now();
    this.#lastFailure = reason;
    if (wasStable) {
      member.server.failures = 0;
      report(member.server, reason);
    } else this.#noteFailure(member.server, reason);
    void this.#establish();
  }

  #retire(member: Member): void {
    member.retired = true;
    this.#closeIfRetired(member);
  }

  #closeIfRetired(member: Member): void {
    if (member.retired && member.loans === 0) member.connection.close();
  }

  #noteFailure(server: Server, error: unknown): void {
    const failure = error instanceof DirectoryError ? error : new DirectoryError('unavailable', String(error), { cause: error });
    const { retryFirst, retryLast, refused } = this.#intervals;
    this.#lastFailure = failure;
    report(server, failure);
    if (failure.kind === 'credentials') {
      const wait = Math.min(longestRefusal, refused * 2 ** server.refusals);
      server.refusals += 1;
      server.retryAt = Date.now() + wait;
      if (this.#active === undefined) this.#heldUntil = server.retryAt;
      return;
    }
    const wait = Math.min(retryLast, retryFirst * 2 ** server.failures);
    server.failures += 1;
    server.retryAt = Date.now() + wait * (0.5 + Math.random() / 2);
  }

  #scheduleRetry(): void {
    if (this.#closed) return;
    const next = Math.max(this.#heldUntil, Math.min(...this.#servers.map(({ retryAt }) => retryAt)));
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => void this.#establish(), Math.max(1, next - Date.now())).unref();
  }

  /** Opens what is missing of the shared connections, one after the other; a failure is left to the next health check. */
  #fill(): void {
    const active = this.#active;
    if (active === undefined || this.#filling) return;
    this.#filling = true;
    void this.#openMissing(active).finally(() => {
      this.#filling = false;
    });
  }

  async #openMissing(active: Active): Promise<void> {
    while (active.members.length < this.#options.connections) {
      if ((await this.#openOneMore(active)) === undefined) return;
    }
  }

  /** One more connection to the active server, or undefined when that is not possible now. */
  async #openOneMore(active: Active): Promise<Member | undefined> {
    const isFull = active.members.length + active.opening >= mostConnections;
    if (this.#active !== active || isFull || Date.now() < active.server.retryAt) return undefined;
    active.opening += 1;
    try {
      const member = await this.#open(active.server);
      if (this.#active === active) this.#join(active.members, member);
      else member.connection.close();
      return this.#active === active ? member : undefined;
    } catch (error) {
      if (error instanceof DirectoryError && error.kind === 'credentials') this.#noteFailure(active.server, error);
      return undefined;
    } finally {
      active.opening -= 1;
    }
  }

  #scheduleHealth(): void {
    if (this.#closed) return;
    const wait = this.#intervals.health * (0.9 + Math.random() / 5);
    this.#healthTimer = setTimeout(() => void this.#checkHealth().finally(() => this.#scheduleHealth()), wait).unref();
  }

  async #checkHealth(): Promise<void> {
    const active = this.#active;
    if (active === undefined) return;
    await Promise.all([...active.members].map((member) => this.#examine(member)));
    this.#shrink(active.members);
    this.#fill();
    const preferred = this.#servers.slice(0, this.#servers.indexOf(active.server));
    if (this.#active === active && this.#attempt === undefined) await this.#tryServers(preferred);
  }

  #suspect(member: Member): void {
    member.suspect = true;
    void this.#examine(member);
  }

  /** A connection is open but may be dead: a quick probe decides. Where one is dead, the others to that server are suspected too. */
  async #examine(member: Member): Promise<void> {
    if (member.probing || !member.connection.isOpen) return;
    member.probing = true;
    try {
      await this.#options.probe(member.connection, this.#intervals.probe);
      member.suspect = false;
    } catch {
      member.connection.destroy();
      for (const other of this.#active?.members ?? []) if (other.server === member.server && !other.suspect) this.#suspect(other);
    } finally {
      member.probing = false;
    }
  }

  /** Closes connections that were opened for paged searches and are idle now. */
  #shrink(members: Member[]): void {
    const idle = members.filter(({ loans }) => loans === 0);
    for (const member of idle.slice(0, Math.max(0, members.length - this.#options.connections))) {
      members.splice(members.indexOf(member), 1);
      this.#retire(member);
    }
  }
}

function report(server: Server, { message }: DirectoryError): void {
  if (server.reported === message) return;
  server.reported = message;
  reportDisconnected(server.url, message);
}

function freeForPages({ members }: Active): Member | undefined {
  return members.find(({ paging, suspect, connection }) => !paging && !suspect && connection.isOpen);
}

function busyness({ loans, suspect }: Member): number {
  return loans + (suspect ? 1_000_000 : 0);
}

function isLoss(error: unknown): boolean {
  return error instanceof DirectoryError && (error.kind === 'lost' || error.kind === 'unavailable');
}

/** Waits for `promise`, but no longer than `milliseconds`. */
async function withPatience(promise: Promise<unknown>, milliseconds: number): Promise<void> {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  await Promise.race([promise, over]);
  clearTimeout(timer);
}
