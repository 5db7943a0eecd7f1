// What a cursor is good for: this query of this client at this endpoint, with pages of the size of the first.
// RFC 9865 sections 2 and 5.2; C-005, C-006, C-014 to C-017, T-071, T-073.
import { describe, expect, test } from 'vitest';
import { fileDirectory } from '../../src/commands/file-directory.ts';
import type { Backend } from '../../src/gateway/backend.ts';
import type { Client } from '../../src/gateway/client.ts';
import { createCursors } from '../../src/gateway/cursor.ts';
import type { ListAnswer } from '../../src/gateway/gateway.ts';
import { createGateway } from '../../src/gateway/use-cases.ts';
import { parseDn } from '../../src/ldap/dn.ts';
import { Entry } from '../../src/ldap/entry.ts';
import { compileSubject } from '../../src/mapping/subject.ts';
import { compat } from '../../src/scim/dialects.ts';
import { ScimError } from '../../src/scim/error.ts';
import { type ListParameters, parseListQuery } from '../../src/scim/messages.ts';
import { baseDn, compileFile } from '../mapping/sample.ts';

const { mapping } = compileFile('mappings/openldap.yaml');
const client: Client = { name: 'c', dialect: compat, directory: 'main', resources: ['User', 'Group'], operations: ['read'] };
const idAt = (index: number): string => `00000000-0000-4000-8000-00000000000${index}`;
const people = ['ann', 'ben', 'cleo', 'dan', 'eve'].map((name, index) => {
  const attributes = { objectClass: ['inetOrgPerson'], entryUUID: [idAt(index)], uid: [name], cn: [name], sn: ['Same'], title: [name] };
  return new Entry(
    `uid=${name},ou=people,${baseDn}`,
    new Map(Object.entries(attributes).map(([key, values]) => [key, values.map((value) => Buffer.from(value))])),
  );
});
const cursors = createCursors({ secrets: ['secret'], salt: '', timeout: 60 });
const backend = (changes: Partial<Backend> = {}): Backend => ({
  name: 'main',
  baseUrl: 'http://test',
  mapping,
  directory: fileDirectory(people, 'openldap'),
  cursors,
  guards: { protect: [], allowPrivileged: true },
  bindDn: undefined,
  baseDn: parseDn(baseDn),
  ...changes,
});

interface Ask {
  readonly caller?: Client;
  readonly changes?: Partial<Backend>;
  readonly root?: boolean;
}

async function list(parameters: ListParameters, { caller = client, changes = {}, root = false }: Ask = {}): Promise<ListAnswer> {
  const gateway = createGateway(backend(changes), '');
  const [user] = gateway.resourceTypes(caller);
  if (!user) throw new Error('users are mapped');
  if (!root) return gateway.list(caller, user, parseListQuery(parameters, user));
  const types = gateway.resourceTypes(caller);
  return gateway.listAll(caller, (type) => parseListQuery(parameters, type, { others: types }));
}

async function failure(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ScimError) return `${error.scimType}: ${error.message}`;
    throw error;
  }
  return undefined;
}

const query: ListParameters = { filter: 'title pr', sortBy: 'userName', attributes: 'userName', count: 2 };
const cursorOf = async (parameters: ListParameters = query): Promise<string> =>
  (await list({ ...parameters, cursor: '' })).nextCursor ?? '';
const refused = 'invalidCursor: The cursor is none of this query';

