// The gateway as a process with a state file, a slapd behind it, and a look at both: what outlives crashes, full disks and wrong clocks.
// Test set-up only.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Directory, openDirectory } from '../../src/ldap/directory.ts';
import { parseDn } from '../../src/ldap/dn.ts';
import { type Body, type Reply, ScimClient } from '../directory/scim-client.ts';
import { type GatewayProcess, startGatewayProcess } from '../servers/gateway.ts';
import { freePort } from '../servers/port.ts';
import { directoryText } from '../servers/directory-text.ts';
import { type Slapd, type SlapdOptions, startSlapd } from '../servers/slapd.ts';

const tokens = {
  writer: 'the-token-of-a-writer-of-the-site',
  live: 'the-token-of-a-reader-of-the-site',
  admin: 'the-token-of-the-operator',
};
const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

export interface SiteOptions {
  readonly slapd?: SlapdOptions;
  /** More lines of the configuration. */
  readonly more?: string;
  /** What stands under `cache:` beside the file, in one line. */
  readonly cache?: string;
  /** Where the state file is; by default a folder of its own. */
  readonly folder?: string;
}

export interface Site {
  readonly slapd: Slapd;
  /** The administrator of the directory, past the gateway. */
  readonly look: Directory;
  /** Of the state file, which is `state.db`. */
  readonly folder: string;
  /** Lists come from the snapshot. */
  readonly scim: ScimClient;
  /** The same, asked of the directory each time. */
  readonly live: ScimClient;
  /** @param environment more of it; `prefix` stands before the command line */
  start(environment?: Readonly<Record<string, string>>): Promise<GatewayProcess>;
  /** A cycle of the poller now. @returns the status of the answer */
  cycle(name: 'poll' | 'sweep' | 'read'): Promise<number>;
  /** As /status has it. */
  snapshot(): Promise<Body>;
  metrics(): Promise<string>;
  /** After all processes that were started. */
  stop(): Promise<void>;
}

export async function openSite(options: SiteOptions = {}): Promise<Site> {
  const slapd = await startSlapd(options.slapd);
  const own = mkdtempSync(join(tmpdir(), 'site-'));
  const folder = options.folder ?? own;
  const [port, adminPort] = [await freePort(), await freePort()];
  const file = join(own, 'config.yaml');
  const client = (name: 'writer' | 'live', more: string): string =>
    `{ name: ${name}, auth: { token: { sha256: "${hashOf(tokens[name])}", expires: never } }, ` +
    `allow: { directory: main, resources: [User, Group], operations: [read, create, update, delete]${more} } }`;
  writeFileSync(
    file,
    `server: { listen: "127.0.0.1:${port}", publicUrl: "http://127.0.0.1:${port}" }
${directoryText({ ...slapd, bindDn: slapd.gatewayDn })}
    reads: { lists: cache }
    timeouts: { connect: 1s, operation: 5s }
cache: { store: "${join(folder, 'state.db')}", ${options.cache ?? 'maxStaleness: 1h'} }
clients: [${client('writer', '')}, ${client('live', `, bases: ["${slapd.suffix}"]`)}]
admin: { listen: "127.0.0.1:${adminPort}", token: { sha256: "${hashOf(tokens.admin)}" } }
${options.more ?? ''}
`,
  );
  const look = openDirectory({
    servers: [slapd.url],
    bind: { dn: slapd.adminDn, password: slapd.adminPassword },
    baseDn: parseDn(slapd.suffix),
    timeouts: { connect: 5000, operation: 20_000 },
    intervals: { retryFirst: 20, retryLast: 100 },
  });
  await look.start();
  const running = new Set<GatewayProcess>();
  const operator = (method: string, path: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${adminPort}${path}`, { method, headers: { Authorization: `Bearer ${tokens.admin}` } });
  const base = `http://127.0.0.1:${port}/scim/v2`;
  return {
    slapd,
    look,
    folder,
    scim: new ScimClient(base, tokens.writer),
    live: new ScimClient(base, tokens.live),
    async start(environment = {}) {
      const started = await startGatewayProcess(file, { LDAP_PASSWORD: slapd.gatewayPassword, ...environment });
      running.add(started);
      void started.ended.then(() => running.delete(started));
      return started;
    },
    async cycle(name) {
      return (await operator('POST', `/snapshots/main/${name}`)).status;
    },
    async snapshot() {
      const { directories } = (await (await operator('GET', '/status')).json()) as { readonly directories: readonly Body[] };
      return (directories[0]?.['snapshot'] ?? {}) as Body;
    },
    metrics: async () => (await operator('GET', '/metrics')).text(),
    async stop() {
      await Promise.all([...running].map((each) => each.stop()));
      await look.close();
      await slapd.stop();
      rmSync(own, { recursive: true, force: true });
    },
  };
}

/** People in LDIF, from one number to another. @param more lines of each */
export const ldifOfPeople = (suffix: string, from: number, to: number, more = ''): string =>
  Array.from({ length: to - from }, (_, i) => `p${from + i}`)
    .map((uid) => `dn: uid=${uid},ou=people,${suffix}\nobjectClass: inetOrgPerson\nuid: ${uid}\ncn: ${uid}\nsn: ${uid}\n${more}`)
    .join('\n');

export const isHit = ({ headers }: Reply): boolean => headers.get('cache-status')?.includes('hit') ?? false;

/** What the directory held then, or later, is what the list says (RFC 9111 section 5.1); in epoch milliseconds. @param asked when it was asked for */
export const trueAsOf = ({ headers }: Reply, asked: number): number => asked - (Number(headers.get('age')) + 1) * 1000;

/** Everything of a type, page by page; the pages are of one moment only where nobody writes. */
export async function listAll(
  client: ScimClient,
  endpoint: '/Users' | '/Groups',
  query: Readonly<Record<string, string>> = {},
): Promise<readonly Body[]> {
  const found: Body[] = [];
  for (;;) {
    const { status, body } = await client.get(endpoint, { count: 1000, startIndex: found.length + 1, ...query });
    if (status !== 200) throw new Error(`${status}: ${JSON.stringify(body)}`);
    found.push(...((body['Resources'] ?? []) as readonly Body[]));
    if (found.length >= Number(body['totalResults']) || (body['Resources'] as readonly Body[]).length === 0) return found;
  }
}
