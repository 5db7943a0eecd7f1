// What happened beyond the answer, for log and journal: published on diagnostics channels, so that no use case carries a logger.
// RFC 7644 section 7.5.2: events have no values; those of `write` have, for the journal to redact, but never a secret.
import { channel } from 'node:diagnostics_channel';
import { formatDn } from '../ldap/dn.ts';
import type { Change } from '../ldap/entry.ts';
import type { Value } from '../ldap/filter.ts';
import { type Account, currentAccount, noteRefusal, type Subject } from './account.ts';
import { explainFailure, type Failure, formatFailure } from './failure.ts';
import type { HeldWrite } from './holds.ts';
import type { LimitVerdict } from './limits.ts';
import type { Plan, Step } from './plan.ts';

const events = channel('ldap-scim-gateway:event');
const writes = channel('ldap-scim-gateway:write');
const failed = channel('ldap-scim-gateway:failed');
const hidden = channel('ldap-scim-gateway:hidden');

/** What became of one write, for the journal, which decides what of the values it keeps. */
export interface WriteReport {
  readonly directory: string;
  readonly operation: 'create' | 'update' | 'delete';
  readonly resourceType: string;
  /** Undefined as long as the directory has not given one. */
  readonly id: string | undefined;
  /** Whom it concerns, by the names of the resource. */
  readonly subject?: Subject;
  /** Ids of the resources whose membership changes. */
  readonly members?: readonly string[];
  readonly steps: readonly StepReport[];
  /** `unknown`: the connection broke before the directory answered. */
  readonly result: 'done' | 'nothing to do' | 'observed' | 'refused' | 'failed' | 'unknown';
  /** LDAP result code. */
  readonly resultCode?: number | undefined;
  /** Milliseconds from the first preparation to the end. */
  readonly ms?: number;
}

export interface StepReport {
  readonly kind: Step['kind'];
  readonly attributes?: readonly string[];
  readonly dn?: string;
  readonly newDn?: string;
  readonly changes?: readonly ChangeReport[];
}

/** What becomes of one LDAP attribute. A secret has no values here. */
export interface ChangeReport {
  readonly attribute: string;
  readonly secret?: true;
  /** Whole, where the gateway read it. */
  readonly before?: readonly Value[];
  readonly after?: readonly Value[];
  /** Values that are added to or taken out of others. */
  readonly added?: readonly Value[];
  readonly removed?: readonly Value[];
}

/** An operation that was answered with an error. */
export interface FailedReport extends Failure {
  readonly directory: string;
  readonly client: string;
  readonly operation: Account['operation'];
  readonly resourceType: string;
  readonly subject: Subject;
  /** One line without the names of whom it concerns. */
  readonly text: string;
}

export function reportWrite(report: WriteReport): void {
  const account = currentAccount();
  const { subject, members = [] } = account ?? {};
  writes.publish({ ...report, ...(subject && { subject }), ...(members.length > 0 && { members }) } satisfies WriteReport);
}

export function reportFailed(account: Account, error: unknown): void {
  if (!failed.hasSubscribers) return;
  const failure = explainFailure(account, error);
  const { backend, client, operation, resourceType, subject } = account;
  const report: FailedReport = {
    directory: backend.name,
    client: client.name,
    operation,
    resourceType,
    subject,
    ...failure,
    text: formatFailure(failure),
  };
  failed.publish(report);
}

/** @param isSecret of which attributes no value may be told */
export function describeSteps({ steps }: Plan, isSecret: (attribute: string) => boolean): readonly StepReport[] {
  return steps.map(({ step, undo }): StepReport => {
    switch (step.kind) {
      case 'modify': {
        const before = undo?.kind === 'modify' ? valuesBefore(undo.changes) : new Map<string, readonly Value[]>();
        const attributes = [...new Set(step.changes.map(({ attribute }) => attribute))];
        const changes = attributes.map((attribute) =>
          isSecret(attribute) ? { attribute, secret: true as const } : describeChange(attribute, step.changes, before.get(attribute)),
        );
        return { kind: step.kind, attributes, dn: formatDn(step.dn), changes };
      }
      case 'add': {
        const changes = [...step.attributes].map(([attribute, after]): ChangeReport =>
          isSecret(attribute) ? { attribute, secret: true } : { attribute, after },
        );
        return { kind: step.kind, attributes: [...step.attributes.keys()], dn: formatDn(step.dn), changes };
      }
      case 'relink':
        return { kind: step.kind, attributes: [step.link.attribute], dn: formatDn(step.link.dn) };
      case 'rename': {
        const parent = step.superior ?? { rdns: step.dn.rdns.slice(1) };
        return { kind: step.kind, dn: formatDn(step.dn), newDn: formatDn({ rdns: [step.rdn, ...parent.rdns] }) };
      }
      case 'setPassword':
      case 'delete':
        return { kind: step.kind, dn: formatDn(step.dn) };
    }
  });
}

/** An undo replaces each attribute by the values that it had. */
function valuesBefore(undo: readonly Change[]): ReadonlyMap<string, readonly Value[]> {
  return new Map(undo.filter(({ operation }) => operation === 'replace').map(({ attribute, values }) => [attribute, values]));
}

