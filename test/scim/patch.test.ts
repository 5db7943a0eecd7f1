// PATCH: the result matrix of RFC 7644 section 3.5.2, and the shapes that identity providers send.
import { describe, expect, it } from 'vitest';
import { compat, interopProfile, strict, type Dialect } from '../../src/scim/dialects.ts';
import { ScimError } from '../../src/scim/error.ts';
import { joinMemberships } from '../../src/scim/membership.ts';
import { applyPatch, isMembershipOnly, membershipDelta, parsePatch } from '../../src/scim/patch.ts';
import {
  groupSchema,
  userSchema,
  type Attribute,
  type Json,
  type JsonObject,
  type Resource,
  type ResourceType,
} from '../../src/scim/schema.ts';
import { badgeUrn, coreUrn as core, enterpriseUrn as enterprise, groupType, userType } from './sample.ts';

const patchOp = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

/** The user type with other characteristics for one attribute. */
function userTypeWith(name: string, characteristics: Partial<Attribute>): ResourceType {
  const attributes = userSchema.attributes.map((attribute) => (attribute.name === name ? { ...attribute, ...characteristics } : attribute));
  return { ...userType, schema: { ...userSchema, attributes } };
}

const user: Resource = {
  schemas: [core, enterprise],
  id: 'u1',
  externalId: 'x1',
  meta: { resourceType: 'User', version: 'W/"1"' },
  userName: 'ann',
  name: { givenName: 'Ann', familyName: 'Example' },
  title: 'Engineer',
  active: true,
  emails: [
    { type: 'work', value: 'ann@work.example', primary: true },
    { type: 'home', value: 'ann@home.example' },
  ],
  groups: [{ value: 'g1', display: 'Staff' }],
  [enterprise]: {
    employeeNumber: '7',
    department: 'Research',
    manager: { value: 'm1', $ref: 'https://scim.example/Users/m1', displayName: 'Max' },
  },
};
const bare: Resource = { schemas: [core], id: 'u2', userName: 'bob' };
const group: Resource = {
  schemas: [groupSchema.id],
  id: 'g1',
  displayName: 'Staff',
  members: ['a', 'b', 'c'].map((id) => ({ value: id, $ref: `https://scim.example/Users/${id}`, type: 'User' })),
};

interface Setting {
  readonly type?: ResourceType;
  readonly dialect?: Dialect;
}

function patch(resource: Resource, operations: Json, { type = userType, dialect = compat }: Setting = {}): Resource {
  return applyPatch(resource, parsePatch({ schemas: [patchOp], Operations: operations }, type, dialect), type, dialect);
}

/** What an action returns, or the status and scimType of its refusal. */
function outcomeOf<T>(action: () => T): T | string {
  try {
    return action();
  } catch (error) {
    if (error instanceof ScimError) return `${error.status} ${error.scimType}`;
    throw error;
  }
}

function memberIds(resource: Resource): readonly unknown[] {
  return ((resource['members'] ?? []) as readonly JsonObject[]).map(({ value }) => value);
}

const inGroup = { type: groupType };
const inStrict = { dialect: strict };

