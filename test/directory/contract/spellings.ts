// Names that are spelled oddly: case, normalization forms, blanks, too long, empty, and RDNs of entries that somebody else has made.
// RFC 4514, RFC 4518 (preparation), RFC 4512 section 2.3.1 (RDNs of several values); L-043, L-044, T-065.
import { expect, test } from 'vitest';
import { formatDn, parseDn } from '../../../src/ldap/dn.ts';
import type { Face } from '../faces.ts';
import { asMembers, idsIn, newGroup, newName, newUser, type Reply } from '../scim-client.ts';
import type { Stage } from '../stage.ts';

export function spellings(stage: () => Stage, { multiValued, ldap, type }: Face): void {
  const rename = (made: Reply, displayName: string): Promise<Reply> =>
    stage().scim.patch(`/Groups/${made.id}`, [{ op: 'replace', path: 'displayName', value: displayName }]);

  test('48. a group renamed in case of letters only keeps its id and its members', async () => {
    const { scim, look } = stage();
    const user = await scim.post('/Users', newUser());
    const made = await scim.post('/Groups', newGroup({ members: asMembers(user.id) }));
    const shouted = String(made.body['displayName']).toUpperCase();
    const renamed = await rename(made, shouted);
    expect([renamed.status, renamed.id, renamed.body['displayName']]).toEqual([200, made.id, shouted]);
    expect(parseDn((await look.entry(made.id)).dn).rdns[0]?.[0]?.value).toBe(shouted);
    expect(await look.texts(made.id, 'cn')).toEqual([shouted]);
    expect(idsIn((await scim.get(`/Groups/${made.id}`)).body)).toEqual([user.id]);
    expect((await scim.get(`/Users/${user.id}`)).body['groups']).toMatchObject([{ value: made.id }]);
  });

  test('a name changed from composed to decomposed letters and back: accepted, one entry, the same id', async () => {
    const { scim, look } = stage();
    const tail = newName();
    const [composed, decomposed] = [`Zo\u00eb ${tail}`, `Zoe\u0308 ${tail}`];
    const made = await scim.post('/Users', newUser({ userName: composed }));
    for (const userName of [decomposed, composed]) {
      const reply = await scim.patch(`/Users/${made.id}`, [{ op: 'replace', path: 'userName', value: userName }]);
      expect([reply.status, reply.id, String(reply.body['userName']).normalize('NFC')]).toEqual([200, made.id, composed]);
      expect((await scim.find('/Users', `userName eq "${userName}"`)).map(({ id }) => id)).toEqual([made.id]);
    }
    expect(await look.find(ldap.userName, composed)).toHaveLength(1);
  });

  test.each(['', ' ', ' \t '])('an empty name (%j) is 400 and changes nothing', async (name) => {
    const { scim, look } = stage();
    const [user, group] = [await scim.post('/Users', newUser()), await scim.post('/Groups', newGroup())];
    const before = [await look.snapshot(user.id), await look.snapshot(group.id)];
    for (const reply of [
      await scim.post('/Users', newUser({ userName: name })),
      await scim.post('/Groups', newGroup({ displayName: name })),
      await scim.patch(`/Users/${user.id}`, [{ op: 'replace', path: 'userName', value: name }]),
      await rename(group, name),
    ])
      expect([reply.status, reply.body['scimType']]).toEqual([400, 'invalidValue']);
    expect([await look.snapshot(user.id), await look.snapshot(group.id)]).toEqual(before);
  });

  test('a rename to a name that is too long for the directory is 400 and changes nothing, or is done', async () => {
    const { scim, look } = stage();
    const [user, group] = [await scim.post('/Users', newUser()), await scim.post('/Groups', newGroup())];
    for (const [path, attribute, { id }] of [
      ['/Users', 'userName', user],
      ['/Groups', 'displayName', group],
    ] as const) {
      const unstamped = async () =>
        Object.fromEntries(Object.entries(await look.snapshot(id)).filter(([name]) => !ldap.stamps.includes(name)));
      const before = await unstamped();
      const value = `${newName()}${'ü'.repeat(1000)}`;
      const reply = await scim.patch(`${path}/${id}`, [{ op: 'replace', path: attribute, value }]);
      const [now, wanted] =
        reply.status === 200
          ? [reply.body[attribute], value]
          : [
              [reply.status, await unstamped()],
              [400, before],
            ];
      expect(now).toEqual(wanted);
    }
  });

  if (multiValued) testForeignNames(stage, type);
}

