// What the rules of a mapping must not do to each other: write one LDAP attribute twice, touch the id, refer to what there is not.
// RFC 7643 section 7 (required); L-028 (ids never change).
import type { ResourceType } from '../scim/schema.ts';
import { areDisjoint } from './compile-elements.ts';
import type { ResourceDefinition } from './definition.ts';
import type { Path, Report } from './report.ts';
import type { Rule } from './rule.ts';

/** A rule and the place in the file that it comes from. */
export interface PlacedRule {
  readonly at: Path;
  readonly rule: Rule;
}

/** Two rules may write one LDAP attribute only if each owns its own part: disjoint bits, or values with different prefixes. */
export function refuseSharedAttributes(name: string, placed: readonly PlacedRule[], resource: ResourceDefinition, report: Report): void {
  const owners = new Map<string, readonly Rule[]>();
  for (const { at, rule } of placed) {
    if (rule.access === 'readOnly' || rule.access === 'ignoreWrites') continue;
    for (const attribute of new Set(rule.writes.map((ldap) => ldap.toLowerCase()))) {
      const others = owners.get(attribute) ?? [];
      const other = others.find((each) => !areShared(each.owns, rule.owns));
      if (other) report.add(at, shareMessage(rule, other, attribute), { atKey: true });
      if (attribute === resource.id.ldap.toLowerCase())
        report.add(at, `writes ${resource.id.ldap}, which holds the id: ids never change`, { atKey: true });
      owners.set(attribute, [...others, rule]);
    }
  }
  for (const ldap of Object.keys(resource.set ?? {})) {
    const [other] = owners.get(ldap.toLowerCase()) ?? [];
    if (other) report.add(['resources', name, 'set', ldap], `${ldap} is already written by ${other.target.name}`, { atKey: true });
  }
}

const shareMessage = (rule: Rule, other: Rule, attribute: string): string =>
  `${rule.target.name} and ${other.target.name} both write ${attribute}: give them disjoint masks or prefixes, or make one readOnly`;

function areShared(a: Rule['owns'], b: Rule['owns']): boolean {
  if (typeof a === 'number' && typeof b === 'number') return (BigInt(a) & BigInt(b)) === 0n;
  return typeof a === 'string' && typeof b === 'string' && areDisjoint(a, b);
}

/** Without a place for what the schema requires, no resource could be created or shown. */
export function checkRequired(name: string, type: ResourceType, full: ResourceType, report: Report): void {
  for (const { name: attribute, required } of full.schema.attributes) {
    if (required && !type.schema.attributes.some((offered) => offered.name === attribute))
      report.add(['resources', name, 'attributes'], `${attribute} is required by the schema and not mapped`, { atKey: true });
  }
}

/** Every resource type that a rule refers to must be one of the file. */
export function checkReferences(placed: readonly PlacedRule[], names: readonly string[], report: Report): void {
  for (const { at, rule } of placed) {
    const missing = rule.to?.find((type) => !names.includes(type));
    if (missing !== undefined)
      report.add(at, `${rule.target.name} refers to ${missing}, which is no resource type of this file`, { atKey: true });
  }
}
