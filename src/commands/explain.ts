// `explain`: the LDAP operations of one SCIM request, and what the gateway would answer, without writing anything.
import { readFileSync } from 'node:fs';
import { text as readStream } from 'node:stream/consumers';
import { type Config, loadConfig } from '../config.ts';
import { describeExplanation, type Explanation } from './explanation.ts';
import { formatExplanation } from './explanation-text.ts';
import { type Choice, openRehearsal } from './rehearsal.ts';
import { UsageError } from './usage-error.ts';

export const explain = {
  help: `explain REQUEST: what a SCIM request would do in the directory; nothing is written

  explain 'PATCH /Users/3f1c…' -d @body.json
  explain 'GET /Users?filter=title co "Engineer"'

  -d BODY           body: JSON, @FILE, or @- for standard input
  -H 'Name: value'  a header such as If-Match; may be repeated
  --client NAME     as this client of the configuration (default: one that may do everything, dialect compat)
  --directory NAME  needed only if there are several
  --config FILE     configuration (default: config.yaml)
  --set key=value   override one key; may be repeated
  --json            for programs

The path is relative to the directory's own (/Users/…), or whole (/scim/v2/Users/…). Reads are performed; what would be written is shown
as LDIF, passwords masked. Exit code 0: the request would be done, 1: it would be refused, 2: unusable input.`,
  options: {
    config: { type: 'string' },
    set: { type: 'string', multiple: true },
    client: { type: 'string' },
    directory: { type: 'string' },
    data: { type: 'string', short: 'd' },
    header: { type: 'string', short: 'H', multiple: true },
    json: { type: 'boolean' },
  },
  positionals: true,

  async run(values: Readonly<Record<string, unknown>>, positionals: readonly string[]): Promise<number> {
    const request = await readRequest(positionals, values['data'], listOf(values['header']));
    const config = loadConfig(textOf(values['config']) ?? 'config.yaml', { env: process.env, overrides: listOf(values['set']) });
    const choice = { client: textOf(values['client']), directory: textOf(values['directory']) };
    const description = describeExplanation(await explainRequest(config, request, choice));
    console.log(values['json'] === true ? JSON.stringify(description, null, 2) : formatExplanation(description));
    return description.answer.status < 400 ? 0 : 1;
  },
} as const;

export interface ScimRequest {
  readonly method: string;
  /** Path and query, relative to the directory's path or with it. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** @throws UsageError for a client or directory that the configuration does not have */
export async function explainRequest(config: Config, request: ScimRequest, choice: Omit<Choice, 'target'> = {}): Promise<Explanation> {
  const rehearsal = await openRehearsal(config, { ...choice, target: request.target });
  try {
    const { directory, client, backend, observation } = rehearsal;
    const { path } = directory;
    const target = request.target.startsWith(`${path}/`) ? request.target : `${path}${request.target}`;
    const answer = await rehearsal.send({ ...request, target });
    const status = backend.directory.status();
    const capabilities = status.ready ? backend.directory.capabilities() : undefined;
    return { request: { ...request, target }, directory, client, observation, answer, capabilities, outage: status.reason };
  } finally {
    await rehearsal.close();
  }
}

async function readRequest(positionals: readonly string[], data: unknown, headers: readonly string[]): Promise<ScimRequest> {
  const [, method = '', target = ''] = /^(?:([A-Za-z]+)\s+)?(\/\S.*)$/s.exec(positionals.join(' ').trim()) ?? [];
  if (target === '') throw new UsageError(`Say what to explain, such as 'GET /Users/ID'.\n\n${explain.help}`);
  const name = method === '' ? 'GET' : method.toUpperCase();
  if (!['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].includes(name))
    throw new UsageError(`${method} is no method of SCIM: GET, POST, PUT, PATCH, DELETE`);
  const body = typeof data === 'string' ? await readBody(data) : undefined;
  if (body !== undefined && name === 'GET') throw new UsageError('GET has no body');
  // As typed: blanks and quotes of a filter need not be encoded.
  const encoded = target.replaceAll(/[^\x21-\x7e]|["<>\\^`{|}]/gu, (character) => encodeURIComponent(character));
  return { method: name, target: encoded, headers: Object.fromEntries(headers.map(readHeader)), body };
}

async function readBody(data: string): Promise<string> {
  if (!data.startsWith('@')) return data;
  const file = data.slice(1);
  if (file === '-') return readStream(process.stdin);
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readHeader(header: string): readonly [string, string] {
  const [, name = '', value = ''] = /^([\w-]+):\s*(\S.*)$/.exec(header) ?? [];
  if (name === '') throw new UsageError(`A header is 'Name: value', but this is ${JSON.stringify(header)}`);
  if (/^(?:authorization|host|content-length|transfer-encoding|connection)$/i.test(name))
    throw new UsageError(`${name} cannot be set here`);
  return [name, value];
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const listOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);
