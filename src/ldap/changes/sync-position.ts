// Where a server stands that synchronizes content: the numbers that a cookie consists of, and whether it can still go on from others.
// RFC 4533 leaves cookies to servers: OpenLDAP writes contextCSN into them, and 389 Directory Server, in OpenLDAP mode, the number of a change.
import { nameOfResult, resultCodes } from '../error.ts';
import { present } from '../filter.ts';
import type { Session } from '../session.ts';
import { syncRequest } from '../sync-controls.ts';
import type { Context } from './context.ts';
import { readCookieCsns, type Csns } from './csn.ts';
import { readContextCsns } from './entrycsn.ts';
import { readCounters, type Counters } from './ds389.ts';
import { SyncAnswer } from './sync-answer.ts';

export interface Position {
  readonly csns: Csns;
  /** Of 389 Directory Server: which start of it, and from where to where its log goes. */
  readonly log?: Counters;
}

/** A text says why there is none. */
export async function readPosition(session: Session, context: Context): Promise<Position | string> {
  const { vendor } = session.capabilities;
  if (vendor === '389ds' || vendor === 'freeipa') return readLogPosition(session, context);
  const csns = await readContextCsns(session, context);
  if (csns.size > 0) return { csns };
  return 'syncrepl needs contextCSN on the entry of the naming context, readable for this account (overlay syncprov)';
}

const counted = 'counted';
/** The cookie that a client of OpenLDAP begins with; who asks for one entry only is told where the log stands. */
const firstCookie = 'rid=000';

async function readLogPosition(session: Session, { base }: Context): Promise<Position | string> {
  const log = await readCounters(session, base);
  const answer = new SyncAnswer();
  const request = { base, scope: 'base', filter: present('objectClass'), attributes: [] } as const;
  for await (const response of session.converse(request, [syncRequest(firstCookie)])) answer.take(response);
  const { resultCode } = answer.result;
  const csns = readCookieCsns(answer.cookie ?? '');
  if (resultCode !== resultCodes.success || csns.size === 0) {
    const seen = resultCode === resultCodes.success ? 'another cookie' : nameOfResult(resultCode);
    return `syncrepl needs syncrepl-allow-openldap on the plugin Content Synchronization: without it, ids are not entryUUID (${seen})`;
  }
  return { csns, log };
}

/** As it is kept in a cookie; `isCounted`: all ids were compared since the server has reached it. */
export function writeMarks({ csns, log }: Position, isCountedSince: boolean): readonly string[] {
  const own = log === undefined ? [] : [`start=${log.start}`, `last=${log.last}`];
  return [...csns.values(), ...own, ...(isCountedSince ? [counted] : [])];
}

/** Whether all ids were compared since the server has reached this position. */
export function isCounted(marks: readonly string[], { csns }: Position): boolean {
  return marks.includes(counted) && [...csns.values()].every((csn) => marks.includes(csn));
}

/**
 * 389 Directory Server takes any number that it has reached: neither that its log does not go back to it any more nor that it was restored is
 * noticed. A server that was restored was started.
 */
export function isForgotten(marks: readonly string[], { log }: Position): boolean {
  if (log === undefined) return false;
  const last = Number(marks.find((mark) => mark.startsWith('last='))?.slice('last='.length) ?? NaN);
  return !marks.includes(`start=${log.start}`) || !(log.first <= last + 1);
}
