// The server stops answering in the middle of writes, and goes on later: what was sent is done then, after the client was told 503.
// 4.14 (timeout: 503, never a retry of the write), L-004; SIGSTOP of signal(7).
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Face } from '../faces.ts';
import { newUser } from '../scim-client.ts';
import { type After, isReady, openFace } from './setting.ts';

const deadline = 600;

export function freezes(after: After, face: Face): void {
  test('frozen in the middle of writes: 503 at the deadline; thawed, each is there whole or not at all, and can be repeated', async () => {
    const stage = await openFace(after, face, { operationTimeout: deadline });
    const { scim, look, directory } = stage;
    const { freeze, thaw } = directory;
    if (freeze === undefined || thaw === undefined) throw new Error(`${face.name} cannot be frozen`);
    after(thaw);
    const made = await Promise.all(Array.from({ length: 4 }, () => scim.post('/Users', newUser({ title: 'before' }))));
    const creates = Array.from({ length: 4 }, () => newUser({ title: 'after' }));
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
      const found = await look.find(face.ldap.userName, String(user['userName']));
      expect(found.map((entry) => entry.texts('title'))).toEqual(found.length === 0 ? [] : [['after']]);
      const again = await scim.post('/Users', user);
      expect(again.status).toBe(found.length === 0 ? 201 : 409);
      expect(await look.find(face.ldap.userName, String(user['userName']))).toHaveLength(1);
    }
    for (const { id } of made) {
      expect((await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'after' }])).status).toBe(200);
      expect(await look.texts(id, 'title')).toEqual(['after']);
    }
  }, 40_000);
}
