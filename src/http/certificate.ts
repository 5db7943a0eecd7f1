// Client certificates: what the TLS connection, or a trusted proxy, says of the caller, and whether that is one of the clients.
// RFC 5280 section 6 (certification paths), RFC 8446 section 4.4.2 (client authentication), RFC 9440 (Client-Cert).
import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { BlockList } from 'node:net';
import { TLSSocket } from 'node:tls';
import { dnKey, parseDn } from '../ldap/dn.ts';

/** The certificates that stand for one client. */
export type CertificateRule =
  /** SHA-256 in hexadecimal digits, lower case. */
  | { readonly fingerprints: readonly string[] }
  /** The subject as `dnKey` has it, and the PEM texts of the authorities that may have issued it. */
  | { readonly subject: string; readonly authorities: readonly string[] };

export interface PresentedCertificate {
  readonly certificate: X509Certificate;
  /** Whether whoever ended TLS found a path to an authority of any client. */
  readonly authorized: boolean;
}

/** The header in which a proxy tells the certificate of its client, and where that proxy connects from. */
export interface CertificateHeader {
  readonly name: string;
  readonly from: readonly { readonly address: string; readonly prefix: number; readonly family: 'ipv4' | 'ipv6' }[];
}

/** Reads what a request was presented with. Without a header that is configured, only the connection itself counts. */
export function createCertificateReader(
  header: CertificateHeader | undefined,
): (request: IncomingMessage) => PresentedCertificate | undefined {
  const proxies = new BlockList();
  for (const { address, prefix, family } of header?.from ?? []) proxies.addSubnet(address, prefix, family);
  const isProxy = ({ remoteAddress = '', remoteFamily }: IncomingMessage['socket']): boolean =>
    proxies.check(
      remoteAddress.replace(/^::ffff:(?=\d+\.)/i, ''),
      remoteFamily === 'IPv6' && !/^::ffff:\d+\./i.test(remoteAddress) ? 'ipv6' : 'ipv4',
    );
  return (request) => {
    const { socket } = request;
    if (socket instanceof TLSSocket) return readConnection(socket);
    return header && isProxy(socket) ? readHeader(request.headersDistinct[header.name.toLowerCase()]) : undefined;
  };
}

/** A connection has one certificate as long as it lasts. */
const read = new WeakMap<TLSSocket, PresentedCertificate | 'none'>();

function readConnection(socket: TLSSocket): PresentedCertificate | undefined {
  const known = read.get(socket) ?? presentedOn(socket) ?? 'none';
  read.set(socket, known);
  return known === 'none' ? undefined : known;
}

function presentedOn(socket: TLSSocket): PresentedCertificate | undefined {
  const certificate = socket.getPeerX509Certificate();
  return certificate && { certificate, authorized: socket.authorized };
}

/** `:base64 of DER:` (RFC 9440 section 2.2), or PEM text as nginx escapes it for a URL. */
function readHeader(values: readonly string[] | undefined): PresentedCertificate | undefined {
  const [value = '', ...others] = values ?? [];
  if (others.length > 0) return undefined;
  const [, der] = /^:([A-Za-z0-9+/=]+):$/.exec(value.trim()) ?? [];
  try {
    const certificate = new X509Certificate(der === undefined ? decodeURIComponent(value) : Buffer.from(der, 'base64'));
    return { certificate, authorized: true };
  } catch {
    return undefined;
  }
}

/** @param now epoch milliseconds */
export function isCertificateOf(rule: CertificateRule, presented: PresentedCertificate, now: number): boolean {
  const { certificate, authorized } = presented;
  if (!isInTime(certificate, now) || !mayAuthenticate(certificate)) return false;
  if ('fingerprints' in rule) return rule.fingerprints.includes(certificate.fingerprint256.replaceAll(':', '').toLowerCase());
  if (!authorized || subjectOf(certificate) !== rule.subject) return false;
  return rule.authorities.some((pem) => isSignedBy(certificate, new X509Certificate(pem), now));
}

/** OpenSSL prints one RDN per line, the most significant first, escaped as RFC 2253 wants it. */
function subjectOf({ subject }: X509Certificate): string | undefined {
  try {
    return dnKey(parseDn(subject.split('\n').toReversed().join(',')));
  } catch {
    return undefined;
  }
}

/** By this very authority: Node does not show what else came along on the way to another. */
function isSignedBy(certificate: X509Certificate, issuer: X509Certificate, now: number): boolean {
  return issuer.ca && isInTime(issuer, now) && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function isInTime({ validFrom, validTo }: X509Certificate, now: number): boolean {
  return Date.parse(validFrom) <= now && now < Date.parse(validTo);
}

/** id-kp-clientAuth or anyExtendedKeyUsage, where it says what it is for (RFC 5280 section 4.2.1.12). */
function mayAuthenticate({ keyUsage }: X509Certificate): boolean {
  const purposes = keyUsage as readonly string[] | undefined;
  return purposes === undefined || purposes.some((purpose) => purpose === '1.3.6.1.5.5.7.3.2' || purpose === '2.5.29.37.0');
}
