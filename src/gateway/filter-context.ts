// What translating a SCIM filter must know of the server that is asked.
// RFC 4511 section 4.5.1.7: what a filter means, and which servers evaluate it otherwise.
import type { Directory } from '../ldap/directory.ts';
import type { FilterContext } from '../mapping/rule.ts';

const noReference = (): undefined => undefined;

/** @param dnOf DNs of the resources that the filter names, where it may name some */
export function filterContextOf(directory: Pick<Directory, 'capabilities'>, dnOf: FilterContext['dnOf'] = noReference): FilterContext {
  const { schema, vendor } = directory.capabilities();
  return { schema, dnOf, misreadsNegatedAlternatives: vendor === '389ds' || vendor === 'freeipa' };
}