describe('parsePatch: the message', () => {
  const operation = { op: 'replace', path: 'title', value: 'Boss' };

  it.each<[string, unknown]>([
    ['no object', 'x'],
    ['null', null],
    ['a list', []],
    ['no Operations', { schemas: [patchOp] }],
    ['empty Operations', { schemas: [patchOp], Operations: [] }],
    ['Operations that are no list', { schemas: [patchOp], Operations: operation }],
    ['an operation that is no object', { schemas: [patchOp], Operations: ['x'] }],
    ['no op', { schemas: [patchOp], Operations: [{ path: 'title', value: 'x' }] }],
    ['another op', { schemas: [patchOp], Operations: [{ ...operation, op: 'move' }] }],
    ['an op that is no string', { schemas: [patchOp], Operations: [{ ...operation, op: 1 }] }],
    ['other schemas', { schemas: [core], Operations: [operation] }],
    ['keys that differ only in case', { schemas: [patchOp], Operations: [{ ...operation, Op: 'add' }] }],
    ['attributes that differ only in case', { schemas: [patchOp], Operations: [{ op: 'add', value: { title: 'a', Title: 'b' } }] }],
  ])('R-160 R-161 R-013: %s is invalidSyntax in every dialect', (_name, body) => {
    for (const dialect of [compat, strict]) expect(outcomeOf(() => parsePatch(body, userType, dialect))).toBe('400 invalidSyntax');
  });

  it('R-160: schemas may be missing in compat only', () => {
    expect(parsePatch({ Operations: [operation] }, userType, compat)).toHaveLength(1);
    expect(outcomeOf(() => parsePatch({ Operations: [operation] }, userType, strict))).toBe('400 invalidSyntax');
  });

  it('R-160 R-161: keys, op and the URN are case-insensitive, other keys are ignored', () => {
    const body = {
      SCHEMAS: [patchOp.toUpperCase()],
      id: 'u1',
      displayName: 'x',
      operations: [{ OP: 'Replace', Path: 'TITLE', VALUE: 'Boss' }],
    };
    expect(applyPatch(user, parsePatch(body, userType, strict), userType, strict)).toEqual({ ...user, title: 'Boss' });
  });

  it.each<[string, Json, string]>([
    ['remove without path', { op: 'remove' }, '400 noTarget'],
    ['remove with a null path', { op: 'remove', path: null, value: [{ value: 'x' }] }, '400 noTarget'],
    ['remove of the base schema', { op: 'remove', path: core }, '400 noTarget'],
    ['add without value', { op: 'add', path: 'title' }, '400 invalidValue'],
    ['replace without value', { op: 'replace', path: 'title' }, '400 invalidValue'],
    ['a path-less value that is no object', { op: 'replace', value: 'x' }, '400 invalidValue'],
    ['a path that is no string', { op: 'replace', path: 7, value: 'x' }, '400 invalidPath'],
    ['an empty path', { op: 'replace', path: '', value: 'x' }, '400 invalidPath'],
    ['an array index', { op: 'replace', path: 'emails[0].value', value: 'x' }, '400 invalidFilter'],
    ['an unclosed bracket', { op: 'replace', path: 'emails[type eq "work"', value: 'x' }, '400 invalidPath'],
    ['a bad filter', { op: 'replace', path: 'emails[type is "work"].value', value: 'x' }, '400 invalidFilter'],
    ['an unknown attribute in the filter', { op: 'replace', path: 'emails[kind eq "work"].value', value: 'x' }, '400 invalidFilter'],
    ['a prototype', { op: 'add', path: 'name.__proto__', value: 'x' }, '400 invalidPath'],
    ['three levels', { op: 'replace', path: 'name.givenName.x', value: 'x' }, '400 invalidPath'],
    ['a filter on one value', { op: 'replace', path: 'name[givenName eq "Ann"].familyName', value: 'x' }, '400 invalidPath'],
  ])('R-162 R-163 R-170: %s', (_name, operation, failure) => {
    for (const dialect of [compat, strict]) expect(outcomeOf(() => patch(user, [operation], { dialect }))).toBe(failure);
  });

  it.each<[string, Json]>([
    ['path', { op: 'replace', path: 'shoeSize', value: 44 }],
    ['path with filter', { op: 'add', path: 'shoes[type eq "work"].value', value: 44 }],
    ['sub-attribute', { op: 'replace', path: 'name.shoeSize', value: 44 }],
    ['URN', { op: 'add', path: 'urn:msfttest:cloud:scim:schemas:extension:custom:2.0:User:tag', value: 'x' }],
    ['path-less key', { op: 'replace', value: { shoeSize: 44 } }],
    ['path-less key that is no path', { op: 'replace', value: { '@odata.type': 'x' } }],
    ['path-less extension', { op: 'add', value: { 'urn:msfttest:cloud:scim:schemas:extension:custom:2.0:User': { tag: 'x' } } }],
    ['__proto__', { op: 'add', value: JSON.parse('{"__proto__":{"polluted":true}}') }],
    ['constructor', { op: 'add', path: 'constructor.prototype', value: 'x' }],
    ['toString', { op: 'replace', value: { toString: 'x', hasOwnProperty: 'y' } }],
  ])('R-162, number 33: an unknown %s is ignored in compat, invalidPath in strict', (_name, operation) => {
    expect(patch(user, [operation])).toBe(user);
    expect(outcomeOf(() => patch(user, [operation], inStrict))).toBe('400 invalidPath');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('tells the caller which paths it ignored', () => {
    const ignored: string[] = [];
    const operations = [
      { op: 'replace', value: { shoeSize: 44, groups: [], title: 'x', name: { shoeSize: 44 } } },
      { op: 'add', path: 'shoes[type eq "private"].value', value: 44 },
      { op: 'add', path: 'meta.version', value: 'y' },
    ];
    parsePatch({ schemas: [patchOp], Operations: operations }, userType, compat, (path) => ignored.push(path));
    expect(ignored).toEqual(['shoeSize', 'groups', 'name.shoeSize', 'shoes.value', 'meta.version']);
  });
});

describe('paths', () => {
  it.each<[string, Json, Resource]>([
    [
      'case of names',
      { op: 'replace', path: 'NAME.givenname', value: 'Anne' },
      { ...user, name: { givenName: 'Anne', familyName: 'Example' } },
    ],
    ['number 42: core URN', { op: 'replace', path: `${core}:title`, value: 'Boss' }, { ...user, title: 'Boss' }],
    [
      'number 42: core URN with sub-attribute',
      { op: 'replace', path: `${core}:name.givenName`, value: 'Anne' },
      { ...user, name: { givenName: 'Anne', familyName: 'Example' } },
    ],
    ['core URN alone', { op: 'replace', path: core, value: { title: 'Boss' } }, { ...user, title: 'Boss' }],
    [
      'extension URN',
      { op: 'replace', path: `${enterprise}:department`, value: 'Sales' },
      { ...user, [enterprise]: { ...(user[enterprise] as JsonObject), department: 'Sales' } },
    ],
    [
      'number 43: whole extension',
      { op: 'add', path: enterprise, value: { schemas: [enterprise], costCenter: '12', department: 'Sales' } },
      { ...user, [enterprise]: { ...(user[enterprise] as JsonObject), department: 'Sales', costCenter: '12' } },
    ],
    ['number 43: removal of an extension', { op: 'remove', path: enterprise }, withoutExtension(user)],
    ['number 43: replace of an extension by null', { op: 'replace', path: enterprise, value: null }, withoutExtension(user)],
    ['R-168: removal of an extension from schemas', { op: 'remove', path: `schemas[value eq "${enterprise}"]` }, withoutExtension(user)],
    ['R-175: erratum 7122', { op: 'remove', path: `schemas eq "${enterprise}"` }, withoutExtension(user)],
    ['R-168: adding a schema that is there', { op: 'add', path: 'schemas', value: [enterprise] }, user],
  ])('%s', (_name, operation, after) => {
    for (const dialect of [compat, strict]) expect(patch(user, [operation], { dialect })).toEqual(after);
  });

  it('R-176, number 33: path-less keys are plain, dotted, by URN, by value path, or extension objects', () => {
    const value = {
      schemas: [core, enterprise],
      displayName: 'Bob Example',
      'name.givenName': 'Bob',
      name: { familyName: 'Example' },
      [`${core}:nickName`]: 'bobby',
      [`${enterprise}:employeeNumber`]: '8',
      [`${enterprise}:manager.value`]: 'm2',
      'emails[type eq "work"].value': 'bob@work.example',
      [enterprise]: { department: 'Sales' },
    };
    for (const op of ['add', 'replace']) {
      expect(patch(bare, [{ op, value }])).toEqual({
        ...bare,
        schemas: [core, enterprise],
        displayName: 'Bob Example',
        name: { givenName: 'Bob', familyName: 'Example' },
        nickName: 'bobby',
        emails: [{ type: 'work', value: 'bob@work.example' }],
        [enterprise]: { employeeNumber: '8', department: 'Sales', manager: { value: 'm2' } },
      });
    }
  });

  it('R-168, T-028: schemas follows the extensions in use', () => {
    const extended = patch(bare, [{ op: 'add', path: `${enterprise}:department`, value: 'Sales' }]);
    expect(extended).toEqual({ ...bare, schemas: [core, enterprise], [enterprise]: { department: 'Sales' } });
    expect(patch(extended, [{ op: 'remove', path: `${enterprise}:department` }])).toEqual(bare);
  });

  it('section 3.2: compat finds an extension attribute without its URN, strict does not', () => {
    const operation = { op: 'Add', path: 'department', value: 'Sales' };
    expect(patch(bare, [operation])[enterprise]).toEqual({ department: 'Sales' });
    expect(outcomeOf(() => patch(bare, [operation], inStrict))).toBe('400 invalidPath');
  });

  it('section 2: the interoperability profile refuses path-less operations', () => {
    const operation = { op: 'replace', value: { active: false } };
    expect(outcomeOf(() => patch(user, [operation], { dialect: interopProfile }))).toBe('400 invalidSyntax');
    expect(patch(user, [operation], inStrict)).toEqual({ ...user, active: false });
  });
});

describe('schemas (R-168)', () => {
  it('is derived and cannot be removed', () => {
    expect(outcomeOf(() => patch(user, [{ op: 'remove', path: 'schemas' }]))).toBe('400 mutability');
    expect(outcomeOf(() => patch(user, [{ op: 'remove', path: `schemas[value eq "${core}"]` }]))).toBe('400 mutability');
    expect(patch(user, [{ op: 'replace', path: 'schemas', value: [core] }])).toBe(user);
  });

  it('R-049: an unknown schema is ignored in compat, invalidValue in strict', () => {
    const operation = { op: 'add', path: 'schemas', value: ['urn:msfttest:cloud:scim:schemas:extension:custom:2.0:User'] };
    expect(patch(user, [operation])).toBe(user);
    expect(outcomeOf(() => patch(user, [operation], inStrict))).toBe('400 invalidValue');
  });
});

describe('result matrix of section 1.14', () => {
  const unchanged = user;
  const immutable = userTypeWith('title', { mutability: 'immutable' });

  it.each<[string, Json, Resource | string, Setting?]>([
    ['remove attr, absent', { op: 'remove', path: 'nickName' }, unchanged],
    ['remove attr', { op: 'remove', path: 'title' }, without(user, 'title')],
    ['remove multi-valued', { op: 'remove', path: 'emails' }, without(user, 'emails')],
    ['D-08 remove attr[f], no match', { op: 'remove', path: 'emails[type eq "other"]' }, unchanged],
    ['D-08 remove attr[f].sub, no match', { op: 'remove', path: 'emails[type eq "other"].value' }, unchanged],
    [
      'remove attr[f]',
      { op: 'remove', path: 'emails[type eq "work"]' },
      { ...user, emails: [{ type: 'home', value: 'ann@home.example' }] },
    ],
    ['remove attr[f], last', { op: 'remove', path: 'emails[value pr]' }, without(user, 'emails')],
    ['remove attr.sub', { op: 'remove', path: 'name.givenName' }, { ...user, name: { familyName: 'Example' } }],
    ['D-11 remove attr with value', { op: 'remove', path: 'emails', value: [{ value: 'x' }] }, '400 invalidSyntax'],
    ['D-11 remove attr with empty value', { op: 'remove', path: 'emails', value: [] }, '400 invalidSyntax'],
    ['D-11 remove attr[f] with value', { op: 'remove', path: 'emails[type eq "work"]', value: [{ value: 'x' }] }, '400 invalidSyntax'],
    ['R-173 remove required', { op: 'remove', path: 'userName' }, '400 mutability'],
    ['R-173 remove readOnly', { op: 'remove', path: 'groups' }, '400 mutability'],
    ['replace attr, absent', { op: 'replace', path: 'nickName', value: 'annie' }, { ...user, nickName: 'annie' }],
    ['D-09 replace attr[f], no match', { op: 'replace', path: 'emails[type eq "other"]', value: { value: 'x' } }, '400 noTarget'],
    ['D-09 replace attr[f].sub, no match', { op: 'replace', path: 'emails[type eq "other"].value', value: 'x' }, '400 noTarget'],
    ['R-166 replace readOnly', { op: 'replace', path: 'groups', value: [] }, '400 mutability'],
    ['R-166 replace readOnly sub-attribute', { op: 'replace', path: 'meta.version', value: 'x' }, '400 mutability'],
    ['R-166 replace id', { op: 'replace', path: 'id', value: 'u1' }, '400 mutability'],
    ['R-089 manager.displayName', { op: 'replace', path: `${enterprise}:manager.displayName`, value: 'x' }, '400 mutability'],
    [
      'readOnly in a path-less value',
      { op: 'replace', value: { id: 'x', meta: {}, groups: [], title: 'Boss' } },
      { ...user, title: 'Boss' },
    ],
    ['add attr (single), present', { op: 'add', path: 'title', value: 'Boss' }, { ...user, title: 'Boss' }],
    ['R-170 add, same value', { op: 'add', path: 'title', value: 'Engineer' }, unchanged],
    ['R-166 add immutable, present', { op: 'add', path: 'title', value: 'Boss' }, '400 mutability', { type: immutable }],
    ['R-166 remove immutable, present', { op: 'remove', path: 'title' }, '400 mutability', { type: immutable }],
    ['R-166 replace immutable by itself', { op: 'replace', path: 'title', value: 'Engineer' }, unchanged, { type: immutable }],
    [
      'D-10 add attr[f].sub, no match',
      { op: 'add', path: 'emails[type eq "other"].value', value: 'a@other.example' },
      { ...user, emails: [...(user['emails'] as readonly Json[]), { type: 'other', value: 'a@other.example' }] },
    ],
    ['D-10 add attr[f].sub, f not a conjunction of eq', { op: 'add', path: 'emails[type sw "o"].value', value: 'x' }, '400 noTarget'],
    ['D-10 f is an or', { op: 'add', path: 'emails[type eq "other" or type eq "x"].value', value: 'x' }, '400 noTarget'],
    ['D-10 f contradicts the value', { op: 'add', path: 'emails[value eq "x@example"].value', value: 'y@example' }, '400 noTarget'],
    ['R-177 replace by null', { op: 'replace', path: 'title', value: null }, without(user, 'title')],
    ['R-177 replace by []', { op: 'replace', path: 'emails', value: [] }, without(user, 'emails')],
    ['R-177 replace by {}', { op: 'replace', path: 'name', value: {} }, unchanged],
    ['R-177 replace by ""', { op: 'replace', path: 'title', value: '' }, without(user, 'title')],
    ['R-177 add of ""', { op: 'add', path: 'title', value: '' }, without(user, 'title')],
    ['R-177 "" for a sub-attribute', { op: 'replace', path: 'name.givenName', value: '' }, { ...user, name: { familyName: 'Example' } }],
    ['R-177 "" and null inside', { op: 'replace', path: 'name', value: { givenName: '', familyName: null } }, without(user, 'name')],
    ['R-076 required by ""', { op: 'replace', path: 'userName', value: '' }, '400 invalidValue'],
    ['R-173 required by null', { op: 'replace', path: 'userName', value: null }, '400 mutability'],
    ['R-012 add null', { op: 'add', path: 'title', value: null }, unchanged],
    ['R-012 add []', { op: 'add', path: 'emails', value: [] }, unchanged],
    ['R-064 wrong type', { op: 'replace', path: 'title', value: { x: 1 } }, '400 invalidValue'],
    ['R-065 string for a boolean', { op: 'replace', path: 'active', value: 'False' }, '400 invalidValue'],
    [
      'D-25 replace complex merges',
      { op: 'replace', path: 'name', value: { givenName: 'Anne' } },
      { ...user, name: { givenName: 'Anne', familyName: 'Example' } },
    ],
    [
      'number 46 add complex merges',
      { op: 'add', path: 'name', value: { middleName: 'B' } },
      { ...user, name: { ...(user['name'] as JsonObject), middleName: 'B' } },
    ],
  ])('%s (strict)', (_name, operation, result, setting) => {
    const outcome = outcomeOf(() => patch(user, [operation], { ...inStrict, ...setting }));
    expect(outcome).toEqual(result);
    expect(outcome === user).toBe(result === unchanged);
  });

  it('R-166: an immutable attribute without value can be set', () => {
    expect(patch(bare, [{ op: 'add', path: 'title', value: 'Boss' }], { ...inStrict, type: immutable })).toEqual({
      ...bare,
      title: 'Boss',
    });
  });

  it('the interoperability profile replaces a complex attribute as a whole', () => {
    const operation = { op: 'replace', path: 'name', value: { givenName: 'Anne' } };
    expect(patch(user, [operation], { dialect: interopProfile })).toEqual({ ...user, name: { givenName: 'Anne' } });
  });

  it('R-077: a password can be set, by path and without, and not be removed', () => {
    expect(patch(user, [{ op: 'replace', value: { password: 'secret' } }], inStrict)).toEqual({ ...user, password: 'secret' });
    expect(patch(user, [{ op: 'replace', path: 'password', value: 'secret' }], inStrict)).toEqual({ ...user, password: 'secret' });
    expect(outcomeOf(() => patch(user, [{ op: 'remove', path: 'password' }]))).toBe('400 mutability');
    expect(patch(user, [{ op: 'replace', value: { password: null } }])).toBe(user);
  });

  it('R-164 R-165: operations work on the result of the one before, and a failure leaves the resource alone', () => {
    const before = structuredClone(user);
    const operations = [
      { op: 'remove', path: 'emails' },
      { op: 'add', path: 'emails', value: [{ type: 'other', value: 'a@example' }] },
      { op: 'replace', path: 'emails[type eq "other"].value', value: 'b@example' },
    ];
    expect(patch(user, operations, inStrict)['emails']).toEqual([{ type: 'other', value: 'b@example' }]);
    expect(
      outcomeOf(() => patch(user, [...operations, { op: 'replace', path: 'emails[type eq "home"].value', value: 'x' }], inStrict)),
    ).toBe('400 noTarget');
    expect(user).toEqual(before);
  });

  it.each<[string, Json]>([
    [
      'add and remove',
      [
        { op: 'add', path: 'nickName', value: 'x' },
        { op: 'remove', path: 'nickName' },
      ],
    ],
    [
      'remove and add',
      [
        { op: 'remove', path: 'title' },
        { op: 'add', path: 'title', value: 'Engineer' },
      ],
    ],
    [
      'the same values in another order',
      [
        {
          op: 'replace',
          path: 'emails',
          value: [
            { value: 'ann@home.example', type: 'home' },
            { value: 'ann@work.example', primary: true, type: 'work' },
          ],
        },
      ],
    ],
    ['an address that is there', [{ op: 'add', path: 'emails', value: { type: 'WORK', value: 'Ann@Work.example' } }]],
    ['the same manager', [{ op: 'replace', path: `${enterprise}:manager`, value: { value: 'm1', $ref: '../Users/m1', displayName: 'x' } }]],
  ])('R-178, T-015: %s has no net effect and gives the same object', (_name, operations) => {
    expect(patch(user, operations, inStrict)).toBe(user);
  });

  it('R-089: a new manager loses what was derived from the old one', () => {
    const after = patch(user, [{ op: 'replace', path: `${enterprise}:manager`, value: { value: 'm2' } }], inStrict);
    expect((after[enterprise] as JsonObject)['manager']).toEqual({ value: 'm2' });
  });
});

describe('values of multi-valued attributes', () => {
  const work = { type: 'work', value: 'ann@work.example', primary: true };
  const home = { type: 'home', value: 'ann@home.example' };
  const emailParts = userSchema.attributes.find(({ name }) => name === 'emails')?.subAttributes ?? [];

  it.each<[string, Json, Json]>([
    ['R-171 add a list', { op: 'add', path: 'emails', value: [{ value: 'x@example' }] }, [work, home, { value: 'x@example' }]],
    [
      'R-171 add an object',
      { op: 'add', path: 'emails', value: { type: 'other', value: 'x@example' } },
      [work, home, { type: 'other', value: 'x@example' }],
    ],
    [
      'R-171 duplicates collapse',
      { op: 'add', path: 'emails', value: [home, home, { type: 'other', value: 'x' }, { type: 'other', value: 'X' }] },
      [work, home, { type: 'other', value: 'x' }],
    ],
    [
      'R-171 a duplicate brings its other sub-attributes',
      { op: 'add', path: 'emails', value: [{ ...home, display: 'Home' }] },
      [work, { ...home, display: 'Home' }],
    ],
    [
      'R-069 the same value of another type stays',
      { op: 'add', path: 'emails', value: { type: 'other', value: 'ann@home.example' } },
      [work, home, { type: 'other', value: 'ann@home.example' }],
    ],
    ['R-174 replace all', { op: 'replace', path: 'emails', value: [{ type: 'other', value: 'x' }] }, [{ type: 'other', value: 'x' }]],
    [
      'R-167 add a primary',
      { op: 'add', path: 'emails', value: { type: 'other', value: 'x', primary: true } },
      [{ ...work, primary: false }, home, { type: 'other', value: 'x', primary: true }],
    ],
    [
      'R-167 set primary by path',
      { op: 'replace', path: 'emails[type eq "home"].primary', value: true },
      [
        { ...work, primary: false },
        { ...home, primary: true },
      ],
    ],
    ['number 35 replace in place', { op: 'replace', path: 'emails[type eq "work"].value', value: 'x' }, [{ ...work, value: 'x' }, home]],
    [
      'R-174 all matches',
      { op: 'replace', path: 'emails[value ew "example"].display', value: 'x' },
      [
        { ...work, display: 'x' },
        { ...home, display: 'x' },
      ],
    ],
    [
      'R-174 replace of a record, which keeps its place',
      { op: 'replace', path: 'emails[type eq "work"]', value: { value: 'x' } },
      [{ type: 'work', value: 'x' }, home],
    ],
    [
      'R-174 replace of a record by another type',
      { op: 'replace', path: 'emails[type eq "home"]', value: { type: 'other', value: 'x' } },
      [work, { type: 'other', value: 'x' }],
    ],
    ['add to a record merges', { op: 'add', path: 'emails[type eq "work"]', value: { display: 'x' } }, [{ ...work, display: 'x' }, home]],
    ['number 40 removing the value removes the element', { op: 'remove', path: 'emails[type eq "work"].value' }, [home]],
    ['number 40 an empty value removes the element', { op: 'replace', path: 'emails[type eq "work"].value', value: '' }, [home]],
    ['an emptied record is removed', { op: 'replace', path: 'emails[type eq "work"]', value: { type: 'work', value: '' } }, [home]],
    ['an emptied element is none', { op: 'replace', path: 'emails', value: [home, { type: 'work', value: '', primary: true }] }, [home]],
    ['an element of unknown things is none', { op: 'add', path: 'emails', value: [{}] }, [work, home]],
    [
      'an empty sub-attribute is unassigned',
      { op: 'add', path: 'emails[type eq "work"]', value: { display: '', type: 'work' } },
      [work, home],
    ],
    ['an emptied value removes the element', { op: 'add', path: 'emails[type eq "work"]', value: { type: 'work', value: '' } }, [home]],
    ['a null record is removed', { op: 'replace', path: 'emails[type eq "work"]', value: null }, [home]],
    [
      'removing another sub-attribute does not',
      { op: 'remove', path: 'emails[type eq "work"].primary' },
      [{ type: 'work', value: 'ann@work.example' }, home],
    ],
    [
      'a sub-attribute without filter is that of every value',
      { op: 'replace', path: 'emails.display', value: 'x' },
      [
        { ...work, display: 'x' },
        { ...home, display: 'x' },
      ],
    ],
  ])('%s', (_name, operation, emails) => {
    for (const dialect of [compat, strict]) expect(patch(user, [operation], { dialect })['emails']).toEqual(emails);
  });

  it('R-173: a required sub-attribute cannot be removed from an element that stays', () => {
    const type = userTypeWith('emails', { subAttributes: emailParts.map((sub) => ({ ...sub, required: sub.name === 'type' })) });
    expect(outcomeOf(() => patch(user, [{ op: 'remove', path: 'emails[type eq "work"].type' }], { type }))).toBe('400 mutability');
    expect(patch(user, [{ op: 'remove', path: 'emails[type eq "work"].value' }], { type })['emails']).toEqual([home]);
  });

  it('R-178: what the server derives is no difference, and stays with the same value', () => {
    const subAttributes = emailParts.map((sub) => (sub.name === 'display' ? { ...sub, mutability: 'readOnly' as const } : sub));
    const type = userTypeWith('emails', { subAttributes });
    const before = { ...bare, emails: [{ ...home, display: 'Ann' }] };
    expect(patch(before, [{ op: 'replace', path: 'emails', value: [{ ...home, display: 'x' }] }], { type })).toBe(before);
    expect(patch(before, [{ op: 'replace', path: 'emails[type eq "home"]', value: { value: 'y' } }], { type })['emails']).toEqual([
      { type: 'home', value: 'y' },
    ]);
  });

  it('R-167 T-025: primary is reset across operations', () => {
    const operations = ['home', 'work', 'home'].map((type) => ({ op: 'replace', path: `emails[type eq "${type}"].primary`, value: true }));
    expect(patch(user, operations)['emails']).toEqual([
      { ...work, primary: false },
      { ...home, primary: true },
    ]);
  });

  it.each<[string, Json]>([
    [
      'in one list',
      {
        op: 'replace',
        path: 'emails',
        value: [
          { value: 'x', primary: true },
          { value: 'y', primary: true },
        ],
      },
    ],
    ['by a filter that matches two', { op: 'replace', path: 'emails[value ew "example"].primary', value: true }],
  ])('R-068: two primary values %s are invalidValue', (_name, operation) => {
    const neither = { ...user, emails: [home, { ...work, primary: false }] };
    expect(outcomeOf(() => patch(neither, [operation]))).toBe('400 invalidValue');
  });

  it('R-172: the last sub-attribute of an address removes it', () => {
    const built = patch(bare, [{ op: 'add', path: 'addresses[type eq "work"].locality', value: 'Bonn' }]);
    expect(built['addresses']).toEqual([{ type: 'work', locality: 'Bonn' }]);
    expect(patch(built, [{ op: 'remove', path: 'addresses[type eq "work"].locality' }])).toEqual(bare);
  });

  it('R-177: empty sub-attributes of an address are unassigned, and with the last the address', () => {
    const address = { type: 'work', streetAddress: '1 Main St', locality: 'Bonn' };
    const before = { ...bare, addresses: [address] };
    const path = 'addresses[type eq "work"]';
    const street = [{ type: 'work', streetAddress: '1 Main St' }];
    expect(patch(before, [{ op: 'add', path, value: { locality: '' } }])['addresses']).toEqual(street);
    expect(patch(before, [{ op: 'replace', path, value: { streetAddress: '1 Main St', locality: '' } }])['addresses']).toEqual(street);
    expect(patch(before, [{ op: 'replace', path, value: { streetAddress: '', locality: null } }])).toEqual(bare);
    expect(patch(before, [{ op: 'replace', path: 'addresses', value: [{ streetAddress: '' }] }])).toEqual(bare);
  });

  it('what is only unknown sub-attributes changes nothing in compat', () => {
    for (const path of ['emails', 'emails[type eq "work"]', 'name']) {
      for (const op of ['add', 'replace']) expect(patch(user, [{ op, path, value: { shoeSize: 44 } }])).toBe(user);
    }
    expect(outcomeOf(() => patch(user, [{ op: 'replace', path: 'emails', value: [{ shoeSize: 44 }] }], inStrict))).toBe('400 invalidValue');
  });

  it('R-173: emptying a required attribute is mutability, by whatever path', () => {
    const type = userTypeWith('emails', { required: true });
    for (const operation of [
      { op: 'remove', path: 'emails' },
      { op: 'remove', path: 'emails[value pr]' },
      { op: 'remove', path: 'emails', value: [work, home] },
      { op: 'replace', path: 'emails', value: [] },
    ]) {
      expect(outcomeOf(() => patch(user, [operation], { type }))).toBe('400 mutability');
    }
  });

  it.each<[string, Json, Json]>([
    ['by value', [{ value: 'ANN@work.example' }], [home]],
    ['by value and type', [{ value: 'ann@work.example', type: 'home' }], [work, home]],
    ['one object', { value: 'ann@home.example' }, [work]],
    ['by other sub-attributes', [{ type: 'home' }], [work]],
    ['nothing', [], [work, home]],
  ])('D-11: a value list removes %s', (_name, value, emails) => {
    expect(patch(user, [{ op: 'remove', path: 'emails', value }])['emails']).toEqual(emails);
  });
});

describe('R-228 the work of one message is bounded', () => {
  const crowded: Resource = { ...bare, phoneNumbers: Array.from({ length: 10_000 }, (_, i) => ({ value: `${i}` })) };
  const removals = (count: number): Json =>
    Array.from({ length: count }, () => ({ op: 'remove', path: 'phoneNumbers[value eq "nobody has it"]' }));

  it('101 operations on 10,000 values are 413, and the resource is untouched', () => {
    expect(outcomeOf(() => patch(crowded, removals(101)))).toBe('413 undefined');
    expect(crowded['phoneNumbers']).toHaveLength(10_000);
  });

  it('100 operations are done on any number of values', () => {
    expect(patch(crowded, removals(100))).toBe(crowded);
  });
});

describe('more work than one message may make', () => {
  const many = Array.from({ length: 3000 }, (_, i) => ({ type: 'other', value: `${i}@other.example` }));
  const crowd = { ...user, emails: many };
  const one = (i: number): Json => ({ op: 'remove', path: `emails[value eq "${i}@other.example"]` });

  it('is refused with 413 before it is done', () => {
    const operations = Array.from({ length: 3000 }, (_, i) => one(i));
    expect(() => patch(crowd, operations)).toThrow(expect.objectContaining({ status: 413 }));
  });

  it('is not a hundred operations on any number of values, nor thousands on few', () => {
    expect(
      patch(
        crowd,
        Array.from({ length: 100 }, (_, i) => one(i)),
      )['emails'],
    ).toHaveLength(2900);
    const titles = Array.from({ length: 3000 }, (_, i) => ({ op: 'replace', path: 'title', value: `title ${i}` }));
    expect(patch(user, titles)['title']).toBe('title 2999');
  });
});

describe('values of a simple multi-valued attribute', () => {
  const doors = `${badgeUrn}:doors`;
  const badge: Resource = { ...bare, schemas: [core, badgeUrn], [badgeUrn]: { doors: ['North', 'South'] } };

  it.each<[string, Json, readonly string[] | undefined]>([
    ['add a list', { op: 'add', path: doors, value: ['West', 'north'] }, ['North', 'South', 'West']],
    ['add one', { op: 'add', path: doors, value: 'West' }, ['North', 'South', 'West']],
    ['replace', { op: 'replace', path: doors, value: ['West', 'West'] }, ['West']],
    ['replace one', { op: 'replace', path: `${doors}[value eq "north"]`, value: 'West' }, ['West', 'South']],
    ['R-175 remove one', { op: 'remove', path: `${doors}[value eq "north"]` }, ['South']],
    ['remove all', { op: 'remove', path: doors }, undefined],
  ])('%s', (_name, operation, values) => {
    for (const dialect of [compat, strict]) {
      const expected = values ? { ...badge, [badgeUrn]: { doors: values } } : bare;
      expect(patch(badge, [operation], { dialect })).toEqual(expected);
    }
  });

  it('D-11: a value list removes only those', () => {
    expect(patch(badge, [{ op: 'remove', path: doors, value: ['SOUTH', 'East'] }])).toEqual({ ...badge, [badgeUrn]: { doors: ['North'] } });
  });

  it('an unmatched filter creates the value that it asks for, and no other', () => {
    const after = patch(badge, [{ op: 'add', path: `${doors}[value eq "West"]`, value: 'West' }]);
    expect(after[badgeUrn]).toEqual({ doors: ['North', 'South', 'West'] });
    expect(outcomeOf(() => patch(badge, [{ op: 'add', path: `${doors}[value eq "West"]`, value: 'East' }]))).toBe('400 noTarget');
  });
});

describe('Entra ID and its validator (section 1, 3.2)', () => {
  it.each<[string, Json]>([
    ['a string by path', { op: 'Replace', path: 'active', value: 'False' }],
    ['a lower-case string', { op: 'Replace', path: 'active', value: 'false' }],
    ['a boolean', { op: 'replace', path: 'active', value: false }],
    ['without path', { op: 'replace', value: { active: false } }],
    ['a string without path', { op: 'replace', value: { active: 'False' } }],
    ['wrapped', { op: 'replace', path: 'active', value: [{ value: 'False' }] }],
  ])('number 30, T-027: deactivation as %s', (_name, operation) => {
    expect(patch(user, [operation])).toEqual({ ...user, active: false });
  });

  it('number 31: activation as "true" (Keycloak)', () => {
    expect(patch({ ...user, active: false }, [{ op: 'replace', value: { active: 'true' } }])).toEqual(user);
  });

  it.each<[string, string, Json]>([
    ['an array-wrapped object without URN', 'manager', [{ $ref: 'http://../Users/m2', value: 'm2' }]],
    ['a string', `${enterprise}:manager`, 'm2'],
    ['an object', `${enterprise}:manager`, { value: 'm2' }],
    ['an object with what is read-only', `${enterprise}:manager`, { value: 'm2', displayName: 'x', managerId: 'y' }],
    ['a sub-attribute', `${enterprise}:manager.value`, 'm2'],
  ])('manager as %s', (_name, path, value) => {
    for (const op of ['Add', 'Replace']) {
      const after = patch(user, [{ op, path, value }]);
      expect(after[enterprise]).toEqual({ employeeNumber: '7', department: 'Research', manager: { value: 'm2' } });
    }
  });

  it.each<[string, Json]>([
    ['remove', { op: 'Remove', path: `${enterprise}:manager` }],
    ['replace ""', { op: 'Replace', path: `${enterprise}:manager`, value: '' }],
    ['replace { value: "" }', { op: 'Replace', path: `${enterprise}:manager`, value: { value: '' } }],
    ['replace [{ value: "" }]', { op: 'Replace', path: 'manager', value: [{ value: '' }] }],
    ['replace null', { op: 'Replace', path: `${enterprise}:manager`, value: null }],
    ['path-less', { op: 'Replace', value: { [`${enterprise}:manager`]: '' } }],
    ['nested', { op: 'Replace', value: { [enterprise]: { manager: { value: '' } } } }],
  ])('manager is cleared by %s', (_name, operation) => {
    expect(patch(user, [operation])[enterprise]).toEqual({ employeeNumber: '7', department: 'Research' });
    expect(patch(bare, [operation])).toBe(bare);
  });

  it.each<[string, string]>([
    ['add', 'strict'],
    ['Add', 'compat'],
    ['Replace', 'compat'],
  ])('number 37: three times %s builds one address (%s)', (op, dialect) => {
    const operations = [
      { op, path: 'addresses[type eq "work"].streetAddress', value: '1 Main St' },
      { op, path: 'addresses[type eq "work"].locality', value: 'Bonn' },
      { op, path: 'addresses[type eq "work"].country', value: 'DE' },
    ];
    expect(patch(bare, operations, { dialect: dialect === 'strict' ? strict : compat })['addresses']).toEqual([
      { type: 'work', streetAddress: '1 Main St', locality: 'Bonn', country: 'DE' },
    ]);
  });

  it('section 1: roles[primary eq "True"] builds one element with a boolean', () => {
    const operations = [
      { op: 'add', path: 'roles[primary eq "True"].display', value: 'Admin' },
      { op: 'add', path: 'roles[primary eq "True"].value', value: '25' },
      { op: 'add', path: 'roles[primary eq "True"].type', value: 'app' },
    ];
    expect(patch(bare, operations)['roles']).toEqual([{ primary: true, display: 'Admin', value: '25', type: 'app' }]);
  });

  it('section 1: e-mail value and primary on a user without e-mails', () => {
    const operations = [
      { op: 'add', path: 'emails[type eq "work"].value', value: 'bob@work.example' },
      { op: 'add', path: 'emails[type eq "work"].primary', value: 'True' },
    ];
    expect(patch(bare, operations)['emails']).toEqual([{ type: 'work', value: 'bob@work.example', primary: true }]);
    expect(patch(bare, operations.toReversed())['emails']).toEqual([{ type: 'work', value: 'bob@work.example', primary: true }]);
  });

  it('number 36: replace creates an element of a canonical type only', () => {
    expect(patch(bare, [{ op: 'Replace', path: 'emails[type eq "work"].value', value: 'x' }])['emails']).toEqual([
      { type: 'work', value: 'x' },
    ]);
    expect(patch(bare, [{ op: 'Replace', path: 'emails[type eq "Work"]', value: { value: 'x' } }])['emails']).toEqual([
      { type: 'Work', value: 'x' },
    ]);
    expect(outcomeOf(() => patch(bare, [{ op: 'Replace', path: 'emails[type eq "nonexistent"].value', value: 'x' }]))).toBe('400 noTarget');
    expect(outcomeOf(() => patch(bare, [{ op: 'Replace', path: 'emails[type ne "home"].value', value: 'x' }]))).toBe('400 noTarget');
  });

  it('number 36: a type of RFC 7643 is one also where the mapping has no place for it, for what has none is not stored', () => {
    const { subAttributes = [] } = userSchema.attributes.find(({ name }) => name === 'phoneNumbers') ?? {};
    const subs = subAttributes.map((sub) => (sub.name === 'type' ? { ...sub, canonicalValues: ['work'] } : sub));
    const type = userTypeWith('phoneNumbers', { subAttributes: subs });
    const replace = (label: string): Resource =>
      patch(bare, [{ op: 'replace', path: `phoneNumbers[type eq "${label}"].value`, value: '1' }], { type });
    expect(replace('fax')['phoneNumbers']).toEqual([{ type: 'fax', value: '1' }]);
    expect(outcomeOf(() => replace('telegraph'))).toBe('400 noTarget');
  });

  it('a whole element given as a string or an object', () => {
    const emails = [{ type: 'work', value: 'bob@work.example' }];
    for (const op of ['Add', 'Replace']) {
      for (const value of ['bob@work.example', { value: 'bob@work.example' }, [{ value: 'bob@work.example' }]]) {
        expect(patch(bare, [{ op, path: 'emails[type eq "work"]', value }])['emails']).toEqual(emails);
      }
    }
  });

  it('number 39: a new phone type does not disturb the others', () => {
    const before = {
      ...bare,
      phoneNumbers: [
        { type: 'work', value: '1' },
        { type: 'fax', value: '2' },
      ],
    };
    expect(patch(before, [{ op: 'add', path: 'phoneNumbers[type eq "mobile"].value', value: 3 }])['phoneNumbers']).toEqual([
      ...before.phoneNumbers,
      { type: 'mobile', value: '3' },
    ]);
  });

  it('number 45: a role whose value is JSON text is stored as it is', () => {
    const value = '{"id":"1","value":"25","displayName":"Role1234"}';
    expect(patch(bare, [{ op: 'Add', path: 'roles', value: [{ value }] }])['roles']).toEqual([{ value }]);
  });

  it('numbers 32, 47: a long request in the verbose style', () => {
    const operations = [
      { op: 'Add', path: 'nickName', value: 'x' },
      { op: 'Replace', path: 'nickName', value: 'y' },
      ...Array.from({ length: 34 }, (_, index) => ({ op: 'Add', path: 'title', value: `t${index}` })),
    ];
    expect(patch(bare, operations)).toEqual({ ...bare, nickName: 'y', title: 't33' });
  });

  it('numbers 33: id, meta and groups by path are ignored while they change nothing', () => {
    const operations = [
      { op: 'replace', path: 'id', value: 'u1' },
      { op: 'replace', path: 'meta', value: { version: 'x' } },
      { op: 'add', path: 'groups', value: [{ value: 'g2' }] },
      { op: 'remove', path: 'groups[value eq "g1"]' },
    ];
    expect(patch(user, operations)).toBe(user);
    expect(outcomeOf(() => patch(user, [{ op: 'replace', path: 'id', value: 'u2' }]))).toBe('400 mutability');
    expect(outcomeOf(() => patch(user, [{ op: 'remove', path: 'id' }]))).toBe('400 mutability');
  });
});

describe('groups (numbers 63 to 70)', () => {
  it.each<[string, Json, readonly string[]]>([
    ['63 Entra add', { op: 'Add', path: 'members', value: [{ $ref: null, value: 'd' }] }, ['a', 'b', 'c', 'd']],
    ['63 an object', { op: 'add', path: 'members', value: { value: 'd' } }, ['a', 'b', 'c', 'd']],
    ['63 a bare string', { op: 'add', path: 'members', value: 'd' }, ['a', 'b', 'c', 'd']],
    ['63 a list of strings', { op: 'add', path: 'members', value: ['d', 'e'] }, ['a', 'b', 'c', 'd', 'e']],
    ['63 path-less', { op: 'add', value: { members: [{ value: 'd', display: 'D' }] } }, ['a', 'b', 'c', 'd']],
    [
      '63, T-061 a member that is there',
      { op: 'add', path: 'members', value: [{ value: 'a', display: 'Ann', type: 'User' }] },
      ['a', 'b', 'c'],
    ],
    ['64 remove a list', { op: 'Remove', path: 'members', value: [{ $ref: null, value: 'a' }, { value: 'x' }] }, ['b', 'c']],
    ['64 remove strings', { op: 'remove', path: 'members', value: ['a', 'b'] }, ['c']],
    ['64 remove an object', { op: 'remove', path: 'members', value: { value: 'a' } }, ['b', 'c']],
    ['64 T-018 remove an empty list', { op: 'remove', path: 'members', value: [] }, ['a', 'b', 'c']],
    ['remove with null removes all (mitodl)', { op: 'remove', path: 'members', value: null }, []],
    ['remove without value removes all', { op: 'remove', path: 'members' }, []],
    ['65 by filter', { op: 'remove', path: 'members[value eq "a"]' }, ['b', 'c']],
    ['65 spacing and case', { op: 'Remove', path: 'Members[ VALUE  EQ "a" ]' }, ['b', 'c']],
    ['65 an unquoted id', { op: 'remove', path: 'members[value eq a]' }, ['b', 'c']],
    ['65 an unquoted UUID, no member', { op: 'remove', path: 'members[value eq 2819c223-7f76-453a-919d-413861904646]' }, ['a', 'b', 'c']],
    ['65 two ids', { op: 'remove', path: 'members[value eq "a" or value eq "b"]' }, ['c']],
    ['65 not a member', { op: 'remove', path: 'members[value eq "x"]' }, ['a', 'b', 'c']],
    ['a filter beside a value list', { op: 'remove', path: 'members[value eq "a"]', value: [{ value: 'b' }] }, ['b', 'c']],
    ['67 exact set', { op: 'replace', path: 'members', value: [{ value: 'c' }, { value: 'd' }, { value: 'd' }] }, ['c', 'd']],
    ['67 Okta push of an empty group', { op: 'replace', path: 'members', value: [] }, []],
    ['R-177 an empty object', { op: 'replace', path: 'members', value: {} }, ['a', 'b', 'c']],
    ['validator: replace stands for the set', { op: 'replace', path: 'members', value: [{ value: 'd' }] }, ['d']],
  ])('%s', (_name, operation, ids) => {
    const after = patch(group, [operation], inGroup);
    expect(memberIds(after)).toEqual(ids);
    expect(after === group).toBe(ids.join(' ') === 'a b c');
  });

  it('68: Okta removes, adds and renames in one request', () => {
    const operations = [
      { op: 'remove', path: 'members[value eq "a"]' },
      { op: 'add', path: 'members', value: [{ value: 'd', display: 'Dan' }] },
      { op: 'replace', value: { id: 'g1', displayName: 'Crew' } },
    ];
    const after = patch(group, operations, inGroup);
    expect(memberIds(after)).toEqual(['b', 'c', 'd']);
    expect(after['displayName']).toBe('Crew');
  });

  it('69, T-019: authentik replaces the whole group without members, who stay', () => {
    const value = { schemas: [groupSchema.id], id: 'g1', externalId: 'x', displayName: 'Crew' };
    expect(patch(group, [{ op: 'replace', value }], inGroup)).toEqual({ ...group, externalId: 'x', displayName: 'Crew' });
  });

  it('R-087: the $ref that a client sends with a member is not taken over', () => {
    const after = patch({ ...group, members: [] }, [{ op: 'add', path: 'members', value: [{ value: 'd', $ref: 'Users/d' }] }], inGroup);
    expect(after['members']).toEqual([{ value: 'd' }]);
  });

  it('members that stay keep what the server derived', () => {
    const after = patch(group, [{ op: 'replace', path: 'members', value: [{ value: 'b' }] }], inGroup);
    expect(after['members']).toEqual([{ value: 'b', $ref: 'https://scim.example/Users/b', type: 'User' }]);
  });

  it.each<[string, Json]>([
    ['replace of the value', { op: 'replace', path: 'members[value eq "a"].value', value: 'x' }],
    ['removal of the value', { op: 'remove', path: 'members[value eq "a"].value' }],
    ['replace of the type', { op: 'replace', path: 'members[value eq "a"].type', value: 'Group' }],
    ['replace of the record', { op: 'replace', path: 'members[value eq "a"]', value: { value: 'x' } }],
    ['replace of all values', { op: 'replace', path: 'members.value', value: 'x' }],
  ])('R-086: %s of a member is mutability', (_name, operation) => {
    for (const dialect of [compat, strict]) {
      expect(outcomeOf(() => patch(group, [operation], { ...inGroup, dialect }))).toBe('400 mutability');
    }
  });

  it.each<[string, Json]>([
    ['an empty value', [{ value: '' }]],
    ['null', [{ value: null }]],
    ['an empty string', ['']],
    ['only a name', [{ display: 'Ann' }]],
    ['nothing', [{ value: 'a' }, {}]],
  ])('a member of %s is invalidValue, and empties no group', (_name, value) => {
    for (const op of ['add', 'replace', 'remove']) {
      expect(outcomeOf(() => patch(group, [{ op, path: 'members', value }], inGroup))).toBe('400 invalidValue');
    }
  });

  it('R-085: displayName cannot be removed', () => {
    expect(outcomeOf(() => patch(group, [{ op: 'remove', path: 'displayName' }], inGroup))).toBe('400 mutability');
  });

  it('adds and removes 20 000 members in one operation each', () => {
    const many = Array.from({ length: 20_000 }, (_, index) => ({ value: `n${index}` }));
    const full = patch(group, [{ op: 'add', path: 'members', value: many }], inGroup);
    expect(memberIds(full)).toHaveLength(20_003);
    expect(patch(full, [{ op: 'remove', path: 'members', value: many }], inGroup)).toEqual(group);
  });
});

describe('membershipDelta', () => {
  const deltaOf = (operations: Json): unknown => {
    const parsed = parsePatch({ schemas: [patchOp], Operations: operations }, groupType, compat);
    expect(isMembershipOnly(parsed)).toBe(membershipDelta(parsed, groupType) !== undefined);
    return membershipDelta(parsed, groupType);
  };
  const add = (...ids: string[]): Json => ({ op: 'add', path: 'members', value: ids.map((value) => ({ value })) });
  const remove = (...ids: string[]): Json => ({ op: 'remove', path: 'members', value: ids.map((value) => ({ value })) });

  it.each<[string, Json, unknown]>([
    ['adds', [add('a', 'b'), add('b', 'c')], { add: ['a', 'b', 'c'], remove: [] }],
    ['removes by list', [remove('a', 'b')], { add: [], remove: ['a', 'b'] }],
    ['removes by filter', [{ op: 'remove', path: 'members[value eq "a"]' }], { add: [], remove: ['a'] }],
    [
      'removes by a chain',
      [{ op: 'remove', path: 'members[value eq "a" or (value eq "b" or value eq "c")]' }],
      { add: [], remove: ['a', 'b', 'c'] },
    ],
    ['path-less adds', [{ op: 'add', value: { members: [{ value: 'a' }] } }], { add: ['a'], remove: [] }],
    ['add then remove', [add('a', 'b'), remove('a')], { add: ['b'], remove: ['a'] }],
    ['remove then add', [remove('a'), add('a')], { add: ['a'], remove: [] }],
    ['ids that are names of Object.prototype', [add('__proto__', 'constructor')], { add: ['__proto__', 'constructor'], remove: [] }],
  ])('%s', (_name, operations, delta) => {
    expect(deltaOf(operations)).toEqual(delta);
  });

  it.each<[string, Json]>([
    ['nothing at all', [remove()]],
    ['replace of members', [{ op: 'replace', path: 'members', value: [{ value: 'a' }] }]],
    ['remove of all members', [{ op: 'remove', path: 'members' }]],
    ['removal by type', [{ op: 'remove', path: 'members[type eq "User"]' }]],
    ['removal by a conjunction', [{ op: 'remove', path: 'members[value eq "a" and type eq "User"]' }]],
    ['removal by not', [{ op: 'remove', path: 'members[not (value eq "a")]' }]],
    ['removal of a sub-attribute', [{ op: 'remove', path: 'members[value eq "a"].display' }]],
    ['a rename beside it', [add('a'), { op: 'replace', value: { id: 'g1', displayName: 'Crew' } }]],
  ])('is undefined for %s', (_name, operations) => {
    expect(deltaOf(operations)).toBeUndefined();
  });

  it('joins neighbours that do the same, and nothing else', () => {
    const filtered = { op: 'remove', path: 'members[value eq "d" or value eq "e"]' };
    const rename = { op: 'replace', path: 'displayName', value: 'x' };
    const list = [add('a'), add('b', 'c'), remove('a'), filtered, rename, rename, remove('f'), { op: 'remove', path: 'members' }];
    const joined = joinMemberships(parsePatch({ schemas: [patchOp], Operations: list }, groupType, compat));
    const values = (...ids: string[]): Json => ids.map((value) => ({ value }));
    expect(joined.map(({ op, value }) => [op, value])).toEqual([
      ['add', values('a', 'b', 'c')],
      ['remove', values('a', 'd', 'e')],
      ['replace', 'x'],
      ['replace', 'x'],
      ['remove', values('f')],
      ['remove', undefined],
    ]);
  });

  it('is undefined for a type without members', () => {
    expect(membershipDelta(parsePatch({ schemas: [patchOp], Operations: [add('a')] }, groupType, compat), userType)).toBeUndefined();
  });
});

function without(resource: Resource, name: string): Resource {
  return Object.fromEntries(Object.entries(resource).filter(([other]) => other !== name));
}

function withoutExtension(resource: Resource): Resource {
  return { ...without(resource, enterprise), schemas: [core] };
}
