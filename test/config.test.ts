// The configuration: what it becomes, and every kind of mistake with its place and its words.
// No RFC; the keys are those of config.example.yaml.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError, effectiveMapping, listPresets, loadConfig } from '../src/config.ts';
import type { Config, LoadOptions } from '../src/config.ts';
import { formatDn } from '../src/ldap/dn.ts';
import { mappingDefinition } from '../src/mapping/definition.ts';
import { parseDefinition } from '../src/mapping/problems.ts';
import { parseYaml } from '../src/yaml.ts';

const folder = mkdtempSync(join(tmpdir(), 'config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const base = `server:
  listen: 127.0.0.1:8080
  publicUrl: http://127.0.0.1:8080
directories:
  main:
    path: /scim/v2
    type: openldap
    servers: [ldap://127.0.0.1:3389]
    bind: { dn: "cn=admin,dc=example,dc=com", password: { env: LDAP_PASSWORD } }
    baseDn: dc=example,dc=com
    mapping: openldap
clients:
  - name: okta
    auth: { token: { env: TOKEN, expires: never } }
    allow: { directory: main, resources: [User, Group], operations: [read] }
`;
const env = {
  LDAP_PASSWORD: 'secret',
  TOKEN: 'a'.repeat(32),
  TOKEN2: 'b'.repeat(32),
  OKTA_TOKEN: 'c'.repeat(32),
  AUDITOR_TOKEN: 'd'.repeat(32),
  ADMIN_TOKEN: 'e'.repeat(32),
  SHORT: 'abc',
  BLANK: 'a token with blanks',
  EMPTY: '',
};
const now = Date.parse('2026-01-01T00:00:00Z');

function write(name: string, text: string | Buffer, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

/** The base with one text replaced, so that each case shows only what it is about. */
function vary(from: string, to: string): string {
  expect(base.split(from).length, `${from} stands once in the base`).toBe(2);
  return base.replace(from, () => to);
}

function load(text: string, options: Partial<LoadOptions> = {}): Config {
  return loadConfig(write('config.yaml', text), { env, now, ...options });
}

function listMistakes(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.replaceAll(`${folder}/`, '').split('\n');
  }
  return [];
}

const listWarnings = (config: Config) =>
  config.warnings.map(({ line, column, message }) => `${line}:${column} ${message.replaceAll(`${folder}/`, '')}`);

describe('what it becomes', () => {
  test('the base, with every default', () => {
    const config = load(base);
    expect(config.server).toEqual({
      host: '127.0.0.1',
      port: 8080,
      publicUrl: 'http://127.0.0.1:8080',
      tls: undefined,
      cursors: { secrets: [], timeout: 3600 },
      failedAuthenticationsPerMinute: 120,
      role: 'writer',
      timezone: 'UTC',
    });
    expect(config.log).toEqual({ level: 'info', format: 'text' });
    expect(config.guards).toEqual({
      protect: [],
      allowPrivileged: false,
      limits: [],
      store: join(folder, 'guards.db'),
      holds: { expireAfter: 604_800_000, retryAfter: 600_000 },
      deferred: { expireAfter: 1_209_600_000 },
    });
    expect(config.warnings).toEqual([]);
    const [{ baseDn, mapping, mappingData, places, ...directory }] = config.directories as [Config['directories'][0]];
    expect(formatDn(baseDn)).toBe('dc=example,dc=com');
    expect(mapping.resources).toHaveLength(2);
    expect(mappingData).toMatchObject({ resources: { User: {}, Group: {} } });
    expect(places).toContainEqual({
      resourceType: 'User',
      rule: 'userName',
      path: 'userName',
      ldap: 'uid',
      place: expect.stringMatching(/openldap\.yaml:\d+$/),
    });
    expect(directory).toEqual({
      name: 'main',
      path: '/scim/v2',
      type: 'openldap',
      servers: ['ldap://127.0.0.1:3389'],
      bind: { dn: 'cn=admin,dc=example,dc=com', password: 'secret' },
      mappingFiles: ['mappings/openldap.yaml'],
      mode: 'write',
      timeouts: { connect: 5000, operation: 15_000 },
      tls: { startTls: false, ca: [] },
      reads: { byId: 'live', lookup: 'live', lists: 'cache', whenStale: 'live' },
      cache: {
        poll: '*/10 * * * * *',
        detect: 'auto',
        sweep: '*/5 * * * *',
        confirmDeletes: 2,
        maxRemoved: { percent: 5, atLeast: 10 },
        maxStaleness: 900_000,
        store: 'memory',
        timezone: 'UTC',
      },
    });
    const [client] = config.clients;
    expect(client).toMatchObject({
      name: 'okta',
      dialect: { name: 'compat' },
      allow: { directory: 'main', resources: ['User', 'Group'], operations: ['read'] },
    });
    expect(client?.tokens).toEqual([{ sha256: createHash('sha256').update(env.TOKEN).digest(), expires: undefined }]);
  });

  test('is frozen', () => {
    const config = load(base);
    for (const part of [
      config,
      config.server,
      config.directories,
      config.directories[0],
      config.directories[0]?.bind,
      config.clients[0]?.allow.operations,
    ])
      expect(part).toSatisfy(Object.isFrozen);
  });

  test.each<[string, string, string, (config: Config) => unknown, unknown]>([
    ['a port of 0', 'listen: 127.0.0.1:8080', 'listen: localhost:0', (c) => [c.server.host, c.server.port], ['localhost', 0]],
    ['an IPv6 address', 'listen: 127.0.0.1:8080', 'listen: "[::1]:8080"', (c) => c.server.host, '::1'],
    [
      'an origin with a slash',
      'publicUrl: http://127.0.0.1:8080',
      'publicUrl: https://SCIM.example.com:443/',
      (c) => c.server.publicUrl,
      'https://scim.example.com',
    ],
    ['the other spelling of a type', 'type: openldap', 'type: activeDirectory', (c) => c.directories[0]?.type, 'active-directory'],
    [
      'durations',
      '    mapping:',
      '    timeouts: { connect: 250ms, operation: 2m }\n    mapping:',
      (c) => c.directories[0]?.timeouts,
      { connect: 250, operation: 120_000 },
    ],
    [
      'one timeout',
      '    mapping:',
      '    timeouts: { operation: 1h }\n    mapping:',
      (c) => c.directories[0]?.timeouts,
      { connect: 5000, operation: 3_600_000 },
    ],
    [
      'ldaps and ldapi',
      '[ldap://127.0.0.1:3389]',
      '[ldaps://dc1.example.com/, "ldapi://%2Frun%2Fldapi"]',
      (c) => c.directories[0]?.servers,
      ['ldaps://dc1.example.com', 'ldapi://%2Frun%2Fldapi'],
    ],
    [
      'ldap:// with StartTLS',
      '[ldap://127.0.0.1:3389]',
      '[ldap://dc1.example.com]\n    tls: { startTls: true, serverName: dc.example.com }',
      (c) => c.directories[0]?.tls,
      { startTls: true, ca: [], serverName: 'dc.example.com' },
    ],
    ['a bind name of Active Directory', 'type: openldap', 'type: samba-ad', (c) => c.directories[0]?.type, 'samba-ad'],
    ['live reads', '    mapping:', '    reads: { byId: live, lookup: live, lists: live }\n    mapping:', (c) => c.directories.length, 1],
    ['cursors without a key of their own', 'clients:', 'clients:', (c) => c.server.cursors, { secrets: [], timeout: 3600 }],
    [
      'a key for cursors (C-016)',
      'publicUrl: http://127.0.0.1:8080',
      'publicUrl: http://127.0.0.1:8080\n  cursorKey: { env: TOKEN }\n  cursorTimeout: 90s',
      (c) => c.server.cursors,
      { secrets: [env.TOKEN], timeout: 90 },
    ],
    [
      'keys for cursors, for rotation (C-016)',
      'publicUrl: http://127.0.0.1:8080',
      'publicUrl: http://127.0.0.1:8080\n  cursorKey: [{ env: TOKEN2 }, { env: TOKEN }]',
      (c) => c.server.cursors.secrets,
      [env.TOKEN2, env.TOKEN],
    ],
    ['what /Me is (R-206)', '  - name: okta', '  - name: okta\n    me: \'userName eq "svc"\'', (c) => c.clients[0]?.me?.type, 'User'],
    [
      'what a PATCH is answered',
      '  - name: okta',
      '  - name: okta\n    patchResponse: noContent',
      (c) => c.clients[0]?.patchResponse,
      'noContent',
    ],
    [
      'what a PUT without If-Match is (R-204)',
      '  - name: okta',
      '  - name: okta\n    unconditionalPut: refuse',
      (c) => c.clients[0]?.unconditionalPut,
      'refuse',
    ],
    ['a dialect', '  - name: okta', '  - name: okta\n    dialect: strict', (c) => c.clients[0]?.dialect.name, 'strict'],
    [
      'the end of the day that a token expires',
      'expires: never',
      'expires: 2030-01-31',
      (c) => c.clients[0]?.tokens[0]?.expires,
      Date.parse('2030-02-01T00:00:00Z'),
    ],
    [
      'the instant that a token expires',
      'expires: never',
      'expires: 2030-01-31T12:00:00+01:00',
      (c) => c.clients[0]?.tokens[0]?.expires,
      Date.parse('2030-01-31T11:00:00Z'),
    ],
    ['a hash', 'env: TOKEN,', `sha256: ${'AB'.repeat(32)},`, (c) => c.clients[0]?.tokens[0]?.sha256.toString('hex'), 'ab'.repeat(32)],
    [
      'several tokens',
      'auth: { token: { env: TOKEN, expires: never } }',
      'auth: { tokens: [{ env: TOKEN, expires: never }, { env: TOKEN2, expires: never }] }',
      (c) => c.clients[0]?.tokens.length,
      2,
    ],
    [
      'a protected DN alone',
      'clients:',
      'guards: { protect: ["cn=admin,dc=x"], allowPrivileged: true }\nclients:',
      ({ guards: { protect, allowPrivileged } }) => ({ protect, allowPrivileged }),
      {
        protect: [{ dn: { rdns: [[{ type: 'cn', value: 'admin' }], [{ type: 'dc', value: 'x' }]] }, scope: 'base' }],
        allowPrivileged: true,
      },
    ],
    [
      'a protected subtree and a filter',
      'clients:',
      'guards: { protect: [{ dn: dc=x, scope: sub }, { filter: "(cn=a)" }] }\nclients:',
      (c) => c.guards.protect,
      [{ dn: { rdns: [[{ type: 'dc', value: 'x' }]] }, scope: 'sub' }, { filter: { kind: 'equal', attribute: 'cn', value: 'a' } }],
    ],
    [
      'the operator',
      'clients:',
      'admin: { listen: 127.0.0.1:9090, token: { env: TOKEN2 } }\nclients:',
      (c) => c.admin,
      { host: '127.0.0.1', port: 9090, sha256: createHash('sha256').update(env.TOKEN2).digest() },
    ],
    [
      'limits',
      'clients:',
      'guards: { limits: [{ operation: delete, perHour: 50, percentOfPopulation: 2.5, atLeast: 5, then: reject }, { operation: removeMember, perHour: 9, then: hold }] }\nclients:',
      (c) => c.guards.limits,
      [
        { operation: 'delete', perHour: 50, percentOfPopulation: 2.5, atLeast: 5, holds: false },
        { operation: 'removeMember', perHour: 9, atLeast: 10, holds: true },
      ],
    ],
    [
      'an audit log, beside the file that names it',
      'clients:',
      'audit: { file: logs/a.jsonl, rotate: { keep: 2 } }\nclients:',
      (c) => c.audit && { ...c.audit, file: relative(folder, c.audit.file) },
      { file: 'logs/a.jsonl', maxBytes: 52_428_800, keep: 2, values: 'redacted', persons: 'fingerprint' },
    ],
    ['a log', 'clients:', 'log: { level: debug, format: json }\nclients:', (c) => c.log, { level: 'debug', format: 'json' }],
  ])('%s', (_name, from, to, pick, expected) => {
    expect(pick(load(vary(from, to)))).toEqual(expected);
  });

  test('on Active Directory the service account may be user@domain', () => {
    const text = vary('type: openldap', 'type: active-directory').replace('"cn=admin,dc=example,dc=com"', 'gateway@example.com');
    expect(load(text).directories[0]?.bind.dn).toBe('gateway@example.com');
  });

  test('secrets come from files too, relative to the configuration, without one line feed at the end', () => {
    write('password.txt', 'from a file\n\n');
    write('token.txt', `${'t'.repeat(20)}\r\n`);
    const config = load(vary('{ env: LDAP_PASSWORD }', '{ file: ./password.txt }').replace('env: TOKEN,', 'file: token.txt,'));
    expect(config.directories[0]?.bind.password).toBe('from a file\n');
    expect(config.clients[0]?.tokens[0]?.sha256).toEqual(createHash('sha256').update('t'.repeat(20)).digest());
    expect(config.warnings).toEqual([]);
  });

  test('the text may come from elsewhere; the file still names mistakes and anchors paths', () => {
    const file = 'test/fixtures/config/none.yaml';
    const text = vary('mapping: openldap', 'mapping: company.yaml');
    expect(loadConfig(file, { env, now, text }).directories[0]?.mappingFiles).toEqual([
      'test/fixtures/config/company.yaml',
      'mappings/openldap.yaml',
    ]);
    expect(listMistakes(() => loadConfig(file, { env, now, text: 'a: [' }))[0]).toContain(`${file}:1:`);
  });

  test('names that every object inherits are ordinary names', () => {
    expect(load(base.replaceAll('main', 'constructor')).directories[0]?.name).toBe('constructor');
  });
});

describe('a mistake has a place and says what to write', () => {
  test.each<[string, string, string, ...string[]]>([
    [
      'a misspelt section',
      'server:',
      'sever:',
      '1:1 the file needs the key `server`: Where the gateway listens',
      '1:1 unknown key `sever` at the top of the file; allowed: server, directories, clients, guards, log, cache, audit, admin. Did you mean server?',
    ],
    [
      'a misspelt key',
      '    path:',
      '    pth:',
      '5:3 `main` needs the key `path`: Where this directory is served, such as /scim/v2',
      '6:5 unknown key `pth` in `main`; allowed: path, type, servers, bind, baseDn, mapping, timeouts, tls, reads, cache, mode. Did you mean path?',
    ],
    [
      'an unknown key',
      '    path:',
      '    colour: red\n    path:',
      '6:5 unknown key `colour` in `main`; allowed: path, type, servers, bind, baseDn, mapping, timeouts, tls, reads, cache, mode',
    ],
    [
      'an inherited name as key',
      '    path:',
      '    toString: red\n    path:',
      '6:5 unknown key `toString` in `main`; allowed: path, type, servers, bind, baseDn, mapping, timeouts, tls, reads, cache, mode',
    ],
    [
      'an audit log without a file',
      'clients:',
      'audit: {}\nclients:',
      '12:1 `audit` needs the key `file`: One line of JSON for each SCIM request is appended; mode 0600',
    ],
    [
      'cron text with too few fields',
      'clients:',
      'cache: { poll: "* * *" }\nclients:',
      '12:16 `poll` must be cron text of five or six fields, such as */5 * * * *, but this is "* * *"',
    ],
    [
      'cron text out of range',
      'clients:',
      'cache: { sweep: "0 24 * * *" }\nclients:',
      '12:17 `sweep` must be cron text whose hour is 0 to 23, in field 2, but this is "0 24 * * *"',
    ],
    [
      'a way to detect changes',
      'clients:',
      'cache: { detect: syncrep }\nclients:',
      '12:18 `detect` must be one of auto, syncrepl, entrycsn, usn, dirsync, entryusn, changelog, timestamp, but this is "syncrep". Did you mean syncrepl?',
    ],
    [
      'how old a list may be',
      'clients:',
      'cache: { maxStaleness: 15 }\nclients:',
      '12:24 `maxStaleness` must be a whole number above 0 with a unit (ms, s, m, h or d), such as 5s',
    ],
    [
      'a file of the snapshot that the guards have already',
      'clients:',
      'guards: { store: ./state.db }\ncache: { store: ./state.db }\nclients:',
      '6:5 the snapshot has the same file as `guards.store`: `cache.store` must be another one',
    ],
    ['no sweeps', 'clients:', 'cache: { confirmDeletes: 0 }\nclients:', '12:26 `confirmDeletes` must be at least 1'],
    ['more than all', 'clients:', 'cache: { maxRemoved: { percent: 101 } }\nclients:', '12:33 `percent` must be at most 100'],
    [
      'an unknown key of the cache of a directory',
      '    path:',
      '    cache: { pol: x }\n    path:',
      '6:14 unknown key `pol` in `cache`; allowed: poll, detect, sweep, confirmDeletes, maxRemoved, maxStaleness, whenStale, store. Did you mean poll?',
    ],
    [
      'the operator beyond loopback',
      'clients:',
      'admin: { listen: 0.0.0.0:9090, token: { env: TOKEN2 } }\nclients:',
      '12:18 plain HTTP beyond loopback would show the token to the network: add `tls: { cert: …, key: … }`, or listen on 127.0.0.1',
    ],
    [
      'the operator where clients are',
      'clients:',
      'admin: { listen: 127.0.0.1:8080, token: { env: TOKEN2 } }\nclients:',
      '12:18 `listen` must differ from that of `server`',
    ],
    [
      'a token of the operator in the file',
      'clients:',
      'admin: { listen: 127.0.0.1:1, token: secret }\nclients:',
      '12:38 `token` must not stand in the file: write { sha256: … }, { env: NAME } or { file: path }',
    ],
    [
      'no token of the operator',
      'clients:',
      'admin: { listen: 127.0.0.1:1, token: {} }\nclients:',
      '12:38 `token` needs exactly one of `sha256`, `env` and `file`',
    ],
    [
      'a short token of the operator',
      'clients:',
      'admin: { listen: 127.0.0.1:1, token: { env: SHORT } }\nclients:',
      '12:45 `env` holds a token of 3 characters: at least 16 are needed, for example from `openssl rand -hex 32`',
    ],
    [
      'the token of a client for the operator',
      'clients:',
      'admin: { listen: 127.0.0.1:1, token: { env: TOKEN } }\nclients:',
      '12:38 the client okta has the same token: the operator needs one of its own',
    ],
    [
      'a limit that does something else',
      'clients:',
      'guards: { limits: [{ operation: delete, perHour: 5, then: holds }] }\nclients:',
      '12:59 `then` must be one of reject, hold, but this is "holds". Did you mean hold?',
    ],
    [
      'a limit without a number',
      'clients:',
      'guards: { limits: [{ operation: delete, then: reject }] }\nclients:',
      '12:20 entry 1 of `limits` needs `perHour`, `percentOfPopulation` or both',
    ],
    [
      'a limit of something else',
      'clients:',
      'guards: { limits: [{ operation: remove, perHour: 5, then: reject }] }\nclients:',
      '12:33 `operation` must be one of delete, deactivate, removeMember, but this is "remove"',
    ],
    ['an unknown mode', '    path:', '    mode: dry\n    path:', '6:11 `mode` must be one of write, observe, but this is "dry"'],
    [
      'a time zone',
      '  listen',
      '  timezone: Berlin\n  listen',
      '2:13 `timezone` must be the name of a time zone, such as Europe/Berlin or UTC, but this is "Berlin"',
    ],
    [
      'JWT',
      'auth: { token: { env: TOKEN, expires: never } }',
      'auth: { jwt: { issuer: x, subject: y } }',
      '14:28 `issuer` must be a URL such as https://login.example.com, but this is "x"',
    ],
    [
      'lists misspelt',
      '    path:',
      '    reads: { lists: lve }\n    path:',
      '6:21 `lists` must be one of live, cache, but this is "lve". Did you mean live?',
    ],

    [
      'a port alone',
      'listen: 127.0.0.1:8080',
      'listen: 8080',
      '2:11 `listen` must be host:port, such as 127.0.0.1:8080, [::1]:8080, or 0.0.0.0:8080 for every IPv4 interface',
    ],
    [
      'IPv6 without brackets',
      'listen: 127.0.0.1:8080',
      'listen: "::1:8080"',
      '2:11 `listen` must be host:port, such as 127.0.0.1:8080, [::1]:8080, or 0.0.0.0:8080 for every IPv4 interface, but this is "::1:8080"',
    ],
    [
      'a port too high',
      'listen: 127.0.0.1:8080',
      'listen: localhost:65536',
      '2:11 `listen` must be host:port, such as 127.0.0.1:8080, [::1]:8080, or 0.0.0.0:8080 for every IPv4 interface, but this is "localhost:65536"',
    ],
    [
      'plain HTTP beyond loopback',
      'listen: 127.0.0.1:8080',
      'listen: 0.0.0.0:8080',
      '2:11 plain HTTP beyond loopback would show tokens to the network: add `tls: { cert: …, key: … }`, say `tls: terminatedUpstream` behind a proxy that ends TLS, or listen on 127.0.0.1',
    ],
    [
      'an origin with a path',
      'publicUrl: http://127.0.0.1:8080',
      'publicUrl: https://x.example.com/scim',
      '3:14 `publicUrl` must be an origin without a path: the path is said by `path` of each directory, but this is "https://x.example.com/scim"',
    ],
    [
      'an origin without scheme',
      'publicUrl: http://127.0.0.1:8080',
      'publicUrl: x.example.com',
      '3:14 `publicUrl` must be an origin such as https://scim.example.com, but this is "x.example.com"',
    ],
    [
      'TLS misspelt',
      '  listen',
      '  tls: terminatedUpsteam\n  listen',
      '2:8 `tls` must be terminatedUpstream, but this is "terminatedUpsteam". Did you mean terminatedUpstream?',
    ],
    [
      'a certificate without key',
      '  listen',
      '  tls: { cert: x.pem }\n  listen',
      '2:3 `tls` needs the key `key`: PEM file: the private key',
    ],
    ['TLS of a third kind', '  listen', '  tls: [x.pem]\n  listen', '2:8 `tls` must be terminatedUpstream, or a map, but this is a list'],
    [
      'a certificate that is not there',
      '  listen',
      '  tls: { cert: no.pem, key: none.pem }\n  listen',
      '2:16 the file no.pem cannot be read: there is no such file',
      '2:29 the file none.pem cannot be read: there is no such file',
    ],

    [
      'a path with a slash at its end',
      'path: /scim/v2',
      'path: /scim/v2/',
      '6:11 `path` must be a path such as /scim/v2, without a slash at its end, but this is "/scim/v2/"',
    ],
    [
      'a path that goes up',
      'path: /scim/v2',
      'path: /scim/../v2',
      '6:11 `path` must be a path such as /scim/v2, without a slash at its end, but this is "/scim/../v2"',
    ],
    [
      'a path of the gateway',
      'path: /scim/v2',
      'path: /health/v2',
      '6:11 `path` must not begin with /health, /ready or /metrics, which the gateway answers itself',
    ],
    [
      'a type misspelt',
      'type: openldap',
      'type: opneldap',
      '7:11 `type` must be one of openldap, active-directory, samba-ad, 389ds, freeipa, generic, but this is "opneldap". Did you mean openldap?',
    ],
    [
      'one server that is no list',
      '[ldap://127.0.0.1:3389]',
      'ldap://127.0.0.1:3389',
      '8:14 `servers` must be a list, but this is "ldap://127.0.0.1:3389"',
    ],
    ['no server', '[ldap://127.0.0.1:3389]', '[]', '8:14 `servers` needs at least 1 entry'],
    [
      'a server of another kind',
      'ldap://127.0.0.1:3389',
      'https://127.0.0.1',
      '8:15 entry 1 of `servers` must be an LDAP URL such as ldaps://dc1.example.com, ldap://127.0.0.1:389 or ldapi://%2Frun%2Fslapd%2Fldapi, but this is "https://127.0.0.1"',
    ],
    [
      'a server with a base',
      'ldap://127.0.0.1:3389',
      'ldap://127.0.0.1:3389/dc=x',
      '8:15 entry 1 of `servers` must end after host and port: the base is said by `baseDn`, but this is "ldap://127.0.0.1:3389/dc=x"',
    ],
    [
      'plain LDAP beyond loopback',
      '[ldap://127.0.0.1:3389]',
      '[ldap://127.0.0.1, "LDAP://ldap.example.com"]',
      '8:33 ldap://ldap.example.com is beyond loopback without TLS: write ldaps://, or add `tls: { startTls: true }` to the directory',
    ],
    [
      'plain LDAP said too softly',
      '    path:',
      '    tls: { allowPlain: true }\n    path:',
      '6:24 `allowPlain` must be iKnowThatPasswordsTravelInClear, but this is the word true',
    ],
    [
      'StartTLS inside TLS',
      '[ldap://127.0.0.1:3389]',
      '[ldaps://127.0.0.1]\n    tls: { startTls: true }',
      '8:15 `tls.startTls` is for ldap:// only: remove it, or write ldap:// here',
    ],
    [
      'a client certificate without key',
      '    path:',
      '    tls: { cert: x.pem }\n    path:',
      '6:10 `tls` needs both `cert` and `key`, or neither',
    ],
    ['a service account that is no DN', '"cn=admin,dc=example,dc=com"', 'admin', '9:17 `dn` must be a DN, but this is "admin"'],
    ['an anonymous service account', '"cn=admin,dc=example,dc=com"', '""', '9:17 `dn` must not be empty, but this is ""'],
    [
      'a DN without quotes in braces',
      '"cn=admin,dc=example,dc=com"',
      'cn=admin,dc=example',
      '9:26 unknown key `dc=example` in `bind`; allowed: dn, password. A DN inside { } must be in quotes',
    ],
    [
      'a base that is no DN',
      'baseDn: dc=example,dc=com',
      'baseDn: example.com',
      '10:13 `baseDn` must be a DN (at column 8: = expected), but this is "example.com"',
    ],
    ['an empty base', 'baseDn: dc=example,dc=com', 'baseDn: ""', '10:13 `baseDn` must not be empty, but this is ""'],
    ['a base that is missing', 'baseDn: dc=example,dc=com', 'baseDn:', '10:5 `baseDn` must be text, but there is nothing'],
    [
      'a preset misspelt',
      'mapping: openldap',
      'mapping: openldp',
      '11:14 there is no preset "openldp": write 389ds, active-directory, freeipa, openldap, samba-ad, or the path of a file that ends in .yaml. Did you mean openldap?',
    ],
    [
      'a mapping file that is not there',
      'mapping: openldap',
      'mapping: maps/no.yaml',
      '11:14 the file maps/no.yaml cannot be read: there is no such file',
    ],
    [
      'a duration without unit',
      '    path:',
      '    timeouts: { connect: 5 }\n    path:',
      '6:26 `connect` must be a whole number above 0 with a unit (ms, s, m, h or d), such as 5s',
    ],
    [
      'a duration with a strange unit',
      '    path:',
      '    timeouts: { connect: 5sec }\n    path:',
      '6:26 `connect` must be a whole number above 0 with a unit (ms, s, m, h or d), such as 5s, but this is "5sec"',
    ],
    [
      'a duration of nothing',
      '    path:',
      '    timeouts: { connect: 0s }\n    path:',
      '6:26 `connect` must be a whole number above 0 with a unit (ms, s, m, h or d), such as 5s, but this is "0s"',
    ],
    [
      'a duration that no timer can wait for',
      '    path:',
      '    timeouts: { connect: 30d }\n    path:',
      '6:26 `connect` must be at most 24d, but this is "30d"',
    ],

    [
      'a literal password',
      '{ env: LDAP_PASSWORD }',
      'hunter2',
      '9:57 `password` must not stand in the file: write { env: NAME } or { file: path }',
    ],
    [
      'a literal password of digits',
      '{ env: LDAP_PASSWORD }',
      '123456',
      '9:57 `password` must not stand in the file: write { env: NAME } or { file: path }',
    ],
    ['a variable that is not set', 'LDAP_PASSWORD', 'LDAP_PASSWD', '9:64 the environment variable LDAP_PASSWD is not set'],
    ['a variable with an inherited name', 'LDAP_PASSWORD', 'constructor', '9:64 the environment variable constructor is not set'],
    ['an empty variable', 'LDAP_PASSWORD', 'EMPTY', '9:64 the environment variable EMPTY is empty'],
    [
      'a password where a variable is named',
      'LDAP_PASSWORD',
      '"hunter 2"',
      '9:64 `env` must be the name of an environment variable (letters, digits, _)',
    ],
    ['two sources', '{ env: LDAP_PASSWORD }', '{ env: LDAP_PASSWORD, file: x }', '9:57 `password` needs either `env` or `file`'],
    ['no source', '{ env: LDAP_PASSWORD }', '{}', '9:57 `password` needs either `env` or `file`'],
    [
      'a secret file that is not there',
      '{ env: LDAP_PASSWORD }',
      '{ file: nothere }',
      '9:65 the file nothere cannot be read: there is no such file',
    ],
    ['a folder as secret file', '{ env: LDAP_PASSWORD }', '{ file: . }', `9:65 the file ${folder} cannot be read: it is a directory`],
    [
      'a source misspelt',
      '{ env: LDAP_PASSWORD }',
      '{ evn: LDAP_PASSWORD }',
      '9:59 unknown key `evn` in `password`; allowed: env, file. Did you mean env?',
    ],

    [
      'a literal token',
      '{ env: TOKEN, expires: never }',
      's3cret',
      '14:20 `token` must not stand in the file: write { sha256: … }, { env: NAME } or { file: path }, with expires',
    ],
    [
      'R-024 a token without expiry',
      'TOKEN, expires: never',
      'TOKEN',
      '14:13 `token` needs the key `expires`: a date such as 2030-01-31 (the end of that day in UTC), a date and time with zone, or the word never',
    ],
    [
      'a day that does not exist',
      'expires: never',
      'expires: 2030-02-30',
      '14:43 `expires` must be a date such as 2030-01-31, a date and time with zone, or the word never, but this is "2030-02-30"',
    ],
    [
      'a time without zone',
      'expires: never',
      'expires: 2030-01-31T12:00:00',
      '14:43 `expires` must be a date such as 2030-01-31, a date and time with zone, or the word never, but this is "2030-01-31T12:00:00"',
    ],
    [
      'a hash that is none',
      'env: TOKEN',
      'sha256: s3cret',
      '14:30 `sha256` must be 64 hexadecimal digits, from `printf %s TOKEN | sha256sum`',
    ],
    [
      'a hash of nothing',
      'env: TOKEN',
      'sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      '14:30 `sha256` is the hash of an empty text: the token was missing when it was computed',
    ],
    [
      'a hash and a variable',
      'env: TOKEN',
      `env: TOKEN, sha256: ${'0a'.repeat(32)}`,
      '14:20 `token` needs exactly one of `sha256`, `env` and `file`',
    ],
    [
      'a short token',
      'env: TOKEN',
      'env: SHORT',
      '14:27 `env` holds a token of 3 characters: at least 16 are needed, for example from `openssl rand -hex 32`',
    ],
    [
      'a token that no client can send',
      'env: TOKEN',
      'env: BLANK',
      '14:27 `env` holds a token with blanks, line breaks or non-ASCII characters, which no client can send',
    ],
    [
      'token and tokens',
      '{ token:',
      '{ tokens: [{ env: TOKEN2, expires: never }], token:',
      '14:11 `auth` needs either `token` or `tokens`',
    ],
    [
      'no way to authenticate',
      '{ token: { env: TOKEN, expires: never } }',
      '{}',
      '14:11 `auth` needs `token`, `tokens`, `jwt` or `certificate`',
    ],
    [
      'an unknown dialect',
      '  - name: okta',
      '  - name: okta\n    dialect: oktaa',
      '14:14 `dialect` must be one of compat, strict, interop-profile, entra, entra-roles, okta, onelogin, but this is "oktaa". Did you mean okta?',
    ],
    [
      'a rule for /Me that is no filter',
      '  - name: okta',
      '  - name: okta\n    me: userName',
      '14:9 `me` must be a SCIM filter on User (Expected a blank and an operator (position 9 of the filter))',
    ],
    [
      'a short key for cursors',
      'publicUrl: http://127.0.0.1:8080',
      'publicUrl: http://127.0.0.1:8080\n  cursorKey: { env: SHORT }',
      '4:21 `env` holds a key of 3 characters: at least 16 are needed',
    ],
    [
      'one of the keys for cursors is missing',
      'publicUrl: http://127.0.0.1:8080',
      'publicUrl: http://127.0.0.1:8080\n  cursorKey: [{ env: TOKEN }, { env: NOWHERE }]',
      '4:38 the environment variable NOWHERE is not set',
    ],
    ['an unknown directory', 'directory: main', 'directory: mian', '15:25 there is no directory "mian"; there is main. Did you mean main?'],
    [
      'a resource type that the mapping has not',
      '[User, Group]',
      '[Users, Group]',
      '15:43 the mapping of main has no resource type "Users"; it has User, Group. Did you mean User?',
    ],
    [
      'an operation misspelt',
      '[read]',
      '[read, upate]',
      '15:76 entry 2 of `operations` must be one of read, create, update, delete, but this is "upate". Did you mean update?',
    ],
    ['no operation', '[read]', '[]', '15:69 `operations` needs at least 1 entry'],
    [
      'the name of a client',
      'name: okta',
      'name: "Okta (EU)"',
      '13:11 `name` must be a name of letters, digits, dots, hyphens and underscores, but this is "Okta (EU)"',
    ],
    [
      'a protected DN that is none',
      'clients:',
      'guards: { protect: [admin] }\nclients:',
      '12:21 entry 1 of `protect` must be a DN (at column 6: = expected), but this is "admin"',
    ],
    [
      'a protected filter that is none',
      'clients:',
      'guards: { protect: [{ filter: "(cn=x" }] }\nclients:',
      '12:31 `filter` must be an LDAP filter (at column 6: ) expected), but this is "(cn=x"',
    ],
    [
      'a scope misspelt',
      'clients:',
      'guards: { protect: [{ dn: "cn=x", scope: subtree }] }\nclients:',
      '12:42 `scope` must be one of base, one, sub, but this is "subtree"',
    ],
    [
      'a scope beside a filter',
      'clients:',
      'guards: { protect: [{ filter: "(cn=x)", scope: sub }] }\nclients:',
      '12:21 entry 1 of `protect` may have `scope` only beside `dn`',
    ],
    [
      'a log level',
      'clients:',
      'log: { level: verbose }\nclients:',
      '12:15 `level` must be one of error, warn, info, debug, but this is "verbose"',
    ],
    ['a log that is no map', 'clients:', 'log: debug\nclients:', '12:6 `log` must be a map, but this is "debug"'],
    [
      'a duplicate key',
      '    type: openldap',
      '    type: openldap\n    type: openldap',
      '8:5 the key `type` stands here twice, first in line 7: remove one',
    ],
    ['a tag', '{ env: LDAP_PASSWORD }', '!env LDAP_PASSWORD', '9:57 unknown tag !env: write the value without a tag'],
  ])('%s', (_name, from, to, ...expected) => {
    expect(listMistakes(() => load(vary(from, to)))).toEqual(expected.map((mistake) => `config.yaml:${mistake}`));
  });

  test.each<[string, string, string]>([
    [
      'another directory at the same path',
      'path: /SCIM/v2',
      '13:11 `path` must differ from that of main, and neither may lie below the other',
    ],
    ['another directory below', 'path: /scim/v2/more', '13:11 `path` must differ from that of main, and neither may lie below the other'],
    ['another directory above', 'path: /scim', '13:11 `path` must differ from that of main, and neither may lie below the other'],
  ])('%s', (_name, path, expected) => {
    const directory = base.slice(base.indexOf('  main:'), base.indexOf('clients:'));
    const text = base.replace('clients:', `${directory.replace('main', 'other').replace('path: /scim/v2', path)}clients:`);
    expect(listMistakes(() => load(text))).toEqual([`config.yaml:${expected}`]);
  });

  const twoClients = (name: string, token: string) =>
    vary(
      'clients:',
      `clients:\n  - name: ${name}\n    auth: { token: { env: ${token}, expires: never } }\n    allow: { directory: main, resources: [User], operations: [read] }`,
    );

  test('two clients of one name', () => {
    expect(listMistakes(() => load(twoClients('okta', 'TOKEN2')))).toEqual([
      'config.yaml:16:11 there is another client okta: `name` must be unique',
    ]);
  });

  test('two clients with one token', () => {
    expect(listMistakes(() => load(twoClients('two', 'TOKEN')))).toEqual([
      'config.yaml:17:5 okta has the same token as two: give every client its own',
    ]);
  });

  test('one token twice', () => {
    const token = '{ env: TOKEN, expires: never }';
    expect(listMistakes(() => load(vary(`{ token: ${token} }`, `{ tokens: [${token}, ${token}] }`)))).toEqual([
      'config.yaml:14:5 the same token stands here twice: remove one',
    ]);
  });

  test('no directory', () => {
    const text = `${base.slice(0, base.indexOf('directories:'))}directories: {}\n${base.slice(base.indexOf('clients:'))}`;
    expect(listMistakes(() => load(text))[0]).toBe('config.yaml:4:14 `directories` needs at least one directory');
  });

  test('a file that is not there, a folder, an empty file, a list', () => {
    expect(listMistakes(() => loadConfig(join(folder, 'no.yaml'), { env }))).toEqual([
      'no.yaml:1:1 the file cannot be read: there is no such file',
    ]);
    expect(listMistakes(() => loadConfig(folder, { env }))).toEqual([`${folder}:1:1 the file cannot be read: it is a directory`]);
    expect(listMistakes(() => load(''))).toEqual(['config.yaml:1:1 the file is empty']);
    expect(listMistakes(() => load('- a'))).toEqual(['config.yaml:1:1 the file must be a map, but this is a list']);
  });

  test('all mistakes of all files come at once, sorted by file and line', () => {
    write('own.yaml', 'extends: openldap\nresources:\n  User:\n    rename: { rdn: folow }\n');
    const text = vary('mapping: openldap', 'mapping: own.yaml')
      .replace('LDAP_PASSWORD', 'NOT_SET')
      .replace('path: /scim/v2', 'path: scim')
      .replace('expires: never', 'expires: tomorrow')
      .replace('okta', 'okta\n    dialec: compat');
    const places = listMistakes(() => load(text)).map((mistake) => mistake.split(' ')[0]);
    expect(places).toEqual(['config.yaml:6:11', 'config.yaml:14:5', 'config.yaml:15:43', 'own.yaml:4:20']);
  });

  test('unknown keys do not hide what else is wrong', () => {
    const text = vary('LDAP_PASSWORD', 'NOT_SET')
      .replace('    type:', '    tpye: x\n    type:')
      .replace('mian', 'main')
      .replace('directory: main', 'drectory: x, directory: mian');
    expect(listMistakes(() => load(text)).map((mistake) => mistake.split(' ')[0])).toEqual([
      'config.yaml:7:5',
      'config.yaml:10:64',
      'config.yaml:16:14',
      'config.yaml:16:38',
    ]);
  });

  test('no message repeats a secret', () => {
    const secret = 'hunter2-hunter2';
    const places = ['password: { env: LDAP_PASSWORD }', '{ env: TOKEN, expires: never }', 'env: LDAP_PASSWORD', 'env: TOKEN'];
    for (const place of places) {
      for (const to of [secret, `${place.split(':')[0]}: "${secret}!"`, `{ sha256: ${secret}, expires: never }`, `{ value: ${secret} }`]) {
        expect(
          listMistakes(() => load(base.replace(place, place.startsWith('password') ? `password: ${to}` : to))).join('\n'),
        ).not.toContain(secret);
      }
    }
    expect(listMistakes(() => load(base, { overrides: [`directories.main.bind.password=${secret}`] }))).toEqual([
      '--set directories.main.bind.password:1:1 `password` must not stand in the file: write { env: NAME } or { file: path }',
    ]);
  });
});

describe('warnings', () => {
  test('R-024 an expired token', () => {
    expect(listWarnings(load(vary('expires: never', 'expires: 2025-12-30')))).toEqual([
      '14:43 this token expired at 2025-12-31T00:00:00.000Z: it is refused',
    ]);
    expect(listWarnings(load(vary('expires: never', 'expires: 2026-01-01')))).toEqual([]);
  });

  test('plain LDAP over the network, said aloud', () => {
    const text = vary('[ldap://127.0.0.1:3389]', '[ldap://ldap.example.com]\n    tls: { allowPlain: iKnowThatPasswordsTravelInClear }');
    expect(listWarnings(load(text))).toEqual(['8:15 passwords travel in clear to ldap://ldap.example.com, as `tls.allowPlain` says']);
  });

  test('an origin in clear', () => {
    expect(listWarnings(load(vary('publicUrl: http://127.0.0.1:8080', 'publicUrl: http://scim.example.com')))).toEqual([
      '3:14 `publicUrl` begins with http://, so clients would send their tokens in clear: write the https:// origin that they use',
    ]);
  });

  test.skipIf(process.platform === 'win32')('a secret file that everybody can read', () => {
    write('open.txt', 'secret\n', 0o644);
    const text = vary('{ env: LDAP_PASSWORD }', '{ file: open.txt }');
    expect(listWarnings(load(text))).toEqual(['9:65 everybody on this machine can read open.txt: chmod o-r']);
  });
});

describe('TLS files', () => {
  beforeAll(() => {
    for (const name of ['one', 'two']) {
      execFileSync(
        'openssl',
        [
          'req',
          '-x509',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:P-256',
          '-nodes',
          '-days',
          '2',
          '-subj',
          `/CN=${name}`,
          '-keyout',
          join(folder, `${name}.key`),
          '-out',
          join(folder, `${name}.pem`),
        ],
        { stdio: 'ignore' },
      );
    }
  });
  const withTls = (tls: string) =>
    vary('listen: 127.0.0.1:8080', `listen: 0.0.0.0:8443\n  tls: ${tls}`).replace('http://127.0.0.1:8080', 'https://scim.example.com');

  test('certificate and key become PEM texts', () => {
    const { server } = load(withTls('{ cert: one.pem, key: one.key }'));
    const pair = { cert: readFileSync(join(folder, 'one.pem'), 'utf8'), key: readFileSync(join(folder, 'one.key'), 'utf8') };
    expect(server.tls).toEqual({ ...pair, minVersion: 'TLSv1.2' });
  });

  test('a proxy in front lets the gateway listen everywhere', () => {
    expect(load(withTls('terminatedUpstream')).server).toMatchObject({ host: '0.0.0.0', tls: 'terminatedUpstream' });
  });

  test('authorities and a client certificate of a directory', () => {
    const text = vary('    path:', '    tls: { ca: [one.pem, two.pem], cert: two.pem, key: two.key }\n    path:');
    expect(load(text).directories[0]?.tls).toMatchObject({
      startTls: false,
      ca: [/one/, /two/].map(() => expect.stringContaining('BEGIN CERTIFICATE')),
      cert: expect.stringContaining('BEGIN CERTIFICATE'),
      key: expect.stringContaining('PRIVATE KEY'),
    });
    expect(load(text.replace('[one.pem, two.pem]', 'one.pem')).directories[0]?.tls.ca).toHaveLength(1);
  });

  test.each([
    ['a key of another certificate', '{ cert: one.pem, key: two.key }', '3:30 `key` cannot be used with the certificate of `cert`: error:'],
    ['a key that is a certificate', '{ cert: one.pem, key: one.pem }', '3:30 the file one.pem holds no PEM key'],
    ['a certificate that is a key', '{ cert: one.key, key: one.key }', '3:16 the file one.key holds no PEM certificate'],
  ])('%s', (_name, tls, expected) => {
    const [mistake, ...others] = listMistakes(() => load(withTls(tls)));
    expect(mistake).toContain(`config.yaml:${expected}`);
    expect(others).toEqual([]);
  });
});

describe('--set', () => {
  test('overrides one key with a YAML value; null removes', () => {
    const config = load(vary('clients:', 'log: { level: debug, format: json }\nclients:'), {
      overrides: [
        'server.listen=127.0.0.1:0',
        'directories.main.timeouts.connect=1s',
        'clients.0.allow.operations=[read, delete]',
        'log.level=null',
      ],
    });
    expect(config.server.port).toBe(0);
    expect(config.directories[0]?.timeouts.connect).toBe(1000);
    expect(config.clients[0]?.allow.operations).toEqual(['read', 'delete']);
    expect(config.log).toEqual({ level: 'info', format: 'json' });
  });

  test('the value may hold = and anything else', () => {
    expect(formatDn(load(base, { overrides: ['directories.main.baseDn=o=a,c=de'] }).directories[0]!.baseDn)).toBe('o=a,c=de');
  });

  test.each([
    ['server.listen', '--set:1:1 must be key.path=value, such as server.listen=127.0.0.1:0'],
    ['server..listen=x', '--set server..listen:1:1 must be key.path=value, such as server.listen=127.0.0.1:0'],
    ['server.listen=[a', '--set server.listen:1:1 the value is no YAML: not valid YAML: '],
    ['server.listen=', '--set server.listen:1:1 the value is no YAML: the file is empty'],
    ['server.listen.port=1', '--set server.listen.port:1:1 `port` would lie inside a value that is no map'],
    ['clients.1.name=x', '--set clients.1.name:1:1 there is no entry 1: the list has 1, counted from 0'],
    [
      'server.lsten=x',
      '--set server.lsten:1:1 unknown key `lsten` in `server`; allowed: listen, publicUrl, tls, cursorKey, cursorTimeout, certificateHeader, failedAuthenticationsPerMinute, role, timezone. Did you mean listen?',
    ],
    ['directories.main.type=x', '--set directories.main.type:1:1 `type` must be one of openldap, '],
    ['__proto__.x=1', '--set __proto__.x:1:1 unknown key `__proto__` at the top of the file'],
  ])('%s', (override, expected) => {
    expect(listMistakes(() => load(base, { overrides: [override] }))[0]).toContain(expected);
  });
});

describe('mapping files', () => {
  const fixture = (name: string) => `test/fixtures/config/${name}.yaml`;
  const listPlaces = (name: string) =>
    effectiveMapping(fixture(name)).mistakes.map(({ file, line, column, message }) => `${file}:${line}:${column} ${message}`);

  test('extends: what counts, and where each value comes from', () => {
    const { document, origins, files, mistakes } = effectiveMapping(fixture('site'));
    expect(mistakes).toEqual([]);
    expect(files).toEqual([fixture('site'), fixture('company'), 'mappings/openldap.yaml']);
    const { value, problems } = parseDefinition(mappingDefinition, document?.data);
    expect(problems).toEqual([]);
    const user = value?.resources['User'];
    expect(user?.search.filter).toBe('(objectClass=companyPerson)');
    expect(user?.create?.objectClasses).toEqual(['top', 'companyPerson']);
    expect(user?.create?.rdn).toBe('uid={userName}');
    expect(user?.attributes['title']).toEqual({ ldap: 'personalTitle' });
    expect(user?.attributes).not.toHaveProperty('addresses');
    const origin = (path: string) =>
      origins.filter((leaf) => leaf.path.join('/') === path).map(({ place }) => `${place.file}:${place.line}`);
    expect(origin('resources/User/attributes/title')).toEqual([`${fixture('site')}:9`]);
    expect(origin('resources/User/search/filter')).toEqual([`${fixture('company')}:6`]);
    expect(origin('resources/User/id/ldap')).toEqual([
      `mappings/openldap.yaml:${
        readFileSync('mappings/openldap.yaml', 'utf8')
          .split('\n')
          .findIndex((line) => line.includes('entryUUID')) + 1
      }`,
    ]);
  });

  test('a circle, a parent that is not there, a preset misspelt', () => {
    expect(listPlaces('circle')).toEqual([
      `${fixture('circle-of-two')}:1:10 \`extends\` goes in a circle: ${[fixture('circle'), fixture('circle-of-two'), fixture('circle')].join(' -> ')}`,
    ]);
    expect(listPlaces('orphan')).toEqual([
      `${fixture('orphan')}:2:10 the file test/fixtures/config/nowhere.yaml cannot be read: there is no such file`,
    ]);
    expect(listPlaces('lost')).toEqual([
      `${fixture('lost')}:2:10 there is no preset "openldp": write 389ds, active-directory, freeipa, openldap, samba-ad, or the path of a file that ends in .yaml. Did you mean openldap?`,
    ]);
  });

  test.each<[string, string, string]>([
    [
      'a key misspelt',
      'resources:\n  User:\n    serach: {}',
      '4:5 unknown key `serach` in `User`; allowed: description, endpoint, schema, search, id, create, match, rename, delete, accountState, password, membership, attributes, set, version. Did you mean search?',
    ],
    [
      'an access misspelt',
      'resources:\n  User:\n    attributes: { title: { access: readonly } }',
      '4:36 `access` must be one of readWrite, readOnly, ignoreWrites, createOnly, writeOnly, but this is "readonly". Did you mean readOnly?',
    ],
    [
      'a codec misspelt',
      'resources:\n  User:\n    attributes:\n      title: { ldap: title, codec: gudi }',
      '5:36 `codec` must be one of string, guid, sid, generalizedTime, filetime, epochDays, boolean, bit, presence, enum, int, dn, base64, prefix, postalAddress, split, json, but this is "gudi". Did you mean guid?',
    ],
    [
      'an attribute option',
      'resources:\n  User:\n    attributes:\n      title: title;x-work',
      '5:14 `title` must be an LDAP attribute name without options (letters, digits, hyphens), but this is "title;x-work"',
    ],
    [
      'a union: the word that is meant',
      'resources:\n  User:\n    attributes:\n      nickName: { ldap: initials, filter: of }',
      '5:43 `filter` must be one of auto, off, but this is "of". Did you mean off?',
    ],
    [
      'a union: the operator that is meant',
      'resources:\n  User:\n    attributes:\n      nickName: { ldap: initials, filter: { eqq: x } }',
      '5:45 unknown key `eqq` in `filter`; allowed: eq, co, sw, ew, gt, ge, lt, le, pr. Did you mean eq?',
    ],
    [
      'a union: none fits',
      'resources:\n  User:\n    attributes:\n      nickName: { ldap: initials, filter: 5 }',
      '5:43 `filter` must be auto, off, or a map, but this is the number 5',
    ],
    [
      'a template without quotes',
      'resources:\n  User:\n    create: { rdn: { userName } }',
      '4:20 `rdn` must be text, but this is a map; text that begins with { must be in quotes',
    ],
    [
      'an LDAP value that is no text',
      'resources:\n  User:\n    attributes:\n      userType: { ldap: initials, codec: { enum: { Employee: 1 } } }',
      '5:62 `Employee` must be text, but this is the number 1; write it in quotes: "1"',
    ],
    [
      'a slot and a list',
      'resources:\n  User:\n    attributes:\n      emails: { elements: [{ match: {}, slot: { value: mail }, list: { value: mail } }] }',
      '5:28 entry 1 of `elements` is either a slot or a list',
    ],
    [
      'null that removes nothing',
      'resources:\n  User:\n    attributes:\n      titel: null',
      '5:7 `titel: null` removes nothing: the file that this one extends has no `titel` here',
    ],
    ['extends that is no text', 'resources: {}\nextends: [openldap]', ''],
  ])('%s', (_name, text, expected) => {
    write('own.yaml', `${expected === '' ? '' : 'extends: openldap\n'}${text}\n`);
    const mistakes = listMistakes(() => load(vary('mapping: openldap', 'mapping: own.yaml')));
    expect(mistakes).toContain(`own.yaml:${expected === '' ? '2:10 `extends` must be text, but this is a list' : expected}`);
    expect(mistakes.every((mistake) => mistake.startsWith('own.yaml:'))).toBe(expected !== '');
  });

  test('what the mapping compiler finds has a place too', () => {
    write('own.yaml', 'extends: openldap\nresources:\n  User:\n    attributes:\n      nickNmae: initials\n');
    expect(listMistakes(() => load(vary('mapping: openldap', 'mapping: own.yaml')))).toEqual([
      expect.stringMatching(/^own\.yaml:5:7 .*nickNmae.*Did you mean nickName\?$/),
    ]);
  });

  test('one mapping file of two directories is reported once', () => {
    write('own.yaml', 'extends: openldap\nversion: 2\n');
    const directory = base.slice(base.indexOf('  main:'), base.indexOf('clients:'));
    const text = base
      .replace('clients:', `${directory.replace('main', 'other').replace('/scim/v2', '/other')}clients:`)
      .replaceAll('mapping: openldap', 'mapping: own.yaml');
    expect(listMistakes(() => load(text))).toEqual(['own.yaml:2:10 `version` must be 1, but this is the number 2']);
  });
});

