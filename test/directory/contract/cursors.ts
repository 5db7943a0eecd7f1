// Pages by cursor (RFC 9865): over what others change meanwhile, from one process to the next.
import { beforeAll, expect, test } from 'vitest';
import { type Body, newGroup, newName, newUser, type Reply, type ScimClient, urn } from '../scim-client.ts';
import type { Stage } from '../stage.ts';

export function cursors(stage: () => Stage): void {
  const mark = newName('cursors');
  const filter = `externalId eq "${mark}"`;
  const made: string[] = [];
  const create = async (): Promise<string> => (await stage().scim.post('/Users', newUser({ externalId: mark }))).id;

  beforeAll(async () => {
    for (let i = 0; i < 7; i += 1) made.push(await create());
  });

  const idsOf = ({ body }: Reply): readonly string[] => ((body['Resources'] ?? []) as readonly Body[]).map(({ id }) => String(id));
  const page = (scim: ScimClient, cursor: unknown, more: Readonly<Record<string, string | number>> = {}): Promise<Reply> =>
    scim.get('/Users', { filter, count: 3, cursor: String(cursor), ...more });

  test('C-001 C-002 C-003 C-004 C-007 C-009 pages lead on to the last and back to the first', async () => {
    const { scim } = stage();
    const first = await page(scim, '');
    const second = await page(scim, first.body['nextCursor']);
    const third = await page(scim, second.body['nextCursor']);
    expect([first, second, third].flatMap(idsOf)).toEqual(made.toSorted());
    for (const { body } of [first, second, third]) {
      expect(body).toMatchObject({ totalResults: 7 });
      expect(body).not.toHaveProperty('startIndex');
    }
    expect(first.body).not.toHaveProperty('previousCursor');
    expect(third.body).not.toHaveProperty('nextCursor');
    expect(String(first.body['nextCursor'])).toMatch(/^[A-Za-z0-9._~-]+$/);
    expect(idsOf(await page(scim, third.body['previousCursor']))).toEqual(idsOf(second));
    expect(idsOf(await page(scim, second.body['previousCursor']))).toEqual(idsOf(first));
    const down = await page(scim, '', { sortBy: 'userName', sortOrder: 'descending', attributes: 'userName' });
    const names = (down.body['Resources'] as readonly Body[]).map(({ userName }) => String(userName));
    expect(names).toEqual(names.toSorted().toReversed());
  });

  test('75. C-001 C-012 an empty cursor begins, in the URL without a value and in the body', async () => {
    const { scim } = stage();
    const bare = await scim.send('GET', `/Users?cursor&count=3&filter=${encodeURIComponent(filter)}`);
    expect(idsOf(bare)).toEqual(made.toSorted().slice(0, 3));
    const query = { schemas: [urn.search], filter, count: 3 };
    const body = await scim.post('/Users/.search', { ...query, cursor: '' });
    const next = await scim.post('/Users/.search', { ...query, cursor: body.body['nextCursor'] });
    expect([...idsOf(body), ...idsOf(next)]).toEqual(made.toSorted().slice(0, 6));
    // The two are one query.
    expect(idsOf(await page(scim, bare.body['nextCursor']))).toEqual(idsOf(next));
  });

  test('C-020 what others add and delete between pages moves nothing', async () => {
    const { scim } = stage();
    const first = await page(scim, '');
    const [gone = '', boundary = ''] = [made.toSorted()[4], idsOf(first).at(-1)];
    const added = await Promise.all([create(), create(), create()]);
    for (const id of [gone, boundary]) await scim.delete(`/Users/${id}`);
    const seen = [...idsOf(first)];
    let { nextCursor } = first.body;
    while (nextCursor !== undefined) {
      const next = await page(scim, nextCursor);
      expect(next.body).toMatchObject({ totalResults: 8 });
      seen.push(...idsOf(next));
      ({ nextCursor } = next.body);
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).not.toContain(gone);
    expect(seen.filter((id) => !added.includes(id))).toEqual(made.toSorted().filter((id) => id !== gone));
    for (const id of added) await scim.delete(`/Users/${id}`);
  });

  test('C-005 C-014 C-017 T-071 T-073 a cursor is good for its query and its client alone', async () => {
    const { scim, strict, reader } = stage();
    const { nextCursor } = (await page(scim, '')).body;
    const refused = { status: '400', scimType: 'invalidCursor', detail: 'The cursor is none of this query' };
    for (const answer of [
      await page(strict, nextCursor),
      await page(reader, nextCursor),
      await page(scim, nextCursor, { filter: 'id pr' }),
      await page(scim, nextCursor, { sortBy: 'userName' }),
      await page(scim, nextCursor, { attributes: 'userName' }),
      await page(scim, `${String(nextCursor)}A`),
      await page(scim, 'forged'),
      await scim.get('/Groups', { cursor: String(nextCursor), count: 3, filter }),
      await scim.get('/', { cursor: String(nextCursor), count: 3, filter }),
    ]) {
      expect(answer.body).toMatchObject(refused);
    }
    expect((await page(scim, nextCursor, { count: 4 })).body).toMatchObject({ status: '400', scimType: 'invalidCount' });
    expect((await page(scim, nextCursor, { startIndex: 1 })).body).toMatchObject({ status: '400', scimType: 'invalidValue' });
  });

  test('C-009 the root pages over all types', async () => {
    const { scim } = stage();
    const group = await scim.post('/Groups', newGroup());
    const both = `id eq "${group.id}" or id eq "${made.toSorted()[0] ?? ''}"`;
    const first = await scim.get('/', { filter: both, cursor: '', count: 1 });
    const second = await scim.get('/', { filter: both, cursor: String(first.body['nextCursor']), count: 1 });
    expect([...idsOf(first), ...idsOf(second)].toSorted()).toEqual([group.id, made.toSorted()[0]].toSorted());
    expect(second.body).toMatchObject({ totalResults: 2 });
    expect(second.body).not.toHaveProperty('nextCursor');
  });
}
