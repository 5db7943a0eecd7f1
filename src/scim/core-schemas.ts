// The schemas that the RFC defines for people and groups, as data, with the verified errata applied.
// RFC 7643 sections 3.1, 4.1, 4.2, 4.3 and 8.7.1; errata 5368, 6001, 6004, 6011, 8471, 8472.
import { defineAttribute, defineComplex, definePrimary, defineType, defineValues } from './attribute.ts';
import type { Attribute, Schema } from './schema.ts';

const text = (name: string, description: string): Attribute => defineAttribute(name, 'string', description);

/** Attributes of every resource. Their characteristics are fixed by RFC 7643 section 3.1, whatever a schema says. */
export const commonAttributes: readonly Attribute[] = [
  defineAttribute('schemas', 'string', 'The URIs of the schemas that define the attributes present in the resource.', {
    multiValued: true,
    required: true,
    returned: 'always',
  }),
  defineAttribute('id', 'string', 'The identifier of the resource, issued by the service provider and never reassigned.', {
    required: true,
    caseExact: true,
    mutability: 'readOnly',
    returned: 'always',
    uniqueness: 'server',
  }),
  defineAttribute('externalId', 'string', 'The identifier of the resource as defined by the provisioning client.', { caseExact: true }),
  defineComplex(
    'meta',
    'Metadata of the resource, assigned by the service provider.',
    [
      defineAttribute('resourceType', 'string', 'The name of the resource type.', { caseExact: true, mutability: 'readOnly' }),
      defineAttribute('created', 'dateTime', 'When the resource was added to the service provider.', { mutability: 'readOnly' }),
      defineAttribute('lastModified', 'dateTime', 'When the resource was last changed.', { mutability: 'readOnly' }),
      defineAttribute('location', 'reference', 'The URI of the resource.', { mutability: 'readOnly', referenceTypes: ['uri'] }),
      defineAttribute('version', 'string', 'The version of the resource, equal to its ETag.', { caseExact: true, mutability: 'readOnly' }),
    ],
    { mutability: 'readOnly' },
  ),
];

const readOnly = { mutability: 'readOnly' } as const;
const immutable = { mutability: 'immutable' } as const;
const usage = ['work', 'home', 'other'];

