// The operator's endpoints on a listener of their own: status with reasons, metrics, reload. One bearer token opens them all.
// RFC 6750 for the token; no RFC describes the rest.
import type { RequestListener } from 'node:http';
import { ScimError } from '../scim/error.ts';
import { addHolds, type HoldDesk } from './admin-holds.ts';
import { addSnapshots, type SnapshotKeeper } from './admin-snapshots.ts';
import { closeApplication, openApplication } from './application.ts';
import { requireBearer } from './auth.ts';
import { addEndpoint, type Operation, type Operations } from './endpoint.ts';
import { exchangeOf } from './exchange.ts';
import { createListener, type Listener, type ListenerOptions } from './listener.ts';
import { json, type Reply } from './reply.ts';

export interface AdminOptions extends ListenerOptions {
  /** SHA-256 of the token, asked for with every request: a reload may change it. */
  readonly sha256: () => Uint8Array;
  readonly status: () => object;
  readonly readiness: () => { readonly ready: boolean };
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
  /** What SIGHUP does; absent where there is nothing to reload from. */
  readonly reload?: (() => Promise<{ readonly ok: boolean }>) | undefined;
  readonly holds?: HoldDesk;
  /** By name of the directory. */
  readonly snapshots?: () => ReadonlyMap<string, SnapshotKeeper>;
}

export function createAdminServer(options: AdminOptions): Listener {
  return createListener(createAdminApplication(options), options);
}

/** Routes are reported with this in front, so that they are told from those of clients. */
const base = 'admin:';

function createAdminApplication({ sha256, status, readiness, metrics, reload, holds, snapshots }: AdminOptions): RequestListener {
  const application = openApplication();
  application.use((request, response, next) => {
    exchangeOf(response).route = base;
    requireBearer(request.headersDistinct['authorization'], sha256());
    next();
  });
  const add = (pattern: string, operations: Operations): void => addEndpoint(application, pattern, operations, base);
  const report = (code: number, body: object): Reply => ({
    ...json(code, body, { 'Cache-Control': 'no-store' }),
    mediaType: 'application/json',
  });
  const reloadNow: Operation = async () => {
    if (reload === undefined) throw new ScimError(501, 'This gateway was not started from a file');
    const outcome = await reload();
    return report(outcome.ok ? 200 : 422, outcome);
  };

  add('/health', { GET: () => report(200, { status: 'ok', uptime: Math.floor(process.uptime()) }) });
  add('/ready', {
    GET: () => {
      const answer = readiness();
      return report(answer.ready ? 200 : 503, answer);
    },
  });
  add('/status', { GET: () => report(200, status()) });
  add('/metrics', {
    GET: async () => ({
      status: 200,
      text: await metrics(),
      headers: { 'Cache-Control': 'no-store' },
      mediaType: 'text/plain; version=0.0.4; charset=utf-8',
    }),
  });
  add('/reload', { POST: reloadNow });
  if (holds) addHolds(add, holds, report);
  if (snapshots) addSnapshots(add, snapshots, report);
  return closeApplication(application, 'admin');
}
