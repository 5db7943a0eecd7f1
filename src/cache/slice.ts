// Turns of the event loop: long work is done in slices, between which requests are served.
// No RFC.
import { setImmediate } from 'node:timers/promises';

/** Milliseconds that work may go on without a pause. */
const length = 6;

export class Slice {
  readonly #length: number;
  #end: number;

  /** @param most milliseconds of a slice; Infinity never pauses */
  constructor(most = length) {
    this.#length = most;
    this.#end = performance.now() + most;
  }

  /** Whether it is time for a pause; to be asked every few hundred microseconds. */
  get isOver(): boolean {
    return performance.now() >= this.#end;
  }

  async pause(): Promise<void> {
    await setImmediate();
    this.#end = performance.now() + this.#length;
  }
}
