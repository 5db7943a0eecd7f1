// An entry and its resource side by side, on the embedded directory.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Comparison, Row } from '../../src/commands/comparison.ts';
import { preview } from '../../src/commands/preview.ts';
import { asMembers, newUser, urn } from '../directory/scim-client.ts';
import { type Bench, capture, openBench } from './bench.ts';

describe('preview', () => {
  let bench: Bench;
  let boss = '';
  let ann = '';
  beforeAll(async () => {
    bench = await openBench('demo');
    process.env['LDAP_PASSWORD'] = bench.password;
    boss = (await bench.scim.post('/Users', newUser({ userName: 'boss', displayName: 'The Boss' }))).id;
    const emails = [{ type: 'work', value: 'ann@example.com' }];
    ann = (
      await bench.scim.post(
        '/Users',
        newUser({ userName: 'ann', title: 'Größe', emails, active: false, [urn.enterprise]: { manager: { value: boss } } }),
      )
    ).id;
    await bench.scim.post('/Groups', { schemas: [urn.group], displayName: 'crew', members: asMembers(ann, boss) });
    await bench.scim.post('/Groups', { schemas: [urn.group], displayName: 'empty' });
  });
  afterAll(() => bench.stop());

  const command = (values: Readonly<Record<string, unknown>>, ...positionals: readonly string[]) =>
    capture(() => preview.run({ config: bench.file, ...values }, positionals));
  const compare = async (...positionals: readonly string[]): Promise<Comparison & { row(scim: string): Row | undefined }> => {
    const { out, code } = await command({ json: true }, ...positionals);
    expect(code).toBe(0);
    const comparison = JSON.parse(out) as Comparison;
    return { ...comparison, row: (scim) => comparison.rows.find((row) => row.scim === scim) };
  };

  test('every rule with both values, its codec and its place in the mapping file', async () => {
    const { row, dn, id, unmapped } = await compare('user', 'ann');
    expect([dn, id]).toEqual([`uid=ann,ou=people,${bench.suffix}`, ann]);
    expect(row('title')).toMatchObject({ values: ['Größe'], ldap: 'title', ldapValues: ['Größe'], codec: 'string', access: 'readWrite' });
    expect(row('title')?.at).toMatch(/^mappings\/openldap\.yaml:\d+$/);
    expect(row('active')).toMatchObject({ values: ['false'], ldap: 'employeeType', ldapValues: ['disabled'], codec: 'accountState' });
    expect(row('emails[type eq "work"].value')).toMatchObject({
      values: ['ann@example.com'],
      ldap: 'mail',
      ldapValues: ['ann@example.com'],
    });
    expect(row('enterprise:manager')).toMatchObject({
      values: [`The Boss (${boss})`],
      ldapValues: [`uid=boss,ou=people,${bench.suffix}`],
      codec: 'reference',
    });
    expect(row('groups')).toMatchObject({ values: [expect.stringMatching(/^crew \(/)], ldap: 'searched in Group', ldapValues: [] });
    expect(row('meta.created')).toMatchObject({ codec: 'generalizedTime', access: 'readOnly' });
    expect(unmapped.map(({ ldap }) => ldap)).toEqual(['objectclass']);
  });

  test('a group by its id, with the placeholder on the LDAP side only', async () => {
    const { row } = await compare('group', 'empty');
    expect(row('members')).toMatchObject({ values: [], ldapValues: [`cn=nobody,${bench.suffix}`] });
    expect((await compare('Groups', (await compare('group', 'crew')).id)).row('members')?.values).toHaveLength(2);
  });

  test('for people: three columns, and what has no value', async () => {
    const { out, code } = await command({}, 'user', ann);
    expect(code).toBe(0);
    expect(out).toMatch(/^as {10}\(anybody\), dialect compat, directory main$/m);
    expect(out).toMatch(/^SCIM +LDAP +rule$/m);
    expect(out).toMatch(/^userName +uid +mappings\/openldap\.yaml:\d+ {2}string$/m);
    expect(out).toMatch(/^ {2}ann +ann$/m);
    expect(out).toMatch(/^Mapped, without a value\n(?:.*\n)*? {2}externalId +carLicense/m);
  });

  test('as a client sees it: a resource type that it may not read is not there', async () => {
    expect((await command({ client: 'reader' }, 'user', 'ann')).out).toContain('as          reader, dialect strict, directory main');
    const { code, err } = await command({ client: 'reader' }, 'group', 'crew');
    expect([code, err]).toEqual([1, expect.stringContaining('There is no Group crew for reader in main')]);
  });

  test('who is not there', async () => {
    const { code, err } = await command({}, 'user', 'nobody "quoted"');
    expect([code, err]).toEqual([1, 'There is no User nobody "quoted" for (anybody) in main: neither its id nor its userName']);
  });

  test.each([[[]], [['user']], [['device', 'x']], [['user', 'a', 'b']]])('%j is unusable input', async (positionals) => {
    await expect(command({}, ...positionals)).rejects.toMatchObject({ name: 'UsageError' });
  });

  test('a directory that is down is told, not taken for an absence', async () => {
    const { code, err } = await command({ set: ['directories.main.servers=["ldap://127.0.0.1:1"]'] }, 'user', 'ann');
    expect([code, err]).toEqual([1, expect.stringMatching(/^503: .*ECONNREFUSED/)]);
  });
});
