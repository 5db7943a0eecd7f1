// One directory kept up with: polls, sweeps, reading all anew, and single entries after a write; a cycle that fails anywhere changes nothing.
// No RFC; how servers tell of changes is in ldap/changes, what may be believed of an absence is decided here.
import { createHash } from 'node:crypto';
import type { ChangeKind, Changes, ChangeSource } from '../ldap/changes/change-source.ts';
import { type Choice, chooseChanges } from '../ldap/changes/choose.ts';
import type { Directory } from '../ldap/directory.ts';
import { type Dn, formatDn, isUnder, tryParseDn } from '../ldap/dn.ts';
import type { Session } from '../ldap/session.ts';
import type { Mapping, ResourceMapping } from '../mapping/mapping.ts';
import { isDamage } from '../state/database.ts';
import type { Marks } from '../state/rows.ts';
import { Doubts } from './doubts.ts';
import { fieldsOf, watchedBy } from './fields.ts';
import { Gatherer, type Ids, type Source } from './gather.ts';
import { Holding } from './holding.ts';
import type { Listener } from './listener.ts';
import type { Replica, RowChanges } from './replica.ts';
import { type Row, RowReader } from './row.ts';
import { compareAll } from './sweep.ts';

export interface PollerOptions {
  readonly directory: Directory;
  readonly baseDn: Dn;
  readonly mapping: Mapping;
  /** Names of the resource types that are kept. */
  readonly types: readonly string[];
  /** Text of everything that rows depend on beside what the server says of itself: mapping, public URL, bases. */
  readonly made: string;
  readonly locationOf: (type: string, id: string) => string;
  readonly detect: ChangeKind | 'auto';
  readonly confirmDeletes: number;
  readonly maxRemoved: { readonly percent: number; readonly atLeast: number };
  /** A file, or `memory`. */
  readonly store: string;
  readonly tell: Listener;
  readonly now?: () => number;
}

/** A cycle that would remove too much: what it found is not believed until an operator says so. */
export class TooManyRemoved extends Error {
  override readonly name = 'TooManyRemoved';
  readonly removals: number;
  readonly limit: number;
  constructor(removals: number, limit: number) {
    super(`${removals} resources would be removed at once, more than ${limit}: nothing is, until it is accepted or the entries are back`);
    this.removals = removals;
    this.limit = limit;
  }
}

/** Layout and meaning of rows: another one is made of other rows. */
const format = 1;
/** Entries up to which changes are followed one by one; for more, everything is read again. */
const manyChanges = 20_000;
/** Milliseconds between sweeps that a change elsewhere calls for. */
const sweepPause = 60_000;
/** Rows that are handed on together while everything is read, and the octets that make fewer of them: whoever takes them does nothing else. */
const readBatch = { rows: 250, octets: 256 * 1024 };

export class Poller {
  readonly #options: PollerOptions;
  readonly #now: () => number;
  /** The way of asking for changes is not part of it: rows of an earlier run are good before it is known. */
  readonly #fingerprint: string;
  readonly #holding: Holding;
  #reader: RowReader | undefined;
  #choice: (Choice & { readonly url: string }) | undefined;
  #cycle: Promise<unknown> = Promise.resolve();
  /** Written through the gateway since the running cycle began: what that read of them may be older. */
  readonly #written = new Map<string, Set<string>>();
  #acceptRemovals = false;
  #stopped = false;
  /** Cycles that have come into force: what was read before one of them may be older than what it has brought. */
  #commits = 0;
  #lastSweep = 0;
  readonly #doubts = new Doubts();

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    const { made, baseDn, types } = options;
    this.#fingerprint = createHash('sha256')
      .update(JSON.stringify([format, made, formatDn(baseDn), types]))
      .digest('base64url');
    const fields = new Map(this.#kept().map((resource) => [resource.type.name, fieldsOf(options.mapping, resource).length]));
    this.#holding = new Holding(options.store, fields, options.tell);
  }

  /** Resources in force. */
  get rows(): number {
    return this.#holding.inForce?.count() ?? 0;
  }

  get isComplete(): boolean {
    return this.#holding.inForce !== undefined;
  }

  get kind(): ChangeKind | undefined {
    return this.#choice?.source.kind;
  }

  /** Lists can be answered from a file of an earlier run before the directory is asked for anything. */
  open(): Promise<void> {
    return this.#holding.open(this.#fingerprint);
  }

