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

/** One resource type: where its entries are, and how each attribute is read, written and asked for. */
export interface ResourceMapping {
  /** The resource type as this mapping offers it. */
  readonly type: ResourceType;
  /** What this is a client's view of. */
  readonly whole?: ResourceMapping;
  /** Attributes that are accepted and not stored: published as read-only. */
  readonly ignoresWrites: readonly string[];
  /** Attributes that the mapping refuses in filters. */
  readonly unfilterable: readonly string[];
  /** Attributes that the mapping keeps out of filters in URLs. */
  readonly sensitive: readonly string[];
  /** Attributes of which no two resources may share a value: 409 uniqueness. */
  readonly unique: readonly AttributeReference[];
  /** Where its entries are, and which of those there they are. */
  readonly scope: { readonly bases: readonly SearchBase[]; readonly filter: Filter };
  /** The attribute behind `id`, which never changes. */
  readonly id: { readonly ldap: string; readonly codec: Codec };
  readonly rules: readonly Rule[];
  /** Values that a new resource gets where the client sends none. */
  readonly defaults: readonly { readonly path: string; readonly template: Template }[];
  /** Undefined: none is created. */
  readonly create: CreateMapping | undefined;
  /** Undefined: only unique values are compared. */
  readonly match: MatchMapping | undefined;
  /** The RDN follows its template when a path in it changes. */
  readonly renames: boolean;
  /** Undefined: none is deleted. */
  readonly delete: { readonly mode: 'purge' } | Quarantine | undefined;
  readonly password: PasswordMapping | undefined;
  /** `members`, changed value by value. */
  readonly membership: MembershipMapping | undefined;
  /** Resource type whose membership tells the `groups` of this one, where no attribute does. */
  readonly groupsFrom: string | undefined;
  readonly set: readonly SetMapping[];
  /** What `meta.version` is made of; `auto`: the change number where the server has one, else a hash. */
  readonly version: 'auto' | 'entryCSN' | 'hash';
}

/** Deleted entries are marked in LDAP, disabled and hidden, and come back with a later create. */
export interface Quarantine {
  readonly mode: 'quarantine';
  readonly marker: {
    readonly ldap: string;
    readonly value: string;
    /** Attribute that gets the time. */ readonly time?: string | undefined;
  };
  /** Where marked entries go; undefined: they stay. */
  readonly moveTo: Dn | undefined;
  /** Finds the marked entries; the scope of the type finds the others. */
  readonly filter: Filter;
  /** Milliseconds after which it is deleted; undefined: never. */
  readonly purgeAfter: number | undefined;
  /** A later create restores it. */
  readonly restores: boolean;
}

/** How entries that exist already are found when a resource is created, and what becomes of them. */
export interface MatchMapping {
  readonly by: readonly AttributeReference[];
  /** Exactly one becomes the resource; else whoever it is conflicts. */
  readonly adopts: boolean;
  /** Entries below it conflict, also those that are no resources. */
  readonly within: Dn;
}

export interface SearchBase {
  readonly dn: Dn;
  readonly scope: 'base' | 'one' | 'sub';
}

/** `attribute=template`, several joined by `+` in a multi-valued RDN. */
export type RdnTemplate = readonly { readonly attribute: string; readonly value: Template }[];

/** How an entry is made (RFC 4511 section 4.7). */
export interface CreateMapping {
  readonly objectClasses: readonly string[];
  readonly rdn: RdnTemplate;
  /** The first whose condition the new resource meets. */
  readonly placement: readonly { readonly when: ResolvedFilter | undefined; readonly base: Dn }[];
  /** What is appended to a name that is taken, then with a number, `tries` in all. */
  readonly onRdnConflict: { readonly append: Template; readonly tries: number } | undefined;
}

export interface PasswordMapping {
  /** `passwordModify` is the operation of RFC 3062, the others are attributes. */
  readonly strategy: 'unicodePwd' | 'passwordModify' | 'userPassword';
  /** What becomes of an account that is created without one; undefined: it has none. */
  readonly missingOnCreate: 'random' | 'createDisabled' | 'reject' | undefined;
}

export interface MembershipMapping {
  /** The attribute that holds the DNs of the members. */
  readonly ldap: string;
  /** Names of the resource types that may be members. */
  readonly to: readonly string[];
  readonly onUnresolved: 'reject' | 'skip' | 'defer';
  readonly resolveBy: readonly string[];
  /** Stands in a group that would be empty, where the object class does not allow that; never shown. */
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
