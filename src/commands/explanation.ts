// What is known of a request that was explained, in the order in which people ask: reads, filter, changes, guards, what is ignored, answer.
import type { ClientConfig, DirectoryConfig } from '../config.ts';
import { causeOf, explainFilter, type FilterPart, type NotedRead, type Observation, recordOf, type Touched } from '../gateway/explain.ts';
import type { Refusal } from '../gateway/guards.ts';
import type { LimitVerdict } from '../gateway/limits.ts';
import type { Step } from '../gateway/plan.ts';
import type { Capabilities } from '../ldap/directory.ts';
import { formatDn } from '../ldap/dn.ts';
import { formatFilter } from '../ldap/filter.ts';
import { commentLines, formatChange, mask } from '../ldap/ldif.ts';
import type { ResourceMapping } from '../mapping/mapping.ts';
import { attributeName } from '../mapping/read.ts';
import type { Dialect } from '../scim/dialects.ts';
import { parsePatch } from '../scim/patch.ts';
import type { ScimRequest } from './explain.ts';
import type { RehearsedAnswer } from './rehearsal.ts';

export interface Explanation {
  readonly request: ScimRequest;
  readonly directory: DirectoryConfig;
  readonly client: ClientConfig;
  readonly observation: Observation;
  readonly answer: RehearsedAnswer;
  /** Undefined: the directory was not reached. */
  readonly capabilities: Capabilities | undefined;
  readonly outage: string | undefined;
}

/** Up to so many entries come without pages. */
const fewEntries = 200;

export interface Description {
  readonly request: {
    readonly method: string;
    readonly target: string;
    readonly client: string;
    readonly dialect: string;
    readonly directory: string;
  };
  readonly reads: readonly (NotedRead & { readonly paged: boolean })[];
  /** Of a query: comparison by comparison, who decides. */
  readonly filter: readonly FilterPart[];
  /** Undefined: it did not come to a plan. */
  readonly plan: readonly DescribedStep[] | undefined;
  readonly guards: readonly { readonly dn: string; readonly allowed: boolean; readonly refusedBy?: string }[];
  /** What the limits of the guards say; in a gateway that runs, `used` is what it has counted. */
  readonly limits: readonly LimitVerdict[];
  readonly ignored: RehearsedAnswer['ignored'];
  /** `foreseen`: as long as the directory accepts the changes. */
  readonly answer: { readonly status: number; readonly foreseen: boolean; readonly body: unknown };
  readonly failures: readonly string[];
}

export interface DescribedStep {
  readonly kind: Step['kind'];
  readonly dn: string;
  readonly ldif: string;
}

export function describeExplanation(explanation: Explanation): Description {
  const { request, client, directory, observation, capabilities, outage } = explanation;
  const plan = observation.plans.at(-1);
  const answer = answerOf(explanation);
  return {
    request: {
      method: request.method,
      target: request.target,
      client: client.name,
      dialect: client.dialect.name,
      directory: directory.name,
    },
    reads: observation.reads.map((read) => ({ ...read, paged: read.entries > fewEntries && capabilities?.paging === true })),
    filter: observation.questions.flatMap(explainFilter),
    plan: plan?.steps.map(({ step }, i) => describeStep(step, i === plan.steps.length - 1, explanation)),
    limits: observation.limits,
    guards: observation.guards.map(({ dn, refusedBy }) => ({
      dn: formatDn(dn),
      allowed: refusedBy === undefined,
      ...(refusedBy && { refusedBy: describeRefusal(refusedBy) }),
    })),
    ignored: unique(explanation.answer.ignored),
    answer,
    failures: [...new Set([...(outage === undefined ? [] : [outage]), ...explanation.answer.failures])],
  };
}

/** A create that came to a plan is answered 503 by an observing gateway, because the id of the new entry is not known. */
function answerOf({ request, observation, answer }: Explanation): Description['answer'] {
  const planned = observation.plans.length > 0;
  const created = request.method === 'POST' && planned && answer.status === 503;
  return {
    status: created ? 201 : answer.status,
    foreseen: created || (planned && answer.status < 400),
    body: created ? undefined : answer.body,
  };
}

function unique(ignored: RehearsedAnswer['ignored']): RehearsedAnswer['ignored'] {
  return [...new Map(ignored.map((each) => [`${each.path}\0${each.reason}`, each])).values()];
}

function describeRefusal(refusal: Refusal): string {
  if (refusal === 'baseDn') return 'the base of the directory, or above it';
  if (refusal === 'bindDn') return 'the account of the gateway';
  if (refusal === 'privileged') return 'an administrator, or a group of administrators (guards.allowPrivileged)';
  return 'dn' in refusal ? `protect: ${formatDn(refusal.dn)} (${refusal.scope})` : `protect: ${formatFilter(refusal.filter)}`;
}

