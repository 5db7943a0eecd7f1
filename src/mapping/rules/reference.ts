// References: a DN in LDAP, an id in SCIM. A DN that is no resource of ours is hidden on read and kept on write (L-037).
// RFC 7643 sections 2.4 ($ref), 4.2 (members), 4.3 (manager).
import { type Dn, dnKey, formatDn } from '../../ldap/dn.ts';
import { equal, present } from '../../ldap/filter.ts';
import { equalityKind } from '../../ldap/schema.ts';
import { invalidValue } from '../../scim/error.ts';
import type { AttributeReference } from '../../scim/path.ts';
import { equalValues } from '../../scim/resource.ts';
import type { Json, JsonObject } from '../../scim/schema.ts';
import type { Draft } from '../draft.ts';
import { atLeast, exactly, nothing, unknown } from '../leaf.ts';
import type { Access, Bounds, DnReference, FilterContext, IdReference, Leaf, Located, ReadContext, Rule, WriteContext } from '../rule.ts';
import { dnTextKey } from '../value-key.ts';

export interface ReferenceOptions {
  readonly target: AttributeReference;
  readonly access: Access;
  readonly ldap: string;
  readonly to: readonly string[];
  readonly onUnresolved: 'reject' | 'skip' | 'defer';
  readonly resolveBy?: readonly string[] | undefined;
  /** Hidden member that keeps an otherwise empty group legal (L-053). */
  readonly placeholder?: Dn | undefined;
}

export function referenceRule(options: ReferenceOptions): Rule {
  const { target, access, ldap, to, onUnresolved, resolveBy = [] } = options;
  const references = (values: readonly string[]): readonly DnReference[] =>
    values.filter(isOther(options.placeholder)).map((dn) => ({ dn, to }));
  const show = (located: readonly Located[], context: Naming): Json | undefined => {
    const found = distinct(located).map((each) => describe(target, each, context));
    // LDAP values have no order: of several, the lowest id counts.
    return target.attribute.multiValued && found.length > 0 ? found : found[0];
  };
  return {
    target,
    access,
    reads: [ldap],
    writes: [ldap],
    to,
    ...(onUnresolved === 'defer' && access !== 'readOnly' && { deferred: { resolveBy } }),
    references: (entry) => references(entry.texts(ldap)),
    ids: (value) => idsOf(value).map((id) => ({ id, to, onUnresolved })),
    read: (entry, context) =>
      show(
        references(entry.texts(ldap)).flatMap((reference) => context.locate(reference) ?? []),
        context,
      ),
    show,
    write(draft, before, after, context) {
      if (equalValues(idsOf(before), idsOf(after))) return;
      writeReferences(options, draft, idsOf(before), idsOf(after), context);
      if (options.placeholder) keepPlaceholder(options, draft);
    },
    bounds: (leaf, context) =>
      referenceBounds({ ...options, isWhole: target.attribute.multiValued && target.attribute.type !== 'reference' }, leaf, context),
  };
}

type Naming = Pick<ReadContext, 'locationOf'>;

/** Each resource once, in the order of ids. */
export function distinct(located: readonly Located[]): readonly Located[] {
  const byId = new Map(located.map((each) => [each.id, each] as const));
  return [...byId.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** The ids that a value of a reference attribute names, each once. */
export function idsOf(value: Json | undefined): readonly string[] {
  const elements = Array.isArray(value) ? (value as readonly Json[]) : value === undefined || value === null ? [] : [value];
  const ids = elements.flatMap((element) => {
    const id = typeof element === 'object' && element !== null ? (element as JsonObject)['value'] : element;
    return typeof id === 'string' ? [idOfLocation(id)] : [];
  });
  return [...new Set(ids)];
}

/** The last segment of a URL; anything else is an id already. */
function idOfLocation(text: string): string {
  const segment = text.slice(text.lastIndexOf('/') + 1);
  try {
    return segment === text ? text : decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** A reference as the client sees it: with those sub-attributes that the attribute has. */
export function describe({ attribute, sub }: AttributeReference, located: Located, context: Naming): Json {
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

/** Whether a DN is not the placeholder. */
function isOther(placeholder: Dn | undefined): (dn: string) => boolean {
  const hidden = placeholder && dnKey(placeholder);
  return (dn) => hidden === undefined || dnTextKey(dn) !== hidden;
}

function writeReferences(
  { ldap, to, target }: ReferenceOptions,
  draft: Draft,
  before: readonly string[],
  after: readonly string[],
  context: WriteContext,
): void {
  const wanted = new Set(after);
  const had = new Set(before);
  const gone = draft.values(ldap).filter((octets) => {
    const located = context.locate({ dn: octets.toString(), to });
    return located !== undefined && had.has(located.id) && !wanted.has(located.id);
  });
  const present = new Set(draft.values(ldap).map((octets) => dnTextKey(octets.toString())));
  const added = after.flatMap((id) => {
    if (had.has(id)) return [];
    const dn = context.dnOf(id, to);
    if (dn === undefined) context.ignored(target.name, 'the reference names no resource');
    return dn === undefined || present.has(dnTextKey(dn)) ? [] : [dn];
  });
  draft.exchangeAll(ldap, gone, added, { computed: target.attribute.multiValued });
}

/** A group that would have no member gets the placeholder, one that has others loses it, in the same modification. */
function keepPlaceholder(options: ReferenceOptions, draft: Draft): void {
  const placeholder = options.placeholder && formatDn(options.placeholder);
  const other = isOther(options.placeholder);
  const held = draft.values(options.ldap).filter((octets) => !other(octets.toString()));
  const others = draft.values(options.ldap).length - held.length;
  if (others === 0 && held.length === 0 && placeholder !== undefined)
    draft.exchangeAll(options.ldap, [], [placeholder], { computed: true });
  if (others > 0 && held.length > 0) draft.exchangeAll(options.ldap, held, [], { computed: true });
}

export interface ReferenceColumn {
  readonly ldap: string;
  readonly to: readonly string[];
  readonly placeholder?: Dn | undefined;
  /** Every DN that names a resource is shown, so that the directory alone knows who is named; else only one of several is. */
  readonly isWhole: boolean;
}

/** Bounds of a comparison with an attribute that holds DNs: the directory compares those, and knows nothing else of what they name. */
export function referenceBounds({ ldap, to, placeholder, isWhole }: ReferenceColumn, { sub, test }: Leaf, context: FilterContext): Bounds {
  const type = context.schema.attribute(ldap);
  if (!type) return unknown;
  const some = atLeast(present(ldap));
  if (test === 'present' || test.operator !== 'eq' || equalityKind(type) !== 'dn') return some;
  if (sub !== undefined && sub !== 'value' && sub !== '$ref') return some;
  const [id] = idsOf(test.value);
  const dn = id === undefined ? undefined : context.dnOf(id, to);
  if (dn === undefined || (placeholder && dnTextKey(dn) === dnKey(placeholder))) return nothing;
  // A location is more than the id in it: it may name another type, or another server.
  return isWhole && test.value === id ? exactly(equal(ldap, dn)) : atLeast(equal(ldap, dn));
}

/** @throws ScimError invalidValue for ids that name nothing */
export function refuseUnresolved(path: string, reference: IdReference): never {
  throw invalidValue(`${path} names a resource that does not exist (${reference.to.join(' or ')})`);
}
