// Modify (RFC 7644 section 3.5.2): every shape that identity providers send, all or nothing, and no write for no change.
import { describe, expect, test } from 'vitest';
import { newUser, type PatchOp, urn, valueOf } from '../scim-client.ts';
import type { Stage } from '../stage.ts';
import { writesAmong } from '../wire.ts';

const work = { type: 'work', value: 'old@example.com', primary: true };

export function patches(stage: () => Stage): void {
  const userWith = (extra: Record<string, unknown> = {}) => stage().scim.post('/Users', newUser({ title: 'T0', ...extra }));

  const shapes: readonly (readonly [
    name: string,
    before: Record<string, unknown>,
    operations: readonly PatchOp[],
    after: Record<string, unknown>,
  ])[] = [
    [
      '32. Entra: Add and Replace with capitals',
      {},
      [
        { op: 'Add', path: 'title', value: 'A' },
        { op: 'Replace', path: 'displayName', value: 'B' },
      ],
      { title: 'A', displayName: 'B' },
    ],
    [
      '36. Entra: replace an e-mail that is not there',
      {},
      [{ op: 'Replace', path: 'emails[type eq "work"].value', value: 'n@example.com' }],
      { emails: [{ type: 'work', value: 'n@example.com', primary: true }] },
    ],
    [
      '35. Entra: replace an e-mail in place',
      { emails: [work] },
      [{ op: 'replace', path: 'emails[type eq "work"].value', value: 'n@example.com' }],
      { emails: [{ ...work, value: 'n@example.com' }] },
    ],
    [
      '37. Entra: three operations make one address',
      {},
      [
        { op: 'Add', path: 'addresses[type eq "work"].streetAddress', value: '1 Way' },
        { op: 'Add', path: 'addresses[type eq "work"].locality', value: 'Town' },
        { op: 'Add', path: 'addresses[type eq "work"].region', value: 'R' },
      ],
      { addresses: [{ type: 'work', streetAddress: '1 Way', locality: 'Town', region: 'R' }] },
    ],
    [
      '39. add a mobile number beside the work number',
      { phoneNumbers: [{ type: 'work', value: '+1 555 1' }] },
      [{ op: 'add', path: 'phoneNumbers[type eq "mobile"].value', value: '+1 555 2' }],
      {
        phoneNumbers: [
          { type: 'work', value: '+1 555 1' },
          { type: 'mobile', value: '+1 555 2' },
        ],
      },
    ],
    [
      '40. remove a number leaves no empty shell',
      { phoneNumbers: [{ type: 'work', value: '1' }] },
      [{ op: 'remove', path: 'phoneNumbers[type eq "work"].value' }],
      { phoneNumbers: undefined },
    ],
    [
      '33. Entra with its flag: dotted and qualified keys',
      {},
      [
        {
          op: 'replace',
          value: { 'name.givenName': 'G', 'emails[type eq "work"].value': 'p@example.com', [`${urn.enterprise}:department`]: 'D' },
        },
      ],
      {
        name: expect.objectContaining({ givenName: 'G' }) as unknown,
        emails: [{ type: 'work', value: 'p@example.com', primary: true }],
        [urn.enterprise]: { department: 'D' },
      },
    ],
    ['30. Okta: deactivation without a path', {}, [{ op: 'replace', value: { active: false } }], { active: false }],
    ['30. active wrapped in a list', {}, [{ op: 'replace', path: 'active', value: [{ value: 'False' }] }], { active: false }],
    ['31. Keycloak: active as a string', { active: false }, [{ op: 'replace', value: { active: 'true' } }], { active: true }],
    [
      '42. the URN of the core schema in paths',
      {},
      [
        { op: 'replace', path: `${urn.user}:displayName`, value: 'Q' },
        { op: 'replace', path: `${urn.user}:name.givenName`, value: 'R' },
      ],
      { displayName: 'Q', name: expect.objectContaining({ givenName: 'R' }) as unknown },
    ],
    [
      '43. the whole extension',
      { [urn.enterprise]: { department: 'D', organization: 'O' } },
      [{ op: 'replace', path: urn.enterprise, value: { department: 'E' } }],
      { [urn.enterprise]: expect.objectContaining({ department: 'E' }) as unknown },
    ],
    [
      '43. the whole extension removed',
      { [urn.enterprise]: { department: 'D' } },
      [{ op: 'remove', path: urn.enterprise }],
      { [urn.enterprise]: undefined, schemas: [urn.user] },
    ],
    [
      '46. T-023 add of a complex value merges',
      { name: { givenName: 'G', familyName: 'F' } },
      [{ op: 'add', path: 'name', value: { givenName: 'H' } }],
      { name: expect.objectContaining({ givenName: 'H', familyName: 'F' }) as unknown },
    ],
    [
      'R-164 later operations see earlier ones',
      {},
      [
        { op: 'replace', path: 'title', value: 'A' },
        { op: 'remove', path: 'title' },
        { op: 'add', path: 'title', value: 'C' },
      ],
      { title: 'C' },
    ],
    ['R-177 an empty text un-assigns', {}, [{ op: 'replace', path: 'title', value: '' }], { title: undefined }],
    [
      'unknown keys and read-only ones are passed over',
      {},
      [{ op: 'replace', value: { title: 'K', schemas: [urn.user], groups: [], meta: {}, frobs: 1 } }],
      { title: 'K' },
    ],
  ];

  test.each(shapes)('%s', async (_name, before, operations, after) => {
    const { scim } = stage();
    const made = await userWith(before);
    expect(made.status).toBe(201);
    const { status, body } = await scim.patch(`/Users/${made.id}`, operations);
    expect(status).toBe(200);
    expect(Object.fromEntries(Object.keys(after).map((name) => [name, body[name]]))).toEqual(after);
    expect((await scim.get(`/Users/${made.id}`)).body).toEqual(body);
  });

  test('Entra: manager by id in three spellings, cleared by an empty one', async () => {
    const { scim } = stage();
    const [boss, other, made] = [await userWith(), await userWith(), await userWith()];
    const path = `${urn.enterprise}:manager`;
    const managerAfter = async (operation: PatchOp) =>
      valueOf((await scim.patch(`/Users/${made.id}`, [operation])).body, urn.enterprise, 'manager', 'value');
    expect(await managerAfter({ op: 'Add', path, value: boss.id })).toBe(boss.id);
    expect(await managerAfter({ op: 'Add', path: 'manager', value: [{ $ref: `http://x/Users/${other.id}`, value: other.id }] })).toBe(
      other.id,
    );
    expect(await managerAfter({ op: 'replace', path, value: { value: boss.id } })).toBe(boss.id);
    expect(await managerAfter({ op: 'replace', path, value: '' })).toBeUndefined();
  });

  const failures: readonly (readonly [name: string, last: PatchOp, scimType: string])[] = [
    [
      'an unknown manager',
      { op: 'replace', path: `${urn.enterprise}:manager`, value: '22222222-2222-2222-2222-222222222222' },
      'invalidValue',
    ],
    ['a value of the wrong type', { op: 'replace', path: 'name', value: 7 }, 'invalidValue'],
    ['removal of what is required', { op: 'remove', path: 'userName' }, 'mutability'],
    ['removal without a path', { op: 'remove' }, 'noTarget'],
    ['an element that cannot exist', { op: 'replace', path: 'emails[type eq "nonexistent"].value', value: 'x' }, 'noTarget'],
    ['a path that is none', { op: 'replace', path: 'emails[type eq "work"', value: 'x' }, 'invalidPath'],
    ['a bad filter', { op: 'remove', path: 'emails[type xx "a"]' }, 'invalidFilter'],
    ['an unknown operation', { op: 'move', path: 'title', value: 'x' }, 'invalidSyntax'],
    ['a NUL character', { op: 'replace', path: 'displayName', value: 'a\0b' }, 'invalidValue'],
    ['another id', { op: 'replace', path: 'id', value: 'x' }, 'mutability'],
  ];
  test.each(failures)('R-165 T-020 47. atomic: two good operations and %s change nothing at all', async (_name, last, scimType) => {
    const { scim, look } = stage();
    const made = await userWith({ emails: [work] });
    const before = await look.snapshot(made.id);
    const good = [
      { op: 'replace', path: 'title', value: 'changed' },
      { op: 'add', path: 'userName', value: `${String(made.body['userName'])}-renamed` },
    ];
    const { status, body } = await scim.patch(`/Users/${made.id}`, [...good, last]);
    expect([status, body['scimType']]).toEqual([400, scimType]);
    expect(await look.snapshot(made.id)).toEqual(before);
  });

  test('47. 36 operations are one modification', async () => {
    const { scim, wire } = stage();
    const made = await userWith();
    const operations = Array.from({ length: 36 }, (_, i) => ({
      op: 'replace',
      path: ['title', 'displayName', 'name.givenName'][i % 3] ?? '',
      value: `v${i}`,
    }));
    const sent = await wire.during(async () =>
      expect((await scim.patch(`/Users/${made.id}`, operations)).body).toMatchObject({ title: 'v33', displayName: 'v34' }),
    );
    expect(writesAmong(sent).map(({ kind }) => kind)).toEqual(['modify']);
  });

  describe('no change', () => {
    test.each<readonly [string, PatchOp]>([
      ['an identical value', { op: 'replace', path: 'title', value: 'T0' }],
      ['an element that is there', { op: 'add', path: 'emails', value: [work] }],
      ['removal of what is not there', { op: 'remove', path: 'phoneNumbers[type eq "work"]' }],
      ['an empty object', { op: 'replace', path: 'name', value: {} }],
    ])('R-178 L-019 T-015 49. %s is success without a write', async (_name, operation) => {
      const { scim, look, wire } = stage();
      const made = await userWith({ emails: [work] });
      const before = await look.snapshot(made.id);
      const sent = await wire.during(async () => {
        const { status, etag } = await scim.patch(`/Users/${made.id}`, [operation]);
        expect([status, etag]).toEqual([200, made.etag]);
      });
      expect(writesAmong(sent)).toEqual([]);
      expect(await look.snapshot(made.id)).toEqual(before);
    });
  });

  test('R-169 T-021 51. attributes give 200 with just those, Prefer: return=minimal gives 204', async () => {
    const { scim } = stage();
    const made = await userWith();
    const change = { schemas: [urn.patch], Operations: [{ op: 'replace', path: 'title', value: 'M' }] };
    const projected = await scim.send('PATCH', `/Users/${made.id}?attributes=userName`, change);
    expect([projected.status, projected.body]).toEqual([200, { schemas: [urn.user], id: made.id, userName: made.body['userName'] }]);
    const minimal = await scim.send('PATCH', `/Users/${made.id}`, change, { Prefer: 'return=minimal' });
    expect([minimal.status, minimal.headers.get('Preference-Applied')]).toEqual([204, 'return=minimal']);
  });

  test('D-09 D-11 strict: replace without a match is noTarget, a path to nothing is invalidPath', async () => {
    const { strict } = stage();
    const made = await userWith();
    const noMatch = await strict.patch(`/Users/${made.id}`, [
      { op: 'replace', path: 'emails[type eq "work"].value', value: 'x@example.com' },
    ]);
    expect(noMatch.body).toMatchObject({ status: '400', scimType: 'noTarget' });
    expect((await strict.patch(`/Users/${made.id}`, [{ op: 'add', path: 'frobs', value: 'x' }])).body).toMatchObject({
      status: '400',
      scimType: 'invalidPath',
    });
  });
}
