// What a request to a resource endpoint says in its URL, read for the use cases.
// RFC 7644 sections 3.4.2 and 3.9.
import type { Client } from '../gateway/client.ts';
import type { FilterOptions } from '../scim/filter.ts';
import type { ListParameters } from '../scim/messages.ts';
import { parseProjection, type Projection } from '../scim/resource.ts';
import type { Exchange } from './exchange.ts';
import { readQuery, toListParameters } from './query.ts';

export function parametersOf({ request }: Exchange): ListParameters {
  return { ...toListParameters(readQuery(request.originalUrl)), inUrl: true };
}

export function projectionOf(exchange: Exchange): Projection {
  const { attributes, excludedAttributes } = parametersOf(exchange);
  return parseProjection(attributes, excludedAttributes);
}

/** Whether nothing is said about which attributes to show. */
export function isWhole({ attributes, excludedAttributes }: Projection): boolean {
  return attributes === undefined && excludedAttributes === undefined;
}

export function filterOptions({ dialect }: Client): FilterOptions {
  return { lenient: dialect.bareWords };
}
