// Names: renames keep the id (L-043 to L-047), and every character that LDAP finds special is just a character (L-044, T-065).
import { expect, test } from 'vitest';
import { formatDn, parseDn } from '../../../src/ldap/dn.ts';
import { asMembers, idsIn, newGroup, newName, newUser, type Reply, valueOf } from '../scim-client.ts';
import type { Face } from '../faces.ts';
import type { Stage } from '../stage.ts';

const special: readonly (readonly [what: string, name: string])[] = [
  ['a comma', 'Smith, Ann'],
  ['a plus', 'a+b'],
  ['a quote', 'say "hi"'],
  ['a backslash', 'back\\slash\\'],
  ['angle brackets', '<a>'],
  ['a semicolon', 'a;b'],
  ['an equals sign', 'a=b,c=d'],
  ['a leading number sign', '#first'],
  ['an asterisk', 'a*b*'],
  ['parentheses', '(a)(b'],
  ['hex that looks escaped', '\\2a\\20#2a'],
  ['an RDN', 'uid=admin,ou=people'],
  ['a filter', '*)(objectClass=*'],
  ['a slash, a percent sign and a question mark', 'a/b%2Fc?d&e'],
  ['a double blank', 'a  b'],
  ['umlauts', 'Jürgen Müßig'],
  ['a decomposed umlaut', 'Ju\u0308rgen'],
  ['CJK', '山田 太郎'],
  ['Arabic', 'محمد'],
  ['an emoji beyond the BMP', 'ann 👩‍👩‍👧 🇨🇭'],
  ['a tab and a line break', 'a\tb\nc'],
  ['prototype names', '__proto__'],
];

