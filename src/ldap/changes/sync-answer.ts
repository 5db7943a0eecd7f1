// One answer to a request for what changed, put together: entries, ids that are gone, ids that are left, and where to go on from.
// RFC 4533 sections 3.3 (refresh), 3.3.1 (present phase), 3.3.2 (delete phase).
import { Entry } from '../entry.ts';
import { DirectoryError, nameOfResult } from '../error.ts';
import type { Response, Result } from '../response.ts';
import { readSyncDone, readSyncInfo, readSyncState, syncOids, type SyncDone } from '../sync-controls.ts';
import type { Changes, EntryId } from './change-source.ts';
import { isContainer } from './context.ts';

/** By what the server names entries in its messages. */
const idAttribute = 'entryUUID';

export class SyncAnswer {
  readonly changed: Changes['changed'][number][] = [];
  /** The latest word on each entry counts. */
  readonly #deleted = new Set<string>();
  readonly #left = new Set<string>();
  #hasPresentPhase = false;
  #cookie: string | undefined;
  #result: Result | undefined;
  #done: SyncDone | undefined;

  /** @throws DirectoryError when it is malformed */
  take(response: Response): void {
    try {
      this.#take(response);
    } catch (cause) {
      throw cause instanceof DirectoryError ? cause : new DirectoryError('result', 'a synchronization message is malformed', { cause });
    }
  }

  #take(response: Response): void {
    switch (response.kind) {
      case 'entry': {
        const state = readSyncState(response.controls);
        if (state === undefined) throw new DirectoryError('result', 'an entry came without the state that synchronization gives it');
        this.#cookie = state.cookie ?? this.#cookie;
        if (state.state === 'present') this.#left.add(state.uuid);
        else if (state.state === 'delete') this.#deleted.add(state.uuid);
        else {
          this.#deleted.delete(state.uuid);
          this.changed.push({ entry: withId(response.entry, state.uuid), container: isContainer(response.entry) });
        }
        return;
      }
      case 'intermediate':
        if (response.oid === syncOids.info) this.#takeInfo(response.value);
        return;
      case 'result':
        this.#result = response.result;
        this.#done = readSyncDone(response.result.controls);
        this.#cookie = this.#done?.cookie ?? this.#cookie;
        return;
      case 'reference':
    }
  }

  get result(): Result {
    if (this.#result === undefined) throw new DirectoryError('lost', 'the synchronization ended without a result');
    return this.#result;
  }

  /** Whether the server took the request for what it is. */
  get isSynchronization(): boolean {
    return this.#done !== undefined;
  }

  /** Where the server says to go on from. */
  get cookie(): string | undefined {
    return this.#cookie;
  }

  get deleted(): readonly EntryId[] {
    return [...this.#deleted].map(idOf);
  }

  /** What is there besides `changed`, where all else is gone; undefined where only what is in `deleted` is gone. */
  get present(): readonly EntryId[] | undefined {
    if (!this.#hasPresentPhase && this.#done?.refreshDeletes === true) return undefined;
    return [...this.#left].filter((uuid) => !this.#deleted.has(uuid)).map(idOf);
  }

  /** @throws DirectoryError always, with the result */
  fail(): never {
    const { resultCode, diagnostic } = this.result;
    throw new DirectoryError('result', `synchronization: ${nameOfResult(resultCode)}`, { resultCode, diagnostic });
  }

  #takeInfo(value: Buffer): void {
    const info = readSyncInfo(value);
    this.#cookie = info.cookie ?? this.#cookie;
    if (info.kind === 'refreshPresent') this.#hasPresentPhase = true;
    if (info.kind !== 'idSet') return;
    for (const uuid of info.uuids) (info.refreshDeletes ? this.#deleted : this.#left).add(uuid);
  }
}

/** 389 Directory Server sends no operational attributes with what has changed. */
function withId(entry: Entry, uuid: string): Entry {
  if (entry.has(idAttribute)) return entry;
  return new Entry(entry.dn, [...entry.names().map((name) => [name, entry.octets(name)] as const), [idAttribute, [uuid]]]);
}

function idOf(uuid: string): EntryId {
  return { attribute: idAttribute, octets: Buffer.from(uuid) };
}
