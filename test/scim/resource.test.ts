import { describe, expect, it } from 'vitest';
import { compat, entra, entraRoles, strict, type Dialect } from '../../src/scim/dialects.ts';
import { ScimError } from '../../src/scim/error.ts';
import { readAttribute } from '../../src/scim/attribute-value.ts';
import { checkRequired, equalValues, parseResource, withSchemas } from '../../src/scim/resource.ts';
import { findAttribute, type Json, type Resource, type ResourceType } from '../../src/scim/schema.ts';
import { badgeSchema, badgeUrn, barbara, coreUrn, enterpriseUrn, groupType, smallUserType, userType } from './sample.ts';

const schemas = [coreUrn];
const groupUrn = groupType.schema.id;

const read = (body: object, dialect: Dialect = strict, type: ResourceType = userType): Resource =>
  parseResource({ schemas: [type.schema.id], ...body }, type, dialect);

const failure = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof ScimError && error.status === 400) return `${error.scimType}: ${error.message}`;
    throw error;
  }
  throw new Error('nothing was thrown');
};

describe('parseResource', () => {
  it('spells names as the schema does and leaves schemas out (R-010, R-050)', () => {
    const body = {
      SCHEMAS: [coreUrn.toUpperCase(), enterpriseUrn],
      USERNAME: 'x',
      name: { GivenName: 'a' },
      Emails: [{ VALUE: 'e', Primary: true }],
      [enterpriseUrn.toLowerCase()]: { Department: 'd', manager: { VALUE: 'm' } },
    };
    expect(parseResource(body, userType, strict)).toEqual({
      userName: 'x',
      name: { givenName: 'a' },
      emails: [{ value: 'e', primary: true }],
      [enterpriseUrn]: { department: 'd', manager: { value: 'm' } },
    });
  });

  it.each<[object]>([
    [{ title: null }],
    [{ title: '' }],
    [{ emails: [] }],
    [{ emails: null }],
    [{ emails: [null] }],
    [{ emails: [{}] }],
    [{ emails: [{ value: '' }] }],
    [{ name: {} }],
    [{ name: null }],
    [{ name: { givenName: null, familyName: '' } }],
    [{ [enterpriseUrn]: null }],
    [{ [enterpriseUrn]: {} }],
    [{ [enterpriseUrn]: { manager: { value: null }, department: '' } }],
    [{ active: null }],
  ])('%j is unassigned (R-012)', (body) => {
    expect(read({ userName: 'x', ...body })).toEqual({ userName: 'x' });
  });

  it('leaves read-only attributes out, whatever they hold (R-056, R-084, R-092)', () => {
    const body = {
      id: 5,
      meta: 'x',
      groups: [{ value: 'g' }],
      userName: 'x',
      [enterpriseUrn]: { manager: { value: 'm', displayName: 'Boss' } },
    };
    for (const dialect of [strict, compat]) {
      expect(read(body, dialect)).toEqual({ userName: 'x', [enterpriseUrn]: { manager: { value: 'm' } } });
    }
  });

  it('keeps what is immutable or write-only, and every value as sent (R-071)', () => {
    expect(
      read({ userName: 'x', password: ' pw ', phoneNumbers: [{ value: '+1 (2) 3', type: 'Work' }], addresses: [{ country: 'us' }] }),
    ).toEqual({
      userName: 'x',
      password: ' pw ',
      phoneNumbers: [{ value: '+1 (2) 3', type: 'Work' }],
      addresses: [{ country: 'us' }],
    });
    const members = [{ value: '1', $ref: 'Users/1', type: 'User', display: 'One' }];
    expect(read({ displayName: 'g', members }, strict, groupType)).toEqual({ displayName: 'g', members });
  });

  it.each(['USA', 'Germany', 'D', 'D1', 'ÄÖ', 'U S'])('%j is no country to strict, and stored as sent by compat (R-082)', (country) => {
    const body = { userName: 'x', addresses: [{ country }] };
    expect(() => read(body, strict)).toThrow('"addresses.country" must be a code of two letters');
    expect(read(body, compat)).toEqual(body);
  });

  it.each<[string, object, object]>([
    ['value and name', { value: '{"id":"1","value":"25","displayName":"Role"}' }, { value: '25', display: 'Role' }],
    ['type and primary', { value: '{"value":"25","type":"t","primary":"True"}' }, { value: '25', type: 't', primary: true }],
    ['what stands beside it counts', { value: '{"value":"25","display":"a"}', display: 'b' }, { value: '25', display: 'b' }],
    ['no value in it', { value: '{"id":"1"}' }, { value: '{"id":"1"}' }],
    ['a value that is no text', { value: '{"value":{}}' }, { value: '{"value":{}}' }],
    ['no JSON', { value: '{x' }, { value: '{x' }],
    ['plain text', { value: 'r', type: 'x' }, { value: 'r', type: 'x' }],
    ['a name of a prototype', { value: '{"value":"r","__proto__":{"display":"x"},"constructor":"x"}' }, { value: 'r' }],
  ])('JSON in the value of a role, %s: taken apart where the dialect says so', (_name, role, parts) => {
    expect(read({ userName: 'x', roles: [role] }, entraRoles)).toEqual({ userName: 'x', roles: [parts] });
    expect(read({ userName: 'x', roles: [role] }, entra)).toEqual({ userName: 'x', roles: [role] });
  });

  it.each<[string, object, string]>([
    ['twice by case', { userName: 'x', username: 'y' }, 'invalidSyntax: "username" is given twice'],
    ['twice inside', { name: { givenName: 'x', GIVENNAME: 'y' } }, 'invalidSyntax: "GIVENNAME" is given twice'],
    ['unknown', { nope: 1 }, 'invalidSyntax: Unknown attribute "nope"'],
    ['unknown sub-attribute', { name: { nope: 1 } }, 'invalidSyntax: Unknown attribute "name.nope"'],
    ['unknown in a list', { emails: [{ adress: 'x' }] }, 'invalidSyntax: Unknown attribute "emails.adress"'],
    ['unknown in an extension', { [enterpriseUrn]: { nope: 1 } }, `invalidSyntax: Unknown attribute "${enterpriseUrn}:nope"`],
    ['extension at top level (R-050)', { department: 'x' }, 'invalidSyntax: Unknown attribute "department"'],
    ['dotted', { 'name.givenName': 'x' }, 'invalidSyntax: Unknown attribute "name.givenName"'],
    ['unknown extension', { 'urn:x:y': {} }, 'invalidSyntax: Unknown attribute "urn:x:y"'],
    ['base schema as container', { [coreUrn]: { title: 'x' } }, `invalidSyntax: Unknown attribute "${coreUrn}"`],
    ['prototype', JSON.parse('{"__proto__": {"active": true}}'), 'invalidSyntax: Unknown attribute "__proto__"'],
    ['constructor', { constructor: 'x' }, 'invalidSyntax: Unknown attribute "constructor"'],
  ])('refuses %s if strict, ignores it aloud if not (R-013, R-096)', (what, body, message) => {
    expect(failure(() => read(body))).toBe(message);
    const isTwice = what.startsWith('twice');
    const ignored: string[] = [];
    const lenient = (): Resource =>
      parseResource({ schemas, userName: 'z', ...(isTwice ? {} : body) }, userType, compat, (name) => ignored.push(name));
    expect(lenient()).toEqual({ userName: 'z' });
    expect(ignored.map((name) => `invalidSyntax: Unknown attribute "${name}"`)).toEqual(isTwice ? [] : [message]);
    expect(Object.getPrototypeOf(lenient())).toBe(Object.prototype);
  });

  it.each(['userName', 'username'])('refuses names that differ by case in every dialect (R-013): %s', (name) => {
    expect(failure(() => read({ USERNAME: 'x', [name]: 'y' }, compat))).toBe(`invalidSyntax: "${name}" is given twice`);
  });

  it.each<[object, string]>([
    [{ title: 'x' }, '"title" is not supported here'],
    [{ externalId: 'x' }, '"externalId" is not supported here'],
    [{ emails: [{ value: 'x', display: 'y' }] }, '"emails.display" is not supported here'],
  ])('%j, which the RFC has and the mapping has not, is an invalidValue if strict (L-032)', (body, message) => {
    expect(failure(() => read(body, strict, smallUserType))).toBe(`invalidValue: ${message}`);
    const ignored: string[] = [];
    parseResource(body, smallUserType, compat, (name) => ignored.push(name));
    expect(ignored.map((name) => `"${name}" is not supported here`)).toEqual([message]);
  });

  it.each([null, 'x', 5, true, undefined, [{}]])('refuses %j as a body', (body) => {
    expect(failure(() => parseResource(body, userType, compat))).toBe('invalidSyntax: The body must be a JSON object');
  });

  it('is harmless with names of Object.prototype', () => {
    const body = JSON.parse(
      '{"__proto__": {"userName": "evil"}, "toString": "x", "name": {"__proto__": {"givenName": "evil"}}, "title": "t"}',
    ) as object;
    const resource = parseResource(body, userType, compat);
    expect(resource).toEqual({ title: 't' });
    expect(resource['userName']).toBeUndefined();
    expect(({} as Record<string, unknown>)['userName']).toBeUndefined();
  });
});

