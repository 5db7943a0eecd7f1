// What a request of a client costs the directory: LDAP requests, and how often one waits for the answer to another (docs/performance.md).
// L-035, L-057: whoever adds one has to say so here.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Face } from '../faces.ts';
import { asMembers, newGroup, newName, newUser, type Reply, urn, valueOf } from '../scim-client.ts';
import type { Stage } from '../stage.ts';

const managed = (id: string): object => ({ [urn.enterprise]: { manager: { value: id } } });

export function requests(stage: () => Stage, face: Face): void {
  test('L-035 the LDAP requests of every operation, and the rounds that they take', { timeout: 120_000 }, async () => {
    const { scim, self, wire, turnstile } = stage();
    const costs = new Map<string, string>();
    const count = async (name: string, work: () => Promise<Reply>): Promise<Reply> => {
      const replies: Reply[] = [];
      let rounds = 0;
      const sent = await wire.during(async () => {
        rounds = await turnstile.rounds(async () => replies.push(await work()));
      });
      const [reply] = replies;
      if (!reply || reply.status >= 300) throw new Error(`${name}: ${reply?.status} ${JSON.stringify(reply?.body)}`);
      // The root is read to see whether connections live.
      const own = sent.filter((operation) => operation.kind !== 'search' || operation.base !== '');
      costs.set(name, `${own.length} in ${rounds}`);
      return reply;
    };
    const replace = (path: string, value: unknown) => [{ op: 'replace', path, value }];
    const prefix = newName('counted');
    const people = [];
    for (const i of [0, 1, 2, 3, 4]) people.push((await scim.post('/Users', newUser({ userName: `${prefix}-${i}` }))).id);
    const [boss = '', other = '', member = ''] = people;
    const group = await scim.post('/Groups', newGroup({ members: asMembers(member) }));

    // The first write to an entry learns which domain it is in, where there are domains.
    await scim.patch(`/Users/${boss}`, replace('title', 'Boss'));

    const sent = newUser({ userName: newName('counted'), title: 'Clerk', ...managed(boss) });
    const { id } = await count('POST of a user with a manager', () => scim.post('/Users', sent));
    const second = await count('POST of a group with two members', () => scim.post('/Groups', newGroup({ members: asMembers(id, boss) })));
    await count('GET of a user with manager and group', () => scim.get(`/Users/${id}`));
    await count('GET of a group with two members', () => scim.get(`/Groups/${second.id}`));
    await count('look-up by userName, attributes=userName', () =>
      scim.get('/Users', { filter: `userName eq "${String(sent['userName'])}"`, attributes: 'userName' }),
    );
    await count('look-up by userName, whole', () => scim.get('/Users', { filter: `userName eq "${String(sent['userName'])}"` }));
    await count('list of five users', () => scim.get('/Users', { filter: `userName sw "${prefix}-"` }));

    await count('PATCH replace, answered with the user', () => scim.patch(`/Users/${id}`, replace('title', 'Head')));
    await count('PATCH replace, answered 204', () => self.patch(`/Users/${id}`, replace('title', 'Chief')));
    await count('PATCH of what is so already, answered 204', () => self.patch(`/Users/${id}`, replace('title', 'Chief')));
    await count('PATCH add, answered 204', () =>
      self.patch(`/Users/${id}`, [{ op: 'add', path: `${urn.enterprise}:department`, value: 'Sales' }]),
    );
    await count('PATCH remove, answered 204', () => self.patch(`/Users/${id}`, [{ op: 'remove', path: 'title' }]));
    await count('PATCH active, answered 204', () => self.patch(`/Users/${id}`, replace('active', false)));
    await count('PATCH of the manager, answered with the user', () =>
      scim.patch(`/Users/${id}`, replace(`${urn.enterprise}:manager`, { value: other })),
    );
    await count('PUT with another title', () => scim.put(`/Users/${id}`, { ...sent, ...managed(other), title: 'Nurse' }));
    await count('PATCH of a member, added', () =>
      scim.patch(`/Groups/${group.id}`, [{ op: 'add', path: 'members', value: asMembers(id) }]),
    );
    await count('PATCH of a member, removed', () =>
      scim.patch(`/Groups/${group.id}`, [{ op: 'remove', path: `members[value eq "${id}"]` }]),
    );
    await count('DELETE of a user in a group', () => scim.delete(`/Users/${id}`));
    await count('DELETE of a group', () => scim.delete(`/Groups/${group.id}`));
    expect(Object.fromEntries(costs)).toEqual(readCosts(face));
  });

  test('what an operation has looked up is not older than what it has written: one who is their own manager', async () => {
    const { scim } = stage();
    const { id } = await scim.post('/Users', newUser({ displayName: newName('Before') }));
    const path = `/Users/${id}`;
    const nameOf = (reply: Reply): unknown => valueOf(reply.body, urn.enterprise, 'manager', 'displayName');
    await scim.patch(path, [{ op: 'add', path: `${urn.enterprise}:manager`, value: { value: id } }]);
    const [patched, put] = [newName('Patched'), newName('Put')];
    const { body, ...reply } = await scim.patch(path, [{ op: 'replace', path: 'displayName', value: patched }]);
    expect([reply.status, body['displayName'], nameOf({ body, ...reply })]).toEqual([200, patched, patched]);
    expect(nameOf(await scim.put(path, { ...body, displayName: put }))).toBe(put);
    expect(nameOf(await scim.get(path))).toBe(put);
  });
}

/** Of this kind of directory, by operation: `3 in 2` are three requests in two rounds. */
function readCosts({ type }: Face): Readonly<Record<string, string>> {
  const page = readFileSync(new URL('../../../docs/performance.md', import.meta.url), 'utf8');
  const [section = ''] = page.split('## What an operation asks of the directory')[1]?.split('\n## ') ?? [];
  const [head = [], ...rows] = [...section.matchAll(/^\| (.*) \|$/gm)].map(([, cells = '']) => cells.split(' | '));
  const column = head.findIndex((title) => title.includes(`\`${type.replace('samba-ad', 'active-directory')}\``));
  return Object.fromEntries(rows.map((cells) => [cells[0] ?? '', cells[column] ?? '']));
}
