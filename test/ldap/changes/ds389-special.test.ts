// What only 389 Directory Server does: numbers of changes that cannot be seen yet, records that are trimmed, rights that are taken away.
// No RFC; the plugins USN and Retro Changelog.
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ChangeKind, ChangeSource, Changes, Watched } from '../../../src/ldap/changes/change-source.ts';
import { changelogChanges } from '../../../src/ldap/changes/changelog.ts';
import { chooseChanges } from '../../../src/ldap/changes/choose.ts';
import { entryUsnChanges } from '../../../src/ldap/changes/entryusn.ts';
import { DirectoryError, openDirectory, type Directory } from '../../../src/ldap/directory.ts';
import { formatDn, parseDn, type Dn } from '../../../src/ldap/dn.ts';
import { startDs389, type Ds389, type Ds389Options } from '../../servers/ds389.ts';
import { startProxy } from '../../servers/proxy.ts';
import { grantReading, grantReadingOf } from './changelog-rights.ts';
import { Outside, person, places, scope, watchedBase } from './outside.ts';

const run = promisify(execFile);
const watched: Watched = { base: watchedBase, scope, idAttributes: ['entryUUID'] };
const kinds = ['entryusn', 'changelog'] as const;
const plugin = (name: string): Dn => parseDn(`cn=${name},cn=plugins,cn=config`);

interface Stage {
  readonly ds389: Ds389;
  readonly admin: Directory;
  readonly gateway: Directory;
  readonly outside: Outside;
}

async function open(ds389: Ds389, account: 'admin' | 'gateway', url = ds389.url): Promise<Directory> {
  const bind =
    account === 'admin' ? { dn: ds389.adminDn, password: ds389.adminPassword } : { dn: ds389.gatewayDn, password: ds389.gatewayPassword };
  const timeouts = { connect: 10_000, operation: 60_000 };
  const directory = openDirectory({ servers: [url], bind, baseDn: parseDn(ds389.suffix), timeouts, pageSize: 20 });
  await directory.start();
  return directory;
}

async function stage(ds389: Ds389): Promise<Stage> {
  const admin = await open(ds389, 'admin');
  return { ds389, admin, gateway: await open(ds389, 'gateway'), outside: new Outside(admin) };
}

async function start(options: Ds389Options = { changelog: true }): Promise<Stage> {
  const started = await stage(await startDs389(options));
  if (options.changelog === true) await grantReading(started.admin, started.ds389);
  else await grantReadingOf(started.admin, started.ds389.suffix, started.ds389.gatewayDn);
  await started.outside.prepare();
  return started;
}

async function restart({ ds389, admin, gateway }: Stage): Promise<Stage> {
  await admin.close();
  await gateway.close();
  await ds389.restart();
  return stage(ds389);
}

async function close(opened: Stage | undefined): Promise<void> {
  await opened?.admin.close();
  await opened?.gateway.close();
  await opened?.ds389.stop();
}

const sourceFor = async (directory: Directory, kind: ChangeKind): Promise<ChangeSource> =>
  directory.session(async (session) => (await chooseChanges(session, watched, kind)).source);
const mark = (directory: Directory, source: ChangeSource): Promise<string> => directory.session((session) => source.mark(session));
const since = (directory: Directory, source: ChangeSource, cookie: string): Promise<Changes | undefined> =>
  directory.session((session) => source.since(session, cookie));

async function idOf(admin: Directory, dn: Dn): Promise<string> {
  const [id] = (await admin.read(dn, ['entryUUID']))?.texts('entryUUID') ?? [];
  if (id === undefined) throw new Error(`${formatDn(dn)} has no entryUUID`);
  return id;
}

/** What was said: `name` or `name/` of what changed, `-name` of what was deleted. */
function describeChanges(changes: Changes | undefined, names: ReadonlyMap<string, string>): readonly string[] | undefined {
  if (changes === undefined) return undefined;
  const nameOf = (id: string | undefined): string => names.get(id ?? '') ?? `? ${id}`;
  return [
    ...changes.changed.map(({ entry, container }) => `${nameOf(entry.texts('entryUUID')[0])}${container ? '/' : ''}`),
    ...changes.deleted.map(({ octets }) => `-${nameOf(octets.toString())}`),
  ].toSorted();
}

async function namesOf({ admin }: Stage, ...dns: readonly Dn[]): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const dn of dns) names.set(await idOf(admin, dn), String(dn.rdns[0]?.[0]?.value));
  return names;
}

