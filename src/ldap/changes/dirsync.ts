// Changes of Active Directory by DirSync, whose cookie every domain controller of the domain takes: it goes on where another one left off.
// MS-ADTS 3.1.1.3.4.1.3 (LDAP_SERVER_DIRSYNC_OID).
import { dirSync, readDirSync } from '../controls.ts';
import type { Entry } from '../entry.ts';
import { DirectoryError, nameOfResult, resultCodes } from '../error.ts';
import { equal, not, or, present, type Filter } from '../filter.ts';
import type { Result } from '../response.ts';
import { searchError } from '../search.ts';
import type { Session } from '../session.ts';
import type { ChangeSource, Changes, EntryId, Watched } from './change-source.ts';
import { isContainer, type Context } from './context.ts';
import { readCookie, writeCookie } from './cookie.ts';
import { findDomain, noDomainController, readDomainController, type DomainController } from './domain-controller.ts';
import { canReadTombstones, findTombstones, idsOfDeleted, isDeleted, type Tombstones } from './tombstones.ts';

const idAttribute = 'objectGUID';
/** LDAP_DIRSYNC_OBJECT_SECURITY: only what this account may read, and no special right for it. */
const objectSecurity = 0x1;
/** LDAP_DIRSYNC_INCREMENTAL_VALUES: of many members only those that came or went. */
const incrementalValues = 0x8000_0000;
const maxOctets = 1 << 20;
const allAttributes = ['*'];
const anything = present('objectClass');
const nothing = not(anything);
/** Entries whose class is read in one search. */
const batch = 100;
/** What servers answer to a cookie that they cannot read, or that is not theirs. */
const refusals = new Set<number>([
  resultCodes.operationsError,
  resultCodes.protocolError,
  resultCodes.unavailableCriticalExtension,
  resultCodes.unwillingToPerform,
]);

/** A text says, for the operator, why this does not work on this server, and what it would take. */
export async function dirsyncChanges(session: Session, watched: Watched): Promise<ChangeSource | string> {
  const other = watched.idAttributes.find((name) => name.toLowerCase() !== idAttribute.toLowerCase());
  if (other !== undefined) return `dirsync tells changes by ${idAttribute}, and ids of the mapping are ${other}`;
  const context = await findDomain(session, watched);
  if (typeof context === 'string') return `dirsync: ${context}`;
  const faults: string[] = [];
  for (const security of [0, objectSecurity]) {
    const { result } = await synchronize(session, context, security, nothing, Buffer.alloc(0));
    if (result.resultCode === resultCodes.success)
      return new DirSyncChanges(context, watched, security, await findTombstones(session, context));
    faults.push(`${nameOfResult(result.resultCode)} ${result.diagnostic}`);
  }
  return `dirsync was refused (${faults.join('; ')}): it needs the right "Replicating Directory Changes" on the naming context`;
}

interface Answer {
  readonly entries: readonly Entry[];
  readonly cookie: Buffer;
  /** The last one. */
  readonly result: Result;
}

/** Asks until there is no more. @throws DirectoryError when a server that has the control answers without it */
async function synchronize(session: Session, { base }: Context, security: number, filter: Filter, from: Buffer): Promise<Answer> {
  const entries: Entry[] = [];
  let cookie = from;
  for (;;) {
    const control = dirSync(security | incrementalValues, maxOctets, cookie);
    let result: Result | undefined;
    for await (const response of session.converse({ base, scope: 'sub', filter, attributes: allAttributes }, [control])) {
      if (response.kind === 'entry') entries.push(response.entry);
      if (response.kind === 'result') result = response.result;
    }
    if (result === undefined) throw new DirectoryError('lost', 'the search ended without a result');
    if (result.resultCode !== resultCodes.success) return { entries: [], cookie, result };
    const reached = readDirSync(result.controls);
    if (reached === undefined) throw new DirectoryError('result', 'dirsync: the answer does not say up to where it goes');
    if (reached.more && reached.cookie.equals(cookie)) throw new DirectoryError('result', 'dirsync: the server does not come to an end');
    cookie = reached.cookie;
    if (!reached.more) return { entries, cookie, result };
  }
}

class DirSyncChanges implements ChangeSource {
  readonly kind = 'dirsync';
  readonly tellsDeletions: boolean;
  readonly stamp = 'uSNChanged';
  readonly #context: Context;
  readonly #watched: Watched;
  readonly #security: number;
  readonly #tombstones: Tombstones;

