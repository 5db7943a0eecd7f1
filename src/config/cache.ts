// The snapshot of a directory: from where reads are answered, and how the copy is kept true.
// No RFC; `directories.NAME.cache` stands for the whole of `cache` at the top of the file.
import { dirname, extname, resolve } from 'node:path';
import { parseDefinition } from '../mapping/problems.ts';
import { cacheDefinition, type CacheDefinition, directoryDefinition, type DirectoryDefinition } from './definition.ts';
import type { Findings } from './findings.ts';
import { asSection } from './section.ts';

export interface LoadedCache extends Omit<CacheDefinition, 'whenStale'> {
  /** Time zone of the schedules. */
  readonly timezone: string;
}

export interface LoadedReads extends NonNullable<DirectoryDefinition['reads']> {
  readonly whenStale: CacheDefinition['whenStale'];
}

/** @param shared several directories use the same section: each gets a file of its own */
export function loadCache(
  name: string,
  root: Readonly<Record<string, unknown>>,
  { from, timezone }: { readonly from: string; readonly timezone: string },
): { readonly reads: LoadedReads; readonly cache: LoadedCache | undefined } | undefined {
  const directories = asSection(root['directories']);
  const directory = asSection(directories[name]);
  const reads = parseDefinition(directoryDefinition.shape.reads, directory['reads']).value;
  const settings = parseDefinition(cacheDefinition, directory['cache'] ?? root['cache'] ?? {}).value;
  if (!reads || !settings) return undefined;
  const { whenStale, store, ...cache } = settings;
  const isShared = directory['cache'] === undefined && Object.keys(directories).length > 1;
  const isUsed = Object.values(reads).includes('cache');
  const file = store === 'memory' ? store : placeStore(store, from, isShared ? name : undefined);
  return { reads: { ...reads, whenStale }, cache: isUsed ? { ...cache, store: file, timezone } : undefined };
}

/** A file belongs to one owner: another one would set it aside, or wait for it for ever. */
export function checkStores(
  directories: readonly { readonly name: string; readonly cache: LoadedCache | undefined }[],
  ofGuards: string | undefined,
  findings: Findings,
): void {
  const owners = new Map(ofGuards === undefined ? [] : [[ofGuards, '`guards.store`']]);
  for (const { name, cache } of directories) {
    if (!cache || cache.store === 'memory') continue;
    const owner = owners.get(cache.store);
    if (owner !== undefined)
      findings.refuse(['directories', name], `the snapshot has the same file as ${owner}: \`cache.store\` must be another one`);
    owners.set(cache.store, `the snapshot of the directory ${name}`);
  }
}

function placeStore(store: string, from: string, name: string | undefined): string {
  const file = resolve(dirname(from), store);
  const end = extname(file);
  return name === undefined ? file : `${file.slice(0, file.length - end.length)}.${name}${end}`;
}
