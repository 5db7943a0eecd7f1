// Pages by cursor over a directory that others change between them: what is there all the time is on exactly one page.
// RFC 9865 section 2; C-002, C-003, C-019, C-020, R-133.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fileDirectory } from '../../src/commands/file-directory.ts';
import type { Backend } from '../../src/gateway/backend.ts';
import type { Client } from '../../src/gateway/client.ts';
import { createCursors } from '../../src/gateway/cursor.ts';
import type { Gateway, ListAnswer } from '../../src/gateway/gateway.ts';
import { createGateway } from '../../src/gateway/use-cases.ts';
import { parseDn } from '../../src/ldap/dn.ts';
import { Entry } from '../../src/ldap/entry.ts';
import { compat } from '../../src/scim/dialects.ts';
import { compileSort } from '../../src/scim/match.ts';
import { type ListParameters, parseListQuery } from '../../src/scim/messages.ts';
import { baseDn, compileFile } from '../mapping/sample.ts';

const { mapping } = compileFile('mappings/openldap.yaml');
const client: Client = { name: 'c', dialect: compat, directory: 'main', resources: ['User', 'Group'], operations: ['read'] };

interface Person {
  readonly id: number;
  readonly name: string;
}

const uuid = (id: number): string => `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`;

function toEntry({ id, name }: Person): Entry {
  const isGroup = id % 4 === 0;
  const attributes: readonly (readonly [string, readonly Buffer[]])[] = Object.entries({
    objectClass: isGroup ? ['groupOfNames'] : ['inetOrgPerson'],
    entryUUID: [uuid(id)],
    cn: [name],
    ...(!isGroup && { uid: [`u${id}`], sn: [name], displayName: [name] }),
  }).map(([attribute, values]) => [attribute, values.map((value) => Buffer.from(value))]);
  return new Entry(isGroup ? `cn=g${id},ou=groups,${baseDn}` : `uid=u${id},ou=people,${baseDn}`, new Map(attributes));
}

const cursors = createCursors({ secrets: ['a secret'], salt: '', timeout: 3600 });

/** A new gateway each time: nothing of a page is kept. */
function open(people: readonly Person[]): Gateway {
  const backend: Backend = {
    name: 'main',
    baseUrl: 'http://test',
    mapping,
    directory: fileDirectory(people.map(toEntry), 'openldap'),
    cursors,
    guards: { protect: [], allowPrivileged: true },
    bindDn: undefined,
    baseDn: parseDn(baseDn),
  };
  return createGateway(backend, '');
}

function list(gateway: Gateway, parameters: ListParameters): Promise<ListAnswer> {
  const types = gateway.resourceTypes(client);
  return gateway.listAll(client, (type) => parseListQuery(parameters, type, { others: types.filter((other) => other !== type) }));
}

const idsOf = ({ resources }: ListAnswer): readonly string[] => resources.map(({ id }) => String(id));

const person = fc.record({ id: fc.integer({ min: 1, max: 40 }), name: fc.constantFrom('a', 'B', 'b', 'Ä', 'zz', '\u{1f600}') });
const people = fc.uniqueArray(person, { selector: ({ id }) => id, maxLength: 25 });
const some = { numRuns: 60 };

test('C-020 going on: what is there all the time is on one page, in order, and what is deleted in between stops nothing', async () => {
  await fc.assert(
    fc.asyncProperty(
      people,
      fc.array(fc.record({ add: people, remove: fc.integer({ min: 1, max: 40 }) }), { maxLength: 6 }),
      fc.integer({ min: 1, max: 7 }),
      async (initial, changes, count) => {
        let present: readonly Person[] = initial;
        let always = new Set(present.map(({ id }) => uuid(id)));
        const seen: string[] = [];
        let cursor = '';
        for (let page = 0; ; page += 1) {
          const answer = await list(open(present), { cursor, count });
          seen.push(...idsOf(answer));
          expect(answer.totalResults).toBe(present.length);
          if (answer.nextCursor === undefined) break;
          cursor = answer.nextCursor;
          const change = changes[page];
          if (!change) continue;
          const kept = present.filter(({ id }) => id !== change.remove);
          present = [...kept, ...change.add.filter(({ id }) => id !== change.remove && !kept.some((other) => other.id === id))];
          always = new Set([...always].filter((id) => id !== uuid(change.remove)));
        }
        expect(new Set(seen).size).toBe(seen.length);
        expect(seen.filter((id) => always.has(id)).toSorted()).toEqual([...always].toSorted());
      },
    ),
    some,
  );
});

test('C-003 C-009 pages lead back to where they came from, and all of them are one page of the index', async () => {
  const sorts = fc.constantFrom<ListParameters>(
    {},
    { sortBy: 'displayName' },
    { sortBy: 'displayName', sortOrder: 'descending' },
    { sortBy: 'userName' },
  );
  await fc.assert(
    fc.asyncProperty(people, sorts, fc.integer({ min: 1, max: 7 }), async (present, sort, count) => {
      const gateway = open(present);
      const all = idsOf(await list(gateway, { ...sort, count: 1000 }));
      const pages: ListAnswer[] = [await list(gateway, { ...sort, count, cursor: '' })];
      for (let next = pages[0]?.nextCursor; next !== undefined; next = pages.at(-1)?.nextCursor)
        pages.push(await list(gateway, { ...sort, count, cursor: next }));
      expect(pages.flatMap(idsOf)).toEqual(all);
      expect(pages.length).toBe(Math.max(1, Math.ceil(present.length / count)));
      expect(pages[0]?.previousCursor).toBeUndefined();
      for (const [at, page] of pages.entries()) {
        if (at === 0) continue;
        const back = await list(gateway, { ...sort, count, cursor: page.previousCursor ?? '!' });
        expect(idsOf(back)).toEqual(idsOf(pages[at - 1]!));
        expect([back.nextCursor === undefined, back.previousCursor === undefined]).toEqual([false, at === 1]);
      }
    }),
    some,
  );
});

test('R-131 R-133 an order over several types is the order of each of them', async () => {
  await fc.assert(
    fc.asyncProperty(people, fc.constantFrom('ascending' as const, 'descending' as const), async (present, sortOrder) => {
      const gateway = open(present);
      const { resources } = await list(gateway, { sortBy: 'displayName', sortOrder, count: 1000 });
      for (const type of gateway.resourceTypes(client)) {
        const { sort } = parseListQuery({ sortBy: 'displayName', sortOrder }, type);
        const own = resources.filter(({ meta }) => (meta as { resourceType: string }).resourceType === type.name);
        expect(own.map(({ id }) => id)).toEqual(own.toSorted(compileSort(sort!.attribute, sortOrder)).map(({ id }) => id));
      }
    }),
    some,
  );
});
