// What a request would do, seen from inside: the same use cases over the same directory, with every read noted and nothing written.
// The plan that is noted here is the object that would be executed.
import type { Directory } from '../ldap/directory.ts';
import { type Dn, formatDn, formatRdn } from '../ldap/dn.ts';
import type { Change, Entry } from '../ldap/entry.ts';
import { formatFilter } from '../ldap/filter.ts';
import type { ChangeRecord } from '../ldap/ldif.ts';
import { translateFilter } from '../mapping/filter.ts';
import type { ResourceMapping } from '../mapping/mapping.ts';
import { attributeName } from '../mapping/read.ts';
import type { ResolvedFilter } from '../scim/filter.ts';
import type { Backend, Question } from './backend.ts';
import type { Refusal } from './guards.ts';
import type { LimitVerdict } from './limits.ts';
import type { Plan, Step } from './plan.ts';

export interface NotedRead {
  readonly base: string;
  readonly scope: 'base' | 'one' | 'sub';
  /** RFC 4515. */
  readonly filter: string;
  readonly attributes: readonly string[];
  /** How many were taken; nobody may have wanted more. */
  entries: number;
}

/** Everything that one request or several brought about, in order. */
export interface Observation {
  readonly reads: NotedRead[];
  readonly questions: Question[];
  readonly guards: { readonly dn: Dn; readonly refusedBy: Refusal | undefined }[];
  readonly limits: LimitVerdict[];
  readonly plans: Plan[];
}

/** The backend with nothing executed and everything noted. */
export function observeBackend(backend: Backend): { readonly backend: Backend; readonly observation: Observation } {
  const observation: Observation = { reads: [], questions: [], guards: [], limits: [], plans: [] };
  const observed: Backend = {
    ...backend,
    observe: true,
    directory: readOnly(backend.directory, (read) => observation.reads.push(read)),
    onPlan: (plan) => observation.plans.push(plan),
    onGuard: (verdict) => observation.guards.push(verdict),
    onLimit: (verdict) => observation.limits.push(verdict),
    onQuery: (question) => observation.questions.push(question),
  };
  return { backend: observed, observation };
}

/** Reads go to the directory and are noted; a write is a defect of whoever asks for it. */
function readOnly(directory: Directory, note: (read: NotedRead) => void): Directory {
  const refuse = (): Promise<never> => Promise.reject(new Error('an observed directory is never written'));
  return {
    start: () => directory.start(),
    close: () => directory.close(),
    status: () => directory.status(),
    capabilities: () => directory.capabilities(),
    async *search(request): AsyncGenerator<Entry, void, undefined> {
      const { base, scope, filter, attributes } = request;
      const read: NotedRead = { base: formatDn(base), scope, filter: formatFilter(filter), attributes, entries: 0 };
      note(read);
      for await (const entry of directory.search(request)) {
        read.entries += 1;
        yield entry;
      }
    },
    async read(dn, attributes, filter) {
      const entry = await directory.read(dn, attributes, filter);
      const text = filter ? formatFilter(filter) : '(objectClass=*)';
      note({ base: formatDn(dn), scope: 'base', filter: text, attributes, entries: entry ? 1 : 0 });
      return entry;
    },
    add: refuse,
    modify: refuse,
    move: refuse,
    delete: refuse,
    setPassword: refuse,
    session: (task) => directory.session(task),
  };
}

/** The LDIF record of a step; undefined for what LDIF cannot say, the operation that sets a password (RFC 3062). */
export function recordOf(step: Step): ChangeRecord | undefined {
  if (step.kind === 'relink') {
    const { link, from, to } = step;
    const change = (operation: 'add' | 'delete', value: Dn): Change => ({
      operation,
      attribute: link.attribute,
      values: [formatDn(value)],
    });
    return { changetype: 'modify', dn: formatDn(link.dn), changes: [change('delete', from), ...(to ? [change('add', to)] : [])] };
  }
  const dn = formatDn(step.dn);
  switch (step.kind) {
    case 'add':
      return { changetype: 'add', dn, attributes: step.attributes };
    case 'modify':
      return { changetype: 'modify', dn, changes: step.changes };
    case 'rename':
      return {
        changetype: 'modrdn',
        dn,
        newRdn: formatRdn(step.rdn),
        deleteOldRdn: true,
        ...(step.superior && { newSuperior: formatDn(step.superior) }),
      };
    case 'delete':
      return { changetype: 'delete', dn };
    case 'setPassword':
      return undefined;
  }
}

