// The invented company of the demo directory: its people in a hierarchy, and its groups. The same people each time, whatever the product.
// No RFC; each face writes them down in its own schema.
import { crossGroups, departments, offices, type Department, type Office } from './departments.ts';
import { languages, readName, type Name } from './names.ts';
import { Random } from './random.ts';

/** What is known of an entry that comes from elsewhere: its id and when it was made, in milliseconds. */
export interface Origin {
  readonly uuid: string;
  readonly created: number;
}

export interface Person {
  readonly kind: 'person';
  /** In the letters a to z, a dot, digits: nobody else's. */
  readonly userName: string;
  readonly given: Name;
  readonly family: Name;
  /** In the order of the person's language. */
  readonly fullName: string;
  /** The first is `userName` at the company's domain. */
  readonly mail: readonly string[];
  readonly title: string;
  readonly department: Department | undefined;
  readonly office: Office;
  /** From 10001, in the order of joining. */
  readonly number: number;
  readonly active: boolean;
  readonly contractor: boolean;
  readonly leads: boolean;
  readonly language: string;
  readonly telephone: string;
  readonly mobile: string | undefined;
  readonly manager: Person | undefined;
  /** From 0 to below 1, for what a face decides by itself. */
  readonly chance: number;
  readonly origin: Origin;
}

export interface Group {
  readonly kind: 'group';
  readonly name: string;
  readonly description: string;
  readonly members: readonly (Person | Group)[];
  readonly origin: Origin;
}

export interface Company {
  readonly origin: Origin;
  /** Of the places where people and groups are. */
  readonly places: readonly [people: Origin, groups: Origin];
  /** People before those they lead, then the groups. */
  readonly members: Iterable<Person | Group>;
}

const mailDomain = 'example.com';
const day = 86_400_000;
const founded = Date.UTC(2016, 0, 4, 8);
const grown = 3500 * day;

/** The first people are the same however many there are. With 0 there are no groups either. */
export function inventCompany(users: number): Company {
  const random = new Random(0x5eed);
  const atFoundation = (): Origin => ({ uuid: random.uuid(), created: founded });
  return { origin: atFoundation(), places: [atFoundation(), atFoundation()], members: inventMembers(users, random) };
}

function* inventMembers(users: number, random: Random): Generator<Person | Group> {
  if (users === 0) return;
  const staffing = new Staffing(random);
  const membership = new Membership();
  for (let index = 0; index < users; index++) {
    const invented = staffing.invent(index);
    const join = membership.choose(invented, random);
    const person = { ...invented, origin: { uuid: random.uuid(), created: founded + grown * (index / (index + 150)) } };
    staffing.place(person);
    join(person);
    yield person;
  }
  let created = founded + grown;
  const groups = new Map<string, Group>();
  for (const { name, description, members, groups: nested = [] } of membership.list()) {
    const group: Group = {
      kind: 'group',
      name,
      description,
      members: [...members, ...nested.map((inner) => groups.get(inner)).filter((inner) => inner !== undefined)],
      origin: { uuid: random.uuid(), created: (created += day / 24) },
    };
    groups.set(name, group);
    yield group;
  }
}

type Invented = Omit<Person, 'origin'>;

interface Team {
  readonly head: Person;
  lead: Person;
  size: number;
}

const teamSize = 9;

/** Who has which post under whom: the first of a department is its head; then every ninth leads those who follow. */
class Staffing {
  readonly #random: Random;
  readonly #taken = new Set<string>();
  readonly #teams = new Map<Department, Team>();
  #chief: Person | undefined;

  constructor(random: Random) {
    this.#random = random;
  }

