// Tools that synchronize to AWS IAM Identity Center and their kind: small batches, PATCH bodies with more in them, cursors that begin empty.
// Sources: the code of slashdevops/idp-scim-sync, and the limits of AWS.
import { expect, test } from 'vitest';
import { type Body, newName, urn } from '../directory/scim-client.ts';
import { type Dialogue, type Heard, patchOp, type Provider, type Replay } from './dialogue.ts';

const provider: Provider = {
  name: 'idp-scim-sync',
  dialect: 'compat',
  headers: { 'User-Agent': 'Go-http-client/1.1', Accept: 'application/json', 'Accept-Encoding': 'gzip' },
  contentType: 'application/scim+json',
};

export const awsSync: Replay = (dialogue) => {
  const talk = (): Dialogue => dialogue(provider);
  const person = (): Body => {
    const userName = `${newName('sync')}@example.com`;
    return {
      schemas: [urn.user],
      externalId: newName('g-user'),
      userName,
      displayName: 'Sy Nc',
      name: { givenName: 'Sy', familyName: 'Nc' },
      emails: [{ value: userName, type: 'work', primary: true }],
      active: true,
    };
  };
  const create = async (client: Dialogue): Promise<Heard> => {
    const made = await client.post('/Users', person());
    expect([made.status, made.contentType]).toEqual([201, 'application/json']);
    return made;
  };
  const createGroup = async (client: Dialogue, ...people: readonly Heard[]): Promise<Heard> => {
    const displayName = newName('sync group');
    const made = await client.post('/Groups', { schemas: [urn.group], externalId: newName('g-group'), displayName, members: [] });
    expect(made.status).toBe(201);
    if (people.length > 0) expect((await change(client, made, 'add', people)).status).toBe(204);
    return made;
  };
  /** With the name and the id of the group beside the operations. */
  const change = (client: Dialogue, { id, body }: Heard, op: string, people: readonly Heard[]): Promise<Heard> => {
    const value = people.map((one) => ({ value: one.id }));
    return client.patch(`/Groups/${id}`, { ...patchOp({ op, path: 'members', value }), id, displayName: body['displayName'] });
  };

  test('21. people and groups are posted first; on 409 they are looked up by name', async () => {
    const client = talk();
    const [made, group] = [await create(client), await createGroup(client)];
    const { userName } = made.body;
    expect((await client.post('/Users', { ...person(), userName })).status).toBe(409);
    expect(await client.find(`/Users?filter=userName eq "${String(userName)}"`)).toMatchObject([{ id: made.id }]);
    const { displayName } = group.body;
    expect((await client.post('/Groups', { schemas: [urn.group], displayName })).status).toBe(409);
    expect(await client.find(`/Groups?filter=displayName eq "${String(displayName)}"`)).toMatchObject([{ id: group.id }]);
  });

  test('63. 64. T-018 members come and go by lists, in bodies with more than operations', async () => {
    const client = talk();
    const people = await Promise.all(Array.from({ length: 12 }, () => create(client)));
    const group = await createGroup(client, ...people);
    expect(await client.membersInLdap(group.id)).toEqual(people.map(({ id }) => id).toSorted());
    expect((await change(client, group, 'remove', people.slice(2))).status).toBe(204);
    expect(await client.membersInLdap(group.id)).toEqual(
      people
        .slice(0, 2)
        .map(({ id }) => id)
        .toSorted(),
    );
  });

  test('75. C-001 the groups of a person: the first page has an empty cursor', async () => {
    const client = talk();
    const one = await create(client);
    const group = await createGroup(client, one);
    for (const query of ['cursor', 'cursor=']) {
      const { status, body } = await client.get(`/Groups?${query}&filter=members.value eq "${one.id}"`);
      expect([status, body['totalResults']]).toEqual([200, 1]);
      expect(body['Resources']).toMatchObject([{ id: group.id }]);
      expect(body).not.toHaveProperty('nextCursor');
    }
  });

  test('75. C-002 all people by cursors, each once', async () => {
    const client = talk();
    const made = await Promise.all(Array.from({ length: 5 }, () => create(client)));
    const ids: unknown[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const { body } = await client.get(`/Users?count=2&cursor=${cursor}`);
      ids.push(...(body['Resources'] as readonly Body[]).map(({ id }) => id));
      cursor = body['nextCursor'] as string | undefined;
    }
    expect(ids).toEqual(expect.arrayContaining(made.map(({ id }) => id)));
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('28. 30. 33. updated by PUT, or by a PATCH that carries its id', async () => {
    const client = talk();
    const made = await create(client);
    expect((await client.put(`/Users/${made.id}`, { ...made.body, title: 'Put' })).status).toBe(200);
    const { userName } = made.body;
    const value = { id: made.id, userName, active: false, title: 'Patched' };
    const patched = await client.patch(`/Users/${made.id}`, { ...patchOp({ op: 'replace', value }), id: made.id, userName });
    expect([patched.status, await client.landed(made.id, 'title'), await client.isDisabled(made.id)]).toEqual([
      200,
      { title: ['Patched'] },
      true,
    ]);
  });

  test('54. groups and people are deleted', async () => {
    const client = talk();
    const one = await create(client);
    const group = await createGroup(client, one);
    expect((await client.delete(`/Users/${one.id}`)).status).toBe(204);
    expect(await client.membersInLdap(group.id)).toEqual([]);
    expect([(await client.delete(`/Groups/${group.id}`)).status, await client.exists(group.id)]).toEqual([204, false]);
  });
};
