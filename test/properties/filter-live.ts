// L-008: what the directory and the gateway find together is what the evaluator finds in memory among all resources, for any filter.
// A directory joins by calling `describeEquivalence` with its Face. RFC 7644 section 3.4.2.2. SEED and FILTERS (how many) come from the environment; without SEED every run is another one.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ScimError } from '../../src/scim/error.ts';
import {
  type CompareOperator,
  type Filter,
  formatFilter,
  type Literal,
  parseFilter,
  type ResolvedFilter,
  resolveFilter,
} from '../../src/scim/filter.ts';
import { compileFilter } from '../../src/scim/match.ts';
import { parsePath } from '../../src/scim/path.ts';
import type { Resource, ResourceType } from '../../src/scim/schema.ts';
import type { Face } from '../directory/faces.ts';
import { addOddEntries, oddMails, oddNumbers, oddPhones, oddTexts } from '../directory/odd-entries.ts';
import { urn } from '../directory/scim-client.ts';
import { openStage, type Stage } from '../directory/stage.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
const numRuns = Number(process.env['FILTERS'] ?? 400);

const textPaths = [
  'userName',
  'externalId',
  'displayName',
  'title',
  'name.givenName',
  'name.familyName',
  'name.formatted',
  'addresses.streetAddress',
  'addresses.locality',
  'addresses.region',
  'addresses.postalCode',
  `${urn.enterprise}:organization`,
  `${urn.enterprise}:manager.displayName`,
  'groups.display',
];
const numberPaths = [`${urn.enterprise}:employeeNumber`, `${urn.enterprise}:department`];
const mixedPaths = ['preferredLanguage', 'emails.type', 'phoneNumbers.type', 'groups.type', 'meta.resourceType', 'schemas'];
const refPaths = ['id', 'groups.value', 'groups.$ref', `${urn.enterprise}:manager.value`];

const textOperators: readonly CompareOperator[] = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'];

/** A literal that is a value, almost one, or a part of one. */
const near = (values: readonly string[]): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom(...values), fc.nat(9), fc.nat(), fc.nat()).map(([value, how, from, to]) => {
    const points = [...value];
    const start = from % (points.length + 1);
    switch (how) {
      case 0:
        return value.toUpperCase();
      case 1:
        return value.toLowerCase();
      case 2:
        return value.normalize('NFD');
      case 3:
        return ` ${value}`;
      case 4:
        return value.replaceAll(' ', '');
      case 5:
        return points.slice(start, start + 1 + (to % 4)).join('');
      case 6:
        return points.slice(0, start).join('');
      case 7:
        return points.slice(start).join('');
      default:
        return value;
    }
  });

export function filtersFor(ids: readonly string[], isGroup: boolean, base: string): fc.Arbitrary<Filter> {
  const pathOf = (text: string) => {
    const path = parsePath(text);
    if (path === undefined) throw new Error(`${text} is no path`);
    return path;
  };
  const compare = (paths: readonly string[], literals: fc.Arbitrary<Literal>, operators = textOperators): fc.Arbitrary<Filter> =>
    fc
      .tuple(fc.constantFrom(...paths), fc.constantFrom(...operators), literals)
      .map(([path, operator, value]) => ({ kind: 'compare', path: pathOf(path), operator, value }));
  const someId = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...ids) },
    { weight: 1, arbitrary: fc.constantFrom('none', '88888888-8888-8888-8888-888888888888') },
  );
  const times = fc.constantFrom(
    '2020-01-01T00:00:00Z',
    '2099-12-31T23:59:59.999+14:00',
    '0001-01-03T00:00:00.0000000Z',
    new Date().toISOString(),
    new Date(Math.floor(Date.now() / 1000) * 1000).toISOString(),
  );
  const timeLeaf = compare(['meta.created', 'meta.lastModified'], times, ['eq', 'ne', 'gt', 'ge', 'lt', 'le']);
  const presence = (paths: readonly string[]): fc.Arbitrary<Filter> =>
    fc.constantFrom(...paths).map((path) => ({ kind: 'present', path: pathOf(path) }));

  const inElement: fc.Arbitrary<Filter> = fc.oneof(
    compare(['type'], fc.constantFrom('work', 'WORK', 'mobile', 'home', 'other'), ['eq', 'ne']),
    compare(['value'], near([...oddMails, ...oddPhones])),
    compare(['primary'], fc.boolean(), ['eq', 'ne']),
    presence(['type', 'value', 'primary', 'display']),
  );
  const valuePath = fc
    .tuple(fc.constantFrom('emails', 'phoneNumbers'), fc.oneof(inElement, combined(inElement, 3)))
    .map(([path, filter]): Filter => ({ kind: 'valuePath', path: pathOf(path), filter }));

  const leaves = isGroup
    ? [
        compare(['displayName', 'externalId', 'members.display'], near(oddTexts)),
        compare(
          ['members.value', 'id', 'members'],
          fc.oneof(
            { weight: 5, arbitrary: someId },
            someId.map((id) => `${base}/Users/${id}`),
          ),
          ['eq', 'ne'],
        ),
        compare(
          ['members.$ref'],
          fc.tuple(fc.constantFrom('Users', 'Groups'), someId).map(([type, id]) => `${base}/${type}/${id}`),
          ['eq', 'ne'],
        ),
        compare(['members.type'], fc.constantFrom('User', 'Group', 'user'), ['eq', 'ne', 'co']),
        someId.map((value): Filter => ({
          kind: 'valuePath',
          path: pathOf('members'),
          filter: { kind: 'compare', path: pathOf('value'), operator: 'eq', value },
        })),
        presence(['members', 'members.value', 'externalId', 'displayName', 'meta.created']),
      ]
    : [
        compare(textPaths, near(oddTexts)),
        compare(textPaths, near(oddTexts), ['eq', 'ne']),
        compare(numberPaths, near(oddNumbers)),
        compare(mixedPaths, fc.constantFrom('en', 'DE-ch', 'work', 'home', 'direct', 'User', 'user', urn.user, urn.enterprise), [
          'eq',
          'ne',
          'co',
          'sw',
        ]),
        compare(['emails', 'emails.value'], near(oddMails)),
        compare(['phoneNumbers', 'phoneNumbers.value'], near(oddPhones)),
        compare(['active', 'emails.primary', 'phoneNumbers.primary'], fc.boolean(), ['eq', 'ne']),
        compare(refPaths, someId, ['eq', 'ne']),
        compare(textPaths, fc.constant(null), ['eq', 'ne']),
        presence([
          ...textPaths,
          ...numberPaths,
          ...mixedPaths,
          ...refPaths,
          'active',
          'emails',
          'emails.value',
          'emails.primary',
          'phoneNumbers',
          'name',
          'groups',
          `${urn.enterprise}:manager`,
        ]),
        valuePath,
        valuePath,
      ];
  return combined(fc.oneof(...leaves, timeLeaf), 6);
}

