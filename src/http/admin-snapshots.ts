// The snapshots, for the operator: a poll, a sweep or a complete reading now, and the word that what is missing is really gone.
// No RFC; described in docs/snapshot.md.
import { notFound, ScimError } from '../scim/error.ts';
import { idOf, type Operations } from './endpoint.ts';
import type { Reply } from './reply.ts';

/** Whoever keeps a snapshot up. */
export interface SnapshotKeeper {
  /** @throws Error with the reason why it failed */
  run(cycle: 'poll' | 'sweep'): Promise<void>;
  /** @param accept however many resources are gone */
  readAll(accept: boolean): Promise<void>;
  status(): object;
}

export function addSnapshots(
  add: (pattern: string, operations: Operations) => void,
  keepers: () => ReadonlyMap<string, SnapshotKeeper>,
  report: (status: number, body: object) => Reply,
): void {
  const cycle = (work: (keeper: SnapshotKeeper, search: URLSearchParams) => Promise<void>): Operations => ({
    POST: async (exchange) => {
      const keeper = keepers().get(idOf(exchange));
      if (!keeper) throw notFound('There is no snapshot of a directory of this name');
      try {
        await work(keeper, new URLSearchParams(exchange.request.url.split('?')[1] ?? ''));
      } catch (error) {
        if (error instanceof ScimError) throw error;
        return report(503, { ok: false, error: error instanceof Error ? error.message : String(error), snapshot: keeper.status() });
      }
      return report(200, { ok: true, snapshot: keeper.status() });
    },
  });
  add(
    '/snapshots/{id}/poll',
    cycle((keeper) => keeper.run('poll')),
  );
  add(
    '/snapshots/{id}/sweep',
    cycle((keeper) => keeper.run('sweep')),
  );
  add(
    '/snapshots/{id}/read',
    cycle((keeper, search) => keeper.readAll(search.get('accept') === 'true')),
  );
}
