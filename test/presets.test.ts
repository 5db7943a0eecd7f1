// The shipped presets: each compiles, and what a client sends comes back as it was after it went through an entry.
// Live servers run the contract with `openldap`, `389ds` and `samba-ad`; `freeipa` has this only.
import { describe, expect, test } from 'vitest';
import { type DirectoryConfig, listPresets, loadConfig } from '../src/config.ts';
import { formatDn } from '../src/ldap/dn.ts';
import { Entry } from '../src/ldap/entry.ts';
import { type ResourceMapping, resourceNamed } from '../src/mapping/mapping.ts';
import { readResource } from '../src/mapping/read.ts';
import type { Located, ReadContext, WriteContext } from '../src/mapping/rule.ts';
import { buildEntry, withDefaults } from '../src/mapping/write.ts';
import type { Resource } from '../src/scim/schema.ts';

const core = 'urn:ietf:params:scim:schemas:core:2.0:User';
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const group = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const boss: Located = { id: 'b0', type: 'User', display: 'Boss' };
const bossDn = 'cn=boss,dc=example,dc=com';

function load(preset: string): DirectoryConfig {
  const { directories, warnings } = loadConfig('config.yaml', {
    env: { LDAP_PASSWORD: 'x' },
    text: `
server: { listen: "127.0.0.1:0", publicUrl: "http://127.0.0.1:8080" }
directories:
  main:
    path: /scim/v2
    type: ${preset}
    servers: ["ldaps://ldap.example.com"]
    bind: { dn: "cn=gateway,dc=example,dc=com", password: { env: LDAP_PASSWORD } }
    baseDn: dc=example,dc=com
    mapping: ${preset}
clients:
  - name: client
    auth: { token: { sha256: "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0", expires: never } }
    allow: { directory: main, resources: [User, Group], operations: [read] }
`,
  });
  expect(warnings).toEqual([]);
  const [directory] = directories;
  if (!directory) throw new Error('there is a directory');
  return directory;
}

const writing: WriteContext = {
  dnOf: (id) => (id === boss.id ? bossDn : undefined),
  locate: ({ dn }) => (dn === bossDn ? boss : undefined),
  extraElements: 'reject',
  ignored: () => undefined,
};
const reading: ReadContext = {
  locate: ({ dn }) => (dn === bossDn ? boss : undefined),
  groupsOf: () => [],
  locationOf: (type, id) => `/${type}s/${id}`,
};

/** Through an entry and back. Users of FreeIPA are not created: what a create would do is given. */
function roundTrip(
  preset: string,
  type: 'User' | 'Group',
  sent: Resource,
): { readonly entry: ReturnType<typeof buildEntry>; readonly read: Resource } {
  const mapping = resourceNamed(load(preset).mapping, type);
  const create = mapping?.create ?? resourceNamed(load('389ds').mapping, type)?.create;
  if (!mapping || !create) throw new Error('there is a mapping');
  const entry = buildEntry(mapping, create, withDefaults(mapping, sent), writing);
  const stored = new Entry(`${formatDn({ rdns: [entry.rdn, ...entry.base.rdns] })}`, [
    ...entry.attributes,
    [mapping.id.ldap, [idOf(mapping)]],
  ]);
  const read = readResource(mapping, stored, reading, undefined);
  if (!read) throw new Error('the entry has an id');
  return { entry, read };
}

const idOf = ({ id }: ResourceMapping): string | Buffer =>
  id.codec.name === 'guid' ? Buffer.alloc(16, 1) : '01010101-0101-0101-0101-010101010101';

const user: Resource = {
  schemas: [core, enterprise],
  userName: 'ann.example@example.com',
  externalId: 'x-1',
  displayName: 'Ann Example',
  name: { givenName: 'Ann', familyName: 'Example' },
  title: 'Engineer',
  preferredLanguage: 'de',
  active: false,
  emails: [{ value: 'ann@example.com', type: 'work', primary: true }],
  phoneNumbers: [
    { value: '+1 555 1', type: 'work' },
    { value: '+1 555 2', type: 'mobile' },
  ],
  addresses: [{ streetAddress: 'Main Street 1', locality: 'Bonn', region: 'NRW', postalCode: '53111', type: 'work' }],
  [enterprise]: { employeeNumber: '7', organization: 'Acme', department: 'R&D', manager: { value: 'b0' } },
};

