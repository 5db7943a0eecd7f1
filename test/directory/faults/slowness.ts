// A server that answers late: the deadline of one operation is its own, what it did in the end is whole, and others are not held up.
// 4.14 (timeout: 503, never a retry of the write), L-004; slapo-retcode(5) makes a real slapd slow at one entry.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { parseDn } from '../../../src/ldap/dn.ts';
import { newGroup, newUser } from '../scim-client.ts';
import { type After, isReady, openOver, withRetcode } from './setting.ts';

const deadline = 600;

export function slowness(after: After): void {
  test('slow at groups: those requests are 503 at the deadline, and users are served meanwhile as fast as ever', async () => {
    const stage = await openOver(after, withRetcode, { operationTimeout: deadline });
    const { scim, look } = stage;
    const group = await scim.post('/Groups', newGroup());
    // Three seconds pass before the server goes on with a search that finds this group.
    await look.directory.modify(parseDn((await look.entry(group.id)).dn), [
      { operation: 'add', attribute: 'objectClass', values: ['errAuxObject'] },
      { operation: 'add', attribute: 'errCode', values: ['51'] },
      { operation: 'add', attribute: 'errOp', values: ['search'] },
      { operation: 'add', attribute: 'errSleepTime', values: ['3'] },
    ]);
    const made = await scim.post('/Users', newUser());
    const begun = Date.now();
    const slow = [scim.get('/Groups'), scim.get('/Groups', { filter: `id eq "${group.id}"` })].map(async (reply) => ({
      reply: await reply,
      took: Date.now() - begun,
    }));
    const excludedAttributes = 'groups';
    let served = 0;
    while (Date.now() - begun < deadline - 200) {
      const reply = await scim.get('/Users', { filter: `id eq "${made.id}"`, excludedAttributes });
      expect([reply.status, reply.body['totalResults']]).toEqual([200, 1]);
      expect((await scim.patch(`/Users/${made.id}`, [{ op: 'replace', path: 'title', value: `t${served}` }])).status).toBe(200);
      served += 1;
    }
    expect(served).toBeGreaterThan(5);
    for (const { reply, took } of await Promise.all(slow)) {
      expect([reply.status, Number(reply.headers.get('Retry-After')) > 0]).toEqual([503, true]);
      expect(took).toBeLessThan(deadline * 2.5);
    }
    // The connection was kept, and the directory counts as alive.
    expect(await isReady(stage)).toBe(true);
    expect((await scim.get(`/Users/${made.id}`, { excludedAttributes })).body['title']).toBe(`t${served - 1}`);
  }, 30_000);

  test('frozen in the middle of writes: 503 at the deadline; thawed, each is there whole or not at all, and can be repeated', async () => {
    const stage = await openOver(after, {}, { operationTimeout: deadline });
    const { scim, look, directory } = stage;
    if (!('freeze' in directory)) throw new Error('slapd can be frozen');
    const { freeze, thaw } = directory as unknown as { freeze(): Promise<void>; thaw(): Promise<void> };
    after(thaw);
    const made = await Promise.all(Array.from({ length: 4 }, () => scim.post('/Users', newUser({ title: 'before' }))));
    const creates = Array.from({ length: 4 }, () => newUser({ title: 'after', employeeType: 'x' }));
    await freeze();
    const begun = Date.now();
    const replies = await Promise.all([
      ...made.map(({ id }) => scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'after' }])),
      ...creates.map((user) => scim.post('/Users', user)),
    ]);
    expect(replies.map(({ status }) => status)).toEqual(Array(8).fill(503));
    expect(replies.every(({ headers }) => Number(headers.get('Retry-After')) > 0)).toBe(true);
    expect(Date.now() - begun).toBeLessThan(8 * deadline);
    await thaw();
    await expect.poll(() => isReady(stage), { timeout: 10_000 }).toBe(true);
    // What was on its way arrives now, or never.
    await sleep(300);
    for (const { id } of made) expect([['before'], ['after']]).toContainEqual(await look.texts(id, 'title'));
    for (const user of creates) {
      const found = await look.find('uid', String(user['userName']));
      expect(found.map((entry) => entry.texts('title'))).toEqual(found.length === 0 ? [] : [['after']]);
      const again = await scim.post('/Users', user);
      expect(again.status).toBe(found.length === 0 ? 201 : 409);
      expect(await look.find('uid', String(user['userName']))).toHaveLength(1);
    }
    for (const { id } of made) {
      expect((await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'after' }])).status).toBe(200);
      expect(await look.texts(id, 'title')).toEqual(['after']);
    }
  }, 40_000);
}
