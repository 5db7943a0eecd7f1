// `auth.certificate` of a client: which client certificates stand for it.
// RFC 5280; RFC 4514 for the subject.
import { dnKey } from '../ldap/dn.ts';
import type { YamlPath } from '../yaml.ts';
import type { CertificateDefinition } from './client-definition.ts';
import type { Findings } from './findings.ts';
import { loadAuthorities } from './server.ts';
import type { LoadedServer } from './server.ts';

export type LoadedCertificates =
  /** SHA-256 in hexadecimal digits, lower case. */
  | { readonly fingerprints: readonly string[] }
  /** The subject as `dnKey` has it; PEM texts. */
  | { readonly subject: string; readonly authorities: readonly string[] };

export function loadCertificates(
  at: YamlPath,
  { fingerprintSha256, subject, ca }: CertificateDefinition,
  server: LoadedServer | undefined,
  findings: Findings,
): LoadedCertificates | undefined {
  const tls = server?.tls;
  if (server && typeof tls !== 'object' && !server.certificateHeader) {
    findings.refuse(
      at,
      'client certificates need a connection that the gateway ends itself, with `server.tls: { cert: …, key: … }`, or `server.certificateHeader` behind a proxy that verifies them',
      { atKey: true },
    );
  }
  if (fingerprintSha256 !== undefined) return { fingerprints: [fingerprintSha256].flat() };
  const own = loadAuthorities([...at, 'ca'], ca, findings);
  const authorities = ca === undefined && typeof tls === 'object' ? (tls.clientCa ?? []) : own;
  if (ca === undefined && authorities.length === 0 && server) {
    findings.refuse([...at, 'subject'], '`subject` needs an authority that vouches for it: add `ca`, or `clientCa` to `server.tls`');
  }
  return subject && { subject: dnKey(subject), authorities };
}

/** Whether one certificate could stand for either of two clients. */
export function isSameCertificate(a: LoadedCertificates, b: LoadedCertificates): boolean {
  if ('fingerprints' in a) return 'fingerprints' in b && a.fingerprints.some((each) => b.fingerprints.includes(each));
  return 'subject' in b && a.subject === b.subject;
}
