// The gateway is told to end while it writes: what it has accepted is done and answered, and nothing is done twice or unsaid.
// RFC 9112 section 9.6; signal(7).
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Directory, openDirectory } from '../../src/ldap/directory.ts';
import { parseDn } from '../../src/ldap/dn.ts';
import { equal } from '../../src/ldap/filter.ts';
import { newName, newUser } from '../directory/scim-client.ts';
import { type GatewayProcess, startGatewayProcess } from '../servers/gateway.ts';
import { freePort } from '../servers/port.ts';
import { directoryText } from '../servers/directory-text.ts';
import { type Slapd, startSlapd } from '../servers/slapd.ts';

const token = 'the-token-of-somebody-in-a-hurry';
const folder = mkdtempSync(join(tmpdir(), 'shutdown-'));
let slapd: Slapd;
let look: Directory;
let gateway: GatewayProcess;
let port: number;

beforeAll(async () => {
  slapd = await startSlapd();
  look = openDirectory({
    servers: [slapd.url],
    bind: { dn: slapd.adminDn, password: slapd.adminPassword },
    baseDn: parseDn(slapd.suffix),
    timeouts: { connect: 5000, operation: 20_000 },
  });
  await look.start();
}, 120_000);
afterAll(async () => {
  await look?.close();
  await slapd?.stop();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  port = await freePort();
  const file = join(folder, 'config.yaml');
  writeFileSync(
    file,
    `server: { listen: "127.0.0.1:${port}", publicUrl: "http://127.0.0.1:${port}" }
${directoryText({ ...slapd, bindDn: slapd.gatewayDn })}
    timeouts: { operation: 20s }
clients:
  - name: hasty
    auth: { token: { sha256: "${createHash('sha256').update(token).digest('hex')}", expires: never } }
    allow: { directory: main, resources: [User], operations: [read, create, update, delete] }
audit: { file: journal.jsonl }
`,
  );
  gateway = await startGatewayProcess(file, { LDAP_PASSWORD: slapd.gatewayPassword });
  while (!(await fetch(`http://127.0.0.1:${port}/ready`)).ok) await new Promise((resolve) => setTimeout(resolve, 20));
}, 60_000);
afterEach(async () => {
  await gateway?.stop();
}, 60_000);

/** On a connection of its own. */
function open(
  userName: string,
  headers: Readonly<Record<string, string>> = {},
): { readonly asking: ClientRequest; readonly status: Promise<number | string> } {
  const body = JSON.stringify(newUser({ userName }));
  const asking = request({
    host: '127.0.0.1',
    port,
    path: '/scim/v2/Users',
    method: 'POST',
    agent: false,
    headers: {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/scim+json',
      'Content-Length': Buffer.byteLength(body),
      ...headers,
    },
  });
  const status = new Promise<number | string>((resolve) => {
    asking.once('response', (answer: IncomingMessage) => answer.resume().once('end', () => resolve(answer.statusCode ?? 0)));
    asking.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
  asking.end(body);
  return { asking, status };
}

function accepts(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.once('connect', () => socket.destroy()).once('error', () => resolve(false));
  });
}

async function countEntries(userName: string): Promise<number> {
  let count = 0;
  for await (const _entry of look.search({ base: parseDn(slapd.suffix), scope: 'sub', filter: equal('uid', userName), attributes: [] }))
    count += 1;
  return count;
}

test('SIGTERM among many writes: acknowledged is done, once; what got no answer was not done; exit code 0', async () => {
  const outcomes = new Map<string, number | string>();
  let acknowledged = 0;
  const work = async (): Promise<void> => {
    while (outcomes.size < 400) {
      const userName = newName('hasty');
      outcomes.set(userName, 'sent');
      const status = await open(userName).status;
      outcomes.set(userName, status);
      if (status === 201 && ++acknowledged === 20) gateway.signal('SIGTERM');
      if (status === 'ECONNREFUSED') return;
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  expect(await gateway.ended).toBe(0);
  const statuses = [...outcomes.values()];
  expect(acknowledged).toBeGreaterThanOrEqual(20);
  expect(statuses).toContain('ECONNREFUSED');
  expect(statuses.filter((status) => ![201, 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(status))).toEqual([]);
  for (const [userName, status] of outcomes)
    expect([userName, status, await countEntries(userName)]).toEqual([userName, status, status === 201 ? 1 : 0]);
}, 60_000);

test('SIGTERM while the directory hesitates: no new connection is taken, the write is done when it goes on, and answered', async () => {
  const userName = newName('patient');
  await slapd.freeze();
  try {
    // The gateway says "go on" when it has the request.
    const { asking, status } = open(userName, { Expect: '100-continue' });
    await once(asking, 'continue');
    gateway.signal('SIGTERM');
    while (await accepts()) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(gateway.log()).toContain('stopping');
    await slapd.thaw();
    expect(await status).toBe(201);
  } finally {
    await slapd.thaw();
  }
  expect(await gateway.ended).toBe(0);
  expect(await countEntries(userName)).toBe(1);
}, 60_000);
