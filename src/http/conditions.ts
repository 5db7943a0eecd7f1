// The request headers that make an answer depend on a version, or on a preference.
// RFC 9110 section 13.1 (If-Match, If-None-Match) and 8.8.3 (entity tags); RFC 7240 section 4.2 (return=minimal).
import type { IncomingHttpHeaders } from 'node:http';
import type { Conditions } from '../gateway/gateway.ts';
import { invalidValue } from '../scim/error.ts';

const entityTags = /^[ \t,]*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"(?:[ \t]*,[ \t,]*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")*[ \t,]*$/;
const entityTag = /(?:W\/)?"[^"]*"/g;

/** @throws ScimError invalidValue for what is no list of entity tags: ignoring an If-Match would lose an update. */
export function readConditions(headers: IncomingHttpHeaders): Conditions {
  const ifMatch = readEntityTags('If-Match', headers['if-match']);
  const ifNoneMatch = readEntityTags('If-None-Match', headers['if-none-match']);
  return { ...(ifMatch && { ifMatch }), ...(ifNoneMatch && { ifNoneMatch }) };
}

function readEntityTags(name: string, value: string | undefined): readonly string[] | '*' | undefined {
  if (value === undefined) return undefined;
  if (value.trim() === '*') return '*';
  if (!entityTags.test(value)) throw invalidValue(`${name} is not a list of entity tags`);
  return value.match(entityTag) ?? [];
}

/** Whether the client asks for no body (`Prefer: return=minimal`). The first of several `return` preferences counts. */
export function prefersMinimal(prefer: string | undefined): boolean {
  const preference = /(?:^|,)[ \t]*return[ \t]*=[ \t]*"?(minimal|representation)"?[ \t]*(?=[,;]|$)/i.exec(prefer ?? '');
  return preference?.[1]?.toLowerCase() === 'minimal';
}
