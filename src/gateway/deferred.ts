// References to what does not exist yet (`onUnresolved: defer`): kept until it does, part of what later changes of the attribute start from,
// in no answer. RFC 7643 sections 2.4 and 4.2; R-095.
import type { ResourceMapping } from '../mapping/mapping.ts';
import { resourceNamed } from '../mapping/mapping.ts';
import { attributeName, type Wanted } from '../mapping/read.ts';
import type { Rule } from '../mapping/rule.ts';
import { idsOf } from '../mapping/rules/reference.ts';
import { setAt, valueAt } from '../mapping/write.ts';
import { isJsonObject } from '../scim/attribute-value.ts';
import type { Json, Resource } from '../scim/schema.ts';
import { type Backend, searchScope } from './backend.ts';
import type { Deferral } from './deferrals.ts';
import { reportDeferred } from './journal.ts';
import { dnsOf } from './references.ts';
import { searchForValue } from './unique-values.ts';

/** A reference of a write that names nothing. */
export interface Unresolved {
  /** Canonical name of the attribute. */
  readonly attribute: string;
  readonly foreignId: string;
}

const deferringRules = ({ rules }: ResourceMapping): readonly Rule[] => rules.filter(({ deferred }) => deferred !== undefined);

/** What one resource waits for. */
export function pendingOf({ state }: Backend, resource: ResourceMapping, id: string): readonly Deferral[] {
  return state && deferringRules(resource).length > 0 ? state.deferrals.of(resource.type.name, id) : [];
}

/** The resource with what it waits for, as if that were there: what a change that adds or removes values begins with. */
export function withPending(resource: ResourceMapping, before: Resource, pending: readonly Deferral[], wanted: Wanted): Resource {
  return deferringRules(resource)
    .filter((rule) => wanted(attributeName(rule)))
    .reduce((current, rule) => {
      const own = pending.filter(({ attribute }) => attribute === rule.target.name).map(({ foreignId }) => elementOf(rule, foreignId));
      const value = valueAt(current, rule.target);
      if (own.length === 0 || (value !== undefined && !Array.isArray(value))) return current;
      const all = [...((value ?? []) as readonly Json[]), ...own];
      return setAt(current, rule.target, rule.target.attribute.multiValued ? all : own[0]);
    }, before);
}

function elementOf({ target }: Rule, id: string): Json {
  return (target.sub ?? target.attribute).type === 'complex' ? { value: id } : id;
}

/**
 * Keeps what a write left unresolved, and forgets what it no longer wants, before it is acknowledged. Only of the attributes that it knew.
 */
export function settle(
  backend: Backend,
  resource: ResourceMapping,
  id: string,
  unresolved: readonly Unresolved[],
  pending: readonly Deferral[],
  wanted: Wanted,
): void {
  const { state, observe, caller = 'unknown', name } = backend;
  if (!state || observe) return;
  const known = new Set(
    deferringRules(resource)
      .filter((rule) => wanted(attributeName(rule)))
      .map(({ target }) => target.name),
  );
  const keyOf = ({ attribute, foreignId }: Unresolved): string => `${attribute}\0${foreignId}`;
  const wantedStill = new Set(unresolved.map(keyOf));
  const waiting = new Set(pending.map(keyOf));
  const removed = pending.filter((one) => known.has(one.attribute) && !wantedStill.has(keyOf(one)));
  const added = unresolved.filter((one) => !waiting.has(keyOf(one)));
  state.deferrals.change({
    added: added.map(({ attribute, foreignId }) => ({
      resourceType: resource.type.name,
      resourceId: id,
      attribute,
      foreignId,
      client: caller,
    })),
    removed: removed.map((one) => one.id),
  });
  for (const attribute of new Set(added.map((one) => one.attribute))) reportDeferred(name, caller, resource.type.name, attribute);
}

/** A resource that a client means by a name of its own. */
export interface Meant {
  readonly dn: string;
  readonly id: string;
}

/** By the attributes that the mapping compares after ids. Two that could be meant are none. */
export async function findByOtherNames(
  backend: Backend,
  foreignId: string,
  to: readonly string[],
  resolveBy: readonly string[],
): Promise<Meant | undefined> {
  for (const name of resolveBy) {
    const found: Meant[] = [];
    for (const type of to) {
      const resource = resourceNamed(backend.mapping, type);
      const target = resource?.rules.find((rule) => rule.target.name === name)?.target;
      if (!resource || !target) continue;
      const { filter, attributes, confirm } = searchForValue(backend, resource, target, foreignId);
      for await (const entry of searchScope(backend, resource, filter, [...attributes, resource.id.ldap])) {
        const id = (await confirm(entry))?.['id'];
        if (typeof id === 'string') found.push({ dn: entry.dn, id });
      }
    }
    const [only, ...others] = found;
    if (only) return others.length === 0 ? only : undefined;
  }
  return undefined;
}

/** The resource with ids of ours where a client names what it refers to by another name, as the mapping allows. */
export async function translateReferences(
  backend: Backend,
  resource: ResourceMapping,
  before: Resource | undefined,
  after: Resource,
): Promise<Resource> {
  let current = after;
  for (const rule of deferringRules(resource)) {
    const { deferred, to = [], target } = rule;
    if (!deferred || deferred.resolveBy.length === 0) continue;
    const old = new Set(idsOf(valueAt(before, target)));
    const asked = idsOf(valueAt(after, target)).filter((id) => !old.has(id));
    if (asked.length === 0) continue;
    const dnOf = await dnsOf(
      backend,
      asked.map((id) => ({ id, to })),
    );
    const ids = new Map<string, string>();
    for (const id of asked) {
      const meant = dnOf(id, to) === undefined ? await findByOtherNames(backend, id, to, deferred.resolveBy) : undefined;
      if (meant) ids.set(id, meant.id);
    }
    if (ids.size > 0) current = setAt(current, target, exchangeIds(valueAt(current, target), ids));
  }
  return current;
}

function exchangeIds(value: Json | undefined, ids: ReadonlyMap<string, string>): Json | undefined {
  if (Array.isArray(value)) return (value as readonly Json[]).map((element) => exchangeIds(element, ids) ?? null);
  const [id] = idsOf(value);
  const own = id === undefined ? undefined : ids.get(id);
  if (own === undefined) return value;
  return isJsonObject(value) ? { value: own } : own;
}
