// What only domain controllers do: rights to see the deleted, the Recycle Bin, another controller, a restored one, cookies that are none.
// MS-ADTS 3.1.1.1.9 (uSNChanged), 3.1.1.3.4.1.3 (DirSync), 3.1.1.5.5 (deleted objects); over Samba.
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { connect as connectSocket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ChangeKind, ChangeSource, Changes, Watched } from '../../../src/ldap/changes/change-source.ts';
import { chooseChanges } from '../../../src/ldap/changes/choose.ts';
import { dirsyncChanges } from '../../../src/ldap/changes/dirsync.ts';
import { usnChanges } from '../../../src/ldap/changes/usn.ts';
import { Connection } from '../../../src/ldap/connection.ts';
import { DirectoryError, openDirectory, type Directory } from '../../../src/ldap/directory.ts';
import { parseDn, type Dn } from '../../../src/ldap/dn.ts';
import { parseGuid } from '../../../src/ldap/syntax.ts';
import { grantDeletedObjects } from '../../servers/deleted-objects.ts';
import { type Proxy, startProxy } from '../../servers/proxy.ts';
import { startSamba, type Samba } from '../../servers/samba.ts';
import { startSambaPair, type SambaPair } from '../../servers/samba-pair.ts';
import { asDomain, domainScope, inDomain } from './domain.ts';
import { Outside, person, places, watchedBase } from './outside.ts';

const run = promisify(execFile);
const watched: Watched = { base: watchedBase, scope: domainScope, idAttributes: ['objectGUID'] };
const kinds = ['usn', 'dirsync'] as const;

async function open(samba: Samba, account: 'admin' | 'gateway', url = samba.url): Promise<Directory> {
  const bind =
    account === 'admin' ? { dn: samba.adminDn, password: samba.adminPassword } : { dn: samba.gatewayDn, password: samba.gatewayPassword };
  const timeouts = { connect: 10_000, operation: 20_000 };
  const directory = openDirectory({ servers: [url], bind, baseDn: parseDn(samba.suffix), tls: { ca: [samba.ca] }, timeouts, pageSize: 20 });
  await directory.start();
  return directory;
}

const sourceFor = async (directory: Directory, kind: ChangeKind): Promise<ChangeSource> =>
  directory.session(async (session) => (await chooseChanges(session, watched, kind)).source);
const mark = (directory: Directory, source: ChangeSource): Promise<string> => directory.session((session) => source.mark(session));
const since = (directory: Directory, source: ChangeSource, cookie: string): Promise<Changes | undefined> =>
  directory.session((session) => source.since(session, cookie));

/** What was said, in a form that people read: `name` or `name/` of what changed, `-name` of what was deleted. */
function describeChanges(changes: Changes | undefined, names: ReadonlyMap<string, string>): readonly string[] | undefined {
  if (changes === undefined) return undefined;
  const nameOf = (octets: Buffer | undefined): string => names.get(octets?.toString('hex') ?? '') ?? `? ${octets?.toString('hex')}`;
  return [
    ...changes.changed.map(({ entry, container }) => `${nameOf(entry.octets('objectGUID')[0])}${container ? '/' : ''}`),
    ...changes.deleted.map(({ octets }) => `-${nameOf(octets)}`),
  ].toSorted();
}

async function guidOf(directory: Directory, dn: Dn): Promise<string> {
  const octets = (await directory.read(inDomain(dn), ['objectGUID']))?.octets('objectGUID')[0];
  if (octets === undefined) throw new Error('no entry, or no GUID');
  return octets.toString('hex');
}

