// Lists from the snapshot against live ones: random filters, orders and pages, while somebody changes the directory all the time; compared
// whenever it is quiet for a moment; on a wish also while connections break and the server hesitates. The truth of the cache, from outside.
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createApp, type App } from '../../src/app.ts';
import { formatDn, parseDn } from '../../src/ldap/dn.ts';
import { formatFilter } from '../../src/scim/filter.ts';
import type { Resource } from '../../src/scim/schema.ts';
import type { Face } from '../directory/faces.ts';
import { addOddEntries, oddTexts } from '../directory/odd-entries.ts';
import { type Body, newName, type Reply, ScimClient } from '../directory/scim-client.ts';
import { openStage, type Stage } from '../directory/stage.ts';
import { filtersFor } from './filter-live.ts';

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const rounds = Number(process.env['ROUNDS'] ?? 4);
const queriesPerRound = 25;

interface Query {
  readonly filter: string | undefined;
  readonly sortBy: string | undefined;
  readonly sortOrder: string;
  readonly startIndex: number;
  readonly count: number;
}

export interface Circumstances {
  readonly detect?: string;
  /** Connections are cut and answers stop on their way, and the server stands still for moments; clients write through the gateway, too. */
  readonly disturbed?: boolean;
  /** What the gateway sees as the administrator. */
  readonly asAdmin?: boolean;
}

export function describeSnapshotEquivalence(face: Face, { detect = 'auto', disturbed = false, asAdmin = false }: Circumstances = {}): void {
  describe(`the snapshot over ${face.name}${disturbed ? ', disturbed' : ''}`, () => {
    let stage: Stage;
    let live: ScimClient;
    let liveApp: App;
    beforeAll(async () => {
      const never = '0 0 1 1 *';
      stage = await openStage(face, {
        asAdmin,
        ...(disturbed && { intervals: { retryFirst: 20, retryLast: 200 } }),
        cache: `poll: "${never}", sweep: "${never}", detect: ${detect}, maxRemoved: { percent: 90, atLeast: 1000 }`,
      });
      liveApp = createApp(stage.configure(['server.listen=127.0.0.1:0', 'directories.main.reads={lists: live}']));
      live = new ScimClient(`${(await liveApp.start()).url}/scim/v2`, stage.tokenOf('compat'));
      await addOddEntries(stage, seed);
      await vi.waitFor(() => expect(stage.follower().status().state).toBe('complete'), { timeout: 60_000 });
    }, 180_000);
    afterAll(async () => {
      await liveApp.stop();
      await stage.stop();
    }, 60_000);

    /** Where it is disturbed it may fail; it changes nothing then. */
    const cycle = (name: 'poll' | 'sweep'): Promise<boolean> =>
      stage
        .follower()
        .run(name)
        .then(
          () => true,
          (error: unknown) => {
            if (!disturbed) throw error;
            return false;
          },
        );
    const untilDone = (name: 'poll' | 'sweep'): Promise<boolean> => vi.waitUntil(() => cycle(name), { timeout: 60_000 });

    test(
      `is what the directory says, whenever it is quiet (SEED=${seed})`,
      async () => {
        const people = await somePeople(stage, 20);
        const run = fc.sample(changesOf(face, people), { seed, numRuns: rounds * 25 });
        let hits = 0;
        let made = 0;
        for (let round = 0; round < rounds; round += 1) {
          // Others change the directory past the gateway while polls and sweeps go on.
          const writing = (async () => {
            for (const change of run.slice(round * 25, (round + 1) * 25))
              await change(stage).then(
                () => (made += 1),
                () => undefined,
              );
          })();
          let isOver = false;
          const polling = (async () => {
            for (let i = 0; i < 4; i += 1) await cycle(i === 2 ? 'sweep' : 'poll');
            isOver = true;
          })();
          await Promise.all([
            writing,
            polling,
            ...(disturbed ? [disturb(stage, seed + round), writeThrough(stage, people, seed + round), readOn(stage, () => isOver)] : []),
          ]);
          await untilDone('poll');
          await untilDone('sweep');
          for (const name of ['User', 'Group']) {
            const endpoint = `/${name}s`;
            const all = (await answered(live, endpoint, { count: '1000' })).body['Resources'] as readonly Resource[];
            const ids = [...all.map(({ id }) => String(id)), ...people.map(({ id }) => id)];
            for (const query of fc.sample(queriesFor(ids, name === 'Group', stage.scim.base), {
              seed: seed + round,
              numRuns: queriesPerRound,
            })) {
              const parameters = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as Record<
                string,
                string
              >;
              const [cached, fresh] = await Promise.all([answered(stage.scim, endpoint, parameters), answered(live, endpoint, parameters)]);
              expect({ query, status: cached.status, body: cached.body }).toEqual({ query, status: fresh.status, body: fresh.body });
              hits += Number(cached.headers.get('cache-status')?.includes('hit') ?? false);
            }
          }
        }
        expect(made).toBeGreaterThan((rounds * 25) / 2);
        // Look-ups by key are live either way.
        expect(hits).toBeGreaterThan((rounds * queriesPerRound * 2) / 3);
      },
      60_000 + rounds * 60_000,
    );
  });
}

