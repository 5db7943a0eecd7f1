// What is not ours: LDAP attributes without a place in SCIM, values that others put there, members and entries out of scope (L-020, L-037, R-222).
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, test } from 'vitest';
import { asMembers, idsIn, newGroup, newName, newUser, type Reply, urn, valueOf } from '../scim-client.ts';
import type { Face } from '../faces.ts';
import type { Stage } from '../stage.ts';

export function foreign(stage: () => Stage, { multiValued, keepsDangling }: Face): void {
  const changes: readonly (readonly [how: string, change: (made: Reply) => Promise<Reply>])[] = [
    [
      'PUT',
      (made) =>
        stage().scim.put(`/Users/${made.id}`, {
          schemas: [urn.user],
          userName: made.body['userName'],
          name: { familyName: 'N' },
          title: 'New',
        }),
    ],
    ['PATCH', (made) => stage().scim.patch(`/Users/${made.id}`, [{ op: 'replace', path: 'title', value: 'New' }])],
    ['a rename', (made) => stage().scim.patch(`/Users/${made.id}`, [{ op: 'replace', path: 'userName', value: newName('renamed') }])],
  ];
  test.each(changes)('L-020 T-056 unmapped attributes, classes and binary values survive %s', async (_how, change) => {
    const { scim, look, face } = stage();
    const made = await scim.post('/Users', newUser({ title: 'Old' }));
    const photo = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0x10, 0x4a, 0x46, 0x49, 0x46, 0, 0xff, 0xd9]);
    await look.change(made.id, 'add', face.ldap.unmapped, 'A', 'B');
    await look.change(made.id, 'add', 'jpegPhoto', photo);
    await look.change(made.id, 'add', 'description', 'said by others');
    expect((await change(made)).status).toBe(200);
    const entry = await look.entry(made.id);
    expect([...entry.texts(face.ldap.unmapped)].toSorted()).toEqual(['A', 'B']);
    expect(entry.octets('jpegPhoto')).toEqual([photo]);
    expect(entry.texts('description')).toEqual(['said by others']);
  });

  if (multiValued) testFurtherValues(stage);

  if (keepsDangling) testDangling(stage);

  test('T-054 R-222 R-229 an entry out of scope is 404 by id, never listed, no member and no manager, in the words of one that is not there', async () => {
    const { scim, look, directory, face } = stage();
    const outside = `ou=${newName('outside')},${directory.suffix}`;
    await look.add(outside, { objectClass: ['organizationalUnit'] });
    const uid = newName('outsider');
    const dn = `${face.ldap.userRdn}=${uid},${outside}`;
    await look.add(dn, { objectClass: face.ldap.userClasses, cn: [uid], sn: [uid] });
    const [entry] = await look.find(face.ldap.userRdn, uid);
    const id = look.idOf(entry);
    const before = await look.snapshot(id);
    const missing = await scim.get('/Users/77777777-7777-7777-7777-777777777777');
    expect(await scim.get(`/Users/${id}`)).toMatchObject({ status: 404, body: missing.body });
    expect((await scim.put(`/Users/${id}`, newUser())).status).toBe(404);
    expect((await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'x' }])).status).toBe(404);
    expect((await scim.delete(`/Users/${id}`)).status).toBe(404);
    expect(await scim.find('/Users', `id eq "${id}" or userName eq "${uid}"`)).toEqual([]);
    expect((await scim.post('/Groups', newGroup({ members: asMembers(id) }))).body).toMatchObject({
      status: '400',
      scimType: 'invalidValue',
    });
    expect((await scim.post('/Users', newUser({ [urn.enterprise]: { manager: { value: id } } }))).status).toBe(400);
    expect(await look.snapshot(id)).toEqual(before);
  });

  test('R-222 an entry below the base that the filter of the type does not match is not there', async () => {
    const { scim, look, directory, face } = stage();
    const cn = newName('unit');
    await look.add(`ou=${cn},${face.places.users},${directory.suffix}`, { objectClass: ['organizationalUnit'], description: [cn] });
    const [entry] = await look.find('description', cn);
    const id = look.idOf(entry);
    expect((await scim.get(`/Users/${id}`)).status).toBe(404);
    expect((await scim.delete(`/Users/${id}`)).status).toBe(404);
  });

  test('R-211 no answer to a client shows a DN or words of the directory', async () => {
    const { scim, directory } = stage();
    const made = await scim.post('/Users', newUser());
    const replies = [
      await scim.post('/Users', newUser({ userName: made.body['userName'] })),
      await scim.post('/Users', newUser({ preferredLanguage: 'ü ü' })),
      await scim.post('/Users', newUser({ [urn.enterprise]: { manager: { value: directory.adminDn } } })),
      await scim.get('/Users', { filter: 'nothing eq "x"' }),
    ];
    for (const { body } of replies) expect(JSON.stringify(body)).not.toMatch(/dc=example|ou=people|uid=|objectClass|entryUUID|ldap/i);
  });
}

