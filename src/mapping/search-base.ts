// Where two statements about places in the directory overlap: the search bases of a mapping, and the subtrees that somebody is confined to.
// RFC 4511 section 4.5.1.2 (search scope).
import { type Dn, equalDn, isUnder, parentOf } from '../ldap/dn.ts';
import type { SearchBase } from './mapping.ts';

/** What of the search bases lies in one of the subtrees; empty: nothing does. */
export function intersectBases(bases: readonly SearchBase[], subtrees: readonly Dn[]): readonly SearchBase[] {
  return bases.flatMap((base) =>
    subtrees.some((subtree) => isUnder(base.dn, subtree)) ? [base] : subtrees.flatMap((subtree) => partOf(base, subtree) ?? []),
  );
}

/** What of a search base is a subtree that begins below it. */
function partOf({ dn, scope }: SearchBase, subtree: Dn): SearchBase | undefined {
  if (!isUnder(subtree, dn)) return undefined;
  if (scope === 'sub') return { dn: subtree, scope };
  return scope === 'one' && equalDn(parentOf(subtree), dn) ? { dn: subtree, scope: 'base' } : undefined;
}
