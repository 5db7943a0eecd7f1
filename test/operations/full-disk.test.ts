// The disk of the gateway is full: nothing that is said becomes untrue, the directory is not harmed, and with room again all goes on by itself.
// SQLITE_FULL (https://www.sqlite.org/rescode.html#full); write(2), ENOSPC.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { parseDn } from '../../src/ldap/dn.ts';
import { newName, newUser } from '../directory/scim-client.ts';
import type { GatewayProcess } from '../servers/gateway.ts';
import { Ledger } from './ledger.ts';
import { isHit, ldifOfPeople, listAll, openSite, type Site, trueAsOf } from './site.ts';
import { makeSmallDisk, type SmallDisk } from './small-disk.ts';

const never = '0 0 1 1 *';
const cache = `poll: "${never}", sweep: "${never}", maxStaleness: 1h, maxRemoved: { percent: 50, atLeast: 1000 }`;
const people = 1500;
const suffix = 'dc=example,dc=test';

let disk: SmallDisk;
let site: Site;
let gateway: GatewayProcess;

async function open(more: string): Promise<void> {
  disk = makeSmallDisk(8);
  const slapd = { overlays: ['syncprov'], ldif: ldifOfPeople(suffix, 0, people) } as const;
  site = await openSite({ slapd, cache, folder: disk.folder, more: more.replaceAll('DISK', disk.folder) });
}
async function close(): Promise<void> {
  disk.empty(gateway.pid);
  await site.stop();
  disk.remove();
}
const isComplete = async (): Promise<boolean> => (await site.snapshot())['state'] === 'complete';
const dnOf = (name: string) => parseDn(`uid=${name},ou=people,${suffix}`);

/** Others change so many people past the gateway, with as much text as does not fit any more. */
async function changeMany(count: number): Promise<Ledger> {
  const ledger = new Ledger('');
  for (let i = 0; i < count; i += 1) {
    const title = newName('x'.repeat(900));
    const change = { operation: 'replace', attribute: 'title', values: [title] } as const;
    expect(await ledger.write(`p${i}`, title, () => site.look.modify(dnOf(`p${i}`), [change]))).toBe(true);
  }
  return ledger;
}

async function areAsLive(): Promise<void> {
  expect(isHit(await site.scim.get('/Users', { count: 0 }))).toBe(true);
  expect(await listAll(site.scim, '/Users')).toEqual(await listAll(site.live, '/Users'));
}

