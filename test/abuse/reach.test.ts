// What a client may not see, asked for in roundabout ways: whether it is there, what its value is, whom it is connected with.
// RFC 7644 sections 3.4.2, 3.14 and 7.5; RFC 7643 section 7 (returned: never).
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { embedded } from '../directory/faces.ts';
import { asMembers, type Body, newGroup, newName, newUser, type Reply, ScimClient, urn } from '../directory/scim-client.ts';
import { openStage, type Stage } from '../directory/stage.ts';
import { searchesAmong } from '../directory/wire.ts';
import { openBeside } from './beside.ts';

let stage: Stage;
/** Sees people with one title only, and no externalId. */
let confined: ScimClient;
beforeAll(async () => {
  stage = await openStage(embedded);
  confined = new ScimClient(stage.scim.base, stage.tokenOf('confined'));
});
afterAll(() => stage?.stop());

const make = async (extra: Body = {}): Promise<Reply> => stage.scim.post('/Users', newUser(extra));
const told = ({ status, body, headers }: Reply): readonly unknown[] => [status, body, headers.get('ETag'), headers.get('Location')];
const listed = ({ status, body }: Reply): readonly unknown[] => [status, body['totalResults'], body['Resources']];

describe('whether somebody out of reach is there', () => {
  const asks: readonly (readonly [what: string, ask: (path: string, etag: string) => Promise<Reply>])[] = [
    ['GET', (path) => confined.get(path)],
    ['GET with a filter', (path) => confined.get(path, { filter: 'userName pr' })],
    ['If-None-Match with its version', (path, etag) => confined.get(path, {}, { 'If-None-Match': etag })],
    ['If-Match: *', (path) => confined.patch(path, [{ op: 'replace', path: 'active', value: false }], { 'If-Match': '*' })],
    ['If-Match with its version', (path, etag) => confined.delete(path, { 'If-Match': etag })],
    ['If-Match with another version', (path) => confined.delete(path, { 'If-Match': 'W/"x"' })],
    ['PUT', (path) => confined.put(path, newUser())],
    ['a PATCH that is wrong', (path) => confined.patch(path, [{ op: 'replace', path: 'nothing.such', value: 1 }])],
    ['DELETE', (path) => confined.delete(path)],
  ];
  test.each(asks)(
    'is asked by %s: the words, the headers and the questions to the directory are those of an id that nobody has',
    async (_what, ask) => {
      const there = await make();
      const replies: unknown[] = [];
      const questions: number[] = [];
      for (const id of [there.id, randomUUID()]) {
        const sent = await stage.wire.during(async () => replies.push(told(await ask(`/Users/${id}`, there.etag))));
        questions.push(searchesAmong(sent).length);
      }
      expect(replies[0]).toEqual(replies[1]);
      expect(questions[0]).toBe(questions[1]);
      expect((await stage.scim.get(`/Users/${there.id}`)).etag).toBe(there.etag);
    },
  );

  test('is asked by counting: totalResults counts what may be seen', async () => {
    const department = newName('department');
    const extra = { [urn.enterprise]: { department } };
    const [visible] = [await make({ ...extra, title: 'Confined' }), await make(extra), await make(extra)];
    const filter = `${urn.enterprise}:department eq "${department}"`;
    for (const query of [{ filter }, { filter, count: 0 }, { filter, startIndex: 2 }, { filter, count: 1, cursor: '' }])
      expect([query, (await confined.get('/Users', query)).body['totalResults']]).toEqual([query, 1]);
    expect((await confined.get('/Users', { filter, sortBy: 'userName' })).body['Resources']).toMatchObject([{ id: visible.id }]);
    expect((await confined.get('/Users', { filter: `not (${filter})`, count: 0 })).body['totalResults']).toBeLessThan(
      Number((await stage.scim.get('/Users', { filter: `not (${filter})`, count: 0 })).body['totalResults']),
    );
  });

  test('is asked by references: a filter on members, groups or managers finds for it what it finds for an id that nobody has', async () => {
    const hidden = await make();
    const seen = await make({ title: 'Confined', [urn.enterprise]: { manager: { value: hidden.id } } });
    const group = await stage.scim.post('/Groups', newGroup({ members: asMembers(hidden.id, seen.id) }));
    for (const [path, name] of [
      ['/Groups', 'members.value'],
      ['/Groups', 'members'],
      ['/Users', `${urn.enterprise}:manager.value`],
      ['/Users', `${urn.enterprise}:manager`],
    ] as const) {
      for (const operator of ['eq', 'sw', 'co']) {
        const [real, none] = [hidden.id, randomUUID()].map((id) => confined.get(path, { filter: `${name} ${operator} "${id}"` }));
        expect([name, operator, listed((await real) as Reply)]).toEqual([name, operator, listed((await none) as Reply)]);
      }
    }
    const shown = [(await confined.get(`/Groups/${group.id}`)).body, (await confined.get(`/Users/${seen.id}`)).body];
    expect(JSON.stringify(shown)).not.toContain(hidden.id);
  });

  test('is asked by adding it as a member or manager: the words are those of an id that nobody has', async () => {
    const hidden = await make();
    const seen = await make({ title: 'Confined' });
    const group = await stage.scim.post('/Groups', newGroup());
    const attempts = async (id: string): Promise<readonly unknown[]> => [
      told(await confined.patch(`/Groups/${group.id}`, [{ op: 'add', path: 'members', value: asMembers(id) }])),
      told(await confined.patch(`/Users/${seen.id}`, [{ op: 'add', path: `${urn.enterprise}:manager.value`, value: id }])),
      told(await confined.post('/Users', newUser({ title: 'Confined', [urn.enterprise]: { manager: { value: id } } }))),
    ];
    const nobody = randomUUID();
    const masked = (texts: readonly unknown[], id: string): string =>
      JSON.stringify(texts)
        .replaceAll(id, 'ID')
        .replaceAll(/user-\d+/g, 'NAME');
    expect(masked(await attempts(hidden.id), hidden.id)).toBe(masked(await attempts(nobody), nobody));
  });
});

