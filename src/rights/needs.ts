// What a compiled mapping does in the directory, as the least that an account must be allowed: the start of every access rule.
// L-004: an account that may not read a mapped attribute gets wrong answers to negated filters, so reads are listed too.
import { type Dn, dnKey } from '../ldap/dn.ts';
import { filterAttributes, type Filter } from '../ldap/filter.ts';
import type { Mapping, ResourceMapping } from '../mapping/mapping.ts';

export interface ResourceNeeds {
  /** Name of the resource type. */
  readonly name: string;
  readonly bases: readonly { readonly dn: Dn; readonly scope: 'base' | 'one' | 'sub' }[];
  readonly filter: Filter;
  /** Attributes that are read or searched, in order of name; those that are written are among them. */
  readonly reads: readonly string[];
  /** Attributes that a modification changes, and those that a rename does. */
  readonly writes: readonly string[];
  /** Attributes that only a create sets. */
  readonly sets: readonly string[];
  /** Containers of new entries; empty: none are created. */
  readonly createsIn: readonly Dn[];
  readonly objectClasses: readonly string[];
  readonly deletes: boolean;
  /** Attributes of the RDN that follows; empty: entries keep their names. */
  readonly renames: readonly string[];
  readonly password: 'unicodePwd' | 'passwordModify' | 'userPassword' | undefined;
}

export interface Needs {
  /** Whose rights these are: a DN, or on Active Directory also a UPN or DOMAIN\name. */
  readonly account: string;
  readonly baseDn: Dn;
  readonly resources: readonly ResourceNeeds[];
}

export function needsOf(mapping: Mapping, baseDn: Dn, account: string): Needs {
  return { account, baseDn, resources: mapping.resources.map(resourceNeeds) };
}

function resourceNeeds(resource: ResourceMapping): ResourceNeeds {
  const { type, scope, id, rules, set, create, membership, renames, password } = resource;
  const rdn = create?.rdn.map(({ attribute }) => attribute) ?? [];
  const written = rules.filter(({ access }) => access !== 'readOnly' && access !== 'ignoreWrites');
  const createOnly = written.filter(({ access }) => access === 'createOnly').flatMap((rule) => rule.writes);
  const writes = [
    ...written.filter(({ access }) => access !== 'createOnly').flatMap((rule) => rule.writes),
    ...set.filter(({ when }) => when === 'always').map(({ ldap }) => ldap),
    ...(membership ? [membership.ldap] : []),
    ...(renames ? rdn : []),
  ];
  const sets = [...createOnly, ...set.filter(({ when }) => when === 'onCreate').map(({ ldap }) => ldap), ...rdn];
  const reads = ['objectClass', id.ldap, ...rules.flatMap((rule) => rule.reads), ...filterAttributes(scope.filter), ...writes];
  const distinctWrites = distinct(writes.filter((name) => !/^(userPassword|unicodePwd)$/i.test(name)));
  return {
    name: type.name,
    bases: scope.bases,
    filter: scope.filter,
    reads: distinct(reads),
    writes: distinctWrites,
    sets: distinct(sets).filter((name) => !distinctWrites.some((other) => other.toLowerCase() === name.toLowerCase())),
    createsIn: distinctDns((create?.placement ?? []).map(({ base }) => base)),
    objectClasses: create?.objectClasses ?? [],
    deletes: resource.delete !== undefined,
    renames: renames ? rdn : [],
    password: password?.strategy,
  };
}

/** Names are compared without regard to case, and come in order. */
export function distinct(names: readonly string[]): readonly string[] {
  return [...new Map(names.map((name) => [name.toLowerCase(), name] as const).toReversed()).values()].toSorted((a, b) =>
    a.toLowerCase() < b.toLowerCase() ? -1 : 1,
  );
}

export function distinctDns(dns: readonly Dn[]): readonly Dn[] {
  return [...new Map(dns.map((dn) => [dnKey(dn), dn] as const)).values()];
}
