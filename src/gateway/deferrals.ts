// References that could not be written because what they name does not exist yet: kept until it does, or until nobody waits any longer.
// No RFC; a deferred reference is in no answer before it is written.
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { inTransaction } from './transaction.ts';

/** One value of a reference attribute that waits. */
export interface Deferral {
  readonly id: number;
  readonly resourceType: string;
  /** Of the resource that is to hold the reference. */
  readonly resourceId: string;
  /** Canonical name of the attribute: `members`, `urn:…:User:manager`. */
  readonly attribute: string;
  /** What the client sent in `value`. */
  readonly foreignId: string;
  /** Name of the client, whose rights count when it is written. */
  readonly client: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly expires: number;
}

/** Of one directory. */
const mostDeferrals = 100_000;

export type NewDeferral = Pick<Deferral, 'resourceType' | 'resourceId' | 'attribute' | 'foreignId' | 'client'>;

export class Deferrals {
  readonly #database: DatabaseSync;
  readonly #directory: string;
  readonly #now: () => number;
  readonly #lifetime: () => number;
  readonly #insert: StatementSync;
  readonly #all: StatementSync;
  readonly #held: StatementSync;
  readonly #named: StatementSync;
  readonly #delete: StatementSync;
  readonly #drop: StatementSync;
  readonly #count: StatementSync;

  /** @param lifetime milliseconds */
  constructor(database: DatabaseSync, directory: string, lifetime: () => number, now: () => number) {
    this.#database = database;
    this.#directory = directory;
    this.#lifetime = lifetime;
    this.#now = now;
    this.#insert = database.prepare(
      `INSERT INTO deferrals (directory, resource_type, resource_id, attribute, foreign_id, client, at, expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET client = excluded.client, expires = excluded.expires`,
    );
    this.#all = database.prepare('SELECT * FROM deferrals WHERE directory = ? AND expires > ? ORDER BY id');
    this.#held = database.prepare(
      'SELECT * FROM deferrals WHERE directory = ? AND resource_type = ? AND resource_id = ? AND expires > ? ORDER BY id',
    );
    this.#named = database.prepare('SELECT * FROM deferrals WHERE directory = ? AND foreign_id = ? AND expires > ? ORDER BY id');
    this.#delete = database.prepare('DELETE FROM deferrals WHERE id = ?');
    this.#count = database.prepare('SELECT count(*) AS n FROM deferrals WHERE directory = ?');
    this.#drop = database.prepare('DELETE FROM deferrals WHERE directory = ? AND expires <= ?');
  }

  /** All of it is on the disk when this returns. What waits already is waited for anew. */
  change({ added = [], removed = [] }: { readonly added?: readonly NewDeferral[]; readonly removed?: readonly number[] }): void {
    if (added.length + removed.length === 0) return;
    const now = this.#now();
    const expires = now + this.#lifetime();
    inTransaction(this.#database, () => {
      for (const id of removed) this.#delete.run(id);
      for (const { resourceType, resourceId, attribute, foreignId, client } of added)
        this.#insert.run(this.#directory, resourceType, resourceId, attribute, foreignId, client, now, expires);
    });
  }

  /** Whether so many more may wait: a client that goes on and on fills no disk. */
  hasRoom(count: number): boolean {
    return count === 0 || Number(this.#count.get(this.#directory)?.['n']) + count <= mostDeferrals;
  }

  list(): readonly Deferral[] {
    return this.#all.all(this.#directory, this.#now()).map(deferralIn);
  }

  /** Of one resource. */
  of(resourceType: string, resourceId: string): readonly Deferral[] {
    return this.#held.all(this.#directory, resourceType, resourceId, this.#now()).map(deferralIn);
  }

  /** Those that wait for one of these. */
  naming(foreignIds: readonly string[]): readonly Deferral[] {
    return foreignIds.flatMap((id) => this.#named.all(this.#directory, id, this.#now()).map(deferralIn));
  }

  remove(...ids: readonly number[]): void {
    this.change({ removed: ids });
  }

  /** @returns how many nobody waits for any longer */
  expire(): number {
    return Number(this.#drop.run(this.#directory, this.#now()).changes);
  }
}

function deferralIn(row: Record<string, SQLOutputValue>): Deferral {
  return {
    id: Number(row['id']),
    resourceType: String(row['resource_type']),
    resourceId: String(row['resource_id']),
    attribute: String(row['attribute']),
    foreignId: String(row['foreign_id']),
    client: String(row['client']),
    at: Number(row['at']),
    expires: Number(row['expires']),
  };
}
