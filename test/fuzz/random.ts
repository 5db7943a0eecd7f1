// Reproducible chance: everything that a fuzz run sends follows from its seed and the number of the request.
// Test set-up only; the generator is sfc32.

export class Random {
  readonly #state: Uint32Array;

  constructor(...seeds: readonly number[]) {
    this.#state = Uint32Array.of(seeds[0] ?? 0, seeds[1] ?? 0, 0x9e3779b9, 1);
    for (let i = 0; i < 12; i += 1) this.next();
  }

  /** At least 0, less than 1. */
  next(): number {
    const [a = 0, b = 0, c = 0, counter = 0] = this.#state;
    const sum = (a + b + counter) >>> 0;
    this.#state.set([b ^ (b >>> 9), (c + (c << 3)) >>> 0, (((c << 21) | (c >>> 11)) + sum) >>> 0, counter + 1]);
    return sum / 4294967296;
  }

  /** A whole number from 0, less than `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** @throws RangeError for an empty list */
  pick<T>(items: readonly T[]): T {
    const at = this.below(items.length);
    if (at >= items.length) throw new RangeError('there is nothing to pick from');
    return items[at] as T;
  }

  /** One of the values, each as often as its weight says. */
  weigh<T>(choices: readonly (readonly [weight: number, value: T])[]): T {
    let left = this.next() * choices.reduce((sum, [weight]) => sum + weight, 0);
    const chosen = choices.find(([weight]) => (left -= weight) < 0) ?? choices[0];
    if (chosen === undefined) throw new RangeError('there is nothing to pick from');
    return chosen[1];
  }

  some<T>(most: number, make: () => T): readonly T[] {
    return Array.from({ length: this.below(most + 1) }, make);
  }
}
