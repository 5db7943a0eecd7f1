// The gateway as a process of its own, run as carelessly as can be: what its files, its command line, its log and its operator's pages give away.
// RFC 6750 section 5.3, RFC 7644 section 7.5.2.
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DemoDirectory, startDemoDirectory } from '../../src/demo/ldap-server.ts';
import { asMembers, newGroup, newUser, ScimClient, urn } from '../directory/scim-client.ts';
import { type GatewayProcess, startGatewayProcess } from '../servers/gateway.ts';
import { freePort } from '../servers/port.ts';
import { bulk } from './beside.ts';

const folder = mkdtempSync(join(tmpdir(), 'abuse-secrets-'));
const token = 'T0KEN-of-a-client-of-this-test';
const adminToken = 'T0KEN-of-the-operator-of-this-test';
const cursorSecret = 'CURS0R-secret-of-this-test-that-is-long';
const password = 'PASSW0RD-of-a-person-1';
const person = ['Zebedee', 'Quillfeather', 'zq@example.com', 'ext-zq-4711', '+49 30 1234567'] as const;
let directory: DemoDirectory;
let gateway: GatewayProcess;
let url: string;
let adminUrl: string;
let scim: ScimClient;

beforeAll(async () => {
  directory = await startDemoDirectory({ users: 3, adminPassword: 'B1ND-password-of-this-test' });
  const [port, adminPort] = [await freePort(), await freePort()];
  url = `http://127.0.0.1:${port}`;
  adminUrl = `http://127.0.0.1:${adminPort}`;
  scim = new ScimClient(`${url}/scim/v2`, token);
  const file = join(folder, 'config.yaml');
  writeFileSync(
    file,
    `server: { listen: "127.0.0.1:${port}", publicUrl: "${url}", cursorKey: { env: CURSOR_SECRET } }
log: { level: debug }
directories:
  main:
    path: /scim/v2
    type: openldap
    servers: ["${directory.url}"]
    bind: { dn: "${directory.adminDn}", password: { env: LDAP_PASSWORD } }
    baseDn: "${directory.suffix}"
    mapping: openldap
    reads: { lists: cache }
cache: { store: state.db }
clients:
  - name: okta
    auth: { token: { sha256: "${createHash('sha256').update(token).digest('hex')}", expires: never } }
    allow: { directory: main, resources: [User, Group], operations: [read, create, update, delete] }
admin: { listen: "127.0.0.1:${adminPort}", token: { env: ADMIN_TOKEN } }
audit: { file: journal.jsonl }
guards:
  limits: [{ operation: deactivate, perHour: 1, atLeast: 1, then: hold }]
`,
    { mode: 0o600 },
  );
  gateway = await startGatewayProcess(file, {
    LDAP_PASSWORD: directory.adminPassword,
    ADMIN_TOKEN: adminToken,
    CURSOR_SECRET: cursorSecret,
  });
  while (!(await fetch(`${url}/ready`)).ok) await new Promise((resolve) => setTimeout(resolve, 20));
  await provoke();
  // The snapshot is whole, and on disk.
  while (!(await scim.get('/Users', { count: 1 })).headers.get('Cache-Status')?.includes('hit'))
    await new Promise((resolve) => setTimeout(resolve, 50));
}, 60_000);
afterAll(async () => {
  await gateway?.stop();
  rmSync(folder, { recursive: true, force: true });
  await directory?.close();
});

const [givenName, familyName, mail, externalId, phone] = person;
const somebody = (): object =>
  newUser({
    externalId,
    password,
    displayName: `${givenName} ${familyName}`,
    name: { givenName, familyName },
    emails: [{ type: 'work', value: mail }],
  });

