// Search filters put to work: a filter becomes a predicate over entries, and the set of entries that an index leaves to be asked.
// RFC 4511 section 4.5.1.7: three values; what cannot be evaluated is Undefined, and only True selects.
import type { Filter, Value } from '../ldap/filter.ts';
import type { Attribute } from './attribute.ts';
import { keysUnder } from './attribute.ts';
import type { MatchingRule } from './matching.ts';
import { octetPreparation } from './matching.ts';
import type { AttributeDescription, AttributeType, Schema } from './schema.ts';
import { syntaxOid } from './syntax.ts';
import type { Part } from './text-preparation.ts';
import type { Node } from './node.ts';
import type { Tree } from './tree.ts';

export type Truth = boolean | undefined;
export type Predicate = (node: Node) => Truth;
/** Whether whoever asks may use that attribute of that entry. */
export type MayRead = (node: Node, type: AttributeType) => boolean;

type Leaf = Exclude<Filter, { readonly filters: unknown } | { readonly filter: unknown }>;

export interface FilterContext {
  readonly schema: Schema;
  readonly mayRead: MayRead;
  /** What the product evaluates in a way of its own; undefined: like the others. */
  readonly compileLeaf?: (filter: Leaf) => Predicate | undefined;
  /** What cannot be evaluated is False, not Undefined. */
  readonly isTwoValued?: boolean;
}

const undefinedResult: Predicate = () => undefined;

export function compileFilter(filter: Filter, context: FilterContext): Predicate {
  switch (filter.kind) {
    case 'and':
    case 'or': {
      const predicates = filter.filters.map((part) => compileFilter(part, context));
      return combine(predicates, filter.kind === 'or');
    }
    case 'not': {
      const predicate = compileFilter(filter.filter, context);
      return (node) => negate(predicate(node));
    }
    default: {
      const predicate = context.compileLeaf?.(filter) ?? compileLeaf(filter, context);
      return context.isTwoValued === true ? (node) => predicate(node) === true : predicate;
    }
  }
}

function compileLeaf(filter: Leaf, { schema, mayRead }: FilterContext): Predicate {
  if (filter.kind === 'extensible') return compileExtensible(filter, schema, mayRead);
  const description = schema.description(filter.attribute);
  const test = description && compileTest(filter, description.type, schema);
  return test === undefined ? undefinedResult : testAttributes(description, test, schema, mayRead);
}

function combine(predicates: readonly Predicate[], decisive: boolean): Predicate {
  return (node) => {
    let result: Truth = !decisive;
    for (const predicate of predicates) {
      const truth = predicate(node);
      if (truth === decisive) return decisive;
      if (truth === undefined) result = undefined;
    }
    return result;
  };
}

function negate(truth: Truth): Truth {
  return truth === undefined ? undefined : !truth;
}

type AttributeTest = (attribute: Attribute) => boolean;
type SimpleFilter = Exclude<Leaf, { readonly kind: 'extensible' }>;

function isSimple(filter: Filter): filter is SimpleFilter {
  return !['and', 'or', 'not', 'extensible'].includes(filter.kind);
}

/** Which value of an attribute a simple filter is about (RFC 3876 section 2); nothing where the filter cannot be evaluated. */
export function compileValueFilter(filter: Filter, schema: Schema): (value: Attribute) => boolean {
  if (!isSimple(filter)) return () => false;
  const description = schema.description(filter.attribute);
  const test = description && compileTest(filter, description.type, schema);
  if (description === undefined || test === undefined) return () => false;
  const types = schema.withSubtypes(description.type);
  return (value) => types.includes(value.description.type) && test(value);
}

/** An attribute that is absent makes the assertion False, one that may not be read makes it Undefined. */
function testAttributes(description: AttributeDescription | undefined, test: AttributeTest, schema: Schema, mayRead: MayRead): Predicate {
  if (description === undefined) return undefinedResult;
  const types = schema.withSubtypes(description.type);
  return (node) => {
    if (!mayRead(node, description.type)) return undefined;
    return node.find(types, description.options).some((attribute) => test(attribute));
  };
}

/** Undefined: the type has no rule for that kind of assertion, or the value is none that the rule can compare. */
function compileTest(filter: SimpleFilter, type: AttributeType, schema: Schema): AttributeTest | undefined {
  switch (filter.kind) {
    case 'present':
      return () => true;
    case 'equal':
    case 'approx':
      return classTypes.has(type.name) ? compileClassTest(filter.value, schema) : compileEquality(type.equality, filter.value, schema);
    case 'greaterOrEqual':
      return compileOrdering(type.ordering, filter.value, schema, (order) => order >= 0);
    case 'lessOrEqual':
      return compileOrdering(type.ordering, filter.value, schema, (order) => order <= 0);
    case 'substring':
      return compileSubstring(type.substring, filter, schema);
  }
}

const classTypes: ReadonlySet<string> = new Set(['objectClass', 'structuralObjectClass']);

/** An entry is of a class also when only a subclass is named in it. */
function compileClassTest(value: Value, schema: Schema): AttributeTest | undefined {
  const wanted = schema.objectClass(value.toString());
  if (wanted === undefined) return undefined;
  return (attribute) => attribute.keys.some((key) => schema.objectClass(key)?.lineage.has(wanted) === true);
}

