// Resource to entry: a new entry from a resource, and the changes that turn the resource before into the resource after.
// L-013 (one modification by diff), L-020 (what is not mapped stays), L-043 (renames).
import { formatDn, type Dn, type Rdn } from '../ldap/dn.ts';
import type { Change, Entry } from '../ldap/entry.ts';
import type { Value } from '../ldap/filter.ts';
import { equalityKind, type DirectorySchema } from '../ldap/schema.ts';
import { invalidValue, mutability } from '../scim/error.ts';
import { compileFilter } from '../scim/match.ts';
import { parsePath } from '../scim/path.ts';
import { equalValues } from '../scim/resource.ts';
import type { Json, JsonObject, Resource } from '../scim/schema.ts';
import { Draft } from './draft.ts';
import type { CreateMapping, RdnTemplate, ResourceMapping } from './mapping.ts';
import type { IdReference, Rule, WriteContext } from './rule.ts';
import type { Template } from './template.ts';

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

/** The value of a rule's attribute in a resource. */
export function valueAt(resource: Resource | undefined, target: Rule['target']): Json | undefined {
  const container = target.extension === undefined ? resource : (resource?.[target.extension] as JsonObject | undefined);
  const value = container?.[target.attribute.name];
  return target.sub ? (value as JsonObject | undefined)?.[target.sub.name] : value;
}

/** The ids that a resource names and the directory must know, by rule. Only those that `before` does not name already. */
export function idsToResolve(mapping: ResourceMapping, before: Resource | undefined, after: Resource): readonly (IdReference & { readonly path: string })[] {
  return writable(mapping).flatMap((rule) => {
    const old = new Set(rule.ids?.(valueAt(before, rule.target)).map(({ id }) => id));
    return (rule.ids?.(valueAt(after, rule.target)) ?? []).filter(({ id }) => !old.has(id)).map((reference) => ({ ...reference, path: rule.target.name }));
  });
}

const writable = (mapping: ResourceMapping): readonly Rule[] => mapping.rules.filter((rule) => rule.access !== 'readOnly');

/** The resource with the mapping's defaults for what the client did not send. */
export function withDefaults(mapping: ResourceMapping, resource: Resource): Resource {
  return mapping.defaults.reduce((current, { path, template }) => {
    const rule = mapping.rules.find((candidate) => candidate.target.name === path);
    const value = rule && valueAt(current, rule.target) === undefined ? template.render(scimLookup(current)) : undefined;
    return rule && value !== undefined ? setAt(current, rule.target, value) : current;
  }, resource);
}

export function setAt(resource: Resource, { extension, attribute, sub }: Rule['target'], value: Json): Resource {
  const container = extension === undefined ? resource : ((resource[extension] as JsonObject | undefined) ?? {});
  const whole = sub ? { ...(container[attribute.name] as JsonObject | undefined), [sub.name]: value } : value;
  const changed = { ...container, [attribute.name]: whole };
  return extension === undefined ? changed : { ...resource, [extension]: changed };
}

/** Text of a SCIM path, for templates: of several elements the primary one, else the first; of a complex value its `value`. */
export function scimLookup(resource: Resource): (path: string) => string | undefined {
  return (text) => {
    const path = parsePath(text);
    if (!path) return undefined;
    const container = path.urn === undefined || !isObject(resource[path.urn]) ? (path.urn === undefined ? resource : {}) : (resource[path.urn] as JsonObject);
    const value = oneOf(container[path.attribute]);
    const part = isObject(value) ? value[path.sub ?? 'value'] : path.sub === undefined ? value : undefined;
    return part === undefined || part === null || typeof part === 'object' ? undefined : String(part);
  };
}

const isObject = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
const oneOf = (value: Json | undefined): Json | undefined => {
  if (!Array.isArray(value)) return value;
  const elements = value as readonly Json[];
  return elements.find((element) => isObject(element) && element['primary'] === true) ?? elements[0];
};

/** The entry that a resource becomes. @throws ScimError invalidValue where a value has no place or the entry would have no name */
export function buildEntry(mapping: ResourceMapping, create: CreateMapping, resource: Resource, context: WriteContext): NewEntry {
  const draft = new Draft(undefined);
  draft.set('objectClass', create.objectClasses);
  for (const rule of writable(mapping)) writeRule(rule, draft, undefined, valueAt(resource, rule.target), context);
  const { membership } = mapping;
  if (membership?.placeholder && draft.values(membership.ldap).length === 0) draft.set(membership.ldap, [formatDn(membership.placeholder)]);
  for (const { ldap, template } of mapping.set) {
    const value = template.render(scimLookup(resource));
    if (value !== undefined && value !== '') draft.set(ldap, [value]);
  }
  const rdn = renderRdn(create.rdn, resource, mapping);
  for (const { type, value } of rdn) draft.exchange(type, undefined, value);
  return { rdn, base: placeOf(create, resource), attributes: draft.attributes() };
}

