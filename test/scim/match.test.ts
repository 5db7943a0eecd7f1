import { describe, expect, it } from 'vitest';
import { parseFilter, resolveFilter } from '../../src/scim/filter.ts';
import { compileFilter, compileSort, fold } from '../../src/scim/match.ts';
import { parsePath, resolvePath, type AttributeReference } from '../../src/scim/path.ts';
import type { Json, Resource } from '../../src/scim/schema.ts';
import { badgeUrn, barbara, enterpriseUrn, userType } from './sample.ts';

const matches = (text: string, resource: Resource): boolean => compileFilter(resolveFilter(parseFilter(text), userType))(resource);

describe('compileFilter', () => {
  it.each([
    'userName eq "BJENSEN@example.com"',
    'userName sw "bjensen"',
    'userName ew "EXAMPLE.COM"',
    'userName co "jensen@"',
    'externalId eq "701984"',
    'id eq "2819c223-7f76-453a-919d-413861904646"',
    'name.familyName gt "Jensem"',
    'name.familyName ge "jensen"',
    'name.familyName lt "jensena"',
    'active eq true',
    'active ne false',
    'emails eq "babs@jensen.org"',
    'emails[type eq "work" and value co "@example.com"]',
    'emails[not (type eq "work")]',
    'emails.type eq "work" and emails.value co "@jensen.org"',
    'emails[type eq "work" and primary eq true] and emails[type eq "home"]',
    'groups.display eq "tour guides"',
    'name[givenName eq "barbara"]',
    'nickName ne "x"',
    'nickName eq null',
    'not (nickName gt "x")',
    'title ne null',
    'name pr',
    'emails pr',
    'meta.lastModified eq "2011-05-13T06:42:34+02:00"',
    'meta.lastModified gt "2011-05-13T05:42:34+02:00"',
    'meta.created ge "0001-01-03T00:00:00.0000000Z"',
    `${enterpriseUrn}:manager.displayName eq "john smith"`,
    `${enterpriseUrn}:manager pr`,
    `${enterpriseUrn}:manager[value eq "26118915"]`,
    `schemas eq "${enterpriseUrn}"`,
    `${badgeUrn}:number gt 6`,
    `${badgeUrn}:number le 7.0`,
    `${badgeUrn}:weight eq 1.5`,
    `${badgeUrn}:doors eq "north"`,
    `${badgeUrn}:doors[value eq "SOUTH"]`,
    `${badgeUrn}:doors[not (value eq "south")]`,
    `${badgeUrn}:serial eq "Ab"`,
    `${badgeUrn}:picture eq "AAEC"`,
    'title pr and userType eq "x" or active eq true',
    'not (title eq "x" or title eq "y")',
    'meta.resourceType eq "User"',
  ])('%s holds (R-112 to R-119, D-04 to D-06)', (text) => {
    expect(matches(text, barbara)).toBe(true);
    expect(matches(`not (${text})`, barbara)).toBe(false);
  });

  it.each([
    'externalId eq "70198"',
    'id eq "2819C223-7F76-453A-919D-413861904646"',
    'emails[type eq "work" and value co "@jensen.org"]',
    'emails ne "babs@jensen.org"',
    'emails[type eq "other"]',
    'nickName pr',
    'nickName gt ""',
    'nickName eq "x"',
    'groups[value eq "E9E30DBA-F08F-4109-8486-D5C6A331660A"]',
    'ims[not (type eq "x")]',
    'roles pr',
    'meta.lastModified lt "2011-05-13T05:42:34+02:00"',
    `${badgeUrn}:serial eq "ab"`,
    `${badgeUrn}:number lt 7`,
    `${badgeUrn}:doors ne "north"`,
    'schemas eq "urn:x:y"',
    'title pr and userType eq "x" or active eq false',
    'meta.resourceType eq "Group"',
  ])('%s does not hold', (text) => {
    expect(matches(text, barbara)).toBe(false);
    expect(matches(`not (${text})`, barbara)).toBe(true);
  });

  it('needs one element for both conditions of a value path, and any for each without one (R-116, T-033)', () => {
    const emails = [
      { type: 'work', value: 'a@y' },
      { type: 'home', value: 'b@x' },
    ];
    expect(matches('emails[type eq "work" and value co "@x"]', { emails })).toBe(false);
    expect(matches('emails.type eq "work" and emails.value co "@x"', { emails })).toBe(true);
  });

  it.each<[Json, boolean]>([
    ['', false],
    [null, false],
    [[], false],
    [{}, false],
    [[{}], false],
    [{ formatted: '' }, false],
    [{ formatted: 'x' }, true],
  ])('name pr is %j -> %s (R-114)', (name, result) => {
    expect(matches('name pr', { name })).toBe(result);
  });

  it.each<[string, Json, boolean]>([
    ['active', false, true],
    ['emails', [{ value: '' }], false],
    ['emails', [{ value: 'x' }], true],
    ['title', '', false],
    ['title', ' ', true],
  ])('%s pr is %j -> %s (R-114)', (name, value, result) => {
    expect(matches(`${name} pr`, { [name]: value })).toBe(result);
  });

  it('compares what looks alike as alike where case does not count', () => {
    const resource = { userName: 'Ａｎｄré', displayName: 'STRASSE', externalId: 'É' };
    expect(matches('userName eq "ANDRE\\u0301"', resource)).toBe(true);
    expect(matches('externalId eq "E\\u0301"', resource)).toBe(false);
    expect(fold('Ｅ́')).toBe(fold('é'));
  });

  it('orders strings by code point, not by UTF-16 unit (R-112)', () => {
    expect(matches('externalId gt "\\uff5e"', { externalId: '😀' })).toBe(true);
    expect(matches('externalId lt "😀"', { externalId: '～' })).toBe(true);
    expect(matches('externalId gt "a"', { externalId: 'Z' })).toBe(false);
    expect(matches('userName gt "a"', { userName: 'Z' })).toBe(true);
    expect(matches('externalId gt "a"', { externalId: 'ab' })).toBe(true);
  });

  it('compares binary values whatever the alphabet and the padding of their base64', () => {
    const resource = { x509Certificates: [{ value: '+/+/+w==' }] };
    expect(matches('x509Certificates eq "-_-_-w"', resource)).toBe(true);
    expect(matches('x509Certificates eq "-_-_-W"', resource)).toBe(false);
  });

  it('does not stumble over values of another type than the schema says', () => {
    const odd = { userName: 5, active: 'yes', emails: 'x', name: ['x'], meta: { created: 'never' }, [enterpriseUrn]: 'x' };
    for (const text of [
      'userName eq "5"',
      'active eq true',
      'emails.value eq "x"',
      'name.givenName eq "x"',
      'meta.created gt "2011-05-13T04:42:34Z"',
      `${enterpriseUrn}:manager pr`,
    ]) {
      expect(matches(text, odd)).toBe(false);
    }
  });
});

