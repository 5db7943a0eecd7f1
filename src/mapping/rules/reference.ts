// References: a DN in LDAP, an id in SCIM. A DN that is no resource of ours is hidden on read and kept on write (L-037).
// RFC 7643 sections 2.4 ($ref), 4.1.2 (groups), 4.2 (members), 4.3 (manager).
import { dnKey, type Dn, formatDn, parseDn } from '../../ldap/dn.ts';
import type { Entry } from '../../ldap/entry.ts';
import { equal, or, present } from '../../ldap/filter.ts';
import { invalidValue } from '../../scim/error.ts';
import type { AttributeReference } from '../../scim/path.ts';
import { equalValues } from '../../scim/resource.ts';
import type { Json, JsonObject } from '../../scim/schema.ts';
import type { Draft } from '../draft.ts';
import { atLeast, nothing, unknown } from '../leaf.ts';
import type { Access, Bounds, DnReference, FilterContext, IdReference, Leaf, Located, ReadContext, Rule, WriteContext } from '../rule.ts';

export interface ReferenceOptions {
  readonly target: AttributeReference;
  readonly access: Access;
  readonly ldap: string;
  readonly to: readonly string[];
  readonly onUnresolved: 'reject' | 'skip' | 'defer';
  /** Hidden member that keeps an otherwise empty group legal (L-053). */
  readonly placeholder?: Dn | undefined;
}

export function referenceRule(options: ReferenceOptions): Rule {
  const { target, access, ldap, to, onUnresolved } = options;
  const multiple = target.attribute.multiValued;
  const references = (values: readonly string[]): readonly DnReference[] => values.filter((dn) => !isPlaceholder(options, dn)).map((dn) => ({ dn, to }));
  return {
    target,
    access,
    reads: [ldap],
    writes: [ldap],
    references: (entry) => references(entry.texts(ldap)),
    ids: (value) => idsOf(value).map((id) => ({ id, to, onUnresolved })),
    read(entry, context) {
      const found = references(entry.texts(ldap)).flatMap((reference) => {
        const located = context.locate(reference);
        return located ? [describe(target, located, context)] : [];
      });
      if (found.length === 0) return undefined;
      return multiple ? found : lowest(found);
    },
    write(draft, before, after, context) {
      if (equalValues(idsOf(before), idsOf(after))) return;
      writeReferences(options, draft, idsOf(before), idsOf(after), context);
      if (options.placeholder) keepPlaceholder(options, draft);
    },
    bounds: (leaf, context) => referenceBounds(options, leaf, context),
  };
}

/** The ids that a value of a reference attribute names. */
export function idsOf(value: Json | undefined): readonly string[] {
  const elements = Array.isArray(value) ? (value as readonly Json[]) : value === undefined || value === null ? [] : [value];
  const ids = elements.flatMap((element) => {
    const id = typeof element === 'object' && element !== null ? (element as JsonObject)['value'] : element;
    return typeof id === 'string' ? [id.slice(id.lastIndexOf('/') + 1)] : [];
  });
  return [...new Set(ids)];
}

const idOf = (value: Json): string => idsOf(value)[0] ?? '';
const lowest = (values: readonly Json[]): Json | undefined => (values.length <= 1 ? values[0] : [...values].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1))[0]);

function describe({ attribute, sub }: AttributeReference, located: Located, context: ReadContext): Json {
  const $ref = context.locationOf(located.type, located.id);
  const own = sub ?? attribute;
  if (own.type !== 'complex') return own.type === 'reference' ? $ref : located.id;
  const has = (name: string) => own.subAttributes?.some((candidate) => candidate.name === name);
  return {
    value: located.id,
    ...(has('$ref') && { $ref }),
    ...(has('display') && located.display !== undefined && { display: located.display }),
    ...(has('displayName') && located.display !== undefined && { displayName: located.display }),
    ...(has('type') && { type: located.type }),
  };
}

function isPlaceholder({ placeholder }: ReferenceOptions, dn: string): boolean {
  return placeholder !== undefined && dnKey(parseDn(dn)) === dnKey(placeholder);
}

