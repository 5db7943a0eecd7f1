// What a mapping must say beyond its preset, so that it fits what was found in a directory.
import { allAttributesOf } from '../../ldap/schema.ts';
import type { ResourceDefinition } from '../../mapping/definition.ts';
import { chooseUserName, proposeAttributes } from './attributes.ts';
import { countUse, equalNames, type Findings, isPossible, mostFrequent, spellClass } from './findings.ts';
import { proposeCreate } from './new-entries.ts';
import { proposeBases, proposeId, proposePlacement } from './places.ts';
import { ldapNamesOf } from './preset.ts';
import type { Population } from './survey.ts';
import { line, type Line } from './yaml-text.ts';

export interface Proposal {
  readonly lines: readonly Line[];
  /** What the reader of the file should know; for its head. */
  readonly notes: readonly string[];
  /** Resource types that the mapping has. */
  readonly resources: readonly string[];
}

type Part = Pick<Proposal, 'lines' | 'notes'>;
const nothing: Part = { lines: [], notes: [] };

/** Undefined where there are no people and no folder for them. */
export function proposeMapping(findings: Findings): Proposal | undefined {
  const { people, groups, hasFolder, isUniform } = findings;
  if (people.total === 0 && !hasFolder.people) return undefined;
  const kind = memberClasses.find(([objectClass]) => groups.classes.has(objectClass));
  const withGroups = groups.total === 0 ? hasFolder.groups : kind !== undefined || isUniform;
  const user = people.total === 0 ? nothing : proposeUser(findings, withGroups);
  const group = groups.total === 0 || !withGroups ? nothing : proposeGroup(findings, kind);
  const why = groups.total === 0 ? 'there are none' : 'their members are names instead of DNs (posixGroup), which cannot be served';
  return {
    lines: [
      ...user.lines,
      ...(people.total === 0 && !withGroups ? [line(['resources', 'User', 'attributes', 'groups'], null)] : []),
      ...group.lines,
      ...(withGroups ? [] : [line(['resources', 'Group'], null, why)]),
    ],
    notes: [describeCount('people', people), ...user.notes, describeCount('groups', groups), ...group.notes],
    resources: withGroups ? ['User', 'Group'] : ['User'],
  };
}

function describeCount(what: string, { total, cut, containers, sampled }: Population): string {
  const where = containers.length === 1 ? 'one container' : `${containers.length} containers`;
  return `${what[0]?.toUpperCase()}${what.slice(1)}: ${cut ? 'more than ' : ''}${total}${total === 0 ? '' : ` in ${where}, of which ${sampled} were looked at`}.`;
}

function proposeUser(findings: Findings, withGroups: boolean): Part {
  const resource = typeOf(findings, 'User');
  const { people } = findings;
  const at = ['resources', 'User'];
  const userName = chooseUserName(resource, people);
  const attributes = proposeAttributes(findings, resource, userName, withGroups);
  const create = proposeCreate(findings, resource, userName, attributes.written, at);
  const lines = [
    ...proposeBases(findings, resource, people, at),
    ...proposeFilter(findings, resource, at),
    ...proposeId(resource, people, at),
    ...create.lines,
    ...attributes.lines,
  ];
  return { lines: inOrder(lines), notes: [...create.notes, ...attributes.notes] };
}

/** Lines of one map behind each other, maps in the order in which they first occur. */
function inOrder(lines: readonly Line[]): readonly Line[] {
  const places = [...new Set(lines.map(({ path }) => path[2]))];
  return lines.toSorted((a, b) => places.indexOf(a.path[2]) - places.indexOf(b.path[2]));
}

/** The class that most people have. */
function proposeFilter(findings: Findings, { search }: ResourceDefinition, at: readonly string[]): readonly Line[] {
  const { people, isUniform } = findings;
  if (isUniform) return [];
  const count = (name: string): number => people.classes.get(name) ?? 0;
  const chosen =
    ['inetorgperson', 'person', 'posixaccount', 'account'].find((name) => count(name) * 2 > people.sampled) ?? mostFrequent(people.classes);
  if (chosen === undefined) return [];
  const filter = `(objectClass=${spellClass(findings, chosen)})`;
  const left = people.sampled - count(chosen);
  if (filter === search.filter && left === 0) return [];
  return [
    line(
      [...at, 'search', 'filter'],
      filter,
      left === 0 ? undefined : `${left} of ${people.sampled} people have another class, and are not served`,
    ),
  ];
}

/** Classes of groups that name their members by DN. */
const memberClasses: readonly (readonly [objectClass: string, member: string])[] = [
  ['groupofnames', 'member'],
  ['groupofmembers', 'member'],
  ['groupofuniquenames', 'uniqueMember'],
];

function proposeGroup(findings: Findings, kind: readonly [objectClass: string, member: string] | undefined): Part {
  const { groups, schema, isUniform } = findings;
  const resource = typeOf(findings, 'Group');
  const at = ['resources', 'Group'];
  if (isUniform || kind === undefined) return { lines: proposePlacement(findings, resource, groups, at), notes: [] };
  const [objectClass, member] = kind;
  const name = spellClass(findings, objectClass);
  const { membership, create, search } = resource;
  const needsMember = allAttributesOf(schema, [objectClass]).must.has(member.toLowerCase());
  const rdn = mostFrequent(groups.rdnAttributes) ?? 'cn';
  const others = groups.sampled - (groups.classes.get(objectClass) ?? 0);
  const filter = `(objectClass=${name})`;
  return {
    lines: [
      ...proposeBases(findings, resource, groups, at),
      ...(filter === search.filter ? [] : [line([...at, 'search', 'filter'], filter)]),
      ...proposeId(resource, groups, at),
      ...(create && !equalNames(create.objectClasses, ['top', name]) ? [line([...at, 'create', 'objectClasses'], ['top', name])] : []),
      ...proposePlacement(findings, resource, groups, at),
      ...(membership && membership.ldap !== member ? [line([...at, 'membership', 'ldap'], member)] : []),
      ...(membership?.empty && !needsMember ? [line([...at, 'membership', 'empty'], null, `a ${name} may be empty here`)] : []),
      ...(membership && !membership.empty && needsMember
        ? [line([...at, 'membership', 'empty'], { placeholder: 'cn=nobody,{baseDn}' }, `a ${name} needs a member: this one, never shown`)]
        : []),
      ...proposeGroupExternalId(findings, resource, at),
    ],
    notes: [
      ...(others > 0 ? [`${others} of the groups looked at are no ${name}, and are not served.`] : []),
      ...(rdn === 'cn' ? [] : [`Groups are named by ${rdn} here; new ones will be by cn.`]),
    ],
  };
}

function proposeGroupExternalId(findings: Findings, { attributes }: ResourceDefinition, at: readonly string[]): readonly Line[] {
  const [usual = ''] = ldapNamesOf(attributes['externalId'] ?? null);
  const possible = isPossible(findings, findings.groups);
  const free = [usual, 'businessCategory', 'o', 'ou'].find((ldap) => possible(ldap) && countUse(findings.groups, ldap) === 0);
  if (free === usual) return [];
  const path = [...at, 'attributes', 'externalId'];
  return free === undefined
    ? [line(path, null, 'every attribute that could hold it is in use')]
    : [line([...path, 'ldap'], free, `${usual} is in use here`)];
}

function typeOf({ preset }: Findings, name: string): ResourceDefinition {
  const resource = preset.resources[name];
  if (!resource) throw new Error(`the preset has no ${name}`);
  return resource;
}
