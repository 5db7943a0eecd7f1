// The attributes of a resource type that are made of references: rows keep numbers for them, and show what those stand for at the time.
// L-035, L-046, L-048: a membership is in the group alone, whoever shows it.
import type { Watched } from '../ldap/changes/change-source.ts';
import type { Dn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import { or } from '../ldap/filter.ts';
import { type Mapping, type ResourceMapping, resourceNamed } from '../mapping/mapping.ts';
import { attributeName } from '../mapping/read.ts';
import type { Rule } from '../mapping/rule.ts';

export interface Field {
  /** Canonical name of the attribute. */
  readonly attribute: string;
  readonly rule: Rule;
  readonly to: readonly string[];
  /** Also the rows that refer to the row by this attribute of theirs. */
  readonly inverse?: { readonly type: string; readonly attribute: string };
  /** The LDAP attribute whose values are the row's own references; undefined where they are not DNs that others may change. */
  readonly ldap: string | undefined;
  /** The row's own references: DNs, or `<SID=…>`. */
  own(entry: Entry): readonly string[];
}

const isSid = (text: string): boolean => text.startsWith('<SID=');

export function fieldsOf(mapping: Mapping, resource: ResourceMapping): readonly Field[] {
  return resource.rules.flatMap((rule): Field[] => {
    const { to, show, references } = rule;
    if (!to || !show || !references) return [];
    const attribute = attributeName(rule);
    const texts = (entry: Entry): readonly string[] => references(entry).map(({ dn }) => dn);
    if (attribute !== 'groups') return [{ attribute, rule, to, ldap: rule.reads[0], own: texts }];
    // A change of a group does not touch the entries of its members: who lists them is the group.
    const holder = to.map((name) => resourceNamed(mapping, name)).find((each) => each?.membership !== undefined);
    if (!holder) return [{ attribute, rule, to, ldap: rule.reads[0], own: texts }];
    const inverse = { type: holder.type.name, attribute: 'members' };
    return [{ attribute, rule, to, inverse, ldap: undefined, own: (entry) => texts(entry).filter(isSid) }];
  });
}

/** Why the resources of a type cannot be kept as rows; undefined: they can. */
export function unkeptBecause(resource: ResourceMapping): string | undefined {
  const partial = resource.rules.find(({ references, target }) => references !== undefined && target.sub !== undefined);
  return partial && `${attributeName(partial)} is mapped by parts, one of which is a reference`;
}

/** What a server is asked for the changes of. */
export function watchedBy(resources: readonly ResourceMapping[], base: Dn): Watched {
  return {
    base,
    scope: or(resources.map(({ scope }) => scope.filter)),
    idAttributes: [...new Set(resources.map(({ id }) => id.ldap))],
  };
}