describe('files that are shown to operators', () => {
  test.each(['config.example.yaml', 'test/fixtures/examples/config.minimal.yaml'])('%s loads unchanged and without warnings', (file) => {
    const config = loadConfig(file, { env, now });
    expect(config.warnings).toEqual([]);
    expect(config.directories.map(({ name, mapping }) => [name, mapping.resources.map(({ type }) => type.name)])).toEqual([
      ['main', ['User', 'Group']],
    ]);
    expect(config.clients.map(({ name }) => name)).toEqual(['okta', 'auditor']);
  });

  test('config.example.yaml shows every key', () => {
    const text = readFileSync('config.example.yaml', 'utf8');
    const keys = [
      'server',
      'listen',
      'publicUrl',
      'tls',
      'directories',
      'path',
      'type',
      'servers',
      'bind',
      'dn',
      'password',
      'env',
      'file',
      'baseDn',
      'mapping',
      'timeouts',
      'connect',
      'operation',
      'startTls',
      'ca',
      'cert',
      'key',
      'serverName',
      'allowPlain',
      'reads',
      'byId',
      'lookup',
      'lists',
      'mode',
      'clients',
      'name',
      'dialect',
      'auth',
      'token',
      'tokens',
      'sha256',
      'expires',
      'allow',
      'directory',
      'resources',
      'operations',
      'guards',
      'protect',
      'scope',
      'filter',
      'allowPrivileged',
      'limits',
      'operation',
      'perHour',
      'percentOfPopulation',
      'atLeast',
      'then',
      'audit',
      'rotate',
      'maxBytes',
      'keep',
      'log',
      'level',
      'format',
      'cache',
      'poll',
      'detect',
      'sweep',
      'confirmDeletes',
      'maxRemoved',
      'percent',
      'atLeast',
      'maxStaleness',
      'store',
      'admin',
    ];
    expect(keys.filter((key) => !new RegExp(`(?:^|[\\s{#-])${key}:`, 'm').test(text))).toEqual([]);
  });

  test('the full example loads unchanged', () => {
    const config = loadConfig('test/fixtures/examples/config.openldap.yaml', { env, now });
    expect(listWarnings(config)).toEqual([]);
    expect(config.directories[0]?.cache?.store).toMatch(/test.fixtures.examples.state\.db$/);
    expect(config.admin).toMatchObject({ host: '127.0.0.1', port: 9090 });
    expect(config.guards.limits).toEqual([{ operation: 'delete', perHour: 50, percentOfPopulation: 5, atLeast: 10, holds: false }]);
    expect(config.audit?.file).toMatch(/test.fixtures.examples.audit\.jsonl$/);
  });

  test('the mapping for Active Directory fits the definition', () => {
    const file = 'test/fixtures/examples/mapping.activeDirectory.yaml';
    expect(parseDefinition(mappingDefinition, parseYaml(readFileSync(file, 'utf8'), file).document?.data).problems).toEqual([]);
  });

  test('the preset openldap means what the example does', () => {
    const read = (file: string) => effectiveMapping(file).document?.data;
    expect(read('mappings/openldap.yaml')).toEqual(read('test/fixtures/examples/mapping.openldap.yaml'));
  });

  test('every preset loads as the mapping of a directory', () => {
    const files = readdirSync('mappings').filter((name) => !name.endsWith('.test.yaml'));
    expect(listPresets()).toEqual(files.map((name) => name.replace('.yaml', '')));
    for (const preset of listPresets()) expect(load(vary('mapping: openldap', `mapping: ${preset}`)).warnings).toEqual([]);
  });
});

