// A process of its own for what is measured, so that its processor time is its alone: started, asked, stopped.
// Node.js: child_process.fork; the other side is `parent.ts`.
import { type ChildProcess, fork } from 'node:child_process';
import type { Usage, Watched } from './parent.ts';

export interface Child {
  /** @throws Error with what the other side threw, or when it ends */
  ask<T>(what: string, args?: unknown): Promise<T>;
  /** Processor time and memory now. */
  usage(): Promise<Usage>;
  /** Delays of the event loop, pauses of the collector and the most memory, from here on until `unwatch`. */
  watch(): Promise<void>;
  unwatch(): Promise<Watched>;
  stop(): Promise<void>;
}

const children = new Set<ChildProcess>();
process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')));

export function startChild(file: string, profile: string | undefined): Child {
  const execArgv = ['--disable-warning=ExperimentalWarning', ...(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`])];
  const child = fork(new URL(file, import.meta.url), { execArgv, serialization: 'advanced' });
  children.add(child);
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let last = 0;
  child.on('message', ({ number, value, error }: { readonly number: number; readonly value?: unknown; readonly error?: string }) => {
    const asked = waiting.get(number);
    waiting.delete(number);
    if (error === undefined) asked?.resolve(value);
    else asked?.reject(new Error(`${file}: ${error}`));
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', (code) => {
      children.delete(child);
      for (const { reject } of waiting.values()) reject(new Error(`${file} ended with ${code}`));
      resolve();
    });
  });
  const ask = <T>(what: string, args?: unknown): Promise<T> =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve: resolve as (value: unknown) => void, reject });
      child.send({ number: last, what, args });
    });
  return {
    ask,
    usage: () => ask('usage'),
    watch: () => ask('watch'),
    unwatch: () => ask('unwatch'),
    async stop() {
      await ask('stop');
      child.disconnect();
      await ended;
    },
  };
}
