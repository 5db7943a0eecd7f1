// A directory in memory behind the Gateway contract, and a server in front of it: what the tests of the HTTP layer talk to.
// It knows just enough SCIM (filters, projection, versions) for the layer above to be seen at work, and remembers every call.
import { createHash } from 'node:crypto';
import type { Client } from '../../src/gateway/client.ts';
import type { Answer, Conditions, Gateway, ListAnswer } from '../../src/gateway/gateway.ts';
import type { Credentials } from '../../src/http/auth.ts';
import { createServer, type ServerOptions } from '../../src/http/server.ts';
import { compat, onelogin, strict } from '../../src/scim/dialects.ts';
import { notFound, preconditionFailed, uniqueness } from '../../src/scim/error.ts';
import { compileFilter } from '../../src/scim/match.ts';
import { resourceTypeDocument, schemaDocument, type ListQuery } from '../../src/scim/messages.ts';
import { projectResource, type Projection } from '../../src/scim/resource.ts';
import { enterpriseUserSchema, groupSchema, userSchema, type JsonObject, type Resource, type ResourceType } from '../../src/scim/schema.ts';

const user: ResourceType = {
  name: 'User',
  endpoint: '/Users',
  description: 'People',
  schema: userSchema,
  extensions: [{ schema: enterpriseUserSchema, required: false }],
};
const group: ResourceType = { name: 'Group', endpoint: '/Groups', description: 'Groups', schema: groupSchema, extensions: [] };

export interface Call {
  readonly name: string;
  readonly client: string;
  readonly body?: unknown;
  readonly query?: ListQuery | undefined;
  readonly projection?: Projection;
  readonly conditions?: Conditions;
}

export interface FakeGateway extends Gateway {
  readonly calls: Call[];
  readonly rows: Map<string, { readonly type: string; resource: Resource; version: string | undefined }>;
  /** Thrown by every use case while set. */
  failure: unknown;
  /** Awaited by every use case. */
  pause: Promise<void>;
  isReady: boolean;
}

