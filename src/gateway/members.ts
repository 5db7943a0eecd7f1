// Members added and removed value by value, without reading the group (L-014, L-053, L-054).
import { parseDn, formatDn, dnKey } from '../ldap/dn.ts';
import { and, equal } from '../ldap/filter.ts';
import { idFilter } from '../mapping/filter.ts';
import type { MembershipMapping, ResourceMapping } from '../mapping/mapping.ts';
import { refuseUnresolved } from '../mapping/rules/reference.ts';
import type { MembershipDelta } from '../scim/patch.ts';
import type { ResourceType } from '../scim/schema.ts';
import { isNaming, noteMembers, noteSubject } from './account.ts';
import { askAtOnce } from './at-once.ts';
import { type Backend, findEntry, mappingOf, searchScope } from './backend.ts';
import type { Client } from './client.ts';
import { findByOtherNames, pendingOf, settle } from './deferred.ts';
import { type Prepare, runWrite } from './execute.ts';
import type { Conditions } from './gateway.ts';
import { guardEntry } from './guards.ts';
import { isLimited, lossOfMembers } from './limits.ts';
import { planMembers, type MemberChanges } from './plan.ts';
import { attributesFor, readEntries } from './read-entries.ts';
import { dnsOf, membersAmong } from './references.ts';
import { checkConditions, versionAssertion, versionAttributes, versionOf } from './version.ts';
import { isDeferred, journalling } from './write-context.ts';
import type { Entry } from '../ldap/entry.ts';

/**
 * Result codes that may only mean "already a member" and "not a member": 20 and 16 of RFC 4511, 68 and 53 of Active Directory;
 * and 65, when the class forbids the empty group.
 */
const retryOn = new Set([16, 20, 32, 53, 65, 68, 122]);
const wouldBeEmpty = 65;

/** The version afterwards. @throws ScimError invalidValue for an id to add that names nothing */
export async function patchMembers(
  backend: Backend,
  client: Client,
  type: ResourceType,
  id: string,
  delta: MembershipDelta,
  conditions: Conditions,
): Promise<string | undefined> {
  const resource = mappingOf(backend, type);
  const { membership } = resource;
  if (!membership) throw new Error('a resource type with members has a membership');
  noteMembers([...delta.add, ...delta.remove]);
  const versions = versionAttributes(backend, resource);
  const read = [resource.id.ldap, ...versions, ...attributesFor(backend, resource, isNaming)];
  let pending: MemberDns | undefined;
  let bringBack = false;
  let found: ResolvedMembers | undefined;
  const resolveOnce = async (): Promise<ResolvedMembers> => (found ??= await resolveMembers(backend, client, membership, delta));
  const findGroup = async (): Promise<Entry> => {
    const group = await findEntry(backend, resource, id, read);
    noteSubject((await readEntries(backend, resource, [group], isNaming))[0]);
    checkConditions(conditions, versionOf(backend, resource, group));
    return group;
  };
  const prepare: Prepare<string | undefined> = async (previous) => {
    const [group, resolved, isHeld] = await askAtOnce([
      findGroup(),
      resolveOnce(),
      delta.add.length > 0 && holdsPlaceholder(backend, resource, membership, id),
    ]);
    const dn = parseDn(group.dn);
    const asked = pending ?? resolved;
    // After a failure the values themselves decide what is left to do; and who is no member does not count as removed.
    const isCounted = asked.remove.length > 0 && isLimited(backend, 'removeMember');
    pending = previous || isCounted ? await stillToDo(backend, resource, membership, group, asked) : asked;
    bringBack ||= previous?.resultCode === wouldBeEmpty;
    // What is left although the server refuses it is not done by trying again.
    if (previous?.resultCode === 53 && sameSize(pending, asked)) throw previous;
    const changes = withPlaceholder(membership, pending, { isHeld, bringBack });
    const plan = planMembers(dn, changes, conditions.ifMatch ? versionAssertion(backend, resource, group) : undefined);
    if (plan.steps.length > 0) await guardEntry(backend, dn);
    const before = versionOf(backend, resource, group);
    const answer = async (written: Entry | undefined) => {
      if (plan.steps.length === 0) return before;
      return versionOf(backend, resource, written ?? (await findEntry(backend, resource, id, [resource.id.ldap, ...versions])));
    };
    const losses = pending.remove.length > 0 ? [lossOfMembers(backend, resource, pending.remove.length)] : [];
    return { plan, losses, answer, foreseen: { answer: async () => before } };
  };
  const version = await runWrite(
    { backend, type, id, operation: 'update', postRead: versions, conditional: conditions.ifMatch !== undefined, retryOn },
    prepare,
  );
  settleMembers(backend, resource, id, delta, found?.unresolved ?? []);
  return version;
}

