// A resolved SCIM filter as bounds in LDAP: ask the directory for the over-approximation, finish in memory (L-001 to L-008).
import { equal, type Filter } from '../ldap/filter.ts';
import { equalityKind } from '../ldap/schema.ts';
import type { ResolvedFilter } from '../scim/filter.ts';
import type { AttributeReference } from '../scim/path.ts';
import { allOf, anyOf, atLeast, everything, exactly, negate, nothing, unknown } from './leaf.ts';
import type { ResourceMapping } from './mapping.ts';
import { avoidNegatedAlternatives } from './negated-alternative.ts';
import { attributeName } from './read.ts';
import type { Bounds, FilterContext, IdReference, Leaf, Rule } from './rule.ts';
import { idsOf } from './rules/reference.ts';
import { constantMatches } from './rules/template.ts';

/** Bounds of a filter on one resource type; the scope of the type is not part of them. */
export function translateFilter(mapping: ResourceMapping, filter: ResolvedFilter, context: FilterContext): Bounds {
  const { over, under } = translate(mapping, filter, context);
  return { over: context.misreadsNegatedAlternatives ? avoidNegatedAlternatives(over) : over, under };
}

function translate(mapping: ResourceMapping, filter: ResolvedFilter, context: FilterContext): Bounds {
  switch (filter.kind) {
    case 'and':
      return allOf(filter.filters.map((inner) => translate(mapping, inner, context)));
    case 'or':
      return anyOf(filter.filters.map((inner) => translate(mapping, inner, context)));
    case 'not':
      return negate(translate(mapping, filter.filter, context));
    case 'constant':
      return filter.value ? everything : nothing;
    case 'compare':
      return translateLeaf(mapping, filter.attribute, { operator: filter.operator, value: filter.value }, context);
    case 'present':
      return translateLeaf(mapping, filter.attribute, 'present', context);
    case 'valuePath': {
      const [rule] = rulesFor(mapping, filter.attribute);
      if (rule?.elementBounds) return rule.elementBounds(filter.filter, context);
      // Of a reference, only a lone `value eq` is known to the directory.
      if (filter.filter.kind !== 'compare') return atLeast(unknown.over);
      const inner = translate(mapping, filter.filter, context);
      return filter.filter.operator === 'eq' ? inner : atLeast(inner.over);
    }
  }
}

function translateLeaf(mapping: ResourceMapping, reference: AttributeReference, test: Leaf['test'], context: FilterContext): Bounds {
  const { attribute, sub, extension } = reference;
  if (extension === undefined && attribute.name === 'id') return idBounds(mapping, test, context);
  if (extension === undefined && attribute.name === 'meta' && sub?.name === 'resourceType') {
    return constantMatches(reference, mapping.type.name, { sub: undefined, caseExact: true, test }) ? everything : nothing;
  }
  const rules = rulesFor(mapping, reference);
  if (rules.length === 0) return unknown;
  const leaf = (rule: Rule): Leaf => ({ sub: rule.target.sub ? undefined : sub?.name, caseExact: (sub ?? attribute).caseExact, test });
  return anyOf(rules.map((rule) => rule.bounds(leaf(rule), context)));
}

/** The rules behind a reference: of a complex attribute mapped in parts, the part that is asked, or all of them. */
function rulesFor(mapping: ResourceMapping, { extension, attribute, sub }: AttributeReference): readonly Rule[] {
  return mapping.rules.filter(({ target }) => {
    if (target.extension !== extension || target.attribute.name !== attribute.name) return false;
    return target.sub === undefined || sub === undefined || target.sub.name === sub.name;
  });
}

function idBounds(mapping: ResourceMapping, test: Leaf['test'], context: FilterContext): Bounds {
  if (test === 'present') return everything;
  const type = context.schema.attribute(mapping.id.ldap);
  if (!type || test.operator !== 'eq' || typeof test.value !== 'string') return unknown;
  const filter = idFilter(mapping, test.value);
  if (!filter) return nothing;
  // Text rules also find what differs in blanks.
  return ['uuid', 'octets'].includes(equalityKind(type)) ? exactly(filter) : atLeast(filter);
}

/** The filter that finds the entry with an id; undefined for a text that is no id of this type. Ids are lower-case and case-exact. */
export function idFilter(mapping: ResourceMapping, id: string): Filter | undefined {
  if (id !== id.toLowerCase() || id === '' || id.includes('\0') || id.length > 256) return undefined;
  // A server that compares UUIDs as such refuses or misreads what is none.
  if (/^(entryuuid|objectguid)$/i.test(mapping.id.ldap) && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return undefined;
  try {
    return equal(mapping.id.ldap, mapping.id.codec.encode(id));
  } catch {
    return undefined;
  }
}

/** What the directory does not answer by itself: the conjuncts to decide in memory; undefined when it answers all of them. */
export function undecided(mapping: ResourceMapping, filter: ResolvedFilter, context: FilterContext): ResolvedFilter | undefined {
  const conjuncts = filter.kind === 'and' ? filter.filters : [filter];
  const open = conjuncts.filter((conjunct) => {
    const { over, under } = translateFilter(mapping, conjunct, context);
    return over !== under;
  });
  return open.length === 0 ? undefined : { kind: 'and', filters: open };
}

/** The attributes that evaluating a filter in memory needs, by canonical name without the sub-attribute. */
export function filteredAttributes(filter: ResolvedFilter): readonly string[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.filters.flatMap(filteredAttributes);
    case 'not':
      return filteredAttributes(filter.filter);
    case 'constant':
      return [];
    default:
      return [attributeName({ target: filter.attribute })];
  }
}

/** The ids in a filter that translating it will ask the context for. */
export function idsInFilter(mapping: ResourceMapping, filter: ResolvedFilter): readonly Omit<IdReference, 'onUnresolved'>[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.filters.flatMap((f) => idsInFilter(mapping, f));
    case 'not':
    case 'valuePath':
      return idsInFilter(mapping, filter.filter);
    case 'compare': {
      const to = rulesFor(mapping, filter.attribute)[0]?.to;
      return to && filter.operator === 'eq' ? idsOf(filter.value).map((id) => ({ id, to })) : [];
    }
    default:
      return [];
  }
}
