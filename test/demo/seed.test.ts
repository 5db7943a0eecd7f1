// What is in the demo directory: always the same people, in a company that hangs together, where the example mapping looks for them.
// RFC 2798, RFC 4519; L-055 for the placeholder.
import { describe, expect, test } from 'vitest';
import { createDirectory } from '../../src/demo/directory.ts';
import { openLdap } from '../../src/demo/openldap/face.ts';
import { seedEntries, seedOpenLdap, type SeedEntry } from '../../src/demo/openldap/seed.ts';
import { dnKey, isUnder, parseDn } from '../../src/ldap/dn.ts';

const suffix = 'dc=example,dc=com';
const entries = [...seedEntries(suffix, 300)];
const valuesOf = (entry: SeedEntry, name: string): readonly string[] =>
  entry.attributes.find(([attribute]) => attribute === name)?.[1] ?? [];
const isOf = (objectClass: string) => (entry: SeedEntry) => valuesOf(entry, 'objectClass').includes(objectClass);
const people = entries.filter(isOf('inetOrgPerson'));
const groups = entries.filter(isOf('groupOfNames'));
const known = new Set(entries.map(({ dn }) => dnKey(parseDn(dn))));

describe('people', () => {
  test('there are as many as asked for, each below ou=people, with uid and id and mail of their own', () => {
    expect(people).toHaveLength(300);
    expect(people.every(({ dn }) => isUnder(parseDn(dn), parseDn(`ou=people,${suffix}`)))).toBe(true);
    for (const name of ['uid', 'mail', 'employeeNumber']) {
      const values = people.flatMap((person) => valuesOf(person, name));
      expect(new Set(values).size).toBe(values.length);
    }
    expect(new Set(entries.map(({ origin }) => origin.uuid)).size).toBe(entries.length);
  });

  test('they are the same each time, and the first ones whatever their number', () => {
    expect([...seedEntries(suffix, 300)]).toEqual(entries);
    const more = [...seedEntries(suffix, 1000)].filter(isOf('inetOrgPerson'));
    expect(more.slice(0, 300)).toEqual(people);
  });

  test('their managers lead to one chief without a circle', () => {
    const managers = new Map(people.map((person) => [person.dn, valuesOf(person, 'manager')[0]]));
    const chiefs = people.filter((person) => valuesOf(person, 'manager').length === 0);
    expect(chiefs.map((person) => valuesOf(person, 'title')[0])).toEqual(['Chief Executive Officer']);
    for (const { dn } of people) {
      let [at, steps]: [string | undefined, number] = [dn, 0];
      while (at !== undefined && steps++ < 10) at = managers.get(at);
      expect(steps).toBeLessThan(5);
    }
  });

  test('some are disabled, none of them leads anybody', () => {
    const disabled = people.filter((person) => valuesOf(person, 'employeeType')[0] === 'disabled');
    const managers = new Set(people.flatMap((person) => valuesOf(person, 'manager')));
    expect(disabled.length).toBeGreaterThan(5);
    expect(disabled.filter(({ dn }) => managers.has(dn))).toEqual([]);
  });

  test('names are of many languages, user names and addresses of plain letters', () => {
    expect(people.filter((person) => /[^\0-\x7f]/.test(valuesOf(person, 'cn')[0] ?? '')).length).toBeGreaterThan(60);
    expect(new Set(people.flatMap((person) => valuesOf(person, 'preferredLanguage'))).size).toBeGreaterThan(9);
    const odd = people.flatMap((person) => valuesOf(person, 'mail')).filter((mail) => !/^[a-z]+(\.[a-z]+\d*)?@example\.com$/.test(mail));
    expect(odd).toEqual([]);
  });

  test('carLicense is free for the ids of clients', () => {
    expect(people.filter((person) => valuesOf(person, 'carLicense').length > 0)).toEqual([]);
  });
});

describe('groups', () => {
  test('are below ou=groups, and have members that exist, once each', () => {
    expect(groups.length).toBeGreaterThan(15);
    const staffed = groups.filter((group) => valuesOf(group, 'cn')[0] !== 'Project Ibis');
    for (const group of staffed) {
      const members = valuesOf(group, 'member').map((member) => dnKey(parseDn(member)));
      expect(new Set(members).size).toBe(members.length);
      expect(isUnder(parseDn(group.dn), parseDn(`ou=groups,${suffix}`))).toBe(true);
      expect(members.filter((member) => !known.has(member))).toEqual([]);
    }
  });

  test('L-055: the empty one has a placeholder that is nobody', () => {
    const empty = groups.find((group) => valuesOf(group, 'cn')[0] === 'Project Ibis');
    expect(empty && valuesOf(empty, 'member')).toEqual([`cn=nobody,${suffix}`]);
    expect(known.has(`cn=nobody,${suffix}`)).toBe(false);
  });

  test('one consists of groups, and one name needs escapes', () => {
    const nested = groups.filter((group) => valuesOf(group, 'member').every((member) => member.includes('ou=groups')));
    expect(nested.map((group) => valuesOf(group, 'cn')[0])).toEqual(['Product Development']);
    expect(groups.some(({ dn }) => dn.startsWith('cn=Café Committee\\, Köln'))).toBe(true);
  });
});

describe('any number of people and any suffix', () => {
  test.each([0, 1, 2, 9, 40])('%i people make a directory without errors', (users) => {
    const directory = load('o=Ex\\2Cample,c=DE', users);
    expect(directory.tree.size).toBe([...seedEntries('o=Ex\\2Cample,c=DE', users)].length);
  });

  test('with nobody there are no groups', () => {
    expect([...seedEntries(suffix, 0)].map(({ dn }) => dn)).toEqual([suffix, `ou=people,${suffix}`, `ou=groups,${suffix}`]);
  });

  function load(base: string, users: number) {
    const directory = createDirectory(openLdap, base, `cn=admin,${base}`, 'x');
    seedOpenLdap(directory, base, users);
    return directory;
  }
});
