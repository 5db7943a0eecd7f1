// Laws of filters: writing and reading are inverse, and what is compiled means what the RFC says in the plainest possible words.
// RFC 7644 section 3.4.2.2, D-01 to D-06.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ScimError } from '../../src/scim/error.ts';
import { formatFilter, parseFilter, resolveFilter, type CompareOperator, type Filter } from '../../src/scim/filter.ts';
import { compileFilter } from '../../src/scim/match.ts';
import { parsePath } from '../../src/scim/path.ts';
import { defineAttribute, defineComplex, definePrimary, defineType, defineValues } from '../../src/scim/attribute.ts';
import { parseResource } from '../../src/scim/resource.ts';
import { strict } from '../../src/scim/dialects.ts';
import { commonAttributes, type Attribute, type Resource, type ResourceType } from '../../src/scim/schema.ts';

const extensionUrn = 'urn:example:params:scim:schemas:extension:2.0:Thing';
const coreUrn = 'urn:example:params:scim:schemas:core:2.0:Thing';

const type: ResourceType = {
  name: 'Thing',
  endpoint: '/Things',
  description: 'Thing',
  schema: {
    id: coreUrn,
    name: 'Thing',
    description: 'Thing',
    attributes: [
      defineAttribute('text', 'string', 'Case does not count'),
      defineAttribute('exact', 'string', 'Case counts', { caseExact: true }),
      defineAttribute('flag', 'boolean', 'Boolean'),
      defineAttribute('count', 'integer', 'Integer'),
      defineAttribute('when', 'dateTime', 'Time'),
      defineAttribute('tags', 'string', 'Simple and multi-valued', { multiValued: true }),
      defineComplex('name', 'Complex', [defineAttribute('given', 'string', 'Given'), defineAttribute('age', 'integer', 'Age')]),
      defineValues('mails', 'Complex and multi-valued', defineAttribute('value', 'string', 'Value')),
      defineComplex(
        'places',
        'Without a value',
        [defineAttribute('town', 'string', 'Town', { caseExact: true }), defineType(), definePrimary()],
        {
          multiValued: true,
        },
      ),
    ],
  },
  extensions: [
    {
      required: false,
      schema: {
        id: extensionUrn,
        name: 'Extension',
        description: 'Extension',
        attributes: [
          defineAttribute('text', 'string', 'The same name as in the base schema'),
          defineComplex('boss', 'Boss', [defineAttribute('value', 'string', 'Id', { caseExact: true })]),
        ],
      },
    },
  ],
};

/** Few enough words that filters hit, many enough that they miss: case, accents, width, blanks, surrogate pairs, syntax. */
const words = [
  'a',
  'A',
  'ab',
  'aB',
  'B',
  'b ',
  'é',
  'É',
  'e\u0301',
  'ａ',
  'ß',
  'ss',
  '😀',
  '～',
  '"',
  '\\',
  'x" or "',
  ' and ',
  ')',
  'work',
  'Work',
  'home',
];
const instants = [
  '2011-05-13T04:42:34Z',
  '2011-05-13T06:42:34+02:00',
  '2011-05-13T04:42:34.0000001Z',
  '0001-01-03T00:00:00.0000000Z',
  '2012-02-29T23:59:59-11:30',
];

const word = fc.constantFrom(...words);
const integer = fc.integer({ min: -2, max: 3 });
const instant = fc.constantFrom(...instants);

