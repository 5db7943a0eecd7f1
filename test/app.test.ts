// A running gateway gets another configuration: what changes at once, what stays, and what happens to requests that have begun.
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type App, createApp } from '../src/app.ts';
import { type Config, loadConfig } from '../src/config.ts';
import { type DemoDirectory, startDemoDirectory } from '../src/demo/ldap-server.ts';
import { newUser, ScimClient } from './directory/scim-client.ts';
import { freePort } from './servers/port.ts';
import { type Proxy, startProxy } from './servers/proxy.ts';

let directory: DemoDirectory;
let other: DemoDirectory;
let proxy: Proxy;
let app: App | undefined;
beforeAll(async () => {
  directory = await startDemoDirectory({ users: 3 });
  other = await startDemoDirectory({ users: 5 });
  proxy = await startProxy(directory.port);
});
afterEach(async () => {
  await app?.stop();
  app = undefined;
});
afterAll(async () => {
  await proxy.stop();
  await directory.close();
  await other.close();
});

interface Choice {
  readonly port: number;
  readonly url?: string;
  readonly mapping?: string;
  readonly token?: string;
  readonly operations?: string;
  readonly protect?: string;
  readonly second?: boolean;
  readonly admin?: { readonly port: number; readonly token: string };
}

const firstToken = 'first-token-of-the-reload';

function configure({
  port,
  url = directory.url,
  mapping = 'openldap',
  token = firstToken,
  operations = 'read, create, update, delete',
  protect,
  second,
  admin,
}: Choice): Config {
  const hash = createHash('sha256').update(token).digest('hex');
  const one = (name: string, path: string): string => `
  ${name}:
    path: ${path}
    type: openldap
    servers: ["${url}"]
    bind: { dn: "${directory.adminDn}", password: { env: LDAP_PASSWORD } }
    baseDn: "${directory.suffix}"
    mapping: ${mapping}`;
  return loadConfig('test/fixtures/config/reload.yaml', {
    env: { LDAP_PASSWORD: directory.adminPassword, ADMIN_TOKEN: admin?.token },
    text: `
server: { listen: "127.0.0.1:${port}", publicUrl: "http://127.0.0.1:${port}" }
directories:${one('main', '/scim/v2')}${second ? one('second', '/second') : ''}
clients:
  - name: client
    auth: { token: { sha256: "${hash}", expires: never } }
    allow: { directory: main, resources: [User, Group], operations: [${operations}] }
${protect === undefined ? '' : `guards: { protect: ["${protect}"] }`}
${admin === undefined ? '' : `admin: { listen: "127.0.0.1:${admin.port}", token: { env: ADMIN_TOKEN } }`}
`,
  });
}

async function start(
  choice: Omit<Choice, 'port'> = {},
): Promise<{ readonly port: number; readonly scim: ScimClient; readonly running: App }> {
  const port = await freePort();
  app = createApp(configure({ port, ...choice }));
  const { url } = await app.start();
  return { port, scim: new ScimClient(`${url}/scim/v2`, firstToken), running: app };
}

test('another mapping: the schema changes, the connection to the directory stays', async () => {
  const { port, scim, running } = await start();
  expect((await scim.get('/Users', { attributes: 'title', count: 1 })).status).toBe(200);
  const before = running.gateways[0];
  expect(await running.reload(configure({ port, mapping: 'without-title.yaml' }))).toEqual({
    connected: [],
    disconnected: [],
    needRestart: [],
  });
  expect(running.gateways[0]).not.toBe(before);
  const schemas = await scim.get('/Schemas/urn:ietf:params:scim:schemas:core:2.0:User');
  expect(JSON.stringify(schemas.body['attributes'])).not.toContain('"title"');
  expect((await scim.get('/Users', { filter: 'title pr' })).status).toBe(400);
});

test('another token and other rights', async () => {
  const { port, scim, running } = await start();
  await running.reload(configure({ port, token: 'second-token-of-the-reload', operations: 'read' }));
  expect((await scim.get('/Users', { count: 1 })).status).toBe(401);
  const next = new ScimClient(scim.base, 'second-token-of-the-reload');
  expect((await next.get('/Users', { count: 1 })).status).toBe(200);
  expect((await next.post('/Users', newUser())).status).toBe(403);
});

test('another guard', async () => {
  const { port, scim, running } = await start();
  const user = await scim.post('/Users', newUser());
  const dn = `uid=${String(user.body['userName'])},ou=people,${directory.suffix}`;
  await running.reload(configure({ port, protect: dn }));
  expect((await scim.delete(`/Users/${user.id}`)).status).toBe(403);
  await running.reload(configure({ port }));
  expect((await scim.delete(`/Users/${user.id}`)).status).toBe(204);
});

test('a directory at another address is connected to, one more appears, and disappears', async () => {
  const { port, scim, running } = await start();
  const count = async (): Promise<unknown> => (await scim.get('/Users', { count: 0 })).body['totalResults'];
  const before = await count();
  expect(await running.reload(configure({ port, url: other.url }))).toMatchObject({ connected: ['main'], disconnected: [] });
  expect(await count()).toBe(5);
  expect(await running.reload(configure({ port, second: true }))).toMatchObject({ connected: ['main', 'second'] });
  expect(await count()).toBe(before);
  expect((await fetch(`http://127.0.0.1:${port}/second/ServiceProviderConfig`)).status).toBe(200);
  expect(await running.reload(configure({ port }))).toEqual({ connected: [], disconnected: ['second'], needRestart: [] });
  expect((await fetch(`http://127.0.0.1:${port}/second/ServiceProviderConfig`)).status).toBe(404);
});

