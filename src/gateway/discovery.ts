// The discovery documents, computed from the mapping and from what the directory can really do (RFC 7643 sections 5 to 7; ).
import { resourceTypeDocument, schemaDocument } from '../scim/messages.ts';
import { commonAttributes, resourceTypeSchema, schemaSchema, serviceProviderConfigSchema } from '../scim/schema.ts';
import type { Attribute, JsonObject, ResourceType, Schema } from '../scim/schema.ts';
import { type Backend, mappingOf } from './backend.ts';
import { bulkLimits } from './bulk.ts';
import { pageLimits } from './list.ts';

export function serviceProviderConfig({ baseUrl, mapping, cursors }: Backend): JsonObject {
  return {
    schemas: [serviceProviderConfigSchema.id],
    patch: { supported: true },
    bulk: { supported: true, ...bulkLimits },
    filter: { supported: true, maxResults: pageLimits.maximum },
    changePassword: { supported: mapping.resources.some((resource) => resource.password !== undefined) },
    sort: { supported: true },
    etag: { supported: true },
    pagination: {
      cursor: true,
      index: true,
      defaultPaginationMethod: 'index',
      defaultPageSize: pageLimits.standard,
      maxPageSize: pageLimits.maximum,
      cursorTimeout: cursors.timeout,
    },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'Bearer token',
        description: 'A token, sent in the Authorization header',
        specUri: 'https://www.rfc-editor.org/info/rfc6750',
        primary: true,
      },
    ],
    meta: { resourceType: 'ServiceProviderConfig', location: `${baseUrl}/ServiceProviderConfig` },
  };
}

/** Every schema that a resource of these types or a discovery document is made of, once. */
export function schemaDocuments(backend: Backend, types: readonly ResourceType[]): readonly JsonObject[] {
  const schemas = new Map<string, Schema>();
  for (const type of types) {
    const { ignoresWrites } = mappingOf(backend, type);
    // The common attributes belong to every resource (RFC 7643 section 3.1); clients look for them here.
    const common = (type.common ?? commonAttributes).filter((attribute) => attribute.name !== 'schemas');
    schemas.set(type.schema.id, published({ ...type.schema, attributes: [...common, ...type.schema.attributes] }, '', ignoresWrites));
    for (const { schema } of type.extensions) schemas.set(schema.id, published(schema, `${schema.id}:`, ignoresWrites));
  }
  for (const schema of [serviceProviderConfigSchema, resourceTypeSchema, schemaSchema]) schemas.set(schema.id, schema);
  return [...schemas.values()].map((schema) => schemaDocument(schema, backend.baseUrl));
}

export function resourceTypeDocuments({ baseUrl }: Backend, types: readonly ResourceType[]): readonly JsonObject[] {
  return types.map((type) => resourceTypeDocument(type, baseUrl));
}

/** Attributes that are accepted and never stored are read-only in truth. */
function published(schema: Schema, prefix: string, ignoresWrites: readonly string[]): Schema {
  const readOnly = (attribute: Attribute, path: string): Attribute => ({
    ...attribute,
    ...(ignoresWrites.includes(path) && { mutability: 'readOnly' as const }),
    ...(attribute.subAttributes && { subAttributes: attribute.subAttributes.map((sub) => readOnly(sub, `${path}.${sub.name}`)) }),
  });
  return { ...schema, attributes: schema.attributes.map((attribute) => readOnly(attribute, `${prefix}${attribute.name}`)) };
}
