// The snapshot of one directory as the rest of the gateway has it: kept up by a thread, and vouched for or not.
// RFC 9111 section 4.2 (age); what this process wrote is in it before the next list, or the list is read live.
import { channel } from 'node:diagnostics_channel';
import { Worker } from 'node:worker_threads';
import { Snapshot, type SnapshotType } from '../cache/snapshot.ts';
import type { Reading, SnapshotSource } from '../cache/source.ts';
import type { ChangeKind } from '../ldap/changes/change-source.ts';
import { type Mapping, resourceNamed } from '../mapping/mapping.ts';
import { epochOfSteadyClock, steadyClock } from './clock.ts';
import { fieldsOf, unkeptBecause } from './fields.ts';
import type { Ask, Tell, WorkerSettings } from './messages.ts';

interface Epoch {
  readonly epoch: number;
  readonly snapshot: Snapshot;
}

export interface FollowerOptions {
  /** Name of the directory, for the log. */
  readonly name: string;
  readonly mapping: Mapping;
  readonly settings: Omit<WorkerSettings, 'types' | 'epoch'>;
  /** Milliseconds. */
  readonly maxStaleness: number;
  /** URL of the server that takes writes now. */
  readonly server: () => string | undefined;
  readonly now?: () => number;
}

/** For the operator. */
export interface FollowerStatus {
  readonly state: 'complete' | 'incomplete' | 'stopped';
  readonly detect?: ChangeKind | undefined;
  readonly resources: number;
  readonly octets: number;
  /** Seconds. */
  readonly age?: number | undefined;
  readonly lastCycle?: { readonly cycle: string; readonly at: string; readonly milliseconds: number; readonly error?: string } | undefined;
  /** Resource types that are not in it, and why. */
  readonly live: Readonly<Record<string, string>>;
}

/** Milliseconds that a list waits for what was just written, before it is read live. */
const patience = 2000;
/** Milliseconds that the first list of all waits for a directory that does not answer. */
const connectPatience = 750;
/** Milliseconds that writes wait for others, to be read again together, while nobody asks for a list. */
const refreshPause = 250;
/** Milliseconds before a thread that died is started again; doubled each time, until one has come as far as complete rows. */
const restartPause = { first: 5000, last: 300_000 };

/** Age is not what the clock on the wall says: that one may be set while rows grow older. */
const epoch = epochOfSteadyClock();

/** Most of what the thread makes is garbage at once: with more room for it, it only takes more. */
const resourceLimits = { maxYoungGenerationSizeMb: 48 };

const events = channel('ldap-scim-gateway:event');

export class Follower implements SnapshotSource {
  readonly #options: FollowerOptions;
  readonly #types: readonly SnapshotType[];
  readonly #live: Readonly<Record<string, string>>;
  readonly #now: () => number;
  #worker: Worker | undefined;
  #current: Epoch | undefined;
  #building: Epoch | undefined;
  #truth: number | undefined;
  #kind: ChangeKind | undefined;
  #lastCycle: FollowerStatus['lastCycle'];
  readonly #asked = new Map<number, (answer: Tell & { tell: 'done' }) => void>();
  #lastToken = 0;
  /** Written and not read again yet: by type and id, and by DN. */
  #unsent = new Map<string, Set<string>>();
  #unsentDns = new Set<string>();
  /** Servers that took these writes. */
  #wroteTo = new Set<string | undefined>();
  #gathering: NodeJS.Timeout | undefined;
  #refreshing: Promise<void> | undefined;
  /** When a write was last seen that the rows may lack; until a cycle that began later. */
  #behindSince: number | undefined;
  /** After a restart: what clients wrote before it is in the directory, and may not be in the file. */
  #caughtUp: Promise<void> | undefined;
  #noteCycle: (() => void) | undefined;
  #hasCycled = false;
  #stopping = false;
  #successor: Follower | undefined;
  #restart: NodeJS.Timeout | undefined;
  #pause = restartPause.first;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#now = options.now ?? steadyClock(epoch);
    const { mapping, settings } = options;
    const context = {
      locationOf: (type: string, id: string) =>
        `${settings.baseUrl}${resourceNamed(mapping, type)?.type.endpoint ?? `/${type}`}/${encodeURIComponent(id)}`,
    };
    const reasons = mapping.resources.map((resource) => [resource.type.name, unkeptBecause(resource)] as const);
    this.#live = Object.fromEntries(reasons.filter((each): each is [string, string] => each[1] !== undefined));
    this.#types = mapping.resources
      .filter(({ type }) => this.#live[type.name] === undefined)
      .map((resource) => ({
        type: resource.type,
        fields: fieldsOf(mapping, resource).map(({ attribute, to, inverse, rule }) => ({
          attribute,
          to,
          ...(inverse && { inverse }),
          show: (targets) => rule.show?.(targets, context),
        })),
      }));
  }

