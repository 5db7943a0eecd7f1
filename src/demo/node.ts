// One entry in memory: its name, its place, its attributes, and those that are computed when somebody asks.
// RFC 4512 sections 2.1 to 2.5.
import type { Dn } from '../ldap/dn.ts';
import type { Attribute, Attributes } from './attribute.ts';
import { makeAttribute } from './attribute.ts';
import type { AttributeDescription, AttributeType, Schema } from './schema.ts';

/** Attributes that are computed when asked for, by name in the schema's spelling; no values: absent. */
export type ComputedAttributes = ReadonlyMap<string, (node: Node) => readonly (string | Buffer)[]>;

const none: ComputedAttributes = new Map();

/** One entry. Only the tree changes it; its attributes are replaced as a whole, never in place. */
export class Node {
  /** Entries are searched in the order of their ids, which is that of their creation. */
  readonly id: number;
  dn: Dn;
  parent: Node | undefined;
  attributes: Attributes;
  readonly children = new Set<Node>();
  readonly #schema: Schema;
  readonly #computed: ComputedAttributes;

  constructor(id: number, dn: Dn, attributes: Attributes, schema: Schema, parent?: Node, computed: ComputedAttributes = none) {
    this.id = id;
    this.dn = dn;
    this.attributes = attributes;
    this.parent = parent;
    this.#schema = schema;
    this.#computed = computed;
  }

  get name(): string {
    return this.#schema.writeDn(this.dn);
  }

  /** Attributes of these types that carry at least these options (RFC 4512 section 2.5.2). */
  find(types: readonly AttributeType[], options: readonly string[] = []): readonly Attribute[] {
    const found: Attribute[] = [];
    for (const type of types) {
      const plain = options.length === 0 ? this.#get(type.name) : undefined;
      if (plain !== undefined) found.push(plain);
    }
    for (const attribute of this.attributes.values()) {
      const { description } = attribute;
      if (description.options.length === 0 || !types.includes(description.type)) continue;
      if (options.every((option) => description.options.includes(option))) found.push(attribute);
    }
    return found;
  }

  text(name: string): string | undefined {
    return this.octets(name)?.toString('utf8');
  }

  /** The first value. */
  octets(name: string): Buffer | undefined {
    return this.#get(name)?.values[0];
  }

  /** The stored attributes that are wanted, then the computed ones. */
  select(isWanted: (description: AttributeDescription) => boolean): readonly Attribute[] {
    const selected = [...this.attributes.values()].filter(({ description }) => isWanted(description));
    for (const name of this.#computed.keys()) {
      const description = this.#schema.description(name);
      const attribute = description && isWanted(description) ? this.#compute(name) : undefined;
      if (attribute !== undefined) selected.push(attribute);
    }
    return selected;
  }

  isUnder(base: Node): boolean {
    return this === base || this.parent?.isUnder(base) === true;
  }

  #get(name: string): Attribute | undefined {
    return this.attributes.get(name) ?? this.#compute(name);
  }

  #compute(name: string): Attribute | undefined {
    const values = this.#computed.get(name)?.(this) ?? [];
    return values.length === 0 ? undefined : makeAttribute(name, values, this.#schema);
  }
}
