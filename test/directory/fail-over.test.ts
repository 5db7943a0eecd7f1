// Two servers that replicate each other: the gateway leaves the one that dies, comes back when it is back, and loses no acknowledged write.
// Slapd in mirror mode (slapd.conf(5), RFC 4533); decisions: reads that matter after a write go to the server that took it.
import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { openDirectory } from '../../src/ldap/directory.ts';
import { readRequest } from '../../src/demo/request.ts';
import { parseDn } from '../../src/ldap/dn.ts';
import { PduFramer } from '../../src/ldap/framer.ts';
import { type Proxy, startProxy } from '../servers/proxy.ts';
import { freePort, type Slapd, type SlapdOptions, startSlapd } from '../servers/slapd.ts';
import { type Face, slapd } from './faces.ts';
import { asMembers, idsIn, newGroup, newUser, type Reply } from './scim-client.ts';
import { Look, openStage, type Stage } from './stage.ts';
import { searchesAmong, Wire, writesAmong } from './wire.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

const suffix = 'dc=example,dc=test';
const intervals = { retryFirst: 50, retryLast: 200, health: 400, probe: 500 };

/** Both take writes and tell the other; they hold the same entries from the start, with the same ids. */
async function startMirror(): Promise<readonly [Slapd, Slapd]> {
  const ports = [await freePort(), await freePort()] as const;
  const options = (own: 0 | 1): SlapdOptions => ({
    port: ports[own],
    overlays: ['refint', 'syncprov'],
    global: `serverID ${own + 1}`,
    config: [
      `syncrepl rid=001 provider=ldap://127.0.0.1:${ports[own === 0 ? 1 : 0]} type=refreshAndPersist retry="1 +" searchbase="${suffix}"`,
      `  bindmethod=simple binddn="cn=admin,${suffix}" credentials=secret`,
      'mirrormode on',
    ].join('\n'),
  });
  const first = await startSlapd(options(0));
  const second = await startSlapd(options(1));
  cleanUps.push(
    () => first.stop(),
    () => second.stop(),
  );
  await Promise.all([first.kill(), second.kill()]);
  for (const file of await readdir(join(second.dir, 'db'))) await rm(join(second.dir, 'db', file));
  await cp(join(first.dir, 'db', 'data.mdb'), join(second.dir, 'db', 'data.mdb'));
  await Promise.all([first.restart(), second.restart()]);
  return [first, second];
}

async function lookAt(server: Slapd): Promise<Look> {
  const directory = openDirectory({
    servers: [server.url],
    bind: { dn: server.adminDn, password: server.adminPassword },
    baseDn: parseDn(suffix),
    timeouts: { connect: 3000, operation: 5000 },
    intervals,
  });
  await directory.start();
  cleanUps.push(() => directory.close());
  return new Look(directory, slapd.ldap, suffix);
}

interface Setting {
  readonly stage: Stage;
  readonly servers: readonly [Slapd, Slapd];
  readonly proxies: readonly [Proxy, Proxy];
  readonly looks: readonly [Look, Look];
}

async function open(servers: readonly [Slapd, Slapd]): Promise<Setting> {
  const proxies = [await startProxy(servers[0].port), await startProxy(servers[1].port)] as const;
  cleanUps.push(...proxies.map((proxy) => () => proxy.stop()));
  const face: Face = { ...slapd, start: async () => ({ ...servers[0], stop: async () => undefined }) };
  const stage = await openStage(face, { servers: proxies.map(({ url }) => url), intervals, operationTimeout: 3000 });
  cleanUps.push(() => stage.stop());
  return { stage, servers, proxies, looks: [await lookAt(servers[0]), await lookAt(servers[1])] };
}

test('fail-over and fail-back while clients write: no acknowledged write is lost, and the two servers agree in the end', async () => {
  const { stage, servers, proxies, looks } = await open(await startMirror());
  const { scim, url } = stage;
  const connected = async (): Promise<number> => (await fetch(`${url}/ready`)).status;
  const acknowledged = new Map<string, string>();
  const refused: Reply[] = [];
  const group = await scim.post('/Groups', newGroup({ members: asMembers((await scim.post('/Users', newUser())).id) }));
  const load = { isOver: false };
  cleanUps.push(() => (load.isOver = true));
  const writers = Array.from({ length: 4 }, async () => {
    while (!load.isOver) {
      const sent = newUser({ title: 'first' });
      const made = await scim.post('/Users', sent);
      if (made.status === 201) {
        const title = `second of ${String(sent['userName'])}`;
        const changed = await scim.patch(`/Users/${made.id}`, [{ op: 'replace', path: 'title', value: title }]);
        // A server that has failed has not always told the other yet: then the user is not there.
        if (changed.status === 200) acknowledged.set(String(sent['userName']), title);
        else refused.push(changed);
      } else refused.push(made);
      await sleep(10);
    }
  });

  await sleep(700);
  const before = acknowledged.size;
  await servers[0].kill();
  await expect.poll(() => acknowledged.size, { timeout: 10_000 }).toBeGreaterThan(before + 20);
  expect(await connected()).toBe(200);
  const onSecond = acknowledged.size;
  await servers[0].restart();
  const firstAgain = new Wire(proxies[0]);
  const mark = firstAgain.mark();
  await expect.poll(() => writesAmong(firstAgain.since(mark)).length, { timeout: 10_000 }).toBeGreaterThan(20);
  expect(acknowledged.size).toBeGreaterThan(onSecond);
  load.isOver = true;
  await Promise.all(writers);

  for (const { status, headers } of refused) {
    expect([503, 404]).toContain(status);
    expect(Number(headers.get('Retry-After')) > 0).toBe(status === 503);
  }
  expect(before).toBeGreaterThan(5);
  // Every acknowledged write is on both servers, once, with its last value.
  for (const look of looks) {
    for (const [userName, title] of acknowledged) {
      await expect
        .poll(async () => (await look.find('uid', userName)).map((entry) => entry.texts('title')), { timeout: 10_000 })
        .toEqual([[title]]);
    }
  }
  expect(idsIn((await scim.get(`/Groups/${group.id}`)).body)).toHaveLength(1);
}, 90_000);

