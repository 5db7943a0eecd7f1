// Everything that one size of directory is measured with: slapd, two gateways (one without snapshot), the reference and the raw process.
// No RFC.
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FollowerStatus } from '../../src/sync/follower.ts';
import { freePort, type Slapd } from '../servers/slapd.ts';
import { type Child, startChild } from './child.ts';
import { startDirectory } from './directory.ts';
import { Wire } from '../directory/wire.ts';
import { startProxy } from '../servers/proxy.ts';
import { askOnce, type Request, type Target } from './load.ts';
import { personAt, suffix } from './population.ts';

export const token = 'token-of-the-benchmark';
export const path = '/scim/v2';

export interface StartedGateway extends Target {
  readonly child: Child;
  /** Milliseconds from the start of the process until the first list came from the snapshot. */
  readonly firstList?: number;
}

export interface Stage {
  readonly users: number;
  readonly runs: number;
  readonly directory: Slapd;
  /** Lists and reads by id from the snapshot, look-ups, too; its rows are in a file. */
  readonly cached: StartedGateway;
  /** Everything from the directory, no snapshot. */
  readonly live: StartedGateway;
  readonly reference: StartedGateway;
  readonly raw: Child;
  /** Ports of the raw process. */
  readonly ports: { readonly node: number; readonly express: number };
  readonly folder: string;
  /** Another gateway with a snapshot before the same directory. */
  startCached(store: string, cache?: string): Promise<StartedGateway>;
  /** The LDAP requests that one HTTP request to a gateway without snapshot leads to. */
  countRequests(request: Request): Promise<number>;
  note(what: string): void;
  stop(): Promise<void>;
}

export interface StageOptions {
  readonly users: number;
  readonly runs: number;
  readonly profile: string | undefined;
  note(what: string): void;
}

/** Never while this runs: cycles are asked for. */
const never = '0 0 31 12 *';

function configure(directory: Pick<Slapd, 'url' | 'gatewayDn'>, port: number, folder: string, more: string): string {
  return `
server: { listen: "127.0.0.1:${port}", publicUrl: "http://localhost" }
directories:
  main:
    path: ${path}
    type: openldap
    servers: ["${directory.url}"]
    bind: { dn: "${directory.gatewayDn}", password: { env: LDAP_PASSWORD } }
    baseDn: "${suffix}"
    mapping: openldap
    timeouts: { connect: 30s, operation: 120s }
    ${more}
clients:
  - name: bench
    patchResponse: noContent
    auth: { token: { sha256: "${createHash('sha256').update(token).digest('hex')}", expires: never } }
    allow: { directory: main, resources: [User, Group], operations: [read, create, update, delete] }
guards: { store: memory, allowPrivileged: true }
audit: { file: "${join(folder, `journal-${port}.log`)}" }
`;
}

async function startGateway(
  directory: Pick<Slapd, 'url' | 'gatewayDn'>,
  folder: string,
  profile: string | undefined,
  more: string,
): Promise<StartedGateway> {
  const port = await freePort();
  const child = startChild('./gateway-process.ts', profile);
  await child.ask('start', { file: join(folder, 'bench.yaml'), text: configure(directory, port, folder, more) });
  return { port, token, child };
}

export const firstPage = { method: 'GET', target: `${path}/Users?count=100` } as const;

/** Microseconds of processor time in a second. */
const quiet = 100_000;

const isFromSnapshot = (head: string): boolean => /cache-status: [^\r]*; hit/i.test(head);

async function untilListed(target: StartedGateway): Promise<void> {
  // A list before that would wait for the directory.
  while ((await target.child.ask<FollowerStatus>('status')).state !== 'complete') await sleep(5);
  for (;;) {
    const answer = await askOnce(target, firstPage);
    if (answer?.status === 200 && isFromSnapshot(answer.head)) return;
    await sleep(5);
  }
}

/** Bodies are prepared in the background after the first list: what is measured then would be that, too. */
async function untilQuiet({ child }: StartedGateway): Promise<void> {
  for (let before = await child.usage(); ;) {
    await sleep(1000);
    const after = await child.usage();
    if (after.cpu - before.cpu < quiet) return;
    before = after;
  }
}

export async function openStage({ users, runs, profile, note }: StageOptions): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  process.env['LDAP_PASSWORD'] = 'gateway';
  note('loading slapd');
  const directory = await startDirectory(users);
  note('starting the gateways');

  const startCached = async (store: string, cache = ''): Promise<StartedGateway> => {
    const started = performance.now();
    const kept = `cache: { poll: "${never}", sweep: "${never}", maxStaleness: 12h, store: "${store}"${cache} }`;
    const gateway = await startGateway(directory, folder, profile, `reads: { byId: cache, lookup: cache, lists: cache }\n    ${kept}`);
    await untilListed(gateway);
    return { ...gateway, firstList: performance.now() - started };
  };
  const cached = await startCached(join(folder, 'rows.db'));
  await untilQuiet(cached);
  const live = await startGateway(directory, folder, profile, 'reads: { lists: live }');
  const referenceChild = startChild('./reference-process.ts', undefined);
  const port = await referenceChild.ask<number>('start', { token, journal: join(folder, 'journal-reference.log') });
  const raw = startChild('./raw-process.ts', undefined);
  const ports = await raw.ask<Stage['ports']>('start', {
    url: directory.url,
    dn: directory.gatewayDn,
    password: directory.gatewayPassword,
  });
  return {
    users,
    runs,
    directory,
    cached,
    live,
    reference: { port, token, child: referenceChild },
    raw,
    ports,
    folder,
    startCached,
    async countRequests(request) {
      const proxy = await startProxy(directory.port);
      const wire = new Wire(proxy);
      const { child, ...target } = await startGateway({ ...directory, url: proxy.url }, folder, undefined, 'reads: { lists: live }');
      // Connected, and warm. A live list would go through the whole directory.
      const lookup = { method: 'GET', target: `${path}/Users?filter=${encodeURIComponent(`userName eq "${personAt(0).uid}"`)}` } as const;
      while ((await askOnce(target, lookup))?.status !== 200) await sleep(20);
      const sent = await wire.during(() => askOnce(target, request));
      await child.stop();
      await proxy.stop();
      return sent.length;
    },
    note,
    async stop() {
      await Promise.all([cached.child.stop(), live.child.stop(), referenceChild.stop(), raw.stop()]);
      await directory.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
