// What the journal is told of a plan: before and after of each attribute, and no secret.
// RFC 4511 section 4.6.
import { expect, test } from 'vitest';
import { describeSteps } from '../../src/gateway/journal.ts';
import { planCreate, planMembers, planUpdate } from '../../src/gateway/plan.ts';
import { parseDn } from '../../src/ldap/dn.ts';
import type { Change, Entry } from '../../src/ldap/entry.ts';
import { isSecret } from '../../src/ldap/ldif.ts';

const dn = parseDn('uid=ann,dc=x');
const held = new Map([
  ['title', ['Clerk']],
  ['mail', ['a@x', 'b@x']],
]);
const entry = {
  dn: 'uid=ann,dc=x',
  octets: (name: string) => (held.get(name) ?? []).map((value) => Buffer.from(value)),
} as unknown as Entry;
const texts = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_key, each: unknown) => (isBuffer(each) ? Buffer.from(each.data).toString() : each)));
const isBuffer = (value: unknown): value is { readonly data: readonly number[] } =>
  typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';

function changesOf(changes: readonly Change[], password?: string): unknown {
  const plan = planUpdate({ entry, dn, links: [] }, { changes }, password, 'userPassword');
  return texts(describeSteps(plan, isSecret)[0]?.changes);
}

test.each<readonly [string, readonly Change[], unknown]>([
  [
    'replace',
    [{ operation: 'replace', attribute: 'title', values: ['Head'] }],
    [{ attribute: 'title', before: ['Clerk'], after: ['Head'] }],
  ],
  [
    'one value for another',
    [
      { operation: 'delete', attribute: 'mail', values: ['a@x'] },
      { operation: 'add', attribute: 'mail', values: ['c@x'] },
    ],
    [{ attribute: 'mail', before: ['a@x', 'b@x'], after: ['b@x', 'c@x'] }],
  ],
  ['delete all', [{ operation: 'delete', attribute: 'mail', values: [] }], [{ attribute: 'mail', before: ['a@x', 'b@x'], after: [] }]],
  ['a first value', [{ operation: 'add', attribute: 'l', values: ['Rome'] }], [{ attribute: 'l', before: [], after: ['Rome'] }]],
])('%s', (_name, changes, expected) => {
  expect(changesOf(changes)).toEqual(expected);
});

test('a secret has no values, in a change as in a new entry', () => {
  expect(changesOf([], 'S3CRET')).toEqual([{ attribute: 'userPassword', secret: true }]);
  const rdn = [{ type: 'uid', value: 'ann' }];
  const attributes = new Map([['uid', ['ann']]]);
  const created = describeSteps(planCreate({ rdn, base: parseDn('dc=x'), attributes }, rdn, 'S3CRET', 'unicodePwd'), isSecret);
  expect(created).toEqual([
    {
      kind: 'add',
      dn: 'uid=ann,dc=x',
      attributes: ['uid', 'unicodePwd'],
      changes: [
        { attribute: 'uid', after: ['ann'] },
        { attribute: 'unicodePwd', secret: true },
      ],
    },
  ]);
  const apart = describeSteps(planCreate({ rdn, base: parseDn('dc=x'), attributes }, rdn, 'S3CRET', 'passwordModify'), isSecret);
  expect(JSON.stringify(apart)).not.toContain('S3CRET');
});

test('members are what comes and goes', () => {
  const plan = planMembers(dn, { attribute: 'member', add: ['uid=a'], remove: ['uid=b'] });
  expect(describeSteps(plan, isSecret)[0]?.changes).toEqual([{ attribute: 'member', added: ['uid=a'], removed: ['uid=b'] }]);
});

test('a rename has both names', () => {
  const plan = planUpdate({ entry, dn, links: [] }, { changes: [], rename: [{ type: 'uid', value: 'anna' }] }, undefined, undefined);
  expect(describeSteps(plan, isSecret)).toEqual([{ kind: 'rename', dn: 'uid=ann,dc=x', newDn: 'uid=anna,dc=x' }]);
});
