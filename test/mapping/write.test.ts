// New entries, defaults, computed attributes and names.
// RFC 4511 sections 4.7 and 4.9; L-043 to L-045, decisions "Writes".
import { describe, expect, test } from 'vitest';
import { formatDn, parseDn, type Rdn } from '../../src/ldap/dn.ts';
import type { ResourceMapping } from '../../src/mapping/mapping.ts';
import { readResource } from '../../src/mapping/read.ts';
import {
  buildEntry,
  diffEntry,
  idsToResolve,
  normalizeResource,
  scimLookup,
  setAt,
  valueAt,
  withDefaults,
} from '../../src/mapping/write.ts';
import { parsePath, resolvePath } from '../../src/scim/path.ts';
import type { Resource } from '../../src/scim/schema.ts';
import { compileFile, describeChanges, entryOf, readContext, requireResource, userMapping, writeContext, type Values } from './sample.ts';

const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const { mapping: openLdapExample } = compileFile('test/fixtures/examples/mapping.openldap.yaml');
const user = requireResource(openLdapExample, 'User');
const group = requireResource(openLdapExample, 'Group');

function build(mapping: ResourceMapping, resource: Resource, context = writeContext()) {
  const entry = buildEntry(mapping, mapping.create!, withDefaults(mapping, resource), context);
  const attributes = Object.fromEntries([...entry.attributes].map(([name, values]) => [name, values.map(String)]));
  return { dn: formatDn({ rdns: [entry.rdn, ...entry.base.rdns] }), attributes };
}

function update(mapping: ResourceMapping, values: Values, after: (before: Resource) => Resource, dn?: string) {
  const entry = entryOf(values, dn);
  const before = readResource(mapping, entry, readContext, undefined)!;
  const rdn: Rdn = parseDn(entry.dn).rdns[0]!;
  const { rename, changes } = diffEntry(mapping, entry, rdn, before, after(before), writeContext());
  return { ...(rename && { rename: formatDn({ rdns: [rename] }) }), changes: describeChanges(changes) };
}

describe('a new entry', () => {
  test('holds what the resource, the defaults and `set` say', () => {
    const resource = {
      userName: ' ann ',
      name: { givenName: 'Ann', familyName: 'Lee' },
      active: true,
      emails: [{ value: 'ann@example.com' }],
      [enterprise]: { department: 'D' },
    };
    expect(build(user, resource)).toEqual({
      dn: 'uid=ann,ou=people,dc=example,dc=com',
      attributes: {
        objectClass: ['top', 'person', 'organizationalPerson', 'inetOrgPerson'],
        uid: ['ann'],
        displayName: ['Ann Lee'],
        givenName: ['Ann'],
        sn: ['Lee'],
        mail: ['ann@example.com'],
        departmentNumber: ['D'],
        employeeType: ['active'],
        cn: ['Ann Lee'],
      },
    });
  });
  test('defaults apply one after the other', () => {
    const { attributes } = build(user, { userName: 'ann' });
    expect([attributes['sn'], attributes['displayName'], attributes['cn']]).toEqual([['ann'], undefined, ['ann']]);
  });
  test('a group without members gets the placeholder, one with members does not', () => {
    expect(build(group, { displayName: 'Staff' }).attributes['member']).toEqual(['cn=nobody,dc=example,dc=com']);
    expect(build(group, { displayName: 'Staff', members: [{ value: 'u-ann' }] }).attributes['member']).toEqual([
      'uid=ann,ou=people,dc=example,dc=com',
    ]);
  });
  test('L-044: the value in the name is escaped by its position', () => {
    expect(build(group, { displayName: ' #a,b+c="d"\\;<e> ' }).dn).toBe(
      formatDn({ rdns: [[{ type: 'cn', value: '#a,b+c="d"\\;<e>' }], ...parseDn('ou=groups,dc=example,dc=com').rdns] }),
    );
  });
  test('with the schema, values that the directory cannot tell apart are written once', () => {
    const { attributes } = build(user, {
      userName: 'ann',
      emails: [
        { value: 'A@x', type: 'work' },
        { value: 'a@X', type: 'work' },
      ],
    });
    expect(attributes['mail']).toEqual(['A@x']);
  });
  test('an RDN that is cut is a value of its own', () => {
    const mapping = userMapping('displayName: cn', { extra: '' });
    expect(
      build(
        { ...mapping, create: { ...mapping.create!, rdn: [{ attribute: 'cn', value: { text: '', names: [], render: () => 'An' } }] } },
        { userName: 'a', displayName: 'Ann' },
      ).attributes['cn'],
    ).toEqual(['Ann', 'An']);
  });
  test.each<[Resource, string]>([
    [{}, 'The entry would have no name: userName is needed for a User'],
    [{ userName: '   ' }, 'The entry would have no name'],
  ])('%j: %s', (resource, message) => expect(() => build(user, resource)).toThrow(message));
  test('a NUL character goes into no name', () => {
    expect(() => build(userMapping(''), { userName: 'a\0b' })).toThrow('contains a NUL character');
  });
});

