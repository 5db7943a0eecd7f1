// References between resources: DNs to ids and ids to DNs, in batches, always within the scope of the type that is meant.
// L-035 (no search per value), L-036 (DNs compare by meaning), L-037 (dangling and foreign ones are hidden).
import { type Dn, dnKey, formatDn, isUnder, parseDn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import { and, equal, type Filter, or } from '../ldap/filter.ts';
import { idFilter } from '../mapping/filter.ts';
import { type ResourceMapping, resourceNamed } from '../mapping/mapping.ts';
import { readId } from '../mapping/read.ts';
import type { DnReference, Located, ReadContext } from '../mapping/rule.ts';
import { type Backend, locationOf, searchScope } from './backend.ts';

/** Values in one OR-ed look-up. */
const batch = 100;
/** Searches under way at once, where a question cannot be OR-ed. */
const inFlight = 32;

const safeDn = (text: string): Dn | undefined => {
  try {
    return parseDn(text);
  } catch {
    return undefined;
  }
};

const refKey = ({ dn, to }: DnReference): string => `${dn}\0${to.join()}`;

/** Looks up all references at once; the answer tells what each one names, undefined where it names nothing of ours. */
export async function locateAll(
  backend: Backend,
  references: Iterable<DnReference>,
): Promise<(reference: DnReference) => Located | undefined> {
  const wanted = new Map([...references].map((reference) => [refKey(reference), reference] as const));
  const byType = new Map<string, Map<string, Dn>>();
  for (const { dn, to } of wanted.values()) {
    const parsed = safeDn(dn);
    if (parsed) for (const type of to) byType.set(type, (byType.get(type) ?? new Map<string, Dn>()).set(dnKey(parsed), parsed));
  }
  const located = new Map<string, Located>();
  await Promise.all([...byType].map(([type, dns]) => locateType(backend, type, dns, located)));
  return (reference) => {
    const parsed = safeDn(reference.dn);
    const found = parsed && reference.to.map((type) => located.get(`${type}\0${dnKey(parsed)}`)).find((each) => each !== undefined);
    return found;
  };
}

async function locateType(backend: Backend, type: string, dns: ReadonlyMap<string, Dn>, located: Map<string, Located>): Promise<void> {
  const resource = resourceNamed(backend.mapping, type);
  if (!resource) return;
  const within = [...dns.values()].filter((dn) => resource.scope.bases.some((base) => isUnder(dn, base.dn)));
  const attributes = [resource.id.ldap, ...displayRules(resource).flatMap((rule) => rule.reads)];
  const note = (entry: Entry) => {
    const id = readId(resource, entry);
    if (id !== undefined) located.set(`${type}\0${dnKey(parseDn(entry.dn))}`, { id, type, ...displayOf(resource, entry) });
  };
  const { dnAttribute } = backend.directory.capabilities();
  if (dnAttribute === undefined) {
    await parallel(within, async (dn) => {
      const entry = await backend.directory.read(dn, attributes, resource.scope.filter);
      if (entry) note(entry);
    });
    return;
  }
  await parallel(chunks(within, batch), async (chunk) => {
    for await (const entry of searchScope(backend, resource, or(chunk.map((dn) => equal(dnAttribute, formatDn(dn)))), attributes))
      note(entry);
  });
}

const displayRules = (resource: ResourceMapping) =>
  ['displayName', 'userName'].flatMap((name) =>
    resource.rules.filter((rule) => rule.target.extension === undefined && rule.target.attribute.name === name),
  );

const withoutContext: ReadContext = { locate: () => undefined, groupsOf: () => [], locationOf: () => '' };

function displayOf(resource: ResourceMapping, entry: Entry): { display?: string } {
  for (const rule of displayRules(resource)) {
    const value = rule.read(entry, withoutContext);
    if (typeof value === 'string') return { display: value };
  }
  return {};
}

/** DNs of resources by id; ids that name nothing of these types are absent. */
export async function dnsOf(
  backend: Backend,
  references: Iterable<{ readonly id: string; readonly to: readonly string[] }>,
): Promise<(id: string, to: readonly string[]) => string | undefined> {
  const byType = new Map<string, Set<string>>();
  for (const { id, to } of references) for (const type of to) byType.set(type, (byType.get(type) ?? new Set()).add(id));
  const found = new Map<string, string>();
  await Promise.all(
    [...byType].map(async ([type, ids]) => {
      const resource = resourceNamed(backend.mapping, type);
      if (!resource) return;
      const filters = [...ids].flatMap((id) => idFilter(resource, id) ?? []);
      await parallel(chunks(filters, batch), async (chunk) => {
        for await (const entry of searchScope(backend, resource, or(chunk), [resource.id.ldap]))
          found.set(`${type}\0${readId(resource, entry) ?? ''}`, entry.dn);
      });
    }),
  );
  return (id, to) => to.map((type) => found.get(`${type}\0${id}`)).find((dn) => dn !== undefined);
}

/** The groups of each entry by search, for directories whose users do not list them (L-048). */
export async function groupsOf(
  backend: Backend,
  groupType: string,
  entries: readonly Entry[],
): Promise<(entry: Entry) => readonly Located[]> {
  const groups = resourceNamed(backend.mapping, groupType);
  const membership = groups?.membership;
  const found = new Map<string, readonly Located[]>();
  if (!groups || !membership) return () => [];
  const attributes = [groups.id.ldap, ...displayRules(groups).flatMap((rule) => rule.reads)];
  await parallel(entries, async (entry) => {
    const own: Located[] = [];
    for await (const group of searchScope(backend, groups, equal(membership.ldap, entry.dn), attributes)) {
      const id = readId(groups, group);
      if (id !== undefined) own.push({ id, type: groupType, ...displayOf(groups, group) });
    }
    found.set(
      entry.dn,
      own.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    );
  });
  return (entry) => found.get(entry.dn) ?? [];
}

/** Which of these DNs are values of a group's member attribute, without reading the members (L-058). */
export async function membersAmong(
  backend: Backend,
  group: Dn,
  attribute: string,
  dns: readonly string[],
  scope: Filter,
): Promise<ReadonlySet<string>> {
  const members = new Set<string>();
  await parallel(dns, async (dn) => {
    if (await backend.directory.read(group, [], and([scope, equal(attribute, dn)]))) members.add(dn);
  });
  return members;
}

export function readContext(backend: Backend, locate: ReadContext['locate'], groups: ReadContext['groupsOf']): ReadContext {
  return { locate, groupsOf: groups, locationOf: (type, id) => locationOf(backend, type, id) };
}

function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

/** Runs a task for every item, a bounded number at once; the first failure ends it. */
async function parallel<T>(items: readonly T[], task: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await task(item);
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, items.length) }, worker));
}
