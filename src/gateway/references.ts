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
import { askAtOnce, parallel } from './at-once.ts';
import { type Backend, locationOf, searchScope } from './backend.ts';
import { Lookups } from './lookups.ts';
import { reachOf } from './restriction.ts';

/** Values in one OR-ed look-up. */
const largestBatch = 100;
/** Those that a server takes whose size limit is below that: found out by being refused. */
const batchSizes = new WeakMap<Directory, number>();

/** What a reference compares by: the normalized DN, or the SID that stands for one (`<SID=S-1-5-…>`, [MS-ADTS] 3.1.1.3.1.2.4). */
export const referenceKey = (text: string): string | undefined => {
  const sid = sidIn(text);
  return sid ?? dnKeyOf(text);
};

const sidIn = (text: string): string | undefined =>
  text.startsWith('<') ? /^<SID=(S-1-[\d-]+)>$/i.exec(text)?.[1]?.toUpperCase() : undefined;

/**
 * Looks up all references at once, but for those that this operation has looked up before; the answer tells what each one names, undefined
 * where it names nothing of ours.
 */
export async function locateAll(
  backend: Backend,
  references: Iterable<DnReference>,
): Promise<(reference: DnReference) => Located | undefined> {
  const { lookups = new Lookups() } = backend;
  const byType = new Map<string, Map<string, string>>();
  for (const { dn, to } of references) {
    const key = referenceKey(dn);
    if (key === undefined) continue;
    for (const type of to) if (!lookups.located(type, key)) byType.set(type, (byType.get(type) ?? new Map<string, string>()).set(key, dn));
  }
  await Promise.all(
    [...byType].map(async ([type, texts]) => {
      const located = await locateType(backend, type, [...texts.values()]);
      for (const key of texts.keys()) lookups.noteLocated(type, key, located.get(key));
    }),
  );
  return ({ dn, to }) => {
    const key = referenceKey(dn) ?? '';
    return to.map((type) => lookups.located(type, key)?.found).find((each) => each !== undefined);
  };
}

/** Those of one type that there are, by what references compare by. */
async function locateType(backend: Backend, type: string, texts: readonly string[]): Promise<ReadonlyMap<string, Located>> {
  const located = new Map<string, Located>();
  const resource = resourceNamed(backend.view ?? backend.mapping, type);
  if (!resource) return located;
  const reach = reachOf(backend, resource);
  const sids = texts.flatMap((text) => sidIn(text) ?? []);
  const dns = texts.filter((text) => sidIn(text) === undefined).map(parseDn);
  const within = dns.filter((dn) => reach.bases.some((base) => isUnder(dn, base.dn)));
  const attributes = shownReads(resource);
  const note = (entry: Entry, key: string) => {
    const found = locatedIn(resource, entry);
    if (found) located.set(key, found);
  };
  const { dnAttribute } = backend.directory.capabilities();
  const bySid = inBatches(backend.directory, sids, async (chunk) => {
    const filter = or(chunk.map((sid) => equal('objectSid', formatSid(sid))));
    for await (const entry of searchScope(backend, resource, filter, [...attributes, 'objectSid']))
      for (const octets of entry.octets('objectSid')) note(entry, parseSid(octets));
  });
  const byDn =
    dnAttribute === undefined
      ? parallel(within, async (dn) => {
          const entry = await backend.directory.read(dn, [...attributes, ...reach.attributes], reach.filter);
          if (entry && reach.admits(entry)) note(entry, referenceKey(entry.dn) ?? '');
        })
      : inBatches(backend.directory, within, async (chunk) => {
          for await (const entry of searchScope(backend, resource, or(chunk.map((dn) => equal(dnAttribute, formatDn(dn)))), attributes))
            note(entry, referenceKey(entry.dn) ?? '');
        });
  await askAtOnce([bySid, byDn]);
  return located;
}

/** What a reference to a resource shows is read from these. */
const shownReads = (resource: ResourceMapping): readonly string[] => [
  resource.id.ldap,
  ...displayRules(resource).flatMap((rule) => rule.reads),
];

function locatedIn(resource: ResourceMapping, entry: Entry): Located | undefined {
  const id = readId(resource, entry);
  return id === undefined ? undefined : { id, type: resource.type.name, ...displayOf(resource, entry) };
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

/**
 * DNs of resources by id, but for those that this operation has looked up before; ids that name nothing of these types are absent. What the
 * DNs name need not be looked up again.
 */
export async function dnsOf(
  backend: Backend,
  references: Iterable<{ readonly id: string; readonly to: readonly string[] }>,
): Promise<(id: string, to: readonly string[]) => string | undefined> {
  const { lookups = new Lookups() } = backend;
  const byType = new Map<string, Set<string>>();
  for (const { id, to } of references)
    for (const type of to) if (!lookups.dnOf(type, id)) byType.set(type, (byType.get(type) ?? new Set()).add(id));
  await Promise.all([...byType].map(([type, ids]) => findByIds(backend, type, ids, lookups)));
  return (id, to) => to.map((type) => lookups.dnOf(type, id)?.found).find((dn) => dn !== undefined);
}

async function findByIds(backend: Backend, type: string, ids: ReadonlySet<string>, lookups: Lookups): Promise<void> {
  const resource = resourceNamed(backend.mapping, type);
  // What a reference shows is what the client sees of the resource.
  const shown = resourceNamed(backend.view ?? backend.mapping, type);
  if (!resource) return;
  const found = new Map<string, string>();
  const filters = [...ids].flatMap((id) => idFilter(resource, id) ?? []);
  await inBatches(backend.directory, filters, async (chunk) => {
    for await (const entry of searchScope(backend, resource, or(chunk), shownReads(shown ?? resource))) {
      found.set(readId(resource, entry) ?? '', entry.dn);
      const located = shown && locatedIn(shown, entry);
      if (located) lookups.noteLocated(type, referenceKey(entry.dn) ?? '', located);
    }
  });
  for (const id of ids) lookups.noteDn(type, id, found.get(id));
}

/** The groups of each entry by search, for directories whose users do not list them (L-048). */
export async function groupsOf(
  backend: Backend,
  groupType: string,
  entries: readonly Entry[],
): Promise<(entry: Entry) => readonly Located[]> {
  const { lookups = new Lookups() } = backend;
  const groups = resourceNamed(backend.view ?? backend.mapping, groupType);
  const membership = groups?.membership;
  if (!groups || !membership) return () => [];
  const asked = entries.filter((entry) => !lookups.groupsOf(groupType, keyOf(entry)));
  await parallel(asked, async (entry) => {
    const own: Located[] = [];
    for await (const group of searchScope(backend, groups, equal(membership.ldap, entry.dn), shownReads(groups))) {
      const located = locatedIn(groups, group);
      if (located) own.push(located);
    }
    lookups.noteGroups(
      groupType,
      keyOf(entry),
      own.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    );
  });
  return (entry) => lookups.groupsOf(groupType, keyOf(entry)) ?? [];
}

const keyOf = ({ dn }: Entry): string => dnKeyOf(dn) ?? dn;

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
