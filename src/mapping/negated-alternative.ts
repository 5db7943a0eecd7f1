// Filters that 389 Directory Server answers wrongly: one of several alternatives is a negation.
// RFC 4511 section 4.5.1.7; version 2.3 finds less by `(|(!(|(member=A)(member=B)))(member=A)(member=*))` than by `(member=*)`.
import { absoluteTrue, and, type Filter } from '../ldap/filter.ts';

/** The filter, or one that asks for more where the server would leave something out. */
export function avoidNegatedAlternatives(filter: Filter): Filter {
  if (!hasNegatedAlternative(filter)) return filter;
  return filter.kind === 'and' ? and(filter.filters.map(avoidNegatedAlternatives)) : absoluteTrue;
}

function hasNegatedAlternative(filter: Filter): boolean {
  if (filter.kind === 'not') return hasNegatedAlternative(filter.filter);
  if (filter.kind === 'or') return filter.filters.some(hasNegation);
  return filter.kind === 'and' && filter.filters.some(hasNegatedAlternative);
}

function hasNegation(filter: Filter): boolean {
  if (filter.kind === 'and' || filter.kind === 'or') return filter.filters.some(hasNegation);
  return filter.kind === 'not';
}
