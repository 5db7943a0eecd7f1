// What was written, when it was sent and when it was acknowledged: which lists can be true as of a time, and which cannot.
// Test set-up only; RFC 9111 section 4.2 (age).
import type { Body } from '../directory/scim-client.ts';

/** Undefined: there is no such person. */
type Title = string | undefined;

interface State {
  readonly title: Title;
  /** Epoch milliseconds; Infinity while nobody knows whether it was done. */
  done: number;
}

/** Every title is written once. */
export class Ledger {
  readonly #states = new Map<string, State[]>();
  readonly #initial: Title;

  /** @param initial of everybody before the first write: no title is the empty one */
  constructor(initial?: '') {
    this.#initial = initial;
  }

  /** Runs a write; one that fails may have been done or not. @returns whether it was acknowledged */
  async write(name: string, title: Title, work: () => Promise<unknown>): Promise<boolean> {
    const states = this.#states.get(name) ?? [{ title: this.#initial, done: -Infinity }];
    const state: State = { title, done: Infinity };
    this.#states.set(name, [...states, state]);
    try {
      await work();
      state.done = Date.now();
      return true;
    } catch {
      return false;
    }
  }

  /** What a list shows that the directory did not hold at `mark` or later, in epoch milliseconds. */
  untruths(list: readonly Body[], mark: number): readonly string[] {
    const shown = new Map(list.map((body) => [String(body['userName']), (body['title'] as string | undefined) ?? '']));
    return [...this.#states].flatMap(([name, states]) => {
      const title = shown.get(name);
      const isTrue = states.some((state, i) => state.title === title && (states[i + 1]?.done ?? Infinity) >= mark);
      return isTrue ? [] : [`${name} is ${title} as of ${mark}, and was ${JSON.stringify(states)}`];
    });
  }
}
