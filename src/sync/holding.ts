// The rows in force, and those that are read anew beside them until they take their place.
// No RFC; a file is exchanged by renaming, so that there is a whole one, or none.
import { rmSync, renameSync } from 'node:fs';
import { RowStore } from '../state/rows.ts';
import type { Listener } from './listener.ts';
import { Replica } from './replica.ts';

interface Held {
  readonly replica: Replica;
  readonly epoch: number;
}

const inMemory = ':memory:';

export class Holding {
  readonly #file: string;
  /** Names of the resource types, with the number of their fields. */
  readonly #types: ReadonlyMap<string, number>;
  readonly #tell: Listener;
  #current: Held | undefined;
  #aside: Held | undefined;
  #epoch = 0;
  /** What was handed on and is not taken yet. */
  #handedOn: Promise<unknown> = Promise.resolve();

  /** @param store a file, or `memory` */
  constructor(store: string, types: ReadonlyMap<string, number>, tell: Listener) {
    this.#file = store === 'memory' ? inMemory : store;
    this.#types = types;
    this.#tell = tell;
  }

  /** Complete rows; undefined: there are none. */
  get inForce(): Replica | undefined {
    return this.#current?.replica;
  }

  /** Resolves when everything that was handed on has been taken. */
  async taken(): Promise<void> {
    await this.#handedOn;
  }

  /** Takes up what an earlier run has left, if it was made of the same. */
  async open(fingerprint: string): Promise<void> {
    if (this.#file === inMemory) return;
    const held = this.#open(this.#file, this.#epoch);
    const { marks } = held.replica;
    if (marks?.fingerprint !== fingerprint) {
      held.replica.store.close();
      return;
    }
    for (const _ of held.replica.load()) await this.taken();
    await this.taken();
    this.#current = held;
    this.#tell.inForce(held.epoch, marks.truth);
  }

  close(): void {
    this.#current?.replica.store.close();
    this.#current = undefined;
  }

  /** Empty rows aside. */
  begin(): Replica {
    const file = this.#asideFile;
    removeFile(file);
    this.#epoch += 1;
    this.#aside = this.#open(file, this.#epoch);
    return this.#aside.replica;
  }

  /** Gives up the rows aside, if there are any. */
  drop(): void {
    if (!this.#aside) return;
    const { replica, epoch } = this.#aside;
    this.#aside = undefined;
    replica.store.close();
    removeFile(this.#asideFile);
    this.#tell.dropped(epoch);
  }

  /**
   * The rows aside, which have their marks, come into force.
   * @param complete does to them what is still to be done before anyone sees them, and answers whether there was anything
   */
  async exchange(complete: () => Promise<boolean>): Promise<void> {
    do await this.taken();
    while (await complete());
    const aside = this.#aside;
    if (!aside) throw new Error('there are no rows aside');
    this.#aside = undefined;
    this.close();
    try {
      this.#current = this.#replace(aside);
    } catch (error) {
      this.#tell.dropped(aside.epoch);
      throw error;
    }
    this.#tell.inForce(aside.epoch, this.#current.replica.marks?.truth ?? 0);
  }

  /** From here to the end nothing waits: rows in force that nobody is told of would be kept up instead of those that are shown. */
  #replace(aside: Held): Held {
    if (this.#file === inMemory) return aside;
    aside.replica.store.close();
    removeFile(this.#file);
    renameSync(this.#asideFile, this.#file);
    return this.#open(this.#file, aside.epoch);
  }

  get #asideFile(): string {
    return this.#file === inMemory ? inMemory : `${this.#file}.next`;
  }

  #open(file: string, epoch: number): Held {
    const store = new RowStore(file, [...this.#types.keys()]);
    if (store.setAside) this.#tell.event({ event: 'snapshot store set aside', level: 'warn', reason: store.setAside.reason });
    const replica = new Replica(store, this.#types, (batches) => {
      this.#handedOn = Promise.all([this.#handedOn, this.#tell.batches(epoch, batches)]);
    });
    return { replica, epoch };
  }
}

function removeFile(file: string): void {
  if (file === inMemory) return;
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${file}${suffix}`, { force: true });
}