const element = (named: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> => fc.record(named, { requiredKeys: [] });

/** Bodies rather than resources, so that what is read is what the evaluators see. */
const body = fc
  .record(
    {
      text: fc.oneof(word, fc.constant('')),
      exact: word,
      flag: fc.boolean(),
      count: integer,
      when: instant,
      tags: fc.array(word, { maxLength: 3 }),
      name: element({ given: word, age: integer }),
      mails: fc.array(element({ value: word, type: word, display: word }), { maxLength: 3 }),
      places: fc.array(element({ town: word, type: word }), { maxLength: 2 }),
      [extensionUrn]: element({ text: word, boss: element({ value: word }) }),
    },
    { requiredKeys: [] },
  )
  .map((members): Resource => ({
    ...parseResource({ schemas: [coreUrn], ...members }, type, strict),
    meta: { resourceType: 'Thing', created: '2011-05-13T04:42:34Z' },
  }));

interface Leaf {
  readonly path: string;
  readonly kind: 'text' | 'flag' | 'count' | 'when' | 'complex';
}

const leaves: readonly Leaf[] = [
  { path: 'text', kind: 'text' },
  { path: 'TEXT', kind: 'text' },
  { path: `${coreUrn}:text`, kind: 'text' },
  { path: `${extensionUrn}:text`, kind: 'text' },
  { path: `${extensionUrn}:boss.value`, kind: 'text' },
  { path: `${extensionUrn}:boss`, kind: 'complex' },
  { path: 'exact', kind: 'text' },
  { path: 'flag', kind: 'flag' },
  { path: 'count', kind: 'count' },
  { path: 'when', kind: 'when' },
  { path: 'meta.created', kind: 'when' },
  { path: 'meta.resourceType', kind: 'text' },
  { path: 'schemas', kind: 'text' },
  { path: 'tags', kind: 'text' },
  { path: 'name', kind: 'complex' },
  { path: 'name.given', kind: 'text' },
  { path: 'name.age', kind: 'count' },
  { path: 'mails', kind: 'text' },
  { path: 'mails.value', kind: 'text' },
  { path: 'Mails.Type', kind: 'text' },
  { path: 'places', kind: 'complex' },
  { path: 'places.town', kind: 'text' },
];

const inner: Readonly<Record<string, readonly Leaf[]>> = {
  mails: [
    { path: 'value', kind: 'text' },
    { path: 'TYPE', kind: 'text' },
    { path: 'primary', kind: 'flag' },
  ],
  places: [{ path: 'town', kind: 'text' }],
  tags: [{ path: 'value', kind: 'text' }],
  name: [{ path: 'age', kind: 'count' }],
};

const operators: Readonly<Record<Leaf['kind'], readonly CompareOperator[]>> = {
  text: ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'],
  flag: ['eq', 'ne'],
  count: ['eq', 'ne', 'gt', 'ge', 'lt', 'le'],
  when: ['eq', 'ne', 'gt', 'ge', 'lt', 'le'],
  complex: [],
};
const literals = {
  text: fc.oneof(word, fc.constantFrom('', 'thing', 'Thing', coreUrn, extensionUrn.toUpperCase())),
  flag: fc.boolean(),
  count: integer,
  when: instant,
  complex: fc.constant(null),
};

const pathOf = (text: string): NonNullable<ReturnType<typeof parsePath>> => {
  const path = parsePath(text);
  if (!path) throw new Error(`no path: ${text}`);
  return path;
};

const leafFilter = (from: readonly Leaf[]): fc.Arbitrary<Filter> =>
  fc.constantFrom(...from).chain(({ path, kind }): fc.Arbitrary<Filter> => {
    const present = fc.constant<Filter>({ kind: 'present', path: pathOf(path) });
    const compare = (operator: CompareOperator, value: fc.Arbitrary<string | number | boolean | null>): fc.Arbitrary<Filter> =>
      value.map((literal) => ({ kind: 'compare', path: pathOf(path), operator, value: literal }));
    const compareNull = fc.constantFrom<CompareOperator>('eq', 'ne').chain((operator) => compare(operator, fc.constant(null)));
    const typed = operators[kind];
    if (typed.length === 0) return fc.oneof(present, compareNull);
    return fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...typed).chain((operator) => compare(operator, literals[kind])) },
      present,
      compareNull,
    );
  });

