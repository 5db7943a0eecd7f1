// The people and groups of the benchmark: the same ones each time, made from their number.
// Entries of inetOrgPerson (RFC 2798) with 12 attributes, teams of 50, one group of ten, and from 100,000 people on one of 100,000.
import { createHash } from 'node:crypto';

export const suffix = 'dc=example,dc=test';

const given = [
  'Ada',
  'Björn',
  'Chiara',
  'Dmitri',
  'Elif',
  'Femi',
  'Grace',
  'Hugo',
  'Ines',
  'Jonas',
  'Kaoru',
  'Lena',
  'Mats',
  'Noor',
  'Olga',
  'Piotr',
];
const family = [
  'Adler',
  'Berg',
  'Costa',
  'Dahl',
  'Eriksen',
  'Fischer',
  'García',
  'Holm',
  'Ivanov',
  'Jansen',
  'Keller',
  'Lindqvist',
  'Moreau',
];
const titles = ['Engineer', 'Accountant', 'Designer', 'Manager', 'Nurse', 'Clerk', 'Analyst', 'Technician'];
/** Few enough for a page of 100 of each among 1,000 people. */
const departments = 5;
const teamSize = 50;
const largeGroupSize = 100_000;
export const hasLargeGroup = (users: number): boolean => users >= largeGroupSize;
/** In neither the group of ten nor the large one. */
export const outsider = (users: number): Person => personAt(hasLargeGroup(users) ? largeGroupSize - 1 : users - 1);

export interface Person {
  readonly uid: string;
  readonly dn: string;
  readonly id: string;
}

export const personAt = (i: number): Person => {
  const uid = `user${String(i).padStart(7, '0')}`;
  return { uid, dn: `uid=${uid},ou=people,${suffix}`, id: uuidOf(uid) };
};

export const departmentAt = (i: number): string => `Department ${i % departments}`;

/** A group by its name. */
export const groupNamed = (name: string): Pick<Person, 'dn' | 'id'> => ({
  dn: `cn=${name},ou=groups,${suffix}`,
  id: uuidOf(`group ${name}`),
});

/** In no order: that of ids is not the one in which entries were made. */
function uuidOf(name: string): string {
  const hex = createHash('md5').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}

const pick = (from: readonly string[], i: number): string => from[i % from.length] ?? '';

function formatPerson(i: number): string {
  const { uid, dn, id } = personAt(i);
  const [first, last] = [pick(given, i), `${pick(family, Math.floor(i / 7))} ${(i * 7919) % 997}`];
  const name = `${first} ${last}`;
  const attributes: readonly (readonly [string, string])[] = [
    ['objectClass', 'inetOrgPerson'],
    ['uid', uid],
    ['cn', name],
    ['sn', last],
    ['givenName', first],
    ['displayName', `${name} (${i})`],
    ['mail', `${uid}@example.com`],
    ['title', pick(titles, Math.floor(i / 3))],
    ['telephoneNumber', `+49 30 ${1_000_000 + i}`],
    ['departmentNumber', departmentAt(i)],
    ['employeeNumber', String(i)],
    ['manager', personAt(Math.floor(i / 20)).dn],
    ['entryUUID', id],
  ];
  return `dn: ${dn}\n${attributes.map(formatLine).join('\n')}\n\n`;
}

function formatLine([type, value]: readonly [string, string]): string {
  return /^[\x20-\x7e]*$/.test(value) ? `${type}: ${value}` : `${type}:: ${Buffer.from(value).toString('base64')}`;
}

function* formatGroup(name: string, from: number, to: number): Iterable<string> {
  const { dn, id } = groupNamed(name);
  yield `dn: ${dn}\nobjectClass: groupOfNames\ncn: ${name}\nentryUUID: ${id}\n`;
  for (let i = from; i < to; i += 1) yield `member: ${personAt(i).dn}\n`;
  yield '\n';
}

/** Pieces of LDIF (RFC 2849). */
export function* formatLdif(users: number): Iterable<string> {
  for (let i = 0; i < users; i += 1) yield formatPerson(i);
  for (let i = 0; i < users; i += teamSize) yield* formatGroup(`team ${i / teamSize}`, i, Math.min(users, i + teamSize));
  yield* formatGroup('ten', 0, Math.min(10, users - 1));
  if (hasLargeGroup(users)) yield* formatGroup('everybody', 0, largeGroupSize - 1);
}
