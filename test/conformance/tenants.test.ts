// Two directories under one gateway are two tenants: nothing of the one is of any use in the other.
// RFC 7644 section 6.
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { startDemoDirectory } from '../../src/demo/ldap-server.ts';
import { asMembers, newGroup, newUser, ScimClient, urn } from '../directory/scim-client.ts';
import { freePort } from '../servers/slapd.ts';

const names = ['one', 'two'] as const;
const tokenOf = (name: string): string => `token-of-the-tenant-${name}`;
const stops: (() => Promise<void>)[] = [];
let origin: string;
const client = (tenant: string, path = tenant): ScimClient => new ScimClient(`${origin}/${path}/v2`, tokenOf(tenant));

beforeAll(async () => {
  const suffix = 'dc=example,dc=test';
  const servers = await Promise.all(names.map(() => startDemoDirectory({ suffix, users: 0 })));
  origin = `http://127.0.0.1:${await freePort()}`;
  const directories = servers.map(
    ({ url, adminDn }, i) =>
      `  ${names[i]}: { path: /${names[i]}/v2, type: openldap, servers: ["${url}"], bind: { dn: "${adminDn}", password: { env: P } }, baseDn: "${suffix}", mapping: openldap }`,
  );
  const clients = names.map((name) => {
    const sha256 = createHash('sha256').update(tokenOf(name)).digest('hex');
    const allow = `{ directory: ${name}, resources: [User, Group], operations: [read, create, update, delete] }`;
    return `  - { name: ${name}, auth: { token: { sha256: "${sha256}", expires: never } }, allow: ${allow} }`;
  });
  const text = `server: { listen: "${new URL(origin).host}", publicUrl: "${origin}" }
directories:
${directories.join('\n')}
clients:
${clients.join('\n')}
`;
  const app = createApp(
    loadConfig(fileURLToPath(new URL('tenants.yaml', import.meta.url)), { env: { P: servers[0]?.adminPassword ?? '' }, text }),
  );
  await app.start();
  stops.push(() => app.stop(), ...servers.map((server) => () => server.close()));
}, 60_000);
afterAll(async () => {
  for (const stop of stops) await stop();
});

test('R-219 the path of another tenant is 403 for every method, and changes nothing', async () => {
  const made = await client('one').post('/Users', newUser());
  const stranger = client('two', 'one');
  const replies = [
    await stranger.get(`/Users/${made.id}`),
    await stranger.get('/Users'),
    await stranger.post('/Users', newUser()),
    await stranger.patch(`/Users/${made.id}`, [{ op: 'replace', path: 'title', value: 'x' }]),
    await stranger.delete(`/Users/${made.id}`),
  ];
  for (const { status, body } of replies) expect([status, body['schemas']]).toEqual([403, [urn.error]]);
  expect((await client('one').get(`/Users/${made.id}`)).body).toEqual(made.body);
});

test('R-220 names and externalIds are unique within a tenant only', async () => {
  const sent = newUser({ externalId: 'same' });
  const made = [await client('one').post('/Users', sent), await client('two').post('/Users', sent)];
  expect(made.map(({ status }) => status)).toEqual([201, 201]);
  expect(new Set(made.map(({ id }) => id)).size).toBe(2);
});

test('R-221 ids, members, filters, cursors and locations of one tenant are of no use in the other', async () => {
  const [one, two] = [client('one'), client('two')];
  const made = await one.post('/Users', newUser());
  for (let i = 0; i < 3; i += 1) await one.post('/Users', newUser());
  const unknown = await two.get('/Users/00000000-0000-4000-8000-000000000000');
  const foreign = await two.get(`/Users/${made.id}`);
  expect([foreign.status, foreign.body]).toEqual([404, unknown.body]);
  expect(await two.find('/Users', `id eq "${made.id}"`)).toEqual([]);
  const group = await two.post('/Groups', newGroup({ members: asMembers(made.id) }));
  expect(group.body).toMatchObject({ status: '400', scimType: 'invalidValue' });
  const { body } = await one.get('/Users', { cursor: '', count: 1 });
  const cursor = String(body['nextCursor']);
  expect((await one.get('/Users', { cursor, count: 1 })).status).toBe(200);
  expect((await two.get('/Users', { cursor, count: 1 })).body).toMatchObject({ status: '400', scimType: 'invalidCursor' });
});
