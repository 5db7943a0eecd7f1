// The gateway of one directory: every use case with the client's rights checked first, and the answers projected last.
import { stayTogether } from '../ldap/stay.ts';
import type { ResourceMapping } from '../mapping/mapping.ts';
import type { Wanted } from '../mapping/read.ts';
import { conditionRequired, notFound, ScimError } from '../scim/error.ts';
import { membershipDelta, parsePatch, type PatchOperation } from '../scim/patch.ts';
import { isProjected, projectResource, type Projection, writtenNames } from '../scim/resource.ts';
import type { Resource, ResourceType } from '../scim/schema.ts';
import { type Backend, findEntry, viewOf } from './backend.ts';
import type { Client, ClientOperation } from './client.ts';
import { createResource } from './create.ts';
import { deleteResource } from './delete.ts';
import { resourceTypeDocuments, schemaDocuments, serviceProviderConfig } from './discovery.ts';
import { translateError } from './errors.ts';
import { Queues } from './execute.ts';
import type { Answer, Conditions, Gateway } from './gateway.ts';
import { findKept, type Kept } from './list-snapshot.ts';
import { listResources } from './list.ts';
import { Lookups } from './lookups.ts';
import { patchMembers } from './members.ts';
import { attributesFor, readEntries } from './read-entries.ts';
import { findSelf } from './self.ts';
import { patchResource, replaceResource } from './update.ts';
import { isNotModified } from './version.ts';
import { journalling } from './write-context.ts';
import { fold } from '../scim/match.ts';

/** `queues` are shared by the gateways that one directory has one after the other, so that its writes stay in order. */
export function createGateway(backend: Backend, path: string, queues: Queues = new Queues()): Gateway {
  const types = (client: Client | undefined) =>
    (client?.view ?? backend.mapping).resources.map(({ type }) => type).filter((type) => !client || client.resources.includes(type.name));
  /** The directory as this client may use it, for one operation: every use case works on that. */
  const backendOf = ({ name, view, restriction }: Client): Backend => ({
    ...backend,
    view,
    restriction,
    caller: name,
    lookups: new Lookups(),
  });
  const reading = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw translateError(error, 'read');
    }
  };
  /** What is looked up before there is a plan is a matter of reading; the rest is translated where it is executed. */
  const writing = <T>(key: string, work: () => Promise<T>): Promise<T> =>
    backend.readOnly ? Promise.reject(readerOnly()) : queues.run(key, () => stayTogether(() => reading(work)));
  /** Whatever becomes of it, the snapshot looks at the entry again. */
  const written = <T>(type: ResourceType, id: string, work: () => Promise<T>): Promise<T> =>
    writing(id, work).finally(() => backend.snapshot?.noteWrite(type.name, id));
  const read = (client: Client, type: ResourceType, id: string, projection: Projection, conditions: Conditions): Promise<Answer> =>
    reading(async () => {
      const own = backendOf(client);
      const resource = viewOf(own, type);
      const wanted = shownBy(type, projection);
      const needed: Wanted = (name) => name === 'meta' || wanted(name);
      const kept = await readKept(own, type, id, projection);
      if (kept) {
        const { location, version } = kept;
        if (isNotModified(conditions, version)) return { resource: undefined, location, version };
        return { resource: undefined, rendered: kept.render(), location, version };
      }
      const found = await readLive(own, resource, id, needed);
      if (!found) throw notFound();
      const whole = answer(type, found, projection);
      return isNotModified(conditions, whole.version) ? { ...whole, resource: undefined } : whole;
    });
  return {
    directory: backend.name,
    path,
    baseUrl: backend.baseUrl,
    ready: () => backend.directory.status().ready,

    resourceTypes: types,
    serviceProviderConfig: () => serviceProviderConfig(backend),
    schemas: (client) => schemaDocuments(backend, types(client)),
    resourceTypeDocuments: (client) => resourceTypeDocuments(backend, types(client)),

    self: (client) => reading(() => findSelf(backendOf(client), client)),

    list(client, type, query) {
      authorize(client, type, 'read');
      return reading(() => listResources(backendOf(client), client, type.endpoint, [{ type, query }]));
    },

    async listAll(client, queryFor) {
      const readable = types(client).filter(() => client.operations.includes('read'));
      const queries = readable.map((type) => ({ type, query: queryFor(type) }));
      return reading(() => listResources(backendOf(client), client, '/', queries));
    },

    get(client, type, id, projection, conditions) {
      authorize(client, type, 'read');
      return read(client, type, id, projection, conditions);
    },

    create(client, type, body, asked) {
      authorize(client, type, 'create');
      const projection = { ...asked, written: writtenNames(body) };
      return writing(creationKey(type, body), async () => {
        const created = await createResource(backendOf(client), client, type, body);
        backend.snapshot?.noteWrite(type.name, String(created['id']));
        return answer(type, created, projection);
      });
    },

    replace(client, type, id, body, asked, conditions) {
      authorize(client, type, 'update');
      if (client.unconditionalPut === 'refuse' && !conditions.ifMatch) throw conditionRequired();
      const projection = { ...asked, written: writtenNames(body) };
      return written(type, id, async () =>
        answer(type, await replaceResource(backendOf(client), client, type, id, body, conditions, shownBy(type, projection)), projection),
      );
    },

    patch(client, type, id, body, asked, conditions) {
      authorize(client, type, 'update');
      const { ignored } = journalling(backend, client);
      const operations = parsePatch(body, type, client.dialect, (name) => ignored(name, 'unknown attribute'));
      const projection = { ...asked, written: writtenBy(operations) };
      const delta = membershipDelta(operations, type);
      return written(type, id, async () => {
        if (!delta)
          return answer(
            type,
            await patchResource(backendOf(client), client, type, id, operations, conditions, shownBy(type, projection)),
            projection,
          );
        const version = await patchMembers(backendOf(client), client, type, id, delta, conditions);
        const location = `${backend.baseUrl}${type.endpoint}/${encodeURIComponent(id)}`;
        const isAsked = (asked.attributes ?? asked.excludedAttributes ?? []).length > 0;
        return isAsked ? read(client, type, id, projection, {}) : { resource: undefined, location, version };
      });
    },

    delete(client, type, id, conditions) {
      authorize(client, type, 'delete');
      const work = (): Promise<void> => deleteResource(backendOf(client), client, type, id, conditions);
      return writing(id, work).finally(() => backend.snapshot?.noteDelete(type.name, id));
    },
  };
}