test('these presets are shipped', () => {
  expect(listPresets()).toEqual(['389ds', 'active-directory', 'freeipa', 'openldap', 'samba-ad']);
});

test('samba-ad is active-directory', () => {
  const types = (preset: string): unknown =>
    load(preset).mapping.resources.map(({ type, scope, create }) => ({ type, scope, rdn: create?.objectClasses }));
  expect(types('samba-ad')).toEqual(types('active-directory'));
});

describe.each(listPresets())('%s', (preset) => {
  test('a person comes back as sent', () => {
    const { read } = roundTrip(preset, 'User', user);
    const { schemas: _, phoneNumbers, addresses, ...rest } = user;
    expect(read).toMatchObject(rest);
    expect(read['phoneNumbers']).toMatchObject(phoneNumbers as object);
    expect(read['addresses']).toMatchObject(addresses as object);
  });

  test('a person with nothing but a name gets what the classes need', () => {
    const { entry } = roundTrip(preset, 'User', { schemas: [core], userName: 'ann', active: true });
    const names = [...entry.attributes.keys()].map((name) => name.toLowerCase());
    expect(names).toContain('cn');
    expect(names).toContain(preset.endsWith('ad') || preset === 'active-directory' ? 'samaccountname' : 'sn');
  });

  test('a group and its members come back as sent', () => {
    const { read, entry } = roundTrip(preset, 'Group', {
      schemas: [group],
      displayName: 'staff',
      externalId: 'g-1',
      members: [{ value: 'b0', type: 'User' }],
    });
    expect(read).toMatchObject({ displayName: 'staff', externalId: 'g-1', members: [{ value: 'b0', type: 'User' }] });
    expect(entry.attributes.get('member')).toEqual([Buffer.from(bossDn)]);
  });

  test('an empty group has a placeholder only where its class needs a member', () => {
    const { read, entry } = roundTrip(preset, 'Group', { schemas: [group], displayName: 'empty' });
    expect(entry.attributes.has('member')).toBe(preset === 'openldap');
    expect(read['members']).toBeUndefined();
  });

  test('everything that is created can be found again', () => {
    for (const { create, scope } of load(preset).mapping.resources) {
      for (const { base } of create?.placement ?? [])
        expect(scope.bases.some(({ dn }) => formatDn(base).endsWith(formatDn(dn)))).toBe(true);
    }
  });
});

test.each([
  ['active-directory', 'userAccountControl', '514'],
  ['samba-ad', 'userAccountControl', '514'],
  ['389ds', 'nsAccountLock', 'true'],
  ['freeipa', 'nsAccountLock', 'true'],
  ['openldap', 'employeeType', 'disabled'],
])('%s: a person who is not active has %s: %s', (preset, attribute, value) => {
  const { entry } = roundTrip(preset, 'User', user);
  expect(entry.attributes.get(attribute)?.map(String)).toEqual([value]);
});

test('active-directory: the account name follows its rules', () => {
  const { entry } = roundTrip('active-directory', 'User', { ...user, userName: 'Zoë.Weiß-with-a-very-long-name@example.com' });
  expect(entry.attributes.get('sAMAccountName')?.map(String)).toEqual(['Zoe.Weiss-with-a-ver']);
});

test('freeipa: people are not created, and their names stay', () => {
  const people = resourceNamed(load('freeipa').mapping, 'User');
  expect([people?.create, people?.renames]).toEqual([undefined, false]);
  const { entry } = roundTrip('freeipa', 'Group', { schemas: [group], displayName: 'staff' });
  expect(entry.attributes.get('ipaUniqueID')?.map(String)).toEqual(['autogenerate']);
});
