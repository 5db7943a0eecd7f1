// Bulk messages: requests in, results out, and the temporary ids by which operations name resources that do not exist yet.
// RFC 7644 section 3.7.
import { isJsonObject, readMembers } from './attribute-value.ts';
import type { Dialect } from './dialects.ts';
import { invalidSyntax, invalidValue, ScimError } from './error.ts';
import type { Json, JsonObject } from './schema.ts';

export type BulkMethod = 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface BulkRequest {
  /** Errors after which no further operation is tried; undefined: all are. */
  readonly failOnErrors: number | undefined;
  readonly operations: readonly BulkOperation[];
}

/** One operation as it came; what is wrong with it is its own error and not that of the request. */
export interface BulkOperation {
  /** As sent, if it is text at all: results repeat it. */
  readonly method: string | undefined;
  readonly bulkId: string | undefined;
  readonly call: BulkCall | ScimError;
}

export interface BulkCall {
  readonly method: BulkMethod;
  /** `/Users`, and the id for all but POST. */
  readonly endpoint: string;
  readonly id: string | undefined;
  /** Entity tag that the resource must have. */
  readonly version: string | undefined;
  /** Undefined for DELETE. */
  readonly data: JsonObject | undefined;
}

export interface BulkResult {
  readonly method: string | undefined;
  readonly bulkId?: string | undefined;
  /** Of the resource, for all but a failed POST. */
  readonly location?: string | undefined;
  readonly version?: string | undefined;
  readonly status: number;
  /** The Error of an operation that failed; the body of one that succeeded is left out. */
  readonly error?: ScimError | undefined;
}

const requestUrn = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';
const responseUrn = 'urn:ietf:params:scim:api:messages:2.0:BulkResponse';
const patchOpUrn = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const methods: ReadonlySet<string> = new Set<BulkMethod>(['POST', 'PUT', 'PATCH', 'DELETE']);

/**
 * @throws ScimError 413 for too many operations, invalidSyntax for what is no BulkRequest, invalidValue for a bulkId that is there twice:
 * references to it would mean one or the other
 */
export function parseBulkRequest(body: unknown, dialect: Dialect, maxOperations: number): BulkRequest {
  if (!isJsonObject(body)) throw invalidSyntax('The body must be a JSON object');
  const members = readMembers(body);
  const schemas = members.get('schemas')?.value;
  const isListed =
    Array.isArray(schemas) && schemas.some((urn) => typeof urn === 'string' && urn.toLowerCase() === requestUrn.toLowerCase());
  if (!isListed && !(schemas === undefined && dialect.schemasOptional)) throw invalidSyntax(`"schemas" must contain "${requestUrn}"`);
  const operations = members.get('operations')?.value;
  if (!Array.isArray(operations)) throw invalidSyntax('"Operations" must be a list');
  if (operations.length > maxOperations) {
    throw new ScimError(413, `The request has ${operations.length} operations; maxOperations is ${maxOperations}`);
  }
  const parsed = operations.map(parseOperation);
  const bulkIds = parsed.flatMap(({ bulkId }) => bulkId ?? []);
  if (new Set(bulkIds).size < bulkIds.length) throw invalidValue('Each bulkId must be unique in the request');
  return { failOnErrors: parseFailOnErrors(members.get('failonerrors')?.value), operations: parsed };
}

function parseFailOnErrors(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) throw invalidValue('"failOnErrors" must be an integer above 0');
  return value;
}

