// What 389 Directory Server counts before it can be seen, in every order: nothing is passed over because a later number was seen first.
// No RFC; a session that shows what a test says, for a live server does these things in a moment that no test can hit.
import { expect, test } from 'vitest';
import type { ChangeSource, Watched } from '../../../src/ldap/changes/change-source.ts';
import { changelogChanges } from '../../../src/ldap/changes/changelog.ts';
import { entryUsnChanges } from '../../../src/ldap/changes/entryusn.ts';
import { equalDn, formatDn, parseDn } from '../../../src/ldap/dn.ts';
import { Entry } from '../../../src/ldap/entry.ts';
import { absoluteTrue } from '../../../src/ldap/filter.ts';
import type { Session } from '../../../src/ldap/session.ts';

const base = parseDn('dc=example,dc=test');
const watched: Watched = { base, scope: absoluteTrue, idAttributes: ['entryUUID'] };
const entry = (dn: string, attributes: Readonly<Record<string, string>>): Entry =>
  new Entry(
    dn,
    Object.entries(attributes).map(([name, value]) => [name, [value]]),
  );

/** Answers every search with the entries whose number is at least the one asked for. */
class ShownSession implements Partial<Session> {
  readonly url = 'ldap://shown';
  readonly capabilities = { namingContexts: [formatDn(base)] } as unknown as Session['capabilities'];
  root: Readonly<Record<string, string>> = {};
  shown: readonly Entry[] = [];
  /** What is shown after the next search. */
  later: readonly Entry[] | undefined;
  readonly #number: string;

  constructor(number: string) {
    this.#number = number;
  }

  rootDse = async (): Promise<Entry> => entry('', { nsBackendSuffix: `userroot:${formatDn(base)}`, dataversion: '1', ...this.root });
  read: Session['read'] = async (dn) => entry(formatDn(dn), { cn: 'x', ...(equalDn(dn, base) && { entryUUID: 'base' }) });
  search: Session['search'] = ({ filter }) => this.#find(filter.kind === 'greaterOrEqual' ? Number(filter.value) : Infinity);

