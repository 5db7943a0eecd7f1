// One request from its arrival to the last byte of its answer: who called, which endpoint, and the one line that telemetry gets about it.
// RFC 7644 section 7.5.2: nothing of the URL, the headers or the bodies is in that line, only names from the configuration and numbers.
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { channel } from 'node:diagnostics_channel';
import { performance } from 'node:perf_hooks';
import type { NextFunction, Request, Response } from 'express';
import type { Client } from '../gateway/client.ts';
import type { ScimType } from '../scim/error.ts';

/** What became of one request; published on the channel `ldap-scim-gateway:request` when its answer is sent or its connection lost. */
export interface RequestReport {
  readonly requestId: string;
  /** Name of the client in the configuration; undefined when nobody was authenticated. */
  readonly client: string | undefined;
  readonly method: string;
  /** The endpoint as a pattern, e.g. `/scim/v2/Users/{id}`; undefined for an unknown URL. */
  readonly route: string | undefined;
  readonly status: number;
  readonly scimType: ScimType | undefined;
  readonly milliseconds: number;
  /** False when the client went away before it had the whole answer. */
  readonly complete: boolean;
}

/** An error that is a defect or an outage, not a client's mistake; published on the channel `ldap-scim-gateway:failure`. */
export interface FailureReport {
  readonly requestId: string;
  readonly error: unknown;
}

export interface Exchange {
  readonly requestId: string;
  readonly request: Request;
  readonly response: Response;
  client: Client | undefined;
  route: string | undefined;
  scimType: ScimType | undefined;
  /** URL of the metadata that say where access tokens for this come from (RFC 9728). */
  resourceMetadata: string | undefined;
}

const requests = channel('ldap-scim-gateway:request');
const failures = channel('ldap-scim-gateway:failure');
/** A scope: what is published while a request is answered belongs to it, also what is published about its end. */
const exchanges = channel('ldap-scim-gateway:exchange');

/** Middleware, the first of all: names the request and reports it in the end. A client's own X-Request-Id is kept when it is harmless. */
export function openExchange(request: Request, response: Response, next: NextFunction): void {
  const started = performance.now();
  const given = request.get('X-Request-Id');
  const requestId = given !== undefined && /^[A-Za-z0-9-]{1,64}$/.test(given) ? given : randomUUID();
  const unknown = { client: undefined, route: undefined, scimType: undefined, resourceMetadata: undefined };
  const exchange: Exchange = { requestId, request, response, ...unknown };
  response.locals['exchange'] = exchange;
  response.setHeader('X-Request-Id', requestId);
  const report = (): void => {
    reportRequest({
      requestId,
      client: exchange.client?.name,
      method: request.method,
      route: exchange.route,
      status: response.statusCode,
      scimType: exchange.scimType,
      milliseconds: Math.round(performance.now() - started),
      complete: response.writableFinished,
    });
  };
  exchanges.runStores({ requestId }, () => {
    response.once('close', AsyncLocalStorage.bind(report));
    next();
  });
}

export function exchangeOf(response: Response): Exchange {
  const exchange: Exchange = response.locals['exchange'];
  return exchange;
}

export function reportRequest(report: RequestReport): void {
  requests.publish(report);
}

export function reportFailure(report: FailureReport): void {
  failures.publish(report);
}
