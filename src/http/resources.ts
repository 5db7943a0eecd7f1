// The endpoints of resources: HTTP request to use case, its result to an answer.
// RFC 7644 sections 3.3 (create), 3.4.2 (query) and 3.4.3 (`.search`); single resources are in `resource.ts`.
import type { Client } from '../gateway/client.ts';
import type { Gateway, ListAnswer } from '../gateway/gateway.ts';
import { notFound } from '../scim/error.ts';
import type { FilterOptions } from '../scim/filter.ts';
import { type ListParameters, parseListQuery, parseSearchRequest } from '../scim/messages.ts';
import type { ResourceType } from '../scim/schema.ts';
import { listReply, representReply, searchReply } from './answer.ts';
import { permit } from './auth.ts';
import type { BodyReader } from './body.ts';
import { idOf, type Operations } from './endpoint.ts';
import { filterOptions, parametersOf, projectionOf } from './parameters.ts';
import { resourceOperations } from './resource.ts';

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
      return representReply(201, answer, projection);
    },
  });

  add(
    `${endpoint}/{id}`,
    resourceOperations(gateway, readBody, (exchange, client) => ({ client, type: typeFor(client), id: idOf(exchange) })),
  );
}

function findType(gateway: Gateway, client: Client, endpoint: string): ResourceType {
  const type = gateway.resourceTypes(client).find((candidate) => candidate.endpoint === endpoint);
  if (type === undefined) throw notFound();
  return type;
}
