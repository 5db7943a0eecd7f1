import { describe, expect, it } from 'vitest';
import { ScimError } from '../../src/scim/error.ts';
import {
  listResponse,
  parseListQuery,
  parseSearchRequest,
  resourceTypeDocument,
  schemaDocument,
  type ListParameters,
  type ListQuery,
} from '../../src/scim/messages.ts';
import {
  enterpriseUserSchema,
  findAttribute,
  groupSchema,
  resourceTypeSchema,
  schemaSchema,
  serviceProviderConfigSchema,
  userSchema,
} from '../../src/scim/schema.ts';
import { badgeUrn, coreUrn, enterpriseUrn, groupType, userType } from './sample.ts';

const parse = (parameters: ListParameters, options = {}): ListQuery => parseListQuery(parameters, userType, options);

const failure = (act: () => unknown): string | undefined => {
  try {
    act();
  } catch (error) {
    if (error instanceof ScimError && error.status === 400) return error.scimType;
    throw error;
  }
  throw new Error('nothing was thrown');
};

describe('parseListQuery', () => {
  it('asks for everything by default', () => {
    expect(parse({})).toEqual({ startIndex: 1, count: undefined, projection: {} });
  });

  it('C-001 a cursor pages by cursor, also an empty one, and says what it is good for', () => {
    const query = parse({ cursor: '', count: '10' });
    expect(query).toMatchObject({ cursor: { text: '' }, count: 10 });
    expect(parse({ cursor: 'x', count: '5', attributes: 'a' }).cursor).toEqual(parse({ cursor: 'x', attributes: ['a'] }).cursor);
    const others: ListParameters[] = [
      { filter: 'id pr' },
      { sortBy: 'userName' },
      { sortBy: 'userName', sortOrder: 'descending' },
      { sortBy: 'title' },
      { attributes: 'a' },
      { excludedAttributes: 'a' },
    ];
    const texts = others.map((each) => parse({ ...each, cursor: 'x' }).cursor?.query);
    expect(new Set([...texts, query.cursor?.query]).size).toBe(others.length + 1);
  });

  it.each<[ListParameters, string]>([
    [{ cursor: '', startIndex: '1' }, 'invalidValue'],
    [{ cursor: 'x', startIndex: 0 }, 'invalidValue'],
    [{ cursor: '', count: 'x' }, 'invalidCount'],
    [{ cursor: 'x', count: '1.5' }, 'invalidCount'],
  ])('D-17 D-18 C-008 %j is %s', (parameters, scimType) => {
    expect(failure(() => parse(parameters))).toBe(scimType);
  });

  it('C-006 a negative count is 0 with a cursor, too', () => {
    expect(parse({ cursor: '', count: '-3' }).count).toBe(0);
  });

  it.each<[ListParameters, { startIndex: number; count: number | undefined }]>([
    [
      { startIndex: '1', count: '10' },
      { startIndex: 1, count: 10 },
    ],
    [
      { startIndex: '0', count: '0' },
      { startIndex: 1, count: 0 },
    ],
    [
      { startIndex: '-5', count: '-1' },
      { startIndex: 1, count: 0 },
    ],
    [
      { startIndex: 3, count: 4 },
      { startIndex: 3, count: 4 },
    ],
    [{ startIndex: '+2' }, { startIndex: 2, count: undefined }],
    [{ startIndex: '99999999999999999999' }, { startIndex: Number.MAX_SAFE_INTEGER, count: undefined }],
  ])('pages %j (R-135, T-005)', (parameters, page) => {
    expect(parse(parameters)).toMatchObject(page);
  });

  it.each<ListParameters>([
    { startIndex: 'x' },
    { startIndex: '' },
    { startIndex: '1.5' },
    { startIndex: 1.5 },
    { count: '1e3' },
    { count: 'ten' },
    { count: '0x10' },
    { count: NaN },
    { attributes: 'a', excludedAttributes: 'b' },
    { sortBy: 'nope' },
    { sortBy: '.' },
    { sortBy: 'name' },
    { sortBy: 'addresses' },
    { sortBy: 'manager.value' },
    { sortBy: 'password' },
    { sortBy: `${badgeUrn}:pin` },
    { sortBy: 'userName', sortOrder: 'up' },
    { sortBy: 'userName', sortOrder: '' },
  ])('%j is an invalidValue (R-130, R-134, R-137, D-19)', (parameters) => {
    expect(failure(() => parse(parameters))).toBe('invalidValue');
  });

  it.each<[ListParameters, object | undefined]>([
    [{ sortBy: 'userName' }, { attribute: { name: 'userName' }, order: 'ascending' }],
    [
      { sortBy: 'USERNAME', sortOrder: 'Descending' },
      { attribute: { name: 'userName' }, order: 'descending' },
    ],
    [{ sortBy: 'name.familyName' }, { attribute: { name: 'name.familyName' } }],
    [{ sortBy: 'emails' }, { attribute: { name: 'emails' } }],
    [{ sortBy: `${enterpriseUrn}:manager.displayName` }, { attribute: { name: `${enterpriseUrn}:manager.displayName` } }],
  ])('sorts %j (R-129, R-130)', (parameters, sort) => {
    expect(parse(parameters).sort).toMatchObject(sort ?? {});
  });

  it('does not care for sortOrder without sortBy (R-130)', () => {
    expect(parse({ sortOrder: 'x' })).not.toHaveProperty('sort');
    expect(parse({ sortBy: '', sortOrder: 'descending' })).not.toHaveProperty('sort');
  });

  it('resolves the filter', () => {
    expect(parse({ filter: 'USERNAME eq "x"' }).filter).toMatchObject({ kind: 'compare', attribute: { name: 'userName' } });
    expect(parse({ filter: 'active eq True' }, { lenient: true }).filter).toMatchObject({ value: true });
    for (const filter of ['', 'nope pr', 'userName', 'active eq True']) expect(failure(() => parse({ filter }))).toBe('invalidFilter');
  });

  it('has no value for what only other types have (D-07)', () => {
    const options = { others: [userType, groupType] };
    expect(parse({ filter: 'members pr' }, options).filter).toEqual({ kind: 'constant', value: false });
    expect(parse({ sortBy: 'members.value' }, options)).not.toHaveProperty('sort');
    expect(failure(() => parse({ sortBy: 'nope' }, options))).toBe('invalidValue');
  });

  it('projects', () => {
    expect(parse({ attributes: 'userName, id' }).projection).toEqual({ attributes: ['userName', 'id'] });
    expect(parse({ attributes: '', excludedAttributes: ['members'] }).projection).toEqual({ excludedAttributes: ['members'] });
  });
});

