// Client certificates of callers, from a real handshake and from a proxy in front; and the gateway's own certificate as it is renewed.
// RFC 8446 section 4.4.2, RFC 5280 section 6, RFC 9440; R-023.
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type SecureVersion } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Certificates, makeCertificates, makeClientCertificate } from '../servers/certificates.ts';
import { type CallersGateway, configure, operatorToken, startGateway } from './gateway.ts';

const folder = mkdtempSync(join(tmpdir(), 'certificates-'));
const allow = 'allow: { directory: main, resources: [User], operations: [read] }';
const tls = 'tls: { cert: own/server.crt, key: own/server.key, clientCa: own/ca.crt }';

interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

let server: Certificates;
const pairs = new Map<string, KeyPair>();
const pair = (name: string): KeyPair => pairs.get(name) ?? { cert: '', key: '' };
const fingerprint = (name: string): string => new X509Certificate(pair(name).cert).fingerprint256;

beforeAll(async () => {
  server = await makeCertificates(join(folder, 'own'), 'server', ['IP:127.0.0.1', 'DNS:localhost']);
  await makeCertificates(join(folder, 'other'), 'server', ['IP:127.0.0.1']);
  for (const name of ['hr', 'payroll']) pairs.set(name, await makeClientCertificate(join(folder, 'own'), name));
  // The same names from an authority of somebody else, which has the same name itself.
  pairs.set('foreign', await makeClientCertificate(join(folder, 'other'), 'hr'));
  pairs.set('server', server);
  const openssl = (...args: readonly string[]): unknown => execFileSync('openssl', args, { cwd: join(folder, 'own'), stdio: 'pipe' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const sign = (name: string, authority: string, extensions: string, days = '365'): void => {
    writeFileSync(join(folder, 'own', `${name}.ext`), extensions);
    openssl('req', ...newKey, '-subj', `/O=Example, Inc./CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    const by = ['-CA', `${authority}.crt`, '-CAkey', `${authority}.key`, '-CAcreateserial', '-days', days, '-extfile', `${name}.ext`];
    openssl('x509', '-req', '-in', `${name}.csr`, ...by, '-out', `${name}.crt`);
  };
  const read = (name: string): string => readFileSync(join(folder, 'own', name), 'utf8');
  const client = 'extendedKeyUsage=clientAuth\n';
  sign('between', 'ca', 'basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign\n');
  sign('deep', 'between', client);
  sign('expired', 'ca', client, '-1');
  sign('no-authority', 'ca', client);
  sign('child-of-no-authority', 'no-authority', client);
  for (const name of ['expired', 'no-authority']) pairs.set(name, { cert: read(`${name}.crt`), key: read(`${name}.key`) });
  pairs.set('deep', { cert: read('deep.crt') + read('between.crt'), key: read('deep.key') });
  pairs.set('child', { cert: read('child-of-no-authority.crt') + read('no-authority.crt'), key: read('child-of-no-authority.key') });
  openssl('req', '-x509', ...newKey, '-days', '30', '-subj', '/CN=alone', '-keyout', 'alone.key', '-out', 'alone.crt');
  pairs.set('alone', { cert: read('alone.crt'), key: read('alone.key') });
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

let gateway: CallersGateway | undefined;
afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
});

async function start(clients: string, section = tls): Promise<CallersGateway> {
  gateway = await startGateway({ folder, server: section, publicUrl: 'https://scim.example.com', clients });
  return gateway;
}

interface Sent {
  readonly as?: KeyPair | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly agent?: Agent;
}

interface Answer {
  readonly status: number;
  readonly challenge: string | undefined;
}

function ask({ port }: CallersGateway, { as, headers = {}, agent = new Agent({ keepAlive: false }) }: Sent = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: '/scim/v2/Users?count=1', headers, agent, ...as, ca: server.ca };
    const sent = request(options, (response) => {
      response.resume();
      response.once('end', () => resolve({ status: response.statusCode ?? 0, challenge: response.headers['www-authenticate'] }));
    });
    sent.once('error', reject);
    sent.end();
  });
}
const statusAs = async (running: CallersGateway, name: string): Promise<number> => (await ask(running, { as: pair(name) })).status;

describe('by fingerprint', () => {
  const client = (...names: readonly string[]): string =>
    `  - { name: hr, auth: { certificate: { fingerprintSha256: [${names.map((name) => `"${fingerprint(name)}"`).join()}] } }, ${allow} }`;

  test('a certificate opens, whoever signed it; others do not', async () => {
    const running = await start(client('hr', 'alone'));
    expect(await statusAs(running, 'hr')).toBe(200);
    expect(await statusAs(running, 'alone')).toBe(200);
    expect(await statusAs(running, 'payroll')).toBe(401);
    expect(await statusAs(running, 'foreign')).toBe(401);
    expect(await ask(running)).toEqual({ status: 401, challenge: 'Bearer realm="scim"' });
  });

  test('an expired one does not, nor one that is for servers', async () => {
    const running = await start(client('expired', 'server'));
    expect(await statusAs(running, 'expired')).toBe(401);
    expect(await statusAs(running, 'server')).toBe(401);
  });

  test('a bearer token decides alone: a certificate does not make up for a wrong one, and others need none', async () => {
    const running = await start(client('hr'));
    const bearer = (token: string): Sent => ({ headers: { Authorization: `Bearer ${token}` } });
    expect((await ask(running, { as: pair('hr'), ...bearer('wrong-token-of-nobody') })).status).toBe(401);
    expect((await ask(running, bearer(operatorToken))).status).toBe(200);
    expect((await ask(running, { as: pair('payroll'), ...bearer(operatorToken) })).status).toBe(200);
  });

  test('two at a time while one is renewed, through reloads', async () => {
    const running = await start(client('hr'));
    const reload = (...names: readonly string[]) =>
      running.reload({ folder, server: tls, publicUrl: 'https://scim.example.com', clients: client(...names) });
    const open = async (): Promise<readonly number[]> => [await statusAs(running, 'hr'), await statusAs(running, 'payroll')];
    expect(await open()).toEqual([200, 401]);
    await reload('hr', 'payroll');
    expect(await open()).toEqual([200, 200]);
    // Also on a connection that stays open.
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect((await ask(running, { as: pair('hr'), agent })).status).toBe(200);
    await reload('payroll');
    expect((await ask(running, { as: pair('hr'), agent })).status).toBe(401);
    agent.destroy();
    expect(await open()).toEqual([401, 200]);
  });
});

describe('by subject and authority', () => {
  const client = (subject: string, more = ''): string =>
    `  - { name: hr, auth: { certificate: { subject: '${subject}'${more} } }, ${allow} }`;

  test('of that name, from that authority', async () => {
    const running = await start(client('CN=hr'));
    expect(await statusAs(running, 'hr')).toBe(200);
    expect(await statusAs(running, 'payroll')).toBe(401);
    // The same name from an authority that is not ours, which is called the same.
    expect(await statusAs(running, 'foreign')).toBe(401);
  });

  test('an authority of its own holds instead of the one of the server', async () => {
    const running = await start(client('CN=hr', ', ca: other/ca.crt'));
    expect(await statusAs(running, 'foreign')).toBe(200);
    expect(await statusAs(running, 'hr')).toBe(401);
  });

  test('the authority that issued it must be named, not one above it; and a name with commas', async () => {
    const subject = 'CN=deep,O=Example\\, Inc.';
    const running = await start(client(subject, ', ca: own/between.crt'));
    expect(await statusAs(running, 'deep')).toBe(200);
    await running.reload({ folder, server: tls, publicUrl: 'https://scim.example.com', clients: client(subject) });
    expect(await statusAs(running, 'deep')).toBe(401);
  });

  test.each([
    ['the name in another order', 'O=Example\\, Inc.,CN=deep', 'deep'],
    ['a part of the name', 'CN=deep', 'deep'],
    ['a certificate that is no authority has signed', 'CN=child-of-no-authority,O=Example\\, Inc.', 'child'],
    ['expired', 'CN=expired,O=Example\\, Inc.', 'expired'],
    ['it signed itself', 'CN=alone', 'alone'],
  ])('%s: refused', async (_case, subject, name) => {
    expect(await statusAs(await start(client(subject)), name)).toBe(401);
  });

  test('an authority that a reload took away is good for nothing, also on connections that stay open', async () => {
    const running = await start(client('CN=hr', ', ca: [own/ca.crt, other/ca.crt]'));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect((await ask(running, { as: pair('foreign'), agent })).status).toBe(200);
    await running.reload({ folder, server: tls, publicUrl: 'https://scim.example.com', clients: client('CN=hr') });
    expect((await ask(running, { as: pair('foreign'), agent })).status).toBe(401);
    agent.destroy();
    expect(await statusAs(running, 'foreign')).toBe(401);
    expect(await statusAs(running, 'hr')).toBe(200);
  });
});

describe('told by a proxy', () => {
  const plain = 'tls: terminatedUpstream';
  const trusting = (from: string): string => `${plain}, certificateHeader: { name: Client-Cert${from} }`;
  const client = (): string => `  - { name: hr, auth: { certificate: { fingerprintSha256: "${fingerprint('hr')}" } }, ${allow} }`;
  const der = (name: string): string => `:${new X509Certificate(pair(name).cert).raw.toString('base64')}:`;
  const send = async ({ port }: CallersGateway, headers: Readonly<Record<string, string>>, host = '127.0.0.1'): Promise<number> =>
    (await fetch(`http://${host}:${port}/scim/v2/Users?count=1`, { headers })).status;

  test('RFC 9440, and PEM as nginx escapes it', async () => {
    const running = await start(client(), trusting(''));
    expect(await send(running, { 'Client-Cert': der('hr') })).toBe(200);
    expect(await send(running, { 'Client-Cert': encodeURIComponent(pair('hr').cert) })).toBe(200);
    expect(await send(running, { 'Client-Cert': der('payroll') })).toBe(401);
    expect(await send(running, {})).toBe(401);
  });

  test('by subject the authority still counts', async () => {
    const running = await start(`  - { name: hr, auth: { certificate: { subject: CN=hr, ca: own/ca.crt } }, ${allow} }`, trusting(''));
    expect(await send(running, { 'Client-Cert': der('hr') })).toBe(200);
    expect(await send(running, { 'Client-Cert': der('foreign') })).toBe(401);
  });

  test.each([
    ['nothing', ''],
    ['no base64', ':%%:'],
    ['no certificate', ':AAAA:'],
    ['half an escape', '%E0%A4%A'],
    ['two of them', 'two'],
    ['a fingerprint only', 'fingerprint'],
  ])('%s in the header: 401', async (_case, given) => {
    const running = await start(client(), trusting(''));
    const value = given === 'two' ? `${der('hr')}, ${der('hr')}` : given === 'fingerprint' ? fingerprint('hr') : given;
    expect(await send(running, { 'Client-Cert': value })).toBe(401);
  });

  test('a header means nothing where it is not configured, by another name, or over the TLS of the gateway itself', async () => {
    const running = await start(client(), trusting(''));
    expect(await send(running, { 'X-Client-Cert': der('hr'), 'X-Forwarded-Client-Cert': der('hr'), 'X-SSL-Client-Cert': der('hr') })).toBe(
      401,
    );
    await running.stop();
    gateway = undefined;
    const direct = await start(client());
    expect((await ask(direct, { headers: { 'Client-Cert': der('hr') } })).status).toBe(401);
    expect((await ask(direct, { as: pair('payroll'), headers: { 'Client-Cert': der('hr') } })).status).toBe(401);
  });

  test('a header from anywhere but the proxy means nothing', async () => {
    const elsewhere = await start(client(), trusting(', from: [192.0.2.1, "2001:db8::/32"]'));
    expect(await send(elsewhere, { 'Client-Cert': der('hr') })).toBe(401);
    await elsewhere.stop();
    gateway = undefined;
    const near = await start(client(), trusting(', from: ["127.0.0.0/30"]'));
    expect(await send(near, { 'Client-Cert': der('hr') })).toBe(200);
  });

  const address = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  test.runIf(address !== undefined)('by default only from the machine itself, though the gateway listens to others', async () => {
    const running = await start(client(), trusting(''));
    const { port } = running;
    await running.stop();
    gateway = undefined;
    const open = await startGateway({
      folder,
      server: trusting(''),
      publicUrl: 'https://scim.example.com',
      clients: client(),
      listen: `0.0.0.0:${port}`,
    });
    gateway = open;
    expect(await send({ ...open, port }, { 'Client-Cert': der('hr') })).toBe(200);
    expect(await send({ ...open, port }, { 'Client-Cert': der('hr') }, address)).toBe(401);
  });
});

describe('the certificate of the gateway', () => {
  const section = 'tls: { cert: live.crt, key: live.key }';
  const place = (name: string): void => {
    copyFileSync(join(folder, name, 'server.crt'), join(folder, 'live.crt'));
    copyFileSync(join(folder, name, 'server.key'), join(folder, 'live.key'));
  };
  const shown = (port: number, version?: SecureVersion): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect({
        host: '127.0.0.1',
        port,
        rejectUnauthorized: false,
        ...(version && { minVersion: version, maxVersion: version }),
      });
      socket.once('secureConnect', () => {
        resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '');
        socket.destroy();
      });
      socket.once('error', reject);
    });
  const fingerprintOf = (name: string): string => new X509Certificate(readFileSync(join(folder, name, 'server.crt'))).fingerprint256;

  test('renewed files are taken by a reload; connections that are open stay', async () => {
    place('own');
    const running = await start('', section);
    const choice = { folder, server: section, publicUrl: 'https://scim.example.com', clients: '' };
    expect(await shown(running.port)).toBe(fingerprintOf('own'));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const bearer = { headers: { Authorization: `Bearer ${operatorToken}` }, agent };
    expect((await ask(running, bearer)).status).toBe(200);
    place('other');
    expect(await shown(running.port)).toBe(fingerprintOf('own'));
    expect((await running.reload(choice)).needRestart).toEqual([]);
    expect(await shown(running.port)).toBe(fingerprintOf('other'));
    // The old connection goes on, though its authority would not be trusted by now.
    expect((await ask(running, bearer)).status).toBe(200);
    agent.destroy();
    // A pair that does not fit changes nothing.
    copyFileSync(join(folder, 'own', 'server.key'), join(folder, 'live.key'));
    expect(() => running.reload(choice)).toThrow('cannot be used with the certificate of `cert`');
    expect(await shown(running.port)).toBe(fingerprintOf('other'));
  });

  test('R-023 TLS 1.2 by default, and no older than what is asked for', async () => {
    place('own');
    const running = await start('', section);
    expect(await shown(running.port, 'TLSv1.2')).toBe(fingerprintOf('own'));
    expect(await shown(running.port, 'TLSv1.3')).toBe(fingerprintOf('own'));
    const stricter = 'tls: { cert: live.crt, key: live.key, minVersion: TLSv1.3 }';
    await running.reload({ folder, server: stricter, publicUrl: 'https://scim.example.com', clients: '' });
    await expect(shown(running.port, 'TLSv1.2')).rejects.toThrow(/protocol version|alert/i);
    expect(await shown(running.port, 'TLSv1.3')).toBe(fingerprintOf('own'));
  });

  test('whether clients are asked for certificates waits for a restart, and the reload says so', async () => {
    place('own');
    const running = await start('', section);
    const certificate = `  - { name: hr, auth: { certificate: { fingerprintSha256: "${fingerprint('hr')}" } }, ${allow} }`;
    const { needRestart } = await running.reload({ folder, server: section, publicUrl: 'https://scim.example.com', clients: certificate });
    expect(needRestart).toEqual(['clients.auth.certificate']);
    expect(await statusAs(running, 'hr')).toBe(401);
  });
});

describe('what the configuration must say', () => {
  const load = async (certificate: string, section: string): Promise<() => unknown> => {
    const running = await start('', 'tls: terminatedUpstream');
    const clients = `  - { name: hr, auth: { certificate: { ${certificate} } }, ${allow} }`;
    return () => configure(running.directory, running.port, { folder, server: section, publicUrl: 'https://scim.example.com', clients });
  };
  const digits = 'ab'.repeat(32);

  test.each([
    ['no digits', 'fingerprintSha256: abc', tls, 'must be 64 hexadecimal digits'],
    ['both ways', `fingerprintSha256: ${digits}, subject: CN=hr`, tls, '`certificate` needs either `fingerprintSha256` or `subject`'],
    ['neither', 'ca: own/ca.crt', tls, '`certificate` needs either `fingerprintSha256` or `subject`'],
    ['an authority for a fingerprint', `fingerprintSha256: ${digits}, ca: own/ca.crt`, tls, 'may have `ca` only beside `subject`'],
    [
      'a subject that nobody vouches for',
      'subject: CN=hr',
      'tls: { cert: own/server.crt, key: own/server.key }',
      '`subject` needs an authority that vouches for it',
    ],
    ['a file that is not there', 'subject: CN=hr, ca: lost.crt', tls, 'there is no such file'],
    ['a file with a key', 'subject: CN=hr, ca: own/server.key', tls, 'holds no PEM certificate'],
    [
      'no TLS of the gateway',
      `fingerprintSha256: ${digits}`,
      'tls: terminatedUpstream',
      'client certificates need a connection that the gateway ends itself',
    ],
    [
      'a header over the TLS of the gateway',
      `fingerprintSha256: ${digits}`,
      `${tls}, certificateHeader: { name: Client-Cert }`,
      'it needs `tls: terminatedUpstream`',
    ],
    [
      'a proxy at no address',
      `fingerprintSha256: ${digits}`,
      'tls: terminatedUpstream, certificateHeader: { name: Client-Cert, from: [proxy] }',
      'must be an address or a network',
    ],
  ])('%s', async (_case, certificate, section, expected) => {
    expect(await load(certificate, section)).toThrow(expected);
  });

  test('two clients with one certificate are refused', async () => {
    const running = await start('', 'tls: terminatedUpstream');
    const client = (name: string, how: string): string => `  - { name: ${name}, auth: { certificate: { ${how} } }, ${allow} }`;
    const both = (a: string, b: string) => () =>
      configure(running.directory, running.port, {
        folder,
        server: tls,
        publicUrl: 'https://scim.example.com',
        clients: `${client('a', a)}\n${client('b', b)}`,
      });
    expect(both(`fingerprintSha256: ${digits}`, `fingerprintSha256: [${'cd'.repeat(32)}, ${digits.toUpperCase()}]`)).toThrow(
      'b has the same certificate as a',
    );
    expect(both('subject: "CN=hr"', 'subject: "cn=HR"')).toThrow('b has the same certificate as a');
    expect(both('subject: "CN=hr"', 'subject: "CN=payroll"')).not.toThrow();
  });
});
