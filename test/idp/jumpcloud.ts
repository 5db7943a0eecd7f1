// JumpCloud: a test of the connection that makes and removes a person and a group, and members removed by value lists.
// Sources: JumpCloud's article on its custom SCIM integration; the shape of removals is from a knowledge base.
import { expect, test } from 'vitest';
import { newName, urn } from '../directory/scim-client.ts';
import { type Dialogue, type Heard, patchOp, type Provider, type Replay } from './dialogue.ts';

const provider: Provider = {
  name: 'JumpCloud',
  dialect: 'compat',
  headers: { Accept: 'application/scim+json, application/json' },
  contentType: 'application/scim+json',
};

export const jumpCloud: Replay = (dialogue) => {
  const talk = (): Dialogue => dialogue(provider);
  const create = async (client: Dialogue): Promise<Heard> => {
    const userName = `${newName('jumpcloud')}@example.com`;
    const made = await client.post('/Users', {
      schemas: [urn.user],
      userName,
      name: { givenName: 'Jump', familyName: 'Cloud' },
      emails: [{ type: 'work', value: userName, primary: true }],
      active: true,
    });
    expect(made.status).toBe(201);
    return made;
  };
  const createGroup = async (client: Dialogue): Promise<Heard> => {
    const made = await client.post('/Groups', { schemas: [urn.group], displayName: newName('jumpcloud group') });
    expect(made.status).toBe(201);
    return made;
  };

  test('24. 54. 57. test connection: a person and a group are made and deleted, and nothing stays', async () => {
    const client = talk();
    const [person, group] = [await create(client), await createGroup(client)];
    expect([await client.exists(person.id), await client.exists(group.id)]).toEqual([true, true]);
    expect([(await client.delete(`/Users/${person.id}`)).status, (await client.delete(`/Groups/${group.id}`)).status]).toEqual([204, 204]);
    expect([await client.exists(person.id), await client.exists(group.id)]).toEqual([false, false]);
  });

  test('28. a person put whole', async () => {
    const client = talk();
    const made = await create(client);
    expect((await client.put(`/Users/${made.id}`, { ...made.body, displayName: 'Jumped' })).status).toBe(200);
    expect(await client.landed(made.id, 'displayName')).toEqual({ displayName: ['Jumped'] });
  });

  test('63. 64. T-018 members removed without a filter: those listed and no others', async () => {
    const client = talk();
    const [one, two, group] = [await create(client), await create(client), await createGroup(client)];
    const change = async (op: string, ...people: readonly Heard[]): Promise<readonly string[]> => {
      const value = people.map(({ id }) => ({ value: id }));
      expect((await client.patch(`/Groups/${group.id}`, patchOp({ op, path: 'members', value }))).status).toBe(204);
      return client.membersInLdap(group.id);
    };
    expect(await change('add', one, two)).toEqual([one.id, two.id].toSorted());
    expect(await change('remove', one)).toEqual([two.id]);
  });

  test('30. deactivated where deletion is not wanted', async () => {
    const client = talk();
    const { id } = await create(client);
    expect((await client.patch(`/Users/${id}`, patchOp({ op: 'replace', path: 'active', value: false }))).status).toBe(200);
    expect(await client.isDisabled(id)).toBe(true);
  });
};
