// One directory kept up with, over a live slapd: what is believed and when, what outlives a restart, and what a failure in the middle leaves.
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DirectoryConfig } from '../../src/config.ts';
import { type Directory, openDirectory } from '../../src/ldap/directory.ts';
import { type Dn, formatDn, parseDn } from '../../src/ldap/dn.ts';
import type { Entry } from '../../src/ldap/entry.ts';
import { and, equal, type Filter, not } from '../../src/ldap/filter.ts';
import type { Session } from '../../src/ldap/session.ts';
import { Poller, type PollerOptions, TooManyRemoved } from '../../src/sync/poller.ts';
import { type Proxy, startProxy } from '../servers/proxy.ts';
import { type Slapd, startSlapd } from '../servers/slapd.ts';
import { configure, Heard, pollerOptions } from './open-poller.ts';

let slapd: Slapd;
let proxy: Proxy;
let config: DirectoryConfig;
let directory: Directory;
let admin: Directory;
let folder: string;
let count = 0;

beforeAll(async () => {
  slapd = await startSlapd({ overlays: ['refint', 'syncprov'] });
  proxy = await startProxy(slapd.port);
  config = configure(slapd, [proxy.url]);
  directory = openDirectory({ ...config, intervals: { retryFirst: 50, retryLast: 500 } });
  admin = openDirectory({ ...config, servers: [slapd.url], bind: { dn: slapd.adminDn, password: slapd.adminPassword } });
  await Promise.all([directory.start(), admin.start()]);
}, 60_000);
afterAll(async () => {
  await Promise.all([directory.close(), admin.close()]);
  await proxy.stop();
  await slapd.stop();
});

interface Running {
  readonly poller: Poller;
  readonly heard: Heard;
}

const open: Poller[] = [];

async function start(options: Partial<PollerOptions> = {}): Promise<Running> {
  const heard = new Heard(config.mapping);
  const poller = new Poller({ ...pollerOptions(config, directory, heard), maxRemoved: { percent: 5, atLeast: 3 }, ...options });
  open.push(poller);
  await poller.open();
  return { poller, heard };
}

const dnOf = (name: string): Dn => parseDn(`uid=${name},ou=people,${slapd.suffix}`);
async function addUser(): Promise<string> {
  count += 1;
  const name = `p${count}`;
  await admin.add(
    dnOf(name),
    new Map([
      ['objectClass', ['inetOrgPerson']],
      ['cn', [name]],
      ['sn', [name]],
    ]),
  );
  return name;
}
async function idsOf(name: string): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const entry = await admin.read(dnOf(name), ['entryUUID']);
  return new Map([['User', new Set(entry?.texts('entryUUID'))]]);
}

async function listed(): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const entry of admin.search({
    base: parseDn(`ou=people,${slapd.suffix}`),
    scope: 'sub',
    filter: { kind: 'present', attribute: 'uid' },
    attributes: ['uid'],
  }))
    names.push(...entry.texts('uid'));
  return names.toSorted();
}

/** An object whose state is private, with some of its methods exchanged. */
function exchanging<T extends object>(object: T, methods: Partial<T>): T {
  return new Proxy(object, {
    get(target, name) {
      const value: unknown = Reflect.get(methods, name) ?? Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** The directory with searches of sessions that others interfere with. */
const meddled = (search: (session: Session, request: Parameters<Session['search']>[0]) => AsyncIterable<Entry>): Directory =>
  exchanging(directory, {
    session: (task) => directory.session((session) => task(exchanging(session, { search: (request) => search(session, request) }))),
  });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'poller-'));
});
afterEach(() => {
  for (const poller of open.splice(0)) poller.close();
  rmSync(folder, { recursive: true });
});

