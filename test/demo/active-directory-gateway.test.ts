// What people try first with `npm run demo -- --face active-directory`: the shipped mapping, from creating somebody to deleting him.
// RFC 7644 section 3; MS-ADTS for what lands in the directory.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { startDemoDirectory, type DemoDirectory } from '../../src/demo/ldap-server.ts';
import { ScimClient } from '../directory/scim-client.ts';
import { freePort } from '../servers/port.ts';
import { Dialogue } from './dialogue.ts';

let demo: DemoDirectory;
let scim: ScimClient;
let look: Dialogue;
const endings: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'demo-gateway-'));
  demo = await startDemoDirectory({ face: 'active-directory', users: 40 });
  await writeFile(join(dir, 'ca.pem'), demo.ca ?? '');
  const publicUrl = `http://127.0.0.1:${await freePort()}`;
  const text = `
server: { listen: "${new URL(publicUrl).host}", publicUrl: "${publicUrl}" }
directories:
  demo:
    path: /scim/v2
    type: active-directory
    servers: ["${demo.url}"]
    tls: { ca: ca.pem }
    bind: { dn: "administrator@example.com", password: { env: PASSWORD } }
    baseDn: "${demo.suffix}"
    mapping: active-directory
clients:
  - name: demo
    auth: { token: { sha256: "${createHash('sha256').update('token').digest('hex')}", expires: never } }
    allow: { directory: demo, resources: [User, Group], operations: [read, create, update, delete] }
`;
  const app = createApp(loadConfig(join(dir, 'config.yaml'), { env: { PASSWORD: demo.adminPassword }, text }));
  const { url } = await app.start();
  scim = new ScimClient(`${url}/scim/v2`, 'token');
  look = await Dialogue.open(demo);
  endings.push(
    async () => look.close(),
    () => app.stop(),
    () => demo.close(),
    () => rm(dir, { recursive: true, force: true }),
  );
});
afterAll(async () => {
  for (const end of endings) await end();
});

const readState = async (accountName: string): Promise<string | undefined> =>
  (await look.read(demo.suffix, { filter: `(sAMAccountName=${accountName})`, attributes: ['userAccountControl'] })).entries[0]?.texts(
    'userAccountControl',
  )[0];
const canBind = (password: string): Promise<boolean> =>
  Dialogue.open(demo, { dn: 'ann@example.com', password }).then(
    (opened) => {
      opened.close();
      return true;
    },
    () => false,
  );

test('L-064: somebody is created, disabled, enabled, given a password, put into a group, renamed and deleted', async () => {
  const created = await scim.post('/Users', {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    userName: 'ann@example.com',
    name: { givenName: 'Ann', familyName: 'Example' },
  });
  expect(created.status).toBe(201);
  const user = `/Users/${created.id}`;
  expect(await readState('ann')).toBe('512');

  expect((await scim.patch(user, [{ op: 'replace', path: 'active', value: false }])).body['active']).toBe(false);
  expect(await readState('ann')).toBe('514');
  expect((await scim.patch(user, [{ op: 'replace', path: 'active', value: true }])).body['active']).toBe(true);
  expect(await readState('ann')).toBe('512');

  expect((await scim.patch(user, [{ op: 'replace', path: 'password', value: 'short' }])).status).toBe(400);
  expect((await scim.patch(user, [{ op: 'replace', path: 'password', value: 'Secret-12345' }])).status).toBe(200);
  expect([await canBind('Secret-12345'), await canBind('Secret-1234')]).toEqual([true, false]);

  const found = await scim.get('/Groups', { filter: 'displayName eq "VPN Users"', attributes: 'id' });
  const [group] = found.body['Resources'] as readonly { readonly id: string }[];
  const joining = [{ op: 'add', path: 'members', value: [{ value: created.body['id'] }] }];
  for (const attempt of [1, 2]) expect([attempt, (await scim.patch(`/Groups/${group?.id ?? ''}`, joining)).status]).toEqual([attempt, 204]);
  expect((await scim.get(user)).body['groups']).toMatchObject([{ value: group?.id, display: 'VPN Users' }]);

  const renamed = await scim.patch(user, [{ op: 'replace', path: 'displayName', value: 'Ann Other, née Example' }]);
  expect([renamed.status, renamed.body['id']]).toEqual([200, created.body['id']]);
  const { entries } = await look.read(demo.suffix, { filter: '(sAMAccountName=ann)', attributes: ['memberOf'] });
  expect(entries[0]?.dn).toBe(`CN=Ann Other\\, née Example,CN=Users,${demo.suffix}`);
  expect(entries[0]?.texts('memberOf')).toEqual([`CN=VPN Users,OU=Groups,${demo.suffix}`]);

  expect((await scim.delete(user)).status).toBe(204);
  expect((await scim.get(user)).status).toBe(404);
  expect(await readState('ann')).toBeUndefined();
});

test('what the domain itself needs is neither listed nor within reach', async () => {
  const list = await scim.get('/Users', { attributes: 'displayName', count: 100 });
  expect(list.body['totalResults']).toBe(40);
  const { entries } = await look.read(`CN=Domain Admins,CN=Users,${demo.suffix}`, { scope: 'base', attributes: ['objectGUID'] });
  expect(entries).toHaveLength(1);
  const groups = await scim.get('/Groups', { filter: 'displayName eq "Domain Admins"' });
  expect(groups.body['totalResults']).toBe(0);
});
