// The gateway as a process of its own, from a configuration file: started until it serves, told by signals, never left behind.
// Test set-up only; signal(7).
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { serverEnvironment } from './install.ts';

const running = new Set<ChildProcess>();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export interface GatewayProcess {
  readonly pid: number;
  /** What it has written to the log. */
  log(): string;
  signal(name: NodeJS.Signals): void;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  /** SIGTERM, unless it has ended. @returns as `ended` */
  stop(): Promise<number | NodeJS.Signals | null>;
}

/** @param secrets what the configuration takes from the environment @throws Error with the log when it ends before it serves */
export async function startGatewayProcess(file: string, secrets: Readonly<Record<string, string>>): Promise<GatewayProcess> {
  const command = ['-c', 'umask 000; exec "$@"', 'sh', process.execPath, 'src/cli.ts', 'serve', '--config', file];
  const child = spawn('sh', command, { env: { ...serverEnvironment, ...secrets }, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let log = '';
  let isGone = false;
  for (const output of [child.stdout, child.stderr]) output.on('data', (chunk) => (log += String(chunk)));
  const ended = once(child, 'exit').then(([code, signal]): number | NodeJS.Signals | null => {
    isGone = true;
    running.delete(child);
    return (code as number | null) ?? (signal as NodeJS.Signals | null);
  });
  while (!log.includes('serving')) {
    if (isGone) throw new Error(log);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    pid: child.pid ?? 0,
    log: () => log,
    signal: (name) => void child.kill(name),
    ended,
    stop() {
      if (!isGone) child.kill('SIGTERM');
      return ended;
    },
  };
}
