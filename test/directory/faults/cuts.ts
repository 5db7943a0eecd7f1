// The connection is cut at a write: before the request has arrived, or before its answer has. For each kind of write.
// 4.14 (connection lost during a write: unknown outcome, look first, never repeat blindly), T-068.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PduFramer } from '../../../src/ldap/framer.ts';
import { type Operation, readRequest } from '../../../src/demo/request.ts';
import type { Face } from '../faces.ts';
import { asMembers, idsIn, newGroup, newName, newUser, type Reply } from '../scim-client.ts';
import { openStage, type Stage } from '../stage.ts';
import { writesAmong } from '../wire.ts';
import { binds, haste, isReady } from './setting.ts';

/** A write, and whether the directory holds it: `false` must mean that nothing at all has changed. */
interface Write {
  readonly send: () => Promise<Reply>;
  readonly isDone: () => Promise<boolean>;
}

interface Case {
  readonly what: string;
  /** The operation that the cut comes upon. */
  readonly cutAt: Operation['kind'];
  readonly prepare: (stage: Stage) => Promise<Write>;
  /** What the client is told where the answer was lost; where nobody can look whether it was done it is 503. */
  readonly answerLost: readonly number[];
  /** Not done, and not done again by itself, except for the password of a user who is there already. */
  readonly requestLost: readonly number[];
}

const newUserBehind = async ({ scim }: Stage): Promise<Reply> => scim.post('/Users', newUser({ title: 'before' }));

/** @param setsPassword how a password travels: by itself, or as any attribute, with the new entry */
const casesOf = ({ ldap, placeholder }: Face, setsPassword: 'extended' | 'modify'): readonly Case[] => [
  {
    what: 'a new user',
    cutAt: 'add',
    answerLost: [201],
    requestLost: [503],
    async prepare({ scim, look }) {
      const sent = newUser({ title: 'whole' });
      return {
        send: () => scim.post('/Users', sent),
        isDone: async () => (await look.find(ldap.userName, String(sent['userName']))).some((entry) => entry.texts('title')[0] === 'whole'),
      };
    },
  },
  {
    what: 'a new user with a password',
    cutAt: setsPassword === 'extended' ? 'extended' : 'add',
    answerLost: [201],
    requestLost: [setsPassword === 'extended' ? 201 : 503],
    async prepare(stage) {
      const password = 'first Passw0rd!';
      const sent = newUser({ password });
      return {
        send: () => stage.scim.post('/Users', sent),
        isDone: async () => {
          const [entry] = await stage.look.find(ldap.userName, String(sent['userName']));
          return entry !== undefined && (await binds(stage, entry.dn, password));
        },
      };
    },
  },
  {
    what: 'another password',
    cutAt: setsPassword,
    answerLost: [503],
    requestLost: [503],
    async prepare(stage) {
      const { id } = await newUserBehind(stage);
      const { dn } = await stage.look.entry(id);
      return {
        send: () => stage.scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'password', value: 'other Passw0rd!' }]),
        isDone: () => binds(stage, dn, 'other Passw0rd!'),
      };
    },
  },
  {
    what: 'attributes by PATCH',
    cutAt: 'modify',
    answerLost: [200],
    requestLost: [503],
    async prepare({ scim, look }) {
      const { id } = await newUserBehind({ scim, look } as Stage);
      return {
        send: () => scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'after' }]),
        isDone: async () => (await look.texts(id, 'title'))[0] === 'after',
      };
    },
  },
  {
    what: 'attributes by PUT',
    cutAt: 'modify',
    answerLost: [200],
    requestLost: [503],
    async prepare(stage) {
      const { id, body } = await newUserBehind(stage);
      return {
        send: () => stage.scim.put(`/Users/${id}`, { ...body, title: 'after' }),
        isDone: async () => (await stage.look.texts(id, 'title'))[0] === 'after',
      };
    },
  },
  {
    what: 'the account state',
    cutAt: 'modify',
    answerLost: [200],
    requestLost: [503],
    async prepare(stage) {
      const { id } = await newUserBehind(stage);
      const [before] = await stage.look.texts(id, ldap.state.attribute);
      return {
        send: () => stage.scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'active', value: false }]),
        isDone: async () => (await stage.look.texts(id, ldap.state.attribute))[0] !== before,
      };
    },
  },
  {
    what: 'another name',
    cutAt: 'modifyDn',
    // Where the name is in an attribute of its own, too, that would be the next step.
    answerLost: [ldap.userName === ldap.userRdn ? 200 : 503],
    requestLost: [503],
    async prepare(stage) {
      const { id } = await newUserBehind(stage);
      const userName = newName('renamed');
      return {
        send: () => stage.scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'userName', value: userName }]),
        isDone: async () => (await stage.look.texts(id, ldap.userName))[0] === userName,
      };
    },
  },
  {
    what: 'a user deleted',
    cutAt: 'delete',
    answerLost: [204],
    requestLost: [503],
    async prepare(stage) {
      const { id } = await newUserBehind(stage);
      return {
        send: () => stage.scim.delete(`/Users/${id}`),
        isDone: async () => (await stage.look.find(ldap.id, ldap.encodeId(id))).length === 0,
      };
    },
  },
  {
    what: 'a new group',
    cutAt: 'add',
    answerLost: [201],
    requestLost: [503],
    async prepare(stage) {
      const { id } = await newUserBehind(stage);
      const sent = newGroup({ members: asMembers(id) });
      return {
        send: () => stage.scim.post('/Groups', sent),
        isDone: async () => (await stage.look.find('cn', String(sent['displayName']))).length === 1,
      };
    },
  },
  {
    what: 'a member added',
    cutAt: 'modify',
    answerLost: [204],
    requestLost: [503],
    async prepare(stage) {
      const [one, two] = [await newUserBehind(stage), await newUserBehind(stage)];
      const group = await stage.scim.post('/Groups', newGroup({ members: asMembers(one.id) }));
      return {
        send: () => stage.scim.patch(`/Groups/${group.id}`, [{ op: 'add', path: 'members', value: asMembers(two.id) }]),
        isDone: async () => (await stage.look.texts(group.id, ldap.member)).length === 2,
      };
    },
  },
  {
    what: 'the last member removed',
    cutAt: 'modify',
    // Where the class wants a member, the server refuses that at first: what is lost is that refusal.
    answerLost: [placeholder === undefined ? 204 : 503],
    requestLost: [503],
    async prepare(stage) {
      const one = await newUserBehind(stage);
      const group = await stage.scim.post('/Groups', newGroup({ members: asMembers(one.id) }));
      return {
        send: () => stage.scim.patch(`/Groups/${group.id}`, [{ op: 'remove', path: `members[value eq "${one.id}"]` }]),
        isDone: async () => idsIn((await stage.scim.get(`/Groups/${group.id}`)).body).length === 0,
      };
    },
  },
];

