// What a domain controller evaluates in its own way: bits of numbers, chains of links, and back links without looking at every entry.
// MS-ADTS 3.1.1.3.4.4 (LDAP_MATCHING_RULE_BIT_AND, _BIT_OR, _TRANSITIVE_EVAL), 3.1.1.3.1.3.1.
import type { Filter, Value } from '../../ldap/filter.ts';
import type { FilterContext, Predicate } from '../filter.ts';
import { resolveDn } from '../names.ts';
import type { Node } from '../node.ts';
import type { AttributeType } from '../schema.ts';
import type { Tree } from '../tree.ts';
import { mayRead } from './call.ts';
import { backLinks, holdersOf, reach } from './links.ts';
import { adSchema } from './schema.ts';
import { adSyntax } from './syntax.ts';

const rules = { bitAnd: '1.2.840.113556.1.4.803', bitOr: '1.2.840.113556.1.4.804', inChain: '1.2.840.113556.1.4.1941' } as const;
const never: Predicate = () => false;

/** What cannot be evaluated is False here, so that its negation finds everything. */
export function filterContext(tree: Tree): FilterContext {
  return {
    schema: adSchema,
    mayRead,
    isTwoValued: true,
    compileLeaf: (filter) => {
      if (filter.kind === 'extensible') return compileExtensible(filter, tree);
      const back = filter.kind === 'equal' ? backLinks.get(adSchema.attributeName(filter.attribute) ?? '') : undefined;
      return back !== undefined && filter.kind === 'equal' ? compileBackLink(back, filter.value, tree) : undefined;
    },
  };
}

function compileExtensible({ rule, attribute, value }: Filter & { kind: 'extensible' }, tree: Tree): Predicate {
  const type = attribute === undefined ? undefined : adSchema.attribute(attribute);
  if (type === undefined) return never;
  if (rule === rules.inChain) return compileChain(type, value, tree);
  return rule === rules.bitAnd || rule === rules.bitOr ? compileBits(type, value, rule === rules.bitAnd) : never;
}

function compileBits({ name, syntax }: AttributeType, value: Value, all: boolean): Predicate {
  const bits = syntax.oid === adSyntax.integer ? 32 : syntax.oid === adSyntax.large ? 64 : 0;
  if (bits === 0 || !/^-?\d{1,20}$/.test(value.toString())) return never;
  const mask = BigInt.asUintN(bits, BigInt(value.toString()));
  return (node) => {
    const text = node.text(name);
    if (text === undefined) return false;
    const common = BigInt.asUintN(bits, BigInt(text)) & mask;
    return all ? common === mask : common !== 0n;
  };
}

function compileBackLink(forward: string, value: Value, tree: Tree): Predicate {
  const target = findTarget(value, tree);
  if (target === undefined) return never;
  const linked = new Set(linkedNodes(target, forward, tree));
  return (node) => linked.has(node);
}

/** An entry matches that leads to the target by any number of such links: the links are followed backwards from there, once. */
function compileChain({ name }: AttributeType, value: Value, tree: Tree): Predicate {
  const target = findTarget(value, tree);
  if (target === undefined) return never;
  const forward = backLinks.get(name);
  const found =
    forward === undefined
      ? reach(target, (node) => holdersOf(node, name, tree.lookUp.bind(tree)))
      : reach(target, (node) => linkedNodes(node, forward, tree));
  return (node) => found.has(node);
}

function findTarget(value: Value, tree: Tree): Node | undefined {
  const dn = resolveDn(value.toString(), adSchema);
  return dn && tree.get(dn);
}

function linkedNodes(node: Node, forward: string, tree: Tree): readonly Node[] {
  return (node.attributes.get(forward)?.keys ?? []).flatMap((key) => [...(tree.lookUp('distinguishedName', key) ?? [])]);
}