/** Where entries may be named in ways that the mapping would not choose. */
function testForeignNames(stage: () => Stage, type: Face['type']): void {
  const add = async (rdn: string, values: Readonly<Record<string, readonly string[]>>): Promise<string> => {
    const { look, directory } = stage();
    const dn = `${rdn},ou=people,${directory.suffix}`;
    await look.add(dn, { objectClass: ['inetOrgPerson'], sn: ['s'], displayName: ['Shown'], ...values });
    return look.idOf(await look.at(dn));
  };

  const spelled: readonly (readonly [what: string, spell: (name: string) => readonly [rdn: string, uid: string], everywhere: boolean])[] = [
    ['a blank at the end', (name) => [`uid=${name}\\20`, name], true],
    ['a number sign in front', (name) => [`uid=\\23${name}`, `#${name}`], true],
    ['hexadecimal escapes', (name) => [`uid=\\c3\\bc${name}\\2cx`, `ü${name},x`], false],
    ['its OID', (name) => [`0.9.2342.19200300.100.1.1=${name}`, name], false],
  ];
  // 389 Directory Server takes neither the umlaut (7-bit check) nor the OID: there is no such entry there.
  const possible = spelled.filter(([, , everywhere]) => everywhere || type !== '389ds');
  test.each(possible)('an entry named with %s is read, changed, a member, and deleted', async (_what, spell) => {
    const { scim, look } = stage();
    const [rdn, uid] = spell(newName('odd'));
    const id = await add(rdn, { uid: [uid], cn: ['c'] });
    expect((await scim.get(`/Users/${id}`)).body['userName']).toBe(uid);
    expect((await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'T' }])).status).toBe(200);
    expect(await look.texts(id, 'title')).toEqual(['T']);
    const group = await scim.post('/Groups', newGroup({ members: asMembers(id) }));
    expect(idsIn((await scim.get(`/Groups/${group.id}`)).body)).toEqual([id]);
    expect((await scim.delete(`/Users/${id}`)).status).toBe(204);
    expect(idsIn((await scim.get(`/Groups/${group.id}`)).body)).toEqual([]);
  });

  test('L-044 an RDN of several values: a rename changes the part that the mapping names and keeps the other', async () => {
    const { scim, look, directory } = stage();
    const [uid, next] = [newName('both'), newName('next')];
    const id = await add(`uid=${uid}+cn=Common Name`, { uid: [uid], cn: ['Common Name'] });
    const group = await scim.post('/Groups', newGroup({ members: asMembers(id) }));
    expect((await scim.get(`/Users/${id}`)).body).toMatchObject({ id, userName: uid });
    const reply = await scim.patch(`/Users/${id}`, [
      { op: 'replace', path: 'userName', value: next },
      { op: 'replace', path: 'title', value: 'T' },
    ]);
    expect([reply.status, reply.body['userName'], reply.body['title']]).toEqual([200, next, 'T']);
    const { rdns } = parseDn((await look.entry(id)).dn);
    expect((rdns[0] ?? []).map(({ type, value }) => `${type}=${String(value)}`.toLowerCase()).toSorted()).toEqual([
      'cn=common name',
      `uid=${next}`,
    ]);
    expect(formatDn({ rdns: rdns.slice(1) })).toBe(`ou=people,${directory.suffix}`);
    expect([await look.texts(id, 'uid'), await look.texts(id, 'cn')]).toEqual([[next], ['Common Name']]);
    await expect.poll(async () => idsIn((await scim.get(`/Groups/${group.id}`)).body)).toEqual([id]);
    expect((await scim.delete(`/Users/${id}`)).status).toBe(204);
  });

  test('an entry that is named by something else keeps its name when its userName changes', async () => {
    const { scim, look } = stage();
    const [cn, next] = [newName('named by cn'), newName('next')];
    const id = await add(`cn=${cn}`, { uid: [newName()], cn: [cn] });
    const reply = await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'userName', value: next }]);
    expect([reply.status, reply.body['userName']]).toEqual([200, next]);
    expect([(await look.entry(id)).dn.toLowerCase().startsWith(`cn=${cn}`), await look.texts(id, 'uid')]).toEqual([true, [next]]);
  });
}
