// `check`: the files against themselves, then each directory as it is. It reads and never writes.
import { readFileSync } from 'node:fs';
import { printEffective } from '../check/effective-mapping.ts';
import { type DirectoryReport, formatReports, type PlacedFinding, sortFindings } from '../check/report.ts';
import { checkSnapshot } from '../check/snapshot.ts';
import { surveyDirectory, type SurveyOptions } from '../check/survey.ts';
import { ConfigError, type DirectoryConfig, effectiveMapping, loadConfig } from '../config.ts';
import { type Directory, DirectoryError, openDirectory } from '../ldap/directory.ts';
import { mappingDefinition } from '../mapping/definition.ts';
import { collectUses, count, type Facts, type Finding, lintMapping } from '../mapping/lint.ts';
import { parseDefinition } from '../mapping/problems.ts';
import { openProgress } from '../progress.ts';
import { type Mistake, parseYaml, type YamlDocument } from '../yaml.ts';
import { UsageError } from './usage-error.ts';

const standardEntries = 20_000;

export const check = {
  help: `check: compare configuration and mapping with themselves and with the live directories

  --config FILE         configuration (default: config.yaml)
  --set key.path=value  override one key; may be repeated
  --directory NAME      only this one
  --effective           print the merged mapping instead, each line with its origin
  --entries N           read at most N entries of each resource type (default: ${standardEntries})
  --read-only           on OpenLDAP, do not ask for write rights with the No-Op control
  --json                findings for programs

Nothing is written to the directory. Exit code 1 if there is an error or a directory is down, 2 if a file is unusable, else 0.`,
  options: {
    config: { type: 'string' },
    set: { type: 'string', multiple: true },
    directory: { type: 'string' },
    effective: { type: 'boolean' },
    entries: { type: 'string' },
    'read-only': { type: 'boolean' },
    json: { type: 'boolean' },
  },

  async run(values: Readonly<Record<string, unknown>>): Promise<number> {
    const file = typeof values['config'] === 'string' ? values['config'] : 'config.yaml';
    const entries = values['entries'] === undefined ? standardEntries : Number(values['entries']);
    if (!Number.isSafeInteger(entries) || entries < 1) throw new UsageError('--entries takes a whole number, at least 1');
    const json = values['json'] === true;
    try {
      const config = loadConfig(file, { env: process.env, overrides: Array.isArray(values['set']) ? values['set'].map(String) : [] });
      const wanted = chooseDirectories(config.directories, values['directory']);
      if (values['effective'] === true) {
        console.log(wanted.map(printMapping).join('\n'));
        return 0;
      }
      const places = readPlaces(file);
      const reports: DirectoryReport[] = [];
      for (const directory of wanted)
        reports.push(await checkDirectory(directory, places, { entries, readOnly: values['read-only'] === true }));
      if (json)
        console.log(
          JSON.stringify(
            { warnings: config.warnings, directories: reports.map((report) => ({ ...report, findings: sortFindings(report.findings) })) },
            undefined,
            2,
          ),
        );
      else
        console.log(
          [
            ...formatWarnings(config.warnings),
            formatReports(reports, { colours: process.stdout.isTTY === true && process.stdout.hasColors() }),
          ].join('\n'),
        );
      return reports.some(({ findings }) => findings.some(({ severity }) => severity === 'error')) ? 1 : 0;
    } catch (error) {
      if (!json || !(error instanceof ConfigError)) throw error;
      console.log(JSON.stringify({ mistakes: error.mistakes }, undefined, 2));
      return 2;
    }
  },
} as const;

export function chooseDirectories(directories: readonly DirectoryConfig[], name: unknown): readonly DirectoryConfig[] {
  if (name === undefined) return directories;
  const found = directories.filter((directory) => directory.name === name);
  if (found.length === 0)
    throw new UsageError(`There is no directory ${String(name)}; there is ${directories.map((directory) => directory.name).join(', ')}`);
  return found;
}

