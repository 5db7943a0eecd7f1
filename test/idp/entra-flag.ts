// Microsoft Entra ID with the feature flag `aadOptscim062020` in its tenant URL: lower case, booleans, one operation without a path.
// Sources: Microsoft's documentation of the flag, and recorded traffic.
import { expect, test } from 'vitest';
import { newName, urn } from '../directory/scim-client.ts';
import { type Dialogue, type Heard, patchOp, type Provider, type Replay } from './dialogue.ts';
import { create, createGroup, entraProvider } from './entra-requests.ts';

/** The flag stands in the tenant URL, so that it may come with every request. */
const provider: Provider = { ...entraProvider, name: 'Entra ID with the feature flag', query: 'aadOptscim062020' };

export const entraFlag: Replay = (dialogue) => {
  const talk = (): Dialogue => dialogue(provider);

  test('1. R-017 the flag on every URL changes nothing: test connection', async () => {
    const { status, body } = await talk().get('/Users?filter=userName eq "8d1c60f2-0d3c-4b1e-9a53-d6a2a41fd3b1"');
    expect([status, body['totalResults'], body['Resources']]).toEqual([200, 0, []]);
  });

  test('33. T-026 R-176 an update without a path: plain, dotted, qualified and filtered keys', async () => {
    const client = talk();
    const made = await create(client);
    const value = {
      displayName: 'Merged',
      title: 'Engineer',
      'name.givenName': 'Dotted',
      'name.familyName': 'Names',
      'emails[type eq "work"].value': 'merged@contoso.example',
      [`${urn.enterprise}:department`]: 'D7',
      [`${urn.enterprise}:employeeNumber`]: '7',
    };
    const changed = await client.patch(`/Users/${made.id}`, patchOp({ op: 'replace', value }));
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({ displayName: 'Merged', name: { givenName: 'Dotted', familyName: 'Names' } });
    expect(changed.body).not.toHaveProperty(['name.givenName']);
    expect(await client.landed(made.id, 'displayName', 'title', 'givenName', 'sn', 'mail', 'department', 'employeeNumber')).toEqual({
      displayName: ['Merged'],
      title: ['Engineer'],
      givenName: ['Dotted'],
      sn: ['Names'],
      mail: ['merged@contoso.example'],
      department: ['D7'],
      employeeNumber: ['7'],
    });
  });

  test('36. a number of a type that the mapping has no place for is passed over, one of no known type is refused', async () => {
    const client = talk();
    const made = await create(client, { title: 'Before' });
    const change = (type: string, title: string): Promise<Heard> =>
      client.patch(
        `/Users/${made.id}`,
        patchOp({ op: 'replace', value: { title, [`phoneNumbers[type eq "${type}"].value`]: '+1 555 0199' } }),
      );
    const known = await change('fax', 'After');
    expect([known.status, known.body['title'], known.body['phoneNumbers']]).toEqual([200, 'After', undefined]);
    expect((await change('nonexistent', 'Never')).body).toMatchObject({ status: '400', scimType: 'noTarget' });
    expect(await client.landed(made.id, 'title')).toEqual({ title: ['After'] });
  });

  test('30. disabled and enabled by booleans', async () => {
    const client = talk();
    const made = await create(client);
    const states: boolean[] = [];
    for (const active of [false, true]) {
      expect((await client.patch(`/Users/${made.id}`, patchOp({ op: 'replace', path: 'active', value: active }))).body['active']).toBe(
        active,
      );
      states.push(await client.isDisabled(made.id));
    }
    expect(states).toEqual([true, false]);
  });

  test('33. an addition without a path beside operations with one, in one request', async () => {
    const client = talk();
    const [boss, made] = [await create(client), await create(client)];
    const changed = await client.patch(
      `/Users/${made.id}`,
      patchOp(
        { op: 'add', value: { title: 'New', [`${urn.enterprise}:department`]: 'D8' } },
        { op: 'add', path: `${urn.enterprise}:manager`, value: boss.id },
        { op: 'remove', path: 'externalId' },
      ),
    );
    expect(changed.status).toBe(200);
    expect(await client.landed(made.id, 'title', 'department', 'manager', 'externalId')).toEqual({
      title: ['New'],
      department: ['D8'],
      manager: [(await client.entry(boss.id)).dn],
      externalId: [],
    });
  });

  test('63. 65. 72. members added by a list and removed one by one by a filter', async () => {
    const client = talk();
    const [one, two] = [await create(client), await create(client)];
    const group = await createGroup(client, one.id);
    const add = patchOp({ op: 'add', path: 'members', value: [{ value: two.id }] });
    expect((await client.patch(`/Groups/${group.id}`, add)).status).toBe(204);
    expect(await client.membersInLdap(group.id)).toEqual([one.id, two.id].toSorted());
    for (const gone of [one.id, two.id]) {
      const remove = patchOp({ op: 'remove', path: `members[value eq "${gone}"]` });
      expect((await client.patch(`/Groups/${group.id}`, remove)).status).toBe(204);
    }
    expect(await client.membersInLdap(group.id)).toEqual([]);
  });

  test('60. 69. a group looked up and renamed', async () => {
    const client = talk();
    const group = await createGroup(client);
    const displayName = newName('entra flag group');
    expect((await client.patch(`/Groups/${group.id}`, patchOp({ op: 'replace', value: { displayName } }))).status).toBeLessThan(300);
    expect(await client.find(`/Groups?excludedAttributes=members&filter=displayName eq "${displayName}"`)).toMatchObject([
      { id: group.id },
    ]);
    expect(await client.landed(group.id, 'cn')).toEqual({ cn: [displayName] });
  });

  test('30. 33. on-demand provisioning ignores the flag: both styles reach one person', async () => {
    const client = talk();
    const made = await create(client);
    const flagged = patchOp({ op: 'replace', value: { active: false, title: 'One' } });
    const classic = patchOp({ op: 'Replace', path: 'active', value: 'True' }, { op: 'Replace', path: 'title', value: 'Two' });
    expect((await client.patch(`/Users/${made.id}`, flagged)).body).toMatchObject({ active: false, title: 'One' });
    expect((await client.patch(`/Users/${made.id}`, classic)).body).toMatchObject({ active: true, title: 'Two' });
    expect([await client.isDisabled(made.id), await client.landed(made.id, 'title')]).toEqual([false, { title: ['Two'] }]);
  });
};
