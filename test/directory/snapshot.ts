// Lists from the snapshot over a live directory: others change it past the gateway, and after the next poll, or sweep where the server tells
// of no deletions, every list is what a live one is. Requirement: the cache tells the truth.
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createApp, type App } from '../../src/app.ts';
import type { ChangeKind } from '../../src/ldap/changes/change-source.ts';
import { type Dn, formatDn, parseDn, type Rdn } from '../../src/ldap/dn.ts';
import type { Face } from './faces.ts';
import { asMembers, idsIn, newGroup, newName, newUser, ScimClient } from './scim-client.ts';
import { openStage, type Stage } from './stage.ts';

/** Never by the schedule: the tests say when. */
const never = '0 0 1 1 *';

export interface SnapshotCase {
  readonly face: Face;
  readonly detect: ChangeKind;
  /** With the rights of the administrator, who sees what others have deleted. */
  readonly asAdmin?: boolean;
  /** `since` tells of deletions; otherwise a sweep finds them. */
  readonly tellsDeletions: boolean;
}

export function describeSnapshot({ face, detect, tellsDeletions, asAdmin = false }: SnapshotCase): void {
  describe(`lists from the snapshot over ${face.name} by ${detect}${asAdmin ? ', as administrator' : ''}`, () => {
    let stage: Stage | undefined;
    let liveApp: App | undefined;
    let live: ScimClient;
    const running = (): Stage => {
      if (!stage) throw new Error('the stage is open only while tests run');
      return stage;
    };
    beforeAll(async () => {
      const cache = `poll: "${never}", sweep: "${never}", detect: ${detect}, maxRemoved: { percent: 50, atLeast: 1000 }`;
      stage = await openStage(face, { cache, asAdmin });
      const opened = await openLive(stage);
      liveApp = opened.app;
      live = opened.client;
      await vi.waitFor(
        () => expect(running().follower().status()).toMatchObject({ state: 'complete', detect, lastCycle: { cycle: 'poll' } }),
        { timeout: 30_000 },
      );
    }, 180_000);
    afterAll(async () => {
      await liveApp?.stop();
      await stage?.stop();
    }, 60_000);

    /** The next poll, and what else finds deletions. */
    const catchUp = async (deleted = false): Promise<void> => {
      await running().follower().run('poll');
      if (deleted && !tellsDeletions) await running().follower().run('sweep');
    };
    const queries: readonly (readonly [path: string, parameters: Readonly<Record<string, string | number>>])[] = [
      ['/Users', { count: 1000 }],
      ['/Groups', { count: 1000 }],
      ['/Users', { count: 1000, sortBy: 'userName', sortOrder: 'descending', attributes: 'userName,groups' }],
      ['/Users', { count: 1000, filter: 'groups pr or not (title pr)' }],
      ['/Groups', { count: 1000, filter: 'members pr', excludedAttributes: 'members' }],
    ];
    /** Lists that are not what a live one is. */
    const differences = async (): Promise<readonly object[]> => {
      const found: object[] = [];
      for (const [path, parameters] of queries) {
        const cached = await running().scim.get(path, parameters);
        const fresh = await live.get(path, parameters);
        const isHit = cached.headers.get('cache-status')?.includes('hit') ?? false;
        if (!isHit || !isDeepStrictEqual(cached.body, fresh.body))
          found.push({ path, parameters, isHit, cached: cached.body, fresh: fresh.body });
      }
      return found;
    };
    const rdnOf = (name: string): Rdn => [{ type: face.ldap.userRdn, value: name }];
    const addUser = async (name: string, parent?: Dn): Promise<{ readonly dn: Dn; readonly id: string }> => {
      const dn = parent ? { rdns: [rdnOf(name), ...parent.rdns] } : running().userDn(name);
      await running().look.add(dn, {
        objectClass: face.ldap.userClasses,
        cn: [name],
        sn: [name],
        ...(face.ldap.userRdn === 'uid' && { uid: [name] }),
        ...(face.ldap.userName !== 'uid' && { [face.ldap.userName]: [`${name}@example.test`], sAMAccountName: [name.slice(0, 20)] }),
      });
      return { dn, id: running().look.idOf(await running().look.at(dn)) };
    };
    const members = (...dns: readonly Dn[]): Readonly<Record<string, readonly string[]>> => ({
      [face.ldap.member]: dns.map(formatDn),
    });
    const addGroup = async (name: string, ...dns: readonly Dn[]): Promise<{ readonly dn: Dn; readonly id: string }> => {
      const dn = running().groupDn(name);
      await running().look.add(dn, { objectClass: face.ldap.groupClasses, cn: [name], ...(dns.length > 0 && members(...dns)) });
      return { dn, id: running().look.idOf(await running().look.at(dn)) };
    };
    const membersListed = async (id: string): Promise<readonly string[]> => {
      const { body } = await running().scim.get('/Groups', { count: 1000 });
      return idsIn((body['Resources'] as readonly Record<string, unknown>[]).find((each) => each['id'] === id) as never);
    };
    const addContainer = async (parent?: Dn): Promise<Dn> => {
      const above = parent ?? { rdns: running().userDn('x').rdns.slice(1) };
      const dn: Dn = { rdns: [[{ type: 'ou', value: newName('box') }], ...above.rdns] };
      await running().look.add(dn, { objectClass: ['top', 'organizationalUnit'] });
      return dn;
    };
    const suffix = (): Dn => parseDn(running().directory.suffix);

    test('an entry that is added, one that is changed, one that is deleted', async () => {
      const { look } = running();
      const [one, two, three] = [await addUser(newName('s')), await addUser(newName('s')), await addUser(newName('s'))];
      await catchUp();
      expect(await differences()).toEqual([]);
      await look.change(one.id, 'replace', 'title', 'Changed by others');
      await look.directory.delete(two.dn);
      await addUser(newName('s'));
      await catchUp(true);
      expect(await differences()).toEqual([]);
      await look.change(one.id, 'delete', 'title');
      await look.directory.delete(three.dn);
      await look.directory.delete(one.dn);
      await catchUp(true);
      expect(await differences()).toEqual([]);
    });

    test('an entry that is renamed, and one that moves within the scope, out of it and back', async () => {
      const { look } = running();
      const [one, two] = [await addUser(newName('s')), await addUser(newName('s'))];
      const inside = await addContainer();
      const outside = await addContainer(suffix());
      await catchUp();
      const renamed = newName('renamed');
      await look.directory.move(one.dn, rdnOf(renamed));
      await look.directory.move(two.dn, two.dn.rdns[0]!, { superior: inside });
      await catchUp(true);
      expect(await differences()).toEqual([]);
      await look.directory.move({ rdns: [two.dn.rdns[0]!, ...inside.rdns] }, two.dn.rdns[0]!, { superior: outside });
      await catchUp(true);
      expect(await differences()).toEqual([]);
      await look.directory.move({ rdns: [two.dn.rdns[0]!, ...outside.rdns] }, two.dn.rdns[0]!, { superior: inside });
      await catchUp();
      expect(await differences()).toEqual([]);
    });

    test('a container that is renamed, with people in it who are members', async () => {
      const { look } = running();
      const box = await addContainer();
      const people = [await addUser(newName('s'), box), await addUser(newName('s'), box)];
      const group = await addGroup(newName('g'), ...people.map(({ dn }) => dn));
      await catchUp();
      expect(await differences()).toEqual([]);
      expect(await membersListed(group.id)).toEqual(people.map(({ id }) => id).toSorted());
      await look.directory.move(box, [{ type: 'ou', value: newName('moved') }]);
      await catchUp();
      expect(await differences()).toEqual([]);
    });

    test('members that come and go, which touches the group alone', async () => {
      const { look } = running();
      const people = [await addUser(newName('s')), await addUser(newName('s')), await addUser(newName('s'))];
      const [one, two, three] = people.map(({ dn }) => formatDn(dn));
      const group = await addGroup(newName('g'), people[0]!.dn);
      await catchUp();
      expect(await differences()).toEqual([]);
      await look.change(group.id, 'add', face.ldap.member, two!, three!);
      await catchUp();
      expect(await differences()).toEqual([]);
      await look.change(group.id, 'delete', face.ldap.member, one!);
      await catchUp();
      expect(await differences()).toEqual([]);
      expect(await membersListed(group.id)).toEqual([people[1]!.id, people[2]!.id].toSorted());
    });

    test('a member that is renamed, and one that is deleted: who is in the group is what the directory says', async () => {
      const { look } = running();
      const people = [await addUser(newName('s')), await addUser(newName('s')), await addUser(newName('s'))];
      const group = await addGroup(newName('g'), ...people.map(({ dn }) => dn));
      await catchUp();
      await look.directory.move(people[0]!.dn, rdnOf(newName('renamed')));
      await look.directory.delete(people[1]!.dn);
      await catchUp(true);
      expect(await differences()).toEqual([]);
      // Whoever gets the name of someone who is gone is not in the group, unless the directory says so.
      const heir = await addUser(people[1]!.dn.rdns[0]![0]!.value as string);
      await catchUp();
      expect(await differences()).toEqual([]);
      expect(await membersListed(group.id)).toEqual(idsIn((await live.get(`/Groups/${group.id}`)).body));
      await look.directory.delete(heir.dn);
      await look.directory.delete(group.dn);
      await catchUp(true);
      expect(await differences()).toEqual([]);
    });

    test('a group in a group', async () => {
      const person = await addUser(newName('s'));
      const inner = await addGroup(newName('g'), person.dn);
      await addGroup(newName('g'), inner.dn, person.dn);
      await catchUp();
      expect(await differences()).toEqual([]);
    });

    test('many changes in one second, and polls that were missed', async () => {
      const { look } = running();
      const people = await Promise.all(Array.from({ length: 20 }, () => addUser(newName('s'))));
      for (const round of ['first', 'second', 'third'])
        await Promise.all(people.map(({ id }) => look.change(id, 'replace', 'title', round)));
      await Promise.all(people.slice(0, 10).map(({ dn }) => look.directory.delete(dn)));
      await catchUp(true);
      expect(await differences()).toEqual([]);
    });

    test('what a client writes is in its next list', async () => {
      const { scim } = running();
      const listed = async (filter: string): Promise<unknown> => {
        const { body, headers } = await scim.get('/Users', { filter, count: 1000 });
        expect(headers.get('cache-status')).toContain('hit');
        return body['totalResults'];
      };
      for (let round = 0; round < 10; round += 1) {
        const title = newName('Title');
        const filter = `title eq "${title}"`;
        const { id } = await scim.post('/Users', newUser({ title }));
        expect(await listed(filter)).toBe(1);
        await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'x' }]);
        expect(await listed(filter)).toBe(0);
        await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: title }]);
        const { id: group } = await scim.post('/Groups', newGroup({ members: asMembers(id) }));
        expect(await listed(`groups.value eq "${group}"`)).toBe(1);
        await scim.patch(`/Groups/${group}`, [{ op: 'remove', path: `members[value eq "${id}"]` }]);
        expect(await listed(`groups.value eq "${group}"`)).toBe(0);
        await scim.delete(`/Users/${id}`);
        expect(await listed(filter)).toBe(0);
      }
      await catchUp(true);
      expect(await differences()).toEqual([]);
    });

    test('who is deleted by a client is gone from its groups in the next list, which says what version they are of then', async () => {
      const { scim } = running();
      const [{ id: one }, { id: two }] = [await scim.post('/Users', newUser()), await scim.post('/Users', newUser())];
      await scim.post('/Groups', newGroup({ members: asMembers(one, two) }));
      expect(await differences()).toEqual([]);
      await scim.delete(`/Users/${one}`);
      expect(await differences()).toEqual([]);
    });

    test('a sweep alone finds everything, too', async () => {
      const { look } = running();
      const [one, two] = [await addUser(newName('s')), await addUser(newName('s'))];
      await catchUp();
      await look.change(one.id, 'replace', 'title', 'Swept');
      await look.directory.delete(two.dn);
      await addUser(newName('s'));
      await running().follower().run('sweep');
      expect(await differences()).toEqual([]);
      await catchUp(true);
      expect(await differences()).toEqual([]);
    });

    test('reading everything anew gives the same', async () => {
      await running().follower().readAll(false);
      expect(await differences()).toEqual([]);
    });
  });
}

/** The same directory through a gateway whose lists are live, under the same public URL. */
async function openLive(stage: Stage): Promise<{ readonly app: App; readonly client: ScimClient }> {
  const app = createApp(stage.configure(['server.listen=127.0.0.1:0', 'directories.main.reads={lists: live}']));
  const { url } = await app.start();
  return { app, client: new ScimClient(`${url}/scim/v2`, stage.tokenOf('compat')) };
}