  invent(index: number): Invented {
    const random = this.#random;
    const language = random.pick(languages);
    const given = readName(random.choose(language.given));
    const family = readName(random.choose(language.family));
    const office = random.pick(offices);
    const picked = random.pick(departments);
    const [chance, mobileChance, mailChance] = [random.next(), random.next(), random.next()];
    const ordinaryTitle = random.choose(picked.titles);
    const telephone = random.fill(office.telephone);
    const mobile = random.fill(office.mobile);

    const userName = claim(`${given.ascii}.${family.ascii}`, this.#taken);
    const department = index === 0 ? undefined : (departments[index - 1] ?? picked);
    const { title, manager } = this.#assignRole(department, ordinaryTitle);
    const leads = title !== ordinaryTitle;
    const alias = `${given.ascii.slice(0, 1)}${family.ascii}`;
    const hasAlias = mailChance < 0.3 && !this.#taken.has(alias);
    if (hasAlias) this.#taken.add(alias);
    return {
      kind: 'person',
      userName,
      given,
      family,
      fullName: language.familyFirst ? `${family.written} ${given.written}` : `${given.written} ${family.written}`,
      mail: [userName, ...(hasAlias ? [alias] : [])].map((local) => `${local}@${mailDomain}`),
      title,
      department,
      office,
      number: 10_001 + index,
      active: leads || chance >= 0.05,
      contractor: !leads && index % 12 === 11,
      leads,
      language: language.tag,
      telephone,
      mobile: mobileChance < 0.65 ? mobile : undefined,
      manager,
      chance,
    };
  }

  /** Those who come later may be led by them. */
  place(person: Person): void {
    this.#chief ??= person;
    if (person.department === undefined) return;
    const team = this.#teams.get(person.department);
    if (team === undefined) this.#teams.set(person.department, { head: person, lead: person, size: 0 });
    else if (team.size++ % teamSize === 0) team.lead = person;
  }

  #assignRole(department: Department | undefined, title: string): { readonly title: string; readonly manager: Person | undefined } {
    if (department === undefined) return { title: 'Chief Executive Officer', manager: undefined };
    const team = this.#teams.get(department);
    if (team === undefined) return { title: department.head, manager: this.#chief };
    return team.size % teamSize === 0 ? { title: department.lead, manager: team.head } : { title, manager: team.lead };
  }
}

/** `name`, or with the first number that is free. */
function claim(name: string, taken: Set<string>): string {
  let claimed = name;
  for (let number = 2; taken.has(claimed); number++) claimed = `${name}${number}`;
  taken.add(claimed);
  return claimed;
}

interface Roll {
  readonly name: string;
  readonly description: string;
  readonly members: Person[];
  /** Names of groups that are members. */
  readonly groups?: readonly string[];
}

const describe = (name: string, description: string): Roll => ({ name, description, members: [] });

/** Who is in which group, filled person by person. */
class Membership {
  readonly #everyone = describe('All Employees', 'Everyone with an active account');
  readonly #leaders = describe('Leadership', 'Heads of departments and team leads');
  readonly #departments = new Map(
    departments.map((department) => [department, describe(department.name, `Department ${department.name}`)]),
  );
  readonly #offices = new Map(offices.map((office) => [office, describe(`${office.city} Office`, `${office.company}, ${office.street}`)]));
  readonly #across = crossGroups.map((group) => ({ ...group, members: [] as Person[] }));

  /** @returns what puts the person into the groups that were chosen */
  choose({ department, office, active, leads }: Invented, random: Random): (person: Person) => void {
    const rolls = [
      active && this.#everyone,
      leads && this.#leaders,
      department && this.#departments.get(department),
      this.#offices.get(office),
      ...this.#across.map((group) => random.next() * 100 < group.percent && group),
    ];
    return (person) => {
      for (const roll of rolls) if (roll) roll.members.push(person);
    };
  }

  list(): readonly Roll[] {
    return [
      this.#everyone,
      this.#leaders,
      ...this.#departments.values(),
      ...this.#offices.values(),
      ...this.#across,
      {
        name: 'Product Development',
        description: 'Three departments in one group',
        members: [],
        groups: ['Engineering', 'Quality', 'Design'],
      },
      describe('Project Ibis', 'Not yet staffed'),
    ];
  }
}
