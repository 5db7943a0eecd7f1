// A durable file of ours on node:sqlite: opened privately, known by its format, and set aside when it is torn or not ours.
// SQLite: PRAGMA application_id, user_version, quick_check; https://www.sqlite.org/rescode.html.
import { chmodSync, closeSync, existsSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface DatabaseFormat {
  /** 31 bits that tell our files from others, and one kind of ours from another. */
  readonly applicationId: number;
  /** Steps that make the tables: version n is reached by running the first n; an older file runs the rest, a newer one is refused. */
  readonly steps: readonly string[];
}

export interface DatabaseOptions {
  /**
   * When a transaction counts as done: `full` when it is on the disk, whatever happens; `normal` when it outlives a crash of the process,
   * while a power failure may take the last ones; `closed` when the file is closed: a crash before that may leave anything, and whoever
   * opens it so must not take up again what is left.
   */
  readonly synchronous?: 'full' | 'normal' | 'closed';
  /** Milliseconds to wait for another process that has the file open, such as one that is about to end; 2,000 by default. */
  readonly patience?: number;
}

export interface OpenedDatabase {
  readonly database: DatabaseSync;
  /** Where a file that could not be trusted went, and why. */
  readonly setAside?: { readonly file: string; readonly reason: string };
  /** Marks the file as closed in order, so that the next start need not check all of it. */
  close(): void;
}

/** The file cannot be used as it is, and must stay as it is: somebody else has it, or it is of a newer version. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
}

/**
 * The file belongs to this process until it is closed or the process ends.
 * @param file `:memory:` for none
 * @throws DatabaseError for a file of a newer version, one that another process has open, or one that cannot be opened or set aside
 * (permissions, full disk)
 */
export function openDatabase(file: string, format: DatabaseFormat, options: DatabaseOptions = {}): OpenedDatabase {
  if (file === inMemory) return opened(openFile(file, format, options).database);
  preparePlace(file);
  const first = openFile(file, format, options);
  if (first.database) return opened(first.database);
  const aside = setAside(file);
  const second = openFile(file, format, options);
  if (!second.database) throw new DatabaseError(`${file} cannot be made anew: ${second.reason}`);
  return { ...opened(second.database), setAside: { file: aside, reason: first.reason } };
}

export const inMemory = ':memory:';
const isWindows = process.platform === 'win32';

/** Nobody but the owner reads it; the files that SQLite puts beside it get the same mode. */
function preparePlace(file: string): void {
  const place = statSync(dirname(file), { throwIfNoEntry: false });
  if (!place?.isDirectory()) throw new DatabaseError(`${file} cannot be opened: there is no directory ${dirname(file)}`);
  const known = statSync(file, { throwIfNoEntry: false });
  if (known && !known.isFile()) throw new DatabaseError(`${file} cannot be opened: it is no file`);
  try {
    if (!known) closeSync(openSync(file, 'a', 0o600));
    else if (!isWindows && (known.mode & 0o077) !== 0) chmodSync(file, 0o600);
  } catch (error) {
    throw new DatabaseError(`${file} cannot be opened: ${messageOf(error)}`, { cause: error });
  }
}

/** The database, or why the file is not to be trusted. */
type Outcome =
  | { readonly database: DatabaseSync; readonly reason?: undefined }
  | { readonly database?: undefined; readonly reason: string };

function openFile(file: ':memory:', format: DatabaseFormat, options: DatabaseOptions): Outcome & { readonly database: DatabaseSync };
function openFile(file: string, format: DatabaseFormat, options: DatabaseOptions): Outcome;
function openFile(file: string, format: DatabaseFormat, { synchronous = 'full', patience = 2000 }: DatabaseOptions): Outcome {
  if (!hasHeader(file)) return { reason: 'it is no SQLite database' };
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: patience });
    // Before anything is read: the lock is then held until the end, and there is no shared memory that another process could map.
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    const reason = judge(database, format);
    if (reason === undefined) {
      const durability =
        synchronous === 'closed'
          ? 'journal_mode = MEMORY; PRAGMA synchronous = OFF'
          : `journal_mode = WAL; PRAGMA synchronous = ${synchronous}`;
      database.exec(`PRAGMA ${durability}; BEGIN EXCLUSIVE; COMMIT`);
      migrate(database, format);
      markOpen(database);
      return { database };
    }
    database.close();
    return { reason };
  } catch (error) {
    if (database?.isOpen) database.close();
    if (error instanceof DatabaseError) throw new DatabaseError(`${file} ${error.message}`);
    if (isDamage(error)) return { reason: messageOf(error) };
    const code = codeOf(error);
    const words = code === codes.busy || code === codes.locked ? 'is in use by another process' : `cannot be opened: ${messageOf(error)}`;
    throw new DatabaseError(`${file} ${words}`, { cause: error });
  }
}

