// Whatever went wrong, as a SCIM Error: one middleware, behind all others, so that no page of the framework ever gets out.
// RFC 7644 section 3.12; RFC 6750 section 3 and RFC 9728 section 5.1 (challenges).
import type { ErrorRequestHandler } from 'express';
import { invalidSyntax, ScimError } from '../scim/error.ts';
import { AccessError } from './auth.ts';
import { exchangeOf, reportFailure } from './exchange.ts';
import { errorReply, send } from './reply.ts';

export function createErrorHandler(realm: string): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    const exchange = exchangeOf(response);
    const answer = toScimError(error);
    if (isWorthReporting(answer)) reportFailure({ requestId: exchange.requestId, error: answer.cause });
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const metadata = exchange.resourceMetadata === undefined ? '' : `, resource_metadata="${exchange.resourceMetadata}"`;
    const challenge = error instanceof AccessError && { 'WWW-Authenticate': `Bearer realm="${realm}"${error.challenge}${metadata}` };
    send(exchange, errorReply(answer, { ...challenge }));
  };
}

function toScimError(error: unknown): ScimError {
  if (error instanceof ScimError) return error;
  if (error instanceof URIError) return invalidSyntax('The URL is not correctly percent-encoded UTF-8', { cause: error });
  return new ScimError(500, 'The gateway failed; its log has the reason under the X-Request-Id of this answer', { cause: error });
}

/** Outages and defects that have a reason behind them, not features that are switched off. */
export function isWorthReporting({ status, cause }: ScimError): boolean {
  return status >= 500 && status !== 501 && cause !== undefined;
}
