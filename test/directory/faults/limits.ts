// Limits of the server on the gateway's account: an answer that would be cut is an error that says so, never a part that looks whole.
// 4.14 (3, 4, 11), T-031; slapd.conf(5), `limits`.
import { expect, test } from 'vitest';
import { formatDn } from '../../../src/ldap/dn.ts';
import { asMembers, idsIn, newGroup, newUser } from '../scim-client.ts';
import { type After, openOver } from './setting.ts';

const gateway = 'dn.exact="cn=gateway,dc=example,dc=test"';
const mayWrite = `access to * by ${gateway} write by * break`;

export function limits(after: After): void {
  test.each([
    ['of entries, pages not excepted', 'size.soft=10 size.hard=10 size.prtotal=10'],
    ['of entries, and no pages', 'size.soft=10 size.hard=10 size.prtotal=disabled'],
    ['of entries looked at', 'size.unchecked=10 size.soft=10 size.hard=10 size.prtotal=10'],
  ])(
    'a limit %s: 400 tooMany beyond it, whole answers within it, and writes as ever',
    async (_what, allowed) => {
      const stage = await openOver(after, { access: `limits ${gateway} ${allowed}\n${mayWrite}` });
      const { scim, look, userDn } = stage;
      const made = [];
      for (let i = 0; i < 25; i++) made.push(await scim.post('/Users', newUser({ title: i < 8 ? 'few' : 'many' })));
      expect(made.map(({ status }) => status)).toEqual(Array(25).fill(201));

      for (const query of [{}, { count: 5 }, { count: 0 }, { startIndex: 20 }, { filter: 'title eq "many"' }]) {
        const { status, body } = await scim.get('/Users', query);
        expect([status, body['scimType'], body['Resources']]).toEqual([400, 'tooMany', undefined]);
      }
      // Below the limit the answer is whole, also where the filter needs finishing in memory.
      const isSearchable = !allowed.includes('unchecked');
      const few = isSearchable ? 8 : undefined;
      expect(((await scim.get('/Users', { filter: 'title eq "few"' })).body['Resources'] as unknown[] | undefined)?.length).toBe(few);
      const [first] = made;
      expect(await scim.find('/Users', `userName eq "${String(first?.body['userName'])}"`)).toHaveLength(1);
      const some = made.slice(0, 8).map(({ id }) => id);
      const group = await scim.post('/Groups', newGroup({ members: asMembers(...some) }));
      expect([group.status, idsIn(group.body)]).toEqual([201, some.toSorted()]);
      // One whose members cannot be looked up within the limit is not shown with some of them.
      await look.change(group.id, 'add', 'member', ...made.slice(8).map(({ body }) => formatDn(userDn(String(body['userName'])))));
      const { status, body } = await scim.get(`/Groups/${group.id}`);
      expect([status, body['scimType'], body['members']]).toEqual([400, 'tooMany', undefined]);
      expect((await scim.get(`/Groups/${group.id}`, { excludedAttributes: 'members' })).status).toBe(200);
      // Who names the user as manager cannot be found without an index there: then nothing is deleted.
      expect((await scim.delete(`/Users/${made[24]?.id ?? ''}`)).status).toBe(isSearchable ? 204 : 413);
      expect((await look.texts(group.id, 'member')).length).toBe(isSearchable ? 24 : 25);
      expect(await look.find('objectClass', 'inetOrgPerson')).toHaveLength(isSearchable ? 24 : 25);
    },
    40_000,
  );
}
