// The endpoints of resources: HTTP request to use case, its result to an answer.
// RFC 7644 sections 3.3 to 3.6 (create, retrieve, query, replace, modify, delete), 3.9 (projection) and 3.14 (versions).
import type { Client } from '../gateway/client.ts';
import type { Answer, Gateway, ListAnswer } from '../gateway/gateway.ts';
import { notFound } from '../scim/error.ts';
import { type FilterOptions, resolveFilter } from '../scim/filter.ts';
import { listResponse, parseListQuery, parseSearchRequest, type ListParameters, type ListQuery } from '../scim/messages.ts';
import { parseProjection, type Projection } from '../scim/resource.ts';
import type { JsonObject, ResourceType } from '../scim/schema.ts';
import { permit } from './auth.ts';
import type { BodyReader } from './body.ts';
import { prefersMinimal, readConditions } from './conditions.ts';
import { idOf, type Operations } from './endpoint.ts';
import type { Exchange } from './exchange.ts';
import { readQuery, toListParameters } from './query.ts';
import { json, type Reply } from './reply.ts';

type Add = (pattern: string, operations: Operations) => void;

/** The queries over all resource types (RFC 7644 sections 3.4.2.1 and 3.4.3). */
export function addRoot(add: Add, gateway: Gateway, readBody: BodyReader): void {
  add('/', {
    GET: async (exchange) => listReply(await listAll(gateway, permit(exchange, 'read'), parametersOf(exchange))),
  });
  add('/.search', {
    POST: async (exchange) => {
      const client = permit(exchange, 'read');
      return searchReply(await listAll(gateway, client, parseSearchRequest(await readBody(exchange))));
    },
  });
}

function listAll(gateway: Gateway, client: Client, parameters: ListParameters): Promise<ListAnswer> {
  const types = gateway.resourceTypes(client);
  const optionsFor = (type: ResourceType): FilterOptions => ({
    ...filterOptions(client),
    others: types.filter(({ name }) => name !== type.name),
  });
  return gateway.listAll(client, (type) => parseListQuery(parameters, type, optionsFor(type)));
}

export function addResources(add: Add, gateway: Gateway, endpoint: string, readBody: BodyReader): void {
  const typeFor = (client: Client): ResourceType => findType(gateway, client, endpoint);

  // Before `{id}`: no resource has the id `.search`.
  add(`${endpoint}/.search`, {
    POST: async (exchange) => {
      const client = permit(exchange, 'read');
      const type = typeFor(client);
      const parameters = parseSearchRequest(await readBody(exchange));
      return searchReply(await gateway.list(client, type, parseListQuery(parameters, type, filterOptions(client))));
    },
  });

  add(endpoint, {
    GET: async (exchange) => {
      const client = permit(exchange, 'read');
      const type = typeFor(client);
      return listReply(await gateway.list(client, type, parseListQuery(parametersOf(exchange), type, filterOptions(client))));
    },
    POST: async (exchange) => {
      const client = permit(exchange, 'create');
      const projection = projectionOf(exchange);
      const answer = await gateway.create(client, typeFor(client), await readBody(exchange), projection);
      return changedReply(201, answer, projection);
    },
  });

  add(`${endpoint}/{id}`, {
    GET: (exchange) => {
      const client = permit(exchange, 'read');
      return parametersOf(exchange).filter !== undefined
        ? queryOne(exchange, gateway, client, typeFor(client))
        : getOne(exchange, gateway, client, typeFor(client));
    },
    PUT: async (exchange) => {
      const client = permit(exchange, 'update');
      const projection = projectionOf(exchange);
      const conditions = readConditions(exchange.request.headers);
      const body = await readBody(exchange);
      return changedReply(200, await gateway.replace(client, typeFor(client), idOf(exchange), body, projection, conditions), projection);
    },
    PATCH: async (exchange) => {
      const client = permit(exchange, 'update');
      const projection = projectionOf(exchange);
      const conditions = readConditions(exchange.request.headers);
      const body = await readBody(exchange);
      const answer = await gateway.patch(client, typeFor(client), idOf(exchange), body, projection, conditions);
      const minimal = prefersMinimal(exchange.request.get('Prefer')) && isWhole(projection);
      return minimal ? minimalReply(answer) : changedReply(200, answer, projection);
    },
    DELETE: async (exchange) => {
      const client = permit(exchange, 'delete');
      await gateway.delete(client, typeFor(client), idOf(exchange), readConditions(exchange.request.headers));
      return { status: 204 };
    },
  });
}

async function getOne(exchange: Exchange, gateway: Gateway, client: Client, type: ResourceType): Promise<Reply> {
  const projection = projectionOf(exchange);
  const conditions = readConditions(exchange.request.headers);
  const answer = await gateway.get(client, type, idOf(exchange), projection, conditions);
  // A 304 names the current version.
  return answer.resource === undefined ? { status: 304, headers: headersOf(answer) } : json(200, answer.resource, headersOf(answer));
}

/** A query on the URL of one resource: that resource in a list, if the filter matches it. */
async function queryOne(exchange: Exchange, gateway: Gateway, client: Client, type: ResourceType): Promise<Reply> {
  const query: ListQuery = parseListQuery(parametersOf(exchange), type, filterOptions(client));
  const isThis = resolveFilter({ kind: 'compare', path: { attribute: 'id' }, operator: 'eq', value: idOf(exchange) }, type);
  const filters = query.filter === undefined ? [isThis] : [isThis, query.filter];
  return listReply(await gateway.list(client, type, { ...query, filter: { kind: 'and', filters } }));
}

function findType(gateway: Gateway, client: Client, endpoint: string): ResourceType {
  const type = gateway.resourceTypes(client).find((candidate) => candidate.endpoint === endpoint);
  if (type === undefined) throw notFound();
  return type;
}

function filterOptions({ dialect }: Client): FilterOptions {
  return { lenient: dialect.bareWords };
}

function parametersOf({ request }: Exchange): ListParameters {
  return toListParameters(readQuery(request.originalUrl));
}

function projectionOf(exchange: Exchange): Projection {
  const { attributes, excludedAttributes } = parametersOf(exchange);
  return parseProjection(attributes, excludedAttributes);
}

function isWhole({ attributes, excludedAttributes }: Projection): boolean {
  return attributes === undefined && excludedAttributes === undefined;
}

function toListResponse({ resources, totalResults, startIndex }: ListAnswer): JsonObject {
  return listResponse(resources, { totalResults, startIndex, itemsPerPage: resources.length });
}

function listReply(answer: ListAnswer): Reply {
  return json(200, toListResponse(answer));
}

function searchReply(answer: ListAnswer): Reply {
  return json(200, toListResponse(answer), { 'Cache-Control': 'no-store' });
}

/** The body stands for what a GET of the location would give only if it is whole (RFC 9110 section 8.7). */
function changedReply(status: number, answer: Answer, projection: Projection): Reply {
  if (answer.resource === undefined) return { status: 204, headers: headersOf(answer) };
  return json(status, answer.resource, { ...headersOf(answer), ...(isWhole(projection) && { 'Content-Location': answer.location }) });
}

function minimalReply(answer: Answer): Reply {
  return { status: 204, headers: { ...headersOf(answer), 'Preference-Applied': 'return=minimal' } };
}

function headersOf({ location, version }: Answer): Readonly<Record<string, string>> {
  return { Location: location, ...(version !== undefined && { ETag: version }) };
}
