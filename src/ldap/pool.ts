// A few shared connections to one server: lent to requests, probed when they fall silent, replaced when they end.
// RFC 4511 section 4.1.1: many operations at a time on one connection; RFC 2696: a paged search has one for itself.
import type { Connection } from './connection.ts';
import { DirectoryError } from './error.ts';
import { waitFor } from './patience.ts';
import type { Server } from './server.ts';

/** A connection to work with, until `release`. */
export interface Loan {
  readonly connection: Connection;
  readonly pool: Pool;
  release(): void;
}

export interface PoolOptions {
  readonly server: Server;
  /** One more connection, bound. */
  readonly connect: () => Promise<Connection>;
  /** Answers quickly where the server is alive; throws otherwise. */
  readonly probe: (connection: Connection) => Promise<void>;
  /** Connections to keep open; paged searches may open more. */
  readonly connections: number;
  /** Milliseconds: a connection that ends sooner is `young`, and not replaced at once. */
  readonly stable: number;
  /** The last connection ended: the pool is over. */
  readonly onLost: (reason: DirectoryError, young: boolean) => void;
  /** The server accepted the first bind, but refused this one. */
  readonly onRefused: (error: DirectoryError) => void;
}

interface Member {
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

const mostConnections = 16;
/** Per connection; slapd ends one with more than 1000 requests waiting (conn_max_pending_auth). */
const mostInFlight = 800;
const restBeforeFilling = 50;

export class Pool {
  readonly #options: PoolOptions;
  readonly #members: Member[] = [];
  /** Connections that are being opened. */
  #opening = 0;
  #filling = false;
  #over = false;
  /** Requests that stay with this server. */
  #holds = 0;
  readonly #waitingForPages: (() => void)[] = [];

  /** `first` is open, and known to be usable. */
  constructor(first: Connection, options: PoolOptions) {
    this.#options = options;
    this.#join(first);
  }

  get server(): Server {
    return this.#options.server;
  }

  get isOpen(): boolean {
    return this.#members.some(({ connection }) => connection.isOpen);
  }

  /** Every connection has an operation that waits in vain. */
  get isSuspect(): boolean {
    return this.#members.every(({ suspect }) => suspect);
  }

  /** The least busy connection, or undefined when none is open. @throws DirectoryError `unavailable` when too much is under way on all of them */
  borrow(): Loan | undefined {
    const member = this.#leastBusy();
    if (member === undefined) return undefined;
    if (member.loans >= mostInFlight) throw new DirectoryError('unavailable', 'too many requests are in flight');
    return this.#lend(member);
  }

