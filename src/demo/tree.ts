// The entries in memory: found by name, by place and by indexed value. It knows no rules; the operations above it do.
// RFC 4512 section 2.1 (the directory information tree).
import type { Dn, Rdn } from '../ldap/dn.ts';
import { childOf, dnKey, parentOf } from '../ldap/dn.ts';
import type { Attribute, Attributes } from './attribute.ts';
import { makeAttribute } from './attribute.ts';
import { prettyDn } from './names.ts';
import type { AttributeDescription, AttributeType, Schema } from './schema.ts';
import { ValueIndex } from './value-index.ts';

/** Attributes that are computed when asked for, by name in the schema's spelling; no values: absent. */
export type ComputedAttributes = ReadonlyMap<string, (node: Node) => readonly string[]>;

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
    return prettyDn(this.dn);
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
    return this.#get(name)?.values[0]?.toString('utf8');
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
    for (let node: Node | undefined = this; node !== undefined; node = node.parent) if (node === base) return true;
    return false;
  }

  #get(name: string): Attribute | undefined {
    return this.attributes.get(name) ?? this.#compute(name);
  }

  #compute(name: string): Attribute | undefined {
    const values = this.#computed.get(name)?.(this) ?? [];
    return values.length === 0 ? undefined : makeAttribute(name, values, this.#schema);
  }
}

export interface TreeOptions {
  readonly schema: Schema;
  readonly indexed: readonly string[];
  /** The attribute whose value is the entry's own name. */
  readonly nameAttribute: string;
  readonly computed: ComputedAttributes;
}

export class Tree {
  readonly #options: TreeOptions;
  readonly #byName = new Map<string, Node>();
  readonly #byId = new Map<number, Node>();
  readonly #index: ValueIndex<Node>;
  #lastId = 0;

  constructor(options: TreeOptions) {
    this.#options = options;
    this.#index = new ValueIndex(options.schema, options.indexed);
  }

  get size(): number {
    return this.#byName.size;
  }

  get(dn: Dn): Node | undefined {
    return this.#byName.get(dnKey(dn));
  }

  /** The entry, or the nearest one above it. */
  nearest(dn: Dn): Node | undefined {
    for (let name = dn; name.rdns.length > 0; name = parentOf(name)) {
      const node = this.get(name);
      if (node !== undefined) return node;
    }
    return undefined;
  }

  has(node: Node): boolean {
    return this.#byId.get(node.id) === node;
  }

  insert(dn: Dn, attributes: Attributes): Node {
    const parent = this.get(parentOf(dn));
    const { schema, computed } = this.#options;
    const node = new Node(++this.#lastId, dn, attributes, schema, parent, computed);
    this.#byName.set(dnKey(dn), node);
    this.#byId.set(node.id, node);
    parent?.children.add(node);
    this.#index.update(node, new Map(), attributes);
    return node;
  }

  remove(node: Node): void {
    this.#byName.delete(dnKey(node.dn));
    this.#byId.delete(node.id);
    node.parent?.children.delete(node);
    this.#index.update(node, node.attributes, new Map());
  }

  replace(node: Node, attributes: Attributes): void {
    this.#index.update(node, node.attributes, attributes);
    node.attributes = attributes;
  }

  rename(node: Node, rdn: Rdn, parent: Node): void {
    node.parent?.children.delete(node);
    node.parent = parent;
    parent.children.add(node);
    this.#setName(node, childOf(rdn, parent.dn));
  }

  /** The entries with that value, undefined when there is no index for the attribute. */
  lookUp(attribute: string, key: string): ReadonlySet<Node> | undefined {
    if (attribute === this.#options.nameAttribute) {
      const node = this.#byName.get(key);
      return new Set(node && [node]);
    }
    return this.#index.lookUp(attribute, key);
  }

  /** In the order of ids. */
  inScope(base: Node, scope: 'base' | 'one' | 'sub'): readonly Node[] {
    if (scope === 'base') return [base];
    if (scope === 'sub' && base.parent === undefined) return [...this.#byId.values()];
    const nodes = scope === 'one' ? [...base.children] : collectSubtree(base, []);
    return nodes.sort((a, b) => a.id - b.id);
  }

  #setName(node: Node, dn: Dn): void {
    this.#byName.delete(dnKey(node.dn));
    node.dn = dn;
    this.#byName.set(dnKey(dn), node);
    for (const child of node.children) {
      const [rdn] = child.dn.rdns;
      if (rdn !== undefined) this.#setName(child, childOf(rdn, dn));
    }
  }
}

function collectSubtree(base: Node, nodes: Node[]): Node[] {
  nodes.push(base);
  for (const child of base.children) collectSubtree(child, nodes);
  return nodes;
}