describe('both plugins', () => {
  let opened: Stage;
  beforeAll(async () => {
    opened = await start();
  }, 120_000);
  afterAll(() => close(opened));

  describe.each(kinds)('%s', (kind) => {
    test('exactly this is told of containers, of entries out of scope, and of members', { timeout: 60_000 }, async () => {
      const { outside, gateway, ds389 } = opened;
      const source = await sourceFor(gateway, kind);
      const ou = parseDn(`ou=${kind},ou=company,${ds389.suffix}`);
      await outside.addPlace(ou);
      const inner = await outside.addPerson(`${kind} inner`, ou);
      const [renamed, modified, deleted, out, former] = [
        await outside.addPerson(`${kind} renamed`),
        await outside.addPerson(`${kind} modified`),
        await outside.addPerson(`${kind} deleted`),
        await outside.addPerson(`${kind} out`),
        await outside.addPerson(`${kind} former`),
      ];
      const group = await outside.addGroup(`${kind} group`, [deleted, person('calm0')]);
      const names = await namesOf(opened, ou, inner, renamed, modified, deleted, out, former, group, places.people, places.elsewhere);
      names.set(await idOf(opened.admin, person('calm1')), 'calm1');
      let cookie = await mark(gateway, source);
      const told = async (): Promise<readonly string[] | undefined> => {
        const changes = await since(gateway, source, cookie);
        cookie = changes?.cookie ?? cookie;
        return describeChanges(changes, names);
      };
      expect(await told()).toEqual([]);
      await outside.move(ou, `${kind} 2`);
      expect(await told()).toEqual([`${kind}/`]);
      await outside.move(renamed, `${kind} renamed 2`);
      expect(await told()).toEqual([`${kind} renamed`]);
      await outside.replace(modified, 'sn', 'other');
      expect(await told()).toEqual([`${kind} modified`]);
      await outside.replace(modified, 'sn', 'other');
      // A replacement by the same counts as a change.
      expect(await told()).toEqual([`${kind} modified`]);
      await outside.move(out, `${kind} out`, places.elsewhere);
      await outside.replace(former, 'employeeType', 'former');
      expect(await told()).toEqual([`${kind} former`, `${kind} out`]);
      await outside.delete(deleted);
      expect(await told()).toEqual(kind === 'changelog' ? [`-${kind} deleted`, `${kind} group`] : [`${kind} group`]);
      await outside.change(group, { operation: 'add', attribute: 'member', values: [formatDn(person('calm1'))] });
      // The plugin MemberOf writes the member, too.
      expect(await told()).toEqual([`${kind} group`, 'calm1'].toSorted());
      expect(await told()).toEqual([]);
    });

    test('many changes come in pages, each entry once', { timeout: 60_000 }, async () => {
      const { outside, gateway } = opened;
      const source = await sourceFor(gateway, kind);
      const cookie = await mark(gateway, source);
      const people: Dn[] = [];
      for (let at = 0; at < 50; at++) people.push(await outside.addPerson(`${kind} many ${at}`));
      const names = await namesOf(opened, ...people);
      await Promise.all(people.slice(0, 25).map((dn) => outside.replace(dn, 'sn', 'other')));
      expect(describeChanges(await since(gateway, source, cookie), names)).toEqual([...names.values()].toSorted());
    });

    test.each([
      ['that is empty', () => ''],
      ['of rubbish', () => 'garbage'],
      ['of no members', () => '{}'],
      ['of another kind', (cookie: string) => cookie.replace(`"${kind}"`, '"timestamp"')],
      ['for another base', (cookie: string) => cookie.replace('dc=example', 'dc=other')],
      ['of other data', (cookie: string) => JSON.stringify({ ...JSON.parse(cookie), contextId: 'other' })],
      ['without marks', (cookie: string) => JSON.stringify({ ...JSON.parse(cookie), marks: [] })],
      ['with marks of rubbish', (cookie: string) => withMarks(cookie, () => 'x')],
      ['of another server', (cookie: string) => withMarks(cookie, (mark, at) => (at === 0 ? 'cn=ldap://dc=other:389' : mark))],
      ['ahead of the server', (cookie: string) => withMarks(cookie, (mark, at) => (at === 2 ? String(Number(mark) + 1000) : mark))],
    ])('a cookie %s is refused', async (_what, spoil) => {
      const source = await sourceFor(opened.gateway, kind);
      expect(await since(opened.gateway, source, spoil(await mark(opened.gateway, source)))).toBeUndefined();
    });

    test('a connection that is cut on the way is a failure, never a part of the changes, and the cookie stays good', async () => {
      const { ds389, outside } = opened;
      const proxy = await startProxy(ds389.port);
      const through = await open(ds389, 'gateway', proxy.url);
      try {
        const source = await sourceFor(through, kind);
        const cookie = await mark(through, source);
        const people: Dn[] = [];
        for (let at = 0; at < 30; at++) people.push(await outside.addPerson(`${kind} cut ${at}`));
        const names = await namesOf(opened, ...people);
        for (const octets of [20, 500, 1000, 3000]) {
          const failure = await through
            .session((session) => {
              proxy.cutAfter(octets);
              return source.since(session, cookie);
            })
            .catch((error: unknown) => error);
          expect(failure).toBeInstanceOf(DirectoryError);
        }
        expect(describeChanges(await since(through, source, cookie), names)).toEqual([...names.values()].toSorted());
      } finally {
        await through.close();
        await proxy.stop();
      }
    });
  });

  test('changelog: what moves to where this account may not look cannot be told', async () => {
    const { admin, gateway, outside, ds389 } = opened;
    const hidden = parseDn(`ou=hidden,${ds389.suffix}`);
    await outside.addPlace(hidden);
    const rule = `(targetattr="*")(version 3.0; acl "hidden"; deny (all) userdn="ldap:///${ds389.gatewayDn}";)`;
    await admin.modify(hidden, [{ operation: 'add', attribute: 'aci', values: [rule] }]);
    const source = await sourceFor(gateway, 'changelog');
    const dn = await outside.addPerson('vanishing');
    const cookie = await mark(gateway, source);
    await outside.move(dn, 'vanishing', hidden);
    expect(await since(gateway, source, cookie)).toBeUndefined();
  });

  test('entryusn: a change whose number is given out before it can be seen is not lost', { timeout: 120_000 }, async () => {
    const { outside, gateway, admin } = opened;
    const source = await sourceFor(gateway, 'entryusn');
    const members: Dn[] = [];
    for (let at = 0; at < 200; at++) members.push(await outside.addPerson(`large ${at}`));
    const seen = new Set<string>();
    const group = await gateway.session(async (session) => {
      let cookie = await source.mark(session);
      const ask = async (): Promise<void> => {
        const changes = await source.since(session, cookie);
        for (const { entry } of changes?.changed ?? []) seen.add(entry.texts('entryUUID')[0] ?? '');
        cookie = changes?.cookie ?? 'none';
      };
      const lastUsn = async (): Promise<string> => (await session.rootDse(['lastusn'])).texts('lastusn;userroot').join();
      const before = await lastUsn();
      const adding = outside.addGroup('large', members);
      while ((await lastUsn()) === before);
      await ask();
      const added = await adding;
      await ask();
      return added;
    });
    for (const dn of [group, ...members]) expect(seen).toContain(await idOf(admin, dn));
  });

  test('the right to read the changelog: without it the reason is told, and when it is taken away, nothing is', async () => {
    const { admin, gateway } = opened;
    const source = await sourceFor(gateway, 'changelog');
    const cookie = await mark(gateway, source);
    const changelog = parseDn('cn=changelog');
    const rights = (await admin.read(changelog, ['aci']))?.texts('aci') ?? [];
    await admin.modify(changelog, [{ operation: 'replace', attribute: 'aci', values: [] }]);
    await opened.outside.addPerson('unseen');
    await expect(since(gateway, source, cookie)).rejects.toThrow(DirectoryError);
    expect(await gateway.session((session) => changelogChanges(session, watched))).toMatch(/the right to read cn=changelog/);
    await admin.modify(changelog, [{ operation: 'replace', attribute: 'aci', values: rights }]);
    const names = await namesOf(opened, person('unseen'));
    expect(describeChanges(await since(gateway, source, cookie), names)).toEqual(['unseen']);
  });
});

