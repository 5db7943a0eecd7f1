// Answers that slapd never gives: what is not a complete answer is an error or no answer, and never taken for "nothing is left".
// RFC 4533 sections 2.4, 2.5 and 3.12; filters by server id for servers that are long gone.
import { describe, expect, test } from 'vitest';
import type { ChangeSource, Changes } from '../../../src/ldap/changes/change-source.ts';
import { entryCsnChanges } from '../../../src/ldap/changes/entrycsn.ts';
import { syncreplChanges } from '../../../src/ldap/changes/syncrepl.ts';
import { parseDn } from '../../../src/ldap/dn.ts';
import { Entry } from '../../../src/ldap/entry.ts';
import { DirectoryError } from '../../../src/ldap/error.ts';
import { formatFilter, present, type Filter } from '../../../src/ldap/filter.ts';
import type { Response } from '../../../src/ldap/response.ts';
import type { Session } from '../../../src/ldap/session.ts';
import { syncOids } from '../../../src/ldap/sync-controls.ts';

const base = parseDn('dc=example,dc=test');
const watched = { base, scope: present('objectClass'), idAttributes: ['entryUUID'] };
const csn = (minute: number, id = '000'): string => `2026112021${minute}19.407341Z#000000#${id}#000000`;
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const uuidOctets = '00112233445566778899aabbccddeeff';
const uuid = '00112233-4455-6677-8899-aabbccddeeff';

const control = (oid: string, value: string): { oid: string; critical: boolean; value: Buffer } => ({
  oid,
  critical: false,
  value: hex(value),
});
const done = (resultCode: number, value: string | undefined): Response => ({
  kind: 'result',
  messageId: 1,
  result: {
    resultCode,
    matchedDn: '',
    diagnostic: '',
    referrals: [],
    controls: value === undefined ? [] : [control(syncOids.done, value)],
  },
});
const info = (value: string): Response => ({ kind: 'intermediate', messageId: 1, oid: syncOids.info, value: hex(value), controls: [] });
const entry = (value: string | undefined): Response => ({
  kind: 'entry',
  messageId: 1,
  entry: new Entry('cn=x', []),
  controls: value === undefined ? [] : [control(syncOids.state, value)],
});

const complete = '3003 0101ff';
const presence = '3000';

interface Stage {
  readonly session: Session;
  answer: readonly Response[];
  contextCsns: readonly string[];
  readonly filters: string[];
}

/** A server with one entry, which answers synchronization with `answer`. */
function setStage(): Stage {
  const filters: string[] = [];
  const top = (): Entry =>
    new Entry('dc=example,dc=test', [
      ['entryUUID', ['top']],
      ['entryCSN', [csn(10)]],
      ['contextCSN', stage.contextCsns],
    ]);
  const capabilities = { vendor: 'openldap', namingContexts: ['dc=example,dc=test'] } as unknown as Session['capabilities'];
  const session: Session = {
    url: 'ldap://server',
    capabilities,
    async *search({ filter }) {
      filters.push(formatFilter(filter));
      yield top();
    },
    read: async (_dn, _attributes, filter?: Filter) => (filter !== undefined && formatFilter(filter).includes('9998') ? undefined : top()),
    rootDse: async () => new Entry('', [['supportedControl', [syncOids.request]]]),
    async *converse() {
      yield* stage.answer;
    },
  };
  const stage: Stage = { session, filters, answer: [done(0, complete)], contextCsns: [csn(10)] };
  return stage;
}

async function ask(answer: readonly Response[]): Promise<Changes | undefined> {
  const stage = setStage();
  const source = (await syncreplChanges(stage.session, watched)) as ChangeSource;
  const cookie = await source.mark(stage.session);
  stage.answer = answer;
  return source.since(stage.session, cookie);
}

