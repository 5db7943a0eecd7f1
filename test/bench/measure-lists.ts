// Lists of 100 from the snapshot, beside the same number of octets sent from one Buffer.
// RFC 7644 section 3.4.2.
import { compete, httpSubject, type Subject } from './contest.ts';
import type { Request } from './load.ts';
import { departmentAt, personAt } from './population.ts';
import type { Result } from './result.ts';
import { firstPage, type Stage } from './stage.ts';
import { ratio, summarize } from './statistics.ts';
import { cpuOf, get, measurementsOf, referenceSubject } from './subjects.ts';

const connections = 16;
const pageSize = 100;

/** A page somewhere in so many resources: another one each time, the same ones in every run. */
const pageAt = (i: number, total: number): string => `startIndex=${1 + ((i * 7919) % Math.max(1, total - pageSize))}&count=${pageSize}`;

export async function measureLists(stage: Stage): Promise<readonly Result[]> {
  const { users, cached, raw, ports, runs, note } = stage;
  const filterOf = (i: number): string =>
    encodeURIComponent(`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "${departmentAt(i)}"`);
  const perDepartment = users / 5;
  const list = (name: string, requestAt: (i: number) => Request): Subject =>
    httpSubject(name, cached.child, cached, requestAt, connections);
  const lists = [
    list('list', () => firstPage),
    list('list-deep', (i) => get(`/Users?${pageAt(i, users)}`)),
    list('list-filter', (i) => get(`/Users?filter=${filterOf(i)}&${pageAt(i, perDepartment)}`)),
    list('list-sort', (i) => get(`/Users?sortBy=name.familyName&${pageAt(i, users)}`)),
  ];
  const projected = list('list-attributes', (i) => get(`/Users?attributes=userName,emails,active&${pageAt(i, users)}`));
  const lookup = list('lookup-snapshot', (i) =>
    get(`/Users?filter=${encodeURIComponent(`userName eq "${personAt((i * 7919) % users).uid}"`)}`),
  );
  const one = list('get-snapshot', (i) => get(`/Users/${personAt((i * 7919) % users).id}`));
  const lengths = new Map<string, number>();
  for (const subject of [...lists, projected, lookup, one]) lengths.set(subject.name, (await subject.run(4)).length);
  const lengthOf = (name: string): number => lengths.get(name) ?? 0;
  const fixed = (name: string, port: number): Subject =>
    httpSubject(name, raw, { port, token: '' }, () => ({ method: 'GET', target: `/${lengthOf('list')}` }), connections);

  const found = await compete(
    [
      fixed('node:http', ports.node),
      fixed('Express', ports.express),
      referenceSubject(stage, 'reference', lengthOf('list')),
      ...lists,
      referenceSubject(stage, 'reference projected', lengthOf('list-attributes')),
      projected,
      referenceSubject(stage, 'reference one', lengthOf('get-snapshot')),
      one,
      lookup,
    ],
    runs,
    (round) => note(`lists from the snapshot, round ${round + 1}`),
  );

  const row = (name: string, work: string, reference: string, aim: string, most?: number): Result => {
    const [own, beside] = [measurementsOf(found, name), measurementsOf(found, reference)];
    const bare = name === 'list' ? (['node:http', 'Express'] as const) : [];
    return {
      name,
      work,
      users,
      aim,
      score: { label: 'CPU, × reference', unit: '×', summary: ratio(cpuOf(own), cpuOf(beside)), ...(most !== undefined && { most }) },
      figures: [
        { label: 'gateway', unit: 'µs CPU', summary: summarize(cpuOf(own)) },
        { label: 'reference', unit: 'µs CPU', summary: summarize(cpuOf(beside)) },
        ...bare.map((label) => ({ label, unit: 'µs CPU' as const, summary: summarize(cpuOf(measurementsOf(found, label))) })),
        { label: 'gateway', unit: '/s', summary: summarize(own.map(({ perSecond }) => perSecond)) },
        { label: 'p99', unit: 'ms', summary: summarize(own.map(({ p99 }) => p99)) },
        { label: 'answer', unit: 'KB', summary: summarize(own.map(({ length }) => length / 1000)) },
      ],
    };
  };
  return [
    row('list', 'list of 100, default order, the same page again', 'reference', '≤ 1.25 × reference', 1.25),
    row('list-deep', 'list of 100, any depth', 'reference', '≤ 1.5 × reference', 1.5),
    row('list-filter', 'list of 100, indexed filter, any depth', 'reference', '≤ 1.5 × reference', 1.5),
    row('list-sort', 'list of 100, sort seen before, any depth', 'reference', '≤ 1.5 × reference', 1.5),
    row('list-attributes', 'list of 100 with attributes=', 'reference projected', 'stated'),
    row('lookup-snapshot', 'look-up by userName in the snapshot', 'reference one', 'stated'),
    row('get-snapshot', 'GET by id from the snapshot', 'reference one', '≤ 1.15 × reference', 1.15),
  ];
}
