// The example configuration runs as it is: config.minimal.yaml and mapping.openldap.yaml unchanged, before a slapd with the suffix that they name.
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { freePort, startSlapd, type Slapd } from '../servers/slapd.ts';
import { asMembers, newGroup, newUser, ScimClient, urn } from './scim-client.ts';

let slapd: Slapd | undefined;
let app: App | undefined;
let base = '';

beforeAll(async () => {
  slapd = await startSlapd({ suffix: 'dc=example,dc=com' });
  const port = await freePort();
  const config = loadConfig(fileURLToPath(new URL('../fixtures/examples/config.minimal.yaml', import.meta.url)), {
    env: { LDAP_PASSWORD: slapd.adminPassword, AUDITOR_TOKEN: 'the-token-of-the-auditor' },
    overrides: [`directories.main.servers=[${slapd.url}]`, `server.listen=127.0.0.1:${port}`, `server.publicUrl=http://127.0.0.1:${port}`],
  });
  app = createApp(config);
  base = `${(await app.start()).url}/scim/v2`;
}, 120_000);

afterAll(async () => {
  await app?.stop();
  await slapd?.stop();
});

test('the example of the documentation creates, finds, renames and deletes a user and a group', async () => {
  const okta = new ScimClient(base, 's3cret');
  const user = await okta.post(
    '/Users',
    newUser({ emails: [{ type: 'work', value: 'ann@example.com' }], [urn.enterprise]: { department: 'D' } }),
  );
  expect([user.status, user.headers.get('Location')]).toEqual([201, `${base}/Users/${user.id}`]);
  const group = await okta.post('/Groups', newGroup({ members: asMembers(user.id) }));
  expect(group.status).toBe(201);
  const renamed = await okta.patch(`/Users/${user.id}`, [{ op: 'replace', path: 'userName', value: 'ann.renamed' }]);
  expect([renamed.status, renamed.id]).toEqual([200, user.id]);
  expect(await okta.find('/Users', 'userName eq "ANN.renamed" and emails co "@example.com"')).toMatchObject([
    { id: user.id, groups: [{ value: group.id, display: group.body['displayName'] }] },
  ]);
  expect((await okta.delete(`/Users/${user.id}`)).status).toBe(204);
  expect((await okta.get(`/Groups/${group.id}`)).body['members'] ?? []).toEqual([]);
  expect((await okta.delete(`/Groups/${group.id}`)).status).toBe(204);
});

test('its auditor reads and does not write', async () => {
  const auditor = new ScimClient(base, 'the-token-of-the-auditor');
  expect((await auditor.get('/Users')).status).toBe(200);
  expect((await auditor.post('/Users', newUser())).status).toBe(403);
  expect((await new ScimClient(base, 'other').get('/Users')).status).toBe(401);
});
