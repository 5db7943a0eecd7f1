// Deletes that can be taken back: the entry is marked in LDAP, disabled, hidden and nobody's member; a later create restores it, id and all.
// RFC 7644 section 3.6, with a delay: a quarantined entry answers 404, is not listed, and causes no 409.
import { type Dn, equalDn, parentOf, parseDn } from '../ldap/dn.ts';
import type { Change, Entry } from '../ldap/entry.ts';
import { and } from '../ldap/filter.ts';
import { Draft } from '../mapping/draft.ts';
import type { Quarantine, ResourceMapping } from '../mapping/mapping.ts';
import { attributeName, everything } from '../mapping/read.ts';
import { diffEntry, valueAt } from '../mapping/write.ts';
import { notFound } from '../scim/error.ts';
import type { AttributeReference } from '../scim/path.ts';
import type { Resource } from '../scim/schema.ts';
import type { Backend } from './backend.ts';
import type { Client } from './client.ts';
import { type Prepare, runWrite } from './execute.ts';
import { guardEntry } from './guards.ts';
import { findLinks, findNaming } from './links.ts';
import { requireHashing } from './password-storage.ts';
import { type Plan, planQuarantine, planUpdate } from './plan.ts';
import { attributesFor, readEntries } from './read-entries.ts';
import { refuseDuplicates, searchForValue } from './unique-values.ts';
import { versionAssertion } from './version.ts';
import { journalling, writeContext } from './write-context.ts';

const activeRules = ({ rules }: ResourceMapping) => rules.filter((rule) => attributeName(rule) === 'active' && rule.access === 'readWrite');

/** What must be read of an entry before it is quarantined. */
export const quarantineReads = (resource: ResourceMapping, { marker }: Quarantine): readonly string[] => [
  ...new Set([marker.ldap, ...activeRules(resource).flatMap((rule) => rule.reads)]),
];

/** The plan that hides an entry: the marker, the account disabled, no group keeps it. */
export async function planHiding(
  backend: Backend,
  client: Client,
  resource: ResourceMapping,
  { marker, moveTo }: Quarantine,
  entry: Entry,
  conditional: boolean,
): Promise<Plan> {
  const draft = new Draft(entry);
  const context = { dnOf: () => undefined, locate: () => undefined, ...journalling(backend, client) };
  for (const rule of activeRules(resource)) rule.write(draft, true, false, context);
  draft.exchange(marker.ldap, undefined, marker.value);
  const dn = parseDn(entry.dn);
  const assertion = conditional ? versionAssertion(backend, resource, entry) : undefined;
  const superior = moveTo && !equalDn(parentOf(dn), moveTo) ? moveTo : undefined;
  const links = await findNaming(backend, resource, dn);
  return planQuarantine({ entry, dn, assertion, links, superior }, draft.changes({ replaceOnly: () => false }));
}

/** Where a new resource with these values would go. */
interface Restoration {
  readonly wanted: Resource;
  readonly base: Dn;
  readonly password: string | undefined;
}

/** The quarantined resource that a create means, restored to what was sent; undefined when there is none. */
export async function restoreQuarantined(
  backend: Backend,
  client: Client,
  resource: ResourceMapping,
  { wanted, base, password }: Restoration,
): Promise<Resource | undefined> {
  const quarantine = resource.delete;
  if (quarantine?.mode !== 'quarantine') return undefined;
  const found = await findQuarantined(backend, resource, quarantine, wanted);
  if (!found) return undefined;
  const attributes = [...new Set([...attributesFor(backend, resource, everything), quarantine.marker.ldap])];
  const { schema } = backend.directory.capabilities();
  const prepare: Prepare<Resource> = async () => {
    const entry = await backend.directory.read(found, attributes, quarantine.filter);
    const [before] = entry ? await readEntries(backend, resource, [entry], everything) : [];
    if (!entry || !before) throw notFound();
    const context = await writeContext(backend, client, resource, before, wanted, entry);
    const changes = diffEntry(resource, entry, found.rdns[0] ?? [], before, wanted, { ...context, schema });
    const unmark: Change = { operation: 'delete', attribute: quarantine.marker.ldap, values: [quarantine.marker.value] };
    const superior = quarantine.moveTo && !equalDn(parentOf(found), base) ? base : undefined;
    const links = changes.rename || superior ? await findLinks(backend, resource, found) : [];
    const update = { ...changes, changes: [...changes.changes, unmark] };
    const plan = planUpdate({ entry, dn: found, links, superior }, update, password, resource.password?.strategy);
    await guardEntry(backend, found);
    if (password !== undefined) await requireHashing(backend, resource);
    // Whatever it was called before, nobody else may be called so now.
    await refuseDuplicates(backend, resource, wanted, { id: String(before['id']), before: {} });
    const answer = async (): Promise<Resource> => {
      const now = plan.result && (await backend.directory.read(plan.result, attributes, resource.scope.filter));
      const [read] = now ? await readEntries(backend, resource, [now], everything) : [];
      if (!read) throw notFound();
      return read;
    };
    return { plan, answer };
  };
  return runWrite({ backend, type: resource.type, operation: 'add' }, prepare);
}

/** By externalId, then by what must be unique. */
async function findQuarantined(
  backend: Backend,
  resource: ResourceMapping,
  quarantine: Quarantine,
  wanted: Resource,
): Promise<Dn | undefined> {
  const externalId = resource.rules.find((rule) => rule.target.name === 'externalId')?.target;
  for (const target of [...(externalId ? [externalId] : []), ...resource.unique]) {
    const value = valueAt(wanted, target);
    const found = typeof value === 'string' ? await findByValue(backend, resource, quarantine, target, value) : undefined;
    if (found) return found;
  }
  return undefined;
}

async function findByValue(
  backend: Backend,
  resource: ResourceMapping,
  { filter, moveTo }: Quarantine,
  target: AttributeReference,
  value: string,
): Promise<Dn | undefined> {
  const search = searchForValue(backend, resource, target, value);
  const bases = [...resource.scope.bases, ...(moveTo ? [{ dn: moveTo, scope: 'sub' as const }] : [])];
  for (const base of bases) {
    const request = { base: base.dn, scope: base.scope, filter: and([filter, search.filter]), attributes: search.attributes };
    for await (const entry of backend.directory.search(request)) if (await search.confirm(entry)) return parseDn(entry.dn);
  }
  return undefined;
}
