// What is said about `cache` and `reads: cache`: they are checked, and there is no snapshot yet, so that lists are read live.
// No RFC; nothing that is accepted may be ignored in silence.
import type { YamlPath } from '../yaml.ts';
import type { Findings } from './findings.ts';
import { asSection } from './section.ts';

const kinds = ['byId', 'lookup', 'lists'] as const;

/** One warning for each directory that asks for the snapshot; one for `cache` where no directory does. */
export function warnOfCache(root: unknown, findings: Findings): void {
  const { cache, directories } = asSection(root);
  const places = Object.entries(asSection(directories)).flatMap(([name, directory]) => {
    const place = findCache(['directories', name], asSection(directory));
    return place === undefined ? [] : [{ name, place }];
  });
  const effect = 'lists are read live: never stale, slower on large directories; the settings of `cache` have no effect';
  for (const { name, place } of places) findings.warn(place, `this version has no snapshot of ${name}: ${effect}`);
  if (cache !== undefined && places.length === 0) findings.warn(['cache'], `this version has no snapshot: ${effect}`, { atKey: true });
}

function findCache(at: YamlPath, { reads, cache }: Readonly<Record<string, unknown>>): YamlPath | undefined {
  const kind = kinds.findLast((name) => asSection(reads)[name] === 'cache');
  if (kind !== undefined) return [...at, 'reads', kind];
  return cache === undefined ? undefined : [...at, 'cache'];
}
