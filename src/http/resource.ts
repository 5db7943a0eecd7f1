// One resource, on its own URL or on one that stands for it: read, replace, modify, delete.
// RFC 7644 sections 3.4.1, 3.5.1, 3.5.2, 3.6, 3.9 (projection), 3.11 (`/Me`) and 3.14 (versions).
import type { Client, ClientOperation } from '../gateway/client.ts';
import type { Gateway, Self } from '../gateway/gateway.ts';
import { resolveFilter } from '../scim/filter.ts';
import { parseListQuery } from '../scim/messages.ts';
import { permit } from './auth.ts';
import { listReply, minimalReply, representReply, resourceReply } from './answer.ts';
import type { BodyReader } from './body.ts';
import { prefersMinimal, readConditions } from './conditions.ts';
import type { Operations } from './endpoint.ts';
import type { Exchange } from './exchange.ts';
import { filterOptions, isWhole, parametersOf, projectionOf } from './parameters.ts';
import type { Reply } from './reply.ts';

/** Which resource a request means, and on whose behalf. */
export type Locate = (exchange: Exchange, client: Client) => Self | Promise<Self>;

/** @param alias the URL stands for the resource, and answers name its permanent one */
export function resourceOperations(gateway: Gateway, readBody: BodyReader, locate: Locate, alias = false): Operations {
  const find = (exchange: Exchange, operation: ClientOperation): Self | Promise<Self> => locate(exchange, permit(exchange, operation));
  return {
    GET: async (exchange) => {
      const target = await find(exchange, 'read');
      return parametersOf(exchange).filter === undefined ? getOne(exchange, gateway, target, alias) : queryOne(exchange, gateway, target);
    },
    PUT: async (exchange) => {
      const { client, type, id } = await find(exchange, 'update');
      const projection = projectionOf(exchange);
      const conditions = readConditions(exchange.request.headers);
      const body = await readBody(exchange);
      return representReply(200, await gateway.replace(client, type, id, body, projection, conditions), projection);
    },
    PATCH: async (exchange) => {
      const { client, type, id } = await find(exchange, 'update');
      const projection = projectionOf(exchange);
      const conditions = readConditions(exchange.request.headers);
      const body = await readBody(exchange);
      const preferred = prefersMinimal(exchange.request.get('Prefer'));
      if (!isWhole(projection) || !(preferred || client.patchResponse === 'noContent')) {
        return representReply(200, await gateway.patch(client, type, id, body, projection, conditions), projection);
      }
      return minimalReply(await gateway.patch(client, type, id, body, { attributes: [] }, conditions), preferred);
    },
    DELETE: async (exchange) => {
      const { client, type, id } = await find(exchange, 'delete');
      await gateway.delete(client, type, id, readConditions(exchange.request.headers));
      return { status: 204 };
    },
  };
}

async function getOne(exchange: Exchange, gateway: Gateway, { client, type, id }: Self, alias: boolean): Promise<Reply> {
  const projection = projectionOf(exchange);
  const answer = await gateway.get(client, type, id, projection, readConditions(exchange.request.headers));
  return alias && (answer.resource ?? answer.rendered) ? representReply(200, answer, projection) : resourceReply(answer);
}

/** A query on the URL of one resource: that resource in a list, if the filter matches it. */
async function queryOne(exchange: Exchange, gateway: Gateway, { client, type, id }: Self): Promise<Reply> {
  const query = parseListQuery(parametersOf(exchange), type, filterOptions(client));
  const isThis = resolveFilter({ kind: 'compare', path: { attribute: 'id' }, operator: 'eq', value: id }, type);
  const filters = query.filter === undefined ? [isThis] : [isThis, query.filter];
  const cursor = query.cursor && { ...query.cursor, query: JSON.stringify([id, query.cursor.query]) };
  return listReply(await gateway.list(client, type, { ...query, ...(cursor && { cursor }), filter: { kind: 'and', filters } }));
}
