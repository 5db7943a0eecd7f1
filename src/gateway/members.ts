// Members added and removed value by value, without reading the group (L-014, L-053, L-054).
import { parseDn, formatDn, dnKey } from '../ldap/dn.ts';
import { DirectoryError } from '../ldap/directory.ts';
import { and, equal } from '../ldap/filter.ts';
import type { MembershipMapping, ResourceMapping } from '../mapping/mapping.ts';
import { refuseUnresolved } from '../mapping/rules/reference.ts';
import { unavailable } from '../scim/error.ts';
import type { MembershipDelta } from '../scim/patch.ts';
import type { ResourceType } from '../scim/schema.ts';
import { type Backend, findEntry, mappingOf } from './backend.ts';
import type { Client } from './client.ts';
import { translateError } from './errors.ts';
import { executePlan } from './execute.ts';
import type { Conditions } from './gateway.ts';
import { guardEntry } from './guards.ts';
import { planMembers, type MemberChanges } from './plan.ts';
import { dnsOf, membersAmong } from './references.ts';
import { checkConditions, versionAssertion, versionAttributes, versionOf } from './version.ts';
import { journalling } from './write-context.ts';
import type { Entry } from '../ldap/entry.ts';

/** Already a member, not a member: RFC 4511 codes 20 and 16, and 68 and 53 of Active Directory; 65 when the class forbids the empty group. */
const already = new Set([16, 20, 53, 68]);
const wouldBeEmpty = 65;
const attempts = 4;

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
  try {
    const wanted = await resolveMembers(backend, client, membership, delta);
    return await applyMembers(backend, resource, membership, id, wanted, conditions);
  } catch (error) {
    throw translateError(error, 'update');
  }
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

async function applyMembers(
  backend: Backend,
  resource: ResourceMapping,
  membership: MembershipMapping,
  id: string,
  wanted: MemberDns,
  conditions: Conditions,
): Promise<string | undefined> {
  const versions = versionAttributes(backend, resource);
  let pending = wanted;
  let placeholderBack = false;
  for (let attempt = 1; ; attempt++) {
    const group = await findEntry(backend, resource, id, [resource.id.ldap, ...versions]);
    const dn = parseDn(group.dn);
    checkConditions(conditions, versionOf(backend, resource, group));
    await guardEntry(backend, dn);
    const changes = await withPlaceholder(backend, resource, membership, group, pending, placeholderBack);
    const plan = planMembers(dn, changes, conditions.ifMatch ? versionAssertion(backend, resource, group) : undefined);
    try {
      const written = await executePlan(plan, { directory: backend.directory, operation: 'update', postRead: versions });
      return versionOf(
        backend,
        resource,
        written ?? (plan.steps.length > 0 && versions.length > 0 ? await findEntry(backend, resource, id, versions) : group),
      );
    } catch (error) {
      if (!(error instanceof DirectoryError) || attempt >= attempts) throw error;
      // The values decide what is left to do: after a conflict, and after an outcome that is unknown.
      const left = await stillToDo(backend, resource, membership, group, pending);
      const done = left.add.length + left.remove.length === 0;
      if (error.outcomeUnknown) {
        if (!done) throw unavailable(5, error);
      } else if (error.resultCode === wouldBeEmpty && membership.placeholder && !placeholderBack) {
        placeholderBack = true;
      } else if (!already.has(error.resultCode ?? -1) && error.resultCode !== 32) {
        throw error;
      } else if (error.resultCode === 53 && !done && sameSize(left, pending)) {
        throw error;
      }
      pending = left;
    }
  }
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
