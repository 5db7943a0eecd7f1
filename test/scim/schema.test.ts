import { describe, expect, it } from 'vitest';
import { schemaDocument } from '../../src/scim/messages.ts';
import {
  attributesOf,
  commonAttributes,
  enterpriseUserSchema,
  findAttribute,
  findSchema,
  groupSchema,
  resourceTypeSchema,
  schemaSchema,
  serviceProviderConfigSchema,
  userSchema,
  type Attribute,
  type Schema,
} from '../../src/scim/schema.ts';
import { enterpriseUrn, smallUserType, userType } from './sample.ts';

const schemas = [userSchema, groupSchema, enterpriseUserSchema, serviceProviderConfigSchema, resourceTypeSchema, schemaSchema];

const find = (schema: Schema, path: string): Attribute => {
  const [name = '', sub] = path.split('.');
  const attribute = findAttribute(schema.attributes, name);
  const found = sub === undefined ? attribute : findAttribute(attribute?.subAttributes, sub);
  if (!found) throw new Error(`${schema.name} has no ${path}`);
  return found;
};

const flatten = (attributes: readonly Attribute[]): readonly Attribute[] =>
  attributes.flatMap((attribute) => [attribute, ...flatten(attribute.subAttributes ?? [])]);

describe('core schemas', () => {
  it.each<[string, Schema, string, Partial<Attribute>]>([
    ['erratum 5368, R-085', groupSchema, 'displayName', { required: true }],
    ['erratum 6011', groupSchema, 'members.display', { type: 'string' }],
    ['RFC 7644 3.5.2.3', userSchema, 'addresses.primary', { type: 'boolean' }],
    ['erratum 6001', userSchema, 'profileUrl', { type: 'reference', caseExact: true }],
    ['erratum 6001', userSchema, 'photos.value', { type: 'reference', caseExact: true }],
    ['erratum 8471', userSchema, 'groups.$ref', { referenceTypes: ['Group'] }],
    ['R-084', userSchema, 'groups', { mutability: 'readOnly' }],
    ['holds an id', userSchema, 'groups.value', { caseExact: true, mutability: 'readOnly' }],
    ['holds an id, R-086', groupSchema, 'members.value', { caseExact: true, mutability: 'immutable' }],
    ['erratum 8472', enterpriseUserSchema, 'manager.value', { caseExact: true }],
    ['R-089', enterpriseUserSchema, 'manager.displayName', { mutability: 'readOnly' }],
    ['R-076', userSchema, 'userName', { required: true, caseExact: false, uniqueness: 'server' }],
    ['R-077', userSchema, 'password', { mutability: 'writeOnly', returned: 'never', caseExact: true }],
    ['R-083, erratum 5606', userSchema, 'x509Certificates.value', { type: 'binary' }],
    ['R-032', serviceProviderConfigSchema, 'etag', { required: true }],
    ['erratum 8011, R-033', serviceProviderConfigSchema, 'authenticationSchemes.type', { required: true }],
    ['erratum 8011', serviceProviderConfigSchema, 'authenticationSchemes.primary', { type: 'boolean' }],
    ['erratum 7522', resourceTypeSchema, 'schemaExtensions', { multiValued: true }],
    ['erratum 8475', resourceTypeSchema, 'endpoint', { uniqueness: 'server' }],
  ])('%s: %o %s', (_, schema, path, expected) => {
    expect(find(schema, path)).toMatchObject(expected);
  });

  it('has no complex attribute with uniqueness (erratum 6004)', () => {
    const complex = schemas.flatMap(({ attributes }) => flatten(attributes)).filter(({ type }) => type === 'complex');
    expect(complex.filter(({ uniqueness }) => uniqueness !== 'none')).toEqual([]);
    for (const { attributes } of schemas.map((schema) => schemaDocument(schema, 'https://x'))) {
      for (const attribute of attributes as unknown as Attribute[]) expect('uniqueness' in attribute).toBe(attribute.type !== 'complex');
    }
  });

  it('nests no deeper than sub-attributes, except where schemas describe themselves (R-043, erratum 8415)', () => {
    const subAttributes = schemas.flatMap(({ attributes }) => attributes).flatMap((attribute) => attribute.subAttributes ?? []);
    expect(subAttributes.filter(({ type }) => type === 'complex').map(({ name }) => name)).toEqual(['subAttributes']);
  });

  it('has case-exact references and describes every attribute', () => {
    const attributes = schemas.flatMap((schema) => flatten(schema.attributes));
    expect(attributes.filter(({ type, caseExact }) => type === 'reference' && !caseExact)).toEqual([]);
    expect(attributes.filter(({ description }) => description === '')).toEqual([]);
  });

  it('fixes the common attributes (R-047, R-053, R-054, R-056)', () => {
    expect(commonAttributes.map(({ name, returned, caseExact, mutability }) => [name, returned, caseExact, mutability])).toEqual([
      ['schemas', 'always', false, 'readWrite'],
      ['id', 'always', true, 'readOnly'],
      ['externalId', 'default', true, 'readWrite'],
      ['meta', 'default', false, 'readOnly'],
    ]);
    expect(findAttribute(commonAttributes, 'meta')?.subAttributes?.map(({ name, mutability }) => [name, mutability])).toEqual(
      ['resourceType', 'created', 'lastModified', 'location', 'version'].map((name) => [name, 'readOnly']),
    );
  });
});

describe('look-up', () => {
  it('finds attributes and schemas in any case (R-010)', () => {
    expect(findAttribute(userSchema.attributes, 'USERNAME')?.name).toBe('userName');
    expect(findSchema(userType, enterpriseUrn.toUpperCase())).toBe(enterpriseUserSchema);
    expect(findSchema(userType, groupSchema.id)).toBeUndefined();
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', ''])('finds nothing called %j', (name) => {
    expect(findAttribute(attributesOf(userType), name)).toBeUndefined();
    expect(findSchema(userType, name)).toBeUndefined();
  });

  it('offers the common attributes with those of the schema, or only the ones that a type has', () => {
    expect(
      attributesOf(userType)
        .slice(0, 5)
        .map(({ name }) => name),
    ).toEqual(['schemas', 'id', 'externalId', 'meta', 'userName']);
    expect(attributesOf(userType)).toBe(attributesOf(userType));
    expect(findAttribute(attributesOf(smallUserType), 'externalId')).toBeUndefined();
  });
});
