// A gateway that uses the account whose rights were printed and applied: it does everything that it is for.
// Test set-up only.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect } from 'vitest';
import { writeFile } from 'node:fs/promises';
import { createApp } from '../../src/app.ts';
import { type Config, type DirectoryConfig, loadConfig } from '../../src/config.ts';
import { ScimClient, urn } from '../directory/scim-client.ts';
import { freePort } from '../servers/port.ts';

const token = 'token-of-the-rights-tests';

export interface AccountOptions {
  /** Where the configuration is written. */
  readonly dir: string;
  readonly type: string;
  readonly url: string;
  readonly caFile: string;
  readonly bindDn: string;
  readonly password: string;
  readonly suffix: string;
  readonly mapping: string;
}

export interface Account {
  readonly file: string;
  readonly config: Config;
  readonly directory: DirectoryConfig;
}

/** The password comes from the environment variable RIGHTS_PASSWORD, as `check` reads it there. */
export async function configureAccount({ dir, type, url, caFile, bindDn, password, suffix, mapping }: AccountOptions): Promise<Account> {
  const [file, port] = [join(dir, 'rights.yaml'), await freePort()];
  process.env['RIGHTS_PASSWORD'] = password;
  await writeFile(
    file,
    `server: { listen: "127.0.0.1:${port}", publicUrl: "http://127.0.0.1:${port}" }
directories:
  main:
    path: /scim/v2
    type: ${type}
    servers: ["${url}"]
    tls: { ca: "${caFile}" }
    bind: { dn: "${bindDn}", password: { env: RIGHTS_PASSWORD } }
    baseDn: "${suffix}"
    mapping: ${mapping}
clients:
  - name: test
    auth: { token: { sha256: "${createHash('sha256').update(token).digest('hex')}", expires: never } }
    allow: { directory: main, resources: [User, Group], operations: [read, create, update, delete] }
`,
  );
  const config = loadConfig(file, { env: process.env });
  const [directory] = config.directories;
  if (!directory) throw new Error('the configuration has one directory');
  return { file, config, directory };
}

/** Creates, changes, renames, sets a password, adds and removes a member, and deletes; `renaming` is the attribute behind the RDN. */
export async function exercise({ config }: Account, userName: string, renaming: 'userName' | 'displayName'): Promise<void> {
  const app = createApp(config);
  const { url } = await app.start();
  try {
    const scim = new ScimClient(`${url}/scim/v2`, token);
    const good = (answer: { readonly status: number; readonly id: string; readonly body: unknown }): string => {
      expect({ ok: answer.status < 300, body: answer.body }).toMatchObject({ ok: true });
      return answer.id;
    };
    const names = { userName, displayName: 'Ann', name: { givenName: 'Ann', familyName: 'Example' } };
    const user = good(
      await scim.post('/Users', {
        schemas: [urn.user],
        ...names,
        password: 'a long Passw0rd!',
        emails: [{ type: 'work', value: 'ann@example.com' }],
      }),
    );
    good(
      await scim.patch(`/Users/${user}`, [
        { op: 'replace', path: 'title', value: 'Engineer' },
        { op: 'replace', path: 'active', value: false },
      ]),
    );
    good(await scim.patch(`/Users/${user}`, [{ op: 'replace', path: renaming, value: `x${userName}` }]));
    good(await scim.patch(`/Users/${user}`, [{ op: 'replace', path: 'password', value: 'another Passw0rd!' }]));
    const group = good(await scim.post('/Groups', { schemas: [urn.group], displayName: 'team' }));
    good(await scim.patch(`/Groups/${group}`, [{ op: 'add', path: 'members', value: [{ value: user }] }]));
    good(await scim.patch(`/Groups/${group}`, [{ op: 'remove', path: `members[value eq "${user}"]` }]));
    good(await scim.delete(`/Groups/${group}`));
    good(await scim.delete(`/Users/${user}`));
  } finally {
    await app.stop();
  }
}
