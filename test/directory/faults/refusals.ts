// The server refers elsewhere, or refuses: referrals of all kinds, and result codes of a write.
// RFC 4511 sections 4.1.10 and 4.5.3, RFC 3296; 4.14.
import { expect, test } from 'vitest';
import { parseDn } from '../../../src/ldap/dn.ts';
import { newUser } from '../scim-client.ts';
import { ds389, type Face } from '../faces.ts';
import { type After, openFace, openOver, plainSlapd, withRetcode } from './setting.ts';

const elsewhere = 'ldap://elsewhere.example.com/ou=people,dc=example,dc=test';

export function refusals(after: After): void {
  referencesAmongEntries(after, plainSlapd);

  test('result code 10 for writes (a read-only replica): 502, in words that name no server, and nothing changes', async () => {
    // A replica of a provider that is not there: it answers what it holds, and refers writes to the provider.
    const consumer = 'syncrepl rid=1 provider=ldap://127.0.0.1:1 type=refreshOnly interval=01:00:00:00 retry="3600 +" bindmethod=simple';
    const stage = await openOver(after, {
      ldif: 'dn: uid=here,ou=people,dc=example,dc=test\nobjectClass: inetOrgPerson\nuid: here\ncn: here\nsn: here\ntitle: before\n',
      config: `${consumer} searchbase="dc=example,dc=test"\nupdateref ldap://elsewhere.example.com`,
    });
    const { scim, look } = stage;
    const [here] = await scim.find('/Users', 'userName eq "here"');
    const id = String(here?.['id']);
    const sent = newUser();
    const before = await look.snapshot(id);
    for (const reply of [
      await scim.post('/Users', sent),
      await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'after' }]),
      await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'userName', value: 'there' }]),
      await scim.delete(`/Users/${id}`),
    ]) {
      expect([reply.status, JSON.stringify(reply.body).includes('elsewhere')]).toEqual([502, false]);
    }
    expect(await look.snapshot(id)).toEqual(before);
    expect(await look.find('uid', String(sent['userName']))).toEqual([]);
  });

  test('result code 10 for the search base: 502, never an empty list', async () => {
    const stage = await openOver(after, {});
    const people = parseDn(`ou=people,${stage.directory.suffix}`);
    await stage.look.directory.delete(people);
    await stage.look.add(people, { objectClass: ['referral', 'extensibleObject'], ou: ['people'], ref: [elsewhere] });
    const { status, body } = await stage.scim.get('/Users');
    expect([status, body['totalResults'], JSON.stringify(body).includes('elsewhere')]).toEqual([502, undefined, false]);
  });

  /** What a server may say to a modification, and what the client is told. */
  const codes: readonly (readonly [name: string, code: number, status: number])[] = [
    ['timeLimitExceeded', 3, 504],
    ['adminLimitExceeded', 11, 413],
    ['insufficientAccessRights', 50, 403],
    ['busy', 51, 503],
    ['unavailable', 52, 503],
    ['unwillingToPerform', 53, 403],
    ['affectsMultipleDSAs', 71, 501],
    ['other', 80, 500],
  ];
  test('result codes of a write: each is an error of its own, sent once, and the entry stays as it was', async () => {
    const stage = await openOver(after, withRetcode);
    const { scim, look, wire } = stage;
    for (const [name, code, status] of codes) {
      const { id } = await scim.post('/Users', newUser({ userName: name, title: 'before' }));
      await look.directory.modify(parseDn((await look.entry(id)).dn), [
        { operation: 'add', attribute: 'objectClass', values: ['errAuxObject'] },
        { operation: 'add', attribute: 'errCode', values: [String(code)] },
        { operation: 'add', attribute: 'errOp', values: ['modify'] },
        { operation: 'add', attribute: 'errText', values: [`entry uid=${name} refused`] },
      ]);
      const before = await look.snapshot(id);
      const sent = await wire.during(async () => {
        const reply = await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'after' }]);
        expect([name, reply.status, String(reply.body['detail']).includes('uid=')]).toEqual([name, status, false]);
        expect(Number(reply.headers.get('Retry-After')) > 0).toBe(status === 503);
      });
      expect(sent.filter(({ kind }) => kind === 'modify')).toHaveLength(1);
      expect(await look.snapshot(id)).toEqual(before);
    }
  }, 30_000);
}

export const references = (after: After): void => referencesAmongEntries(after, ds389);

function referencesAmongEntries(after: After, face: Face): void {
  test('a reference among the entries is passed over: lists hold what is here, and nobody is asked elsewhere (L-007)', async () => {
    const stage = await openFace(after, face);
    const { scim, look, userDn } = stage;
    const made = [await scim.post('/Users', newUser()), await scim.post('/Users', newUser())];
    await look.add(`ou=branch,ou=people,${stage.directory.suffix}`, {
      objectClass: ['referral', 'extensibleObject'],
      ou: ['branch'],
      ref: [elsewhere],
    });
    const { status, body } = await scim.get('/Users');
    expect([status, body['totalResults']]).toEqual([200, 2]);
    expect(JSON.stringify(body)).not.toContain('elsewhere');
    expect(await scim.find('/Users', `userName eq "${String(made[0]?.body['userName'])}"`)).toHaveLength(1);
    expect((await scim.patch(`/Users/${made[1]?.id ?? ''}`, [{ op: 'replace', path: 'title', value: 'x' }])).status).toBe(200);
    expect((await look.at(userDn(String(made[1]?.body['userName']))))?.texts('title')).toEqual(['x']);
  });
}
