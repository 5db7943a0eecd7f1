// `check` against the embedded directory and a private slapd: what it finds live, where it says that it stands, and how it ends.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { check } from '../../src/commands/check.ts';
import { type DemoDirectory, startDemoDirectory } from '../../src/demo/ldap-server.ts';
import { ConfigError } from '../../src/config.ts';
import { openDirectory } from '../../src/ldap/directory.ts';
import { parseDn } from '../../src/ldap/dn.ts';
import { present } from '../../src/ldap/filter.ts';
import { parseYaml } from '../../src/yaml.ts';
import { type Slapd, startSlapd } from '../servers/slapd.ts';
import { runCommand } from './captured.ts';

interface Target {
  readonly url: string;
  readonly suffix: string;
  readonly bindDn: string;
  readonly password: string;
}

interface Found {
  readonly severity: string;
  readonly code: string;
  readonly message: string;
  readonly place: { readonly file: string; readonly line: number };
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'check-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let number = 0;

/** A configuration, and a mapping of its own where one is given. */
async function writeFiles(
  target: Target,
  mapping?: string,
  options: { readonly type?: string; readonly extra?: string } = {},
): Promise<string> {
  number += 1;
  const [file, mappingFile] = [join(folder, `config-${number}.yaml`), join(folder, `mapping-${number}.yaml`)];
  if (mapping !== undefined) await writeFile(mappingFile, mapping);
  process.env['CHECK_PASSWORD'] = target.password;
  await writeFile(
    file,
    `server: { listen: "127.0.0.1:8080", publicUrl: "http://127.0.0.1:8080" }
directories:
  corp:
    path: /scim/v2
    type: ${options.type ?? 'openldap'}
    servers: ["${target.url}"]
    bind: { dn: "${target.bindDn}", password: { env: CHECK_PASSWORD } }
    baseDn: "${target.suffix}"
    mapping: ${mapping === undefined ? 'openldap' : `mapping-${number}.yaml`}
    timeouts: { connect: 2s, operation: 5s }
${options.extra ?? ''}clients:
  - name: test
    auth: { token: { sha256: "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0", expires: never } }
    allow: { directory: corp, resources: [User, Group], operations: [read] }
`,
  );
  return file;
}

async function findings(
  target: Target,
  mapping?: string,
  options: Parameters<typeof writeFiles>[2] & { readonly values?: Readonly<Record<string, unknown>> } = {},
) {
  const { code, output } = await runCommand(check, { config: await writeFiles(target, mapping, options), json: true, ...options.values });
  const { directories } = JSON.parse(output) as {
    readonly directories: readonly { readonly seen: string; readonly findings: readonly Found[] }[];
  };
  const found = directories.flatMap((directory) => directory.findings);
  return {
    code,
    found,
    seen: directories[0]?.seen,
    lines: found.map(({ severity, code: name, place, message }) => `${severity} ${name} ${place.line}: ${message}`),
  };
}

describe('the embedded directory', () => {
  let directory: DemoDirectory;
  let target: Target;
  beforeAll(async () => {
    directory = await startDemoDirectory({ users: 60, suffix: 'dc=example,dc=test' });
    target = { url: directory.url, suffix: directory.suffix, bindDn: directory.adminDn, password: directory.adminPassword };
  });
  afterAll(() => directory.close());

  test('the preset fits: no error, exit code 0, counts in the head', async () => {
    const { code, found, seen } = await findings(target);
    expect(found.filter(({ severity }) => severity === 'error' || severity === 'warn')).toEqual([]);
    expect(code).toBe(0);
    expect(seen).toMatch(/^openldap.*, 60 User, \d+ Group in scope$/);
  });

  test('an error names the line of the file that is to be changed, and the exit code is 1', async () => {
    const mapping = 'version: 1\nextends: openldap\nresources:\n  User:\n    attributes:\n      title: titel\n';
    const { code, found } = await findings(target, mapping);
    const error = found.find(({ severity }) => severity === 'error');
    expect(error).toMatchObject({ code: 'attribute-unknown', place: { line: 6 } });
    expect(error?.place.file).toMatch(/mapping-\d+\.yaml$/);
    expect(found.some(({ place }) => place.file.endsWith('openldap.yaml'))).toBe(true);
    expect(code).toBe(1);
  });

  test('how the snapshot is kept up, or why there will be none', async () => {
    const of = async (extra: string) => (await findings(target, undefined, { extra })).lines.filter((line) => line.includes(' snapshot '));
    expect(await of('')).toEqual([
      expect.stringMatching(/^hint snapshot \d+: the snapshot is kept up by entrycsn: syncrepl needs .*; deletions are found/),
    ]);
    expect(await of('    reads: { lists: live }\n')).toEqual([]);
    expect(await of('    cache: { detect: dirsync }\n')).toEqual([
      expect.stringMatching(/^error snapshot \d+: there will be no snapshot: .*dirsync/),
    ]);
  });

  test('people read aligned lines with a summary; without a terminal there is no colour', async () => {
    const mapping = 'version: 1\nextends: openldap\nresources:\n  User:\n    attributes:\n      title: titel\n';
    const { output } = await runCommand(check, { config: await writeFiles(target, mapping) });
    const [head, ...rest] = output.split('\n');
    expect(head).toMatch(/^corp {2}openldap {2}ldap:\/\/127\.0\.0\.1:\d+ {2}\(openldap, 60 User, \d+ Group in scope\)$/);
    expect(rest).toContainEqual(expect.stringMatching(/^ {2}\S+mapping-\d+\.yaml:6 +ERROR {2}title -> titel: /));
    expect(rest).toContainEqual(expect.stringMatching(/^ +fix: did you mean title\?$/));
    expect(rest.at(-1)).toMatch(/^1 error, \d+ warnings?, \d+ hints?$/);
    // eslint-disable-next-line no-control-regex
    expect(output).not.toMatch(/\u001b/);
    const columns = rest.flatMap((line) => {
      const at = line.search(/ (ERROR|WARN|HINT|OK) /);
      return at < 0 ? [] : [at];
    });
    expect(new Set(columns).size).toBe(1);
  });

  test('0 of N entries under the base match the filter', async () => {
    const mapping =
      'version: 1\nextends: openldap\nresources:\n  User:\n    search:\n      filter: "(&(objectClass=inetOrgPerson)(title=nobody has this))"\n';
    const { code, lines } = await findings(target, mapping);
    expect(lines).toContainEqual(expect.stringMatching(/^warn scope-empty 6: 0 of 6\d entries under the base match your filter/));
    expect(code).toBe(0);
  });

  test('search and placement bases that are not there', async () => {
    const mapping =
      'version: 1\nextends: openldap\nresources:\n  User:\n    search:\n      bases: [{ dn: "ou=peple,{baseDn}" }]\n    create:\n      placement: [{ base: "ou=peple,{baseDn}" }]\n';
    const { code, lines } = await findings(target, mapping);
    expect(lines).toContainEqual('error base-missing 6: ou=peple,dc=example,dc=test does not exist, or the bind account may not see it');
    expect(lines).toContainEqual('error base-missing 8: ou=peple,dc=example,dc=test does not exist, or the bind account may not see it');
    expect(code).toBe(1);
  });

  test('a type that the server is not', async () => {
    const { found } = await findings(target, undefined, { type: '389ds' });
    expect(found.find(({ code }) => code === 'vendor-mismatch')).toMatchObject({ severity: 'warn', place: { line: 5 } });
  });

  test('the bound on entries is kept and said', async () => {
    const { seen } = await findings(target, undefined, { values: { entries: '10' } });
    expect(seen).toMatch(/more than 10 User/);
    await expect(runCommand(check, { entries: 'many' })).rejects.toThrow('--entries takes a whole number');
  });

  test('a directory that is down, and one that refuses the bind, are findings with exit code 1', async () => {
    const down = await findings({ ...target, url: 'ldap://127.0.0.1:1' });
    expect(down.found).toMatchObject([{ code: 'directory-down', severity: 'error', place: { line: 6 } }]);
    expect(down.code).toBe(1);
    const refused = await findings({ ...target, password: 'wrong' });
    expect(refused.found).toMatchObject([{ code: 'directory-down', place: { line: 7 } }]);
    expect(refused.found[0]?.message).toContain('invalidCredentials');
  });

  test('files that cannot be used end with code 2: thrown for people, as JSON for programs', async () => {
    const file = await writeFiles(target, 'version: 1\nextends: openldap\nresources:\n  User:\n    atributes: {}\n');
    await expect(runCommand(check, { config: file })).rejects.toThrow(ConfigError);
    const { code, output } = await runCommand(check, { config: file, json: true });
    expect(code).toBe(2);
    expect(JSON.parse(output)).toMatchObject({ mistakes: [{ line: 5, message: expect.stringContaining('atributes') }] });
  });

  test('a directory that the configuration does not have', async () => {
    await expect(runCommand(check, { config: await writeFiles(target), directory: 'other' })).rejects.toThrow(
      'There is no directory other; there is corp',
    );
  });

  test('--effective prints the merged mapping, each line with its origin, and reads back the same', async () => {
    const mapping =
      'version: 1\nextends: openldap\nresources:\n  User:\n    attributes:\n      title: { ldap: title, default: "on: call # 1" }\n      preferredLanguage: null\n';
    const { code, output } = await runCommand(check, { config: await writeFiles(target, mapping), effective: true });
    expect(code).toBe(0);
    expect(output).toMatch(/^ {8}default: "on: call # 1" +# \S+mapping-\d+\.yaml:6$/m);
    expect(output).toMatch(/^ {6}filter: "\(objectClass=inetOrgPerson\)" +# mappings\/openldap\.yaml:\d+$/m);
    expect(
      output
        .split('\n')
        .slice(1)
        .filter((line) => line !== '' && !/ # \S+:\d+$/.test(line)),
    ).toEqual([]);
    const { document } = parseYaml(output, 'effective');
    expect(document?.data).toMatchObject({
      resources: { User: { attributes: { title: { ldap: 'title', default: 'on: call # 1' }, userName: { ldap: 'uid' } } } },
    });
    expect(JSON.stringify(document?.data)).not.toContain('preferredLanguage');
  });
});

describe('slapd', () => {
  let slapd: Slapd;
  let target: Target;
  const person = (uid: string, ...more: readonly string[]): string =>
    [`dn: uid=${uid},ou=people,dc=example,dc=test`, 'objectClass: inetOrgPerson', `uid: ${uid}`, `cn: ${uid}`, `sn: ${uid}`, ...more].join(
      '\n',
    );
  beforeAll(async () => {
    slapd = await startSlapd({
      overlays: ['refint', 'memberof'],
      access: [
        'access to attrs=departmentNumber by dn.exact="cn=gateway,dc=example,dc=test" read by * none',
        'access to * by dn.exact="cn=gateway,dc=example,dc=test" write by anonymous auth by * none',
      ].join('\n'),
      config: 'database config\naccess to * by dn.exact="cn=gateway,dc=example,dc=test" read by * none',
      ldif: [
        person('a', 'title: one', 'title: two', 'employeeType: EXT', 'carLicense: same', 'employeeNumber: 7'),
        person('b', 'employeeType: EXT', 'carLicense: SAME', 'employeeNumber: x'),
        person('c', 'employeeType: E'),
        // Loaded offline, where the overlay memberof does nothing.
        'dn: cn=team,ou=groups,dc=example,dc=test\nobjectClass: groupOfNames\ncn: team\nmember: uid=a,ou=people,dc=example,dc=test',
        'dn: cn=nobody,dc=example,dc=test\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: nobody\nuserPassword: x',
      ].join('\n\n'),
    });
    target = { url: slapd.url, suffix: slapd.suffix, bindDn: slapd.gatewayDn, password: slapd.gatewayPassword };
  });
  afterAll(() => slapd.stop());

  /** Changes with every write. */
  async function stamps(): Promise<readonly string[]> {
    const { suffix, adminDn: dn, adminPassword: password } = slapd;
    const admin = openDirectory({
      servers: [slapd.url],
      bind: { dn, password },
      baseDn: parseDn(suffix),
      timeouts: { connect: 5000, operation: 5000 },
    });
    await admin.start();
    const found: string[] = [];
    for await (const entry of admin.search({
      base: parseDn(suffix),
      scope: 'sub',
      filter: present('objectClass'),
      attributes: ['entryCSN'],
    }))
      found.push(`${entry.dn} ${entry.texts('entryCSN').join()}`);
    await admin.close();
    return found;
  }

  const own = `version: 1
extends: openldap
resources:
  User:
    accountState: null
    attributes:
      userType: { ldap: employeeType, codec: { enum: { Employee: E } } }
      externalId: { ldap: carLicense, unique: server }
      groups: { memberships: { direct: memberOf, reverse: null } }
`;

  test('what is live is counted: several values, values outside an enum, duplicates', async () => {
    const { lines, code } = await findings(target, own);
    expect(lines).toContainEqual(expect.stringMatching(/^warn several-values \d+: title -> title: 1 entry has several values/));
    expect(lines).toContainEqual('warn enum-not-covered 7: userType enum: 1 live value is not covered: "EXT" (2 entries)');
    expect(lines).toContainEqual(expect.stringMatching(/^warn duplicate-values 8: externalId -> carLicense .* "same" \(2\)$/));
    expect(lines).toContainEqual(expect.stringMatching(/^warn memberof-empty 9: /));
    expect(code).toBe(1);
  });

  test('the No-Op control tells what may not be written, and nothing is changed by asking', async () => {
    const before = await stamps();
    const { found, lines } = await findings(target);
    expect(await stamps()).toEqual(before);
    expect(before.length).toBeGreaterThan(5);
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^error not-writable \d+: enterprise:department -> departmentNumber: the bind account may not write it \(No-Op control\)$/,
      ),
    );
    expect(found.filter(({ code }) => code === 'not-writable')).toHaveLength(1);
    const silent = await findings(target, undefined, { values: { 'read-only': true } });
    expect(silent.found.map(({ code }) => code)).not.toContain('not-writable');
  });

  test('cn=config tells of indexes and refint, and the placeholder is an account', async () => {
    const { lines } = await findings(target);
    expect(lines).toContainEqual(expect.stringMatching(/^hint not-indexed \d+: externalId -> carLicense has no equality index/));
    expect(lines.filter((line) => line.includes('not-indexed')).some((line) => line.includes('entryUUID'))).toBe(false);
    expect(lines).toContainEqual(
      expect.stringMatching(/^warn refint \d+: refint repairs the last member of a group on delete with cn=nobody/),
    );
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^error placeholder-is-account \d+: the placeholder cn=nobody,dc=example,dc=test is a real entry \(organizationalRole, simpleSecurityObject\)/,
      ),
    );
  });

  test('a size limit that cuts lists', async () => {
    const people = Array.from({ length: 30 }, (_, i) => person(`p${i}`));
    const limited = await startSlapd({
      ldif: people.join('\n\n'),
      access:
        'limits dn.exact="cn=gateway,dc=example,dc=test" size.soft=20 size.hard=20 size.prtotal=20\naccess to * by dn.exact="cn=gateway,dc=example,dc=test" write by anonymous auth',
    });
    try {
      const { lines, code } = await findings({ ...target, url: limited.url });
      expect(lines).toContainEqual(
        expect.stringMatching(/^error size-limit \d+: the server ends the search after \d+ entries \(LDAP result (4|11)\)/),
      );
      expect(code).toBe(1);
    } finally {
      await limited.stop();
    }
  });

  test('an attribute that every entry must have and the account may not read', async () => {
    const blind = await startSlapd({
      ldif: person('a'),
      access:
        'access to attrs=sn by dn.exact="cn=gateway,dc=example,dc=test" =w\naccess to * by dn.exact="cn=gateway,dc=example,dc=test" write by anonymous auth',
    });
    try {
      const { lines } = await findings({ ...target, url: blind.url }, undefined, { values: { 'read-only': true } });
      expect(lines).toContainEqual(
        expect.stringMatching(/^error not-readable \d+: name.familyName -> sn: every entry must have it and none shows it/),
      );
    } finally {
      await blind.stop();
    }
  });
});
