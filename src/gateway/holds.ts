// Writes over a limit that wait for an administrator: each kept once, however often the client tries again, and carried out by the client's
// next attempt after it was approved. RFC 9110 section 15.6.4 (503): what waits is not done, and the client is told to come back.
import { createHash } from 'node:crypto';
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { inTransaction } from './transaction.ts';

/** A write as it is held: what it would do, and what it is known by when it comes again. */
export interface HeldWrite {
  readonly client: string;
  readonly method: string;
  /** Below the path of the directory: `/Users/1f…`. */
  readonly path: string;
  readonly operation: 'create' | 'update' | 'delete';
  readonly resourceType: string;
  /** Empty where there is none yet. */
  readonly resourceId: string;
  readonly dn: string;
  /** LDIF (RFC 2849) without secrets. */
  readonly plan: string;
  /** What must be the same for a later attempt to be the same request, beside client, operation and resource. */
  readonly essence: string;
  readonly reason: string;
}

export type HoldState = 'waiting' | 'approved' | 'refused';

export interface Hold extends Omit<HeldWrite, 'essence'> {
  readonly id: number;
  readonly directory: string;
  readonly state: HoldState;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly expires: number;
  readonly decided: number | undefined;
  /** How often the client has tried since. */
  readonly retried: number;
}

export interface HoldFilter {
  readonly id?: number;
  readonly state?: HoldState;
  readonly client?: string;
  readonly operation?: string;
  readonly resourceType?: string;
}

/** What becomes of a write that is over a limit. */
export type HoldVerdict =
  | {
      readonly kind: 'approved';
      readonly id: number;
      /** Gives the approval back when the write was not done. */ readonly restore: () => void;
    }
  | { readonly kind: 'waiting'; readonly id: number; readonly isNew: boolean }
  | { readonly kind: 'refused'; readonly id: number }
  | { readonly kind: 'full' };

/** Of one directory; a client that goes on and on fills no disk. */
const mostHolds = 10_000;
const longestPlan = 65_536;

export class Holds {
  readonly #database: DatabaseSync;
  readonly #directory: string;
  readonly #lifetime: () => number;
  readonly #now: () => number;
  readonly #find: StatementSync;
  readonly #all: StatementSync;
  readonly #count: StatementSync;
  readonly #insert: StatementSync;
  readonly #decide: StatementSync;
  readonly #retry: StatementSync;
  readonly #setState: StatementSync;
  readonly #supersede: StatementSync;
  readonly #delete: StatementSync;
  readonly #drop: StatementSync;

