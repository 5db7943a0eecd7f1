// Microsoft Entra ID without the feature flag: capitals in `op`, booleans as texts, one operation for each attribute.
// Sources: Microsoft's documentation of provisioning, and recorded traffic.
import { expect, test } from 'vitest';
import { idsIn, newName, urn, valueOf } from '../directory/scim-client.ts';
import { type Dialogue, type Heard, patchOp, type Replay } from './dialogue.ts';
import { create, createGroup, entraProvider, newGroupOf, newPerson } from './entra-requests.ts';

export const entra: Replay = (dialogue) => {
  const talk = (): Dialogue => dialogue(entraProvider);

  test('1. T-003 test connection: a random value of the matching attribute is 200 with an empty list', async () => {
    for (const attribute of ['userName', 'externalId', 'emails[type eq "work"].value']) {
      const { status, body, contentType } = await talk().get(`/Users?filter=${attribute} eq "8d1c60f2-0d3c-4b1e-9a53-d6a2a41fd3b1"`);
      expect([status, contentType]).toEqual([200, 'application/scim+json']);
      expect(body).toEqual({ schemas: [urn.list], totalResults: 0, startIndex: 1, itemsPerPage: 0, Resources: [] });
    }
  });

  test('14. 16. a new person with nulls, a malformed URN and an empty list of roles', async () => {
    const client = talk();
    const sent = newPerson({
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0User': { department: 'not read' },
      [urn.enterprise]: { department: 'D1', employeeNumber: '42' },
      addresses: null,
      phoneNumbers: null,
      title: null,
      department: null,
      manager: null,
    });
    const made = await client.post('/Users', sent);
    expect([made.status, made.headers.get('Location'), made.body['active']]).toEqual([201, `${client.base}/Users/${made.id}`, true]);
    expect(made.body).toMatchObject({ userName: sent['userName'], externalId: sent['externalId'], [urn.enterprise]: { department: 'D1' } });
    expect(made.text).not.toMatch(/null|not read|2\.0User"/);
    expect(
      await client.landed(made.id, 'userName', 'externalId', 'mail', 'sn', 'givenName', 'department', 'employeeNumber', 'title'),
    ).toEqual({
      userName: [sent['userName']],
      externalId: [sent['externalId']],
      mail: [sent['userName']],
      sn: ['Family'],
      givenName: ['Given'],
      department: ['D1'],
      employeeNumber: ['42'],
      title: [],
    });
    expect(await client.isDisabled(made.id)).toBe(false);
  });

  test('17. an extension that `schemas` does not list is stored, a custom one that nobody maps is passed over', async () => {
    const client = talk();
    const custom = 'urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User';
    const made = await create(client, {
      schemas: [urn.user],
      [urn.enterprise]: { department: 'D2' },
      [custom]: { CustomAttribute: 'x' },
    });
    expect(made.body['schemas']).toEqual([urn.user, urn.enterprise]);
    expect(made.body).not.toHaveProperty([custom]);
    expect(await client.landed(made.id, 'department')).toEqual({ department: ['D2'] });
  });

  test('2. 3. 4. T-034 matching: userName in any case, externalId exactly, the address by a value path', async () => {
    const client = talk();
    const made = await create(client);
    const [userName, externalId] = [String(made.body['userName']), String(made.body['externalId'])];
    const ids = async (filter: string) => (await client.find(`/Users?filter=${filter}`)).map(({ id }) => id);
    expect(await ids(`userName eq "${userName.toUpperCase()}"`)).toEqual([made.id]);
    expect(await ids(`externalId eq "${externalId}"`)).toEqual([made.id]);
    expect(await ids(`externalId eq "${externalId.toUpperCase()}"`)).toEqual([]);
    expect(await ids(`emails[type eq "work"].value eq "${userName}"`)).toEqual([made.id]);
    expect(await ids(`emails[type eq "home"].value eq "${userName}"`)).toEqual([]);
  });

  test('21. a person who is there already is 409', async () => {
    const client = talk();
    const { body } = await create(client);
    const again = await client.post('/Users', newPerson({ userName: body['userName'] }));
    expect([again.status, again.contentType]).toEqual([409, 'application/scim+json']);
    expect(again.body).toMatchObject({ schemas: [urn.error], status: '409', scimType: 'uniqueness' });
  });

  test('30. 54. T-027 disabled by the text "False": still found, and still a member; enabled by "True"', async () => {
    const client = talk();
    const made = await create(client);
    const group = await createGroup(client, made.id);
    const off = await client.patch(`/Users/${made.id}`, patchOp({ op: 'Replace', path: 'active', value: 'False' }));
    expect([off.status, off.body['active'], await client.isDisabled(made.id)]).toEqual([200, false, true]);
    expect(await client.find(`/Users?filter=userName eq "${String(made.body['userName'])}"`)).toMatchObject([
      { id: made.id, active: false },
    ]);
    expect(await client.membersInLdap(group.id)).toEqual([made.id]);
    const on = await client.patch(`/Users/${made.id}`, patchOp({ op: 'Replace', path: 'active', value: 'True' }));
    expect([on.body['active'], await client.isDisabled(made.id)]).toEqual([true, false]);
  });

  test('35. 36. 37. 39. 40. T-024 elements are changed in place, made where there are none, and removed', async () => {
    const client = talk();
    const made = await create(client, { emails: null });
    const change = (...operations: readonly Record<string, unknown>[]): Promise<Heard> =>
      client.patch(`/Users/${made.id}`, patchOp(...operations));
    const first = await change(
      { op: 'Replace', path: 'emails[type eq "work"].value', value: 'one@contoso.example' },
      { op: 'Add', path: 'addresses[type eq "work"].streetAddress', value: '1 Way' },
      { op: 'Add', path: 'addresses[type eq "work"].locality', value: 'Town' },
      { op: 'Add', path: 'addresses[type eq "work"].postalCode', value: '12345' },
      { op: 'Add', path: 'phoneNumbers[type eq "work"].value', value: '+1 555 0100' },
      { op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '+1 555 0101' },
    );
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({
      emails: [{ type: 'work', value: 'one@contoso.example' }],
      addresses: [{ type: 'work', streetAddress: '1 Way', locality: 'Town', postalCode: '12345' }],
    });
    const second = await change(
      { op: 'Replace', path: 'emails[type eq "work"].value', value: 'two@contoso.example' },
      { op: 'Remove', path: 'phoneNumbers[type eq "mobile"].value' },
    );
    expect(second.status).toBe(200);
    expect(await client.landed(made.id, 'mail', 'streetAddress', 'l', 'postalCode', 'telephoneNumber', 'mobile')).toEqual({
      mail: ['two@contoso.example'],
      streetAddress: ['1 Way'],
      l: ['Town'],
      postalCode: ['12345'],
      telephoneNumber: ['+1 555 0100'],
      mobile: [],
    });
  });

  test('48. a new userName: the entry follows, the id stays', async () => {
    const client = talk();
    const made = await create(client);
    const userName = `${newName('renamed')}@contoso.example`;
    const renamed = await client.patch(`/Users/${made.id}`, patchOp({ op: 'Replace', path: 'userName', value: userName }));
    expect([renamed.status, renamed.id]).toEqual([200, made.id]);
    expect(await client.landed(made.id, 'userName')).toEqual({ userName: [userName] });
  });

  test('11. the manager: asked for by a filter, set in a list without the URN, by a text, and cleared', async () => {
    const client = talk();
    const [boss, made] = [await create(client), await create(client)];
    const dn = (await client.entry(boss.id)).dn;
    const asked = `/Users?filter=id eq "${made.id}" and manager eq "${boss.id}"&attributes=id`;
    const change = async (operation: Record<string, unknown>): Promise<unknown> => {
      const { status } = await client.patch(`/Users/${made.id}`, patchOp(operation));
      return [status, await client.landed(made.id, 'manager')];
    };
    expect(await client.find(asked)).toEqual([]);
    const listed = { op: 'Add', path: 'manager', value: [{ $ref: `http://example/Users/${boss.id}`, value: boss.id }] };
    expect(await change(listed)).toEqual([200, { manager: [dn] }]);
    expect(await client.find(asked)).toEqual([{ schemas: [urn.user], id: made.id }]);
    expect(await change({ op: 'Remove', path: `${urn.enterprise}:manager` })).toEqual([200, { manager: [] }]);
    expect(await change({ op: 'Replace', path: `${urn.enterprise}:manager`, value: boss.id })).toEqual([200, { manager: [dn] }]);
    expect(await change({ op: 'Replace', path: `${urn.enterprise}:manager`, value: { value: '' } })).toEqual([200, { manager: [] }]);
  });

  test('15. 45. roles: primary as a text, a JSON document as the value, one of them changed', async () => {
    const client = talk();
    const role = { primary: 'True', type: 'WindowsAzureActiveDirectoryRole', value: 'r1', display: 'Role 1' };
    const made = await create(client, { roles: [role] });
    expect(made.body['roles']).toEqual([{ ...role, primary: true }]);
    const text = JSON.stringify({ id: 'a', value: '25', displayName: 'Role1234' });
    const added = await client.patch(`/Users/${made.id}`, patchOp({ op: 'Add', path: 'roles', value: [{ value: text }] }));
    expect(added.body['roles']).toEqual(expect.arrayContaining([{ ...role, primary: true }, { value: text }]));
    const path = 'roles[primary eq "True"].value';
    expect((await client.patch(`/Users/${made.id}`, patchOp({ op: 'Replace', path, value: 'r2' }))).status).toBe(200);
    const { roles } = await client.landed(made.id, 'roles');
    expect((roles ?? []).map((each) => JSON.parse(each) as unknown)).toEqual(
      expect.arrayContaining([{ ...role, primary: true, value: 'r2' }, { value: text }]),
    );
  });

  test('56. 59. 60. 61. a group: made without members, found without them, and only once', async () => {
    const client = talk();
    const displayName = newName('R&D / "Büro"');
    const made = await client.post('/Groups', newGroupOf(displayName));
    expect([made.status, made.body['schemas'], made.body['members'] ?? []]).toEqual([201, [urn.group], []]);
    expect(await client.landed(made.id, 'cn')).toEqual({ cn: [displayName] });
    expect(await client.membersInLdap(made.id)).toEqual([]);
    const text = encodeURIComponent(displayName.toUpperCase().replaceAll('"', '\\"'));
    const found = await client.find(`/Groups?excludedAttributes=members&filter=displayName eq "${text}"`);
    expect(found).toMatchObject([{ id: made.id, displayName }]);
    const { body } = await client.get(`/Groups/${made.id}?excludedAttributes=members`);
    expect([body['id'], 'members' in body]).toEqual([made.id, false]);
    expect((await client.post('/Groups', newGroupOf(displayName))).body).toMatchObject({ status: '409', scimType: 'uniqueness' });
  });

  test('63. 64. 72. T-018 members added and removed by value lists with $ref null, answered 204', async () => {
    const client = talk();
    const [one, two, three] = [await create(client), await create(client), await create(client)];
    const group = await createGroup(client, one.id, two.id, three.id);
    expect(await client.membersInLdap(group.id)).toEqual([one.id, two.id, three.id].toSorted());
    const path = 'members';
    const without = await client.patch(
      `/Groups/${group.id}`,
      patchOp({
        op: 'Remove',
        path,
        value: [
          { $ref: null, value: one.id },
          { $ref: null, value: two.id },
        ],
      }),
    );
    expect([without.status, without.text]).toEqual([204, '']);
    expect(await client.membersInLdap(group.id)).toEqual([three.id]);
    expect(idsIn((await client.get(`/Groups/${group.id}`)).body)).toEqual([three.id]);
  });

  test('69. T-019 a group renamed and linked anew keeps its members', async () => {
    const client = talk();
    const one = await create(client);
    const group = await createGroup(client, one.id);
    const displayName = newName('entra group renamed');
    const change = patchOp(
      { op: 'Replace', path: 'displayName', value: displayName },
      { op: 'Replace', path: 'externalId', value: 'other' },
    );
    expect((await client.patch(`/Groups/${group.id}`, change)).status).toBeLessThan(300);
    expect(await client.membersInLdap(group.id)).toEqual([one.id]);
    expect(await client.landed(group.id, 'cn')).toEqual({ cn: [displayName] });
  });

  test('54. T-084 deleted after 30 days: 204, then 404, and the name can be given again', async () => {
    const client = talk();
    const made = await create(client);
    const gone = await client.send('DELETE', `/Users/${made.id}`, undefined, { 'Content-Type': client.provider.contentType });
    expect([gone.status, gone.text, await client.exists(made.id)]).toEqual([204, '', false]);
    expect((await client.get(`/Users/${made.id}`)).status).toBe(404);
    expect((await client.delete(`/Users/${made.id}`)).status).toBe(404);
    expect((await create(client, { userName: made.body['userName'] })).id).not.toBe(made.id);
  });

  test('12. 73. inbound provisioning: dates of the year 1 with seven digits, startIndex 0, names in any case', async () => {
    const client = talk();
    const made = await create(client);
    const since = 'meta.lastModified ge "0001-01-03T00:00:00.0000000Z"';
    const own = `id eq "${made.id}"`;
    for (const query of [
      `filter=active eq true and (${since} and meta.lastModified le "9999-12-31T23:59:59.0000000Z") and ${own}&count=5&startIndex=1`,
      `filter=(ActiVe eq true) and meta.lastmodified ge "2001-01-01T00:00:00Z" and ${own}&startindex=0`,
    ]) {
      const { status, body } = await client.get(`/Users?${query}`);
      expect([status, body['totalResults'], body['startIndex'], valueOf(body, 'Resources', '0', 'id')]).toEqual([200, 1, 1, made.id]);
    }
  });
};
