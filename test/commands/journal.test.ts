// `journal`: finding lines through rotated files, following them, and what a person reads of them.
// R-197; docs/journal.md.
import { appendFileSync, chmodSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openFingerprint, readFingerprint } from '../../src/audit/fingerprint.ts';
import { journal, runJournal } from '../../src/commands/journal.ts';
import { UsageError } from '../../src/commands/usage-error.ts';
import { ConfigError } from '../../src/config.ts';
import { capture } from './bench.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
  file = join(folder, 'journal.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

const line = (number: number, more: object = {}): string =>
  `${JSON.stringify({
    time: new Date(Date.UTC(2026, 0, 1, 0, number)).toISOString(),
    requestId: `r${number}`,
    client: 'okta',
    method: 'GET',
    route: '/scim/v2/Users',
    status: 200,
    ms: 3,
    ...more,
  })}\n`;
const numbersIn = (out: string): string[] => [...out.matchAll(/"requestId":"r(\d+)"/g)].map(([, number = '']) => number);
const search = (values: Readonly<Record<string, unknown>>) => capture(() => runJournal({ file, ...values }));

test('rotated files are read from the oldest on; a line that a crash tore is skipped', async () => {
  writeFileSync(`${file}.10`, line(1));
  for (let i = 9; i >= 1; i--) writeFileSync(`${file}.${i}`, line(11 - i));
  writeFileSync(`${file}.1`, `${line(10)}{"time":"2026-01-01T`);
  writeFileSync(file, `${line(11)}${line(12).trimEnd()}`);
  const { out, err, code } = await search({});
  expect(numbersIn(out)).toEqual(Array.from({ length: 12 }, (_, i) => String(i + 1)));
  expect(err).toBe('1 line could not be read: skipped.');
  expect(code).toBe(0);
});

test('characters of several octets survive the edges of what is read at a time', async () => {
  const long = 'ä€😀'.repeat(20_000);
  writeFileSync(file, line(1, { note: long }) + line(2));
  const { out } = await search({ json: true });
  expect(out.split('\n')[0]).toBe(line(1, { note: long }).trimEnd());
  expect(numbersIn(out)).toEqual(['1', '2']);
});

describe('search', () => {
  const id = '6a1d7a52-0000-4000-8000-000000000002';
  beforeEach(() => {
    const print = openFingerprint(file);
    writeFileSync(
      file,
      [
        line(1),
        line(2, { client: 'entra', status: 401 }),
        line(3, {
          method: 'POST',
          status: 201,
          writes: [{ operation: 'create', resourceType: 'User', id, person: { userName: print('Ann') }, steps: [], result: 'done' }],
        }),
        line(4, {
          method: 'PATCH',
          status: 409,
          failures: [{ operation: 'update', resourceType: 'User', id, person: { userName: 'Bob' }, text: 'it is so' }],
        }),
        line(5, {
          method: 'PATCH',
          writes: [{ operation: 'update', resourceType: 'Group', id: 'g', members: [id], steps: [], result: 'failed' }],
        }),
        line(6, { method: 'POST', route: '/scim/v2/Users/.search' }),
        line(7, { method: 'DELETE', route: '/scim/v2/Users/{id}', status: 503 }),
      ].join(''),
    );
  });

  test.each([
    [{ client: 'entra' }, [2]],
    [{ client: 'ent' }, []],
    [{ status: '409' }, [4]],
    [{ status: '4xx' }, [2, 4]],
    [{ person: id }, [3, 4, 5]],
    [{ person: id.toUpperCase() }, [3, 4, 5]],
    [{ person: 'ann' }, [3]],
    [{ person: ' ANN ' }, [3]],
    [{ person: 'bob' }, [4]],
    [{ person: 'an' }, []],
    [{ since: '2026-01-01T00:05Z' }, [5, 6, 7]],
    [{ since: '2026-01-01T00:03:00Z', until: '2026-01-01T00:05:00Z' }, [3, 4]],
    [{ since: '1h' }, []],
    [{ operation: 'create' }, [3]],
    [{ operation: 'read' }, [1, 2, 6]],
    [{ operation: 'update' }, [4, 5]],
    [{ operation: 'delete' }, [7]],
    [{ request: 'r6' }, [6]],
    [{ failed: true }, [2, 4, 5, 7]],
    [{ failed: true, client: 'okta', status: '5xx' }, [7]],
    [{ last: '2' }, [6, 7]],
  ])('%j', async (values, expected) => {
    const { out, code } = await search({ ...values, json: true });
    expect(numbersIn(out)).toEqual(expected.map(String));
    expect(code).toBe(expected.length > 0 ? 0 : 1);
  });

  test.each([
    { since: 'yesterday' },
    { until: '2026-99-99' },
    { status: '9' },
    { operation: 'rename' },
    { last: '0' },
    { json: true, text: true },
    { last: '1', follow: true },
  ])('%j is refused', async (values) => {
    await expect(search(values)).rejects.toThrow(UsageError);
  });

  test('people read who did what to whom, and why it failed; no file moves the cursor of their terminal', async () => {
    appendFileSync(file, line(8, { client: 'o\u001b[2J', ignored: [{ path: 'nickName', reason: 'not mapped' }] }));
    const { out } = await search({ text: true });
    expect(out).toMatch(
      /^2026-01-01 00:03:00Z  okta  POST \/scim\/v2\/Users  201 in 3 ms  request r3\n    create User #[0-9a-f]{16} \(6a1d7a52[^)]+\): no steps: done$/m,
    );
    expect(out).toContain('    failed: it is so');
    expect(out).toContain('    ignored nickName: not mapped');
    expect(out).not.toContain('\u001b');
    const failed = await search({ text: true, failed: true });
    expect(failed.out.split('\n')).toEqual([
      expect.stringContaining('GET /scim/v2/Users by entra failed: the caller is not known'),
      expect.stringMatching(/update User "Bob" \(6a1d\S+\) by okta failed: it is so \[request r4\]$/),
      expect.any(String),
      expect.stringContaining('the directory cannot be reached'),
    ]);
  });

  test('without the key, names in clear and ids are found all the same', async () => {
    rmSync(`${file}.key`);
    expect(readFingerprint(file)).toBeUndefined();
    expect(numbersIn((await search({ person: 'bob', json: true })).out)).toEqual(['4']);
    expect((await search({ person: 'ann', json: true })).code).toBe(1);
    expect(existsSync(`${file}.key`)).toBe(false);
  });
});

test('fingerprints stay the same, differ by key, and the key is for its owner only', () => {
  const print = openFingerprint(file);
  expect(print('Ann')).toBe(openFingerprint(file)(' ANN '));
  expect(print('Ann')).not.toBe(openFingerprint(`${file}-2`)('Ann'));
  expect(statSync(`${file}.key`).mode & 0o777).toBe(0o600);
  writeFileSync(`${file}.key`, 'short');
  expect(() => openFingerprint(file)).toThrow('is no key');
});

test('--follow waits for the file, goes through rotations, and ends when told', async () => {
  const ending = new AbortController();
  const out: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((text: unknown) => void out.push(String(text)));
  const running = runJournal({ file, follow: true, json: true }, ending.signal);
  const until = async (...numbers: number[]): Promise<void> => {
    await expect.poll(() => numbersIn(out.join('\n')), { timeout: 10_000 }).toEqual(numbers.map(String));
  };
  writeFileSync(file, line(1));
  await until(1);
  appendFileSync(file, line(2) + line(3).slice(0, 20));
  await until(1, 2);
  appendFileSync(file, line(3).slice(20) + line(4));
  renameSync(file, `${file}.1`);
  writeFileSync(file, line(5));
  await until(1, 2, 3, 4, 5);
  appendFileSync(file, line(6));
  await until(1, 2, 3, 4, 5, 6);
  ending.abort();
  expect(await running).toBe(0);
  log.mockRestore();
});

test('the configuration names the journal, and no secret is needed for that', async () => {
  const config = join(folder, 'config.yaml');
  writeFileSync(config, 'directories: { main: { bind: { password: { env: NOT_SET } } } }\naudit: { file: journal.jsonl }\n');
  writeFileSync(file, line(1));
  expect((await capture(() => journal.run({ config }))).code).toBe(0);
  expect(numbersIn((await capture(() => journal.run({ config, json: true, set: ['audit.file=journal.jsonl'] }))).out)).toEqual(['1']);
  writeFileSync(config, 'audit: { fil: journal.jsonl }\n');
  await expect(journal.run({ config })).rejects.toThrow(ConfigError);
  writeFileSync(config, 'server: {}\n');
  await expect(journal.run({ config })).rejects.toThrow('no section `audit`');
  await expect(journal.run({ file: join(folder, 'none') })).rejects.toThrow('there is no journal');
  chmodSync(file, 0o600);
  expect(readFileSync(file, 'utf8')).toBe(line(1));
});