/** Looked at before SQLite does, which tidies up beside a file that it cannot read. */
function hasHeader(file: string): boolean {
  if (file === inMemory) return true;
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(header.length);
    const size = readSync(descriptor, bytes, 0, bytes.length, 0);
    return size === 0 || bytes.equals(header);
  } finally {
    closeSync(descriptor);
  }
}

const header = Buffer.from('SQLite format 3\0');

/** Why a readable database is not to be trusted. @throws DatabaseError for a newer version */
function judge(database: DatabaseSync, { applicationId, steps }: DatabaseFormat): string | undefined {
  const id = pragma(database, 'application_id');
  const tables = database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'];
  // Nothing was ever written to it: a start that did not come far.
  if (id === 0 && tables === 0) return undefined;
  if (id !== applicationId) return 'it belongs to another program, or is another file of this one';
  const version = Number(pragma(database, 'user_version'));
  if (version > steps.length)
    throw new DatabaseError(
      `is of version ${version}, and this program knows version ${steps.length}: run the newer one, or remove the file`,
    );
  if (database.prepare('SELECT closed FROM opening').get()?.['closed'] === 1) return undefined;
  const [fault] = database.prepare('PRAGMA quick_check(1)').all();
  const text = fault === undefined ? 'quick_check did not answer' : String(Object.values(fault)[0]);
  return text === 'ok' ? undefined : `it was not closed in order, and is damaged: ${text}`;
}

function migrate(database: DatabaseSync, { applicationId, steps }: DatabaseFormat): void {
  const version = Number(pragma(database, 'user_version'));
  if (version === steps.length && pragma(database, 'application_id') === applicationId) return;
  database.exec('BEGIN EXCLUSIVE');
  try {
    database.exec('CREATE TABLE IF NOT EXISTS opening (closed INTEGER NOT NULL) STRICT');
    database.exec('INSERT INTO opening SELECT 0 WHERE NOT EXISTS (SELECT * FROM opening)');
    for (const step of steps.slice(version)) database.exec(step);
    database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${steps.length}; COMMIT`);
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** In the file itself, not only in its log: a copy that is taken meanwhile is known for what it is. */
function markOpen(database: DatabaseSync): void {
  database.exec('UPDATE opening SET closed = 0');
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
}

function opened(database: DatabaseSync): OpenedDatabase {
  return {
    database,
    close() {
      if (!database.isOpen) return;
      try {
        if (database.isTransaction) database.exec('ROLLBACK');
        database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
        // All that was ever written is on the disk with it, or before it.
        database.exec('PRAGMA synchronous = FULL');
        database.exec('UPDATE opening SET closed = 1');
      } finally {
        database.close();
      }
    },
  };
}

/** Whether an error of a statement says that the file is damaged. */
export function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  return code === codes.corrupt || code === codes.notADatabase;
}

/** The files that belong together get one new name, which is returned. @throws DatabaseError */
export function setAside(file: string): string {
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const names = Array.from({ length: 100 }, (_, i) => `${file}.set-aside-${time}${i === 0 ? '' : `-${i + 1}`}`);
  const aside = names.find((name) => !existsSync(name));
  try {
    if (aside === undefined) throw new Error('there are too many of them');
    for (const end of ['', '-wal', '-shm', '-journal']) if (existsSync(file + end)) renameSync(file + end, aside + end);
    closeSync(openSync(file, 'a', 0o600));
    return aside;
  } catch (error) {
    throw new DatabaseError(`${file} is not to be trusted, and cannot be set aside: ${messageOf(error)}`, { cause: error });
  }
}

function pragma(database: DatabaseSync, name: 'application_id' | 'user_version'): unknown {
  return database.prepare(`PRAGMA ${name}`).get()?.[name];
}

/** Primary result codes. */
const codes = { busy: 5, locked: 6, corrupt: 11, notADatabase: 26 } as const;

/** Of SQLite, without the extension. */
const codeOf = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