describe('schemas of a body (R-048, R-049)', () => {
  it.each<[string, unknown, string]>([
    ['missing', undefined, 'invalidSyntax: "schemas" is required'],
    ['null', null, 'invalidSyntax: "schemas" is required'],
    ['empty', [], 'invalidSyntax: "schemas" is required'],
    ['without the base schema', [enterpriseUrn], `invalidValue: "schemas" must contain "${coreUrn}"`],
    ['repeated', [coreUrn, coreUrn.toUpperCase()], 'invalidValue: "schemas" lists a schema twice'],
    ['unknown', [coreUrn, 'urn:x:y'], 'invalidSyntax: "schemas" lists a schema that this resource type does not have'],
    ['of another type', [coreUrn, groupUrn], 'invalidSyntax: "schemas" lists a schema that this resource type does not have'],
  ])('%s: refused if strict, accepted if not', (_, value, message) => {
    expect(failure(() => parseResource({ schemas: value, userName: 'x' }, userType, strict))).toBe(message);
    expect(parseResource({ schemas: value, userName: 'x' }, userType, compat)).toEqual({ userName: 'x' });
  });

  it.each([['x'], [[5]], [{}]])('%j is no list of strings', (value) => {
    for (const dialect of [strict, compat]) {
      expect(failure(() => parseResource({ schemas: value }, userType, dialect))).toContain('invalidValue: "schemas" must be a list');
    }
  });

  it('takes them in any order, and an extension that they do not list', () => {
    const body = { schemas: [enterpriseUrn, coreUrn], [enterpriseUrn]: { department: 'd' } };
    expect(parseResource(body, userType, strict)).toEqual({ [enterpriseUrn]: { department: 'd' } });
    expect(read({ [enterpriseUrn]: { department: 'd' } })).toEqual({ [enterpriseUrn]: { department: 'd' } });
  });

  it('tells of the ones that it ignores', () => {
    const ignored: string[] = [];
    parseResource({ schemas: [coreUrn, 'urn:x:y'] }, userType, compat, (name) => ignored.push(name));
    expect(ignored).toEqual(['urn:x:y']);
  });
});

