// A working copy of an entry's attributes: rules change it, and what differs from the entry in the end becomes one modification.
// RFC 4511 section 4.6; values that no rule touched are never written (L-020).
import type { Change, Entry } from '../ldap/entry.ts';
import type { Value } from '../ldap/filter.ts';
import { octetKey, type ValueKey } from './value-key.ts';

interface Slot {
  readonly name: string;
  readonly original: readonly Buffer[];
  values: readonly Buffer[];
  /** Written value by value, so that it fails if somebody was faster and leaves alone what others added (L-015). */
  computed: boolean;
}

interface ExchangeOptions {
  /** The change was computed from what is there, or the attribute holds values of others too: never a `replace`. */
  readonly computed?: boolean;
}

const toOctets = (value: Value): Buffer => (typeof value === 'string' ? Buffer.from(value) : value);
const exact = (value: Buffer): string => value.toString('latin1');

export class Draft {
  readonly #slots = new Map<string, Slot>();
  readonly #entry: Entry | undefined;
  readonly #keyOf: ValueKey;

  /** @param keyOf when the directory takes two values of an attribute for one */
  constructor(entry: Entry | undefined, keyOf: ValueKey = octetKey) {
    this.#entry = entry;
    this.#keyOf = keyOf;
  }

  #slot(attribute: string): Slot {
    const lower = attribute.toLowerCase();
    let slot = this.#slots.get(lower);
    if (!slot) {
      const original = this.#entry?.octets(attribute) ?? [];
      slot = { name: attribute, original, values: original, computed: false };
      this.#slots.set(lower, slot);
    }
    return slot;
  }

  values(attribute: string): readonly Buffer[] {
    return this.#slot(attribute).values;
  }

  has(attribute: string, value: Value): boolean {
    const key = this.#keyOf(attribute, toOctets(value));
    return this.values(attribute).some((candidate) => this.#keyOf(attribute, candidate) === key);
  }

  /**
   * Exchanges one value for another; undefined on either side adds or removes. Other values stay, but for one that the directory could
   * not tell from the new one. A removed value that is not there is no error.
   */
  exchange(attribute: string, before: Value | undefined, after: Value | undefined, options: ExchangeOptions = {}): void {
    const slot = this.#slot(attribute);
    const added = after === undefined ? [] : [toOctets(after)];
    const gone = new Set([...(before === undefined ? [] : [toOctets(before)]), ...added].map((value) => this.#keyOf(attribute, value)));
    slot.values = [...slot.values.filter((value) => !gone.has(this.#keyOf(attribute, value))), ...added];
    slot.computed ||= options.computed ?? false;
  }

  /** Removes and adds many values at once. What is there, in whatever spelling, is not added. */
  exchangeAll(attribute: string, before: Iterable<Value>, after: Iterable<Value>, options: ExchangeOptions = {}): void {
    const slot = this.#slot(attribute);
    const keyed = (value: Value): [string, Buffer] => [this.#keyOf(attribute, toOctets(value)), toOctets(value)];
    const values = new Map(slot.values.map(keyed));
    for (const value of before) values.delete(keyed(value)[0]);
    for (const [key, value] of Array.from(after, keyed)) if (!values.has(key)) values.set(key, value);
    slot.values = [...values.values()];
    slot.computed ||= options.computed ?? false;
  }

  /** All values, whatever was there before: for attributes that are wholly ours. */
  set(attribute: string, values: readonly Value[]): void {
    this.#slot(attribute).values = values.map(toOctets);
  }

  /** The draft after a rename took the old RDN values away and brought the new ones: what a modification need not do any more. */
  renamed(attribute: string, before: Value | undefined, after: Value): void {
    const slot = this.#slot(attribute);
    const gone = new Set([...(before === undefined ? [] : [before]), after].map((value) => this.#keyOf(attribute, toOctets(value))));
    const original = [...slot.original.filter((value) => !gone.has(this.#keyOf(attribute, value))), toOctets(after)];
    this.#slots.set(attribute.toLowerCase(), { ...slot, original });
  }

  /** Whether anything about an attribute differs from the entry. */
  changesValues(attribute: string): boolean {
    return changesOf(this.#slot(attribute), true, false).length > 0;
  }

  /** The attributes of a new entry. */
  attributes(): ReadonlyMap<string, readonly Value[]> {
    return new Map([...this.#slots.values()].filter((slot) => slot.values.length > 0).map((slot) => [slot.name, slot.values] as const));
  }

  /**
   * The modification that turns the entry into the draft. Attributes for which `replaceOnly` holds have no equality rule, so that
   * single values cannot be named (L-011). `guarded`: every change states the old value, so that it fails if somebody was faster.
   */
  changes(options: { readonly replaceOnly: (attribute: string) => boolean; readonly guarded?: boolean }): readonly Change[] {
    return [...this.#slots.values()].flatMap((slot) => changesOf(slot, options.replaceOnly(slot.name), options.guarded ?? false));
  }
}

function changesOf(slot: Slot, replaceOnly: boolean, guarded: boolean): readonly Change[] {
  const before = new Set(slot.original.map(exact));
  const after = new Set(slot.values.map(exact));
  const removed = slot.original.filter((value) => !after.has(exact(value)));
  const added = slot.values.filter((value) => !before.has(exact(value)));
  if (removed.length === 0 && added.length === 0) return [];
  const attribute = slot.name;
  const isSmall = slot.original.length <= 1 && slot.values.length <= 1;
  if (replaceOnly || (isSmall && !slot.computed && !guarded)) return [{ operation: 'replace', attribute, values: slot.values }];
  return [
    ...(removed.length > 0 ? [{ operation: 'delete' as const, attribute, values: removed }] : []),
    ...(added.length > 0 ? [{ operation: 'add' as const, attribute, values: added }] : []),
  ];
}