describe('absence', () => {
  test('of more entries than configured is not believed: the old truth stays until an operator accepts the new one', async () => {
    const people = [];
    for (let i = 0; i < 8; i += 1) people.push(await addUser());
    const { poller, heard } = await start();
    await poller.poll();
    const before = await heard.names();
    expect(before).toEqual(await listed());
    for (const name of people) await admin.delete(dnOf(name));
    const truth = heard.truth;
    await expect(poller.poll()).rejects.toThrow(TooManyRemoved);
    await expect(poller.sweep()).rejects.toThrow(TooManyRemoved);
    await expect(poller.readAll()).rejects.toThrow(TooManyRemoved);
    expect(await heard.names()).toEqual(before);
    expect(heard.truth).toBe(truth);
    expect(heard.events).toContainEqual({ event: 'snapshot removals stopped', level: 'error', removals: 8, limit: 3 });
    await poller.readAll({ accept: true });
    expect(await heard.names()).toEqual(await listed());
  });

  test('in one complete sweep is not enough, in two it is', async () => {
    const name = await addUser();
    let missing = 1;
    const hiding = meddled(async function* (session, request) {
      const isSweep = request.attributes.length <= 2;
      let hidden = false;
      for await (const entry of session.search(request)) {
        if (isSweep && missing > 0 && entry.dn.startsWith(`uid=${name},`)) hidden = true;
        else yield entry;
      }
      if (hidden) missing -= 1;
    });
    const { poller, heard } = await start({ directory: hiding });
    await poller.poll();
    await poller.sweep();
    expect(missing).toBe(0);
    expect(await heard.names()).toContain(name);
    missing = 2;
    await poller.sweep();
    expect(await heard.names()).not.toContain(name);
    // It was there all the time: the next sweep finds it.
    await poller.sweep();
    expect(await heard.names()).toEqual(await listed());
  });
});

describe('a failure in the middle', () => {
  test('of reading everything leaves the rows in force as they are', async () => {
    let fails = false;
    const failing = meddled(async function* (session, request) {
      let entries = 0;
      for await (const entry of session.search(request)) {
        if (fails && request.attributes.length > 3 && (entries += 1) > 1) throw new Error('cut');
        yield entry;
      }
    });
    const { poller, heard } = await start({ directory: failing, store: join(folder, 'rows.db') });
    await poller.poll();
    const before = await heard.names();
    await addUser();
    fails = true;
    await expect(poller.readAll()).rejects.toThrow('cut');
    expect(heard.words.at(-1)).toBe('dropped');
    expect(await heard.names()).toEqual(before);
    expect(readdirSync(folder).filter((file) => file.includes('next'))).toEqual([]);
    fails = false;
    await poller.poll();
    expect(await heard.names()).toEqual(await listed());
  });

  test('of a poll whose connection is cut changes nothing, and the next one finds it all', async () => {
    const { poller, heard } = await start();
    await poller.poll();
    const [truth, before] = [heard.truth, await heard.names()];
    await addUser();
    for (let round = 0; round < 10; round += 1) {
      const cut = setTimeout(() => proxy.cut(), round * 2);
      await poller.poll().catch(() => undefined);
      clearTimeout(cut);
      const names = await heard.names();
      expect(heard.truth === truth ? names : await listed()).toEqual(names);
      if (heard.truth === truth) expect(names).toEqual(before);
    }
    await expect
      .poll(
        () =>
          poller.poll().then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true);
    expect(await heard.names()).toEqual(await listed());
  });
});