export function createFakeGateway(directory: string, path: string): FakeGateway {
  const calls: Call[] = [];
  const baseUrl = `https://scim.example.com${path === '/' ? '' : path}`;
  const rows: FakeGateway['rows'] = new Map();
  const types = (client?: Client): ResourceType[] => [user, group].filter(({ name }) => !client || client.resources.includes(name));

  const enter = async (call: Call): Promise<void> => {
    calls.push(call);
    await gateway.pause;
    if (gateway.failure !== undefined) throw gateway.failure;
  };
  const find = (type: ResourceType, id: string): { resource: Resource; version: string | undefined } => {
    const row = rows.get(id);
    if (row?.type !== type.name) throw notFound();
    return row;
  };
  const matches = (tags: readonly string[] | '*', version: string | undefined): boolean =>
    tags === '*' || tags.some((tag) => tag.replace('W/', '') === version?.replace('W/', ''));
  const check = ({ ifMatch, ifNoneMatch }: Conditions, version: string | undefined): void => {
    if ((ifMatch && !matches(ifMatch, version)) || (ifNoneMatch && matches(ifNoneMatch, version))) throw preconditionFailed();
  };
  const answer = (type: ResourceType, id: string, projection: Projection): Answer => {
    const { resource, version } = find(type, id);
    return {
      resource: projectResource(resource, type, projection),
      location: `${baseUrl}${type.endpoint}/${encodeURIComponent(id)}`,
      version,
    };
  };
  const store = (type: ResourceType, id: string, body: JsonObject, revision: number): void => {
    rows.set(id, {
      type: type.name,
      version: `W/"${id}.${revision}"`,
      resource: { ...body, schemas: [type.schema.id], id, meta: { resourceType: type.name } },
    });
  };
  /** The cursor of a page is the index of its first resource. */
  const page = (found: readonly Resource[], { startIndex, count = 100, cursor }: ListQuery): ListAnswer => {
    const start = cursor ? Number(cursor.text) : startIndex - 1;
    const answer = { resources: found.slice(start, start + count), totalResults: found.length };
    if (!cursor) return { ...answer, startIndex };
    return {
      ...answer,
      previousCursor: start > 0 ? String(Math.max(0, start - count)) : undefined,
      nextCursor: start + count < found.length ? String(start + count) : undefined,
    };
  };
  const select = (type: ResourceType, { filter, projection }: ListQuery): Resource[] =>
    [...rows.values()]
      .filter((row) => row.type === type.name && (!filter || compileFilter(filter)(row.resource)))
      .map((row) => projectResource(row.resource, type, projection));

  const gateway: FakeGateway = {
    directory,
    path,
    baseUrl,
    calls,
    rows,
    failure: undefined,
    pause: Promise.resolve(),
    isReady: true,
    ready: () => gateway.isReady,
    resourceTypes: types,
    serviceProviderConfig: () => ({ schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'], patch: { supported: true } }),
    schemas: (client) => {
      const schemas = types(client).flatMap(({ schema, extensions }) => [schema, ...extensions.map((extension) => extension.schema)]);
      return schemas.map((schema) => schemaDocument(schema, baseUrl));
    },
    resourceTypeDocuments: (client) => types(client).map((type) => resourceTypeDocument(type, baseUrl)),
    async self(caller) {
      await enter({ name: 'self', client: caller.name });
      if (caller.me === undefined) throw notFound();
      return { client: { ...caller, fixed: ['active'] }, type: user, id: 'u1' };
    },
    async list(client, type, query) {
      await enter({ name: `list ${type.name}`, client: client.name, query });
      return page(select(type, query), query);
    },
    async listAll(client, query) {
      const queries = types(client).map((type) => [type, query(type)] as const);
      await enter({ name: 'listAll', client: client.name, query: queries[0]?.[1] });
      const found = queries.flatMap(([type, each]) => select(type, each));
      return page(found, queries[0]?.[1] ?? { startIndex: 1, count: undefined, projection: {} });
    },
    async get(client, type, id, projection, conditions) {
      await enter({ name: `get ${type.name}`, client: client.name, projection, conditions });
      const { version } = find(type, id);
      const whole = answer(type, id, projection);
      return conditions.ifNoneMatch && matches(conditions.ifNoneMatch, version) ? { ...whole, resource: undefined } : whole;
    },
    async create(client, type, body, projection) {
      await enter({ name: `create ${type.name}`, client: client.name, body, projection });
      const object = body as JsonObject;
      const id = `new-${rows.size}`;
      if ([...rows.values()].some(({ resource }) => resource['userName'] === object['userName'])) throw uniqueness('userName is taken');
      store(type, id, object, 1);
      return answer(type, id, projection);
    },
    async replace(client, type, id, body, projection, conditions) {
      await enter({ name: `replace ${type.name}`, client: client.name, body, projection, conditions });
      check(conditions, find(type, id).version);
      store(type, id, body as JsonObject, 2);
      return answer(type, id, projection);
    },
    async patch(client, type, id, body, projection, conditions) {
      await enter({ name: `patch ${type.name}`, client: client.name, body, projection, conditions });
      check(conditions, find(type, id).version);
      return answer(type, id, projection);
    },
    async delete(client, type, id, conditions) {
      await enter({ name: `delete ${type.name}`, client: client.name, conditions });
      check(conditions, find(type, id).version);
      rows.delete(id);
    },
  };
  store(user, 'u1', { userName: 'alice', displayName: 'Alice A' }, 1);
  store(user, 'u2', { userName: 'bob' }, 1);
  store(user, 'a/b@x', { userName: 'slash' }, 1);
  store(group, 'g1', { displayName: 'staff' }, 1);
  return gateway;
}

export const sha256 = (token: string): Buffer => createHash('sha256').update(token).digest();

const client = (name: string, changes: Partial<Client> = {}): Client => ({
  name,
  dialect: compat,
  directory: 'main',
  resources: ['User', 'Group'],
  operations: ['read', 'create', 'update', 'delete'],
  ...changes,
});

/** Each token is the client's name with `-token`; `full` has one more, which expired. */
export const clients: readonly Credentials[] = [
  client('full'),
  client('strict', { dialect: strict }),
  client('reader', { operations: ['read'] }),
  client('writer', { operations: ['create', 'update', 'delete'] }),
  client('people', { resources: ['User'] }),
  client('elsewhere', { directory: 'other' }),
  client('alice', { me: { type: 'User', filter: { kind: 'constant', value: true } } }),
  client('terse', { patchResponse: 'noContent' }),
  client('onelogin', { dialect: onelogin }),
].map((each) => ({
  client: each,
  tokens: [
    { sha256: sha256(`${each.name}-token`), expires: Date.parse('2100-01-01') },
    { sha256: sha256(`${each.name}-expired`), expires: Date.parse('2020-01-01') },
  ],
}));

export interface Running {
  readonly gateway: FakeGateway;
  readonly port: number;
  /** Origin and path of the directory. */
  readonly url: string;
  /** Fetches a URL below the directory as `full`, or as the client named. */
  call(path: string, init?: RequestInit & { readonly as?: string }): Promise<Response>;
  close(graceMs?: number): Promise<void>;
}

export async function start(options: Partial<ServerOptions> = {}, path = '/scim/v2'): Promise<Running> {
  const gateway = createFakeGateway('main', path);
  const server = createServer({ host: '127.0.0.1', port: 0, gateways: [gateway], clients, ...options });
  const { port, url: origin } = await server.listen();
  const url = `${origin}${path === '/' ? '' : path}`;
  return {
    gateway,
    port,
    url,
    call: (target, { as = 'full', ...init } = {}) => {
      const headers = new Headers(init.headers);
      if (!headers.has('Authorization')) headers.set('Authorization', `Bearer ${as}-token`);
      return fetch(`${url}${target}`, { ...init, headers });
    },
    close: (graceMs = 0) => server.close(graceMs),
  };
}

/** A JSON body as the tests look at it. */
export interface Body {
  readonly [name: string]: unknown;
  readonly id: string;
  readonly Resources: readonly Body[];
}

/** What a SCIM error with this status looks like. */
export const scimError = (status: number): object => ({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
  status: String(status),
});
