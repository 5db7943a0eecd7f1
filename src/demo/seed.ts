// The contents of the demo directory: people with a hierarchy, and groups of them. The same seed gives the same directory, always.
// RFC 2798 (inetOrgPerson) and RFC 4519 (groupOfNames), laid out as ou=people and ou=groups under the suffix.
import { childOf, formatDn, parseDn } from '../ldap/dn.ts';
import type { Department, Office } from './seed-company.ts';
import { crossGroups, departments, offices } from './seed-company.ts';
import { languages, readName } from './seed-names.ts';
import { Random } from './random.ts';

export interface SeedEntry {
  readonly dn: string;
  readonly attributes: readonly (readonly [name: string, values: readonly string[]])[];
  readonly origin: { readonly uuid: string; readonly created: number };
}

const mailDomain = 'example.com';
const day = 86_400_000;
const founded = Date.UTC(2016, 0, 4, 8);
const grown = 3500 * day;

/** The first people are the same however many there are. With 0 there are no groups either, only the places for both. */
export function* seedEntries(suffix: string, users: number): Generator<SeedEntry> {
  const random = new Random(0x5eed);
  yield makeSuffix(suffix, random);
  for (const unit of ['people', 'groups']) {
    yield {
      dn: nameIn(suffix, 'ou', unit),
      attributes: [
        ['objectClass', ['organizationalUnit']],
        ['ou', [unit]],
      ],
      origin: makeOrigin(random, founded),
    };
  }
  if (users === 0) return;
  const groups = new Membership();
  const taken = new Set<string>();
  const teams = new Map<Department, Team>();
  let chief: string | undefined;
  for (let index = 0; index < users; index++) {
    const person = inventPerson(index, random, taken, teams, chief, suffix);
    chief ??= person.dn;
    groups.join(person, random);
    yield { dn: person.dn, attributes: person.attributes, origin: makeOrigin(random, founded + grown * (index / (index + 150))) };
  }
  let created = founded + grown;
  for (const { name, description, members } of groups.list(suffix)) {
    const member = members.length > 0 ? members : [nameIn(suffix, 'cn', 'nobody')];
    const attributes = [
      ['objectClass', ['groupOfNames']],
      ['cn', [name]],
      ['description', [description]],
      ['member', member],
    ] as const;
    yield { dn: nameIn(`ou=groups,${suffix}`, 'cn', name), attributes, origin: makeOrigin(random, (created += day / 24)) };
  }
}

function makeOrigin(random: Random, created: number): SeedEntry['origin'] {
  return { uuid: random.uuid(), created };
}

function makeSuffix(suffix: string, random: Random): SeedEntry {
  const ava = parseDn(suffix).rdns[0]?.[0];
  const [type, value] = [ava?.type.toLowerCase() ?? '', String(ava?.value)];
  const structural = { dc: 'domain', o: 'organization', ou: 'organizationalUnit' }[type] ?? 'applicationProcess';
  return {
    dn: suffix,
    attributes: [
      ['objectClass', [structural]],
      [type, [value]],
    ],
    origin: makeOrigin(random, founded),
  };
}

function nameIn(parent: string, type: string, value: string): string {
  return formatDn(childOf([{ type, value }], parseDn(parent)));
}

interface Team {
  readonly head: string;
  lead: string;
  size: number;
}

interface Person {
  readonly dn: string;
  readonly attributes: SeedEntry['attributes'];
  readonly department: Department | undefined;
  readonly office: Office;
  readonly active: boolean;
  readonly leads: boolean;
}

const teamSize = 9;

