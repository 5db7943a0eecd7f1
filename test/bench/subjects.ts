// What the rows measure in common: requests, the reference and ldapts as subjects, and figures of many measurements.
// No RFC.
import { httpSubject, type Measured, type Subject } from './contest.ts';
import type { Request } from './load.ts';
import type { RawTask } from './raw-process.ts';
import { path, type Stage } from './stage.ts';

export const get = (target: string): Request => ({ method: 'GET', target: `${path}${target}` });

/** So many octets with nothing behind them. */
export const referenceSubject = (stage: Stage, name: string, length: number, connections = 16): Subject =>
  httpSubject(name, stage.reference.child, stage.reference, () => get(`/Users?count=${length}`), connections);

export function ldapSubject(stage: Stage, name: string, taskAt: (i: number) => RawTask, inFlight: number): Subject {
  let at = 0;
  return {
    name,
    child: stage.raw,
    async run(count) {
      const tasks = Array.from({ length: count }, (_, i) => taskAt(at + i));
      at += count;
      const started = performance.now();
      const times = await stage.raw.ask<readonly number[]>('runTasks', { tasks, inFlight });
      return { times, seconds: (performance.now() - started) / 1000, length: 0 };
    },
  };
}

export function measurementsOf(found: ReadonlyMap<string, readonly Measured[]>, name: string): readonly Measured[] {
  return found.get(name) ?? [];
}

export const cpuOf = (measured: readonly Measured[]): readonly number[] => measured.map(({ cpu }) => cpu);
export const p50Of = (measured: readonly Measured[]): readonly number[] => measured.map(({ p50 }) => p50);
