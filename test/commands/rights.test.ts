// What `rights` prints for slapd, applied to a private slapd: enough for the gateway, and for nothing else.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp, type App } from '../../src/app.ts';
import { printRights, rights } from '../../src/commands/rights.ts';
import { type Config, type DirectoryConfig, type DirectoryType, loadConfig } from '../../src/config.ts';
import { connect, type Connection } from '../../src/ldap/connection.ts';
import { type Directory, openDirectory } from '../../src/ldap/directory.ts';
import { parseDn } from '../../src/ldap/dn.ts';
import type { Entry } from '../../src/ldap/entry.ts';
import { parseFilter } from '../../src/ldap/filter.ts';
import { ScimClient, urn } from '../directory/scim-client.ts';
import { ensureSlapd, serverEnvironment } from '../servers/install.ts';
import { freePort, type Slapd, startSlapd } from '../servers/slapd.ts';
import { runCommand } from './captured.ts';

const suffix = 'dc=example,dc=test';
const gatewayDn = `cn=gateway,${suffix}`;
const token = 'rights-token-of-the-tests';
const timeouts = { connect: 5000, operation: 10_000 };

function load(
  options: {
    readonly type?: DirectoryType;
    readonly mapping?: string;
    readonly url?: string;
    readonly port?: number;
    readonly bindDn?: string;
  } = {},
): Config {
  const { type = 'openldap', mapping = 'openldap', url = 'ldap://127.0.0.1:1', port = 1, bindDn = gatewayDn } = options;
  return loadConfig(fileURLToPath(new URL('rights.yaml', import.meta.url)), {
    env: { LDAP_PASSWORD: 'gateway' },
    text: `
server: { listen: "127.0.0.1:${port}", publicUrl: "http://127.0.0.1:${port}" }
directories:
  main:
    path: /scim/v2
    type: ${type}
    servers: ["${url}"]
    bind: { dn: ${JSON.stringify(bindDn)}, password: { env: LDAP_PASSWORD } }
    baseDn: "${suffix}"
    mapping: ${mapping}
clients:
  - name: test
    auth: { token: { sha256: "${createHash('sha256').update(token).digest('hex')}", expires: never } }
    allow: { directory: main, resources: [User, Group], operations: [read, create, update, delete] }
`,
  });
}

const directoryOf = (config: Config): DirectoryConfig => {
  const [directory] = config.directories;
  if (!directory) throw new Error('the configuration has one directory');
  return directory;
};

