// What a SCIM filter asks of the directory: the shape of the over-approximation, and where it is exact.
// L-001 to L-012; that it never loses anything is the law in test/properties/mapping-filter.test.ts.
import { describe, expect, test } from 'vitest';
import { formatFilter } from '../../src/ldap/filter.ts';
import { filteredAttributes, idFilter, idsInFilter, translateFilter, undecided } from '../../src/mapping/filter.ts';
import type { ResourceMapping } from '../../src/mapping/mapping.ts';
import { compileFile, dnOf, filterFor, openLdap, requireResource, userMapping } from './sample.ts';

const { mapping } = compileFile('test/fixtures/examples/mapping.openldap.yaml');
const user = requireResource(mapping, 'User');
const group = requireResource(mapping, 'Group');
const uuid = '6e9f0b7c-0000-4000-8000-000000000001';
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

const bounds = (resource: ResourceMapping, filter: string) =>
  translateFilter(resource, filterFor(resource, filter), { schema: openLdap, dnOf });
const over = (resource: ResourceMapping, filter: string) => formatFilter(bounds(resource, filter).over);

describe('asked of the directory', () => {
  test.each<[filter: string, asked: string]>([
    ['userName eq "ann"', '(uid=ann)'],
    ['userName eq "a*(b)\\\\c"', '(uid=a\\2a\\28b\\29\\5cc)'],
    ['userName ne "ann"', '(&)'],
    ['userName sw "an"', '(uid=an*)'],
    ['userName co "n n"', '(uid=*n*n*)'],
    ['userName ew "n"', '(uid=*n)'],
    ['userName eq "zoë"', '(uid=z*)'],
    // The stored value may go on with a combining mark, which the server would compose and an exact comparison does not.
    ['externalId sw "ab"', '(carLicense=a*)'],
    ['externalId co "a"', '(carLicense=*)'],
    ['userName gt "a"', '(uid=*)'],
    ['userName pr', '(uid=*)'],
    ['not (userName pr)', '(&)'],
    [`id eq "${uuid}"`, `(entryUUID=${uuid})`],
    ['id eq "no uuid"', '(|)'],
    [`id eq "${uuid.toUpperCase()}"`, '(|)'],
    ['name.familyName eq "Lee" and name.givenName sw "A"', '(&(sn=Lee)(givenName=A*))'],
    ['name.formatted eq "x"', '(cn=x)'],
    ['emails eq "a@x"', '(mail=a@x)'],
    ['emails[type eq "work" and value eq "a@x"]', '(&(mail=*)(mail=a@x))'],
    ['emails[type eq "home" and value eq "a@x"]', '(|)'],
    ['phoneNumbers[type eq "mobile" and value eq "1"]', '(&(mobile=*)(mobile=1))'],
    ['active eq false', '(employeeType=disabled)'],
    ['active eq true', '(!(employeeType=disabled))'],
    ['meta.lastModified gt "2024-01-01T00:00:00Z"', '(modifyTimestamp>=20240101000000.0Z)'],
    ['meta.lastModified gt "9999-12-31T23:59:59Z"', '(modifyTimestamp=*)'],
    [`${enterprise}:manager.value eq "u-boss"`, '(manager=uid=boss,ou=people,dc=example,dc=com)'],
    [`${enterprise}:manager.value eq "u-missing"`, '(|)'],
    ['groups.value eq "g-a"', '(&)'],
  ])('%s', (filter, asked) => expect(over(user, filter)).toBe(asked));
  test('members', () => {
    expect(over(group, 'members.value eq "u-ann"')).toBe('(member=uid=ann,ou=people,dc=example,dc=com)');
    expect(over(group, 'members[value eq "g-a"]')).toBe('(member=cn=a,ou=groups,dc=example,dc=com)');
    expect(over(group, 'members pr')).toBe('(member=*)');
    expect(over(group, 'not (members.value eq "u-ann")')).toBe('(!(member=uid=ann,ou=people,dc=example,dc=com))');
    expect(over(group, 'not (members[value eq "g-a"])')).toBe('(!(member=cn=a,ou=groups,dc=example,dc=com))');
  });
});

test('L-058 what the directory answers by itself need not be read: of several conjuncts only the others are left open', () => {
  const left = (resource: ResourceMapping, filter: string) => {
    const open = undecided(resource, filterFor(resource, filter), { schema: openLdap, dnOf });
    return open && filteredAttributes(open);
  };
  expect(left(group, 'members.value eq "u-ann"')).toBeUndefined();
  expect(left(group, `members eq "u-ann" and id eq "${uuid}"`)).toBeUndefined();
  expect(left(group, 'members[value eq "u-ann"] and displayName eq "a"')).toEqual(['displayName']);
  expect(left(group, 'members.display eq "Ann"')).toEqual(['members']);
  expect(left(user, `${enterprise}:manager.value eq "u-boss"`)).toEqual([`${enterprise}:manager`]);
});

describe('answered exactly, so that negations are narrow too', () => {
  test.each<[filter: string, asked: string]>([
    [`not (id eq "${uuid}")`, `(!(entryUUID=${uuid}))`],
    ['not (active eq true)', '(employeeType=disabled)'],
    ['active ne false', '(!(employeeType=disabled))'],
    ['not (meta.created ge "2024-01-01T00:00:00Z")', '(!(createTimestamp>=20240101000002.0Z))'],
  ])('%s', (filter, asked) => expect(over(user, filter)).toBe(asked));
});

