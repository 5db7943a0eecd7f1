// When the configuration is read again: on SIGHUP, and with `--watch` when one of its files changes, which also works where there are no signals.
import { statSync } from 'node:fs';

export interface ReloadOptions {
  readonly reload: () => Promise<unknown>;
  /** The files to watch, asked again after each reload; without it, none. */
  readonly files?: () => readonly string[];
  /** Milliseconds between two looks at the files. */
  readonly interval?: number;
}

/**
 * Reloads one after the other; what is asked for meanwhile is one more. Files are looked at by name again and again: that sees files that are
 * replaced, linked elsewhere or on a network drive, too. On Windows SIGHUP means that the console closes, so it is left alone there.
 * @returns how to stop that
 */
export function onReload({ reload, files = () => [], interval = 1000 }: ReloadOptions): () => void {
  const state = { seen: describeFiles(files()), isBusy: false, isAsked: false, isStopped: false };

  const ask = async (): Promise<void> => {
    state.isAsked = true;
    if (state.isBusy) return;
    state.isBusy = true;
    while (state.isAsked && !state.isStopped) {
      state.isAsked = false;
      state.seen = describeFiles(files());
      await reload();
      // The files that count may be others now; what changed during the reload is seen by the next look.
      state.seen = keepSeen(state.seen, describeFiles(files()));
    }
    state.isBusy = false;
  };
  const request = (): void => void ask();
  const look = (): void => {
    if (!state.isBusy && hasChanged(state.seen, describeFiles(files()))) request();
  };

  const timer = setInterval(look, interval).unref();
  if (process.platform !== 'win32') process.on('SIGHUP', request);
  return () => {
    state.isStopped = true;
    clearInterval(timer);
    process.off('SIGHUP', request);
  };
}

/** When each file was changed; 0 for one that is not there. */
type Files = ReadonlyMap<string, number>;

function describeFiles(files: readonly string[]): Files {
  return new Map(files.map((file) => [file, statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0]));
}

function hasChanged(before: Files, now: Files): boolean {
  return [...now].some(([file, time]) => before.get(file) !== time);
}

/** New files as they are now, known ones as they were. */
function keepSeen(before: Files, now: Files): Files {
  return new Map([...now].map(([file, time]) => [file, before.get(file) ?? time]));
}
