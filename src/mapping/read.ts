// Entry to resource: every rule whose attribute is wanted reads its part.
import type { Entry } from '../ldap/entry.ts';
import { withSchemas } from '../scim/resource.ts';
import type { Json, JsonObject, Resource } from '../scim/schema.ts';
import type { ResourceMapping } from './mapping.ts';
import type { DnReference, ReadContext, Rule } from './rule.ts';

/** Which top-level attributes are wanted, by the canonical name of AttributeReference without the sub-attribute. */
export type Wanted = (attribute: string) => boolean;

export const everything: Wanted = () => true;

/** For rules that refer to nothing outside their entry. */
export const withoutContext: ReadContext = { locate: () => undefined, groupsOf: () => [], locationOf: () => '' };

/** Canonical name of the attribute that a rule serves, without the sub-attribute. */
export function attributeName({ target }: Pick<Rule, 'target'>): string {
  return target.extension === undefined ? target.attribute.name : `${target.extension}:${target.attribute.name}`;
}

function wantedRules(mapping: ResourceMapping, wanted: Wanted): readonly Rule[] {
  return mapping.rules.filter((rule) => wanted(attributeName(rule)));
}

/** The LDAP attributes that the wanted part of a resource is made of, and the id. */
export function attributesToRead(mapping: ResourceMapping, wanted: Wanted): readonly string[] {
  return [...new Set([mapping.id.ldap, ...wantedRules(mapping, wanted).flatMap((rule) => rule.reads)])];
}

/** The DNs in an entry that reading the wanted part will ask the context to locate. */
export function referencesIn(mapping: ResourceMapping, entry: Entry, wanted: Wanted): readonly DnReference[] {
  return wantedRules(mapping, wanted).flatMap((rule) => rule.references?.(entry) ?? []);
}

/** The resource's id, or undefined for an entry that has none and so cannot be exposed (L-029). */
export function readId(mapping: ResourceMapping, entry: Entry): string | undefined {
  const [octets] = entry.octets(mapping.id.ldap);
  const id = octets && mapping.id.codec.decode(octets);
  return typeof id === 'string' && id !== '' ? id.toLowerCase() : undefined;
}

/** The wanted part of the resource that an entry is, with `schemas`, `id` and `meta`; undefined for an entry without id. */
export function readResource(
  mapping: ResourceMapping,
  entry: Entry,
  context: ReadContext,
  version: string | undefined,
  wanted: Wanted = everything,
): Resource | undefined {
  const id = readId(mapping, entry);
  if (id === undefined) return undefined;
  const { type } = mapping;
  const core: Record<string, Json> = { id };
  const extensions = new Map<string, Record<string, Json>>();
  for (const rule of wantedRules(mapping, wanted)) {
    const value = rule.read(entry, context);
    if (value === undefined) continue;
    const { extension, attribute, sub } = rule.target;
    const container = extension === undefined ? core : (extensions.get(extension) ?? {});
    if (extension !== undefined) extensions.set(extension, container);
    container[attribute.name] = sub ? { ...(container[attribute.name] as JsonObject | undefined), [sub.name]: value } : value;
  }
  const meta = {
    resourceType: type.name,
    ...(core['meta'] as JsonObject | undefined),
    location: context.locationOf(type.name, id),
    ...(version !== undefined && { version }),
  };
  delete core['meta'];
  return withSchemas({ ...core, ...Object.fromEntries(extensions), meta }, type);
}