function describeChange(attribute: string, changes: readonly Change[], before: readonly Value[] | undefined): ChangeReport {
  const own = changes.filter((change) => change.attribute === attribute);
  const replaced = own.find(({ operation }) => operation === 'replace');
  if (replaced) return { attribute, ...(before && { before }), after: replaced.values };
  const of = (wanted: Change['operation']): readonly Value[] =>
    own.filter(({ operation }) => operation === wanted).flatMap(({ values }) => values);
  const [added, removed] = [of('add'), of('delete')];
  if (!before) return { attribute, ...(added.length > 0 && { added }), ...(removed.length > 0 && { removed }) };
  const isGone = own.some(({ operation, values }) => operation === 'delete' && values.length === 0);
  const octets = (value: Value): string => Buffer.from(value).toString('latin1');
  const gone = new Set(removed.map(octets));
  const left = isGone ? [] : before.filter((value) => !gone.has(octets(value)));
  return { attribute, before, after: [...left, ...added] };
}

/** A write of an entry that is protected. */
export function reportGuarded(directory: string, guard: string): void {
  noteRefusal({ by: 'guard', guard });
  events.publish({ level: 'warn', event: 'refused by a guard', directory, guard });
}

/** Since when an entry is quarantined, or that it is no longer, could not be kept: purging may come later, or sooner, than it should. */
export function reportTimesLost(directory: string, error: unknown): void {
  events.publish({ level: 'error', event: 'guards could not keep the time of a quarantine', directory, reason: String(error) });
}

/** A write that is over a limit. */
export function reportLimit(directory: string, { operation, count, used, limit, holds }: LimitVerdict): void {
  noteRefusal({ by: 'limit', operation, count, used, limit });
  events.publish({
    level: 'warn',
    event: holds ? 'held by a limit' : 'refused by a limit',
    directory,
    operation,
    count,
    used,
    limit,
  });
}

/** A write that waits for an administrator, once however often the client tries. */
export function reportHold(directory: string, hold: number, { client, operation, resourceType }: HeldWrite): void {
  events.publish({ level: 'warn', event: 'a change waits for an administrator', directory, hold, client, operation, resourceType });
}

/** References that wait for what they name, once for each attribute of a write. */
export function reportDeferred(directory: string, client: string, resourceType: string, attribute: string): void {
  events.publish({ level: 'info', event: 'a reference waits for what it names', directory, client, resourceType, attribute });
}

/** What became of references that waited, where it is not that they were written. */
export function reportDropped(details: {
  readonly directory: string;
  readonly reason: string;
  readonly client?: string;
  readonly resourceType?: string;
  readonly attribute?: string;
  readonly count?: number;
}): void {
  events.publish({ level: 'warn', event: 'a reference is not waited for any longer', ...details });
}

/**
 * A create that means somebody who exists already. `holder` is a DN, for the administrator who has to find the entry: clients are never told.
 */
export function reportMatch(details: {
  readonly directory: string;
  readonly client: string;
  readonly resourceType: string;
  readonly key: string;
  readonly holder: string;
  readonly outside: boolean;
  readonly became: string;
}): void {
  events.publish({
    level: details.became === 'refused' ? 'warn' : 'info',
    event: 'a create means an entry that exists already',
    ...details,
  });
}

/** Deleted entries whose time was over. */
export function reportPurged(details: {
  readonly directory: string;
  readonly resourceType: string;
  readonly purged: number;
  readonly left: number;
}): void {
  events.publish({ level: details.left > 0 ? 'warn' : 'info', event: 'deleted entries were purged', ...details });
}

/** The server did not let the gateway count all entries: a percentage of a population is one of those that it gave. */
export function reportPartialCount(directory: string, resourceType: string, counted: number, resultCode: number | undefined): void {
  events.publish({ level: 'warn', event: 'the population could not be counted whole', directory, resourceType, counted, resultCode });
}

/** A value that was accepted and not stored, because the dialect or the mapping says so. Names only, never values. */
export function reportIgnored(details: {
  readonly directory: string;
  readonly client: string;
  readonly path: string;
  readonly reason: string;
}): void {
  events.publish({ level: 'info', event: 'ignored', ...details });
}

/** References of resources of that type that were left out of an answer: they name nothing, or nothing that is a resource here (L-037). */
export function reportHidden(directory: string, resourceType: string, references: number): void {
  if (references > 0) hidden.publish({ directory, resourceType, references });
}

/** A value that names a deleted entry could not be taken away: an administrator must do it before the name is used again. */
export function reportDangling(error: unknown): void {
  events.publish({
    level: 'warn',
    event: 'a reference to a deleted entry is left',
    reason: error instanceof Error ? error.name : 'unknown',
  });
}

/** What the directory refused, in plain words and without a value; clients only read something neutral. */
export function reportRefused(details: {
  readonly operation: string;
  readonly resultCode: number | undefined;
  readonly reason: string;
}): void {
  events.publish({ level: 'info', event: 'refused by the directory', ...details });
}

/** The mapping writes passwords to userPassword, and the directory keeps them readable or does not let the gateway see how. */
export function reportClearText(directory: string): void {
  events.publish({ level: 'warn', event: 'passwords are not written: userPassword is not seen to be hashed by the directory', directory });
}

/** A plan that was not executed, because the directory is only observed (`mode: observe`). Kinds and attributes only. */
export function reportObserved(directory: string, plan: Plan): void {
  const described = describeSteps(plan, () => true).map(({ kind, attributes = [] }) =>
    kind === 'relink' ? kind : [kind, ...attributes].join(' '),
  );
  events.publish({ level: 'info', event: 'observed', directory, steps: described });
}
