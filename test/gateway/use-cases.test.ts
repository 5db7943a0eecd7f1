// What use cases are answered: attributes returned on request, conditions that are demanded, attributes that are fixed, outages.
// RFC 7643 section 7; RFC 6585 section 3.
import { beforeEach, describe, expect, test } from 'vitest';
import { fileDirectory } from '../../src/commands/file-directory.ts';
import type { Backend } from '../../src/gateway/backend.ts';
import type { Client } from '../../src/gateway/client.ts';
import { createCursors } from '../../src/gateway/cursor.ts';
import type { Gateway } from '../../src/gateway/gateway.ts';
import { createGateway } from '../../src/gateway/use-cases.ts';
import { DirectoryError } from '../../src/ldap/directory.ts';
import { formatDn, parseDn } from '../../src/ldap/dn.ts';
import { Entry } from '../../src/ldap/entry.ts';
import { compat } from '../../src/scim/dialects.ts';
import type { ResourceType } from '../../src/scim/schema.ts';
import { baseDn, compileText, userText } from '../mapping/sample.ts';

const urn = 'urn:example:Badge';
const { mapping, problems } = compileText(
  userText({
    attributes: 'title: title',
    schemas: `- urn: "${urn}"
  name: Badge
  extends: User
  attributes:
    color: { ldap: carLicense, returned: request }
    place: { ldap: departmentNumber, returned: request }`,
  }),
);
const client: Client = { name: 'c', dialect: compat, directory: 'main', resources: ['User'], operations: ['read', 'create', 'update'] };
const id = '00000000-0000-4000-8000-000000000001';
const octets = (values: readonly (string | Uint8Array)[]): readonly Buffer[] => values.map((value) => Buffer.from(value));

let backend: Backend;
let gateway: Gateway;
let type: ResourceType;
beforeEach(() => {
  const entries: Entry[] = [];
  backend = {
    name: 'main',
    baseUrl: 'http://test',
    mapping,
    directory: {
      ...fileDirectory(entries, 'openldap'),
      async add(dn, attributes) {
        const added = [...attributes].map(([name, values]) => [name, octets(values)] as const);
        entries.push(new Entry(formatDn(dn), new Map([...added, ['entryUUID', octets([id])]])));
        return undefined;
      },
      async modify(_dn, changes) {
        const [entry] = entries;
        if (!entry) throw new Error('nothing to modify');
        const now = new Map(entry.names().map((name) => [name, entry.octets(name)]));
        for (const { operation, attribute, values } of changes) if (operation !== 'delete') now.set(attribute, octets(values));
        entries[0] = new Entry(entry.dn, now);
        return undefined;
      },
    },
    cursors: createCursors({ secrets: ['secret'], salt: '', timeout: 60 }),
    guards: { protect: [], allowPrivileged: true },
    bindDn: undefined,
    baseDn: parseDn(baseDn),
  };
  gateway = createGateway(backend, '');
  const [user] = gateway.resourceTypes();
  if (!user) throw new Error(JSON.stringify(problems));
  type = user;
});

const body = { userName: 'ann', title: 'Clerk', [urn]: { color: 'red' } };

describe('R-142 what is returned on request', () => {
  test('is in the answer of the POST that sets it, and in no GET that does not ask for it', async () => {
    expect((await gateway.create(client, type, body, {})).resource).toMatchObject({ userName: 'ann', [urn]: { color: 'red' } });
    expect((await gateway.get(client, type, id, {}, {})).resource).not.toHaveProperty(urn);
    expect((await gateway.get(client, type, id, { attributes: [`${urn}:color`] }, {})).resource).toMatchObject({ [urn]: { color: 'red' } });
  });

  test('is in the answer of the PUT or PATCH that sets it, and nothing else that is so', async () => {
    await gateway.create(client, type, { ...body, [urn]: { color: 'red', place: 'door' } }, {});
    const put = await gateway.replace(client, type, id, { ...body, [urn]: { color: 'blue', place: 'door' } }, {}, {});
    expect(put.resource?.[urn]).toEqual({ color: 'blue', place: 'door' });
    const patch = (Operations: readonly object[], projection = {}) => gateway.patch(client, type, id, { Operations }, projection, {});
    const path = `${urn}:color`;
    expect((await patch([{ op: 'replace', path, value: 'green' }])).resource?.[urn]).toEqual({ color: 'green' });
    expect((await patch([{ op: 'replace', value: { [urn]: { color: 'black' } } }])).resource?.[urn]).toEqual({ color: 'black' });
    expect((await patch([{ op: 'replace', path: 'title', value: 'Head' }])).resource).not.toHaveProperty(urn);
    expect((await patch([{ op: 'replace', path, value: 'white' }], { attributes: ['title'] })).resource).not.toHaveProperty(urn);
    expect((await patch([{ op: 'replace', path, value: 'grey' }], { excludedAttributes: [path] })).resource).not.toHaveProperty(urn);
  });
});

test('what is answered for a projection of nothing is the id', async () => {
  const { resource, version } = await gateway.create(client, type, body, { attributes: [] });
  expect(resource).toEqual({ schemas: [type.schema.id], id });
  expect(version).toMatch(/^W\//);
});

test('R-208 a fixed attribute may be repeated and not changed, whatever else the request changes', async () => {
  await gateway.create(client, type, body, {});
  const fixed: Client = { ...client, fixed: ['title'] };
  const put = (title: string | undefined) => gateway.replace(fixed, type, id, { userName: 'ann', title, [urn]: { color: 'x' } }, {}, {});
  expect((await put('Clerk')).resource).toMatchObject({ title: 'Clerk', [urn]: { color: 'x' } });
  for (const title of ['Head', undefined]) await expect(put(title)).rejects.toMatchObject({ status: 403 });
});

test('R-211 what fails before there is a plan is an outage of the directory, no failure of the gateway', async () => {
  const down = {
    ...backend.directory,
    capabilities: () => {
      throw new DirectoryError('unavailable', 'no server');
    },
  };
  const { create, replace } = createGateway({ ...backend, directory: down }, '');
  await expect(create(client, type, body, {})).rejects.toMatchObject({ status: 503, retryAfter: 5 });
  await expect(replace(client, type, id, body, {}, {})).rejects.toMatchObject({ status: 503, retryAfter: 5 });
});

test('R-204 a PUT without If-Match is 428 for a client of which versions are demanded; PATCH needs none', async () => {
  const { version = '' } = await gateway.create(client, type, body, {});
  const careful: Client = { ...client, unconditionalPut: 'refuse' };
  const next = { ...body, title: 'Head' };
  expect(() => gateway.replace(careful, type, id, next, {}, {})).toThrow(
    expect.objectContaining({ status: 428, scimType: undefined }) as Error,
  );
  expect((await gateway.get(client, type, id, {}, {})).version).toBe(version);
  expect((await gateway.replace(careful, type, id, next, {}, { ifMatch: [version] })).resource).toMatchObject({ title: 'Head' });
  const Operations = [{ op: 'replace', path: 'title', value: 'Clerk' }];
  expect((await gateway.patch(careful, type, id, { Operations }, {}, {})).resource).toMatchObject({ title: 'Clerk' });
});
