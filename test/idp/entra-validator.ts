// The 32 conversations of Microsoft's SCIM validator: 25 required ones and 7 of its preview, in its order.
// Reconstructed from public reports of its runs; the mapping also has `roles`.
import { expect, test } from 'vitest';
import { newName, urn } from '../directory/scim-client.ts';
import { type Dialogue, type Heard, patchOp, type Replay } from './dialogue.ts';
import { entraProvider, newGroupOf } from './entra-requests.ts';

const role = { primary: 'True', display: 'Display', value: 'Value', type: 'Type' };

/** A person as the validator makes one up: random texts, booleans in most places, one as a text. */
const randomPerson = (): Record<string, unknown> => {
  const name = newName('validator');
  return {
    schemas: [urn.user, urn.enterprise],
    userName: `${name}@validator.example`,
    externalId: `Ext-${name}`,
    active: true,
    displayName: `Display ${name}`,
    nickName: 'Nick',
    title: 'Title',
    userType: 'Employee',
    preferredLanguage: 'en-US',
    locale: 'en-GB',
    timezone: 'Pacific/Nowhere',
    profileUrl: 'https://validator.example/profile',
    name: { formatted: 'F', familyName: `Family ${name}`, givenName: 'Given', middleName: 'M', honorificPrefix: 'P', honorificSuffix: 'S' },
    emails: [{ type: 'work', value: `${name}@validator.example`, primary: true }],
    phoneNumbers: [
      { type: 'work', value: '1 555 0100', primary: true },
      { type: 'mobile', value: '1 555 0101' },
      { type: 'fax', value: '1 555 0102' },
    ],
    addresses: [
      { type: 'work', formatted: 'A', streetAddress: 'Street', locality: 'L', region: 'R', postalCode: 'PC', primary: true, country: 'CI' },
    ],
    roles: [role],
    [urn.enterprise]: { employeeNumber: 'E1', department: 'D', costCenter: 'C', organization: 'O', division: 'V' },
  };
};

/** The 36 operations of "add attributes, verbose", on a person who has nothing but a name. */
const everyAttribute = (): readonly Record<string, unknown>[] =>
  Object.entries({
    active: true,
    displayName: 'DN',
    title: 'T',
    preferredLanguage: 'gn-BZ',
    userType: 'U',
    nickName: 'N',
    locale: 'ky',
    timezone: 'Africa/Kinshasa',
    profileUrl: 'ABCDEF',
    'emails[type eq "work"].value': 'added@validator.example',
    'emails[type eq "work"].primary': true,
    'name.givenName': 'G',
    'name.familyName': 'FN',
    'name.formatted': 'FM',
    'name.middleName': 'MN',
    'name.honorificPrefix': 'HP',
    'name.honorificSuffix': 'HS',
    'phoneNumbers[type eq "work"].value': '5 555 0100',
    'phoneNumbers[type eq "work"].primary': true,
    'phoneNumbers[type eq "mobile"].value': '5 555 0101',
    'phoneNumbers[type eq "fax"].value': '5 555 0102',
    'addresses[type eq "work"].formatted': 'AF',
    'addresses[type eq "work"].streetAddress': 'AS',
    'addresses[type eq "work"].locality': 'AL',
    'addresses[type eq "work"].region': 'AR',
    'addresses[type eq "work"].postalCode': 'AP',
    'addresses[type eq "work"].primary': true,
    'addresses[type eq "work"].country': 'CI',
    'roles[primary eq "True"].display': 'RD',
    'roles[primary eq "True"].value': 'RV',
    'roles[primary eq "True"].type': 'RT',
    [`${urn.enterprise}:employeeNumber`]: 'EE',
    [`${urn.enterprise}:department`]: 'ED',
    [`${urn.enterprise}:costCenter`]: 'EC',
    [`${urn.enterprise}:organization`]: 'EO',
    [`${urn.enterprise}:division`]: 'EV',
  }).map(([path, value]) => ({ op: 'add', path, value }));

const added = {
  displayName: ['DN'],
  title: ['T'],
  preferredLanguage: ['gn-BZ'],
  mail: ['added@validator.example'],
  givenName: ['G'],
  sn: ['FN'],
  telephoneNumber: ['5 555 0100'],
  mobile: ['5 555 0101'],
  facsimileTelephoneNumber: ['5 555 0102'],
  streetAddress: ['AS'],
  l: ['AL'],
  st: ['AR'],
  postalCode: ['AP'],
  employeeNumber: ['EE'],
  department: ['ED'],
  physicalDeliveryOfficeName: ['EC'],
  organization: ['EO'],
  division: ['EV'],
};

