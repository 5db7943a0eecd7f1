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
