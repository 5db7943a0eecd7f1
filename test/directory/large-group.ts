// A group of 100,000 members: changed by its changed values, listed without them, and read whole.
// L-014, L-056, L-057; what the server needed is in the names of the steps that are printed, and nothing depends on it.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dnKey, parseDn } from '../../src/ldap/dn.ts';
import type { Face, StartedDirectory } from './faces.ts';
import { asMembers, idsIn } from './scim-client.ts';
import { openStage, type Stage } from './stage.ts';
import { attributesOf, searchesAmong, writesAmong } from './wire.ts';

const size = 100_000;
const suffix = 'dc=example,dc=test';
const dnOf = (i: number): string => `uid=p${i},ou=people,${suffix}`;
const groupDn = `cn=everybody,ou=groups,${suffix}`;

export interface Large {
  readonly face: Face;
  /** A server with these entries, as LDIF, beside its own. */
  readonly start: (ldif: string) => Promise<StartedDirectory>;
}

function makeLdif(): string {
  // One more person than members.
  const people = Array.from(
    { length: size + 1 },
    (_, i) => `dn: ${dnOf(i)}\nobjectClass: inetOrgPerson\nuid: p${i}\ncn: p${i}\nsn: p\nentryUUID: ${randomUUID()}\n`,
  );
  const members = Array.from({ length: size }, (_, i) => `member: ${dnOf(i)}`).join('\n');
  const group = `dn: ${groupDn}\nobjectClass: groupOfNames\ncn: everybody\nentryUUID: ${randomUUID()}\n${members}\n`;
  return [...people, group].join('\n');
}

export function describeLargeGroup({ face, start }: Large): void {
  let stage: Stage;
  let groupId = '';
  beforeAll(async () => {
    stage = await openStage({ ...face, start: () => start(makeLdif()) }, { operationTimeout: 60_000 });
    const [found] = await stage.scim.find('/Groups', 'displayName eq "everybody"', { excludedAttributes: 'members' });
    groupId = String(found?.['id']);
  }, 240_000);
  afterAll(() => stage.stop());

  const idOf = async (i: number): Promise<string> => stage.look.idOf(await stage.look.at(dnOf(i)));

  describe(`100,000 members: ${face.name}`, () => {
    test.each([
      ['one added', 'add', async () => [{ op: 'add', path: 'members', value: asMembers(await idOf(size)) }]],
      ['one removed', 'delete', async () => [{ op: 'remove', path: `members[value eq "${await idOf(size)}"]` }]],
    ] as const)(
      'L-014 L-057 %s: one modification of one value, and no member is read',
      async (what, operation, patch) => {
        const { scim, wire, look, directory } = stage;
        const operations = await patch();
        const sent = await wire.during(async () => {
          const reply = await timed(`${what}, the server's own time included`, () => scim.patch(`/Groups/${groupId}`, operations));
          expect(reply.status).toBe(204);
        });
        expect(writesAmong(sent)).toEqual([
          expect.objectContaining({
            kind: 'modify',
            dn: expect.toSatisfy((dn: string) => dnKey(parseDn(dn)) === dnKey(parseDn(groupDn))),
            modifications: [expect.objectContaining({ operation, description: 'member' })],
          }),
        ]);
        const [modify] = writesAmong(sent);
        if (modify?.kind !== 'modify') throw new Error('a modification was expected');
        expect(modify.modifications.map(({ values }) => values.map(String))).toEqual([[dnOf(size)]]);
        expect(searchesAmong(sent).flatMap(({ attributes }) => attributes)).not.toContain('member');
        // Beside it, the same from the administrator: what the server alone needs.
        const other = [
          { operation: operation === 'add' ? ('delete' as const) : ('add' as const), attribute: 'member', values: [dnOf(size)] },
        ];
        const dn = parseDn(groupDn);
        await timed('the opposite by the administrator, the server alone', () => look.directory.modify(dn, other));
        await look.directory.modify(dn, [{ operation, attribute: 'member', values: [dnOf(size)] }]);
        expect(directory.suffix).toBe(suffix);
      },
      60_000,
    );

    test('one who is a member already, and one who is none: success, and no member is read', async () => {
      const { scim, wire } = stage;
      const [inside, outside] = [await idOf(5), await idOf(size)];
      const sent = await wire.during(async () => {
        const operations = [
          { op: 'add', path: 'members', value: asMembers(inside) },
          { op: 'remove', path: `members[value eq "${outside}"]` },
        ];
        expect((await timed('nothing to change', () => scim.patch(`/Groups/${groupId}`, operations))).status).toBe(204);
      });
      expect(searchesAmong(sent).flatMap(({ attributes }) => attributes)).not.toContain('member');
    }, 60_000);

    test('L-058 membership is looked up by value, from either side', async () => {
      const { scim, wire } = stage;
      const id = await idOf(77);
      const sent = await wire.during(async () => {
        const of = await scim.find('/Groups', `members.value eq "${id}"`, { excludedAttributes: 'members' });
        expect(of.map((group) => group['id'])).toEqual([groupId]);
        expect(idsIn((await scim.get(`/Users/${id}`)).body, 'groups')).toEqual([groupId]);
      });
      const searches = searchesAmong(sent);
      expect(searches.flatMap(({ attributes }) => attributes)).not.toContain('member');
      expect(searches.some(({ filter }) => attributesOf(filter).includes('member'))).toBe(true);
    });

    test.each([
      ['listed with excludedAttributes=members', { excludedAttributes: 'members' }],
      ['listed with attributes=displayName', { attributes: 'displayName' }],
    ])('L-057 %s: no member is read', async (what, query) => {
      const { scim, wire } = stage;
      const sent = await wire.during(async () => {
        const { status, body } = await timed(what, () => scim.get('/Groups', query));
        expect([status, body['totalResults'], JSON.stringify(body).includes('members')]).toEqual([200, 1, false]);
      });
      const read = searchesAmong(sent).flatMap(({ attributes }) => attributes);
      expect(read).not.toContain('member');
      expect(read).not.toContain('*');
    });

    test('L-056 read whole: every member once, by its id', async () => {
      const { scim } = stage;
      const { status, body } = await timed('read whole, every member looked up', () => scim.get(`/Groups/${groupId}`));
      expect(status).toBe(200);
      const ids = idsIn(body);
      expect([ids.length, new Set(ids).size]).toEqual([size, size]);
      expect(ids).toContain(await idOf(0));
      expect(ids).toContain(await idOf(size - 1));
    }, 240_000);
  });
}

/** Runs the work, and prints how long the directory and the gateway took for it together. */
async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  const result = await work();
  process.stdout.write(`  ${what}: ${Math.round(performance.now() - begun)} ms\n`);
  return result;
}
