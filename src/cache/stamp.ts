// Up to which change something derived from rows knows them.
// No RFC.
import type { Table } from './table.ts';

export interface Stamp {
  readonly changes: number;
  /** Of what depends on references. */
  readonly referenceChanges?: number;
}

/** As of now. */
export function stampOf({ rows }: Table, usesReferences: boolean): Stamp {
  return { changes: rows.changes.end, ...(usesReferences && { referenceChanges: rows.referenceChanges.end }) };
}

/** The slots that changed since then, some perhaps more than once; undefined where that is not known any more. */
export function changesSince({ rows }: Table, { changes, referenceChanges }: Stamp): Uint32Array | undefined {
  const own = rows.changes.since(changes);
  if (referenceChanges === undefined) return own;
  const byReference = rows.referenceChanges.since(referenceChanges);
  if (!own || !byReference) return undefined;
  const all = new Uint32Array(own.length + byReference.length);
  all.set(own);
  all.set(byReference, own.length);
  return all;
}
