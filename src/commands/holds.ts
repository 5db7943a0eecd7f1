// `holds`: changes over a limit that wait for an administrator, listed, approved and refused at a gateway that runs.
// Through the operator's endpoints (docs/operations.md), so that the file of the guards has one owner.
import { readFileSync } from 'node:fs';
import { loadOperatorAccess } from '../config.ts';
import { UsageError } from './usage-error.ts';

const selections = ['client', 'directory', 'operation', 'type', 'state'] as const;

export const holds = {
  help: `holds: changes over a limit (guards.limits, then: hold) that wait for an administrator

  holds list                what waits, and what was decided and not yet taken up by the client
  holds show N              one of them with its whole plan as LDIF
  holds approve N …         the next attempt of the client is carried out
  holds refuse N …          every further attempt is refused, until the decision expires
  holds deferred            references to what does not exist yet

  --client NAME  --directory NAME  --operation create|update|delete  --type User  --state waiting|approved|refused
                            list only those; approve or refuse all of those that wait, instead of numbers
  --all                     approve or refuse everything that waits
  --config FILE             configuration (default: config.yaml), for the address and token of \`admin\`
  --set key.path=value      override one key; may be repeated
  --url URL                 the operator's endpoints, instead of what the configuration says
  --token-file FILE         holds their token; or set ADMIN_TOKEN, where the configuration has only its hash
  --json                    for programs

Exit code 1 if a number is not there, or the gateway does not answer.`,
  options: {
    config: { type: 'string' },
    set: { type: 'string', multiple: true },
    url: { type: 'string' },
    'token-file': { type: 'string' },
    client: { type: 'string' },
    directory: { type: 'string' },
    operation: { type: 'string' },
    type: { type: 'string' },
    state: { type: 'string' },
    all: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  positionals: true,

  async run(values: Readonly<Record<string, unknown>>, [action = 'list', ...numbers]: readonly string[]): Promise<number> {
    const desk = openDesk(values);
    const json = values['json'] === true;
    switch (action) {
      case 'list':
        return print(await desk.ask('GET', `/holds${selectionOf(values)}`), json, formatList);
      case 'deferred':
        return print(await desk.ask('GET', '/deferred'), json, formatDeferred);
      case 'show':
        return print(await desk.ask('GET', `/holds/${onlyNumber(numbers)}`), json, formatWhole);
      case 'approve':
      case 'refuse':
        return decide(desk, action, values, numbers, json);
      default:
        throw new UsageError(`There is no holds ${action}; there is list, show, approve, refuse and deferred`);
    }
  },
} as const;

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface Desk {
  ask(method: 'GET' | 'POST', path: string): Promise<Answer>;
}

/** @throws UsageError where it is not known how to reach the gateway */
function openDesk(values: Readonly<Record<string, unknown>>): Desk {
  const file = typeof values['config'] === 'string' ? values['config'] : 'config.yaml';
  const overrides = Array.isArray(values['set']) ? values['set'].map(String) : [];
  const isSaid =
    typeof values['url'] === 'string' && (typeof values['token-file'] === 'string' || process.env['ADMIN_TOKEN'] !== undefined);
  const access = isSaid ? undefined : loadOperatorAccess(file, { env: process.env, overrides });
  const url = typeof values['url'] === 'string' ? values['url'] : access?.url;
  if (url === undefined) throw new UsageError(`${file} has no \`admin\`, so the running gateway cannot be asked: add it, or say --url`);
  const given = typeof values['token-file'] === 'string' ? readFileSync(values['token-file'], 'utf8').replace(/\r?\n$/, '') : undefined;
  const token = given ?? access?.token ?? process.env['ADMIN_TOKEN'];
  if (token === undefined) throw new UsageError('The configuration has only the hash of the token: say --token-file, or set ADMIN_TOKEN');
  return {
    async ask(method, path) {
      try {
        const response = await fetch(url.replace(/\/$/, '') + path, { method, headers: { Authorization: `Bearer ${token}` } });
        const text = await response.text();
        return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : {} };
      } catch (error) {
        const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
        return { status: 0, body: { detail: `${url} does not answer: ${cause}` } };
      }
    },
  };
}

async function decide(
  desk: Desk,
  action: 'approve' | 'refuse',
  values: Readonly<Record<string, unknown>>,
  numbers: readonly string[],
  json: boolean,
): Promise<number> {
  const selection = selectionOf(values);
  if (numbers.length === 0 && selection === '' && values['all'] !== true)
    throw new UsageError(`Say which: holds ${action} N, or --client, --directory, --operation, --type, or --all`);
  if (numbers.length > 0 && (selection !== '' || values['all'] === true))
    throw new UsageError('Say either numbers or what they have in common');
  if (numbers.length === 0)
    return print(await desk.ask('POST', `/holds/${action}${selection === '' ? '?all=true' : selection}`), json, formatList);
  let code = 0;
  for (const number of numbers) {
    const answer = await desk.ask('POST', `/holds/${encodeURIComponent(number)}/${action}`);
    code = Math.max(code, print(answer, json, formatOne));
  }
  return code;
}

function selectionOf(values: Readonly<Record<string, unknown>>): string {
  const parameters = new URLSearchParams();
  for (const name of selections) {
    const value = values[name];
    if (typeof value === 'string') parameters.set(name === 'type' ? 'resourceType' : name, value);
  }
  return parameters.size === 0 ? '' : `?${parameters.toString()}`;
}

function onlyNumber([number, ...others]: readonly string[]): string {
  if (number === undefined || others.length > 0) throw new UsageError('Say one number: holds show N');
  return encodeURIComponent(number);
}

type Row = Readonly<Record<string, unknown>>;

function print({ status, body }: Answer, json: boolean, format: (body: Row) => string): number {
  const isDone = status === 200;
  if (json) console.log(JSON.stringify(body, undefined, 2));
  else if (isDone) console.log(format(body as Row));
  else console.error(String((body as Row)['detail'] ?? `The gateway answered ${status}`));
  return isDone ? 0 : 1;
}

/** What clients sent is shown without what a terminal would obey. */
const plain = (value: unknown): string => String(value).replaceAll(/\p{Cc}/gu, '?');

const rowsOf = (body: Row, name: string): readonly Row[] => (Array.isArray(body[name]) ? (body[name] as readonly Row[]) : []);

function formatList(body: Row): string {
  const rows = rowsOf(body, 'holds');
  return rows.length === 0 ? 'Nothing waits.' : rows.map(formatOne).join('\n');
}

function formatOne({ id, state, at, client, method, path, dn, reason }: Row): string {
  return `${String(id).padStart(4)}  ${String(state).padEnd(8)}  ${String(at)}  ${plain(client)}  ${String(method)} ${plain(path)}\n      ${plain(dn)}\n      ${plain(reason)}`;
}

function formatWhole(hold: Row): string {
  return `${formatOne(hold)}\n      tried ${Number(hold['retried']) + 1} times, expires ${String(hold['expires'])}\n\n${String(hold['plan'])}`;
}

function formatDeferred(body: Row): string {
  const rows = rowsOf(body, 'deferred');
  if (rows.length === 0) return 'Nothing is waited for.';
  return rows
    .map(
      ({ directory, resourceType, resourceId, attribute, foreignId, client, expires }) =>
        `${String(directory)}  ${String(resourceType)} ${plain(resourceId)}  ${String(attribute)} -> ${plain(foreignId)}  by ${plain(client)}, until ${String(expires)}`,
    )
    .join('\n');
}
