// What must be true of every answer, whatever was asked: no failure, errors as SCIM errors, nothing told that nobody should know.
// RFC 7644 section 3.12, RFC 9865 section 2.1.
import { ownName, passwordMark, suffix } from './hostile.ts';
import { tokens } from './headers.ts';
import { type FuzzRequest, pathOf, writeRequest } from './request.ts';
import { adminPassword } from './stand.ts';
import type { Answer } from './wire.ts';

/** The statuses that each scimType goes with. */
const scimTypes: ReadonlyMap<unknown, readonly number[]> = new Map([
  ['invalidFilter', [400]],
  ['tooMany', [400]],
  ['uniqueness', [409]],
  ['mutability', [400]],
  ['invalidSyntax', [400]],
  ['invalidPath', [400]],
  ['noTarget', [400]],
  ['invalidValue', [400]],
  ['invalidVers', [400]],
  ['sensitive', [400, 403]],
  ['invalidCursor', [400]],
  ['expiredCursor', [400]],
  ['invalidCount', [400]],
]);

const knownStatuses = new Set([200, 201, 204, 304, 400, 401, 403, 404, 405, 408, 409, 412, 413, 414, 415, 417, 429, 431, 501]);

const secrets = [...Object.values(tokens), adminPassword, passwordMark, suffix, 'ou=people', 'ou=groups'];

/** Words of the inside; harmless where the client said them first. */
const insideWords =
  /\b(?:undefined|NaN|TypeError|RangeError|SyntaxError|Cannot read|is not a function|objectClass|inetOrgPerson|groupOfNames|entryUUID|entryCSN|userPassword|carLicense|employeeType|departmentNumber|telephoneNumber|ldap\w*|slapd|openldap|resultCode|per syntax|matchedDN|express|node_modules|node:\w+)\b|\[object \w+\]|\b[a-z]\w*\.[jt]s:\d+|^\s+at \S+ \(|\b(?:uid|cn|ou|dc)=/gim;

export interface Circumstances {
  /** The directory is down: 503 is the right answer. */
  readonly outage: boolean;
  /** Other requests are under way at the same time. */
  readonly crowded: boolean;
}

/** What is wrong with an answer; nothing: an empty list. */
export function judge(request: FuzzRequest, answer: Answer, { outage, crowded }: Circumstances): readonly string[] {
  const { status, headers, body } = answer;
  const path = pathOf(request);
  const isProbe = ['/health', '/ready', '/health/', '/ready/'].some((end) => path.endsWith(end));
  const wrong: string[] = [];
  if (!(knownStatuses.has(status) || (outage && status === 503))) wrong.push(`status ${status}`);
  if (status === 501 && !/\/(?:Bulk|Me)\/?$/.test(path)) wrong.push('501 for a feature that exists');
  if (status === 503 && !isProbe && !headers.has('retry-after')) wrong.push('503 without Retry-After');
  if (status === 429 && (isAuthenticated(request) || !headers.has('retry-after')))
    wrong.push('429 for somebody who is known, or without Retry-After');
  if (status === 405 && !headers.has('allow')) wrong.push('405 without Allow');
  if (status === 401 && !headers.has('www-authenticate')) wrong.push('401 without WWW-Authenticate');
  if (status === 201 && !headers.has('location')) wrong.push('201 without Location');
  if (headers.has('x-injected') || headers.has('x-powered-by')) wrong.push('a header that does not belong there');
  const told = [...headers.values(), body].join('\n');
  for (const secret of secrets) if (told.includes(secret)) wrong.push(`tells "${secret}"`);
  const hasBody = request.method !== 'HEAD' && status !== 204 && status !== 304;
  if (!hasBody || isProbe) return wrong;
  if (!/^application\/(?:scim\+)?json$/.test(headers.get('content-type') ?? '')) wrong.push(`Content-Type ${headers.get('content-type')}`);
  const parsed = parse(body);
  if (parsed === undefined) return [...wrong, 'the body is no JSON object'];
  const { userName = ownName } = parsed;
  if (status === 200 && !crowded && /^\/Me(?:\/|$)/.test(path) && !isOwn(userName))
    wrong.push('/Me is somebody else, or has changed his name');
  return [...wrong, ...(status < 400 ? [] : judgeError(request, status, parsed))];
}

/** Whether a request has the token of a client, and that alone. */
function isAuthenticated({ headers, raw }: FuzzRequest): boolean {
  const given = headers.flatMap(([name, value]) => (name.toLowerCase() === 'authorization' ? [value] : []));
  return raw === undefined && given.length === 1 && Object.values(tokens).some((token) => given[0] === `Bearer ${token}`);
}

const isOwn = (userName: unknown): boolean => String(userName).normalize('NFKC').toLowerCase() === ownName;

function judgeError(request: FuzzRequest, status: number, error: Readonly<Record<string, unknown>>): readonly string[] {
  const { schemas, status: written, scimType, detail, ...others } = error;
  const wrong: string[] = [];
  if (JSON.stringify(schemas) !== '["urn:ietf:params:scim:api:messages:2.0:Error"]') wrong.push('an error of another schema');
  if (written !== String(status)) wrong.push(`an error ${String(written)} in an answer ${status}`);
  if (scimType !== undefined && !scimTypes.get(scimType)?.includes(status)) wrong.push(`scimType ${String(scimType)} with ${status}`);
  if (typeof detail !== 'string' || detail === '') return [...wrong, 'an error without detail'];
  if (detail.length > 600) wrong.push(`a detail of ${detail.length} characters`);
  if (Object.keys(others).length > 0) wrong.push(`an error with ${Object.keys(others).join(', ')}`);
  const words = detail.match(insideWords) ?? [];
  const said = words.length > 0 ? textOf(request).toLowerCase() : '';
  for (const word of words) if (!said.includes(word.toLowerCase())) wrong.push(`tells of the inside: "${word}"`);
  return wrong;
}

function parse(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** All that the client said, with and without its encodings. */
function textOf(request: FuzzRequest): string {
  const bytes = request.raw ?? Buffer.concat([writeRequest(request), request.plain ?? Buffer.alloc(0)]);
  const text = bytes.toString('utf8').replaceAll(/\\u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  const target = request.target
    .replaceAll('+', ' ')
    .replaceAll(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  return `${text}\n${target}`;
}

/** Whether a request asks for a change at all. */
function isWrite(request: FuzzRequest): boolean {
  return ['POST', 'PUT', 'PATCH', 'DELETE'].includes(request.method) && !/\/\.search\/?$/.test(pathOf(request));
}

/** Whether an answer says that something was done; of a bulk, any of its operations. What is no well-formed HTTP does nothing. */
export function saysDone(request: FuzzRequest, { status, body }: Answer): boolean {
  if (request.raw !== undefined) return false;
  if (!isWrite(request) || status >= 300) return false;
  if (!pathOf(request).startsWith('/Bulk')) return true;
  const operations = parse(body)?.['Operations'];
  return Array.isArray(operations) && operations.some((each: { readonly status?: unknown }) => Number(each.status) < 300);
}
