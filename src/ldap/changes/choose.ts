// Which way of asking for changes a server really supports, in the order of preference for its kind.
// No RFC; what is advertised is tried before it is believed.
import type { Capabilities } from '../directory.ts';
import { DirectoryError } from '../error.ts';
import type { Session } from '../session.ts';
import { changelogChanges } from './changelog.ts';
import type { ChangeKind, ChangeSource, Watched } from './change-source.ts';
import { dirsyncChanges } from './dirsync.ts';
import { entryCsnChanges } from './entrycsn.ts';
import { entryUsnChanges } from './entryusn.ts';
import { syncreplChanges } from './syncrepl.ts';
import { timestampChanges } from './timestamp.ts';
import { usnChanges } from './usn.ts';

export interface Choice {
  readonly source: ChangeSource;
  /** For the operator: why this one, and what would be better. */
  readonly reason: string;
}

type Open = (session: Session, watched: Watched) => Promise<ChangeSource | string>;

const kinds: Readonly<Record<ChangeKind, Open>> = {
  syncrepl: syncreplChanges,
  entrycsn: entryCsnChanges,
  usn: usnChanges,
  dirsync: dirsyncChanges,
  entryusn: entryUsnChanges,
  changelog: changelogChanges,
  timestamp: timestampChanges,
};

/**
 * DirSync is for those who ask for it: it needs rights that few service accounts have, and tells more than is watched. The changelog tells
 * deletions, and goes on after the server was started again; entryusn does neither for the account of a service.
 */
const preferences: Readonly<Record<Capabilities['vendor'], readonly ChangeKind[]>> = {
  openldap: ['syncrepl', 'entrycsn', 'timestamp'],
  generic: ['syncrepl', 'entrycsn', 'timestamp'],
  '389ds': ['syncrepl', 'changelog', 'entryusn', 'timestamp'],
  freeipa: ['syncrepl', 'changelog', 'entryusn', 'timestamp'],
  'active-directory': ['usn', 'timestamp'],
  'samba-ad': ['usn', 'timestamp'],
};

/** @throws DirectoryError when the one asked for does not work on this server, with what is missing */
export async function chooseChanges(session: Session, watched: Watched, wanted: ChangeKind | 'auto'): Promise<Choice> {
  const order = wanted === 'auto' ? preferences[session.capabilities.vendor] : [wanted];
  const refused: string[] = [];
  for (const kind of order) {
    const source = await kinds[kind](session, watched);
    if (typeof source !== 'string') return { source, reason: describe(source, wanted, refused) };
    refused.push(source);
  }
  throw new DirectoryError('unavailable', `changes of ${session.url} cannot be told: ${refused.join('; ')}`);
}

const seeingTombstones = ' (unless this account gets the rights "list contents" and "read property" on CN=Deleted Objects)';
/** What it would take to be told deletions. */
const toTellDeletions: Readonly<Partial<Record<ChangeKind, string>>> = { usn: seeingTombstones, dirsync: seeingTombstones };

function describe({ kind, tellsDeletions }: ChangeSource, wanted: ChangeKind | 'auto', refused: readonly string[]): string {
  const why = wanted === 'auto' ? (refused.length === 0 ? 'the best for this server' : refused.join('; ')) : 'as configured';
  return `${kind}: ${why}${tellsDeletions ? '' : `; deletions are found by comparing all ids${toTellDeletions[kind] ?? ''}`}`;
}
