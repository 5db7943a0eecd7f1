// One directory with the whole gateway in front of it over real HTTP and real LDAP, a proxy between the two, and a second, direct look at the entries.
// Test set-up only.
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createApp } from '../../src/app.ts';
import type { Follower } from '../../src/sync/follower.ts';
import { type Config, loadConfig } from '../../src/config.ts';
import { type Directory, openDirectory } from '../../src/ldap/directory.ts';
import { type Dn, parseDn } from '../../src/ldap/dn.ts';
import type { Entry } from '../../src/ldap/entry.ts';
import { and, equal, present } from '../../src/ldap/filter.ts';
import type { Intervals } from '../../src/ldap/servers.ts';
import { type Proxy, startProxy } from '../servers/proxy.ts';
import type { ResourceType } from '../../src/scim/schema.ts';
import { freePort } from '../servers/slapd.ts';
import type { Face, StartedDirectory } from './faces.ts';
import { ScimClient } from './scim-client.ts';
import { Turnstile } from './turnstile.ts';
import { Wire } from './wire.ts';

export interface Stage {
  readonly face: Face;
  readonly directory: StartedDirectory;
  readonly proxy: Proxy;
  readonly wire: Wire;
  readonly turnstile: Turnstile;
  readonly look: Look;
  /** Origin of the gateway. */
  readonly url: string;
  /** Clients of the dialects `compat` and `strict`, and one that may only read. */
  readonly scim: ScimClient;
  readonly strict: ScimClient;
  readonly reader: ScimClient;
  /** To which a resource is `/Me`, and which gets no body from a PATCH. */
  readonly self: ScimClient;
  /** What a client of that dialect sends as its bearer token; the base URL is that of `scim`. */
  tokenOf(dialect: 'compat' | 'strict' | 'reader' | 'entra' | 'okta' | 'onelogin' | 'confined' | 'placed'): string;
  readonly types: readonly ResourceType[];
  /** Its configuration, changed as by `--set`: for another gateway before the same directory. */
  configure(overrides: readonly string[]): Config;
  /** What keeps up the snapshot. @throws Error where there is none */
  follower(): Follower;
  /** DN of a user or group with that name. */
  userDn(name: string): Dn;
  groupDn(name: string): Dn;
  stop(): Promise<void>;
}

/** The directory as its administrator sees it, past the gateway. */
export class Look {
  readonly directory: Directory;
  readonly #ldap: Face['ldap'];
  readonly #suffix: Dn;

  constructor(directory: Directory, ldap: Face['ldap'], suffix: string) {
    this.directory = directory;
    this.#ldap = ldap;
    this.#suffix = parseDn(suffix);
  }

  /** The entry with all user and operational attributes. */
  at(dn: Dn | string): Promise<Entry | undefined> {
    return this.directory.read(typeof dn === 'string' ? parseDn(dn) : dn, ['*', '+']);
  }

