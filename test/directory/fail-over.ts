// Two servers that replicate each other: the gateway leaves the one that dies, comes back when it is back, and loses no acknowledged write.
// Decisions: reads that matter after a write go to the server that took it.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { openDirectory } from '../../src/ldap/directory.ts';
import { readRequest } from '../../src/demo/request.ts';
import { parseDn } from '../../src/ldap/dn.ts';
import { PduFramer } from '../../src/ldap/framer.ts';
import { type Proxy, startProxy } from '../servers/proxy.ts';
import type { Face, StartedDirectory } from './faces.ts';
import { asMembers, idsIn, newGroup, newUser, type Reply } from './scim-client.ts';
import { Look, openStage, type Stage } from './stage.ts';
import { searchesAmong, Wire, writesAmong } from './wire.ts';

export interface Replicas {
  /** They hold the same entries from the start, with the same ids, and both take writes. */
  readonly servers: readonly [StartedDirectory, StartedDirectory];
  /** Brings about that both hold what either has, where they do not see to that themselves. */
  replicate?(): Promise<void>;
}

export interface Pair {
  readonly face: Face;
  readonly startReplicas: () => Promise<Replicas>;
}

interface Setting {
  readonly stage: Stage;
  readonly proxies: readonly [Proxy, Proxy];
  readonly looks: readonly [Look, Look];
}

const intervals = { retryFirst: 50, retryLast: 200, health: 400, probe: 500 };

export function describeFailOver({ face, startReplicas }: Pair): void {
  const cleanUps: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
  });

  const lookAt = async ({ url, suffix, tls, adminDn, adminPassword }: StartedDirectory): Promise<Look> => {
    const directory = openDirectory({
      servers: [url],
      bind: { dn: adminDn, password: adminPassword },
      baseDn: parseDn(suffix),
      ...(tls !== undefined && { tls: { ca: [tls.ca] } }),
      timeouts: { connect: 3000, operation: 5000 },
      intervals,
    });
    await directory.start();
    cleanUps.push(() => directory.close());
    return new Look(directory, face.ldap, suffix);
  };

  /** A gateway before proxies to both, of which the first is preferred. */
  const open = async (servers: Replicas['servers']): Promise<Setting> => {
    const [first, second] = servers;
    cleanUps.push(
      () => first.stop(),
      () => second.stop(),
    );
    const proxies = [await startProxy(first.tls ?? first.port), await startProxy(second.tls ?? second.port)] as const;
    cleanUps.push(...proxies.map((proxy) => () => proxy.stop()));
    const authorities = servers.flatMap(({ tls }) => (tls === undefined ? [] : [JSON.stringify(tls.certificates.caFile)]));
    const stage = await openStage(
      { ...face, start: async () => ({ ...first, stop: async () => undefined }) },
      {
        servers: proxies.map(({ url }) => url),
        ...(authorities.length > 0 && { tls: `ca: [${authorities.join()}]` }),
        intervals,
        operationTimeout: 3000,
      },
    );
    cleanUps.push(() => stage.stop());
    return { stage, proxies, looks: [await lookAt(first), await lookAt(second)] };
  };

  /** Two servers that know nothing of each other: a read at the other one would not find what was written. */
  const openStrangers = async (): Promise<Setting> => open([await face.start(), await face.start()]);

  describe(`two servers: ${face.name}`, () => {
    test('fail-over and fail-back while clients write: no acknowledged write is lost, and the two servers agree in the end', async () => {
      const { servers, replicate } = await startReplicas();
      const { stage, proxies, looks } = await open(servers);
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

      await expect.poll(() => acknowledged.size, { timeout: 10_000 }).toBeGreaterThan(15);
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
      await replicate?.();
      // Every acknowledged write is on both servers, once, with its last value.
      for (const look of looks) {
        for (const [userName, title] of acknowledged) {
          await expect
            .poll(async () => (await look.find(face.ldap.userName, userName)).map((entry) => entry.texts('title')), { timeout: 10_000 })
            .toEqual([[title]]);
        }
      }
      expect(idsIn((await scim.get(`/Groups/${group.id}`)).body)).toHaveLength(1);
    }, 90_000);

    test('after a write the reads that belong to it go to the server that took it, before, during and after fail-over', async () => {
      const { stage, proxies, looks } = await openStrangers();
      const { scim } = stage;
      const wires = proxies.map((proxy) => new Wire(proxy));
      const usedBy = async (work: () => Promise<void>): Promise<readonly number[]> => {
        const marks = wires.map((wire) => wire.mark());
        await work();
        // Health checks look at the root DSE only.
        const places = wires.flatMap((wire, i) => {
          const operations = wire.since(marks[i] ?? 0);
          return [...writesAmong(operations), ...searchesAmong(operations).filter(({ base }) => /^ou=/i.test(base))].map(() => i);
        });
        return [...new Set(places)];
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
        expect(places).toEqual([at]);
        expect(await looks[at].find(face.ldap.id, face.ldap.encodeId(made?.id ?? ''))).toHaveLength(1);
        expect(await looks[at === 0 ? 1 : 0].find(face.ldap.id, face.ldap.encodeId(made?.id ?? ''))).toEqual([]);
      };

      await round(0);
      proxies[0].refuse(true);
      proxies[0].cut();
      await expect.poll(async () => (await scim.get('/Users', { filter: 'userName eq "x"' })).status, { timeout: 5000 }).toBe(200);
      await round(1);
      proxies[0].refuse(false);
      const whoAnswers = (): Promise<readonly number[]> =>
        usedBy(async () => expect((await scim.get('/Users', { filter: 'userName eq "x"' })).status).toBe(200));
      await expect.poll(whoAnswers, { timeout: 10_000 }).toEqual([0]);
      await round(0);
    }, 60_000);

    test('a write whose answer is lost with its server is not repeated at the other one', async () => {
      const { stage, proxies, looks } = await openStrangers();
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
      const found = await Promise.all(looks.map(async (look) => (await look.find(face.ldap.userName, String(sent['userName']))).length));
      expect([adds, found]).toEqual([
        [1, 0],
        [1, 0],
      ]);
    }, 30_000);
  });
}
