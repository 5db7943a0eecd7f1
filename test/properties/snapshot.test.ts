// The law of the snapshot: whatever was put and removed, any query finds what the evaluator finds among the same resources, in its order.
// RFC 7644 sections 3.4.2.2 and 3.4.2.3; L-001, R-131, R-133.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Snapshot, type SnapshotQuery } from '../../src/cache/snapshot.ts';
import { type CompareOperator, type Filter, resolveFilter, type ResolvedFilter } from '../../src/scim/filter.ts';
import type { Order } from '../../src/scim/match.ts';
import { parsePath, resolvePath } from '../../src/scim/path.ts';
import { withSchemas } from '../../src/scim/resource.ts';
import type { Json, Resource, ResourceType } from '../../src/scim/schema.ts';
import { comparePlaces, Model, type ModelBatch, type ModelRow, packBatch, snapshotTypes } from '../cache/model.ts';
import { badgeUrn, enterpriseUrn, groupType, userType } from '../scim/sample.ts';

const types: Readonly<Record<string, ResourceType>> = { User: userType, Group: groupType };
const slots = 7;

const long = 'x'.repeat(499);
const words = [
  'a',
  'A',
  'ab',
  'aB',
  'b',
  'B ',
  'é',
  'E\u0301',
  'ａ',
  'ß',
  'ss',
  '😀',
  '～',
  '\ud83d',
  '"',
  '\\',
  '\u0000',
  '\u2028',
  '',
  'work',
  'WORK',
];
const word = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...words) },
  { weight: 1, arbitrary: fc.constantFrom(`${long}ab`, `${long}ac`, `${long}😀b`, `${long}😀a`) },
);
const time = fc.constantFrom(
  '2020-01-01T00:00:00Z',
  '2020-01-01T01:00:00+01:00',
  '2020-01-01T00:00:00.5Z',
  '2020-01-01T00:00:00.123456789Z',
  '2020-01-01T00:00:00.1234568Z',
  '9999-12-31T23:59:59Z',
  '0001-01-01T00:00:00Z',
  'never',
);
const number = fc.constantFrom(-1, -0, 0, 0.5, 1, 7, 2 ** 53, 1e300);
const binary = fc.constantFrom('AAEC', 'AAEC=', '__-_', '//+/');
/** Now and then a value of another type: rows are believed nothing. */
const odd = <T extends Json>(value: fc.Arbitrary<T>): fc.Arbitrary<Json> =>
  fc.oneof({ weight: 30, arbitrary: value }, { weight: 1, arbitrary: fc.oneof<fc.Arbitrary<Json>[]>(word, number, fc.boolean()) });
const some = (members: Record<string, fc.Arbitrary<Json>>): fc.Arbitrary<Resource> =>
  fc.record(members, { requiredKeys: [] }) as fc.Arbitrary<Resource>;
const list = (element: fc.Arbitrary<Json>): fc.Arbitrary<Json> => fc.array(element, { minLength: 1, maxLength: 3 });

const mail = some({ value: odd(word), type: fc.constantFrom('work', 'home', 'Work'), primary: fc.boolean(), display: word });
const userBody = some({
  externalId: word,
  userName: odd(word),
  name: some({ familyName: word, givenName: odd(word) }),
  title: word,
  active: odd(fc.boolean()),
  emails: list(mail),
  x509Certificates: list(some({ value: binary })),
  meta: some({ created: odd(time), lastModified: time, resourceType: fc.constant('User') }),
  [enterpriseUrn]: some({ department: word }),
  [badgeUrn]: some({ number: odd(number), weight: number, issued: time, picture: binary, serial: word, doors: list(odd(word)) }),
});
const groupBody = some({ displayName: odd(word), externalId: word, meta: some({ created: time }) });

const userPaths = {
  text: [
    'userName',
    'externalId',
    'name.familyName',
    'name.givenName',
    'title',
    'emails',
    'emails.value',
    'emails.type',
    'emails.display',
    `${enterpriseUrn}:department`,
    `${badgeUrn}:serial`,
    `${badgeUrn}:doors`,
    'groups.display',
    `${enterpriseUrn}:manager.displayName`,
    'x509Certificates.value',
    `${badgeUrn}:picture`,
  ],
  time: ['meta.created', 'meta.lastModified', `${badgeUrn}:issued`],
  number: [`${badgeUrn}:number`, `${badgeUrn}:weight`],
  flag: ['active', 'emails.primary'],
  reference: ['id', 'groups.value', 'groups', 'groups.$ref', `${enterpriseUrn}:manager.value`, `${enterpriseUrn}:manager.$ref`],
  whole: ['name', 'emails', 'meta', `${enterpriseUrn}:manager`, 'groups', 'schemas'],
  listed: { emails: ['value', 'type', 'primary', 'display'], groups: ['value', 'display'], name: ['familyName'] },
};
const groupPaths: typeof userPaths = {
  text: ['displayName', 'externalId', 'members.display', 'members.type'],
  time: ['meta.created'],
  number: [],
  flag: [],
  reference: ['id', 'members.value', 'members.$ref', 'members'],
  whole: ['members', 'meta'],
  listed: { emails: [], groups: [], name: [] },
};

