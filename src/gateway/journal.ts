// What happened beyond the answer, for the log: published on a diagnostics channel, so that no use case carries a logger.
import { channel } from 'node:diagnostics_channel';

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