describe('placement', () => {
  const ad = requireResource(compileFile('test/fixtures/examples/mapping.activeDirectory.yaml').mapping, 'User');
  test('first match wins', () => {
    expect(build(ad, { userName: 'ann@example.com', userType: 'Contractor' }).dn).toBe(
      'CN=ann@example.com,OU=Contractors,OU=Staff,dc=example,dc=com',
    );
    expect(build(ad, { userName: 'ann@example.com' }).dn).toBe('CN=ann@example.com,OU=Staff,dc=example,dc=com');
  });
  test('no match is 400', () => {
    const strict = { ...ad, create: { ...ad.create!, placement: ad.create!.placement.slice(0, 1) } };
    expect(() => build(strict, { userName: 'ann' })).toThrow('No place in the directory is configured');
  });
});

describe('`set`', () => {
  const base = { uid: 'ann', displayName: 'Ann', sn: 'Lee' };
  test('always: recomputed when a path of the template changes', () => {
    expect(update(user, { ...base, cn: 'Ann' }, (before) => ({ ...before, displayName: 'Zoë' })).changes).toEqual([
      'replace displayName Zoë',
      'replace cn Zoë',
    ]);
  });
  test('only if it changes', () => {
    expect(update(user, { ...base, cn: 'Other' }, (before) => ({ ...before, title: 'T' })).changes).toEqual(['replace title T']);
  });
  test('only the value computed from the state before is replaced', () => {
    expect(update(user, { ...base, cn: ['Ann', 'Annie'] }, (before) => ({ ...before, displayName: 'Zoë' })).changes).toEqual([
      'replace displayName Zoë',
      'delete cn Ann',
      'add cn Zoë',
    ]);
    expect(update(user, { ...base, cn: 'Own' }, (before) => ({ ...before, displayName: 'Zoë' })).changes).toEqual([
      'replace displayName Zoë',
    ]);
  });
  test('nothing left: the value goes', () => {
    const mapping = userMapping('title: title', { extra: 'set: { description: { always: "{title}" } }' });
    expect(update(mapping, { title: 'T', description: 'T' }, ({ title: _gone, ...rest }) => rest).changes).toEqual([
      'replace title',
      'replace description',
    ]);
  });
  test('onCreate: never again', () => {
    const mapping = userMapping('title: title', { extra: 'set: { description: { onCreate: "{title}" } }' });
    expect(build(mapping, { userName: 'a', title: 'T' }).attributes['description']).toEqual(['T']);
    expect(update(mapping, { title: 'T', description: 'T' }, (before) => ({ ...before, title: 'U' })).changes).toEqual(['replace title U']);
  });
});

