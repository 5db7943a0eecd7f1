// The entries in memory: found by name, by place and by indexed value. It knows no rules; the operations above it do.
// RFC 4512 section 2.1 (the directory information tree).
import type { Dn, Rdn } from '../ldap/dn.ts';
import { childOf, parentOf } from '../ldap/dn.ts';
import type { Attributes } from './attribute.ts';
import { nameKey } from './names.ts';
import { type ComputedAttributes, Node } from './node.ts';
import type { Schema } from './schema.ts';
import { ValueIndex } from './value-index.ts';

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
    return this.#byName.get(nameKey(dn));
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
    this.#byName.set(nameKey(dn), node);
    this.#byId.set(node.id, node);
    parent?.children.add(node);
    this.#index.update(node, new Map(), attributes);
    return node;
  }

  remove(node: Node): void {
    this.#byName.delete(nameKey(node.dn));
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
    return nodes.toSorted((a, b) => a.id - b.id);
  }

  #setName(node: Node, dn: Dn): void {
    this.#byName.delete(nameKey(node.dn));
    node.dn = dn;
    this.#byName.set(nameKey(dn), node);
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
