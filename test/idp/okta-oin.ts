// Okta, applications of its network (OIN): PUT for profiles, PATCH to activate, deactivate and set passwords, PATCH for groups.
// Sources: Okta's reference of SCIM 2.0, its SPEC test, and recorded traffic.
import { expect, test } from 'vitest';
import { type Body, idsIn, newName, urn } from '../directory/scim-client.ts';
import { type Dialogue, type Heard, patchOp, type Replay } from './dialogue.ts';
import { create, newPerson, oktaProvider, whole } from './okta-requests.ts';

export const oktaOin: Replay = (dialogue) => {
  const talk = (): Dialogue => dialogue(oktaProvider);
  const newGroup = async (client: Dialogue): Promise<Heard> => {
    const made = await client.post('/Groups', { schemas: [urn.group], displayName: newName('okta group'), members: [] });
    expect(made.status).toBe(201);
    return made;
  };
  const asMembers = (...people: readonly Heard[]): readonly Body[] =>
    people.map(({ id, body }) => ({ value: id, display: body['userName'] }));

  test('1. 74. test connection: small pages of people and groups, numbers as integers', async () => {
    const client = talk();
    await create(client);
    for (const path of ['/Users?startIndex=1&count=2', '/Users?startIndex=1&count=1', '/Groups?startIndex=1&count=100']) {
      const { status, body, contentType } = await client.get(path);
      expect([status, contentType, body['startIndex']]).toEqual([200, 'application/scim+json', 1]);
      expect([Number.isInteger(body['totalResults']), Number.isInteger(body['itemsPerPage'])]).toEqual([true, true]);
    }
    expect((await client.get('/ServiceProviderConfig')).status).toBe(200);
  });

  test('16. 20. 24. a new person with a password, who is in no answer', async () => {
    const client = talk();
    const made = await create(client);
    expect(made.headers.get('Location')).toBe(`${client.base}/Users/${made.id}`);
    expect(made.body).toMatchObject({ active: true, name: { givenName: 'Test', familyName: 'User' }, displayName: 'Test User' });
    expect(made.text).not.toMatch(/password|example"/);
    expect(await client.landed(made.id, 'userName', 'mail', 'givenName', 'sn', 'externalId')).toEqual({
      userName: [made.body['userName']],
      mail: [made.body['userName']],
      givenName: ['Test'],
      sn: ['User'],
      externalId: [made.body['externalId']],
    });
    expect(await client.isDisabled(made.id)).toBe(false);
  });

  test('2. 21. the same person again is found, in any case of letters, and creating is 409', async () => {
    const client = talk();
    const made = await create(client);
    const userName = String(made.body['userName']);
    const found = await client.find(`/Users?filter=userName eq "${userName.toUpperCase()}"&startIndex=1&count=100`);
    expect(found).toMatchObject([{ id: made.id, userName }]);
    expect((await client.post('/Users', newPerson({ userName }))).body).toMatchObject({ status: '409', scimType: 'uniqueness' });
  });

  test('28. a profile is read, changed and put back whole, with what is read-only and an empty text', async () => {
    const client = talk();
    const { id } = await create(client, { title: 'Old', password: undefined });
    const { body } = await client.get(`/Users/${id}`);
    const put = await client.put(`/Users/${id}`, whole(body, { title: '', name: { familyName: 'Changed' }, displayName: 'Test Changed' }));
    expect([put.status, put.id, put.body['active'], put.body['title']]).toEqual([200, id, true, undefined]);
    expect(await client.landed(id, 'sn', 'givenName', 'displayName', 'title', 'mail')).toEqual({
      sn: ['Changed'],
      givenName: ['Test'],
      displayName: ['Test Changed'],
      title: [],
      mail: [body['userName']],
    });
  });

  test('30. 54. deactivated and activated without a path, and never deleted', async () => {
    const client = talk();
    const { id, body } = await create(client);
    const off = await client.patch(`/Users/${id}`, patchOp({ op: 'replace', value: { active: false } }));
    expect([[200, 204].includes(off.status), await client.isDisabled(id)]).toEqual([true, true]);
    expect(await client.find(`/Users?filter=userName eq "${String(body['userName'])}"&startIndex=1&count=100`)).toMatchObject([
      { id, active: false },
    ]);
    await client.patch(`/Users/${id}`, patchOp({ op: 'replace', value: { active: true } }));
    expect([await client.isDisabled(id), (await client.get(`/Users/${id}`)).body['active']]).toEqual([false, true]);
  });

  test('20. a synchronized password', async () => {
    const client = talk();
    const { id } = await create(client);
    const changed = await client.patch(`/Users/${id}`, patchOp({ op: 'replace', value: { password: 'Zz8!another$Secret5' } }));
    expect([changed.status < 300, /another/.test(changed.text)]).toEqual([true, false]);
  });

  test('74. T-006 an import goes through all pages: each person once, in an order that stays', async () => {
    const client = talk();
    const made = await Promise.all(Array.from({ length: 7 }, () => create(client)));
    const pass = async (): Promise<readonly unknown[]> => {
      const ids: unknown[] = [];
      for (let startIndex = 1, total = 1; startIndex <= total; startIndex += 3) {
        const { body } = await client.get(`/Users?startIndex=${startIndex}&count=3`);
        total = Number(body['totalResults']);
        ids.push(...(body['Resources'] as readonly Body[]).map(({ id }) => id));
      }
      return ids;
    };
    const first = await pass();
    expect(new Set(first).size).toBe(first.length);
    expect(first).toEqual(expect.arrayContaining(made.map(({ id }) => id)));
    expect(await pass()).toEqual(first);
  });

  test('57. 67. push groups: made empty, filled by a replacement, and pushed empty again', async () => {
    const client = talk();
    const [one, two, group] = [await create(client), await create(client), await newGroup(client)];
    expect(await client.membersInLdap(group.id)).toEqual([]);
    const push = async (...people: readonly Heard[]): Promise<number> =>
      (await client.patch(`/Groups/${group.id}`, patchOp({ op: 'replace', path: 'members', value: asMembers(...people) }))).status;
    expect(await push(one, two)).toBeLessThan(300);
    expect(await client.membersInLdap(group.id)).toEqual([one.id, two.id].toSorted());
    expect(await push()).toBeLessThan(300);
    expect(await client.membersInLdap(group.id)).toEqual([]);
    expect(idsIn((await client.get(`/Groups/${group.id}`)).body)).toEqual([]);
  });

  test('68. 69. a change of members comes as removal, addition and a renaming to the same name', async () => {
    const client = talk();
    const [one, two, group] = [await create(client), await create(client), await newGroup(client)];
    await client.patch(`/Groups/${group.id}`, patchOp({ op: 'replace', path: 'members', value: asMembers(one) }));
    const displayName = newName('okta group renamed');
    const renaming = patchOp({ op: 'replace', value: { id: group.id, displayName } });
    const swap = patchOp({ op: 'remove', path: `members[value eq "${one.id}"]` }, { op: 'add', path: 'members', value: asMembers(two) });
    for (const request of [renaming, swap, renaming]) expect((await client.patch(`/Groups/${group.id}`, request)).status).toBeLessThan(300);
    expect(await client.membersInLdap(group.id)).toEqual([two.id]);
    expect(await client.landed(group.id, 'cn')).toEqual({ cn: [displayName] });
  });

  test('54. 61. a group is looked for by name before it is linked, and deleted when it is unlinked', async () => {
    const client = talk();
    const group = await newGroup(client);
    const found = await client.find(`/Groups?filter=displayName eq "${String(group.body['displayName'])}"&startIndex=1&count=100`);
    expect(found).toMatchObject([{ id: group.id }]);
    expect((await client.delete(`/Groups/${group.id}`)).status).toBe(204);
    expect(await client.exists(group.id)).toBe(false);
  });
};
