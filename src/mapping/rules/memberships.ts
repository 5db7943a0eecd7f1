// `groups` of a user: read-only, changed through the groups. Listed by an attribute of the entry, or searched by member.
// RFC 7643 section 4.1.2; L-048.
import type { Entry } from '../../ldap/entry.ts';
import { formatSid, parseSid } from '../../ldap/syntax.ts';
import type { AttributeReference } from '../../scim/path.ts';
import { unknown } from '../leaf.ts';
import type { DnReference, Located, ReadContext, Rule } from '../rule.ts';
import { describe, distinct, referenceBounds } from './reference.ts';
import type { Json, JsonObject } from '../../scim/schema.ts';

export interface MembershipsOptions {
  readonly target: AttributeReference;
  /** Attribute of the entry that lists its groups, or undefined where groups are searched by member. */
  readonly direct: string | undefined;
  /** Active Directory leaves the primary group out of `memberOf`. */
  readonly primaryGroup: boolean;
  readonly to: readonly string[];
}

export function membershipsRule({ target, direct, primaryGroup, to }: MembershipsOptions): Rule {
  const references = (entry: Entry): readonly DnReference[] => {
    if (direct === undefined) return [];
    const primary = primaryGroup ? primaryGroupDn(entry) : undefined;
    return [...entry.texts(direct), ...(primary === undefined ? [] : [primary])].map((dn) => ({ dn, to }));
  };
  const show = (located: readonly Located[], context: Pick<ReadContext, 'locationOf'>): Json | undefined => {
    const groups = distinct(located).map((group) => ({ ...(describe(target, group, context) as JsonObject), type: 'direct' }));
    return groups.length > 0 ? groups : undefined;
  };
  return {
    target,
    access: 'readOnly',
    reads: [...(direct === undefined ? [] : [direct]), ...(primaryGroup ? ['objectSid', 'primaryGroupID'] : [])],
    writes: [],
    to,
    references,
    read: (entry, context) =>
      show(direct === undefined ? context.groupsOf(entry) : references(entry).flatMap((each) => context.locate(each) ?? []), context),
    show,
    write: () => undefined,
    bounds: (leaf, context) =>
      direct === undefined || primaryGroup ? unknown : referenceBounds({ ldap: direct, to, isWhole: true }, leaf, context),
  };
}

/**
 * The primary group by its SID, the domain part of the entry's own with `primaryGroupID` behind it ([MS-ADTS] 3.1.1.4.5.31); Active
 * Directory finds an entry by `<SID=…>` in place of a DN ([MS-ADTS] 3.1.1.3.1.2.4).
 */
function primaryGroupDn(entry: Entry): string | undefined {
  const [sid] = entry.octets('objectSid');
  const [rid = ''] = entry.texts('primaryGroupID');
  if (!sid || !/^\d+$/.test(rid)) return undefined;
  try {
    const own = parseSid(sid);
    const group = `${own.slice(0, own.lastIndexOf('-'))}-${rid}`;
    return formatSid(group).length > 0 ? `<SID=${group}>` : undefined;
  } catch {
    return undefined;
  }
}
