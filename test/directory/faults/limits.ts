// Limits of the server on the gateway's account: an answer that would be cut is an error that says so, never a part that looks whole.
// 4.14 (3, 4, 11), T-031; slapd.conf(5), `limits`; nsSizeLimit and its like of 389 Directory Server.
import { expect, test } from 'vitest';
import { formatDn, parseDn } from '../../../src/ldap/dn.ts';
import { ds389 } from '../faces.ts';
import { asMembers, idsIn, newGroup, newUser, type Reply } from '../scim-client.ts';
import { searchesAmong } from '../wire.ts';
import type { Stage } from '../stage.ts';
import { type After, isReady, openFace, openOver } from './setting.ts';

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
      const made = await makeMany(stage);
      expect(made.map(({ status }) => status)).toEqual(Array(25).fill(201));
      await expectLimited(stage, made, !allowed.includes('unchecked'));
    },
    40_000,
  );

  test('a limit below the size of a look-up: members are looked up fewer at a time, and from then on at once', async () => {
    const names = Array.from({ length: 230 }, (_, i) => `p${i}`);
    const dn = (name: string): string => `uid=${name},ou=people,dc=example,dc=test`;
    const people = names.map((name) => `dn: ${dn(name)}\nobjectClass: inetOrgPerson\nuid: ${name}\ncn: ${name}\nsn: p\n`);
    const members = names.map((name) => `member: ${dn(name)}`).join('\n');
    const group = `dn: cn=all,ou=groups,dc=example,dc=test\nobjectClass: groupOfNames\ncn: all\n${members}\n`;
    const stage = await openOver(after, {
      access: `limits ${gateway} size=50\n${mayWrite}`,
      ldif: [...people, group].join('\n'),
    });
    const { scim, look, wire } = stage;
    const [all] = await scim.find('/Groups', 'displayName eq "all"');
    const ids = idsIn(all ?? {});
    expect(ids).toHaveLength(230);
    const made = await scim.post('/Groups', newGroup({ members: asMembers(...ids) }));
    expect([made.status, idsIn(made.body)]).toEqual([201, ids]);
    const emptied = await scim.patch(`/Groups/${made.id}`, [{ op: 'remove', path: 'members', value: asMembers(...ids.slice(0, 150)) }]);
    expect([emptied.status, (await look.texts(made.id, 'member')).length]).toEqual([204, 80]);
    // What the server allows is known by now: five searches for 230 members, none of them refused and sent again.
    const sent = await wire.during(async () => expect(idsIn((await scim.get(`/Groups/${all?.['id'] as string}`)).body)).toEqual(ids));
    const lookUps = searchesAmong(sent).filter(({ attributes }) => !attributes.includes('member'));
    expect(lookUps).toHaveLength(5);
  }, 40_000);
}

export function ds389Limits(after: After): void {
  test.each([
    ['of entries, pages not excepted', ['nsSizeLimit', 'nsPagedSizeLimit'], true],
    ['of entries looked at', ['nsLookThroughLimit', 'nsPagedLookThroughLimit'], false],
  ] as const)(
    'a limit %s: 400 tooMany beyond it, whole answers within it, and writes as ever',
    async (_what, names, isSearchable) => {
      const stage = await openFace(after, ds389);
      const { look, directory, proxy } = stage;
      await look.directory.modify(
        parseDn(directory.gatewayDn),
        names.map((attribute) => ({ operation: 'replace', attribute, values: ['10'] })),
      );
      // They hold from the next bind on.
      proxy.cut();
      await expect.poll(() => isReady(stage), { timeout: 10_000 }).toBe(true);
      const made = await makeMany(stage);
      expect(made.map(({ status }) => status)).toEqual(Array(25).fill(201));
      await expectLimited(stage, made, isSearchable);
    },
    60_000,
  );
}

async function makeMany({ scim }: Stage): Promise<readonly Reply[]> {
  const made: Reply[] = [];
  for (let i = 0; i < 25; i++) made.push(await scim.post('/Users', newUser({ title: i < 8 ? 'few' : 'many' })));
  return made;
}

/** At most ten entries may be found; where nothing is `searchable` without an index, or looked at. */
async function expectLimited({ scim, look, userDn }: Stage, made: readonly Reply[], isSearchable: boolean): Promise<void> {
  for (const query of [{}, { count: 5 }, { count: 0 }, { startIndex: 20 }, { filter: 'title eq "many"' }]) {
    const { status, body } = await scim.get('/Users', query);
    expect([status, body['scimType'], body['Resources']]).toEqual([400, 'tooMany', undefined]);
  }
  // Below the limit the answer is whole, also where the filter needs finishing in memory.
  const few = isSearchable ? 8 : undefined;
  expect(((await scim.get('/Users', { filter: 'title eq "few"' })).body['Resources'] as unknown[] | undefined)?.length).toBe(few);
  const [first] = made;
  expect(await scim.find('/Users', `userName eq "${String(first?.body['userName'])}"`)).toHaveLength(1);
  const some = made.slice(0, 8).map(({ id }) => id);
  const group = await scim.post('/Groups', newGroup({ members: asMembers(...some) }));
  expect([group.status, idsIn(group.body)]).toEqual([201, some.toSorted()]);
  // More members than one search may find are looked up in smaller batches.
  await look.change(group.id, 'add', 'member', ...made.slice(8).map(({ body }) => formatDn(userDn(String(body['userName'])))));
  const { status, body } = await scim.get(`/Groups/${group.id}`);
  expect([status, idsIn(body)]).toEqual([200, made.map(({ id }) => id).toSorted()]);
  expect((await scim.get(`/Groups/${group.id}`, { excludedAttributes: 'members' })).status).toBe(200);
  // Who names the user as manager cannot be found without an index there: then nothing is deleted.
  expect((await scim.delete(`/Users/${made[24]?.id ?? ''}`)).status).toBe(isSearchable ? 204 : 413);
  expect((await look.texts(group.id, 'member')).length).toBe(isSearchable ? 24 : 25);
  expect(await look.find('objectClass', 'inetOrgPerson')).toHaveLength(isSearchable ? 24 : 25);
}
