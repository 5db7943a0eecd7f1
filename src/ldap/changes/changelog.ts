// Changes of 389 Directory Server by its retro changelog: deletions and renames with the ids of what they were done to.
// draft-good-ldap-changelog; the plugin Retro Changelog of 389 Directory Server.
import { childOf, emptyDn, formatDn, isUnder, parentOf, tryParseDn, type Dn } from '../dn.ts';
import { Entry } from '../entry.ts';
import { DirectoryError } from '../error.ts';
import { equal, greaterOrEqual, or } from '../filter.ts';
import type { Session } from '../session.ts';
import type { ChangeSource, Changes, EntryId, Watched } from './change-source.ts';
import { attributesOfChange, findContext, isContainer, type Context } from './context.ts';
import { readCookie, writeCookie } from './cookie.ts';
import { readCounters, type Counters } from './ds389.ts';

/** The names under which the plugin is asked to write these; others it writes under their own. */
const targetNames: ReadonlyMap<string, string> = new Map([
  ['entryuuid', 'targetEntryUUID'],
  ['nsuniqueid', 'targetUniqueId'],
]);
const targetName = (attribute: string): string => targetNames.get(attribute.toLowerCase()) ?? attribute;
const recordAttributes = ['changeNumber', 'changeType', 'targetDn', 'newRdn', 'newSuperior', 'nsUniqueId'];
/** Records before the last one, among which one must be seen. */
const tail = 20;
/** Entries that are looked up in one search. */
const batch = 100;
const noPlugin =
  'changelog needs the plugin Retro Changelog (cn=Retro Changelog Plugin,cn=plugins,cn=config, nsslapd-pluginEnabled: on) and a restart of the server';
const noRight = 'changelog needs the right to read cn=changelog';

/** A text says, for the operator, why this does not work on this server, and what it would take. */
export async function changelogChanges(session: Session, watched: Watched): Promise<ChangeSource | string> {
  const context = await findContext(session, watched);
  const { changelog, first, last, usn } = await readCounters(session, context.base);
  if (changelog === undefined) return noPlugin;
  if ((await session.read(changelog, ['cn'])) === undefined) return noRight;
  const records = await readRecords(session, changelog, Math.max(first, last - tail), watched);
  if (records.length === 0 && last > 0) return noRight;
  if (records.length > 0 && !records.some(({ ids }) => ids.length === watched.idAttributes.length)) return describeMissingIds(watched);
  return new ChangelogChanges(context, watched, usn === undefined ? undefined : 'entryusn');
}

function describeMissingIds({ idAttributes }: Watched): string {
  const settings = idAttributes.map((name) => `nsslapd-attribute: ${name}${targetName(name) === name ? '' : `:${targetName(name)}`}`);
  return `changelog needs the ids of what was changed: ${settings.join(', ')} in cn=Retro Changelog Plugin,cn=plugins,cn=config, and a restart of the server`;
}

/** One change of one entry. */
interface LogRecord {
  readonly number: number;
  /** Of the record, not of what was changed: no other record ever has it. */
  readonly id: string;
  readonly type: string;
  readonly target: Dn;
  /** Where the target was after the change. */
  readonly place: Dn;
  readonly ids: readonly EntryId[];
}

/** In the order of their numbers. */
async function readRecords(session: Session, changelog: Dn, from: number, { idAttributes }: Watched): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = [];
  const filter = greaterOrEqual('changeNumber', String(from));
  const attributes = [...recordAttributes, ...idAttributes.map(targetName)];
  for await (const entry of session.search({ base: changelog, scope: 'one', filter, attributes }))
    records.push(readRecord(entry, idAttributes));
  return records.toSorted((one, other) => one.number - other.number);
}

function readRecord(entry: Entry, idAttributes: readonly string[]): LogRecord {
  const textOf = (name: string): string => entry.texts(name)[0] ?? '';
  const dnOf = (name: string): Dn => tryParseDn(textOf(name)) ?? emptyDn;
  const target = dnOf('targetDn');
  const [rdn = []] = dnOf('newRdn').rdns;
  const superior = entry.has('newSuperior') ? dnOf('newSuperior') : undefined;
  return {
    number: Number(textOf('changeNumber')),
    id: textOf('nsUniqueId'),
    type: textOf('changeType').toLowerCase(),
    target,
    place: rdn.length === 0 || target.rdns.length === 0 ? target : childOf(rdn, superior ?? parentOf(target)),
    ids: idAttributes.flatMap((attribute) => entry.octets(targetName(attribute)).map((octets) => ({ attribute, octets }))),
  };
}

/**
 * Changes are written one after the other, but one that is written during a search may be seen without those before it. Of what a first search
 * found, the second misses only numbers that failed changes took; what is later than a gap after that is left for another time.
 */
async function readSettled(session: Session, changelog: Dn, from: number, watched: Watched): Promise<readonly LogRecord[]> {
  const once = await readRecords(session, changelog, from, watched);
  if (findGap(once, 0) === -1) return once;
  const settled = once.at(-1)?.number ?? 0;
  const twice = await readRecords(session, changelog, from, watched);
  const gap = findGap(twice, settled);
  return gap === -1 ? twice : twice.slice(0, gap);
}

