// The gateway process is killed at any moment of its work with the state file: what it kept is whole, and what it says of itself is true.
// signal(7), SIGKILL; RFC 9111 section 5.1 (Age); https://www.sqlite.org/atomiccommit.html.
import { existsSync, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pace } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parseDn } from '../../src/ldap/dn.ts';
import { parseFilter } from '../../src/ldap/filter.ts';
import { type Body, newName, newUser, type ScimClient } from '../directory/scim-client.ts';
import type { GatewayProcess } from '../servers/gateway.ts';
import { Ledger } from './ledger.ts';
import { isHit, ldifOfPeople, listAll, openSite, type Site, trueAsOf } from './site.ts';

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const kills = Number(process.env['KILLS'] ?? 5);
const people = 2500;

let site: Site;
let gateway: GatewayProcess;
/** What was written through the gateway since it was killed last, and past it. */
let own = new Ledger();
const others = new Ledger('');
beforeAll(async () => {
  const suffix = 'dc=example,dc=test';
  site = await openSite({
    slapd: { overlays: ['syncprov'], ldif: ldifOfPeople(suffix, 0, people) },
    cache: 'poll: "* * * * * *", sweep: "*/7 * * * * *", maxStaleness: 1h, maxRemoved: { percent: 50, atLeast: 1000 }',
  });
}, 120_000);
afterAll(async () => {
  await site?.stop();
}, 60_000);

/** When the process is killed, and what it is at until then. */
interface Blow {
  /** So many writes have been acknowledged, or so many changes of files were seen. */
  readonly after: { readonly writes: number } | { readonly files: number } | { readonly swaps: number };
  /** Everything is read anew, again and again. */
  readonly copying: boolean;
  /** The directory answers nothing when it is started again. */
  readonly frozen: boolean;
}

const blows: fc.Arbitrary<Blow> = fc.record({
  after: fc.oneof(
    fc.record({ writes: fc.integer({ min: 1, max: 40 }) }),
    fc.record({ files: fc.integer({ min: 1, max: 300 }) }),
    // After a change of what the folder holds: one file takes the place of another.
    fc.record({ swaps: fc.integer({ min: 1, max: 30 }) }),
  ),
  copying: fc.boolean(),
  frozen: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
});

/** Adds people, changes and deletes them through the gateway until it is gone. */
async function writeOn(isGone: () => boolean, acknowledged: () => void): Promise<void> {
  const mine: { readonly name: string; readonly id: string }[] = [];
  const expectStatus = (status: number, wanted: number): void => {
    if (status !== wanted) throw new Error(`${status} in place of ${wanted}`);
  };
  for (let i = 0; !isGone(); i += 1) {
    const turn = i % 5;
    const name = mine[0]?.name ?? newName('k');
    const title = turn === 4 ? undefined : newName('title');
    const isDone = await own.write(name, title, async () => {
      if (turn === 0) {
        const { status, id } = await site.scim.post('/Users', newUser({ userName: name, title }));
        expectStatus(status, 201);
        mine.push({ name, id });
      } else if (turn === 4) {
        expectStatus((await site.scim.delete(`/Users/${mine.shift()?.id}`)).status, 204);
      } else {
        expectStatus((await site.scim.patch(`/Users/${mine[0]?.id}`, [{ op: 'replace', path: 'title', value: title }])).status, 200);
      }
    });
    if (!isDone) return;
    acknowledged();
  }
}

/** Changes people past the gateway, one after the other. */
async function writePast(isGone: () => boolean): Promise<void> {
  for (; !isGone(); last = (last + 1) % people) {
    await pace(2);
    const title = newName('past');
    const change = { operation: 'replace', attribute: 'title', values: [title] } as const;
    await others.write(`p${last}`, title, () => site.look.modify(parseDn(`uid=p${last},ou=people,${site.slapd.suffix}`), [change]));
  }
}
let last = 0;

/** What clients have written is in every list that they ask for afterwards. */
async function readOn(isGone: () => boolean): Promise<readonly string[]> {
  const untrue: string[] = [];
  while (!isGone()) {
    const asked = Date.now();
    const { status, body } = await site.scim
      .get('/Users', { filter: 'userName sw "k"', count: 1000 })
      .catch(() => ({ status: 0, body: {} as Body }));
    if (status === 200) untrue.push(...own.untruths((body['Resources'] ?? []) as readonly Body[], asked));
  }
  return untrue;
}

/** Reads everything anew, again and again. */
async function copyOn(isGone: () => boolean): Promise<void> {
  while (!isGone()) await site.cycle('read').catch(() => undefined);
}

