// The server is killed and started again while many clients write. Every write of the server is in its audit log, so that none is done twice unseen.
// T-068, T-069; slapo-auditlog(5).
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { asMembers, newGroup, newName, newUser, type PatchOp, type Reply } from '../scim-client.ts';
import type { Stage } from '../stage.ts';
import { type After, isReady, openOver } from './setting.ts';

/** One request of the load, and how to tell what became of it. */
interface Job {
  readonly name: string;
  readonly send: () => Promise<Reply>;
  /** Whether the directory holds it, whole; throws for a part of it. */
  readonly isDone: (reply: Reply) => Promise<boolean>;
  /** What the audit log says where it was done, once for each time. */
  readonly trace: RegExp;
}

export function restarts(after: After): void {
  test('killed twice under load: acknowledged writes are there, others whole or not at all, none is done twice', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'audit-'));
    after(() => rm(dir, { recursive: true, force: true }));
    const file = join(dir, 'audit.ldif');
    const stage = await openOver(after, { global: 'moduleload auditlog', config: `overlay auditlog\nauditlog ${file}` });
    const jobs = await prepareLoad(stage);

    const started = Date.now();
    const chaos = (async () => {
      for (const at of [250, 900]) {
        await sleep(started + at - Date.now());
        await stage.directory.kill();
        await sleep(200);
        await stage.directory.restart();
      }
    })();
    const replies = await Promise.all(
      jobs.map(async (job, i) => {
        await sleep(i * 8);
        return { job, reply: await job.send() };
      }),
    );
    await chaos;
    await expect.poll(() => isReady(stage), { timeout: 10_000 }).toBe(true);
    await expect.poll(() => stage.look.directory.status().ready, { timeout: 20_000 }).toBe(true);

    const audit = (await readFile(file, 'utf8')).split(/^# end .*$/m);
    const traced = new Set<string | undefined>();
    const outcomes = { acknowledged: 0, refused: 0, doneAllTheSame: 0 };
    for (const { job, reply } of replies) {
      const done = await job.isDone(reply);
      const times = audit.filter((record) => job.trace.test(record)).length;
      const isRefused = reply.status === 503 && Number(reply.headers.get('Retry-After')) > 0;
      // The record is written after the change, and may be missing for one that the kill came upon.
      const verdict = { job: job.name, acknowledged: [200, 201, 204].includes(reply.status), isRefused, done, twice: times > 1 };
      expect([
        { ...verdict, acknowledged: true, isRefused: false, done: true, twice: false },
        { ...verdict, acknowledged: false, isRefused: true, twice: false },
      ]).toContainEqual(verdict);
      if (times === 1) traced.add(job.name.split(' ')[0]);
      outcomes[reply.status !== 503 ? 'acknowledged' : done ? 'doneAllTheSame' : 'refused'] += 1;
    }
    expect([...traced].toSorted()).toEqual(['change', 'create', 'delete', 'member', 'rename']);
    expect(outcomes.acknowledged).toBeGreaterThan(20);
    expect(outcomes.refused).toBeGreaterThan(0);

    // What was refused can be sent again, and then everything is done, once.
    for (const { job, reply } of replies.filter(({ reply: { status } }) => status === 503)) {
      if (await job.isDone(reply)) continue;
      const again = await job.send();
      expect([job.name, again.status < 300, await job.isDone(again)]).toEqual([job.name, true, true]);
    }
  }, 60_000);
}

/** Creates, changes, renames, deletes and members, in turn. */
async function prepareLoad({ scim, look }: Stage): Promise<readonly Job[]> {
  const make = async (): Promise<Reply> => {
    const made = await scim.post('/Users', newUser({ title: 'before', emails: [{ type: 'work', value: `${newName()}@old.example` }] }));
    expect(made.status).toBe(201);
    return made;
  };
  const each = <T>(count: number, work: () => Promise<T>): Promise<readonly T[]> => Promise.all(Array.from({ length: count }, work));
  const group = await scim.post('/Groups', newGroup({ members: asMembers((await make()).id) }));

  const creates = Array.from({ length: 50 }, (): Job => {
    const userName = newName('made');
    const sent = newUser({ userName, title: userName, emails: [{ type: 'work', value: `${userName}@example.com` }] });
    return {
      name: `create ${userName}`,
      send: () => scim.post('/Users', sent),
      trace: new RegExp(`^dn: uid=${userName},.*\\nchangetype: add$`, 'm'),
      async isDone({ status, id }) {
        const found = await look.find('uid', userName);
        expect(found.length).toBeLessThanOrEqual(1);
        for (const entry of found) expect([entry.texts('title'), entry.texts('mail')]).toEqual([[userName], [`${userName}@example.com`]]);
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
      trace: new RegExp(`^title: ${title}$`, 'm'),
      async isDone() {
        const [now, mail] = [await look.texts(id, 'title'), await look.texts(id, 'mail')];
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
      trace: new RegExp(`^newrdn: uid=${userName}$`, 'm'),
      async isDone() {
        const now = await look.texts(id, 'uid');
        expect([[userName], [body['userName']]]).toContainEqual(now);
        return now[0] === userName;
      },
    };
  });
  const deletes = (await each(25, make)).map(({ id, body }): Job => {
    return {
      name: `delete ${String(body['userName'])}`,
      send: () => scim.delete(`/Users/${id}`),
      trace: new RegExp(`^dn: uid=${String(body['userName'])},.*\\nchangetype: delete$`, 'm'),
      isDone: async () => (await look.find('entryUUID', id)).length === 0,
    };
  });
  const joins = (await each(25, make)).map(({ id, body }): Job => {
    const dn = new RegExp(`^uid=${String(body['userName'])},`);
    return {
      name: `member ${String(body['userName'])}`,
      send: () => scim.patch(`/Groups/${group.id}`, [{ op: 'add', path: 'members', value: asMembers(id) }]),
      trace: new RegExp(`^add: member\\n(?:member: .*\\n)*member: uid=${String(body['userName'])},`, 'm'),
      isDone: async () => (await look.texts(group.id, 'member')).filter((value) => dn.test(value)).length === 1,
    };
  });
  const kinds = [creates, changes, renames, deletes, joins];
  return Array.from({ length: 50 }, (_, i) => kinds.flatMap((kind) => kind[i] ?? [])).flat();
}
