// The snapshot as its callers see it: batches, queries while batches come in, references, memory.
// RFC 7644 section 3.4.2; what queries find at all is the law in test/properties/snapshot.test.ts.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { OctetProjection } from '../../src/cache/octet-projection.ts';
import { type FoundRow, Snapshot, type SnapshotQuery } from '../../src/cache/snapshot.ts';
import { parseFilter, resolveFilter } from '../../src/scim/filter.ts';
import { parsePath, resolvePath } from '../../src/scim/path.ts';
import { type Projection, projectResource, withSchemas } from '../../src/scim/resource.ts';
import type { Resource } from '../../src/scim/schema.ts';
import { enterpriseUrn, groupType, userType } from '../scim/sample.ts';
import { fields, Model, type ModelBatch, type ModelRow, packBatch, snapshotTypes } from './model.ts';

const types = { User: userType, Group: groupType };

const query = (
  type: 'User' | 'Group',
  filter?: string,
  sortBy?: string,
  order: 'ascending' | 'descending' = 'ascending',
): SnapshotQuery => ({
  type,
  filter: filter === undefined ? undefined : resolveFilter(parseFilter(filter), types[type], { lenient: true }),
  sort: sortBy === undefined ? undefined : { attribute: resolvePath(parsePath(sortBy)!, types[type])!, order },
});

const row = (type: 'User' | 'Group', slot: number, members: Partial<ModelRow> = {}, body: Resource = {}): ModelRow => {
  const id = members.id ?? `${type}-${String(slot).padStart(6, '0')}`;
  return {
    slot,
    id,
    display: '',
    occupies: [],
    references: [[], []],
    body: withSchemas({ id, ...body }, types[type]),
    ...members,
  };
};

/** Both kept the same. */
class Pair {
  readonly snapshot = new Snapshot(snapshotTypes);
  readonly model = new Model();

  apply(...batches: readonly ModelBatch[]): void {
    for (const batch of batches) this.model.apply(batch);
    this.snapshot.apply(batches.map(packBatch));
  }

  /** What the snapshot finds, and what the model does. */
  async find(...queries: readonly SnapshotQuery[]): Promise<{ readonly found: readonly FoundRow[]; readonly wanted: readonly FoundRow[] }> {
    const found = await this.snapshot.find(queries);
    return {
      found: Array.from({ length: found.length }, (_, at) => found.row(at)),
      wanted: this.model.find(queries).map(({ type, slot }) => ({ type, slot })),
    };
  }

  /** A row as it is rendered, and as the model has it. */
  show(type: 'User' | 'Group', slot: number): { readonly shown: Resource; readonly wanted: Resource } {
    const shown = JSON.parse(this.snapshot.render([{ type, slot }]).toString()) as Resource;
    return { shown, wanted: this.model.resource(type, this.model.rows(type).get(slot)!) };
  }

  project(type: 'User' | 'Group', slot: number, projection: Projection): { readonly shown: Resource; readonly wanted: Resource } {
    const projections = new Map([[type, new OctetProjection(types[type], projection)]]);
    const shown = JSON.parse(this.snapshot.render([{ type, slot }], projections).toString()) as Resource;
    return { shown, wanted: projectResource(this.model.resource(type, this.model.rows(type).get(slot)!), types[type], projection) };
  }
}

const words = ['anna', 'Bernd', 'Élodie', 'jürgen', 'zoë', '😀', 'ANNA'];
const person = (slot: number, turn: number): ModelRow =>
  row(
    'User',
    slot,
    { display: words[(slot + turn) % 7]!, occupies: [slot], references: [[(slot * 7 + turn) % 800], []] },
    {
      userName: `${words[(slot * 3 + turn) % 7]}${(slot * 31 + turn) % 1000}`,
      active: (slot + turn) % 3 > 0,
      emails: [{ value: `${words[slot % 7]}@example.com`, type: 'work' }],
      meta: { created: new Date(1.6e12 + ((slot * 977 + turn) % 5000) * 1e7).toISOString() },
    },
  );

