// Which entries hold a value: equality indexes over some attributes, kept as entries change.
// No RFC; what slapd calls `index … eq`. Of objectClass, superclasses are indexed too (RFC 4512 section 2.4.1).
import type { Attributes } from './attribute.ts';
import type { Schema } from './schema.ts';

export class ValueIndex<T> {
  readonly #schema: Schema;
  readonly #indexes: ReadonlyMap<string, Map<string, Set<T>>>;

  constructor(schema: Schema, attributes: readonly string[]) {
    this.#schema = schema;
    this.#indexes = new Map(attributes.map((name) => [name, new Map<string, Set<T>>()]));
  }

  /** The holders of that value, undefined when there is no index for the attribute. */
  lookUp(attribute: string, key: string): ReadonlySet<T> | undefined {
    const index = this.#indexes.get(attribute);
    return index && (index.get(key) ?? new Set());
  }

  update(holder: T, before: Attributes, after: Attributes): void {
    for (const name of changedTypes(before, after)) {
      const index = this.#indexes.get(name);
      if (index === undefined) continue;
      const [oldKeys, newKeys] = [this.#keys(name, before), this.#keys(name, after)];
      for (const key of oldKeys) if (!newKeys.has(key)) removeHolder(index, key, holder);
      for (const key of newKeys) if (!oldKeys.has(key)) index.set(key, (index.get(key) ?? new Set()).add(holder));
    }
  }

  #keys(name: string, attributes: Attributes): ReadonlySet<string> {
    const keys = new Set<string>();
    for (const { description, keys: ownKeys } of attributes.values()) {
      if (description.type.name !== name) continue;
      for (const key of ownKeys) {
        if (name !== 'objectClass') keys.add(key);
        else for (const { name: superclass } of this.#schema.objectClass(key)?.lineage ?? []) keys.add(superclass.toLowerCase());
      }
    }
    return keys;
  }
}

function changedTypes(before: Attributes, after: Attributes): ReadonlySet<string> {
  const changed = new Set<string>();
  for (const [text, attribute] of before) if (after.get(text) !== attribute) changed.add(attribute.description.type.name);
  for (const [text, attribute] of after) if (before.get(text) !== attribute) changed.add(attribute.description.type.name);
  return changed;
}

function removeHolder<T>(index: Map<string, Set<T>>, key: string, holder: T): void {
  const holders = index.get(key);
  holders?.delete(holder);
  if (holders?.size === 0) index.delete(key);
}