test('after a write the reads that belong to it go to the server that took it, before, during and after fail-over', async () => {
  // Two servers that know nothing of each other: a read at the other one would not find what was written.
  const servers = [await startSlapd({ suffix }), await startSlapd({ suffix })] as const;
  cleanUps.push(...servers.map((server) => () => server.stop()));
  const { stage, proxies, looks } = await open(servers);
  const { scim } = stage;
  const wires = proxies.map((proxy) => new Wire(proxy));
  const usedBy = async (work: () => Promise<void>): Promise<readonly number[]> => {
    const marks = wires.map((wire) => wire.mark());
    await work();
    // Health checks look at the root DSE only.
    return wires.flatMap((wire, i) => {
      const operations = wire.since(marks[i] ?? 0);
      return [...writesAmong(operations), ...searchesAmong(operations).filter(({ base }) => base.startsWith('ou='))].map(() => i);
    });
  };
  const round = async (at: 0 | 1): Promise<void> => {
    let made: Reply | undefined;
    const places = await usedBy(async () => {
      const sent = newUser({ password: 'first Passw0rd!' });
      made = await scim.post('/Users', sent);
      expect(made.status).toBe(201);
      const group = await scim.post('/Groups', newGroup({ members: asMembers(made.id) }));
      expect(idsIn((await scim.get(`/Groups/${group.id}`)).body)).toEqual([made.id]);
      expect((await scim.patch(`/Users/${made.id}`, [{ op: 'replace', path: 'title', value: 'x' }])).body['title']).toBe('x');
      expect(await scim.find('/Users', `userName eq "${String(sent['userName'])}"`)).toHaveLength(1);
      expect((await scim.get(`/Users/${made.id}`)).body['groups']).toHaveLength(1);
      expect((await scim.delete(`/Groups/${group.id}`)).status).toBe(204);
    });
    expect([...new Set(places)]).toEqual([at]);
    expect(await looks[at].find('entryUUID', made?.id ?? '')).toHaveLength(1);
    expect(await looks[at === 0 ? 1 : 0].find('entryUUID', made?.id ?? '').catch(() => [])).toEqual([]);
  };

  await round(0);
  proxies[0].refuse(true);
  proxies[0].cut();
  await expect.poll(async () => (await scim.get('/Users', { filter: 'userName eq "x"' })).status, { timeout: 5000 }).toBe(200);
  await round(1);
  proxies[0].refuse(false);
  const accepted = proxies[0].accepted;
  await expect.poll(() => proxies[0].open > 0 && proxies[0].accepted > accepted, { timeout: 5000 }).toBe(true);
  await expect.poll(() => proxies[1].open, { timeout: 10_000 }).toBeLessThanOrEqual(2);
  await sleep(1000);
  await round(0);
}, 60_000);

test('a write whose answer is lost with its server is not repeated at the other one', async () => {
  const servers = [await startSlapd({ suffix }), await startSlapd({ suffix })] as const;
  cleanUps.push(...servers.map((server) => () => server.stop()));
  const { stage, proxies, looks } = await open(servers);
  const { scim } = stage;
  const wires = proxies.map((proxy) => new Wire(proxy));
  const sent = newUser();
  proxies[0].judge((chunk) => {
    if (!new PduFramer().push(chunk).some((pdu) => readRequest(pdu).operation.kind === 'add')) return 'pass';
    // The first server does what it is told, and is not heard of any more.
    proxies[0].refuse(true);
    proxies[0].stall();
    setTimeout(() => proxies[0].cut(), 100);
    return 'pass';
  });
  const reply = await scim.post('/Users', sent);
  expect([reply.status, Number(reply.headers.get('Retry-After')) > 0]).toEqual([503, true]);
  const adds = wires.map((wire) => writesAmong(wire.since(0)).filter(({ kind }) => kind === 'add').length);
  const found = await Promise.all(looks.map(async (look) => (await look.find('uid', String(sent['userName']))).length));
  expect([adds, found]).toEqual([
    [1, 0],
    [1, 0],
  ]);
}, 30_000);