describe('compileSort', () => {
  const refer = (text: string): AttributeReference => {
    const path = parsePath(text);
    const reference = path && resolvePath(path, userType);
    if (!reference) throw new Error(`no ${text}`);
    return reference;
  };
  const sort = (attribute: string, order: 'ascending' | 'descending', resources: readonly Resource[]): string =>
    resources
      .toSorted(compileSort(refer(attribute), order))
      .map(({ id }) => id)
      .join(' ');

  it.each<[string, readonly Resource[], string, string]>([
    [
      'userName',
      [
        { id: '1', userName: 'b' },
        { id: '2', userName: 'A' },
        { id: '3', userName: 'C' },
      ],
      '2 1 3',
      '3 1 2',
    ],
    [
      'externalId',
      [
        { id: '1', externalId: 'b' },
        { id: '2', externalId: 'A' },
        { id: '3', externalId: 'C' },
      ],
      '2 3 1',
      '1 3 2',
    ],
    ['userName', [{ id: '1' }, { id: '2', userName: 'a' }, { id: '3', userName: 'b' }], '2 3 1', '1 3 2'],
    ['userName', [{ id: '2', userName: 'a' }, { id: '1', userName: 'A' }, { id: '3' }, { id: '0' }], '1 2 0 3', '0 3 1 2'],
    [
      'active',
      [
        { id: '1', active: true },
        { id: '2', active: false },
      ],
      '2 1',
      '1 2',
    ],
    [`${badgeUrn}:number`, [10, 9, -1].map((number, index) => ({ id: String(index), [badgeUrn]: { number } })), '2 1 0', '0 1 2'],
    [
      'meta.created',
      [
        { id: '1', meta: { created: '2011-05-13T04:42:34Z' } },
        { id: '2', meta: { created: '2011-05-13T05:42:34+02:00' } },
        { id: '3', meta: { created: '2011-05-13T04:42:34.1Z' } },
      ],
      '2 1 3',
      '3 1 2',
    ],
    [
      'emails',
      [
        { id: '1', emails: [{ value: 'a' }, { value: 'z', primary: true }] },
        { id: '2', emails: [{ value: 'm' }, { value: 'a' }] },
        { id: '3', emails: [{ type: 'work' }] },
      ],
      '2 1 3',
      '3 1 2',
    ],
    [
      'emails.type',
      [
        { id: '1', emails: [{ type: 'b' }, { type: 'a' }] },
        { id: '2', emails: [{ type: 'a' }] },
      ],
      '2 1',
      '1 2',
    ],
    [
      `${badgeUrn}:doors`,
      [
        { id: '1', [badgeUrn]: { doors: ['b', 'a'] } },
        { id: '2', [badgeUrn]: { doors: ['a'] } },
      ],
      '2 1',
      '1 2',
    ],
    [
      'name.familyName',
      [
        { id: '1', name: { familyName: 'b' } },
        { id: '2', name: { familyName: 'a' } },
      ],
      '2 1',
      '1 2',
    ],
    [
      `${enterpriseUrn}:manager`,
      [
        { id: '1', [enterpriseUrn]: { manager: { value: 'b' } } },
        { id: '2', [enterpriseUrn]: { manager: { value: 'a' } } },
      ],
      '2 1',
      '1 2',
    ],
  ])('%s of %j: %s, descending %s (R-129, R-131 to R-133, T-085)', (attribute, resources, ascending, descending) => {
    expect(sort(attribute, 'ascending', resources)).toBe(ascending);
    expect(sort(attribute, 'descending', resources)).toBe(descending);
  });
});