/** Work on everything until the blow comes. @returns the lies that were told until then */
async function strike({ after, copying }: Blow): Promise<readonly string[]> {
  let [writes, files, swaps] = [0, 0, 0];
  let isGone = false;
  const consider = (): void => {
    const isDue = 'writes' in after ? writes >= after.writes : 'files' in after ? files >= after.files : swaps >= after.swaps;
    if (isDue) gateway.signal('SIGKILL');
  };
  const watcher = watch(site.folder, (event) => {
    files += 1;
    swaps += Number(event === 'rename');
    consider();
  });
  const acknowledged = (): void => {
    writes += 1;
    consider();
  };
  const untrue = readOn(() => isGone);
  await Promise.all([
    gateway.ended.then(() => (isGone = true)),
    writeOn(() => isGone, acknowledged),
    writeOn(() => isGone, acknowledged),
    writePast(() => isGone),
    ...(copying || 'swaps' in after ? [copyOn(() => isGone)] : []),
  ]);
  watcher.close();
  return untrue;
}

/** What was kept is served without a word of the directory, and no older than it says. */
async function readWithoutDirectory(): Promise<void> {
  const killed = Date.now();
  await site.slapd.freeze();
  try {
    gateway = await site.start();
    const mark = await vi.waitFor(
      async () => {
        const asked = Date.now();
        const answer = await site.scim.get('/Users', { count: 1 });
        expect([answer.status, isHit(answer)]).toEqual([200, true]);
        return trueAsOf(answer, asked);
      },
      { timeout: 20_000, interval: 50 },
    );
    expect(mark).toBeLessThanOrEqual(killed);
    const list = await listAll(site.scim, '/Users');
    expect([...own.untruths(list, mark), ...others.untruths(list, mark)]).toEqual([]);
  } finally {
    await site.slapd.thaw();
  }
}

/** When the directory is heard of again. */
async function compareWithLive(): Promise<void> {
  await vi.waitUntil(async () => (await site.live.get('/Users', { count: 1 })).status === 200, { timeout: 20_000 });
  const ask = async (client: ScimClient): Promise<readonly Body[]> => [
    ...(await listAll(client, '/Users')),
    ...(await listAll(client, '/Groups')),
  ];
  const [cached, live] = [await ask(site.scim), await ask(site.live)];
  expect(cached.length).toBeGreaterThanOrEqual(people);
  expect(cached.filter((each, i) => !isDeepStrictEqual(each, live[i]))).toEqual([]);
  expect(cached.length).toBe(live.length);
}

test(
  `a gateway that is killed ${kills} times at any moment (SEED=${seed})`,
  async () => {
    gateway = await site.start();
    await vi.waitUntil(async () => (await site.snapshot())['state'] === 'complete', { timeout: 30_000 });
    for (const blow of fc.sample(blows, { seed, numRuns: kills })) {
      own = new Ledger();
      const untrue = await strike(blow);
      expect({ blow, untrue }).toEqual({ blow, untrue: [] });
      expect(await gateway.ended).toBe('SIGKILL');
      expect(existsSync(join(site.folder, 'state.db'))).toBe(true);
      if (blow.frozen) await readWithoutDirectory();
      else gateway = await site.start();
      // The first list of all that is answered.
      const asked = Date.now();
      const first = await site.scim.get('/Users', { filter: 'userName sw "k"', count: 1000 });
      expect({ blow, status: first.status }).toEqual({ blow, status: 200 });
      if (!blow.frozen)
        expect({ blow, untrue: own.untruths((first.body['Resources'] ?? []) as readonly Body[], asked) }).toEqual({ blow, untrue: [] });
      await vi.waitUntil(async () => (await site.cycle('poll')) === 200, { timeout: 20_000 });
      expect(isHit(await site.scim.get('/Users', { count: 1 }))).toBe(true);
      await compareWithLive();
      expect(gateway.log()).not.toMatch(/set aside|first time|thread (?:failed|ended)/);
      expect(readdirSync(site.folder).filter((name) => name.includes('set-aside'))).toEqual([]);
      await removeOwn();
    }
    await gateway.stop();
  },
  60_000 + kills * 30_000,
);

/** Who is left of the last round, whether acknowledged or not. */
async function removeOwn(): Promise<void> {
  const base = parseDn(`ou=people,${site.slapd.suffix}`);
  const left: string[] = [];
  for await (const { dn } of site.look.search({ base, scope: 'one', filter: parseFilter('(uid=k-*)'), attributes: ['1.1'] })) left.push(dn);
  for (const dn of left) await site.look.delete(parseDn(dn));
}
