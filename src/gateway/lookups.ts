// What one operation has found out about references: no DN and no id is looked up twice, and what the operation writes itself is forgotten.
// L-035. Nothing of it outlives the operation: the next one asks the directory anew.
import type { Located } from '../mapping/rule.ts';

/** What is known of one question; `found` undefined: it names nothing of ours. */
export interface Known<T> {
  readonly found: T | undefined;
}

export class Lookups {
  readonly #located = new Map<string, Known<Located>>();
  readonly #dns = new Map<string, Known<string>>();
  readonly #groups = new Map<string, readonly Located[]>();

  /** The resource of a type that a reference names; `key` as of `referenceKey`. Undefined: not looked up. */
  located(type: string, key: string): Known<Located> | undefined {
    return this.#located.get(join(type, key));
  }

  noteLocated(type: string, key: string, found: Located | undefined): void {
    this.#located.set(join(type, key), { found });
  }

  /** The DN of the resource of a type with an id. */
  dnOf(type: string, id: string): Known<string> | undefined {
    return this.#dns.get(join(type, id));
  }

  noteDn(type: string, id: string, found: string | undefined): void {
    this.#dns.set(join(type, id), { found });
  }

  /** The groups of a type that list the entry with that key as a member. */
  groupsOf(type: string, key: string): readonly Located[] | undefined {
    return this.#groups.get(join(type, key));
  }

  noteGroups(type: string, key: string, found: readonly Located[]): void {
    this.#groups.set(join(type, key), found);
  }

  /** Entries were written: what references to them show is not known any more, nor what has which name. */
  noteWritten(keys: readonly string[]): void {
    this.#dns.clear();
    const written = new Set(keys);
    for (const key of this.#located.keys()) if (written.has(key.slice(key.indexOf('\0') + 1))) this.#located.delete(key);
  }

  forget(): void {
    for (const known of [this.#located, this.#dns, this.#groups]) known.clear();
  }
}

const join = (type: string, text: string): string => `${type}\0${text}`;