/** Requests that succeed, are refused, wait and fail, all about one person. */
async function provoke(): Promise<void> {
  const [first, second] = [await scim.post('/Users', somebody()), await scim.post('/Users', somebody())];
  await scim.post('/Users', { ...somebody(), phoneNumbers: [{ type: 'work', value: `${phone}\u00e4` }] });
  for (const { id } of [first, second]) await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'active', value: false }]);
  await scim.patch(`/Users/${first.id}`, [{ op: 'replace', path: 'password', value: password }]);
  await scim.patch(`/Users/${first.id}`, [{ op: 'add', path: `phoneNumbers[type eq "work"].value`, value: phone }]);
  await scim.post('/Groups', newGroup({ displayName: `Group of ${familyName}`, members: asMembers(first.id) }));
  await scim.get('/Users', { filter: `name.familyName eq "${familyName}" and emails.value eq "${mail}"` });
  await scim.get('/Users', { filter: `${familyName} ${mail}` });
  await scim.get(`/Users/${externalId}`);
  await scim.get(`/${familyName}/${mail}`);
  await scim.send('POST', '/Users', `{"userName":"${familyName}",`);
  await bulk(scim, [{ method: 'POST', path: '/Users', bulkId: familyName, data: somebody() as Record<string, unknown> }]);
  await scim.post('/Users', { schemas: [urn.user], userName: { value: mail } });
  await new ScimClient(`${url}/scim/v2`, `${token}x`).get('/Users', { filter: `userName eq "${mail}"` });
  await fetch(`${adminUrl}/status`, { headers: { Authorization: `Bearer ${adminToken}x` } });
}

const secrets = (): readonly string[] => [token, adminToken, cursorSecret, password, directory.adminPassword];
const found = (text: string, what: readonly string[]): readonly string[] => what.filter((each) => text.includes(each));
const ask = async (path: string): Promise<string> =>
  (await fetch(adminUrl + path, { headers: { Authorization: `Bearer ${adminToken}` } })).text();

test('files that the gateway makes are read by others on the machine, with an umask that forbids nothing: only their owner can', () => {
  const made = readdirSync(folder).filter((name) => name !== 'config.yaml');
  expect(made).toEqual(expect.arrayContaining(['guards.db', 'journal.jsonl', 'state.db']));
  for (const name of made) expect([name, (statSync(join(folder, name)).mode & 0o777).toString(8)]).toEqual([name, '600']);
});

test('a secret is in the command line of the process, where everybody can read it: none is', () => {
  const line = readFileSync(`/proc/${gateway.pid}/cmdline`, 'utf8');
  expect(line).toContain('serve');
  expect(found(line, secrets())).toEqual([]);
});

test('a secret is in a file that the gateway made: none is', () => {
  for (const name of readdirSync(folder)) expect([name, found(readFileSync(join(folder, name), 'latin1'), secrets())]).toEqual([name, []]);
});

test('a secret or something of a person is in the log, at the level that says most: nothing is', () => {
  expect(gateway.log().split('\n').length).toBeGreaterThan(20);
  expect(found(gateway.log(), [...secrets(), ...person])).toEqual([]);
});

test('a secret or something of a person is in the operator’s metrics, status or readiness: nothing is', async () => {
  for (const path of ['/metrics', '/status', '/ready', '/health', '/nothing']) {
    const text = await ask(path);
    expect([path, text.length > 10]).toEqual([path, true]);
    expect([path, found(text, [...secrets(), ...person])]).toEqual([path, []]);
  }
});

test('a password is in what waits for an administrator, who sees the change: it is not', async () => {
  const waiting = await ask('/holds');
  expect(waiting).toContain('employeeType: disabled');
  expect(found(waiting, secrets())).toEqual([]);
});

test('something of a person is in an error to a client that did not send it: nothing is', async () => {
  const { id } = await scim.post('/Users', newUser({ userName: `${familyName}.unique` }));
  const replies = [
    await scim.post('/Users', newUser({ userName: `${familyName}.unique` })),
    await scim.delete(`/Users/${id}`, { 'If-Match': 'W/"x"' }),
    await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'emails[', value: 1 }]),
    await scim.patch(`/Users/${id}`, [{ op: 'remove', path: 'userName' }]),
    await scim.put(`/Users/${id}`, {}),
  ];
  for (const { body, status } of replies) {
    expect(status).toBeGreaterThanOrEqual(400);
    expect(found(JSON.stringify(body), [...secrets(), ...person, directory.suffix, 'uid='])).toEqual([]);
  }
});
