// `init` before directories that it has never seen: what it writes loads, `check` accepts it, and people can be created with it.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createApp } from '../../src/app.ts';
import { check } from '../../src/commands/check.ts';
import { init, initialize } from '../../src/commands/init.ts';
import { openTerminal, type Terminal } from '../../src/commands/init/terminal.ts';
import { UsageError } from '../../src/commands/usage-error.ts';
import { loadConfig } from '../../src/config.ts';
import { startDemoDirectory } from '../../src/demo/ldap-server.ts';
import { asMembers, type Body, ScimClient, urn } from '../directory/scim-client.ts';
import { startSlapd } from '../servers/slapd.ts';
import { runCommand } from './captured.ts';

const folders: string[] = [];
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'init-'));
  folders.push(folder);
  return folder;
}
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));
afterEach(() => vi.unstubAllEnvs());

const nobody: Terminal = {
  interactive: false,
  ask: () => Promise.reject(new Error('nobody is there')),
  askSecret: () => Promise.reject(new Error('nobody is there')),
};

interface Started {
  readonly url: string;
  readonly suffix: string;
  readonly account: string;
  readonly password: string;
  stop(): Promise<void>;
}

interface Written {
  readonly code: number;
  readonly printed: string;
  readonly config: string;
  readonly mapping: string;
  readonly file: string;
  readonly token: string;
}

async function runInit({ url, account, password }: Started, more: Readonly<Record<string, unknown>> = {}): Promise<Written> {
  const out = newFolder();
  vi.stubEnv('LDAP_PASSWORD', password);
  const command = { run: (values: Readonly<Record<string, unknown>>) => initialize(values, nobody, process.env) };
  const { code, output } = await runCommand(command, { server: url, 'bind-dn': account, out, ...more });
  const file = join(out, 'config.yaml');
  const read = (name: string): string => (existsSync(join(out, name)) ? readFileSync(join(out, name), 'utf8') : '');
  const token = /^ {2}([\w-]{43})$/m.exec(output)?.[1] ?? '';
  return { code, printed: output, config: read('config.yaml'), mapping: read('mapping.yaml'), file, token };
}

/** Uses what was written as a client would. */
async function withGateway(written: Written, work: (scim: ScimClient) => Promise<void>): Promise<void> {
  const app = createApp(loadConfig(written.file, { env: process.env, overrides: ['server.listen=127.0.0.1:0'] }));
  const { url } = await app.start();
  try {
    await work(new ScimClient(`${url}/scim/v2`, written.token));
  } finally {
    await app.stop();
  }
}

const startDemo = async (): Promise<Started> => {
  const demo = await startDemoDirectory({ users: 40 });
  return { url: demo.url, suffix: demo.suffix, account: demo.adminDn, password: demo.adminPassword, stop: () => demo.close() };
};

const people = Array.from(
  { length: 30 },
  (_, i) => `dn: cn=Person ${i},ou=Users2,o=acme
objectClass: inetOrgPerson
objectClass: posixAccount
cn: Person ${i}
sn: Number ${i}
uid: p${i}
uidNumber: ${1000 + i}
gidNumber: 100
homeDirectory: /home/p${i}
mail: p${i}@acme.test
employeeType: ${i % 3 === 0 ? 'C' : 'E'}
carLicense: B-${i}
facsimileTelephoneNumber: +49 ${i}`,
);

const unusual = `
dn: ou=Users2,o=acme
objectClass: organizationalUnit
ou: Users2

dn: ou=Teams,o=acme
objectClass: organizationalUnit
ou: Teams

${people.join('\n\n')}

dn: cn=All,ou=Teams,o=acme
objectClass: groupOfUniqueNames
cn: All
uniqueMember: cn=Person 1,ou=Users2,o=acme

dn: cn=posix,ou=Teams,o=acme
objectClass: posixGroup
cn: posix
gidNumber: 100
memberUid: p1
`;

const startWith = async (options: Parameters<typeof startSlapd>[0]): Promise<Started> => {
  const slapd = await startSlapd(options);
  return { url: slapd.url, suffix: slapd.suffix, account: slapd.gatewayDn, password: slapd.gatewayPassword, stop: () => slapd.stop() };
};

const user = (extra: Body): Body => ({ schemas: [urn.user], name: { givenName: 'Nora', familyName: 'New' }, ...extra });

async function createPersonAndGroup(scim: ScimClient): Promise<void> {
  const person = await scim.post('/Users', user({ userName: 'nora', displayName: 'Nora New', externalId: 'x-1', userType: 'E' }));
  expect([person.status, person.body]).toEqual([201, expect.objectContaining({ userName: 'nora', externalId: 'x-1', active: true })]);
  const disabled = await scim.patch(`/Users/${person.id}`, [{ op: 'replace', path: 'active', value: false }]);
  expect(disabled.body).toMatchObject({ active: false, displayName: 'Nora New' });
  const group = await scim.post('/Groups', { schemas: [urn.group], displayName: 'New team', members: asMembers(person.id) });
  expect([group.status, group.body]).toEqual([201, expect.objectContaining({ displayName: 'New team' })]);
  expect((await scim.get(`/Users/${person.id}`)).body).toMatchObject({ groups: [{ value: group.id, display: 'New team' }] });
  expect((await scim.delete(`/Groups/${group.id}`)).status).toBe(204);
  expect((await scim.delete(`/Users/${person.id}`)).status).toBe(204);
}

