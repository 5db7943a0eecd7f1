// `match`: how many of the people of a file exist already, and what a create of each would come to; nothing is written.
// Exit codes as everywhere: 0 none is refused, 1 some are, 2 unusable input.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { match } from '../../src/commands/match.ts';
import { UsageError } from '../../src/commands/usage-error.ts';
import { newUser } from '../directory/scim-client.ts';
import { writesAmong } from '../directory/wire.ts';
import { type Bench, capture, openBench } from './bench.ts';

let bench: Bench;
let folder: string;
beforeAll(async () => {
  bench = await openBench('demo');
  process.env['LDAP_PASSWORD'] = bench.password;
  folder = mkdtempSync(join(tmpdir(), 'match-'));
  await bench.scim.post('/Users', newUser({ userName: 'known' }));
  await bench.scim.post('/Users', newUser({ userName: 'owned', externalId: 'of-another' }));
  await bench.scim.post('/Users', newUser({ userName: 'twin-1', emails: [{ type: 'work', value: 'twin@x.test' }] }));
  await bench.scim.post('/Users', newUser({ userName: 'twin-2', emails: [{ type: 'work', value: 'twin@x.test' }] }));
}, 60_000);
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  delete process.env['LDAP_PASSWORD'];
  await bench.stop();
}, 60_000);

const people = [
  newUser({ userName: 'KNOWN', externalId: '1' }),
  newUser({ userName: 'owned', externalId: '2' }),
  newUser({ userName: 'somebody', emails: [{ type: 'work', value: 'twin@x.test' }] }),
  newUser({ userName: 'nobody-yet' }),
  { userName: 7 },
];
function write(text: string): string {
  const file = join(folder, 'users.json');
  writeFileSync(file, text);
  return file;
}
const run = (file: string, mapping: string, values: Readonly<Record<string, unknown>> = {}) =>
  capture(() =>
    match.run({ config: bench.file, set: [`directories.main.mapping=${resolve('test/fixtures/mappings', mapping)}`], ...values }, [file]),
  );

test.each<[string, string]>([
  ['an array', JSON.stringify(people)],
  ['a ListResponse', JSON.stringify({ totalResults: people.length, Resources: people })],
  ['lines', people.map((each) => JSON.stringify(each)).join('\n')],
])('of %s: who would be adopted, who refused and why', async (_name, text) => {
  const file = write(text);
  const wire = await bench.wire.during(async () => {
    const { code, out } = await run(file, 'adopting.yaml', { list: true });
    expect(code).toBe(1);
    expect(out).toMatch(/ 5 in the file\n +\d are new/);
    expect(out).toContain('1 exist already and would be adopted\n        1 by userName');
    expect(out).toContain('by userName: belongs to another');
    expect(out).toContain('by emails.value: several');
    expect(out).toContain(`KNOWN  adopted  uid=known,ou=people,${bench.suffix}`);
  });
  // Health is asked for with an extended operation, too.
  expect(writesAmong(wire).filter(({ kind }) => kind !== 'extended')).toEqual([]);
});

test('where the mapping refuses all of them', async () => {
  const { code, out } = await run(write(JSON.stringify(people.slice(0, 1))), 'matching.yaml', { json: true });
  expect([code, JSON.parse(out)]).toMatchObject([
    1,
    { resources: [{ name: 'KNOWN', became: 'refused', reason: 'conflict', key: 'userName' }] },
  ]);
});

test('nobody exists: 0', async () => {
  expect((await run(write(JSON.stringify(people.slice(3, 4))), 'matching.yaml')).code).toBe(0);
});

test('what cannot be used', async () => {
  await expect(run(join(folder, 'nothing.json'), 'matching.yaml')).rejects.toThrow(UsageError);
  await expect(run(write('{"a": 1}\nno JSON'), 'matching.yaml')).rejects.toThrow(':2 is no JSON');
  await expect(run(write('[]'), 'quarantine.yaml')).rejects.toThrow('no `match` for User');
});