/** Who is named by the change waits if unresolved, and else no longer; all others wait as before. */
function settleMembers(
  backend: Backend,
  resource: ResourceMapping,
  id: string,
  delta: MembershipDelta,
  unresolved: readonly string[],
): void {
  const named = new Set([...delta.add, ...delta.remove]);
  const waiting = pendingOf(backend, resource, id);
  const left = waiting.filter(({ attribute, foreignId }) => attribute === 'members' && !named.has(foreignId));
  const added = unresolved.map((foreignId) => ({ attribute: 'members', foreignId }));
  settle(backend, resource, id, [...left, ...added], waiting, (name) => name === 'members');
}

interface ResolvedMembers extends MemberDns {
  /** Ids to add that name nothing yet. */
  readonly unresolved: readonly string[];
}

interface MemberDns {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

async function resolveMembers(
  backend: Backend,
  client: Client,
  { to, onUnresolved, resolveBy }: MembershipMapping,
  delta: MembershipDelta,
): Promise<ResolvedMembers> {
  const dnOf = await dnsOf(
    backend,
    [...delta.add, ...delta.remove].map((id) => ({ id, to })),
  );
  const others = new Map<string, string>();
  if (isDeferred(backend, { onUnresolved }) && resolveBy.length > 0) {
    for (const id of [...delta.add, ...delta.remove]) {
      const meant = dnOf(id, to) === undefined ? await findByOtherNames(backend, id, to, resolveBy) : undefined;
      if (meant) others.set(id, meant.dn);
    }
  }
  const find = (id: string): string | undefined => dnOf(id, to) ?? others.get(id);
  const missing = delta.add.filter((id) => find(id) === undefined);
  const unresolved = isDeferred(backend, { onUnresolved }) && backend.state?.deferrals.hasRoom(missing.length) ? missing : [];
  for (const id of unresolved.length > 0 ? [] : missing) {
    if (onUnresolved !== 'skip') refuseUnresolved('members', { id, to, onUnresolved });
    journalling(backend, client).ignored('members', 'the reference names no resource');
  }
  // Who does not exist is no member.
  return { add: delta.add.flatMap((id) => find(id) ?? []), remove: delta.remove.flatMap((id) => find(id) ?? []), unresolved };
}

const sameSize = (a: MemberDns, b: MemberDns): boolean => a.add.length === b.add.length && a.remove.length === b.remove.length;

/** The first member takes the placeholder away, the last one that leaves brings it back, in the same modification. */
function withPlaceholder(
  { ldap, placeholder }: MembershipMapping,
  { add, remove }: MemberDns,
  { isHeld, bringBack }: { readonly isHeld: boolean; readonly bringBack: boolean },
): MemberChanges {
  if (!placeholder || add.length + remove.length === 0) return { attribute: ldap, add, remove };
  const text = formatDn(placeholder);
  if (bringBack) return { attribute: ldap, add: [...add, text], remove };
  return { attribute: ldap, add, remove: isHeld && add.length > 0 ? [...remove, text] : remove };
}

async function holdsPlaceholder(
  backend: Backend,
  resource: ResourceMapping,
  { ldap, placeholder }: MembershipMapping,
  id: string,
): Promise<boolean> {
  const isThis = idFilter(resource, id);
  if (!placeholder || !isThis) return false;
  for await (const _ of searchScope(backend, resource, and([isThis, equal(ldap, formatDn(placeholder))]), [])) return true;
  return false;
}

async function stillToDo(
  backend: Backend,
  resource: ResourceMapping,
  { ldap }: MembershipMapping,
  group: Entry,
  { add, remove }: MemberDns,
): Promise<MemberDns> {
  const members = await membersAmong(backend, parseDn(group.dn), ldap, [...add, ...remove], resource.scope.filter);
  const distinct = new Map(add.map((dn) => [dnKey(parseDn(dn)), dn] as const));
  return { add: [...distinct.values()].filter((dn) => !members.has(dn)), remove: remove.filter((dn) => members.has(dn)) };
}