export function naming(stage: () => Stage, { multiValued, longestName }: Face): void {
  test.each([...special, [`${longestName} characters`, 'x'.repeat(longestName)] as const])(
    'T-065 L-044 %s in userName, displayName and title: stored, found, renamed, deleted',
    async (_what, name) => {
      const { scim, look } = stage();
      const userName = `${name} ${newName()}`;
      const made = await scim.post(
        '/Users',
        newUser({ userName, displayName: name, title: name, name: { givenName: name, familyName: name } }),
      );
      expect([made.status, made.body['userName'], made.body['displayName'], valueOf(made.body, 'name', 'familyName')]).toEqual([
        201,
        userName,
        name,
        name,
      ]);
      expect(await look.texts(made.id, stage().face.ldap.userName)).toEqual([userName]);
      expect(await look.texts(made.id, 'sn')).toEqual([name]);
      const quoted = JSON.stringify(userName);
      expect((await scim.find('/Users', `userName eq ${quoted}`)).map(({ id }) => id)).toEqual([made.id]);
      expect((await scim.find('/Users', `title eq ${JSON.stringify(name)} and id eq "${made.id}"`)).map(({ id }) => id)).toEqual([made.id]);
      expect((await scim.find('/Users', `title co ${JSON.stringify(name)} and id eq "${made.id}"`)).map(({ id }) => id)).toEqual([made.id]);
      const renamed = await scim.patch(`/Users/${made.id}`, [{ op: 'replace', path: 'userName', value: `${userName}, 2` }]);
      expect([renamed.status, renamed.body['userName'], renamed.id]).toEqual([200, `${userName}, 2`, made.id]);
      expect(await look.texts(made.id, stage().face.ldap.userName)).toEqual([`${userName}, 2`]);
      const group = await scim.post('/Groups', newGroup({ displayName: userName, members: asMembers(made.id) }));
      expect([group.status, group.body['displayName'], idsIn(group.body)]).toEqual([201, userName, [made.id]]);
      expect((await scim.find('/Groups', `displayName eq ${quoted}`)).map(({ id }) => id)).toEqual([group.id]);
      expect((await scim.get(`/Users/${made.id}`)).body['groups']).toMatchObject([{ value: group.id, display: userName }]);
      expect((await scim.delete(`/Groups/${group.id}`)).status).toBe(204);
      expect((await scim.delete(`/Users/${made.id}`)).status).toBe(204);
    },
  );

  test.each([' lead', 'trail ', '  both  '])(
    'R-076 blanks around userName (%j) are trimmed, as the mapping says; elsewhere they stay',
    async (blanks) => {
      const { scim, look } = stage();
      const userName = newName();
      const made = await scim.post('/Users', newUser({ userName: blanks.replace(/\w+/, userName), title: blanks }));
      expect([made.status, made.body['userName'], made.body['title']]).toEqual([201, userName, blanks]);
      expect(await look.texts(made.id, stage().face.ldap.userName)).toEqual([userName]);
      expect(await look.texts(made.id, 'title')).toEqual([blanks]);
      const group = await scim.post('/Groups', newGroup({ displayName: blanks.replace(/\w+/, newName('g')) }));
      expect(group.status).toBe(201);
      expect(await scim.find('/Groups', `displayName eq ${JSON.stringify(group.body['displayName'])}`)).toHaveLength(1);
      expect((await scim.delete(`/Groups/${group.id}`)).status).toBe(204);
    },
  );

  test.each(['userName', 'displayName', 'title', 'externalId'])('NUL in %s is 400 and stores nothing', async (attribute) => {
    const { scim, look } = stage();
    const sent = newUser();
    const { status, body } = await scim.post('/Users', { ...sent, [attribute]: 'a\0b' });
    expect([status, body['scimType']]).toEqual([400, 'invalidValue']);
    expect(await look.find(stage().face.ldap.userName, String(sent['userName']))).toEqual([]);
    expect((await scim.get('/Users', { filter: `${attribute} eq "a\\u0000b"` })).status).toBe(200);
  });

  test('R-076 composed and decomposed spellings are one name: the second is 409', async () => {
    const { scim } = stage();
    const suffix = newName();
    expect((await scim.post('/Users', newUser({ userName: `Zoë ${suffix}` }))).status).toBe(201);
    expect((await scim.post('/Users', newUser({ userName: `Zoe\u0308 ${suffix}` }))).status).toBe(409);
    expect(await scim.find('/Users', `userName eq "ZOË ${suffix}"`)).toHaveLength(1);
    expect(await scim.find('/Users', `userName eq "zoe\u0308 ${suffix}"`)).toHaveLength(1);
  });

  test('a name of 2000 characters is stored or refused, never an error of the server', async () => {
    const { scim } = stage();
    const long = 'y'.repeat(2000);
    const made = await scim.post('/Users', newUser());
    const replies = [
      await scim.post('/Users', newUser({ userName: `${newName()}${long}` })),
      await scim.post('/Groups', newGroup({ displayName: `${newName()}${long}` })),
      await scim.patch(`/Users/${made.id}`, [{ op: 'replace', path: 'userName', value: `${newName()}${long}` }]),
    ];
    for (const { status } of replies) expect([200, 201, 400]).toContain(status);
  });

  test('an attempt to leave the place of new entries stays a name', async () => {
    const { scim, look, directory, face } = stage();
    const userName = `${newName()},ou=groups`;
    const made = await scim.post('/Users', newUser({ userName }));
    expect(made.status).toBe(201);
    const { rdns } = parseDn((await look.entry(made.id)).dn);
    expect(formatDn({ rdns: rdns.slice(1) })).toBe(`${face.places.users},${directory.suffix}`);
  });

  const rename = (made: Reply, value: string) => stage().scim.patch(`/Users/${made.id}`, [{ op: 'Replace', path: 'userName', value }]);

  test('48. L-043 L-047 T-052 T-064 a new userName renames the entry and keeps the id, by PATCH and by PUT', async () => {
    const { scim, look, userDn } = stage();
    const made = await scim.post('/Users', newUser());
    const [first, second] = [newName('renamed'), newName('renamed')];
    expect((await rename(made, first)).body).toMatchObject({ id: made.id, userName: first });
    expect(await look.at(userDn(first))).toBeDefined();
    const put = await scim.put(`/Users/${made.id}`, { ...made.body, userName: second, title: 'T' });
    expect([put.status, put.body['userName'], put.body['title'], put.id]).toEqual([200, second, 'T', made.id]);
    expect(await look.at(userDn(first))).toBeUndefined();
    expect(await look.texts(made.id, stage().face.ldap.userName)).toEqual([second]);
    expect(await scim.find('/Users', `userName eq "${first}"`)).toEqual([]);
  });

  test('48. a rename in case of letters only', async () => {
    const { scim, look } = stage();
    const made = await scim.post('/Users', newUser());
    const shouted = String(made.body['userName']).toUpperCase();
    expect((await rename(made, shouted)).body).toMatchObject({ id: made.id, userName: shouted });
    expect(await look.texts(made.id, stage().face.ldap.userName)).toEqual([shouted]);
    expect((await scim.get(`/Users/${made.id}`)).body['userName']).toBe(shouted);
  });

  test('48. a rename to a name that is taken is 409 and undone, whatever else was asked', async () => {
    const { scim, look } = stage();
    const [made, other] = [await scim.post('/Users', newUser()), await scim.post('/Users', newUser())];
    const before = await look.snapshot(made.id);
    const operations = [
      { op: 'replace', path: 'title', value: 'X' },
      { op: 'replace', path: 'userName', value: other.body['userName'] },
    ];
    expect((await scim.patch(`/Users/${made.id}`, operations)).body).toMatchObject({ status: '409', scimType: 'uniqueness' });
    expect(await look.snapshot(made.id)).toEqual(before);
    const [one, two] = [await scim.post('/Groups', newGroup()), await scim.post('/Groups', newGroup())];
    const clash = await scim.patch(`/Groups/${one.id}`, [{ op: 'replace', path: 'displayName', value: two.body['displayName'] }]);
    expect(clash.body).toMatchObject({ status: '409', scimType: 'uniqueness' });
  });

  test('L-043 L-046 a renamed group keeps its id and members; a renamed member stays one', async () => {
    const { scim, look } = stage();
    const user = await scim.post('/Users', newUser());
    const made = await scim.post('/Groups', newGroup({ members: asMembers(user.id) }));
    const displayName = newName('renamed group');
    const renamed = await scim.patch(`/Groups/${made.id}`, [{ op: 'replace', path: 'displayName', value: displayName }]);
    expect([renamed.status, renamed.id, renamed.body['displayName']]).toEqual([200, made.id, displayName]);
    expect((await look.entry(made.id)).dn).toMatch(/^cn=renamed group/i);
    expect(idsIn((await scim.get(`/Groups/${made.id}`)).body)).toEqual([user.id]);
    await rename(user, newName('renamed'));
    await expect.poll(async () => idsIn((await scim.get(`/Groups/${made.id}`)).body)).toEqual([user.id]);
  });

  if (multiValued) testFurtherNames(stage);
}

/** Where the naming attribute may have several values. */
function testFurtherNames(stage: () => Stage): void {
  const rename = (made: Reply, value: string) => stage().scim.patch(`/Users/${made.id}`, [{ op: 'Replace', path: 'userName', value }]);

  test('L-044 further values of the naming attribute outlive a rename', async () => {
    const { scim, look } = stage();
    const made = await scim.post('/Users', newUser());
    const alias = newName('alias');
    await look.change(made.id, 'add', 'uid', alias);
    expect((await scim.get(`/Users/${made.id}`)).body['userName']).toBe(made.body['userName']);
    // T-041: found by what is shown, not by the alias.
    expect(await scim.find('/Users', `userName eq "${alias}"`)).toEqual([]);
    const next = newName('renamed');
    expect((await rename(made, next)).body['userName']).toBe(next);
    expect(await look.texts(made.id, stage().face.ldap.userName)).toEqual([alias, next].toSorted());
  });
}
