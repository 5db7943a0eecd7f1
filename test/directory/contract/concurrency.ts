// Many at once: no name twice, no update lost, one winner among those who name a version (R-074, L-023, L-040, T-012, T-086).
import { expect, test } from 'vitest';
import { asMembers, idsIn, newGroup, newName, newUser, valueOf } from '../scim-client.ts';
import type { Face } from '../faces.ts';
import type { Stage } from '../stage.ts';

const statuses = (replies: readonly { readonly status: number }[]): Readonly<Record<string, number>> =>
  Object.fromEntries(
    [...new Set(replies.map(({ status }) => status))]
      .toSorted()
      .map((status) => [String(status), replies.filter((reply) => reply.status === status).length]),
  );

export function concurrency(stage: () => Stage, { versionsMembers }: Face): void {
  test('T-086 L-040 twenty creates of one userName: one 201, nineteen 409, one entry', async () => {
    const { scim, look } = stage();
    const userName = newName('raced');
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        scim.post('/Users', newUser({ userName: i % 2 === 0 ? userName : userName.toUpperCase(), title: `T${i}` })),
      ),
    );
    expect(statuses(replies)).toEqual({ 201: 1, 409: 19 });
    expect(await look.find(stage().face.ldap.userName, userName)).toHaveLength(1);
    const winner = replies.find(({ status }) => status === 201);
    expect((await scim.get(`/Users/${winner?.id ?? ''}`)).body).toEqual(winner?.body);
  });

  test('T-086 twenty creates of one group: one 201', async () => {
    const { scim } = stage();
    const displayName = newName('raced group');
    expect(statuses(await Promise.all(Array.from({ length: 20 }, () => scim.post('/Groups', newGroup({ displayName })))))).toEqual({
      201: 1,
      409: 19,
    });
  });

  test('48. ten users renamed to one name: one 200', async () => {
    const { scim, look } = stage();
    const made = await Promise.all(Array.from({ length: 10 }, () => scim.post('/Users', newUser())));
    const value = newName('wanted');
    const replies = await Promise.all(made.map(({ id }) => scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'userName', value }])));
    expect(statuses(replies)).toEqual({ 200: 1, 409: 9 });
    expect(await look.find(stage().face.ldap.userName, value)).toHaveLength(1);
  });

  test.each(['PATCH', 'PUT', 'DELETE'])('R-201 T-012 L-023 of two %s with the same If-Match exactly one wins', async (method) => {
    const { scim } = stage();
    for (let round = 0; round < 5; round++) {
      const made = await scim.post('/Users', newUser());
      const condition = { 'If-Match': made.etag };
      const path = `/Users/${made.id}`;
      const write = (title: string) => {
        if (method === 'DELETE') return scim.delete(path, condition);
        return method === 'PUT'
          ? scim.put(path, { ...made.body, title }, condition)
          : scim.patch(path, [{ op: 'replace', path: 'title', value: title }], condition);
      };
      const replies = await Promise.all([write('one'), write('two')]);
      expect(replies.filter(({ status }) => status < 300)).toHaveLength(1);
      expect(replies.filter(({ status }) => status === 412 || (method === 'DELETE' && status === 404))).toHaveLength(1);
      if (method === 'DELETE') continue;
      expect((await scim.get(path)).body['title']).toBe(replies.find(({ status }) => status === 200)?.body['title']);
    }
  });

  if (versionsMembers) testVersionedMembers(stage);

  test('different members added to one group, and others removed, at the same time: none is lost', async () => {
    const { scim } = stage();
    const made = await Promise.all(Array.from({ length: 30 }, () => scim.post('/Users', newUser())));
    const ids = made.map(({ id }) => id);
    const [old, young] = [ids.slice(0, 10), ids.slice(10)];
    const group = await scim.post('/Groups', newGroup({ members: asMembers(...old) }));
    const replies = await Promise.all([
      ...young.map((id) => scim.patch(`/Groups/${group.id}`, [{ op: 'add', path: 'members', value: asMembers(id) }])),
      ...old.map((id) => scim.patch(`/Groups/${group.id}`, [{ op: 'remove', path: `members[value eq "${id}"]` }])),
      scim.patch(`/Groups/${group.id}`, [{ op: 'replace', path: 'externalId', value: 'meanwhile' }]),
    ]);
    expect(replies.every(({ status }) => status < 300)).toBe(true);
    const { body } = await scim.get(`/Groups/${group.id}`);
    expect([idsIn(body), body['externalId']]).toEqual([[...young].toSorted(), 'meanwhile']);
  });

  test('different attributes of one user at the same time: none is lost', async () => {
    const { scim } = stage();
    const made = await scim.post('/Users', newUser());
    const changes = [
      ['title', 'T'],
      ['displayName', 'D'],
      ['preferredLanguage', 'fr'],
      ['externalId', 'E'],
      ['name.givenName', 'G'],
      ['emails[type eq "work"].value', 'c@example.com'],
      ['phoneNumbers[type eq "mobile"].value', '+1 555 3'],
      ['active', false],
    ] as const;
    const replies = await Promise.all(changes.map(([path, value]) => scim.patch(`/Users/${made.id}`, [{ op: 'replace', path, value }])));
    expect(statuses(replies)).toEqual({ 200: changes.length });
    const { body } = await scim.get(`/Users/${made.id}`);
    expect(body).toMatchObject({ title: 'T', displayName: 'D', preferredLanguage: 'fr', externalId: 'E', active: false });
    expect([valueOf(body, 'name', 'givenName'), body['emails'], body['phoneNumbers']]).toMatchObject([
      'G',
      [{ value: 'c@example.com' }],
      [{ value: '+1 555 3' }],
    ]);
  });

  test('one e-mail after the other added to one user at the same time: none is lost, also when somebody else writes past the gateway', async () => {
    const { scim, look } = stage();
    const made = await scim.post('/Users', newUser());
    const mails = Array.from({ length: 8 }, (_, i) => `m${i}@example.com`);
    const [replies] = await Promise.all([
      Promise.all(mails.map((value) => scim.patch(`/Users/${made.id}`, [{ op: 'add', path: 'emails', value: [{ type: 'work', value }] }]))),
      look.change(made.id, 'add', stage().face.ldap.mail, 'z-other@example.com'),
    ]);
    expect(statuses(replies)).toEqual({ 200: mails.length });
    expect(await look.texts(made.id, stage().face.ldap.mail)).toEqual([...mails, 'z-other@example.com'].toSorted());
  });
}

/** Where the members are part of the version of a group. */
function testVersionedMembers(stage: () => Stage): void {
  test('L-023 of two conditional changes of one group exactly one wins', async () => {
    const { scim } = stage();
    const [one, two] = [await scim.post('/Users', newUser()), await scim.post('/Users', newUser())];
    const made = await scim.post('/Groups', newGroup());
    const replies = await Promise.all(
      [one, two].map(({ id }) =>
        scim.patch(`/Groups/${made.id}`, [{ op: 'add', path: 'members', value: asMembers(id) }], { 'If-Match': made.etag }),
      ),
    );
    expect(replies.map(({ status }) => status === 412).toSorted()).toEqual([false, true]);
    expect(idsIn((await scim.get(`/Groups/${made.id}`)).body)).toHaveLength(1);
  });
}
