// Every kind of change that is made past the gateway, as a table that runs over each directory and each way to be told of changes.
// Test set-up only; issue of a cache that tells the truth: adds, moves in and out, containers, members, deletions, bursts.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Directory } from '../../../src/ldap/directory.ts';
import { childOf, parseDn, type Dn } from '../../../src/ldap/dn.ts';
import type { Change } from '../../../src/ldap/entry.ts';
import { equal, or, type Filter, type Value } from '../../../src/ldap/filter.ts';

export const suffix = 'dc=example,dc=test';
export const watchedBase = parseDn(`ou=company,${suffix}`);
/** People of the company are active, and groups; containers are not in scope. */
export const scope: Filter = or([equal('employeeType', 'active'), equal('objectClass', 'groupOfNames')]);

const at = (text: string): Dn => parseDn(`${text}${text === '' ? '' : ','}${suffix}`);
export const places = {
  company: at('ou=company'),
  people: at('ou=people,ou=company'),
  staff: at('ou=staff,ou=company'),
  groups: at('ou=groups,ou=company'),
  elsewhere: at('ou=elsewhere'),
} as const;

export type Writer = Pick<Directory, 'add' | 'modify' | 'move' | 'delete'>;

/** Writes as somebody else. */
export class Outside {
  readonly #admin: Writer;

  constructor(admin: Writer) {
    this.#admin = admin;
  }

  /** The places, and some people and groups that stay what they are. */
  async prepare(): Promise<void> {
    for (const place of Object.values(places)) await this.addPlace(place);
    for (let i = 0; i < 5; i++) await this.addPerson(`calm${i}`);
    await this.addGroup('calm', [person('calm0')]);
  }

  async addPlace(dn: Dn): Promise<void> {
    const value = String(dn.rdns[0]?.[0]?.value);
    await this.#add(dn, { objectClass: ['organizationalUnit'], ou: [value] });
  }

  async addPerson(uid: string, place: Dn = places.people, type = 'active'): Promise<Dn> {
    const dn = person(uid, place);
    await this.#add(dn, { objectClass: ['inetOrgPerson'], uid: [uid], cn: [uid], sn: [uid], employeeType: [type] });
    return dn;
  }

  async addGroup(cn: string, members: readonly Dn[]): Promise<Dn> {
    const dn = childOf([{ type: 'cn', value: cn }], places.groups);
    await this.#add(dn, { objectClass: ['groupOfNames'], cn: [cn], member: members.map(textOf) });
    return dn;
  }

  async change(dn: Dn, ...changes: readonly Change[]): Promise<void> {
    await this.#admin.modify(dn, changes);
  }

  replace(dn: Dn, attribute: string, ...values: readonly string[]): Promise<void> {
    return this.change(dn, { operation: 'replace', attribute, values });
  }

  async move(dn: Dn, value: string, superior?: Dn): Promise<Dn> {
    const rdn = [{ type: String(dn.rdns[0]?.[0]?.type), value }];
    await this.#admin.move(dn, rdn, superior && { superior });
    return childOf(rdn, superior ?? { rdns: dn.rdns.slice(1) });
  }

  delete(dn: Dn): Promise<void> {
    return this.#admin.delete(dn);
  }

  async #add(dn: Dn, attributes: Readonly<Record<string, readonly Value[]>>): Promise<void> {
    await this.#admin.add(dn, new Map(Object.entries(attributes)));
  }
}

export const person = (uid: string, place: Dn = places.people): Dn => childOf([{ type: 'uid', value: uid }], place);
const textOf = (dn: Dn): string => dn.rdns.map(([ava]) => `${ava?.type}=${String(ava?.value)}`).join(',');

export interface OutsideChange {
  readonly name: string;
  /** Done, and seen, before. */
  readonly before?: (outside: Outside) => Promise<unknown>;
  readonly change: (outside: Outside) => Promise<unknown>;
}