describe('slapd with the access lines that `rights --format conf` prints', () => {
  let slapd: Slapd;
  let app: App;
  let scim: ScimClient;
  let account: Connection;
  let admin: Directory;
  const people = Array.from(
    { length: 600 },
    (_, i) => `dn: uid=u${i},ou=people,${suffix}\nobjectClass: inetOrgPerson\nuid: u${i}\ncn: u${i}\nsn: u${i}\nroomNumber: ${i}\n`,
  );

  beforeAll(async () => {
    slapd = await startSlapd({
      access: printRights(directoryOf(load()), 'conf'),
      overlays: ['refint'],
      ldif: [
        `dn: ou=other,${suffix}\nobjectClass: organizationalUnit\nou: other\n`,
        `dn: uid=outside,ou=other,${suffix}\nobjectClass: inetOrgPerson\nuid: outside\ncn: outside\nsn: outside\n`,
        `dn: cn=role,ou=people,${suffix}\nobjectClass: organizationalRole\ncn: role\n`,
        ...people,
      ].join('\n'),
    });
    const port = await freePort();
    app = createApp(load({ url: slapd.url, port }));
    const { url } = await app.start();
    scim = new ScimClient(`${url}/scim/v2`, token);
    account = await connect({ url: slapd.url, bind: { dn: gatewayDn, password: slapd.gatewayPassword }, timeouts });
    admin = openDirectory({
      servers: [slapd.url],
      bind: { dn: slapd.adminDn, password: slapd.adminPassword },
      baseDn: parseDn(suffix),
      timeouts,
    });
    await admin.start();
  });
  afterAll(async () => {
    account?.close();
    await admin?.close();
    await app?.stop();
    await slapd?.stop();
  });

  test('the gateway creates, reads, changes, renames and deletes a user, and sets a password', async () => {
    const made = await scim.post('/Users', {
      schemas: [urn.user],
      userName: 'ann',
      name: { givenName: 'Ann', familyName: 'Example' },
      password: 'a long Passw0rd',
      emails: [{ type: 'work', value: 'ann@example.com' }],
    });
    expect([made.status, made.body]).toEqual([201, expect.anything()]);
    expect(made.body['meta']).toMatchObject({ created: expect.any(String), version: expect.any(String) });
    expect((await scim.find('/Users', 'userName eq "ann"')).length).toBe(1);
    const patched = await scim.patch(`/Users/${made.id}`, [
      { op: 'replace', path: 'title', value: 'Engineer' },
      { op: 'replace', path: 'active', value: false },
      { op: 'remove', path: 'emails' },
    ]);
    expect({ ok: patched.status < 300, body: patched.body }).toMatchObject({ ok: true });
    expect((await scim.patch(`/Users/${made.id}`, [{ op: 'replace', path: 'userName', value: 'ann.b' }])).status).toBeLessThan(300);
    expect((await scim.patch(`/Users/${made.id}`, [{ op: 'replace', path: 'password', value: 'another Passw0rd' }])).status).toBeLessThan(
      300,
    );
    const entry = await admin.read(parseDn(`uid=ann.b,ou=people,${suffix}`), ['title', 'userPassword']);
    expect(entry?.texts('title')).toEqual(['Engineer']);
    expect(entry?.texts('userPassword')[0]).toMatch(/^\{SSHA\}/);
    expect((await scim.delete(`/Users/${made.id}`)).status).toBe(204);
  });

  test('groups get and lose members', async () => {
    const user = await scim.post('/Users', { schemas: [urn.user], userName: 'bob', name: { familyName: 'B' } });
    const group = await scim.post('/Groups', { schemas: [urn.group], displayName: 'team' });
    expect([group.status, group.body]).toEqual([201, expect.anything()]);
    for (const op of ['add', 'remove'] as const) {
      const path = op === 'add' ? 'members' : `members[value eq "${user.id}"]`;
      const answer = await scim.patch(`/Groups/${group.id}`, [{ op, path, ...(op === 'add' && { value: [{ value: user.id }] }) }]);
      expect({ ok: answer.status < 300, body: answer.body }).toMatchObject({ ok: true });
    }
    expect((await scim.get(`/Users/${user.id}`)).status).toBe(200);
    expect((await scim.patch(`/Groups/${group.id}`, [{ op: 'replace', path: 'displayName', value: 'crew' }])).status).toBeLessThan(300);
    expect((await scim.delete(`/Groups/${group.id}`)).status).toBe(204);
  });

  test('lists are longer than the server lets others read', async () => {
    const { body } = await scim.get('/Users', { count: 1, filter: 'userName sw "u"' });
    expect(body['totalResults']).toBe(600);
  });

  const replace = (attribute: string, ...values: readonly string[]) => [{ operation: 'replace' as const, attribute, values }];
  const modify = async (dn: string, attribute: string, ...values: readonly string[]): Promise<number> =>
    (await account.request({ operation: 'modify', dn, changes: replace(attribute, ...values) })).resultCode;

  test.each<[string, () => Promise<number>]>([
    ['write an attribute that is not mapped', () => modify(`uid=u1,ou=people,${suffix}`, 'roomNumber', '7')],
    ['turn a user into something else', () => modify(`uid=u1,ou=people,${suffix}`, 'objectClass', 'inetOrgPerson', 'simpleSecurityObject')],
    ['write an entry outside the bases', () => modify(`uid=outside,ou=other,${suffix}`, 'title', 'x')],
    ['write an entry that the filter does not match', () => modify(`cn=role,ou=people,${suffix}`, 'cn', 'role', 'other')],
    ['write the container', () => modify(`ou=people,${suffix}`, 'description', 'x')],
    ['write the base', () => modify(suffix, 'description', 'x')],
    ['write itself', () => modify(gatewayDn, 'description', 'x')],
    ['reset a password outside', () => modify(`uid=outside,ou=other,${suffix}`, 'userPassword', 'x')],
    ['delete what is no user', async () => (await account.request({ operation: 'delete', dn: `cn=role,ou=people,${suffix}` })).resultCode],
    [
      'create something that is no user',
      async () => {
        const attributes = new Map([
          ['objectClass', ['organizationalUnit']],
          ['ou', ['x']],
        ]);
        return (await account.request({ operation: 'add', dn: `ou=x,ou=people,${suffix}`, attributes })).resultCode;
      },
    ],
    [
      'create a user elsewhere',
      async () => {
        const attributes = new Map([
          ['objectClass', ['inetOrgPerson']],
          ['uid', ['x']],
          ['cn', ['x']],
          ['sn', ['x']],
        ]);
        return (await account.request({ operation: 'add', dn: `uid=x,ou=other,${suffix}`, attributes })).resultCode;
      },
    ],
  ])('the account may not %s', async (_, attempt) => {
    // 32: slapd does not even admit that there is something.
    expect([32, 50]).toContain(await attempt());
  });

  test('the account reads neither passwords nor what is not mapped, and finds nothing by it', async () => {
    const find = async (filter: string): Promise<readonly Entry[]> => {
      const entries: Entry[] = [];
      const search = { base: suffix, scope: 'sub' as const, filter: parseFilter(filter), attributes: ['*'], sizeLimit: 0, timeLimit: 0 };
      for await (const batch of account.search(search)) for (const answer of batch) if (answer.kind === 'entry') entries.push(answer.entry);
      return entries;
    };
    expect((await find('(uid=u1)')).map((entry) => entry.names().toSorted())).toEqual([['cn', 'objectclass', 'sn', 'uid']]);
    expect(await find('(roomNumber=1)')).toEqual([]);
    expect(await find('(uid=outside)')).toEqual([]);
  });
});