  /** A connection on which nobody else pages; undefined when none was free until `deadline` (clock time), or when the pool is over. */
  async borrowForPages(deadline: number): Promise<Loan | undefined> {
    for (;;) {
      const opened = this.#freeForPages() === undefined ? await this.#openOneMore() : undefined;
      const free = this.#freeForPages();
      if (free !== undefined) return this.#lendForPages(free);
      if (this.#over) return undefined;
      if (opened === undefined && !(await this.#pageSlot(deadline))) return undefined;
    }
  }

  /** Opens what is missing, one after the other; a failure is left to the next health check. */
  fill(): void {
    if (this.#filling) return;
    this.#filling = true;
    void this.#openMissing().finally(() => {
      this.#filling = false;
    });
  }

  async checkHealth(): Promise<void> {
    await Promise.all([...this.#members].map((member) => this.#examine(member)));
    this.#shrink();
    this.fill();
  }

  /** Connections outlive `retire` until `release`. */
  hold(): void {
    this.#holds += 1;
  }

  release(): void {
    this.#holds -= 1;
    for (const member of this.#members) this.#closeIfDone(member);
  }

  /** Is not used any more, but by those who hold it; each connection is closed when its work is done. */
  retire(): void {
    this.#over = true;
    for (const member of this.#members) this.#retireMember(member);
  }

  /** Closes every connection, whatever is under way. */
  close(): void {
    this.#over = true;
    for (const { connection } of this.#members) connection.close();
    this.#waitingForPages.splice(0).forEach((wake) => wake());
  }

  #leastBusy(): Member | undefined {
    let best: Member | undefined;
    for (const member of this.#members) {
      if (!member.connection.isOpen) continue;
      if (best === undefined || busyness(member) < busyness(best)) best = member;
    }
    return best;
  }

  #freeForPages(): Member | undefined {
    return this.#members.find(({ paging, suspect, connection }) => !paging && !suspect && connection.isOpen);
  }

  #lend(member: Member, onRelease = (): void => undefined): Loan {
    member.loans += 1;
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      member.loans -= 1;
      onRelease();
      this.#closeIfDone(member);
    };
    return { connection: member.connection, pool: this, release };
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
    await waitFor(promise, deadline - Date.now());
    const index = this.#waitingForPages.indexOf(resolve);
    if (index >= 0) this.#waitingForPages.splice(index, 1);
    return index < 0;
  }

  #join(connection: Connection): Member {
    const member: Member = { connection, since: Date.now(), loans: 0, paging: false, probing: false, suspect: false, retired: false };
    this.#members.push(member);
    connection.onSilence = () => this.#suspect(member);
    void connection.closed.then((reason) => this.#leave(member, reason));
    return member;
  }

  #leave(member: Member, reason: DirectoryError): void {
    const index = this.#members.indexOf(member);
    if (index >= 0) this.#members.splice(index, 1);
    if (this.#over || member.retired) return;
    const isYoung = Date.now() - member.since < this.#options.stable;
    if (this.#members.length > 0) {
      // Often all end at once; then the pool is over, and nothing must be opened for it.
      if (!isYoung) setTimeout(() => this.fill(), restBeforeFilling).unref();
      return;
    }
    this.#over = true;
    this.#options.onLost(reason, isYoung);
  }

  async #openMissing(): Promise<void> {
    while (this.#members.length < this.#options.connections) {
      if ((await this.#openOneMore()) === undefined) return;
    }
  }

  /** One more connection, or undefined when that is not possible now. */
  async #openOneMore(): Promise<Member | undefined> {
    const isFull = this.#members.length + this.#opening >= mostConnections;
    if (this.#over || isFull || !this.server.mayBeTried) return undefined;
    this.#opening += 1;
    try {
      const connection = await this.#options.connect();
      if (!this.#over) return this.#join(connection);
      connection.close();
      return undefined;
    } catch (error) {
      if (error instanceof DirectoryError && error.kind === 'credentials') this.#options.onRefused(error);
      return undefined;
    } finally {
      this.#opening -= 1;
    }
  }

  #suspect(member: Member): void {
    member.suspect = true;
    void this.#examine(member);
  }

  /** A connection is open but may be dead: a quick probe decides. Where one is dead, the others are suspected too. */
  async #examine(member: Member): Promise<void> {
    if (member.probing || !member.connection.isOpen) return;
    member.probing = true;
    try {
      await this.#options.probe(member.connection);
      member.suspect = false;
    } catch {
      member.connection.destroy();
      for (const other of this.#members) if (!other.suspect) this.#suspect(other);
    } finally {
      member.probing = false;
    }
  }

  /** Closes connections that were opened for paged searches and are idle now. */
  #shrink(): void {
    const idle = this.#members.filter(({ loans }) => loans === 0);
    for (const member of idle.slice(0, Math.max(0, this.#members.length - this.#options.connections))) {
      this.#members.splice(this.#members.indexOf(member), 1);
      this.#retireMember(member);
    }
  }

  #retireMember(member: Member): void {
    member.retired = true;
    this.#closeIfDone(member);
  }

  #closeIfDone({ retired, loans, connection }: Member): void {
    const isHeld = this.#over && this.#holds > 0;
    if (retired && loans === 0 && !isHeld) connection.close();
  }
}

function busyness({ loans, suspect }: Member): number {
  return loans + (suspect ? 1_000_000 : 0);
}
