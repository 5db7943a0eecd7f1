// The messages of the protocol: list queries in, list responses and discovery documents out.
// RFC 7644 section 3.4.2 and 3.4.3; RFC 9865 section 2 (cursors); RFC 7643 sections 5 to 7.
import { isJsonObject, readMembers } from './attribute-value.ts';
import { invalidCount, invalidSyntax, invalidValue } from './error.ts';
import { parseFilter, resolveFilter, type FilterOptions, type ResolvedFilter } from './filter.ts';
import type { Order } from './match.ts';
import { parsePath, resolvePath, type AttributeReference } from './path.ts';
import { parseProjection, type Projection } from './projection.ts';
import {
  findAttribute,
  resourceTypeSchema,
  schemaSchema,
  type Attribute,
  type JsonObject,
  type Resource,
  type ResourceType,
  type Schema,
} from './schema.ts';

/** A checked query on one resource type (RFC 7644 section 3.4.2). */
export interface ListQuery {
  readonly filter?: ResolvedFilter;
  readonly sort?: Order;
  /** The query is paged by cursors (RFC 9865); otherwise by `startIndex`. */
  readonly cursor?: CursorParameter;
  /** 1-based, at least 1. */
  readonly startIndex: number;
  /** Undefined: the server's choice; 0: only the total. */
  readonly count: number | undefined;
  readonly projection: Projection;
  /** It stands in a URL, which others write down: not the place for sensitive values. */
  readonly inUrl?: boolean;
}

export interface CursorParameter {
  /** As sent; empty asks for the first page. */
  readonly text: string;
  /** All that the query asks for beside cursor and count, as text that is the same for the same query: a cursor is good for that alone. */
  readonly query: string;
}

/** The parameters of a query as they come: texts from a URL, or what a SearchRequest holds. */
export interface ListParameters {
  readonly filter?: string | undefined;
  readonly sortBy?: string | undefined;
  readonly sortOrder?: string | undefined;
  readonly startIndex?: string | number | undefined;
  readonly count?: string | number | undefined;
  readonly cursor?: string | undefined;
  readonly attributes?: string | readonly string[] | undefined;
  readonly excludedAttributes?: string | readonly string[] | undefined;
  readonly inUrl?: boolean;
}

const messageUrn = (name: string): string => `urn:ietf:params:scim:api:messages:2.0:${name}`;

/**
 * Checks the parameters of a query against the type that is queried (R-128 to, C-001, C-006, D-18).
 * @throws ScimError invalidFilter for the filter, invalidCount for the size of a page by cursor, invalidValue for the others
 */
export function parseListQuery(parameters: ListParameters, type: ResourceType, options: FilterOptions = {}): ListQuery {
  const { filter, sortBy, sortOrder, startIndex, count, cursor, attributes, excludedAttributes, inUrl = false } = parameters;
  if (cursor !== undefined && startIndex !== undefined) throw invalidValue('startIndex and cursor exclude each other');
  const sorted = sortBy ? parseSortBy(sortBy, type, options) : undefined;
  const sort = sorted && { attribute: sorted, order: parseSortOrder(sortOrder) };
  const projection = parseProjection(attributes, excludedAttributes);
  const parseCount = (): number | undefined => parseInteger(count, 'count', cursor === undefined ? invalidValue : invalidCount);
  return {
    ...(filter !== undefined && { filter: resolveFilter(parseFilter(filter, options), type, options) }),
    ...(sort && { sort }),
    ...(cursor !== undefined && { cursor: { text: cursor, query: JSON.stringify([filter, sortBy && [sortBy, sortOrder], projection]) } }),
    startIndex: Math.max(parseInteger(startIndex, 'startIndex') ?? 1, 1),
    count: clampCount(parseCount()),
    projection,
    ...(inUrl && { inUrl }),
  };
}

/**
 * The parameters in the body of a POST to `.search`.
 * @throws ScimError invalidSyntax when it is no SearchRequest, invalidValue for a parameter of the wrong JSON type
 */
export function parseSearchRequest(body: unknown): ListParameters {
  if (!isJsonObject(body)) throw invalidSyntax('The body must be a JSON object');
  const members = readMembers(body);
  const read = <T>(name: string, isOfType: (value: unknown) => value is T): T | undefined => {
    const value = members.get(name.toLowerCase())?.value;
    if (value === undefined || value === null) return undefined;
    if (!isOfType(value)) throw invalidValue(`"${name}" has the wrong type`);
    return value;
  };
  const urn = messageUrn('SearchRequest').toLowerCase();
  const schemas = members.get('schemas')?.value;
  if (!isTextList(schemas) || !schemas.some((schema) => schema.toLowerCase() === urn)) {
    throw invalidSyntax(`"schemas" must contain "${messageUrn('SearchRequest')}"`);
  }
  return {
    filter: read('filter', isText),
    sortBy: read('sortBy', isText),
    sortOrder: read('sortOrder', isText),
    startIndex: read('startIndex', isTextOrNumber),
    count: read('count', isTextOrNumber),
    cursor: read('cursor', isText),
    attributes: read('attributes', isNames),
    excludedAttributes: read('excludedAttributes', isNames),
  };
}

