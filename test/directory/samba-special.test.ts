// What only Active Directory does: account names, account state, password rules, privileged entries, primary groups, value ranges.
// Over Samba with the shipped mapping; MS-ADTS, MS-SAMR. The limits of Windows that Samba lacks come from a proxy.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatSid, parseSid } from '../../src/ldap/syntax.ts';
import { connect } from '../../src/ldap/connection.ts';
import { DirectoryError, openDirectory } from '../../src/ldap/directory.ts';
import { parseDn } from '../../src/ldap/dn.ts';
import { startLimits } from '../servers/limits.ts';
import { startSamba } from '../servers/samba.ts';
import { type Face, samba, type StartedDirectory } from './faces.ts';
import { asMembers, idsIn, newGroup, newName, newUser } from './scim-client.ts';
import { openStage, type Stage } from './stage.ts';
import { attributesOf, searchesAmong, writesAmong } from './wire.ts';

const shipped: Face = { ...samba, mapping: '../fixtures/mappings/active-directory.yaml' };
const password = 'Passw0rd!first';
const upn = (name = newName('person')): string => `${name}@example.test`;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(shipped);
}, 60_000);
afterAll(() => stage.stop());

const { stringify } = JSON;
const domain = (rest: string): string => `${rest},${stage.directory.suffix}`;
const dnOf = async (id: string): Promise<string> => (await stage.look.entry(id)).dn;
const one = async (id: string, attribute: string): Promise<string | undefined> => (await stage.look.texts(id, attribute))[0];

