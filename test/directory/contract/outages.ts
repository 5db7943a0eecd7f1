// The directory goes away, refuses, or loses an answer on the way: 503 with Retry-After, recovery without help, no write lost or done twice.
// 4.14 (connection lost during a write), T-067, T-068, T-069; decisions, "Start-up".
import { afterEach, expect, test, vi } from 'vitest';
import type { Operation } from '../../../src/demo/request.ts';
import type { Face } from '../faces.ts';
import { asMembers, idsIn, newGroup, newName, newUser, type Reply } from '../scim-client.ts';
import { openStage, type Stage, type StageOptions } from '../stage.ts';

export function outages(face: Face): void {
  let stage: Stage | undefined;
  const open = async (options?: StageOptions): Promise<Stage> => (stage = await openStage(face, options));
  /** A connection that breaks when it is young counts as a failure of the server, which is tried again later; an old one is replaced at once. */
  const settle = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 1_100));
  afterEach(async () => {
    await stage?.stop();
    stage = undefined;
  });

  const ready = async ({ url }: Stage): Promise<number> => (await fetch(`${url}/ready`)).status;
  const until = (check: () => Promise<void>): Promise<void> => vi.waitFor(check, { timeout: 15_000, interval: 50 });

  test('80. L-004 a directory that was killed: 503 with Retry-After for everything, /ready 503, and back without help', async () => {
    const { scim, directory, url } = await open();
    const made = await scim.post('/Users', newUser());
    const running = stage!;
    await directory.kill();
    const replies: readonly Reply[] = [
      await scim.get('/Users'),
      await scim.get(`/Users/${made.id}`),
      await scim.post('/Users', newUser()),
      await scim.patch(`/Users/${made.id}`, [{ op: 'replace', path: 'title', value: 'x' }]),
      await scim.delete(`/Users/${made.id}`),
    ];
    for (const { status, headers, body } of replies) {
      expect([status, body['status']]).toEqual([503, '503']);
      expect(Number(headers.get('Retry-After'))).toBeGreaterThan(0);
    }
    await until(async () => expect(await ready(running)).toBe(503));
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect((await fetch(`${scim.base}/ServiceProviderConfig`)).status).toBe(200);
    await directory.restart();
    await until(async () => expect(await ready(running)).toBe(200));
    expect((await scim.get('/Users')).status).toBe(200);
    expect((await scim.post('/Users', newUser())).status).toBe(201);
    // A directory in memory begins anew.
    expect((await scim.get(`/Users/${made.id}`)).status).toBe(face.durable ? 200 : 404);
  }, 40_000);

  test('a gateway in front of a directory that is down starts, and serves when it comes', async () => {
    const running = await open();
    await running.directory.kill();
    running.proxy.cut();
    await until(async () => expect(await ready(running)).toBe(503));
    await running.directory.restart();
    await until(async () => expect(await ready(running)).toBe(200));
    expect((await running.scim.post('/Users', newUser())).status).toBe(201);
  }, 40_000);

  test('T-067 a refused bind is 503, never 401, and is not tried again for every request', async () => {
    const running = await open({ bindPassword: 'wrong' });
    const { scim, proxy, wire } = running;
    expect(await ready(running)).toBe(503);
    const binds = (): number => wireOperations(running).filter(({ kind }) => kind === 'bind').length;
    const [accepted, tried] = [proxy.accepted, binds()];
    expect(tried).toBe(1);
    for (const reply of await Promise.all(Array.from({ length: 20 }, () => scim.get('/Users')))) {
      expect(reply.status).toBe(503);
      expect(Number(reply.headers.get('Retry-After'))).toBeGreaterThanOrEqual(60);
      expect(reply.headers.get('WWW-Authenticate')).toBeNull();
    }
    expect([proxy.accepted, binds()]).toEqual([accepted, tried]);
    expect(wire.mark()).toBeGreaterThan(0);
  });

  test('a connection that is cut between requests is not noticed by clients', async () => {
    const { scim, proxy } = await open();
    const made = await scim.post('/Users', newUser());
    for (let round = 0; round < 2; round++) {
      await settle();
      proxy.cut();
      expect((await scim.get(`/Users/${made.id}`)).body).toEqual(made.body);
      await settle();
      proxy.cut();
      expect((await scim.get('/Users', { filter: `userName eq "${String(made.body['userName'])}"` })).body).toMatchObject({
        totalResults: 1,
      });
    }
  });

  test('T-031 a list whose connection breaks in the middle is whole or an error, never a part', async () => {
    const { scim, proxy } = await open();
    await Promise.all(Array.from({ length: 60 }, () => scim.post('/Users', newUser({ title: 'x'.repeat(100) }))));
    const seen = new Set<number>();
    for (let octets = 100; octets < 30_000; octets += 1_500) {
      proxy.cutAfter(octets);
      const { status, body } = await scim.get('/Users', { count: 100 });
      seen.add(status);
      expect([200, 503]).toContain(status);
      expect(body['totalResults']).toBe(status === 200 ? 60 : undefined);
      proxy.cutAfter(Infinity);
    }
    expect(seen.has(200)).toBe(true);
  }, 40_000);

  /** Loses the answer to the first operation of that kind: the directory has done it, the gateway does not know. */
  const loseAnswer = async <T>(running: Stage, kind: Operation['kind'], work: () => Promise<T>): Promise<T> => {
    const { proxy, wire } = running;
    await settle();
    const from = wire.mark();
    proxy.delay(120);
    const done = work();
    const timer = setInterval(() => {
      if (!wire.since(from).some((operation) => operation.kind === kind)) return;
      clearInterval(timer);
      // The request has left; time for the directory to do it, not for its answer to come through.
      setTimeout(() => {
        proxy.cut();
        proxy.delay(0);
      }, 60);
    }, 5);
    try {
      return await done;
    } finally {
      clearInterval(timer);
      proxy.delay(0);
    }
  };

  test('T-068 create, answer lost: the user is there once, and the client is told so', async () => {
    const running = await open();
    const { scim, look } = running;
    const sent = newUser({ title: 'once' });
    const reply = await loseAnswer(running, 'add', () => scim.post('/Users', sent));
    const found = await look.find(face.ldap.userName, String(sent['userName']));
    expect(found).toHaveLength(1);
    expect([reply.status, reply.id]).toEqual([201, look.idOf(found[0])]);
  }, 30_000);

  test('modify, answer lost: done once and acknowledged', async () => {
    const running = await open();
    const { scim, look } = running;
    const made = await scim.post('/Users', newUser());
    const reply = await loseAnswer(running, 'modify', () =>
      scim.patch(`/Users/${made.id}`, [{ op: 'add', path: 'emails', value: [{ type: 'work', value: 'a@example.com' }] }]),
    );
    expect(reply.status).toBe(200);
    expect(await look.texts(made.id, face.ldap.mail)).toEqual(['a@example.com']);
    expect((await scim.get(`/Users/${made.id}`)).body).toEqual(reply.body);
  }, 30_000);

  test('rename, answer lost: the entry has its new name and the change that follows', async () => {
    const running = await open();
    const { scim, look } = running;
    const made = await scim.post('/Users', newUser());
    const userName = newName('renamed');
    const operations = [
      { op: 'replace', path: 'userName', value: userName },
      { op: 'replace', path: 'title', value: 'after' },
    ];
    const reply = await loseAnswer(running, 'modifyDn', () => scim.patch(`/Users/${made.id}`, operations));
    expect([200, 503]).toContain(reply.status);
    const again = await scim.patch(`/Users/${made.id}`, operations);
    expect([again.status, again.body['userName'], again.body['title']]).toEqual([200, userName, 'after']);
    expect(await look.texts(made.id, face.ldap.userName)).toEqual([userName]);
  }, 30_000);

  test('members, answer lost: added once', async () => {
    const running = await open();
    const { scim } = running;
    const [one, two] = [await scim.post('/Users', newUser()), await scim.post('/Users', newUser())];
    const group = await scim.post('/Groups', newGroup({ members: asMembers(one.id) }));
    const reply = await loseAnswer(running, 'modify', () =>
      scim.patch(`/Groups/${group.id}`, [{ op: 'add', path: 'members', value: asMembers(two.id) }]),
    );
    expect(reply.status).toBeLessThan(300);
    expect(idsIn((await scim.get(`/Groups/${group.id}`)).body)).toEqual([one.id, two.id].toSorted());
  }, 30_000);

  test('delete, answer lost: gone, and acknowledged', async () => {
    const running = await open();
    const { scim, look } = running;
    const made = await scim.post('/Users', newUser());
    const reply = await loseAnswer(running, 'delete', () => scim.delete(`/Users/${made.id}`));
    expect(reply.status).toBe(204);
    expect(await look.find(face.ldap.id, face.ldap.encodeId(made.id))).toEqual([]);
  }, 30_000);

  test('writes under random cuts: what was acknowledged is there, and nothing is there twice', async () => {
    const { scim, proxy, look } = await open();
    const chaos = setInterval(() => proxy.cut(), face.cutEvery);
    const sent = Array.from({ length: 60 }, () => newUser());
    const replies = await Promise.all(
      sent.map(async (user, i) => {
        await new Promise((resolve) => setTimeout(resolve, i * 10));
        return { user, reply: await scim.post('/Users', user) };
      }),
    );
    clearInterval(chaos);
    for (const { user, reply } of replies) {
      expect([201, 503]).toContain(reply.status);
      const ids = (await look.find(face.ldap.userName, String(user['userName']))).map((entry) => look.idOf(entry));
      expect(ids.length).toBeLessThanOrEqual(1);
      expect(reply.status === 201 ? ids : [reply.id]).toEqual([reply.id]);
    }
    // Whatever the cuts left of the connections, it comes back by itself.
    await expect.poll(async () => (await scim.post('/Users', newUser())).status, { timeout: 15_000, interval: 500 }).toBe(201);
  }, 30_000);
}

const wireOperations = ({ wire }: Stage): readonly Operation[] => wire.since(0);
