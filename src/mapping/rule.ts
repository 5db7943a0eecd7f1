// What a compiled mapping is made of: one rule per mapped SCIM attribute or sub-attribute, each able to read, write and filter it.
import type { Entry } from '../ldap/entry.ts';
import type { Filter } from '../ldap/filter.ts';
import type { DirectorySchema } from '../ldap/schema.ts';
import type { ResolvedFilter } from '../scim/filter.ts';
import type { AttributeReference } from '../scim/path.ts';
import type { Json } from '../scim/schema.ts';
import type { Draft } from './draft.ts';

/** A resource that a DN names. */
export interface Located {
  readonly id: string;
  /** Name of its resource type. */
  readonly type: string;
  /** Its displayName, or what comes nearest. */
  readonly display?: string;
}

/** A DN found in an entry, and the resource types that it may name. */
export interface DnReference {
  readonly dn: string;
  readonly to: readonly string[];
}

/** What reading an entry needs from outside, gathered beforehand. */
export interface ReadContext {
  /** Undefined: dangling, foreign or out of scope; hidden. */
  locate(reference: DnReference): Located | undefined;
  /** Groups that list the entry as a member, where no attribute of the entry tells. */
  groupsOf(entry: Entry): readonly Located[];
  /** Absolute URL of a resource. */
  locationOf(type: string, id: string): string;
}

/** What writing needs from outside, gathered beforehand. */
export interface WriteContext {
  /** DN of a resource that a client named by id; undefined where the mapping says that unresolved ids are skipped. */
  dnOf(id: string, to: readonly string[]): string | undefined;
  /** Inverse of `dnOf` for the DNs that the entry holds. */
  locate(reference: DnReference): Located | undefined;
  /** Elements whose `type` has no place in the directory: refuse, or leave out. */
  readonly extraElements: 'reject' | 'ignore';
  /** Reports a value that was accepted and not stored; for the journal. */
  ignored(path: string, reason: string): void;
}

/** What translating a filter needs from outside, gathered beforehand. */
export interface FilterContext {
  readonly schema: DirectorySchema;
  /** The server leaves out entries where one of several alternatives is a negation: it is never asked such a question. */
  readonly misreadsNegatedAlternatives?: boolean;
  /** DN of a resource named in the filter; undefined: there is none, so nothing can match. */
  dnOf(id: string, to: readonly string[]): string | undefined;
}

/**
 * An LDAP filter that matches at least (`over`) and one that matches at most (`under`) the entries meant (L-001).
 * They are the same filter exactly when the directory answers the question by itself.
 */
export interface Bounds {
  readonly over: Filter;
  readonly under: Filter;
}

/** `pr`, or a comparison; `sub` names the sub-attribute that is asked, where the rule serves a complex attribute. */
export interface Leaf {
  readonly sub: string | undefined;
  readonly caseExact: boolean;
  readonly test: 'present' | Comparison;
}
export interface Comparison {
  readonly operator: (ResolvedFilter & { kind: 'compare' })['operator'];
  readonly value: string | number | boolean;
}

export type Access = 'readWrite' | 'readOnly' | 'ignoreWrites' | 'createOnly' | 'writeOnly';

export interface Rule {
  /** The attribute, or with `sub` the sub-attribute, of the resource type that it serves. */
  readonly target: AttributeReference;
  readonly access: Access;
  /** LDAP attributes it reads. */
  readonly reads: readonly string[];
  /** LDAP attributes it may change. */
  readonly writes: readonly string[];
  /** The part of a shared LDAP attribute that it owns: a bit mask, or a prefix of values. */
  readonly owns?: number | string;
  read(entry: Entry, context: ReadContext): Json | undefined;
  /** The value as it is written and compared, where the mapping normalizes; undefined if nothing is left of it. */
  normalize?(value: Json): Json | undefined;
  /** Carries a change of the SCIM value into the draft. @throws ScimError invalidValue */
  write(draft: Draft, before: Json | undefined, after: Json | undefined, context: WriteContext): void;
  bounds(leaf: Leaf, context: FilterContext): Bounds;
  /** Bounds of a value path (one element satisfies all); absent: evaluated in memory over the present ones. */
  elementBounds?(filter: ResolvedFilter, context: FilterContext): Bounds;
  /** Names of the resource types that its values refer to. */
  readonly to?: readonly string[];
  /** A value that names nothing yet is kept until it does; `resolveBy`: what it is compared with beside ids. */
  readonly deferred?: { readonly resolveBy: readonly string[] };
  /** The DNs it will ask `locate` for. */
  references?(entry: Entry): readonly DnReference[];
  /** The value made of what its references name; what `read` gives for the same. */
  show?(located: readonly Located[], context: Pick<ReadContext, 'locationOf'>): Json | undefined;
  /** The ids of a SCIM value that it will ask `dnOf` for. */
  ids?(value: Json | undefined): readonly IdReference[];
}

export interface IdReference {
  readonly id: string;
  readonly to: readonly string[];
  readonly onUnresolved: 'reject' | 'skip' | 'defer';
}
