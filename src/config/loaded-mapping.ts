// A mapping by its name or path: found, read with what it extends, checked and compiled.
// What is wrong with it is found at the line that is wrong, in whichever file that is.
import { compileMapping } from '../mapping/compile.ts';
import { type MappingDefinition, mappingDefinition } from '../mapping/definition.ts';
import type { Mapping } from '../mapping/mapping.ts';
import { parseDefinition } from '../mapping/problems.ts';
import type { Place, YamlDocument, YamlPath } from '../yaml.ts';
import type { Findings } from './findings.ts';
import { effectiveMapping, findMappingFile } from './mapping-file.ts';

/** As far as it got. */
export interface LoadedMapping {
  /** With what it extends; undefined where a file could not be read. */
  readonly document?: YamlDocument | undefined;
  readonly files?: readonly string[];
  readonly definition?: MappingDefinition | undefined;
  /** Undefined without a base to compile it for. */
  readonly mapping?: Mapping;
}

interface MappingName {
  /** A preset, or a path relative to `from`. */
  readonly reference: string;
  /** The file that names it. */
  readonly from: string;
  /** Where that says so. */
  readonly at: YamlPath;
  readonly namedAt?: Place | undefined;
}

/** @param baseDn what `{baseDn}` stands for */
export function loadMapping({ reference, from, at, namedAt }: MappingName, baseDn: string | undefined, findings: Findings): LoadedMapping {
  const found = findMappingFile(reference, from);
  if ('mistake' in found) {
    findings.refuse(at, found.mistake, { suggestion: found.suggestion });
    return {};
  }
  const { document, files, mistakes } = effectiveMapping(found.file, namedAt);
  findings.takeMistakes(mistakes);
  if (document === undefined) return { files };
  const { value: definition, problems } = parseDefinition(mappingDefinition, document.data);
  findings.take(problems, document);
  if (definition === undefined || baseDn === undefined) return { document, files, definition };
  const { mapping, problems: faults } = compileMapping(definition, { baseDn });
  findings.take(faults, document);
  return { document, files, definition, mapping };
}
