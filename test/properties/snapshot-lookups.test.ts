// Look-ups by key, filters on what few and many share, and orders in both directions: what is kept for them stays true through many batches.
// RFC 7644 sections 3.4.2.2 and 3.4.2.3; test/properties/snapshot.test.ts asks for everything, of fewer rows.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Snapshot, type SnapshotQuery } from '../../src/cache/snapshot.ts';
import { parseFilter, resolveFilter } from '../../src/scim/filter.ts';
import { parsePath, resolvePath } from '../../src/scim/path.ts';
import { withSchemas } from '../../src/scim/resource.ts';
import { Model, type ModelBatch, type ModelRow, packBatch, snapshotTypes } from '../cache/model.ts';
import { userType } from '../scim/sample.ts';

const slots = 300;

const query = (filter: string | undefined, sortBy?: string, order: 'ascending' | 'descending' = 'ascending'): SnapshotQuery => ({
  type: 'User',
  filter: filter === undefined ? undefined : resolveFilter(parseFilter(filter), userType, { lenient: true }),
  sort: sortBy === undefined ? undefined : { attribute: resolvePath(parsePath(sortBy)!, userType)!, order },
});

/** Of 300 rows some have a name alone, some share it with a few, and titles are shared by more than an index remembers. */
const person = (slot: number, turn: number): ModelRow => ({
  slot,
  id: `${(slot * 37) % slots}-${slot}`,
  display: '',
  occupies: [slot],
  references: [[(slot * 7 + turn) % slots], []],
  body: withSchemas(
    {
      id: `${(slot * 37) % slots}-${slot}`,
      userName: `Name${(slot + turn) % 250}`,
      externalId: `E${slot}`,
      title: ['Nurse', 'nurse', 'Clerk', 'Ärztin'][(slot + turn) % 4]!,
      emails: [0, 1, 2]
        .slice((slot + turn) % 3)
        .map((each) => ({ value: `${slot % 40}.${each}@example.com`, type: each === 0 ? 'work' : 'home' })),
    },
    userType,
  ),
});

const batch = fc.record({
  turn: fc.nat(5),
  put: fc.uniqueArray(fc.nat(slots - 1), { maxLength: 40 }),
  removed: fc.uniqueArray(fc.nat(slots - 1), { maxLength: 10 }),
});

const queries = fc
  .nat(slots - 1)
  .map((number): readonly SnapshotQuery[] => [
    query(`userName eq "NAME${number % 250}"`),
    query(`userName eq "name${number % 250}" or externalId eq "E${number}"`, 'userName', 'descending'),
    query(`title eq "nurse" and userName eq "name${number % 250}"`),
    query(`emails[type eq "work" and value eq "${number % 40}.0@example.com"]`, 'title'),
    query(`id eq "${(number * 37) % slots}-${number}"`),
    query(`externalId ne "E${number}"`, 'title', 'descending'),
    query('title eq "ÄRZTIN"', 'title', 'descending'),
    query(`manager.value eq "${(number * 37) % slots}-${number}"`),
    query(`title co "n" and not (externalId eq "E${number}")`),
    query(undefined, 'userName', 'descending'),
    query(undefined),
  ]);

it('finds by key, by what many share, and in order, after every batch', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: slots }),
      fc.array(batch, { minLength: 1, maxLength: 12 }),
      queries,
      async (first, all, asked) => {
        const [snapshot, model] = [new Snapshot(snapshotTypes), new Model()];
        const apply = (each: ModelBatch): void => {
          model.apply(each);
          snapshot.apply([packBatch(each)]);
        };
        apply({ type: 'User', put: Array.from({ length: first }, (_, slot) => person(slot, 0)), removed: [] });
        for (const { turn, put, removed } of all) {
          apply({ type: 'User', put: put.map((slot) => person(slot, turn)), removed: removed.filter((slot) => !put.includes(slot)) });
          const found = await Promise.all(asked.map(async (each) => await snapshot.find([each])));
          for (const [index, each] of found.entries()) {
            const wanted = model.find([asked[index]!]).map(({ slot }) => slot);
            expect(Array.from({ length: each.length }, (_, at) => each.row(at).slot)).toEqual(wanted);
          }
        }
      },
    ),
    { numRuns: 25 },
  );
}, 120_000);
