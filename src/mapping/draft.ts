// A working copy of an entry's attributes: rules change it, and what differs from the entry in the end becomes one modification.
// RFC 4511 section 4.6; values that no rule touched are never written (L-020).

import type { Change, Entry } from '../ldap/entry.ts';
import type { Value } from '../ldap/filter.ts';

interface Slot {
  readonly name: string;
  readonly original: readonly Buffer[];
  values: readonly Buffer[];
  /** The new value was computed from the old one: written so that it fails if somebody was faster (L-015). */
  computed: boolean;
}

const octets = (value: Value): Buffer => (typeof value === 'string' ? Buffer.from(value) : value);
const key = (value: Buffer): string => value.toString('latin1');

export class Draft {
  readonly #slots = new Map<string, Slot>();
  readonly #entry: Entry | undefined;

  constructor(entry: Entry | undefined) {
    this.#entry = entry;
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

  get isNew(): boolean {
    return this.#entry === undefined;
  }

  values(attribute: string): readonly Buffer[] {
    return this.#slot(attribute).values;
  }

  /** Exchanges one value for another; undefined on either side adds or removes. Other values stay. A removed value that is not there is no error. */
  exchange(attribute: string, before: Value | undefined, after: Value | undefined, options: { readonly computed?: boolean } = {}): void {
    const slot = this.#slot(attribute);
    const gone = before === undefined ? undefined : key(octets(before));
    const kept = slot.values.filter((value) => key(value) !== gone);
    const added = after === undefined ? [] : [octets(after)].filter((value) => !kept.some((k) => k.equals(value)));
    slot.values = [...kept, ...added];
    slot.computed ||= options.computed ?? false;
  }

  /** Removes and adds many values at once, by octets. */
  exchangeAll(attribute: string, before: Iterable<Value>, after: Iterable<Value>): void {
    const slot = this.#slot(attribute);
    const gone = new Set([...before].map((value) => key(octets(value))));
    const values = new Map(slot.values.filter((value) => !gone.has(key(value))).map((value) => [key(value), value] as const));
    for (const value of after) values.set(key(octets(value)), octets(value));
    slot.values = [...values.values()];
  }

  /** All values, whatever was there before: for attributes that are wholly ours. */
  set(attribute: string, values: readonly Value[]): void {
    this.#slot(attribute).values = values.map(octets);
  }

  /** The draft after a rename took the old RDN values away and brought the new ones: what a modification need not do any more. */
  renamed(attribute: string, before: Value | undefined, after: Value): void {
    const slot = this.#slot(attribute);
    const gone = before === undefined ? undefined : key(octets(before));
    const original = [...slot.original.filter((value) => key(value) !== gone && !value.equals(octets(after))), octets(after)];
    this.#slots.set(attribute.toLowerCase(), { ...slot, original });
  }

  /** Whether the values differ from the entry's. */
  touches(attribute: string): boolean {
    const slot = this.#slot(attribute);
    return changesOf(slot, true, false).length > 0;
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
  const before = new Set(slot.original.map(key));
  const after = new Set(slot.values.map(key));
  const removed = slot.original.filter((value) => !after.has(key(value)));
  const added = slot.values.filter((value) => !before.has(key(value)));
  if (removed.length === 0 && added.length === 0) return [];
  const attribute = slot.name;
  const small = slot.original.length <= 1 && slot.values.length <= 1;
  if (replaceOnly || (small && !slot.computed && !guarded)) return [{ operation: 'replace', attribute, values: slot.values }];
  return [
    ...(removed.length > 0 ? [{ operation: 'delete' as const, attribute, values: removed }] : []),
    ...(added.length > 0 ? [{ operation: 'add' as const, attribute, values: added }] : []),
  ];
}