  /** The entry behind an id. @throws Error when there is none */
  async entry(id: string): Promise<Entry> {
    const [found] = await this.find(this.#ldap.id, this.#ldap.encodeId(id));
    if (found === undefined) throw new Error(`no entry has the id ${id}`);
    return found;
  }

  async find(attribute: string, value: string | Buffer): Promise<readonly Entry[]> {
    const filter = and([present('objectClass'), equal(attribute, value)]);
    const found: Entry[] = [];
    for await (const entry of this.directory.search({ base: this.#suffix, scope: 'sub', filter, attributes: ['*', '+'] }))
      found.push(entry);
    return found;
  }

  /** The id of an entry. */
  idOf(entry: Entry | undefined): string {
    const [octets] = entry?.octets(this.#ldap.id) ?? [];
    return octets === undefined ? '' : this.#ldap.decodeId(octets);
  }

  async texts(id: string, attribute: string): Promise<readonly string[]> {
    return [...(await this.entry(id)).texts(attribute)].toSorted();
  }

  /** Everything that the entry is, octet for octet. */
  async snapshot(id: string): Promise<Readonly<Record<string, readonly string[]>>> {
    const entry = await this.entry(id);
    const values = entry.names().map(
      (name) =>
        [
          name,
          entry
            .octets(name)
            .map((octets) => octets.toString('base64'))
            .toSorted(),
        ] as const,
    );
    return { dn: [entry.dn], ...Object.fromEntries(values) };
  }

  add(dn: Dn | string, attributes: Readonly<Record<string, readonly (string | Buffer)[]>>): Promise<unknown> {
    return this.directory.add(typeof dn === 'string' ? parseDn(dn) : dn, new Map(Object.entries(attributes)));
  }

  async change(
    id: string,
    operation: 'add' | 'delete' | 'replace',
    attribute: string,
    ...values: readonly (string | Buffer)[]
  ): Promise<void> {
    await this.directory.modify(parseDn((await this.entry(id)).dn), [{ operation, attribute, values }]);
  }
}

const tokens = {
  compat: 'compat-token-of-the-contract',
  strict: 'strict-token-of-the-contract',
  entra: 'entra-token-of-the-contract',
  okta: 'okta-token-of-the-contract',
  onelogin: 'onelogin-token-of-the-contract',
  reader: 'reader-token-of-the-contract',
  self: 'self-token-of-the-contract',
  confined: 'confined-token-of-the-contract',
  placed: 'placed-token-of-the-contract',
};

/** The `userName` of the resource that is `/Me` to the client `self`. */
export const ownName = 'self-service';

export interface StageOptions {
  /** Instead of the right one. */
  readonly bindPassword?: string;
  /** Another name of the account of the gateway. */
  readonly bindDn?: string;
  /** The gateway binds as the administrator of the directory. */
  readonly asAdmin?: boolean;
  /** Resource types of the mapping beside User and Group. */
  readonly resources?: readonly string[];
  /** What stands under `guards:`, in one line. */
  readonly guards?: string;
  /** Milliseconds of an LDAP operation. */
  readonly operationTimeout?: number;
  /** Instead of the proxy alone, in order of preference. */
  readonly servers?: readonly string[];
  /** What stands under `cache:`, in one line: lists are read from the snapshot then. */
  readonly cache?: string;
  /** What stands under `tls:`, in one line, instead of the authority of the directory. */
  readonly tls?: string;
  /** Of health checks and attempts to connect; the usual ones are longer than a test. */
  readonly intervals?: Partial<Intervals>;
}

export async function openStage(face: Face, options: StageOptions = {}): Promise<Stage> {
  const directory = await face.start();
  const proxy = await startProxy(directory.tls ?? directory.port);
  const publicUrl = `http://127.0.0.1:${await freePort()}`;
  const configure = (overrides: readonly string[] = []): Config =>
    loadConfig(fileURLToPath(new URL('contract.yaml', import.meta.url)), {
      env: { LDAP_PASSWORD: options.bindPassword ?? (options.asAdmin === true ? directory.adminPassword : directory.gatewayPassword) },
      text: configuration(face, directory, proxy.url, publicUrl, options),
      overrides,
    });
  const config = configure();
  const admin = openDirectory({
    servers: [directory.url],
    bind: { dn: directory.adminDn, password: directory.adminPassword },
    baseDn: parseDn(directory.suffix),
    ...(directory.tls !== undefined && { tls: { ca: [directory.tls.ca] } }),
    timeouts: { connect: 5000, operation: 10_000 },
  });
  const hasty = openHastily(config, options);
  const turnstile = new Turnstile();
  const app = createApp(config, (backend) => ({ ...backend, directory: turnstile.before(hasty ?? backend.directory) }));
  const { url } = await app.start();
  await hasty?.start();
  await admin.start();
  const base = `${url}/scim/v2`;
  const dnAt = (place: string, type: string, name: string): Dn => {
    const { rdns } = parseDn(`${place},${directory.suffix}`);
    return { rdns: [[{ type, value: name }], ...rdns] };
  };
  return {
    face,
    directory,
    proxy,
    url,
    configure,
    follower() {
      const follower = app.followers.get('main');
      if (!follower) throw new Error('lists are live on this stage');
      return follower;
    },
    types: app.gateways[0]?.resourceTypes() ?? [],
    wire: new Wire(proxy),
    turnstile,
    look: new Look(admin, face.ldap, directory.suffix),
    scim: new ScimClient(base, tokens.compat),
    strict: new ScimClient(base, tokens.strict),
    reader: new ScimClient(base, tokens.reader),
    self: new ScimClient(base, tokens.self),
    tokenOf: (dialect) => tokens[dialect],
    userDn: (name) => dnAt(face.places.users, face.ldap.userRdn, name),
    groupDn: (name) => dnAt(face.places.groups, 'cn', name),
    async stop() {
      await app.stop();
      await hasty?.close();
      await admin.close();
      await proxy.stop();
      await directory.stop();
    },
  };
}

/** The directory of the configuration with other intervals; the one that the gateway opens by itself is then not used. */
function openHastily({ directories: [first] }: Config, { intervals }: StageOptions): Directory | undefined {
  if (first === undefined || intervals === undefined) return undefined;
  const { servers, bind, baseDn, tls, timeouts } = first;
  return openDirectory({ servers, bind, baseDn, tls, timeouts, intervals });
}

function configuration(face: Face, directory: StartedDirectory, ldapUrl: string, publicUrl: string, options: StageOptions): string {
  const client = (name: keyof typeof tokens, operations: string): string => `
  - name: ${name}
    dialect: ${name === 'reader' || name === 'self' ? 'compat' : name}${name === 'self' ? `\n    me: 'userName eq "${ownName}"'\n    patchResponse: noContent` : ''}
    auth: { token: { sha256: "${createHash('sha256').update(tokens[name]).digest('hex')}", expires: never } }
    allow: { directory: main, resources: [${resources}], operations: [${operations}] }`;
  const restricted = (name: 'confined' | 'placed', types: string, allow: string): string => `
  - name: ${name}
    auth: { token: { sha256: "${createHash('sha256').update(tokens[name]).digest('hex')}", expires: never } }
    allow: { directory: main, resources: ${types}, operations: [read, create, update, delete], ${allow} }`;
  const resources = ['User', 'Group', ...(options.resources ?? [])].join(', ');
  const writers = ['compat', 'strict', 'entra', 'okta', 'onelogin', 'self'] as const;
  const bindDn = options.bindDn ?? (options.asAdmin === true ? directory.adminDn : directory.gatewayDn);
  const servers = (options.servers ?? [ldapUrl]).map((url) => JSON.stringify(url)).join();
  const tls = options.tls ?? (directory.tls && `ca: "${directory.tls.certificates.caFile}"`);
  const guards = options.guards === undefined ? '' : `guards: { ${options.guards} }\n`;
  return `
server: { listen: "${new URL(publicUrl).host}", publicUrl: "${publicUrl}" }
directories:
  main:
    path: /scim/v2
    type: ${face.type}
    servers: [${servers}]
    bind: { dn: ${JSON.stringify(bindDn)}, password: { env: LDAP_PASSWORD } }
    baseDn: "${directory.suffix}"${tls === undefined ? '' : `\n    tls: { ${tls} }`}
    mapping: ${face.mapping}
    reads: { lists: ${options.cache === undefined ? 'live' : 'cache'} }${options.cache === undefined ? '' : `\n    cache: { ${options.cache} }`}
    timeouts: { connect: 2s, operation: ${options.operationTimeout ?? face.operationTimeout ?? 5000}ms }
clients:${writers.map((name) => client(name, 'read, create, update, delete')).join('')}${client('reader', 'read')}${restricted('confined', '[User, Group]', `filter: { User: 'title eq "Confined"' }, attributes: { User: { read: { except: [externalId] } } }`)}${restricted('placed', '[User]', `bases: ["${face.places.users},${directory.suffix}"]`)}
${guards}`;
}