/** Where the first record is that does not follow the one before it, which is at least `from`; -1 for none. */
function findGap(records: readonly LogRecord[], from: number): number {
  return records.findIndex(({ number }, at) => {
    const before = records[at - 1]?.number;
    return before !== undefined && before >= from && number !== before + 1;
  });
}

/** What became of one entry. */
interface Target {
  readonly ids: readonly EntryId[];
  readonly place: Dn;
  /** It must be looked for: it has another name, or its name cannot be read. */
  readonly isRenamed: boolean;
  readonly isDeleted: boolean;
}

class ChangelogChanges implements ChangeSource {
  readonly kind = 'changelog';
  readonly tellsDeletions = true;
  readonly stamp: string | undefined;
  readonly #context: Context;
  readonly #watched: Watched;

  constructor(context: Context, watched: Watched, stamp: string | undefined) {
    this.#context = context;
    this.#watched = watched;
    this.stamp = stamp;
  }

  async mark(session: Session): Promise<string> {
    const counters = await readCounters(session, this.#context.base);
    const { changelog, first, last } = counters;
    if (changelog === undefined) throw new DirectoryError('unavailable', `${session.url}: ${noPlugin}`);
    const latest = (await readSettled(session, changelog, Math.max(first, last - tail), this.#watched)).at(-1);
    if (latest === undefined && last > 0) throw new DirectoryError('unavailable', `${session.url}: ${noRight}`);
    return this.#write(session, counters, latest);
  }

  async since(session: Session, text: string): Promise<Changes | undefined> {
    const cookie = readCookie(text, this.kind, this.#context.base);
    const counters = await readCounters(session, this.#context.base);
    if (cookie === undefined || cookie.contextId !== this.#context.id) return undefined;
    const [server, id, reached] = [cookie.marks[0], cookie.marks[1], Number(cookie.marks[2])];
    const { changelog, first, last } = counters;
    if (server !== counters.server || changelog === undefined || !(last >= reached && first <= reached + 1)) return undefined;
    const seen = await readSettled(session, changelog, Math.max(first, reached), this.#watched);
    const isKnown = reached >= first && reached > 0;
    // The record that was read last must still be the same one; where it was removed as too old, the next one must be the oldest.
    if (isKnown ? seen[0]?.number !== reached || seen[0].id !== id : (seen[0]?.number ?? reached + 1) !== reached + 1) return undefined;
    const records = isKnown ? seen.slice(1) : seen;
    if (records.length === 0) return { cookie: text, changed: [], deleted: [] };
    const told = await this.#tell(session, records);
    return told && { cookie: this.#write(session, counters, records.at(-1)), ...told };
  }

  /** Undefined: something was changed of which it cannot be said what it is, or where it is now. */
  async #tell(session: Session, records: readonly LogRecord[]): Promise<Pick<Changes, 'changed' | 'deleted'> | undefined> {
    const targets = new Map<string, Target>();
    for (const { type, target, place, ids } of records) {
      const [id] = ids;
      const concerns = this.#concerns(target) || this.#concerns(place);
      if (id === undefined && concerns) return undefined;
      if (id === undefined) continue;
      const key = id.octets.toString('latin1');
      const before = targets.get(key);
      // Who was moved out of the base, or below a container that was, may be deleted there.
      if (!concerns && before === undefined && type !== 'delete') continue;
      const isRenamed = type === 'modrdn' || place.rdns.length === 0 || before?.isRenamed === true;
      targets.set(key, { ids, place, isRenamed, isDeleted: type === 'delete' });
    }
    const all = [...targets.values()];
    const left = all.filter(({ isDeleted }) => !isDeleted);
    const renamed = left.filter(({ isRenamed }) => isRenamed);
    const found = await this.#find(session, renamed);
    if (found.length < renamed.length) return undefined;
    const others = left.filter(({ isRenamed }) => !isRenamed).map((target) => ({ entry: asEntry(target), container: false }));
    return {
      changed: [...others, ...found.map((entry) => ({ entry, container: isContainer(entry) }))],
      deleted: all.flatMap(({ ids, isDeleted }) => (isDeleted ? ids : [])),
    };
  }

  /** In the base, or above it. */
  #concerns(dn: Dn): boolean {
    return isUnder(dn, this.#watched.base) || isUnder(this.#watched.base, dn);
  }

  async #find(session: Session, targets: readonly Target[]): Promise<readonly Entry[]> {
    const found: Entry[] = [];
    const attributes = attributesOfChange(this.#watched, undefined);
    for (let at = 0; at < targets.length; at += batch) {
      const ids = targets.slice(at, at + batch).flatMap((target) => target.ids.slice(0, 1));
      const filter = or(ids.map(({ attribute, octets }) => equal(attribute, octets)));
      for await (const entry of session.search({ base: this.#context.base, scope: 'sub', filter, attributes })) found.push(entry);
    }
    return found;
  }

  #write({ url }: Session, { server }: Counters, latest: LogRecord | undefined): string {
    const { base, id } = this.#context;
    const marks = [server, latest?.id ?? '', String(latest?.number ?? 0)];
    return writeCookie({ kind: this.kind, url, contextId: id, base, marks, witnesses: [] });
  }
}

function asEntry({ ids, place }: Target): Entry {
  return new Entry(
    formatDn(place),
    ids.map(({ attribute, octets }) => [attribute, [octets]] as const),
  );
}
