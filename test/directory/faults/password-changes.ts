// The password of the service account is changed while the gateway runs.
// T-067; decisions: a refused bind is not tried for every request, because the account would be locked.
import { expect, test } from 'vitest';
import { parseDn } from '../../../src/ldap/dn.ts';
import { newUser } from '../scim-client.ts';
import type { Ground } from './describe.ts';
import { type After, binds, haste, isReady, openFace } from './setting.ts';

const changed = 'Changed by somebody 1';

export function passwordChanges(after: After, { face, password }: Ground): void {
  test('T-067 the password is changed while the gateway runs: 503, a handful of binds at most, and the account is not locked', async () => {
    const stage = await openFace(after, face, { intervals: { ...haste, refused: 60_000 } });
    const { scim, look, proxy, wire, directory } = stage;
    const made = await scim.post('/Users', newUser());
    const from = wire.mark();
    await look.directory.modify(parseDn(directory.gatewayDn), [
      { operation: 'replace', attribute: password.attribute, values: [password.encode(changed)] },
    ]);
    proxy.cut();
    await expect.poll(async () => Number((await scim.get('/Users')).headers.get('Retry-After'))).toBeGreaterThanOrEqual(60);
    expect(await isReady(stage)).toBe(false);
    const replies = await Promise.all(
      Array.from({ length: 40 }, (_, i) => (i % 2 ? scim.get('/Users') : scim.delete(`/Users/${made.id}`))),
    );
    for (const reply of replies) {
      expect([reply.status, reply.headers.get('WWW-Authenticate')]).toEqual([503, null]);
      expect(Number(reply.headers.get('Retry-After'))).toBeGreaterThanOrEqual(60);
    }
    // Accounts are locked after a handful of wrong passwords; two directories of this process share this one.
    expect(wire.since(from).filter(({ kind }) => kind === 'bind').length).toBeLessThan(3);
    expect(await binds(stage, directory.gatewayDn, changed)).toBe(true);
    expect(await look.find(face.ldap.id, face.ldap.encodeId(made.id))).toHaveLength(1);
  }, 30_000);
}
