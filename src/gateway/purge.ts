// Deleted entries whose time is over (`purgeAfter`) are deleted for good: under the guards and limits of any delete, never sooner.
// RFC 7644 section 3.6, with a delay.
import { type Dn, dnKey, parseDn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import { parseGeneralizedTime } from '../ldap/syntax.ts';
import type { Quarantine, ResourceMapping } from '../mapping/mapping.ts';
import { readId } from '../mapping/read.ts';
import { notFound, ScimError } from '../scim/error.ts';
import type { Backend } from './backend.ts';
import { type Prepare, type Queues, runWrite } from './execute.ts';
import { guardEntry } from './guards.ts';
import { reportPurged } from './journal.ts';
import { keepTimes } from './quarantine.ts';
import { lossOfDelete } from './limits.ts';
import { findLinks } from './links.ts';
import { planDelete } from './plan.ts';

/** Its name where something waits for an administrator. */
const caller = '(purge)';

/** @param now epoch milliseconds. @returns how many were purged. @throws DirectoryError when the directory cannot be searched */
export async function purgeDeleted(backend: Backend, queues: Queues, now: number = Date.now()): Promise<number> {
  const { mapping, state, readOnly, observe } = backend;
  if (!state || readOnly || observe) return 0;
  let purged = 0;
  for (const resource of mapping.resources) {
    const quarantine = resource.delete;
    if (quarantine?.mode !== 'quarantine' || quarantine.purgeAfter === undefined) continue;
    purged += await purgeType({ ...backend, caller }, resource, quarantine, queues, now - quarantine.purgeAfter, now);
  }
  return purged;
}

/** @param before those that were deleted at this time or earlier go */
async function purgeType(
  backend: Backend,
  resource: ResourceMapping,
  quarantine: Quarantine,
  queues: Queues,
  before: number,
  now: number,
): Promise<number> {
  const due: { readonly dn: Dn; readonly id: string }[] = [];
  const unknown: string[] = [];
  for (const entry of await findDeleted(backend, resource, quarantine)) {
    const id = readId(resource, entry);
    const time = id === undefined ? undefined : timeOf(backend, resource, quarantine, entry, id);
    if (id !== undefined && time === undefined) unknown.push(id);
    if (id !== undefined && time !== undefined && time <= before) due.push({ dn: parseDn(entry.dn), id });
  }
  backend.state?.quarantined.noteAll(resource.type.name, unknown, now);
  let purged = 0;
  for (const { dn, id } of due) {
    const isDone = await queues.run(id, () => purgeEntry(backend, resource, quarantine, dn, id));
    if (isDone === undefined) break;
    if (isDone) purged += 1;
  }
  if (due.length > 0) reportPurged({ directory: backend.name, resourceType: resource.type.name, purged, left: due.length - purged });
  return purged;
}

async function findDeleted({ directory }: Backend, { scope, id }: ResourceMapping, quarantine: Quarantine): Promise<readonly Entry[]> {
  const { moveTo, filter, marker } = quarantine;
  const bases = [...scope.bases, ...(moveTo ? [{ dn: moveTo, scope: 'sub' as const }] : [])];
  const attributes = [id.ldap, ...(marker.time === undefined ? [] : [marker.time])];
  const found = new Map<string, Entry>();
  for (const base of bases)
    for await (const entry of directory.search({ base: base.dn, scope: base.scope, filter, attributes }))
      found.set(dnKey(parseDn(entry.dn)), entry);
  return [...found.values()];
}

/** What the entry says, else what was noted. */
function timeOf({ state }: Backend, { type }: ResourceMapping, { marker }: Quarantine, entry: Entry, id: string): number | undefined {
  const told = marker.time === undefined ? [] : entry.texts(marker.time).flatMap(parseTime);
  return told.length > 0 ? Math.max(...told) : state?.quarantined.since(type.name, id);
}

function parseTime(text: string): readonly number[] {
  try {
    const time = Date.parse(parseGeneralizedTime(text));
    return Number.isNaN(time) ? [] : [time];
  } catch {
    return [];
  }
}

/** Whether it was deleted; undefined: neither will others be. */
async function purgeEntry(
  backend: Backend,
  resource: ResourceMapping,
  { filter }: Quarantine,
  dn: Dn,
  id: string,
): Promise<boolean | undefined> {
  const prepare: Prepare<void> = async () => {
    // Somebody may have restored it meanwhile; where the server can, it is asked once more with the delete itself (RFC 4528).
    const entry = await backend.directory.read(dn, [resource.id.ldap], filter);
    if (!entry || readId(resource, entry) !== id) throw notFound();
    await guardEntry(backend, dn);
    const links = await findLinks(backend, resource, dn);
    const assertion = backend.directory.capabilities().assertion ? filter : undefined;
    return { plan: planDelete({ dn, assertion, links }), losses: [lossOfDelete(resource)], answer: async () => undefined };
  };
  try {
    await runWrite({ backend, type: resource.type, id, operation: 'delete' }, prepare);
    keepTimes(backend, ({ quarantined }) => quarantined.forget(resource.type.name, id));
    return true;
  } catch (error) {
    if (!(error instanceof ScimError)) throw error;
    // A limit, or an outage: the next run goes on. What waits for an administrator holds up only itself.
    const endsRun = error.status === 429 || (error.status >= 500 && !error.message.includes('administrator'));
    return endsRun ? undefined : false;
  }
}
