// What expires, and from when on it is told: tokens and certificates of a configuration, looked at from several days.
// RFC 5280 section 4.1.2.5.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Config, loadConfig } from '../src/config.ts';
import { issueCertificate } from '../src/demo/certificate.ts';
import { describeExpiry, isNear, listExpiries, reportExpiries } from '../src/expiry.ts';
import { describeReadiness, measureStatus } from '../src/status.ts';

const day = 86_400_000;
/** The end of 31 January. */
const end = Date.parse('2030-02-01T00:00:00Z');
const folder = mkdtempSync(join(tmpdir(), 'expiry-'));
afterAll(() => rmSync(folder, { recursive: true }));

let config: Config;
beforeAll(() => {
  const { certificate, key } = issueCertificate('localhost', ['localhost'], []);
  writeFileSync(join(folder, 'cert.pem'), certificate);
  writeFileSync(join(folder, 'key.pem'), key, { mode: 0o600 });
  const pair = 'tls: { cert: cert.pem, key: key.pem }';
  config = loadConfig(join(folder, 'config.yaml'), {
    env: { PASSWORD: 'secret', ADMIN: 'a-token-of-the-operator', ONE: 'one-token-of-a-client', TWO: 'two-tokens-of-a-client' },
    text: `
server: { listen: "127.0.0.1:0", publicUrl: "https://localhost", tls: { cert: cert.pem, key: key.pem, clientCa: cert.pem } }
admin: { listen: "127.0.0.1:0", token: { env: ADMIN }, ${pair} }
directories:
  main:
    path: /scim/v2
    type: openldap
    servers: [ldaps://localhost]
    bind: { dn: cn=admin, password: { env: PASSWORD } }
    baseDn: dc=example
    mapping: openldap
    tls: { cert: cert.pem, key: key.pem, ca: cert.pem }
clients:
  - name: okta
    auth: { tokens: [{ env: ONE, expires: 2030-01-31 }, { env: TWO, expires: never }] }
    allow: { directory: main, resources: [User], operations: [read] }
`,
  });
});

test('every token with a date and every certificate, the next first', () => {
  const names = listExpiries(config, end).map(({ kind, name }) => `${kind} ${name}`);
  expect(names.filter((name) => name.startsWith('certificate')).toSorted()).toEqual([
    'certificate admin.tls',
    'certificate directories.main.tls',
    'certificate directories.main.tls.ca',
    'certificate server.tls',
    'certificate server.tls.clientCa',
  ]);
  expect(names.filter((name) => name.startsWith('token'))).toEqual(['token okta']);
  const dates = listExpiries(config, end).map(({ expires }) => expires);
  expect(dates).toEqual(dates.toSorted((a, b) => a - b));
});

test('a certificate is over a year after it was issued', () => {
  const of = listExpiries(config, Date.now()).find(({ name }) => name === 'server.tls');
  expect(of?.daysLeft).toBeOneOf([364, 365]);
});

describe('a token is told of from 30 days before', () => {
  const date = '2030-02-01T00:00:00.000Z';
  test.each([
    [end - 30 * day, 30, false, `a token of the client okta expires at ${date}: 30 days left`],
    [end - 30 * day + 1, 29, true, `a token of the client okta expires at ${date}: 29 days left`],
    [end - 1, 0, true, `a token of the client okta expires at ${date}: 0 days left`],
    [end + 1, -1, true, `a token of the client okta expired at ${date}`],
  ])('at %d', (now, daysLeft, near, text) => {
    const token = listExpiries(config, now).find(({ kind }) => kind === 'token');
    expect(token && [token.daysLeft, isNear(token), describeExpiry(token)]).toEqual([daysLeft, near, text]);
  });
});

test('what is near is a warning on the channel of the log', () => {
  const events: unknown[] = [];
  const listen = (event: unknown): unknown => events.push(event);
  subscribe('ldap-scim-gateway:event', listen);
  reportExpiries(config, Date.now());
  expect(events).toEqual([]);
  reportExpiries(config, end - 5 * day);
  unsubscribe('ldap-scim-gateway:event', listen);
  expect(events).toContainEqual({
    level: 'warn',
    event: 'a token expires soon',
    client: 'okta',
    expires: '2030-02-01T00:00:00.000Z',
    daysLeft: 5,
  });
  expect(events).toContainEqual(expect.objectContaining({ event: 'a certificate has expired', key: 'server.tls' }));
});

test('what is near is in the detail of readiness, and when certificates and tokens end is in the metrics', () => {
  const source = { config, directories: new Map(), snapshots: new Map(), started: 0, operation: undefined };
  expect(describeReadiness(source, Date.now()).warnings).toEqual([]);
  expect(describeReadiness(source, end - 5 * day).warnings).toContain(
    'a token of the client okta expires at 2030-02-01T00:00:00.000Z: 5 days left',
  );
  const metrics = measureStatus(source, end).flatMap(({ name, samples }) => samples.map(({ labels, value }) => ({ name, labels, value })));
  const certificate = listExpiries(config, end).find(({ name }) => name === 'server.tls');
  expect(metrics).toContainEqual({
    name: 'scim_gateway_certificate_expiry_timestamp_seconds',
    labels: { key: 'server.tls' },
    value: (certificate?.expires ?? 0) / 1000,
  });
});
