// Rows that may have changed again within the second of their stamp, which then looks the same: they are read once more by a later sweep.
// RFC 4512 section 3.4.2 (modifyTimestamp, whole seconds). Polls ask for the last seconds again; behind a clock that was set back, in vain.
import type { Ids } from './gather.ts';

/** Milliseconds after which the second of a stamp is over. */
const over = 2000;

export class Doubts {
  /** By type and id: when the row was read. */
  readonly #read = new Map<string, Map<string, number>>();

  note(ids: Ids, now: number): void {
    for (const [type, own] of ids) {
      const read = this.#read.get(type) ?? new Map<string, number>();
      this.#read.set(type, read);
      for (const id of own) read.set(id, now);
    }
  }

  /** What is in doubt, but for those. */
  except(ids: Ids): Ids {
    return new Map(
      [...this.#read].map(([type, read]) => [type, new Set([...read.keys()].filter((id) => ids.get(type)?.has(id) !== true))]),
    );
  }

  /** All of it was read again then. */
  settle(now: number): void {
    for (const read of this.#read.values()) for (const [id, at] of read) if (at < now - over) read.delete(id);
  }
}
