// What only 389 Directory Server does: locked accounts, plugins that refuse, an empty success where others say that the base is missing.
// Over the shipped mapping.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { connect } from '../../src/ldap/connection.ts';
import { DirectoryError, openDirectory } from '../../src/ldap/directory.ts';
import { parseDn } from '../../src/ldap/dn.ts';
import { formatFilter, present } from '../../src/ldap/filter.ts';
import { startDs389 } from '../servers/ds389.ts';
import { ds389, type Face, overTls, slapd } from './faces.ts';
import { asMembers, idsIn, newGroup, newName, newUser, ScimClient } from './scim-client.ts';
import { openStage, type Stage } from './stage.ts';
import { attributesOf, searchesAmong } from './wire.ts';

const strict: Face = { ...ds389, start: async () => overTls(await startDs389({ unique: ['mail'], sevenBit: true })) };

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(strict);
}, 60_000);
afterAll(() => stage.stop());

async function bindAs(dn: string, password: string): Promise<string> {
  const { directory } = stage;
  const timeouts = { connect: 5000, operation: 5000 };
  try {
    (await connect({ url: directory.url, bind: { dn, password }, tls: { ca: [directory.tls?.ca ?? ''] }, timeouts })).destroy();
    return 'ok';
  } catch (error) {
    if (error instanceof DirectoryError && error.kind === 'credentials') return error.message;
    throw error;
  }
}

test('L-065 active is nsAccountLock: the server refuses the account, and takes it again', async () => {
  const { scim, look } = stage;
  const password = 'A-good-secret-1';
  const made = await scim.post('/Users', newUser({ password }));
  const { dn } = await look.entry(made.id);
  expect(await bindAs(dn, password)).toBe('ok');
  await scim.patch(`/Users/${made.id}`, [{ op: 'replace', path: 'active', value: false }]);
  expect(await look.texts(made.id, 'nsAccountLock')).toEqual(['true']);
  expect(await bindAs(dn, password)).toMatch(/the account is locked/);
  expect(await scim.find('/Users', `active eq false and id eq "${made.id}"`)).toHaveLength(1);
  await scim.patch(`/Users/${made.id}`, [{ op: 'replace', path: 'active', value: true }]);
  expect(await bindAs(dn, password)).toBe('ok');
});

test('R-074 what the plugin attribute uniqueness refuses is 409, and nothing of the request stays', async () => {
  const { scim, look } = stage;
  const mail = `${newName('mail')}@example.com`;
  const emails = [{ type: 'work', value: mail }];
  expect((await scim.post('/Users', newUser({ emails }))).status).toBe(201);
  const second = newUser({ emails });
  expect((await scim.post('/Users', second)).body).toMatchObject({ status: '409', scimType: 'uniqueness' });
  expect(await look.find('uid', String(second['userName']))).toEqual([]);
  const third = await scim.post('/Users', newUser({ title: 'old' }));
  const change = [
    { op: 'replace', path: 'title', value: 'new' },
    { op: 'add', path: 'emails', value: emails },
  ];
  expect((await scim.patch(`/Users/${third.id}`, change)).status).toBe(409);
  expect(await look.texts(third.id, 'title')).toEqual(['old']);
});

test('what the plugin 7-bit check refuses is 400', async () => {
  const { body } = await stage.scim.post('/Users', newUser({ userName: 'jürgen' }));
  expect(body).toMatchObject({ status: '400', scimType: 'invalidValue' });
});

test('L-035 members are looked up by entryDN in batches, also when the base itself cannot be read', async () => {
  const { scim, wire } = stage;
  const made = await Promise.all(Array.from({ length: 20 }, () => scim.post('/Users', newUser())));
  const ids = made.map(({ id }) => id);
  const group = await scim.post('/Groups', newGroup({ members: asMembers(...ids) }));
  const sent = await wire.during(async () => expect(idsIn((await scim.get(`/Groups/${group.id}`)).body)).toEqual(ids.toSorted()));
  expect(searchesAmong(sent).length).toBeLessThan(6);
  expect(searchesAmong(sent).flatMap(({ filter }) => attributesOf(filter))).toContain('entryDN');
});

describe('L-004 nothing found is believed only where the base can be seen', () => {
  test('a base that does not exist, and one that may not be read any more, are outages and no empty lists', async () => {
    const { scim, look, directory } = stage;
    const account = openDirectory({
      servers: [directory.url],
      bind: { dn: directory.gatewayDn, password: directory.gatewayPassword },
      baseDn: parseDn(directory.suffix),
      tls: { ca: [directory.tls?.ca ?? ''] },
      timeouts: { connect: 5000, operation: 5000 },
    });
    await account.start();
    try {
      const nowhere = account.search({
        base: parseDn(`ou=nowhere,${directory.suffix}`),
        scope: 'sub',
        filter: present('objectClass'),
        attributes: [],
      });
      await expect(nowhere[Symbol.asyncIterator]().next()).rejects.toMatchObject({ kind: 'unavailable', resultCode: 32 });
    } finally {
      await account.close();
    }
    const people = parseDn(`ou=people,${directory.suffix}`);
    const rights = (await look.directory.read(people, ['aci']))?.texts('aci') ?? [];
    await look.directory.modify(people, [{ operation: 'delete', attribute: 'aci', values: [] }]);
    try {
      const replies = [
        await scim.get('/Users'),
        await scim.get('/Users', { filter: 'userName eq "nobody"' }),
        await scim.get('/Users/99999999-9999-9999-9999-999999999999'),
      ];
      expect(replies.map(({ status }) => status)).toEqual([503, 503, 503]);
    } finally {
      await look.directory.modify(people, [{ operation: 'add', attribute: 'aci', values: rights }]);
    }
    expect((await scim.get('/Users', { filter: 'userName eq "nobody"' })).body['totalResults']).toBe(0);
  });
});