test('the LDIF that `rights` prints is accepted by cn=config, also for odd names', async () => {
  const slapd = await startSlapd({ access: '', config: 'database config\nrootdn "cn=config"\nrootpw config' });
  try {
    const file = join(slapd.dir, 'rights.ldif');
    const odd = `cn=gate\\2c way \\22x\\22,${suffix}`;
    const ldif = [load(), load({ bindDn: odd })].map((config) => printRights(directoryOf(config), undefined)).join('\n');
    await writeFile(file, ldif);
    const [command = '', ...args] = [
      ...(await ensureSlapd()),
      'ldapmodify',
      '-x',
      '-H',
      slapd.url,
      '-D',
      'cn=config',
      '-w',
      'config',
      '-f',
      file,
    ];
    await promisify(execFile)(command, args, { env: serverEnvironment });
    const app = createApp(load({ url: slapd.url, port: await freePort() }));
    const { url } = await app.start();
    const scim = new ScimClient(`${url}/scim/v2`, token);
    const made = await scim.post('/Users', { schemas: [urn.user], userName: 'ann', name: { familyName: 'Example' } });
    expect([made.status, made.body]).toEqual([201, expect.anything()]);
    expect((await scim.delete(`/Users/${made.id}`)).status).toBe(204);
    await app.stop();
  } finally {
    await slapd.stop();
  }
});

describe('the text for other servers', () => {
  test.each<[DirectoryType, string | undefined, readonly RegExp[]]>([
    [
      '389ds',
      undefined,
      [
        /^dn: ou=people,dc=example,dc=test$/m,
        /^aci: \(targetattr="businessCategory/m,
        /allow \(add,delete\)/,
        /^nsPagedSizeLimit: -1$/m,
        /acl "SCIM gateway: password of User"/,
      ],
    ],
    [
      'active-directory',
      undefined,
      [
        /^dsacls "ou=people,dc=example,dc=test" \/I:S \/G "%GATEWAY%:WP;title;inetOrgPerson"$/m,
        /CA;Reset Password;inetOrgPerson/,
        /\/I:T .*:CCDC;inetOrgPerson/,
      ],
    ],
    [
      'samba-ad',
      undefined,
      [/^class inetOrgPerson\nwrite .* title .*\nreset_password\napply 'ou=people,dc=example,dc=test'\nchildren CCDC\napply 'ou=people/m],
    ],
    ['samba-ad', 'dsacls', [/^dsacls /m]],
    [
      'freeipa',
      undefined,
      [/^ipa permission-add 'SCIM gateway: write User' .*--right=write .*--attrs=title/m, /^ipa role-add-privilege /m],
    ],
    ['generic', undefined, [/^- write: .*title/m, /^- set the password \(passwordModify\)$/m, /^- rename entries \(uid\)$/m]],
    ['openldap', 'list', [/^- delete entries$/m]],
  ])('%s %s', (type, format, expected) => {
    const text = printRights(directoryOf(load({ type })), format);
    const unfolded = text.replaceAll('\n ', '');
    for (const pattern of expected) expect(unfolded).toMatch(pattern);
  });

  test('a read-only attribute is read and not written', () => {
    const text = printRights(directoryOf(load({ type: 'generic' })));
    expect(/^- search and read: .*$/m.exec(text)?.[0]).toContain('createTimestamp');
    expect(/^- write: .*$/m.exec(text)?.[0]).not.toContain('createTimestamp');
  });

  test('a format that the server does not have is refused', () => {
    expect(() => printRights(directoryOf(load()), 'dsacls')).toThrow('There is no format dsacls for openldap: there is ldif, conf, list');
  });

  test('the command reads a configuration file', async () => {
    await expect(runCommand(rights, { config: 'does-not-exist.yaml' })).rejects.toThrow('cannot be read');
  });
});
