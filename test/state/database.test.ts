// Files of ours on SQLite: private, known by their format, never trusted when torn or foreign, and one process at a time.
// SQLite: PRAGMA application_id, user_version, quick_check.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DatabaseError, type DatabaseFormat, openDatabase, type OpenedDatabase } from '../../src/state/database.ts';

const format: DatabaseFormat = { applicationId: 0x5343494d, steps: ['CREATE TABLE notes (text TEXT NOT NULL) STRICT'] };

let folder: string;
let file: string;
const open = new Set<OpenedDatabase>();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'state-'));
  file = join(folder, 'a.db');
});
afterEach(() => {
  for (const each of open) each.close();
  open.clear();
  rmSync(folder, { recursive: true, force: true });
});

function take(other: DatabaseFormat = format, options: Parameters<typeof openDatabase>[2] = { patience: 50 }): OpenedDatabase {
  const database = openDatabase(file, other, options);
  open.add(database);
  return database;
}
const note = ({ database }: OpenedDatabase, text: string) => database.prepare('INSERT INTO notes VALUES (?)').run(text);
const notes = ({ database }: OpenedDatabase) =>
  database
    .prepare('SELECT text FROM notes ORDER BY rowid')
    .all()
    .map(({ text }) => text);
const asides = () => readdirSync(folder).filter((name) => name.includes('.set-aside-'));