describe('create', () => {
  test('L-064 an account is one add, with its password, enabled, and named by its owner', async () => {
    const { scim, wire } = stage;
    const userName = upn();
    let id = '';
    const sent = await wire.during(async () => {
      const made = await scim.post('/Users', newUser({ userName, displayName: 'Ann One', password }));
      expect([made.status, made.body['active']]).toEqual([201, true]);
      id = made.id;
    });
    expect(writesAmong(sent).map(({ kind }) => kind)).toEqual(['add']);
    expect(await dnOf(id)).toBe(domain('CN=Ann One,OU=Staff'));
    expect([await one(id, 'userAccountControl'), await one(id, 'userPrincipalName')]).toEqual(['512', userName]);
    expect(await bindAs(await dnOf(id), password)).toBe('ok');
  });

  test('without a password the account is enabled with one that nobody knows (missingOnCreate: random)', async () => {
    const made = await stage.scim.post('/Users', newUser({ userName: upn(), displayName: newName('no password') }));
    expect([made.status, made.body['active'], await one(made.id, 'userAccountControl')]).toEqual([201, true, '512']);
    expect(Number(await one(made.id, 'pwdLastSet'))).toBeGreaterThan(0);
    expect(await bindAs(await dnOf(made.id), '')).toBe('refused');
  });

  test('L-066 active false makes a disabled account, which refuses its own password', async () => {
    const made = await stage.scim.post('/Users', newUser({ userName: upn(), displayName: newName('off'), active: false, password }));
    expect([made.status, made.body['active'], await one(made.id, 'userAccountControl')]).toEqual([201, false, '514']);
    expect(await bindAs(await dnOf(made.id), password)).toMatch(/the account is disabled/);
  });

  test('placement is by rule', async () => {
    const made = await stage.scim.post('/Users', newUser({ userName: upn(), displayName: newName('contractor'), userType: 'Contractor' }));
    expect(await dnOf(made.id)).toMatch(/,OU=Contractors,OU=Staff,/);
  });

  test('L-045 sAMAccountName is cut at 20 characters, and numbered within them when somebody has it', async () => {
    const { scim } = stage;
    const local = `${newName('a-rather-long-account')}-name`;
    const made = await Promise.all(
      ['one', 'two', 'three'].map((place) =>
        scim.post('/Users', newUser({ userName: `${local}@${place}.test`, displayName: `${local} ${place}` })),
      ),
    );
    expect(made.map(({ status }) => status)).toEqual([201, 201, 201]);
    const names = await Promise.all(made.map(({ id }) => one(id, 'sAMAccountName')));
    const stem = local.slice(0, 20);
    expect(names.toSorted()).toEqual([stem, `${stem.slice(0, 19)}2`, `${stem.slice(0, 19)}3`].toSorted());
  });

  test('L-042 a name that an account outside of the mapping has counts as taken', async () => {
    const made = await stage.scim.post(
      '/Users',
      newUser({ userName: 'administrator@elsewhere.test', displayName: newName('not the administrator') }),
    );
    expect([made.status, await one(made.id, 'sAMAccountName')]).toEqual([201, 'administrator2']);
  });

  test('two people with one display name: the second is named with the userName behind it', async () => {
    const { scim } = stage;
    const displayName = newName('same name');
    const userName = upn();
    await scim.post('/Users', newUser({ userName: upn(), displayName }));
    const second = await scim.post('/Users', newUser({ userName, displayName }));
    expect([second.status, second.body['displayName'], await dnOf(second.id)]).toEqual([
      201,
      displayName,
      domain(`CN=${displayName} (${userName}),OU=Staff`),
    ]);
    const long = 'x'.repeat(64);
    await scim.post('/Users', newUser({ userName: upn(), displayName: long }));
    const cut = await scim.post('/Users', newUser({ userName: upn('cut'), displayName: long }));
    expect([cut.status, (await one(cut.id, 'cn'))?.length]).toEqual([201, 64]);
  });

  test('R-074 L-040 a userPrincipalName that somebody outside of the mapping has is 409, as the domain says', async () => {
    const { scim, look } = stage;
    const userName = upn('hidden');
    await look.add(domain('CN=hidden,OU=Services'), { objectClass: ['user'], sAMAccountName: ['hidden-1'], userPrincipalName: [userName] });
    const reply = await scim.post('/Users', newUser({ userName: userName.toUpperCase(), displayName: newName() }));
    expect(reply.body).toMatchObject({ status: '409', scimType: 'uniqueness' });
    expect(await look.find('displayName', String(reply.body['displayName']))).toEqual([]);
  });

  test.each([
    ['a password that is too weak', { password: 'short' }],
    ['a country that is none', { addresses: [{ type: 'work', country: 'Switzerland' }] }],
    ['a title that is too long', { title: 'x'.repeat(300) }],
  ])('L-063 %s is 400 invalidValue, and there is no account', async (_what, extra) => {
    const { scim, look } = stage;
    const userName = upn();
    const { body } = await scim.post('/Users', newUser({ userName, displayName: newName(), ...extra }));
    expect(body).toMatchObject({ status: '400', scimType: 'invalidValue' });
    expect(stringify(body)).not.toMatch(/0000|samldb|objectclass_attrs|CN=|attribute '/i);
    expect(await look.find('userPrincipalName', userName)).toEqual([]);
  });
});

describe('account state and password', () => {
  test('L-065 active changes one bit and leaves the others', async () => {
    const { scim, look, wire } = stage;
    const made = await scim.post('/Users', newUser({ userName: upn(), displayName: newName() }));
    // A password that does not expire, and delegation refused.
    await look.change(made.id, 'replace', 'userAccountControl', String(0x200 + 0x10000 + 0x100000));
    const sent = await wire.during(async () =>
      expect((await scim.patch(`/Users/${made.id}`, [{ op: 'replace', path: 'active', value: false }])).body['active']).toBe(false),
    );
    expect(await one(made.id, 'userAccountControl')).toBe(String(0x202 + 0x10000 + 0x100000));
    // Compare-and-set: the old value is named (decisions, "Writes").
    expect(writesAmong(sent)).toMatchObject([{ kind: 'modify', modifications: [{ operation: 'delete' }, { operation: 'add' }] }]);
    await scim.patch(`/Users/${made.id}`, [{ op: 'replace', path: 'active', value: true }]);
    expect(await one(made.id, 'userAccountControl')).toBe(String(0x200 + 0x10000 + 0x100000));
  });

  test('active is filtered by the domain controller', async () => {
    const { scim, wire } = stage;
    const made = await scim.post('/Users', newUser({ userName: upn(), displayName: newName(), active: false }));
    const sent = await wire.during(async () => expect(await scim.find('/Users', `active eq false and id eq "${made.id}"`)).toHaveLength(1));
    expect(searchesAmong(sent).flatMap(({ filter }) => attributesOf(filter))).toContain('userAccountControl');
    expect(await scim.find('/Users', `active eq true and id eq "${made.id}"`)).toEqual([]);
  });

  test('L-062 a reset takes the new password and refuses the old one; what the policy refuses changes nothing', async () => {
    const { scim } = stage;
    const made = await scim.post('/Users', newUser({ userName: upn(), displayName: newName(), password, title: 'old' }));
    const second = 'Passw0rd!second ü€';
    expect((await scim.patch(`/Users/${made.id}`, [{ op: 'replace', path: 'password', value: second }])).status).toBe(200);
    expect([await bindAs(await dnOf(made.id), second), await bindAs(await dnOf(made.id), password)]).toEqual([
      'ok',
      expect.stringMatching(/the password is wrong/) as string,
    ]);
    const refused = await scim.patch(`/Users/${made.id}`, [
      { op: 'replace', path: 'title', value: 'new' },
      { op: 'replace', path: 'password', value: 'simple' },
    ]);
    expect(refused.body).toMatchObject({ status: '400', scimType: 'invalidValue' });
    expect([await one(made.id, 'title'), await bindAs(await dnOf(made.id), second)]).toEqual(['old', 'ok']);
    expect((await stage.look.entry(made.id)).has('userPassword')).toBe(false);
  });
});

describe('names', () => {
  test('L-043 L-047 cn follows displayName, the id and the account name stay', async () => {
    const { scim } = stage;
    const made = await scim.post('/Users', newUser({ userName: upn(), displayName: newName('before') }));
    const account = await one(made.id, 'sAMAccountName');
    const displayName = `O'Neil, "Ann" #1 + \\ <${newName('after')}>`;
    const renamed = await scim.patch(`/Users/${made.id}`, [{ op: 'replace', path: 'displayName', value: displayName }]);
    expect([renamed.status, renamed.id, renamed.body['displayName']]).toEqual([200, made.id, displayName]);
    expect([await one(made.id, 'cn'), await one(made.id, 'sAMAccountName')]).toEqual([displayName, account]);
    expect(await dnOf(made.id)).toMatch(/,OU=Staff,/);
  });

  test('a new displayName that another entry is named by: the appended name, not an error', async () => {
    const { scim } = stage;
    const displayName = newName('wanted');
    const userName = upn();
    await scim.post('/Users', newUser({ userName: upn(), displayName }));
    const made = await scim.post('/Users', newUser({ userName, displayName: newName() }));
    const renamed = await scim.patch(`/Users/${made.id}`, [{ op: 'replace', path: 'displayName', value: displayName }]);
    expect([renamed.status, renamed.body['displayName'], await one(made.id, 'cn')]).toEqual([
      200,
      displayName,
      `${displayName} (${userName})`,
    ]);
  });

  test('an update never moves an entry, also when the rule for new ones would put it elsewhere', async () => {
    const { scim } = stage;
    const made = await scim.post('/Users', newUser({ userName: upn(), displayName: newName() }));
    expect((await scim.patch(`/Users/${made.id}`, [{ op: 'replace', path: 'userType', value: 'Contractor' }])).status).toBe(200);
    expect(await dnOf(made.id)).not.toMatch(/OU=Contractors/);
  });

  test('L-061 a deleted account is gone: no tombstone is seen, it is in no group, and its names are free', async () => {
    const { scim } = stage;
    const user = newUser({ userName: upn(), displayName: newName('deleted') });
    const made = await scim.post('/Users', user);
    const group = await scim.post('/Groups', newGroup({ members: asMembers(made.id) }));
    expect((await scim.delete(`/Users/${made.id}`)).status).toBe(204);
    expect((await scim.get(`/Users/${made.id}`)).status).toBe(404);
    expect(await scim.find('/Users', `id eq "${made.id}" or userName eq "${String(user['userName'])}"`)).toEqual([]);
    expect((await scim.get(`/Groups/${group.id}`)).body['members']).toBeUndefined();
    expect((await scim.post('/Users', user)).status).toBe(201);
  });

  test('R-101 an id is found by its octets, whatever they are, and only as it is written', async () => {
    const { scim } = stage;
    for (let i = 0; i < 20; i++) {
      const { id } = await scim.post('/Users', newUser({ userName: upn(), displayName: newName() }));
      expect((await scim.find('/Users', `id eq "${id}"`)).map((user) => user['id'])).toEqual([id]);
      expect((await scim.get(`/Users/${id.toUpperCase()}`)).status).toBe(/[a-f]/.test(id) ? 404 : 200);
    }
  });
});

describe('groups', () => {
  const user = async (): Promise<string> => (await stage.scim.post('/Users', newUser({ userName: upn(), displayName: newName() }))).id;

  test('T-058 the primary group is among the groups of a user, found by its SID; the group does not list it as a member', async () => {
    const { scim, look } = stage;
    const id = await user();
    const group = await scim.post('/Groups', newGroup({ members: asMembers(id) }));
    const [sid] = (await look.entry(group.id)).octets('objectSid');
    await look.change(
      id,
      'replace',
      'primaryGroupID',
      parseSid(sid ?? Buffer.alloc(0))
        .split('-')
        .at(-1) ?? '',
    );
    expect(await look.texts(group.id, 'member')).toEqual([]);
    expect(idsIn((await scim.get(`/Users/${id}`)).body, 'groups')).toEqual([group.id]);
    expect((await scim.find('/Users', `groups.value eq "${group.id}"`)).map((each) => each['id'])).toEqual([id]);
    expect((await scim.get(`/Groups/${group.id}`)).body['members']).toBeUndefined();
  });

  test('a member that is an account of another domain is hidden, and stays through changes', async () => {
    const { scim, look } = stage;
    const [here, there] = [await user(), await user()];
    const made = await scim.post('/Groups', newGroup({ members: asMembers(here) }));
    // A SID of a domain that nobody knows: the domain controller makes an entry for it (ForeignSecurityPrincipals).
    await look.change(made.id, 'replace', 'groupType', '-2147483640').catch(() => undefined);
    await look.change(made.id, 'replace', 'groupType', '-2147483644').catch(() => undefined);
    await look.change(made.id, 'add', 'member', '<SID=S-1-5-21-1-2-3-1234>');
    expect(idsIn((await scim.get(`/Groups/${made.id}`)).body)).toEqual([here]);
    const put = await scim.put(`/Groups/${made.id}`, { ...made.body, members: asMembers(there) });
    expect(idsIn(put.body)).toEqual([there]);
    expect((await look.texts(made.id, 'member')).filter((dn) => dn.includes('CN=ForeignSecurityPrincipals'))).toHaveLength(1);
  });

  test('L-035 members are looked up by distinguishedName in batches: no search for each', async () => {
    const { scim, wire } = stage;
    const ids = await Promise.all(Array.from({ length: 20 }, user));
    const { id } = await scim.post('/Groups', newGroup({ members: asMembers(...ids) }));
    const sent = await wire.during(async () => expect(idsIn((await scim.get(`/Groups/${id}`)).body)).toEqual(ids.toSorted()));
    expect(searchesAmong(sent).length).toBeLessThan(6);
    expect(searchesAmong(sent).flatMap(({ filter }) => attributesOf(filter))).toContain('distinguishedName');
  });

  test('L-035 continuation references of the domain are passed over', async () => {
    const root = await openStage({ ...samba, mapping: 'samba-ad' });
    try {
      expect((await root.scim.get('/Users', { count: 5 })).status).toBe(200);
      // The accounts of the domain itself are not people.
      expect(await root.scim.find('/Users', 'userName pr')).toEqual([]);
      expect(await root.scim.find('/Groups', 'displayName eq "Domain Admins"')).toEqual([]);
    } finally {
      await root.stop();
    }
  }, 60_000);
});

describe('privileged entries are not written', () => {
  /** In the mapped places, as an administrator could have put it there. */
  const put = async (kind: 'Users' | 'Groups'): Promise<string> => {
    const { scim } = stage;
    return (await scim.post(`/${kind}`, kind === 'Users' ? newUser({ userName: upn(), displayName: newName() }) : newGroup())).id;
  };
  const join = async (group: string, member: string): Promise<void> => {
    await stage.look.directory.modify(parseDn(group), [{ operation: 'add', attribute: 'member', values: [member] }]);
  };
  /** What became of writes of all kinds to a user, or to a group and its members, and whether the entry is as before. */
  const writeUser = async (id: string): Promise<readonly unknown[]> => {
    const { scim, look } = stage;
    const before = await look.snapshot(id);
    const replies = [
      await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'active', value: false }]),
      await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'password', value: 'Passw0rd!taken' }]),
      await scim.put(`/Users/${id}`, newUser({ userName: upn() })),
      await scim.delete(`/Users/${id}`),
    ];
    return [...replies.map(({ status }) => status), stringify(await look.snapshot(id)) === stringify(before)];
  };
  const writeGroup = async (id: string): Promise<readonly unknown[]> => {
    const { scim, look } = stage;
    const member = await put('Users');
    const before = await look.snapshot(id);
    const replies = [
      await scim.patch(`/Groups/${id}`, [{ op: 'add', path: 'members', value: asMembers(member) }]),
      await scim.patch(`/Groups/${id}`, [{ op: 'replace', path: 'externalId', value: 'x' }]),
      await scim.put(`/Groups/${id}`, newGroup({ members: asMembers(member) })),
      await scim.delete(`/Groups/${id}`),
    ];
    return [...replies.map(({ status }) => status), stringify(await look.snapshot(id)) === stringify(before)];
  };
  const refused = [403, 403, 403, 403, true];

  test('an account or a group with adminCount', async () => {
    const [account, group] = [await put('Users'), await put('Groups')];
    for (const id of [account, group]) await stage.look.change(id, 'replace', 'adminCount', '1');
    expect(await writeUser(account)).toEqual(refused);
    expect(await writeGroup(group)).toEqual(refused);
  });

  test('members of Domain Admins, directly, through groups, and by primary group, also before adminCount is set', async () => {
    const [direct, nested, outer, inner] = [await put('Users'), await put('Users'), await put('Groups'), await put('Groups')];
    await join(domain('CN=Domain Admins,CN=Users'), await dnOf(direct));
    await join(domain('CN=Domain Admins,CN=Users'), await dnOf(outer));
    await join(await dnOf(outer), await dnOf(inner));
    await join(await dnOf(inner), await dnOf(nested));
    expect(await writeUser(direct)).toEqual(refused);
    expect(await writeUser(nested)).toEqual(refused);
    expect(await writeGroup(outer)).toEqual(refused);
    expect(await writeGroup(inner)).toEqual(refused);
    await stage.look.change(direct, 'replace', 'primaryGroupID', '512');
    expect(await writeUser(direct)).toEqual(refused);
  });

  test('groups of the domain and of the machine, and the accounts that come with it, where a mapping would reach them', async () => {
    const wide = await openStage({ ...samba, mapping: '../fixtures/mappings/active-directory-wide.yaml' }, { asAdmin: true });
    const { scim, look } = wide;
    try {
      const member = (await scim.find('/Users', 'userName eq "gateway"', {}))[0]?.['id'];
      for (const name of [
        'Domain Admins',
        'Enterprise Admins',
        'Schema Admins',
        'Group Policy Creator Owners',
        'Administrators',
        'Account Operators',
        'Backup Operators',
        'Server Operators',
        'Print Operators',
        'Cert Publishers',
      ]) {
        const [group] = await scim.find('/Groups', `displayName eq "${name}"`);
        expect([name, group]).not.toContain(undefined);
        const reply = await scim.patch(`/Groups/${String(group?.['id'])}`, [
          { op: 'add', path: 'members', value: asMembers(String(member)) },
        ]);
        expect([name, reply.status]).toEqual([name, 403]);
      }
      for (const name of ['Administrator', 'krbtgt', 'Guest']) {
        const [account] = await scim.find('/Users', `userName eq "${name}"`);
        const { status } = await scim.patch(`/Users/${String(account?.['id'])}`, [{ op: 'replace', path: 'title', value: 'x' }]);
        expect([name, status]).toEqual([name, 403]);
      }
      expect(await look.texts(String(member), 'memberOf')).toEqual([]);
      // What is not privileged can be written by the same account.
      const [ordinary] = await scim.find('/Groups', 'displayName eq "Domain Guests"');
      expect((await scim.patch(`/Groups/${String(ordinary?.['id'])}`, [{ op: 'replace', path: 'externalId', value: 'x' }])).status).toBe(
        200,
      );
    } finally {
      await wide.stop();
    }
  }, 60_000);

  test('the account of the gateway, whichever name it binds with', async () => {
    for (const bindDn of ['gateway@example.test', 'EXAMPLE\\gateway']) {
      const own = await openStage({ ...samba, mapping: '../fixtures/mappings/active-directory-wide.yaml' }, { bindDn });
      try {
        const [account] = await own.scim.find('/Users', 'userName eq "gateway"');
        const { status } = await own.scim.patch(`/Users/${String(account?.['id'])}`, [{ op: 'replace', path: 'active', value: false }]);
        expect([bindDn, status]).toEqual([bindDn, 403]);
      } finally {
        await own.stop();
      }
    }
  }, 60_000);

  test('guards.allowPrivileged lifts it', async () => {
    const lifted = await openStage(shipped, { guards: 'allowPrivileged: true' });
    try {
      const { id } = await lifted.scim.post('/Users', newUser({ userName: upn(), displayName: newName() }));
      await lifted.look.change(id, 'replace', 'adminCount', '1');
      expect((await lifted.scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'x' }])).status).toBe(200);
    } finally {
      await lifted.stop();
    }
  }, 60_000);
});

