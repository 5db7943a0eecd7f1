// A gateway with the embedded directory behind it, for tests about callers: the section `clients` is what they write themselves.
import { createHash } from 'node:crypto';
import { type App, createApp, type Reloaded } from '../../src/app.ts';
import { type Config, loadConfig } from '../../src/config.ts';
import { type DemoDirectory, startDemoDirectory } from '../../src/demo/ldap-server.ts';
import { ScimClient } from '../directory/scim-client.ts';
import { freePort } from '../servers/port.ts';

export const operatorToken = 'the-token-of-one-who-may-do-everything';

export interface Choice {
  /** YAML of the clients beside the one that may do everything, indented by two. */
  readonly clients: string;
  /** Further keys of the section `server`, in flow style. */
  readonly server?: string;
  readonly publicUrl?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What relative paths begin with. */
  readonly folder?: string;
  readonly mapping?: string;
  /** Host and port instead of a free one on loopback. */
  readonly listen?: string;
}

export interface CallersGateway {
  readonly url: string;
  readonly port: number;
  readonly directory: DemoDirectory;
  readonly app: App;
  readonly operator: ScimClient;
  as(token: string): ScimClient;
  /** @throws ConfigError */
  reload(choice: Choice): Promise<Reloaded>;
  stop(): Promise<void>;
}

export function configure(directory: DemoDirectory, port: number, choice: Choice): Config {
  const {
    clients,
    server,
    publicUrl = `http://127.0.0.1:${port}`,
    env,
    folder = '.',
    mapping = 'openldap',
    listen = `127.0.0.1:${port}`,
  } = choice;
  const hash = createHash('sha256').update(operatorToken).digest('hex');
  const text = `
server: { listen: "${listen}", publicUrl: "${publicUrl}"${server === undefined ? '' : `, ${server}`} }
directories:
  main:
    path: /scim/v2
    type: openldap
    servers: ["${directory.url}"]
    bind: { dn: "${directory.adminDn}", password: { env: LDAP_PASSWORD } }
    baseDn: "${directory.suffix}"
    mapping: ${mapping}
clients:
  - name: operator
    auth: { token: { sha256: "${hash}", expires: never } }
    allow: { directory: main, resources: [User, Group], operations: [read, create, update, delete] }
${clients}
`;
  return loadConfig(`${folder}/callers.yaml`, { env: { LDAP_PASSWORD: directory.adminPassword, ...env }, text });
}

export async function startGateway(choice: Choice): Promise<CallersGateway> {
  const directory = await startDemoDirectory({ users: 20 });
  const port = await freePort();
  const app = createApp(configure(directory, port, choice));
  const { url } = await app.start();
  const as = (token: string): ScimClient => new ScimClient(`${url}/scim/v2`, token);
  return {
    url,
    port,
    directory,
    app,
    operator: as(operatorToken),
    as,
    reload: (changed) => app.reload(configure(directory, port, changed)),
    async stop() {
      await app.stop();
      await directory.close();
    },
  };
}