test('a request that has begun ends with the old configuration, and its connection lives until then', async () => {
  const { port, scim, running } = await start({ url: proxy.url });
  proxy.stall();
  const slow = scim.get('/Users', { count: 1 });
  await new Promise((resolve) => setTimeout(resolve, 100));
  const done = await running.reload(configure({ port, url: other.url, token: 'second-token-of-the-reload' }));
  expect(done.connected).toEqual(['main']);
  expect((await scim.get('/Users', { count: 1 })).status).toBe(401);
  proxy.resume();
  expect((await slow).status).toBe(200);
});

test('under load nothing is dropped', async () => {
  const { port, scim, running } = await start();
  const state = { isReloading: true };
  const work = Array.from({ length: 8 }, async () => {
    const statuses = new Set<number>();
    while (state.isReloading) statuses.add((await scim.get('/Users', { count: 2 })).status);
    return [...statuses];
  });
  for (let i = 0; i < 12; i++) await running.reload(configure({ port, ...(i % 2 === 0 && { url: proxy.url }) }));
  state.isReloading = false;
  expect(await Promise.all(work)).toEqual(Array.from({ length: 8 }, () => [200]));
});

test('an address to listen on stays until a restart, and is told', async () => {
  const { scim, running } = await start();
  const elsewhere = await freePort();
  expect((await running.reload(configure({ port: elsewhere }))).needRestart).toEqual(['server.listen']);
  expect((await scim.get('/Users', { count: 1 })).status).toBe(200);
});

test('a directory that was not ready is tried anew', async () => {
  const dead = `ldap://127.0.0.1:${await freePort()}`;
  const { port, running } = await start({ url: dead });
  expect(await running.reload(configure({ port, url: dead }))).toMatchObject({ connected: ['main'] });
});

describe('the operator', () => {
  const adminToken = 'a-token-of-the-operator';
  const ask = (port: number, path: string, token = adminToken): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: `Bearer ${token}` } });
  const readStatus = async (port: number, token = adminToken): Promise<Record<string, unknown>> =>
    (await (await ask(port, '/status', token)).json()) as Record<string, unknown>;

  test('sees a directory that is ready, the clients and the counters', async () => {
    const admin = { port: await freePort(), token: adminToken };
    const { scim } = await start({ admin });
    await scim.get('/Users', { count: 1 });
    expect(await readStatus(admin.port)).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+/),
      uptime: expect.any(Number),
      ready: true,
      directories: [
        {
          name: 'main',
          type: 'openldap',
          path: '/scim/v2',
          mode: 'write',
          ready: true,
          server: directory.url,
          vendor: 'openldap',
          since: expect.stringMatching(/^\d{4}-.*Z$/),
        },
      ],
      clients: [{ name: 'client', directory: 'main', dialect: 'compat', tokens: [{ expires: 'never' }] }],
      certificates: [],
      warnings: [],
    });
    const metrics = await (await ask(admin.port, '/metrics')).text();
    expect(metrics).toContain('scim_gateway_requests_total{client="client",method="GET",route="/scim/v2/Users",status="200"} 1\n');
    expect(metrics).toContain('scim_gateway_directory_ready{directory="main"} 1\n');
  });

  test('sees why a directory is not ready', async () => {
    const admin = { port: await freePort(), token: adminToken };
    const url = `ldap://127.0.0.1:${await freePort()}`;
    await start({ url, admin });
    const ready = await ask(admin.port, '/ready');
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      ready: false,
      directories: [{ name: 'main', reason: expect.stringContaining('ECONNREFUSED') }],
    });
    expect(await (await ask(admin.port, '/metrics')).text()).toContain('scim_gateway_directory_ready{directory="main"} 0\n');
  });

  test('has a listener of its own: neither token nor URL of the other one counts', async () => {
    const admin = { port: await freePort(), token: adminToken };
    const { port } = await start({ admin });
    expect((await ask(admin.port, '/status', firstToken)).status).toBe(401);
    expect((await ask(port, '/scim/v2/Users', adminToken)).status).toBe(401);
    expect((await ask(port, '/status', adminToken)).status).toBe(404);
    const metrics = await (await ask(admin.port, '/metrics')).text();
    expect(metrics).toContain('scim_gateway_requests_total{client="",method="GET",route="admin:",status="401"} 1\n');
  });

  test('gets another token by a reload; another address, or none, waits for a restart', async () => {
    const admin = { port: await freePort(), token: adminToken };
    const { port, running } = await start({ admin });
    const token = 'another-token-of-the-operator';
    expect((await running.reload(configure({ port, admin: { ...admin, token }, second: true }))).needRestart).toEqual([]);
    expect((await ask(admin.port, '/status')).status).toBe(401);
    expect((await readStatus(admin.port, token))['directories']).toHaveLength(2);
    expect((await running.reload(configure({ port, admin: { port: await freePort(), token } }))).needRestart).toEqual(['admin.listen']);
    expect((await running.reload(configure({ port }))).needRestart).toEqual(['admin']);
    expect((await ask(admin.port, '/status')).status).toBe(200);
  });

  test('leaves with the gateway, and does not come alone where its address is taken', async () => {
    const admin = { port: await freePort(), token: adminToken };
    const { running } = await start({ admin });
    const port = await freePort();
    const second = createApp(configure({ port, admin }));
    await expect(second.start()).rejects.toThrow('EADDRINUSE');
    await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow('fetch failed');
    await running.stop();
    await expect(ask(admin.port, '/health')).rejects.toThrow('fetch failed');
  });
});