describe('the limits of Windows', () => {
  test('T-057 L-056 a group of 1,600 members is read whole, in two ranges or in many, and more than 1,000 entries in pages; members are changed without reading one', async () => {
    const server = await startSamba();
    const limits = await startLimits(server);
    const admin = openDirectory({
      servers: [server.url],
      bind: { dn: server.adminDn, password: server.adminPassword },
      baseDn: parseDn(server.suffix),
      tls: { ca: [server.ca] },
      timeouts: { connect: 5000, operation: 30_000 },
    });
    await admin.start();
    const size = 1600;
    const dns = Array.from({ length: size }, (_, i) => `CN=m${i},OU=Staff,${server.suffix}`);
    const queue = dns.entries();
    const adders = Array.from({ length: 20 }, async () => {
      for (const [i, dn] of queue)
        await admin.add(
          parseDn(dn),
          new Map([
            ['objectClass', ['user']],
            ['sAMAccountName', [`m${i}`]],
            ['userPrincipalName', [`m${i}@example.test`]],
          ]),
        );
    });
    await Promise.all(adders);
    const big = new Map<string, readonly string[]>([
      ['objectClass', ['group']],
      ['sAMAccountName', ['big']],
      ['member', dns],
    ]);
    await admin.add(parseDn(`CN=big,OU=Groups,${server.suffix}`), big);
    const behind = await openStage(
      { ...shipped, start: () => Promise.resolve({ ...server, port: limits.port, tls: limits }) },
      { operationTimeout: 30_000 },
    );
    try {
      const { scim, wire } = behind;
      const [group] = await scim.find('/Groups', 'displayName eq "big"');
      const id = String(group?.['id']);
      expect(new Set(idsIn(group ?? {})).size).toBe(size);
      expect(limits.ranges).toBe(1);
      const all = await scim.get('/Users', { filter: 'userName pr', count: 1 });
      expect(all.body['totalResults']).toBe(size);
      const mark = limits.ranges;
      const [first] = idsIn(group ?? {});
      const sent = await wire.during(async () =>
        expect((await scim.patch(`/Groups/${id}`, [{ op: 'remove', path: `members[value eq "${first ?? ''}"]` }])).status).toBe(204),
      );
      expect(searchesAmong(sent).flatMap(({ attributes }) => attributes)).not.toContain('member');
      expect((await scim.get(`/Groups/${id}`, { excludedAttributes: 'members' })).body['members']).toBeUndefined();
      expect(limits.ranges).toBe(mark);
      expect(idsIn((await scim.get(`/Groups/${id}`)).body)).toHaveLength(size - 1);

      const narrow = await startLimits(server, { maxValRange: 150 });
      const start = (): Promise<StartedDirectory> =>
        Promise.resolve({ ...server, port: narrow.port, tls: narrow, stop: () => narrow.stop() });
      const further = await openStage({ ...shipped, start }, { operationTimeout: 30_000 });
      // The schema has come in ranges, too.
      const before = narrow.ranges;
      expect(new Set(idsIn((await further.scim.get(`/Groups/${id}`)).body)).size).toBe(size - 1);
      expect(narrow.ranges - before).toBe(10);
      await further.stop();
    } finally {
      await behind.stop();
      await admin.close();
      await limits.stop();
    }
  }, 120_000);
});

/** What a bind says in plain words: `ok`, or the reason. */
async function bindAs(dn: string, secret: string): Promise<string> {
  const { directory } = stage;
  try {
    (
      await connect({
        url: directory.url,
        bind: { dn, password: secret },
        tls: { ca: [directory.tls?.ca ?? ''] },
        timeouts: { connect: 5000, operation: 5000 },
      })
    ).destroy();
    return 'ok';
  } catch (error) {
    if (!(error instanceof DirectoryError) || error.kind !== 'credentials') throw error;
    return error.resultCode === undefined ? 'refused' : error.message;
  }
}

// Round trip of the SIDs that the tests above build on.
test('a SID is written as it is read', () => {
  expect(parseSid(formatSid('S-1-5-21-1-2-3-1234'))).toBe('S-1-5-21-1-2-3-1234');
});
