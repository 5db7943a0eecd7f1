// The resource types that the tests of this folder speak of, and a resource of each.
// RFC 7643 sections 8.2 to 8.4.
import { defineAttribute, defineComplex } from '../../src/scim/attribute.ts';
import { enterpriseUserSchema, groupSchema, userSchema, type Resource, type ResourceType, type Schema } from '../../src/scim/schema.ts';

export const coreUrn = userSchema.id;
export const enterpriseUrn = enterpriseUserSchema.id;

/** One attribute of every type, and of every `returned`. */
export const badgeSchema: Schema = {
  id: 'urn:example:params:scim:schemas:badge:1.0',
  name: 'Badge',
  description: 'Badge of a user',
  attributes: [
    defineAttribute('number', 'integer', 'Number'),
    defineAttribute('weight', 'decimal', 'Weight'),
    defineAttribute('issued', 'dateTime', 'When it was issued'),
    defineAttribute('picture', 'binary', 'Picture', { returned: 'request' }),
    defineAttribute('serial', 'string', 'Serial number', { returned: 'always', caseExact: true }),
    defineAttribute('pin', 'string', 'PIN', { returned: 'never' }),
    defineAttribute('doors', 'string', 'Doors that it opens', { multiValued: true }),
    defineComplex('maker', 'Maker', [
      defineAttribute('value', 'string', 'Name', { required: true }),
      defineAttribute('country', 'string', 'Country'),
      defineAttribute('secret', 'string', 'Secret', { returned: 'never' }),
      defineAttribute('key', 'string', 'Key', { returned: 'always' }),
      defineAttribute('notes', 'string', 'Notes', { returned: 'request' }),
    ]),
  ],
};
export const badgeUrn = badgeSchema.id;

export const userType: ResourceType = {
  name: 'User',
  endpoint: '/Users',
  description: 'User Account',
  schema: userSchema,
  extensions: [
    { schema: enterpriseUserSchema, required: false },
    { schema: badgeSchema, required: false },
  ],
};

export const groupType: ResourceType = { name: 'Group', endpoint: '/Groups', description: 'Group', schema: groupSchema, extensions: [] };

/** A user type whose mapping offers little: no `title`, no `externalId`, no `emails.display`. */
export const smallUserType: ResourceType = {
  ...userType,
  extensions: [],
  common: userTypeCommon(),
  schema: {
    ...userSchema,
    attributes: userSchema.attributes
      .filter(({ name }) => name !== 'title')
      .map((attribute) =>
        attribute.name === 'emails'
          ? { ...attribute, subAttributes: (attribute.subAttributes ?? []).filter(({ name }) => name !== 'display') }
          : attribute,
      ),
  },
};

function userTypeCommon(): readonly [ReturnType<typeof defineAttribute>] {
  return [defineAttribute('id', 'string', 'Identifier', { mutability: 'readOnly', returned: 'always', caseExact: true })];
}

export const barbara: Resource = {
  id: '2819c223-7f76-453a-919d-413861904646',
  externalId: '701984',
  userName: 'bjensen@example.com',
  name: { formatted: 'Ms. Barbara J Jensen', familyName: 'Jensen', givenName: 'Barbara' },
  title: 'Tour Guide',
  active: true,
  emails: [
    { value: 'bjensen@example.com', type: 'work', primary: true },
    { value: 'babs@jensen.org', type: 'home' },
  ],
  groups: [{ value: 'e9e30dba-f08f-4109-8486-d5c6a331660a', display: 'Tour Guides' }],
  [enterpriseUrn]: { employeeNumber: '701984', manager: { value: '26118915', displayName: 'John Smith' } },
  [badgeUrn]: {
    number: 7,
    weight: 1.5,
    issued: '2011-05-13T04:42:34Z',
    picture: 'AAEC',
    serial: 'Ab',
    pin: '1234',
    doors: ['North', 'South'],
    maker: { value: 'Acme', country: 'US', secret: 's', key: 'k', notes: 'n' },
  },
  meta: {
    resourceType: 'User',
    created: '2010-01-23T04:56:22Z',
    lastModified: '2011-05-13T04:42:34Z',
    version: 'W/"a"',
    location: 'https://x/Users/1',
  },
};
