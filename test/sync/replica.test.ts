// The guard against believing too much absence: how many rows another copy lacks.
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { Replica } from '../../src/sync/replica.ts';
import { packLinks } from '../../src/state/links.ts';
import { RowStore } from '../../src/state/rows.ts';

function replicaOf(ids: Iterable<string>): Replica {
  const store = new RowStore(':memory:', ['User', 'Group']);
  store.transact(() => {
    for (const id of ids)
      store.put(id.length % 2 === 0 ? 'User' : 'Group', undefined, {
        id,
        stamp: '',
        display: '',
        links: packLinks([]),
        body: Buffer.from('{}'),
      });
  });
  return new Replica(
    store,
    new Map([
      ['User', 0],
      ['Group', 0],
    ]),
    () => undefined,
  );
}

test('rows that another copy lacks are counted, whatever else it has, among any number of them', () => {
  const some = fc.uniqueArray(fc.string({ minLength: 1, unit: 'binary', maxLength: 6 }), { maxLength: 60 });
  const many = fc.integer({ min: 0, max: 2500 });
  fc.assert(
    fc.property(some, some, many, (own, others, count) => {
      const both = Array.from({ length: count }, (_, i) => `in both ${i}`);
      const replica = replicaOf(new Set([...both, ...own]));
      const other = replicaOf(new Set([...both, ...others]));
      const known = new Set(others);
      expect(replica.countMissing(other)).toBe(own.filter((id) => !known.has(id)).length);
      replica.store.close();
      other.store.close();
    }),
    { numRuns: 30 },
  );
});
