// The rows when the server is another one: fail-over to a replica and back, and a server that was restored from an older copy.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openDirectory, type Directory } from '../../src/ldap/directory.ts';
import { parseDn } from '../../src/ldap/dn.ts';
import { present } from '../../src/ldap/filter.ts';
import { startSlapdPair } from '../servers/slapd-pair.ts';
import { startSlapd, type Slapd } from '../servers/slapd.ts';
import { openPoller, type OpenPoller } from './open-poller.ts';

const suffix = 'dc=example,dc=test';
const people = parseDn(`ou=people,${suffix}`);
const toClose: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).toReversed()) await close();
}, 60_000);

async function administer({ url, adminDn, adminPassword }: Slapd): Promise<Directory> {
  const directory = openDirectory({
    servers: [url],
    bind: { dn: adminDn, password: adminPassword },
    baseDn: parseDn(suffix),
    timeouts: { connect: 5000, operation: 10_000 },
  });
  await directory.start();
  toClose.push(() => directory.close());
  return directory;
}

const addUser = (directory: Directory, name: string): Promise<unknown> =>
  directory.add(
    parseDn(`uid=${name},ou=people,${suffix}`),
    new Map([
      ['objectClass', ['inetOrgPerson']],
      ['uid', [name]],
      ['cn', [name]],
      ['sn', [name]],
    ]),
  );

async function listed(directory: Directory): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const entry of directory.search({ base: people, scope: 'sub', filter: present('uid'), attributes: ['uid'] }))
    names.push(...entry.texts('uid'));
  return names.toSorted();
}

async function open(servers: readonly Slapd[]): Promise<OpenPoller> {
  const opened = await openPoller(servers);
  toClose.push(() => opened.close());
  return opened;
}

/** Polls until one succeeds: a fail-over takes its time. */
async function pollAgain({ poller }: OpenPoller): Promise<void> {
  const attempt = (): Promise<boolean> =>
    poller.poll().then(
      () => true,
      () => false,
    );
  await expect.poll(attempt, { timeout: 20_000 }).toBe(true);
}

test('fail-over to a replica, with changes meanwhile, and back', async () => {
  const pair = await startSlapdPair(suffix);
  toClose.push(() => pair.stop());
  const [first, second] = [await administer(pair.first), await administer(pair.second)];
  await addUser(first, 'before');
  await expect.poll(() => listed(second), { timeout: 10_000 }).toEqual(await listed(first));
  const opened = await open([pair.first, pair.second]);
  await opened.poller.poll();
  expect(await opened.names()).toEqual(await listed(first));

  await pair.first.kill();
  await addUser(second, 'during');
  await second.delete(parseDn(`uid=before,ou=people,${suffix}`));
  await pollAgain(opened);
  expect(await opened.names()).toEqual(await listed(second));

  await pair.first.restart();
  await expect.poll(() => listed(first).catch(() => []), { timeout: 20_000 }).toEqual(await listed(second));
  await addUser(first, 'after');
  await expect.poll(() => listed(second), { timeout: 10_000 }).toContain('after');
  await pollAgain(opened);
  expect(await opened.names()).toEqual(await listed(first));
}, 90_000);

test('a server that was restored from an older copy: what it holds now is what counts', async () => {
  const slapd = await startSlapd({ suffix, overlays: ['syncprov'] });
  toClose.push(() => slapd.stop());
  const admin = await administer(slapd);
  await addUser(admin, 'old');
  const opened = await open([slapd]);
  await opened.poller.poll();
  const backup = await mkdtemp(join(tmpdir(), 'backup-'));
  toClose.push(() => rm(backup, { recursive: true }));
  await slapd.end();
  await cp(join(slapd.dir, 'db'), backup, { recursive: true });
  await slapd.restart();
  await expect
    .poll(
      () =>
        addUser(admin, 'new').then(
          () => true,
          () => false,
        ),
      { timeout: 10_000 },
    )
    .toBe(true);
  await pollAgain(opened);
  expect(await opened.names()).toContain('new');

  await slapd.end();
  await rm(join(slapd.dir, 'db'), { recursive: true });
  await cp(backup, join(slapd.dir, 'db'), { recursive: true });
  await slapd.restart();
  await pollAgain(opened);
  await expect.poll(() => listed(admin).catch(() => []), { timeout: 10_000 }).toContain('old');
  expect(await opened.names()).toEqual(await listed(admin));
  expect(await opened.names()).not.toContain('new');
}, 60_000);