describe('types of values (R-064)', () => {
  const badge = (value: object, dialect: Dialect = strict): Json | undefined => read({ [badgeUrn]: value }, dialect)[badgeUrn];

  it.each<[object, string]>([
    [{ userName: true }, '"userName" must be a string'],
    [{ userName: ['x'] }, '"userName" must be a string'],
    [{ userName: {} }, '"userName" must be a string'],
    [{ userName: '\ud800' }, '"userName" must be a string of Unicode characters'],
    [{ name: 'x' }, '"name" must be an object'],
    [{ name: [{ givenName: 'x' }] }, '"name" must be an object'],
    [{ name: { givenName: 5 } }, '"name.givenName" must be a string'],
    [{ emails: 'x' }, '"emails" must be a list'],
    [{ emails: { value: 'x' } }, '"emails" must be a list'],
    [{ emails: ['x'] }, '"emails" must be an object'],
    [{ emails: [{ value: ['x'] }] }, '"emails.value" must be a string'],
    [{ emails: [{ primary: 1 }] }, '"emails.primary" must be true or false'],
    [{ active: 1 }, '"active" must be true or false'],
    [{ active: 'yes' }, '"active" must be true or false'],
    [{ active: 'True' }, '"active" must be true or false'],
    [{ title: 5 }, '"title" must be a string'],
    [{ profileUrl: 'a b' }, '"profileUrl" must be an absolute or relative URI'],
    [{ photos: [{ value: 'a"b' }] }, '"photos.value" must be an absolute or relative URI'],
    [{ x509Certificates: [{ value: 'a*b' }] }, '"x509Certificates.value" must be base64'],
    [{ [enterpriseUrn]: 'x' }, `"${enterpriseUrn}" must be an object`],
    [{ [enterpriseUrn]: [], [badgeUrn]: [{}] }, `"${badgeUrn}" must be an object`],
    [{ [enterpriseUrn]: { manager: 'x' } }, `"${enterpriseUrn}:manager" must be an object`],
    [{ [badgeUrn]: { number: 1.5 } }, `"${badgeUrn}:number" must be an integer`],
    [{ [badgeUrn]: { number: '1' } }, `"${badgeUrn}:number" must be an integer`],
    [{ [badgeUrn]: { number: 1e300 } }, `"${badgeUrn}:number" must be an integer`],
    [{ [badgeUrn]: { weight: '1' } }, `"${badgeUrn}:weight" must be a number`],
    [{ [badgeUrn]: { issued: '2011-05-13' } }, `"${badgeUrn}:issued" must be a date and time`],
    [{ [badgeUrn]: { doors: [{ value: 'x' }] } }, `"${badgeUrn}:doors" must be a string`],
  ])('%j: %s', (body, message) => {
    expect(failure(() => read(body))).toContain(`invalidValue: ${message}`);
  });

  it('takes the right ones', () => {
    const value = {
      number: -7,
      weight: 0.5,
      issued: '2011-05-13T04:42:34+02:00',
      picture: 'AA-_',
      doors: ['a', 'b'],
      maker: { value: 'é😀' },
    };
    expect(badge(value)).toEqual(value);
    expect(read({ profileUrl: '/a?b=c#d', active: false })).toEqual({ profileUrl: '/a?b=c#d', active: false });
  });

  it.each<[object, object]>([
    [{ active: 'True' }, { active: true }],
    [{ active: 'false' }, { active: false }],
    [{ active: ['False'] }, { active: false }],
    [{ active: [{ value: 'False' }] }, { active: false }],
    [{ active: { Value: true } }, { active: true }],
    [{ title: 5 }, { title: '5' }],
    [{ roles: [{ primary: 'True', value: 25 }] }, { roles: [{ value: '25', primary: true }] }],
    [{ emails: 'x' }, { emails: [{ value: 'x' }] }],
    [{ emails: { value: 'x', type: 'work' } }, { emails: [{ value: 'x', type: 'work' }] }],
    [{ name: [{ givenName: 'x' }] }, { name: { givenName: 'x' } }],
    [{ [enterpriseUrn]: { manager: 'm' } }, { [enterpriseUrn]: { manager: { value: 'm' } } }],
    [{ [enterpriseUrn]: { manager: 271 } }, { [enterpriseUrn]: { manager: { value: '271' } } }],
    [{ [enterpriseUrn]: { manager: ['m'] } }, { [enterpriseUrn]: { manager: { value: 'm' } } }],
    [
      { [enterpriseUrn]: { manager: [{ value: 'm', $ref: 'http://../Users/m' }] } },
      { [enterpriseUrn]: { manager: { value: 'm', $ref: 'http://../Users/m' } } },
    ],
    [{ [enterpriseUrn]: { manager: '' } }, {}],
    [{ [enterpriseUrn]: { manager: { value: '' } } }, {}],
    [{ [badgeUrn]: { doors: 'x' } }, { [badgeUrn]: { doors: ['x'] } }],
    [{ [badgeUrn]: { doors: [{ value: 'x' }] } }, { [badgeUrn]: { doors: ['x'] } }],
    [{ addresses: null, title: null, [enterpriseUrn]: { manager: null } }, {}],
  ])('%j is %j if the dialect says so (R-065, R-089)', (body, resource) => {
    expect(read(body, compat)).toEqual(resource);
  });

  it.each<[object]>([
    [{ active: 'yes' }],
    [{ active: 1 }],
    [{ active: '' }],
    [{ title: true }],
    [{ title: ['a', 'b'] }],
    [{ title: { value: 'x', type: 'y' } }],
    [{ name: 'x' }],
    [{ name: [{}, {}] }],
    [{ addresses: ['x'] }],
    [{ [badgeUrn]: { number: '5' } }],
    [{ profileUrl: 'a b' }],
  ])('%j stays wrong in every dialect', (body) => {
    expect(failure(() => read(body, compat))).toContain('invalidValue');
  });

  it('never repeats a value in an error', () => {
    expect(failure(() => read({ password: ['hunter2', 'x'] }))).not.toContain('hunter2');
    expect(failure(() => read({ profileUrl: 'hunter2 x' }))).not.toContain('hunter2');
  });

  it('takes primary: true once (R-068)', () => {
    const twice = [
      { value: 'a', primary: true },
      { value: 'b', primary: true },
    ];
    for (const dialect of [strict, compat]) {
      expect(failure(() => read({ emails: twice }, dialect))).toBe('invalidValue: "emails" has more than one primary value');
    }
    expect(
      read({
        emails: [
          { value: 'a', primary: true },
          { value: 'b', primary: false },
        ],
      })['emails'],
    ).toHaveLength(2);
  });

  it('takes equal elements for one (R-069)', () => {
    const members = [{ value: '1', display: 'x' }, { display: 'x', VALUE: '1' }, { value: '2' }];
    expect(read({ displayName: 'g', members }, strict, groupType)['members']).toEqual([{ value: '1', display: 'x' }, { value: '2' }]);
    expect(badge({ doors: ['a', 'b', 'a'] })).toEqual({ doors: ['a', 'b'] });
  });
});