const idOf = (type: string, slot: number): string => `${['7', 'é', '😀', '\ue000', 'A', 'a', 'aa'][slot] ?? ''}-${type}`;
const ids = fc.tuple(fc.constantFrom('User', 'Group'), fc.nat(slots - 1)).map(([type, slot]) => idOf(type, slot));
const operators: readonly CompareOperator[] = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'];

function filters(paths: typeof userPaths, type: string): fc.Arbitrary<Filter> {
  const compare = (names: readonly string[], value: fc.Arbitrary<Exclude<Json, object> | null>): fc.Arbitrary<Filter>[] =>
    names.length === 0
      ? []
      : [
          fc
            .tuple(fc.constantFrom(...names), fc.constantFrom(...operators), value)
            .map(([path, operator, literal]): Filter => ({ kind: 'compare', path: parsePath(path)!, operator, value: literal })),
        ];
  const present = (names: readonly string[]): fc.Arbitrary<Filter> =>
    fc.constantFrom(...names).map((path): Filter => ({ kind: 'present', path: parsePath(path)! }));
  const refs = fc.oneof(
    ids,
    ids.map((id) => `https://x/Users/${id}`),
    ids.map((id) => `https://x/Groups/${id}`),
  );
  const leaf = fc.oneof(
    ...compare(paths.text, word),
    ...compare(paths.time, time),
    ...compare(paths.number, number),
    ...compare(paths.flag, fc.boolean()),
    ...compare(paths.reference, refs),
    present([...paths.text, ...paths.time, ...paths.flag, ...paths.reference, ...paths.whole].filter((path) => path !== 'id')),
  );
  const inner = (subs: readonly string[]): fc.Arbitrary<Filter> =>
    combined(fc.oneof(...compare(subs, fc.oneof(word, ids, fc.boolean())), present(subs)), 2);
  const valuePath = (path: string, subs: readonly string[]): fc.Arbitrary<Filter> =>
    inner(subs).map((filter) => ({ kind: 'valuePath', path: parsePath(path)!, filter }));
  const valuePaths =
    type === 'User'
      ? fc.oneof(
          valuePath('emails', paths.listed.emails),
          valuePath('groups', paths.listed.groups),
          valuePath('name', paths.listed.name),
          valuePath(`${enterpriseUrn}:manager`, ['value', 'displayName']),
          valuePath(`${badgeUrn}:doors`, ['value']),
        )
      : valuePath('members', ['value', 'display', 'type']);
  return combined(fc.oneof({ weight: 4, arbitrary: leaf }, { weight: 1, arbitrary: valuePaths }), 3);
}

function combined(leaf: fc.Arbitrary<Filter>, depth: number): fc.Arbitrary<Filter> {
  const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: depth, depthSize: 'small' },
      leaf,
      fc.record({ kind: fc.constantFrom('and', 'or'), filters: fc.array(tie('filter'), { minLength: 2, maxLength: 3 }) }),
      fc.record({ kind: fc.constant('not' as const), filter: tie('filter') }),
    ),
  }));
  return filter;
}

/** Undefined for a filter that no client may send. */
function tryResolve(filter: Filter, type: ResourceType): ResolvedFilter | undefined {
  try {
    return resolveFilter(filter, type, { lenient: true });
  } catch {
    return undefined;
  }
}

const resolved = (type: string): fc.Arbitrary<ResolvedFilter | undefined> =>
  fc.option(
    filters(type === 'User' ? userPaths : groupPaths, type)
      .map((filter) => tryResolve(filter, types[type]!))
      .filter((filter) => filter !== undefined),
    { nil: undefined, freq: 5 },
  );

const sorts = (type: string): fc.Arbitrary<Order | undefined> => {
  const paths = type === 'User' ? userPaths : groupPaths;
  const names = [...paths.text, ...paths.time, ...paths.number, ...paths.flag, ...paths.reference];
  return fc.option(
    fc.record({
      attribute: fc.constantFrom(...names).map((name) => resolvePath(parsePath(name)!, types[type]!)!),
      order: fc.constantFrom('ascending', 'descending'),
    }),
    { nil: undefined, freq: 2 },
  );
};

const single = fc
  .constantFrom('User', 'Group')
  .chain((type) => fc.record({ type: fc.constant(type), filter: resolved(type), sort: sorts(type) }));
