// What happened beyond the answer, for the log: published on a diagnostics channel, so that no use case carries a logger.
import { channel } from 'node:diagnostics_channel';
import type { LimitVerdict } from './limits.ts';
import type { Plan, Step } from './plan.ts';

const events = channel('ldap-scim-gateway:event');
const writes = channel('ldap-scim-gateway:write');

/** What became of one write, for the audit log. No values and no DNs: steps are kinds and names of LDAP attributes. */
export interface WriteReport {
  readonly directory: string;
  readonly operation: 'create' | 'update' | 'delete';
  readonly resourceType: string;
  /** Undefined as long as the directory has not given one. */
  readonly id: string | undefined;
  readonly steps: readonly StepReport[];
  /** `unknown`: the connection broke before the directory answered. */
  readonly result: 'done' | 'nothing to do' | 'observed' | 'refused' | 'failed' | 'unknown';
  /** LDAP result code. */
  readonly resultCode?: number | undefined;
}

export interface StepReport {
  readonly kind: Step['kind'];
  readonly attributes?: readonly string[];
}

export function reportWrite(report: WriteReport): void {
  writes.publish(report);
}

export function describeSteps({ steps }: Plan): readonly StepReport[] {
  return steps.map(({ step }) => {
    switch (step.kind) {
      case 'modify':
        return { kind: step.kind, attributes: [...new Set(step.changes.map(({ attribute }) => attribute))] };
      case 'add':
        return { kind: step.kind, attributes: [...step.attributes.keys()] };
      case 'relink':
        return { kind: step.kind, attributes: [step.link.attribute] };
      default:
        return { kind: step.kind };
    }
  });
}

/** A write of an entry that is protected. */
export function reportGuarded(directory: string, guard: string): void {
  events.publish({ level: 'warn', event: 'refused by a guard', directory, guard });
}

/** A write that is over a limit. */
export function reportLimit(directory: string, { operation, count, used, limit }: LimitVerdict): void {
  events.publish({ level: 'warn', event: 'refused by a limit', directory, operation, count, used, limit });
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
  const described = describeSteps(plan).map(({ kind, attributes = [] }) => (kind === 'relink' ? kind : [kind, ...attributes].join(' ')));
  events.publish({ level: 'info', event: 'observed', directory, steps: described });
}