function describeStep(step: Step, last: boolean, explanation: Explanation): DescribedStep {
  const { request, client } = explanation;
  const resource = resourceOf(explanation);
  const touched = resource ? touchedBy(request, resource, client.dialect) : new Map<string, readonly number[]>();
  const exchanged = exchangedBy(step, resource);
  const cause = (attribute: string): string | undefined => {
    const reason = resource && causeOf(attribute, resource, touched);
    return exchanged.has(attribute) ? `${reason ?? attribute}, compare-and-set` : reason;
  };
  const record = recordOf(step);
  const head = commentLines(headOf(step, last, resource, explanation));
  const dn = formatDn(step.kind === 'relink' ? step.link.dn : step.dn);
  const body = record ? formatChange(record, step.kind === 'relink' ? undefined : cause) : `# dn: ${dn}\n# new password: ${mask}`;
  return { kind: step.kind, dn, ldif: [...head, body].join('\n') };
}

/** Attributes whose one value is named and exchanged for another: the change fails if somebody was faster. */
function exchangedBy(step: Step, resource: ResourceMapping | undefined): ReadonlySet<string> {
  const single = (operation: 'add' | 'delete'): readonly string[] =>
    step.kind !== 'modify'
      ? []
      : step.changes.filter((change) => change.operation === operation && change.values.length === 1).map(({ attribute }) => attribute);
  const added = new Set(single('add'));
  return new Set(single('delete').filter((attribute) => added.has(attribute) && attribute !== resource?.membership?.ldap));
}

function headOf(step: Step, last: boolean, resource: ResourceMapping | undefined, { capabilities }: Explanation): string | undefined {
  const notes: string[] = [];
  if (step.kind === 'rename')
    notes.push(`the name follows ${resource?.create?.rdn.flatMap(({ value }) => value.names).join(', ') ?? 'its template'}`);
  if (step.kind === 'setPassword') notes.push('password modify, an extended operation (RFC 3062) that LDIF cannot say');
  if (step.kind === 'relink') notes.push('names the entry; skipped where the server has done it already');
  if (step.kind === 'relink' && step.link.placeholder)
    notes.push(`if nothing else is left, ${formatDn(step.link.placeholder)} takes the place`);
  if (takesMembers(step, resource))
    notes.push(`if nobody is left, it is done again with ${formatDn(resource?.membership?.placeholder ?? { rdns: [] })} in their place`);
  if ('assertion' in step && step.assertion) notes.push(`only if ${formatFilter(step.assertion)} (assertion control, RFC 4528)`);
  if (last && capabilities?.postRead && ['add', 'modify', 'rename'].includes(step.kind))
    notes.push('the server answers with the new values (post-read control, RFC 4527)');
  return notes.length === 0 ? undefined : notes.join('\n');
}

/** Only the directory knows whether these were the last: it then refuses, and the placeholder comes back with the next attempt. */
function takesMembers(step: Step, resource: ResourceMapping | undefined): boolean {
  const { ldap, placeholder } = resource?.membership ?? {};
  if (step.kind !== 'modify' || !placeholder) return false;
  const own = step.changes.filter(({ attribute }) => attribute === ldap);
  return own.length > 0 && own.every(({ operation }) => operation === 'delete');
}

/** The resource type that the path of the request names. */
function resourceOf({ request, directory }: Explanation): ResourceMapping | undefined {
  const path = request.target.slice(directory.path.length).replace(/\?.*$/s, '');
  return directory.mapping.resources.find(({ type }) => path === type.endpoint || path.startsWith(`${type.endpoint}/`));
}

/** Which operation of a patch names which attribute. What cannot be read was refused anyway. */
function touchedBy({ method, body }: ScimRequest, { type }: ResourceMapping, dialect: Dialect): Touched {
  const touched = new Map<string, number[]>();
  if (method !== 'PATCH' || body === undefined) return touched;
  const message = parseJson(body);
  const members = Object.entries(typeof message === 'object' && message !== null ? message : {});
  const operations: unknown = members.find(([name]) => name.toLowerCase() === 'operations')?.[1];
  for (const [i, operation] of (Array.isArray(operations) ? (operations as readonly unknown[]) : []).entries()) {
    const rest = members.filter(([name]) => name.toLowerCase() !== 'operations');
    for (const { target } of parsePatch({ ...Object.fromEntries(rest), Operations: [operation] }, type, dialect)) {
      const name = attributeName({ target });
      touched.set(name, [...(touched.get(name) ?? []), i + 1]);
    }
  }
  return touched;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
