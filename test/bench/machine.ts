// What the figures were measured on.
// No RFC.
import { execFile } from 'node:child_process';
import { arch, availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { promisify } from 'node:util';
import { serverEnvironment } from '../servers/install.ts';

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  /** GiB. */
  readonly memory: number;
  readonly system: string;
  readonly node: string;
  readonly slapd: string;
  /** Processes that wanted to run in the minute before. */
  readonly load: number;
}

export async function describeMachine(): Promise<Machine> {
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memory: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()} ${arch()}`,
    node: process.version,
    slapd: await slapdVersion(),
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  };
}

/** It says its version on standard error; with `-V` alone it would go on and serve, on every address. */
async function slapdVersion(): Promise<string> {
  const run = promisify(execFile);
  const said = await run('slapd', ['-VV'], { env: serverEnvironment }).then(
    ({ stderr }) => stderr,
    (error: { readonly stderr?: string }) => error.stderr ?? '',
  );
  return /slapd (\d[\w.]*)/.exec(said)?.[1] ?? 'unknown';
}
