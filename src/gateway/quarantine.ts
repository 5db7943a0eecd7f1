// Deletes that can be taken back: the entry is marked in LDAP, disabled, hidden and nobody's member; a later create restores it, id and all.
// RFC 7644 section 3.6, with a delay: a quarantined entry answers 404, is not listed, and causes no 409.
import { type Dn, equalDn, parentOf, parseDn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import { and } from '../ldap/filter.ts';
import { formatGeneralizedTime } from '../ldap/syntax.ts';
import { Draft } from '../mapping/draft.ts';
import type { Quarantine, ResourceMapping } from '../mapping/mapping.ts';
import { attributeName } from '../mapping/read.ts';
import { intersectBases } from '../mapping/search-base.ts';
import { valueAt } from '../mapping/write.ts';
import type { AttributeReference } from '../scim/path.ts';
import type { Resource } from '../scim/schema.ts';
import type { Backend } from './backend.ts';
import type { Client } from './client.ts';
import type { DirectoryState } from './guard-state.ts';
import { reportTimesLost } from './journal.ts';
import { findNaming } from './links.ts';
import { type Plan, planQuarantine } from './plan.ts';
import { reachOf } from './restriction.ts';
import { takeOver } from './take-over.ts';
import { searchForValue } from './unique-values.ts';
import { versionAssertion } from './version.ts';
import { journalling } from './write-context.ts';

const activeRules = ({ rules }: ResourceMapping) => rules.filter((rule) => attributeName(rule) === 'active' && rule.access === 'readWrite');

/** What must be read of an entry before it is quarantined. */
export const quarantineReads = (resource: ResourceMapping, { marker }: Quarantine): readonly string[] => [
  ...new Set([...markerAttributes(marker), ...activeRules(resource).flatMap((rule) => rule.reads)]),
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
  if (marker.time !== undefined) draft.set(marker.time, [formatGeneralizedTime(new Date().toISOString())]);
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
  if (quarantine?.mode !== 'quarantine' || !quarantine.restores) return undefined;
  const found = await findQuarantined(backend, resource, quarantine, wanted);
  if (!found) return undefined;
  const { marker } = quarantine;
  const taken = await takeOver(backend, client, resource, {
    dn: found,
    filter: quarantine.filter,
    attributes: markerAttributes(marker),
    revise: () => wanted,
    changes: (entry) => [
      { operation: 'delete', attribute: marker.ldap, values: [marker.value] },
      ...(marker.time !== undefined && entry.has(marker.time)
        ? [{ operation: 'replace' as const, attribute: marker.time, values: [] }]
        : []),
    ],
    base: quarantine.moveTo && base,
    password,
  });
  keepTimes(backend, ({ quarantined }) => quarantined.forget(resource.type.name, String(taken['id'])));
  return taken;
}

/** After the directory was written. What cannot be kept is said in the log, not to the client: what it asked for is done. */
export function keepTimes({ state, name }: Backend, keep: (state: DirectoryState) => void): void {
  if (!state) return;
  try {
    keep(state);
  } catch (error) {
    reportTimesLost(name, error);
  }
}

const markerAttributes = ({ ldap, time }: Quarantine['marker']): readonly string[] => [ldap, ...(time === undefined ? [] : [time])];

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
  const reach = reachOf(backend, resource);
  const moved = moveTo ? [{ dn: moveTo, scope: 'sub' as const }] : [];
  const bases = [...reach.bases, ...(backend.restriction?.bases ? intersectBases(moved, backend.restriction.bases) : moved)];
  for (const base of bases) {
    const question = and([filter, reach.condition, search.filter]);
    const attributes = [...search.attributes, ...reach.attributes];
    for await (const entry of backend.directory.search({ base: base.dn, scope: base.scope, filter: question, attributes }))
      if (reach.admits(entry) && (await search.confirm(entry))) return parseDn(entry.dn);
  }
  return undefined;
}
