// What the listening sockets take from the configuration, and which changes of it a reload cannot give them.
// RFC 8446 section 4.3.2: whether clients are asked for a certificate is decided in the handshake.
import { isDeepStrictEqual } from 'node:util';
import type { AdminConfig, Config, ServerTlsConfig } from './config.ts';

/** @returns keys that differ and that a listening socket cannot change: they wait for a restart */
export function findFixed(before: Config, after: Config): readonly string[] {
  const { server: from, admin: adminFrom } = before;
  const { server: to, admin: adminTo } = after;
  const isAskingChanged = asksForCertificate(before) !== asksForCertificate(after) && typeof to.tls === 'object';
  return [
    ...(isAskingChanged ? ['clients.auth.certificate'] : []),
    ...(isDeepStrictEqual(from.certificateHeader, to.certificateHeader) ? [] : ['server.certificateHeader']),
    ...(from.failedAuthenticationsPerMinute === to.failedAuthenticationsPerMinute ? [] : ['server.failedAuthenticationsPerMinute']),
    ...(from.host !== to.host || from.port !== to.port ? ['server.listen'] : []),
    ...((typeof from.tls === 'object') !== (typeof to.tls === 'object') ? ['server.tls'] : []),
    ...findFixedAdmin(adminFrom, adminTo),
  ];
}

function findFixedAdmin(from: AdminConfig | undefined, to: AdminConfig | undefined): readonly string[] {
  if (!from || !to) return from === to ? [] : ['admin'];
  return [
    ...(from.host !== to.host || from.port !== to.port ? ['admin.listen'] : []),
    ...((from.tls === undefined) !== (to.tls === undefined) ? ['admin.tls'] : []),
  ];
}

/** The authorities of single clients are told, too, so that callers know which of their certificates is meant. */
export function tlsOf({ server: { tls }, clients }: Config): ServerTlsConfig | undefined {
  if (typeof tls !== 'object') return undefined;
  const named = clients.flatMap(({ certificates }) => (certificates && 'authorities' in certificates ? certificates.authorities : []));
  return { ...tls, clientCa: [...new Set([...(tls.clientCa ?? []), ...named])] };
}

export const asksForCertificate = ({ clients }: Config): boolean => clients.some(({ certificates }) => certificates !== undefined);
