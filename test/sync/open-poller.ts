// A poller over a directory of ours, and the snapshot that its words make.
// Test set-up only.
import { Snapshot } from '../../src/cache/snapshot.ts';
import { type DirectoryConfig, loadConfig } from '../../src/config.ts';
import { type Directory, openDirectory } from '../../src/ldap/directory.ts';
import type { Resource } from '../../src/scim/schema.ts';
import type { Mapping } from '../../src/mapping/mapping.ts';
import { fieldsOf } from '../../src/sync/fields.ts';
import type { PollerEvent } from '../../src/sync/listener.ts';
import { Poller, type PollerOptions } from '../../src/sync/poller.ts';
import type { Slapd } from '../servers/slapd.ts';

const sha256 = '1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0';

/** The configuration of a gateway before that server, by these URLs. */
export function configure({ gatewayDn, gatewayPassword, suffix }: Slapd, urls: readonly string[]): DirectoryConfig {
  const text = `
server: { listen: "127.0.0.1:0", publicUrl: "http://127.0.0.1:1" }
directories:
  main: { path: /s, type: openldap, servers: ${JSON.stringify(urls)}, bind: { dn: "${gatewayDn}", password: { env: P } }, baseDn: "${suffix}", mapping: openldap }
clients: [{ name: a, auth: { token: { sha256: "${sha256}", expires: never } }, allow: { directory: main, resources: [User], operations: [read] } }]`;
  const [directory] = loadConfig('config.yaml', { env: { P: gatewayPassword }, text }).directories;
  if (!directory) throw new Error('there is a directory');
  return directory;
}

/** What a poller says, and the snapshot that its words make. */
export class Heard {
  readonly events: PollerEvent[] = [];
  readonly words: string[] = [];
  truth: number | undefined;
  #building = new Map<number, Snapshot>();
  #inForce: number | undefined;
  readonly #types;

  constructor(mapping: Mapping) {
    this.#types = mapping.resources.map((resource) => ({
      type: resource.type,
      fields: fieldsOf(mapping, resource).map(({ attribute, to, inverse }) => ({
        attribute,
        to,
        ...(inverse && { inverse }),
        show: (targets: readonly { readonly id: string }[]) => (targets.length > 0 ? targets.map(({ id }) => id) : undefined),
      })),
    }));
  }

  readonly listener: PollerOptions['tell'] = {
    batches: (epoch, batches) => {
      const snapshot = this.#building.get(epoch) ?? new Snapshot(this.#types);
      this.#building.set(epoch, snapshot);
      snapshot.apply(batches);
    },
    prepare: () => Promise.resolve(),
    inForce: (epoch, truth) => {
      this.#inForce = epoch;
      this.truth = truth;
      this.words.push('inForce');
    },
    dropped: (epoch) => {
      this.#building.delete(epoch);
      this.words.push('dropped');
    },
    truth: (truth) => {
      this.truth = truth;
      this.words.push('truth');
    },
    event: (event) => this.events.push(event),
  };

  /** `userName` or `displayName` of everything in force. */
  async names(type = 'User'): Promise<readonly string[]> {
    const snapshot = this.#inForce === undefined ? undefined : this.#building.get(this.#inForce);
    if (!snapshot) return [];
    const found = await snapshot.find([{ type }]);
    return Array.from({ length: found.length }, (_, i) => {
      const resource = JSON.parse(snapshot.render([found.row(i)]).toString()) as Resource;
      return String(resource['userName'] ?? resource['displayName']);
    }).toSorted();
  }
}

/** Everything in memory, and what the server does best. */
export function pollerOptions({ baseDn, mapping }: DirectoryConfig, directory: Directory, heard: Heard): PollerOptions {
  return {
    directory,
    baseDn,
    mapping,
    types: mapping.resources.map(({ type }) => type.name),
    made: 'test',
    locationOf: (type, id) => `${type}/${id}`,
    detect: 'auto',
    confirmDeletes: 2,
    maxRemoved: { percent: 5, atLeast: 10 },
    store: 'memory',
    tell: heard.listener,
  };
}

export interface OpenPoller {
  readonly poller: Poller;
  names(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** With everything in memory, in front of these servers in order of preference. */
export async function openPoller(servers: readonly Slapd[]): Promise<OpenPoller> {
  const [first] = servers;
  if (!first) throw new Error('there is a server');
  const config = configure(
    first,
    servers.map(({ url }) => url),
  );
  const directory = openDirectory({ ...config, intervals: { health: 500, retryFirst: 50, retryLast: 500 } });
  await directory.start();
  const heard = new Heard(config.mapping);
  const poller = new Poller(pollerOptions(config, directory, heard));
  await poller.open();
  return {
    poller,
    names: () => heard.names(),
    async close() {
      poller.close();
      await directory.close();
    },
  };
}