function printMapping({ name, mappingFiles: [file = ''] }: DirectoryConfig): string {
  const { document } = effectiveMapping(file);
  return `# directory ${name}: ${file}\n${document ? printEffective(document) : ''}`;
}

const formatWarnings = (warnings: readonly Mistake[]): readonly string[] =>
  warnings.map(({ file, line, column, message }) => `${file}:${line}:${column}: warning: ${message}`);

/** Where the keys of the configuration stand; it was loaded before, so it can be read. */
function readPlaces(file: string): YamlDocument | undefined {
  return parseYaml(readFileSync(file, 'utf8'), file).document;
}

async function checkDirectory(config: DirectoryConfig, places: YamlDocument | undefined, options: SurveyOptions): Promise<DirectoryReport> {
  const { servers, bind, baseDn, tls, timeouts } = config;
  const [mappingFile = ''] = config.mappingFiles;
  const { document } = effectiveMapping(mappingFile);
  const place = ({ file, path }: Finding) =>
    (file === 'mapping' ? document?.locate(path) : places?.locate(['directories', config.name, ...path])) ?? {
      file: mappingFile,
      line: 1,
      column: 1,
    };
  const report = (seen: string | undefined, findings: readonly Finding[]): DirectoryReport => ({
    name: config.name,
    type: config.type,
    server: servers.join(', '),
    seen,
    findings: findings.map((finding): PlacedFinding => {
      const { code, severity, message, advice } = finding;
      return { code, severity, message, ...(advice !== undefined && { advice }), place: place(finding) };
    }),
  });
  const directory = openDirectory({ servers, bind, baseDn, tls, timeouts });
  try {
    await directory.start();
    const { ready, reason } = directory.status();
    if (!ready) return report(undefined, [describeDown(reason ?? 'no connection')]);
    return await lintLive(config, directory, document, options, report);
  } catch (error) {
    if (!(error instanceof DirectoryError)) throw error;
    return report(undefined, [describeDown(`${error.message}${error.diagnostic === '' ? '' : `: ${error.diagnostic}`}`)]);
  } finally {
    await directory.close();
  }
}

function describeDown(reason: string): Finding {
  const refused = /invalidCredentials|\(49\)/.test(reason);
  return {
    code: 'directory-down',
    severity: 'error',
    file: 'config',
    path: refused ? ['bind'] : ['servers'],
    message: `the directory cannot be checked: ${reason}`,
    advice: refused ? 'correct bind.dn or the password' : 'compare with `ldapwhoami -x -H URL -D BIND_DN -W`',
  };
}

async function lintLive(
  config: DirectoryConfig,
  directory: Directory,
  document: YamlDocument | undefined,
  options: SurveyOptions,
  report: (seen: string, findings: readonly Finding[]) => DirectoryReport,
): Promise<DirectoryReport> {
  const definition = parseDefinition(mappingDefinition, document?.data).value;
  if (!definition) throw new Error(`${config.mappingFiles[0]} was changed while it was checked`);
  const { mapping, type } = config;
  const progress = openProgress();
  let current = '';
  const onProgress = (what: string, done = 0): void => {
    if (what !== current) progress.begin(`${config.name}: ${what}`);
    else progress.count(done);
    current = what;
  };
  const facts = await surveyDirectory(directory, config, collectUses(definition, mapping), { ...options, onProgress }).finally(
    progress.end,
  );
  const findings = lintMapping({ definition, mapping, schema: directory.capabilities().schema, type, facts });
  return report(describeSeen(directory, facts), [...findings, ...(await checkSnapshot(directory, config))]);
}

function describeSeen(directory: Directory, facts: Facts): string {
  const { vendor, vendorVersion } = directory.capabilities();
  const counts = [...facts.resources].map(([name, { entries, complete }]) => `${complete ? '' : 'more than '}${count(entries)} ${name}`);
  return `${vendorVersion ?? vendor}, ${counts.join(', ')} in scope`;
}