describe('the snapshot', () => {
  const cacheOf = (text: string, name = 'main') => {
    const directory = load(text).directories.find((each) => each.name === name);
    return { reads: directory?.reads, cache: directory?.cache };
  };
  test('is not kept where nothing is read from it', () => {
    expect(cacheOf(vary('    path:', '    reads: { lists: live }\n    path:')).cache).toBeUndefined();
    expect(cacheOf(vary('    path:', '    reads: { lists: live, byId: cache }\n    path:')).cache).toBeDefined();
  });
  test('has settings of its directory in place of those at the top', () => {
    const text = vary('    path:', '    cache: { poll: "0 4 * * mon-fri" }\n    path:').replace(
      'clients:',
      'cache: { detect: usn, store: a.db }\nclients:',
    );
    expect(cacheOf(text).cache).toMatchObject({ poll: '0 4 * * mon-fri', detect: 'auto', store: 'memory' });
  });
  test('has a file beside the configuration, of several directories one each', () => {
    const text = base.replace('clients:', 'cache: { store: state.db, whenStale: unavailable }\nclients:');
    expect(cacheOf(text)).toMatchObject({ reads: { whenStale: 'unavailable' }, cache: { store: join(folder, 'state.db') } });
    const second = text.replace(
      /^ {2}main:\n(?: {4}.*\n)+/m,
      (main) => main + main.replace('main:', 'other:').replace('/scim/v2', '/other'),
    );
    expect(cacheOf(second).cache?.store).toBe(join(folder, 'state.main.db'));
    expect(cacheOf(second, 'other').cache?.store).toBe(join(folder, 'state.other.db'));
  });
});