describe('readAttribute', () => {
  it.each<[string, unknown, Json | undefined]>([
    ['title', 'x', 'x'],
    ['title', '', undefined],
    ['title', null, undefined],
    ['emails', [{ value: 'x' }], [{ value: 'x' }]],
    ['emails', [], undefined],
    ['emails', null, undefined],
    ['doors', ['x', 'x'], ['x']],
    ['name', { GIVENNAME: 'x', familyName: null }, { givenName: 'x' }],
    ['active', true, true],
  ])('%s %j is %j (R-012, R-177)', (name, value, canonical) => {
    const attribute = findAttribute([...userType.schema.attributes, ...badgeSchema.attributes], name);
    if (!attribute) throw new Error(`no ${name}`);
    expect(readAttribute(value, attribute, name, { dialect: strict, onUnknown: () => undefined })).toEqual(canonical);
  });
});

describe('checkRequired (R-052, R-095)', () => {
  it.each<[Resource, ResourceType, string]>([
    [{}, userType, '"userName" is required'],
    [{ title: 'x' }, userType, '"userName" is required'],
    [{}, groupType, '"displayName" is required'],
    [{ userName: 'x', [badgeUrn]: { maker: { country: 'US' } } }, userType, `"${badgeUrn}:maker.value" is required`],
    [{ userName: 'x' }, { ...userType, extensions: [{ schema: badgeSchema, required: true }] }, `The extension "${badgeUrn}" is required`],
  ])('%j of %o: %s', (resource, type, message) => {
    expect(failure(() => checkRequired(resource, type))).toBe(`invalidValue: ${message}`);
  });

  it('is content without what only the server sets', () => {
    expect(() => checkRequired({ userName: 'x' }, userType)).not.toThrow();
    expect(() => checkRequired({ displayName: 'x', members: [{ value: '1' }] }, groupType)).not.toThrow();
    expect(() => checkRequired(barbara, userType)).not.toThrow();
  });

  it('finds an empty userName missing (R-076)', () => {
    expect(failure(() => checkRequired(read({ userName: '' }), userType))).toContain('userName');
  });
});

