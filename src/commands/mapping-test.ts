// `mapping test`: cases that say what a mapping makes of entries and requests, run without any directory.
import { loadConfig, loadMappingCases, type MappingCase } from '../config.ts';
import { formatDn } from '../ldap/dn.ts';
import { runCase } from './mapping-case.ts';
import { UsageError } from './usage-error.ts';

export const mappingTest = {
  help: `mapping test FILE: run the cases of a file against a mapping, without any directory

  mapping test mappings/openldap.test.yaml
  mapping test my.test.yaml --mapping my.yaml --base-dn dc=example,dc=com
  mapping test my.test.yaml --config config.yaml --directory main

  --mapping FILE    mapping file or preset (default: the one that FILE names)
  --base-dn DN      what {baseDn} stands for (default: as FILE says, else dc=example,dc=com)
  --config FILE     take mapping and base from a directory of this configuration
  --directory NAME  needed only if there are several
  --json            for programs

Exit code 0: all as expected, 1: some are not, 2: unusable input.`,
  options: {
    config: { type: 'string' },
    directory: { type: 'string' },
    mapping: { type: 'string' },
    'base-dn': { type: 'string' },
    json: { type: 'boolean' },
  },
  positionals: true,

  async run(values: Readonly<Record<string, unknown>>, positionals: readonly string[]): Promise<number> {
    const [file, ...others] = positionals;
    if (file === undefined || others.length > 0) throw new UsageError(`Say which file of cases.\n\n${mappingTest.help}`);
    const text = (name: string): string | undefined => (typeof values[name] === 'string' ? values[name] : undefined);
    const results = await runFile(file, {
      config: text('config'),
      directory: text('directory'),
      mapping: text('mapping'),
      baseDn: text('base-dn'),
    });
    console.log(values['json'] === true ? JSON.stringify(results, null, 2) : formatResults(results));
    return results.every(({ difference }) => difference.length === 0) ? 0 : 1;
  },
} as const;

interface Source {
  readonly config: string | undefined;
  readonly directory: string | undefined;
  readonly mapping: string | undefined;
  readonly baseDn: string | undefined;
}

export interface CaseResult {
  readonly name: MappingCase['name'];
  /** `file:line`. */
  readonly at: string;
  readonly difference: readonly string[];
}

/** @throws ConfigError, UsageError */
export async function runFile(file: string, source: Source): Promise<readonly CaseResult[]> {
  if (source.config !== undefined && (source.mapping ?? source.baseDn) !== undefined)
    throw new UsageError('--config, or --mapping and --base-dn: not both');
  const directory = source.config === undefined ? undefined : chooseDirectory(source.config, source.directory);
  const { cases, mapping } = loadMappingCases(file, { ...source, compiled: directory?.mapping });
  const baseDn = directory ? formatDn(directory.baseDn) : (source.baseDn ?? cases.baseDn ?? 'dc=example,dc=com');
  const vendor = cases.type ?? directory?.type ?? 'generic';
  const results: CaseResult[] = [];
  for (const each of cases.cases) {
    const { file: name, line } = each.place;
    results.push({ name: each.name, at: `${name}:${line}`, difference: await runCase(each, cases, mapping, baseDn, vendor) });
  }
  return results;
}

function chooseDirectory(file: string, name: string | undefined) {
  const { directories } = loadConfig(file, { env: process.env });
  const found = name === undefined && directories.length === 1 ? directories[0] : directories.find((directory) => directory.name === name);
  if (!found)
    throw new UsageError(`Say which directory: --directory ${directories.map((directory) => directory.name).join(' or --directory ')}`);
  return found;
}

function formatResults(results: readonly CaseResult[]): string {
  const failed = results.filter(({ difference }) => difference.length > 0);
  return [
    ...results.flatMap(({ name, at, difference }) => [
      difference.length === 0 ? `ok    ${name}` : `FAIL  ${name}  (${at})`,
      ...difference.map((line) => `        ${line}`),
    ]),
    `${results.length} ${results.length === 1 ? 'case' : 'cases'}, ${failed.length === 0 ? 'all as expected' : `${failed.length} failed (- expected, + actual)`}`,
  ].join('\n');
}
