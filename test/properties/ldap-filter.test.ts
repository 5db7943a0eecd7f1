// Laws of LDAP filters: objects survive their text, texts are refused or understood, constructors keep the meaning.
// RFC 4515; three-valued evaluation of RFC 4511 section 4.5.1.7.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Filter, Value } from '../../src/ldap/filter.ts';
import { and, filterAttributes, formatFilter, not, or, parseFilter } from '../../src/ldap/filter.ts';
import { decodeText } from '../../src/ldap/syntax.ts';

const octets = fc.uint8Array({ minLength: 1, maxLength: 8 }).map((bytes) => Buffer.from(bytes));
const hostile = fc.string({ unit: fc.constantFrom(...'*()\\\0=:&|! aÄ語😀'), minLength: 1, maxLength: 10 });
/** Octets that are text come back as text. */
const value: fc.Arbitrary<Value> = fc.oneof(
  hostile,
  octets.map((bytes) => decodeText(bytes) ?? bytes),
);
const attribute = fc.constantFrom('cn', 'CN;lang-en', '2.5.4.3', 'x-y');
const rule = fc.constantFrom('2.5.13.5', 'caseExactMatch');

const leaf: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({ kind: fc.constantFrom('equal', 'greaterOrEqual', 'lessOrEqual', 'approx'), attribute, value }),
  fc.record({ kind: fc.constant('equal' as const), attribute, value: fc.constant('') }),
  fc.record({ kind: fc.constant('present' as const), attribute }),
  fc
    .record(
      { kind: fc.constant('substring' as const), attribute, initial: value, any: fc.array(value, { maxLength: 3 }), final: value },
      { requiredKeys: ['kind', 'attribute', 'any'] },
    )
    .filter(({ initial, any, final }) => initial !== undefined || final !== undefined || any.length > 0),
  fc
    .record(
      { kind: fc.constant('extensible' as const), attribute, rule, value, dnAttributes: fc.constant(true as const) },
      { requiredKeys: ['kind', 'value'] },
    )
    .filter((filter) => filter.attribute !== undefined || filter.rule !== undefined),
);

const { filter: anyFilter } = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.record({ kind: fc.constantFrom('and', 'or'), filters: fc.array(tie('filter'), { maxLength: 3 }) }),
    fc.record({ kind: fc.constant('not' as const), filter: tie('filter') }),
  ),
}));

it('a filter survives formatting and parsing', () => {
  fc.assert(
    fc.property(anyFilter, (filter) => {
      expect(parseFilter(formatFilter(filter))).toEqual(filter);
    }),
    { numRuns: 500 },
  );
});

it('every octet survives', () => {
  fc.assert(
    fc.property(octets, (bytes) => {
      const parsed = parseFilter(formatFilter({ kind: 'equal', attribute: 'x', value: bytes }));
      expect(parsed.kind === 'equal' && Buffer.from(parsed.value as string)).toEqual(bytes);
    }),
  );
});

const parseIfValid = (text: string): Filter | undefined => {
  try {
    return parseFilter(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

it('any text is either refused with a SyntaxError or a filter that round trips', () => {
  const soup = fc.string({
    unit: fc.constantFrom('(', ')', '&', '|', '!', '=', '*', ':', '\\2a', '\\ff', '\\', 'cn', ' ', '>=', 'dn'),
    maxLength: 14,
  });
  fc.assert(
    fc.property(
      fc.oneof(
        soup,
        soup.map((text) => `(cn${text})`),
        fc.string(),
      ),
      (text) => {
        const parsed = parseIfValid(text);
        expect(parsed && parseFilter(formatFilter(parsed))).toEqual(parsed);
      },
    ),
    { numRuns: 1000 },
  );
});

type Truth = boolean | undefined;

const evaluate = (filter: Filter, truths: ReadonlyMap<string, Truth>): Truth => {
  if (filter.kind === 'and' || filter.kind === 'or') {
    const dominant = filter.kind === 'or';
    const results = new Set(filter.filters.map((each) => evaluate(each, truths)));
    return results.has(dominant) ? dominant : results.has(undefined) ? undefined : !dominant;
  }
  if (filter.kind === 'not') {
    const result = evaluate(filter.filter, truths);
    return result === undefined ? undefined : !result;
  }
  return truths.get(filterAttributes(filter)[0] ?? '');
};

const rebuild = (filter: Filter): Filter => {
  if (filter.kind === 'and') return and(filter.filters.map(rebuild));
  if (filter.kind === 'or') return or(filter.filters.map(rebuild));
  return filter.kind === 'not' ? not(rebuild(filter.filter)) : filter;
};

it('L-001 the constructors keep the three-valued meaning', () => {
  const truths = fc
    .tuple(...Array.from({ length: 5 }, () => fc.constantFrom<Truth>(true, false, undefined)))
    .map((values) => new Map(['cn', 'CN;lang-en', '2.5.4.3', 'x-y', ''].map((name, at) => [name, values[at]] as const)));
  fc.assert(
    fc.property(anyFilter, truths, (filter, assignment) => {
      expect(evaluate(rebuild(filter), assignment)).toBe(evaluate(filter, assignment));
    }),
    { numRuns: 500 },
  );
});
