// A gateway with a mapping of its own and a file for what its guards keep, before the directory of a bench, and the operator's endpoints.
// Test set-up only.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type App, createApp } from '../../src/app.ts';
import { type Config, loadConfig } from '../../src/config.ts';
import type { Backend } from '../../src/gateway/backend.ts';
import type { Bench } from '../commands/bench.ts';
import { ScimClient } from '../directory/scim-client.ts';

const adminToken = 'the-token-of-the-operator';

type Json = Readonly<Record<string, unknown>>;

export class Guarded {
  readonly #bench: Bench;
  readonly #folder = mkdtempSync(join(tmpdir(), 'guarded-'));
  readonly #config: Config;
  #app: App | undefined;
  #adminUrl = '';
  #backend: Backend | undefined;

  /** @param mapping the name of a fixture */
  constructor(bench: Bench, mapping: string, change: (config: Config) => Config = (config) => config) {
    this.#bench = bench;
    const overrides = [`directories.main.mapping=${resolve('test/fixtures/mappings', mapping)}`];
    const config = loadConfig(bench.file, { env: { LDAP_PASSWORD: bench.password }, overrides });
    const sha256 = createHash('sha256').update(adminToken).digest();
    this.#config = change({
      ...config,
      admin: { host: '127.0.0.1', port: 0, sha256 },
      guards: { ...config.guards, store: join(this.#folder, 'guards.db') },
    });
  }

  /** Starts it, again with what it has kept. */
  async open(change: (config: Config) => Config = (config) => config, adapt?: (backend: Backend) => Backend): Promise<ScimClient> {
    await this.#app?.stop();
    this.#app = createApp(change(this.#config), (given) => (this.#backend = adapt ? adapt(given) : given));
    const { url, adminUrl = '' } = await this.#app.start();
    this.#adminUrl = adminUrl;
    return new ScimClient(`${url}/scim/v2`, 'token-of-the-command-bench');
  }

  get gateway(): App['gateways'][number] {
    const [gateway] = this.#app?.gateways ?? [];
    if (!gateway) throw new Error('the gateway is not open');
    return gateway;
  }

  /** The directory behind it, to look at and to change by itself. */
  get backend(): Backend {
    if (!this.#backend) throw new Error('the gateway is not open');
    return this.#backend;
  }

  get suffix(): string {
    return this.#bench.suffix;
  }

  async ask(method: 'GET' | 'POST', path: string): Promise<{ readonly status: number; readonly body: Json }> {
    const response = await fetch(this.#adminUrl + path, { method, headers: { Authorization: `Bearer ${adminToken}` } });
    return { status: response.status, body: (await response.json()) as Json };
  }

  async deferred(): Promise<readonly Json[]> {
    return (await this.ask('GET', '/deferred')).body['deferred'] as readonly Json[];
  }

  async holds(): Promise<readonly Json[]> {
    return (await this.ask('GET', '/holds')).body['holds'] as readonly Json[];
  }

  async stop(): Promise<void> {
    await this.#app?.stop();
    this.#app = undefined;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