export const entraValidator: Replay = (dialogue) => {
  const talk = (): Dialogue => dialogue(entraProvider);
  const user = async (client: Dialogue, extra: Record<string, unknown> = {}): Promise<Heard> => {
    const made = await client.post('/Users', { ...randomPerson(), ...extra });
    expect(made.status).toBe(201);
    return made;
  };
  const group = async (client: Dialogue): Promise<Heard> => {
    const made = await client.post('/Groups', newGroupOf(newName('validator group')));
    expect(made.status).toBe(201);
    return made;
  };
  const changeUser = (client: Dialogue, { id }: Heard, ...operations: readonly Record<string, unknown>[]): Promise<Heard> =>
    client.patch(`/Users/${id}`, patchOp(...operations));
  const changeGroup = (client: Dialogue, { id }: Heard, ...operations: readonly Record<string, unknown>[]): Promise<Heard> =>
    client.patch(`/Groups/${id}`, patchOp(...operations));

  test('1 of 32: create a user (15. 24.)', async () => {
    const client = talk();
    const sent = randomPerson();
    const made = await client.post('/Users', sent);
    expect([made.status, made.contentType]).toEqual([201, 'application/scim+json']);
    expect(made.headers.get('Location')).toBe(`${client.base}/Users/${made.id}`);
    const { userName, displayName, emails, [urn.enterprise]: enterprise } = sent;
    expect(made.body).toMatchObject({ userName, displayName, emails, [urn.enterprise]: enterprise });
    expect(made.body['roles']).toEqual([{ ...role, primary: true }]);
    expect(await client.landed(made.id, 'userName', 'facsimileTelephoneNumber', 'streetAddress')).toEqual({
      userName: [userName],
      facsimileTelephoneNumber: ['1 555 0102'],
      streetAddress: ['Street'],
    });
  });

  test('2 of 32: create a duplicate user (21.)', async () => {
    const client = talk();
    const { body } = await user(client);
    const again = await client.post('/Users', { ...randomPerson(), userName: body['userName'] });
    expect([again.status, again.body['status'], again.body['scimType']]).toEqual([409, '409', 'uniqueness']);
  });

  test.each([
    ['3 of 32: filter for an existing user (1.)', (name: string) => name, 1],
    ['4 of 32: filter for a user that does not exist (1.)', (name: string) => `not-${name}`, 0],
    ['5 of 32: filter for a user with the letters in another case (2.)', (name: string) => name.toUpperCase(), 1],
  ])('%s', async (_name, spell, expected) => {
    const client = talk();
    const { id, body } = await user(client);
    const found = await client.get(`/Users?filter=userName eq "${spell(String(body['userName']))}"`);
    expect([found.status, found.body['schemas'], found.body['totalResults']]).toEqual([200, [urn.list], expected]);
    expect(found.body['Resources']).toMatchObject(expected === 0 ? [] : [{ id }]);
  });

  test('6 of 32: replace attributes, verbose (35. 42. 47.)', async () => {
    const client = talk();
    const made = await user(client);
    const operations = everyAttribute().map((operation) => ({ ...operation, op: 'replace' }));
    const changed = await changeUser(client, made, ...operations);
    expect(changed.status).toBe(200);
    expect(changed.body['roles']).toEqual([{ primary: true, display: 'RD', value: 'RV', type: 'RT' }]);
    expect(await client.landed(made.id, ...Object.keys(added))).toEqual(added);
  });

  test('7 of 32: update the userName (48.)', async () => {
    const client = talk();
    const made = await user(client);
    const userName = `${newName('validator-new')}@validator.example`;
    const changed = await changeUser(client, made, { op: 'replace', path: 'userName', value: userName });
    expect([changed.status, changed.id, changed.body['userName']]).toEqual([200, made.id, userName]);
    expect(await client.landed(made.id, 'userName')).toEqual({ userName: [userName] });
  });

  test('8 of 32: disable a user (30.)', async () => {
    const client = talk();
    const made = await user(client);
    const changed = await changeUser(client, made, { op: 'replace', path: 'active', value: false });
    expect([changed.status, changed.body['active'], await client.isDisabled(made.id)]).toEqual([200, false, true]);
  });

  test('9 of 32: add attributes, verbose: 36 operations, three of them make one role (36. 37. 39. 47.)', async () => {
    const client = talk();
    const userName = `${newName('validator-bare')}@validator.example`;
    const made = await client.post('/Users', { schemas: [urn.user, urn.enterprise], userName, active: true });
    expect([made.status, everyAttribute().length]).toEqual([201, 36]);
    const changed = await changeUser(client, made, ...everyAttribute());
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({
      emails: [{ type: 'work', value: 'added@validator.example', primary: true }],
      addresses: [{ type: 'work', streetAddress: 'AS', locality: 'AL', region: 'AR', postalCode: 'AP', primary: true }],
      roles: [{ primary: true, display: 'RD', value: 'RV', type: 'RT' }],
    });
    expect(await client.landed(made.id, ...Object.keys(added))).toEqual(added);
    const { roles } = await client.landed(made.id, 'roles');
    expect((roles ?? []).map((each) => JSON.parse(each) as unknown)).toEqual([{ primary: true, display: 'RD', value: 'RV', type: 'RT' }]);
  });

  const manager = `${urn.enterprise}:manager`;
  test.each([
    ['10 of 32: add a manager', 'add'],
    ['11 of 32: replace a manager', 'replace'],
  ])('%s: the value is a text (11.)', async (_name, op) => {
    const client = talk();
    const [boss, other, made] = [await user(client), await user(client), await user(client)];
    if (op === 'replace') await changeUser(client, made, { op: 'add', path: manager, value: other.id });
    const changed = await changeUser(client, made, { op, path: manager, value: boss.id });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({ [urn.enterprise]: { manager: { value: boss.id } } });
    expect(await client.landed(made.id, 'manager')).toEqual({ manager: [(await client.entry(boss.id)).dn] });
  });

  test.each([
    ['an empty text', ''],
    ['an empty value', { value: '' }],
  ])('12 of 32: remove a manager by %s (11.)', async (_name, value) => {
    const client = talk();
    const [boss, made] = [await user(client), await user(client)];
    await changeUser(client, made, { op: 'add', path: manager, value: boss.id });
    const changed = await changeUser(client, made, { op: 'replace', path: manager, value });
    expect([changed.status, changed.text.includes(boss.id)]).toEqual([200, false]);
    expect(await client.landed(made.id, 'manager')).toEqual({ manager: [] });
  });

  test('13 of 32: delete a user (54. 55.)', async () => {
    const client = talk();
    const { id } = await user(client);
    expect((await client.delete(`/Users/${id}`)).status).toBe(204);
    expect([(await client.get(`/Users/${id}`)).status, await client.exists(id)]).toEqual([404, false]);
  });

  test('14 of 32: get a group without its members (60.)', async () => {
    const client = talk();
    const made = await group(client);
    const { status, body } = await client.get(`/Groups/${made.id}?excludedAttributes=members`);
    expect([status, body['displayName'], 'members' in body]).toEqual([200, made.body['displayName'], false]);
  });

  test.each([
    ['15 of 32: filter groups without members (60.)', 'excludedAttributes=members&', (name: string) => name, 1],
    ['16 of 32: filter groups with members (60.)', '', (name: string) => name, 1],
    ['17 of 32: filter for a group that does not exist (1.)', 'excludedAttributes=members&', (name: string) => `not ${name}`, 0],
    ['18 of 32: filter for a group with the letters in another case (61.)', '', (name: string) => name.toUpperCase(), 1],
  ])('%s', async (_name, query, spell, expected) => {
    const client = talk();
    const { id, body } = await group(client);
    const one = await user(client);
    await client.patch(`/Groups/${id}`, patchOp({ op: 'replace', path: 'members', value: [{ value: one.id }] }));
    const found = await client.find(`/Groups?${query}filter=displayName eq "${spell(String(body['displayName']))}"`);
    expect(found.map((each) => [each['id'], 'members' in each])).toEqual(expected === 0 ? [] : [[id, query === '']]);
  });

  test('19 of 32: create a group (56.)', async () => {
    const client = talk();
    const made = await group(client);
    expect([made.headers.get('Location'), made.body['schemas']]).toEqual([`${client.base}/Groups/${made.id}`, [urn.group]]);
    expect(await client.landed(made.id, 'cn')).toEqual({ cn: [made.body['displayName']] });
  });

  test('20 of 32: create a duplicate group (59.)', async () => {
    const client = talk();
    const { body } = await group(client);
    const again = await client.post('/Groups', newGroupOf(String(body['displayName'])));
    expect([again.status, again.body['scimType']]).toEqual([409, 'uniqueness']);
  });

  test('21 of 32: replace attributes of a group (69.)', async () => {
    const client = talk();
    const made = await group(client);
    const externalId = newName('Validator-Ext');
    expect((await changeGroup(client, made, { op: 'replace', path: 'externalId', value: externalId })).status).toBeLessThan(300);
    expect((await client.get(`/Groups/${made.id}`)).body['externalId']).toBe(externalId);
  });

  test('22 of 32: update the displayName (48. 69.)', async () => {
    const client = talk();
    const made = await group(client);
    const displayName = newName('validator group renamed');
    expect((await changeGroup(client, made, { op: 'replace', path: 'displayName', value: displayName })).status).toBeLessThan(300);
    expect((await client.get(`/Groups/${made.id}`)).body).toMatchObject({ id: made.id, displayName });
    expect(await client.landed(made.id, 'cn')).toEqual({ cn: [displayName] });
  });

  test('23 of 32: add a member, which the validator does by a replacement (67.)', async () => {
    const client = talk();
    const [made, one] = [await group(client), await user(client)];
    const changed = await changeGroup(client, made, { op: 'replace', path: 'members', value: [{ value: one.id }] });
    expect(changed.status).toBeLessThan(300);
    expect(await client.membersInLdap(made.id)).toEqual([one.id]);
  });

  test('24 of 32: remove a member (65.)', async () => {
    const client = talk();
    const [made, one] = [await group(client), await user(client)];
    await changeGroup(client, made, { op: 'replace', path: 'members', value: [{ value: one.id }] });
    const changed = await changeGroup(client, made, { op: 'remove', path: `members[value eq "${one.id}"]` });
    expect(changed.status).toBeLessThan(300);
    expect(await client.membersInLdap(made.id)).toEqual([]);
  });

  test('25 of 32: delete a group (54.)', async () => {
    const client = talk();
    const { id } = await group(client);
    expect((await client.delete(`/Groups/${id}`)).status).toBe(204);
    expect([(await client.get(`/Groups/${id}`)).status, await client.exists(id)]).toEqual([404, false]);
  });

  test('26 of 32: several operations on different attributes of a user (47.)', async () => {
    const client = talk();
    const made = await user(client);
    const changed = await changeUser(
      client,
      made,
      { op: 'remove', path: 'emails[type eq "work"].value' },
      { op: 'add', path: 'emails[type eq "work"].value', value: 'again@validator.example' },
      { op: 'add', path: 'emails[type eq "work"].primary', value: true },
      { op: 'replace', path: 'title', value: 'Other' },
      { op: 'remove', path: 'displayName' },
    );
    expect(changed.status).toBe(200);
    expect(await client.landed(made.id, 'mail', 'title', 'displayName')).toEqual({
      mail: ['again@validator.example'],
      title: ['Other'],
      displayName: [],
    });
  });

  test('27 of 32: several operations on one attribute of a user (32.)', async () => {
    const client = talk();
    const made = await user(client);
    const changed = await changeUser(
      client,
      made,
      { op: 'remove', path: 'title' },
      { op: 'add', path: 'title', value: 'One' },
      { op: 'replace', path: 'title', value: 'Two' },
    );
    expect([changed.status, changed.body['title']]).toEqual([200, 'Two']);
    expect(await client.landed(made.id, 'title')).toEqual({ title: ['Two'] });
  });

  test('28 of 32: several operations on the members of a group: one added and removed in one request (68.)', async () => {
    const client = talk();
    const [made, one, two] = [await group(client), await user(client), await user(client)];
    await changeGroup(client, made, { op: 'replace', path: 'members', value: [{ value: two.id }] });
    const changed = await changeGroup(
      client,
      made,
      { op: 'add', path: 'members', value: [{ value: one.id }] },
      { op: 'remove', path: `members[value eq "${one.id}"]` },
    );
    expect(changed.status).toBeLessThan(300);
    expect(await client.membersInLdap(made.id)).toEqual([two.id]);
  });

  test.each([
    ['29 of 32: delete a user that does not exist (54.)', '/Users'],
    ['30 of 32: delete a group that does not exist (54.)', '/Groups'],
  ])('%s', async (_name, endpoint) => {
    const { status, body, contentType } = await talk().delete(`${endpoint}/4bd2cbc6-31f6-4e2f-9d3c-6a2d8e1b7c55`);
    expect([status, body['schemas'], body['status'], contentType]).toEqual([404, [urn.error], '404', 'application/scim+json']);
  });

  test.each([
    ['31 of 32: delete a user twice (54.)', '/Users', user],
    ['32 of 32: delete a group twice (54.)', '/Groups', group],
  ])('%s', async (_name, endpoint, make) => {
    const client = talk();
    const { id } = await make(client);
    const statuses = [(await client.delete(`${endpoint}/${id}`)).status, (await client.delete(`${endpoint}/${id}`)).status];
    expect(statuses).toEqual([204, 404]);
  });
};