/** Another process that opens the file, writes a note, and then stays until it is killed, or ends without closing. */
async function elsewhere(): Promise<() => Promise<void>> {
  const program = `
    import { openDatabase } from ${JSON.stringify(new URL('../../src/state/database.ts', import.meta.url).href)};
    const { database } = openDatabase(${JSON.stringify(file)}, ${JSON.stringify(format)});
    database.prepare('INSERT INTO notes VALUES (?)').run('from elsewhere');
    console.log('open');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
}

describe('a file of ours', () => {
  test('is made with its tables, readable by its owner only, and keeps what was written', () => {
    const first = take();
    note(first, 'one');
    expect(notes(first)).toEqual(['one']);
    if (process.platform !== 'win32')
      expect(readdirSync(folder).map((name) => statSync(join(folder, name)).mode & 0o777)).toEqual(readdirSync(folder).map(() => 0o600));
    first.close();
    first.close();
    expect(readdirSync(folder)).toEqual(['a.db']);
    const second = take();
    expect([notes(second), second.setAside]).toEqual([['one'], undefined]);
  });

  test('that others could read is made private', () => {
    writeFileSync(file, '', { mode: 0o644 });
    take();
    expect(process.platform === 'win32' ? 0o600 : statSync(file).mode & 0o777).toBe(0o600);
  });

  test('of an older version goes through the steps that it lacks', () => {
    const first = take();
    note(first, 'old');
    first.close();
    const newer = { ...format, steps: [...format.steps, "ALTER TABLE notes ADD COLUMN kind TEXT NOT NULL DEFAULT 'x'"] };
    const second = take(newer);
    expect(second.database.prepare('SELECT * FROM notes').all()).toEqual([{ text: 'old', kind: 'x' }]);
    second.close();
    take(newer).close();
  });

  test('a step that fails changes nothing', () => {
    const first = take();
    note(first, 'old');
    first.close();
    expect(() => take({ ...format, steps: [...format.steps, 'CREATE TABLE more (a TEXT) STRICT', 'no SQL'] })).toThrow(DatabaseError);
    const second = take();
    expect(notes(second)).toEqual(['old']);
    expect(second.database.prepare("SELECT name FROM sqlite_schema WHERE name = 'more'").all()).toEqual([]);
  });

  test('of a newer version is refused and stays as it is', () => {
    take({ ...format, steps: [...format.steps, 'CREATE TABLE more (a TEXT) STRICT'] }).close();
    const before = readFileSync(file);
    expect(() => take()).toThrow(`${file} is of version 2, and this program knows version 1`);
    expect(readFileSync(file)).toEqual(before);
    expect(asides()).toEqual([]);
  });

  test('syncs as asked', () => {
    const level = ({ database }: OpenedDatabase) => database.prepare('PRAGMA synchronous').get()?.['synchronous'];
    const first = take();
    expect(level(first)).toBe(2);
    first.close();
    const second = take(format, { synchronous: 'normal' });
    expect(level(second)).toBe(1);
    second.close();
    const third = take(format, { synchronous: 'closed' });
    expect(level(third)).toBe(0);
    note(third, 'kept');
    third.close();
    expect(notes(take())).toEqual(['kept']);
  });

  test('in memory is not shared', () => {
    const [first, second] = [openDatabase(':memory:', format), openDatabase(':memory:', format)];
    note(first, 'one');
    expect(notes(second)).toEqual([]);
    first.close();
    second.close();
  });
});

describe('a file that is not to be trusted', () => {
  const tear = (offset: number, size = 2048) => {
    const bytes = readFileSync(file);
    bytes.fill(0xa5, offset, offset + size);
    writeFileSync(file, bytes);
  };
  const fill = (database: OpenedDatabase) => {
    for (let i = 0; i < 500; i++) note(database, `note ${i} ${'x'.repeat(100)}`);
  };

  test.each<[string, () => void, RegExp]>([
    ['no database at all', () => writeFileSync(file, 'these are no pages of a database, but a letter\n'.repeat(40)), /no SQLite database/],
    ['a torn header', () => (fill(take()), closeAll(), tear(0, 100)), /no SQLite database/],
    [
      'that of another program',
      () => {
        const other = new DatabaseSync(file);
        other.exec('CREATE TABLE theirs (a TEXT)');
        other.close();
      },
      /another program/,
    ],
    ['another file of ours', () => take({ ...format, applicationId: 7 }).close(), /another file/],
    [
      'a copy that was taken while it was in use, with pages missing',
      () => {
        const first = take();
        fill(first);
        first.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
        copyFileSync(file, `${file}.copy`);
        first.close();
        copyFileSync(`${file}.copy`, file);
        rmSync(`${file}.copy`);
        tear(8192, 20_000);
      },
      /not closed in order, and is damaged|malformed/,
    ],
  ])('%s is set aside, and a new one made', (_name, make, reason) => {
    make();
    const before = readFileSync(file);
    const fresh = take();
    expect(fresh.setAside?.reason).toMatch(reason);
    expect(fresh.setAside?.file).toMatch(/a\.db\.set-aside-\d{8}T\d{6}Z$/);
    expect(readFileSync(fresh.setAside?.file ?? '')).toEqual(before);
    expect(notes(fresh)).toEqual([]);
    note(fresh, 'new');
    fresh.close();
    expect(notes(take())).toEqual(['new']);
  });

  test('every truncation of a file that was in use is either whole or set aside', async () => {
    const end = await elsewhere();
    await end();
    const whole = readFileSync(file);
    for (let size = 0; size < whole.length; size += 512) {
      for (const name of readdirSync(folder)) rmSync(join(folder, name));
      writeFileSync(file, whole.subarray(0, size));
      const database = take();
      // Tables are there and can be written, whatever was found.
      note(database, 'usable');
      expect(notes(database).at(-1)).toBe('usable');
      database.close();
    }
  });

  test('what lies beside it goes along, and no two are called the same', () => {
    for (const text of ['first', 'second']) {
      writeFileSync(file, `${text} letter `.repeat(100));
      writeFileSync(`${file}-wal`, 'log');
      take().close();
    }
    expect(asides().filter((name) => !name.includes('-wal'))).toHaveLength(2);
    expect(asides().filter((name) => name.endsWith('-wal'))).toHaveLength(2);
  });

  function closeAll(): void {
    for (const each of open) each.close();
  }
});

describe('two at a time', () => {
  test('a second process is refused in clear words, and nothing is set aside', async () => {
    const end = await elsewhere();
    expect(() => take()).toThrow(`${file} is in use by another process`);
    expect(asides()).toEqual([]);
    await end();
    expect(notes(take())).toEqual(['from elsewhere']);
  });

  test('so is a second in the same process', () => {
    take();
    expect(() => take()).toThrow('in use');
  });

  test('after a crash everything that was written is there', async () => {
    const end = await elsewhere();
    await end();
    const after = take();
    expect([notes(after), after.setAside]).toEqual([['from elsewhere'], undefined]);
  });

  test('one that is about to end is waited for', async () => {
    const end = await elsewhere();
    const ended = end();
    const after = take(format, { patience: 5000 });
    await ended;
    expect(notes(after)).toEqual(['from elsewhere']);
  });
});

describe('a place that does not do', () => {
  test('no directory', () => {
    file = join(folder, 'nowhere', 'a.db');
    expect(() => take()).toThrow(`there is no directory ${join(folder, 'nowhere')}`);
  });

  test('a directory instead of a file', () => {
    mkdirSync(file);
    expect(() => take()).toThrow(`${file} cannot be opened: it is no file`);
  });
});
