// A group of many members is planned and reported in time that grows with its size, not with the square of it: nobody else is kept waiting.
// L-013, L-021; a test that compares each value with each other one would not end within its time.
import { expect, test } from 'vitest';
import { describeSteps } from '../../src/gateway/journal.ts';
import { updatedEntry } from '../../src/gateway/restriction.ts';
import { dnKeyOf, parseDn } from '../../src/ldap/dn.ts';
import { type Change, Entry } from '../../src/ldap/entry.ts';
import { Draft } from '../../src/mapping/draft.ts';
import { compat } from '../../src/scim/dialects.ts';
import { applyPatch, parsePatch } from '../../src/scim/patch.ts';
import { groupSchema, type ResourceType } from '../../src/scim/schema.ts';

const size = 60_000;
const dnOf = (i: number): string => `uid=p${i},ou=people,dc=example,dc=test`;
const dns = Array.from({ length: size }, (_, i) => dnOf(i));
const dn = parseDn('cn=everybody,ou=groups,dc=example,dc=test');
const entry = new Entry('cn=everybody,ou=groups,dc=example,dc=test', [['member', dns]]);
const half: readonly Change[] = [
  { operation: 'delete', attribute: 'member', values: dns.slice(0, size / 2) },
  { operation: 'add', attribute: 'member', values: dns.slice(0, size / 2).map((text) => `x${text}`) },
];

test('L-021 the difference of two large sets of values', () => {
  const draft = new Draft(entry);
  draft.exchangeAll('member', dns.slice(0, size / 2), [dnOf(size)], { computed: true });
  const [removed, added] = draft.changes({ replaceOnly: () => false });
  expect([removed?.values.length, added?.values.map(String)]).toEqual([size / 2, [dnOf(size)]]);
});

test('the entry afterwards, and what is reported of it', () => {
  expect(updatedEntry(entry, dn, { changes: half }).texts('member')).toHaveLength(size);
  const undo = { kind: 'modify' as const, dn, changes: [{ operation: 'replace' as const, attribute: 'member', values: dns }] };
  const [step] = describeSteps({ dn, steps: [{ step: { kind: 'modify', dn, changes: half }, undo }] } as never, () => false);
  expect(step?.changes?.[0]?.after).toHaveLength(size);
});

test('R-174 all members replaced by others', () => {
  const type: ResourceType = { name: 'Group', endpoint: '/Groups', description: '', schema: groupSchema, extensions: [] };
  const members = dns.map((value) => ({ value, type: 'User' }));
  const value = dns.slice(size / 2).map((each) => ({ value: each }));
  const operations = parsePatch({ Operations: [{ op: 'replace', path: 'members', value }] }, type, compat);
  expect(applyPatch({ displayName: 'x', members }, operations, type, compat)['members']).toHaveLength(size / 2);
});

test('L-036 keys of DNs are the same whether they are remembered or not', () => {
  const spellings = dns.map((text, i) => (i % 2 === 0 ? text.toUpperCase() : text.replaceAll(',', ' , ')));
  const keys = dns.map(dnKeyOf);
  expect(spellings.every((text, i) => dnKeyOf(text) === keys[i])).toBe(true);
  expect(new Set(keys).size).toBe(size);
  expect(dns.every((text, i) => dnKeyOf(text) === keys[i])).toBe(true);
  expect([dnKeyOf('no DN'), dnKeyOf('no DN'), dnKeyOf('cn=a,')]).toEqual([undefined, undefined, undefined]);
});
