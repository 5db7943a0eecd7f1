// Passwords: written so that the directory hashes them, useful at once, and never to be read (R-077, R-078, L-062, L-063).
import { expect, test } from 'vitest';
import { connect } from '../../../src/ldap/connection.ts';
import { DirectoryError } from '../../../src/ldap/directory.ts';
import { newName, newUser, type Reply } from '../scim-client.ts';
import type { Face } from '../faces.ts';
import type { Stage } from '../stage.ts';

export function passwords(stage: () => Stage, { badPassword }: Face): void {
  /** The result code of a bind as that user. */
  const bindAs = async (id: string, password: string): Promise<number> => {
    const { look, directory } = stage();
    try {
      const { dn } = await look.entry(id);
      (
        await connect({
          url: directory.url,
          bind: { dn, password },
          tls: { ca: directory.tls ? [directory.tls.ca] : [] },
          timeouts: { connect: 5000, operation: 5000 },
        })
      ).destroy();
      return 0;
    } catch (error) {
      if (error instanceof DirectoryError && error.resultCode !== undefined) return error.resultCode;
      throw error;
    }
  };

  test('20. R-078 L-062 a password in a new user works for a bind, and no answer has it', async () => {
    const { scim, look } = stage();
    const password = `Aa1!${newName('geheim')} ü€😀`;
    const made = await scim.post('/Users', newUser({ password }));
    expect(made.status).toBe(201);
    expect(await bindAs(made.id, password)).toBe(0);
    expect(await bindAs(made.id, `${password}x`)).toBe(49);
    const replies: readonly Reply[] = [
      made,
      await scim.get(`/Users/${made.id}`),
      await scim.get(`/Users/${made.id}`, { attributes: 'password,userPassword' }),
      await scim.get('/Users', { filter: `id eq "${made.id}"`, attributes: 'password' }),
    ];
    for (const { body } of replies) expect(JSON.stringify(body)).not.toMatch(/geheim|password/i);
    expect(Buffer.concat([...(await look.entry(made.id)).octets('userPassword')]).toString()).not.toContain('geheim');
  });

  test('R-078 R-214 a password that is typed in another composition of characters works all the same', async () => {
    const { scim } = stage();
    const name = `Aa1!${newName('geheim')}`;
    const made = await scim.post('/Users', newUser({ password: `${name} a\u0308` }));
    expect(await bindAs(made.id, `${name} \u00e4`)).toBe(0);
    const operation = { op: 'replace', path: 'password', value: `${name}\u00a0e\u0301` };
    expect((await scim.patch(`/Users/${made.id}`, [operation])).status).toBe(200);
    expect(await bindAs(made.id, `${name} \u00e9`)).toBe(0);
    expect((await scim.patch(`/Users/${made.id}`, [{ ...operation, value: 'tab\tbed' }])).body).toMatchObject({ scimType: 'invalidValue' });
  });

  test('R-077 a new password by PATCH and by PUT replaces the old one; a PUT without one keeps it', async () => {
    const { scim } = stage();
    const [first, second, third] = ['First-secret-1', 'Second-secret-2', 'Third-secret-3'];
    const made = await scim.post('/Users', newUser({ password: first }));
    const patched = await scim.patch(`/Users/${made.id}`, [{ op: 'replace', path: 'password', value: second }]);
    expect([patched.status, JSON.stringify(patched.body).includes('ecret')]).toEqual([200, false]);
    expect([await bindAs(made.id, first), await bindAs(made.id, second)]).toEqual([49, 0]);
    expect((await scim.put(`/Users/${made.id}`, { ...made.body, title: 'T' })).status).toBe(200);
    expect(await bindAs(made.id, second)).toBe(0);
    expect((await scim.put(`/Users/${made.id}`, { ...made.body, password: third })).status).toBe(200);
    expect([await bindAs(made.id, second), await bindAs(made.id, third)]).toEqual([49, 0]);
  });

  test('L-062 a rename and a password in one request', async () => {
    const { scim } = stage();
    const made = await scim.post('/Users', newUser());
    const userName = newName('renamed');
    const { status, body } = await scim.patch(`/Users/${made.id}`, [
      { op: 'replace', value: { userName, password: 'Renamed-secret-1', title: 'both' } },
    ]);
    expect([status, body['userName'], body['title']]).toEqual([200, userName, 'both']);
    expect(await bindAs(made.id, 'Renamed-secret-1')).toBe(0);
  });

  test('R-079 nobody can search for a password', async () => {
    const { scim } = stage();
    for (const filter of ['password eq "x"', 'password pr', 'not (password pr)']) {
      expect((await scim.get('/Users', { filter })).body).toMatchObject({ status: '400', scimType: 'invalidFilter' });
    }
    expect((await scim.get('/Users', { sortBy: 'password' })).status).toBe(400);
  });

  // Not every directory has a policy for passwords.
  if (badPassword === undefined) return;
  test('L-063 a password that the policy refuses is 400, and nothing of the request stays', async () => {
    const { scim, look, face } = stage();
    const sent = newUser({ password: badPassword });
    const refused = await scim.post('/Users', sent);
    expect(refused.body).toMatchObject({ status: '400', scimType: 'invalidValue' });
    expect(await look.find(face.ldap.userName, String(sent['userName']))).toEqual([]);
    const made = await scim.post('/Users', newUser({ password: 'Good-secret-1', title: 'old' }));
    const operations = [
      { op: 'replace', path: 'title', value: 'new' },
      { op: 'replace', path: 'userName', value: newName('renamed') },
      { op: 'replace', path: 'password', value: badPassword },
    ];
    expect((await scim.patch(`/Users/${made.id}`, operations)).status).toBe(400);
    expect((await scim.get(`/Users/${made.id}`)).body).toMatchObject({ title: 'old', userName: made.body['userName'] });
    expect(await bindAs(made.id, 'Good-secret-1')).toBe(0);
  });
}
