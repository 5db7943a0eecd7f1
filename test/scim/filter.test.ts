import { describe, expect, it } from 'vitest';
import { ScimError } from '../../src/scim/error.ts';
import { defaultLimits, formatFilter, parseFilter, parsePatchPath, type Filter } from '../../src/scim/filter.ts';
import { enterpriseUrn } from './sample.ts';

const failure = (act: () => unknown): ScimError => {
  try {
    act();
  } catch (error) {
    if (error instanceof ScimError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

const eq = (attribute: string, value: string | number | boolean | null): Filter => ({
  kind: 'compare',
  path: { attribute },
  operator: 'eq',
  value,
});
const pr = (attribute: string): Filter => ({ kind: 'present', path: { attribute } });

describe('parseFilter', () => {
  it.each([
    'userName eq "bjensen"',
    'name.familyName co "O\'Malley"',
    'title pr and userType eq "Employee"',
    'userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")',
    'emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]',
    'meta.lastModified ge "2011-05-13T04:42:34Z"',
    'members.$ref eq "https://x/Users/1"',
    'schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"',
    `${enterpriseUrn}:manager.displayName eq "x"`,
    `${enterpriseUrn}:manager[displayName eq "x"]`,
    'a eq -1.5e+3',
    'a pr or b pr and c pr',
    '(a pr or b pr) and c pr',
    '(a pr and b pr) and c pr',
    'emails[not (type eq "work") and (value pr or primary eq true)]',
  ])('reads %s, and formatFilter writes it again', (text) => {
    const filter = parseFilter(text);
    expect(parseFilter(formatFilter(filter))).toEqual(filter);
    expect(formatFilter(filter).replaceAll('-1500', '-1.5e+3')).toBe(text);
  });

  it.each<[string, Filter]>([
    ['a pr or b pr and c pr', { kind: 'or', filters: [pr('a'), { kind: 'and', filters: [pr('b'), pr('c')] }] }],
    [
      'a pr and b pr or c pr and d pr',
      {
        kind: 'or',
        filters: [
          { kind: 'and', filters: [pr('a'), pr('b')] },
          { kind: 'and', filters: [pr('c'), pr('d')] },
        ],
      },
    ],
    ['not (a pr) and b pr', { kind: 'and', filters: [{ kind: 'not', filter: pr('a') }, pr('b')] }],
    ['not (a pr and b pr)', { kind: 'not', filter: { kind: 'and', filters: [pr('a'), pr('b')] } }],
    ['((a pr))', pr('a')],
  ])('%s: grouping, not, and, or (D-01, R-109, T-030)', (text, filter) => {
    expect(parseFilter(text)).toEqual(filter);
  });

  it.each(['not(a pr)', 'NOT (a pr)', 'Not   (a pr)', 'not ( a pr )'])('%s (D-02)', (text) => {
    expect(parseFilter(text)).toEqual({ kind: 'not', filter: pr('a') });
  });

  it('takes operators and keywords in any case (R-108)', () => {
    expect(parseFilter('a Eq "x" AND b PR Or c pR')).toEqual({
      kind: 'or',
      filters: [{ kind: 'and', filters: [eq('a', 'x'), pr('b')] }, pr('c')],
    });
  });

  it.each<[string, string | number | boolean | null]>([
    ['true', true],
    ['false', false],
    ['null', null],
    ['0', 0],
    ['-12', -12],
    ['1.5', 1.5],
    ['1e3', 1000],
    ['""', ''],
    [String.raw`"a\"b\\c\/d\b\f\n\r\t"`, 'a"b\\c/d\b\f\n\r\t'],
    [String.raw`"\u00e9"`, 'é'],
    [String.raw`"\ud83d\ude00"`, '😀'],
    ['"😀 (a) [b] and not"', '😀 (a) [b] and not'],
    ['" and "', ' and '],
  ])('reads the value %s (R-120, T-036)', (text, value) => {
    expect(parseFilter(`a eq ${text}`)).toEqual(eq('a', value));
  });

  it.each([
    '',
    ' ',
    'userName',
    'ALICE',
    'userName eq',
    'userName eq ',
    'userName eq "a" and',
    'userName eq "a" and ',
    'and userName eq "a"',
    '(userName eq "a"',
    'userName eq "a")',
    '()',
    'emails[type eq "work"',
    'emails[]',
    'emails type eq "work"]',
    'emails[emails[type eq "a"]]',
    'emails[(type eq "a") or ims[type eq "b"]]',
    'not userName eq "a"',
    'not',
    'not pr',
    'userName regex "a"',
    "userName eq 'a'",
    'userName eq a',
    'a.b.c eq 1',
    'a b c',
    'a eq "x" "y"',
    'a eq "x" b eq "y"',
    'a eq "x" xor b eq "y"',
    'a eq "x',
    'a eq "\\x"',
    'a eq "\\u12"',
    'a eq "\t"',
    String.raw`a eq "\ud83d"`,
    String.raw`a eq "\ude00\ud83d"`,
    'a eq True',
    'a eq 01',
    'a eq +1',
    'a eq .5',
    'a eq 1.',
    'a eq 1e999',
    'a eq NaN',
    'a eq"x"',
    'a pr and(b pr)',
    'a prand b pr',
    '"a" eq "b"',
    'a eq {}',
    'a eq ["x"]',
    'emails[type eq "work"].value eq "x"',
  ])('refuses %j as invalidFilter (R-110, R-120, T-031, T-032)', (text) => {
    expect(failure(() => parseFilter(text))).toMatchObject({ status: 400, scimType: 'invalidFilter' });
  });

  it.each([
    ['userName regex "a"', 'Unknown operator "regex" (position 10 of the filter)'],
    ['(userName eq "a"', 'Expected ")" (position 17 of the filter)'],
    ['a pr and 1b pr', 'This is no attribute path (position 10 of the filter)'],
    ['a eq "secret', 'The string that begins here is not closed or holds what JSON does not allow (position 6 of the filter)'],
    ['not a pr', '"not" needs parentheses: expected "(" (position 5 of the filter)'],
    ['emails[a[b pr]]', 'A value filter cannot contain another one (position 9 of the filter)'],
  ])('says where %j goes wrong', (text, message) => {
    expect(failure(() => parseFilter(text)).message).toBe(message);
  });

  it('never repeats a value in an error', () => {
    for (const text of ['password eq "hunter2', 'password eq hunter2', 'password eq "hunter2" hunter2']) {
      expect(failure(() => parseFilter(text)).message).not.toContain('hunter2');
    }
  });
});

describe('limits (R-125, T-037)', () => {
  const conditions = (count: number): string => Array.from({ length: count }, () => 'a pr').join(' and ');

  it('refuses long, deep and big filters, and takes what is just within', () => {
    const { length, nodes, depth } = defaultLimits;
    expect([length, nodes, depth]).toEqual([8192, 200, 30]);
    const text = `a eq "${'x'.repeat(length - 7)}"`;
    expect(parseFilter(text)).toBeDefined();
    expect(failure(() => parseFilter(`${text} `)).scimType).toBe('invalidFilter');
    expect(parseFilter('('.repeat(depth) + 'a pr' + ')'.repeat(depth))).toEqual(pr('a'));
    expect(failure(() => parseFilter('('.repeat(depth + 1) + 'a pr' + ')'.repeat(depth + 1))).message).toContain('deeper than 30');
    expect(parseFilter(conditions(nodes - 1))).toBeDefined();
    expect(failure(() => parseFilter(conditions(nodes))).message).toContain('more than 200');
  });

  it('counts brackets and "not" as nesting', () => {
    const limits = { ...defaultLimits, depth: 1 };
    expect(parseFilter('a[b pr] and not (c pr) and (d pr)', { limits })).toBeDefined();
    expect(failure(() => parseFilter('a[(b pr)]', { limits })).scimType).toBe('invalidFilter');
    expect(failure(() => parseFilter('not (not (a pr))', { limits })).scimType).toBe('invalidFilter');
  });

  it.each(['(', 'not (', 'a[', 'a pr and (', '[', '"', '\\', ' '])('survives 100 000 times %j', (piece) => {
    const limits = { ...defaultLimits, length: 10_000_000 };
    expect(failure(() => parseFilter(piece.repeat(100_000), { limits })).scimType).toBe('invalidFilter');
  });

  it('reads a long string quickly', () => {
    const limits = { ...defaultLimits, length: 10_000_000 };
    expect(failure(() => parseFilter(`a eq "${'\\\\'.repeat(50_000)}`, { limits })).scimType).toBe('invalidFilter');
  });
});

describe('parseFilter, lenient', () => {
  const parse = (text: string): Filter => parseFilter(text, { lenient: true });

  it.each<[string, string | number | boolean | null]>([
    ['alice', 'alice'],
    ["O'Malley", "O'Malley"],
    ['a@b.example', 'a@b.example'],
    ['True', 'True'],
    ['true', true],
    ['null', null],
    ['5', 5],
    ['007', '007'],
    ['12345678901234567890', '12345678901234567890'],
    ['1.50', '1.50'],
    ['"x y"', 'x y'],
  ])('reads the bare word %s (R-120)', (text, value) => {
    expect(parse(`a eq ${text}`)).toEqual(eq('a', value));
    expect(parse(`(a eq ${text})`)).toEqual(eq('a', value));
    expect(parse(`b[a eq ${text}]`)).toEqual({ kind: 'valuePath', path: { attribute: 'b' }, filter: eq('a', value) });
  });

  it.each(["a eq 'x'", 'a eq x y', 'a eq "x', 'a', 'a eq', 'not a eq b', 'a[b[c pr]]'])('still refuses %s', (text) => {
    expect(failure(() => parse(text)).scimType).toBe('invalidFilter');
  });

  it.each([
    ['emails[type eq "work"].value eq "x"', 'emails[type eq "work" and value eq "x"]'],
    ['emails[type eq "work" or type eq "home"].value sw "x"', 'emails[(type eq "work" or type eq "home") and value sw "x"]'],
    ['emails[type eq "work"].value pr', 'emails[type eq "work" and value pr]'],
    ['emails[type eq "work"].value ne "x"', 'not (emails[type eq "work" and value eq "x"])'],
    ['emails[type eq "work"].value eq null', 'not (emails[type eq "work" and value pr])'],
    ['emails[type eq "work"].value ne null', 'emails[type eq "work" and value pr]'],
    ['active eq true and emails[type eq "work"].value eq "x"', 'active eq true and emails[type eq "work" and value eq "x"]'],
  ])('%s is %s (R-127, D-04, D-05)', (entra, plain) => {
    expect(formatFilter(parse(entra))).toBe(plain);
  });

  it.each([
    'emails[type eq "work"].value',
    'emails[type eq "work"]. eq "x"',
    'emails[type eq "work"].a.b eq "x"',
    'emails[a pr].urn:x:y:z eq "x"',
  ])('refuses %s', (text) => {
    expect(failure(() => parse(text)).scimType).toBe('invalidFilter');
  });
});

describe('parsePatchPath (R-162, R-163)', () => {
  it.each([
    ['userName', { path: { attribute: 'userName' } }],
    ['name.givenName', { path: { attribute: 'name', sub: 'givenName' } }],
    [`${enterpriseUrn}:manager.value`, { path: { urn: enterpriseUrn, attribute: 'manager', sub: 'value' } }],
    ['emails[type eq "work"]', { path: { attribute: 'emails' }, filter: eq('type', 'work') }],
    ['emails[type eq "work"].value', { path: { attribute: 'emails' }, filter: eq('type', 'work'), sub: 'value' }],
    ['members[ value eq "U" ] ', { path: { attribute: 'members' }, filter: eq('value', 'U') }],
    ['members[(value eq "U") ].$ref', { path: { attribute: 'members' }, filter: eq('value', 'U'), sub: '$ref' }],
    [`${enterpriseUrn}:doors[value eq "]"]`, { path: { urn: enterpriseUrn, attribute: 'doors' }, filter: eq('value', ']') }],
    ['schemas eq "urn:x:y"', { path: { attribute: 'schemas' }, filter: eq('value', 'urn:x:y') }],
  ])('%s (R-175)', (text, path) => {
    expect(parsePatchPath(text)).toEqual(path);
  });

  it.each([
    '',
    ' ',
    ' userName',
    '1a',
    '/emails',
    'a.b.c',
    'a[b pr',
    'a[b pr]x',
    'a[b pr].',
    'a[b pr].c.d',
    'a[b pr].c x',
    'a[b pr].urn:x:y:c',
    'a[b pr][c pr]',
    '[b pr]',
    `a${'x'.repeat(8192)}`,
  ])('%j is an invalidPath', (text) => {
    expect(failure(() => parsePatchPath(text))).toMatchObject({ status: 400, scimType: 'invalidPath' });
  });

  it.each(['a[]', 'a[0]', 'a[b]', 'a[b eq c]', 'a[b xx "c"]', 'a[b pr d]', 'a[b[c pr]]', 'a[not b pr]', 'a b'])(
    '%j has an invalidFilter',
    (text) => {
      expect(failure(() => parsePatchPath(text))).toMatchObject({ status: 400, scimType: 'invalidFilter' });
    },
  );

  it('reads bare words if lenient', () => {
    expect(parsePatchPath('members[value eq 2819c223]', { lenient: true })).toEqual({
      path: { attribute: 'members' },
      filter: eq('value', '2819c223'),
    });
  });
});
