// A clock on the wall that is wrong, and that a test may set: for processes that are started with it. CLOCK_MONOTONIC stays as it is.
// Test set-up only; faketime(1).
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureInstalled, serverEnvironment } from './install.ts';

const run = promisify(execFile);

export interface WallClock {
  /** What a process needs that sees it being set. */
  readonly environment: Readonly<Record<string, string>>;
  /** The words before the command line of a process that sees it when it is started only: slapd does not bear more. */
  readonly wrapper: readonly string[];
  /** Seconds before the right time; less than nothing: after it. */
  set(ahead: number): void;
  remove(): void;
}

/** Right at first. */
export async function makeWallClock(): Promise<WallClock> {
  await ensureInstalled('faketime');
  const { stdout } = await run('faketime', ['-m', '-f', '+0', 'printenv', 'LD_PRELOAD'], { env: serverEnvironment });
  const folder = mkdtempSync(join(tmpdir(), 'clock-'));
  const file = join(folder, 'offset');
  const set = (ahead: number): void => writeFileSync(file, ahead < 0 ? String(ahead) : `+${ahead}`);
  set(0);
  const fixed = { LD_PRELOAD: stdout.trim(), FAKETIME_DONT_FAKE_MONOTONIC: '1', DONT_FAKE_MONOTONIC: '1' };
  const words = Object.entries(fixed).map(([name, value]) => `${name}='${value}'`);
  return {
    environment: { ...fixed, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1' },
    wrapper: ['sh', '-c', `FAKETIME="$(cat "$0")" ${words.join(' ')} exec "$@"`, file],
    set,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
