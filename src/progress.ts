// How far a long command is, for the person who waits: one line that changes on a terminal, a plain line now and then elsewhere.
// On standard error: standard output belongs to the result. Short work says nothing.

export interface Progress {
  /** Another thing is being done. */
  begin(what: string): void;
  /** So much of it by now. */
  count(done: number): void;
  /** Everything is done, or failed: the line goes. */
  end(): void;
}

type Output = Pick<NodeJS.WritableStream, 'write'> & { readonly isTTY?: boolean; readonly columns?: number };

/** Milliseconds. */
const untilFirst = 500;
const betweenFrames = 100;
const untilFirstPlain = 5000;
const betweenPlain = 15_000;

const clear = '\r\u001b[K';

/** @param now milliseconds */
export function openProgress(output: Output = process.stderr, now: () => number = () => performance.now()): Progress {
  const isTerminal = output.isTTY === true;
  const [first, between] = isTerminal ? [untilFirst, betweenFrames] : [untilFirstPlain, betweenPlain];
  let what = '';
  let due = now() + first;
  let isShown = false;
  const show = (done: number | undefined): void => {
    if (now() < due) return;
    due = now() + between;
    const text = `${what}${done === undefined ? '' : `: ${done.toLocaleString('en')}`} …`;
    output.write(isTerminal ? `${clear}${text.slice(0, (output.columns ?? 80) - 1)}` : `${text}\n`);
    isShown = true;
  };
  return {
    begin(next) {
      what = next;
      show(undefined);
    },
    count: show,
    end() {
      if (isShown && isTerminal) output.write(clear);
      isShown = false;
    },
  };
}

/** Where nobody waits. */
export const silent: Progress = { begin: () => undefined, count: () => undefined, end: () => undefined };