describe('a server of its own', () => {
  let opened: Stage | undefined;
  afterEach(async () => {
    await close(opened);
    opened = undefined;
  });

  test(
    'after a restart the changelog goes on, and entryusn begins again: only a restart can have brought older data',
    { timeout: 120_000 },
    async () => {
      opened = await start();
      const sources = await Promise.all(kinds.map((kind) => sourceFor(opened!.gateway, kind)));
      const cookies: string[] = [];
      for (const source of sources) cookies.push(await mark(opened.gateway, source));
      const dn = await opened.outside.addPerson('before the restart');
      opened = await restart(opened);
      const names = await namesOf(opened, dn);
      const [byUsn, byLog] = sources.map((source, at) => since(opened!.gateway, source, cookies[at] ?? ''));
      expect(await byUsn).toBeUndefined();
      expect(describeChanges(await byLog, names)).toEqual(['before the restart']);
    },
  );

  test('a server that was restored, and has more changes than before, is not believed', { timeout: 120_000 }, async () => {
    opened = await start();
    const { ds389 } = opened;
    const sources = await Promise.all(kinds.map((kind) => sourceFor(opened!.gateway, kind)));
    await ds389.end();
    const copy = `${ds389.dir}.copy`;
    await run('cp', ['-a', '--sparse=always', ds389.dir, copy]);
    opened = await restart(opened);
    await opened.outside.addPerson('lost');
    const cookies: string[] = [];
    for (const source of sources) cookies.push(await mark(opened.gateway, source));
    await ds389.end();
    await rm(ds389.dir, { recursive: true });
    await run('mv', [copy, ds389.dir]);
    opened = await restart(opened);
    for (let at = 0; at < 20; at++) await opened.outside.addPerson(`new history ${at}`);
    for (const [at, source] of sources.entries())
      expect(await since(opened.gateway, source, cookies[at] ?? ''), source.kind).toBeUndefined();
  });

  test('another server is not believed, although it holds the same data', { timeout: 120_000 }, async () => {
    opened = await start();
    const sources = await Promise.all(kinds.map((kind) => sourceFor(opened!.gateway, kind)));
    const cookies: string[] = [];
    for (const source of sources) cookies.push(await mark(opened.gateway, source));
    const other = await start();
    try {
      for (const [at, source] of sources.entries())
        expect(await since(other.gateway, source, cookies[at] ?? ''), source.kind).toBeUndefined();
    } finally {
      await close(other);
    }
  });

  test('changelog: records that were trimmed in between are missed, and that is seen', { timeout: 120_000 }, async () => {
    opened = await start();
    const source = await sourceFor(opened.gateway, 'changelog');
    const cookie = await mark(opened.gateway, source);
    for (let at = 0; at < 5; at++) await opened.outside.addPerson(`trimmed ${at}`);
    const settings = [
      { operation: 'replace', attribute: 'nsslapd-changelogmaxage', values: ['1s'] },
      { operation: 'replace', attribute: 'nsslapd-changelog-trim-interval', values: ['1'] },
    ] as const;
    await opened.admin.modify(plugin('Retro Changelog Plugin'), settings);
    opened = await restart(opened);
    const firstNumber = async (): Promise<number> =>
      opened!.admin.session(async (session) => Number((await session.rootDse(['firstchangenumber'])).texts('firstchangenumber')[0]));
    const reached = Number((JSON.parse(cookie) as { marks: string[] }).marks[2]);
    while ((await firstNumber()) <= reached + 1) {
      await opened.outside.replace(person('trimmed 0'), 'sn', 'again');
      await sleep(200);
    }
    expect(await since(opened.gateway, source, cookie)).toBeUndefined();
  });

  test('without the plugins, or without ids in the changelog, the reason is told', { timeout: 120_000 }, async () => {
    opened = await start({});
    const ask = (make: typeof entryUsnChanges): Promise<unknown> => opened!.gateway.session((session) => make(session, watched));
    expect(await ask(changelogChanges)).toMatch(/needs the plugin Retro Changelog/);
    await opened.admin.modify(plugin('USN'), [{ operation: 'replace', attribute: 'nsslapd-pluginEnabled', values: ['off'] }]);
    await opened.admin.modify(plugin('Retro Changelog Plugin'), [
      { operation: 'replace', attribute: 'nsslapd-pluginEnabled', values: ['on'] },
    ]);
    opened = await restart(opened);
    await grantReadingOf(opened.admin, 'cn=changelog', opened.ds389.gatewayDn);
    await opened.outside.addPerson('recorded');
    expect(await ask(entryUsnChanges)).toMatch(/needs the plugin USN/);
    expect(await ask(changelogChanges)).toMatch(/nsslapd-attribute: entryUUID:targetEntryUUID/);
  });

  test('changelog: any attribute may be the id, when the plugin writes it', { timeout: 120_000 }, async () => {
    opened = await start();
    const byNumber = { ...watched, idAttributes: ['employeeNumber'] };
    expect(await opened.gateway.session((session) => changelogChanges(session, byNumber))).toMatch(/nsslapd-attribute: employeeNumber /);
    await opened.admin.modify(plugin('Retro Changelog Plugin'), [
      { operation: 'add', attribute: 'nsslapd-attribute', values: ['employeeNumber'] },
    ]);
    opened = await restart(opened);
    const { gateway, outside } = opened;
    const [gone, renamed] = [await outside.addPerson('gone'), await outside.addPerson('renamed')];
    for (const [at, dn] of [gone, renamed].entries()) await outside.replace(dn, 'employeeNumber', String(at));
    const source = await gateway.session(async (session) => changelogChanges(session, byNumber));
    if (typeof source === 'string') throw new Error(source);
    const cookie = await mark(gateway, source);
    await outside.delete(gone);
    await outside.move(renamed, 'renamed 2');
    const changes = await since(gateway, source, cookie);
    expect(changes?.deleted.map(({ octets }) => String(octets))).toEqual(['0']);
    expect(changes?.changed.map(({ entry }) => [entry.dn, entry.texts('employeeNumber')[0]])).toEqual([
      [formatDn(person('renamed 2')), '1'],
    ]);
  });
});

function withMarks(cookie: string, spoil: (mark: string, at: number) => string): string {
  const parsed = JSON.parse(cookie) as { readonly marks: readonly string[] };
  return JSON.stringify({ ...parsed, marks: parsed.marks.map(spoil) });
}
