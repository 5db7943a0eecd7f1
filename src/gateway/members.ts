// Members added and removed value by value, without reading the group (L-014, L-053, L-054).
import { parseDn, formatDn, dnKey } from '../ldap/dn.ts';
import { and, equal } from '../ldap/filter.ts';
import type { MembershipMapping, ResourceMapping } from '../mapping/mapping.ts';
import { refuseUnresolved } from '../mapping/rules/reference.ts';
import type { MembershipDelta } from '../scim/patch.ts';
import type { ResourceType } from '../scim/schema.ts';
import { type Backend, findEntry, mappingOf } from './backend.ts';
import type { Client } from './client.ts';
import { type Prepare, runWrite } from './execute.ts';
import type { Conditions } from './gateway.ts';
import { guardEntry } from './guards.ts';
import { isLimited, lossOfMembers } from './limits.ts';
import { planMembers, type MemberChanges } from './plan.ts';
import { dnsOf, membersAmong } from './references.ts';
import { checkConditions, versionAssertion, versionAttributes, versionOf } from './version.ts';
import { journalling } from './write-context.ts';
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
  const versions = versionAttributes(backend, resource);
  let pending: MemberDns | undefined;
  let bringBack = false;
  const prepare: Prepare<string | undefined> = async (previous) => {
    const group = await findEntry(backend, resource, id, [resource.id.ldap, ...versions]);
    const dn = parseDn(group.dn);
    checkConditions(conditions, versionOf(backend, resource, group));
    const asked = pending ?? (await resolveMembers(backend, client, membership, delta));
    // After a failure the values themselves decide what is left to do; and who is no member does not count as removed.
    const isCounted = asked.remove.length > 0 && isLimited(backend, 'removeMember');
    pending = previous || isCounted ? await stillToDo(backend, resource, membership, group, asked) : asked;
    bringBack ||= previous?.resultCode === wouldBeEmpty;
    // What is left although the server refuses it is not done by trying again.
    if (previous?.resultCode === 53 && sameSize(pending, asked)) throw previous;
    const changes = await withPlaceholder(backend, resource, membership, group, pending, bringBack);
    const plan = planMembers(dn, changes, conditions.ifMatch ? versionAssertion(backend, resource, group) : undefined);
    if (plan.steps.length > 0) await guardEntry(backend, dn);
    const before = versionOf(backend, resource, group);
    const answer = async (written: Entry | undefined) => {
      if (plan.steps.length === 0) return before;
      return versionOf(backend, resource, written ?? (await findEntry(backend, resource, id, [resource.id.ldap, ...versions])));
    };
    const losses = pending.remove.length > 0 ? [lossOfMembers(backend, resource, pending.remove.length)] : [];
    return { plan, losses, answer, foreseen: { answer: before } };
  };
  return runWrite(
    { backend, type, id, operation: 'update', postRead: versions, conditional: conditions.ifMatch !== undefined, retryOn },
    prepare,
  );
}

interface MemberDns {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

async function resolveMembers(
  backend: Backend,
  client: Client,
  { to, onUnresolved }: MembershipMapping,
  delta: MembershipDelta,
): Promise<MemberDns> {
  const dnOf = await dnsOf(
    backend,
    [...delta.add, ...delta.remove].map((id) => ({ id, to })),
  );
  const add = delta.add.flatMap((id) => {
    const dn = dnOf(id, to);
    if (dn === undefined && onUnresolved !== 'skip') refuseUnresolved('members', { id, to, onUnresolved });
    if (dn === undefined) journalling(backend, client).ignored('members', 'the reference names no resource');
    return dn === undefined ? [] : [dn];
  });
  // Who does not exist is no member.
  return { add, remove: delta.remove.flatMap((id) => dnOf(id, to) ?? []) };
}

const sameSize = (a: MemberDns, b: MemberDns): boolean => a.add.length === b.add.length && a.remove.length === b.remove.length;

/** The first member takes the placeholder away, the last one that leaves brings it back, in the same modification. */
async function withPlaceholder(
  backend: Backend,
  resource: ResourceMapping,
  { ldap, placeholder }: MembershipMapping,
  group: Entry,
  { add, remove }: MemberDns,
  bringBack: boolean,
): Promise<MemberChanges> {
  if (!placeholder || add.length + remove.length === 0) return { attribute: ldap, add, remove };
  const text = formatDn(placeholder);
  if (bringBack) return { attribute: ldap, add: [...add, text], remove };
  const held = add.length > 0 && (await backend.directory.read(parseDn(group.dn), [], and([resource.scope.filter, equal(ldap, text)])));
  return { attribute: ldap, add, remove: held ? [...remove, text] : remove };
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
