// Cursors go from one gateway to another before the same directory, and over a restart, without anything being configured for it.
// RFC 9865 section 5.2; C-016, C-019.
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { startDemoDirectory } from '../../src/demo/ldap-server.ts';
import { type Body, type Reply, ScimClient } from './scim-client.ts';

const token = 'token-of-the-replicas';
const secrets = { OLD_KEY: 'an old key for cursors', NEW_KEY: 'a new key for cursors' };
let directory: Awaited<ReturnType<typeof startDemoDirectory>>;
const running: App[] = [];

beforeAll(async () => {
  directory = await startDemoDirectory({ users: 12 });
});
afterAll(async () => {
  await Promise.all(running.map((app) => app.stop()));
  await directory.close();
});

/** A gateway of its own. @param cursorKey what stands under `server.cursorKey` */
async function open(cursorKey?: string): Promise<ScimClient> {
  const text = `
server: { listen: "127.0.0.1:0", publicUrl: "http://127.0.0.1:1"${cursorKey === undefined ? '' : `, cursorKey: ${cursorKey}`} }
directories:
  main:
    path: /scim/v2
    type: openldap
    servers: ["${directory.url}"]
    bind: { dn: "${directory.adminDn}", password: { env: LDAP_PASSWORD } }
    baseDn: "${directory.suffix}"
    mapping: openldap
clients:
  - name: reader
    auth: { token: { sha256: "${createHash('sha256').update(token).digest('hex')}", expires: never } }
    allow: { directory: main, resources: [User], operations: [read] }
`;
  const file = fileURLToPath(new URL('replicas.yaml', import.meta.url));
  const app = createApp(loadConfig(file, { env: { LDAP_PASSWORD: directory.adminPassword, ...secrets }, text }));
  running.push(app);
  return new ScimClient(`${(await app.start()).url}/scim/v2`, token);
}

const page = (scim: ScimClient, cursor: unknown): Promise<Reply> =>
  scim.get('/Users', { count: 5, cursor: String(cursor), attributes: 'id' });
const idsOf = ({ body }: Reply): readonly unknown[] => ((body['Resources'] ?? []) as readonly Body[]).map(({ id }) => id);

test('C-019 each page from another gateway is what one gateway gives', async () => {
  const one = await open();
  const all = idsOf(await one.get('/Users', { count: 1000, attributes: 'id' }));
  const first = await page(one, '');
  await running.pop()?.stop();
  const second = await page(await open(), first.body['nextCursor']);
  const third = await page(await open(), second.body['nextCursor']);
  expect([first, second, third].flatMap(idsOf)).toEqual(all.slice(0, 15));
  expect(idsOf(await page(await open(), third.body['previousCursor']))).toEqual(idsOf(second));
});

test('C-016 another key opens nothing, and keys can be exchanged without losing cursors', async () => {
  const { nextCursor } = (await page(await open('{ env: OLD_KEY }'), '')).body;
  expect((await page(await open(), nextCursor)).body).toMatchObject({ status: '400', scimType: 'invalidCursor' });
  expect((await page(await open('{ env: NEW_KEY }'), nextCursor)).body).toMatchObject({ scimType: 'invalidCursor' });
  const rotated = await page(await open('[{ env: NEW_KEY }, { env: OLD_KEY }]'), nextCursor);
  expect([rotated.status, idsOf(rotated).length]).toEqual([200, 5]);
});