  async *#find(from: number): AsyncGenerator<Entry, void, undefined> {
    yield* this.shown.filter((found) => Number(found.texts(this.#number)[0]) >= from);
    this.shown = this.later ?? this.shown;
    this.later = undefined;
  }
}

async function open(make: typeof changelogChanges, number: string): Promise<readonly [ShownSession, Session, ChangeSource]> {
  const shown = new ShownSession(number);
  const session = shown as unknown as Session;
  shown.root = { 'lastusn;userroot': '3', changelog: 'cn=changelog', firstchangenumber: '1', lastchangenumber: '3' };
  shown.shown = show(number, 1, 2, 3);
  const source = await make(session, watched);
  if (typeof source === 'string') throw new Error(source);
  return [shown, session, source];
}

const show = (number: string, ...numbers: readonly number[]): readonly Entry[] =>
  numbers.map((at) =>
    number === 'entryusn'
      ? entry(`uid=u${at},${formatDn(base)}`, { entryUUID: `u${at}`, entryusn: String(at), numSubordinates: '0' })
      : entry(`changenumber=${at},cn=changelog`, {
          changeNumber: String(at),
          changeType: 'modify',
          targetDn: `uid=u${at},${formatDn(base)}`,
          targetEntryUUID: `u${at}`,
          nsUniqueId: `record ${at}`,
        }),
  );

const advance = (shown: ShownSession, number: string, last: number, ...seen: readonly number[]): void => {
  shown.root = { ...shown.root, 'lastusn;userroot': String(last), lastchangenumber: String(last) };
  shown.shown = show(number, ...seen);
};

const idsOf = (changes: Awaited<ReturnType<ChangeSource['since']>>): readonly string[] | undefined =>
  changes?.changed.map((change) => change.entry.texts('entryUUID')[0] ?? '').toSorted();

test.each([
  ['entryusn', entryUsnChanges, 'entryusn'],
  ['changelog', changelogChanges, 'changeNumber'],
] as const)('%s: a number that is counted before it can be seen is told as soon as it can', async (_kind, make, number) => {
  const [shown, session, source] = await open(make, number);
  const cookie = await source.mark(session);
  advance(shown, number, 5, 1, 2, 3);
  const nothing = await source.since(session, cookie);
  expect(idsOf(nothing)).toEqual([]);
  advance(shown, number, 5, 1, 2, 3, 4, 5);
  const all = await source.since(session, nothing?.cookie ?? '');
  expect(idsOf(all)).toEqual(['u4', 'u5']);
  expect(idsOf(await source.since(session, all?.cookie ?? ''))).toEqual([]);
});

test.each([
  ['entryusn', entryUsnChanges, 'entryusn'],
  ['changelog', changelogChanges, 'changeNumber'],
] as const)('%s: the mark is not ahead of what can be seen', async (_kind, make, number) => {
  const [shown, session, source] = await open(make, number);
  advance(shown, number, 9, 1, 2, 3);
  const cookie = await source.mark(session);
  advance(shown, number, 9, 1, 2, 3, 4, 9);
  expect(idsOf(await source.since(session, cookie))).toContain('u4');
});

test('changelog: a number that a failed change took is passed over, one that is late is not', async () => {
  const [shown, session, source] = await open(changelogChanges, 'changeNumber');
  const cookie = await source.mark(session);
  advance(shown, 'changeNumber', 7, 1, 2, 3, 4, 5, 7);
  const failed = await source.since(session, cookie);
  expect(idsOf(failed)).toEqual(['u4', 'u5', 'u7']);
  expect(idsOf(await source.since(session, failed?.cookie ?? ''))).toEqual([]);

  shown.later = show('changeNumber', 1, 2, 3, 4, 5, 6, 7);
  const late = await source.since(session, cookie);
  expect(idsOf(late)).toEqual(['u4', 'u5', 'u6', 'u7']);

  advance(shown, 'changeNumber', 10, 1, 2, 3, 4, 5, 7);
  shown.later = show('changeNumber', 1, 2, 3, 4, 5, 6, 7, 8, 10);
  const cut = await source.since(session, cookie);
  expect(idsOf(cut)).toEqual(['u4', 'u5', 'u6', 'u7', 'u8']);
  expect(idsOf(await source.since(session, cut?.cookie ?? ''))).toEqual(['u10']);
});

test('changelog: another record under the number that was read last is another history', async () => {
  const [shown, session, source] = await open(changelogChanges, 'changeNumber');
  const cookie = await source.mark(session);
  advance(shown, 'changeNumber', 4, 1, 2, 3, 4);
  shown.shown = shown.shown.map((record) =>
    record.texts('changeNumber')[0] === '3'
      ? entry(record.dn, { changeNumber: '3', changeType: 'modify', targetDn: formatDn(base), targetEntryUUID: 'u3', nsUniqueId: 'other' })
      : record,
  );
  expect(await source.since(session, cookie)).toBeUndefined();
});

test('changelog: a record of the base that does not say of whom it is cannot be told', async () => {
  const [shown, session, source] = await open(changelogChanges, 'changeNumber');
  const cookie = await source.mark(session);
  advance(shown, 'changeNumber', 4, 1, 2, 3);
  const record = { changeNumber: '4', changeType: 'delete', nsUniqueId: 'record 4' };
  shown.shown = [...shown.shown, entry('changenumber=4,cn=changelog', { ...record, targetDn: `uid=u4,${formatDn(base)}` })];
  expect(await source.since(session, cookie)).toBeUndefined();
  shown.shown = [...show('changeNumber', 1, 2, 3), entry('changenumber=4,cn=changelog', { ...record, targetDn: 'uid=u4,o=elsewhere' })];
  expect(idsOf(await source.since(session, cookie))).toEqual([]);
});

test('changelog: the oldest record may be the next one, and no later one', async () => {
  const [shown, session, source] = await open(changelogChanges, 'changeNumber');
  const cookie = await source.mark(session);
  shown.root = { ...shown.root, firstchangenumber: '4' };
  advance(shown, 'changeNumber', 5, 4, 5);
  expect(idsOf(await source.since(session, cookie))).toEqual(['u4', 'u5']);
  shown.root = { ...shown.root, firstchangenumber: '5' };
  advance(shown, 'changeNumber', 5, 5);
  expect(await source.since(session, cookie)).toBeUndefined();
});
