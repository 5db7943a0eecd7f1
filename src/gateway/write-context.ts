// What a write must know beforehand: the DNs of the resources that it names, and the names of the DNs that the entry holds.
import type { Entry } from '../ldap/entry.ts';
import type { ResourceMapping } from '../mapping/mapping.ts';
import { everything, referencesIn } from '../mapping/read.ts';
import type { IdReference, WriteContext } from '../mapping/rule.ts';
import { refuseUnresolved } from '../mapping/rules/reference.ts';
import { idsToResolve } from '../mapping/write.ts';
import type { Resource } from '../scim/schema.ts';
import type { Backend } from './backend.ts';
import type { Client } from './client.ts';
import type { Unresolved } from './deferred.ts';
import { reportIgnored } from './journal.ts';
import { dnsOf, locateAll } from './references.ts';

/** @throws ScimError invalidValue for an id that names nothing, unless the mapping skips or defers those */
export async function writeContext(
  backend: Backend,
  client: Client,
  resource: ResourceMapping,
  before: Resource | undefined,
  after: Resource,
  entry: Entry | undefined,
  read = everything,
): Promise<WriteContext & { readonly unresolved: readonly Unresolved[] }> {
  const references = idsToResolve(resource, before, after);
  const dnOf = await dnsOf(backend, references);
  const missing = references.filter(({ id, to }) => dnOf(id, to) === undefined);
  const deferred = missing.filter((reference) => isDeferred(backend, reference));
  const hasRoom = backend.state?.deferrals.hasRoom(deferred.length) ?? false;
  const unresolved = hasRoom ? deferred : [];
  for (const reference of missing)
    if (reference.onUnresolved !== 'skip' && !(hasRoom && isDeferred(backend, reference))) refuseUnresolved(reference.path, reference);
  const locate = entry ? await locateAll(backend, referencesIn(resource, entry, read)) : () => undefined;
  const waiting = new Set(unresolved.map(({ path }) => path));
  const journal = journalling(backend, client);
  return {
    dnOf,
    locate,
    ...journal,
    ignored: (path, reason) => {
      if (!waiting.has(path)) journal.ignored(path, reason);
    },
    unresolved: unresolved.map(({ path, id }) => ({ attribute: path, foreignId: id })),
  };
}

/** Without a store nothing can be kept: then it is refused. */
export const isDeferred = ({ state }: Backend, { onUnresolved }: Pick<IdReference, 'onUnresolved'>): boolean =>
  onUnresolved === 'defer' && state !== undefined;

/** Names that one request can bring into the log: a body may hold any number of unknown ones. */
const mostIgnored = 50;

/** What becomes of attributes that nobody mapped: refused, or ignored and told to the journal once each. */
export function journalling(backend: Backend, client: Client): Pick<WriteContext, 'extraElements' | 'ignored'> {
  const reported = new Set<string>();
  return {
    extraElements: client.dialect.unknownAttributes === 'reject' ? 'reject' : 'ignore',
    ignored(path, reason) {
      if (reported.has(path) || reported.size >= mostIgnored) return;
      reported.add(path);
      reportIgnored({ directory: backend.name, client: client.name, path, reason });
    },
  };
}
