// Changes of one attribute and of one member, beside the same LDAP operations sent by ldapts.
// RFC 7644 section 3.5.2; RFC 4511 section 4.6; RFC 4527 (post-read).
import { compete, httpSubject, type Subject } from './contest.ts';
import type { Request } from './load.ts';
import { groupNamed, hasLargeGroup, outsider, personAt, suffix } from './population.ts';
import type { RawTask } from './raw-process.ts';
import type { Figure, Result } from './result.ts';
import { path, type Stage, type StartedGateway } from './stage.ts';
import { combine, ratio, summarize } from './statistics.ts';
import { cpuOf, ldapSubject, measurementsOf, p50Of } from './subjects.ts';

const patch = (target: string, operation: object): Request => ({
  method: 'PATCH',
  target: `${path}${target}`,
  body: JSON.stringify({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [operation] }),
});

/** Another value each time: one that is there already would not be written. */
let serial = 0;

const patchTitle = (i: number, users: number): Request =>
  patch(`/Users/${personAt((i * 7919) % users).id}`, { op: 'replace', path: 'title', value: `Title ${(serial += 1)}` });

const modifyTitle = (i: number, users: number): RawTask => {
  const { dn, id } = personAt((i * 7919) % users);
  const search = {
    base: `ou=people,${suffix}`,
    scope: 'sub',
    filter: `(&(objectClass=inetOrgPerson)(entryUUID=${id}))`,
    attributes: ['entryUUID', 'title', 'entryCSN', 'modifyTimestamp', 'objectClass'],
  } as const;
  const postRead = ['entryUUID', 'title', 'entryCSN', 'modifyTimestamp'];
  return { steps: [[search], { dn, type: 'title', operation: 'replace', value: `Title ${(serial += 1)}`, postRead }] };
};

/** Added, then taken out, in turn. */
const patchMember = (group: string, i: number, users: number): Request => {
  const { id } = outsider(users);
  const operation =
    i % 2 === 0 ? { op: 'add', path: 'members', value: [{ value: id }] } : { op: 'remove', path: `members[value eq "${id}"]` };
  return patch(`/Groups/${groupNamed(group).id}`, operation);
};

const modifyMember = (group: string, i: number, users: number): RawTask => {
  const [{ dn, id }, target] = [groupNamed(group), outsider(users)];
  const find = {
    base: `ou=groups,${suffix}`,
    scope: 'sub',
    filter: `(&(objectClass=groupOfNames)(entryUUID=${id}))`,
    attributes: ['entryUUID', 'entryCSN'],
  } as const;
  const findTarget = { base: suffix, scope: 'sub', filter: `(entryUUID=${target.id})`, attributes: ['entryUUID'] } as const;
  return {
    steps: [
      [find, findTarget],
      { dn, type: 'member', operation: i % 2 === 0 ? 'add' : 'delete', value: target.dn, postRead: ['entryCSN'] },
    ],
  };
};

export async function measureWrites(stage: Stage): Promise<readonly Result[]> {
  const { users, live, cached, runs, note } = stage;
  const gateway = (name: string, { child, ...target }: StartedGateway, requestAt: (i: number) => Request): Subject =>
    httpSubject(name, child, target, requestAt, 1);
  const groups = ['ten', ...(hasLargeGroup(users) ? ['everybody'] : [])];
  // Even numbers add: each subject is asked for an even number of changes.
  const evenly = (subject: Subject): Subject => ({ ...subject, run: (count) => subject.run(count + (count % 2)) });
  const found = await compete(
    [
      gateway('patch', live, (i) => patchTitle(i, users)),
      gateway('patch-snapshot', cached, (i) => patchTitle(i, users)),
      ldapSubject(stage, 'ldapts patch', (i) => modifyTitle(i, users), 1),
      ...groups.flatMap((group) => [
        evenly(gateway(`member ${group}`, live, (i) => patchMember(group, i, users))),
        evenly(ldapSubject(stage, `ldapts ${group}`, (i) => modifyMember(group, i, users), 1)),
      ]),
      ...groups.map((group) => evenly(gateway(`snapshot ${group}`, cached, (i) => patchMember(group, i, users)))),
    ],
    runs,
    (round) => note(`writes, round ${round + 1}`),
  );

  const figures = (...names: readonly (readonly [name: string, label: string])[]): readonly Figure[] =>
    names.flatMap(([name, label]) => [
      { label, unit: 'ms' as const, summary: summarize(p50Of(measurementsOf(found, name))) },
      { label, unit: 'µs CPU' as const, summary: summarize(cpuOf(measurementsOf(found, name))) },
    ]);
  const p50 = (name: string, work: string, own: string, ldap: string, most?: number): Result => ({
    name,
    work,
    users,
    aim: most === undefined ? 'stated' : `p50 ≤ ${most} × ldapts alone`,
    score: {
      label: 'p50, × ldapts',
      unit: '×',
      summary: ratio(p50Of(measurementsOf(found, own)), p50Of(measurementsOf(found, ldap))),
      ...(most !== undefined && { most }),
    },
    figures: figures([own, 'gateway'], [ldap, 'ldapts']),
  });
  const cpuRatio = (name: string, work: string, large: string, small: string): Result => ({
    name,
    work,
    users,
    aim: 'CPU as for a group of 10 (≤ 1.25 ×)',
    score: {
      label: 'CPU, × group of 10',
      unit: '×',
      summary: combine((a = NaN, b = NaN) => a / b, cpuOf(measurementsOf(found, large)), cpuOf(measurementsOf(found, small))),
      most: 1.25,
    },
    figures: figures([large, 'group of 100,000'], [small, 'group of 10']),
  });
  const requests = (name: string, work: string, count: number, most: number): Result => ({
    name,
    work,
    users,
    aim: `≤ ${most}`,
    score: { label: 'LDAP requests', unit: '', summary: summarize([count]), most },
    figures: [],
  });
  return [
    requests(
      'patch-requests',
      'LDAP requests for a PATCH of one attribute, with post-read',
      await stage.countRequests(patchTitle(0, users)),
      2,
    ),
    p50('patch', 'PATCH of one attribute, no snapshot', 'patch', 'ldapts patch', 1.5),
    p50('patch-snapshot', 'PATCH of one attribute, with a snapshot to bring up to date', 'patch-snapshot', 'ldapts patch'),
    p50('member', 'PATCH of one member of a group of 10', 'member ten', 'ldapts ten'),
    ...(hasLargeGroup(users)
      ? [
          p50('member-large', 'PATCH of one member of a group of 100,000', 'member everybody', 'ldapts everybody'),
          cpuRatio('member-large-cpu', 'PATCH of one member, 100,000 against 10, no snapshot', 'member everybody', 'member ten'),
          cpuRatio('member-snapshot', 'PATCH of one member, 100,000 against 10, with a snapshot', 'snapshot everybody', 'snapshot ten'),
        ]
      : []),
  ];
}
