// A directory with the whole gateway before it, a proxy in between, and the same configuration for the commands that look at it.
// Test set-up only.
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { createApp } from '../../src/app.ts';
import { type Config, loadConfig } from '../../src/config.ts';
import { startDemoDirectory } from '../../src/demo/ldap-server.ts';
import { ScimClient } from '../directory/scim-client.ts';
import { Wire } from '../directory/wire.ts';
import { startProxy } from '../servers/proxy.ts';
import { startSlapd } from '../servers/slapd.ts';

export interface Bench {
  readonly config: Config;
  /** The same configuration as a file, for LDAP_PASSWORD in the environment. */
  readonly file: string;
  readonly password: string;
  readonly suffix: string;
  readonly wire: Wire;
  readonly scim: ScimClient;
  stop(): Promise<void>;
}

const token = 'token-of-the-command-bench';

/** Adds to the directory's section of the configuration: `mode: observe`. */
export async function openBench(kind: 'demo' | 'slapd', more = ''): Promise<Bench> {
  const directory = kind === 'demo' ? await startDemoDirectory({ suffix: 'dc=example,dc=test', users: 0 }) : await startSlapd();
  const end = 'close' in directory ? () => directory.close() : () => directory.stop();
  const [dn, password] =
    'gatewayDn' in directory ? [directory.gatewayDn, directory.gatewayPassword] : [directory.adminDn, directory.adminPassword];
  const proxy = await startProxy(directory.port);
  const folder = await mkdtemp(join(tmpdir(), 'commands-'));
  const file = join(folder, 'config.yaml');
  await writeFile(file, configuration(proxy.url, dn, directory.suffix, more));
  const config = loadConfig(file, { env: { LDAP_PASSWORD: password } });
  const app = createApp(config);
  const { url } = await app.start();
  return {
    config,
    file,
    password,
    suffix: directory.suffix,
    wire: new Wire(proxy),
    scim: new ScimClient(`${url}/scim/v2`, token),
    async stop() {
      await app.stop();
      await proxy.stop();
      await end();
      await rm(folder, { recursive: true });
    },
  };
}

function configuration(ldapUrl: string, dn: string, suffix: string, more: string): string {
  const sha256 = createHash('sha256').update(token).digest('hex');
  return `server: { listen: "127.0.0.1:0", publicUrl: "http://127.0.0.1:8080" }
directories:
  main:
    path: /scim/v2
    type: openldap
    servers: ["${ldapUrl}"]
    bind: { dn: "${dn}", password: { env: LDAP_PASSWORD } }
    baseDn: "${suffix}"
    mapping: openldap
    ${more}
clients:
  - name: full
    auth: { token: { sha256: "${sha256}", expires: never } }
    allow: { directory: main, resources: [User, Group], operations: [read, create, update, delete] }
  - name: reader
    dialect: strict
    auth: { token: { sha256: "${createHash('sha256').update('another').digest('hex')}", expires: never } }
    allow: { directory: main, resources: [User], operations: [read] }
guards: { store: memory, protect: ["uid=keeper,ou=people,${suffix}"] }
`;
}

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command with its output captured. */
export async function capture(work: () => Promise<number>): Promise<Run> {
  const out: string[] = [];
  const err: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((text: unknown) => void out.push(String(text)));
  const error = vi.spyOn(console, 'error').mockImplementation((text: unknown) => void err.push(String(text)));
  try {
    return { code: await work(), out: out.join('\n'), err: err.join('\n') };
  } finally {
    log.mockRestore();
    error.mockRestore();
  }
}
