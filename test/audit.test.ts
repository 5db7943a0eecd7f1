// The audit log over HTTP: one line for each request, with what was written, refused and ignored, and never a value.
// RFC 7644 section 7.5.2; R-197.
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type App, createApp } from '../src/app.ts';
import type { Config } from '../src/config.ts';
import { type Bench, openBench } from './commands/bench.ts';
import { asMembers, newGroup, newUser, ScimClient, urn } from './directory/scim-client.ts';

let bench: Bench;
let folder: string;
let file: string;
let app: App | undefined;
let scim: ScimClient;
beforeAll(async () => {
  bench = await openBench('demo');
});
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'audit-'));
  file = join(folder, 'audit.jsonl');
  app = createApp(audited());
  const { url } = await app.start();
  scim = new ScimClient(`${url}/scim/v2`, 'token-of-the-command-bench');
});
afterEach(async () => {
  await app?.stop();
  rmSync(folder, { recursive: true });
});
afterAll(() => bench.stop());

const fingerprint = expect.stringMatching(/^#[0-9a-f]{16}$/);

const audited = (change: Partial<Config> = {}): Config => ({
  ...bench.config,
  guards: { ...bench.config.guards, limits: [{ operation: 'deactivate', perHour: 1, atLeast: 1 }] },
  audit: { file, maxBytes: 1_000_000, keep: 1 },
  ...change,
});

/** The lines when the gateway has stopped. */
async function finish(name = file): Promise<readonly Record<string, unknown>[]> {
  await app?.stop();
  app = undefined;
  return readLines(name);
}
const readLines = (name = file): readonly Record<string, unknown>[] =>
  readFileSync(name, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('each request has a line, reads and refused callers too; health has none', async () => {
  await scim.send('GET', '/Users?count=1', undefined, { 'X-Request-Id': 'read-1' });
  await new ScimClient(scim.base, 'nobody').get('/Users');
  await scim.get('/Users', { filter: 'userName eq' });
  await fetch(new URL('/health', scim.base));
  const lines = await finish();
  expect(lines).toEqual([
    {
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      requestId: 'read-1',
      client: 'full',
      method: 'GET',
      route: '/scim/v2/Users',
      status: 200,
      ms: expect.any(Number),
    },
    expect.objectContaining({ status: 401, method: 'GET' }),
    expect.objectContaining({ status: 400, scimType: 'invalidFilter' }),
  ]);
  expect(lines[1]).not.toHaveProperty('client');
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('writes say what was changed where, by names of attributes', async () => {
  const { id } = await scim.post('/Users', newUser({ title: 'Clerk', password: 'correct-horse-battery' }));
  await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'Head' }]);
  await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'Head' }]);
  const group = await scim.post('/Groups', newGroup());
  await scim.patch(`/Groups/${group.id}`, [{ op: 'add', path: 'members', value: asMembers(id) }]);
  await scim.delete(`/Users/${id}`);
  const lines = await finish();
  const common = { directory: 'main', resourceType: 'User', id, person: expect.anything(), ms: expect.any(Number) };
  expect(lines.map(({ writes }) => writes)).toEqual([
    [
      {
        ...common,
        operation: 'create',
        steps: [
          { kind: 'add', attributes: expect.arrayContaining(['uid', 'title']), dn: fingerprint, changes: expect.anything() },
          { kind: 'setPassword', dn: fingerprint },
        ],
        result: 'done',
      },
    ],
    [
      {
        ...common,
        operation: 'update',
        steps: [
          {
            kind: 'modify',
            attributes: ['title'],
            dn: fingerprint,
            changes: [{ attribute: 'title', before: [fingerprint], after: [fingerprint] }],
          },
        ],
        result: 'done',
      },
    ],
    [{ ...common, operation: 'update', steps: [], result: 'nothing to do' }],
    [expect.objectContaining({ resourceType: 'Group', id: group.id, result: 'done' })],
    [
      {
        ...common,
        resourceType: 'Group',
        id: group.id,
        operation: 'update',
        members: [id],
        steps: [
          {
            kind: 'modify',
            attributes: ['member'],
            dn: fingerprint,
            changes: [{ attribute: 'member', removed: [fingerprint], added: [fingerprint] }],
          },
        ],
        result: 'done',
      },
    ],
    [
      {
        ...common,
        operation: 'delete',
        steps: [
          { kind: 'delete', dn: fingerprint },
          { kind: 'relink', attributes: ['member'], dn: fingerprint },
        ],
        result: 'done',
      },
    ],
  ]);
});

test('no value, name, DN or credential is in the file', async () => {
  const secrets = ['Zebedee', 'correct-horse-battery', 'zeb@example.test', 'Quarks', 'token-of-the-command-bench', bench.suffix];
  const user = newUser({
    title: 'Quarks',
    password: 'correct-horse-battery',
    name: { givenName: 'Zebedee', familyName: 'Zebedee' },
    emails: [{ value: 'zeb@example.test', type: 'work' }],
  });
  const { id } = await scim.post('/Users', user);
  await scim.post('/Users', user);
  await scim.get('/Users', { filter: 'name.familyName eq "Zebedee"' });
  await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'emails[type eq "work"].value', value: 'Zebedee' }]);
  await scim.put(`/Users/${id}`, { ...user, title: 'Quarks II' });
  await finish();
  const text = readFileSync(file, 'utf8');
  expect(text.split('\n')).toHaveLength(6);
  expect([...secrets, String(user['userName'])].filter((secret) => text.includes(secret))).toEqual([]);
});

