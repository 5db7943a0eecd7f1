// An entry that exists already becomes the resource that a client creates: a deleted one that is restored, or one that is adopted.
// RFC 7644 section 3.3; written as an update of that entry, under the guards of any other.
import { type Dn, equalDn, parentOf } from '../ldap/dn.ts';
import type { Change, Entry } from '../ldap/entry.ts';
import type { Filter } from '../ldap/filter.ts';
import { keepDenied } from '../mapping/client-view.ts';
import type { ResourceMapping } from '../mapping/mapping.ts';
import { everything } from '../mapping/read.ts';
import { diffEntry } from '../mapping/write.ts';
import { notFound } from '../scim/error.ts';
import type { Resource } from '../scim/schema.ts';
import type { Backend } from './backend.ts';
import type { Client } from './client.ts';
import { settle, pendingOf } from './deferred.ts';
import { type Prepare, runWrite } from './execute.ts';
import { guardBindName, guardEntry, guardName } from './guards.ts';
import { lossesOfUpdate } from './limits.ts';
import { findLinks } from './links.ts';
import { requireHashing } from './password-storage.ts';
import { planUpdate } from './plan.ts';
import { attributesFor, readEntries } from './read-entries.ts';
import { requireReach, updatedEntry } from './restriction.ts';
import { refuseDuplicates } from './unique-values.ts';
import { writeContext } from './write-context.ts';

export interface TakeOver {
  readonly dn: Dn;
  /** What the entry must still be when it is written. */
  readonly filter: Filter;
  /** LDAP attributes to read beside those of the mapping. */
  readonly attributes?: readonly string[];
  /** The resource that it is to become. */
  readonly revise: (before: Resource) => Resource;
  /** Changes beside those of the mapping. */
  readonly changes?: (entry: Entry) => readonly Change[];
  /** Where it goes; absent: it stays. */
  readonly base?: Dn | undefined;
  readonly password: string | undefined;
}

/** The resource that it then is, whole. @throws ScimError notFound when the entry is not what it was found to be; uniqueness; 403 */
export async function takeOver(
  backend: Backend,
  client: Client,
  resource: ResourceMapping,
  { dn, filter, attributes: others = [], revise, changes: besides = () => [], base, password }: TakeOver,
): Promise<Resource> {
  const attributes = [...new Set([...attributesFor(backend, resource, everything), ...others])];
  const { schema } = backend.directory.capabilities();
  let unresolved: Awaited<ReturnType<typeof writeContext>>['unresolved'] = [];
  const prepare: Prepare<Resource> = async () => {
    const entry = await backend.directory.read(dn, attributes, filter);
    const [before] = entry ? await readEntries(backend, resource, [entry], everything) : [];
    if (!entry || !before) throw notFound();
    const after = keepDenied(backend.view, resource, before, revise(before));
    const context = await writeContext(backend, client, resource, before, after, entry);
    ({ unresolved } = context);
    const changes = diffEntry(resource, entry, dn.rdns[0] ?? [], before, after, { ...context, schema });
    const superior = base && !equalDn(parentOf(dn), base) ? base : undefined;
    const links = changes.rename || superior ? await findLinks(backend, resource, dn) : [];
    const update = { ...changes, changes: [...changes.changes, ...besides(entry)] };
    const plan = planUpdate({ entry, dn, links, superior }, update, password, resource.password?.strategy);
    requireReach(backend, resource, plan.result ?? dn, updatedEntry(entry, dn, changes));
    guardBindName(backend, update.changes);
    await guardEntry(backend, dn);
    if (plan.result && !equalDn(plan.result, dn)) await guardName(backend, resource, plan.result);
    if (password !== undefined) await requireHashing(backend, resource);
    // Whatever it was called before, nobody else may be called so now.
    await refuseDuplicates(backend, resource, after, { id: String(before['id']), before: {} });
    const answer = async (): Promise<Resource> => {
      const now = plan.result && (await backend.directory.read(plan.result, attributes, resource.scope.filter));
      const [read] = now ? await readEntries(backend, resource, [now], everything) : [];
      if (!read) throw notFound();
      return read;
    };
    return { plan, losses: lossesOfUpdate(backend, resource, before, after), answer };
  };
  const taken = await runWrite({ backend, type: resource.type, operation: 'add' }, prepare);
  const id = String(taken['id']);
  settle(backend, resource, id, unresolved, pendingOf(backend, resource, id), everything);
  return taken;
}