/** After a disturbance the first connections may still be those that broke. */
async function answered(client: ScimClient, endpoint: string, parameters: Readonly<Record<string, string>>): Promise<Reply> {
  for (let attempt = 0; ; attempt += 1) {
    const reply = await client.get(endpoint, parameters);
    if (reply.status !== 503 || attempt === 100) return reply;
    await sleep(50);
  }
}

/** One misfortune after the other, each for a moment. */
async function disturb({ proxy, directory }: Stage, seed: number): Promise<void> {
  const kinds = ['cut', 'half', 'stall', 'freeze'] as const;
  for (const [kind, moment] of fc.sample(fc.tuple(fc.constantFrom(...kinds), fc.integer({ min: 5, max: 200 })), { seed, numRuns: 6 })) {
    if (kind === 'cut') proxy.cut();
    if (kind === 'half') proxy.cutAfter(moment * 20);
    if (kind === 'stall') proxy.stall();
    if (kind === 'freeze') await directory.freeze?.();
    await sleep(moment);
    proxy.resume();
    await directory.thaw?.();
  }
  proxy.cutAfter(Infinity);
}

/** Clients change people, too; what is acknowledged is in the next list that comes from the snapshot. */
async function writeThrough({ scim }: Stage, people: readonly Person[], seed: number): Promise<void> {
  for (const { id } of fc.sample(fc.constantFrom(...people), { seed, numRuns: 10 })) {
    const title = newName('through');
    const { status } = await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: title }]);
    if (status !== 200) continue;
    const listed = await scim.get('/Users', { count: 1000, attributes: 'title' });
    const shown = (listed.body['Resources'] as readonly Body[] | undefined)?.find((each) => each['id'] === id)?.['title'];
    // Others may have changed it since, but not back to what it was: no title is written twice through the gateway.
    if (listed.status === 200)
      expect([title, shown]).toEqual([title, typeof shown === 'string' && shown.startsWith('through') ? title : shown]);
  }
}

/** Lists are answered all the while. */
async function readOn({ scim }: Stage, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const { status } = await scim.get('/Users', { count: 1000 });
    expect([200, 503]).toContain(status);
  }
}

const sortable = ['userName', 'displayName', 'title', 'name.familyName', 'meta.lastModified', 'emails', 'active', 'externalId'];

function queriesFor(ids: readonly string[], isGroup: boolean, base: string): fc.Arbitrary<Query> {
  return fc.record({
    filter: fc.option(filtersFor(ids, isGroup, base).map(formatFilter), { nil: undefined, freq: 5 }),
    sortBy: fc.option(fc.constantFrom(...sortable), { nil: undefined }),
    sortOrder: fc.constantFrom('ascending', 'descending'),
    startIndex: fc.integer({ min: 1, max: 60 }),
    count: fc.constantFrom(0, 1, 7, 50, 1000),
  });
}

interface Person {
  readonly id: string;
  readonly name: string;
}

async function somePeople({ look, userDn, face }: Stage, count: number): Promise<readonly Person[]> {
  const people: Person[] = [];
  for (let i = 0; i < count; i += 1) {
    const name = newName('w');
    const dn = userDn(name);
    await look.add(dn, {
      objectClass: face.ldap.userClasses,
      cn: [name],
      sn: [name],
      ...(face.ldap.userRdn === 'uid' && { uid: [name] }),
      ...(face.ldap.userName !== 'uid' && { [face.ldap.userName]: [`${name}@example.test`], sAMAccountName: [name] }),
    });
    people.push({ id: look.idOf(await look.at(dn)), name });
  }
  return people;
}

/** Changes that others make; one that cannot be made any more (whoever it was is gone) is none. */
function changesOf({ ldap }: Face, people: readonly Person[]): fc.Arbitrary<(stage: Stage) => Promise<unknown>> {
  const someone = fc.constantFrom(...people);
  const text = fc.constantFrom(...oddTexts.filter((each) => each.trim() !== '' && each.length < 60));
  const dnOf = async ({ look }: Stage, id: string): Promise<string> => (await look.entry(id)).dn;
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc.tuple(someone, text).map(
        ([{ id }, title]) =>
          (stage: Stage) =>
            stage.look.change(id, 'replace', 'title', title),
      ),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(someone).map(([{ id }]) => async (stage: Stage) => {
        const { rdns } = parseDn(await dnOf(stage, id));
        await stage.look.directory.move({ rdns }, [{ type: ldap.userRdn, value: newName('w-new') }]);
      }),
    },
    {
      weight: 1,
      arbitrary: someone.map(
        ({ id }) =>
          async (stage: Stage) =>
            stage.look.directory.delete(parseDn(await dnOf(stage, id))),
      ),
    },
    { weight: 2, arbitrary: fc.constant((stage: Stage) => somePeople(stage, 1)) },
    {
      weight: 3,
      arbitrary: fc.tuple(someone, someone).map(([one, two]) => async (stage: Stage) => {
        const group = stage.groupDn(newName('w-group'));
        const dns = [...new Set([await dnOf(stage, one.id), await dnOf(stage, two.id)])];
        await stage.look.add(group, { objectClass: ldap.groupClasses, cn: [String(group.rdns[0]?.[0]?.value)], [ldap.member]: dns });
        const id = stage.look.idOf(await stage.look.at(group));
        if (dns.length > 1) await stage.look.change(id, 'delete', ldap.member, formatDn(parseDn(dns[0] ?? '')));
      }),
    },
  );
}
