// What is remembered of one directory server: how often it failed, and from when on it may be tried again.
// No RFC: a server that is away is not stormed, and an account whose password is refused is not locked.
import type { DirectoryError } from './error.ts';
import { reportConnected, reportDisconnected } from './journal.ts';

/** Milliseconds. */
export interface Intervals {
  /** Between two looks at idle connections and at preferred servers. */
  readonly health: number;
  /** Longest wait of a health probe. */
  readonly probe: number;
  /** First and longest wait before a server that was away is tried again. */
  readonly retryFirst: number;
  readonly retryLast: number;
  /** A connection that ends sooner is not replaced at once: the server may allow no more of them, or end each. */
  readonly stable: number;
  /** After a refused bind; doubled each time, up to an hour: a wrong password must not lock the account. */
  readonly refused: number;
}

export const defaultIntervals: Intervals = {
  health: 30_000,
  probe: 3_000,
  retryFirst: 250,
  retryLast: 15_000,
  stable: 1_000,
  refused: 5 * 60_000,
};

const longestRefusal = 60 * 60_000;

export class Server {
  readonly url: string;
  readonly #intervals: Intervals;
  /** In a row: attempts to connect, and connections that ended as soon as they were made. */
  #failures = 0;
  #earlyLosses = 0;
  #refusals = 0;
  #retryAt = 0;
  /** The reason that was reported last: an outage is told once, not at every attempt. */
  #reported: string | undefined;

  constructor(url: string, intervals: Intervals) {
    this.url = url;
    this.#intervals = intervals;
  }

  /** Refused binds since the last one that was accepted. */
  get refusals(): number {
    return this.#refusals;
  }

  /** Clock time before which it is not tried. */
  get retryAt(): number {
    return this.#retryAt;
  }

  get mayBeTried(): boolean {
    return Date.now() >= this.#retryAt;
  }

  noteConnected(): void {
    this.#refusals = 0;
    this.#failures = 0;
    this.#reported = undefined;
    reportConnected(this.url);
  }

  /**
   * Its connections were lost, and it may be tried again at once; except when they were `young`, ended as soon as they were made, and that
   * not for the first time in a row.
   */
  noteLoss(reason: DirectoryError, young: boolean): void {
    this.#report(reason);
    if (young && this.#earlyLosses > 0) this.#postpone(this.#earlyLosses - 1);
    this.#earlyLosses = young ? this.#earlyLosses + 1 : 0;
  }

  /** It could not be reached, or refused the bind: each time it is left alone for longer. */
  noteFailure(failure: DirectoryError): void {
    this.#report(failure);
    if (failure.kind === 'credentials') {
      this.#retryAt = Date.now() + Math.min(longestRefusal, this.#intervals.refused * 2 ** this.#refusals);
      this.#refusals += 1;
    } else {
      this.#postpone(this.#failures);
      this.#failures += 1;
    }
  }

  #postpone(times: number): void {
    const { retryFirst, retryLast } = this.#intervals;
    const wait = Math.min(retryLast, retryFirst * 2 ** times);
    this.#retryAt = Date.now() + wait * (0.5 + Math.random() / 2);
  }

  #report({ message }: DirectoryError): void {
    if (this.#reported === message) return;
    this.#reported = message;
    reportDisconnected(this.url, message);
  }
}
