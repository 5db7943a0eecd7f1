// The side of a measured process that answers the benchmark, and what it can say of itself.
// Node.js: process.cpuUsage (all threads), perf_hooks; `ru_maxrss` would never go down, so memory is looked at every 20 ms.
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';

/** Microseconds and octets. */
export interface Usage {
  readonly cpu: number;
  readonly resident: number;
  readonly heap: number;
}

/** Milliseconds and octets, of the thread that answers requests and of the process. */
export interface Watched {
  readonly delay: { readonly p99: number; readonly p999: number; readonly most: number };
  readonly longestPause: number;
  readonly mostResident: number;
  /** On average. */
  readonly cpuShare: number;
}

export type Handlers = Readonly<Record<string, (args: never) => unknown>>;

const restingDelay = 1;

function startWatch(): () => Watched {
  const delays = monitorEventLoopDelay({ resolution: restingDelay });
  let longestPause = 0;
  let mostResident = process.memoryUsage.rss();
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longestPause = Math.max(longestPause, duration);
  });
  observer.observe({ entryTypes: ['gc'] });
  const timer = setInterval(() => {
    mostResident = Math.max(mostResident, process.memoryUsage.rss());
  }, 20);
  const [cpu, time] = [usage().cpu, performance.now()];
  delays.enable();
  return () => {
    delays.disable();
    clearInterval(timer);
    observer.disconnect();
    // The histogram counts how long its own timer took, which waits for a millisecond by itself.
    const at = (share: number): number => Math.max(0, delays.percentile(share) / 1e6 - restingDelay);
    return {
      delay: { p99: at(99), p999: at(99.9), most: at(100) },
      longestPause,
      mostResident: Math.max(mostResident, process.memoryUsage.rss()),
      cpuShare: (usage().cpu - cpu) / 1000 / (performance.now() - time),
    };
  };
}

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return { cpu: user + system, resident: process.memoryUsage.rss(), heap: process.memoryUsage().heapUsed };
}

/** @param stop ends what would keep the process alive */
export function answerParent(handlers: Handlers, stop: () => Promise<void>): void {
  let watched: (() => Watched) | undefined;
  const own: Handlers = {
    usage,
    watch: () => {
      watched = startWatch();
    },
    unwatch: () => watched?.(),
    stop,
  };
  const all = new Map(Object.entries({ ...handlers, ...own }));
  process.on('message', async ({ number, what, args }: { readonly number: number; readonly what: string; readonly args: unknown }) => {
    try {
      process.send?.({ number, value: await all.get(what)?.(args as never) });
    } catch (error) {
      process.send?.({ number, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  process.once('disconnect', () => process.exit());
}
