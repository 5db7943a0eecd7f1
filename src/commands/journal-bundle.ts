// `journal bundle`: what support needs to know of an installation, in one file that can be sent: no secret, and nobody's name.
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { printEffective } from '../check/effective-mapping.ts';
import {
  type Config,
  ConfigError,
  effectiveMapping,
  findMappingFile,
  loadAuditSection,
  loadConfig,
  readConfigDocument,
} from '../config.ts';
import { DirectoryError, openDirectory, type DirectoryStatus } from '../ldap/directory.ts';
import { readVersion } from '../status.ts';
import { readJournal } from './journal/files.ts';
import { collectSecrets, scrubLogLine, scrubText, withoutSecrets } from './journal/scrub.ts';
import { withoutPersons } from './journal/redacted-line.ts';
import { type PackedFile, packFiles } from './journal/tar.ts';
import { UsageError } from './usage-error.ts';

const standardLines = 1000;

export const journalBundle = {
  help: `journal bundle FILE: what support needs to know, in one file (.tar.gz, mode 0600)

  --config FILE         configuration (default: config.yaml)
  --set key.path=value  override one key; may be repeated
  --lines N             so many lines of journal and log (default: ${standardLines})
  --log FILE            also the last lines of a log that you kept in a file
  --offline             do not connect to the directories
  --force               overwrite FILE

In it: version, configuration, mappings, what is wrong with them, the directories' state and abilities, the end of the journal. Secrets, values
and names of persons are taken out. Look into it before you send it: tar xzf FILE. Exit code 2 if the configuration cannot be read at all.`,
  positionals: true,
  options: {
    config: { type: 'string' },
    set: { type: 'string', multiple: true },
    lines: { type: 'string' },
    log: { type: 'string' },
    offline: { type: 'boolean' },
    force: { type: 'boolean' },
  },

  async run(values: Readonly<Record<string, unknown>>, positionals: readonly string[]): Promise<number> {
    const [file, ...others] = positionals;
    if (file === undefined || others.length > 0)
      throw new UsageError(`journal bundle takes the name of one file.\n\n${journalBundle.help}`);
    if (existsSync(file) && values['force'] !== true) throw new UsageError(`${file} is there already: say --force, or another name`);
    const lines = values['lines'] === undefined ? standardLines : Number(values['lines']);
    if (!Number.isSafeInteger(lines) || lines < 1) throw new UsageError('--lines takes a whole number, at least 1');
    const log = typeof values['log'] === 'string' ? values['log'] : undefined;
    const config = typeof values['config'] === 'string' ? values['config'] : 'config.yaml';
    const overrides = Array.isArray(values['set']) ? values['set'].map(String) : [];
    const packed = await collectFiles({ config, overrides, env: process.env, lines, log, offline: values['offline'] === true });
    writeFileSync(file, packFiles('support-bundle', packed, Date.now()), { mode: 0o600, flag: values['force'] === true ? 'w' : 'wx' });
    // Also of a file that was there with other rights.
    chmodSync(file, 0o600);
    console.log(`${file}: ${packed.map(({ name }) => name).join(', ')}. Look into it before you send it.`);
    return 0;
  },
} as const;

interface Wish {
  readonly config: string;
  readonly overrides: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly lines: number;
  readonly log: string | undefined;
  readonly offline: boolean;
}

/** @throws ConfigError when the configuration is not even YAML */
async function collectFiles({ config: file, overrides, env, lines, log, offline }: Wish): Promise<readonly PackedFile[]> {
  const { data } = readConfigDocument(file, overrides);
  const loaded = tryLoad(file, overrides, env);
  const secrets = [
    ...collectSecrets(data, file, env),
    ...(loaded.config?.directories.map(({ bind }) => bind.password) ?? []),
    ...(loaded.config?.server.cursors.secrets ?? []),
  ];
  const files: readonly PackedFile[] = [
    {
      name: 'version.json',
      text: toJson({ version: readVersion(), node: process.version, platform: process.platform, arch: process.arch }),
    },
    { name: 'config.json', text: toJson(withoutSecrets(data)) },
    { name: 'mistakes.txt', text: loaded.mistakes.map((each) => `${each}\n`).join('') || 'none\n' },
    ...mappingsOf(data, file),
    { name: 'directories.json', text: toJson(offline ? 'not asked' : await describeDirectories(loaded.config)) },
    { name: 'journal.jsonl', text: await lastOfJournal(file, overrides, lines) },
    ...(log === undefined ? [] : [{ name: 'log.txt', text: lastLines(readText(log), lines, secrets) }]),
  ];
  return files.map(({ name, text }) => ({ name, text: scrubText(text, secrets) }));
}

const toJson = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

/** A configuration with mistakes is what support is asked about. */
function tryLoad(
  file: string,
  overrides: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): { readonly config?: Config; readonly mistakes: readonly string[] } {
  const format = (mistakes: ConfigError['mistakes']): readonly string[] =>
    mistakes.map(({ file: place, line, column, message }) => `${place}:${line}:${column}: ${message}`);
  try {
    const config = loadConfig(file, { env, overrides });
    return { config, mistakes: format(config.warnings) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { mistakes: format(error.mistakes) };
  }
}

/** Each with what it extends, every line with its origin. */
function mappingsOf(data: unknown, from: string): readonly PackedFile[] {
  const directories = Object.entries(sectionOf(sectionOf(data)['directories']));
  return directories.flatMap(([name, directory]): PackedFile[] => {
    const reference = sectionOf(directory)['mapping'];
    const found = typeof reference === 'string' ? findMappingFile(reference, from) : undefined;
    const document = found && 'file' in found ? effectiveMapping(found.file).document : undefined;
    return document ? [{ name: `mapping-${name.replaceAll(/[^\w-]/g, '_')}.yaml`, text: printEffective(document) }] : [];
  });
}

const sectionOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

/** What the gateway would find if it started now. */
async function describeDirectories(config: Config | undefined): Promise<unknown> {
  if (!config) return 'not asked: the configuration has mistakes';
  return Promise.all(
    config.directories.map(async ({ name, type, servers, bind, baseDn, tls, timeouts }) => {
      const directory = openDirectory({ servers, bind, baseDn, tls, timeouts });
      try {
        await directory.start();
        const status: DirectoryStatus = directory.status();
        if (!status.ready) return { name, type, ...status };
        const { schema, ...capabilities } = directory.capabilities();
        return {
          name,
          type,
          ...status,
          ...capabilities,
          schema: { attributes: schema.attributes.length, classes: schema.objectClasses.length },
        };
      } catch (error) {
        return { name, type, ready: false, reason: error instanceof DirectoryError ? error.message : 'failed' };
      } finally {
        await directory.close();
      }
    }),
  );
}

async function lastOfJournal(file: string, overrides: readonly string[], most: number): Promise<string> {
  const kept: string[] = [];
  try {
    const audit = loadAuditSection(file, overrides);
    if (!audit) return '';
    for await (const line of readJournal(audit.file)) {
      const redacted = withoutPersons(line);
      if (redacted !== undefined && kept.push(redacted) > most) kept.shift();
    }
  } catch {
    // A journal that is not there, or cannot be named, has no lines.
  }
  return kept.map((line) => `${line}\n`).join('');
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`The log ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

const lastLines = (text: string, most: number, secrets: readonly string[]): string =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .slice(-most)
    .map((line) => `${scrubLogLine(line, secrets)}\n`)
    .join('');
