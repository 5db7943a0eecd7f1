// What counts for the limits of the last hour, kept beyond the process.
// No RFC; rows older than that are dropped when one is added.
import type { DatabaseSync, StatementSync } from 'node:sqlite';

export interface Counted {
  readonly operation: string;
  readonly count: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

export class Counts {
  readonly #directory: string;
  readonly #select: StatementSync;
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;
  readonly #drop: StatementSync;

  constructor(database: DatabaseSync, directory: string) {
    this.#directory = directory;
    this.#select = database.prepare('SELECT id, operation, count, at FROM counts WHERE directory = ? AND at > ? ORDER BY at, id');
    this.#insert = database.prepare('INSERT INTO counts (directory, operation, count, at) VALUES (?, ?, ?, ?)');
    this.#delete = database.prepare('DELETE FROM counts WHERE id = ?');
    this.#drop = database.prepare('DELETE FROM counts WHERE directory = ? AND at <= ?');
  }

  /** @returns by the key that `remove` takes */
  since(time: number): readonly (readonly [key: number, counted: Counted])[] {
    return this.#select
      .all(this.#directory, time)
      .map(({ id, operation, count, at }) => [Number(id), { operation: String(operation), count: Number(count), at: Number(at) }] as const);
  }

  /** @param olderThan what no longer counts. @returns its key */
  add({ operation, count, at }: Counted, olderThan: number): number {
    this.#drop.run(this.#directory, olderThan);
    return Number(this.#insert.run(this.#directory, operation, count, at).lastInsertRowid);
  }

  remove(key: number): void {
    this.#delete.run(key);
  }
}
