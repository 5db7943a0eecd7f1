// How a directory comes and goes, for the log: published on a diagnostics channel, so that no connection carries a logger.
// clients learn none of this. The reason names servers of the configuration, result codes and what TLS says, never an entry or a secret.
import { channel } from 'node:diagnostics_channel';

const events = channel('ldap-scim-gateway:event');

/** A server is used from now on. */
export function reportConnected(server: string): void {
  events.publish({ level: 'info', event: 'connected to the directory', server });
}

/** A server cannot be used, or not any more. */
export function reportDisconnected(server: string, reason: string): void {
  events.publish({ level: 'warn', event: 'no connection to the directory', server, reason });
}
