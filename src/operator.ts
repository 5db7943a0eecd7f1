// What the operator's listener shows and does: state, metrics, what waits, snapshots, reload.
// No RFC; described in docs/operations.md.
import type { AdminConfig } from './config.ts';
import type { GuardStore } from './guard-store.ts';
import { createHoldDesk, measureWaiting } from './hold-desk.ts';
import { createAdminServer } from './http/admin.ts';
import type { Listener } from './http/listener.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { describeReadiness, describeStatus, measureStatus, type StatusSource } from './status.ts';
import type { Follower } from './sync/follower.ts';

/** Its token is that of the configuration in force; where that has none any more, the one it began with, until the restart that the log asks for. */
export function createAdmin(
  first: AdminConfig,
  current: () => AdminConfig | undefined,
  source: () => StatusSource,
  store: GuardStore,
  followers: () => ReadonlyMap<string, Follower>,
): Pick<Listener, 'listen' | 'close' | 'renewCertificate'> {
  let metrics: Metrics | undefined;
  const listener = createAdminServer({
    host: first.host,
    port: first.port,
    tls: first.tls,
    sha256: () => (current() ?? first).sha256,
    status: () => describeStatus(source(), Date.now()),
    readiness: () => describeReadiness(source(), Date.now()),
    metrics: () => metrics?.render([...measureStatus(source(), Date.now()), ...measureWaiting(store.states())]) ?? Promise.resolve(''),
    holds: createHoldDesk(() => store.states()),
    snapshots: followers,
    reload: source().operation?.reload,
  });
  return {
    ...listener,
    async listen() {
      const address = await listener.listen();
      metrics = createMetrics();
      return address;
    },
    async close() {
      await listener.close();
      metrics?.close();
    },
  };
}
