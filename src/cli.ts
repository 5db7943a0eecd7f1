// The command line: arguments and exit codes, nothing else. 0 fine, 1 the answer is no, 2 unusable input.
import { parseArgs } from 'node:util';
import { ConfigError } from './config.ts';
import { check } from './commands/check.ts';
import { demo } from './commands/demo.ts';
import { explain } from './commands/explain.ts';
import { holds } from './commands/holds.ts';
import { init } from './commands/init.ts';
import { journal } from './commands/journal.ts';
import { journalBundle } from './commands/journal-bundle.ts';
import { match } from './commands/match.ts';
import { mappingTest } from './commands/mapping-test.ts';
import { preview } from './commands/preview.ts';
import { rights } from './commands/rights.ts';
import { schema } from './commands/schema.ts';
import { serve } from './commands/serve.ts';
import { UsageError } from './commands/usage-error.ts';
import { DatabaseError } from './state/database.ts';

const usage = `ldap-scim-gateway: a directory server as a SCIM 2.0 service

  serve --config FILE [--set key.path=value …]   run the gateway (default: config.yaml)
  demo [--port N] [--token T] [--users N]        run it before an embedded directory
  init [--server URL] [--bind-dn DN] …           look at a directory and write config.yaml and mapping.yaml for it
  explain REQUEST [-d BODY] --config FILE        what a SCIM request would do in the directory, without doing it
  preview user|group NAME --config FILE          an LDAP entry and the SCIM resource that it is, side by side
  mapping test FILE                              entries and patches in, expected resources and changes out
  check --config FILE [--effective] [--json]     compare the files with themselves and with the live directories
  match USERS.json --config FILE                 how many of these people exist in the directory already
  holds list|approve|refuse … --config FILE      changes over a limit that wait for an administrator
  rights --config FILE                           the least that the account of the gateway must be allowed
  journal --config FILE [--failed] [--follow] …  what clients asked for, what was done, and why something failed
  journal bundle FILE --config FILE              what support needs to know, packed, without secrets
  schema config|mapping                          the format of the files as JSON Schema, for editors

  --help on each command says more.`;

interface Command {
  readonly help: string;
  readonly options: NonNullable<Parameters<typeof parseArgs>[0]>['options'];
  /** Takes arguments that are no options. */
  readonly positionals?: true;
  run(values: Readonly<Record<string, unknown>>, positionals: readonly string[]): Promise<number>;
}

const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['serve', serve],
  ['demo', demo],
  ['check', check],
  ['rights', rights],
  ['holds', holds],
  ['match', match],
  ['init', init],
  ['explain', explain],
  ['preview', preview],
  ['mapping test', mappingTest],
  ['journal', journal],
  ['journal bundle', journalBundle],
  ['schema', schema],
]);

async function main(args: readonly string[]): Promise<number> {
  const words = commands.has(args.slice(0, 2).join(' ')) ? 2 : 1;
  const name = args.length === 0 ? undefined : args.slice(0, words).join(' ');
  const command = name === undefined ? undefined : commands.get(name);
  if (!command) {
    const asked = name === undefined || name === '--help' || name === 'help' || name === '-h';
    (asked ? console.log : console.error)(asked ? usage : `There is no command ${name}.\n\n${usage}`);
    return asked ? 0 : 2;
  }
  try {
    const options = { ...command.options, help: { type: 'boolean', short: 'h' } } as const;
    const { values, positionals } = parseArgs({ args: args.slice(words), options, allowPositionals: command.positionals ?? false });
    if (values['help']) {
      console.log(command.help);
      return 0;
    }
    return await command.run(values, positionals);
  } catch (error) {
    if (error instanceof ConfigError)
      for (const { file, line, column, message } of error.mistakes) console.error(`${file}:${line}:${column}: ${message}`);
    else if (error instanceof UsageError) console.error(error.message);
    else if (error instanceof DatabaseError) {
      console.error(error.message);
      return 1;
    } else if (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))
      console.error(`${error.message}\n\n${command.help}`);
    else throw error;
    return 2;
  }
}

process.exitCode = await main(process.argv.slice(2));
