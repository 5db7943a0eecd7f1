// authentik: PUT for people, groups patched whole without a path, one operation for each member.
// Source: authentik's own code.
import { expect, test } from 'vitest';
import { type Body, newName, urn, valueOf } from '../directory/scim-client.ts';
import { type Dialogue, type Heard, patchOp, type Provider, type Replay } from './dialogue.ts';

const provider: Provider = {
  name: 'authentik',
  dialect: 'compat',
  headers: {
    'User-Agent': 'goauthentik.io',
    Accept: 'application/scim+json',
    'Accept-Encoding': 'gzip, deflate',
    Connection: 'keep-alive',
  },
  contentType: 'application/scim+json',
};

export const authentik: Replay = (dialogue) => {
  const talk = (): Dialogue => dialogue(provider);
  const person = (userName: string): Body => ({
    schemas: [urn.user],
    externalId: newName('ak-user'),
    userName,
    name: { formatted: 'Au Thentik', familyName: 'Thentik', givenName: 'Au' },
    displayName: 'Au Thentik',
    photos: [],
    locale: 'en-US',
    active: true,
    emails: [{ value: `${userName}@authentik.example`, type: 'other', primary: true }],
  });
  const create = async (client: Dialogue): Promise<Heard> => {
    const made = await client.post('/Users', person(newName('authentik')));
    expect(made.status).toBe(201);
    return made;
  };
  const createGroup = async (client: Dialogue): Promise<Heard> => {
    const displayName = newName('authentik group');
    const made = await client.post('/Groups', { schemas: [urn.group], externalId: newName('ak-group'), displayName });
    expect(made.status).toBe(201);
    return made;
  };

  test('82. the ServiceProviderConfig has everything that its strict reader wants', async () => {
    const { status, body } = await talk().get('/ServiceProviderConfig');
    expect(status).toBe(200);
    for (const feature of ['patch', 'bulk', 'filter', 'changePassword', 'sort', 'etag'])
      expect([feature, typeof valueOf(body, feature, 'supported')]).toEqual([feature, 'boolean']);
    expect(valueOf(body, 'patch', 'supported')).toBe(true);
    expect(Number(valueOf(body, 'bulk', 'maxOperations'))).toBeGreaterThanOrEqual(1);
    expect(body['authenticationSchemes']).toMatchObject([{ type: 'oauthbearertoken' }]);
    expect(JSON.stringify(body)).not.toContain('null');
  });

  test('24. 28. a person is posted, then put; an address of a type without a place is passed over', async () => {
    const client = talk();
    const made = await create(client);
    const put = await client.put(`/Users/${made.id}`, { ...person(String(made.body['userName'])), id: made.id, displayName: 'Changed' });
    expect([put.status, put.body['displayName']]).toEqual([200, 'Changed']);
    expect(await client.landed(made.id, 'displayName', 'sn', 'mail')).toEqual({ displayName: ['Changed'], sn: ['Thentik'], mail: [] });
  });

  test('21. posted again it is 409, and looked up', async () => {
    const client = talk();
    const made = await create(client);
    expect((await client.post('/Users', person(String(made.body['userName'])))).status).toBe(409);
    const group = await createGroup(client);
    const displayName = String(group.body['displayName']);
    expect((await client.post('/Groups', { schemas: [urn.group], displayName })).status).toBe(409);
    expect(await client.find(`/Groups?filter=displayName eq "${displayName}"`)).toMatchObject([{ id: group.id }]);
  });

  test('63. 64. 72. one operation for each member, and an answer without a body, or with one that is JSON', async () => {
    const client = talk();
    const [one, two, group] = [await create(client), await create(client), await createGroup(client)];
    const each = (op: string, ...people: readonly Heard[]): Promise<Heard> =>
      client.patch(`/Groups/${group.id}`, patchOp(...people.map(({ id }) => ({ op, path: 'members', value: [{ value: id }] }))));
    const answers = [await each('add', one, two)];
    expect(await client.membersInLdap(group.id)).toEqual([one.id, two.id].toSorted());
    answers.push(await each('remove', one));
    expect(await client.membersInLdap(group.id)).toEqual([two.id]);
    for (const { status, text } of answers) expect([status === 204, text === '']).toEqual([true, true]);
  });

  test('69. T-019 a group patched whole without a path keeps its members', async () => {
    const client = talk();
    const [one, group] = [await create(client), await createGroup(client)];
    await client.patch(`/Groups/${group.id}`, patchOp({ op: 'add', path: 'members', value: [{ value: one.id }] }));
    const displayName = newName('authentik group renamed');
    const value = { schemas: [urn.group], id: group.id, externalId: 'ak-other', displayName };
    const changed = await client.patch(`/Groups/${group.id}`, patchOp({ op: 'replace', value }));
    expect([[200, 204].includes(changed.status), await client.membersInLdap(group.id)]).toEqual([true, [one.id]]);
    expect(await client.landed(group.id, 'cn')).toEqual({ cn: [displayName] });
  });

  test('74. discovery of what is there: lists without count, from where the last one ended', async () => {
    const client = talk();
    const group = await createGroup(client);
    const ids: unknown[] = [];
    for (let startIndex = 1, total = 1; startIndex <= total;) {
      const { body } = await client.get(startIndex === 1 ? '/Groups' : `/Groups?startIndex=${startIndex}`);
      const page = body['Resources'] as readonly Body[];
      total = Number(body['totalResults']);
      expect(page.length).toBeGreaterThan(0);
      startIndex += page.length;
      ids.push(...page.map(({ id }) => id));
    }
    expect(ids).toContain(group.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('54. deleted, and 404 where it looks again', async () => {
    const client = talk();
    const made = await create(client);
    expect((await client.delete(`/Users/${made.id}`)).status).toBe(204);
    expect((await client.put(`/Users/${made.id}`, person(newName('authentik')))).status).toBe(404);
  });
};