const both = fc
  .tuple(resolved('User'), sorts('User'), resolved('Group'), sorts('Group'), fc.boolean(), fc.constantFrom('ascending', 'descending'))
  .map(([userFilter, userSort, groupFilter, groupSort, isUserFirst, order]): SnapshotQuery[] => {
    const queries = [
      { type: 'User', filter: userFilter, sort: userSort && ({ ...userSort, order } as const) },
      { type: 'Group', filter: groupFilter, sort: groupSort && ({ ...groupSort, order } as const) },
    ];
    return isUserFirst ? queries : queries.toReversed();
  });
const query: fc.Arbitrary<readonly SnapshotQuery[]> = fc.oneof(
  { weight: 3, arbitrary: single.map((each) => [each]) },
  { weight: 1, arbitrary: both },
);

const nodes = fc.array(fc.nat(2 * slots), { maxLength: 3 });
interface Change {
  readonly type: string;
  readonly removed: readonly number[];
  readonly put: readonly { slot: number; body: Resource; display: string; occupies: readonly number[]; references: readonly number[][] }[];
}
const change: fc.Arbitrary<Change> = fc.constantFrom('User', 'Group').chain((type) =>
  fc.record({
    type: fc.constant(type),
    removed: fc.array(fc.nat(slots - 1), { maxLength: 2 }),
    put: fc.uniqueArray(
      fc.record({
        slot: fc.nat(slots - 1),
        body: type === 'User' ? userBody : groupBody,
        display: fc.constantFrom('', 'a', 'A', 'work', '😀'),
        occupies: nodes,
        references: fc.tuple(nodes, nodes),
      }),
      { selector: ({ slot }) => slot, maxLength: 4 },
    ),
  }),
);

/** Without two rows on one node. The id of a slot changes with the body. */
function batchOf({ type, removed, put }: Change, model: Model): ModelBatch {
  const taken = new Set<number>();
  const rows = put.map(({ slot, body, display, occupies, references }): ModelRow => {
    const free = occupies.filter((node) => model.isFree(node, type, slot) && !taken.has(node));
    for (const node of free) taken.add(node);
    const id = idOf(type, slot);
    const json = JSON.parse(JSON.stringify(withSchemas({ id, ...body }, types[type]!))) as Resource;
    return { slot, id, display, body: json, occupies: [...new Set(free)], references };
  });
  return { type, removed, put: rows };
}

async function compare(snapshot: Snapshot, model: Model, queries: readonly SnapshotQuery[]): Promise<void> {
  const found = await snapshot.find(queries);
  const wanted = model.find(queries);
  expect(Array.from({ length: found.length }, (_, at) => found.row(at))).toEqual(wanted.map(({ type, slot }) => ({ type, slot })));
  expect(found.generation).toBe(snapshot.generation);
  expect(Array.from({ length: found.length }, (_, at) => found.position(at))).toEqual(wanted.map(({ position }) => position));
  const order = comparePlaces(queries);
  for (const { position } of wanted) {
    expect(found.countBefore(position, false)).toBe(wanted.filter((each) => order(each.position, position) < 0).length);
    expect(found.countBefore(position, true)).toBe(wanted.filter((each) => order(each.position, position) <= 0).length);
  }
  const resources = wanted.map(({ type, slot }) => model.resource(type, model.rows(type).get(slot)!));
  const rows = wanted.map(({ type, slot }) => ({ type, slot }));
  const plain = (json: unknown): unknown => (json === undefined ? undefined : JSON.parse(JSON.stringify(json)));
  expect(JSON.parse(`[${snapshot.render(rows).toString()}]`)).toEqual(plain(resources));
  expect(rows.map((row) => snapshot.metaOf(row))).toEqual(resources.map(({ meta }) => plain(meta)));
  expect(found.page(1, 3).equals(snapshot.render(rows.slice(1, 3)))).toBe(true);
}

const runs = Number(process.env['RUNS'] ?? 400);

it('finds what the evaluator finds, whatever was put and removed in between', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(change, { minLength: 1, maxLength: 6 }),
      fc.array(query, { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      async (changes, queries, asksEarly) => {
        const [snapshot, model] = [new Snapshot(snapshotTypes), new Model()];
        for (const each of changes) {
          const batch = batchOf(each, model);
          model.apply(batch);
          snapshot.apply([packBatch(batch)]);
          for (const { type } of snapshotTypes) expect(snapshot.size(type.name)).toBe(model.rows(type.name).size);
          if (asksEarly) for (const one of queries) await compare(snapshot, model, one);
        }
        for (const one of queries) await compare(snapshot, model, one);
      },
    ),
    { numRuns: runs, ...(process.env['SEED'] && { seed: Number(process.env['SEED']) }) },
  );
}, 120_000);
