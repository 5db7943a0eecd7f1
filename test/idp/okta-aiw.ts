// Okta, applications made with its wizard (AIW): PUT for everything, of people and of whole groups.
// Sources: Okta's reference of SCIM 2.0, and recorded traffic.
import { expect, test } from 'vitest';
import { type Body, newName, urn } from '../directory/scim-client.ts';
import type { Dialogue, Heard, Replay } from './dialogue.ts';
import { create, oktaProvider, whole } from './okta-requests.ts';

export const oktaAiw: Replay = (dialogue) => {
  const talk = (): Dialogue => dialogue(oktaProvider);
  const putGroup = (client: Dialogue, id: string, displayName: string, ...people: readonly Heard[]): Promise<Heard> => {
    const members = people.map((person) => ({ value: person.id, display: person.body['userName'] }));
    return client.put(`/Groups/${id}`, { schemas: [urn.group], id, displayName, members });
  };

  test('28. 30. deactivated and activated by PUT of the whole person; nothing else changes', async () => {
    const client = talk();
    const made = await create(client, { title: 'Kept' });
    const attributes = ['userName', 'mail', 'sn', 'givenName', 'displayName', 'title', 'externalId'] as const;
    const before = await client.landed(made.id, ...attributes);
    const states: boolean[] = [];
    for (const active of [false, true]) {
      const { body } = await client.get(`/Users/${made.id}`);
      const put = await client.put(`/Users/${made.id}`, whole(body, { active }));
      expect([put.status, put.body['active']]).toEqual([200, active]);
      states.push(await client.isDisabled(made.id));
    }
    expect(states).toEqual([true, false]);
    expect(await client.landed(made.id, ...attributes)).toEqual(before);
  });

  test('29. T-056 a PUT without active leaves a disabled person disabled', async () => {
    const client = talk();
    const made = await create(client, { active: false });
    const { active: _, ...rest } = made.body;
    expect((await client.put(`/Users/${made.id}`, whole(rest))).body['active']).toBe(false);
    expect(await client.isDisabled(made.id)).toBe(true);
  });

  test('28. 48. a new userName and a new password by PUT: the id stays, the password is in no answer', async () => {
    const client = talk();
    const made = await create(client);
    const userName = `${newName('okta-new')}@okta.local`;
    const put = await client.put(`/Users/${made.id}`, whole(made.body, { userName, password: 'Zz8!another$Secret5' }));
    expect([put.status, put.id, put.body['userName'], put.text.includes('another')]).toEqual([200, made.id, userName, false]);
    expect(await client.landed(made.id, 'userName')).toEqual({ userName: [userName] });
  });

  test('28. T-056 a PUT does not touch what the mapping does not know', async () => {
    const client = talk();
    const { look, face } = client.stage;
    const made = await create(client);
    await look.change(made.id, 'add', face.ldap.unmapped, 'Kept 1');
    expect((await client.put(`/Users/${made.id}`, whole(made.body, { title: 'T' }))).status).toBe(200);
    expect(await client.landed(made.id, face.ldap.unmapped, 'title')).toEqual({ [face.ldap.unmapped]: ['Kept 1'], title: ['T'] });
  });

  test('57. 58. 70. groups are put whole: filled, changed, renamed and emptied', async () => {
    const client = talk();
    const [one, two, three] = [await create(client), await create(client), await create(client)];
    const displayName = newName('okta aiw group');
    const { id, status } = await client.post('/Groups', { schemas: [urn.group], displayName, members: [] });
    expect(status).toBe(201);
    const members = async (...people: readonly Heard[]): Promise<readonly string[]> => {
      expect((await putGroup(client, id, displayName, ...people)).status).toBe(200);
      return client.membersInLdap(id);
    };
    expect(await members(one, two)).toEqual([one.id, two.id].toSorted());
    expect(await members(two, three, three)).toEqual([two.id, three.id].toSorted());
    const renamed = `${displayName} renamed`;
    expect((await putGroup(client, id, renamed, two)).body).toMatchObject({ id, displayName: renamed, members: [{ value: two.id }] });
    expect(await client.landed(id, 'cn')).toEqual({ cn: [renamed] });
    expect(await members()).toEqual([]);
  });

  test('58. T-062 a group put with somebody whom nobody knows is 400, and stays as it was', async () => {
    const client = talk();
    const one = await create(client);
    const displayName = newName('okta aiw group');
    const { id } = await client.post('/Groups', { schemas: [urn.group], displayName, members: [{ value: one.id }] });
    const members: readonly Body[] = [{ value: '5b3f0c5e-3c34-4c53-9d6c-1f2b0f0a7711' }];
    const put = await client.put(`/Groups/${id}`, { schemas: [urn.group], id, displayName, members });
    expect([put.status, put.body['scimType']]).toEqual([400, 'invalidValue']);
    expect(await client.membersInLdap(id)).toEqual([one.id]);
  });
};