describe('a file', () => {
  test('serves its rows after a restart without a word to the directory, then catches up', async () => {
    const store = join(folder, 'rows.db');
    const first = await start({ store });
    await first.poller.poll();
    expect(statSync(store).mode & 0o77).toBe(0);
    const before = await first.heard.names();
    first.poller.close();
    const name = await addUser();
    const silent = new Proxy(directory, {
      get(target, property) {
        if (property === 'session' || property === 'search' || property === 'capabilities') throw new Error('the directory is asked');
        return Reflect.get(target, property, target);
      },
    });
    const second = await start({ store, directory: silent });
    expect(await second.heard.names()).toEqual(before);
    expect(second.heard.truth).toBe(first.heard.truth);
    second.poller.close();
    const third = await start({ store });
    await third.poller.poll();
    expect(await third.heard.names()).toEqual([...before, name].toSorted());
    // It caught up: nothing was read anew.
    expect(third.heard.words).toEqual(['inForce', 'truth']);
  });

  test('of rows that were made otherwise is not served, and made anew', async () => {
    const store = join(folder, 'rows.db');
    const first = await start({ store });
    await first.poller.poll();
    first.poller.close();
    const second = await start({ store, made: 'another mapping' });
    expect(await second.heard.names()).toEqual([]);
    await second.poller.poll();
    expect(await second.heard.names()).toEqual(await listed());
    expect(second.heard.words).toEqual(['inForce']);
  });

  test.each([
    ['torn', (store: string) => writeFileSync(store, 'x'.repeat(5000), { flag: 'r+' })],
    ['foreign', (store: string) => writeFileSync(store, 'a text of somebody')],
  ])('that is %s is set aside, never trusted', async (_how, spoil) => {
    const store = join(folder, 'rows.db');
    const first = await start({ store });
    await first.poller.poll();
    first.poller.close();
    spoil(store);
    const second = await start({ store });
    expect(second.heard.events).toMatchObject([{ event: 'snapshot store set aside' }]);
    expect(await second.heard.names()).toEqual([]);
    await second.poller.poll();
    expect(await second.heard.names()).toEqual(await listed());
    expect(readdirSync(folder).some((file) => file.includes('set-aside'))).toBe(true);
  });
});

describe('a process that is killed', () => {
  test('while everything is read anew leaves what was in force before, at any moment, and nothing of the new rows', async () => {
    const store = join(folder, 'rows.db');
    const moments: string[] = [];
    // What is on the disk then, as a process that ends there would leave it.
    const look = (): void => {
      const moment = `${folder}-${moments.length}`;
      cpSync(folder, moment, { recursive: true });
      moments.push(moment);
    };
    let isWatched = false;
    const watched = meddled(async function* (session, request) {
      if (isWatched) look();
      for await (const entry of session.search(request)) yield entry;
      if (isWatched) look();
    });
    const { poller, heard } = await start({ store, directory: watched });
    await poller.poll();
    const before = await heard.names();
    await addUser();
    isWatched = true;
    await poller.readAll();
    look();
    expect(existsSync(`${store}.next`)).toBe(false);
    const after = await heard.names();
    expect(after).not.toEqual(before);
    expect(moments.some((moment) => existsSync(join(moment, 'rows.db.next')))).toBe(true);
    for (const [at, moment] of moments.entries()) {
      const restarted = await start({ store: join(moment, 'rows.db') });
      expect(await restarted.heard.names()).toEqual(at === moments.length - 1 ? after : before);
      expect(existsSync(join(moment, 'rows.db.next'))).toBe(false);
      expect(restarted.heard.events).toEqual([]);
      restarted.poller.close();
      rmSync(moment, { recursive: true });
    }
  });
});

