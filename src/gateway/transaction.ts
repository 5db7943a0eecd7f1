// Several changes of the file of the guards as one: all of them are on the disk, with one wait for it, or none is.
// SQLite: BEGIN IMMEDIATE.
import type { DatabaseSync } from 'node:sqlite';

/** @throws whatever `work` throws; nothing of it is done then */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
