// Numbers that look random and are the same each time on every machine, so that the demo directory is always the same.
// No RFC; the generator is mulberry32.
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** From 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  choose<T>(items: readonly T[]): T {
    return items[Math.floor(this.next() * items.length)] as T;
  }

  /** By shares, which add up to a hundred. */
  pick<T extends { readonly share: number }>(items: readonly T[]): T {
    let left = this.next() * 100;
    return items.find(({ share }) => (left -= share) < 0) ?? (items[0] as T);
  }

  fill(pattern: string): string {
    return pattern.replaceAll('#', () => String(Math.floor(this.next() * 10)));
  }

  /** Of the shape of a random UUID (RFC 9562 section 5.4). */
  uuid(): string {
    const hex = Array.from({ length: 30 }, () => Math.floor(this.next() * 16).toString(16)).join('');
    const variant = '89ab'[Math.floor(this.next() * 4)];
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(12, 15)}-${variant}${hex.slice(15, 18)}-${hex.slice(18, 30)}`;
  }
}
