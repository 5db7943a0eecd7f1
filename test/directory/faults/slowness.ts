// A server that answers late: the deadline of one operation is its own, what it did in the end is whole, and others are not held up.
// 4.14 (timeout: 503, never a retry of the write), L-004; slapo-retcode(5) makes a real slapd slow at one entry.
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
    const { accepted } = stage.proxy;
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
    // The connections were kept, and the directory counts as alive as soon as it was asked.
    await expect.poll(() => isReady(stage), { timeout: 2_000, interval: 10 }).toBe(true);
    expect(stage.proxy.accepted).toBe(accepted);
    expect((await scim.get(`/Users/${made.id}`, { excludedAttributes })).body['title']).toBe(`t${served - 1}`);
  }, 30_000);
}
