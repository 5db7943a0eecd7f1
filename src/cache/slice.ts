// Turns of the event loop: long work is done in slices, between which requests are served; in one turn all of it together gets one slice.
// No RFC.

/** Milliseconds that work may go on in one turn, however many wait. */
const length = 6;

/** Until when work may go on in this turn; undefined where nothing was done in it yet. */
let end: number | undefined;
const waiting: (() => void)[] = [];

function openTurn(now: number): number {
  setImmediate(beginTurn);
  return now + length;
}

/** Whoever waited longest goes on, the next one not before the next turn. */
function beginTurn(): void {
  const resume = waiting.shift();
  if (!resume) {
    end = undefined;
    return;
  }
  end = openTurn(performance.now());
  resume();
}

export class Slice {
  readonly #isUnbroken: boolean;

  /** @param isUnbroken it never pauses */
  constructor(isUnbroken = false) {
    this.#isUnbroken = isUnbroken;
    end ??= openTurn(performance.now());
  }

  /** Whether it is time for a pause; to be asked every few hundred microseconds. */
  get isOver(): boolean {
    if (this.#isUnbroken) return false;
    const now = performance.now();
    end ??= openTurn(now);
    return now >= end;
  }

  async pause(): Promise<void> {
    end ??= openTurn(performance.now());
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
}
