// A file of lines that nobody waits for: private, appended to, rotated by size, and harmless when it cannot be written.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LineFile } from '../src/line-file.ts';

let folder: string;
let file: string;
const events: unknown[] = [];
const listen = (message: unknown): void => void events.push(message);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'line-file-'));
  file = join(folder, 'audit.jsonl');
  events.length = 0;
  subscribe('ldap-scim-gateway:event', listen);
});
afterEach(() => {
  unsubscribe('ldap-scim-gateway:event', listen);
  rmSync(folder, { recursive: true });
});

const text = (name = file): string => readFileSync(name, 'utf8');

test('lines are appended in order, also to what is there, and only the owner reads them', async () => {
  writeFileSync(file, 'old\n');
  chmodSync(file, 0o644);
  const lines = new LineFile({ file, maxBytes: 10_000, keep: 1 });
  for (let i = 0; i < 100; i++) lines.write(String(i));
  await lines.close();
  expect(text()).toBe(`old\n${Array.from({ length: 100 }, (_, i) => `${i}\n`).join('')}`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a file that is full becomes the first of the old ones, and the oldest goes', async () => {
  const lines = new LineFile({ file, maxBytes: 20, keep: 2 });
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) lines.write(name.repeat(9));
  await lines.close();
  expect(readdirSync(folder).toSorted()).toEqual(['audit.jsonl', 'audit.jsonl.1', 'audit.jsonl.2']);
  expect([text(), text(`${file}.1`), text(`${file}.2`)]).toEqual(
    [['g'], ['e', 'f'], ['c', 'd']].map((names) => names.map((name) => `${name.repeat(9)}\n`).join('')),
  );
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a line that is longer than a file has one to itself', async () => {
  const lines = new LineFile({ file, maxBytes: 10, keep: 3 });
  for (const line of ['short', 'x'.repeat(50), 'short']) lines.write(line);
  await lines.close();
  expect([text(), text(`${file}.1`), text(`${file}.2`)]).toEqual(['short\n', `${'x'.repeat(50)}\n`, 'short\n']);
});

test('a file that was moved away is begun anew on request', async () => {
  const lines = new LineFile({ file, maxBytes: 10_000, keep: 1 });
  lines.write('first');
  await expect.poll(() => statSync(file, { throwIfNoEntry: false })?.size).toBe(6);
  renameSync(file, `${file}.away`);
  lines.reopen();
  lines.write('second');
  await lines.close();
  expect([text(`${file}.away`), text()]).toEqual(['first\n', 'second\n']);
});

test('what cannot be written is reported once, and how much was lost when it can again', async () => {
  mkdirSync(file);
  const lines = new LineFile({ file, maxBytes: 10_000, keep: 1 });
  for (const line of ['a', 'b']) {
    lines.write(line);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(events).toEqual([{ level: 'error', event: 'the audit log cannot be written', code: 'EISDIR' }]);
  rmdirSync(file);
  lines.write('c');
  await lines.close();
  expect(text()).toBe('c\n');
  expect(events.at(-1)).toEqual({ level: 'warn', event: 'the audit log is written again', lost: 2 });
});

test('a file that is old becomes the first of the old ones, whatever its size', async () => {
  const clock = vi.spyOn(Date, 'now');
  const begun = Date.now();
  const lines = new LineFile({ file, maxBytes: 10_000, keep: 2, maxAge: 60_000 });
  lines.write('a');
  await lines.close();
  for (const [minutes, name] of [
    [0.9, 'b'],
    [1.1, 'c'],
  ] as const) {
    clock.mockReturnValue(begun + minutes * 60_000);
    lines.write(name);
    await lines.close();
  }
  clock.mockRestore();
  expect(text(`${file}.1`)).toBe('a\nb\n');
  expect(text()).toBe('c\n');
});

test('after a crash that tore the last line, the next one is a line of its own', async () => {
  writeFileSync(file, 'whole\nto');
  const lines = new LineFile({ file, maxBytes: 10_000, keep: 1 });
  lines.write('next');
  await lines.close();
  expect(text()).toBe('whole\nto\nnext\n');
});
