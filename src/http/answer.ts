// What the use cases answer, as replies: lists, and single resources with the headers that name them.
// RFC 7644 sections 3.1, 3.3, 3.4.2, 3.14; RFC 9110 section 8.7 (Content-Location); RFC 7240 section 4.2 (return=minimal).
import type { Answer, ListAnswer } from '../gateway/gateway.ts';
import { listResponse } from '../scim/messages.ts';
import type { Projection } from '../scim/resource.ts';
import type { JsonObject } from '../scim/schema.ts';
import { isWhole } from './parameters.ts';
import { json, type Reply } from './reply.ts';

export function listReply(answer: ListAnswer): Reply {
  return json(200, toListResponse(answer));
}

export function searchReply(answer: ListAnswer): Reply {
  return json(200, toListResponse(answer), { 'Cache-Control': 'no-store' });
}

function toListResponse({ resources, ...page }: ListAnswer): JsonObject {
  return listResponse(resources, { ...page, itemsPerPage: resources.length });
}

/** A resource on another URL than its own. */
export function representReply(status: number, answer: Answer, projection: Projection): Reply {
  if (answer.resource === undefined) return { status: 204, headers: headersOf(answer) };
  // The body stands for what a GET of the location would give only if it is whole.
  return json(status, answer.resource, { ...headersOf(answer), ...(isWhole(projection) && { 'Content-Location': answer.location }) });
}

/** @param preferred the client asked for it in this very request */
export function minimalReply(answer: Answer, preferred: boolean): Reply {
  return { status: 204, headers: { ...headersOf(answer), ...(preferred && { 'Preference-Applied': 'return=minimal' }) } };
}

export function headersOf({ location, version }: Answer): Readonly<Record<string, string>> {
  return { Location: location, ...(version !== undefined && { ETag: version }) };
}
