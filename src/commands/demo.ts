// `demo`: an embedded directory with invented people, and the gateway in front of it through real LDAP over TCP.
import { createHash, randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createApp } from '../app.ts';
import { loadConfig } from '../config.ts';
import { startDemoDirectory } from '../demo/ldap-server.ts';
import { createLogger, logChannels } from '../telemetry.ts';
import { untilSignal } from './signal.ts';

export const demo = {
  help: `demo: an embedded directory and the gateway in front of it, on this machine only

  --port N    port of the gateway (default: 8080; 0 takes a free one)
  --token T   bearer token (default: a new one)
  --users N   how many people the directory has (default: 300)`,
  options: { port: { type: 'string' }, token: { type: 'string' }, users: { type: 'string' } },

  async run(values: Readonly<Record<string, unknown>>): Promise<number> {
    const port = whole(values['port'], 8080, 65535);
    const users = whole(values['users'], 300, 1_000_000);
    const token = typeof values['token'] === 'string' ? values['token'] : randomBytes(18).toString('base64url');
    if (port === undefined || users === undefined || !/^[\x21-\x7e]+$/.test(token)) {
      console.error(`--port and --users take whole numbers, --token a word without blanks.\n\n${demo.help}`);
      return 2;
    }
    const stopLogging = logChannels(createLogger({ level: 'warn', format: 'text' }));
    const directory = await startDemoDirectory({ users });
    const config = loadConfig(fileURLToPath(new URL('../../demo.yaml', import.meta.url)), {
      env: { DEMO_LDAP_PASSWORD: directory.adminPassword },
      text: configuration(port, directory.url, directory.adminDn, directory.suffix, token),
    });
    const app = createApp(config);
    const { url } = await app.start().catch(async (error: unknown) => {
      await directory.close();
      throw error;
    });
    console.log(greeting(url, token, directory));
    await untilSignal();
    await app.stop();
    await directory.close();
    stopLogging();
    console.log('\nStopped.');
    return 0;
  },
} as const;

function whole(value: unknown, standard: number, maximum: number): number | undefined {
  if (value === undefined) return standard;
  const number = /^\d{1,7}$/.test(String(value)) ? Number(value) : Infinity;
  return number <= maximum ? number : undefined;
}

function configuration(port: number, ldapUrl: string, bindDn: string, baseDn: string, token: string): string {
  return `
server: { listen: "127.0.0.1:${port}", publicUrl: "http://127.0.0.1:${port}" }
log: { level: warn, format: text }
directories:
  demo:
    path: /scim/v2
    type: openldap
    servers: ["${ldapUrl}"]
    bind: { dn: "${bindDn}", password: { env: DEMO_LDAP_PASSWORD } }
    baseDn: "${baseDn}"
    mapping: openldap
clients:
  - name: demo
    auth: { token: { sha256: "${createHash('sha256').update(token).digest('hex')}", expires: never } }
    allow: { directory: demo, resources: [User, Group], operations: [read, create, update, delete] }
`;
}

function greeting(url: string, token: string, directory: Awaited<ReturnType<typeof startDemoDirectory>>): string {
  const base = `${url}/scim/v2`;
  const auth = `-H 'Authorization: Bearer ${token}'`;
  return `
The gateway runs before an embedded LDAP directory with ${directory.size} entries. Everything is in memory and on this machine only.

  SCIM base URL   ${base}
  Bearer token    ${token}
  LDAP            ${directory.url}, ${directory.adminDn}, password ${directory.adminPassword}

Look at two people, find one, create one:

  curl -s ${auth} '${base}/Users?count=2'
  curl -s ${auth} --get '${base}/Users' --data-urlencode 'filter=title co "Engineer" and active eq true' -d attributes=userName,title
  curl -s ${auth} -H 'Content-Type: application/scim+json' '${base}/Users' -d '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann.example","name":{"givenName":"Ann","familyName":"Example"},"emails":[{"type":"work","value":"ann@example.com"}]}'

The same entries in LDAP:

  ldapsearch -x -H ${directory.url} -D '${directory.adminDn}' -w ${directory.adminPassword} -b '${directory.suffix}' '(uid=ann.example)'

Ctrl-C stops it; nothing is kept.
`;
}
