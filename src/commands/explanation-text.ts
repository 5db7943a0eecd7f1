// An explanation for people on a terminal.
import type { Description } from './explanation.ts';

const title = (name: string, text: string): string => `${name.padEnd(12)}${text}`;
const indent = (text: string, by = 2): string => text.replaceAll(/^(?=.)/gm, ' '.repeat(by));

export function formatExplanation(description: Description): string {
  const { request, failures } = description;
  return [
    title('request', `${request.method} ${decodeQuery(request.target)}`),
    title('as', `${request.client}, dialect ${request.dialect}, directory ${request.directory}`),
    ...formatReads(description),
    ...formatFilter(description),
    ...formatPlan(description),
    ...formatGuards(description),
    ...description.ignored.map(({ path, reason }) => title('ignored', `${path}: ${reason}`)),
    ...formatAnswer(description),
    ...failures.map((failure) => title('reason', failure)),
  ].join('\n');
}

function decodeQuery(target: string): string {
  try {
    return decodeURIComponent(target);
  } catch {
    return target;
  }
}

function formatReads({ reads }: Description): readonly string[] {
  return [
    title('reads', String(reads.length)),
    ...reads.flatMap(({ base, scope, filter, attributes, entries, paged }) => [
      indent(`search ${base}  scope ${scope}  ${filter}`),
      indent(`attributes ${attributes.length === 0 ? 'none (1.1)' : attributes.join(' ')}`, 4),
      indent(`${count(entries, 'entry', 'entries')} taken${paged ? ', in pages (RFC 2696)' : ''}`, 4),
    ]),
  ];
}

function formatFilter({ filter }: Description): readonly string[] {
  if (filter.length === 0) return [];
  const inMemory = filter.filter(({ exact }) => !exact).length;
  return [
    title(
      'filter',
      inMemory === 0 ? 'the directory answers it exactly' : `${inMemory} of ${count(filter.length, 'comparison')} finished in memory`,
    ),
    ...filter.map(({ scim, ldap, exact }) => indent(`${exact ? 'directory' : 'in memory'}  ${scim}  ->  ${describeOver(ldap, exact)}`)),
  ];
}

function describeOver(ldap: string, exact: boolean): string {
  if (ldap === '(|)') return 'nothing can match: not asked';
  if (ldap === '(&)') return exact ? 'true for every entry' : 'the directory cannot narrow it: every entry is read';
  return exact ? ldap : `at least ${ldap}`;
}

function formatPlan({ plan, request, answer }: Description): readonly string[] {
  if (plan === undefined)
    return request.method === 'GET' ? [] : [title('plan', answer.status >= 400 ? 'none: the request is refused' : 'none')];
  if (plan.length === 0) return [title('plan', 'nothing to do: no LDAP write')];
  const renames = plan.filter(({ kind }) => kind === 'rename').length;
  return [
    title('plan', `${count(plan.length, 'LDAP write')}, ${renames === 0 ? 'no rename' : count(renames, 'rename')}`),
    '',
    ...plan.flatMap(({ ldif }) => [indent(ldif), '']),
  ];
}

function formatGuards({ guards, limits }: Description): readonly string[] {
  return [
    ...guards.map(({ dn, refusedBy }) => title('guards', refusedBy === undefined ? `${dn}: allowed` : `${dn}: refused by ${refusedBy}`)),
    ...limits.map(({ operation, count, limit, allowed, holds }) => {
      const verdict = allowed ? 'allowed' : holds ? 'held for an administrator' : 'refused';
      return title('limits', `${operation}: ${count} of ${limit} within an hour: ${verdict}`);
    }),
  ];
}

function formatAnswer({ answer }: Description): readonly string[] {
  const { status, foreseen, body } = answer;
  const shown = status >= 400 && body !== undefined ? [indent(JSON.stringify(body, null, 2))] : [];
  const resources = status < 400 ? totalOf(body) : undefined;
  const what = foreseen
    ? ' if the directory accepts it'
    : resources === undefined
      ? ''
      : `, ${count(resources, 'resource')}, sorted and cut into pages in memory`;
  return [title('answer', `${status}${what}`), ...shown];
}

function totalOf(body: unknown): number | undefined {
  const total = typeof body === 'object' && body !== null && 'totalResults' in body ? body.totalResults : undefined;
  return typeof total === 'number' ? total : undefined;
}

function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
