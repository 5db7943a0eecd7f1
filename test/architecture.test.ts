// Who may import whom: the import lines of src, held against one table, so that the picture in CONTRIBUTING.md stays true.
// No RFC; a file that no row of the table covers fails.
import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { expect, test } from 'vitest';

const ldapData = ['ldap/dn.ts', 'ldap/entry.ts', 'ldap/filter.ts', 'ldap/syntax.ts', 'ldap/schema.ts'];

/** For a room or file (the longest match counts): path prefixes and packages that it may import. A room always sees itself. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  'scim/': [],
  'ldap/': ['node:'],
  'ldap/message.ts': ['node:', 'ldap/', 'ldapts'],
  'mapping/': ['scim/', ...ldapData, 'zod'],
  'cache/': ['node:', 'scim/', 'lru-cache'],
  'gateway/': ['node:', 'scim/', 'ldap/', 'mapping/', 'cache/'],
  'sync/': [
    'node:',
    'scim/',
    'ldap/',
    'mapping/',
    'cache/',
    'state/',
    'gateway/backend.ts',
    'gateway/references.ts',
    'gateway/version.ts',
    'node-cron',
  ],
  'http/': ['node:', 'scim/', 'gateway/', 'ldap/dn.ts', 'express', 'express-rate-limit', 'helmet', 'jose'],
  'demo/': ['node:', ...ldapData, 'ldapts'],
  'progress.ts': ['node:'],
  'commands/': [
    'node:',
    'audit/',
    'progress.ts',
    'app.ts',
    'config.ts',
    'yaml.ts',
    'check/',
    'rights/',
    'status.ts',
    'telemetry.ts',
    'gateway/',
    'mapping/',
    'ldap/',
    'scim/',
    'demo/ldap-server.ts',
  ],
  'check/': ['node:', 'ldap/', 'mapping/', 'sync/fields.ts', 'config.ts', 'yaml.ts'],
  'rights/': ['ldap/dn.ts', 'ldap/filter.ts', 'mapping/'],
  'yaml.ts': ['yaml'],
  'config.ts': ['node:', 'config/', 'mapping/', 'scim/dialects.ts', 'ldap/dn.ts', 'ldap/filter.ts', 'yaml.ts'],
  'config/': ['node:', 'mapping/', 'scim/dialects.ts', 'ldap/dn.ts', 'ldap/filter.ts', 'yaml.ts', 'zod'],
  'telemetry.ts': ['node:', 'winston'],
  'state/': ['node:'],
  'state/rows.ts': ['node:', 'state/', 'cache/id-index.ts'],
  'state/draft-names.ts': ['cache/id-index.ts'],
  'chores.ts': ['node:'],
  'guard-store.ts': ['node:', 'gateway/', 'state/', 'config.ts'],
  'hold-desk.ts': ['gateway/', 'http/', 'metrics.ts'],
  'audit.ts': ['node:', 'audit/', 'line-file.ts'],
  'audit/': ['node:'],
  'line-file.ts': ['node:'],
  'metrics.ts': ['node:', 'prom-client'],
  'expiry.ts': ['node:', 'config.ts'],
  'status.ts': ['node:', 'ldap/', 'sync/', 'config.ts', 'expiry.ts', 'metrics.ts'],
  'credentials.ts': ['http/', 'config.ts'],
  'gateways.ts': ['node:', 'ldap/', 'sync/', 'gateway/', 'config.ts', 'credentials.ts', 'guard-store.ts'],
  'operator.ts': ['sync/', 'http/', 'config.ts', 'guard-store.ts', 'hold-desk.ts', 'metrics.ts', 'status.ts'],
  'sockets.ts': ['node:', 'config.ts'],
  'app.ts': [
    'sync/',
    'gateway/',
    'http/',
    'audit.ts',
    'chores.ts',
    'config.ts',
    'credentials.ts',
    'expiry.ts',
    'gateways.ts',
    'guard-store.ts',
    'operator.ts',
    'sockets.ts',
    'status.ts',
  ],
  'cli.ts': ['node:', 'config.ts', 'commands/', 'state/database.ts'],
};

const importLine = /^(?:import|export) (?<erased>type )?(?:[\w*{][^;'"]*? from )?'(?<from>[^']+)';|\bimport\('(?<dynamic>[^']+)'\)/gm;

interface Import {
  readonly target: string;
  /** `import type`: gone at run time. */
  readonly erased: boolean;
}