function inventPerson(
  index: number,
  random: Random,
  taken: Set<string>,
  teams: Map<Department, Team>,
  chief: string | undefined,
  suffix: string,
): Person {
  const language = random.pick(languages);
  const given = readName(random.choose(language.given));
  const family = readName(random.choose(language.family));
  const office = random.pick(offices);
  const picked = random.pick(departments);
  const [chance, mobileChance, mailChance] = [random.next(), random.next(), random.next()];
  const title = random.choose(picked.titles);
  const telephone = random.fill(office.telephone);
  const mobile = random.fill(office.mobile);

  const uid = claim(`${given.ascii}.${family.ascii}`, taken);
  const dn = nameIn(`ou=people,${suffix}`, 'uid', uid);
  const department = index === 0 ? undefined : (departments[index - 1] ?? picked);
  const role = department === undefined ? { title: 'Chief Executive Officer' } : assignRole(dn, department, teams, chief, title);
  const leads = role.title !== title;
  const active = leads || chance >= 0.05;
  const fullName = language.familyFirst ? `${family.written} ${given.written}` : `${given.written} ${family.written}`;
  const alias = `${given.ascii.slice(0, 1)}${family.ascii}`;
  const hasAlias = mailChance < 0.3 && !taken.has(alias);
  if (hasAlias) taken.add(alias);
  const attributes: readonly (readonly [string, readonly string[]])[] = [
    ['objectClass', ['top', 'person', 'organizationalPerson', 'inetOrgPerson']],
    ['uid', [uid]],
    ['cn', [fullName]],
    ['displayName', [fullName]],
    ['givenName', [given.written]],
    ['sn', [family.written]],
    ['mail', [uid, ...(hasAlias ? [alias] : [])].map((local) => `${local}@${mailDomain}`)],
    ['title', [role.title]],
    ['departmentNumber', department ? [department.name] : []],
    ['employeeNumber', [String(10_001 + index)]],
    ['employeeType', active ? (chance < 0.15 ? [] : ['active']) : ['disabled']],
    ['preferredLanguage', [language.tag]],
    ['o', [office.company]],
    ['street', [office.street]],
    ['l', [office.city]],
    ['st', [office.region]],
    ['postalCode', [office.postalCode]],
    ['telephoneNumber', [telephone]],
    ['mobile', mobileChance < 0.65 ? [mobile] : []],
    ['manager', role.manager === undefined ? [] : [role.manager]],
  ];
  return { dn, attributes: attributes.filter(([, values]) => values.length > 0), department, office, active, leads };
}

/** The first of a department is its head; then every ninth leads those who follow. */
function assignRole(
  dn: string,
  department: Department,
  teams: Map<Department, Team>,
  chief: string | undefined,
  title: string,
): { readonly title: string; readonly manager?: string | undefined } {
  const team = teams.get(department);
  if (team === undefined) {
    teams.set(department, { head: dn, lead: dn, size: 0 });
    return { title: department.head, manager: chief };
  }
  if (team.size++ % teamSize !== 0) return { title, manager: team.lead };
  team.lead = dn;
  return { title: department.lead, manager: team.head };
}

/** `name`, or with the first number that is free. */
function claim(name: string, taken: Set<string>): string {
  let claimed = name;
  for (let number = 2; taken.has(claimed); number++) claimed = `${name}${number}`;
  taken.add(claimed);
  return claimed;
}

interface SeedGroup {
  readonly name: string;
  readonly description: string;
  readonly members: string[];
}

const describe = (name: string, description: string): SeedGroup => ({ name, description, members: [] });

/** Who is in which group, filled person by person. */
class Membership {
  readonly #everyone = describe('All Employees', 'Everyone with an active account');
  readonly #leaders = describe('Leadership', 'Heads of departments and team leads');
  readonly #departments = new Map(
    departments.map((department) => [department, describe(department.name, `Department ${department.name}`)]),
  );
  readonly #offices = new Map(offices.map((office) => [office, describe(`${office.city} Office`, `${office.company}, ${office.street}`)]));
  readonly #across = crossGroups.map((group) => ({ ...group, members: [] as string[] }));

  join({ dn, department, office, active, leads }: Person, random: Random): void {
    if (active) this.#everyone.members.push(dn);
    if (leads) this.#leaders.members.push(dn);
    if (department !== undefined) this.#departments.get(department)?.members.push(dn);
    this.#offices.get(office)?.members.push(dn);
    for (const { percent, members } of this.#across) if (random.next() * 100 < percent) members.push(dn);
  }

  list(suffix: string): readonly SeedGroup[] {
    const nested = ['Engineering', 'Quality', 'Design'].map((name) => nameIn(`ou=groups,${suffix}`, 'cn', name));
    return [
      this.#everyone,
      this.#leaders,
      ...this.#departments.values(),
      ...this.#offices.values(),
      ...this.#across,
      { name: 'Product Development', description: 'Three departments in one group', members: nested },
      describe('Project Ibis', 'Not yet staffed'),
    ];
  }
}