describe('L-043: renames', () => {
  const rename = (userName: string) => (before: Resource) => ({ ...before, userName });
  test('a new name renames, and the modification does not name it again', () => {
    expect(update(user, { uid: 'ann', cn: 'c' }, rename('bob'))).toEqual({ rename: 'uid=bob', changes: [] });
  });
  test('only the case changes', () => {
    expect(update(user, { uid: 'ann', cn: 'c' }, rename('Ann'))).toEqual({ rename: 'uid=Ann', changes: [] });
  });
  test('blanks around a name are no change', () => {
    expect(update(user, { uid: 'ann' }, rename(' ann '))).toEqual({ changes: [] });
    expect(update(userMapping(''), { uid: 'ann' }, rename('ann '))).toEqual({ changes: ['replace uid ann '] });
  });
  test('other values of the naming attribute stay', () => {
    expect(update(user, { uid: ['ann', 'annie'], cn: 'c' }, rename('bob'))).toEqual({ rename: 'uid=bob', changes: [] });
  });
  test('a new name that is another value already', () => {
    expect(update(user, { uid: ['ann', 'bob'], cn: 'c' }, rename('BOB'))).toEqual({ rename: 'uid=BOB', changes: [] });
  });
  test('the rest of a multi-valued RDN stays', () => {
    expect(update(user, { uid: 'ann', l: 'x', cn: 'c' }, rename('bob'), 'l=x+uid=ann,ou=people,dc=example,dc=com')).toEqual({
      rename: 'l=x+uid=bob',
      changes: [],
    });
  });
  test('an entry that is named otherwise keeps its name', () => {
    expect(update(user, { uid: 'ann', cn: 'Ann' }, rename('bob'), 'cn=Ann,ou=people,dc=example,dc=com')).toEqual({
      changes: ['replace uid bob'],
    });
  });
  test('a name with something appended stays while its template does not change', () => {
    expect(
      update(
        user,
        { uid: ['ann', 'ann (2)'] },
        (before) => ({ ...before, title: 'T' }),
        'uid=ann \\(2),ou=people,dc=example,dc=com'.replace('\\', ''),
      ),
    ).toEqual({ changes: ['replace title T'] });
  });
  test('where names are kept, the naming value cannot change, but another can', () => {
    const keeping = { ...user, renames: false };
    expect(() => update(keeping, { uid: 'ann' }, rename('bob'))).toThrow('The attribute that names the entry cannot be changed');
    expect(update(keeping, { uid: 'ann', cn: 'c' }, rename('ANN')).changes).toEqual(['replace uid ANN']);
  });
  test('the naming value is not cleared either', () => {
    expect(() => update({ ...user, renames: false }, { uid: 'ann' }, ({ userName: _gone, ...rest }) => rest)).toThrow('cannot be changed');
  });
});

test('the ids that must be known are those that are new', () => {
  const before = { members: [{ value: 'u-a' }] };
  expect(idsToResolve(group, before, { members: [{ value: 'u-a' }, { value: 'u-b' }] })).toEqual([
    { id: 'u-b', to: ['User', 'Group'], onUnresolved: 'reject', path: 'members' },
  ]);
  expect(idsToResolve(user, undefined, { [enterprise]: { manager: { value: 'u-a' } } }).map(({ id }) => id)).toEqual(['u-a']);
});

describe('values in a resource', () => {
  const resource: Resource = {
    title: 'T',
    name: { givenName: 'A' },
    emails: [{ value: 'a' }, { value: 'b', primary: true }],
    [enterprise]: { department: 'D', manager: { value: 'm' } },
  };
  const target = (path: string) => resolvePath(parsePath(path)!, user.type)!;
  test.each([
    ['title', 'T'],
    ['name.givenName', 'A'],
    ['name', undefined],
    ['emails', 'b'],
    ['emails.value', 'b'],
    [`${enterprise}:department`, 'D'],
    [`${enterprise}:manager`, 'm'],
    ['missing', undefined],
    ['title.x', undefined],
    ['', undefined],
  ])('templates see %s as %s', (path, value) => expect(scimLookup(resource)(path)).toBe(value));
  test('set and unassign, without empty containers', () => {
    expect(setAt(resource, target('name.givenName'), undefined)).not.toHaveProperty('name');
    expect(setAt({}, target(`${enterprise}:department`), 'D')).toEqual({ [enterprise]: { department: 'D' } });
    expect(setAt({ [enterprise]: { department: 'D' } }, target(`${enterprise}:department`), undefined)).toEqual({});
    expect(valueAt(setAt(resource, target('name.familyName'), 'L'), target('name'))).toEqual({ givenName: 'A', familyName: 'L' });
  });
  test('normalizing is idempotent and unassigns what is left empty', () => {
    const mapping = userMapping('title: { ldap: title, normalize: [trim, lower, collapseSpaces, nfc] }');
    const once = normalizeResource(mapping, { title: '  A  E\u0301 ' });
    expect(once).toEqual({ title: 'a é' });
    expect(normalizeResource(mapping, once)).toEqual(once);
    expect(normalizeResource(mapping, { title: ' ' })).toEqual({});
  });
});
