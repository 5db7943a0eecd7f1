// The command line: arguments and exit codes, nothing else. 0 fine, 1 the answer is no, 2 unusable input.
import { parseArgs } from 'node:util';
import { ConfigError } from './config.ts';
import { demo } from './commands/demo.ts';
import { serve } from './commands/serve.ts';

const usage = `ldap-scim-gateway: a directory server as a SCIM 2.0 service

  serve --config FILE [--set key.path=value …]   run the gateway (default: config.yaml)
  demo [--port N] [--token T] [--users N]        run it before an embedded directory

  --help on each command says more.`;

interface Command {
  readonly help: string;
  readonly options: NonNullable<Parameters<typeof parseArgs>[0]>['options'];
  run(values: Readonly<Record<string, unknown>>): Promise<number>;
}

const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['serve', serve],
  ['demo', demo],
]);

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  const command = name === undefined ? undefined : commands.get(name);
  if (!command) {
    const asked = name === undefined || name === '--help' || name === 'help' || name === '-h';
    (asked ? console.log : console.error)(asked ? usage : `There is no command ${name}.\n\n${usage}`);
    return asked ? 0 : 2;
  }
  try {
    const { values } = parseArgs({ args: rest, options: { ...command.options, help: { type: 'boolean', short: 'h' } }, strict: true });
    if (values['help']) {
      console.log(command.help);
      return 0;
    }
    return await command.run(values);
  } catch (error) {
    if (error instanceof ConfigError)
      for (const { file, line, column, message } of error.mistakes) console.error(`${file}:${line}:${column}: ${message}`);
    else if (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))
      console.error(`${error.message}\n\n${command.help}`);
    else throw error;
    return 2;
  }
}

process.exitCode = await main(process.argv.slice(2));