function writeReferences(options: ReferenceOptions, draft: Draft, before: readonly string[], after: readonly string[], context: WriteContext): void {
  const { ldap, to, target } = options;
  const wanted = new Set(after);
  const had = new Set(before);
  const gone = draft.values(ldap).filter((octets) => {
    const located = context.locate({ dn: octets.toString(), to });
    return located !== undefined && had.has(located.id) && !wanted.has(located.id);
  });
  const present = new Set(draft.values(ldap).map((octets) => dnKey(parseDn(octets.toString()))));
  const added = after.filter((id) => !had.has(id)).flatMap((id) => {
    const dn = context.dnOf(id, to);
    if (dn === undefined) {
      context.ignored(target.name, 'the reference names no resource');
      return [];
    }
    return present.has(dnKey(parseDn(dn))) ? [] : [dn];
  });
  draft.exchangeAll(ldap, gone, added);
}

/** A group that would have no member gets the placeholder, one that has others loses it, in the same modification. */
function keepPlaceholder(options: ReferenceOptions, draft: Draft): void {
  const placeholder = options.placeholder && formatDn(options.placeholder);
  const held = draft.values(options.ldap).filter((octets) => isPlaceholder(options, octets.toString()));
  const others = draft.values(options.ldap).length - held.length;
  if (others === 0 && held.length === 0 && placeholder !== undefined) draft.exchangeAll(options.ldap, [], [placeholder]);
  if (others > 0 && held.length > 0) draft.exchangeAll(options.ldap, held, []);
}

function referenceBounds({ ldap, to }: ReferenceOptions, leaf: Leaf, context: FilterContext): Bounds {
  if (!context.schema.attribute(ldap)) return unknown;
  const some = atLeast(present(ldap));
  if (leaf.test === 'present' || leaf.test.operator !== 'eq') return some;
  if (leaf.sub !== undefined && leaf.sub !== 'value' && leaf.sub !== '$ref') return some;
  const dn = context.dnOf(idOf(leaf.test.value), to);
  return dn === undefined ? nothing : atLeast(equal(ldap, dn));
}

export interface MembershipsOptions {
  readonly target: AttributeReference;
  /** Attribute of the entry that lists its groups, or undefined where groups are searched by member. */
  readonly direct: string | undefined;
  readonly primaryGroup: boolean;
  readonly to: readonly string[];
}

/** The SID of the primary group: the domain part of the entry's own SID with `primaryGroupID` behind it ([MS-ADTS] 3.1.1.4.5.31). */
export type PrimaryGroup = (entry: Entry) => string | undefined;

/** `groups` of a user: read-only, changed through the groups. */
export function membershipsRule(options: MembershipsOptions, primaryGroup: PrimaryGroup): Rule {
  const { target, direct, to } = options;
  const references = (entry: Entry): readonly DnReference[] => {
    if (direct === undefined) return [];
    const primary = options.primaryGroup ? primaryGroup(entry) : undefined;
    return [...entry.texts(direct), ...(primary === undefined ? [] : [primary])].map((dn) => ({ dn, to }));
  };
  return {
    target,
    access: 'readOnly',
    reads: [...(direct === undefined ? [] : [direct]), ...(options.primaryGroup ? ['objectSid', 'primaryGroupID'] : [])],
    writes: [],
    references,
    read(entry, context) {
      const located = direct === undefined ? context.groupsOf(entry) : references(entry).flatMap((reference) => context.locate(reference) ?? []);
      const unique = new Map(located.map((group) => [group.id, group] as const));
      const groups = [...unique.values()].map((group) => ({ ...(describe(target, group, context) as JsonObject), type: 'direct' }));
      return groups.length > 0 ? groups : undefined;
    },
    write: () => undefined,
    bounds(leaf, context) {
      if (direct === undefined || options.primaryGroup || !context.schema.attribute(direct)) return unknown;
      if (leaf.test === 'present' || leaf.test.operator !== 'eq' || (leaf.sub !== undefined && leaf.sub !== 'value')) return atLeast(present(direct));
      const dn = context.dnOf(idOf(leaf.test.value), to);
      return dn === undefined ? nothing : atLeast(or([equal(direct, dn)]));
    },
  };
}

/** @throws ScimError invalidValue for ids that name nothing */
export function refuseUnresolved(path: string, reference: IdReference): never {
  throw invalidValue(`${path} names a resource that does not exist (${reference.to.join(' or ')})`);
}