/** What the mapping of an unusual layout says. */
const differences = [
  'bases: [{ dn: "ou=Users2,{baseDn}", scope: sub }]',
  'rdn: "cn={displayName|name.givenName name.familyName|userName}"',
  'placement: [{ base: "ou=Users2,{baseDn}" }]',
  'ldap: businessCategory',
  'ldap: roomNumber',
  'userType: employeeType',
  '- { match: { type: fax }, slot: { value: facsimileTelephoneNumber } }',
  'filter: "(objectClass=groupOfUniqueNames)"',
  'ldap: uniqueMember',
  'found: "E" (20), "C" (10)',
  '# New people come without posixAccount, which needs uidNumber, gidNumber, homeDirectory.',
  '# 1 of the groups looked at are no groupOfUniqueNames, and are not served.',
];

describe.each([
  { name: 'the embedded directory', start: startDemo, says: [] },
  { name: 'a slapd with the usual folders and nobody in them', start: () => startWith({}), says: [] },
  { name: 'a slapd with a layout of its own', start: () => startWith({ suffix: 'o=acme', ldif: unusual }), says: differences },
])('$name', ({ start, says }) => {
  let directory: Started;
  let written: Written;
  beforeAll(async () => {
    directory = await start();
    written = await runInit(directory);
  });
  afterAll(() => directory.stop());

  test('what is written is accepted by check', async () => {
    expect(written.code).toBe(0);
    vi.stubEnv('LDAP_PASSWORD', directory.password);
    const { code, output } = await runCommand(check, { config: written.file });
    expect([code, output]).toEqual([0, expect.stringContaining('0 errors, 0 warnings')]);
  });

  test('people and groups can be created with it', async () => {
    vi.stubEnv('LDAP_PASSWORD', directory.password);
    await withGateway(written, createPersonAndGroup);
  });

  test('the password is nowhere, the token in the output only', () => {
    expect(written.token).toHaveLength(43);
    expect(written.config + written.mapping).not.toContain(written.token);
    expect(`${written.config}${written.mapping}`).not.toMatch(new RegExp(`(?:password|Password).*["' ]${directory.password}\\b`));
    expect(written.config).toContain('password: { env: LDAP_PASSWORD }');
    expect(written.config).toContain(`baseDn: "${directory.suffix}"`);
  });

  test('the next steps name the files', () => {
    for (const step of ['check', 'preview user', 'explain', 'serve']) expect(written.printed).toContain(` ${step}`);
    expect(written.printed).toContain(`--config ${written.file}`);
  });

  test('the mapping says what differs from the preset, and nothing else', () => {
    expect(written.mapping).toContain('extends: openldap');
    expect(says.filter((text) => !written.mapping.includes(text))).toEqual([]);
    expect(written.mapping.includes('resources:')).toBe(says.length > 0);
  });
});

describe('other layouts', () => {
  const open: Started[] = [];
  const start = async (ldif: string, suffix = 'o=acme'): Promise<Started> => {
    const started = await startWith({ suffix, ldif });
    open.push(started);
    return started;
  };
  afterAll(() => Promise.all(open.map((directory) => directory.stop())));

  test('groups without DNs are left out, and so are the memberships', async () => {
    const directory = await start(
      'dn: ou=staff,o=acme\nobjectClass: organizationalUnit\nou: staff\n\n' +
        'dn: mail=a@acme.test,ou=staff,o=acme\nobjectClass: inetOrgPerson\ncn: A\nsn: A\nmail: a@acme.test\n\n' +
        'dn: cn=posix,ou=staff,o=acme\nobjectClass: posixGroup\ncn: posix\ngidNumber: 1\nmemberUid: a\n',
    );
    const written = await runInit(directory);
    expect(written.mapping).toContain('Group: null');
    expect(written.mapping).toContain('groups: null');
    expect(written.config).toContain('resources: [User]');
    expect(written.mapping).toContain('rdn: "mail={userName}"');
    expect((await runCommand(check, { config: written.file })).code).toBe(0);
    await withGateway(written, async (scim) => {
      const person = await scim.post('/Users', user({ userName: 'b@acme.test' }));
      expect([person.status, person.body]).toEqual([
        201,
        expect.objectContaining({ emails: [expect.objectContaining({ value: 'b@acme.test' })] }),
      ]);
    });
  });

  test('nobody at all: it says what it saw, and writes nothing', async () => {
    const directory = await startWith({ suffix: 'o=acme', ldif: '' });
    const complaint = vi.spyOn(console, 'error').mockReturnValue();
    const written = await runInit(directory, { 'base-dn': 'ou=groups,o=acme' });
    expect([written.code, written.config]).toEqual([1, '']);
    expect(String(complaint.mock.calls[0]?.[0])).toBe(
      'No people were found below ou=groups,o=acme. The object classes there: organizationalUnit (1).',
    );
    complaint.mockRestore();
    await directory.stop();
  });
});

