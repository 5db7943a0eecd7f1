// Bulk messages and the references in them, as text and trees: RFC 7644 section 3.7.
import { describe, expect, test } from 'vitest';
import { type BulkCall, bulkResponse, parseBulkRequest, postponeReferences, referencesIn, resolveReferences } from '../../src/scim/bulk.ts';
import { compat, strict } from '../../src/scim/dialects.ts';
import { ScimError } from '../../src/scim/error.ts';
import type { JsonObject } from '../../src/scim/schema.ts';

const schemas = ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'];
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const post = { method: 'POST', path: '/Users', bulkId: 'a', data: {} };

const describeError = (error: ScimError): string => [error.status, ...(error.scimType ? [error.scimType] : [])].join(' ');

function outcome(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ScimError)) throw error;
    return describeError(error);
  }
}

const parse = (body: unknown, maximum = 10) => parseBulkRequest(body, strict, maximum);
const parseOne = (operation: unknown) => {
  const [parsed] = parse({ schemas, Operations: [operation] }).operations;
  return parsed?.call instanceof ScimError ? describeError(parsed.call) : parsed?.call;
};

describe('parseBulkRequest', () => {
  test.each([
    ['no object', [], '400 invalidSyntax'],
    ['no schemas', { Operations: [] }, '400 invalidSyntax'],
    ['another message', { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [] }, '400 invalidSyntax'],
    ['no operations', { schemas }, '400 invalidSyntax'],
    ['operations that are no list', { schemas, Operations: {} }, '400 invalidSyntax'],
    ['names that differ in case only', { schemas, Operations: [], operations: [] }, '400 invalidSyntax'],
    ['failOnErrors of 0', { schemas, Operations: [], failOnErrors: 0 }, '400 invalidValue'],
    ['failOnErrors as text', { schemas, Operations: [], failOnErrors: '1' }, '400 invalidValue'],
    ['a bulkId twice', { schemas, Operations: [post, { ...post, method: 'PATCH', path: '/Users/1' }] }, '400 invalidValue'],
  ])('R-185 R-186 %s is refused as a whole', (_, body, expected) => {
    expect(outcome(() => parse(body))).toBe(expected);
  });

  test('R-195 more operations than the limit are 413, and the limit is named', () => {
    const many = { schemas, Operations: Array.from({ length: 11 }, (_, i) => ({ ...post, bulkId: String(i) })) };
    expect(() => parse(many)).toThrow('maxOperations is 10');
    expect(outcome(() => parse(many))).toBe('413');
    expect(parse({ ...many, Operations: many.Operations.slice(1) }).operations).toHaveLength(10);
  });

  test('names are found in any case, and compat does without schemas', () => {
    const body = { failonerrors: 2, OPERATIONS: [{ Method: 'post', PATH: '/Users', bulkid: 'a', Data: { userName: 'x' } }] };
    expect(parseBulkRequest(body, compat, 10)).toEqual({
      failOnErrors: 2,
      operations: [
        {
          method: 'post',
          bulkId: 'a',
          call: { method: 'POST', endpoint: '/Users', id: undefined, version: undefined, data: { userName: 'x' } },
        },
      ],
    });
  });

  test.each<[string, unknown, unknown]>([
    ['GET', { method: 'GET', path: '/Users/1' }, '400 invalidSyntax'],
    ['no method', { path: '/Users/1' }, '400 invalidSyntax'],
    ['no object', 7, '400 invalidSyntax'],
    ['null', null, '400 invalidSyntax'],
    ['POST without bulkId', { ...post, bulkId: undefined }, '400 invalidSyntax'],
    ['POST without data', { ...post, data: undefined }, '400 invalidSyntax'],
    ['PUT without data', { method: 'PUT', path: '/Users/1' }, '400 invalidSyntax'],
    ['a bulkId that is no text', { ...post, bulkId: 7 }, '400 invalidSyntax'],
    ['a version that is no text', { method: 'DELETE', path: '/Users/1', version: 1 }, '400 invalidSyntax'],
    ['no path', { ...post, path: undefined }, '400 invalidSyntax'],
    ['a relative path', { ...post, path: 'Users' }, '400 invalidSyntax'],
    ['a query', { method: 'DELETE', path: '/Users/1?x=y' }, '400 invalidSyntax'],
    ['a path too deep', { method: 'DELETE', path: '/Users/1/name' }, '400 invalidSyntax'],
    ['a broken path', { method: 'DELETE', path: '/Users/%zz' }, '400 invalidSyntax'],
    ['POST to a resource', { ...post, path: '/Users/1' }, '405'],
    ['DELETE of an endpoint', { method: 'DELETE', path: '/Users' }, '405'],
    ['Bulk in Bulk', { ...post, path: '/Bulk' }, '400 invalidValue'],
    ['Me', { method: 'DELETE', path: '/Me' }, '400 invalidValue'],
    ['me below', { method: 'DELETE', path: '/me/x' }, '400 invalidValue'],
  ])('R-186 R-187 R-196 %s is an error of that operation', (_, operation, expected) => {
    expect(parseOne(operation)).toBe(expected);
  });

  test('the path is decoded, DELETE needs no data, and a list of operations is a PATCH', () => {
    expect(parseOne({ method: 'DELETE', path: '/Users/a%2Fb', version: 'W/"1"', data: 1 })).toMatchObject({
      id: 'a/b',
      version: 'W/"1"',
      data: undefined,
    });
    const list = [{ op: 'remove', path: 'nickName' }];
    expect(parseOne({ method: 'PATCH', path: '/Users/1', data: list })).toMatchObject({
      data: { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: list },
    });
  });
});

