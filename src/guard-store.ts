// The file of what the guards keep beyond a restart: opened when the configuration needs it, and then for as long as the process lives.
// No RFC; without a file everything is kept in memory.
import { channel } from 'node:diagnostics_channel';
import type { Config } from './config.ts';
import { type DirectoryState, guardFormat, stateOf } from './gateway/guard-state.ts';
import { Tally } from './gateway/limits.ts';
import { type OpenedDatabase, openDatabase } from './state/database.ts';

const events = channel('ldap-scim-gateway:event');
const [week, fortnight] = [7 * 86_400_000, 14 * 86_400_000];

/** What the guards of one directory remember. */
export interface GuardMemory {
  readonly tally: Tally;
  readonly state?: DirectoryState;
}

export class GuardStore {
  #config: Config;
  #opened: OpenedDatabase | undefined;
  #file: string | undefined;
  readonly #memories = new Map<string, GuardMemory>();

  /** @throws DatabaseError when the file cannot be used */
  constructor(config: Config) {
    this.#config = config;
    this.#open();
  }

  /** Goes on with another configuration; another file waits for a restart. @throws DatabaseError as above */
  use(config: Config): void {
    this.#config = config;
    this.#open();
  }

  /** What one directory has: without a file only the count of the hour, which nothing adds to then. */
  of(directory: string): GuardMemory {
    const known = this.#memories.get(directory) ?? this.#remember(directory);
    this.#memories.set(directory, known);
    return known;
  }

  /** Of every directory that has been asked for. */
  states(): ReadonlyMap<string, DirectoryState> {
    return new Map([...this.#memories].flatMap(([name, { state }]) => (state ? [[name, state] as const] : [])));
  }

  #remember(directory: string): GuardMemory {
    const database = this.#opened?.database;
    if (!database) return { tally: new Tally() };
    const state = stateOf(database, directory, () => ({
      holdsExpireAfter: this.#config.guards.holds?.expireAfter ?? week,
      deferralsExpireAfter: this.#config.guards.deferred?.expireAfter ?? fortnight,
    }));
    state.holds.recover();
    return { state, tally: new Tally(Date.now, state.counts) };
  }

  /** Whether another file is configured than the one in use. */
  isElsewhere({ guards }: Config): boolean {
    return this.#opened !== undefined && guards.store !== this.#file;
  }

  close(): void {
    this.#opened?.close();
  }

  #open(): void {
    if (this.#opened || !isNeeded(this.#config)) return;
    this.#file = this.#config.guards.store;
    this.#opened = openDatabase(this.#file ?? ':memory:', guardFormat, { synchronous: 'full' });
    this.#memories.clear();
    const { setAside } = this.#opened;
    if (setAside)
      events.publish({
        level: 'error',
        event: 'the file of the guards could not be trusted: it was set aside and begun anew',
        ...setAside,
      });
  }
}

/** Limits count, held changes wait, references and deleted entries have their time. */
function isNeeded({ server, guards, directories }: Config): boolean {
  if (server.role === 'reader') return false;
  return (
    guards.limits.length > 0 ||
    directories.some(({ mapping }) =>
      mapping.resources.some(
        ({ rules, delete: deletion }) =>
          rules.some(({ deferred }) => deferred !== undefined) || (deletion?.mode === 'quarantine' && deletion.purgeAfter !== undefined),
      ),
    )
  );
}
