// The schemas of the discovery resources, as data: complete where the published JSON is not.
// RFC 7643 sections 5, 6, 7 and 8.7.2; RFC 9865 section 4 (pagination); errata 5606, 5607, 7522, 8011, 8415, 8475.
import { defineAttribute, defineComplex, definePrimary } from './attribute.ts';
import type { Attribute, AttributeType, Schema } from './schema.ts';

type Options = Parameters<typeof defineAttribute>[3];

const fixed = (name: string, type: AttributeType, description: string, options: Options = {}): Attribute =>
  defineAttribute(name, type, description, { mutability: 'readOnly', ...options });

const group = (name: string, description: string, subAttributes: readonly Attribute[], options: Options = {}): Attribute =>
  defineComplex(name, description, subAttributes, { mutability: 'readOnly', ...options });

const uri = { caseExact: true, referenceTypes: ['uri'] };
const external = { caseExact: true, referenceTypes: ['external'] };
const supported = fixed('supported', 'boolean', 'Whether the operation is supported.', { required: true });

export const serviceProviderConfigSchema: Schema = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig',
  name: 'Service Provider Configuration',
  description: "Schema for representing the service provider's configuration",
  attributes: [
    fixed('documentationUri', 'reference', "The URL of the service provider's help documentation.", external),
    group('patch', 'The PATCH options.', [supported], { required: true }),
    group(
      'bulk',
      'The bulk options.',
      [
        supported,
        fixed('maxOperations', 'integer', 'The maximum number of operations.', { required: true }),
        fixed('maxPayloadSize', 'integer', 'The maximum payload size in bytes.', { required: true }),
      ],
      { required: true },
    ),
    group(
      'filter',
      'The filter options.',
      [supported, fixed('maxResults', 'integer', 'The maximum number of resources in a response.', { required: true })],
      { required: true },
    ),
    group('changePassword', 'The options for changing a password.', [supported], { required: true }),
    group('sort', 'The sort options.', [supported], { required: true }),
    group('etag', 'The ETag options.', [supported], { required: true }),
    group('pagination', 'The pagination options.', [
      fixed('cursor', 'boolean', 'Whether cursor-based pagination is supported.', { required: true }),
      fixed('index', 'boolean', 'Whether index-based pagination is supported.', { required: true }),
      fixed('defaultPaginationMethod', 'string', 'The pagination method that is used by default.', {
        canonicalValues: ['cursor', 'index'],
      }),
      fixed('defaultPageSize', 'integer', 'The number of resources of a page by default.'),
      fixed('maxPageSize', 'integer', 'The maximum number of resources of a page.'),
      fixed('cursorTimeout', 'integer', 'The minimum number of seconds that a cursor is valid.'),
    ]),
    group(
      'authenticationSchemes',
      'The supported authentication schemes.',
      [
        fixed('type', 'string', 'The authentication scheme.', {
          required: true,
          canonicalValues: ['oauth', 'oauth2', 'oauthbearertoken', 'httpbasic', 'httpdigest'],
        }),
        fixed('name', 'string', 'The common name of the authentication scheme.', { required: true }),
        fixed('description', 'string', 'A description of the authentication scheme.', { required: true }),
        fixed('specUri', 'reference', 'The URL of the specification of the authentication scheme.', external),
        fixed('documentationUri', 'reference', 'The URL of the usage documentation of the authentication scheme.', external),
        definePrimary({ mutability: 'readOnly' }),
      ],
      { multiValued: true, required: true },
    ),
  ],
};

export const resourceTypeSchema: Schema = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:ResourceType',
  name: 'ResourceType',
  description: 'Specifies the schema that describes a SCIM resource type',
  attributes: [
    fixed('id', 'string', 'The identifier of the resource type, equal to its name.', { caseExact: true }),
    fixed('name', 'string', 'The name of the resource type.', { required: true, caseExact: true, uniqueness: 'server' }),
    fixed('description', 'string', 'A description of the resource type.'),
    fixed('endpoint', 'reference', 'The endpoint relative to the base URL.', { ...uri, required: true, uniqueness: 'server' }),
    fixed('schema', 'reference', 'The URI of the base schema.', { ...uri, required: true }),
    group(
      'schemaExtensions',
      'The schema extensions of the resource type.',
      [
        fixed('schema', 'reference', 'The URI of a schema extension.', { ...uri, required: true }),
        fixed('required', 'boolean', 'Whether every resource of the type must include the extension.', { required: true }),
      ],
      { multiValued: true },
    ),
  ],
};

const types = ['string', 'boolean', 'decimal', 'integer', 'dateTime', 'binary', 'reference'];

const characteristics = (typesAllowed: readonly string[]): readonly Attribute[] => [
  fixed('name', 'string', 'The name of the attribute.', { required: true }),
  fixed('type', 'string', 'The data type of the attribute.', { required: true, canonicalValues: typesAllowed }),
  fixed('multiValued', 'boolean', 'Whether the attribute may have several values.', { required: true }),
  fixed('description', 'string', 'A human-readable description of the attribute.'),
  fixed('required', 'boolean', 'Whether the attribute is required.'),
  fixed('canonicalValues', 'string', 'Suggested values.', { multiValued: true, caseExact: true }),
  fixed('caseExact', 'boolean', 'Whether a string attribute is case sensitive.'),
  fixed('mutability', 'string', 'Whether the attribute can be changed.', {
    caseExact: true,
    canonicalValues: ['readOnly', 'readWrite', 'immutable', 'writeOnly'],
  }),
  fixed('returned', 'string', 'When the attribute is returned.', {
    caseExact: true,
    canonicalValues: ['always', 'never', 'default', 'request'],
  }),
  fixed('uniqueness', 'string', 'How uniqueness of the value is enforced.', {
    caseExact: true,
    canonicalValues: ['none', 'server', 'global'],
  }),
  fixed('referenceTypes', 'string', 'The resource types that may be referenced.', { multiValued: true, caseExact: true }),
];

/** `attributes.subAttributes` is the one complex sub-attribute that exists: a definition of definitions cannot do without it. */
export const schemaSchema: Schema = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:Schema',
  name: 'Schema',
  description: 'Specifies the schema that describes a SCIM schema',
  attributes: [
    fixed('id', 'string', 'The URI of the schema.', { required: true }),
    fixed('name', 'string', 'The human-readable name of the schema.'),
    fixed('description', 'string', 'A description of the schema.'),
    group(
      'attributes',
      'The attributes of the schema.',
      [
        ...characteristics([...types, 'complex']),
        group('subAttributes', 'The sub-attributes of a complex attribute.', characteristics(types), { multiValued: true }),
      ],
      { multiValued: true, required: true },
    ),
  ],
};