function combined(leaf: fc.Arbitrary<Filter>, most: number): fc.Arbitrary<Filter> {
  return fc.letrec<{ readonly filter: Filter }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      { weight: 4, arbitrary: leaf },
      {
        weight: 2,
        arbitrary: fc
          .tuple(fc.constantFrom<'and' | 'or'>('and', 'or'), fc.array(tie('filter'), { minLength: 2, maxLength: Math.min(3, most) }))
          .map(([kind, filters]): Filter => ({ kind, filters })),
      },
      { weight: 2, arbitrary: tie('filter').map((filter): Filter => ({ kind: 'not', filter })) },
    ),
  })).filter;
}

/** Undefined for what RFC 7644 forbids, such as `gt` on a reference. */
function resolve(text: string, type: ResourceType): ResolvedFilter | undefined {
  try {
    return resolveFilter(parseFilter(text, { lenient: true }), type, { lenient: true });
  } catch (error) {
    if (error instanceof ScimError) return undefined;
    throw error;
  }
}

export function describeEquivalence(face: Face): void {
  describe(`over ${face.name}`, () => {
    let stage: Stage | undefined;
    beforeAll(async () => {
      stage = await openStage(face);
      await addOddEntries(stage, seed);
    }, 120_000);
    afterAll(() => stage?.stop());

    test.each(['User', 'Group'])(
      `L-008 R-138 every filter on %s finds what the evaluator finds among all (SEED=${seed})`,
      async (name) => {
        const { scim, types } = stage!;
        const type = types.find((each) => each.name === name)!;
        const everything = (await scim.get(type.endpoint, { count: 1000 })).body;
        const all = everything['Resources'] as readonly Resource[];
        expect(all.length).toBe(everything['totalResults']);
        expect(all.length).toBeGreaterThan(5);
        const others = (await scim.get(name === 'Group' ? '/Users' : '/Groups', { count: 1000 })).body['Resources'] as readonly Resource[];
        const targets = [...all, ...others].map(({ id }) => String(id));
        const tally = { compared: 0, refused: 0, nonEmpty: 0 };
        await fc.assert(
          fc.asyncProperty(filtersFor(targets, name === 'Group', scim.base), async (filter) => {
            const text = formatFilter(filter);
            const { status, body } = await scim.get(type.endpoint, { filter: text, attributes: 'id', count: 1000 });
            const resolved = resolve(text, type);
            const ids = (resources: readonly Resource[] | undefined) => resources?.map(({ id }) => id).toSorted();
            const matching = resolved && all.filter(compileFilter(resolved));
            const expected = matching ? { status: 200, totalResults: matching.length } : { status: 400, scimType: 'invalidFilter' };
            expect({ text, ...body, status, found: ids(body['Resources'] as readonly Resource[] | undefined) }).toMatchObject({
              text,
              ...expected,
              found: ids(matching),
            });
            tally.compared += Number(matching !== undefined);
            tally.refused += Number(matching === undefined);
            tally.nonEmpty += Number(matching !== undefined && matching.length > 0 && matching.length < all.length);
          }),
          { seed, numRuns: name === 'User' ? numRuns : Math.ceil(numRuns / 4) },
        );
        // A generator that makes only nonsense would prove nothing.
        expect(tally.compared).toBeGreaterThan(tally.refused);
        expect(tally.nonEmpty).toBeGreaterThan(tally.compared / 10);
      },
      120_000,
    );
  });
}
