// Resource to entry: a new entry from a resource, and the changes that turn the resource before into the resource after.
// L-013 (one modification by diff), L-020 (what is not mapped stays), L-043 (renames).
import { formatDn, type Dn, type Rdn } from '../ldap/dn.ts';
import type { Change, Entry } from '../ldap/entry.ts';
import type { Value } from '../ldap/filter.ts';
import type { DirectorySchema } from '../ldap/schema.ts';
import { invalidValue, mutability } from '../scim/error.ts';
import { equalSets } from '../scim/elements.ts';
import { compileFilter } from '../scim/match.ts';
import { equalValues } from '../scim/resource.ts';
import type { Json, Resource } from '../scim/schema.ts';
import { Draft } from './draft.ts';
import type { CreateMapping, ResourceMapping } from './mapping.ts';
import { followRename, isNamedBy, nextRdn, refuseNaming, renderRdn } from './naming.ts';
import type { IdReference, Rule, WriteContext } from './rule.ts';
import type { Template } from './template.ts';
import { scimLookup, setAt, valueAt } from './value-at.ts';
import { keyBySchema, octetKey } from './value-key.ts';

export { scimLookup, setAt, valueAt } from './value-at.ts';

/** An entry to be added. */
export interface NewEntry {
  readonly rdn: Rdn;
  readonly base: Dn;
  readonly attributes: ReadonlyMap<string, readonly Value[]>;
}

/** What an update does to an entry: at most one rename, at most one modification. */
export interface Update {
  /** Absent: the name stays. */
  readonly rename?: Rdn;
  readonly changes: readonly Change[];
}

const writable = (mapping: ResourceMapping): readonly Rule[] => mapping.rules.filter((rule) => rule.access !== 'readOnly');

/** The ids that a resource names and the directory must know, by rule. Only those that `before` does not name already. */
export function idsToResolve(
  mapping: ResourceMapping,
  before: Resource | undefined,
  after: Resource,
): readonly (IdReference & { readonly path: string })[] {
  return writable(mapping).flatMap((rule) => {
    const old = new Set(rule.ids?.(valueAt(before, rule.target)).map(({ id }) => id));
    return (rule.ids?.(valueAt(after, rule.target)) ?? [])
      .filter(({ id }) => !old.has(id))
      .map((reference) => ({ ...reference, path: rule.target.name }));
  });
}

/** The resource as it is written and compared: every value normalized as its mapping says, what is left empty unassigned. Idempotent. */
export function normalizeResource(mapping: ResourceMapping, resource: Resource): Resource {
  return writable(mapping).reduce((current, { target, normalize }) => {
    const value = valueAt(current, target);
    const next = normalize && value !== undefined ? normalize(value) : value;
    return equalValues(value, next) ? current : setAt(current, target, next);
  }, resource);
}

/** The normalized resource, with the mapping's defaults for what the client did not send. */
export function withDefaults(mapping: ResourceMapping, resource: Resource): Resource {
  const completed = mapping.defaults.reduce(
    (current, { path, template }) => {
      const rule = mapping.rules.find((candidate) => candidate.target.name === path);
      const value = rule && valueAt(current, rule.target) === undefined ? template.render(scimLookup(current)) : undefined;
      return rule && value !== undefined ? setAt(current, rule.target, value) : current;
    },
    normalizeResource(mapping, resource),
  );
  return normalizeResource(mapping, completed);
}

/**
 * The entry that a resource becomes. With the directory's schema, values that it could not tell from each other are written once.
 * @throws ScimError invalidValue where a value has no place or the entry would have no name
 */
export function buildEntry(
  mapping: ResourceMapping,
  create: CreateMapping,
  resource: Resource,
  context: WriteContext & { readonly schema?: DirectorySchema },
): NewEntry {
  const normalized = normalizeResource(mapping, resource);
  const draft = new Draft(undefined, context.schema ? keyBySchema(context.schema) : octetKey);
  draft.set('objectClass', create.objectClasses);
  for (const rule of writable(mapping)) writeRule(rule, draft, undefined, valueAt(normalized, rule.target), context);
  const { membership } = mapping;
  if (membership?.placeholder && draft.values(membership.ldap).length === 0) draft.set(membership.ldap, [formatDn(membership.placeholder)]);
  for (const { ldap, template } of mapping.set) {
    const value = template.render(scimLookup(normalized));
    if (value !== undefined && value !== '') draft.set(ldap, [value]);
  }
  const rdn = renderRdn(create.rdn, normalized, mapping);
  for (const { type, value } of rdn) draft.exchange(type, undefined, value);
  return { rdn, base: placeOf(create, normalized), attributes: draft.attributes() };
}