export const outsideChanges: readonly OutsideChange[] = [
  { name: 'nothing', change: async () => undefined },
  { name: 'an added user', change: (outside) => outside.addPerson('added') },
  {
    name: 'a modified user',
    before: (outside) => outside.addPerson('modified'),
    change: (outside) => outside.replace(person('modified'), 'sn', 'other'),
  },
  { name: 'a deleted user', before: (outside) => outside.addPerson('deleted'), change: (outside) => outside.delete(person('deleted')) },
  {
    name: 'a user deleted and added again by the same name',
    before: (outside) => outside.addPerson('again'),
    change: async (outside) => {
      await outside.delete(person('again'));
      await outside.addPerson('again');
    },
  },
  {
    name: 'a user added and deleted at once',
    change: async (outside) => outside.delete(await outside.addPerson('brief')),
  },
  {
    name: 'a renamed user',
    before: (outside) => outside.addPerson('renamed'),
    change: (outside) => outside.move(person('renamed'), 'renamed2'),
  },
  {
    name: 'a user moved within the base',
    before: (outside) => outside.addPerson('moved'),
    change: (outside) => outside.move(person('moved'), 'moved', places.staff),
  },
  {
    name: 'a user moved out of the base',
    before: (outside) => outside.addPerson('leaver'),
    change: (outside) => outside.move(person('leaver'), 'leaver', places.elsewhere),
  },
  {
    name: 'a user moved into the base',
    before: (outside) => outside.addPerson('joiner', places.elsewhere),
    change: (outside) => outside.move(person('joiner', places.elsewhere), 'joiner', places.people),
  },
  {
    name: 'a user that leaves the filter',
    before: (outside) => outside.addPerson('retired'),
    change: (outside) => outside.replace(person('retired'), 'employeeType', 'former'),
  },
  {
    name: 'a user that enters the filter',
    before: (outside) => outside.addPerson('hired', places.people, 'candidate'),
    change: (outside) => outside.replace(person('hired'), 'employeeType', 'active'),
  },
  {
    name: 'a renamed container',
    before: async (outside) => {
      await outside.addPlace(at('ou=north,ou=company'));
      for (let i = 0; i < 3; i++) await outside.addPerson(`north${i}`, at('ou=north,ou=company'));
    },
    change: (outside) => outside.move(at('ou=north,ou=company'), 'south'),
  },
  {
    name: 'a container moved out of the base',
    before: async (outside) => {
      await outside.addPlace(at('ou=sold,ou=company'));
      for (let i = 0; i < 3; i++) await outside.addPerson(`sold${i}`, at('ou=sold,ou=company'));
    },
    change: (outside) => outside.move(at('ou=sold,ou=company'), 'sold', places.elsewhere),
  },
  {
    name: 'a container moved into the base',
    before: async (outside) => {
      await outside.addPlace(at('ou=bought,ou=elsewhere'));
      for (let i = 0; i < 3; i++) await outside.addPerson(`bought${i}`, at('ou=bought,ou=elsewhere'));
    },
    change: (outside) => outside.move(at('ou=bought,ou=elsewhere'), 'bought', places.company),
  },
  {
    name: 'a container moved out of the base whose people are deleted there',
    before: async (outside) => {
      await outside.addPlace(at('ou=closed,ou=company'));
      for (let i = 0; i < 3; i++) await outside.addPerson(`closed${i}`, at('ou=closed,ou=company'));
    },
    change: async (outside) => {
      const moved = await outside.move(at('ou=closed,ou=company'), 'closed', places.elsewhere);
      for (let i = 0; i < 3; i++) await outside.delete(person(`closed${i}`, moved));
      await outside.delete(moved);
    },
  },
  {
    name: 'members of a group alone',
    before: (outside) => outside.addGroup('club', [person('calm0')]),
    change: (outside) =>
      outside.change(childOf([{ type: 'cn', value: 'club' }], places.groups), {
        operation: 'add',
        attribute: 'member',
        values: [textOf(person('calm1'))],
      }),
  },
  {
    name: 'a deleted member',
    before: async (outside) => outside.addGroup('team', [await outside.addPerson('member'), person('calm0')]),
    change: (outside) => outside.delete(person('member')),
  },
  {
    name: 'a replace that changes nothing',
    before: (outside) => outside.addPerson('same'),
    change: (outside) => outside.replace(person('same'), 'sn', 'same'),
  },
  {
    name: '200 changes within a second, some of one entry',
    before: (outside) => outside.addPerson('busy'),
    change: async (outside) => {
      await Promise.all(
        Array.from({ length: 200 }, async (_, i) => {
          if (i % 4 === 0) await outside.addPerson(`burst${i}`);
          else if (i % 4 === 1) await outside.replace(person('busy'), 'sn', `busy${i}`);
          else await outside.replace(person('calm1'), i % 4 === 2 ? 'givenName' : 'title', `calm${i}`);
        }),
      );
    },
  },
  {
    name: 'deletions beside other writes, and one more write',
    before: async (outside) => {
      for (let i = 0; i < 20; i++) await outside.addPerson(`beside${i}`);
      // Later by any stamp: who was changed last must not all be deleted.
      await sleep(1000);
      for (let i = 0; i < 5; i++) await outside.replace(person(`calm${i}`), 'sn', 'before');
    },
    change: async (outside) => {
      await Promise.all(
        Array.from({ length: 40 }, (_, i) =>
          i % 2 === 0 ? outside.delete(person(`beside${i / 2}`)) : outside.replace(person(`calm${i % 5}`), 'sn', `beside${i}`),
        ),
      );
      await outside.replace(person('calm0'), 'sn', 'last');
    },
  },
  {
    name: 'much at once',
    before: async (outside) => {
      for (let i = 0; i < 6; i++) await outside.addPerson(`mixed${i}`);
    },
    change: async (outside) => {
      await outside.delete(person('mixed0'));
      await outside.move(person('mixed1'), 'mixed1', places.elsewhere);
      await outside.replace(person('mixed2'), 'employeeType', 'former');
      await outside.move(person('mixed3'), 'mixed0');
      await outside.replace(person('mixed4'), 'sn', 'other');
      await outside.addPerson('mixed6');
    },
  },
];
