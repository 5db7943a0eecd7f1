// What the definitions of single sections are made of: texts that are parsed, durations, DNs, files, secrets. Each says in words what is wrong.
// No RFC but those of the texts themselves; the sections are in definition.ts and client-definition.ts.
import * as z from 'zod';
import { parseDn } from '../ldap/dn.ts';
import { parseDuration } from './syntax.ts';

/** Text that `parse` turns into something better; what it throws becomes the message. */
export function textOf<T>(parse: (text: string) => T, description: string) {
  const fault = (input: unknown): string | undefined => {
    try {
      parse(String(input));
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  return z
    .string({ error: (issue) => (typeof issue.input === 'number' ? fault(issue.input) : undefined) })
    .describe(description)
    .transform((text, context): T => {
      const message = fault(text);
      if (message === undefined) return parse(text);
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    });
}

/** Says in the parser's words why a text is no DN or no filter. */
export function parseAs<T>(kind: string, parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      const detail = (error instanceof Error ? error.message : String(error)).replace(/^invalid \w+ /, '');
      throw new SyntaxError(`must be ${kind} (${detail})`, { cause: error });
    }
  };
}

function parseNamedDn(text: string) {
  if (text.trim() === '') throw new SyntaxError('must not be empty');
  return parseAs('a DN', parseDn)(text);
}

export const duration = (description: string) => textOf(parseDuration, description);
export const dn = (description: string) => textOf(parseNamedDn, description);
export const filePath = z.string().min(1);

const inTheFile = 'must not stand in the file: write { env: NAME } or { file: path }';
const environmentName = z.string().refine((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name), {
  error: 'must be the name of an environment variable (letters, digits, _)',
  params: { secret: true },
});

export const secretDefinition = z
  .strictObject(
    {
      env: environmentName.optional().describe('Environment variable that holds it'),
      file: filePath.optional().describe('File that holds it; one line feed at its end is dropped'),
    },
    { error: (issue) => (issue.code === 'invalid_type' && issue.input !== undefined ? inTheFile : undefined) },
  )
  .refine((secret) => (secret.env === undefined) !== (secret.file === undefined), 'needs either `env` or `file`')
  .meta({ writeOnly: true });

const hashOfNothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export const tokenSources = {
  sha256: z
    .string()
    .refine((text) => text.toLowerCase() !== hashOfNothing, {
      error: 'is the hash of an empty text: the token was missing when it was computed',
      params: { secret: true },
    })
    .refine((text) => /^[0-9a-f]{64}$/i.test(text), {
      error: 'must be 64 hexadecimal digits, from `printf %s TOKEN | sha256sum`',
      params: { secret: true },
    })
    .optional()
    .describe('SHA-256 of the token in hexadecimal digits'),
  env: environmentName.optional().describe('Environment variable that holds the token'),
  file: filePath.optional().describe('File that holds the token; one line feed at its end is dropped'),
};

export const hasOneSource = ({ sha256, env, file }: { readonly [source in keyof typeof tokenSources]?: string | undefined }): boolean =>
  [sha256, env, file].filter((source) => source !== undefined).length === 1;
export const oneSource = 'needs exactly one of `sha256`, `env` and `file`';
