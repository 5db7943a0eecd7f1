// Clients that see a part of the directory and of its attributes: what is outside does not exist for them.
import { expect, test } from 'vitest';
import { isUnder, parseDn } from '../../../src/ldap/dn.ts';
import type { Face } from '../faces.ts';
import { asMembers, type Body, idsIn, newGroup, newName, newUser, type Reply, ScimClient, urn } from '../scim-client.ts';
import type { Stage } from '../stage.ts';

export function restrictions(stage: () => Stage, { places }: Face): void {
  const as = (name: 'confined' | 'placed'): ScimClient => new ScimClient(stage().scim.base, stage().tokenOf(name));
  const make = async (body: Body, path = '/Users'): Promise<Reply> => {
    const reply = await stage().scim.post(path, body);
    expect(reply.status).toBe(201);
    return reply;
  };
  const inside = (extra: Body = {}): Promise<Reply> => make(newUser({ title: 'Confined', ...extra }));

  test('R-222 R-229 a filter of the client holds for ids, queries, members, creates and changes', async () => {
    const [own, other] = [await inside(), await make(newUser({ title: 'Elsewhere' }))];
    const group = await make(newGroup({ members: asMembers(own.id, other.id) }), '/Groups');
    const confined = as('confined');
    const users = await confined.find('/Users', 'userName pr');
    expect(users.map(({ id }) => id)).toContain(own.id);
    expect(users.every(({ title }) => title === 'Confined')).toBe(true);
    expect([(await confined.get(`/Users/${own.id}`)).status, (await confined.get(`/Users/${other.id}`)).status]).toEqual([200, 404]);
    expect(await confined.find('/Users', `userName eq "${String(other.body['userName'])}"`)).toEqual([]);
    expect((await confined.delete(`/Users/${other.id}`)).status).toBe(404);

    expect(idsIn((await confined.get(`/Groups/${group.id}`)).body)).toEqual([own.id]);
    const add = await confined.patch(`/Groups/${group.id}`, [{ op: 'add', path: 'members', value: asMembers(other.id) }]);
    expect([add.status, add.body['scimType']]).toEqual([400, 'invalidValue']);
    const body = { schemas: [urn.group], displayName: group.body['displayName'], members: [] };
    expect((await confined.put(`/Groups/${group.id}`, body)).status).toBe(200);
    expect(idsIn((await stage().scim.get(`/Groups/${group.id}`)).body)).toEqual([other.id]);

    expect((await confined.post('/Users', newUser({ title: 'Elsewhere' }))).status).toBe(403);
    expect((await confined.post('/Users', newUser({ title: 'Confined' }))).status).toBe(201);
    expect((await confined.patch(`/Users/${own.id}`, [{ op: 'replace', path: 'title', value: 'Elsewhere' }])).status).toBe(403);
    const renamed = await confined.patch(`/Users/${own.id}`, [{ op: 'replace', path: 'userName', value: newName('renamed') }]);
    expect(renamed.status).toBe(200);
  });

  test('R-155 R-224 an attribute that it does not see is unknown to it, and survives', async () => {
    const externalId = newName('external');
    const own = await inside({ externalId });
    const confined = as('confined');
    expect((await confined.get(`/Users/${own.id}`)).body).not.toHaveProperty('externalId');
    expect((await confined.get('/Users', { filter: `externalId eq "${externalId}"` })).body['scimType']).toBe('invalidFilter');
    const { body } = await confined.get(`/Users/${own.id}`);
    const put = await confined.put(`/Users/${own.id}`, { ...body, displayName: newName('Changed') });
    expect(put.status).toBe(200);
    expect(put.body).not.toHaveProperty('externalId');
    const now = (await stage().scim.get(`/Users/${own.id}`)).body;
    expect([now['externalId'], now['displayName']]).toEqual([externalId, put.body['displayName']]);
  });

  test('R-222 R-229 a place of the client holds for references, too', async () => {
    const own = await make(newUser());
    const group = await make(newGroup({ members: asMembers(own.id) }), '/Groups');
    const placed = as('placed');
    const { status, body } = await placed.get(`/Users/${own.id}`);
    const suffix = 'dc=x';
    const isInside = isUnder(parseDn(`${places.groups},${suffix}`), parseDn(`${places.users},${suffix}`));
    expect(status).toBe(200);
    expect(idsIn(body, 'groups').includes(group.id)).toBe(isInside);
    expect((await placed.get(`/Groups/${group.id}`)).status).toBe(404);
    expect((await placed.delete(`/Users/${own.id}`)).status).toBe(204);
    expect(idsIn((await stage().scim.get(`/Groups/${group.id}`)).body)).toEqual([]);
  });
}