  start(): void {
    if (this.#stopping) return;
    const { settings } = this.#options;
    const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
    const workerData: WorkerSettings = { ...settings, types: this.#types.map(({ type }) => type.name), epoch };
    const worker = new Worker(new URL(file, import.meta.url), { workerData, name: `poller ${this.#options.name}`, resourceLimits });
    this.#worker = worker;
    worker.on('message', (message: Tell) => this.#hear(message));
    worker.on('error', (error) => this.#publish('error', 'snapshot thread failed', { reason: error.message }));
    worker.on('exit', () => this.#leave(worker));
  }

  /** @param successor takes over: requests that began with this one still write, and what they wrote last may not be in the rows yet */
  async stop(successor?: Follower): Promise<void> {
    this.#stopping = true;
    this.#successor = successor;
    clearTimeout(this.#gathering);
    if (successor && (this.#refreshing || this.#hasUnsent || this.#behindSince !== undefined)) successor.#behindSince = successor.#now();
    clearTimeout(this.#restart);
    const worker = this.#worker;
    if (!worker) return;
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    this.#ask({ ask: 'stop' });
    const timer = setTimeout(() => void worker.terminate(), 5000);
    await ended;
    clearTimeout(timer);
  }

  keeps(type: string): boolean {
    return this.#types.some((each) => each.type.name === type);
  }

  async current(): Promise<Reading> {
    await this.#caughtUp;
    if (!this.#current || this.#truth === undefined) return { unusable: 'miss' };
    if (!this.#hasCycled && this.#options.server() !== undefined) return { unusable: 'behind' };
    // The thread may end while this waits.
    if ((this.#refreshing || this.#hasUnsent) && !(await this.#settled())) return { unusable: 'behind' };
    if (this.#behindSince !== undefined) return { unusable: 'behind' };
    return this.#reading();
  }

  noteWrite(type: string, id: string): void {
    if (this.#stopping) this.#successor?.noteWrite(type, id);
    if (this.#stopping || !this.keeps(type)) return;
    this.#unsent.set(type, (this.#unsent.get(type) ?? new Set()).add(id));
    this.#noteServer();
  }

  /** Servers take its name out of what referred to it, or the gateway does: that is another version then, which change detection may not see. */
  noteDelete(type: string, id: string): void {
    if (this.#stopping) this.#successor?.noteDelete(type, id);
    if (this.#stopping) return;
    for (const [referring, ids] of this.#current?.snapshot.referrersOf(type, id) ?? [])
      for (const each of ids) this.noteWrite(referring, each);
    this.noteWrite(type, id);
  }

  noteEntry(dn: string): void {
    if (this.#stopping) this.#successor?.noteEntry(dn);
    if (this.#stopping) return;
    this.#unsentDns.add(dn);
    this.#noteServer();
  }

  #noteServer(): void {
    this.#wroteTo.add(this.#options.server());
    this.#gathering ??= setTimeout(() => void this.#refreshNow(), refreshPause).unref();
  }

  /** A cycle now, beside the schedule. @throws Error with the reason why it failed */
  async run(cycle: 'poll' | 'sweep'): Promise<void> {
    await this.#request((token) => ({ ask: cycle, token }));
  }

  /** @param accept however many resources are gone */
  async readAll(accept: boolean): Promise<void> {
    await this.#request((token) => ({ ask: 'readAll', token, accept }));
  }

  status(): FollowerStatus {
    const snapshot = this.#current?.snapshot;
    return {
      state: this.#stopping || !this.#worker ? 'stopped' : snapshot ? 'complete' : 'incomplete',
      detect: this.#kind,
      resources: snapshot?.size() ?? 0,
      octets: (snapshot?.octets ?? 0) + (this.#building?.snapshot.octets ?? 0),
      age: this.#age(),
      lastCycle: this.#lastCycle,
      live: this.#live,
    };
  }

  /** In seconds; undefined while it is not known. */
  #age(): number | undefined {
    const age = this.#truth === undefined ? -1 : this.#now() - this.#truth;
    return age < 0 ? undefined : Math.round(age / 1000);
  }

  get #hasUnsent(): boolean {
    return this.#unsent.size > 0 || this.#unsentDns.size > 0;
  }

  #reading(): Reading {
    if (!this.#current || this.#truth === undefined) return { unusable: 'miss' };
    const age = this.#now() - this.#truth;
    const left = this.#options.maxStaleness - age;
    // Rows of a file that are younger than now were kept while the clock was wrong: nobody knows how old they are.
    return left < 0 || age < 0 ? { unusable: 'stale' } : { snapshot: this.#current.snapshot, age, left };
  }

  /** Resolves when it has ended, however it did, or when patience ends: sooner where the directory does not answer at all. */
  #firstCycle(): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => this.#noteCycle?.();
      const timers = [setTimeout(() => this.#options.server() ?? end(), connectPatience), setTimeout(end, patience)];
      this.#noteCycle = () => {
        for (const timer of timers) clearTimeout(timer);
        this.#caughtUp = undefined;
        this.#noteCycle = undefined;
        resolve();
      };
    });
  }

  /** Whether all that was noted until now has been read, before patience ends. */
  async #settled(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), patience)));
    const all = async (): Promise<boolean> => {
      await this.#refreshNow();
      return !this.#stopping || !this.#hasUnsent;
    };
    try {
      return await Promise.race([all(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves when all that was noted until now has been read. */
  #refreshNow(): Promise<void> | undefined {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    if (!this.#refreshing && this.#hasUnsent && !this.#stopping) this.#refreshing = this.#refresh();
    return this.#refreshing;
  }

  async #refresh(): Promise<void> {
    while (this.#hasUnsent && !this.#stopping) {
      const [ids, dns, wroteTo] = [this.#unsent, [...this.#unsentDns], this.#wroteTo];
      this.#unsent = new Map();
      this.#unsentDns = new Set();
      this.#wroteTo = new Set();
      const began = this.#now();
      const { server, error } = await this.#answer((token) => ({ ask: 'refresh', token, ids, dns }));
      if (error !== undefined || wroteTo.size > 1 || !wroteTo.has(server)) this.#behindSince = began;
    }
    this.#refreshing = undefined;
  }

  async #request(make: (token: number) => Ask): Promise<void> {
    const { error } = await this.#answer(make);
    if (error !== undefined) throw new Error(error);
  }

  #answer(make: (token: number) => Ask): Promise<Tell & { tell: 'done' }> {
    this.#lastToken += 1;
    const token = this.#lastToken;
    if (!this.#worker) return Promise.resolve({ tell: 'done', token, server: undefined, error: 'the thread of the poller is not running' });
    return new Promise((resolve) => {
      this.#asked.set(token, resolve);
      this.#ask(make(token));
    });
  }

  #ask(message: Ask): void {
    this.#worker?.postMessage(message);
  }

  #hear(message: Tell): void {
    switch (message.tell) {
      case 'batches':
        this.#take(message.epoch, message.batches);
        this.#ask({ ask: 'taken', number: message.number });
        return;
      case 'prepare':
        void this.#prepareNext(message.epoch);
        return;
      case 'inForce':
        if (this.#building?.epoch === message.epoch) {
          const before = this.#current;
          this.#current = this.#building;
          this.#building = undefined;
          // Where there was nothing before, lists need not wait until all is prepared.
          void (before ? before.snapshot.release() : this.#prepare(this.#current));
        }
        this.#current ??= { snapshot: new Snapshot(this.#types), epoch: message.epoch };
        this.#believe(message);
        this.#pause = restartPause.first;
        if (!this.#hasCycled) this.#caughtUp = this.#firstCycle();
        return;
      case 'dropped':
        if (this.#building?.epoch === message.epoch) {
          void this.#building.snapshot.release();
          this.#building = undefined;
        }
        return;
      case 'truth':
        this.#believe(message);
        return;
      case 'done':
        this.#asked.get(message.token)?.(message);
        this.#asked.delete(message.token);
        return;
      case 'cycle': {
        const { cycle, milliseconds, kind, error } = message;
        this.#hasCycled = true;
        this.#noteCycle?.();
        this.#kind = kind ?? this.#kind;
        const failedBefore = this.#lastCycle?.error;
        this.#lastCycle = {
          cycle,
          at: new Date().toISOString(),
          milliseconds: Math.round(milliseconds),
          ...(error !== undefined && { error }),
        };
        if (error !== undefined && error !== failedBefore) this.#publish('warn', 'snapshot cycle failed', { cycle, reason: error });
        return;
      }
      case 'event': {
        const { level, event, ...fields } = message.event;
        this.#publish(level, event, fields);
        return;
      }
      case 'stopped':
        void this.#worker?.terminate();
        return;
    }
  }

  #take(epoch: number, batches: Parameters<Snapshot['apply']>[0]): void {
    if (this.#current?.epoch === epoch) {
      this.#current.snapshot.apply(batches);
      return;
    }
    if (this.#building?.epoch !== epoch) this.#building = { snapshot: new Snapshot(this.#types), epoch };
    this.#building.snapshot.apply(batches);
  }

  /** While the old rows go on to answer. */
  async #prepareNext(epoch: number): Promise<void> {
    if (this.#building?.epoch === epoch) await this.#prepare(this.#building);
    this.#ask({ ask: 'prepared', epoch });
  }

  async #prepare({ snapshot }: Epoch): Promise<void> {
    try {
      await snapshot.prepare();
    } catch (error) {
      this.#publish('error', 'snapshot not prepared', { reason: error instanceof Error ? error.message : String(error) });
    }
  }

  #believe({ truth, server }: { readonly truth: number; readonly server: string | undefined }): void {
    this.#truth = truth;
    if (this.#behindSince !== undefined && truth > this.#behindSince && server === this.#options.server()) this.#behindSince = undefined;
  }

  /** The thread is gone: what it had built is worth nothing without it. */
  #leave(worker: Worker): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#current = undefined;
    this.#building = undefined;
    this.#hasCycled = false;
    this.#noteCycle?.();
    for (const [token, resolve] of this.#asked)
      resolve({ tell: 'done', token, server: undefined, error: 'the thread of the poller has ended' });
    this.#asked.clear();
    if (this.#stopping) return;
    this.#publish('error', 'snapshot thread ended', {});
    this.#restart = setTimeout(() => this.start(), this.#pause);
    this.#pause = Math.min(this.#pause * 2, restartPause.last);
  }

  #publish(level: 'info' | 'warn' | 'error', event: string, fields: object): void {
    events.publish({ level, event, directory: this.#options.name, ...fields });
  }
}
