// What the thread of a poller and the rest of the gateway say to each other.
// No RFC; both sides are of one version.
import type { Batch } from '../cache/batch.ts';
import type { ChangeKind } from '../ldap/changes/change-source.ts';
import type { DirectoryOptions } from '../ldap/directory.ts';
import type { PollerEvent } from './listener.ts';

/** All that the thread works with; the bind password travels within the process only. */
export interface WorkerSettings {
  readonly connection: Omit<DirectoryOptions, 'baseDn'>;
  readonly baseDn: string;
  /** The mapping as it was read, without `extends`. */
  readonly mapping: unknown;
  /** publicUrl + path. */
  readonly baseUrl: string;
  readonly types: readonly string[];
  readonly detect: ChangeKind | 'auto';
  /** Cron expressions, and the time zone that they are in. */
  readonly poll: string;
  readonly sweep: string;
  readonly timezone: string;
  readonly confirmDeletes: number;
  readonly maxRemoved: { readonly percent: number; readonly atLeast: number };
  /** A file, or `memory`. */
  readonly store: string;
  /** Of the clock that both sides go by. */
  readonly epoch: number;
}

export type Ask =
  /** Written through the gateway: read again, by ids of each type, and what entries of these names are. */
  | {
      readonly ask: 'refresh';
      readonly token: number;
      readonly ids: ReadonlyMap<string, ReadonlySet<string>>;
      readonly dns: readonly string[];
    }
  | { readonly ask: 'poll' | 'sweep'; readonly token: number }
  | { readonly ask: 'readAll'; readonly token: number; readonly accept: boolean }
  /** The batches of that number are taken. */
  | { readonly ask: 'taken'; readonly number: number }
  /** The answer to `prepare`. */
  | { readonly ask: 'prepared'; readonly epoch: number }
  | { readonly ask: 'stop' };

export type Tell =
  | { readonly tell: 'batches'; readonly epoch: number; readonly number: number; readonly batches: readonly Batch[] }
  | { readonly tell: 'prepare'; readonly epoch: number }
  | { readonly tell: 'inForce'; readonly epoch: number; readonly truth: number; readonly server: string | undefined }
  | { readonly tell: 'dropped'; readonly epoch: number }
  | { readonly tell: 'truth'; readonly truth: number; readonly server: string | undefined }
  /** The answer to `refresh`, `poll`, `sweep` and `readAll`. */
  | { readonly tell: 'done'; readonly token: number; readonly server: string | undefined; readonly error?: string }
  /** How the last cycle ended. */
  | {
      readonly tell: 'cycle';
      readonly cycle: 'poll' | 'sweep' | 'readAll';
      readonly milliseconds: number;
      readonly kind?: ChangeKind | undefined;
      readonly error?: string;
    }
  | { readonly tell: 'event'; readonly event: PollerEvent }
  | { readonly tell: 'stopped' };
