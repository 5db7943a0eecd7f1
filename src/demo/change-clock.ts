// When changes happen: times and change sequence numbers that never repeat and never go back.
// The CSN of OpenLDAP (draft-ietf-ldup-model): time in microseconds, counter, server id, modifier.

export interface ChangeTime {
  /** GeneralizedTime in whole seconds. */
  readonly time: string;
  readonly csn: string;
  /** Counts the changes. */
  readonly usn: number;
}

export class ChangeClock {
  #lastMicroseconds = 0n;
  #latest: ChangeTime = { time: '19700101000000Z', csn: formatCsn('19700101000000', 0n), usn: 0 };

  /** Of the last change. */
  get latest(): ChangeTime {
    return this.#latest;
  }

  /** `at`: milliseconds since the epoch, for changes that are told to have happened before. */
  next(at = Date.now()): ChangeTime {
    const now = BigInt(Math.floor(at)) * 1000n;
    this.#lastMicroseconds = now > this.#lastMicroseconds ? now : this.#lastMicroseconds + 1n;
    const seconds = new Date(Number(this.#lastMicroseconds / 1000n)).toISOString().slice(0, 19).replace(/\D/g, '');
    const csn = formatCsn(seconds, this.#lastMicroseconds % 1_000_000n);
    this.#latest = { time: `${seconds}Z`, csn, usn: this.#latest.usn + 1 };
    return this.#latest;
  }
}

function formatCsn(seconds: string, microseconds: bigint): string {
  return `${seconds}.${String(microseconds).padStart(6, '0')}Z#000000#000#000000`;
}
