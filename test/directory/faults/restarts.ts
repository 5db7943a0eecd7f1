// The server is killed and started again while many clients write. Its audit log tells what it did, so that nothing is done twice unseen.
// T-068, T-069.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Dn, dnKey, formatDn, parseDn, tryParseDn } from '../../../src/ldap/dn.ts';
import { asMembers, newGroup, newName, newUser, type PatchOp, type Reply } from '../scim-client.ts';
import type { Stage } from '../stage.ts';
import type { Write } from './audit.ts';
import type { Ground } from './describe.ts';
import { type After, isReady, openFace } from './setting.ts';

/** One request of the load, and how to tell what became of it. */
interface Job {
  readonly name: string;
  readonly send: () => Promise<Reply>;
  /** Whether the directory holds it, whole; throws for a part of it. */
  readonly isDone: (reply: Reply) => Promise<boolean>;
  /** What the audit log has of it, once for each time that it was done. */
  readonly kind: Write['kind'];
  readonly isTrace: (write: Write) => boolean;
}

export function restarts(after: After, { face, startAudited, audits }: Ground): void {
  test('killed twice under load: acknowledged writes are there, others whole or not at all, none is done twice', async () => {
    const { directory, writes } = await startAudited();
    const stage = await openFace(after, { ...face, start: async () => directory });
    const jobs = await prepareLoad(stage);

    const replies: { readonly job: Job; readonly reply: Reply }[] = [];
    const acknowledged = (): number => replies.filter(({ reply }) => reply.status < 300).length;
    const queue = jobs.values();
    const workers = Array.from({ length: 8 }, async () => {
      for (const job of queue) {
        const reply = await job.send();
        replies.push({ job, reply });
        if (reply.status === 503) await sleep(300);
      }
    });
    for (let round = 0; round < 2; round++) {
      const before = acknowledged();
      await expect.poll(acknowledged, { timeout: 20_000, interval: 5 }).toBeGreaterThan(before + 15);
      await stage.directory.kill();
      await stage.directory.restart();
      await expect.poll(() => isReady(stage), { timeout: 20_000, interval: 20 }).toBe(true);
    }
    await Promise.all(workers);
    await expect.poll(() => stage.look.directory.status().ready, { timeout: 20_000 }).toBe(true);

    const audit = await writes();
    const traced = new Set<Write['kind']>();
    const outcomes = { acknowledged: 0, refused: 0, doneAllTheSame: 0 };
    for (const { job, reply } of replies) {
      const done = await job.isDone(reply);
      const times = audit.filter((write) => write.kind === job.kind && job.isTrace(write)).length;
      const isRefused = reply.status === 503 && Number(reply.headers.get('Retry-After')) > 0;
      // The record is written after the change, and may be missing for one that the kill came upon.
      const verdict = { job: job.name, acknowledged: [200, 201, 204].includes(reply.status), isRefused, done, twice: times > 1 };
      expect([
        { ...verdict, acknowledged: true, isRefused: false, done: true, twice: false },
        { ...verdict, acknowledged: false, isRefused: true, twice: false },
      ]).toContainEqual(verdict);
      if (times === 1) traced.add(job.kind);
      outcomes[reply.status !== 503 ? 'acknowledged' : done ? 'doneAllTheSame' : 'refused'] += 1;
    }
    expect([...traced].toSorted()).toEqual(audits.toSorted());
    expect(outcomes.acknowledged).toBeGreaterThan(30);
    expect(outcomes.refused).toBeGreaterThan(0);

    // What was refused can be sent again, and then everything is done, once.
    for (const { job, reply } of replies.filter(({ reply: { status } }) => status === 503)) {
      if (await job.isDone(reply)) continue;
      const again = await job.send();
      expect([job.name, again.status < 300, await job.isDone(again)]).toEqual([job.name, true, true]);
    }
  }, 90_000);
}

