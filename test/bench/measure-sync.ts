// The copy: made, kept up, started from its file, and what it weighs; how lists fare meanwhile.
// RFC 4533 where the server offers it; RFC 2696 for the raw copy.
import { join } from 'node:path';
import type { FollowerStatus } from '../../src/sync/follower.ts';
import { askOnce, sample } from './load.ts';
import { userAttributes } from './measure-live.ts';
import { personAt, suffix } from './population.ts';
import type { RawTask } from './raw-process.ts';
import type { Result, Unit } from './result.ts';
import { firstPage, type Stage } from './stage.ts';
import { quantile, ratio, summarize } from './statistics.ts';
import { get } from './subjects.ts';

const million = 1_000_000;
/** Rounds of what takes minutes there. */
const roundsOf = ({ users, runs }: Stage): number => (users >= million ? Math.ceil(runs / 4) : runs);
/** Milliseconds between the lists of a watcher. */
const interval = 10;

/** Milliseconds after which no further round of polls begins. */
const longestPolls = 60_000;

/** The searches of a full copy. */
const everything = [
  { base: `ou=people,${suffix}`, scope: 'sub', filter: '(objectClass=inetOrgPerson)', attributes: userAttributes },
  {
    base: `ou=groups,${suffix}`,
    scope: 'sub',
    filter: '(objectClass=groupOfNames)',
    attributes: ['objectClass', 'entryUUID', 'cn', 'member', 'businessCategory', 'createTimestamp', 'modifyTimestamp', 'entryCSN'],
  },
] as const;

function stated(stage: Stage, name: string, work: string, aim: string, unit: Unit, values: readonly number[], most?: number): Result {
  const score = { label: work, unit, summary: summarize(values), ...(most !== undefined && { most }) };
  return { name, work, users: stage.users, aim, score, figures: [] };
}

export async function measureSync(stage: Stage): Promise<readonly Result[]> {
  const { users, cached, raw, folder, note } = stage;
  const [own, ownCpu, copied, copiedCpu]: [number[], number[], number[], number[]] = [[], [], [], []];
  const [idle, busy]: [number[], number[]] = [[], []];
  const [delays, pauses, peaks]: [number[], number[], number[]] = [[], [], []];
  const [steady, heaps, snapshots]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < roundsOf(stage); round += 1) {
    note(`full sync, round ${round + 1}`);
    // The raw copy and the lists of a watcher, each alone.
    let cpu = (await raw.usage()).cpu;
    copied.push(await raw.ask<number>('copyAll', { searches: everything, file: join(folder, 'raw.db') }));
    copiedCpu.push(((await raw.usage()).cpu - cpu) / 1000);
    const until = performance.now() + 2000;
    idle.push(
      ...(await sample(
        cached,
        () => firstPage,
        interval,
        () => performance.now() > until,
      )),
    );
    const { resident, heap } = await cached.child.usage();
    steady.push(resident);
    heaps.push(heap);
    snapshots.push((await cached.child.ask<FollowerStatus>('status')).octets);

    await cached.child.watch();
    let isOver = false;
    cpu = (await cached.child.usage()).cpu;
    const reading = cached.child.ask<number>('readAll').finally(() => (isOver = true));
    const times = sample(
      cached,
      () => firstPage,
      interval,
      () => isOver,
    );
    own.push(await reading);
    ownCpu.push(((await cached.child.usage()).cpu - cpu) / 1000);
    busy.push(...(await times));
    const watched = await cached.child.unwatch();
    delays.push(watched.delay.p999);
    pauses.push(watched.longestPause);
    peaks.push(watched.mostResident);
  }
  const added = quantile(busy, 0.99) - quantile(idle, 0.99);
  const perUser = (octets: readonly number[]): readonly number[] => octets.map((each) => each / 1024 / users);
  const isLarge = users >= million;
  return [
    {
      name: 'sync',
      work: 'full sync',
      users,
      aim: '≤ 1.5 × (ldapts read + JSON.stringify + SQLite insert)',
      score: { label: 'time, × raw copy', unit: '×', summary: ratio(own, copied), most: 1.5 },
      figures: [
        { label: 'gateway', unit: 's', summary: summarize(own.map((each) => each / 1000)) },
        { label: 'raw copy', unit: 's', summary: summarize(copied.map((each) => each / 1000)) },
        { label: 'gateway, µs CPU per user', unit: 'µs', summary: summarize(ownCpu.map((each) => (each * 1000) / users)) },
        { label: 'raw, µs CPU per user', unit: 'µs', summary: summarize(copiedCpu.map((each) => (each * 1000) / users)) },
      ],
    },
    {
      name: 'sync-lists',
      work: 'p99 of lists during a full sync, beyond that of lists alone',
      users,
      aim: users >= 100_000 ? '≤ 20 ms' : 'stated',
      score: { label: 'p99 added', unit: 'ms', summary: summarize([added]), ...(users >= 100_000 && { most: 20 }) },
      figures: [
        { label: 'p99 during', unit: 'ms', summary: summarize([quantile(busy, 0.99)]) },
        { label: 'p99 alone', unit: 'ms', summary: summarize([quantile(idle, 0.99)]) },
        { label: 'longest, which is the first list from the new copy', unit: 'ms', summary: summarize([Math.max(...busy)]) },
      ],
    },
    stated(stage, 'sync-delay', 'event loop during a full sync, p99.9', '≤ 20 ms', 'ms', delays, 20),
    stated(stage, 'pause', 'longest pause of the collector during a full sync and lists', '< 50 ms', 'ms', pauses, 50),
    {
      ...stated(
        stage,
        'memory',
        'resident for each user, steady',
        isLarge ? '≤ 1.6 KB' : 'stated',
        'KB',
        perUser(steady),
        isLarge ? 1.6 : undefined,
      ),
      figures: [
        { label: 'on the heap', unit: 'KB', summary: summarize(perUser(heaps)) },
        { label: 'snapshot, off the heap', unit: 'KB', summary: summarize(perUser(snapshots)) },
      ],
    },
    stated(
      stage,
      'memory-resync',
      'resident for each user, at most while a resync builds aside',
      isLarge ? '≤ 2.6 KB' : 'stated',
      'KB',
      perUser(peaks),
      isLarge ? 2.6 : undefined,
    ),
  ];
}

