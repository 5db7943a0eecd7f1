// Which domain controller answers, and up to which change it stands: its counters mean nothing to another one.
// MS-ADTS 3.1.1.3.2 (root DSE), 3.1.1.1.9 (update sequence numbers).
import { equalDn, tryParseDn } from '../dn.ts';
import type { Session } from '../session.ts';
import { parseGeneralizedTime, parseGuid } from '../syntax.ts';
import type { Watched } from './change-source.ts';
import { findContext, type Context } from './context.ts';

export interface DomainController {
  readonly host: string;
  /** Of its database: another one after it was restored as Windows wants it. */
  readonly invocationId: string;
  /** highestCommittedUSN: all changes up to it can be seen. */
  readonly usn: number;
  /** Epoch milliseconds by its own clock. */
  readonly time: number;
}

/** Undefined where the server is none, or does not say enough of itself to this account. */
export async function readDomainController(session: Session): Promise<DomainController | undefined> {
  const root = await session.rootDse(['dnsHostName', 'dsServiceName', 'highestCommittedUSN', 'currentTime']);
  const [host, usn, now] = ['dnsHostName', 'highestCommittedUSN', 'currentTime'].map((name) => root.texts(name)[0]);
  const service = root.texts('dsServiceName').map(tryParseDn)[0];
  if (host === undefined || usn === undefined || now === undefined || service === undefined) return undefined;
  const [invocationId] = (await session.read(service, ['invocationId']))?.octets('invocationId') ?? [];
  if (invocationId === undefined) return undefined;
  return { host, invocationId: parseGuid(invocationId), usn: Number(usn), time: Date.parse(parseGeneralizedTime(now)) };
}

/** For the operator. */
export const noDomainController =
  'highestCommittedUSN of the root DSE, and invocationId of the entry that dsServiceName names, cannot be read: both are for every account of a domain';

/**
 * The naming context of a domain: only there is seen who moves out of the base.
 * @returns a text for the operator where there is none, or where this account cannot see it
 */
export async function findDomain(session: Session, watched: Watched): Promise<Context | string> {
  if ((await readDomainController(session)) === undefined) return `for Active Directory only: ${noDomainController}`;
  const context = await findContext(session, watched);
  const isWhole = session.capabilities.namingContexts.some((text) => equalDn(tryParseDn(text) ?? { rdns: [] }, context.base));
  return isWhole ? context : 'the entry of the naming context cannot be read, which every account of a domain may do by default';
}