/** Creates, changes, renames, deletes and members, in turn. */
async function prepareLoad({ scim, look, face: { ldap }, userDn, groupDn }: Stage): Promise<readonly Job[]> {
  const make = async (): Promise<Reply> => {
    const made = await scim.post('/Users', newUser({ title: 'before', emails: [{ type: 'work', value: `${newName()}@old.example` }] }));
    expect(made.status).toBe(201);
    return made;
  };
  // A few at a time: a server that answers one request after the other must not seem to be away.
  const each = async <T>(count: number, work: () => Promise<T>): Promise<readonly T[]> => {
    const made: T[] = [];
    while (made.length < count) made.push(...(await Promise.all(Array.from({ length: Math.min(5, count - made.length) }, work))));
    return made;
  };
  const group = await scim.post('/Groups', newGroup({ members: asMembers((await make()).id) }));

  const creates = Array.from({ length: 50 }, (): Job => {
    const userName = newName('made');
    const sent = newUser({ userName, title: userName, emails: [{ type: 'work', value: `${userName}@example.com` }] });
    return {
      name: `create ${userName}`,
      send: () => scim.post('/Users', sent),
      kind: 'add',
      isTrace: ({ dn }) => isSame(dn, userDn(userName)),
      async isDone({ status, id }) {
        const found = await look.find(ldap.userName, userName);
        expect(found.length).toBeLessThanOrEqual(1);
        for (const entry of found)
          expect([entry.texts('title'), entry.texts(ldap.mail)]).toEqual([[userName], [`${userName}@example.com`]]);
        if (status === 201) expect(found.map((entry) => look.idOf(entry))).toEqual([id]);
        return found.length === 1;
      },
    };
  });
  const changes = (await each(50, make)).map(({ id }): Job => {
    const title = newName('after');
    const operations: readonly PatchOp[] = [
      { op: 'replace', path: 'title', value: title },
      { op: 'replace', path: 'emails', value: [{ type: 'work', value: `${title}@example.com` }] },
    ];
    return {
      name: `change to ${title}`,
      send: () => scim.patch(`/Users/${id}`, operations),
      kind: 'modify',
      isTrace: ({ text }) => /^title: (.*)$/m.exec(text)?.[1] === title || text.includes(`title [${title}]`),
      async isDone() {
        const [now, mail] = [await look.texts(id, 'title'), await look.texts(id, ldap.mail)];
        const isChanged = now[0] === title;
        // One modification: both values or neither.
        expect([now, mail.map((value) => value.replace(/^.*@/, ''))]).toEqual(
          isChanged ? [[title], ['example.com']] : [['before'], ['old.example']],
        );
        return isChanged;
      },
    };
  });
  const renames = (await each(25, make)).map(({ id, body }): Job => {
    const userName = newName('renamed');
    return {
      name: `rename to ${userName}`,
      send: () => scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'userName', value: userName }]),
      kind: 'rename',
      isTrace: ({ text }) => /^newrdn: \w+=(.*)$/m.exec(text)?.[1] === userName,
      async isDone() {
        const now = await look.texts(id, ldap.userName);
        expect([[userName], [body['userName']]]).toContainEqual(now);
        return now[0] === userName;
      },
    };
  });
  const deletes = (await each(25, make)).map(({ id, body }): Job => {
    return {
      name: `delete ${String(body['userName'])}`,
      send: () => scim.delete(`/Users/${id}`),
      kind: 'delete',
      isTrace: ({ dn }) => isSame(dn, userDn(String(body['userName']))),
      isDone: async () => (await look.find(ldap.id, ldap.encodeId(id))).length === 0,
    };
  });
  const joins = (await each(25, make)).map(({ id, body }): Job => {
    const member = formatDn(userDn(String(body['userName'])));
    return {
      name: `member ${String(body['userName'])}`,
      send: () => scim.patch(`/Groups/${group.id}`, [{ op: 'add', path: 'members', value: asMembers(id) }]),
      kind: 'modify',
      isTrace: ({ dn, text }) => isSame(dn, groupDn(String(group.body['displayName']))) && namesMember(text, member),
      isDone: async () => (await look.texts(group.id, ldap.member)).filter((dn) => isSame(dn, parseDn(member))).length === 1,
    };
  });
  const kinds = [creates, changes, renames, deletes, joins];
  return Array.from({ length: 50 }, (_, i) => kinds.flatMap((kind) => kind[i] ?? [])).flat();
}

const isSame = (text: string, dn: Dn): boolean => {
  const parsed = tryParseDn(text);
  return parsed !== undefined && dnKey(parsed) === dnKey(dn);
};

/** Whether a record of a modification has a member, on a line of its own or in brackets. */
const namesMember = (text: string, member: string): boolean =>
  text.split(/[\n[\];]/).some((part) => part.replace(/^member: /, '') === member);
