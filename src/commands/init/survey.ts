// Looks around in a directory: where people and groups are, how they are named, and which of their attributes are in use.
// Counts only: of values nothing is kept but the words of a few attributes that hold categories.
import type { Directory } from '../../ldap/directory.ts';
import { DirectoryError } from '../../ldap/directory.ts';
import { type Dn, dnKey, equalDn, parentOf, parseDn } from '../../ldap/dn.ts';
import type { Entry } from '../../ldap/entry.ts';
import type { Filter } from '../../ldap/filter.ts';

/** Names of attributes and object classes are in lower case; counts are entries of the sample. */
export interface Population {
  /** Entries found, up to `mostListed`. */
  readonly total: number;
  /** A limit of the server or ours cut the list. */
  readonly cut: boolean;
  /** Entries that hold them directly, the most populated first. */
  readonly containers: readonly { readonly dn: Dn; readonly entries: number }[];
  readonly sampled: number;
  readonly classes: ReadonlyMap<string, number>;
  /** The most frequent combination of object classes. */
  readonly usualClasses: readonly string[];
  readonly rdnAttributes: ReadonlyMap<string, number>;
  readonly filled: ReadonlyMap<string, number>;
  /** Values and how often, of the attributes in `categories`. */
  readonly words: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** What could be the id of an entry; operational, so that they must be asked for. */
export const idAttributes = ['entryUUID', 'objectGUID', 'ipaUniqueID', 'nsUniqueId'] as const;
const categories = ['employeetype', 'preferredlanguage'];

const mostListed = 20_000;
const mostContainers = 25;
const samplePerContainer = 200;

/** `but`: the service account, which is nobody's resource. @throws DirectoryError, but not for a limit of the server */
export async function surveyPopulation(
  directory: Directory,
  base: Dn,
  filter: Filter,
  but: Dn | undefined,
  onProgress: (done: number) => void = () => undefined,
): Promise<Population> {
  const listed = await collect(directory.search({ base, scope: 'sub', filter, attributes: [], limit: mostListed }), but, onProgress);
  const holders = countBy(listed.entries, ({ dn }) => [dnKey(parentOf(parseDn(dn)))]);
  const containers = [...holders].flatMap(([key, entries]) => {
    const member = listed.entries.find(({ dn }) => dnKey(parentOf(parseDn(dn))) === key);
    return member ? [{ dn: parentOf(parseDn(member.dn)), entries }] : [];
  });
  const sample: Entry[] = [];
  for (const { dn } of containers.slice(0, mostContainers)) {
    const attributes = ['*', 'memberOf', ...idAttributes];
    sample.push(
      ...(await collect(directory.search({ base: dn, scope: 'one', filter, attributes, limit: samplePerContainer }), but)).entries,
    );
    onProgress(listed.entries.length + sample.length);
  }
  return {
    total: listed.entries.length,
    cut: listed.cut || listed.entries.length === mostListed,
    containers,
    ...describe(sample),
  };
}

function describe(sample: readonly Entry[]): Omit<Population, 'total' | 'cut' | 'containers'> {
  const classesOf = (entry: Entry): readonly string[] => entry.texts('objectClass').map((name) => name.toLowerCase());
  const combinations = countBy(sample, (entry) => [classesOf(entry).toSorted().join(' ')]);
  return {
    sampled: sample.length,
    classes: countBy(sample, classesOf),
    usualClasses: [...combinations.keys()][0]?.split(' ').filter((name) => name !== '') ?? [],
    rdnAttributes: countBy(sample, ({ dn }) => (parseDn(dn).rdns[0] ?? []).map(({ type }) => type.toLowerCase())),
    filled: countBy(sample, (entry) => [...new Set(entry.names().map((name) => name.replace(/;.*$/, '')))]),
    words: new Map(categories.map((name) => [name, countBy(sample, (entry) => entry.texts(name))])),
  };
}

/** The most frequent first. */
export function countBy<T>(items: readonly T[], keysOf: (item: T) => readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const key of items.flatMap(keysOf)) counts.set(key, (counts.get(key) ?? 0) + 1);
  return new Map([...counts].toSorted(([, a], [, b]) => b - a));
}

/** Result codes of limits: of time, of size, of the administrator. */
const limits: ReadonlySet<number | undefined> = new Set([3, 4, 11]);

async function collect(
  found: AsyncIterable<Entry>,
  but: Dn | undefined,
  onProgress: (done: number) => void = () => undefined,
): Promise<{ readonly entries: readonly Entry[]; readonly cut: boolean }> {
  const entries: Entry[] = [];
  try {
    for await (const entry of found) {
      if (!but || !equalDn(parseDn(entry.dn), but)) entries.push(entry);
      onProgress(entries.length);
    }
    return { entries, cut: false };
  } catch (error) {
    if (error instanceof DirectoryError && limits.has(error.resultCode)) return { entries, cut: true };
    throw error;
  }
}