test('guards: the directory administrators and their group are not written', async () => {
  const wide = await openStage({ ...ds389, mapping: '../fixtures/mappings/ds389-wide.yaml' }, { asAdmin: true });
  const { scim, look, directory } = wide;
  try {
    const member = await scim.post('/Users', newUser());
    const { dn } = await look.entry(member.id);
    await look.add(`cn=Directory Administrators,${directory.suffix}`, {
      objectClass: ['groupOfNames'],
      member: [`cn=nobody,${directory.suffix}`],
    });
    const [group] = await scim.find('/Groups', 'displayName eq "Directory Administrators"');
    const add = [{ op: 'add', path: 'members', value: asMembers(member.id) }];
    expect((await scim.patch(`/Groups/${String(group?.['id'])}`, add)).status).toBe(403);
    expect((await scim.delete(`/Groups/${String(group?.['id'])}`)).status).toBe(403);
    await look.change(String(group?.['id']), 'add', 'member', dn);
    expect((await scim.patch(`/Users/${member.id}`, [{ op: 'replace', path: 'title', value: 'x' }])).status).toBe(403);
    expect((await scim.delete(`/Users/${member.id}`)).status).toBe(403);
  } finally {
    await wide.stop();
  }
}, 60_000);

test('L-001 R-222 a filter with a negated alternative, of a query or of a client: the server is not asked it, and nobody is missing', async () => {
  const { look, scim } = stage;
  const filter = 'active eq true or title eq "Kept"';
  const prefix = newName('negated');
  const make = async (name: string, more: object): Promise<string> => {
    const { id } = await scim.post('/Users', newUser({ userName: `${prefix}-${name}`, ...more }));
    return id;
  };
  const active = await make('active', {});
  const kept = await make('kept', { active: false, title: 'Kept' });
  const locked = await make('locked', { active: false, title: 'Gone' });
  const app = createApp(
    stage.configure([
      'server.listen=127.0.0.1:0',
      `clients=[{ name: part, auth: { token: { sha256: ${sha256('part')}, expires: never } }, allow: { directory: main, resources: [User], operations: [read, update], filter: { User: '${filter}' } } }]`,
    ]),
  );
  const { url } = await app.start();
  try {
    const part = new ScimClient(`${url}/scim/v2`, 'part');
    const found = async (by: ScimClient, more: string): Promise<readonly unknown[]> =>
      (await by.find('/Users', `userName sw "${prefix}-"${more}`)).map(({ id }) => id).toSorted();
    const sent = await stage.wire.during(async () => {
      expect(await found(scim, ` and (${filter})`)).toEqual([active, kept].toSorted());
      expect(await found(part, '')).toEqual([active, kept].toSorted());
      expect((await part.get(`/Users/${locked}`)).status).toBe(404);
      expect((await part.patch(`/Users/${locked}`, [{ op: 'replace', path: 'title', value: 'Kept' }])).status).toBe(404);
      expect((await part.patch(`/Users/${kept}`, [{ op: 'replace', path: 'title', value: 'Gone' }])).status).toBe(403);
      expect((await part.patch(`/Users/${kept}`, [{ op: 'replace', path: 'displayName', value: 'K' }])).status).toBe(200);
    });
    expect(
      searchesAmong(sent)
        .map((search) => formatFilter(search.filter))
        .filter((text) => /\(\|.*\(!/.test(text)),
    ).toEqual([]);
  } finally {
    await app.stop();
  }
  expect(await look.texts(kept, 'title')).toEqual(['Kept']);
}, 60_000);

describe('L-062 userPassword is written only where the server is seen to hash it', () => {
  test('389 Directory Server hashes: the password works, and no trace of the self-test is left', async () => {
    const hashing = await openStage({ ...ds389, mapping: '../fixtures/mappings/user-password.yaml' }, { asAdmin: true });
    const { scim, look } = hashing;
    try {
      const made = await scim.post('/Users', newUser({ password: 'A-good-secret-1' }));
      expect(made.status).toBe(201);
      expect(await look.texts(made.id, 'userPassword')).toEqual([expect.stringMatching(/^\{/) as string]);
      expect((await scim.patch(`/Users/${made.id}`, [{ op: 'replace', path: 'password', value: 'A-good-secret-2' }])).status).toBe(200);
      expect(await look.find('objectClass', 'organizationalRole')).toEqual([]);
    } finally {
      await hashing.stop();
    }
  }, 60_000);

  test('slapd stores it as it comes: 400, and nothing is stored', async () => {
    const clear = await openStage({ ...slapd, mapping: '../fixtures/mappings/user-password-openldap.yaml' });
    const { scim, look } = clear;
    try {
      const sent = newUser({ password: 'A-good-secret-1' });
      expect((await scim.post('/Users', sent)).body).toMatchObject({ status: '400', scimType: 'invalidValue' });
      expect(await look.find('uid', String(sent['userName']))).toEqual([]);
      const made = await scim.post('/Users', newUser());
      expect((await scim.patch(`/Users/${made.id}`, [{ op: 'replace', path: 'password', value: 'A-good-secret-2' }])).status).toBe(400);
      expect((await look.entry(made.id)).has('userPassword')).toBe(false);
      expect((await look.find('objectClass', 'simpleSecurityObject')).map(({ dn }) => dn)).toEqual([clear.directory.gatewayDn]);
    } finally {
      await clear.stop();
    }
  }, 60_000);
});
