// Changes by content synchronization, refresh only: deletions included, and what was missed meanwhile.
// RFC 4533; OpenLDAP with the overlay syncprov, 389 Directory Server with its plugin in OpenLDAP mode.
import type { Entry } from '../entry.ts';
import { DirectoryError, nameOfResult, resultCodes } from '../error.ts';
import { present } from '../filter.ts';
import type { Session } from '../session.ts';
import { syncOids, syncRequest } from '../sync-controls.ts';
import type { ChangeSource, Changes, EntryId, Watched } from './change-source.ts';
import { attributesOfChange, findContext, isSameTree, type Context } from './context.ts';
import { readCookie, writeCookie } from './cookie.ts';
import { isBehind, readCookieCsns, readCsns, writeCookieCsns, type Csns } from './csn.ts';
import { beyond, csnStamp, isContinued } from './entrycsn.ts';
import { changedOf, findLatest, readSince, witnessesOf } from './stamp.ts';
import { SyncAnswer } from './sync-answer.ts';
import { isCounted, isForgotten, readPosition, writeMarks, type Position } from './sync-position.ts';
import { hearWitnesses, type Witness } from './witness.ts';

const syncRefreshRequired = 4096;
/**
 * The server cannot go on from this cookie: it is unknown (4096), from a future that a restored server does not know (53), or none at all (2);
 * or more has changed than the server gives to one request (3, 4, 11).
 */
const refusals = new Set<number>([
  syncRefreshRequired,
  resultCodes.unwillingToPerform,
  resultCodes.protocolError,
  resultCodes.timeLimitExceeded,
  resultCodes.sizeLimitExceeded,
  resultCodes.adminLimitExceeded,
]);

/** A text says, for the operator, why this does not work on this server, and what it would take. */
export async function syncreplChanges(session: Session, watched: Watched): Promise<ChangeSource | string> {
  const other = watched.idAttributes.find((name) => name.toLowerCase() !== 'entryuuid');
  if (other !== undefined) return `syncrepl tells deletions by entryUUID, and ids of the mapping are ${other}`;
  const root = await session.rootDse(['supportedControl']);
  if (!root.texts('supportedControl').includes(syncOids.request))
    return 'syncrepl needs the overlay syncprov (OpenLDAP) or the plugin Content Synchronization (389 Directory Server)';
  const context = await findContext(session, watched);
  const source = new SyncreplChanges(context, watched, await findStamp(session, context));
  return (await source.findFault(session)) ?? source;
}

/** What a comparison of all entries may go by. */
async function findStamp(session: Session, { base }: Context): Promise<string> {
  const candidates = [csnStamp.attribute, 'entryusn'];
  const entry = await session.read(base, candidates);
  return candidates.find((name) => entry?.has(name) === true) ?? 'modifyTimestamp';
}

class SyncreplChanges implements ChangeSource {
  readonly kind = 'syncrepl';
  readonly tellsDeletions = true;
  readonly stamp: string;
  readonly #context: Context;
  readonly #watched: Watched;

  constructor(context: Context, watched: Watched, stamp: string) {
    this.stamp = stamp;
    this.#context = context;
    this.#watched = watched;
  }