test('refusals of guards and limits, and ignored attributes, belong to their request', async () => {
  const keeper = await scim.post('/Users', newUser({ userName: 'keeper' }));
  const ids = await Promise.all([1, 2].map(async () => (await scim.post('/Users', newUser())).id));
  for (const id of ids) await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'active', value: false }]);
  await scim.patch(`/Users/${ids[0]}`, [{ op: 'add', value: { favouriteColour: 'Zebedee', title: 'Clerk' } }]);
  const lines = await finish();
  expect([keeper.status, lines.find(({ status }) => status === 403)]).toMatchObject([
    403,
    { refusals: [{ by: 'guard', guard: 'protect' }] },
  ]);
  expect(lines.find(({ status }) => status === 429)).toMatchObject({
    writes: [{ id: ids[1], steps: [{ kind: 'modify' }], result: 'refused' }],
    refusals: [{ by: 'limit', operation: 'deactivate', count: 1, used: 1, limit: 1 }],
  });
  expect(lines.at(-1)).toMatchObject({ status: 200, ignored: [{ path: 'favouriteColour', reason: 'unknown attribute' }] });
  expect(lines.filter(({ refusals }) => refusals !== undefined)).toHaveLength(2);
  expect(readFileSync(file, 'utf8')).not.toContain('Zebedee');
});

test('of parallel requests, each line has its own writes; of a bulk request, all of its operations', async () => {
  const created = await Promise.all(Array.from({ length: 10 }, () => scim.post('/Users', newUser())));
  const { body } = await scim.post('/Bulk', {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
    Operations: [
      { method: 'DELETE', path: `/Users/${created[0]?.id}` },
      { method: 'DELETE', path: '/Users/6a1d7a52-0000-4000-8000-000000000002' },
      {
        method: 'PATCH',
        path: `/Users/${created[1]?.id}`,
        data: { schemas: [urn.patch], Operations: [{ op: 'add', path: 'title', value: 'x' }] },
      },
    ],
  });
  expect(body['Operations']).toMatchObject([{ status: '204' }, { status: '404' }, { status: '200' }]);
  const lines = await finish();
  const written = new Map(lines.map(({ requestId, writes }) => [requestId, writes]));
  for (const { headers, id } of created) expect(written.get(headers.get('X-Request-Id'))).toMatchObject([{ id, operation: 'create' }]);
  expect(lines.at(-1)?.['writes']).toMatchObject([
    { operation: 'delete', id: created[0]?.id },
    { operation: 'update', id: created[1]?.id },
  ]);
});

test('a reload keeps the file, changes it, or ends it; requests go on', async () => {
  await scim.get('/Users', { count: 1 });
  await app?.reload(audited());
  await scim.get('/Users', { count: 1 });
  const other = join(folder, 'other.jsonl');
  await app?.reload(audited({ audit: { file: other, maxBytes: 1_000_000, keep: 1 } }));
  await scim.get('/Users', { count: 1 });
  const { audit: _none, ...silent } = audited();
  await app?.reload(silent);
  expect((await scim.get('/Users', { count: 1 })).status).toBe(200);
  expect([await finish(other), readLines()].map((lines) => lines.length)).toEqual([1, 2]);
});

test('what is written after the client went away has a line of its own', async () => {
  const { id } = await scim.post('/Users', newUser());
  await app?.stop();
  let begun = (): void => undefined;
  const started = new Promise<void>((resolve) => (begun = resolve));
  app = createApp(audited(), (backend) => ({
    ...backend,
    directory: new Proxy(backend.directory, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (name !== 'delete') return typeof value === 'function' ? value.bind(target) : value;
        return async (...parameters: Parameters<typeof target.delete>) => {
          begun();
          await expect.poll(() => readLines().length).toBe(2);
          return target.delete(...parameters);
        };
      },
    }),
  }));
  const { url } = await app.start();
  const gone = new AbortController();
  const headers = { Authorization: 'Bearer token-of-the-command-bench', 'X-Request-Id': 'gone' };
  const request = fetch(`${url}/scim/v2/Users/${id}`, { method: 'DELETE', headers, signal: gone.signal });
  await started;
  gone.abort();
  await expect(request).rejects.toThrow('aborted');
  await expect.poll(() => readLines().length).toBe(3);
  const [, first, second] = await finish();
  expect(first).toMatchObject({ requestId: 'gone', method: 'DELETE', complete: false });
  expect(first).not.toHaveProperty('writes');
  expect(second).toEqual({
    time: expect.any(String),
    requestId: 'gone',
    client: 'full',
    writes: [expect.objectContaining({ operation: 'delete', id, result: 'done' })],
  });
});

test('a file that cannot be written breaks no request', async () => {
  await app?.reload(audited({ audit: { file: join(folder, 'missing', 'audit.jsonl'), maxBytes: 1_000_000, keep: 1 } }));
  expect((await scim.post('/Users', newUser())).status).toBe(201);
  expect((await scim.get('/Users', { count: 1 })).status).toBe(200);
});