/** Where an attribute that SCIM shows once may have several values. */
function testFurtherValues(stage: () => Stage): void {
  test('L-010 L-020 further values behind a single SCIM value survive its change', async () => {
    const { scim, look } = stage();
    const made = await scim.post('/Users', newUser({ title: 'b-shown?' }));
    await look.change(made.id, 'add', 'title', 'z-other');
    const shown = (await scim.get(`/Users/${made.id}`)).body['title'];
    expect(shown).toBe('b-shown?');
    await scim.patch(`/Users/${made.id}`, [{ op: 'replace', path: 'title', value: 'c-new' }]);
    expect(await look.texts(made.id, 'title')).toEqual(['c-new', 'z-other']);
    // L-010: the filter sees what is shown.
    expect(await scim.find('/Users', `id eq "${made.id}" and title eq "z-other"`)).toEqual([]);
    expect(await scim.find('/Users', `id eq "${made.id}" and title ne "z-other"`)).toHaveLength(1);
  });
}

/** Where a DN that names nothing can be stored. */
function testDangling(stage: () => Stage): void {
  test('L-037 T-055 members that are dangling, elsewhere or of no type are hidden and survive PUT, PATCH and replace', async () => {
    const { scim, look, directory, face } = stage();
    const [one, two] = [await scim.post('/Users', newUser()), await scim.post('/Users', newUser())];
    const made = await scim.post('/Groups', newGroup({ members: asMembers(one.id) }));
    const hidden = [
      `uid=${newName('gone')},${face.places.users},${directory.suffix}`,
      `cn=elsewhere,dc=other`,
      directory.adminDn,
      `${face.places.users},${directory.suffix}`,
    ].toSorted();
    await look.change(made.id, 'add', face.ldap.member, ...hidden);
    const kept = async () => (await look.texts(made.id, face.ldap.member)).filter((dn) => hidden.includes(dn));
    const shown = async () => idsIn((await scim.get(`/Groups/${made.id}`)).body);
    expect(await shown()).toEqual([one.id]);
    await scim.put(`/Groups/${made.id}`, { schemas: [urn.group], displayName: made.body['displayName'], members: asMembers(two.id) });
    expect([await shown(), await kept()]).toEqual([[two.id], hidden]);
    await scim.patch(`/Groups/${made.id}`, [{ op: 'replace', path: 'members', value: asMembers(one.id) }]);
    expect([await shown(), await kept()]).toEqual([[one.id], hidden]);
    await scim.patch(`/Groups/${made.id}`, [{ op: 'remove', path: 'members' }]);
    expect([await shown(), await kept()]).toEqual([[], hidden]);
    expect(await scim.find('/Groups', `id eq "${made.id}" and members pr`)).toEqual([]);
    expect(await hiddenIn(shown)).toEqual([{ directory: 'main', resourceType: 'Group', references: hidden.length }]);
    expect(await hiddenIn(() => scim.get(`/Groups/${made.id}`, { excludedAttributes: 'members' }))).toEqual([]);
  });

  test('L-037 a manager that dangles is hidden, survives other changes, and gives way to a new one', async () => {
    const { scim, look, directory, face } = stage();
    const [boss, made] = [await scim.post('/Users', newUser()), await scim.post('/Users', newUser())];
    const gone = `uid=${newName('gone')},${face.places.users},${directory.suffix}`;
    await look.change(made.id, 'add', 'manager', gone);
    const path = `${urn.enterprise}:manager`;
    expect(valueOf((await scim.get(`/Users/${made.id}`)).body, urn.enterprise)).toBeUndefined();
    await scim.patch(`/Users/${made.id}`, [{ op: 'replace', path: 'title', value: 'x' }]);
    expect(await look.texts(made.id, 'manager')).toEqual([gone]);
    const set = await scim.patch(`/Users/${made.id}`, [{ op: 'replace', path, value: boss.id }]);
    expect(valueOf(set.body, urn.enterprise, 'manager', 'value')).toBe(boss.id);
    expect(valueOf((await scim.get(`/Users/${made.id}`)).body, urn.enterprise, 'manager', 'value')).toBe(boss.id);
  });
}

/** What is said of references that were left out of the answers. */
async function hiddenIn(work: () => Promise<unknown>): Promise<readonly unknown[]> {
  const said: unknown[] = [];
  const listen = (message: unknown): void => void said.push(message);
  subscribe('ldap-scim-gateway:hidden', listen);
  await work();
  unsubscribe('ldap-scim-gateway:hidden', listen);
  return said;
}