const call = (data: JsonObject, id?: string): BulkCall => ({ method: 'PATCH', endpoint: '/Users', id, version: undefined, data });

describe('references (R-190, T-047)', () => {
  test.each<[string, JsonObject, JsonObject]>([
    ['members', { members: [{ value: 'bulkId:a' }, { value: 'x' }] }, { members: [{ value: 'id-a' }, { value: 'x' }] }],
    ['manager', { [enterprise]: { manager: { value: 'bulkId:a' } } }, { [enterprise]: { manager: { value: 'id-a' } } }],
    ['a bare manager', { [enterprise]: { manager: 'bulkId:a' } }, { [enterprise]: { manager: 'id-a' } }],
    ['$ref', { manager: { $ref: '../Users/bulkId:a' } }, { manager: { $ref: '../Users/id-a' } }],
    ['an absolute $ref', { $ref: 'https://x/scim/Users/bulkId:a' }, { $ref: 'https://x/scim/Users/id-a' }],
    [
      'a PATCH value',
      { Operations: [{ op: 'add', path: 'members', value: [{ value: 'bulkId:a' }] }] },
      { Operations: [{ op: 'add', path: 'members', value: [{ value: 'id-a' }] }] },
    ],
    [
      'a PATCH path',
      { Operations: [{ op: 'remove', path: 'members[value eq "bulkId:a"]' }] },
      { Operations: [{ op: 'remove', path: 'members[value eq "id-a"]' }] },
    ],
    [
      'a key that is a path',
      { Operations: [{ op: 'replace', value: { 'x[value eq "bulkId:a"].y': 1 } }] },
      { Operations: [{ op: 'replace', value: { 'x[value eq "id-a"].y': 1 } }] },
    ],
  ])('are found and replaced in %s', (_, data, expected) => {
    expect([...referencesIn(call(data))]).toEqual(['a']);
    expect(resolveReferences(call(data), (bulkId) => `id-${bulkId}`).data).toEqual(expected);
    expect(resolveReferences(call(data), () => undefined).data).toEqual(data);
  });

  test('are found in the id of the path', () => {
    expect([...referencesIn(call({}, 'bulkId:a b'))]).toEqual(['a b']);
    expect(resolveReferences(call({}, 'bulkId:a b'), () => 'x/y').id).toBe('x/y');
  });

  test.each(['bulkid:a', 'the bulkId:a', 'bulkId:', 'see /bulkId:', 'a text with/bulkId:a'])('%j is text and no reference', (text) => {
    expect([...referencesIn(call({ displayName: text }))]).toEqual([]);
  });

  test('names like __proto__ are names like others', () => {
    const data = JSON.parse('{"__proto__":{"value":"bulkId:__proto__"},"constructor":"bulkId:constructor"}') as JsonObject;
    expect([...referencesIn(call(data))]).toEqual(['__proto__', 'constructor']);
    expect(JSON.stringify(resolveReferences(call(data), () => 'x').data)).toBe('{"__proto__":{"value":"x"},"constructor":"x"}');
  });
});

describe('postponeReferences (R-191)', () => {
  const isMissing = (bulkId: string): boolean => bulkId === 'later';

  test('leaves out what is missing and adds it by PATCH, value by value', () => {
    const data = {
      displayName: 'A',
      members: [{ value: 'bulkId:now' }, { value: 'bulkId:later' }],
      [enterprise]: { department: 'x', manager: { value: 'bulkId:later' } },
    };
    expect(postponeReferences(data, isMissing)).toEqual({
      now: { displayName: 'A', members: [{ value: 'bulkId:now' }], [enterprise]: { department: 'x' } },
      later: [
        { op: 'add', path: 'members', value: [{ value: 'bulkId:later' }] },
        { op: 'add', path: `${enterprise}:manager`, value: { value: 'bulkId:later' } },
      ],
    });
  });

  test('a list of which nothing is left is left out', () => {
    expect(postponeReferences({ members: [{ value: 'bulkId:later' }] }, isMissing).now).toEqual({});
    expect(postponeReferences({ members: [], name: null }, isMissing)).toEqual({ now: { members: [], name: null }, later: [] });
  });
});

test('R-189 T-046 a result has its status as text, errors their Error, and nothing of failOnErrors', () => {
  const error = new ScimError(412, 'no');
  const results = [
    { method: 'POST', bulkId: 'a', location: 'https://x/Users/1', version: 'W/"1"', status: 201 },
    { method: 'PUT', location: 'https://x/Users/2', status: 412, error },
    { method: undefined, status: 400, error },
  ];
  expect(bulkResponse(results)).toEqual({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkResponse'],
    Operations: [
      { method: 'POST', bulkId: 'a', location: 'https://x/Users/1', version: 'W/"1"', status: '201' },
      { method: 'PUT', location: 'https://x/Users/2', status: '412', response: error.toJSON() },
      { status: '400', response: error.toJSON() },
    ],
  });
});
