// The rows of a snapshot as they are kept: slots, names, and that rows and marks change together or not at all.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { packLinks } from '../../src/state/links.ts';
import { RowStore, type StoredRow } from '../../src/state/rows.ts';

const row = (id: string, references: readonly ArrayLike<number>[] = []): StoredRow => ({
  id,
  stamp: `stamp of ${id}`,
  display: '',
  links: packLinks([[1], ...references]),
  body: Buffer.from(`{"id":"${id}"}`),
});
const marks = { fingerprint: 'f', kind: 'entrycsn', cookie: 'c', truth: 1 };
const idsOf = (store: RowStore, type: string): readonly string[] => [...store.ids(type)].map(({ id }) => id).toSorted();

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rows-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe.each(['memory', 'a file'])('rows in %s', (where) => {
  const open = (): RowStore => new RowStore(where === 'memory' ? ':memory:' : join(folder, 'rows.db'), ['User', 'Group']);

  test('come back as they were put, by id, by slot and all together', () => {
    const store = open();
    const references = [[], Uint32Array.from({ length: 50_000 }, (_, i) => i * 3)];
    const { links } = row('g', references);
    const slot = store.put('Group', undefined, row('g', references));
    store.put('User', undefined, row('u'));
    expect(store.find('Group', 'g')).toMatchObject({ slot, stamp: 'stamp of g', links });
    expect(store.find('User', 'g')).toBeUndefined();
    expect(store.read('Group', slot)).toMatchObject({ id: 'g', links });
    expect([...store.rows('Group')]).toMatchObject([{ slot, id: 'g', links }]);
    expect([...store.referring('Group')]).toEqual([{ slot, links }]);
    expect([...store.referring('User')]).toEqual([]);
    store.close();
  });

  test('and marks change in one transaction, or neither does', () => {
    const store = open();
    store.transact(() => {
      store.put('User', undefined, row('a'));
      store.number('uid=a');
      store.marks = marks;
    });
    expect(() =>
      store.transact(() => {
        store.put('User', undefined, row('b'));
        store.remove('User', 0);
        store.number('uid=b');
        store.marks = { ...marks, cookie: 'later' };
        throw new Error('in the middle');
      }),
    ).toThrow('in the middle');
    expect(store.marks).toEqual(marks);
    expect(idsOf(store, 'User')).toEqual(['a']);
    expect([store.nameCount, store.knownNumber('uid=b')]).toEqual([1, undefined]);
    // What was given out in vain is given out again.
    expect(store.put('User', undefined, row('c'))).toBe(1);
    expect(store.number('uid=c')).toBe(1);
    store.close();
  });

  test('have slots and names that are dense, of each type on its own, after any puts and removals', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('User', 'Group'), fc.integer({ min: 0, max: 12 }), fc.boolean()), { maxLength: 60 }),
        (steps) => {
          let store = open();
          try {
            const held = new Map<string, number>();
            for (const [type, number, isPut] of steps) {
              const key = `${type} ${number}`;
              const slot = held.get(key);
              if (isPut) held.set(key, store.put(type, slot, row(String(number))));
              else if (slot !== undefined) {
                store.remove(type, slot);
                held.delete(key);
              }
              if (where !== 'memory' && number === 0) {
                store.close();
                store = open();
              }
            }
            for (const type of ['User', 'Group']) {
              const own = [...held].filter(([key]) => key.startsWith(type));
              expect(idsOf(store, type)).toEqual(own.map(([key]) => key.split(' ')[1]).toSorted());
              expect(store.count(type)).toBe(own.length);
              expect(new Set(own.map(([, slot]) => slot)).size).toBe(own.length);
              for (const [key, slot] of own) expect(store.read(type, slot)?.id).toBe(key.split(' ')[1]);
              // Never more slots than were ever needed at once.
              expect(Math.max(-1, ...own.map(([, slot]) => slot))).toBeLessThan(13);
            }
          } finally {
            for (const type of ['User', 'Group']) for (const { slot } of Array.from(store.ids(type))) store.remove(type, slot);
            store.close();
          }
        },
      ),
      { numRuns: where === 'memory' ? 200 : 25 },
    );
  });
});

describe('a draft', () => {
  const types = ['User', 'Group'];
  const everything = (store: RowStore): unknown =>
    types.map((type) => [
      [...store.rows(type)],
      store.count(type),
      store.nextIds(type, ''),
      [...store.referring(type)],
      store.idsBetween(type, '3', '7'),
    ]);

  test('is, once it is complete, what it would have become row by row', async () => {
    const step = fc.record({
      type: fc.constantFrom(...types),
      id: fc.integer({ min: 0, max: 12 }).map(String),
      name: fc.string({ minLength: 1, unit: 'grapheme', maxLength: 400 }),
      isPut: fc.boolean(),
    });
    const property = fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.nat(60), async (steps, completed) => {
      const file = join(mkdtempSync(join(folder, 'draft-')), 'rows.db');
      const [plain, draft] = [new RowStore(':memory:', types), new RowStore(file, types, true)];
      for (const [at, { type, id, name, isPut }] of steps.entries()) {
        if (at === completed) await draft.complete();
        const [number, slot] = [plain.number(name), plain.find(type, id)?.slot];
        const own = draft.find(type, id)?.slot;
        expect([draft.number(name), draft.knownNumber(name), draft.knownNumber(`${name}?`), own]).toEqual([
          number,
          number,
          plain.knownNumber(`${name}?`),
          slot,
        ]);
        const replacement = row(id, [[number], []]);
        for (const store of [plain, draft])
          store.transact(() => {
            if (isPut) store.put(type, slot, replacement);
            else if (slot !== undefined) store.remove(type, slot);
          });
      }
      await draft.complete();
      draft.marks = marks;
      draft.close();
      const reopened = new RowStore(file, types);
      expect(reopened.setAside).toBeUndefined();
      expect(reopened.marks).toEqual(marks);
      expect([reopened.nameCount, everything(reopened)]).toEqual([plain.nameCount, everything(plain)]);
      reopened.close();
      plain.close();
    });
    await fc.assert(property, { numRuns: 40 });
  });

  test('in memory can be kept up when it is complete, and rolls back then', async () => {
    const draft = new RowStore(':memory:', types, true);
    draft.put('User', undefined, row('a'));
    await draft.complete();
    expect(() =>
      draft.transact(() => {
        draft.put('User', undefined, row('b'));
        throw new Error('in the middle');
      }),
    ).toThrow('in the middle');
    expect(idsOf(draft, 'User')).toEqual(['a']);
    draft.close();
  });
});
