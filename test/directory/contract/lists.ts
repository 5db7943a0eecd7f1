// Queries: filter, sort, page, project (RFC 7644 sections 3.4.2 and 3.4.3, 3.9).
import { beforeAll, describe, expect, test } from 'vitest';
import { type Body, newGroup, newName, newUser, urn, valueOf } from '../scim-client.ts';
import type { Stage } from '../stage.ts';
import { attributesOf, searchesAmong } from '../wire.ts';

const people = [
  { given: 'Ada', family: 'Zimmer', title: 'Engineer', mail: ['ada@example.com'], number: '7' },
  { given: 'bob', family: 'Young', title: 'engineer', mail: ['bob@example.com', 'b.young@example.org'], number: '10' },
  { given: 'Çelik', family: 'Äpfel', title: 'Chef', mail: [], number: undefined },
  { given: 'Dora', family: 'Xu', title: undefined, mail: ['dora@example.org'], number: '9' },
  { given: 'Emil', family: "O'Neil (2)", title: 'Head* of \\ things', mail: ['emil+tag@example.com'], number: '8' },
] as const;

export function lists(stage: () => Stage): void {
  const mark = newName('lists');
  const ids = new Map<string, string>();
  const among = (filter?: string): string => `externalId eq "${mark}"${filter === undefined ? '' : ` and (${filter})`}`;
  const names = (resources: readonly Body[]): readonly unknown[] => resources.map((user) => valueOf(user, 'name', 'givenName'));

  beforeAll(async () => {
    for (const { given, family, title, mail, number } of people) {
      const made = await stage().scim.post('/Users', {
        ...newUser({ externalId: mark, ...(title !== undefined && { title }) }),
        name: { givenName: given, familyName: family },
        active: given !== 'Dora',
        emails: mail.map((value) => ({ type: 'work', value })),
        ...(number !== undefined && { [urn.enterprise]: { employeeNumber: number } }),
      });
      ids.set(given, made.id);
    }
  });

  test.each([
    ['title eq "ENGINEER"', ['Ada', 'bob']],
    ['title ne "engineer"', ['Çelik', 'Dora', 'Emil']],
    ['not (title pr)', ['Dora']],
    ['title eq null', ['Dora']],
    ['emails co "example.org"', ['bob', 'Dora']],
    ['emails[type eq "work" and value ew "EXAMPLE.COM"]', ['Ada', 'bob', 'Emil']],
    ['emails[type eq "work"].value eq "b.young@example.org"', ['bob']],
    ['emails[type eq "home"]', []],
    ['emails pr', ['Ada', 'bob', 'Dora', 'Emil']],
    ['not (emails.value co "example.com")', ['Çelik', 'Dora']],
    ['active eq false', ['Dora']],
    ['active ne false', ['Ada', 'bob', 'Çelik', 'Emil']],
    ['name.familyName sw "ä"', ['Çelik']],
    ['name.familyName eq "ÄPFEL"', ['Çelik']],
    ['name.familyName eq "o\'neil (2)"', ['Emil']],
    ['title eq "head* of \\\\ things"', ['Emil']],
    ['title eq "*"', []],
    ['title co "*"', ['Emil']],
    ['title co ")("', []],
    ['emails eq "emil+tag@example.com"', ['Emil']],
    ['name.familyName gt "xz"', ['Ada', 'bob', 'Çelik']],
    [`${urn.enterprise}:employeeNumber eq "10"`, ['bob']],
    ['employeeNumber ge "9"', ['Dora']],
    ['title pr and not (title eq "chef") and emails pr', ['Ada', 'bob', 'Emil']],
    ['title eq "chef" or emails co "dora" and active eq true', ['Çelik']],
    ['meta.created gt "2020-01-01T00:00:00Z"', ['Ada', 'bob', 'Çelik', 'Dora', 'Emil']],
    ['meta.lastModified ge "0001-01-03T00:00:00.0000000Z"', ['Ada', 'bob', 'Çelik', 'Dora', 'Emil']],
    ['meta.lastModified lt "2020-01-01T00:00:00+02:00"', []],
    [`schemas eq "${urn.enterprise}"`, ['Ada', 'bob', 'Dora', 'Emil']],
    ['meta.resourceType eq "User"', ['Ada', 'bob', 'Çelik', 'Dora', 'Emil']],
    ['DISPLAYNAME Co "ADA"', ['Ada']],
  ])('R-108 to R-117 L-001 filter %s', async (filter, expected) => {
    const found = names(await stage().scim.find('/Users', among(filter)));
    expect([...found].toSorted()).toEqual([...expected].toSorted());
  });

  test.each([
    'userName',
    'userName eq',
    'userName eq "a" and',
    '(userName eq "a"',
    'active gt true',
    'nothing eq "x"',
    'password eq "x"',
    'userName xx "a"',
    '__proto__ eq "x"',
    'emails[value[a]] eq 1',
    `${'('.repeat(60)}id pr${')'.repeat(60)}`,
  ])('9. R-110 R-125 filter %s is 400 invalidFilter', async (filter) => {
    const { status, body } = await stage().scim.get('/Users', { filter });
    expect([status, body['scimType']]).toEqual([400, 'invalidFilter']);
  });

  test('1. R-103 nothing found is 200 with an empty list', async () => {
    const { status, body } = await stage().scim.get('/Users', { filter: 'userName eq "3f1f4b0e-no-such"' });
    expect([status, body]).toEqual([200, { schemas: [urn.list], totalResults: 0, startIndex: 1, itemsPerPage: 0, Resources: [] }]);
  });

  test('3. externalId is compared by case', async () => {
    const { scim } = stage();
    const value = newName('AbC');
    await scim.post('/Users', newUser({ externalId: value }));
    expect(await scim.find('/Users', `externalId eq "${value}"`)).toHaveLength(1);
    expect(await scim.find('/Users', `externalId eq "${value.toLowerCase()}"`)).toHaveLength(0);
  });

  test.each([
    ['name.familyName', 'ascending', ["O'Neil (2)", 'Xu', 'Young', 'Zimmer', 'Äpfel']],
    ['name.familyName', 'descending', ['Äpfel', 'Zimmer', 'Young', 'Xu', "O'Neil (2)"]],
    ['emails', 'ascending', ['Zimmer', 'Young', 'Xu', "O'Neil (2)", 'Äpfel']],
    ['emails', 'descending', ['Äpfel', "O'Neil (2)", 'Xu', 'Young', 'Zimmer']],
  ])('R-129 R-131 R-132 T-085 sortBy %s %s', async (sortBy, sortOrder, expected) => {
    const found = await stage().scim.find('/Users', among(), { sortBy, sortOrder });
    expect(found.map((user) => valueOf(user, 'name', 'familyName'))).toEqual(expected);
  });

  test('R-133 R-136 73. 74. pages neither overlap nor skip, and totals are true', async () => {
    const { scim } = stage();
    const seen: string[] = [];
    for (let startIndex = 1; startIndex <= 5; startIndex += 2) {
      const { body } = await scim.get('/Users', { filter: among(), startIndex, count: 2 });
      expect(body).toMatchObject({ totalResults: 5, startIndex, itemsPerPage: startIndex === 5 ? 1 : 2 });
      seen.push(...(body['Resources'] as readonly Body[]).map(({ id }) => String(id)));
    }
    expect(seen.toSorted()).toEqual([...ids.values()].toSorted());
    expect((await scim.get('/Users', { filter: among(), startIndex: 99 })).body).toMatchObject({ totalResults: 5, itemsPerPage: 0 });
    expect((await scim.get('/Users', { filter: among(), startIndex: -5, count: 0 })).body).toMatchObject({
      totalResults: 5,
      startIndex: 1,
      itemsPerPage: 0,
    });
    expect((await scim.get('/Users', { count: -1 })).body).toMatchObject({ itemsPerPage: 0 });
    for (const query of [{ count: 'x' }, { startIndex: '1.5' }])
      expect((await scim.get('/Users', query)).body).toMatchObject({ status: '400', scimType: 'invalidValue' });
  });

  test('R-140 R-141 R-143 T-042 projection keeps what is always returned', async () => {
    const { scim } = stage();
    const id = ids.get('Ada') ?? '';
    const get = async (query: Record<string, string>) => (await scim.get(`/Users/${id}`, query)).body;
    expect(await get({ attributes: 'NAME.givenname' })).toEqual({ schemas: [urn.user], id, name: { givenName: 'Ada' } });
    expect(Object.keys(await get({ excludedAttributes: 'id,schemas,name,emails,meta' }))).toEqual(
      expect.arrayContaining(['id', 'schemas', 'userName']),
    );
    expect(await get({ excludedAttributes: 'name.familyName' })).toMatchObject({ name: { givenName: 'Ada' } });
    expect(await get({ attributes: urn.enterprise })).toMatchObject({ id, [urn.enterprise]: { employeeNumber: '7' } });
    expect((await scim.get(`/Users/${id}`, { attributes: 'id', excludedAttributes: 'id' })).status).toBe(400);
    expect(await get({ attributes: 'password' })).toEqual({ schemas: [urn.user], id });
  });

  test('R-147 R-148 81. .search is the same query, on one endpoint and on all', async () => {
    const { scim } = stage();
    const query = { schemas: [urn.search], filter: among('title eq "engineer"'), attributes: ['userName'], count: 1 };
    const { status, body, headers } = await scim.post('/Users/.search', query);
    expect([status, body['totalResults'], (body['Resources'] as readonly Body[]).length]).toEqual([200, 2, 1]);
    expect(headers.get('Cache-Control')).toBe('no-store');
    expect((await scim.post('/.search', { ...query, count: 10 })).body).toMatchObject({ totalResults: 2 });
    expect((await scim.post('/Users/.search', { filter: 'id pr' })).body).toMatchObject({ status: '400', scimType: 'invalidSyntax' });
  });

  test('R-104 a filter on the URL of one resource decides about it', async () => {
    const { scim } = stage();
    const id = ids.get('Ada') ?? '';
    expect((await scim.get(`/Users/${id}`, { filter: 'title eq "engineer"' })).body).toMatchObject({ totalResults: 1 });
    expect((await scim.get(`/Users/${id}`, { filter: 'title eq "chef"' })).body).toMatchObject({ totalResults: 0 });
  });

  describe('what the directory is asked', () => {
    test('R-146 60. only what the answer needs is read: no members where none are shown', async () => {
      const { scim, wire, face } = stage();
      const name = newName('R&D / "x"');
      await scim.post('/Groups', newGroup({ displayName: name }));
      const filter = `displayName eq ${JSON.stringify(name)}`;
      const operations = await wire.during(async () => {
        const [found] = await scim.find('/Groups', filter, { excludedAttributes: 'members' });
        expect(found).toMatchObject({ displayName: name });
        expect(found).not.toHaveProperty('members');
      });
      for (const search of searchesAmong(operations)) expect(search.attributes).not.toContain(face.ldap.member);
    });

    test('L-001 L-007 a filter on a key is asked of the directory, within the scope', async () => {
      const { scim, wire, face } = stage();
      const operations = await wire.during(() => scim.find('/Users', 'userName eq "no-such"'));
      const asked = searchesAmong(operations).flatMap((search) => attributesOf(search.filter));
      expect(asked).toContain(face.ldap.userName);
      expect(asked.map((name) => name.toLowerCase())).toContain('objectclass');
    });
  });
}