describe('the value of what is hidden', () => {
  test('a password is found by a filter, a sort order, attributes, a value path or a schema: it is in none', async () => {
    const password = 'Guess-me-1';
    const { id } = await make({ password });
    for (const client of [stage.scim, stage.strict]) {
      for (const filter of [`password eq "${password}"`, 'password sw "G"', 'password pr', `not (password eq "x")`, 'userPassword pr']) {
        expect([filter, (await client.get('/Users', { filter })).status]).toEqual([filter, 400]);
        expect([filter, (await client.post('/Users/.search', { schemas: [urn.search], filter })).status]).toEqual([filter, 400]);
      }
      for (const query of [{ attributes: 'password,userPassword' }, { attributes: `${urn.user}:password` }, { sortBy: 'password' }]) {
        const reply = await client.get('/Users', { count: 1000, ...query });
        expect(JSON.stringify(reply.body)).not.toMatch(/Guess-me|"password"|SSHA/);
      }
      const patched = await client.patch(`/Users/${id}`, [{ op: 'add', path: 'password', value: password }]);
      expect(JSON.stringify(patched.body)).not.toContain(password);
    }
  });

  test('the order of a list, or its cursor, tells a hidden value: both are refused, and a cursor has no readable content', async () => {
    for (const sortBy of ['externalId', 'password', 'carLicense', 'userPassword'])
      expect([sortBy, (await confined.get('/Users', { sortBy })).status]).toEqual([sortBy, 400]);
    const name = newName('readable');
    for (let i = 0; i < 3; i++) await make({ title: 'Confined', externalId: name, displayName: name });
    const page = await confined.get('/Users', { filter: `displayName eq "${name}"`, count: 1, cursor: '', sortBy: 'displayName' });
    const cursor = String(page.body['nextCursor']);
    expect([page.status, cursor.length > 20]).toEqual([200, true]);
    for (const encoding of ['base64url', 'base64', 'hex'] as const)
      expect(Buffer.from(cursor, encoding).toString('latin1')).not.toContain(name);
  });

  test('a list from the snapshot shows, filters or sorts by what the same client may not see live: it does not', async () => {
    const externalId = newName('secret-id');
    const { id } = await make({ externalId, title: 'Snapshot' });
    const cache = 'directories.main.cache={ poll: "0 0 1 1 *", sweep: "0 0 1 1 *" }';
    const hidden = 'clients.6.allow.attributes={ User: { read: { except: [externalId] } } }';
    const beside = await openBeside(stage, ['directories.main.reads.lists=cache', cache, hidden]);
    try {
      const reader = beside.as(stage.tokenOf('reader'));
      const ofAll = beside.as(stage.tokenOf('strict'));
      const source = async (client: ScimClient): Promise<string> =>
        (await client.get('/Users', { count: 1000 })).headers.get('Cache-Status') ?? 'none';
      await vi.waitFor(async () => expect(await source(ofAll)).toContain('hit'), { timeout: 30_000, interval: 100 });
      expect(await source(reader)).toBe('none');
      const list = await reader.get('/Users', { count: 1000, attributes: 'userName,externalId' });
      expect([JSON.stringify(list.body).includes(id), JSON.stringify(list.body).includes(externalId)]).toEqual([true, false]);
      for (const query of [
        { filter: `externalId eq "${externalId}"` },
        { filter: 'title pr and externalId sw "s"' },
        { sortBy: 'externalId' },
      ])
        expect([query, (await reader.get('/Users', query)).status]).toEqual([query, 400]);
    } finally {
      await beside.stop();
    }
  }, 60_000);
});