describe('a server that leaves out entries where one of several alternatives is a negation', () => {
  const context = { schema: openLdap, dnOf, misreadsNegatedAlternatives: true };
  const asked = (resource: ResourceMapping, filter: string) =>
    formatFilter(translateFilter(resource, filterFor(resource, filter), context).over);
  const [ann, boss] = ['members.value eq "u-ann"', 'members.value eq "u-boss"'];
  const [memberAnn, memberBoss] = ['ann', 'boss'].map((uid) => `(member=uid=${uid},ou=people,dc=example,dc=com)`);
  test.each<[filter: string, asked: string]>([
    [`not (${ann} or ${boss}) or ${ann} or members pr`, '(&)'],
    [`not (${ann}) or ${boss}`, '(&)'],
    [`displayName pr and (${ann} or not (${boss}))`, '(cn=*)'],
    [`not (${ann} or not (${boss}))`, '(&)'],
    [`not (${ann})`, `(!${memberAnn})`],
    [`not (${ann}) and not (${boss})`, `(&(!${memberAnn})(!${memberBoss}))`],
    [`not (${ann} or ${boss})`, `(!(|${memberAnn}${memberBoss}))`],
    [`${ann} or ${boss}`, `(|${memberAnn}${memberBoss})`],
  ])('is not asked %s', (filter, expected) => expect(asked(group, filter)).toBe(expected));

  test('what is not asked is decided in memory, and nothing else', () => {
    const left = (filter: string) => undecided(group, filterFor(group, filter), context);
    const conjunct = `${ann} or not (${boss})`;
    expect(left(`${boss} and (${conjunct})`)).toEqual({ kind: 'and', filters: [filterFor(group, conjunct)] });
    expect(left(`${ann} and ${boss}`)).toBeUndefined();
  });

  test('others are asked as it is', () => {
    expect(over(group, `${ann} or not (${boss})`)).toBe(`(|${memberAnn}(!${memberBoss}))`);
  });
});

test('L-003: an attribute that the schema does not know is never sent', () => {
  const odd = userMapping('title: notThere\nnickName: { ldap: title, filter: { eq: "(notThere={v})" } }');
  for (const filter of ['title eq "x"', 'title pr', 'not (title eq "x")', 'nickName eq "x"']) expect(over(odd, filter)).toBe('(&)');
});

describe('templates of the mapping', () => {
  const templated = userMapping(`title: { ldap: title, filter: { eq: "(|(title={v})(cn=x-{v}-*{v}))", pr: "(title=*)", co: off } }
emails:
  elements: [{ match: { type: work }, list: { value: mail } }]
  filter: { eq: "(cn={v})" }`);
  test.each<[filter: string, asked: string]>([
    ['title eq "a*"', '(|(title=a\\2a)(cn=x-a\\2a-*a\\2a))'],
    [`title eq "$\`$&$'$$)("`, "(|(title=$`$&$'$$\\29\\28)(cn=x-$`$&$'$$\\29\\28-*$`$&$'$$\\29\\28))"],
    ['title pr', '(title=*)'],
    ['title co "a"', '(&)'],
    ['title sw "a"', '(title=a*)'],
    ['emails.value eq "a"', '(cn=a)'],
    ['emails.type eq "work"', '(mail=*)'],
  ])('%s', (filter, asked) => expect(over(templated, filter)).toBe(asked));
});

describe('ids', () => {
  const filterOf = (resource: ResourceMapping, id: string) => {
    const filter = idFilter(resource, id);
    return filter && formatFilter(filter);
  };
  test.each(['', 'a\0', 'x'.repeat(257), 'no-uuid', uuid.toUpperCase()])('%j is none', (id) => expect(filterOf(user, id)).toBeUndefined());
  test('of another attribute and codec', () => {
    expect(filterOf({ ...user, id: { ...user.id, ldap: 'nsUniqueId' } }, 'ab-1')).toBe('(nsUniqueId=ab-1)');
    const ad = requireResource(compileFile('test/fixtures/examples/mapping.activeDirectory.yaml').mapping, 'User');
    expect(filterOf(ad, uuid)).toBe('(objectGUID=\\7c\\0b\\9f\\6e\\00\\00\\00\\40\\80\\00\\00\\00\\00\\00\\00\\01)');
  });
  test('that a filter will ask for', () => {
    const ids = (resource: ResourceMapping, filter: string) => idsInFilter(resource, filterFor(resource, filter));
    expect(ids(group, 'members[value eq "u-a"] or not (members.$ref eq "https://x/Users/u%2Db") and displayName eq "g-c"')).toEqual([
      { id: 'u-a', to: ['User', 'Group'] },
      { id: 'u-b', to: ['User', 'Group'] },
    ]);
    expect(ids(user, `groups.value eq "g-a" and ${enterprise}:manager.value co "u"`)).toEqual([{ id: 'g-a', to: ['Group'] }]);
  });
});

test('the attributes that evaluating in memory needs', () => {
  expect(
    filteredAttributes(
      filterFor(user, `(name.givenName pr or emails[value pr]) and not (${enterprise}:manager.value pr) and meta.resourceType eq "User"`),
    ),
  ).toEqual(['name', 'emails', `${enterprise}:manager`]);
});