function compileEquality(rule: MatchingRule | undefined, value: Value, schema: Schema): AttributeTest | undefined {
  const key = assertionKey(rule, value, 'whole', schema);
  return rule && key !== undefined ? (attribute) => keysUnder(attribute, rule.preparation, schema).includes(key) : undefined;
}

function compileOrdering(
  rule: MatchingRule | undefined,
  value: Value,
  schema: Schema,
  holds: (order: number) => boolean,
): AttributeTest | undefined {
  const key = assertionKey(rule, value, 'whole', schema);
  if (rule === undefined || key === undefined) return undefined;
  const { compare = compareTexts } = rule.preparation;
  return (attribute) => keysUnder(attribute, rule.preparation, schema).some((candidate) => holds(compare(candidate, key)));
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compileSubstring(
  rule: MatchingRule | undefined,
  filter: Filter & { kind: 'substring' },
  schema: Schema,
): AttributeTest | undefined {
  const keyOf = (value: Value | undefined, part: Part): string | undefined =>
    value === undefined ? '' : assertionKey(rule, value, part, schema);
  const initial = keyOf(filter.initial, 'initial');
  const middle = filter.any.map((value) => keyOf(value, 'any'));
  const final = keyOf(filter.final, 'final');
  if (rule === undefined || initial === undefined || final === undefined || !middle.every((part) => part !== undefined)) return undefined;
  return (attribute) => keysUnder(attribute, rule.preparation, schema).some((key) => containsParts(key, initial, middle, final));
}

function containsParts(key: string, initial: string, middle: readonly string[], final: string): boolean {
  if (!key.startsWith(initial)) return false;
  let at = initial.length;
  for (const part of middle) {
    const found = key.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return key.length - final.length >= at && key.endsWith(final);
}

function assertionKey(rule: MatchingRule | undefined, value: Value, part: Part, schema: Schema): string | undefined {
  return rule?.preparation.key(typeof value === 'string' ? Buffer.from(value) : value, part, schema);
}

function compileExtensible(filter: Filter & { kind: 'extensible' }, schema: Schema, mayRead: MayRead): Predicate {
  const description = filter.attribute === undefined ? undefined : schema.description(filter.attribute);
  if (filter.attribute !== undefined && description === undefined) return undefinedResult;
  const rule = filter.rule === undefined ? description?.type.equality : schema.matchingRule(filter.rule);
  if (rule === undefined || rule.use === 'substring' || (description && !isUsable(rule, description.type))) return undefinedResult;
  const test =
    rule.use === 'equality'
      ? compileEquality(rule, filter.value, schema)
      : compileOrdering(rule, filter.value, schema, (order) => order < 0);
  if (test === undefined) return undefinedResult;
  const types = description ? schema.withSubtypes(description.type) : schema.attributeTypes().filter((type) => isUsable(rule, type));
  const options = description?.options ?? [];
  return (node) => {
    const readable = types.filter((type) => mayRead(node, type));
    if (node.find(readable, options).some((attribute) => test(attribute))) return true;
    if (filter.dnAttributes === true && nameAttributes(node, types, rule, schema).some((attribute) => test(attribute))) return true;
    return readable.length < types.length ? undefined : false;
  };
}

/** Rules for text also take the narrower string syntaxes (RFC 4517 section 4.2). */
function isUsable(rule: MatchingRule, type: AttributeType): boolean {
  const { oid } = type.syntax;
  return rule.syntax === oid || (rule.syntax === syntaxOid.directoryString && textSyntaxes.has(oid));
}

const textSyntaxes: ReadonlySet<string> = new Set([syntaxOid.printableString, syntaxOid.country, syntaxOid.telephoneNumber]);

/** The values in the entry's name, each as an attribute. */
function nameAttributes(node: Node, types: readonly AttributeType[], rule: MatchingRule, schema: Schema): Attribute[] {
  return node.dn.rdns.flat().flatMap(({ type, value }) => {
    const description = schema.description(type);
    const octets = typeof value === 'string' ? Buffer.from(value) : value;
    const key = (description?.type.equality?.preparation ?? octetPreparation).key(octets, 'whole', schema);
    if (description === undefined || key === undefined || !types.includes(description.type) || !isUsable(rule, description.type)) return [];
    return [{ description, values: [octets], keys: [key] }];
  });
}

/** Entries among which all matches are, found by index; undefined: none of the filter is indexed. */
export function findCandidates(filter: Filter, tree: Tree, schema: Schema): ReadonlySet<Node> | undefined {
  if (filter.kind === 'equal') {
    const type = schema.attribute(filter.attribute);
    const key = type && assertionKey(type.equality, filter.value, 'whole', schema);
    return type && key !== undefined ? tree.lookUp(type.name, key) : undefined;
  }
  if (filter.kind === 'and') {
    const sets = filter.filters.map((part) => findCandidates(part, tree, schema)).filter((set) => set !== undefined);
    return sets.toSorted((a, b) => a.size - b.size)[0];
  }
  if (filter.kind === 'or') {
    const sets = filter.filters.map((part) => findCandidates(part, tree, schema));
    return sets.every((set) => set !== undefined) ? new Set(sets.flatMap((set) => [...set])) : undefined;
  }
  return undefined;
}