describe('what was just written', () => {
  test('is found by its name, too, when nobody has learned its id', async () => {
    const { poller, heard } = await start();
    expect(await poller.refresh(new Map(), [formatDn(dnOf('nobody'))])).toBeUndefined();
    await poller.poll();
    const name = await addUser();
    await poller.refresh(new Map(), [formatDn(dnOf(name)), formatDn(dnOf('nobody')), 'no name at all']);
    expect(await heard.names()).toEqual(await listed());
  });

  test('is read at once, beside a reading of everything that began before, and is not undone by it', async () => {
    const name = await addUser();
    let pause: Promise<void> | undefined;
    let reached: (() => void) | undefined;
    const slow = meddled(async function* (session, request) {
      for await (const entry of session.search(request)) {
        yield entry;
        // Read, and not yet in force.
        if (entry.dn.startsWith(`uid=${name},`) && request.attributes.length > 3 && pause) {
          reached?.();
          await pause;
        }
      }
    });
    const { poller, heard } = await start({ directory: slow });
    await poller.poll();
    const ids = await idsOf(name);
    let go: () => void = () => undefined;
    pause = new Promise((resolve) => (go = resolve));
    const arrived = new Promise<void>((resolve) => (reached = resolve));
    const reading = poller.readAll();
    await arrived;
    await admin.delete(dnOf(name));
    await poller.refresh(ids);
    expect(await heard.names()).not.toContain(name);
    pause = undefined;
    go();
    await reading;
    expect(await heard.names()).toEqual(await listed());
  });

  test('is not undone by what was read of it before a cycle that came into force meanwhile', async () => {
    const name = await addUser();
    let meanwhile: (() => Promise<void>) | undefined;
    const { poller, heard } = await start({
      directory: exchanging(directory, {
        async *search(request) {
          yield* directory.search(request);
          const work = meanwhile;
          meanwhile = undefined;
          await work?.();
        },
      }),
    });
    await poller.poll();
    const ids = await idsOf(name);
    const renamed = `${name}-renamed`;
    meanwhile = async () => {
      await admin.move(dnOf(name), [{ type: 'uid', value: renamed }]);
      await poller.poll();
    };
    await poller.refresh(ids);
    expect(await heard.names()).toEqual(await listed());
    expect(await heard.names()).toContain(renamed);
  });

  test('and cannot be read again before rows read anew come into force leaves those in force that were', async () => {
    const name = await addUser();
    let late: (() => Promise<void>) | undefined;
    let fails = false;
    const { poller, heard } = await start({
      directory: exchanging(directory, {
        async session(task) {
          const found = await directory.session(task);
          await late?.();
          return found;
        },
        search(request) {
          if (fails) throw new Error('cut');
          return directory.search(request);
        },
      }),
    });
    await poller.poll();
    const ids = await idsOf(name);
    late = async () => {
      late = undefined;
      await poller.refresh(ids);
      fails = true;
    };
    await expect(poller.readAll()).rejects.toThrow('cut');
    fails = false;
    expect(heard.words.at(-1)).toBe('dropped');
    await addUser();
    await poller.poll();
    expect(await heard.names()).toEqual(await listed());
  });

  test('as a resource of one type is read as those of other types, too, that may hold the same entry', async () => {
    const [user, ...others] = config.mapping.resources;
    if (!user) throw new Error('there is a type');
    const isFormer = equal('employeeType', 'former');
    const scoped = (filter: Filter) => ({ ...user.scope, filter: and([user.scope.filter, filter]) });
    const former = { ...user, type: { ...user.type, name: 'Former', endpoint: '/Former' }, scope: scoped(isFormer) };
    const mapping = { ...config.mapping, resources: [{ ...user, scope: scoped(not(isFormer)) }, former, ...others] };
    const types = mapping.resources.map(({ type }) => type.name);
    const heard = new Heard(mapping);
    const { poller } = await start({ mapping, types, made: 'two types', tell: heard.listener });
    const name = await addUser();
    await poller.poll();
    const ids = await idsOf(name);
    expect(await heard.names('Former')).not.toContain(name);
    await admin.modify(dnOf(name), [{ operation: 'replace', attribute: 'employeeType', values: ['former'] }]);
    await poller.refresh(ids);
    expect(await heard.names('User')).not.toContain(name);
    expect(await heard.names('Former')).toContain(name);
    await admin.modify(dnOf(name), [{ operation: 'delete', attribute: 'employeeType', values: [] }]);
    await poller.refresh(new Map([['Former', ids.get('User') ?? new Set()]]));
    expect(await heard.names('User')).toContain(name);
    expect(await heard.names('Former')).not.toContain(name);
  });
});
