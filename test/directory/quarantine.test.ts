// Deletes that can be taken back, over a real OpenLDAP: marked, disabled, moved away, hidden, and restored with the same id.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseDn } from '../../src/ldap/dn.ts';
import { slapd } from './faces.ts';
import { asMembers, idsIn, newGroup, newName, newUser } from './scim-client.ts';
import { openStage, type Stage } from './stage.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await openStage({ ...slapd, mapping: '../fixtures/mappings/quarantine.yaml' });
  await stage.look.add(`ou=deleted,${stage.directory.suffix}`, { objectClass: ['organizationalUnit'], ou: ['deleted'] });
}, 60_000);
afterAll(() => stage.stop());

async function deletedUser(extra: Readonly<Record<string, unknown>> = {}) {
  const { scim } = stage;
  const userName = newName('q');
  const user = await scim.post('/Users', newUser({ userName, title: 'Before', ...extra }));
  const group = await scim.post('/Groups', newGroup({ members: asMembers(user.id) }));
  expect((await scim.delete(`/Users/${user.id}`)).status).toBe(204);
  return { userName, id: user.id, groupId: group.id };
}

describe('delete.mode quarantine (mapping semantics 8)', () => {
  test('the entry is marked, disabled and moved, and answers 404 everywhere (R-179)', async () => {
    const { scim, look, directory } = stage;
    const { userName, id } = await deletedUser();
    const entry = await look.entry(id);
    expect(entry.dn.toLowerCase()).toBe(`uid=${userName},ou=deleted,${directory.suffix}`.toLowerCase());
    expect(entry.texts('description')).toEqual(['deleted through SCIM']);
    expect(entry.texts('employeeType')).toEqual(['disabled']);
    for (const request of [scim.get(`/Users/${id}`), scim.put(`/Users/${id}`, newUser({ userName })), scim.delete(`/Users/${id}`)])
      expect((await request).status).toBe(404);
    expect(await scim.find('/Users', `userName eq "${userName}"`)).toEqual([]);
    expect(await scim.find('/Users', `id eq "${id}"`)).toEqual([]);
  });

  test('no group keeps it, in SCIM or in LDAP (R-182)', async () => {
    const { scim, look } = stage;
    const { id, groupId } = await deletedUser();
    expect(idsIn((await scim.get(`/Groups/${groupId}`)).body)).toEqual([]);
    expect((await look.texts(groupId, 'member')).filter((dn) => dn.includes(id) || dn.startsWith('uid='))).toEqual([]);
  });

  test('a later create of the same userName restores it: same id, values as sent, old ones gone, no membership back', async () => {
    const { scim, look, directory } = stage;
    const { userName, id, groupId } = await deletedUser({ nickName: 'ignored' });
    const again = await scim.post('/Users', newUser({ userName: userName.toUpperCase(), displayName: 'Again' }));
    expect(again.status).toBe(201);
    expect(again.id).toBe(id);
    expect(again.body['active']).toBe(true);
    expect(again.body['displayName']).toBe('Again');
    expect(again.body['title']).toBeUndefined();
    const entry = await look.entry(id);
    expect(entry.dn.toLowerCase()).toBe(`uid=${userName},ou=people,${directory.suffix}`.toLowerCase());
    expect(entry.texts('description')).toEqual([]);
    expect(idsIn((await scim.get(`/Groups/${groupId}`)).body)).toEqual([]);
    expect((await scim.get(`/Users/${id}`)).status).toBe(200);
  });

  test('it is found by externalId first, and then renamed', async () => {
    const { scim, look } = stage;
    const externalId = newName('ext');
    const { id } = await deletedUser({ externalId });
    const userName = newName('renamed');
    const again = await scim.post('/Users', newUser({ userName, externalId }));
    expect([again.status, again.id]).toEqual([201, id]);
    expect(await look.texts(id, 'uid')).toEqual([userName]);
  });

  test('a restore never takes a name that somebody else has by now: 409', async () => {
    const { scim } = stage;
    const externalId = newName('ext');
    await deletedUser({ externalId });
    const userName = newName('taken');
    expect((await scim.post('/Users', newUser({ userName }))).status).toBe(201);
    expect((await scim.post('/Users', newUser({ userName, externalId }))).status).toBe(409);
  });

  test('values of the marker attribute that are not ours stay', async () => {
    const { scim, look } = stage;
    const user = await scim.post('/Users', newUser({ userName: newName('q') }));
    await look.change(user.id, 'add', 'description', 'Likes tea');
    await scim.delete(`/Users/${user.id}`);
    expect(await look.texts(user.id, 'description')).toEqual(['Likes tea', 'deleted through SCIM']);
    await scim.post('/Users', newUser({ userName: user.body['userName'] }));
    expect(await look.texts(user.id, 'description')).toEqual(['Likes tea']);
  });

  test('a place that does not exist undoes the marking: 5xx, nothing changed', async () => {
    const { scim, look, directory } = stage;
    const user = await scim.post('/Users', newUser({ userName: newName('q') }));
    const place = parseDn(`ou=deleted,${directory.suffix}`);
    await look.directory.move(place, [{ type: 'ou', value: 'away' }]);
    expect((await scim.delete(`/Users/${user.id}`)).status).toBeGreaterThanOrEqual(400);
    await look.directory.move(parseDn(`ou=away,${directory.suffix}`), [{ type: 'ou', value: 'deleted' }]);
    expect((await scim.get(`/Users/${user.id}`)).status).toBe(200);
    expect(await look.texts(user.id, 'description')).toEqual([]);
  });
});
