// The company as an OpenLDAP server would hold it: people under ou=people, groups under ou=groups.
// RFC 2798 (inetOrgPerson), RFC 4519 (groupOfNames).
import { childOf, formatDn, parseDn } from '../../ldap/dn.ts';
import { inventCompany, type Group, type Origin, type Person } from '../company/company.ts';
import type { Directory } from '../directory.ts';
import { addEntry } from './write-operations.ts';

export interface SeedEntry {
  readonly dn: string;
  readonly attributes: readonly (readonly [name: string, values: readonly string[]])[];
  readonly origin: Origin;
}

/** Fills a directory as its administrator. @throws OperationError for an entry that is none */
export function seedOpenLdap(directory: Directory, suffix: string, users: number): void {
  const identity = { kind: 'administrator', dn: directory.face.schema.writeDn(directory.administrator.dn) } as const;
  const session = { identity, secured: false, paging: { lastId: 0, count: 0 } };
  for (const { dn, attributes, origin } of seedEntries(suffix, users)) {
    const values = attributes.map(([description, texts]) => ({ description, values: texts.map((text) => Buffer.from(text)) }));
    addEntry({ kind: 'add', dn, attributes: values }, {}, session, directory, origin);
  }
}

/** The first people are the same however many there are. With 0 there are no groups either, only the places for both. */
export function* seedEntries(suffix: string, users: number): Generator<SeedEntry> {
  const { origin, places, members } = inventCompany(users);
  const write = writerFor(suffix);
  yield describeSuffix(suffix, origin);
  for (const [at, unit] of ['people', 'groups'].entries()) {
    yield {
      dn: nameIn(suffix, 'ou', unit),
      attributes: [
        ['objectClass', ['organizationalUnit']],
        ['ou', [unit]],
      ],
      origin: places[at] ?? origin,
    };
  }
  for (const member of members) yield write(member);
}

function describeSuffix(suffix: string, origin: Origin): SeedEntry {
  const ava = parseDn(suffix).rdns[0]?.[0];
  const [type, value] = [ava?.type.toLowerCase() ?? '', String(ava?.value)];
  const structural = { dc: 'domain', o: 'organization', ou: 'organizationalUnit' }[type] ?? 'applicationProcess';
  return {
    dn: suffix,
    attributes: [
      ['objectClass', [structural]],
      [type, [value]],
    ],
    origin,
  };
}

function nameIn(parent: string, type: string, value: string): string {
  return formatDn(childOf([{ type, value }], parseDn(parent)));
}

function writerFor(suffix: string): (member: Person | Group) => SeedEntry {
  const names = new Map<Person | Group, string>();
  const nameOf = (member: Person | Group): string => {
    const known = names.get(member);
    if (known !== undefined) return known;
    const name =
      member.kind === 'person' ? nameIn(`ou=people,${suffix}`, 'uid', member.userName) : nameIn(`ou=groups,${suffix}`, 'cn', member.name);
    names.set(member, name);
    return name;
  };
  const nobody = nameIn(suffix, 'cn', 'nobody');
  return (member) => {
    const attributes =
      member.kind === 'person' ? describePerson(member, member.manager && nameOf(member.manager)) : describeGroup(member, nameOf, nobody);
    return { dn: nameOf(member), attributes: attributes.filter(([, values]) => values.length > 0), origin: member.origin };
  };
}

function describePerson(person: Person, manager: string | undefined): SeedEntry['attributes'] {
  const { userName, fullName, office, active, chance } = person;
  return [
    ['objectClass', ['top', 'person', 'organizationalPerson', 'inetOrgPerson']],
    ['uid', [userName]],
    ['cn', [fullName]],
    ['displayName', [fullName]],
    ['givenName', [person.given.written]],
    ['sn', [person.family.written]],
    ['mail', person.mail],
    ['title', [person.title]],
    ['departmentNumber', person.department ? [person.department.name] : []],
    ['employeeNumber', [String(person.number)]],
    ['employeeType', active ? (chance < 0.15 ? [] : ['active']) : ['disabled']],
    ['preferredLanguage', [person.language]],
    ['o', [office.company]],
    ['street', [office.street]],
    ['l', [office.city]],
    ['st', [office.region]],
    ['postalCode', [office.postalCode]],
    ['telephoneNumber', [person.telephone]],
    ['mobile', person.mobile === undefined ? [] : [person.mobile]],
    ['manager', manager === undefined ? [] : [manager]],
  ];
}

/** A group must have a member: an empty one has a placeholder that is nobody. */
function describeGroup(
  { name, description, members }: Group,
  nameOf: (member: Person | Group) => string,
  nobody: string,
): SeedEntry['attributes'] {
  return [
    ['objectClass', ['groupOfNames']],
    ['cn', [name]],
    ['description', [description]],
    ['member', members.length > 0 ? members.map(nameOf) : [nobody]],
  ];
}
