// What every listener's Express application begins and ends with: headers for all answers, and an error of ours for whatever nobody took.
// RFC 7644 section 3.12 (errors); RFC 9110 section 15.5.1 (a request target that is no URL).
import type { RequestListener } from 'node:http';
import express, { type Express, type Request, type Response } from 'express';
import helmet from 'helmet';
import { invalidSyntax, notFound } from '../scim/error.ts';
import { createErrorHandler } from './error.ts';
import { openExchange } from './exchange.ts';

/** Without routes; every request that comes in is an exchange. */
export function openApplication(): Express {
  const application = express();
  application.disable('x-powered-by');
  application.disable('etag');
  // `query.ts` is the only reader of queries.
  application.set('query parser', false);
  application.enable('case sensitive routing');
  application.use(openExchange);
  application.use(
    helmet({ contentSecurityPolicy: { useDefaults: false, directives: { 'default-src': "'none'", 'frame-ancestors': "'none'" } } }),
  );
  return application;
}

/** To be called when all routes are added. @param realm of WWW-Authenticate */
export function closeApplication(application: Express, realm: string): RequestListener {
  application.use(() => {
    throw notFound('There is nothing at this URL');
  });
  const handleError = createErrorHandler(realm);
  application.use(handleError);
  return (request, response) => {
    const pair = [request as Request, response as Response] as const;
    // A target that Express cannot read as a URL passes by everything above; without this it would answer with a page of its own.
    application(...pair, () =>
      openExchange(...pair, () => handleError(invalidSyntax('The request target is no URL'), ...pair, () => undefined)),
    );
  };
}
