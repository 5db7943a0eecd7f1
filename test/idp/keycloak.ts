// Keycloak, by two of its extensions: that of mitodl (SCIM-SDK, relative references, members replaced) and that of little-auth (versions).
// Source: the code of the extensions.
import { expect, test } from 'vitest';
import { newName, urn } from '../directory/scim-client.ts';
import { type Dialogue, type Heard, patchOp, type Provider, type Replay } from './dialogue.ts';

const mitodl: Provider = {
  name: 'Keycloak with the extension of mitodl',
  dialect: 'compat',
  headers: { Accept: 'application/scim+json', 'User-Agent': 'Apache-HttpClient/4.5.14 (Java/17.0.9)' },
  contentType: 'application/scim+json',
};

const littleAuth: Provider = {
  name: 'Keycloak with the extension of little-auth',
  dialect: 'compat',
  headers: { Accept: 'application/scim+json' },
  contentType: 'application/scim+json; charset=utf-8',
};

const create = async (client: Dialogue, extra: Record<string, unknown> = {}): Promise<Heard> => {
  const userName = newName('keycloak');
  const made = await client.post('/Users', {
    schemas: [urn.user],
    externalId: `kc-"${userName}\\`,
    userName,
    name: { givenName: 'Key', familyName: 'Cloak' },
    displayName: 'Key Cloak',
    active: true,
    emails: [{ value: `${userName}@keycloak.example`, primary: true }],
    ...extra,
  });
  expect(made.status).toBe(201);
  return made;
};

export const keycloakMitodl: Replay = (dialogue) => {
  const talk = (): Dialogue => dialogue(mitodl);
  const createGroup = async (client: Dialogue, ...people: readonly Heard[]): Promise<Heard> => {
    const members = people.map(({ id }) => ({ value: id, $ref: `Users/${id}` }));
    const made = await client.post('/Groups', {
      schemas: [urn.group],
      externalId: newName('kc-group'),
      displayName: newName('keycloak group'),
      members,
      meta: { resourceType: 'Group', location: 'Groups/unknown' },
    });
    expect(made.status).toBe(201);
    return made;
  };

  test('58. R-067 a group with members, who have relative references', async () => {
    const client = talk();
    const [one, two] = [await create(client), await create(client)];
    const group = await createGroup(client, one, two);
    expect(await client.membersInLdap(group.id)).toEqual([one.id, two.id].toSorted());
    expect(group.body['members']).toContainEqual(expect.objectContaining({ value: one.id, $ref: `${client.base}/Users/${one.id}` }));
  });

  test('28. an address without a type takes the primary place, in POST and PUT', async () => {
    const client = talk();
    const made = await create(client);
    const mail = `${newName('other')}@keycloak.example`;
    const put = await client.put(`/Users/${made.id}`, { ...made.body, emails: [{ value: mail, primary: true }] });
    expect([put.status, await client.landed(made.id, 'mail')]).toEqual([200, { mail: [mail] }]);
  });

  test('31. people are patched by three replacements, active as a text', async () => {
    const client = talk();
    const made = await create(client);
    const change = (active: string): Promise<Heard> =>
      client.patch(
        `/Users/${made.id}`,
        patchOp(
          { op: 'replace', path: 'active', value: active },
          { op: 'replace', path: 'userName', value: made.body['userName'] },
          { op: 'replace', path: 'displayName', value: `Display ${active}` },
        ),
      );
    expect([(await change('false')).status, await client.isDisabled(made.id)]).toEqual([200, true]);
    expect([(await change('true')).status, await client.isDisabled(made.id)]).toEqual([200, false]);
    expect(await client.landed(made.id, 'displayName')).toEqual({ displayName: ['Display true'] });
  });

  test('67. groups are patched by a replacement of members, name and externalId; with none left, by a removal with null', async () => {
    const client = talk();
    const [one, two] = [await create(client), await create(client)];
    const group = await createGroup(client, one);
    const [displayName, externalId] = [newName('keycloak group renamed'), newName('kc-group')];
    const naming = [
      { op: 'replace', path: 'displayName', value: displayName },
      { op: 'replace', path: 'externalId', value: externalId },
    ];
    const filled = patchOp({ op: 'replace', path: 'members', value: [{ value: two.id }] }, ...naming);
    expect((await client.patch(`/Groups/${group.id}`, filled)).status).toBeLessThan(300);
    expect([await client.membersInLdap(group.id), await client.landed(group.id, 'cn')]).toEqual([[two.id], { cn: [displayName] }]);
    const emptied = patchOp({ op: 'remove', path: 'members', value: null }, ...naming);
    expect((await client.patch(`/Groups/${group.id}`, emptied)).status).toBeLessThan(300);
    expect(await client.membersInLdap(group.id)).toEqual([]);
  });

  test('54. 74. an import by lists, and deletion', async () => {
    const client = talk();
    const made = await create(client);
    const ids = (await client.find('/Users?count=1000')).map(({ id }) => id);
    expect(ids).toContain(made.id);
    expect([(await client.delete(`/Users/${made.id}`)).status, await client.exists(made.id)]).toEqual([204, false]);
  });
};

export const keycloakLittleAuth: Replay = (dialogue) => {
  const talk = (): Dialogue => dialogue(littleAuth);

  test('3. T-036 matched by externalId with an escaped quote and backslash', async () => {
    const client = talk();
    const { id, body } = await create(client);
    const text = String(body['externalId']).replaceAll('\\', '\\\\').replaceAll('"', '\\"');
    expect(await client.find(`/Users?filter=externalId eq "${text}"`)).toMatchObject([{ id }]);
    expect(await client.landed(id, 'externalId')).toEqual({ externalId: [body['externalId']] });
  });

  test('53. PUT with the version it has read; with an old one it is 412 and nothing is lost', async () => {
    const client = talk();
    const made = await create(client);
    const { body } = await client.get(`/Users/${made.id}`);
    const version = String((body['meta'] as Record<string, unknown>)['version']);
    const put = (title: string): Promise<Heard> => client.send('PUT', `/Users/${made.id}`, { ...body, title }, { 'If-Match': version });
    expect((await put('first')).status).toBe(200);
    expect((await put('second')).body).toMatchObject({ status: '412' });
    expect(await client.landed(made.id, 'title')).toEqual({ title: ['first'] });
  });

  test('30. soft deletion by a boolean, hard deletion by DELETE', async () => {
    const client = talk();
    const { id } = await create(client);
    expect((await client.patch(`/Users/${id}`, patchOp({ op: 'replace', path: 'active', value: false }))).status).toBe(200);
    expect(await client.isDisabled(id)).toBe(true);
    expect([(await client.delete(`/Users/${id}`)).status, await client.exists(id)]).toEqual([204, false]);
  });
};
