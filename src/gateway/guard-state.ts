// What the guards remember beyond a restart, in one file: what was counted, what is held, references to come, times of quarantine.
// No RFC; each kind is a table, and every row belongs to one directory.
import type { DatabaseSync } from 'node:sqlite';
import { Counts } from './counts.ts';
import { Deferrals } from './deferrals.ts';
import { Holds } from './holds.ts';
import { QuarantineTimes } from './quarantine-times.ts';

/** Of the file: for whoever opens it. */
export const guardFormat = {
  applicationId: 0x53434d47,
  steps: [
    `CREATE TABLE counts (id INTEGER PRIMARY KEY, directory TEXT NOT NULL, operation TEXT NOT NULL, count INTEGER NOT NULL, at INTEGER NOT NULL) STRICT;
     CREATE TABLE holds (
       id INTEGER PRIMARY KEY AUTOINCREMENT, directory TEXT NOT NULL, fingerprint BLOB NOT NULL, state TEXT NOT NULL,
       client TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, operation TEXT NOT NULL, resource_type TEXT NOT NULL,
       resource_id TEXT NOT NULL, dn TEXT NOT NULL, plan TEXT NOT NULL, reason TEXT NOT NULL,
       at INTEGER NOT NULL, expires INTEGER NOT NULL, decided INTEGER, retried INTEGER NOT NULL DEFAULT 0, UNIQUE (directory, fingerprint)) STRICT;
     CREATE INDEX holds_by_resource ON holds (directory, resource_id, client);
     CREATE INDEX holds_by_expiry ON holds (directory, expires, state);
     CREATE TABLE deferrals (
       id INTEGER PRIMARY KEY AUTOINCREMENT, directory TEXT NOT NULL, resource_type TEXT NOT NULL, resource_id TEXT NOT NULL,
       attribute TEXT NOT NULL, foreign_id TEXT NOT NULL, client TEXT NOT NULL, at INTEGER NOT NULL, expires INTEGER NOT NULL,
       UNIQUE (directory, resource_type, resource_id, attribute, foreign_id)) STRICT;
     CREATE INDEX deferrals_by_foreign_id ON deferrals (directory, foreign_id);
     CREATE TABLE quarantined (
       directory TEXT NOT NULL, resource_type TEXT NOT NULL, resource_id TEXT NOT NULL, at INTEGER NOT NULL,
       PRIMARY KEY (directory, resource_type, resource_id)) STRICT, WITHOUT ROWID;`,
  ],
} as const;

/** The part of one directory. */
export interface DirectoryState {
  readonly counts: Counts;
  readonly holds: Holds;
  readonly deferrals: Deferrals;
  readonly quarantined: QuarantineTimes;
}

export interface StateOptions {
  /** Milliseconds that a hold waits for a decision, and a decision for the client. */
  readonly holdsExpireAfter: number;
  /** Milliseconds that a reference is waited for. */
  readonly deferralsExpireAfter: number;
}

/** @param now epoch milliseconds */
export function stateOf(
  database: DatabaseSync,
  directory: string,
  options: () => StateOptions,
  now: () => number = Date.now,
): DirectoryState {
  return {
    counts: new Counts(database, directory),
    holds: new Holds(database, directory, () => options().holdsExpireAfter, now),
    deferrals: new Deferrals(database, directory, () => options().deferralsExpireAfter, now),
    quarantined: new QuarantineTimes(database, directory),
  };
}