/** Canonical names of SCIM attributes with the numbers of the patch operations that name them. */
export type Touched = ReadonlyMap<string, readonly number[]>;

/** Where a change of an LDAP attribute comes from, in words of the request and of the mapping. */
export function causeOf(attribute: string, resource: ResourceMapping, touched: Touched): string | undefined {
  const name = attribute.toLowerCase();
  const rules = resource.rules.filter(({ writes }) => writes.some((ldap) => ldap.toLowerCase() === name));
  const asked = rules.filter((rule) => touched.has(attributeName(rule)));
  const numbers = [...new Set(asked.flatMap((rule) => touched.get(attributeName(rule)) ?? []))];
  const names = [...new Set((asked.length > 0 ? asked : rules).map(({ target }) => target.name))].join(', ');
  if (asked.length > 0) return `op ${numbers.join(' and ')}: ${names}`;
  const computed = resource.set.find(({ ldap }) => ldap.toLowerCase() === name);
  if (computed) return `computed: ${computed.template.text}`;
  if (name === 'objectclass') return 'of every new entry';
  return names === '' ? undefined : names;
}

/** One comparison of a filter. */
export interface FilterPart {
  readonly scim: string;
  readonly ldap: string;
  /** The directory's answer is final; otherwise it gives too many entries and the gateway decides. */
  readonly exact: boolean;
}

/** The comparisons of a query's filter, each with the LDAP filter that is asked for it. */
export function explainFilter({ resource, filter, context }: Question): readonly FilterPart[] {
  const isAvoided = (part: ResolvedFilter): boolean => {
    const inParts = translateFilter(resource, part, { ...context, misreadsNegatedAlternatives: false }).over;
    return formatFilter(translateFilter(resource, part, context).over) !== formatFilter(inParts);
  };
  return leavesOf(filter, isAvoided).map((leaf) => {
    const { over, under } = translateFilter(resource, leaf, context);
    const ldap = formatFilter(over);
    return { scim: formatLeaf(leaf), ldap, exact: ldap === formatFilter(under) };
  });
}

/** @param isWhole what is asked as one question, although it has parts */
function leavesOf(filter: ResolvedFilter, isWhole: (filter: ResolvedFilter) => boolean): readonly ResolvedFilter[] {
  if (filter.kind === 'and') return filter.filters.flatMap((each) => leavesOf(each, isWhole));
  if (isWhole(filter)) return [filter];
  if (filter.kind === 'or') return filter.filters.flatMap((each) => leavesOf(each, isWhole));
  // A negation stays with what it negates: what is too much for the one is too little for the other.
  return filter.kind === 'not' && filter.filter.kind !== 'compare' && filter.filter.kind !== 'present'
    ? leavesOf(filter.filter, isWhole)
    : [filter];
}

/** As a client writes it. `inner`: between brackets, where sub-attributes stand alone. */
function formatLeaf(filter: ResolvedFilter, inner = false): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.filters.map((each) => formatLeaf(each, inner)).join(` ${filter.kind} `);
    case 'not':
      return `not (${formatLeaf(filter.filter, inner)})`;
    case 'constant':
      return String(filter.value);
    case 'valuePath':
      return `${filter.attribute.name}[${formatLeaf(filter.filter, true)}]`;
    default: {
      const { name, sub } = filter.attribute;
      const path = inner && sub ? sub.name : name;
      return filter.kind === 'present' ? `${path} pr` : `${path} ${filter.operator} ${JSON.stringify(filter.value)}`;
    }
  }
}