describe('what is missing or wrong', () => {
  let directory: Started;
  beforeAll(async () => {
    directory = await startDemo();
  });
  afterAll(() => directory.stop());

  test('files are overwritten with --force only', async () => {
    const out = newFolder();
    writeFileSync(join(out, 'mapping.yaml'), 'mine');
    await expect(runInit(directory, { out })).rejects.toThrow(/mapping.yaml would be overwritten: say --force/);
    expect(readFileSync(join(out, 'mapping.yaml'), 'utf8')).toBe('mine');
    await runInit(directory, { out, force: true });
    expect(readFileSync(join(out, 'mapping.yaml'), 'utf8')).toContain('extends: openldap');
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    ['no server', { server: undefined }, /--server is missing/],
    ['no account', { 'bind-dn': undefined }, /--bind-dn is missing/],
    ['no password', { 'password-env': 'NO_SUCH_NAME' }, /The environment variable NO_SUCH_NAME is not set/],
    ['plain LDAP to another machine', { server: 'ldap://ldap.example.com' }, /beyond loopback without TLS/],
    ['no URL', { server: 'ldap.example.com' }, /must be an LDAP URL/],
    ['nobody listens', { server: 'ldap://127.0.0.1:1' }, /No connection to ldap:\/\/127.0.0.1:1/],
  ])('%s', async (_name, change, message) => {
    await expect(runInit(directory, change)).rejects.toThrow(UsageError);
    await expect(runInit(directory, change)).rejects.toThrow(message);
  });

  test('a wrong password', async () => {
    await expect(runInit({ ...directory, password: 'wrong' })).rejects.toThrow(/invalidCredentials/);
  });

  test('a base that is not there', async () => {
    const complaint = vi.spyOn(console, 'error').mockReturnValue();
    expect((await runInit(directory, { 'base-dn': 'dc=example,dc=org' })).code).toBe(1);
    expect(String(complaint.mock.calls[0]?.[0])).toBe('There is no entry dc=example,dc=org, or this account may not read it.');
    complaint.mockRestore();
  });

  test('on a terminal it asks for everything, and reads the password without an echo', async () => {
    const asked: string[] = [];
    const terminal: Terminal = {
      interactive: true,
      ask: async (question, proposal) => {
        asked.push(question);
        return question.startsWith('URL') ? directory.url : question.startsWith('DN') ? directory.account : (proposal ?? '');
      },
      askSecret: async (question) => {
        asked.push(question);
        return directory.password;
      },
    };
    const out = newFolder();
    const { code, output } = await runCommand({ run: (values) => initialize(values, terminal, {}) }, { out });
    expect([code, asked]).toEqual([
      0,
      ['URL of the directory server', 'DN of the account to look with', `Password of ${directory.account}`],
    ]);
    expect(output).toContain('export LDAP_PASSWORD=…');
  });
});

describe('the terminal', () => {
  const open = () => {
    const shown: string[] = [];
    const output = Object.assign(new PassThrough(), { isTTY: true });
    output.on('data', (chunk) => shown.push(String(chunk)));
    const input = Object.assign(new PassThrough(), {
      isTTY: true,
      setRawMode: (isRaw: boolean) => void shown.push(isRaw ? '<raw>' : '<echo>'),
    });
    return { input, shown, terminal: openTerminal(input, output) };
  };

  test('an answer, and the proposal for an empty one', async () => {
    const { input, terminal, shown } = open();
    const first = terminal.ask('Server');
    input.write('ldap://x\r');
    expect(await first).toBe('ldap://x');
    const second = terminal.ask('Base', 'dc=x');
    input.write('\r');
    expect(await second).toBe('dc=x');
    expect(shown.join('')).toContain('Base [dc=x]: ');
  });

  test('a secret is not shown', async () => {
    const { input, terminal, shown } = open();
    const answer = terminal.askSecret('Password');
    input.write('hunter2\r');
    expect(await answer).toBe('hunter2');
    // The terminal stops its own echo before the question invites to type.
    await expect.poll(() => shown.join('')).toBe('<raw>Password: <echo>\n');
  });

  test('Ctrl-C ends it', async () => {
    const { input, terminal } = open();
    const answer = terminal.ask('Server');
    input.write('\x03');
    await expect(answer).rejects.toThrow(UsageError);
  });

  test('without one there is nobody to ask', () => {
    expect(openTerminal(new PassThrough(), new PassThrough()).interactive).toBe(false);
    expect(init.help).toContain('--server');
  });
});