function writeRule(rule: Rule, draft: Draft, before: Json | undefined, after: Json | undefined, context: WriteContext): void {
  if (rule.access === 'ignoreWrites') {
    if (!equalValues(before, after)) context.ignored(rule.target.name, 'the mapping ignores writes');
  } else {
    rule.write(draft, before, after, context);
  }
}

/** @throws ScimError invalidValue when the template has no value */
export function renderRdn(rdn: RdnTemplate, resource: Resource, mapping: ResourceMapping): Rdn {
  return rdn.map(({ attribute, value }) => {
    const text = value.render(scimLookup(resource))?.trim();
    if (!text) throw invalidValue(`The entry would have no name: ${value.names.join(' or ')} is needed for a ${mapping.type.name}`);
    if (text.includes('\0')) throw invalidValue(`${value.names.join(' or ')} contains a NUL character`);
    return { type: attribute, value: text };
  });
}

function placeOf(create: CreateMapping, resource: Resource): Dn {
  const place = create.placement.find(({ when }) => when === undefined || compileFilter(when)(resource));
  if (!place) throw invalidValue('No place in the directory is configured for a resource with these values');
  return place.base;
}

/** What the change from `before` to `after` does to the entry. `guarded`: every change states the old value (If-Match without RFC 4528). */
export function diffEntry(
  mapping: ResourceMapping,
  entry: Entry,
  currentRdn: Rdn,
  before: Resource,
  after: Resource,
  context: WriteContext & { readonly schema: DirectorySchema; readonly guarded?: boolean },
): Update {
  const draft = new Draft(entry);
  for (const rule of writable(mapping)) writeRule(rule, draft, valueAt(before, rule.target), valueAt(after, rule.target), context);
  recompute(mapping, draft, before, after);
  const rename = nextRdn(mapping, currentRdn, before, after);
  if (rename) followRename(draft, currentRdn, rename);
  else refuseNaming(draft, currentRdn);
  const replaceOnly = (attribute: string) => {
    const type = context.schema.attribute(attribute);
    return type !== undefined && equalityKind(type) === 'none' && type.equality === undefined;
  };
  const changes = draft.changes({ replaceOnly, ...(context.guarded !== undefined && { guarded: context.guarded }) });
  return rename ? { rename, changes } : { changes };
}

/** `set.always`: only if a path in the template changed, and only the value computed from the state before is replaced. */
function recompute(mapping: ResourceMapping, draft: Draft, before: Resource, after: Resource): void {
  for (const { ldap, template, when } of mapping.set) {
    if (when !== 'always' || !touches(template, before, after)) continue;
    const [old, next] = [template.render(scimLookup(before)), template.render(scimLookup(after))];
    const ours = draft.values(ldap).find((octets) => octets.toString() === old);
    if (next !== undefined && next !== '' && (ours !== undefined || draft.values(ldap).length === 0)) draft.exchange(ldap, ours, next);
  }
}

function touches(template: Template, before: Resource, after: Resource): boolean {
  return template.names.some((name) => scimLookup(before)(name) !== scimLookup(after)(name));
}

function nextRdn(mapping: ResourceMapping, current: Rdn, before: Resource, after: Resource): Rdn | undefined {
  const template = mapping.create?.rdn;
  if (!mapping.renames || !template || !template.some(({ value }) => touches(value, before, after))) return undefined;
  const next = renderRdn(template, after, mapping);
  const same = next.length === current.length && next.every((ava, i) => ava.type.toLowerCase() === current[i]?.type.toLowerCase() && ava.value === current[i]?.value);
  return same ? undefined : next;
}

/** The rename itself exchanges the values of the naming attributes; the modification that follows must not name them again. */
function followRename(draft: Draft, current: Rdn, next: Rdn): void {
  for (const { type, value } of next) {
    const old = current.find((ava) => ava.type.toLowerCase() === type.toLowerCase())?.value;
    draft.exchange(type, old, value);
    draft.renamed(type, old, value);
  }
}

/** A value in the RDN cannot be changed by a modification (67): where the mapping keeps names, that is the client's to know. */
function refuseNaming(draft: Draft, current: Rdn): void {
  for (const { type, value } of current) {
    const values = draft.values(type);
    const named = values.some((octets) => octets.toString() === String(value));
    if (values.length > 0 && !named && draft.touches(type)) throw mutability('The attribute that names the entry cannot be changed');
  }
}