/** Of several processes one writes (`server.role`): a proxy in front should have sent the request there. */
const readerOnly = (): ScimError =>
  new ScimError(503, 'This process only reads: changes are for the one that is configured as writer', { retryAfter: 60 });

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
  const { location, version } = resource['meta'] as { readonly location: string; readonly version?: string };
  return { resource: projectResource(resource, type, projection), location, version };
}

/** What `returned: request` attributes a PATCH shows. */
const writtenBy = (operations: readonly PatchOperation[]): readonly string[] =>
  operations.flatMap(({ target: { extension, attribute, sub, name }, value = null }) =>
    sub ? [name] : writtenNames({ [attribute.name]: value }, extension === undefined ? '' : `${extension}:`),
  );

async function readLive(backend: Backend, resource: ResourceMapping, id: string, wanted: Wanted): Promise<Resource | undefined> {
  const entry = await findEntry(backend, resource, id, attributesFor(backend, resource, wanted));
  const [found] = await readEntries(backend, resource, [entry], wanted);
  return found;
}

/** From the snapshot, where the configuration says so. What is not there may be new: it is looked for in the directory. */
async function readKept(
  { snapshot, reads, restriction, view }: Backend,
  type: ResourceType,
  id: string,
  projection: Projection,
): Promise<Kept | undefined> {
  if (reads?.byId !== 'cache' || !snapshot?.keeps(type.name) || restriction || view) return undefined;
  const reading = await snapshot.current();
  return 'unusable' in reading ? undefined : findKept(reading.snapshot, type, id, projection);
}

/** Creates of one name wait for each other, so that the check for duplicates and the add are one step within this process. */
function creationKey(type: ResourceType, body: unknown): string {
  const members = typeof body === 'object' && body !== null ? Object.entries(body) : [];
  const name = members.find(([key]) => ['username', 'displayname'].includes(key.toLowerCase()))?.[1];
  return `${type.name}\0${typeof name === 'string' ? fold(name.trim()) : ''}`;
}
