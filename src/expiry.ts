// What ends at a known time: tokens of clients and certificates. Told at start and once a day, from 30 days before.
// RFC 5280 section 4.1.2.5 (validity of certificates).
import { X509Certificate } from 'node:crypto';
import { channel } from 'node:diagnostics_channel';
import type { Config } from './config.ts';

export interface Expiry {
  readonly kind: 'token' | 'certificate';
  /** The client, or the key of the configuration that names the certificate. */
  readonly name: string;
  /** Epoch milliseconds. */
  readonly expires: number;
  /** Whole days; negative: it is over. */
  readonly daysLeft: number;
}

const day = 86_400_000;
const warningDays = 30;

export function daysUntil(expires: number, now: number): number {
  return Math.floor((expires - now) / day);
}

/** Everything that expires, the next first. */
export function listExpiries(config: Config, now: number): readonly Expiry[] {
  const tokens = config.clients.flatMap(({ name, tokens: all }) =>
    all.flatMap(({ expires }) => (expires === undefined ? [] : [{ kind: 'token' as const, name, expires }])),
  );
  const certificates = listCertificates(config).flatMap(([name, pem]) =>
    datesOf(pem).map((expires) => ({ kind: 'certificate' as const, name, expires })),
  );
  return [...tokens, ...certificates]
    .map((one) => ({ ...one, daysLeft: daysUntil(one.expires, now) }))
    .toSorted((a, b) => a.expires - b.expires);
}

export function isNear({ daysLeft }: Expiry): boolean {
  return daysLeft < warningDays;
}

export function describeExpiry({ kind, name, expires, daysLeft }: Expiry): string {
  const subject = kind === 'token' ? `a token of the client ${name}` : `the certificate of ${name}`;
  const date = new Date(expires).toISOString();
  return daysLeft < 0 ? `${subject} expired at ${date}` : `${subject} expires at ${date}: ${daysLeft} days left`;
}

const events = channel('ldap-scim-gateway:event');

export function reportExpiries(config: Config, now: number): void {
  for (const { kind, name, expires, daysLeft } of listExpiries(config, now).filter(isNear)) {
    const event = `a ${kind} ${daysLeft < 0 ? 'has expired' : 'expires soon'}`;
    events.publish({
      level: 'warn',
      event,
      [kind === 'token' ? 'client' : 'key']: name,
      expires: new Date(expires).toISOString(),
      daysLeft,
    });
  }
}

function listCertificates({ server, admin, directories }: Config): readonly (readonly [name: string, pem: string])[] {
  const ofServer = typeof server.tls === 'object' ? [['server.tls', server.tls.cert] as const] : [];
  const ofAdmin = admin?.tls ? [['admin.tls', admin.tls.cert] as const] : [];
  const ofDirectories = directories.flatMap(({ name, tls }) =>
    tls.cert === undefined ? [] : [[`directories.${name}.tls`, tls.cert] as const],
  );
  return [...ofServer, ...ofAdmin, ...ofDirectories];
}

/** The first date at which one of a chain is over; none where it cannot be read. */
function datesOf(pem: string): readonly number[] {
  const blocks = pem.match(/-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^]*?-----END (?:TRUSTED )?CERTIFICATE-----/g) ?? [];
  const dates = blocks.flatMap((block) => {
    try {
      return [Date.parse(new X509Certificate(block).validTo)];
    } catch {
      return [];
    }
  });
  return dates.length === 0 ? [] : [Math.min(...dates)];
}