export async function measureStart(stage: Stage): Promise<readonly Result[]> {
  const { users, folder, directory, note } = stage;
  const [ready, restart, idle]: [number[], number[], number[]] = [[], [], []];
  const isLarge = users >= million;
  for (let round = 0; round < (isLarge ? 1 : Math.min(3, stage.runs)); round += 1) {
    note(`start without a file, round ${round + 1}`);
    const gateway = await stage.startCached(join(folder, `again-${round}.db`), ', detect: entrycsn');
    ready.push((gateway.firstList ?? NaN) / 1000);
    for (let poll = 0; poll < stage.runs; poll += 1) idle.push(await gateway.child.ask<number>('poll'));
    await gateway.child.stop();
  }
  for (let round = 0; round < stage.runs; round += 1) {
    note(`start from a file, round ${round + 1}`);
    // A frozen server answers nobody: what is listed comes from the file.
    await directory.freeze();
    const gateway = await stage.startCached(join(folder, 'again-0.db'), ', detect: entrycsn');
    restart.push((gateway.firstList ?? NaN) / 1000);
    await directory.thaw();
    await gateway.child.stop();
  }
  const readyMost = users >= million ? 120 : users >= 100_000 ? 10 : undefined;
  return [
    stated(
      stage,
      'ready',
      'ready: from the start of the process to the first list',
      readyMost === undefined ? 'stated' : `≤ ${readyMost} s`,
      's',
      ready,
      readyMost,
    ),
    stated(
      stage,
      'restart',
      'restart from the file, the directory frozen: to the first list',
      users === 100_000 ? '≤ 3 s' : 'stated',
      's',
      restart,
      users === 100_000 ? 3 : undefined,
    ),
    stated(stage, 'poll-idle-csn', 'poll without changes, by entryCSN', 'independent of the number of users', 'ms', idle),
  ];
}

export async function measurePolls(stage: Stage): Promise<readonly Result[]> {
  const { users, cached, raw, note, runs } = stage;
  const [idle, idleCpu, one, oneCpu, listed]: [number[], number[], number[], number[], number[]] = [[], [], [], [], []];
  await cached.child.ask('poll');
  const until = performance.now() + longestPolls;
  for (let round = 0; round < Math.max(7, runs) * 2 && (round < 3 || performance.now() < until); round += 1) {
    note(`polls, round ${round + 1}`);
    let { cpu } = await cached.child.usage();
    idle.push(await cached.child.ask<number>('poll'));
    idleCpu.push((await cached.child.usage()).cpu - cpu);
    const { dn } = personAt((round * 7919) % users);
    const task: RawTask = {
      steps: [{ dn, type: 'title', operation: 'replace', value: `Polled ${round} ${performance.now()}`, postRead: [] }],
    };
    await raw.ask('runTasks', { tasks: [task], inFlight: 1 });
    ({ cpu } = await cached.child.usage());
    one.push(await cached.child.ask<number>('poll'));
    oneCpu.push((await cached.child.usage()).cpu - cpu);
    const answer = await askOnce(cached, get(`/Users?sortBy=name.familyName&startIndex=${Math.max(1, users - 100)}&count=100`));
    listed.push(answer?.milliseconds ?? NaN);
  }
  const row = (name: string, work: string, aim: string, times: readonly number[], cpu: readonly number[]): Result => ({
    ...stated(stage, name, work, aim, 'ms', times),
    figures: [{ label: 'CPU', unit: 'µs CPU', summary: summarize(cpu) }],
  });
  return [
    row('poll-idle', 'poll without changes, by RFC 4533', 'independent of the number of users', idle, idleCpu),
    row('poll-one', 'poll that finds one change', 'stated', one, oneCpu),
    stated(stage, 'list-after-change', 'the first list after a change was taken in', 'stated', 'ms', listed),
  ];
}
