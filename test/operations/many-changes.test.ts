// A directory of 20,000 people who are all in one group, and a poll that brings 5,000 changes of them while lists are asked for: nothing fails, and
// what is listed is true all the while.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parseDn } from '../../src/ldap/dn.ts';
import { type Body, newName, newUser } from '../directory/scim-client.ts';
import { Ledger } from './ledger.ts';
import { isHit, ldifOfPeople, listAll, openSite, type Site } from './site.ts';

const suffix = 'dc=example,dc=test';
const never = '0 0 1 1 *';
const [people, changes] = [20_000, 5000];

let site: Site;
beforeAll(async () => {
  const members = Array.from({ length: people }, (_, i) => `member: uid=p${i},ou=people,${suffix}\n`);
  const ldif = `${ldifOfPeople(suffix, 0, people)}\ndn: cn=all,ou=groups,${suffix}\nobjectClass: groupOfNames\ncn: all\n${members.join('')}`;
  site = await openSite({ slapd: { overlays: ['syncprov'], ldif }, cache: `poll: "${never}", sweep: "${never}"` });
  await site.start();
  await vi.waitUntil(async () => (await site.snapshot())['state'] === 'complete', { timeout: 120_000 });
}, 180_000);
afterAll(async () => {
  await site?.stop();
}, 60_000);

/** Some at a time. */
async function changeMany(ledger: Ledger): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < changes) {
      const name = `p${next++}`;
      const title = newName('title');
      const change = { operation: 'replace', attribute: 'title', values: [title] } as const;
      const isDone = await ledger.write(name, title, () => site.look.modify(parseDn(`uid=${name},ou=people,${suffix}`), [change]));
      if (!isDone) throw new Error(`${name} was not changed`);
    }
  };
  await Promise.all(Array.from({ length: 16 }, work));
}

const queries: readonly Readonly<Record<string, string | number>>[] = [
  { count: 1000, startIndex: 1 },
  { count: 1000, startIndex: 4001, sortBy: 'title', sortOrder: 'descending' },
  { count: 200, filter: 'title sw "title"' },
  { count: 10, filter: 'not (title pr)', attributes: 'userName,groups' },
];

test('a poll of thousands of changes while lists are served', async () => {
  const ledger = new Ledger('');
  await changeMany(ledger);
  let isPolled = false;
  const isOver = (): boolean => isPolled;
  let hits = 0;
  const own = new Ledger();
  const ask = async (): Promise<void> => {
    for (let i = 0; !isOver(); i = (i + 1) % queries.length) {
      const reply = await site.scim.get('/Users', queries[i]);
      expect(reply.status).toBe(200);
      hits += Number(isHit(reply));
      // All of the changes are in force together, or none.
      const total = Number(reply.body['totalResults']);
      if (i < 2) expect(total).toBeGreaterThanOrEqual(people);
      if (i === 2) expect([0, changes]).toContain(total);
    }
  };
  const write = async (): Promise<void> => {
    while (!isOver()) {
      const name = newName('k');
      await own.write(name, '', async () => expect((await site.scim.post('/Users', newUser({ userName: name }))).status).toBe(201));
      const asked = Date.now();
      const { status, body } = await site.scim.get('/Users', { filter: 'userName sw "k"', count: 1000 });
      expect([status, own.untruths((body['Resources'] ?? []) as readonly Body[], asked)]).toEqual([200, []]);
    }
  };
  const poll = async (): Promise<void> => {
    try {
      expect(await site.cycle('poll')).toBe(200);
    } finally {
      isPolled = true;
    }
  };
  await Promise.all([poll(), ask(), ask(), write()]);
  expect(hits).toBeGreaterThan(0);
  expect(ledger.untruths(await listAll(site.scim, '/Users'), Date.now())).toEqual([]);
  const group = { filter: 'displayName sw "all"' };
  const listed = async () => {
    const reply = await site.scim.get('/Groups', group);
    return isHit(reply) && reply;
  };
  // What was written last may still be read again.
  const cached = await vi.waitUntil(listed, { timeout: 30_000, interval: 100 });
  expect(cached.body).toEqual((await site.live.get('/Groups', group)).body);
  const pages = async (client: Site['scim']) => listAll(client, '/Users', { sortBy: 'userName' });
  expect(await pages(site.scim)).toEqual(await pages(site.live));
}, 240_000);
