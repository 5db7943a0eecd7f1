// Since when entries are quarantined, for those whose entry does not say so itself.
// No RFC; what is not known counts from the moment when it was first seen.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { inTransaction } from './transaction.ts';

export class QuarantineTimes {
  readonly #database: DatabaseSync;
  readonly #directory: string;
  readonly #insert: StatementSync;
  readonly #select: StatementSync;
  readonly #delete: StatementSync;

  constructor(database: DatabaseSync, directory: string) {
    this.#database = database;
    this.#directory = directory;
    this.#insert = database.prepare('INSERT OR REPLACE INTO quarantined (directory, resource_type, resource_id, at) VALUES (?, ?, ?, ?)');
    this.#select = database.prepare('SELECT at FROM quarantined WHERE directory = ? AND resource_type = ? AND resource_id = ?');
    this.#delete = database.prepare('DELETE FROM quarantined WHERE directory = ? AND resource_type = ? AND resource_id = ?');
  }

  /** @param at epoch milliseconds */
  note(resourceType: string, id: string, at: number): void {
    this.#insert.run(this.#directory, resourceType, id, at);
  }

  /** Of many at once. */
  noteAll(resourceType: string, ids: readonly string[], at: number): void {
    if (ids.length > 0)
      inTransaction(this.#database, () => {
        for (const id of ids) this.note(resourceType, id, at);
      });
  }

  since(resourceType: string, id: string): number | undefined {
    const at = this.#select.get(this.#directory, resourceType, id)?.['at'];
    return typeof at === 'number' ? at : undefined;
  }

  /** It is restored, or gone. */
  forget(resourceType: string, id: string): void {
    this.#delete.run(this.#directory, resourceType, id);
  }
}