/** Trees of `base` without one-armed and empty `and`/`or`, which have no text. */
const treeOf = (base: fc.Arbitrary<Filter>): fc.Arbitrary<Filter> =>
  fc.letrec<{ tree: Filter }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      base,
      fc.record({ kind: fc.constantFrom('and' as const, 'or' as const), filters: fc.array(tie('tree'), { minLength: 2, maxLength: 3 }) }),
      fc.record({ kind: fc.constant('not' as const), filter: tie('tree') }),
    ),
  })).tree;

const valuePath = fc
  .constantFrom(...Object.keys(inner))
  .chain((name): fc.Arbitrary<Filter> =>
    treeOf(leafFilter(inner[name] ?? [])).map((filter) => ({ kind: 'valuePath', path: { attribute: name }, filter })),
  );
const filters = treeOf(fc.oneof({ weight: 3, arbitrary: leafFilter(leaves) }, { weight: 1, arbitrary: valuePath }));

/** What the texts above sort by: NFKC and lower case, then code points. */
const prepare = (value: unknown, caseExact: boolean): string => (caseExact ? String(value) : String(value).normalize('NFKC').toLowerCase());
const codePoints = (text: string): readonly number[] => [...text].map((character) => character.codePointAt(0) ?? 0);

function isBefore(a: string, b: string): boolean {
  const [left, right] = [codePoints(a), codePoints(b)];
  const differing = left.findIndex((code, index) => code !== right[index]);
  if (differing === -1) return left.length < right.length;
  return differing >= right.length ? false : (left[differing] ?? 0) < (right[differing] ?? 0);
}

