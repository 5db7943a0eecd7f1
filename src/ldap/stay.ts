// What belongs to one request stays with one server: after its first write, what follows asks the server that took that.
// No RFC: replicas learn late of a write, and not at all while their source is away.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Pool } from './pool.ts';

/** For each directory, by whatever stands for it, the connections to the server that took a write. */
const stays = new AsyncLocalStorage<Map<object, Pool>>();

/**
 * All that `work` asks of a directory after its first write there goes to the server that took it, also when another one is preferred
 * meanwhile; when that server is lost it is an error (`unavailable`), never an answer of another server that may not know of the write.
 */
export async function stayTogether<T>(work: () => Promise<T>): Promise<T> {
  if (stays.getStore() !== undefined) return work();
  const pools = new Map<object, Pool>();
  try {
    return await stays.run(pools, work);
  } finally {
    for (const pool of pools.values()) pool.release();
  }
}

/** The connections to the server that took a write of this request; undefined where none did. */
export function stayedWith(directory: object): Pool | undefined {
  return stays.getStore()?.get(directory);
}

/** A write goes to this server now. */
export function stayWith(directory: object, pool: Pool): void {
  const pools = stays.getStore();
  const before = pools?.get(directory);
  if (pools === undefined || before === pool) return;
  pool.hold();
  before?.release();
  pools.set(directory, pool);
}