export const userSchema: Schema = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:User',
  name: 'User',
  description: 'User Account',
  attributes: [
    defineAttribute('userName', 'string', 'The identifier that the user authenticates with, unique among all users.', {
      required: true,
      uniqueness: 'server',
    }),
    defineComplex('name', 'The components of the name of the user.', [
      text('formatted', 'The full name, formatted for display.'),
      text('familyName', 'The family name, or last name in most Western languages.'),
      text('givenName', 'The given name, or first name in most Western languages.'),
      text('middleName', 'The middle name or names.'),
      text('honorificPrefix', 'The title before the name, such as "Dr.".'),
      text('honorificSuffix', 'The suffix after the name, such as "III".'),
    ]),
    text('displayName', 'The name of the user, suitable for display to end-users.'),
    text('nickName', 'The casual way to address the user.'),
    defineAttribute('profileUrl', 'reference', "The URL of the user's online profile.", { referenceTypes: ['external'] }),
    text('title', 'The title of the user, such as "Vice President".'),
    text('userType', 'The relationship between the organization and the user, such as "Contractor" or "Employee".'),
    text('preferredLanguage', 'The preferred languages, in the form of the HTTP Accept-Language header.'),
    text('locale', 'The locale for currency, date and number formats, as a BCP 47 language tag.'),
    text('timezone', 'The time zone, in the form of the IANA Time Zone database, such as "America/Los_Angeles".'),
    defineAttribute('active', 'boolean', 'Whether the account is enabled.'),
    defineAttribute('password', 'string', 'The cleartext password, only ever set and never returned.', {
      caseExact: true,
      mutability: 'writeOnly',
      returned: 'never',
    }),
    defineValues('emails', 'E-mail addresses.', text('value', 'The e-mail address.'), usage),
    defineValues('phoneNumbers', 'Telephone numbers.', text('value', 'The telephone number.'), [
      'work',
      'home',
      'mobile',
      'fax',
      'pager',
      'other',
    ]),
    defineValues('ims', 'Instant messaging addresses.', text('value', 'The instant messaging address.'), [
      'aim',
      'gtalk',
      'icq',
      'xmpp',
      'msn',
      'skype',
      'qq',
      'yahoo',
    ]),
    defineValues(
      'photos',
      'URLs of photos.',
      defineAttribute('value', 'reference', 'The URL of a photo.', { referenceTypes: ['external'] }),
      ['photo', 'thumbnail'],
    ),
    defineComplex(
      'addresses',
      'Physical mailing addresses.',
      [
        text('formatted', 'The full mailing address, formatted for display.'),
        text('streetAddress', 'The street address, which may contain several lines.'),
        text('locality', 'The city or locality.'),
        text('region', 'The state or region.'),
        text('postalCode', 'The zip code or postal code.'),
        text('country', 'The country, as an ISO 3166-1 alpha-2 code such as "US".'),
        defineType(usage),
        definePrimary(),
      ],
      { multiValued: true },
    ),
    defineComplex(
      'groups',
      'The groups that the user belongs to; changed only through the groups.',
      [
        defineAttribute('value', 'string', 'The id of the group.', { ...readOnly, caseExact: true }),
        defineAttribute('$ref', 'reference', 'The URI of the group.', { ...readOnly, referenceTypes: ['Group'] }),
        defineAttribute('display', 'string', 'The name of the group.', readOnly),
        defineType(['direct', 'indirect'], readOnly),
      ],
      { ...readOnly, multiValued: true },
    ),
    defineValues('entitlements', 'Entitlements of the user.', text('value', 'The entitlement.')),
    defineValues('roles', 'Roles of the user.', text('value', 'The role.')),
    defineValues(
      'x509Certificates',
      'X.509 certificates issued to the user.',
      defineAttribute('value', 'binary', 'One DER-encoded certificate in base64.'),
    ),
  ],
};

export const groupSchema: Schema = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  name: 'Group',
  description: 'Group',
  attributes: [
    defineAttribute('displayName', 'string', 'The human-readable name of the group.', { required: true }),
    defineComplex(
      'members',
      'The members of the group.',
      [
        defineAttribute('value', 'string', 'The id of the member.', { ...immutable, caseExact: true }),
        defineAttribute('$ref', 'reference', 'The URI of the member.', { ...immutable, referenceTypes: ['User', 'Group'] }),
        defineType(['User', 'Group'], immutable),
        defineAttribute('display', 'string', 'The name of the member.', immutable),
      ],
      { multiValued: true },
    ),
  ],
};

export const enterpriseUserSchema: Schema = {
  id: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
  name: 'EnterpriseUser',
  description: 'Enterprise User',
  attributes: [
    text('employeeNumber', 'The identifier of the user within the organization.'),
    text('costCenter', 'The name of a cost center.'),
    text('organization', 'The name of an organization.'),
    text('division', 'The name of a division.'),
    text('department', 'The name of a department.'),
    defineComplex('manager', "The user's manager.", [
      defineAttribute('value', 'string', 'The id of the manager.', { caseExact: true }),
      defineAttribute('$ref', 'reference', 'The URI of the manager.', { referenceTypes: ['User'] }),
      defineAttribute('displayName', 'string', 'The name of the manager.', readOnly),
    ]),
  ],
};

const standardAttributes = new Map(
  [userSchema, groupSchema, enterpriseUserSchema].map((schema) => [schema.id.toLowerCase(), schema.attributes]),
);

/** The attributes that the RFC gives to this schema or to every resource, whether or not a mapping offers them. */
export function standardAttributesOf(schemaId: string): readonly Attribute[] {
  return [...commonAttributes, ...(standardAttributes.get(schemaId.toLowerCase()) ?? [])];
}