  close(): void {
    this.#stopped = true;
    this.#holding.close();
  }

  /** Asks for changes; reads everything where that does not answer. Cycles wait for each other. @throws DirectoryError, TooManyRemoved */
  poll(): Promise<void> {
    return this.#inTurn(() => this.#poll());
  }

  /** Asks for changes, then compares all ids with the rows. */
  sweep(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#poll();
      await this.#sweep();
    });
  }

  /** Reads everything anew beside the rows in force. `accept`: however much is missing. */
  readAll({ accept = false }: { readonly accept?: boolean } = {}): Promise<void> {
    return this.#inTurn(async () => {
      this.#acceptRemovals = accept;
      try {
        await this.#inSession((session) => this.#readAll(session, 'asked for'));
      } finally {
        this.#acceptRemovals = false;
      }
    });
  }

  /**
   * Reads what was written through the gateway, at once and beside a running cycle.
   * @param dns entries whose ids are not known
   * @returns URL of the server that was read from, or undefined while there are no rows to bring up to date
   */
  async refresh(ids: Ids, dns: readonly string[] = []): Promise<string | undefined> {
    const { server } = this.#options.directory.status();
    // Without rows in force nobody knows what to ask for, and what is read of everything may be older.
    if (dns.length > 0 && !this.#holding.inForce) return undefined;
    const named = dns.length > 0 ? await this.#gatherer().idsAt(this.#shared(), dns) : new Map<string, ReadonlySet<string>>();
    const concerned = this.#alsoKnownAs(joinIds(ids, named));
    for (const [type, own] of concerned) this.#written.set(type, new Set([...(this.#written.get(type) ?? []), ...own]));
    const { directory } = this.#options;
    if (!this.#holding.inForce) return undefined;
    let [changes, commits]: [RowChanges | undefined, number] = [undefined, this.#commits];
    while (!changes || commits !== this.#commits) {
      commits = this.#commits;
      changes = await this.#gatherer().readAgain(this.#shared(), concerned);
      if (this.#stopped || directory.status().server !== server) return undefined;
    }
    this.#existing().apply(changes);
    this.#noteDoubts(concerned);
    await this.#holding.taken();
    return server;
  }

  /** Other stamps than those of whole seconds are never the same again. */
  #noteDoubts(read: Ids): void {
    if (this.kind === 'timestamp') this.#doubts.note(read, this.#now());
  }

  /** An entry may be a resource of several types, under the same id: a write by one of them changes, adds or removes it in the others. */
  #alsoKnownAs(ids: Ids): Ids {
    const all = new Map([...ids].map(([type, own]) => [type, new Set(own)] as const));
    const kept = this.#kept();
    for (const resource of kept) {
      for (const id of ids.get(resource.type.name) ?? []) {
        for (const other of kept) {
          const { name } = other.type;
          if (mayShareEntries(resource, other)) all.set(name, (all.get(name) ?? new Set<string>()).add(id));
        }
      }
    }
    return all;
  }

  #inTurn(cycle: () => Promise<void>): Promise<void> {
    const next = this.#cycle.then(() => {
      this.#refuseStopped();
      this.#written.clear();
      return cycle();
    });
    this.#cycle = next.catch((error: unknown) => {
      if (isDamage(error)) this.#holding.distrust(String(error));
    });
    return next;
  }

  /** What a cycle found comes into force when the connection has proven good to its end; of one that fails nothing does. */
  async #inSession(work: (session: Session) => Promise<() => Promise<void>>): Promise<void> {
    try {
      const settle = await this.#options.directory.session(work);
      await settle();
    } finally {
      this.#holding.drop();
    }
  }

  async #poll(): Promise<void> {
    const truth = this.#now();
    let isMoved = false;
    await this.#inSession(async (session) => {
      const { source } = await this.#choose(session);
      const marks = this.#marks(source);
      if (!marks) return this.#readAll(session, this.isComplete ? 'another way of asking for changes' : 'the first time');
      const changes = await source.since(session, marks.cookie);
      if (!changes) return this.#readAll(session, 'the server cannot tell what changed');
      if (changes.changed.length + changes.deleted.length > manyChanges) return this.#readAll(session, 'too many changes to follow');
      isMoved = movedContainer(changes, this.#kept());
      const gathered = await this.#gatherer().follow(session, changes);
      const found = await this.#withWritten(session, gathered);
      return () => this.#commit(found, { ...marks, cookie: changes.cookie, truth });
    });
    if (isMoved && truth - this.#lastSweep > sweepPause) await this.#sweep();
  }

  async #sweep(): Promise<void> {
    const truth = this.#now();
    this.#lastSweep = truth;
    await this.#inSession(async (session) => {
      const { source } = await this.#choose(session);
      const marks = this.#marks(source);
      if (!marks) return this.#readAll(session, 'another way of asking for changes');
      const compare = (): ReturnType<typeof compareAll> => compareAll(session, this.#readerFor(source), this.#existing());
      const { suspects, missing } = await compare();
      if (countIds(suspects) > manyChanges) return this.#readAll(session, 'too many changes to follow');
      let gone: Ids = missing;
      for (let again = 1; again < this.#options.confirmDeletes && countIds(gone) > 0; again += 1)
        gone = intersect(gone, (await compare()).missing);
      const gathered = await this.#gatherer().readAgain(session, joinIds(suspects, this.#doubts.except(missing)));
      const absent = [...gone].flatMap(([type, ids]) => [...ids].map((id) => ({ type, id })));
      const found = await this.#withWritten(session, { ...gathered, gone: [...gathered.gone, ...absent] });
      return async () => {
        await this.#commit(found, { ...marks, truth });
        this.#doubts.settle(truth);
        this.#noteDoubts(suspects);
      };
    });
  }

  /** What was written meanwhile is read once more, so that nothing older takes its place. */
  async #withWritten(session: Session, found: RowChanges): Promise<RowChanges> {
    let { puts, gone, references } = found;
    while (countIds(this.#written) > 0) {
      const ids = new Map([...this.#written].map(([type, own]) => [type, new Set(own)] as const));
      this.#written.clear();
      const again = await this.#gatherer().readAgain(session, ids);
      const isOther = ({ type, id }: { readonly type: string; readonly id: string }): boolean => ids.get(type)?.has(id) !== true;
      puts = [...puts.filter(isOther), ...again.puts];
      gone = [...gone.filter(isOther), ...again.gone];
      references = [...references.filter(isOther), ...again.references];
    }
    return { puts, gone, references };
  }

  async #commit(changes: RowChanges, marks: Marks): Promise<void> {
    const replica = this.#existing();
    const isUnwritten = ({ type, id }: { readonly type: string; readonly id: string }): boolean =>
      this.#written.get(type)?.has(id) !== true;
    const gone = changes.gone.filter(isUnwritten);
    this.#guardRemovals(gone.length, replica);
    replica.apply({ puts: changes.puts.filter(isUnwritten), gone, references: changes.references.filter(isUnwritten) }, marks);
    this.#commits += 1;
    await this.#holding.taken();
    this.#options.tell.truth(marks.truth);
  }

  /** All rows are counted only where that matters: a poll without removals must not take longer the more there are. */
  #guardRemovals(removals: number, from: Replica): void {
    const { percent, atLeast } = this.#options.maxRemoved;
    if (removals <= atLeast || this.#acceptRemovals) return;
    const limit = Math.max(atLeast, Math.floor((from.count() * percent) / 100));
    if (removals <= limit) return;
    this.#options.tell.event({ event: 'snapshot removals stopped', level: 'error', removals, limit });
    throw new TooManyRemoved(removals, limit);
  }

  /** Beside the rows in force, which the new ones replace when all are there and the connection has proven good. */
  async #readAll(session: Session, why: string): Promise<() => Promise<void>> {
    const truth = this.#now();
    const { source } = await this.#choose(session);
    const cookie = await source.mark(session);
    const replica = this.#holding.begin();
    const gatherer = new Gatherer(this.#readerFor(source), replica, this.#options.baseDn);
    for (const type of this.#readerFor(source).types) {
      let rows: Row[] = [];
      let octets = 0;
      const keep = async (): Promise<void> => {
        this.#refuseStopped();
        replica.apply({ puts: rows, gone: [], references: [] });
        [rows, octets] = [[], 0];
        await this.#holding.taken();
      };
      for await (const row of gatherer.readRows(session, type)) {
        rows.push(row);
        octets += row.body.length;
        if (rows.length >= readBatch.rows || octets >= readBatch.octets) await keep();
      }
      await keep();
    }
    while (await this.#addWritten(session, gatherer, replica));
    await replica.store.complete();
    const old = this.#holding.inForce;
    if (old && !this.#acceptRemovals) this.#guardRemovals(old.countMissing(replica), old);
    return async () => {
      const marks = { fingerprint: this.#fingerprint, kind: source.kind, cookie, truth };
      await this.#holding.exchange(marks, () => this.#addWritten(this.#shared(), gatherer, replica));
      this.#commits += 1;
      const milliseconds = this.#now() - truth;
      this.#options.tell.event({ event: 'snapshot complete', level: 'info', rows: this.rows, milliseconds, why });
    };
  }

  /** To rows aside what was written through the gateway while they were read. @returns whether there was anything */
  async #addWritten(source: Source, gatherer: Gatherer, replica: Replica): Promise<boolean> {
    this.#refuseStopped();
    if (countIds(this.#written) === 0) return false;
    const ids = new Map(this.#written);
    this.#written.clear();
    replica.apply(await gatherer.readAgain(source, ids));
    return true;
  }

  #refuseStopped(): void {
    if (this.#stopped) throw new Error('the poller has stopped');
  }

  /** The connections that single entries are read on. */
  #shared(): Source {
    const { directory } = this.#options;
    return { search: directory.search.bind(directory), capabilities: directory.capabilities() };
  }

  async #choose(session: Session): Promise<Choice> {
    if (this.#choice?.url === session.url) return this.#choice;
    const { detect, baseDn, tell } = this.#options;
    const choice = await chooseChanges(session, watchedBy(this.#kept(), baseDn), detect);
    this.#choice = { ...choice, url: session.url };
    this.#reader = undefined;
    tell.event({ event: 'snapshot change detection', level: 'info', kind: choice.source.kind, reason: choice.reason });
    return choice;
  }

  /** Where the rows in force stand, if this source can go on from there. */
  #marks(source: ChangeSource): Marks | undefined {
    const marks = this.#holding.inForce?.marks;
    return marks?.kind === source.kind ? marks : undefined;
  }

  #kept(): Mapping['resources'] {
    return this.#options.mapping.resources.filter(({ type }) => this.#options.types.includes(type.name));
  }

  #existing(): Replica {
    const { inForce } = this.#holding;
    if (!inForce) throw new Error('there are no rows, or the poller has stopped');
    return inForce;
  }

  #gatherer(): Gatherer {
    return new Gatherer(this.#readerFor(this.#choice?.source), this.#existing(), this.#options.baseDn);
  }

  #readerFor(source: ChangeSource | undefined): RowReader {
    const { mapping, directory, locationOf } = this.#options;
    this.#reader ??= new RowReader(mapping, this.#kept(), directory.capabilities(), source?.stamp, locationOf);
    return this.#reader;
  }
}

/** Whether a container has moved to where nothing is in scope: what was below it may have been. */
function movedContainer({ changed }: Changes, resources: Mapping['resources']): boolean {
  const bases = resources.flatMap(({ scope }) => scope.bases);
  return changed.some(({ entry, container }) => {
    const dn = container ? tryParseDn(entry.dn) : undefined;
    return dn !== undefined && !bases.some((base) => isUnder(dn, base.dn) || isUnder(base.dn, dn));
  });
}

function mayShareEntries(one: ResourceMapping, other: ResourceMapping): boolean {
  const isSameId = one.id.ldap.toLowerCase() === other.id.ldap.toLowerCase();
  const areas = other.scope.bases.map(({ dn }) => dn);
  return isSameId && one.scope.bases.some(({ dn }) => areas.some((area) => isUnder(dn, area) || isUnder(area, dn)));
}

function joinIds(a: Ids, b: Ids): Ids {
  return new Map([...new Set([...a.keys(), ...b.keys()])].map((type) => [type, new Set([...(a.get(type) ?? []), ...(b.get(type) ?? [])])]));
}

function countIds(ids: Ids): number {
  return [...ids.values()].reduce((sum, { size }) => sum + size, 0);
}

function intersect(a: Ids, b: Ids): Ids {
  return new Map([...a].map(([type, ids]) => [type, new Set([...ids].filter((id) => b.get(type)?.has(id)))]));
}
