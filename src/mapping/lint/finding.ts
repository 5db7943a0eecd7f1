// What `check` has to say about one place of the files: how bad it is, what it is, and what to do about it.
// No RFC.
import type { Path } from '../report.ts';

export type Severity = 'error' | 'warn' | 'hint' | 'ok';

export interface Finding {
  /** Stable name, for programs. */
  readonly code: string;
  readonly severity: Severity;
  /** Whose place `path` is: the merged mapping file, or the directory's section of the configuration. */
  readonly file: 'mapping' | 'config';
  readonly path: Path;
  readonly message: string;
  readonly advice?: string;
}

type Details = Pick<Finding, 'advice'>;

export function inMapping(severity: Severity, code: string, path: Path, message: string, advice?: string): Finding {
  return { code, severity, file: 'mapping', path, message, ...adviceOf(advice) };
}

export function inConfig(severity: Severity, code: string, path: Path, message: string, advice?: string): Finding {
  return { code, severity, file: 'config', path, message, ...adviceOf(advice) };
}

const adviceOf = (advice: string | undefined): Details => (advice === undefined ? {} : { advice });

/** `5 812`, `1 entry`: thousands set apart. */
export function count(number: number, noun?: string, plural = `${noun}s`): string {
  const digits = String(number).replace(/\B(?=(\d{3})+$)/g, ' ');
  return noun === undefined ? digits : `${digits} ${number === 1 ? noun : plural}`;
}

/** `a, b, c and 4 more`. */
export function listSome(names: readonly string[], most = 8): string {
  const more = names.length - most;
  return more > 1 ? `${names.slice(0, most).join(', ')} and ${more} more` : names.join(', ');
}
