// `journal bundle`: what support needs, and no secret, wherever one might have got in.
// RFC 7644 section 7.5.2; POSIX.1-2017 ustar.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { journalBundle } from '../../src/commands/journal-bundle.ts';
import { scrubLogLine, scrubText, withoutSecrets } from '../../src/commands/journal/scrub.ts';
import { packFiles } from '../../src/commands/journal/tar.ts';
import { UsageError } from '../../src/commands/usage-error.ts';
import { type DemoDirectory, startDemoDirectory } from '../../src/demo/ldap-server.ts';
import { capture } from './bench.ts';

let directory: DemoDirectory;
let folder: string;
let config: string;
beforeAll(async () => {
  directory = await startDemoDirectory({ suffix: 'dc=example,dc=test', users: 0 });
});
afterAll(() => directory.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  config = join(folder, 'config.yaml');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const secrets = {
  bind: () => directory.adminPassword,
  token: 'S3CRET-token-of-a-client',
  filed: 'S3CRET-in-a-file',
  admin: 'S3CRET-of-the-operator',
  cursor: 'S3CRET-of-cursors',
};
const hash = createHash('sha256').update('S3CRET-hashed').digest('hex');

function writeConfiguration(change: (text: string) => string = (text) => text): void {
  vi.stubEnv('LDAP_PASSWORD', secrets.bind());
  vi.stubEnv('TOKEN', secrets.token);
  vi.stubEnv('ADMIN_TOKEN', secrets.admin);
  vi.stubEnv('CURSOR_KEY', secrets.cursor);
  writeFileSync(join(folder, 'token.txt'), `${secrets.filed}\n`);
  writeFileSync(
    config,
    change(`# a comment with S3CRET-in-a-comment
server: { listen: "127.0.0.1:0", publicUrl: "http://127.0.0.1:8080", cursorKey: { env: CURSOR_KEY } }
directories:
  main:
    path: /scim/v2
    type: openldap
    servers: ["${directory.url}"]
    bind: { dn: "${directory.adminDn}", password: { env: LDAP_PASSWORD } }
    baseDn: "${directory.suffix}"
    mapping: openldap
clients:
  - name: okta
    auth: { tokens: [{ env: TOKEN, expires: never }, { file: token.txt, expires: never }, { sha256: "${hash}", expires: never }] }
    allow: { directory: main, resources: [User], operations: [read] }
audit: { file: journal.jsonl, values: full, persons: clear }
admin: { listen: "127.0.0.1:0", token: { env: ADMIN_TOKEN } }
`),
  );
}

const journalLine = JSON.stringify({
  time: '2026-01-01T00:00:00.000Z',
  requestId: 'r1',
  client: 'okta',
  method: 'PATCH',
  route: '/scim/v2/Users/{id}',
  status: 409,
  ms: 4,
  writes: [
    {
      directory: 'main',
      operation: 'update',
      resourceType: 'User',
      id: 'S3CRET-id',
      person: { userName: 'S3CRET-name' },
      members: ['S3CRET-member'],
      steps: [{ kind: 'modify', attributes: ['title'], dn: 'uid=S3CRET', changes: [{ attribute: 'title', after: ['S3CRET-value'] }] }],
      result: 'failed',
      resultCode: 19,
    },
  ],
  failures: [
    {
      cause: 'duplicate',
      what: 'taken',
      person: { userName: 'S3CRET-name' },
      id: 'S3CRET-id',
      text: 'token S3CRET-token-of-a-client',
      diagnostic: 'said',
    },
  ],
  ignored: [{ path: 'S3CRET-path', reason: 'unknown attribute' }],
  invented: 'S3CRET-later',
});

async function unpack(file: string, values: object = {}): Promise<ReadonlyMap<string, string>> {
  const { code } = await capture(() => journalBundle.run({ config, ...values }, [file]));
  expect(code).toBe(0);
  const out = join(folder, 'out');
  execFileSync('mkdir', ['-p', out]);
  execFileSync('tar', ['xzf', file, '-C', out]);
  const names = execFileSync('tar', ['tzf', file]).toString().trim().split('\n');
  return new Map(names.map((name) => [name.replace('support-bundle/', ''), readFileSync(join(out, name), 'utf8')]));
}

test('it has what support needs, and no secret, value or name', async () => {
  writeConfiguration();
  writeFileSync(join(folder, 'journal.jsonl'), `${journalLine}\ntorn {"S3CRET`);
  const log = join(folder, 'log.txt');
  writeFileSync(
    log,
    [
      `2026-01-01 warn no connection reason="bind as uid=S3CRET,dc=x password=S3CRET-typed" requestId="r1"`,
      `Authorization: Bearer S3CRET.bearer`,
      `user S3CRET@example.com with ${encodeURIComponent(secrets.token)} and ${Buffer.from(secrets.bind()).toString('base64')}`,
      `ldap://S3CRET:S3CRET@host/`,
      `{"password":"S3CRET x y","ok":1}`,
      `-----BEGIN PRIVATE KEY-----S3CRET`,
    ].join('\n'),
  );
  const file = join(folder, 'bundle.tar.gz');
  const files = await unpack(file, { log });
  expect([...files.keys()]).toEqual([
    'version.json',
    'config.json',
    'mistakes.txt',
    'mapping-main.yaml',
    'directories.json',
    'journal.jsonl',
    'log.txt',
  ]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const all = gunzipSync(readFileSync(file)).toString('latin1');
  expect(all).not.toContain('S3CRET');
  expect(all).not.toContain(hash);
  expect(all).not.toContain(secrets.bind());

  expect(JSON.parse(files.get('config.json') ?? '')).toMatchObject({
    directories: { main: { servers: [directory.url], bind: { password: { env: 'LDAP_PASSWORD' } } } },
    clients: [{ name: 'okta', auth: { tokens: [{ env: 'TOKEN', expires: 'never' }, { file: 'token.txt' }, { sha256: '[removed]' }] } }],
  });
  expect(files.get('mapping-main.yaml')).toContain('userName:');
  expect(JSON.parse(files.get('directories.json') ?? '')).toMatchObject([{ name: 'main', ready: true, paging: true }]);
  expect(JSON.parse(files.get('journal.jsonl') ?? '')).toMatchObject({
    status: 409,
    writes: [{ operation: 'update', steps: [{ kind: 'modify', attributes: ['title'] }], resultCode: 19 }],
    failures: [{ cause: 'duplicate', what: 'taken', diagnostic: 'said' }],
    ignored: 1,
  });
  expect(files.get('log.txt')).toContain('no connection');
});

test('a configuration with mistakes, and secrets written into it, is packed too', async () => {
  writeConfiguration((text) =>
    text
      .replace('{ env: LDAP_PASSWORD }', 'S3CRET-plain')
      .replace('{ env: ADMIN_TOKEN }', '{ env: "S3CRET-as a name" }')
      .replace('env: TOKEN, expires', 'token: S3CRET-nested, expires'),
  );
  const files = await unpack(join(folder, 'bundle.tar.gz'));
  expect(files.get('mistakes.txt')).toMatch(/config\.yaml:8:\d+: /);
  expect([...files.values()].join('\n')).not.toContain('S3CRET');
  expect(files.get('directories.json')).toContain('not asked');
});

test('nothing is overwritten unasked, and nothing is asked of a directory offline', async () => {
  writeConfiguration();
  const file = join(folder, 'bundle.tar.gz');
  expect((await unpack(file, { offline: true })).get('directories.json')).toBe('"not asked"\n');
  await expect(journalBundle.run({ config }, [file])).rejects.toThrow(UsageError);
  await expect(journalBundle.run({ config }, [])).rejects.toThrow(UsageError);
  await expect(journalBundle.run({ config, lines: 'x' }, [join(folder, 'other')])).rejects.toThrow(UsageError);
  expect((await unpack(file, { offline: true, force: true })).size).toBeGreaterThan(4);
});

test.each([
  [{ password: 'x' }, { password: '[removed]' }],
  [{ password: { env: 'A', file: 'b' } }, { password: { env: 'A', file: 'b' } }],
  [{ password: { env: 'not a name' } }, { password: { env: '[removed]' } }],
  [{ tokens: ['a', { deep: ['b', 3] }] }, { tokens: ['[removed]', { deep: ['[removed]', '[removed]'] }] }],
  [{ tls: { cert: 'c.pem', key: 'k.pem' } }, { tls: { cert: 'c.pem', key: 'k.pem' } }],
  [{ tls: { key: '-----BEGIN PRIVATE KEY-----' } }, { tls: { key: '[removed]' } }],
  [
    { server: { listen: 'a:1' }, list: [true, null] },
    { server: { listen: 'a:1' }, list: [true, null] },
  ],
])('%j without secrets', (data, expected) => {
  expect(withoutSecrets(data)).toEqual(expected);
});

test('names and secrets leave a line of a log, its sense stays', () => {
  expect(scrubLogLine('warn limit count=3 directory="main" uid=ann,ou=x mail ann@x.example', [])).toBe(
    'warn limit count=3 directory="main" uid=[removed],ou=[removed] mail [removed]',
  );
  expect(scrubText('abc ab', ['ab', 'abcd'])).toBe('abc ab');
});

test('an archive of a length that is and is not a multiple of a block reads back', () => {
  const files = [0, 1, 511, 512, 513].map((length) => ({ name: `f${length}`, text: 'x'.repeat(length) }));
  const file = join(folder, 'a.tar.gz');
  writeFileSync(file, packFiles('top', files, 0));
  for (const { name, text } of files) expect(execFileSync('tar', ['xzOf', file, `top/${name}`]).toString()).toBe(text);
});
