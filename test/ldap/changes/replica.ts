// A copy of what is in scope, kept by a source of changes alone, as the poller keeps one; and what the directory really holds, to compare.
// Test set-up only.
import { DirectoryError, type Directory } from '../../../src/ldap/directory.ts';
import { chooseChanges } from '../../../src/ldap/changes/choose.ts';
import type { Changes, ChangeSource, EntryId, Watched } from '../../../src/ldap/changes/change-source.ts';
import { formatDn, isUnder, parseDn, type Dn } from '../../../src/ldap/dn.ts';
import type { Entry } from '../../../src/ldap/entry.ts';
import type { Session } from '../../../src/ldap/session.ts';

/** DN and stamp of each entry, by id. */
export type Contents = ReadonlyMap<string, string>;

const keyOf = ({ attribute, octets }: EntryId): string => `${attribute.toLowerCase()} ${octets.toString('hex')}`;

function idOf(entry: Entry, { idAttributes }: Watched): string | undefined {
  for (const attribute of idAttributes) {
    const octets = entry.octets(attribute)[0];
    if (octets !== undefined) return keyOf({ attribute, octets });
  }
  return undefined;
}

export async function enumerate(session: Session, watched: Watched, stamp: string, base: Dn = watched.base): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  try {
    for await (const entry of session.search({ base, scope: 'sub', filter: watched.scope, attributes: [...watched.idAttributes, stamp] })) {
      const id = idOf(entry, watched);
      if (id !== undefined) found.set(id, `${formatDn(parseDn(entry.dn))} ${entry.texts(stamp).join()}`);
    }
  } catch (error) {
    // The container has gone meanwhile.
    if (!(error instanceof DirectoryError && error.resultCode === 32)) throw error;
  }
  return found;
}

/** One for each way to be told of changes, filled. */
export async function loadReplicas(
  directory: Directory,
  watched: Watched,
  kinds: readonly Parameters<typeof chooseChanges>[2][],
): Promise<readonly Replica[]> {
  return directory.session(async (session) => {
    const made: Replica[] = [];
    for (const kind of kinds) made.push(new Replica((await chooseChanges(session, watched, kind)).source, watched));
    for (const replica of made) await replica.load(session);
    return made;
  });
}

export class Replica {
  readonly #source: ChangeSource;
  readonly #watched: Watched;
  #contents = new Map<string, string>();
  #cookie = '';
  /** How often everything had to be read. */
  resyncs = 0;
  /** What the last `since` said. */
  last: Changes | undefined;

  constructor(source: ChangeSource, watched: Watched) {
    this.#source = source;
    this.#watched = watched;
  }

  get source(): ChangeSource {
    return this.#source;
  }

  get cookie(): string {
    return this.#cookie;
  }

  get contents(): Contents {
    return this.#contents;
  }

  /** Names the attribute that tells two states of an entry apart. */
  get stamp(): string {
    return this.#source.stamp ?? 'modifyTimestamp';
  }

  async load(session: Session): Promise<void> {
    this.#cookie = await this.#source.mark(session);
    this.#contents = await enumerate(session, this.#watched, this.stamp);
  }

  async follow(directory: Directory): Promise<void> {
    await directory.session(async (session) => {
      const changes = await this.#source.since(session, this.#cookie);
      this.last = changes;
      if (changes === undefined) {
        this.resyncs += 1;
        await this.load(session);
      } else {
        await this.#apply(session, changes);
        this.#cookie = changes.cookie;
      }
    });
  }

  async #apply(session: Session, { changed, deleted, present }: Changes): Promise<void> {
    const named = new Set<string>();
    for (const { entry, container } of changed) {
      const id = idOf(entry, this.#watched);
      if (id === undefined) continue;
      named.add(id);
      await this.#look(session, id, parseDn(entry.dn));
      if (container) await this.#lookBelow(session, parseDn(entry.dn));
    }
    const isStrange = deleted.some((id) => !this.#contents.has(keyOf(id)));
    for (const id of deleted) this.#contents.delete(keyOf(id));
    if (present !== undefined) {
      const left = new Set(present.map(keyOf));
      for (const id of this.#contents.keys()) if (!left.has(id) && !named.has(id)) this.#contents.delete(id);
    }
    if (this.#source.tellsDeletions && !isStrange) return;
    const all = await enumerate(session, this.#watched, this.stamp);
    for (const id of this.#contents.keys()) if (!all.has(id)) this.#contents.delete(id);
  }

  /** Whether it is in scope is asked of the server. */
  async #look(session: Session, id: string, dn: Dn): Promise<void> {
    const attributes = [...this.#watched.idAttributes, this.stamp];
    const entry = isUnder(dn, this.#watched.base) ? await session.read(dn, attributes, this.#watched.scope) : undefined;
    if (entry !== undefined && idOf(entry, this.#watched) === id) {
      this.#contents.set(id, `${formatDn(dn)} ${entry.texts(this.stamp).join()}`);
    } else this.#contents.delete(id);
  }

  async #lookBelow(session: Session, container: Dn): Promise<void> {
    for (const [id, text] of await enumerate(session, this.#watched, this.stamp, container)) {
      if (isUnder(parseDn(text.slice(0, text.lastIndexOf(' '))), this.#watched.base)) this.#contents.set(id, text);
      else this.#contents.delete(id);
    }
  }
}
