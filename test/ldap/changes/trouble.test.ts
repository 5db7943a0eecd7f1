// What may go wrong between two questions: cookies that are refused, servers restored, replaced or failed over, connections cut.
// RFC 4533 section 3.12 (refresh required); `since` tells all that happened, or that it cannot.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ChangeKind, Changes, ChangeSource, Watched } from '../../../src/ldap/changes/change-source.ts';
import { chooseChanges } from '../../../src/ldap/changes/choose.ts';
import { openDirectory, type Directory } from '../../../src/ldap/directory.ts';
import { formatDn, parseDn } from '../../../src/ldap/dn.ts';
import { DirectoryError } from '../../../src/ldap/error.ts';
import { startProxy } from '../../servers/proxy.ts';
import { startSlapd, type Slapd, type SlapdOptions } from '../../servers/slapd.ts';
import { copyData, startSlapdPair, type SlapdPair } from '../../servers/slapd-pair.ts';
import { Outside, person, places, scope, suffix, watchedBase } from './outside.ts';
import { enumerate, Replica } from './replica.ts';

const watched: Watched = { base: watchedBase, scope, idAttributes: ['entryUUID'] };
const withLog: SlapdOptions = { overlays: ['syncprov'] };
const withoutLog: SlapdOptions = { global: 'moduleload syncprov', config: 'overlay syncprov' };
const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function open(servers: readonly string[], dn: string, password: string): Promise<Directory> {
  const timeouts = { connect: 10_000, operation: 10_000 };
  const intervals = { retryFirst: 50, retryLast: 200, health: 200 };
  const directory = openDirectory({ servers, bind: { dn, password }, baseDn: parseDn(suffix), timeouts, intervals, pageSize: 50 });
  await directory.start();
  return directory;
}

