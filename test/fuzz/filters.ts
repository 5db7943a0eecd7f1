// Filters and paths: the whole grammar over attributes that exist and some that do not, then spoiled.
// Test set-up only; RFC 7644 sections 3.4.2.2 and 3.5.2.
import { hostileName, hostileText, ownDn } from './hostile.ts';
import type { Knowledge } from './knowledge.ts';
import type { Random } from './random.ts';

const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const core = 'urn:ietf:params:scim:schemas:core:2.0:User';

const paths = [
  'id',
  'userName',
  'externalId',
  'displayName',
  'name',
  'name.givenName',
  'name.familyName',
  'name.formatted',
  'title',
  'active',
  'emails',
  'emails.value',
  'emails.type',
  'emails.primary',
  'phoneNumbers.value',
  'addresses.locality',
  'groups',
  'groups.value',
  'groups.display',
  'members',
  'members.value',
  'meta.created',
  'meta.lastModified',
  'meta.resourceType',
  'meta.version',
  'schemas',
  'password',
  'preferredLanguage',
  `${enterprise}:department`,
  `${enterprise}:employeeNumber`,
  `${enterprise}:manager`,
  `${enterprise}:manager.value`,
  `${enterprise}:manager.displayName`,
  `${core}:userName`,
  'urn:ietf:params:scim:schemas:core:2.0:Group:displayName',
];
const operators = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'];
const subs = ['type', 'value', 'primary', 'display', 'locality'];

export function attributePath(random: Random): string {
  return random.weigh<() => string>([
    [20, () => random.pick(paths)],
    [2, () => random.pick(paths).toUpperCase()],
    [1, () => `${random.pick(paths)}.${random.pick(subs)}`],
    [2, () => hostileName(random)],
    [1, () => `${enterprise}:${hostileName(random)}`],
  ])();
}

function literal(random: Random, { names, users, groups }: Knowledge): string {
  return random.weigh<() => string>([
    [10, () => JSON.stringify(random.pick(names))],
    [4, () => JSON.stringify(random.pick([...users, ...groups, 'x']))],
    [10, () => JSON.stringify(hostileText(random))],
    [3, () => random.pick(['true', 'false', 'null', '1', '-1', '1.5', '1e999', 'True', '0001'])],
    [3, () => random.pick(['"2011-05-13T04:42:34Z"', '"2999-01-01T00:00:00+14:00"', '"0001-01-01T00:00:00Z"', '"work"', '"example"'])],
    [2, () => JSON.stringify(random.pick(names).slice(0, 2))],
    [1, () => random.pick(names)],
    [1, () => `"${hostileText(random)}"`],
    [1, () => JSON.stringify(ownDn('UID=X,OU=PEOPLE'))],
  ])();
}

export function wellFormedFilter(random: Random, knowledge: Knowledge, depth = 0, bracket = false): string {
  const path = (): string => (bracket ? random.pick(subs) : attributePath(random));
  const inner = (): string => wellFormedFilter(random, knowledge, depth + 1, bracket);
  const nested = depth > 4 ? 0 : 1;
  return random.weigh<() => string>([
    [12, () => `${path()} ${random.pick(operators)} ${literal(random, knowledge)}`],
    [4, () => `${path()} pr`],
    [3 * nested, () => `${inner()} and ${inner()}`],
    [3 * nested, () => `${inner()} or ${inner()}`],
    [2 * nested, () => `not (${inner()})`],
    [2 * nested, () => `(${inner()})`],
    [bracket ? 0 : 4 * nested, () => `${attributePath(random)}[${wellFormedFilter(random, knowledge, depth + 1, true)}]`],
  ])();
}

export function hostileFilter(random: Random, knowledge: Knowledge): string {
  return random.weigh<() => string>([
    [50, () => wellFormedFilter(random, knowledge)],
    [25, () => spoilText(wellFormedFilter(random, knowledge), random)],
    [4, () => hostileText(random)],
    [1, () => `${'('.repeat(random.pick([10, 29, 30, 31, 3000]))}userName pr${')'.repeat(random.pick([10, 29, 30, 31, 3000]))}`],
    [1, () => `${'not ('.repeat(random.pick([10, 30, 500]))}userName pr${')'.repeat(random.pick([10, 30, 500]))}`],
    [1, () => Array.from({ length: random.pick([50, 199, 200, 300, 700]) }, () => 'title pr').join(random.pick([' and ', ' or ']))],
    [1, () => `userName co "${'*'.repeat(random.pick([10, 1000, 8000]))}"`],
    [1, () => `emails[${'emails['.repeat(random.pick([1, 40]))}type pr]`],
    [1, () => `userName eq "${'\\u0000'.repeat(random.pick([1, 1000]))}"`],
    [1, () => `userName${' '.repeat(random.pick([10, 4000, 8100]))}pr${' '.repeat(10)}x`],
  ])();
}

export function patchPath(random: Random, knowledge: Knowledge): string {
  return random.weigh<() => string>([
    [30, () => attributePath(random)],
    [10, () => `${random.pick(['emails', 'phoneNumbers', 'addresses'])}[type eq "${random.pick(['work', 'home', 'mobile', 'fax'])}"]`],
    [
      10,
      () =>
        `${random.pick(['emails', 'phoneNumbers', 'addresses'])}[type eq "${random.pick(['work', 'home', 'other'])}"].${random.pick(subs)}`,
    ],
    [10, () => `members[value eq "${random.pick([...knowledge.users, ...knowledge.groups, 'x'])}"]`],
    [6, () => `${attributePath(random)}[${wellFormedFilter(random, knowledge, 3, true)}]`],
    [6, () => spoilText(attributePath(random), random)],
    [4, () => hostileFilter(random, knowledge)],
    [
      2,
      () =>
        random.pick([
          core,
          enterprise,
          `${enterprise}:`,
          ':',
          '.',
          'a.b.c',
          '[',
          ']',
          'emails[',
          'emails[]',
          'emails[0]',
          '$ref',
          'members.$ref',
        ]),
    ],
    [3, () => hostileText(random)],
  ])();
}

/** A text with a few characters missing, doubled, exchanged or put in. */
export function spoilText(text: string, random: Random): string {
  let spoiled = text;
  for (let i = random.below(3); i >= 0; i -= 1) {
    const at = random.below(spoiled.length + 1);
    const length = random.below(6);
    spoiled = random.weigh<() => string>([
      [3, () => spoiled.slice(0, at) + spoiled.slice(at + length)],
      [
        3,
        () =>
          spoiled.slice(0, at) +
          random.pick(['(', ')', '[', ']', '"', '\\', '*', '.', ':', ',', ' ', '\0', '\n', 'é', '\ud800', '%', '=']) +
          spoiled.slice(at),
      ],
      [2, () => spoiled.slice(0, at) + hostileText(random).slice(0, 60) + spoiled.slice(at)],
      [1, () => spoiled.slice(0, at)],
      [1, () => spoiled.slice(0, at + length) + spoiled.slice(at)],
      [1, () => spoiled.toUpperCase()],
    ])();
  }
  return spoiled;
}
