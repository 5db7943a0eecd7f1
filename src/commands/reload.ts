// When the configuration is read again: on SIGHUP, and with `--watch` when one of its files changes, which also works where there are no signals.
import { unwatchFile, watchFile } from 'node:fs';

export interface ReloadOptions {
  readonly reload: () => Promise<void>;
  /** The files to watch, asked again after each reload; without it, none. */
  readonly files?: () => readonly string[];
  /** Milliseconds between two looks at a file. */
  readonly interval?: number;
}

/**
 * Reloads one after the other; what is asked for meanwhile is one more. Files are looked at by name again and again: that sees files that are
 * replaced, linked elsewhere or on a network drive, too. On Windows SIGHUP means that the console closes, so it is left alone there.
 * @returns how to stop that
 */
export function onReload({ reload, files = () => [], interval = 1000 }: ReloadOptions): () => void {
  let watched: readonly string[] = [];
  let busy = false;
  let again = false;
  let stopped = false;

  const ask = async (): Promise<void> => {
    again = true;
    if (busy) return;
    busy = true;
    while (again && !stopped) {
      again = false;
      await reload();
      if (!stopped) watch();
    }
    busy = false;
  };
  const request = (): void => void ask();
  const onChange = (now: { readonly mtimeMs: number }, before: { readonly mtimeMs: number }): void => {
    if (now.mtimeMs !== before.mtimeMs) request();
  };
  const unwatch = (): void => watched.forEach((file) => unwatchFile(file, onChange));
  const watch = (): void => {
    const next = files();
    watched.filter((file) => !next.includes(file)).forEach((file) => unwatchFile(file, onChange));
    next.filter((file) => !watched.includes(file)).forEach((file) => watchFile(file, { interval, persistent: false }, onChange));
    watched = next;
  };

  watch();
  if (process.platform !== 'win32') process.on('SIGHUP', request);
  return () => {
    stopped = true;
    unwatch();
    process.off('SIGHUP', request);
  };
}
