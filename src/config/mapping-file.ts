// One mapping file with what it extends, merged: `effectiveMapping` is what counts, and every value knows the file that it comes from.
// Shipped presets are ordinary mapping files in the package's `mappings` folder.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nearest } from '../mapping/nearest.ts';
import { listLeaves, mergeYaml, parseYaml, setYaml } from '../yaml.ts';
import type { Leaf, Mistake, Place, YamlDocument } from '../yaml.ts';
import { describeFileError } from './secrets.ts';

/** Merged, not yet checked against the definition. */
export interface EffectiveMapping {
  /** As from one file without `extends`; undefined only if there are mistakes. */
  readonly document: YamlDocument | undefined;
  /** Every value with its origin, in the order of the file. */
  readonly origins: readonly Leaf[];
  /** The file, then the one that it extends, and so on. */
  readonly files: readonly string[];
  readonly mistakes: readonly Mistake[];
}

const presetFolder = fileURLToPath(new URL('../../mappings/', import.meta.url));

export function listPresets(): readonly string[] {
  return readdirSync(presetFolder)
    .filter((name) => name.endsWith('.yaml') && !name.endsWith('.test.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length))
    .toSorted();
}

/** `reference` is the name of a preset, or a path relative to the file that names it. */
export function findMappingFile(
  reference: string,
  from: string,
): { readonly file: string } | { readonly mistake: string; readonly suggestion?: string } {
  if (/[/\\]|\.ya?ml$/i.test(reference)) return { file: isAbsolute(reference) ? reference : join(dirname(from), reference) };
  const presets = listPresets();
  const name = reference === 'activeDirectory' ? 'active-directory' : reference;
  if (presets.includes(name)) return { file: shortenPath(join(presetFolder, `${name}.yaml`)) };
  const suggestion = nearest(name, presets);
  return {
    mistake: `there is no preset "${reference}": write ${presets.join(', ')}, or the path of a file that ends in .yaml`,
    ...(suggestion !== undefined && { suggestion }),
  };
}

function shortenPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}

/** Reads the file and its ancestors. A file that cannot be read is a mistake at `namedAt`, the place that names it. */
export function effectiveMapping(file: string, namedAt: Place = { file, line: 1, column: 1 }): EffectiveMapping {
  return readLevel(file, namedAt, []);
}

function readLevel(file: string, namedAt: Place, below: readonly string[]): EffectiveMapping {
  const files = [file];
  const failed = (mistakes: readonly Mistake[]): EffectiveMapping => ({ document: undefined, origins: [], files, mistakes });
  if (below.includes(file)) return failed([{ ...namedAt, message: `\`extends\` goes in a circle: ${[...below, file].join(' -> ')}` }]);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return failed([{ ...namedAt, message: `the file ${file} cannot be read: ${describeFileError(error)}` }]);
  }
  const { document, mistakes } = parseYaml(text, file);
  if (document === undefined) return failed(mistakes);
  const parent = readExtends(document);
  if (parent === undefined) return { document, origins: listLeaves(document), files, mistakes: [] };

  const own = setYaml(document, ['extends'], { place: document.root.place, content: null });
  const found = findMappingFile(parent, file);
  const place = document.locate(['extends']);
  if ('mistake' in found)
    return failed([
      { ...place, message: `${found.mistake}${found.suggestion === undefined ? '' : `. Did you mean ${found.suggestion}?`}` },
    ]);
  const inherited = readLevel(found.file, place, [...below, file]);
  if (inherited.document === undefined) return { ...inherited, files: [file, ...inherited.files] };
  const merged = mergeYaml(inherited.document, own);
  return {
    document: merged.document,
    origins: listLeaves(merged.document),
    files: [file, ...inherited.files],
    mistakes: [...inherited.mistakes, ...merged.mistakes],
  };
}

/** Anything but text is left for the definition to refuse. */
function readExtends(document: YamlDocument): string | undefined {
  const { data } = document;
  const parent: unknown = typeof data === 'object' && data !== null && 'extends' in data ? data.extends : undefined;
  return typeof parent === 'string' && parent !== '' ? parent : undefined;
}