describe('an answer', () => {
  test('without changes is one', async () => {
    expect(await ask([done(0, complete)])).toMatchObject({ changed: [], deleted: [] });
  });

  test('names an entry that comes without its id by what synchronization calls it', async () => {
    const changes = await ask([entry(`3015 0a0101 0410${uuidOctets}`), done(0, complete)]);
    expect(changes?.changed.map(({ entry: found }) => found.texts('entryUUID'))).toEqual([[uuid]]);
  });

  test('by which nothing at all is left is none', async () => {
    expect(await ask([done(0, presence)])).toBeUndefined();
    expect(await ask([info('a203 0101ff'), done(0, complete)])).toBeUndefined();
    expect(await ask([entry(`3015 0a0101 0410${uuidOctets}`), done(0, presence)])).toBeUndefined();
  });

  test('of what is left names it, less what is deleted after', async () => {
    const other = 'ff'.repeat(16);
    const list = info(`a326 3124 0410${uuidOctets} 0410${other}`);
    const changes = await ask([list, info('a200'), info(`a317 0101ff 3112 0410${other}`), done(0, complete)]);
    expect(changes?.present).toEqual([{ attribute: 'entryUUID', octets: Buffer.from(uuid) }]);
    expect(changes?.deleted).toHaveLength(1);
  });

  test.each([2, 3, 4, 11, 53, 4096])('with the code %i is none: the cookie, or so much, cannot be served', async (code) => {
    expect(await ask([done(code, undefined)])).toBeUndefined();
  });

  test.each([
    ['another code', [done(80, undefined)]],
    ['busy', [done(51, undefined)]],
    ['no sign of synchronization', [done(0, undefined)]],
    ['an entry without its state', [entry(undefined), done(0, complete)]],
    ['a state that is malformed', [entry('3003 0a0101'), done(0, complete)]],
    ['a message that is malformed', [info('a304 31020401'), done(0, complete)]],
    ['no end', [entry(`3015 0a0101 0410${uuidOctets}`)]],
  ] as const)('with %s is an error', async (_, answer) => {
    await expect(ask(answer)).rejects.toThrow(DirectoryError);
  });

  test('to the first question that is none is a reason to use something else', async () => {
    const stage = setStage();
    stage.answer = [done(0, undefined)];
    expect(await syncreplChanges(stage.session, watched)).toContain('answered as a plain search');
    stage.answer = [done(50, undefined)];
    expect(await syncreplChanges(stage.session, watched)).toContain('refused: insufficientAccessRights');
    stage.contextCsns = [];
    expect(await syncreplChanges(stage.session, watched)).toContain('needs contextCSN');
  });
});

describe('entrycsn of several servers', () => {
  test('asks for each from where it was, so that one that is long gone costs nothing', async () => {
    const stage = setStage();
    stage.contextCsns = [csn(50, '001'), csn(10, '002')];
    const source = (await entryCsnChanges(stage.session, watched)) as ChangeSource;
    const cookie = await source.mark(stage.session);
    stage.contextCsns = [csn(55, '001'), csn(10, '002'), csn(20, '003')];
    stage.filters.length = 0;
    await source.since(stage.session, cookie);
    const [filter = ''] = stage.filters;
    expect(filter).toContain('(&(entryCSN:CSNSIDMatch:=001)(entryCSN>=20261120214919.407000Z#000000#000#000000))');
    expect(filter).toContain('(&(entryCSN:CSNSIDMatch:=002)(entryCSN>=20261120210919.407000Z#000000#000#000000))');
    // All of a server that was not known before, and what nobody claims since the latest that was seen.
    expect(filter).toContain('(entryCSN:CSNSIDMatch:=003)(');
    expect(filter).toMatch(/\(&\(!\(\|.*CSNSIDMatch:=003\)\)\)\(entryCSN>=20261120214919/);
  });

  test('cannot go on when one of them is behind', async () => {
    const stage = setStage();
    stage.contextCsns = [csn(50, '001'), csn(10, '002')];
    const source = (await entryCsnChanges(stage.session, watched)) as ChangeSource;
    const cookie = await source.mark(stage.session);
    stage.contextCsns = [csn(55, '001')];
    expect(await source.since(stage.session, cookie)).toBeUndefined();
  });
});
