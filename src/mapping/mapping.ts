// The compiled mapping: what the YAML says, resolved against the SCIM schemas, checked, and made executable.
import type { Dn } from '../ldap/dn.ts';
import type { Filter } from '../ldap/filter.ts';
import type { ResolvedFilter } from '../scim/filter.ts';
import type { AttributeReference } from '../scim/path.ts';
import type { ResourceType } from '../scim/schema.ts';
import type { Codec } from './codec.ts';
import type { Rule } from './rule.ts';
import type { Template } from './template.ts';

/** Compiled from one mapping file for one directory. */
export interface Mapping {
  readonly resources: readonly ResourceMapping[];
}

export interface ResourceMapping {
  /** The resource type as this mapping offers it. */
  readonly type: ResourceType;
  /** Attributes that are accepted and not stored: published as read-only. */
  readonly ignoresWrites: readonly string[];
  /** Attributes that the mapping refuses in filters. */
  readonly unfilterable: readonly string[];
  /** Attributes of which no two resources may share a value: 409 uniqueness. */
  readonly unique: readonly AttributeReference[];
  readonly scope: { readonly bases: readonly SearchBase[]; readonly filter: Filter };
  readonly id: { readonly ldap: string; readonly codec: Codec };
  readonly rules: readonly Rule[];
  readonly defaults: readonly { readonly path: string; readonly template: Template }[];
  readonly create: CreateMapping | undefined;
  /** The RDN follows its template when a path in it changes. */
  readonly renames: boolean;
  readonly delete: { readonly mode: 'purge' } | Quarantine | undefined;
  readonly password: PasswordMapping | undefined;
  /** `members`, changed value by value. */
  readonly membership: MembershipMapping | undefined;
  /** Resource type whose membership tells the `groups` of this one, where no attribute does. */
  readonly groupsFrom: string | undefined;
  readonly set: readonly SetMapping[];
  readonly version: 'auto' | 'entryCSN' | 'hash';
}

/** Deleted entries are marked in LDAP, disabled and hidden, and come back with a later create (mapping semantics 8). */
export interface Quarantine {
  readonly mode: 'quarantine';
  readonly marker: { readonly ldap: string; readonly value: string };
  /** Where marked entries go; undefined: they stay. */
  readonly moveTo: Dn | undefined;
  /** Finds the marked entries; the scope of the type finds the others. */
  readonly filter: Filter;
}

export interface SearchBase {
  readonly dn: Dn;
  readonly scope: 'base' | 'one' | 'sub';
}

/** `attribute=template`, several joined by `+` in a multi-valued RDN. */
export type RdnTemplate = readonly { readonly attribute: string; readonly value: Template }[];

export interface CreateMapping {
  readonly objectClasses: readonly string[];
  readonly rdn: RdnTemplate;
  readonly placement: readonly { readonly when: ResolvedFilter | undefined; readonly base: Dn }[];
  readonly onRdnConflict: { readonly append: Template; readonly tries: number } | undefined;
}

export interface PasswordMapping {
  readonly strategy: 'unicodePwd' | 'passwordModify' | 'userPassword';
  readonly missingOnCreate: 'random' | 'createDisabled' | 'reject' | undefined;
}

export interface MembershipMapping {
  readonly ldap: string;
  readonly to: readonly string[];
  readonly onUnresolved: 'reject' | 'skip' | 'defer';
  readonly placeholder: Dn | undefined;
}

/** An LDAP attribute that no client writes. */
export interface SetMapping {
  readonly ldap: string;
  readonly template: Template;
  /** `always` is recomputed when a SCIM path in the template changes; `onCreate` is written once. */
  readonly when: 'always' | 'onCreate';
  /** A taken value gets a number appended. */
  readonly numberOnConflict: boolean;
}

/** The mapping of a resource type by its name. */
export function resourceNamed(mapping: Mapping, name: string): ResourceMapping | undefined {
  return mapping.resources.find((resource) => resource.type.name === name);
}
