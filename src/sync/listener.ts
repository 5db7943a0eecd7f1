// What a poller says of itself to whoever answers lists.
// No RFC.
import type { Batch } from '../cache/batch.ts';
import type { ChangeKind } from '../ldap/changes/change-source.ts';

/** What becomes known outside. An epoch is one complete set of rows: a new one is built beside the one in force. */
export interface Listener {
  batches(epoch: number, batches: readonly Batch[]): Promise<void> | void;
  /** That epoch has most of its rows, and is about to replace another one: what its first lists need may be made. */
  prepare(epoch: number): Promise<void>;
  /** That epoch is complete and in force now; `truth` in epoch milliseconds. */
  inForce(epoch: number, truth: number): void;
  /** That epoch will not be completed. */
  dropped(epoch: number): void;
  /** The rows in force are true as of then. */
  truth(truth: number): void;
  event(event: PollerEvent): void;
}

export type PollerEvent =
  | { readonly event: 'snapshot store set aside'; readonly level: 'warn'; readonly reason: string }
  | { readonly event: 'snapshot change detection'; readonly level: 'info'; readonly kind: ChangeKind; readonly reason: string }
  | {
      readonly event: 'snapshot complete';
      readonly level: 'info';
      readonly rows: number;
      readonly milliseconds: number;
      readonly why: string;
    }
  | { readonly event: 'snapshot removals stopped'; readonly level: 'error'; readonly removals: number; readonly limit: number };
