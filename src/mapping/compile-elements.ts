// `elements` of the mapping file: the slots and lists of a multi-valued complex attribute.
// RFC 7643 section 2.4.
import type { AttributeReference } from '../scim/path.ts';
import type { ElementDefinition } from './definition.ts';
import type { Item } from './item.ts';
import { nearest } from './nearest.ts';
import { compilePattern } from './pattern.ts';
import type { Path, Report } from './report.ts';
import type { Rule } from './rule.ts';
import { elementsRule, type Part, type Place } from './rules/elements.ts';
import { codecFor, valueOptions } from './compile-value.ts';

export function compileElements({ at, definition, access, reference }: Item, target: AttributeReference, report: Report): Rule | undefined {
  const { attribute, name } = target;
  if (!attribute.multiValued || attribute.type !== 'complex') {
    report.add([...at, 'elements'], `${name} is no list of complex values`, { atKey: true });
    return undefined;
  }
  const elements = definition.elements ?? [];
  const places = elements.flatMap((element, i) => compilePlace(element, reference, [...at, 'elements', i], report) ?? []);
  refuseShared(places, at, report);
  return elementsRule({ target, access, places, extra: definition.extra });
}

function compilePlace(
  element: ElementDefinition,
  { attribute, name: list }: AttributeReference,
  at: Path,
  report: Report,
): Place | undefined {
  const subs = attribute.subAttributes ?? [];
  const kind = element.slot ? 'slot' : 'list';
  const find = (where: Path, name: string) => {
    const sub = subs.find((candidate) => candidate.name === name);
    if (sub) return sub;
    const suggestion = nearest(
      name,
      subs.map((candidate) => candidate.name),
    );
    report.add(where, `${list} has no sub-attribute ${name}`, { atKey: true, ...(suggestion && { suggestion }) });
    return undefined;
  };
  for (const name of Object.keys(element.match)) find([...at, 'match', name], name);
  const parts = Object.entries(element.slot ?? element.list ?? {}).flatMap(([name, part]): Part[] => {
    const where = [...at, kind, name];
    const sub = find(where, name);
    if (sub && Object.hasOwn(element.match, name)) report.add(where, `${name} is fixed by \`match\` already`, { atKey: true });
    const codec = sub && codecFor(where, part.codec, sub, report);
    return sub && codec ? [{ sub: name, ldap: part.ldap, codec, ...valueOptions(where, part, report) }] : [];
  });
  return parts.length === 0 ? undefined : { kind, match: element.match, parts, primary: compilePrimary(element, at, report) };
}

function compilePrimary({ primary }: ElementDefinition, at: Path, report: Report): Place['primary'] {
  if (typeof primary !== 'object') return primary ?? false;
  const { prefer } = primary;
  const pattern = prefer === undefined ? undefined : report.attempt([...at, 'primary', 'prefer'], () => compilePattern(prefer));
  return pattern ? { prefer: pattern } : {};
}

/** Two parts with one LDAP attribute would read each other's values. */
function refuseShared(places: readonly Place[], at: Path, report: Report): void {
  const parts = places.flatMap((place) => place.parts);
  for (const [i, part] of parts.entries()) {
    const isShared = (other: Part) =>
      other.ldap.toLowerCase() === part.ldap.toLowerCase() && !areDisjoint(part.codec.prefix, other.codec.prefix);
    if (parts.slice(0, i).some(isShared)) report.add([...at, 'elements'], `two elements use ${part.ldap}: give them disjoint prefixes`);
  }
}

/** Whether no value begins with both. */
export function areDisjoint(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && !a.startsWith(b) && !b.startsWith(a);
}
