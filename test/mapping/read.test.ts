// Entries to resources: which LDAP attributes are asked for, what becomes of an entry, and members of groups.
// RFC 7643 sections 3 and 4.2; L-028, L-029, L-037, L-053.
import { describe, expect, test } from 'vitest';
import { parseDn } from '../../src/ldap/dn.ts';
import type { Entry } from '../../src/ldap/entry.ts';
import { attributesToRead, everything, readId, readResource, referencesIn } from '../../src/mapping/read.ts';
import { diffEntry } from '../../src/mapping/write.ts';
import type { Json } from '../../src/scim/schema.ts';
import { baseDn, compileFile, describeChanges, entryOf, readContext, requireResource, writeContext } from './sample.ts';

const { mapping } = compileFile('test/fixtures/examples/mapping.openldap.yaml');
const user = requireResource(mapping, 'User');
const group = requireResource(mapping, 'Group');
const id = '6e9f0b7c-0000-4000-8000-000000000001';

describe('a resource', () => {
  test('has schemas, id and meta, and what the entry has', () => {
    const entry = entryOf({
      uid: 'ann',
      sn: 'Lee',
      cn: 'Ann Lee',
      departmentNumber: 'D',
      modifyTimestamp: '20240101000000Z',
      userPassword: 'secret',
    });
    expect(readResource(user, entry, readContext, 'W/"1"')).toEqual({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User', 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'],
      id,
      userName: 'ann',
      name: { familyName: 'Lee', formatted: 'Ann Lee' },
      active: true,
      groups: [
        { value: 'g-a', $ref: 'https://scim.example.com/Groups/g-a', display: 'a', type: 'direct' },
        { value: 'g-z', $ref: 'https://scim.example.com/Groups/g-z', display: 'z', type: 'direct' },
      ],
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: 'D' },
      meta: {
        resourceType: 'User',
        lastModified: '2024-01-01T00:00:00Z',
        location: `https://scim.example.com/Users/${id}`,
        version: 'W/"1"',
      },
    });
  });
  test('only what is wanted is asked for and read', () => {
    const wanted = (name: string) => name === 'name';
    expect(attributesToRead(user, wanted)).toEqual(['entryUUID', 'givenName', 'sn', 'cn']);
    expect(Object.keys(readResource(user, entryOf({ uid: 'ann', sn: 'Lee' }), readContext, undefined, wanted)!)).toEqual([
      'schemas',
      'id',
      'name',
      'meta',
    ]);
  });
  test('an entry without id is none (L-029), and ids are lower-case', () => {
    expect(readResource(user, entryOf({ entryUUID: [] }), readContext, undefined)).toBeUndefined();
    expect(readId(user, entryOf({ entryUUID: id.toUpperCase() }))).toBe(id);
  });
});

describe('members', () => {
  const ann = `uid=ann,ou=people,${baseDn}`;
  const bob = `UID=bob,ou=people,${baseDn}`;
  const placeholder = `CN=Nobody, ${baseDn}`;
  const foreign = 'cn=x,dc=elsewhere';
  const groupEntry = (...member: readonly string[]): Entry => entryOf({ cn: 'g', member }, `cn=g,ou=groups,${baseDn}`);
  const membersOf = (entry: Entry) => readResource(group, entry, readContext, undefined)?.['members'];
  const change = (entry: Entry, members: Json | undefined) => {
    const before = readResource(group, entry, readContext, undefined)!;
    const { members: _old, ...rest } = before;
    return describeChanges(
      diffEntry(group, entry, parseDn(entry.dn).rdns[0]!, before, members === undefined ? rest : { ...rest, members }, writeContext())
        .changes,
    );
  };

  test('L-037, L-053: the placeholder, foreign, dangling and broken DNs are hidden', () => {
    const entry = groupEntry(placeholder, foreign, 'no dn', bob, ann);
    expect(membersOf(entry)).toEqual([
      { value: 'u-ann', $ref: 'https://scim.example.com/Users/u-ann', type: 'User', display: 'ann' },
      { value: 'u-bob', $ref: 'https://scim.example.com/Users/u-bob', type: 'User', display: 'bob' },
    ]);
    expect(referencesIn(group, entry, everything).map(({ dn }) => dn)).toEqual([foreign, 'no dn', bob, ann]);
    expect(membersOf(groupEntry(placeholder))).toBeUndefined();
  });
  test('L-021: written value by value, DNs compared by meaning', () => {
    expect(change(groupEntry(ann), [{ value: 'u-ann' }, { value: 'u-bob' }])).toEqual([`add member uid=bob,ou=people,${baseDn}`]);
    expect(change(groupEntry(ann, bob), [{ value: 'u-bob' }])).toEqual([`delete member ${ann}`]);
    expect(change(groupEntry(ann, foreign), [{ value: 'u-ann' }, { value: 'u-ann', display: 'x' }])).toEqual([]);
  });
  test('L-053: the placeholder comes and goes in the same modification', () => {
    expect(change(groupEntry(ann), undefined)).toEqual([`delete member ${ann}`, `add member cn=nobody,${baseDn}`]);
    expect(change(groupEntry(placeholder), [{ value: 'u-ann' }])).toEqual([`delete member ${placeholder}`, `add member ${ann}`]);
  });
  test('a foreign member keeps the group legal', () =>
    expect(change(groupEntry(ann, foreign), undefined)).toEqual([`delete member ${ann}`]));
});
