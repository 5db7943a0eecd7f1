// LDAP filters that the mapping file gives for single operators: `{v}` stands for the value, which never becomes filter text.
// RFC 4515; what a template finds counts as an over-approximation and is finished in memory.
import { type Filter, filterAttributes, parseFilter, type Value } from '../ldap/filter.ts';
import { atLeast, unknown } from './leaf.ts';
import type { Path, Report } from './report.ts';
import type { Rule } from './rule.ts';

type Templates = Readonly<Partial<Record<string, string>>>;

export function withFilterTemplates(rule: Rule, templates: Templates, at: Path, report: Report): Rule {
  const compiled = new Map<string, Filter | 'off'>();
  for (const [operator, text] of Object.entries(templates)) {
    const filter = text === undefined || text === 'off' ? 'off' : report.attempt([...at, operator], () => parseFilter(text));
    if (text !== undefined && filter) compiled.set(operator, filter);
  }
  return {
    ...rule,
    bounds(leaf, context) {
      const template = compiled.get(leaf.test === 'present' ? 'pr' : leaf.test.operator);
      // Templates are about the value, not about `type` or `primary`.
      if (template === undefined || (leaf.sub !== undefined && leaf.sub !== 'value')) return rule.bounds(leaf, context);
      const isKnown = template !== 'off' && filterAttributes(template).every((name) => context.schema.attribute(name));
      return isKnown ? atLeast(fillFilter(template, leaf.test === 'present' ? '' : String(leaf.test.value))) : unknown;
    },
  };
}

function fillFilter(filter: Filter, literal: string): Filter {
  const fill = (value: Value): Value => (typeof value === 'string' ? value.replaceAll('{v}', () => literal) : value);
  switch (filter.kind) {
    case 'and':
    case 'or':
      return { ...filter, filters: filter.filters.map((inner) => fillFilter(inner, literal)) };
    case 'not':
      return { ...filter, filter: fillFilter(filter.filter, literal) };
    case 'present':
      return filter;
    case 'substring':
      return {
        ...filter,
        any: filter.any.map(fill),
        ...(filter.initial !== undefined && { initial: fill(filter.initial) }),
        ...(filter.final !== undefined && { final: fill(filter.final) }),
      };
    default:
      return { ...filter, value: fill(filter.value) };
  }
}
