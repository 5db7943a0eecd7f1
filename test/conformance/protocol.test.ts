// Requirements on the protocol that no other test names: discovery tells the truth, errors are SCIM Errors, methods are where they belong.
// RFC 7643 sections 5 to 7; RFC 7644 sections 3.4.2, 3.5.2, 3.12, 3.14 and 4.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDemoDirectory } from '../../src/demo/ldap-server.ts';
import { embedded } from '../directory/faces.ts';
import { newGroup, newName, newUser, urn, valueOf } from '../directory/scim-client.ts';
import { openStage, type Stage } from '../directory/stage.ts';

let stage: Stage;
let withoutPasswords: Stage;
beforeAll(async () => {
  stage = await openStage(embedded);
  withoutPasswords = await openStage({ ...embedded, mapping: '../fixtures/mappings/badge.yaml' });
}, 60_000);
afterAll(async () => {
  await Promise.all([stage.stop(), withoutPasswords.stop()]);
});

type Json = Readonly<Record<string, unknown>>;

describe('discovery', () => {
  test('R-016 every endpoint that /ResourceTypes names is there', async () => {
    const { scim } = stage;
    const types = (await scim.get('/ResourceTypes')).body['Resources'] as readonly Json[];
    expect(types.map(({ endpoint }) => endpoint)).toEqual(['/Users', '/Groups']);
    for (const { endpoint } of types) expect((await scim.get(String(endpoint))).status).toBe(200);
  });

  test('T-009 ServiceProviderConfig is one object with all its parts', async () => {
    const { body } = await stage.scim.get('/ServiceProviderConfig');
    expect(body).not.toHaveProperty('Resources');
    expect(typeof valueOf(body, 'etag', 'supported')).toBe('boolean');
    expect(body['authenticationSchemes']).toMatchObject([{ type: 'oauthbearertoken' }]);
  });

  test('T-010 the schemas have the errata: displayName of groups, references, no uniqueness of complex attributes', async () => {
    const schemas = (await stage.scim.get('/Schemas')).body['Resources'] as readonly Json[];
    const attribute = (schema: string, ...path: readonly string[]): Json =>
      path.reduce<Json>(
        (parent, name) =>
          ((parent['attributes'] ?? parent['subAttributes']) as readonly Json[]).find((each) => each['name'] === name) ?? {},
        schemas.find(({ id }) => id === schema) ?? {},
      );
    expect(attribute(urn.group, 'displayName')['required']).toBe(true);
    expect(attribute(urn.user, 'groups', '$ref')['referenceTypes']).toEqual(['Group']);
    expect(attribute(urn.enterprise, 'manager', 'value')['caseExact']).toBe(true);
    expect(attribute(urn.group, 'members', 'display')['type']).toBe('string');
    for (const name of ['name', 'emails', 'groups']) expect(attribute(urn.user, name)).not.toHaveProperty('uniqueness');
  });

  test('T-007 a filter is 403, and paging is ignored', async () => {
    const { scim } = stage;
    for (const path of ['/Schemas', '/ResourceTypes']) {
      const all = await scim.get(path);
      expect((await scim.get(path, { count: 1, startIndex: 2 })).body).toEqual(all.body);
      expect((await scim.get(path, { filter: 'id pr' })).body).toMatchObject({ schemas: [urn.error], status: '403' });
    }
  });

  test('R-080 R-036 changePassword is true where a password can be set, and false where not', async () => {
    const supported = async ({ scim }: Stage): Promise<unknown> =>
      valueOf((await scim.get('/ServiceProviderConfig')).body, 'changePassword', 'supported');
    const attempt = async ({ strict }: Stage) => (await strict.post('/Users', newUser({ password: 'Correct-horse-3' }))).status;
    expect([await supported(stage), await attempt(stage)]).toEqual([true, 201]);
    expect([await supported(withoutPasswords), await attempt(withoutPasswords)]).toEqual([false, 400]);
  });

  test('R-128 R-159 sort and patch are supported, as is said', async () => {
    const { scim } = stage;
    const { body } = await scim.get('/ServiceProviderConfig');
    expect([valueOf(body, 'sort', 'supported'), valueOf(body, 'patch', 'supported')]).toEqual([true, true]);
    const title = newName('sorted');
    const ids: string[] = [];
    for (const givenName of ['B', 'C', 'A']) ids.push((await scim.post('/Users', newUser({ title, name: { givenName } }))).id);
    const sorted = await scim.find('/Users', `title eq "${title}"`, { sortBy: 'name.givenName' });
    expect(sorted.map(({ id }) => id)).toEqual([ids[2], ids[0], ids[1]]);
    expect((await scim.patch(`/Users/${ids[0]}`, [{ op: 'replace', path: 'title', value: 'patched' }])).body['title']).toBe('patched');
  });

  test('R-184 bulk is supported, as is said', async () => {
    const { scim } = stage;
    const supported = valueOf((await scim.get('/ServiceProviderConfig')).body, 'bulk', 'supported');
    const operations = [{ method: 'POST', path: '/Users', bulkId: '1', data: newUser() }];
    const { status } = await scim.post('/Bulk', { schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'], Operations: operations });
    expect([supported, status]).toEqual([true, 200]);
  });

  test('T-011 T-013 etag is supported, as is said, and a weak tag matches', async () => {
    const { scim } = stage;
    expect(valueOf((await scim.get('/ServiceProviderConfig')).body, 'etag', 'supported')).toBe(true);
    const made = await scim.post('/Users', newUser());
    expect(made.etag).toMatch(/^W\//);
    const change = (value: string) => scim.patch(`/Users/${made.id}`, [{ op: 'replace', path: 'title', value }], { 'If-Match': made.etag });
    expect([(await change('one')).status, (await change('two')).status]).toEqual([200, 412]);
  });
});

describe('requests and errors', () => {
  test('R-020 a client that may only read changes nothing', async () => {
    const { scim, reader, look } = stage;
    const made = await scim.post('/Users', newUser());
    const before = await look.snapshot(made.id);
    const replies = [
      await reader.post('/Users', newUser()),
      await reader.put(`/Users/${made.id}`, newUser()),
      await reader.patch(`/Users/${made.id}`, [{ op: 'add', path: 'title', value: 'x' }]),
      await reader.delete(`/Users/${made.id}`),
    ];
    expect(replies.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    expect([(await reader.get(`/Users/${made.id}`)).status, await look.snapshot(made.id)]).toEqual([200, before]);
  });

  test('R-030 nobody creates anything without a token', async () => {
    const headers = { 'Content-Type': 'application/scim+json' };
    const response = await fetch(`${stage.scim.base}/Users`, { method: 'POST', headers, body: JSON.stringify(newUser()) });
    expect(response.status).toBe(401);
  });

  test('R-062 locations come from the configuration, whatever Host and its kin say', async () => {
    const { scim } = stage;
    const forged = { 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'https', Forwarded: 'host=evil.example' };
    const made = await scim.send('POST', '/Users', newUser(), forged);
    expect(made.headers.get('Location')).toBe(`${scim.base}/Users/${made.id}`);
    expect(JSON.stringify(made.body)).not.toContain('evil');
  });

  test('R-099 POST to a resource, and to the root, is 405', async () => {
    const { scim } = stage;
    const made = await scim.post('/Users', newUser());
    for (const path of [`/Users/${made.id}`, '/']) {
      const { status, headers, body } = await scim.post(path, newUser());
      expect([status, headers.get('Allow') === null, body['schemas']]).toEqual([405, false, [urn.error]]);
    }
  });

  test('R-209 R-210 T-001 T-016 T-017 status is a text, and scimType one of those registered', async () => {
    const { scim, strict } = stage;
    const registered = new Set(['invalidFilter', 'tooMany', 'uniqueness', 'mutability', 'invalidSyntax', 'invalidPath', 'noTarget']);
    for (const type of ['invalidValue', 'invalidVers', 'sensitive', 'invalidCursor', 'expiredCursor', 'invalidCount']) registered.add(type);
    const made = await scim.post('/Users', newUser());
    const path = `/Users/${made.id}`;
    const refused = [
      await scim.get('/Users', { filter: 'userName' }),
      await scim.get('/Users', { count: 'x' }),
      await scim.get('/Users', { cursor: 'forged' }),
      await scim.send('POST', '/Users', '{'),
      await scim.post('/Users', { schemas: [urn.user] }),
      await scim.post('/Users', newUser({ userName: made.body['userName'] })),
      await strict.post('/Users', { userName: 'x' }),
      await scim.patch(path, [{ op: 'REMOVE' }]),
      await scim.patch(path, [{ op: 'Replace', path: 'emails[type eq "nothing"].value', value: 'x' }]),
      await scim.patch(path, [{ op: 'remove', path: 'userName' }]),
      await strict.patch(path, [{ op: 'add', path: 'x y', value: 1 }]),
    ];
    const types = refused.map(({ status, body }) => {
      expect(body).toMatchObject({ schemas: [urn.error], status: String(status) });
      return String(body['scimType']);
    });
    expect(types.filter((type) => !registered.has(type))).toEqual([]);
    expect(types.slice(7, 9)).toEqual(['noTarget', 'noTarget']);
  });

  test('T-022 strict: a PATCH path that leads nowhere is invalidPath, and nothing of the request is done', async () => {
    const { strict } = stage;
    const made = await strict.post('/Users', newUser());
    const refused = await strict.patch(`/Users/${made.id}`, [
      { op: 'add', path: 'title', value: 'T' },
      { op: 'add', path: 'titel', value: 'T' },
    ]);
    expect(refused.body).toMatchObject({ status: '400', scimType: 'invalidPath' });
    expect((await strict.get(`/Users/${made.id}`)).body).toEqual(made.body);
  });

  test('R-107 no page is larger than maxResults', async () => {
    const crowd = await openStage({
      ...embedded,
      async start() {
        const running = await startDemoDirectory({ suffix: 'dc=example,dc=test', users: 1010 });
        const { adminDn, adminPassword } = running;
        const stop = () => running.close();
        return { ...running, gatewayDn: adminDn, gatewayPassword: adminPassword, kill: stop, restart: stop, stop };
      },
    });
    try {
      const maximum = Number(valueOf((await crowd.scim.get('/ServiceProviderConfig')).body, 'filter', 'maxResults'));
      const { body } = await crowd.scim.get('/Users', { count: 5000, attributes: 'userName' });
      expect(maximum).toBeLessThan(1010);
      expect([(body['Resources'] as readonly unknown[]).length, body['itemsPerPage']]).toEqual([maximum, maximum]);
      expect(Number(body['totalResults'])).toBeGreaterThanOrEqual(1010);
    } finally {
      await crowd.stop();
    }
  });

  test('R-206 /Me of a client without a rule is 404', async () => {
    expect((await stage.scim.get('/Me')).body).toMatchObject({ schemas: [urn.error], status: '404' });
  });

  test('groups as well as people are at the root', async () => {
    const { scim } = stage;
    const displayName = newName('root');
    await scim.post('/Groups', newGroup({ displayName }));
    expect(await scim.find('/', `displayName eq "${displayName}"`)).toHaveLength(1);
  });
});

test.each([
  ['GET', '/Users/'],
  ['GET', '//Users'],
  ['GET', '/users'],
  ['GET', '/./Users'],
  ['GET', '/Me'],
  ['POST', '/Users/'],
  ['PUT', '/Users'],
  ['GET', '/Schemas/'],
  ['HEAD', ''],
])('R-212 %s %s: no redirect is ever sent', async (method, path) => {
  const { scim, tokenOf } = stage;
  const headers = { Authorization: `Bearer ${tokenOf('compat')}`, 'Content-Type': 'application/scim+json' };
  const sent = method === 'GET' || method === 'HEAD' ? {} : { body: JSON.stringify(newUser()) };
  const { status, headers: answered } = await fetch(scim.base + path, { method, headers, redirect: 'manual', ...sent });
  expect([status < 300 || status >= 400, answered.get('Location') === null || status === 201]).toEqual([true, true]);
});
