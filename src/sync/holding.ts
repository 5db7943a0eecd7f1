// The rows in force, and those that are read anew beside them until they take their place.
// No RFC; a file is exchanged by renaming, so that there is a whole one, or none.
import { rmSync, renameSync } from 'node:fs';
import { setAside } from '../state/database.ts';
import { type Marks, RowStore } from '../state/rows.ts';
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
    removeFile(this.#asideFile);
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
    const held = this.#current;
    this.#current = undefined;
    held?.replica.store.close();
  }

  /** What the file in force holds is not to be relied on: it is kept for whoever wants to know why, and everything is read anew. */
  distrust(reason: string): void {
    const held = this.#current;
    if (!held || this.#file === inMemory) return;
    this.#current = undefined;
    closeAnyhow(held.replica);
    setAside(this.#file);
    this.#tell.event({ event: 'snapshot store set aside', level: 'warn', reason });
  }

  /** Empty rows aside. */
  begin(): Replica {
    const file = this.#asideFile;
    removeFile(file);
    this.#epoch += 1;
    this.#aside = this.#open(file, this.#epoch, true);
    return this.#aside.replica;
  }

  /** Gives up the rows aside, if there are any. */
  drop(): void {
    if (!this.#aside) return;
    const { replica, epoch } = this.#aside;
    this.#aside = undefined;
    closeAnyhow(replica);
    removeFile(this.#asideFile);
    this.#tell.dropped(epoch);
  }

  /**
   * The rows aside, complete, come into force with their marks.
   * @param complete does to them what is still to be done before anyone sees them, and answers whether there was anything
   */
  async exchange(marks: Marks, complete: () => Promise<boolean>): Promise<void> {
    const aside = this.#aside;
    if (!aside) throw new Error('there are no rows aside');
    await this.#prepared(aside);
    do await this.taken();
    while (await complete());
    aside.replica.mark(marks);
    this.#aside = undefined;
    const former = this.#current;
    this.#current = undefined;
    if (former) closeAnyhow(former.replica);
    try {
      this.#current = this.#replace(aside);
    } catch (error) {
      this.#tell.dropped(aside.epoch);
      throw error;
    }
    this.#tell.inForce(aside.epoch, marks.truth);
  }

  /** Whoever waits for the first rows of all is better off with them at once. */
  async #prepared({ epoch }: Held): Promise<void> {
    await this.taken();
    if (this.#current) await this.#tell.prepare(epoch);
  }

  /** From here to the end nothing waits: rows in force that nobody is told of would be kept up instead of those that are shown. */
  #replace(aside: Held): Held {
    if (this.#file === inMemory) return aside;
    aside.replica.store.close();
    // What lay beside the old one is in it since it was closed.
    removeBeside(this.#file);
    renameSync(this.#asideFile, this.#file);
    return this.#open(this.#file, aside.epoch);
  }

  get #asideFile(): string {
    return this.#file === inMemory ? inMemory : `${this.#file}.next`;
  }

  #open(file: string, epoch: number, isDraft = false): Held {
    const store = new RowStore(file, [...this.#types.keys()], isDraft);
    if (store.setAside) this.#tell.event({ event: 'snapshot store set aside', level: 'warn', reason: store.setAside.reason });
    const replica = new Replica(store, this.#types, (batches) => {
      const taken = this.#tell.batches(epoch, batches);
      this.#handedOn = this.#handedOn.then(() => taken);
    });
    return { replica, epoch };
  }
}

/** Rows that are given up need not be closed in order, and where the disk is full they cannot be. */
function closeAnyhow({ store }: Replica): void {
  try {
    store.close();
  } catch {
    // Nobody reads them again.
  }
}

function removeFile(file: string): void {
  if (file === inMemory) return;
  rmSync(file, { force: true });
  removeBeside(file);
}

function removeBeside(file: string): void {
  for (const suffix of ['-wal', '-shm', '-journal']) rmSync(`${file}${suffix}`, { force: true });
}