describe('one domain controller', () => {
  let samba: Samba;
  let [admin, gateway]: Directory[] = [];
  let outside: Outside;

  beforeAll(async () => {
    samba = await startSamba();
    admin = await open(samba, 'admin');
    gateway = await open(samba, 'gateway');
    outside = new Outside(asDomain(admin));
    await outside.prepare();
  }, 120_000);
  afterAll(async () => {
    await admin?.close();
    await gateway?.close();
    await samba?.stop();
  });

  const named = async (...dns: readonly Dn[]): Promise<Map<string, string>> => {
    const names = new Map<string, string>();
    for (const dn of dns) names.set(await guidOf(admin!, dn), String(dn.rdns[0]?.[0]?.value));
    return names;
  };

  describe.each(kinds)('%s, an account without rights on deleted objects', (kind) => {
    test('it says that deletions are not told, and tells everything else', async () => {
      const { source, reason } = await gateway!.session((session) => chooseChanges(session, watched, kind));
      expect([source.tellsDeletions, reason]).toEqual([false, expect.stringMatching(/on CN=Deleted Objects/)]);
      const [gone, stays] = [await outside.addPerson(`${kind} gone`), await outside.addPerson(`${kind} stays`)];
      const names = await named(gone, stays);
      const cookie = await mark(gateway!, source);
      await outside.delete(gone);
      await outside.replace(stays, 'sn', 'other');
      expect(describeChanges(await since(gateway!, source, cookie), names)).toContain(`${kind} stays`);
    });

    test('an administrator is told deletions', async () => {
      const source = await sourceFor(admin!, kind);
      expect(source.tellsDeletions).toBe(true);
      const gone = await outside.addPerson(`${kind} gone too`);
      const names = await named(gone);
      const cookie = await mark(admin!, source);
      await outside.delete(gone);
      expect(describeChanges(await since(admin!, source, cookie), names)).toEqual([`-${kind} gone too`]);
    });
  });

  describe.each(kinds)('%s, the account that may read deleted objects', (kind) => {
    let source: ChangeSource;
    let withdraw: () => Promise<void>;
    beforeAll(async () => {
      withdraw = await grantDeletedObjects(samba);
      source = await sourceFor(gateway!, kind);
    });

    test('exactly this is told of containers, of entries out of scope, of members, and of what a deletion leaves', async () => {
      const ou = await outside
        .addPlace(parseDn(`ou=${kind},ou=company,${samba.suffix}`))
        .then(() => parseDn(`ou=${kind},ou=company,${samba.suffix}`));
      const inner = await outside.addPerson(`${kind} inner`, ou);
      const [renamed, modified, deleted, out, former] = await Promise.all(
        ['renamed', 'modified', 'deleted', 'out', 'former'].map((name) => outside.addPerson(`${kind} ${name}`)),
      );
      const group = await outside.addGroup(`${kind} group`, [deleted!, modified!]);
      const names = await named(ou, inner, renamed!, modified!, deleted!, out!, former!, group);
      let cookie = await mark(gateway!, source);
      const told = async (): Promise<readonly string[] | undefined> => {
        const changes = await since(gateway!, source, cookie);
        cookie = changes?.cookie ?? cookie;
        return describeChanges(changes, names);
      };
      expect(await told()).toEqual([]);

      await outside.move(ou, `${kind} 2`);
      expect(await told()).toEqual([`${kind}/`]);
      await outside.move(renamed!, `${kind} renamed 2`);
      expect(await told()).toEqual([`${kind} renamed`]);
      await outside.replace(modified!, 'sn', 'other');
      expect(await told()).toEqual([`${kind} modified`]);
      await outside.replace(modified!, 'sn', 'other');
      expect(await told()).toEqual([]);
      await outside.move(out!, `${kind} out`, places.elsewhere);
      await outside.replace(former!, 'employeeType', 'former');
      expect(await told()).toEqual([`${kind} former`, `${kind} out`]);
      await outside.delete(deleted!);
      // The group loses a member, and its own stamp does not tell.
      expect(await told()).toEqual([`-${kind} deleted`]);
      expect((await admin!.read(inDomain(group), ['member']))?.texts('member')).toHaveLength(1);
      await outside.change(group, {
        operation: 'delete',
        attribute: 'member',
        values: [`uid=${kind} modified,ou=people,ou=company,${samba.suffix}`],
      });
      expect(await told()).toEqual([`${kind} group`]);
      expect(await told()).toEqual([]);
    });

    test('many changes come in pages, each entry once', async () => {
      const cookie = await mark(gateway!, source);
      const people = await Promise.all(Array.from({ length: 50 }, (_, at) => outside.addPerson(`${kind} many ${at}`)));
      const names = await named(...people);
      await Promise.all(people.slice(0, 25).map((dn) => outside.replace(dn, 'sn', 'other')));
      expect(describeChanges(await since(gateway!, source, cookie), names)).toEqual([...names.values()].toSorted());
    });

    test('a cookie is taken twice: what was not kept is told again', async () => {
      const cookie = await mark(gateway!, source);
      const dn = await outside.addPerson(`${kind} twice`);
      const names = await named(dn);
      for (const _ of [1, 2]) expect(describeChanges(await since(gateway!, source, cookie), names)).toEqual([`${kind} twice`]);
    });

    test('a reanimated account is told as changed', async () => {
      const dn = await outside.addPerson(`${kind} back`);
      const guid = await guidOf(admin!, dn);
      await outside.delete(dn);
      const cookie = await mark(gateway!, source);
      const octets = Buffer.from(guid, 'hex');
      const changes = [
        { operation: 'delete', attribute: 'isDeleted', values: [] },
        { operation: 'replace', attribute: 'distinguishedName', values: [`CN=${kind} back,OU=people,OU=company,${samba.suffix}`] },
      ] as const;
      await privileged(samba, `<GUID=${parseGuid(octets)}>`, changes, ['1.2.840.113556.1.4.417', '1.2.840.113556.1.4.2064']);
      expect(describeChanges(await since(gateway!, source, cookie), new Map([[guid, `${kind} back`]]))).toEqual([`${kind} back`]);
    });

    test.each([
      ['that is empty', () => ''],
      ['of rubbish', () => 'garbage'],
      ['of no members', () => '{}'],
      ['of no object', () => 'null'],
      ['of another kind', (cookie: string) => cookie.replace(`"${kind}"`, '"timestamp"')],
      ['for another base', (cookie: string) => cookie.replace('dc=example', 'dc=other')],
      ['of another domain', (cookie: string) => JSON.stringify({ ...JSON.parse(cookie), contextId: 'other' })],
      ['without marks', (cookie: string) => JSON.stringify({ ...JSON.parse(cookie), marks: [] })],
      [
        'with marks of rubbish',
        (cookie: string) => JSON.stringify({ ...JSON.parse(cookie), marks: JSON.parse(cookie).marks.map(() => 'x') }),
      ],
      ['older than deleted objects are kept', (cookie: string) => withTime(cookie, -181 * 86_400_000)],
    ])('a cookie %s is refused', async (_what, spoil) => {
      expect(await since(gateway!, source, spoil(await mark(gateway!, source)))).toBeUndefined();
    });

    test('a cookie as old as deleted objects are kept is good', async () => {
      expect(await since(gateway!, source, withTime(await mark(gateway!, source), -179 * 86_400_000))).toBeDefined();
    });

    test('a connection that is cut on the way is a failure, never a part of the changes, and the cookie stays good', async () => {
      const { host, port, ca, certificates } = samba;
      const proxy: Proxy = await startProxy({ host, port, ca, certificates });
      const through = await open(samba, 'gateway', proxy.url);
      try {
        const cookie = await mark(through, source);
        const people = await Promise.all(Array.from({ length: 50 }, (_, at) => outside.addPerson(`${kind} cut ${at}`)));
        const names = await named(...people);
        for (const octets of [200, 1000, 3000, 6000]) {
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

    test('when the right is taken away, the next question cannot be answered', async () => {
      const cookie = await mark(gateway!, source);
      await withdraw();
      expect(await since(gateway!, source, cookie)).toBeUndefined();
      expect((await sourceFor(gateway!, kind)).tellsDeletions).toBe(false);
    });
  });

  test('what cannot work is refused with the reason', async () => {
    const refuse = (make: typeof usnChanges, idAttributes: readonly string[]): Promise<unknown> =>
      gateway!.session((session) => make(session, { ...watched, idAttributes }));
    expect(await refuse(dirsyncChanges, ['objectSid'])).toMatch(/by objectGUID, and ids of the mapping are objectSid/);
    expect(await refuse(usnChanges, ['objectSid'])).toMatchObject({ kind: 'usn' });
  });

  test('a deletion is told with ids that a tombstone does not keep only by comparing', async () => {
    const byNumber = { ...watched, idAttributes: ['employeeNumber'] };
    expect(await admin!.session((session) => usnChanges(session, byNumber))).toMatchObject({ tellsDeletions: false });
  });

  test('with the Recycle Bin on, deletions are told, also of what is recycled', { timeout: 60_000 }, async () => {
    const feature = `CN=Partitions,CN=Configuration,${samba.suffix}:766ddcd8-acd0-445e-f3b9-a7f9b6744f2a`;
    await privileged(samba, '', [{ operation: 'add', attribute: 'enableOptionalFeature', values: [feature] }]);
    await grantDeletedObjects(samba);
    for (const kind of kinds) {
      const source = await sourceFor(gateway!, kind);
      const [gone, recycled] = [await outside.addPerson(`${kind} binned`), await outside.addPerson(`${kind} recycled`)];
      const names = await named(gone, recycled);
      const recycledGuid = Buffer.from(await guidOf(admin!, recycled), 'hex');
      const cookie = await mark(gateway!, source);
      await outside.delete(gone);
      await outside.delete(recycled);
      const remove = { operation: 'delete', dn: `<GUID=${parseGuid(recycledGuid)}>` } as const;
      await privilegedRequest(samba, remove, ['1.2.840.113556.1.4.417', '1.2.840.113556.1.4.2064']);
      expect(describeChanges(await since(gateway!, source, cookie), names)).toEqual([`-${kind} binned`, `-${kind} recycled`]);
    }
  });

  test('a controller that was restored from an older copy is not believed', { timeout: 60_000 }, async () => {
    const sources = await Promise.all(kinds.map((kind) => sourceFor(admin!, kind)));
    const afterStart = async <T>(work: (directory: Directory) => Promise<T>): Promise<T> => {
      await samba.restart();
      const directory = await open(samba, 'admin');
      return work(directory).finally(() => directory.close());
    };
    await samba.end();
    const copy = `${samba.dir}.copy`;
    await run('cp', ['-a', '--sparse=always', samba.dir, copy]);
    const cookies = await afterStart(async (directory) => {
      await new Outside(asDomain(directory)).addPerson('lost');
      return Promise.all(sources.map((source) => mark(directory, source)));
    });
    await afterStart(async (directory) => {
      for (const [at, source] of sources.entries()) expect(await since(directory, source, cookies[at] ?? ''), source.kind).toBeDefined();
    });
    await samba.end();
    await rm(samba.dir, { recursive: true });
    await run('mv', [copy, samba.dir]);
    await afterStart(async (directory) => {
      for (const [at, source] of sources.entries()) expect(await since(directory, source, cookies[at] ?? ''), source.kind).toBeUndefined();
    });
  });
});

describe('two controllers of one domain', () => {
  let pair: SambaPair;
  let [first, second]: Directory[] = [];
  let outside: Outside;
  beforeAll(async () => {
    pair = await startSambaPair();
    first = await open(pair.servers[0], 'admin');
    second = await open(pair.servers[1], 'admin');
    outside = new Outside(asDomain(first));
    await outside.prepare();
    await outside.addGroup('club', [person('calm0')]);
    await pair.replicate();
  }, 180_000);
  afterAll(async () => {
    await first?.close();
    await second?.close();
    for (const server of pair?.servers.toReversed() ?? []) await server.stop();
  });

  test('usn: the number of one means nothing to the other', async () => {
    const source = await sourceFor(first!, 'usn');
    const cookie = await mark(first!, source);
    expect(await since(second!, source, cookie)).toBeUndefined();
    expect(await since(first!, source, cookie)).toMatchObject({ changed: [], deleted: [] });
  });

  test('usn: what arrives by replication is told, members of a group, too', { timeout: 60_000 }, async () => {
    const source = await sourceFor(second!, 'usn');
    const gone = await outside.addPerson('replicated deletion');
    const club = parseDn(`cn=club,ou=groups,ou=company,${pair.servers[0].suffix}`);
    await pair.replicate();
    const names = new Map([
      [await guidOf(first!, gone), 'gone'],
      [await guidOf(first!, club), 'club'],
    ]);
    const cookie = await mark(second!, source);
    await outside.delete(gone);
    await outside.change(club, {
      operation: 'add',
      attribute: 'member',
      values: [`uid=calm1,ou=people,ou=company,${pair.servers[0].suffix}`],
    });
    await pair.replicate();
    const told = describeChanges(await since(second!, source, cookie), names);
    expect(told).toEqual(expect.arrayContaining(['-gone', 'club']));
  });

  test('dirsync: the cookie of one is good for the other, and nothing is told twice', { timeout: 60_000 }, async () => {
    const source = await sourceFor(first!, 'dirsync');
    const [modified, gone] = [await outside.addPerson('carried'), await outside.addPerson('carried away')];
    await pair.replicate();
    const names = new Map([
      [await guidOf(first!, modified), 'carried'],
      [await guidOf(first!, gone), 'carried away'],
    ]);
    const told = (changes: Changes | undefined): readonly string[] | undefined =>
      describeChanges(changes, names)?.filter((name) => !name.includes('?'));
    const cookie = await mark(first!, source);
    await outside.replace(modified, 'sn', 'other');
    await outside.delete(gone);
    const before = await since(second!, source, cookie);
    expect(told(before)).toEqual([]);
    await pair.replicate();
    const after = await since(second!, source, before?.cookie ?? '');
    expect(told(after)).toEqual(['-carried away', 'carried']);
    expect(told(await since(first!, source, after?.cookie ?? ''))).toEqual([]);
    expect(told(await since(first!, source, cookie))).toEqual(['-carried away', 'carried']);
  });
});

function withTime(cookie: string, shift: number): string {
  const parsed = JSON.parse(cookie) as { readonly marks: readonly string[] };
  const marks = parsed.marks.map((text) => (/^1\d{12}$/.test(text) ? String(Number(text) + shift) : text));
  expect(marks).not.toEqual(parsed.marks);
  return JSON.stringify({ ...parsed, marks });
}

/** Some things not even a domain administrator may do over TCP: here the server takes everybody for the system. */
async function privilegedRequest(samba: Samba, request: Parameters<Connection['request']>[0], controls: readonly string[]): Promise<void> {
  const socket = connectSocket(join(samba.dir, 'private/ldap_priv/ldapi'));
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  const connection = new Connection('ldapi:', socket, true, 20_000);
  const { resultCode, diagnostic } = await connection.request(request, { controls: controls.map((oid) => ({ oid, critical: true })) });
  connection.destroy();
  if (resultCode !== 0) throw new Error(`${resultCode} ${diagnostic}`);
}

const privileged = (
  samba: Samba,
  dn: string,
  changes: Extract<Parameters<Connection['request']>[0], { operation: 'modify' }>['changes'],
  controls: readonly string[] = [],
): Promise<void> => privilegedRequest(samba, { operation: 'modify', dn, changes }, controls);