/** Every slice is over at once. */
function pauseAlways(): void {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 100));
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('Snapshot', () => {
  it('is empty in the beginning', async () => {
    const { snapshot } = new Pair();
    expect([snapshot.generation, snapshot.size(), snapshot.size('User')]).toEqual([0, 0, 0]);
    const found = await snapshot.find([query('User', 'userName sw "a"', 'userName')]);
    expect(found.length).toBe(0);
    expect(() => found.row(0)).toThrow(RangeError);
    expect(found.countBefore({ id: 'x', type: 'User' }, true)).toBe(0);
    expect(snapshot.render([]).length).toBe(0);
    expect(snapshot.locate('User', 'x')).toBeUndefined();
  });

  it('counts generations by batches that change something', () => {
    const { snapshot } = new Pair();
    const batch = packBatch({ type: 'User', put: [row('User', 0)], removed: [] });
    snapshot.apply([batch, batch]);
    expect(snapshot.generation).toBe(2);
    snapshot.apply([packBatch({ type: 'User', put: [], removed: [5] })]);
    expect(snapshot.generation).toBe(2);
    snapshot.apply([packBatch({ type: 'User', put: [], removed: [0] })]);
    expect([snapshot.generation, snapshot.size()]).toEqual([3, 0]);
  });

  it.each([
    ['of an unknown type', { type: '__proto__' }],
    ['with an id too few', { ids: [] }],
    ['with a display too many', { displays: ['', ''] }],
    ['with ends beyond its octets', { bodies: { ends: Uint32Array.of(5000), octets: Buffer.from('{}') } }],
    ['with ends that go back', { occupies: { ends: Uint32Array.of(2, 1), items: Uint32Array.of(1, 2) } }],
    ['with references of another type', { references: [] }],
    ['with a slot out of all bounds', { slots: Uint32Array.of(2 ** 31) }],
    ['with a node out of all bounds', { occupies: { ends: Uint32Array.of(1), items: Uint32Array.of(2 ** 31) } }],
  ])('refuses a batch %s before anything is changed', (_, part) => {
    const { snapshot } = new Pair();
    const batch = packBatch({ type: 'User', put: [row('User', 0)], removed: [] });
    expect(() => snapshot.apply([batch, { ...batch, ...part }])).toThrow(/no resource type|do not fit together/);
    expect([snapshot.generation, snapshot.size()]).toEqual([0, 0]);
  });

  it('refuses fields that the types do not have', () => {
    const [user, group] = snapshotTypes;
    expect(() => new Snapshot([{ ...user!, fields: [{ ...fields.members, attribute: 'nothing' }] }])).toThrow(
      'User has no attribute nothing',
    );
    expect(() => new Snapshot([user!, { ...group!, fields: [] }])).toThrow('Group has no references members');
  });

  it('locates rows by id, exactly', () => {
    const pair = new Pair();
    pair.apply({ type: 'User', put: Array.from({ length: 300 }, (_, slot) => row('User', slot, { id: `ü${slot}` })), removed: [] });
    pair.apply({ type: 'User', put: [row('User', 7, { id: 'other' })], removed: Array.from({ length: 100 }, (_, at) => at * 3) });
    expect(['ü4', 'ü299', 'ü7', 'other', 'Ü4', 'ü3', ''].map((id) => pair.snapshot.locate('User', id))).toEqual([
      4,
      299,
      undefined,
      7,
      undefined,
      undefined,
      undefined,
    ]);
    expect(pair.snapshot.locate('Group', 'other')).toBeUndefined();
  });

  it('shows references to rows that appear, vanish and move (L-036, L-037)', () => {
    const pair = new Pair();
    pair.apply({
      type: 'Group',
      put: [row('Group', 0, { id: 'g', display: 'Guides', occupies: [10], references: [[1, 2, 1, 10]] })],
      removed: [],
    });
    const members = (): unknown => (pair.show('Group', 0).shown['members'] as Resource[] | undefined)?.map(({ value }) => value);
    expect(members()).toEqual(['g']);
    pair.apply({ type: 'User', put: [row('User', 0, { id: 'u', occupies: [1, 2] })], removed: [] });
    expect(members()).toEqual(['g', 'u']);
    expect(pair.show('User', 0).shown['groups']).toEqual([{ value: 'g', $ref: 'https://x/Groups/g', display: 'Guides' }]);
    pair.apply({ type: 'User', put: [row('User', 0, { id: 'u', occupies: [3] })], removed: [] });
    expect(members()).toEqual(['g']);
    expect(pair.show('User', 0).shown['groups']).toBeUndefined();
    pair.apply({ type: 'User', put: [row('User', 1, { id: 'u', occupies: [2] })], removed: [0] });
    expect(members()).toEqual(['g', 'u']);
    pair.apply({ type: 'Group', put: [], removed: [0] });
    expect(pair.show('User', 1).shown['groups']).toBeUndefined();
  });

  it('shows an entry that is a resource of two types as the one that a reference names first, and as the other when it is only that', () => {
    const pair = new Pair();
    const holder = row('Group', 1, { id: 'h', references: [[1]] });
    const both: readonly ModelBatch[] = [
      { type: 'User', put: [row('User', 0, { id: 'x', occupies: [1] })], removed: [] },
      { type: 'Group', put: [row('Group', 0, { id: 'x', occupies: [1] }), holder], removed: [] },
    ];
    const shown = (): unknown => {
      const { shown: resource, wanted } = pair.show('Group', 1);
      expect(resource).toEqual(wanted);
      return (resource['members'] as readonly Resource[] | undefined)?.map(({ value, type }) => [value, type]);
    };
    pair.apply(...both);
    expect(shown()).toEqual([['x', 'User']]);
    pair.apply({ type: 'Group', put: [], removed: [0] });
    expect(shown()).toEqual([['x', 'User']]);
    pair.apply(both[1]!, { type: 'User', put: [], removed: [0] });
    expect(shown()).toEqual([['x', 'Group']]);
    pair.apply(both[0]!);
    expect(shown()).toEqual([['x', 'User']]);
  });

  it.each<[string, Resource]>([
    ['inside its extension', { [enterpriseUrn]: { department: 'D' } }],
    ['inside an extension that holds nothing', { [enterpriseUrn]: {} }],
    ['in an extension that the body lacks, which `schemas` then lists', {}],
    ['beside texts that look like JSON', { userName: `}],"${enterpriseUrn}":{"x`, nickName: '\\"}' }],
  ])('puts a manager %s', (_, body) => {
    const pair = new Pair();
    const manager = row('User', 1, { id: 'boss', display: 'Böss"', occupies: [4] });
    pair.apply({ type: 'User', put: [row('User', 0, { references: [[4], []] }, body), manager], removed: [] });
    const named = pair.project('User', 0, { attributes: ['userName'] });
    expect(named.shown).toEqual(named.wanted);
    const { shown, wanted } = pair.show('User', 0);
    expect(shown).toEqual(wanted);
    expect(shown[enterpriseUrn]).toMatchObject({ manager: { value: 'boss', displayName: 'Böss"' } });
    expect(shown['schemas']).toEqual([userType.schema.id, enterpriseUrn]);
    expect(pair.show('User', 1).shown['schemas']).toEqual([userType.schema.id]);
  });

  it('renders a body without members', () => {
    const pair = new Pair();
    const put = [row('User', 0, { body: {}, references: [[1], [1]] }), row('User', 1, { id: 'u', occupies: [2] })];
    pair.apply({ type: 'User', put, removed: [] }, { type: 'Group', put: [row('Group', 0, { id: 'g', occupies: [1] })], removed: [] });
    expect(JSON.parse(pair.snapshot.render([{ type: 'User', slot: 0 }]).toString())).toEqual({
      groups: [{ value: 'g', $ref: 'https://x/Groups/g' }],
    });
  });

  it('shows what references name now, however often that changes after it was shown', async () => {
    const pair = new Pair();
    const manager = (display: string, node = 4): ModelRow => row('User', 1, { id: 'boss', display, occupies: [node] });
    const check = (): void => {
      for (const slot of pair.model.rows('User').keys()) {
        const { shown, wanted } = pair.show('User', slot);
        expect(shown).toEqual(wanted);
      }
    };
    pair.apply({ type: 'User', put: [row('User', 0, { references: [[4], []], occupies: [1] }), manager('Ann')], removed: [] });
    await pair.snapshot.prepare();
    for (const display of ['Bernd', 'Bernd', '', 'Ann with a longer name', 'Zoë']) {
      pair.apply({ type: 'User', put: [manager(display)], removed: [] });
      check();
    }
    const group = (display: string, members: readonly number[]): ModelBatch => ({
      type: 'Group',
      put: [row('Group', 0, { id: 'g', display, occupies: [9], references: [members] })],
      removed: [],
    });
    for (const batch of [group('G', [1]), group('H', [1, 4]), group('H', [4]), { type: 'Group', put: [], removed: [0] } as const]) {
      pair.apply(batch);
      check();
    }
    // Somebody moves away, and somebody else gets the name: references go where the name leads.
    pair.apply(group('G', [1, 4]));
    check();
    pair.apply({ type: 'User', put: [manager('Moved', 5)], removed: [] });
    check();
    pair.apply({ type: 'User', put: [row('User', 2, { id: 'heir', occupies: [4] })], removed: [] });
    check();
    pair.apply({ type: 'User', put: [row('User', 3, { id: 'usurper', occupies: [1] })], removed: [] });
    check();
    pair.apply({ type: 'User', put: [], removed: [2, 3] });
    check();
  });

  it('keeps no body that consists of references for the most part, and shows it right', () => {
    const pair = new Pair();
    const all = Array.from({ length: 20 }, (_, slot) => slot);
    pair.apply(
      { type: 'User', put: all.map((slot) => person(slot, 0)), removed: [] },
      { type: 'Group', put: [row('Group', 0, { id: 'g', display: 'all', occupies: [5000], references: [all] })], removed: [] },
    );
    const before = pair.snapshot.octets;
    const { shown, wanted } = pair.show('Group', 0);
    expect(shown).toEqual(wanted);
    expect(shown['members']).toHaveLength(20);
    expect(pair.snapshot.octets).toBe(before);
    const without = pair.project('Group', 0, { excludedAttributes: ['members'] });
    expect(without.shown).toEqual(without.wanted);
  });

  it('prepares lists in slices while batches come in', async () => {
    pauseAlways();
    const pair = new Pair();
    const all = Array.from({ length: 300 }, (_, slot) => slot);
    pair.apply({ type: 'User', put: all.map((slot) => person(slot, 0)), removed: [] });
    const prepared = pair.snapshot.prepare();
    for (let turn = 1; turn < 20; turn += 1) {
      pair.apply({ type: 'User', put: all.slice(turn * 10).map((slot) => person(slot, turn)), removed: [turn] });
      await new Promise((resolve) => setImmediate(resolve));
    }
    await prepared;
    for (const slot of pair.model.rows('User').keys()) {
      const { shown, wanted } = pair.show('User', slot);
      expect(shown).toEqual(wanted);
    }
  });

  it('keeps a page until the next batch', async () => {
    const pair = new Pair();
    pair.apply({ type: 'User', put: [0, 1, 2, 3].map((slot) => row('User', slot)), removed: [] });
    const page = (await pair.snapshot.find([query('User')])).page(1, 3);
    expect((await pair.snapshot.find([query('User')])).page(1, 3)).toBe(page);
    expect(JSON.parse(`[${page.toString()}]`)).toHaveLength(2);
    pair.apply({ type: 'User', put: [], removed: [0] });
    const changed = (await pair.snapshot.find([query('User')])).page(1, 9);
    expect((JSON.parse(`[${changed.toString()}]`) as Resource[]).map(({ id }) => id)).toEqual(['User-000002', 'User-000003']);
  });

  it('finds what is true when it answers, whatever comes in while it looks', async () => {
    pauseAlways();
    const pair = new Pair();
    const all = Array.from({ length: 800 }, (_, slot) => slot);
    pair.apply({ type: 'User', put: all.map((slot) => person(slot, 0)), removed: [] });
    pair.apply({
      type: 'Group',
      put: [row('Group', 0, { id: 'g', display: 'anna', occupies: [5000], references: [all.filter((slot) => slot % 2 === 0)] })],
      removed: [],
    });
    const queries = [
      [query('User')],
      [query('User', 'userName co "n" and not (active eq false)')],
      [query('User', 'emails[type eq "work" and value sw "é"]', 'userName', 'descending')],
      [query('User', 'meta.created gt "2021-01-01T00:00:00Z"', 'meta.created')],
      [query('User', `${enterpriseUrn}:manager.displayName sw "a"`, `${enterpriseUrn}:manager.displayName`)],
      [query('User', 'groups.display eq "anna" or groups.value eq "g"')],
      [query('Group', 'members.value eq "User-000008"'), query('User', 'userName sw "z"', 'userName')],
    ];
    for (let turn = 1; turn <= 4; turn += 1) {
      const answers = queries.map(async (each) => await pair.snapshot.find(each));
      for (let step = 0; step < 5; step += 1) {
        const slots = all.filter((slot) => (slot + turn * 5 + step) % 41 === 0);
        const removed = slots.filter((slot) => slot % 5 === turn % 5);
        const put = slots.filter((slot) => !removed.includes(slot)).map((slot) => person(slot, turn));
        pair.apply({ type: 'User', put, removed });
        const references = [all.filter((slot) => (slot + step) % (turn + 1) === 0)];
        pair.apply({
          type: 'Group',
          put: [row('Group', 0, { id: 'g', display: words[step]!, occupies: [5000], references })],
          removed: [],
        });
        await new Promise((resolve) => setImmediate(resolve));
      }
      // Nobody waits for something forever, and nothing is remembered wrongly.
      for (const answer of answers) expect((await answer).generation).toBeLessThanOrEqual(pair.snapshot.generation);
      for (const each of queries) {
        const { found, wanted } = await pair.find(...each);
        expect(found).toEqual(wanted);
      }
    }
  });

  it('answers by the rows of the moment, also where another query has begun to make what it needs', async () => {
    pauseAlways();
    const pair = new Pair();
    const all = Array.from({ length: 400 }, (_, slot) => slot);
    pair.apply({ type: 'User', put: all.map((slot) => person(slot, 0)), removed: [] });
    const queries = [
      query('User', 'userName sw "a"', 'userName'),
      query('User', 'userName co "n" and active eq true', 'meta.created'),
      query('User', 'not (userName ew "1")'),
      query('User', 'userName gt "c"', 'emails', 'descending'),
      query('User', `${enterpriseUrn}:manager.displayName sw "a"`, `${enterpriseUrn}:manager.displayName`),
    ];
    const checks: Promise<readonly [found: readonly number[], wanted: readonly number[]]>[] = [];
    for (let turn = 1; turn <= 150; turn += 1) {
      const asked = queries[turn % queries.length]!;
      const check = pair.snapshot.find([asked]).then((found) => {
        const slots = Array.from({ length: found.length }, (_, at) => found.row(at).slot);
        return [slots, pair.model.find([asked]).map(({ slot }) => slot)] as const;
      });
      checks.push(check);
      // A batch comes in as a message: not before what is to be done now is done.
      await new Promise((resolve) => setImmediate(resolve));
      pair.apply({
        type: 'User',
        put: all.filter((slot) => slot % 50 === turn % 50).map((slot) => person(slot, turn)),
        removed: [turn * 2],
      });
    }
    for (const [found, wanted] of await Promise.all(checks)) expect(found).toEqual(wanted);
  });

  it('gives the room of rows that are gone back', () => {
    const pair = new Pair();
    const put = (turn: number) => Array.from({ length: 500 }, (_, slot) => person(slot, turn));
    pair.apply({ type: 'User', put: put(0), removed: [] });
    const once = pair.snapshot.octets;
    for (let turn = 1; turn < 40; turn += 1) pair.snapshot.apply([packBatch({ type: 'User', put: put(turn), removed: [] })]);
    pair.apply({ type: 'User', put: put(40), removed: [] });
    expect(pair.snapshot.octets).toBeLessThan(3 * once);
    for (const slot of [0, 17, 499]) {
      const { shown, wanted } = pair.show('User', slot);
      expect(shown).toEqual(wanted);
    }
  });

  it('answers with the little room that it is given', async () => {
    const snapshot = new Snapshot(snapshotTypes, { derivations: 1000, results: 1000, pages: 1000 });
    const model = new Model();
    const batch = { type: 'User', put: Array.from({ length: 1000 }, (_, slot) => person(slot, 0)), removed: [] };
    model.apply(batch);
    snapshot.apply([packBatch(batch)]);
    const asked = [query('User', 'userName co "n" and active eq true', 'userName')];
    for (let turn = 0; turn < 2; turn += 1) {
      const found = await snapshot.find(asked);
      expect(Array.from({ length: found.length }, (_, at) => found.row(at).slot)).toEqual(model.find(asked).map(({ slot }) => slot));
      expect(JSON.parse(`[${found.page(0, 3).toString()}]`)).toHaveLength(3);
    }
  });
});