  /** @param lifetime milliseconds */
  constructor(database: DatabaseSync, directory: string, lifetime: () => number, now: () => number) {
    this.#database = database;
    this.#directory = directory;
    this.#lifetime = lifetime;
    this.#now = now;
    this.#find = database.prepare('SELECT id, state FROM holds WHERE directory = ? AND fingerprint = ? AND expires > ?');
    this.#all = database.prepare('SELECT * FROM holds WHERE directory = ? AND expires > ? ORDER BY id');
    this.#count = database.prepare('SELECT state, count(*) AS n FROM holds WHERE directory = ? AND expires > ? GROUP BY state');
    this.#insert = database.prepare(
      `INSERT INTO holds (directory, fingerprint, state, client, method, path, operation, resource_type, resource_id, dn, plan, reason, at, expires)
       VALUES (?, ?, 'waiting', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#decide = database.prepare('UPDATE holds SET state = ?, decided = ?, expires = ? WHERE id = ?');
    this.#retry = database.prepare('UPDATE holds SET retried = retried + 1 WHERE id = ?');
    this.#setState = database.prepare('UPDATE holds SET state = ? WHERE id = ?');
    this.#supersede = database.prepare(
      "DELETE FROM holds WHERE directory = ? AND state = 'waiting' AND client = ? AND operation = ? AND resource_type = ? AND resource_id = ? AND resource_id <> ''",
    );
    this.#delete = database.prepare('DELETE FROM holds WHERE id = ?');
    this.#drop = database.prepare('DELETE FROM holds WHERE directory = ? AND expires <= ?');
  }

  /**
   * Decides about a write that is over a limit, and keeps it where nobody has decided yet. An approval is used up by it. What a client asks
   * of the same resource in another form takes the place of what waits: an administrator never approves what is no longer wanted.
   */
  submit(write: HeldWrite): HoldVerdict {
    const now = this.#now();
    const fingerprint = fingerprintOf(write);
    const known = this.#find.get(this.#directory, fingerprint, now);
    const id = Number(known?.['id']);
    switch (known?.['state']) {
      case 'approved':
        this.#setState.run('taken', id);
        return { kind: 'approved', id, restore: () => void this.#setState.run('approved', id) };
      case 'refused':
        this.#retry.run(id);
        return { kind: 'refused', id };
      case 'waiting':
      case 'taken':
        this.#retry.run(id);
        return { kind: 'waiting', id, isNew: false };
      default:
        return this.#keep(write, fingerprint, now);
    }
  }

  /** An approved write was done. */
  complete(id: number): void {
    this.#delete.run(id);
  }

  #keep(write: HeldWrite, fingerprint: Uint8Array, now: number): HoldVerdict {
    const { client, method, path, operation, resourceType, resourceId, dn, plan, reason } = write;
    this.expire();
    return inTransaction(this.#database, () => {
      this.#database.prepare('DELETE FROM holds WHERE directory = ? AND fingerprint = ?').run(this.#directory, fingerprint);
      this.#supersede.run(this.#directory, client, operation, resourceType, resourceId);
      const isFull = [...this.counts().values()].reduce((sum, n) => sum + n, 0) >= mostHolds;
      const kept = isFull
        ? undefined
        : this.#insert.run(
            this.#directory,
            fingerprint,
            client,
            method,
            path,
            operation,
            resourceType,
            resourceId,
            dn,
            plan.length > longestPlan ? `${plan.slice(0, longestPlan)}\n# cut` : plan,
            reason,
            now,
            now + this.#lifetime(),
          );
      return kept ? { kind: 'waiting', id: Number(kept.lastInsertRowid), isNew: true } : { kind: 'full' };
    });
  }

  list(filter: HoldFilter = {}): readonly Hold[] {
    return this.#all
      .all(this.#directory, this.#now())
      .map(holdIn)
      .filter((hold) => hold !== undefined)
      .filter((hold) => matches(hold, filter));
  }

  /** @returns those that were decided by it; a decision can be changed as long as it is not used up */
  decide(filter: HoldFilter, state: 'approved' | 'refused'): readonly Hold[] {
    const now = this.#now();
    const found = this.list(filter).filter((hold) => hold.state !== state);
    for (const { id } of found) this.#decide.run(state, now, now + this.#lifetime(), id);
    return found.map((hold) => ({ ...hold, state, decided: now, expires: now + this.#lifetime() }));
  }

  /** By state. */
  counts(): ReadonlyMap<string, number> {
    return new Map(this.#count.all(this.#directory, this.#now()).map(({ state, n }) => [String(state), Number(n)]));
  }

  /** Drops what nobody has decided, or come back for, in time. @returns how many */
  expire(): number {
    return Number(this.#drop.run(this.#directory, this.#now()).changes);
  }

  /** After a crash while an approved write was under way: nobody knows whether it was done, so its next attempt is judged anew. */
  recover(): void {
    this.#database.prepare("DELETE FROM holds WHERE directory = ? AND state = 'taken'").run(this.#directory);
  }
}

function fingerprintOf({ client, operation, resourceType, resourceId, essence }: HeldWrite): Uint8Array {
  return createHash('sha256')
    .update(JSON.stringify([client, operation, resourceType, resourceId, essence]))
    .digest();
}

function matches(hold: Hold, { id, state, client, operation, resourceType }: HoldFilter): boolean {
  return (
    (id === undefined || hold.id === id) &&
    (state === undefined || hold.state === state) &&
    (client === undefined || hold.client === client) &&
    (operation === undefined || hold.operation === operation) &&
    (resourceType === undefined || hold.resourceType === resourceType)
  );
}

function holdIn(row: Record<string, SQLOutputValue>): Hold | undefined {
  const [state, operation] = [row['state'], row['operation']];
  if (state !== 'waiting' && state !== 'approved' && state !== 'refused') return undefined;
  if (operation !== 'create' && operation !== 'update' && operation !== 'delete') return undefined;
  return {
    id: Number(row['id']),
    directory: String(row['directory']),
    state,
    client: String(row['client']),
    method: String(row['method']),
    path: String(row['path']),
    operation,
    resourceType: String(row['resource_type']),
    resourceId: String(row['resource_id']),
    dn: String(row['dn']),
    plan: String(row['plan']),
    reason: String(row['reason']),
    at: Number(row['at']),
    expires: Number(row['expires']),
    decided: typeof row['decided'] === 'number' ? row['decided'] : undefined,
    retried: Number(row['retried']),
  };
}
