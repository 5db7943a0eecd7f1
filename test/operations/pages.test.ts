// What the pages about operations quote is what the program says, and the files that they speak of fit together.
// No RFC.
import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (file: string): string => readFileSync(file, 'utf8');
const source = globSync('src/**/*.ts').map(read).join('\n');

test('words of answers and of the log that are explained are in the program', () => {
  const page = read('docs/troubleshooting.md');
  const sections = page.slice(page.indexOf('## Words of answers'), page.indexOf('## The demo'));
  const quoted = [...sections.matchAll(/^\| `([^`]+)` \|/gm)].map(([, words = '']) => words);
  expect(quoted.length).toBeGreaterThan(25);
  expect(quoted.filter((words) => !source.includes(words))).toEqual([]);
});

test('metrics that are described are there, and all that are there are described', () => {
  const described = new Set(
    read('docs/operations.md')
      .match(/`scim_gateway_\w+`/g)
      ?.map((name) => name.slice(1, -1)),
  );
  const made = new Set([...source.matchAll(/'(scim_gateway_\w+)'/g)].map(([, name = '']) => name));
  const others = new Set(read('docs/snapshot.md').match(/scim_gateway_\w+/g));
  expect([...described].filter((name) => !made.has(name))).toEqual([]);
  expect([...made].filter((name) => !described.has(name) && !others.has(name))).toEqual([]);
});

test('the unit of systemd gives the secrets that the page takes, and keeps what the page keeps in its folder', () => {
  const [page, unit] = [read('docs/systemd.md'), read('docs/systemd/ldap-scim-gateway.service')];
  const taken = [...page.matchAll(/\/run\/credentials\/ldap-scim-gateway\.service\/([\w-]+)/g)].map(([, name = '']) => name);
  const given = [...unit.matchAll(/^LoadCredential=([\w-]+):/gm)].map(([, name = '']) => name);
  expect(taken.length).toBe(2);
  expect(given).toEqual(taken);
  const kept = [...page.matchAll(/\/var\/lib\/([\w-]+)\//g)].map(([, name = '']) => name);
  expect(new Set(kept)).toEqual(new Set([/^StateDirectory=(.+)$/m.exec(unit)?.[1]]));
  const [, program = ''] = /^ExecStart=\S+ node (\S+) serve --config \/etc\/ldap-scim-gateway\/config\.yaml$/m.exec(unit) ?? [];
  expect([page.includes(program), unit.includes('RestartPreventExitStatus=2')]).toEqual([true, true]);
});
