// What the guards keep, over Samba as Active Directory: references that wait, people who exist already, held changes, purges.
// [MS-ADTS] 3.1.1.6.1 (adminCount): what is privileged is never adopted.
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import type { Backend } from '../../src/gateway/backend.ts';
import { Queues } from '../../src/gateway/execute.ts';
import { purgeDeleted } from '../../src/gateway/purge.ts';
import { samba } from './faces.ts';
import { asMembers, idsIn, newGroup, newName, newUser, ScimClient, urn, valueOf } from './scim-client.ts';
import { openStage, type Stage } from './stage.ts';

let stage: Stage;
let app: App;
let backend: Backend;
let scim: ScimClient;
beforeAll(async () => {
  stage = await openStage(samba, { asAdmin: true });
  await stage.look.add(`OU=Deleted,${stage.directory.suffix}`, { objectClass: ['organizationalUnit'], ou: ['Deleted'] });
  const config = stage.configure([
    `directories.main.mapping=${resolve('test/fixtures/mappings/guards-active-directory.yaml')}`,
    'server.listen=127.0.0.1:0',
    'guards={ store: memory, limits: [{ operation: deactivate, perHour: 1, atLeast: 1, then: hold }] }',
  ]);
  app = createApp(config, (given) => (backend = given));
  const { url } = await app.start();
  scim = new ScimClient(`${url}/scim/v2`, stage.tokenOf('compat'));
}, 240_000);
afterAll(async () => {
  await app?.stop();
  await stage?.stop();
}, 120_000);

test('a member and a manager by names of the client wait until they are created', async () => {
  const [member, boss] = [newName('foreign'), newName('foreign')];
  const group = await scim.post('/Groups', newGroup({ members: asMembers(member) }));
  const user = await scim.post('/Users', newUser({ [urn.enterprise]: { manager: { value: boss } } }));
  expect([group.status, user.status, idsIn(group.body)]).toEqual([201, 201, []]);
  const late = await scim.post('/Users', newUser({ externalId: member }));
  expect(idsIn((await scim.get(`/Groups/${group.id}`)).body)).toEqual([late.id]);
  const manager = await scim.post('/Users', newUser({ externalId: boss }));
  expect(valueOf((await scim.get(`/Users/${user.id}`)).body, urn.enterprise, 'manager', 'value')).toBe(manager.id);
}, 60_000);

test('who exists is adopted, with the same id; who is privileged, or outside of the scope, is not', async () => {
  const known = await stage.scim.post('/Users', newUser({ title: 'Clerk' }));
  const externalId = newName('ext');
  const adopted = await scim.post('/Users', newUser({ userName: known.body['userName'], externalId }));
  expect([adopted.status, adopted.id, adopted.body['title']]).toEqual([201, known.id, 'Clerk']);
  await stage.look.change(known.id, 'add', 'adminCount', '1');
  const refused = await scim.post('/Users', newUser({ userName: known.body['userName'], externalId, title: 'Taken over' }));
  expect([refused.status, await stage.look.texts(known.id, 'title')]).toEqual([403, ['Clerk']]);
  const administrator = `CN=Administrator,CN=Users,${stage.directory.suffix}`;
  const id = stage.look.idOf(await stage.look.at(administrator));
  await stage.look.change(id, 'add', 'adminDescription', 'of-the-administrator');
  expect((await scim.post('/Users', newUser({ externalId: 'of-the-administrator' }))).status).toBe(409);
}, 60_000);

test('a deactivation over the limit waits, and is done after an approval', async () => {
  const [first, second] = [await scim.post('/Users', newUser()), await scim.post('/Users', newUser())];
  const off = (id: string) => scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'active', value: false }]);
  expect([(await off(first.id)).status, (await off(second.id)).status, (await off(second.id)).status]).toEqual([200, 503, 503]);
  const [hold, ...others] = backend.state?.holds.list() ?? [];
  expect([hold?.plan, others]).toEqual([expect.stringContaining('userAccountControl'), []]);
  backend.state?.holds.decide({ id: hold?.id ?? 0 }, 'approved');
  expect((await off(second.id)).status).toBe(200);
  expect(await stage.look.texts(second.id, 'userAccountControl')).toEqual(['514']);
}, 60_000);

test('a deleted person is purged after its time', async () => {
  const { id } = await scim.post('/Users', newUser());
  expect((await scim.delete(`/Users/${id}`)).status).toBe(204);
  const day = 86_400_000;
  await purgeDeleted(backend, new Queues(), Date.now() + day - 60_000);
  expect(await stage.look.entry(id)).toBeDefined();
  await purgeDeleted(backend, new Queues(), Date.now() + day + 60_000);
  await expect(stage.look.entry(id)).rejects.toThrow('no entry');
}, 60_000);