  /** `security`: 0, or that only what this account may read is told. */
  constructor(context: Context, watched: Watched, security: number, tombstones: Tombstones) {
    this.#context = context;
    this.#watched = watched;
    this.#security = security;
    this.#tombstones = tombstones;
    this.tellsDeletions = security === 0 || tombstones.areReadable;
  }

  /** A synchronization that finds nothing goes as far as any other. */
  async mark(session: Session): Promise<string> {
    const controller = await this.#readController(session);
    const { cookie, result } = await synchronize(session, this.#context, this.#security, nothing, Buffer.alloc(0));
    if (result.resultCode !== resultCodes.success) throw searchError(result);
    return this.#write(session, cookie, [positionOf(controller)], controller);
  }

  async since(session: Session, text: string): Promise<Changes | undefined> {
    const saved = readCookie(text, this.kind, this.#context.base);
    if (saved === undefined || saved.contextId !== this.#context.id) return undefined;
    const [octets = '', time, ...positions] = saved.marks;
    const controller = await this.#readController(session);
    if (!(controller.time - Number(time) <= this.#tombstones.lifetime) || isBehind(controller, positions)) return undefined;
    if (await this.#losesDeletions(session)) return undefined;
    const answer = await synchronize(session, this.#context, this.#security, anything, Buffer.from(octets, 'base64'));
    if (refusals.has(answer.result.resultCode)) return undefined;
    if (answer.result.resultCode !== resultCodes.success) throw searchError(answer.result);
    const others = positions.filter((position) => !position.startsWith(controller.invocationId));
    const cookie = this.#write(session, answer.cookie, [positionOf(controller), ...others], controller);
    return { cookie, ...(await this.#tellApart(session, answer.entries)) };
  }

  /** The right to see what was deleted was taken away. */
  async #losesDeletions(session: Session): Promise<boolean> {
    if (this.#security === 0 || !this.tellsDeletions) return false;
    return !(await canReadTombstones(session, this.#context, this.#tombstones.control));
  }

  async #readController(session: Session): Promise<DomainController> {
    const controller = await readDomainController(session);
    if (controller === undefined) throw new DirectoryError('unavailable', `${session.url}: ${noDomainController}`);
    return controller;
  }

  /** Only changed attributes come: what has another name, or another place, may be a container although its class did not change. */
  async #tellApart(session: Session, entries: readonly Entry[]): Promise<Pick<Changes, 'changed' | 'deleted'>> {
    const ids: EntryId[] = [];
    const rest: Entry[] = [];
    for (const entry of entries) {
      if (isDeleted(entry)) ids.push(...idsOfDeleted(entry, this.#watched.idAttributes));
      else rest.push(entry);
    }
    const renamed = rest.filter((entry) => entry.has('name') || entry.has('parentGUID'));
    const containers = new Set(renamed.filter((entry) => entry.has('objectClass') && isContainer(entry)).map(keyOf));
    const unknown = renamed.filter((entry) => !entry.has('objectClass'));
    for (let at = 0; at < unknown.length; at += batch) {
      for (const key of await this.#findContainers(session, unknown.slice(at, at + batch))) containers.add(key);
    }
    return { changed: rest.map((entry) => ({ entry, container: containers.has(keyOf(entry)) })), deleted: ids };
  }

  async #findContainers(session: Session, entries: readonly Entry[]): Promise<readonly string[]> {
    const filter = or(entries.flatMap((entry) => entry.octets(idAttribute).map((octets) => equal(idAttribute, octets))));
    const request = { base: this.#context.base, scope: 'sub', filter, attributes: [idAttribute, 'objectClass'] } as const;
    const keys: string[] = [];
    for await (const entry of session.search(request)) if (isContainer(entry)) keys.push(keyOf(entry));
    return keys;
  }

  #write({ url }: Session, cookie: Buffer, positions: readonly string[], { time }: DomainController): string {
    const { base, id } = this.#context;
    const marks = [cookie.toString('base64'), String(time), ...positions];
    return writeCookie({ kind: this.kind, url, contextId: id, base, marks, witnesses: [] });
  }
}

/** How far a controller was when it was asked: one that is behind that was restored. Others may be behind, for their changes arrive late. */
const positionOf = ({ invocationId, usn }: DomainController): string => `${invocationId} ${usn}`;

function isBehind({ invocationId, usn }: DomainController, positions: readonly string[]): boolean {
  return positions.some((position) => {
    const [id, reached] = position.split(' ');
    return id === invocationId && !(usn >= Number(reached));
  });
}

function keyOf(entry: Entry): string {
  return entry.octets(idAttribute)[0]?.toString('hex') ?? entry.dn;
}
