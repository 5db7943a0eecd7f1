// What list queries ask for: the snapshot, if what it holds is true enough now.
// RFC 9211 section 2.2 has words for why it is not.
import type { Snapshot } from './snapshot.ts';

/** `miss`: it is not complete. `stale`: too old. `behind`: a write through this process is not in it yet. */
export type Unusable = 'miss' | 'stale' | 'behind';

export type Reading =
  | {
      readonly snapshot: Snapshot;
      /** Milliseconds since which the directory may have changed without it. */
      readonly age: number;
      /** Milliseconds for which it may still be used, if nothing is heard of the directory. */
      readonly left: number;
    }
  | { readonly unusable: Unusable };

export interface SnapshotSource {
  /** Whether the resources of a type are in it. */
  keeps(type: string): boolean;
  /** Everything that this process has written is in it. */
  current(): Promise<Reading>;
  /** A resource was written, or may have been: it is read again. */
  noteWrite(type: string, id: string): void;
  /** A resource was deleted, or may have been: with it, what referred to it is read again. */
  noteDelete(type: string, id: string): void;
  /** An entry was written, or may have been, whose id nobody has learned. */
  noteEntry(dn: string): void;
}