/** Nanoseconds since 1970. */
function readTime(text: string): bigint {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  return BigInt(Date.parse(text.replace(/\.\d+/, ''))) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

function holds(operator: CompareOperator, value: unknown, literal: unknown, attribute: Attribute): boolean {
  if (attribute.type === 'string') {
    const [a, b] = [prepare(value, attribute.caseExact), prepare(literal, attribute.caseExact)];
    if (operator === 'co') return a.includes(b);
    if (operator === 'sw') return a.startsWith(b);
    if (operator === 'ew') return a.endsWith(b);
    return order(operator, a === b, isBefore(a, b));
  }
  if (attribute.type === 'dateTime') {
    const [a, b] = [readTime(String(value)), readTime(String(literal))];
    return order(operator, a === b, a < b);
  }
  return order(operator, value === literal, Number(value) < Number(literal));
}

function order(operator: CompareOperator, equal: boolean, before: boolean): boolean {
  return { eq: equal, gt: !equal && !before, ge: !before, lt: before, le: equal || before, ne: false, co: false, sw: false, ew: false }[
    operator
  ];
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (typeof value === 'object' && Object.values(value).every(isEmpty));

const same = (a: string, b: string | undefined): boolean => a.toLowerCase() === b?.toLowerCase();
const pick = (object: unknown, name: string): unknown => Object.entries(Object(object) as object).find(([key]) => same(key, name))?.[1];
const listOf = (value: unknown): readonly unknown[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

/** The naive evaluator: follow the path, gather all values, ask each one. */
function evaluate(filter: Filter, resource: Resource): boolean {
  const inUse = resource[extensionUrn] === undefined ? [coreUrn] : [coreUrn, extensionUrn];
  return evaluateOn(filter, (path) => {
    const isExtension = same(extensionUrn, path.urn);
    const schema = isExtension ? type.extensions[0]?.schema : type.schema;
    const attributes = isExtension ? (schema?.attributes ?? []) : [...commonAttributes, ...(schema?.attributes ?? [])];
    const attribute = attributes.find(({ name }) => same(name, path.attribute));
    const value = pick(isExtension ? resource[extensionUrn] : { ...resource, schemas: inUse }, path.attribute);
    return { attribute, values: listOf(value) };
  });
}

type Find = (path: Extract<Filter, { kind: 'compare' }>['path']) => {
  readonly attribute: Attribute | undefined;
  readonly values: readonly unknown[];
};

function evaluateOn(filter: Filter, find: Find): boolean {
  switch (filter.kind) {
    case 'and':
      return !filter.filters.some((each) => !evaluateOn(each, find));
    case 'or':
      return filter.filters.some((each) => evaluateOn(each, find));
    case 'not':
      return !evaluateOn(filter.filter, find);
    case 'valuePath': {
      const { attribute, values } = find(filter.path);
      return values.some((value) =>
        evaluateOn(filter.filter, (path) => {
          const sub = attribute?.subAttributes?.find(({ name }) => same(name, path.attribute));
          return sub ? { attribute: sub, values: listOf(pick(value, path.attribute)) } : { attribute, values: [value] };
        }),
      );
    }
    case 'present':
    case 'compare': {
      const { attribute, values } = find(filter.path);
      const isPresence = filter.kind === 'present' || filter.value === null;
      const subName = filter.path.sub ?? (attribute?.type === 'complex' && !isPresence ? 'value' : undefined);
      const target = subName === undefined ? attribute : attribute?.subAttributes?.find(({ name }) => same(name, subName));
      const targets = subName === undefined ? values : values.flatMap((value) => listOf(pick(value, subName)));
      if (!target) throw new Error('the generator made a path that does not exist');
      const present = !isEmpty(targets);
      if (filter.kind === 'present') return present;
      if (filter.value === null) return filter.operator === 'ne' ? present : !present;
      if (filter.operator === 'ne') return !targets.some((value) => holds('eq', value, filter.value, target));
      return targets.some((value) => holds(filter.operator, value, filter.value, target));
    }
  }
}

/** Undefined for what is no filter; any other failure is passed on. */
function parseUnlessInvalid(text: string, lenient: boolean): Filter | undefined {
  try {
    return parseFilter(text, { lenient });
  } catch (error) {
    if (error instanceof ScimError && error.status === 400 && error.scimType === 'invalidFilter') return undefined;
    throw error;
  }
}

describe('filters', () => {
  it('read what they write: parse(format(f)) = f', () => {
    fc.assert(
      fc.property(filters, (filter) => {
        const limits = { length: 100_000, nodes: 10_000, depth: 100 };
        expect(parseFilter(formatFilter(filter), { limits })).toEqual(filter);
      }),
      { numRuns: 500 },
    );
  });

  it('read any string as itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.double({ noNaN: true, noDefaultInfinity: true }), (text, number) => {
        for (const value of [text, number + 0]) {
          const filter: Filter = { kind: 'compare', path: { attribute: 'a' }, operator: 'eq', value };
          expect(parseFilter(formatFilter(filter), { limits: { length: 100_000, nodes: 5, depth: 5 } })).toEqual(filter);
        }
      }),
    );
  });

  it('never fail but with invalidFilter, whatever the text', () => {
    const piece = fc.constantFrom(
      'a',
      '.',
      ' ',
      'eq',
      'pr',
      'not',
      'and',
      '(',
      ')',
      '[',
      ']',
      '"x"',
      '"',
      '\\',
      'urn:x:y:',
      '1',
      'null',
      '$ref',
      ':',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join('')),
        ),
        fc.boolean(),
        (text, lenient) => {
          const filter = parseUnlessInvalid(text, lenient);
          expect(filter && parseFilter(formatFilter(filter))).toEqual(filter);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('match what the naive evaluator matches', () => {
    let matched = 0;
    let missed = 0;
    fc.assert(
      fc.property(filters, fc.array(body, { minLength: 1, maxLength: 5 }), (filter, resources) => {
        const matches = compileFilter(resolveFilter(filter, type));
        for (const resource of resources) {
          const expected = evaluate(filter, resource);
          expect(matches(resource)).toBe(expected);
          if (expected) matched += 1;
          else missed += 1;
        }
      }),
      { numRuns: 3000 },
    );
    expect(Math.min(matched, missed)).toBeGreaterThan(1000);
  });
});