it('C-002 C-007 T-072 a page by cursor has the cursors that there are, and no startIndex', () => {
  expect(listResponse([], { totalResults: 9, itemsPerPage: 0, previousCursor: 'p', nextCursor: 'n' })).toMatchObject({
    previousCursor: 'p',
    nextCursor: 'n',
  });
  const last = listResponse([], { totalResults: 9, itemsPerPage: 0, nextCursor: undefined });
  expect(Object.keys(last)).toEqual(['schemas', 'totalResults', 'itemsPerPage', 'Resources']);
});

describe('parseSearchRequest (R-147 to R-149)', () => {
  const schemas = ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'];

  it('reads the body, names in any case', () => {
    const body = {
      Schemas: schemas,
      ATTRIBUTES: ['userName'],
      excludedAttributes: null,
      filter: 'title pr',
      sortBy: 'title',
      sortOrder: 'descending',
      startIndex: 2,
      count: 5,
      cursor: '',
    };
    expect(parseSearchRequest(body)).toEqual({
      attributes: ['userName'],
      filter: 'title pr',
      sortBy: 'title',
      sortOrder: 'descending',
      startIndex: 2,
      count: 5,
      cursor: '',
    });
    expect(parse({ ...parseSearchRequest(body), cursor: undefined })).toMatchObject({
      startIndex: 2,
      count: 5,
      projection: { attributes: ['userName'] },
    });
    expect(parseSearchRequest({ schemas, attributes: 'a,b', count: '3' })).toEqual({ attributes: 'a,b', count: '3' });
  });

  it.each([
    [null, 'invalidSyntax'],
    [[], 'invalidSyntax'],
    [{}, 'invalidSyntax'],
    [{ schemas: [] }, 'invalidSyntax'],
    [{ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'] }, 'invalidSyntax'],
    [{ schemas, filter: 'a', FILTER: 'b' }, 'invalidSyntax'],
    [{ schemas: 'x' }, 'invalidSyntax'],
    [{ schemas, filter: 5 }, 'invalidValue'],
    [{ schemas, attributes: [5] }, 'invalidValue'],
    [{ schemas, sortBy: ['x'] }, 'invalidValue'],
    [{ schemas, count: true }, 'invalidValue'],
  ])('refuses %j as %s', (body, scimType) => {
    expect(failure(() => parseSearchRequest(body))).toBe(scimType);
  });
});

describe('listResponse', () => {
  it('has integers, and Resources even if there are none (R-102, R-103, R-136, T-083)', () => {
    expect(listResponse([{ id: '1' }], { totalResults: 9, startIndex: 3, itemsPerPage: 1 })).toEqual({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
      totalResults: 9,
      startIndex: 3,
      itemsPerPage: 1,
      Resources: [{ id: '1' }],
    });
    expect(listResponse([], { totalResults: 0, startIndex: 1, itemsPerPage: 0 })['Resources']).toEqual([]);
  });
});

describe('discovery documents', () => {
  const schemas = [userSchema, groupSchema, enterpriseUserSchema, serviceProviderConfigSchema, resourceTypeSchema, schemaSchema];
  const documents = schemas.map((schema) => schemaDocument(schema, 'https://x/scim/v2'));

  it('describes a schema (R-042, errata 8417)', () => {
    expect(documents[0]).toMatchObject({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
      id: coreUrn,
      name: 'User',
      description: 'User Account',
      meta: { resourceType: 'Schema', location: `https://x/scim/v2/Schemas/${coreUrn}` },
    });
    expect(JSON.parse(JSON.stringify(documents[1]))).toMatchObject({
      attributes: [
        {
          name: 'displayName',
          type: 'string',
          multiValued: false,
          required: true,
          caseExact: false,
          mutability: 'readWrite',
          returned: 'default',
          uniqueness: 'none',
        },
        {
          name: 'members',
          type: 'complex',
          multiValued: true,
          subAttributes: [
            { name: 'value' },
            { name: '$ref', referenceTypes: ['User', 'Group'] },
            { name: 'type', canonicalValues: ['User', 'Group'] },
            { name: 'display' },
          ],
        },
      ],
    });
  });

  it('has no null, no empty list and no undefined anywhere', () => {
    const check = (value: unknown): void => {
      expect(value).not.toBeNull();
      expect(value).not.toBeUndefined();
      expect(value).not.toEqual([]);
      if (typeof value === 'object') Object.values(value as object).forEach(check);
    };
    documents.forEach(check);
    [userType, groupType].forEach((type) => check(resourceTypeDocument(type, 'https://x')));
  });

  it('describes each attribute by the attributes of the Schema schema', () => {
    const definition = findAttribute(schemaSchema.attributes, 'attributes');
    const known = new Set(definition?.subAttributes?.map(({ name }) => name));
    const attributes = documents.flatMap((document) => document['attributes'] as unknown as Record<string, unknown>[]);
    const used = new Set(attributes.flatMap((attribute) => Object.keys(attribute)));
    expect([...used].filter((name) => !known.has(name))).toEqual([]);
    for (const name of ['name', 'type', 'multiValued', 'description', 'required', 'caseExact', 'mutability', 'returned']) {
      expect(attributes.filter((attribute) => !(name in attribute))).toEqual([]);
    }
  });

  it('describes a resource type (R-044, R-045)', () => {
    expect(resourceTypeDocument(userType, 'https://x')).toEqual({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
      id: 'User',
      name: 'User',
      description: 'User Account',
      endpoint: '/Users',
      schema: coreUrn,
      schemaExtensions: [
        { schema: enterpriseUrn, required: false },
        { schema: badgeUrn, required: false },
      ],
      meta: { resourceType: 'ResourceType', location: 'https://x/ResourceTypes/User' },
    });
    expect(resourceTypeDocument(groupType, 'https://x')).not.toHaveProperty('schemaExtensions');
  });
});
