// Entry to resource: every rule whose attribute is wanted reads its part.
import type { Entry } from '../ldap/entry.ts';
import { schemasOf } from '../scim/resource.ts';
import type { Json, Resource } from '../scim/schema.ts';
import type { ResourceMapping } from './mapping.ts';
import type { DnReference, ReadContext, Rule } from './rule.ts';

/** Which top-level attributes are wanted, by the canonical name of AttributeReference without the sub-attribute; always answers the same. */
export type Wanted = (attribute: string) => boolean;

export const everything: Wanted = () => true;

/** For rules that refer to nothing outside their entry. */
export const withoutContext: ReadContext = { locate: () => undefined, groupsOf: () => [], locationOf: () => '' };

/** Canonical name of the attribute that a rule serves, without the sub-attribute. */
export function attributeName({ target }: Pick<Rule, 'target'>): string {
  return target.extension === undefined ? target.attribute.name : `${target.extension}:${target.attribute.name}`;
}

/** What one request wants is asked for each of its entries. */
const known = new WeakMap<Wanted, WeakMap<ResourceMapping, readonly Rule[]>>();

function wantedRules(mapping: ResourceMapping, wanted: Wanted): readonly Rule[] {
  const byMapping = known.get(wanted) ?? new WeakMap<ResourceMapping, readonly Rule[]>();
  const found = byMapping.get(mapping);
  if (found) return found;
  const rules = mapping.rules.filter((rule) => wanted(attributeName(rule)));
  known.set(wanted, byMapping.set(mapping, rules));
  return rules;
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
  const core: Container = { schemas: [], id };
  const meta: Container = { resourceType: type.name };
  const extensions = new Map<string, Container>();
  for (const rule of wantedRules(mapping, wanted)) {
    const value = rule.read(entry, context);
    if (value === undefined) continue;
    const { extension, attribute, sub } = rule.target;
    if (extension !== undefined) place(containerIn(extensions, extension), attribute.name, sub?.name, value);
    else if (attribute.name === 'meta') Object.assign(meta, sub ? { [sub.name]: value } : value);
    else place(core, attribute.name, sub?.name, value);
  }
  for (const [urn, container] of extensions) core[urn] = container;
  meta['location'] = context.locationOf(type.name, id);
  if (version !== undefined) meta['version'] = version;
  core['meta'] = meta;
  core['schemas'] = schemasOf(core, type);
  return core;
}

type Container = Record<string, Json>;

function containerIn(extensions: Map<string, Container>, urn: string): Container {
  const container = extensions.get(urn) ?? {};
  extensions.set(urn, container);
  return container;
}

function place(container: Container, name: string, sub: string | undefined, value: Json): void {
  if (sub === undefined) {
    container[name] = value;
    return;
  }
  // What is there was put there by the rules of other parts.
  const whole = (Object.hasOwn(container, name) ? container[name] : {}) as Container;
  whole[sub] = value;
  container[name] = whole;
}