const sources = new Map(
  globSync('**/*.ts', { cwd: 'src' })
    .map((name) => name.replaceAll('\\', '/'))
    .toSorted()
    .map((file) => [file, readFileSync(posix.join('src', file), 'utf8')]),
);
const imports = new Map([...sources].map(([file, text]) => [file, readImports(file, text)]));

function readImports(file: string, text: string): Import[] {
  return [...text.matchAll(importLine)].map(({ groups = {} }) => {
    const target = groups['from'] ?? groups['dynamic'] ?? '';
    return { target: target.startsWith('.') ? posix.join(posix.dirname(file), target) : target, erased: groups['erased'] !== undefined };
  });
}

function covers(pattern: string, target: string): boolean {
  return /[/:]$/.test(pattern) ? target.startsWith(pattern) : target === pattern;
}

function findForbidden(file: string, targets: readonly string[]): string[] {
  const room = Object.keys(mayImport)
    .filter((pattern) => covers(pattern, file))
    .toSorted((a, b) => b.length - a.length)[0];
  if (room === undefined) return [`${file} belongs to no room`];
  const allowed = [room, ...(mayImport[room] ?? [])];
  return targets.filter((target) => !allowed.some((pattern) => covers(pattern, target))).map((target) => `${file} imports ${target}`);
}

function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const cycles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): void => {
    if (trail.includes(file)) cycles.push([...trail.slice(trail.indexOf(file)), file].join(' -> '));
    else if (!done.has(file)) {
      for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
      done.add(file);
    }
  };
  for (const file of graph.keys()) visit(file, []);
  return cycles;
}

test('every file of src imports only what its room may see', () => {
  expect(
    [...imports].flatMap(([file, found]) =>
      findForbidden(
        file,
        found.map(({ target }) => target),
      ),
    ),
  ).toEqual([]);
});

test('no file of src imports itself in a circle', () => {
  const graph = new Map([...imports].map(([file, found]) => [file, found.filter(({ erased }) => !erased).map(({ target }) => target)]));
  expect(findCycles(graph)).toEqual([]);
});

test('src/scim uses no global of Node', () => {
  const nodeGlobal = /\b(?:Buffer|process|setImmediate|__dirname)\b(?=[.(])|\bimport\.meta\b/;
  expect([...sources].filter(([file, text]) => file.startsWith('scim/') && nodeGlobal.test(text)).map(([file]) => file)).toEqual([]);
});

test('every file of src opens with a line that says why it exists', () => {
  expect([...sources].filter(([, text]) => !/^(?:#!.*\n)?\/\/ \S.{20}/.test(text)).map(([file]) => file)).toEqual([]);
});

test('the checks above see what they look for', () => {
  const text =
    "import {\n  a,\n  type B,\n} from '../ldap/dn.ts';\nexport * from './path.ts';\nimport 'node:fs';\nawait import('ldapts');\n";
  expect(readImports('scim/x.ts', text).map(({ target }) => target)).toEqual(['ldap/dn.ts', 'scim/path.ts', 'node:fs', 'ldapts']);
  expect(readImports('a.ts', "import type { B } from './b.ts';\n")).toEqual([{ target: 'b.ts', erased: true }]);
  expect(findForbidden('scim/x.ts', ['ldap/dn.ts', 'scim/path.ts'])).toEqual(['scim/x.ts imports ldap/dn.ts']);
  expect(findForbidden('ldap/dn.ts', ['ldapts'])).toEqual(['ldap/dn.ts imports ldapts']);
  expect(findForbidden('ldap/message.ts', ['ldapts', 'ldap/dn.ts', 'node:net'])).toEqual([]);
  expect(findForbidden('elsewhere.ts', [])).toEqual(['elsewhere.ts belongs to no room']);
  const circle = new Map([
    ['a', ['b']],
    ['b', ['c']],
    ['c', ['b']],
  ]);
  expect(findCycles(circle)).toEqual(['b -> c -> b']);
  expect(sources.size).toBeGreaterThan(10);
  expect(imports.get('scim/filter.ts')?.map(({ target }) => target)).toContain('scim/path.ts');
});
