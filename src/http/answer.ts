// What the use cases answer, as replies: lists, and single resources with the headers that name them.
// RFC 7644 sections 3.1, 3.3, 3.4.2, 3.14; RFC 9110 section 8.7 (Content-Location); RFC 7240 section 4.2 (return=minimal).
import type { Answer, ListAnswer, ListSource } from '../gateway/gateway.ts';
import { listResponse } from '../scim/messages.ts';
import type { Projection } from '../scim/resource.ts';
import { isWhole } from './parameters.ts';
import { json, type Reply } from './reply.ts';

export function listReply(answer: ListAnswer): Reply {
  return replyList(answer, sourceHeaders(answer.source));
}

/** To a POST: nobody may keep it. */
export function searchReply(answer: ListAnswer): Reply {
  return replyList(answer, { 'Cache-Control': 'no-store', ...sourceHeaders(answer.source) });
}

function replyList({ resources, rendered, ...page }: ListAnswer, headers: Reply['headers'] = {}): Reply {
  if (!rendered) return json(200, listResponse(resources, { ...page, itemsPerPage: resources.length }), headers);
  // `Resources` comes last.
  const frame = JSON.stringify(listResponse([], { ...page, itemsPerPage: rendered.count }));
  return { status: 200, pieces: [Buffer.from(frame.slice(0, -2)), rendered.json, Buffer.from(']}')], headers };
}

/** How old the truth of a list is, and from where it comes (RFC 9111 section 5.1, RFC 9211 section 2). */
function sourceHeaders(source: ListAnswer['source']): Readonly<Record<string, string>> {
  if (!source) return {};
  if ('live' in source) return { Age: '0', 'Cache-Status': `ldap-scim-gateway; ${forwarded[source.live]}` };
  const [age, left] = [source.age, source.left].map((milliseconds) => Math.floor(milliseconds / 1000));
  return { Age: String(age), 'Cache-Status': `ldap-scim-gateway; hit; ttl=${left}` };
}

const forwarded: Readonly<Record<Extract<ListSource, { readonly live: unknown }>['live'], string>> = {
  bypass: 'fwd=bypass',
  miss: 'fwd=miss',
  stale: 'fwd=stale',
  behind: 'fwd=miss; detail=own-write',
};

/** A resource on its own URL; nothing, if it is not modified: a 304 names the current version. */
export function resourceReply(answer: Answer): Reply {
  return represent(200, answer, headersOf(answer)) ?? { status: 304, headers: headersOf(answer) };
}

/** A resource on another URL than its own. */
export function representReply(status: number, answer: Answer, projection: Projection): Reply {
  // The body stands for what a GET of the location would give only if it is whole.
  const headers = { ...headersOf(answer), ...(isWhole(projection) && { 'Content-Location': answer.location }) };
  return represent(status, answer, headers) ?? { status: 204, headers: headersOf(answer) };
}

function represent(status: number, { resource, rendered }: Answer, headers: Reply['headers'] = {}): Reply | undefined {
  if (rendered) return { status, pieces: [rendered], headers };
  return resource && json(status, resource, headers);
}

/** @param preferred the client asked for it in this very request */
export function minimalReply(answer: Answer, preferred: boolean): Reply {
  return { status: 204, headers: { ...headersOf(answer), ...(preferred && { 'Preference-Applied': 'return=minimal' }) } };
}

export function headersOf({ location, version }: Answer): Readonly<Record<string, string>> {
  return { Location: location, ...(version !== undefined && { ETag: version }) };
}
