// Deletes that can be taken back: marked, disabled, moved away, hidden, and restored with the same id.
// The same for every directory; the files beside this one say over which.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseDn } from '../../src/ldap/dn.ts';
import type { Face } from './faces.ts';
import { asMembers, idsIn, newGroup, newName, newUser } from './scim-client.ts';
import { openStage, type Stage } from './stage.ts';

export interface QuarantineFace {
  /** With the mapping that quarantines. */
  readonly face: Face;
  /** The attribute of the marker. */
  readonly marker: string;
  /** What a disabled account looks like. */
  readonly state: { readonly attribute: string; readonly disabled: string };
}

export function describeQuarantine({ face, marker, state }: QuarantineFace): void {
  let stage: Stage;
  const deleted = () => `OU=Deleted,${stage.directory.suffix}`;

  beforeAll(async () => {
    // Only the administrator may create where deleted entries go, in a directory that was made a second ago.
    stage = await openStage(face, { asAdmin: true });
    await stage.look.add(deleted(), { objectClass: ['organizationalUnit'], ou: ['Deleted'] });
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

  describe(`quarantine over ${face.name}`, () => {
    test('the entry is marked, disabled and moved, and answers 404 everywhere (R-179)', async () => {
      const { scim, look } = stage;
      const { userName, id } = await deletedUser();
      const entry = await look.entry(id);
      expect(entry.dn.toLowerCase()).toBe(`${face.ldap.userRdn}=${userName},${deleted()}`.toLowerCase());
      expect(entry.texts(marker)).toEqual(['deleted through SCIM']);
      expect(entry.texts(state.attribute)).toEqual([state.disabled]);
      for (const request of [scim.get(`/Users/${id}`), scim.put(`/Users/${id}`, newUser({ userName })), scim.delete(`/Users/${id}`)])
        expect((await request).status).toBe(404);
      expect(await scim.find('/Users', `userName eq "${userName}"`)).toEqual([]);
      expect(await scim.find('/Users', `id eq "${id}"`)).toEqual([]);
    });

    test('no group keeps it, in SCIM or in LDAP (R-182)', async () => {
      const { scim, look } = stage;
      const { id, userName, groupId } = await deletedUser();
      expect((await look.entry(id)).has('memberOf')).toBe(false);
      expect(idsIn((await scim.get(`/Groups/${groupId}`)).body)).toEqual([]);
      expect((await look.texts(groupId, face.ldap.member)).filter((dn) => dn.toLowerCase().includes(userName.toLowerCase()))).toEqual([]);
    });

    test('a later create of the same userName restores it: same id, values as sent, old ones gone, no membership back', async () => {
      const { scim, look } = stage;
      const { userName, id, groupId } = await deletedUser({ nickName: 'ignored' });
      const again = await scim.post('/Users', newUser({ userName: userName.toUpperCase(), displayName: 'Again' }));
      expect(again.status).toBe(201);
      expect(again.id).toBe(id);
      expect(again.body['active']).toBe(true);
      expect(again.body['displayName']).toBe('Again');
      expect(again.body['title']).toBeUndefined();
      const entry = await look.entry(id);
      expect(entry.dn.toLowerCase()).toBe(`${face.ldap.userRdn}=${userName},${face.places.users},${stage.directory.suffix}`.toLowerCase());
      expect(entry.texts(marker)).toEqual([]);
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
      expect(await look.texts(id, face.ldap.userName)).toEqual([userName]);
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
      await look.change(user.id, 'add', marker, 'Likes tea');
      await scim.delete(`/Users/${user.id}`);
      expect(await look.texts(user.id, marker)).toEqual(['Likes tea', 'deleted through SCIM']);
      await scim.post('/Users', newUser({ userName: user.body['userName'] }));
      expect(await look.texts(user.id, marker)).toEqual(['Likes tea']);
    });

    test('a place that does not exist undoes the marking: 5xx, nothing changed', async () => {
      const { scim, look, directory } = stage;
      const user = await scim.post('/Users', newUser({ userName: newName('q') }));
      await look.directory.move(parseDn(deleted()), [{ type: 'ou', value: 'away' }]);
      expect((await scim.delete(`/Users/${user.id}`)).status).toBeGreaterThanOrEqual(400);
      await look.directory.move(parseDn(`ou=away,${directory.suffix}`), [{ type: 'ou', value: 'Deleted' }]);
      expect((await scim.get(`/Users/${user.id}`)).status).toBe(200);
      expect(await look.texts(user.id, marker)).toEqual([]);
    });
  });
}