/** One page of a query's results (RFC 7644 section 3.4.2, RFC 9865 section 2). */
export interface Page {
  /** How many resources match, on this page or not. */
  readonly totalResults: number;
  /** 1-based index of the first resource of the page; a page by cursor has none (C-007). */
  readonly startIndex?: number | undefined;
  readonly itemsPerPage: number;
  readonly previousCursor?: string | undefined;
  readonly nextCursor?: string | undefined;
}

export function listResponse(resources: readonly Resource[], page: Page): JsonObject {
  const { totalResults, startIndex, itemsPerPage, previousCursor, nextCursor } = page;
  return {
    schemas: [messageUrn('ListResponse')],
    totalResults,
    ...(startIndex !== undefined && { startIndex }),
    itemsPerPage,
    ...(previousCursor !== undefined && { previousCursor }),
    ...(nextCursor !== undefined && { nextCursor }),
    Resources: resources,
  };
}

/** The Schema resource of a schema (RFC 7643 section 7; R-042). @param baseUrl without a slash at its end */
export function schemaDocument(schema: Schema, baseUrl: string): JsonObject {
  const { id, name, description, attributes } = schema;
  return {
    schemas: [schemaSchema.id],
    id,
    name,
    description,
    attributes: attributes.map(describeAttribute),
    meta: { resourceType: 'Schema', location: `${baseUrl}/Schemas/${id}` },
  };
}

/** The ResourceType resource of a type (RFC 7643 section 6; ). @param baseUrl without a slash at its end */
export function resourceTypeDocument(type: ResourceType, baseUrl: string): JsonObject {
  const { name, description, endpoint, schema, extensions } = type;
  return {
    schemas: [resourceTypeSchema.id],
    id: name,
    name,
    description,
    endpoint,
    schema: schema.id,
    ...(extensions.length > 0 && {
      schemaExtensions: extensions.map((extension) => ({ schema: extension.schema.id, required: extension.required })),
    }),
    meta: { resourceType: 'ResourceType', location: `${baseUrl}/ResourceTypes/${name}` },
  };
}

/** Complex attributes carry no `uniqueness` (RFC 7643 erratum 6004). */
function describeAttribute(attribute: Attribute): JsonObject {
  const { name, type, multiValued, description, required, caseExact, mutability, returned, uniqueness } = attribute;
  const { canonicalValues = [], referenceTypes = [], subAttributes = [] } = attribute;
  return {
    name,
    type,
    multiValued,
    description,
    required,
    caseExact,
    mutability,
    returned,
    ...(type !== 'complex' && { uniqueness }),
    ...(canonicalValues.length > 0 && { canonicalValues }),
    ...(referenceTypes.length > 0 && { referenceTypes }),
    ...(subAttributes.length > 0 && { subAttributes: subAttributes.map(describeAttribute) }),
  };
}

/** The attribute to sort by; undefined if only other types of a query on several have it. */
function parseSortBy(sortBy: string, type: ResourceType, { lenient = false, others = [] }: FilterOptions): AttributeReference | undefined {
  const path = parsePath(sortBy.trim());
  const find = (each: ResourceType): AttributeReference | undefined => path && resolvePath(path, each, { unqualified: lenient });
  const reference = find(type);
  if (!reference && others.some(find)) return undefined;
  if (!reference) throw invalidValue('sortBy names no attribute of this resource type');
  const { attribute, sub, name } = reference;
  const isSecret = [attribute, sub].some((part) => part?.returned === 'never' || part?.mutability === 'writeOnly');
  if (isSecret) throw invalidValue(`"${name}" cannot be sorted by`);
  const hasValue = (attribute.multiValued || lenient) && findAttribute(attribute.subAttributes, 'value') !== undefined;
  if (!sub && attribute.type === 'complex' && !hasValue) throw invalidValue(`"${name}" is complex: sort by one of its sub-attributes`);
  return reference;
}

function parseSortOrder(sortOrder = 'ascending'): 'ascending' | 'descending' {
  const order = sortOrder.toLowerCase();
  if (order !== 'ascending' && order !== 'descending') throw invalidValue('sortOrder must be ascending or descending');
  return order;
}

function parseInteger(value: string | number | undefined, name: string, refuse = invalidValue): number | undefined {
  if (value === undefined) return undefined;
  const integer = typeof value === 'string' && !/^[+-]?\d+$/.test(value.trim()) ? NaN : Number(value);
  if (!Number.isInteger(integer)) throw refuse(`${name} must be an integer`);
  return Math.min(integer, Number.MAX_SAFE_INTEGER);
}

function clampCount(count: number | undefined): number | undefined {
  return count === undefined ? undefined : Math.max(count, 0);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText);
}

function isNames(value: unknown): value is string | readonly string[] {
  return isText(value) || isTextList(value);
}

function isTextOrNumber(value: unknown): value is string | number {
  return isText(value) || typeof value === 'number';
}
