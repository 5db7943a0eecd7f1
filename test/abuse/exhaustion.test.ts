// Much for little: requests that are cheap to send and dear to answer, connections that say nothing, limits met from several sides.
// RFC 7644 section 7.5.1, RFC 9110 section 17.
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { embedded } from '../directory/faces.ts';
import { asMembers, newGroup, newUser, type Reply, urn } from '../directory/scim-client.ts';
import { openStage, type Stage } from '../directory/stage.ts';
import { bulk } from './beside.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(embedded, { guards: 'store: memory, limits: [{ operation: delete, perHour: 10, atLeast: 10, then: reject }]' });
});
afterAll(() => stage?.stop());

test('filters, paths, lists of attributes and bodies without end: each is refused or answered within seconds, and others meanwhile', async () => {
  const { scim } = stage;
  const { id } = await scim.post('/Users', newUser());
  const many = (count: number, text: string, between = ''): string => Array.from({ length: count }, () => text).join(between);
  const search = (more: object): Promise<Reply> => scim.post('/Users/.search', { schemas: [urn.search], ...more });
  const patch = (operations: readonly object[]): Promise<Reply> =>
    scim.send('PATCH', `/Users/${id}`, { schemas: [urn.patch], Operations: operations });
  const attempts: readonly (readonly [what: string, ask: () => Promise<Reply>])[] = [
    ['or', () => search({ filter: many(20_000, 'userName eq "a"', ' or ') })],
    ['and, nested', () => search({ filter: `${many(20_000, '(')}userName eq "a"${many(20_000, ')')}` })],
    ['not', () => search({ filter: `${many(20_000, 'not (')}userName eq "a"${many(20_000, ')')}` })],
    ['brackets that never close', () => search({ filter: many(100_000, 'emails[') })],
    ['quotes that never close', () => search({ filter: `userName eq "${many(300_000, '\\\\')}` })],
    ['blanks', () => search({ filter: `userName${many(500_000, ' ')}eq "a"` })],
    ['a long value', () => search({ filter: `userName co "${many(900_000, 'a')}"` })],
    ['attributes', () => search({ attributes: Array.from({ length: 50_000 }, (_, i) => `a${i}`) })],
    ['an attribute with many parts', () => search({ attributes: [many(100_000, 'a', '.')] })],
    ['a sort key', () => search({ sortBy: many(100_000, 'a', '.') })],
    ['a page of a thousand million', () => scim.get('/Users', { count: 1_000_000_000, startIndex: 1 })],
    ['a start far behind the end', () => scim.get('/Users', { startIndex: 999_999_999_999_999 })],
    ['patch operations', () => patch(Array.from({ length: 8000 }, () => ({ op: 'add', path: 'emails[type eq "x"].value', value: 'a' })))],
    ['a patch path', () => patch([{ op: 'add', path: many(100_000, 'a['), value: 1 }])],
    [
      'elements',
      () =>
        scim.patch(`/Users/${id}`, [
          { op: 'add', path: 'emails', value: Array.from({ length: 20_000 }, (_, i) => ({ type: 'work', value: `${i}` })) },
        ]),
    ],
    [
      'members that nobody is',
      () => scim.post('/Groups', newGroup({ members: asMembers(...Array.from({ length: 15_000 }, (_, i) => `x${i}`)) })),
    ],
    ['keys', () => scim.post('/Users', newUser(Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`k${i}`, 1]))))],
    ['schemas', () => scim.post('/Users', { ...newUser(), schemas: Array.from({ length: 20_000 }, (_, i) => `urn:x:${i}`) })],
    ['numbers', () => scim.send('POST', '/Users', `{"userName":${many(900_000, '9')}}`)],
  ];
  for (const [what, ask] of attempts) {
    const started = performance.now();
    const [reply, health] = await Promise.all([ask(), fetch(`${stage.url}/health`)]);
    expect([what, reply.status < 500, health.status]).toEqual([what, true, 200]);
    expect([what, performance.now() - started < 5000]).toEqual([what, true]);
  }
  expect(await stage.look.entry(id)).toBeDefined();
}, 60_000);

test('a body of a few kilobytes inflates to many megabytes: 413, before that much was held', async () => {
  const before = process.memoryUsage().arrayBuffers;
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20));
  const headers = {
    Authorization: `Bearer ${stage.tokenOf('compat')}`,
    'Content-Type': 'application/scim+json',
    'Content-Encoding': 'gzip',
  };
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => fetch(`${stage.scim.base}/Users`, { method: 'POST', headers, body: bomb })),
  );
  expect([...new Set(answers.map(({ status }) => status))]).toEqual([413]);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200 * 1024 * 1024);
});

test('hundreds of connections say nothing, or a letter now and then: others are served', async () => {
  const port = Number(new URL(stage.url).port);
  const open = (text: string): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => {
        if (text !== '') socket.write(text);
        resolve(socket);
      });
      socket.once('error', reject);
    });
  const head = `POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${stage.tokenOf('compat')}\r\n`;
  const texts = ['', 'G', head, `${head}Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{`];
  const sockets = await Promise.all(Array.from({ length: 300 }, (_, i) => open(texts[i % texts.length] ?? '')));
  try {
    const started = performance.now();
    for (let i = 0; i < 20; i++) expect((await stage.scim.get('/Users', { count: 1 })).status).toBe(200);
    expect(performance.now() - started).toBeLessThan(5000);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
});

test('two clients delete at the same time, by DELETE and by bulk: together no more than the limit', async () => {
  const users = await Promise.all(Array.from({ length: 30 }, () => stage.scim.post('/Users', newUser())));
  const paths = users.map(({ id }) => `/Users/${id}`);
  const asBulk = (from: number) => paths.slice(from, from + 5).map((path) => ({ method: 'DELETE', path }));
  const statuses = (
    await Promise.all([
      ...paths.slice(0, 10).map((path) => stage.scim.delete(path).then(({ status }) => [status])),
      ...paths.slice(10, 20).map((path) => stage.strict.delete(path).then(({ status }) => [status])),
      bulk(stage.scim, asBulk(20)),
      bulk(stage.strict, asBulk(25)),
    ])
  ).flat();
  expect(statuses.toSorted()).toEqual([...Array.from({ length: 10 }, () => 204), ...Array.from({ length: 20 }, () => 429)]);
  const left = await Promise.all(paths.map((path) => stage.scim.get(path)));
  expect(left.filter(({ status }) => status === 200)).toHaveLength(20);
});
