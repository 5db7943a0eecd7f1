// Lines of the journal for people: what was asked, what was done to whom, and why it failed, one line each.
// What comes from a file is shown without control characters: it must not move the cursor of a terminal.
import { explainStatus } from '../../gateway/failure-causes.ts';
import type { JournalChange, JournalLine, JournalStep, Names } from './line.ts';

/** Values of one attribute. */
const mostShown = 5;

export function formatLine(line: JournalLine): string {
  const { client = 'nobody', method, route, status, ms, complete, writes, failures, ignored } = line;
  const head = [
    timeOf(line),
    client,
    method === undefined ? '(later)' : `${method} ${route ?? '?'}`,
    ...(status === undefined ? [] : [`${status} in ${ms ?? '?'} ms`]),
    ...(complete ? [] : ['the client went away']),
    `request ${line.requestId}`,
  ].join('  ');
  const details = [
    ...writes.map(({ operation, resourceType, id, person, steps, result, resultCode }) => {
      const outcome = `${result}${resultCode === undefined ? '' : ` (LDAP ${resultCode})`}`;
      return `${operation} ${resourceType}${whom(id, person)}: ${steps.map(formatStep).join('; ') || 'no steps'}: ${outcome}`;
    }),
    ...failures.map(({ text }) => `failed: ${text}`),
    ...ignored.map((each) => `ignored ${each}`),
  ];
  return printable([head, ...details.map((detail) => `    ${detail}`)]);
}

/** `journal --failed`: a line for each failure. */
export function formatFailures(line: JournalLine): string {
  const { client = 'nobody', method, route, status, failures } = line;
  const own = failures.map(
    ({ operation, resourceType, id, person, text }) => `${operation} ${resourceType}${whom(id, person)} by ${client} failed: ${text}`,
  );
  const isLate = method === undefined;
  const plain = isLate
    ? formatLine(line).trim()
    : `${method}${route === undefined ? '' : ` ${route}`} by ${client} failed: ${explainStatus(status ?? 0)}`;
  return printable((own.length > 0 ? own : [plain]).map((text) => `${timeOf(line)}  ${text} [request ${line.requestId}]`));
}

const timeOf = ({ time }: JournalLine): string => time.replace('T', ' ').replace(/\.\d+Z$/, 'Z');

function whom(id: string | undefined, { userName, displayName, externalId }: Names): string {
  const name = userName ?? displayName ?? externalId;
  return `${name === undefined ? '' : ` ${quote(name)}`}${id === undefined ? '' : ` (${id})`}`;
}

function formatStep({ kind, attributes, changes }: JournalStep): string {
  if (changes.length > 0) return `${kind} ${changes.map(formatChange).join(', ')}`;
  return attributes.length > 0 ? `${kind} ${attributes.join(', ')}` : kind;
}

function formatChange({ attribute, secret, lists }: JournalChange): string {
  if (secret) return `${attribute} (secret)`;
  const show = (name: string): string => {
    const values = lists.get(name) ?? [];
    const shown = values.slice(0, mostShown).map(quote);
    return `${shown.join(' ') || 'nothing'}${values.length > mostShown ? ` and ${values.length - mostShown} more` : ''}`;
  };
  if (lists.has('before')) return `${attribute}: ${show('before')} -> ${show('after')}`;
  return [
    ...(lists.has('after') ? [`${attribute}: ${show('after')}`] : []),
    ...(lists.has('removed') ? [`${attribute} - ${show('removed')}`] : []),
    ...(lists.has('added') ? [`${attribute} + ${show('added')}`] : []),
  ].join(', ');
}

/** Fingerprints stand as they are. */
const quote = (value: string): string => (/^#[0-9a-f]{16}$/.test(value) ? value : JSON.stringify(value));

const printable = (lines: readonly string[]): string =>
  lines.map((line) => line.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '�')).join('\n');
