// Cases for a mapping: those that ship with the presets hold, and cases that do not hold are told with the difference.
import { globSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { mappingTest, runFile } from '../../src/commands/mapping-test.ts';
import { listPresets } from '../../src/config.ts';
import { capture } from './bench.ts';

const folder = mkdtempSync(join(tmpdir(), 'mapping-test-'));
const nothing = { config: undefined, directory: undefined, mapping: undefined, baseDn: undefined };
let files = 0;

function write(text: string): string {
  const file = join(folder, `${(files += 1)}.test.yaml`);
  writeFileSync(file, text);
  return file;
}

const ann = `dn: "uid=ann,ou=people,dc=example,dc=com", objectClass: inetOrgPerson, entryUUID: 6a1d7a52-0000-4000-8000-000000000002, uid: ann, sn: Example, cn: Ann`;
const one = (text: string): string => `version: 1\nmapping: openldap\ncases:\n  - { name: it, ${text} }\n`;
const differenceOf = async (text: string): Promise<readonly string[] | undefined> =>
  (await runFile(write(one(text)), nothing))[0]?.difference;

describe('the cases that ship', () => {
  test.each(globSync('mappings/*.test.yaml'))('%s', async (file) => {
    const results = await runFile(file, nothing);
    expect(results.filter(({ difference }) => difference.length > 0)).toEqual([]);
    expect(results.length).toBeGreaterThan(5);
  });

  test('are no presets', () => {
    expect(listPresets().filter((name) => name.includes('test'))).toEqual([]);
  });
});

describe('a case that does not hold', () => {
  test.each([
    [
      'another value',
      `entry: { ${ann}, title: Head }, scim: { userName: ann, active: true, title: Boss, name: { familyName: Example, formatted: Ann } }`,
      ['- title: "Boss"', '+ title: "Head"'],
    ],
    [
      'a value too many',
      `entry: { ${ann}, title: Head }, scim: { userName: ann, active: true, name: { familyName: Example, formatted: Ann } }`,
      ['+ title: "Head"'],
    ],
    [
      'an id that is asked for',
      `entry: { ${ann} }, scim: { id: x, userName: ann, active: true, name: { familyName: Example, formatted: Ann } }`,
      ['- id: "x"', '+ id: "6a1d7a52-0000-4000-8000-000000000002"'],
    ],
    [
      'another change',
      `entry: { ${ann} }, patch: [{ op: add, path: title, value: Head }], ldif: ""`,
      ['+ dn: uid=ann,ou=people,dc=example,dc=com', '+ changetype: modify', '+ replace: title', '+ title: Head', '+ -'],
    ],
    [
      'done instead of refused',
      `entry: { ${ann} }, patch: [{ op: add, path: title, value: Head }], error: { status: 400 }`,
      ['- refused: 400', '+ done'],
    ],
    [
      'refused for another reason',
      `create: { displayName: x }, error: { status: 409, scimType: uniqueness }`,
      ['- refused: 409 uniqueness', '+ refused: 400 invalidValue', expect.any(String)],
    ],
    [
      'another entry',
      `create: { userName: cy, name: { familyName: C } }, entry: { dn: "uid=cy,ou=people,dc=example,dc=com", objectClass: [top, person, organizationalPerson, inetOrgPerson], uid: cy, cn: C, sn: D, displayName: C, employeeType: active }`,
      ['- sn: D', '+ sn: C'],
    ],
    [
      'out of scope',
      `entry: { dn: "uid=ann,ou=elsewhere,dc=example,dc=com", entryUUID: 6a1d7a52-0000-4000-8000-000000000002, uid: ann }, scim: { userName: ann }`,
      ['- done', '+ refused: 404', 'Resource not found', expect.stringContaining('(objectClass=inetOrgPerson)')],
    ],
    [
      'without an id',
      `entry: { dn: "uid=ann,ou=people,dc=example,dc=com", objectClass: inetOrgPerson }, scim: { userName: ann }`,
      ['- done', '+ refused: 404', 'the entry has no entryUUID, so it has no id', expect.any(String)],
    ],
    ['an unknown type', `type: Device, entry: { ${ann} }, scim: {}`, ['the mapping has no resource type Device: it has User, Group']],
  ])('%s', async (_, text, difference) => {
    expect(await differenceOf(text)).toEqual(difference);
  });
});

describe('a case that holds whatever the spelling', () => {
  test.each([
    [
      'base64, folding, comments and the case of names in LDIF',
      `entry: { ${ann} }, patch: [{ op: add, path: title, value: Größe }], ldif: "# why\\ndn: uid=ann,ou=people,dc=example\\n ,dc=com\\nChangeType: modify\\nreplace: Title\\nTITLE: Größe\\n-\\n"`,
    ],
    [
      'octets',
      `entry: { ${ann}, title: { base64: R3LDtsOfZQ== } }, scim: { userName: ann, active: true, title: Größe, name: { familyName: Example, formatted: Ann } }`,
    ],
    [
      'the order of values',
      `entry: { ${ann}, mail: [b@x.de, a@x.de] }, scim: { userName: ann, active: true, name: { familyName: Example, formatted: Ann }, emails: [{ value: b@x.de, type: work }, { primary: true, type: work, value: a@x.de }] }`,
    ],
    [
      'a password, which nobody sees',
      `entry: { ${ann} }, patch: [{ op: add, path: password, value: correct-horse }], ldif: "dn: uid=ann,ou=people,dc=example,dc=com\\nchangetype: password\\npassword: ***"`,
    ],
  ])('%s', async (_, text) => {
    expect(await differenceOf(text)).toEqual([]);
  });
});

describe('the command', () => {
  const command = (values: Readonly<Record<string, unknown>>, ...positionals: readonly string[]) =>
    capture(() => mappingTest.run(values, positionals));

  test('prints what failed, counts, and says it by the exit code', async () => {
    const file = write(one(`entry: { ${ann} }, patch: [{ op: add, path: title, value: Head }], error: { status: 400 }`));
    expect(await command({}, file)).toEqual({
      code: 1,
      out: `FAIL  it  (${file}:4)\n        - refused: 400\n        + done\n1 case, 1 failed (- expected, + actual)`,
      err: '',
    });
    const { out, code } = await command({ json: true }, 'mappings/openldap.test.yaml');
    expect([code, (JSON.parse(out) as unknown[]).length]).toEqual([0, 18]);
  });

  test('another mapping and another base from the command line', async () => {
    const mapping = join(folder, 'own.yaml');
    writeFileSync(mapping, 'version: 1\nextends: openldap\nresources: { User: { attributes: { nickName: initials } } }\n');
    const file = write(
      `version: 1\ncases:\n  - { name: it, create: { userName: cy, nickName: CY, name: { familyName: C } }, entry: { dn: "uid=cy,ou=people,o=other", objectClass: [top, person, organizationalPerson, inetOrgPerson], uid: cy, cn: C, sn: C, displayName: C, initials: CY, employeeType: active } }\n`,
    );
    expect((await command({ mapping, 'base-dn': 'o=other' }, file)).out).toContain('1 case, all as expected');
    await expect(command({}, file)).rejects.toThrow('needs `mapping`');
  });

  test.each([
    ['a number where LDAP has text', `entry: { ${ann}, employeeNumber: 42 }, scim: {}`, /4:\d+ `employeeNumber` must be text in quotes/],
    ['a case that is none', `entry: { ${ann} }`, /needs entry and scim/],
    ['an unknown key', `entry: { ${ann} }, scim: {}, colour: red`, /unknown key `colour`/],
  ])('%s is a mistake with its place', async (_, text, message) => {
    await expect(command({}, write(one(text)))).rejects.toThrow(message);
  });

  test('as a process of its own: a command of two words', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['src/cli.ts', 'mapping', 'test', 'mappings/openldap.test.yaml']);
    expect(stdout).toContain('18 cases, all as expected');
  });
});
