// The discovery endpoints: one object, two lists and their members. Paging, sorting and projection are ignored here.
// RFC 7644 section 4; RFC 7643 sections 5 to 7.
import type { Client } from '../gateway/client.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { notFound, ScimError } from '../scim/error.ts';
import { listResponse } from '../scim/messages.ts';
import type { JsonObject } from '../scim/schema.ts';
import { callerOf } from './auth.ts';
import { idOf, type Operations } from './endpoint.ts';
import { readQuery } from './query.ts';
import { json } from './reply.ts';

export function addDiscovery(add: (pattern: string, operations: Operations) => void, gateway: Gateway): void {
  add('/ServiceProviderConfig', { GET: () => json(200, gateway.serviceProviderConfig()) });
  addDocuments(add, '/Schemas', (client) => gateway.schemas(client));
  addDocuments(add, '/ResourceTypes', (client) => gateway.resourceTypeDocuments(client));
}

function addDocuments(
  add: (pattern: string, operations: Operations) => void,
  endpoint: string,
  read: (client: Client) => readonly JsonObject[],
): void {
  add(endpoint, {
    GET: (exchange) => {
      refuseFilter(exchange.request.originalUrl);
      const resources = read(callerOf(exchange));
      return json(200, listResponse(resources, { totalResults: resources.length, startIndex: 1, itemsPerPage: resources.length }));
    },
  });
  add(`${endpoint}/{id}`, {
    GET: (exchange) => {
      refuseFilter(exchange.request.originalUrl);
      const id = idOf(exchange).toLowerCase();
      const document = read(callerOf(exchange)).find((candidate) => String(candidate['id']).toLowerCase() === id);
      if (document === undefined) throw notFound();
      return json(200, document);
    },
  });
}

/** @throws ScimError 403 */
function refuseFilter(url: string): void {
  if (readQuery(url).has('filter')) throw new ScimError(403, 'The discovery endpoints cannot be filtered');
}
