// Which lines of a journal are meant: by client, person, time, status, operation, request.
// Persons are found by id, by a name in clear, or by its fingerprint, whichever the journal has.
import type { Fingerprint } from '../../audit/fingerprint.ts';
import { parseDuration } from '../../config.ts';
import { UsageError } from '../usage-error.ts';
import type { JournalLine } from './line.ts';

export interface Search {
  readonly client: string | undefined;
  readonly person: string | undefined;
  /** Epoch milliseconds. */
  readonly since: number | undefined;
  readonly until: number | undefined;
  readonly status: { readonly from: number; readonly to: number } | undefined;
  readonly operation: Operation | undefined;
  readonly request: string | undefined;
  readonly failed: boolean;
}

const operations = ['create', 'update', 'delete', 'read'] as const;
type Operation = (typeof operations)[number];

/** @throws UsageError */
export function readSearch(values: Readonly<Record<string, unknown>>, now: number): Search {
  const text = (name: string): string | undefined => (typeof values[name] === 'string' ? values[name] : undefined);
  const operation = operations.find((name) => name === text('operation'));
  if (text('operation') !== undefined && !operation) throw new UsageError(`--operation takes ${operations.join(', ')}`);
  return {
    client: text('client'),
    person: text('person'),
    since: readTime('since', text('since'), now),
    until: readTime('until', text('until'), now),
    status: readStatus(text('status')),
    operation,
    request: text('request'),
    failed: values['failed'] === true,
  };
}

/** A date, a date and time, or how long ago. */
function readTime(option: string, text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const time = /^\d{4}-/.test(text) ? Date.parse(text) : now - durationOf(text);
  if (Number.isNaN(time))
    throw new UsageError(`--${option} takes a time such as 2030-01-31, 2030-01-31T12:00Z, or how long ago, such as 2h`);
  return time;
}

function durationOf(text: string): number {
  try {
    return parseDuration(text);
  } catch {
    return Number.NaN;
  }
}

function readStatus(text: string | undefined): Search['status'] {
  if (text === undefined) return undefined;
  if (/^[1-5]xx$/i.test(text)) return { from: Number(text[0]) * 100, to: Number(text[0]) * 100 + 99 };
  if (!/^[1-5]\d\d$/.test(text)) throw new UsageError('--status takes a status such as 409, or 4xx');
  return { from: Number(text), to: Number(text) };
}

export function matches(line: JournalLine, search: Search, fingerprint: Fingerprint | undefined): boolean {
  const { client, since, until, status, operation, request, failed, person } = search;
  const time = Date.parse(line.time);
  return (
    (client === undefined || line.client === client) &&
    (since === undefined || time >= since) &&
    (until === undefined || time < until) &&
    (status === undefined || (line.status !== undefined && line.status >= status.from && line.status <= status.to)) &&
    (operation === undefined || operationsOf(line).has(operation)) &&
    (request === undefined || line.requestId === request) &&
    (!failed || isFailed(line)) &&
    (person === undefined || concerns(line, person, fingerprint))
  );
}

function isFailed({ status, failures, writes }: JournalLine): boolean {
  return (
    (status !== undefined && status >= 400) ||
    failures.length > 0 ||
    writes.some(({ result }) => result === 'failed' || result === 'refused' || result === 'unknown')
  );
}

const ofMethods: ReadonlyMap<string, Operation> = new Map([
  ['GET', 'read'],
  ['HEAD', 'read'],
  ['POST', 'create'],
  ['PUT', 'update'],
  ['PATCH', 'update'],
  ['DELETE', 'delete'],
]);

function operationsOf({ method, route, writes, failures }: JournalLine): ReadonlySet<string> {
  const done = [...writes, ...failures].map(({ operation }) => operation);
  if (done.length > 0) return new Set(done);
  return new Set(route?.endsWith('/.search') ? ['read'] : [ofMethods.get(method ?? '') ?? '']);
}

function concerns({ writes, failures }: JournalLine, person: string, fingerprint: Fingerprint | undefined): boolean {
  const wanted = new Set([person.toLowerCase(), ...(fingerprint ? [fingerprint(person)] : [])]);
  const names = [...writes, ...failures].flatMap(({ id, person: known }) => [...(id === undefined ? [] : [id]), ...Object.values(known)]);
  return [...names, ...writes.flatMap(({ members }) => members)].some((name) => wanted.has(name.toLowerCase()));
}