describe('a disk that becomes full under the state file, the guards and the journal', () => {
  beforeAll(async () => {
    await open(
      `audit: { file: "DISK/journal.jsonl" }\nguards: { store: "DISK/guards.db", limits: [{ operation: delete, perHour: 50, then: reject }] }`,
    );
    gateway = await site.start();
    await vi.waitUntil(isComplete, { timeout: 30_000 });
  }, 60_000);
  afterAll(close, 60_000);
  afterEach(() => disk.empty(gateway.pid));

  test('polls stop and say why, lists are what they were and as old as they say, and go on by themselves', async () => {
    expect(await site.cycle('poll')).toBe(200);
    disk.fill(gateway.pid);
    const changed = await changeMany(300);
    expect([await site.cycle('poll'), await site.cycle('sweep'), await site.cycle('read')]).toEqual([503, 503, 503]);
    expect(gateway.log()).toMatch(/warn snapshot cycle failed .*cycle="poll" reason="(?:database or disk is full|disk I\/O error)"/);
    expect(await site.metrics()).toMatch(/scim_gateway_snapshot_cycle_ok\{directory="main"\} 0/);

    const asked = Date.now();
    const reply = await site.scim.get('/Users', { count: 1000 });
    expect([reply.status, isHit(reply)]).toEqual([200, true]);
    const mark = trueAsOf(reply, asked);
    const list = await listAll(site.scim, '/Users');
    expect(changed.untruths(list, mark)).toEqual([]);
    expect(list.filter(({ title }) => title !== undefined)).toEqual([]);

    disk.empty(gateway.pid);
    expect(await site.cycle('poll')).toBe(200);
    expect(await site.metrics()).toMatch(/scim_gateway_snapshot_cycle_ok\{directory="main"\} 1/);
    await areAsLive();
    expect(gateway.log()).not.toMatch(/thread (?:failed|ended)/);
  });

  test('what a client writes is done, and in its next list', async () => {
    disk.fill(gateway.pid);
    const title = newName('title');
    const created = await site.scim.post('/Users', newUser({ title }));
    expect(created.status).toBe(201);
    const found = await site.scim.find('/Users', `title eq "${title}"`);
    expect(found.map(({ id }) => id)).toEqual([created.id]);
    disk.empty(gateway.pid);
    expect(await site.cycle('poll')).toBe(200);
    await areAsLive();
  });

  test('reading everything anew where there is room for a part of it changes nothing, wherever it ends', async () => {
    await changeMany(300);
    expect(await site.cycle('poll')).toBe(200);
    const outcomes: number[] = [];
    for (let free = 100_000; free < 3_000_000; free += 290_000) {
      disk.fill(gateway.pid, free);
      outcomes.push(await site.cycle('read'));
      expect(readdirSync(site.folder).filter((name) => name.includes('next'))).toEqual([]);
      await areAsLive();
      disk.empty(gateway.pid);
      expect(await site.cycle('poll')).toBe(200);
    }
    expect(new Set(outcomes)).toEqual(new Set([503, 200]));
    expect(outcomes).toEqual(outcomes.toSorted().toReversed());
    await areAsLive();
    expect(gateway.log()).not.toMatch(/set aside|thread (?:failed|ended)/);
  }, 60_000);

  test('what cannot be counted is not done, and the client is told to come again', async () => {
    const { id } = await site.scim.post('/Users', newUser());
    // As long as there is room in the log of the guards, they go on.
    disk.fill(gateway.pid);
    const refused = await vi.waitFor(async () => {
      const created = await site.scim.post('/Users', newUser());
      const answer = await site.scim.delete(`/Users/${created.id}`);
      expect(answer.status).toBe(503);
      return answer;
    });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await site.scim.delete(`/Users/${id}`)).status).toBe(503);
    expect((await site.scim.get(`/Users/${id}`)).status).toBe(200);
    expect(gateway.log()).toContain(
      'the gateway cannot write what its guards keep; answered 503; to do: make room on the disk of guards.store',
    );
    disk.empty(gateway.pid);
    expect((await site.scim.delete(`/Users/${id}`)).status).toBe(204);
  });

  test('the journal loses lines, says so once, and how many when it goes on; no request waits for it', async () => {
    disk.fill(gateway.pid);
    const lost = /error the audit log cannot be written .*code="(?:ENOSPC|EFBIG)"/g;
    const before = gateway.log().match(lost)?.length ?? 0;
    await vi.waitFor(
      async () => {
        expect((await site.scim.get('/Users', { count: 0 })).status).toBe(200);
        expect(gateway.log().match(lost)?.length ?? 0).toBe(before + 1);
      },
      { timeout: 10_000, interval: 1 },
    );
    for (let i = 0; i < 5; i += 1) expect((await site.scim.get('/Users', { count: 0 })).status).toBe(200);
    expect(gateway.log().match(lost)?.length).toBe(before + 1);
    disk.empty(gateway.pid);
    const { headers } = await site.scim.get('/Users', { count: 0 });
    await vi.waitFor(() => expect(gateway.log()).toMatch(/the audit log is written again .*lost=[1-9]/));
    const journal = (): string => readFileSync(join(site.folder, 'journal.jsonl'), 'utf8');
    await vi.waitFor(() => expect(journal()).toContain(String(headers.get('x-request-id'))));
    const torn = journal()
      .split('\n')
      .filter((line) => line !== '' && !isJson(line));
    expect(torn.length).toBeLessThanOrEqual(before + 1);
  });

  test('a gateway that is started then ends and says which file it cannot use', async () => {
    await gateway.stop();
    if (disk.outlivesProcesses) {
      disk.fill(gateway.pid);
      await expect(site.start()).rejects.toThrow(/guards\.db cannot be opened: database or disk is full/);
      disk.empty(gateway.pid);
    }
    gateway = await site.start();
    await vi.waitUntil(isComplete, { timeout: 30_000 });
    expect(await site.cycle('poll')).toBe(200);
    await areAsLive();
    expect(gateway.log()).not.toContain('set aside');
  }, 60_000);
});

test('a gateway that is started with its disk full answers live, and from the snapshot when there is room', async () => {
  await open('');
  try {
    if (disk.outlivesProcesses) disk.fill(0);
    gateway = await site.start();
    // Where only a running process can be kept from writing, it has begun by then.
    if (!disk.outlivesProcesses) disk.fill(gateway.pid);
    if (disk.outlivesProcesses) {
      await vi.waitFor(() => expect(gateway.log()).toMatch(/error snapshot thread failed .*state\.db cannot be opened: /), {
        timeout: 10_000,
      });
      const reply = await site.scim.get('/Users', { count: 1 });
      expect([reply.status, reply.headers.get('cache-status')]).toEqual([200, 'ldap-scim-gateway; fwd=miss']);
    }
    disk.empty(gateway.pid);
    await vi.waitUntil(isComplete, { timeout: 30_000, interval: 100 });
    await areAsLive();
  } finally {
    await close();
  }
}, 60_000);

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