export function cuts(face: Face, setsPassword: 'extended' | 'modify'): void {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(face, { intervals: haste });
  }, 60_000);
  afterAll(() => stage.stop());
  const table = casesOf(face, setsPassword).flatMap((each) =>
    (['requestLost', 'answerLost'] as const).map((lost) => [each.what, lost === 'requestLost' ? 'request' : 'answer', lost, each] as const),
  );
  test.each(table)(
    '%s, %s lost: the client is told the truth, and repeating it is safe',
    async (_what, _name, lost, each) => {
      await expect.poll(() => isReady(stage), { timeout: 10_000 }).toBe(true);
      const { send, isDone } = await each.prepare(stage);
      const state = { cuts: 0 };
      const from = stage.wire.mark();
      stage.proxy.judge((chunk) => {
        const isMeant = new PduFramer().push(chunk).some((pdu) => readRequest(pdu).operation.kind === each.cutAt);
        if (!isMeant || state.cuts > 0) return 'pass';
        state.cuts += 1;
        return lost === 'requestLost' ? 'loseRequest' : 'loseAnswer';
      });
      const reply = await send();
      expect(state.cuts).toBe(1);
      expect(each[lost]).toContain(reply.status);
      expect(Number(reply.headers.get('Retry-After')) > 0).toBe(reply.status === 503);
      // What was acknowledged is there, what never arrived is not; what arrived and was not acknowledged may be either.
      const isDoneOrNot = await isDone();
      expect(reply.status < 300 || lost === 'requestLost' ? isDoneOrNot : reply.status < 300).toBe(reply.status < 300);
      // Not repeated where it is unknown; only a password is set once more, which leads to the same.
      const sent = writesAmong(stage.wire.since(from)).filter(({ kind }) => kind === each.cutAt);
      expect(sent).toHaveLength(each.cutAt === 'extended' && reply.status === 201 ? 2 : 1);

      stage.proxy.judge(undefined);
      if (reply.status < 300) return;
      const again = await send();
      expect(again.status).toBeLessThan(300);
      expect(await isDone()).toBe(true);
    },
    30_000,
  );
}