function writeRule(rule: Rule, draft: Draft, before: Json | undefined, after: Json | undefined, context: WriteContext): void {
  if (rule.access === 'ignoreWrites') {
    if (after !== undefined && !equalValues(before, after)) context.ignored(rule.target.name, 'the mapping ignores writes');
  } else if (before !== undefined && isImmutable(rule)) {
    // What a client leaves out stays (RFC 7644 section 3.5.1); the order of values means nothing.
    if (after !== undefined && !equalSets(before, after)) throw mutability(`${rule.target.name} cannot be changed once it is set`);
  } else {
    rule.write(draft, before, after, context);
  }
}

const isImmutable = ({ access, target }: Rule): boolean =>
  access === 'createOnly' || (target.sub ?? target.attribute).mutability === 'immutable';

function placeOf(create: CreateMapping, resource: Resource): Dn {
  const place = create.placement.find(({ when }) => when === undefined || compileFilter(when)(resource));
  if (!place) throw invalidValue('No place in the directory is configured for a resource with these values');
  return place.base;
}

/**
 * What the change from `before` to `after` does to the entry. `guarded`: every change states the old value (If-Match without RFC 4528).
 * @throws ScimError invalidValue where a value has no place, mutability for what cannot change
 */
export function diffEntry(
  mapping: ResourceMapping,
  entry: Entry,
  currentRdn: Rdn,
  before: Resource,
  after: Resource,
  context: WriteContext & { readonly schema: DirectorySchema; readonly guarded?: boolean },
): Update {
  const { schema, guarded = false } = context;
  const next = normalizeResource(mapping, after);
  const draft = new Draft(entry, keyBySchema(schema));
  for (const rule of writable(mapping)) {
    writeRule(rule, draft, valueAt(before, rule.target), valueAt(next, rule.target), context);
    refuseSecondValue(rule, draft, entry, schema);
  }
  const rename = nextRdn(mapping, currentRdn, before, next);
  recompute(mapping, draft, before, next, rename ? [] : currentRdn);
  if (rename) followRename(draft, currentRdn, rename);
  else refuseNaming(draft, entry, currentRdn);
  const replaceOnly = (attribute: string) =>
    schema.attribute(attribute) !== undefined && schema.attribute(attribute)?.equality === undefined;
  const changes = draft.changes({ replaceOnly, guarded });
  return rename ? { rename, changes } : { changes };
}

/** Values that are not ours stay; where the directory takes one value only, there is no room beside them. */
function refuseSecondValue({ target, writes }: Rule, draft: Draft, entry: Entry, schema: DirectorySchema): void {
  const isFull = (ldap: string) => draft.values(ldap).length > Math.max(1, entry.octets(ldap).length);
  if (writes.some((ldap) => schema.attribute(ldap)?.singleValue && isFull(ldap)))
    throw invalidValue(`${target.name} cannot be set: the directory holds another value there, which the gateway does not change`);
}

/** `set.always`: only if a path in the template changed, and only the value computed from the state before is replaced, unless it names the entry. */
function recompute(mapping: ResourceMapping, draft: Draft, before: Resource, after: Resource, fixed: Rdn): void {
  for (const { ldap, template, when } of mapping.set) {
    if (when !== 'always' || !touches(template, before, after)) continue;
    const old = template.render(scimLookup(before));
    const next = template.render(scimLookup(after));
    const isOurs = old !== undefined && draft.has(ldap, old);
    if (isOurs && fixed.some((ava) => isNamedBy(ava, ldap))) continue;
    if (isOurs || draft.values(ldap).length === 0) draft.exchange(ldap, old, next);
  }
}

/** Whether a value that the template is made of changed. */
function touches(template: Template, before: Resource, after: Resource): boolean {
  return template.names.some((name) => scimLookup(before)(name) !== scimLookup(after)(name));
}