describe('withSchemas (R-051, T-028)', () => {
  it('lists the base schema and the extensions in use, first', () => {
    const resource = withSchemas(barbara, userType);
    expect(Object.keys(resource)[0]).toBe('schemas');
    expect(resource['schemas']).toEqual([coreUrn, enterpriseUrn, badgeUrn]);
    expect(withSchemas({ userName: 'x', [enterpriseUrn]: {} }, userType)['schemas']).toEqual([coreUrn]);
    expect(withSchemas({ schemas: ['urn:x:y'], userName: 'x' }, userType)['schemas']).toEqual([coreUrn]);
  });

  it('lists an extension that is required', () => {
    const type = { ...userType, extensions: [{ schema: badgeSchema, required: true }] };
    expect(withSchemas({}, type)).toEqual({ schemas: [coreUrn, badgeUrn] });
  });
});

describe('equalValues', () => {
  it.each<[Json | undefined, Json | undefined, boolean]>([
    [1, 1, true],
    ['1', 1, false],
    [null, undefined, false],
    [undefined, undefined, true],
    [{ a: 1, b: [2] }, { b: [2], a: 1 }, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: 1 }, { b: 1 }, false],
    [[1, 2], [2, 1], false],
    [[1], [1, 2], false],
    [[], {}, false],
    [{ toString: 1 }, {}, false],
    [{}, { toString: 1 }, false],
    [{ x: 1 }, JSON.parse('{"__proto__": 1}') as Json, false],
  ])('%j and %j: %s', (a, b, equal) => {
    expect(equalValues(a, b)).toBe(equal);
    expect(equalValues(b, a)).toBe(equal);
  });
});