  /** Why it does not work, found out by asking what has changed since right now. */
  async findFault(session: Session): Promise<string | undefined> {
    const position = await readPosition(session, this.#context);
    if (typeof position === 'string') return position;
    const answer = await this.#ask(session, position.csns);
    const { resultCode, diagnostic } = answer.result;
    if (resultCode !== resultCodes.success) return `syncrepl was refused: ${nameOfResult(resultCode)} ${diagnostic}`;
    return answer.isSynchronization ? undefined : 'syncrepl is advertised, but answered as a plain search';
  }

  async mark(session: Session): Promise<string> {
    const position = await this.#position(session);
    const latest = position.log ? [] : await findLatest(session, this.#context, this.#watched, csnStamp, Date.now());
    return this.#write(session, position, latest, []);
  }

  async since(session: Session, text: string): Promise<Changes | undefined> {
    const cookie = readCookie(text, this.kind, this.#context.base);
    if (cookie === undefined || !(await isSameTree(session, this.#context, this.#watched, cookie.contextId))) return undefined;
    const position = await this.#position(session);
    const seen = readCsns(cookie.marks);
    if (!isContinued(session, cookie, seen, position.csns) || isForgotten(cookie.marks, position)) return undefined;
    const answer = await this.#ask(session, seen);
    if (refusals.has(answer.result.resultCode)) return undefined;
    if (answer.result.resultCode !== resultCodes.success || !answer.isSynchronization) answer.fail();
    const told = readCookieCsns(answer.cookie ?? '');
    const reached = told.size > 0 ? { ...position, csns: told } : position;
    const { haveGoneBack, areGone, stragglers } = await this.#lookAround(session, reached, cookie.witnesses);
    const { deleted } = answer;
    const isLate = stragglers.length > 0 && !isCounted(cookie.marks, reached);
    const left = answer.present ?? (isLate ? await this.#count(session) : undefined);
    // That nothing at all is left is no answer. That all witnesses are gone is one only of a server that logged their deletion.
    if (haveGoneBack || (left !== undefined && (left.length === 0 || areGone))) return undefined;
    const changed = [...answer.changed, ...changedOf(stragglers)];
    const entries = changed.map(({ entry }) => entry);
    const next = this.#write(session, reached, entries, areGone ? [] : cookie.witnesses, isLate || isCounted(cookie.marks, reached));
    return { cookie: next, changed, deleted, ...(left !== undefined && { present: left }) };
  }

  /**
   * What has become of the witnesses; and who has a later number than the server says it has reached. Of writes that ended in another order than
   * they began in, slapd tells only after the next write, deletions among them.
   */
  async #lookAround(
    session: Session,
    { csns, log }: Position,
    witnesses: readonly Witness[],
  ): Promise<ReturnType<typeof hearWitnesses> & { readonly stragglers: readonly Entry[] }> {
    if (log !== undefined) return { haveGoneBack: false, areGone: false, stragglers: [] };
    const entries = await readSince(session, this.#context, this.#watched, csnStamp, beyond(csns), witnesses);
    const stragglers = entries.filter((entry) => entry.texts(csnStamp.attribute).some((csn) => isBehind(csns, readCsns([csn]))));
    return { ...hearWitnesses(witnesses, entries, csnStamp.attribute), stragglers };
  }

  /** The ids of all entries: what was deleted together with late writes is not among them. */
  async #count(session: Session): Promise<readonly EntryId[]> {
    const ids: EntryId[] = [];
    const request = {
      base: this.#context.base,
      scope: 'sub',
      filter: present('objectClass'),
      attributes: this.#watched.idAttributes,
    } as const;
    for await (const entry of session.search(request))
      for (const attribute of this.#watched.idAttributes) ids.push(...entry.octets(attribute).map((octets) => ({ attribute, octets })));
    return ids;
  }

  /** Everything in the naming context, in scope or not: who leaves the scope is told as changed, and so is a container that is renamed. */
  async #ask(session: Session, seen: Csns): Promise<SyncAnswer> {
    const attributes = attributesOfChange(this.#watched, this.stamp);
    const request = { base: this.#context.base, scope: 'sub', filter: present('objectClass'), attributes } as const;
    const answer = new SyncAnswer();
    for await (const response of session.converse(request, [syncRequest(writeCookieCsns(seen))])) answer.take(response);
    return answer;
  }

  async #position(session: Session): Promise<Position> {
    const position = await readPosition(session, this.#context);
    if (typeof position === 'string') throw new DirectoryError('unavailable', position);
    return position;
  }

  #write({ url }: Session, position: Position, changed: readonly Entry[], before: readonly Witness[], isCountedNow = false): string {
    const { base, id } = this.#context;
    const witnesses = witnessesOf(changed, this.#watched, csnStamp, before);
    return writeCookie({ kind: this.kind, url, contextId: id, base, marks: writeMarks(position, isCountedNow), witnesses });
  }
}
