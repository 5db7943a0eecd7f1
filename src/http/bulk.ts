// `/Bulk`: many operations in one request, answered together.
// RFC 7644 section 3.7; the size of a request is limited by the reader of bodies while it streams in.
import { executeBulk } from '../gateway/bulk.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { bulkResponse } from '../scim/bulk.ts';
import { callerOf } from './auth.ts';
import type { BodyReader } from './body.ts';
import type { Operations } from './endpoint.ts';
import { isWorthReporting } from './error.ts';
import { reportFailure } from './exchange.ts';
import { json } from './reply.ts';

export function addBulk(add: (pattern: string, operations: Operations) => void, gateway: Gateway, readBody: BodyReader): void {
  add('/Bulk', {
    POST: async (exchange) => {
      // What the client may do is decided for each operation.
      const results = await executeBulk(gateway, callerOf(exchange), await readBody(exchange));
      for (const { error } of results) {
        if (error && isWorthReporting(error)) reportFailure({ requestId: exchange.requestId, error: error.cause });
      }
      return json(200, bulkResponse(results), { 'Cache-Control': 'no-store' });
    },
  });
}