describe('a cursor', () => {
  test('leads on with the same parameters, and the size of pages need not be said again', async () => {
    const cursor = await cursorOf();
    const names = async (parameters: ListParameters) => (await list(parameters)).resources.map(({ userName }) => userName);
    expect(await names({ ...query, cursor })).toEqual(['cleo', 'dan']);
    expect(await names({ ...query, count: undefined, cursor })).toEqual(['cleo', 'dan']);
  });

  test.each<[string, ListParameters, Ask?]>([
    ['another filter', { filter: 'title sw "a"' }],
    ['no filter', { filter: undefined }],
    ['another order', { sortOrder: 'descending' }],
    ['another attribute to sort by', { sortBy: 'title' }],
    ['another projection', { attributes: 'title' }],
    ['more shown', { attributes: undefined }],
    ['another endpoint', {}, { root: true }],
    ['another client', {}, { caller: { ...client, name: 'd' } }],
    ['another directory', {}, { changes: { name: 'other' } }],
    ['another key', {}, { changes: { cursors: createCursors({ secrets: ['other'], salt: '', timeout: 60 }) } }],
  ])('C-005 C-014 C-016 C-017 T-073 is none of a query with %s', async (_, change, ask) => {
    expect(await failure(list({ ...query, ...change, cursor: await cursorOf() }, ask))).toBe(refused);
  });

  test('C-015 is none of the root any more when the client may see other types', async () => {
    const { nextCursor = '' } = await list({ count: 1, cursor: '' }, { root: true });
    expect(await failure(list({ count: 1, cursor: nextCursor }, { root: true }))).toBeUndefined();
    expect(await failure(list({ count: 1, cursor: nextCursor }, { root: true, caller: { ...client, resources: ['User'] } }))).toBe(refused);
  });

  test('C-014 gives no right: what the client may do is asked each time', async () => {
    const cursor = await cursorOf();
    await expect(async () => list({ ...query, cursor }, { caller: { ...client, operations: [] } })).rejects.toMatchObject({ status: 403 });
  });

  test('C-005 D-17 T-073 is none of pages of another size', async () => {
    const cursor = await cursorOf();
    expect(await failure(list({ ...query, count: 3, cursor }))).toMatch(/^invalidCount: /);
    expect(await failure(list({ ...query, count: 0, cursor }))).toMatch(/^invalidCount: /);
    const capped = await cursorOf({ ...query, count: 1 });
    expect(await failure(list({ ...query, count: 1, cursor: capped }))).toBeUndefined();
  });

  test('C-006 count 0 gives the total and leads nowhere', async () => {
    expect(await list({ cursor: '', count: 0 })).toEqual({
      resources: [],
      totalResults: 5,
      previousCursor: undefined,
      nextCursor: undefined,
    });
  });

  test('C-002 T-072 there is none on the last page, also when the last page is full', async () => {
    expect((await list({ cursor: '', count: 5 })).nextCursor).toBeUndefined();
    const { nextCursor = '' } = await list({ cursor: '', count: 4 });
    expect(await list({ cursor: nextCursor, count: 4 })).toMatchObject({ totalResults: 5, nextCursor: undefined });
  });

  test('stays short however long the value is that is sorted by', async () => {
    const long = people.map((person, index) => {
      const name = `${'ä'.repeat(5000)}${index}`;
      return new Entry(person.dn, new Map(person.names().map((key) => [key, key === 'title' ? [Buffer.from(name)] : person.octets(key)])));
    });
    const changes = { directory: fileDirectory(long, 'openldap') };
    const seen: unknown[] = [];
    let cursor: string | undefined = '';
    while (cursor !== undefined) {
      const page: ListAnswer = await list({ sortBy: 'title', count: 2, cursor }, { changes });
      seen.push(...page.resources.map(({ userName }) => userName));
      cursor = page.nextCursor;
      expect(cursor?.length ?? 0).toBeLessThan(2500);
    }
    expect(seen).toEqual(['ann', 'ben', 'cleo', 'dan', 'eve']);
  });
});

describe('/Me', () => {
  const as = (text: string): Client => ({ ...client, me: compileSubject(mapping, client.resources, text) });
  const self = (caller: Client) => createGateway(backend(), '').self(caller);

  test('R-206 is what the rule finds, live', async () => {
    expect(await self(as('userName eq "CLEO"'))).toMatchObject({
      id: idAt(2),
      type: { name: 'User' },
      client: { name: 'c', fixed: expect.arrayContaining(['active']) },
    });
  });

  test.each(['userName eq "nobody"', 'title pr', 'name.familyName eq "same"'])(
    'R-206 is nothing if the rule %s does not find exactly one',
    async (text) => {
      await expect(self(as(text))).rejects.toMatchObject({ status: 404 });
    },
  );

  test('R-206 is nothing without a rule, or for a client that may not see the type', async () => {
    await expect(self(client)).rejects.toMatchObject({ status: 404 });
    await expect(self({ ...as('userName eq "cleo"'), resources: ['Group'] })).rejects.toMatchObject({ status: 404 });
  });

  test.each([
    ['userName eq', 'must be a SCIM filter on User'],
    ['nothing eq "x"', 'must be a SCIM filter on User'],
    ['password eq "x"', 'must be a SCIM filter on User'],
  ])('a rule such as %s is refused when it is read', (text, message) => {
    expect(() => compileSubject(mapping, ['Group', 'User'], text)).toThrow(message);
    expect(() => compileSubject(mapping, ['Robot'], 'id pr')).toThrow('Robot');
  });
});

test('C-013 R-036 the ServiceProviderConfig says what is so', () => {
  expect(createGateway(backend(), '').serviceProviderConfig()).toMatchObject({
    bulk: { supported: true, maxOperations: 1000, maxPayloadSize: 1048576 },
    pagination: { cursor: true, index: true, defaultPaginationMethod: 'index', defaultPageSize: 100, maxPageSize: 1000, cursorTimeout: 60 },
  });
});
