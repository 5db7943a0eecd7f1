// Groups and the member that nobody sees: groupOfNames may not be empty, SCIM groups may (L-053 to L-055; RFC 7643 section 4.2).
import { expect, test } from 'vitest';
import { asMembers, idsIn, newGroup, newUser, type Reply, urn } from '../scim-client.ts';
import type { Stage } from '../stage.ts';

export function groups(stage: () => Stage): void {
  const user = async (): Promise<string> => (await stage().scim.post('/Users', newUser())).id;
  const group = (...members: readonly string[]): Promise<Reply> =>
    stage().scim.post('/Groups', newGroup({ members: asMembers(...members) }));
  const membersOf = async (id: string): Promise<readonly string[]> => idsIn((await stage().scim.get(`/Groups/${id}`)).body);
  /** What LDAP holds beside the DNs of members of ours. */
  const placeholders = async (id: string): Promise<readonly string[]> => {
    const { look, face, directory } = stage();
    const hidden = `${face.placeholder ?? ''},${directory.suffix}`;
    return (await look.texts(id, face.ldap.member)).filter((dn) => dn === hidden);
  };
  const expectEmpty = async (id: string): Promise<void> => {
    const { scim, face } = stage();
    const { body } = await scim.get(`/Groups/${id}`);
    expect(body['members'] ?? []).toEqual([]);
    expect(await placeholders(id)).toHaveLength(face.placeholder === undefined ? 0 : 1);
    expect(await scim.find('/Groups', `id eq "${id}" and members pr`)).toEqual([]);
    expect(await scim.find('/Groups', `id eq "${id}" and not (members pr)`)).toHaveLength(1);
    expect(JSON.stringify(await scim.find('/Groups', `id eq "${id}"`))).not.toContain('nobody');
  };

  test('T-060 one member, R-087 with type, $ref and display made here', async () => {
    const { scim } = stage();
    const made = await scim.post('/Users', newUser({ displayName: 'Member One' }));
    const { status, body } = await group(made.id);
    expect([status, body['members']]).toEqual([
      201,
      [{ value: made.id, $ref: `${scim.base}/Users/${made.id}`, display: 'Member One', type: 'User' }],
    ]);
  });

  test('R-086 a group in a group, L-050 a cycle, each side told by its type', async () => {
    const { scim } = stage();
    const inner = await group();
    const outer = await group(inner.id, await user());
    expect(outer.body['members']).toContainEqual({
      value: inner.id,
      $ref: `${scim.base}/Groups/${inner.id}`,
      display: inner.body['displayName'],
      type: 'Group',
    });
    expect(
      (await scim.patch(`/Groups/${inner.id}`, [{ op: 'add', path: 'members', value: asMembers(outer.id, inner.id) }])).status,
    ).toBeLessThan(300);
    expect(await membersOf(inner.id)).toEqual([outer.id, inner.id].toSorted());
  });

  test.each([
    ['absent', undefined],
    ['empty', []],
    ['null', null],
  ])('57. L-053 members %s: an empty group is made and shows nobody', async (_name, members) => {
    const made = await stage().scim.post('/Groups', newGroup(members === undefined ? {} : { members }));
    expect(made.status).toBe(201);
    await expectEmpty(made.id);
  });

  test('56. Entra: a group with an unknown schema URN', async () => {
    const sent = newGroup({ externalId: 'E', meta: { resourceType: 'Group' } });
    const schemas = [urn.group, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'];
    const { status, body } = await stage().scim.post('/Groups', { ...sent, schemas });
    expect([status, body['schemas'], body['externalId']]).toEqual([201, [urn.group], 'E']);
  });

  test('58. the same member twice is one; an unknown one is 400 and nothing is made', async () => {
    const { scim } = stage();
    const one = await user();
    expect(idsIn((await group(one, one)).body)).toEqual([one]);
    const sent = newGroup({ members: asMembers(one, '33333333-3333-3333-3333-333333333333') });
    const { status, body } = await scim.post('/Groups', sent);
    expect([status, body['scimType']]).toEqual([400, 'invalidValue']);
    expect(await scim.find('/Groups', `displayName eq "${String(sent['displayName'])}"`)).toEqual([]);
  });

  test('59. 61. displayName is unique in any case of letters', async () => {
    const { scim } = stage();
    const made = await group();
    const taken = String(made.body['displayName']).toUpperCase();
    expect((await scim.post('/Groups', newGroup({ displayName: taken }))).body).toMatchObject({ status: '409', scimType: 'uniqueness' });
    expect(await scim.find('/Groups', `displayName eq "${taken}"`)).toHaveLength(1);
  });

  test('T-059 L-053 the first member takes the placeholder away, the last one brings it back', async () => {
    const { scim } = stage();
    const [one, two] = [await user(), await user()];
    const { id } = await group();
    await scim.patch(`/Groups/${id}`, [{ op: 'add', path: 'members', value: asMembers(one) }]);
    expect(await placeholders(id)).toEqual([]);
    await scim.patch(`/Groups/${id}`, [{ op: 'add', path: 'members', value: asMembers(two) }]);
    for (const gone of [one, two])
      expect((await scim.patch(`/Groups/${id}`, [{ op: 'remove', path: `members[value eq "${gone}"]` }])).status).toBeLessThan(300);
    await expectEmpty(id);
  });

  test('L-053 67. replace members: exact set, and [] empties', async () => {
    const { scim } = stage();
    const [one, two, three] = [await user(), await user(), await user()];
    const { id } = await group(one, two);
    const replace = async (...ids: readonly string[]) =>
      (await scim.patch(`/Groups/${id}`, [{ op: 'replace', path: 'members', value: asMembers(...ids) }])).status;
    expect(await replace(two, three)).toBeLessThan(300);
    expect(await membersOf(id)).toEqual([two, three].toSorted());
    expect(await replace()).toBeLessThan(300);
    await expectEmpty(id);
    expect(await replace(one)).toBeLessThan(300);
    expect([await membersOf(id), await placeholders(id)]).toEqual([[one], []]);
    expect((await scim.patch(`/Groups/${id}`, [{ op: 'remove', path: 'members' }])).status).toBeLessThan(300);
    await expectEmpty(id);
  });

  test('L-054 the two last members removed at the same time: both succeed, the group is empty', async () => {
    const { scim } = stage();
    for (let round = 0; round < 5; round++) {
      const [one, two] = [await user(), await user()];
      const { id } = await group(one, two);
      const replies = await Promise.all(
        [one, two].map((gone) => scim.patch(`/Groups/${id}`, [{ op: 'remove', path: 'members', value: asMembers(gone) }])),
      );
      expect(replies.map(({ status }) => status < 300)).toEqual([true, true]);
      await expectEmpty(id);
    }
  });

  test('70. PUT: members are the exact set; without members they stay for compat and go for strict', async () => {
    const { scim, strict } = stage();
    const [one, two] = [await user(), await user()];
    const made = await group(one);
    const { displayName } = made.body;
    const sent = { schemas: [urn.group], displayName };
    expect(idsIn((await scim.put(`/Groups/${made.id}`, { ...sent, members: asMembers(two) })).body)).toEqual([two]);
    expect((await scim.put(`/Groups/${made.id}`, { ...sent, externalId: 'x' })).status).toBe(200);
    expect(await membersOf(made.id)).toEqual([two]);
    expect((await strict.put(`/Groups/${made.id}`, sent)).status).toBe(200);
    await expectEmpty(made.id);
  });

  test('69. T-019 a rename by a whole group without members, and another attribute, leave the members alone', async () => {
    const { scim } = stage();
    const one = await user();
    const made = await group(one);
    const displayName = `${String(made.body['displayName'])} renamed`;
    const renamed = await scim.patch(`/Groups/${made.id}`, [{ op: 'replace', value: { schemas: [urn.group], id: made.id, displayName } }]);
    expect([renamed.status, renamed.body['displayName']]).toEqual([200, displayName]);
    await scim.patch(`/Groups/${made.id}`, [{ op: 'Replace', path: 'externalId', value: 'other' }]);
    expect((await scim.get(`/Groups/${made.id}`)).body).toMatchObject({ displayName, externalId: 'other', members: [{ value: one }] });
  });

  test('68. remove, add and rename in one request, and all or nothing', async () => {
    const { scim, look } = stage();
    const [one, two] = [await user(), await user()];
    const made = await group(one);
    const displayName = `${String(made.body['displayName'])} mixed`;
    const mixed = [
      { op: 'remove', path: `members[value eq "${one}"]` },
      { op: 'add', path: 'members', value: asMembers(two) },
      { op: 'replace', value: { id: made.id, displayName } },
    ];
    const before = await look.snapshot(made.id);
    const failing = [...mixed, { op: 'add', path: 'members', value: asMembers('44444444-4444-4444-4444-444444444444') }];
    expect((await scim.patch(`/Groups/${made.id}`, failing)).body).toMatchObject({ status: '400', scimType: 'invalidValue' });
    expect(await look.snapshot(made.id)).toEqual(before);
    expect((await scim.patch(`/Groups/${made.id}`, mixed)).status).toBe(200);
    expect((await scim.get(`/Groups/${made.id}`)).body).toMatchObject({ displayName, members: [{ value: two }] });
  });

  test('L-060 a deleted user is in no group any more, and the last one leaves no error', async () => {
    const { scim } = stage();
    const one = await user();
    const { id } = await group(one);
    expect((await scim.delete(`/Users/${one}`)).status).toBe(204);
    expect(await membersOf(id)).toEqual([]);
    expect(await scim.find('/Groups', `members.value eq "${one}"`)).toEqual([]);
    const two = await user();
    expect((await scim.patch(`/Groups/${id}`, [{ op: 'add', path: 'members', value: asMembers(two) }])).status).toBeLessThan(300);
    expect(await membersOf(id)).toEqual([two]);
  });

  test('R-105 the root lists users and groups', async () => {
    const { scim } = stage();
    const one = await scim.post('/Users', newUser({ displayName: 'same-name-for-root' }));
    const two = await scim.post('/Groups', newGroup({ displayName: 'same-name-for-root' }));
    const found = await scim.find('/', 'displayName eq "Same-Name-For-Root"');
    expect(found.map(({ id }) => id).toSorted()).toEqual([one.id, two.id].toSorted());
  });
}