function parseOperation(operation: unknown): BulkOperation {
  const said: { method?: unknown; bulkId?: unknown } = {};
  try {
    if (!isJsonObject(operation)) throw invalidSyntax('An operation must be an object');
    const members = readMembers(operation);
    const read = (name: string): unknown => members.get(name.toLowerCase())?.value ?? undefined;
    said.method = read('method');
    said.bulkId = read('bulkId');
    const call = parseCall(said.method, said.bulkId, read);
    return { method: textOf(said.method), bulkId: textOf(said.bulkId), call };
  } catch (error) {
    if (!(error instanceof ScimError)) throw error;
    return { method: textOf(said.method), bulkId: textOf(said.bulkId), call: error };
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function parseCall(given: unknown, bulkId: unknown, read: (name: string) => unknown): BulkCall {
  const method = typeof given === 'string' ? given.toUpperCase() : '';
  if (!isBulkMethod(method)) throw invalidSyntax('"method" must be POST, PUT, PATCH or DELETE');
  if (bulkId !== undefined && (typeof bulkId !== 'string' || bulkId === '')) throw invalidSyntax('"bulkId" must be text');
  if (method === 'POST' && bulkId === undefined) throw invalidSyntax('"bulkId" is required for POST');
  const version = read('version');
  if (version !== undefined && typeof version !== 'string') throw invalidSyntax('"version" must be text');
  return { method, ...parsePath(method, read('path')), version, data: parseData(method, read('data')) };
}

function isBulkMethod(method: string): method is BulkMethod {
  return methods.has(method);
}

function parsePath(method: BulkMethod, path: unknown): Pick<BulkCall, 'endpoint' | 'id'> {
  const [, endpoint, id] = typeof path === 'string' ? (/^(\/[^/?#]+)(?:\/([^/?#]+))?$/.exec(path) ?? []) : [];
  if (endpoint === undefined) throw invalidSyntax('"path" must be the endpoint of a resource type, with an id behind it for all but POST');
  // Neither nests.
  if (/^\/(?:bulk|me)$/i.test(endpoint)) throw invalidValue(`${endpoint} cannot be used inside a bulk request`);
  if ((method === 'POST') === (id === undefined)) return { endpoint, id: id === undefined ? undefined : decode(id) };
  throw new ScimError(405, method === 'POST' ? 'POST is not allowed on a resource' : `${method} needs the id of a resource in "path"`);
}

function decode(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch (cause) {
    throw invalidSyntax('"path" is not correctly percent-encoded UTF-8', { cause });
  }
}

function parseData(method: BulkMethod, data: unknown): JsonObject | undefined {
  if (method === 'DELETE') return undefined;
  // RFC 7644 section 3.7.3 shows the operations of a PATCH alone, without the message around them.
  if (method === 'PATCH' && Array.isArray(data)) return { schemas: [patchOpUrn], Operations: data as readonly Json[] };
  if (!isJsonObject(data)) throw invalidSyntax(`"data" is required for ${method}`);
  return data;
}

/** The bulkIds that an operation names in its path and anywhere in its data. */
export function referencesIn({ id, data }: BulkCall): ReadonlySet<string> {
  const found = new Set<string>();
  const note = (bulkId: string): undefined => void found.add(bulkId);
  if (id !== undefined) replaceInText(id, note);
  if (data) replaceIn(data, note);
  return found;
}

/** Every text in an operation, its id included. */
export function textsIn(call: BulkCall | ScimError): ReadonlySet<string> {
  const found = new Set<string>();
  const collect = (value: Json): void => {
    if (typeof value === 'string') found.add(value);
    else if (typeof value === 'object' && value !== null) for (const member of Object.values(value)) collect(member as Json);
  };
  if (call instanceof ScimError) return found;
  if (call.id !== undefined) found.add(call.id);
  collect(call.data ?? null);
  return found;
}

/** The operation with ids in the place of bulkIds, as far as `idOf` knows them. */
export function resolveReferences(call: BulkCall, idOf: (bulkId: string) => string | undefined): BulkCall {
  const data = call.data && replaceIn(call.data, idOf);
  return {
    ...call,
    id: call.id === undefined ? undefined : replaceInText(call.id, idOf),
    data: isJsonObject(data) ? data : undefined,
  };
}

type Replace = (bulkId: string) => string | undefined;

function replaceIn(value: Json, idOf: Replace): Json {
  if (typeof value === 'string') return replaceInText(value, idOf);
  if (Array.isArray(value)) return value.map((element: Json) => replaceIn(element, idOf));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      replaceInFilter(name, idOf),
      replaceIn(isPath(name, member) ? replaceInFilter(member, idOf) : member, idOf),
    ]),
  );
}

const isPath = (name: string, member: Json): member is string => name.toLowerCase() === 'path' && typeof member === 'string';

/** `bulkId:x`, and `…/bulkId:x` as the `$ref` of a reference. */
function replaceInText(text: string, idOf: Replace): string {
  const [, before = '', bulkId] = /^((?:\S*\/)?)bulkId:(.+)$/s.exec(text) ?? [];
  const id = bulkId === undefined ? undefined : idOf(bulkId);
  return id === undefined ? text : before + id;
}

/** `members[value eq "bulkId:x"]`. */
function replaceInFilter(path: string, idOf: Replace): string {
  return path.replaceAll(/"bulkId:((?:[^"\\]|\\.)+)"/g, (whole, bulkId: string) => {
    const id = idOf(unquote(bulkId));
    return id === undefined ? whole : JSON.stringify(id);
  });
}

function unquote(text: string): string {
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    return text;
  }
}

/** What of a new resource cannot be said yet. */
export interface Postponed {
  /** The resource without it. */
  readonly now: JsonObject;
  /** Operations of a PATCH that add it, with the bulkIds still in it. */
  readonly later: readonly JsonObject[];
}

/** Divides a resource so that it can be created before what it refers to. @param isMissing whether a bulkId has no id yet */
export function postponeReferences(data: JsonObject, isMissing: (bulkId: string) => boolean): Postponed {
  const now = new Map<string, Json>();
  const later: JsonObject[] = [];
  for (const [name, value] of Object.entries(data)) {
    if (name.includes(':') && isJsonObject(value)) {
      const inner = postponeReferences(value, isMissing);
      now.set(name, inner.now);
      later.push(...inner.later.map((operation) => ({ ...operation, path: `${name}:${String(operation['path'])}` })));
      continue;
    }
    const elements: readonly Json[] = Array.isArray(value) ? value : [value];
    const missing = elements.filter((element) => isMissingIn(element, isMissing));
    if (missing.length === 0) now.set(name, value);
    else if (missing.length < elements.length)
      now.set(
        name,
        elements.filter((element) => !missing.includes(element)),
      );
    if (missing.length > 0) later.push({ op: 'add', path: name, value: Array.isArray(value) ? missing : value });
  }
  return { now: Object.fromEntries(now), later };
}

function isMissingIn(value: Json, isMissing: (bulkId: string) => boolean): boolean {
  let found = false;
  replaceIn(value, (bulkId) => {
    found ||= isMissing(bulkId);
    return undefined;
  });
  return found;
}

export function patchMessage(operations: readonly JsonObject[]): JsonObject {
  return { schemas: [patchOpUrn], Operations: operations };
}

export function bulkResponse(results: readonly BulkResult[]): JsonObject {
  return {
    schemas: [responseUrn],
    Operations: results.map(({ method, bulkId, location, version, status, error }) => ({
      ...(location !== undefined && { location }),
      ...(method !== undefined && { method }),
      ...(bulkId !== undefined && { bulkId }),
      ...(version !== undefined && { version }),
      status: String(status),
      ...(error && { response: { ...error.toJSON() } }),
    })),
  };
}
