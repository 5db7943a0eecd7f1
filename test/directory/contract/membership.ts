// Members added and removed one by one, as identity providers do it all day: never by reading the group (L-014, L-057, L-058).
import { describe, expect, test } from 'vitest';
import { asMembers, idsIn, newGroup, newUser, type PatchOp, type Reply } from '../scim-client.ts';
import type { Stage } from '../stage.ts';
import { searchesAmong, writesAmong } from '../wire.ts';

export function membership(stage: () => Stage): void {
  const some = async (count: number): Promise<readonly string[]> => {
    const made: Reply[] = [];
    // Not all at once: what is tested is what comes after.
    while (made.length < count)
      made.push(
        ...(await Promise.all(Array.from({ length: Math.min(25, count - made.length) }, () => stage().scim.post('/Users', newUser())))),
      );
    expect(made.filter(({ status }) => status !== 201)).toEqual([]);
    return made.map(({ id }) => id);
  };
  const group = (...members: readonly string[]): Promise<Reply> =>
    stage().scim.post('/Groups', newGroup({ members: asMembers(...members) }));
  const membersOf = async (id: string): Promise<readonly string[]> => idsIn((await stage().scim.get(`/Groups/${id}`)).body);

  const adds: readonly (readonly [name: string, operations: (id: string) => readonly PatchOp[]])[] = [
    ['Entra: a list with $ref null', (id) => [{ op: 'Add', path: 'members', value: [{ $ref: null, value: id }] }]],
    ['an object for a list', (id) => [{ op: 'add', path: 'members', value: { value: id } }]],
    ['a bare string', (id) => [{ op: 'add', path: 'members', value: id }]],
    ['a list of strings', (id) => [{ op: 'add', path: 'members', value: [id] }]],
    ['without a path', (id) => [{ op: 'add', value: { members: [{ value: id }] } }]],
    ['with a display that is ignored', (id) => [{ op: 'add', path: 'members', value: [{ value: id, display: 'x', type: 'User' }] }]],
  ];
  test.each(adds)('63. add: %s', async (_name, operations) => {
    const { scim } = stage();
    const [one = '', two = ''] = await some(2);
    const { id } = await group(one);
    expect((await scim.patch(`/Groups/${id}`, operations(two))).status).toBeLessThan(300);
    expect(await membersOf(id)).toEqual([one, two].toSorted());
  });

  const removals: readonly (readonly [name: string, operations: (id: string) => readonly PatchOp[]])[] = [
    ['64. a value list', (id) => [{ op: 'Remove', path: 'members', value: [{ $ref: null, value: id }] }]],
    ['65. a filter', (id) => [{ op: 'remove', path: `members[value eq "${id}"]` }]],
    ['65. a filter spaced otherwise', (id) => [{ op: 'remove', path: `MEMBERS[ Value  EQ "${id}" ]` }]],
    ['65. an unquoted id', (id) => [{ op: 'remove', path: `members[value eq ${id}]` }]],
    ['65. one of several', (id) => [{ op: 'remove', path: `members[value eq "${id}" or value eq "nobody"]` }]],
  ];
  test.each(removals)('T-018 remove: %s', async (_name, operations) => {
    const { scim } = stage();
    const [one = '', two = ''] = await some(2);
    const { id } = await group(one, two);
    expect((await scim.patch(`/Groups/${id}`, operations(two))).status).toBeLessThan(300);
    expect(await membersOf(id)).toEqual([one]);
  });

  test('remove with an empty list removes nobody', async () => {
    const { scim } = stage();
    const [one = ''] = await some(1);
    const { id } = await group(one);
    expect((await scim.patch(`/Groups/${id}`, [{ op: 'remove', path: 'members', value: [] }])).status).toBeLessThan(300);
    expect(await membersOf(id)).toEqual([one]);
  });

  test('L-014 L-057 no search asks for the members, and there is one modification', async () => {
    const { scim, wire, face } = stage();
    const [one = '', two = '', three = ''] = await some(3);
    const { id } = await group(one, two);
    const sent = await wire.during(() =>
      scim.patch(`/Groups/${id}`, [
        { op: 'add', path: 'members', value: asMembers(three) },
        { op: 'remove', path: 'members', value: asMembers(one) },
      ]),
    );
    for (const { attributes } of searchesAmong(sent)) {
      expect(attributes).not.toContain(face.ldap.member);
      expect(attributes).not.toContain('*');
    }
    expect(writesAmong(sent)).toMatchObject([
      { kind: 'modify', modifications: [{ description: face.ldap.member }, { description: face.ldap.member }] },
    ]);
    expect(await membersOf(id)).toEqual([two, three].toSorted());
  });

  describe('T-061 what is so already is success', () => {
    test('a member added again, and again in one request', async () => {
      const { scim, look } = stage();
      const [one = ''] = await some(1);
      const { id } = await group(one);
      const before = await look.snapshot(id);
      expect((await scim.patch(`/Groups/${id}`, [{ op: 'add', path: 'members', value: asMembers(one) }])).status).toBeLessThan(300);
      expect((await scim.patch(`/Groups/${id}`, [{ op: 'add', path: 'members', value: asMembers(one, one) }])).status).toBeLessThan(300);
      expect(await look.snapshot(id)).toEqual(before);
    });

    test('one removed who is no member, or does not exist', async () => {
      const { scim, look } = stage();
      const [one = '', two = ''] = await some(2);
      const { id } = await group(one);
      const before = await look.snapshot(id);
      for (const gone of [two, '55555555-5555-5555-5555-555555555555', 'nonsense']) {
        expect((await scim.patch(`/Groups/${id}`, [{ op: 'remove', path: `members[value eq "${gone}"]` }])).status).toBeLessThan(300);
        expect((await scim.patch(`/Groups/${id}`, [{ op: 'remove', path: 'members', value: asMembers(gone) }])).status).toBeLessThan(300);
      }
      expect(await look.snapshot(id)).toEqual(before);
    });

    test('mixed: the new ones are added and the old ones removed all the same', async () => {
      const { scim } = stage();
      const [one = '', two = '', three = '', four = '', five = ''] = await some(5);
      const { id } = await group(one, two);
      const added = await scim.patch(`/Groups/${id}`, [{ op: 'add', path: 'members', value: asMembers(one, three, two, four) }]);
      expect(added.status).toBeLessThan(300);
      expect(await membersOf(id)).toEqual([one, two, three, four].toSorted());
      const removed = await scim.patch(`/Groups/${id}`, [{ op: 'remove', path: 'members', value: asMembers(five, one, four) }]);
      expect(removed.status).toBeLessThan(300);
      expect(await membersOf(id)).toEqual([two, three].toSorted());
      const both = await scim.patch(`/Groups/${id}`, [
        { op: 'remove', path: 'members', value: asMembers(one, two) },
        { op: 'add', path: 'members', value: asMembers(three, five) },
      ]);
      expect(both.status).toBeLessThan(300);
      expect(await membersOf(id)).toEqual([three, five].toSorted());
    });

    test('one member added and removed in the same request, in both orders', async () => {
      const { scim } = stage();
      const [one = '', two = ''] = await some(2);
      const { id } = await group(one);
      const add = { op: 'Add', path: 'members', value: asMembers(two) };
      const remove = { op: 'Remove', path: `members[value eq "${two}"]` };
      expect((await scim.patch(`/Groups/${id}`, [add, remove])).status).toBeLessThan(300);
      expect(await membersOf(id)).toEqual([one]);
      expect((await scim.patch(`/Groups/${id}`, [remove, add])).status).toBeLessThan(300);
      expect(await membersOf(id)).toEqual([one, two].toSorted());
    });

    test('all who are members removed together with one who is not, of a group that must not be empty', async () => {
      const { scim } = stage();
      const [one = '', two = ''] = await some(2);
      const { id } = await group(one);
      expect((await scim.patch(`/Groups/${id}`, [{ op: 'remove', path: 'members', value: asMembers(one, two) }])).status).toBeLessThan(300);
      expect(await membersOf(id)).toEqual([]);
    });
  });

  test('T-062 58. one unknown id among many: 400, nobody is added', async () => {
    const { scim, look } = stage();
    const [one = '', two = ''] = await some(2);
    const { id } = await group(one);
    const before = await look.snapshot(id);
    for (const bad of ['66666666-6666-6666-6666-666666666666', 'x', '*', id.toUpperCase(), '']) {
      const { status, body } = await scim.patch(`/Groups/${id}`, [{ op: 'add', path: 'members', value: asMembers(two, bad) }]);
      expect([bad, status, body['scimType']]).toEqual([bad, 400, 'invalidValue']);
    }
    expect(await look.snapshot(id)).toEqual(before);
  });

  test('L-018 500 members in one operation, and out again', async () => {
    const { scim } = stage();
    const all = await some(500);
    const { id } = await group();
    expect((await scim.patch(`/Groups/${id}`, [{ op: 'add', path: 'members', value: asMembers(...all) }])).status).toBeLessThan(300);
    expect(await membersOf(id)).toEqual([...all].toSorted());
    expect((await scim.patch(`/Groups/${id}`, [{ op: 'remove', path: 'members', value: asMembers(...all.slice(1)) }])).status).toBeLessThan(
      300,
    );
    expect(await membersOf(id)).toEqual(all.slice(0, 1));
  }, 60_000);

  test('72. the answer is 204, or 200 with what was asked for', async () => {
    const { scim } = stage();
    const [one = '', two = ''] = await some(2);
    const { id } = await group(one);
    const plain = await scim.patch(`/Groups/${id}`, [{ op: 'add', path: 'members', value: asMembers(two) }]);
    expect([plain.status, plain.etag === '']).toEqual([204, false]);
    expect((await scim.get(`/Groups/${id}`)).etag).toBe(plain.etag);
  });
}
