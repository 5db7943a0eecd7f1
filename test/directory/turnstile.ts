// How often a request waits for the directory: everything that is asked is held until nothing more is asked, then let through together.
// Test set-up only.
import { setImmediate as turn } from 'node:timers/promises';
import type { Directory } from '../../src/ldap/directory.ts';

/** Turns of the event loop after which whoever waits for no answer has asked all that it asks. */
const quietTurns = 20;

export class Turnstile {
  readonly #held: (() => void)[] = [];
  #isCounting = false;
  /** Let through, and not answered. */
  #busy = 0;

  /** The directory, as whoever is counted has to use it. */
  before(directory: Directory): Directory {
    const pass = async <T>(work: () => Promise<T>): Promise<T> => {
      const leave = await this.#enter();
      try {
        return await work();
      } finally {
        leave();
      }
    };
    const enter = (): Promise<() => void> => this.#enter();
    return {
      start: () => directory.start(),
      close: () => directory.close(),
      status: () => directory.status(),
      capabilities: () => directory.capabilities(),
      async *search(request) {
        const leave = await enter();
        try {
          yield* directory.search(request);
        } finally {
          leave();
        }
      },
      read: (...asked) => pass(() => directory.read(...asked)),
      add: (...asked) => pass(() => directory.add(...asked)),
      modify: (...asked) => pass(() => directory.modify(...asked)),
      move: (...asked) => pass(() => directory.move(...asked)),
      delete: (...asked) => pass(() => directory.delete(...asked)),
      setPassword: (...asked) => pass(() => directory.setPassword(...asked)),
      session: (task) => directory.session(task),
    };
  }

  /** The rounds of questions and answers that `work` takes; nothing else may be going on. */
  async rounds(work: () => Promise<unknown>): Promise<number> {
    this.#isCounting = true;
    const state = { isOver: false };
    const working = work().finally(() => (state.isOver = true));
    let [rounds, quiet] = [0, 0];
    while (!state.isOver) {
      await turn();
      quiet = this.#busy === 0 && this.#held.length > 0 ? quiet + 1 : 0;
      if (quiet < quietTurns) continue;
      [rounds, quiet, this.#busy] = [rounds + 1, 0, this.#held.length];
      for (const release of this.#held.splice(0)) release();
    }
    this.#isCounting = false;
    await working;
    return rounds;
  }

  async #enter(): Promise<() => void> {
    if (!this.#isCounting) return () => undefined;
    await new Promise<void>((release) => this.#held.push(release));
    return () => {
      this.#busy -= 1;
    };
  }
}
