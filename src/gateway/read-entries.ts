// Entries to resources: the references of a whole batch are looked up together, then every entry is read.
import type { Entry } from '../ldap/entry.ts';
import type { ResourceMapping } from '../mapping/mapping.ts';
import { attributesToRead, readResource, referencesIn, type Wanted } from '../mapping/read.ts';
import type { DnReference, Located, ReadContext } from '../mapping/rule.ts';
import type { Resource } from '../scim/schema.ts';
import type { Backend } from './backend.ts';
import { reportHidden } from './journal.ts';
import { groupsOf, locateAll, readContext } from './references.ts';
import { versionAttributes, versionOf } from './version.ts';

/** The LDAP attributes behind the wanted part of a resource, its id and its version. */
export function attributesFor(backend: Backend, resource: ResourceMapping, wanted: Wanted): readonly string[] {
  const version = wanted('meta') ? versionAttributes(backend, resource) : [];
  return [...new Set([...attributesToRead(resource, wanted), ...version])];
}

/** The wanted part of the resources behind some entries; entries that are no resource (no id) give undefined. */
export async function readEntries(
  backend: Backend,
  resource: ResourceMapping,
  entries: readonly Entry[],
  wanted: Wanted,
): Promise<readonly (Resource | undefined)[]> {
  const [locate, groups] = await lookUp(backend, resource, entries, wanted);
  let hidden = 0;
  const locateOrCount = (reference: DnReference): Located | undefined => {
    const located = locate(reference);
    if (located === undefined) hidden += 1;
    return located;
  };
  const context = readContext(backend, locateOrCount, groups);
  const resources = entries.map((entry) =>
    readResource(resource, entry, context, wanted('meta') ? versionOf(backend, resource, entry) : undefined, wanted),
  );
  reportHidden(backend.name, resource.type.name, hidden);
  return resources;
}

/** What the entries refer to, and who refers to them. */
export async function lookUp(
  backend: Backend,
  resource: ResourceMapping,
  entries: readonly Entry[],
  wanted: Wanted,
): Promise<readonly [ReadContext['locate'], ReadContext['groupsOf']]> {
  const references = entries.flatMap((entry) => referencesIn(resource, entry, wanted));
  const none = (): readonly Located[] => [];
  const { groupsFrom } = resource;
  return Promise.all([
    locateAll(backend, references),
    groupsFrom !== undefined && wanted('groups') ? groupsOf(backend, groupsFrom, entries) : none,
  ]);
}
