// The snapshot of one directory as the rest of the gateway has it: kept up by a thread, and vouched for or not.
// RFC 9111 section 4.2 (age); what this process wrote is in it before the next list, or the list is read live.
import { channel } from 'node:diagnostics_channel';
import { Worker } from 'node:worker_threads';
import { Snapshot, type SnapshotType } from '../cache/snapshot.ts';
import type { Reading, SnapshotSource } from '../cache/source.ts';
import type { ChangeKind } from '../ldap/changes/change-source.ts';
import { type Mapping, resourceNamed } from '../mapping/mapping.ts';
import { fieldsOf, unkeptBecause } from './fields.ts';
import type { Ask, Tell, WorkerSettings } from './messages.ts';

export interface FollowerOptions {
  /** Name of the directory, for the log. */
  readonly name: string;
  readonly mapping: Mapping;
  readonly settings: Omit<WorkerSettings, 'types'>;
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
/** Milliseconds before a thread that died is started again; doubled each time, until one has come as far as complete rows. */
const restartPause = { first: 5000, last: 300_000 };

const events = channel('ldap-scim-gateway:event');

export class Follower implements SnapshotSource {
  readonly #options: FollowerOptions;
  readonly #types: readonly SnapshotType[];
  readonly #live: Readonly<Record<string, string>>;
  readonly #now: () => number;
  #worker: Worker | undefined;
  #current: { readonly snapshot: Snapshot; readonly epoch: number } | undefined;
  #building: { readonly snapshot: Snapshot; readonly epoch: number } | undefined;
  #truth: number | undefined;
  #kind: ChangeKind | undefined;
  #lastCycle: FollowerStatus['lastCycle'];
  readonly #asked = new Map<number, (answer: Tell & { tell: 'done' }) => void>();
  #lastToken = 0;
  #unsent = new Map<string, Set<string>>();
  #refreshing: Promise<void> | undefined;
  /** When a write was last seen that the rows may lack; until a cycle that began later. */
  #behindSince: number | undefined;
  #stopping = false;
  #successor: Follower | undefined;
  #restart: NodeJS.Timeout | undefined;
  #pause = restartPause.first;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
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
    const workerData: WorkerSettings = { ...settings, types: this.#types.map(({ type }) => type.name) };
    const worker = new Worker(new URL(file, import.meta.url), { workerData, name: `poller ${this.#options.name}` });
    this.#worker = worker;
    worker.on('message', (message: Tell) => this.#hear(message));
    worker.on('error', (error) => this.#publish('error', 'snapshot thread failed', { reason: error.message }));
    worker.on('exit', () => this.#leave(worker));
  }

  /** @param successor takes over: requests that began with this one still write, and what they wrote last may not be in the rows yet */
  async stop(successor?: Follower): Promise<void> {
    this.#stopping = true;
    this.#successor = successor;
    if (successor && (this.#refreshing || this.#behindSince !== undefined)) successor.#behindSince = successor.#now();
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
    if (!this.#current || this.#truth === undefined) return { unusable: 'miss' };
    // The thread may end while this waits.
    if ((this.#refreshing || this.#unsent.size > 0) && !(await this.#settled())) return { unusable: 'behind' };
    if (this.#behindSince !== undefined) return { unusable: 'behind' };
    return this.#reading();
  }

  noteWrite(type: string, id: string): void {
    if (this.#stopping) this.#successor?.noteWrite(type, id);
    if (this.#stopping || !this.keeps(type)) return;
    this.#unsent.set(type, (this.#unsent.get(type) ?? new Set()).add(id));
    this.#refreshing ??= this.#refresh();
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
      age: this.#truth === undefined ? undefined : Math.round((this.#now() - this.#truth) / 1000),
      lastCycle: this.#lastCycle,
      live: this.#live,
    };
  }

  #reading(): Reading {
    if (!this.#current || this.#truth === undefined) return { unusable: 'miss' };
    const age = Math.max(0, this.#now() - this.#truth);
    const left = this.#options.maxStaleness - age;
    return left < 0 ? { unusable: 'stale' } : { snapshot: this.#current.snapshot, age, left };
  }

  /** Whether all that was noted until now has been read, before patience ends. */
  async #settled(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), patience)));
    const all = async (): Promise<boolean> => {
      // One that is under way may have begun before the last write: the one after it has not.
      await this.#refreshing;
      await this.#refreshing;
      return true;
    };
    try {
      return await Promise.race([all(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #refresh(): Promise<void> {
    while (this.#unsent.size > 0 && !this.#stopping) {
      const ids = this.#unsent;
      this.#unsent = new Map();
      const wroteTo = this.#options.server();
      const began = this.#now();
      const { server, error } = await this.#answer((token) => ({ ask: 'refresh', token, ids }));
      if (error !== undefined || server !== wroteTo) this.#behindSince = began;
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
      case 'inForce':
        if (this.#building?.epoch === message.epoch) {
          this.#current = this.#building;
          this.#building = undefined;
        }
        this.#current ??= { snapshot: new Snapshot(this.#types), epoch: message.epoch };
        this.#believe(message);
        this.#pause = restartPause.first;
        return;
      case 'dropped':
        if (this.#building?.epoch === message.epoch) this.#building = undefined;
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
        this.#kind = kind ?? this.#kind;
        const failedBefore = this.#lastCycle?.error;
        this.#lastCycle = {
          cycle,
          at: new Date(this.#now()).toISOString(),
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