interface Stage {
  readonly slapd: Slapd;
  readonly gateway: Directory;
  readonly outside: Outside;
  source(kind: ChangeKind): Promise<ChangeSource>;
  since(source: ChangeSource, cookie: string): Promise<Changes | undefined>;
  /** Ends the server, and starts it again with `between` done in the meantime. */
  interrupt(between: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

async function setStage(options: SlapdOptions): Promise<Stage> {
  const slapd = await startSlapd({ suffix, ...options });
  const admin = await open([slapd.url], slapd.adminDn, slapd.adminPassword);
  const gateway = await open([slapd.url], slapd.gatewayDn, slapd.gatewayPassword);
  const outside = new Outside(admin);
  await outside.prepare();
  return {
    slapd,
    gateway,
    outside,
    source: (kind) => gateway.session(async (session) => (await chooseChanges(session, watched, kind)).source),
    since: (source, cookie) => gateway.session((session) => source.since(session, cookie)),
    interrupt: async (between) => {
      await slapd.end();
      await between();
      await slapd.restart();
      for (const directory of [admin, gateway]) await expect.poll(() => directory.status().ready, { timeout: 20_000 }).toBe(true);
    },
    close: async () => {
      await admin.close();
      await gateway.close();
      await slapd.stop();
    },
  };
}

describe('the phases of a refresh', () => {
  test.each([
    ['with a session log, only what is gone is told', withLog, false],
    ['without one, all that is left is told', withoutLog, true],
  ] as const)('%s', async (_, options, isPresence) => {
    const stage = await setStage(options);
    cleanUps.push(() => stage.close());
    const { outside, gateway } = stage;
    await outside.addPerson('gone');
    const id = (await gateway.read(person('gone'), ['entryUUID']))?.octets('entryUUID')[0];
    const source = await stage.source('syncrepl');
    const cookie = await gateway.session((session) => source.mark(session));
    await outside.delete(person('gone'));
    await outside.addPerson('come');
    const changes = await stage.since(source, cookie);
    expect(changes?.changed.map(({ entry }) => entry.dn)).toEqual([formatDn(person('come'))]);
    expect(changes?.present !== undefined).toBe(isPresence);
    if (!isPresence) expect(changes?.deleted).toEqual([{ attribute: 'entryUUID', octets: id }]);
    else {
      const present = new Set(changes?.present?.map(({ octets }) => octets.toString()));
      const all = await gateway.session((session) => enumerate(session, watched, 'entryCSN'));
      expect(all.size - 1).toBeGreaterThan(0);
      for (const key of all.keys()) {
        const uuid = Buffer.from(key.slice(key.indexOf(' ') + 1), 'hex').toString();
        expect(present.has(uuid) || changes?.changed[0]?.entry.texts('entryUUID')[0] === uuid).toBe(true);
      }
      expect(present.has(String(id))).toBe(false);
    }
  });

  test('more changes than the account may be given at once cannot be told', { timeout: 60_000 }, async () => {
    const stage = await setStage(withLog);
    cleanUps.push(() => stage.close());
    const { outside, gateway } = stage;
    const [source, byCsn] = [await stage.source('syncrepl'), await stage.source('entrycsn')];
    const [cookie, csnCookie] = await gateway.session(async (session) => [await source.mark(session), await byCsn.mark(session)]);
    await Promise.all(Array.from({ length: 600 }, (_, i) => outside.addPerson(`many${i}`)));
    expect(await stage.since(source, cookie)).toBeUndefined();
    expect((await stage.since(byCsn, csnCookie))?.changed.filter(({ entry }) => /many/.test(entry.dn))).toHaveLength(600);
  });
});

describe.each([
  ['syncrepl', withLog],
  ['syncrepl', withoutLog],
  ['entrycsn', withLog],
  ['entrycsn', {}],
  ['timestamp', {}],
] as const)('%s of %j', (kind, options) => {
  let stage: Stage;
  let source: ChangeSource;
  beforeAll(async () => {
    stage = await setStage(options);
    source = await stage.source(kind);
  }, 30_000);
  afterAll(() => stage?.close());
  const mark = (): Promise<string> => stage.gateway.session((session) => source.mark(session));

  test('what is no cookie, or one of another kind, base or data, is told from one', async () => {
    const cookie = await mark();
    const kept: unknown = JSON.parse(cookie);
    const altered = (change: object): string => JSON.stringify(Object.assign({}, kept, change));
    expect(await stage.since(source, cookie)).toBeDefined();
    for (const other of [
      '',
      'garbage',
      'null',
      '[]',
      '{}',
      altered({ kind: 'usn' }),
      altered({ base: 'dc=other' }),
      altered({ contextId: 'other' }),
      altered({ marks: [] }),
      altered({ marks: ['garbage'] }),
      altered({ marks: 'garbage' }),
      altered({ witnesses: [{}] }),
      altered({ url: 'ldap://elsewhere' }),
    ]) {
      expect(await stage.since(source, other), other).toBeUndefined();
    }
  });

  test('a cookie from the future is refused', async () => {
    await stage.outside.addPerson('tomorrow');
    const cookie = (await mark()).replaceAll(/\b20\d\d(?=\d{10})/g, '2099').replaceAll(/"17\d{11}"/g, '"4000000000000"');
    expect(await stage.since(source, cookie)).toBeUndefined();
    await stage.outside.delete(person('tomorrow'));
  });

  test.each([false, true])('a restored older server is noticed (written to since: %s)', { timeout: 60_000 }, async (isWritten) => {
    const backup = await mkdtemp(join(tmpdir(), 'slapd-backup-'));
    cleanUps.push(() => rm(backup, { recursive: true, force: true }));
    await stage.interrupt(() => copyData(stage.slapd, { dir: backup }));
    const uid = `lost${isWritten ? 1 : 0}`;
    await stage.outside.addPerson(uid);
    await stage.outside.replace(person('calm2'), 'sn', uid);
    const cookie = await mark();
    await stage.interrupt(() => copyData({ dir: backup }, stage.slapd));
    if (isWritten) await stage.outside.replace(person('calm3'), 'sn', 'after');
    expect(await stage.since(source, cookie)).toBeUndefined();
  });

  test('a server that was only started again goes on', { timeout: 60_000 }, async () => {
    const replica = new Replica(source, watched);
    await stage.gateway.session((session) => replica.load(session));
    await stage.outside.addPerson('before the end');
    await stage.interrupt(async () => undefined);
    await stage.outside.delete(person('before the end'));
    await stage.outside.addPerson('after the start');
    await replica.follow(stage.gateway);
    const truth = await stage.gateway.session((session) => enumerate(session, watched, replica.stamp));
    expect(replica.contents).toEqual(truth);
    expect(replica.resyncs).toBe(0);
    await stage.outside.delete(person('after the start'));
  });

  test('what was missed for long is told at once, and the same question may be asked again', async () => {
    const cookie = await mark();
    for (let i = 0; i < 3; i++) await stage.outside.addPerson(`missed${i}`);
    const first = await stage.since(source, cookie);
    const again = await stage.since(source, cookie);
    const dns = (changes: Changes | undefined): readonly string[] | undefined => changes?.changed.map(({ entry }) => entry.dn).toSorted();
    expect(dns(first)).toEqual(dns(again));
    for (let i = 0; i < 3; i++) expect(dns(first)).toContain(formatDn(person(`missed${i}`)));
    for (let i = 0; i < 3; i++) await stage.outside.delete(person(`missed${i}`));
  });

  test('when all that was changed last is deleted, nothing vouches for the server any more, unless it has logged that', async () => {
    for (let i = 0; i < 12; i++) await stage.outside.addPerson(`last${i}`);
    const cookie = await mark();
    for (let i = 0; i < 12; i++) await stage.outside.delete(person(`last${i}`));
    const changes = await stage.since(source, cookie);
    expect(changes?.deleted.length).toBe(kind === 'syncrepl' && options === withLog ? 12 : undefined);
  });

  test('what nobody changes is told once, or a little of it again', async () => {
    await stage.outside.addPerson('once');
    const first = await stage.since(source, await mark());
    const second = await stage.since(source, String(first?.cookie));
    const third = await stage.since(source, String(second?.cookie));
    if (kind !== 'timestamp') expect(third?.changed).toEqual([]);
    expect(third?.cookie).toBe(second?.cookie);
    await stage.outside.delete(person('once'));
  });

  test('a connection that is cut in the middle is an error, and loses nothing', { timeout: 60_000 }, async () => {
    const cookie = await mark();
    for (let i = 0; i < 40; i++) await stage.outside.addPerson(`cut${i}`);
    const proxy = await startProxy(stage.slapd.port);
    const through = await open([proxy.url], stage.slapd.gatewayDn, stage.slapd.gatewayPassword);
    cleanUps.push(
      () => proxy.stop(),
      () => through.close(),
    );
    const moved = JSON.stringify(Object.assign({}, JSON.parse(cookie), { url: proxy.url }));
    // Root DSE, account, base and contextCSN are about 2,000 octets; the entries come after.
    for (const octets of [100, 1500, 3000, 5000]) {
      await expect.poll(() => through.status().ready, { timeout: 10_000 }).toBe(true);
      const cut = through.session((session) => {
        proxy.cutAfter(octets);
        return source.since(session, moved);
      });
      await expect(cut, `after ${octets}`).rejects.toThrow(DirectoryError);
    }
    proxy.cutAfter(Infinity);
    await expect.poll(() => through.status().ready, { timeout: 10_000 }).toBe(true);
    const changes = await through.session((session) => source.since(session, moved));
    expect(changes?.changed.filter(({ entry }) => /uid=cut/.test(entry.dn))).toHaveLength(40);
    for (let i = 0; i < 40; i++) await stage.outside.delete(person(`cut${i}`));
  });
});

describe('two providers that replicate', () => {
  let pair: SlapdPair;
  let [first, second, either]: Directory[] = [];

  beforeAll(async () => {
    pair = await startSlapdPair(suffix);
    const { adminDn, adminPassword, gatewayDn, gatewayPassword } = pair.first;
    first = await open([pair.first.url], adminDn, adminPassword);
    second = await open([pair.second.url], adminDn, adminPassword);
    await new Outside(first).prepare();
    await new Outside(first).addPerson('from the first');
    await arrived(second, 'from the first');
    await new Outside(second).addPerson('from the second');
    await arrived(first, 'from the second');
    either = await open([pair.first.url, pair.second.url], gatewayDn, gatewayPassword);
  }, 60_000);
  afterAll(async () => {
    for (const directory of [first, second, either]) await directory?.close();
    await pair?.stop();
  });

  async function arrived(directory: Directory, uid: string): Promise<void> {
    await vi.waitFor(async () => expect(await directory.read(person(uid), [])).toBeDefined(), { timeout: 20_000 });
  }

  test.each(['syncrepl', 'entrycsn'] as const)('%s goes on with the other one after a fail-over', { timeout: 60_000 }, async (kind) => {
    const source = await either!.session(async (session) => (await chooseChanges(session, watched, kind)).source);
    const replica = new Replica(source, watched);
    await either!.session((session) => replica.load(session));
    await new Outside(first!).addPerson(`${kind} here`);
    await arrived(second!, `${kind} here`);
    await new Outside(second!).addPerson(`${kind} there`);
    await pair.first.end();
    await expect.poll(() => either!.status().server, { timeout: 20_000 }).toBe(pair.second.url);
    await new Outside(second!).delete(person(`${kind} here`));
    await replica.follow(either!);
    const truth = await either!.session((session) => enumerate(session, watched, replica.stamp));
    expect(replica.contents).toEqual(truth);
    expect(replica.resyncs).toBe(0);

    // Back to the first one, which knows of nothing at first.
    await pair.first.restart();
    await expect.poll(() => either!.status().server, { timeout: 20_000 }).toBe(pair.first.url);
    await expect.poll(() => first!.status().ready, { timeout: 20_000 }).toBe(true);
    await arrived(first!, `${kind} there`);
    await expect.poll(() => first!.read(person(`${kind} here`), []), { timeout: 20_000 }).toBeUndefined();
    await replica.follow(either!);
    expect(replica.contents).toEqual(await either!.session((session) => enumerate(session, watched, replica.stamp)));
    expect(replica.resyncs).toBe(0);
  });

  test('one that lags behind what was seen of the other cannot go on', { timeout: 60_000 }, async () => {
    const { gatewayDn, gatewayPassword } = pair.first;
    const source = await either!.session(async (session) => (await chooseChanges(session, watched, 'syncrepl')).source);
    await pair.second.end();
    await new Outside(first!).addPerson('unseen');
    const cookie = await either!.session((session) => source.mark(session));
    await pair.first.end();
    await pair.second.restart();
    const other = await open([pair.second.url], gatewayDn, gatewayPassword);
    cleanUps.push(() => other.close());
    expect(await other.session((session) => source.since(session, cookie))).toBeUndefined();
    await pair.first.restart();
    await arrived(other, 'unseen');
    expect(await other.session((session) => source.since(session, cookie))).toBeDefined();
  });
});

test('what the account may not read is said, and the next best is used', async () => {
  const slapd = await startSlapd({
    suffix,
    ...withLog,
    access: `access to dn.base="${suffix}" attrs=contextCSN by * none\naccess to * by dn.exact="cn=gateway,${suffix}" read by anonymous auth by * none`,
  });
  cleanUps.push(() => slapd.stop());
  const admin = await open([slapd.url], slapd.adminDn, slapd.adminPassword);
  const gateway = await open([slapd.url], slapd.gatewayDn, slapd.gatewayPassword);
  cleanUps.push(
    () => admin.close(),
    () => gateway.close(),
  );
  const outside = new Outside(admin);
  await outside.prepare();
  const choice = await gateway.session((session) => chooseChanges(session, watched, 'auto'));
  expect(choice.source.kind).toBe('entrycsn');
  expect(choice.reason).toContain('syncrepl needs contextCSN');
  await expect(gateway.session((session) => chooseChanges(session, watched, 'syncrepl'))).rejects.toThrow('syncrepl needs contextCSN');
  const ids = { ...watched, idAttributes: ['uid'] };
  await expect(gateway.session((session) => chooseChanges(session, ids, 'syncrepl'))).rejects.toThrow('ids of the mapping are uid');
  const cookie = await gateway.session((session) => choice.source.mark(session));
  await outside.addPerson('seen', places.staff);
  const changes = await gateway.session((session) => choice.source.since(session, cookie));
  expect(changes?.changed.map(({ entry }) => entry.dn)).toContain(formatDn(person('seen', places.staff)));
});
