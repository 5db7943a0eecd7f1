// A directory server as a child of this process: started until it listens, stopped, killed, frozen and started again, never left behind.
// Test set-up only; signal(7).
import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverEnvironment } from './install.ts';
import { untilListening } from './port.ts';

const children = new Set<ChildProcess>();
process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')));

export interface Launch {
  readonly command: readonly [file: string, ...args: readonly string[]];
  readonly environment?: NodeJS.ProcessEnv;
  readonly port: number;
  /** 127.0.0.1 where absent. */
  readonly host?: string;
  /** Where the data are: removed in the end. */
  readonly dir: string;
  /** How the server is told, where it is not the child itself. */
  readonly tell?: (signal: NodeJS.Signals) => Promise<void>;
}

/** What a test may do to a server. */
export interface Lifecycle {
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
  /** SIGKILL; the data stays. */
  kill(): Promise<void>;
  /** SIGTERM; the data stays. */
  end(): Promise<void>;
  /** Starts it again in the same place with the same data, after an orderly end if it still runs. */
  restart(): Promise<void>;
  /** SIGSTOP: connections stay open, nothing is answered. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
}

/** @throws Error when it ends before it listens */
export async function startProcess(launch: Launch): Promise<Lifecycle> {
  const { command, environment = serverEnvironment, port, host, dir } = launch;
  let child: ChildProcess | undefined;
  const tell = launch.tell ?? (async (signal) => void child?.kill(signal));
  const start = async (): Promise<void> => {
    const [file, ...args] = command;
    const started = spawn(file, args, { env: environment, stdio: 'ignore' });
    child = started;
    children.add(started);
    started.once('exit', () => children.delete(started));
    await untilListening(started, port, host);
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const ending = child;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = new Promise((resolve) => ending.once('exit', resolve));
    await tell('SIGCONT');
    await tell(signal);
    await ended;
  };
  await start();
  return {
    async stop() {
      await end('SIGKILL');
      await rm(dir, { recursive: true, force: true, maxRetries: 5 });
    },
    kill: () => end('SIGKILL'),
    end: () => end('SIGTERM'),
    async restart() {
      await end('SIGTERM');
      await start();
    },
    async freeze() {
      await tell('SIGSTOP');
      await untilStopped(child?.pid);
    },
    thaw: () => tell('SIGCONT'),
  };
}

/** A signal is sent before it is obeyed: until every thread stands still, or where the system does not tell, for a moment. */
async function untilStopped(pid: number | undefined): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    await sleep(10);
    const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
    const states = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8').catch(() => ') T')));
    if (states.every((state) => state.slice(state.lastIndexOf(')') + 2).startsWith('T'))) return;
  }
}
