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

/** Whole days, rounded down; both are epoch milliseconds. */
export function daysUntil(expires: number, now: number): number {
  return Math.floor((expires - now) / day);
}

/** Everything that expires, the next first. */
export function listExpiries(config: Config, now: number): readonly Expiry[] {
  const tokens = config.clients.flatMap(({ name, tokens: all }) =>
    all.flatMap(({ expires }) => (expires === undefined ? [] : [{ kind: 'token' as const, name, expires }])),
  );
  const certificates = [...listCertificates(config), ...listAuthorities(config)].flatMap(([name, expires]) =>
    Number.isFinite(expires) ? [{ kind: 'certificate' as const, name, expires }] : [],
  );
  return [...tokens, ...certificates]
    .map((one) => ({ ...one, daysLeft: daysUntil(one.expires, now) }))
    .toSorted((a, b) => a.expires - b.expires);
}

/** Less than 30 days are left, or none. */
export function isNear({ daysLeft }: Expiry): boolean {
  return daysLeft < warningDays;
}

export function describeExpiry({ kind, name, expires, daysLeft }: Expiry): string {
  const subject = kind === 'token' ? `a token of the client ${name}` : `the certificate of ${name}`;
  const date = new Date(expires).toISOString();
  return daysLeft < 0 ? `${subject} expired at ${date}` : `${subject} expires at ${date}: ${daysLeft} days left`;
}

const events = channel('ldap-scim-gateway:event');

/** Warns in the log of what is near or over. @param now epoch milliseconds */
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

type Dated = readonly [name: string, expires: number];

/** Each with the first date at which one of its chain is over. */
function listCertificates({ server, admin, directories }: Config): readonly Dated[] {
  const first = (name: string, pem: string | undefined): readonly Dated[] => (pem === undefined ? [] : [[name, Math.min(...datesOf(pem))]]);
  return [
    ...(typeof server.tls === 'object' ? first('server.tls', server.tls.cert) : []),
    ...first('admin.tls', admin?.tls?.cert),
    ...directories.flatMap(({ name, tls }) => first(`directories.${name}.tls`, tls.cert)),
  ];
}

/** Authorities of others, of which one is enough: the last date of all. */
function listAuthorities({ server, directories, clients }: Config): readonly Dated[] {
  const last = (name: string, pems: readonly string[] = []): readonly Dated[] =>
    pems.length === 0 ? [] : [[name, Math.max(...pems.flatMap(datesOf))]];
  return [
    ...(typeof server.tls === 'object' ? last('server.tls.clientCa', server.tls.clientCa) : []),
    ...directories.flatMap(({ name, tls }) => last(`directories.${name}.tls.ca`, tls.ca)),
    ...clients.flatMap(({ name, certificates }) =>
      certificates && 'authorities' in certificates ? last(`clients.${name}.auth.certificate`, certificates.authorities) : [],
    ),
  ];
}

/** When each certificate of a PEM text is over; those that cannot be read are left out. */
function datesOf(pem: string): readonly number[] {
  const blocks = pem.match(/-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^]*?-----END (?:TRUSTED )?CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((block) => {
    try {
      return [Date.parse(new X509Certificate(block).validTo)];
    } catch {
      return [];
    }
  });
}
