// `demo`: an embedded directory with invented people, and the gateway in front of it through real LDAP over TCP.
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createApp } from '../app.ts';
import { loadConfig } from '../config.ts';
import { type DemoDirectory, type DemoFace, startDemoDirectory } from '../demo/ldap-server.ts';
import { createLogger, logChannels } from '../telemetry.ts';
import { untilSignal } from './signal.ts';

const faces: readonly DemoFace[] = ['openldap', 'active-directory'];

export const demo = {
  help: `demo: an embedded directory and the gateway in front of it, on this machine only

  --face F    what the directory looks like: ${faces.join(' or ')} (default: openldap)
  --port N    port of the gateway (default: 8080; 0 takes a free one)
  --token T   bearer token (default: a new one)
  --users N   how many people the directory has (default: 300)`,
  options: { face: { type: 'string' }, port: { type: 'string' }, token: { type: 'string' }, users: { type: 'string' } },

  async run(values: Readonly<Record<string, unknown>>): Promise<number> {
    const face = faces.find((name) => name === (values['face'] ?? 'openldap'));
    const port = whole(values['port'], 8080, 65535);
    const users = whole(values['users'], 300, 1_000_000);
    const token = typeof values['token'] === 'string' ? values['token'] : randomBytes(18).toString('base64url');
    if (face === undefined || port === undefined || users === undefined || !/^[\x21-\x7e]+$/.test(token)) {
      console.error(`--face takes ${faces.join(' or ')}, --port and --users whole numbers, --token a word without blanks.\n\n${demo.help}`);
      return 2;
    }
    const stopLogging = logChannels(createLogger({ level: 'warn', format: 'text' }), { persons: true });
    const directory = await startDemoDirectory({ face, users });
    const trusted = keepCertificate(directory);
    const config = loadConfig(fileURLToPath(new URL('../../demo.yaml', import.meta.url)), {
      env: { DEMO_LDAP_PASSWORD: directory.adminPassword },
      text: configuration(face, port, directory, trusted?.file, token),
    });
    const app = createApp(config);
    const end = async (): Promise<void> => {
      await directory.close();
      trusted?.remove();
    };
    const { url } = await app.start().catch(async (error: unknown) => {
      await end();
      throw error;
    });
    console.log(greeting(url, token, directory, trusted?.file));
    await untilSignal();
    await app.stop();
    await end();
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

/** As a file, which is what the configuration and the tools of OpenLDAP take. */
function keepCertificate({ ca }: DemoDirectory): { readonly file: string; readonly remove: () => void } | undefined {
  if (ca === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'ldap-scim-gateway-'));
  const file = join(folder, 'demo-ca.pem');
  writeFileSync(file, ca);
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function configuration(face: DemoFace, port: number, directory: DemoDirectory, caFile: string | undefined, token: string): string {
  return `
server: { listen: "127.0.0.1:${port}", publicUrl: "http://127.0.0.1:${port}" }
log: { level: warn, format: text }
directories:
  demo:
    path: /scim/v2
    type: ${face}
    servers: ["${directory.url}"]${caFile === undefined ? '' : `\n    tls: { ca: ${JSON.stringify(caFile)} }`}
    bind: { dn: "${directory.adminDn}", password: { env: DEMO_LDAP_PASSWORD } }
    baseDn: "${directory.suffix}"
    mapping: ${face}
clients:
  - name: demo
    auth: { token: { sha256: "${createHash('sha256').update(token).digest('hex')}", expires: never } }
    allow: { directory: demo, resources: [User, Group], operations: [read, create, update, delete] }
`;
}

function greeting(url: string, token: string, directory: DemoDirectory, caFile: string | undefined): string {
  const base = `${url}/scim/v2`;
  const auth = `-H 'Authorization: Bearer ${token}'`;
  const [userName, filter] = caFile === undefined ? ['ann.example', '(uid=ann.example)'] : ['ann@example.com', '(sAMAccountName=ann)'];
  const looks = caFile === undefined ? 'LDAP directory' : 'LDAP directory that looks like Active Directory';
  const trust = caFile === undefined ? '' : `LDAPTLS_CACERT=${caFile} `;
  return `
The gateway runs before an embedded ${looks} with ${directory.size} entries. Everything is in memory and on this machine only.

  SCIM base URL   ${base}
  Bearer token    ${token}
  LDAP            ${directory.url}, ${directory.adminDn}, password ${directory.adminPassword}${
    caFile === undefined
      ? ''
      : `\n  Certificate     ${caFile}, made at this start; without TLS ${directory.plainUrl} refuses every password`
  }

Look at two people, find one, create one:

  curl -s ${auth} '${base}/Users?count=2'
  curl -s ${auth} --get '${base}/Users' --data-urlencode 'filter=title co "Engineer" and active eq true' -d attributes=userName,title
  curl -s ${auth} -H 'Content-Type: application/scim+json' '${base}/Users' -d '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"${userName}","name":{"givenName":"Ann","familyName":"Example"},"emails":[{"type":"work","value":"ann@example.com"}]}'

The same entries in LDAP:

  ${trust}ldapsearch -x -H ${directory.url} -D '${directory.adminDn}' -w '${directory.adminPassword}' -b '${directory.suffix}' '${filter}'

Ctrl-C stops it; nothing is kept.
`;
}
