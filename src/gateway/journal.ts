// What happened beyond the answer, for the log: published on a diagnostics channel, so that no use case carries a logger.
import { channel } from 'node:diagnostics_channel';
import type { Plan } from './plan.ts';

const events = channel('ldap-scim-gateway:event');

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
export function reportObserved(directory: string, { steps }: Plan): void {
  const described = steps.map(({ step }) => {
    if (step.kind === 'modify') return `modify ${[...new Set(step.changes.map(({ attribute }) => attribute))].join(' ')}`;
    return step.kind === 'add' ? `add ${[...step.attributes.keys()].join(' ')}` : step.kind;
  });
  events.publish({ level: 'info', event: 'observed', directory, steps: described });
}
