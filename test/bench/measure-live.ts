// Reads of the directory itself: look-ups by key and single users, beside the same searches sent by ldapts.
// RFC 7644 sections 3.4.1 and 3.4.2; RFC 4511 section 4.5.
import { compete, httpSubject, type Subject } from './contest.ts';
import { personAt, suffix } from './population.ts';
import type { RawSearch } from './raw-process.ts';
import type { Figure, Result } from './result.ts';
import type { Stage } from './stage.ts';
import { combine, ratio, summarize } from './statistics.ts';
import { cpuOf, get, ldapSubject, measurementsOf, p50Of, referenceSubject } from './subjects.ts';

const connections = 16;
const people = `ou=people,${suffix}`;
const groups = `ou=groups,${suffix}`;
/** Microseconds that the gateway may add to HTTP and LDAP. */
const allowance = 40;

/** What a whole user is read from. */
export const userAttributes = (
  'objectClass entryUUID uid cn sn givenName displayName mail title telephoneNumber mobile homePhone departmentNumber ' +
  'employeeNumber employeeType preferredLanguage street l st postalCode o carLicense manager createTimestamp modifyTimestamp entryCSN'
).split(' ');

const isPerson = (more: string): string => `(&(objectClass=inetOrgPerson)${more})`;

const searchUser = (filter: string, attributes: readonly string[]): RawSearch => ({
  base: people,
  scope: 'sub',
  filter: isPerson(filter),
  attributes,
});

/** Of each kind of reference one search: the groups that have the user as a member, the manager. */
const references = (i: number): readonly RawSearch[] => [
  { base: groups, scope: 'sub', filter: `(&(objectClass=groupOfNames)(member=${personAt(i).dn}))`, attributes: ['entryUUID', 'cn'] },
  { base: personAt(Math.floor(i / 20)).dn, scope: 'base', filter: isPerson(''), attributes: ['entryUUID', 'displayName', 'cn', 'uid'] },
];

const someone = (i: number, users: number): number => (i * 7919) % users;

export async function measureLive(stage: Stage): Promise<readonly Result[]> {
  const { users, live, runs, note } = stage;
  const lookup = (i: number, more = ''): ReturnType<typeof get> =>
    get(`/Users?filter=${encodeURIComponent(`userName eq "${personAt(someone(i, users)).uid}"`)}${more}`);
  const gateway = (name: string, requestAt: (i: number) => ReturnType<typeof get>, own = connections): Subject =>
    httpSubject(name, live.child, live, requestAt, own);
  const byName = (i: number, attributes: readonly string[]): RawSearch =>
    searchUser(`(uid=${personAt(someone(i, users)).uid})`, attributes);
  const byId = (i: number): RawSearch => searchUser(`(entryUUID=${personAt(someone(i, users)).id})`, userAttributes);

  const subjects = [
    gateway('lookup', (i) => lookup(i, '&attributes=userName')),
    gateway('lookup-whole', (i) => lookup(i)),
    gateway('get-live', (i) => get(`/Users/${personAt(someone(i, users)).id}`)),
  ];
  const lengths = new Map<string, number>();
  for (const subject of subjects) lengths.set(subject.name, (await subject.run(4)).length);
  const found = await compete(
    [
      ...subjects,
      referenceSubject(stage, 'reference lookup', lengths.get('lookup') ?? 0),
      referenceSubject(stage, 'reference whole', lengths.get('lookup-whole') ?? 0),
      ldapSubject(stage, 'ldapts lookup', (i) => ({ steps: [[byName(i, ['entryUUID', 'uid'])]] }), connections),
      ldapSubject(stage, 'ldapts whole', (i) => ({ steps: [[byId(i)], references(someone(i, users))] }), connections),
    ],
    runs,
    (round) => note(`live reads, round ${round + 1}`),
  );
  const alone = await compete(
    [
      gateway('lookup', (i) => lookup(i, '&attributes=userName'), 1),
      ldapSubject(stage, 'ldapts lookup', (i) => ({ steps: [[byName(i, ['entryUUID', 'uid'])]] }), 1),
      gateway('get-live', (i) => get(`/Users/${personAt(someone(i, users)).id}`), 1),
      ldapSubject(stage, 'ldapts whole', (i) => ({ steps: [[byId(i)], references(someone(i, users))] }), 1),
    ],
    runs,
    (round) => note(`live reads one by one, round ${round + 1}`),
  );

  const cpu = (name: string): Figure => ({ label: name, unit: 'µs CPU', summary: summarize(cpuOf(measurementsOf(found, name))) });
  const added = (name: string, work: string, reference: string, ldap: string, searches: string): Result => ({
    name,
    work,
    users,
    aim: `CPU ≤ reference + ${searches} + ${allowance} µs`,
    score: {
      label: 'CPU beyond reference and ldapts',
      unit: 'µs CPU',
      summary: combine(
        (own = NaN, http = NaN, search = NaN) => own - http - search,
        ...[name, reference, ldap].map((each) => cpuOf(measurementsOf(found, each))),
      ),
      most: allowance,
    },
    figures: [
      { ...cpu(name), label: 'gateway' },
      { ...cpu(reference), label: 'reference' },
      { ...cpu(ldap), label: 'ldapts' },
      { label: 'gateway', unit: '/s', summary: summarize(measurementsOf(found, name).map(({ perSecond }) => perSecond)) },
    ],
  });
  const slower = (name: string, work: string, own: string, ldap: string, most: number): Result => ({
    name,
    work,
    users,
    aim: `p50 ≤ ${most} × ldapts alone`,
    score: {
      label: 'p50, × ldapts',
      unit: '×',
      summary: ratio(p50Of(measurementsOf(alone, own)), p50Of(measurementsOf(alone, ldap))),
      most,
    },
    figures: [
      { label: 'gateway', unit: 'ms', summary: summarize(p50Of(measurementsOf(alone, own))) },
      { label: 'ldapts', unit: 'ms', summary: summarize(p50Of(measurementsOf(alone, ldap))) },
    ],
  });
  return [
    added('lookup', 'look-up by key, live, attributes=userName', 'reference lookup', 'ldapts lookup', '1 search'),
    slower('lookup-p50', 'the same, one at a time', 'lookup', 'ldapts lookup', 2),
    added('lookup-whole', 'look-up by key, live, whole user', 'reference whole', 'ldapts whole', '3 searches'),
    added('get-live', 'GET by id, live, with groups and manager', 'reference whole', 'ldapts whole', '3 searches'),
    slower('get-live-p50', 'the same, one at a time', 'get-live', 'ldapts whole', 2),
  ];
}
