// "What changed since": the ways in which directory servers tell, one file each, behind one interface.
// RFC 4533 (content synchronization), MS-ADTS 3.1.1.3.4.1.3 (DirSync), and what servers stamp on entries.
import type { Dn } from '../dn.ts';
import type { Entry } from '../entry.ts';
import type { Filter } from '../filter.ts';
import type { Session } from '../session.ts';

export type ChangeKind = 'syncrepl' | 'entrycsn' | 'usn' | 'dirsync' | 'entryusn' | 'changelog' | 'timestamp';

/** What is watched. */
export interface Watched {
  /** Holds all search bases of the mapping. */
  readonly base: Dn;
  /** Matches every entry in scope of any resource type. */
  readonly scope: Filter;
  /** The attributes behind `id` of the resource types: entryUUID, objectGUID, nsUniqueId. */
  readonly idAttributes: readonly string[];
}

/** The value of an id attribute as an entry holds it. */
export interface EntryId {
  readonly attribute: string;
  readonly octets: Buffer;
}

export interface Changes {
  /** Where the next question goes on. To be kept only together with what it brought. */
  readonly cookie: string;
  /**
   * Entries that are new or may have changed, with their id attributes: also some that did not change, and some outside the scope (an entry
   * that left it; a container whose new name is that of everything below it). `container` for one that may have entries below it.
   */
  readonly changed: readonly { readonly entry: Entry; readonly container: boolean }[];
  /**
   * Entries that are gone, or that this account does not see any more. One that is not known may have been a container, moved with all that is
   * below it, of which nothing is told then: all ids must be compared.
   */
  readonly deleted: readonly EntryId[];
  /** All that exist, where the server tells only what is left: what is neither here nor in `changed` is gone. */
  readonly present?: readonly EntryId[];
}

export interface ChangeSource {
  readonly kind: ChangeKind;
  /** Whether `since` tells of deletions; otherwise only comparing all ids finds them. */
  readonly tellsDeletions: boolean;
  /** An attribute that gets another value with every change, so that a comparison of all entries finds missed ones. */
  readonly stamp: string | undefined;
  /** Where the directory stands now: `since` tells all that happens later. To be taken before everything is read. */
  mark(session: Session): Promise<string>;
  /**
   * What changed since a cookie of `mark` or `since`. Undefined: this server cannot tell (another server, a restored older one, a cookie too
   * old or refused): everything must be read again. @throws DirectoryError when the answer is not complete
   */
  since(session: Session, cookie: string): Promise<Changes | undefined>;
}
