// Delete (RFC 7644 section 3.6): the entry goes, or is only marked where the mapping says so; what names it elsewhere goes along.
import { parseDn } from '../ldap/dn.ts';
import { ScimError } from '../scim/error.ts';
import type { ResourceType } from '../scim/schema.ts';
import { isNaming, noteSubject } from './account.ts';
import { everything } from '../mapping/read.ts';
import { askAtOnce } from './at-once.ts';
import { type Backend, findEntry, mappingOf } from './backend.ts';
import type { Client } from './client.ts';
import { pendingOf, settle } from './deferred.ts';
import { type Prepare, runWrite } from './execute.ts';
import type { Conditions } from './gateway.ts';
import { guardEntry } from './guards.ts';
import { lossOfDelete } from './limits.ts';
import { findLinks } from './links.ts';
import { planDelete } from './plan.ts';
import { keepTimes, planHiding, quarantineReads } from './quarantine.ts';
import { attributesFor, readEntries } from './read-entries.ts';
import { checkConditions, versionAssertion, versionAttributes, versionOf } from './version.ts';

/** @throws ScimError notFound, preconditionFailed; 403 where the mapping deletes nothing, or the entry is protected */
export async function deleteResource(
  backend: Backend,
  client: Client,
  type: ResourceType,
  id: string,
  conditions: Conditions,
): Promise<void> {
  const resource = mappingOf(backend, type);
  if (!resource.delete) throw new ScimError(403, `${type.name} resources are not deleted by this gateway`);
  const quarantine = resource.delete.mode === 'quarantine' ? resource.delete : undefined;
  const attributes = [
    resource.id.ldap,
    ...versionAttributes(backend, resource),
    ...attributesFor(backend, resource, isNaming),
    ...(quarantine ? quarantineReads(resource, quarantine) : []),
  ];
  const prepare: Prepare<void> = async (previous) => {
    const answer = async () => undefined;
    const entry = await findEntry(backend, resource, id, attributes).catch((error: unknown) => {
      // After an unknown outcome, an entry that is gone was deleted.
      if (previous?.outcomeUnknown && error instanceof ScimError && error.status === 404) return undefined;
      throw error;
    });
    const foreseen = { answer };
    if (!entry) return { plan: { steps: [], result: undefined }, answer, foreseen };
    noteSubject((await readEntries(backend, resource, [entry], isNaming))[0]);
    checkConditions(conditions, versionOf(backend, resource, entry));
    const dn = parseDn(entry.dn);
    const assertion = conditions.ifMatch ? versionAssertion(backend, resource, entry) : undefined;
    const planning = quarantine
      ? planHiding(backend, client, resource, quarantine, entry, conditions.ifMatch !== undefined)
      : findLinks(backend, resource, dn).then((links) => planDelete({ dn, assertion, links }));
    const [, plan] = await askAtOnce([guardEntry(backend, dn), planning]);
    return { plan, losses: [lossOfDelete(resource)], answer, foreseen };
  };
  await runWrite({ backend, type, id, operation: 'delete', conditional: conditions.ifMatch !== undefined }, prepare);
  settle(backend, resource, id, [], pendingOf(backend, resource, id), everything);
  if (quarantine?.purgeAfter !== undefined && !backend.observe)
    keepTimes(backend, ({ quarantined }) => quarantined.note(type.name, id, Date.now()));
}
