// References between resources: DNs to ids and ids to DNs, in batches, always within the scope of the type that is meant.
// L-035 (no search per value), L-036 (DNs compare by meaning), L-037 (dangling and foreign ones are hidden).
import { type Directory, DirectoryError } from '../ldap/directory.ts';
import { type Dn, dnKeyOf, formatDn, isUnder, parseDn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import { resultCodes } from '../ldap/error.ts';
import { and, equal, type Filter, or } from '../ldap/filter.ts';
import { formatSid, parseSid } from '../ldap/syntax.ts';
import { idFilter } from '../mapping/filter.ts';
import { type ResourceMapping, resourceNamed } from '../mapping/mapping.ts';
import { readId, withoutContext } from '../mapping/read.ts';
import type { DnReference, Located, ReadContext, Rule } from '../mapping/rule.ts';
import { type Backend, locationOf, searchScope } from './backend.ts';
import { reachOf } from './restriction.ts';

/** Values in one OR-ed look-up. */
const largestBatch = 100;
/** Those that a server takes whose size limit is below that: found out by being refused. */
const batchSizes = new WeakMap<Directory, number>();
/** Searches under way at once, where a question cannot be OR-ed. */
const inFlight = 32;

/** What a reference compares by: the normalized DN, or the SID that stands for one (`<SID=S-1-5-…>`, [MS-ADTS] 3.1.1.3.1.2.4). */
export const referenceKey = (text: string): string | undefined => {
  const sid = sidIn(text);
  return sid ?? dnKeyOf(text);
};

const sidIn = (text: string): string | undefined => /^<SID=(S-1-[\d-]+)>$/i.exec(text)?.[1]?.toUpperCase();

/** Looks up all references at once; the answer tells what each one names, undefined where it names nothing of ours. */
export async function locateAll(
  backend: Backend,
  references: Iterable<DnReference>,
): Promise<(reference: DnReference) => Located | undefined> {
  const byType = new Map<string, Map<string, string>>();
  for (const { dn, to } of references) {
    const key = referenceKey(dn);
    if (key !== undefined) for (const type of to) byType.set(type, (byType.get(type) ?? new Map<string, string>()).set(key, dn));
  }
  const located = new Map<string, Located>();
  await Promise.all([...byType].map(([type, texts]) => locateType(backend, type, [...texts.values()], located)));
  return (reference) => {
    const key = referenceKey(reference.dn);
    return reference.to.map((type) => located.get(`${type}\0${key ?? ''}`)).find((each) => each !== undefined);
  };
}

async function locateType(backend: Backend, type: string, texts: readonly string[], located: Map<string, Located>): Promise<void> {
  const resource = resourceNamed(backend.view ?? backend.mapping, type);
  if (!resource) return;
  const reach = reachOf(backend, resource);
  const sids = texts.flatMap((text) => sidIn(text) ?? []);
  const dns = texts.filter((text) => sidIn(text) === undefined).map(parseDn);
  const within = dns.filter((dn) => reach.bases.some((base) => isUnder(dn, base.dn)));
  const attributes = [resource.id.ldap, ...displayRules(resource).flatMap((rule) => rule.reads)];
  const note = (entry: Entry, key: string) => {
    const id = readId(resource, entry);
    if (id !== undefined) located.set(`${type}\0${key}`, { id, type, ...displayOf(resource, entry) });
  };
  await inBatches(backend.directory, sids, async (chunk) => {
    const filter = or(chunk.map((sid) => equal('objectSid', formatSid(sid))));
    for await (const entry of searchScope(backend, resource, filter, [...attributes, 'objectSid']))
      for (const octets of entry.octets('objectSid')) note(entry, parseSid(octets));
  });
  const { dnAttribute } = backend.directory.capabilities();
  if (dnAttribute === undefined) {
    await parallel(within, async (dn) => {
      const entry = await backend.directory.read(dn, [...attributes, ...reach.attributes], reach.filter);
      if (entry && reach.admits(entry)) note(entry, referenceKey(entry.dn) ?? '');
    });
    return;
  }
  await inBatches(backend.directory, within, async (chunk) => {
    for await (const entry of searchScope(backend, resource, or(chunk.map((dn) => equal(dnAttribute, formatDn(dn)))), attributes))
      note(entry, referenceKey(entry.dn) ?? '');
  });
}

const rulesOfDisplay = new WeakMap<ResourceMapping, readonly Rule[]>();

export function displayRules(resource: ResourceMapping): readonly Rule[] {
  const known = rulesOfDisplay.get(resource);
  if (known) return known;
  const isNamed = (name: string) => (rule: Rule) => rule.target.extension === undefined && rule.target.attribute.name === name;
  const rules = ['displayName', 'userName'].flatMap((name) => resource.rules.filter(isNamed(name)));
  rulesOfDisplay.set(resource, rules);
  return rules;
}

export function displayOf(resource: ResourceMapping, entry: Entry): { display?: string } {
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
      await inBatches(backend.directory, filters, async (chunk) => {
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
  const groups = resourceNamed(backend.view ?? backend.mapping, groupType);
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

/** Asks about all items, many at a time; where the server limits what one search may find, about fewer from then on. */
async function inBatches<T>(directory: Directory, items: readonly T[], ask: (batch: readonly T[]) => Promise<void>): Promise<void> {
  await parallel(chunks(items, batchSizes.get(directory) ?? largestBatch), (batch) => askOrHalve(directory, batch, ask));
}

/** `ask` can be repeated. @throws DirectoryError what the server says to a question about a single item */
async function askOrHalve<T>(directory: Directory, batch: readonly T[], ask: (batch: readonly T[]) => Promise<void>): Promise<void> {
  try {
    await ask(batch);
  } catch (error) {
    if (batch.length === 1 || !isOverLimit(error)) throw error;
    const half = Math.ceil(batch.length / 2);
    for (const part of chunks(batch, half)) await askOrHalve(directory, part, ask);
    batchSizes.set(directory, Math.min(half, batchSizes.get(directory) ?? largestBatch));
  }
}

const isOverLimit = (error: unknown): boolean =>
  error instanceof DirectoryError &&
  (error.resultCode === resultCodes.sizeLimitExceeded || error.resultCode === resultCodes.adminLimitExceeded);

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
