// The gateway of one directory: every use case with the client's rights checked first, and the answers projected last.
import type { Wanted } from '../mapping/read.ts';
import { ScimError, notFound } from '../scim/error.ts';
import { membershipDelta, parsePatch } from '../scim/patch.ts';
import { isProjected, projectResource, type Projection } from '../scim/resource.ts';
import type { Resource, ResourceType } from '../scim/schema.ts';
import { type Backend, findEntry, mappingOf } from './backend.ts';
import type { Client, ClientOperation } from './client.ts';
import { createResource } from './create.ts';
import { resourceTypeDocuments, schemaDocuments, serviceProviderConfig } from './discovery.ts';
import { translateError } from './errors.ts';
import { Queues } from './execute.ts';
import type { Answer, Gateway, ListAnswer } from './gateway.ts';
import { listResources, pageLimits } from './list.ts';
import { patchMembers } from './members.ts';
import { attributesFor, readEntries } from './read-entries.ts';
import { deleteResource, patchResource, replaceResource } from './update.ts';
import { isNotModified } from './version.ts';
import { journalling } from './write-context.ts';
import { fold } from '../scim/match.ts';

/** `queues` are shared by the gateways that one directory has one after the other, so that its writes stay in order. */
export function createGateway(backend: Backend, path: string, queues: Queues = new Queues()): Gateway {
  const types = (client: Client | undefined) =>
    backend.mapping.resources.map(({ type }) => type).filter((type) => !client || client.resources.includes(type.name));
  const reading = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw translateError(error, 'read');
    }
  };
  return {
    directory: backend.name,
    path,
    baseUrl: backend.baseUrl,
    ready: () => backend.directory.status().ready,

    resourceTypes: types,
    serviceProviderConfig: () => serviceProviderConfig(backend),
    schemas: (client) => schemaDocuments(backend, types(client)),
    resourceTypeDocuments: (client) => resourceTypeDocuments(backend, types(client)),

    list(client, type, query) {
      authorize(client, type, 'read');
      return reading(() => listResources(backend, type, query));
    },

    async listAll(client, queryFor) {
      return reading(() =>
        listTypes(
          backend,
          types(client).filter(() => client.operations.includes('read')),
          queryFor,
        ),
      );
    },

    get(client, type, id, projection, conditions) {
      authorize(client, type, 'read');
      return reading(async () => {
        const resource = mappingOf(backend, type);
        const wanted = shownBy(type, projection);
        const needed: Wanted = (name) => name === 'meta' || wanted(name);
        const entry = await findEntry(backend, resource, id, attributesFor(backend, resource, needed));
        const [read] = await readEntries(backend, resource, [entry], needed);
        if (!read) throw notFound();
        const whole = answer(type, read, projection);
        return isNotModified(conditions, whole.version) ? { ...whole, resource: undefined } : whole;
      });
    },

    create(client, type, body, projection) {
      authorize(client, type, 'create');
      return queues.run(creationKey(type, body), async () => answer(type, await createResource(backend, client, type, body), projection));
    },

    replace(client, type, id, body, projection, conditions) {
      authorize(client, type, 'update');
      return queues.run(id, async () =>
        answer(type, await replaceResource(backend, client, type, id, body, conditions, shownBy(type, projection)), projection),
      );
    },

    patch(client, type, id, body, projection, conditions) {
      authorize(client, type, 'update');
      const operations = parsePatch(body, type, client.dialect, (name) => journalling(backend, client).ignored(name, 'unknown attribute'));
      const delta = membershipDelta(operations, type);
      return queues.run(id, async () => {
        if (!delta)
          return answer(
            type,
            await patchResource(backend, client, type, id, operations, conditions, shownBy(type, projection)),
            projection,
          );
        const version = await patchMembers(backend, client, type, id, delta, conditions);
        const location = `${backend.baseUrl}${type.endpoint}/${encodeURIComponent(id)}`;
        if (!projection.attributes && !projection.excludedAttributes) return { resource: undefined, location, version };
        return this.get(client, type, id, projection, {});
      });
    },

    delete(client, type, id, conditions) {
      authorize(client, type, 'delete');
      return queues.run(id, () => deleteResource(backend, type, id, conditions));
    },
  };
}

/** @throws ScimError 403 for an operation, notFound for a resource type, that this client may not use */
function authorize(client: Client, type: ResourceType, operation: ClientOperation): void {
  if (!client.resources.includes(type.name)) throw notFound();
  if (!client.operations.includes(operation)) throw new ScimError(403, `This client may not ${operation} resources`);
}

const shownBy =
  (type: ResourceType, projection: Projection): Wanted =>
  (name) =>
    isProjected(name, type, projection);

function answer(type: ResourceType, resource: Resource, projection: Projection): Answer {
  const meta = resource['meta'] as { location: string };
  return { resource: projectResource(resource, type, projection), location: meta.location, version: versionIn(resource) };
}

const versionIn = (resource: Resource): string | undefined => (resource['meta'] as { version?: string } | undefined)?.version;

/** Creates of one name wait for each other, so that the check for duplicates and the add are one step within this process. */
function creationKey(type: ResourceType, body: unknown): string {
  const members = typeof body === 'object' && body !== null ? Object.entries(body) : [];
  const name = members.find(([key]) => ['username', 'displayname'].includes(key.toLowerCase()))?.[1];
  return `${type.name}\0${typeof name === 'string' ? fold(name.trim()) : ''}`;
}

/** Resources of several types, one type after the other, each in its order (RFC 7644 section 3.4.2.1). */
async function listTypes(
  backend: Backend,
  types: readonly ResourceType[],
  queryFor: Parameters<Gateway['listAll']>[1],
): Promise<ListAnswer> {
  let totalResults = 0;
  let startIndex = 1;
  const resources: Resource[] = [];
  for (const type of types) {
    const query = queryFor(type);
    startIndex = query.startIndex;
    const room = Math.min(query.count ?? pageLimits.standard, pageLimits.maximum) - resources.length;
    const from = Math.max(1, query.startIndex - totalResults);
    const part = await listResources(backend, type, { ...query, startIndex: from, count: Math.max(0, room) });
    resources.push(...part.resources);
    totalResults += part.totalResults;
  }
  return { resources, totalResults, startIndex };
}
