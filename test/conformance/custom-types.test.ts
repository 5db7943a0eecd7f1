// A resource type of its own, and an extension of User: every type of attribute and every characteristic, over a live directory.
// RFC 7643 section 2 (types, characteristics, multi-valued attributes), 3.3 (extensions), 6 and 7; RFC 7644 sections 3.3 to 3.6.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { slapd } from '../directory/faces.ts';
import { type Body, newName, newUser, type PatchOp, type Reply, type ScimClient, urn, valueOf } from '../directory/scim-client.ts';
import { openStage, type Stage } from '../directory/stage.ts';
import { startSlapd } from '../servers/slapd.ts';

const deviceUrn = 'urn:example:params:scim:schemas:core:2.0:Device';
const cardUrn = 'urn:example:params:scim:schemas:extension:card:2.0:User';
const deviceSchema = readFileSync(new URL('../fixtures/mappings/device.schema', import.meta.url), 'utf8');

let stage: Stage;
let scim: ScimClient;
let ann: string;
beforeAll(async () => {
  stage = await openStage(
    {
      ...slapd,
      mapping: '../fixtures/mappings/device.yaml',
      start: () =>
        startSlapd({ global: deviceSchema, ldif: 'dn: ou=devices,dc=example,dc=test\nobjectClass: organizationalUnit\nou: devices' }),
    },
    { resources: ['Device'] },
  );
  scim = stage.scim;
  ann = (await scim.post('/Users', newUser())).id;
}, 60_000);
afterAll(() => stage.stop());

/** Everything that a client can set. */
const full = (): Body => ({
  schemas: [deviceUrn],
  serial: newName('SN'),
  externalId: 'Ext',
  label: 'Main Gate',
  code: 'aB',
  kind: 'sensor',
  tags: ['alpha', 'Beta'],
  codes: ['c1', 'C1'],
  enabled: true,
  weight: 1.25,
  readings: [-0.5, 3],
  ports: 8,
  channels: [1, 13],
  bought: '2024-02-29T12:00:00Z',
  serviced: ['2025-01-01T00:00:00Z', '2026-01-01T00:00:00.500Z'],
  key: 'AAEC/w==',
  keys: ['AQ==', 'Ag=='],
  manual: 'https://example.com/Manual',
  mirrors: ['https://example.com/1', 'https://example.com/2'],
  owner: { value: ann },
  users: [{ value: ann }],
  size: { width: 10, height: 20 },
  places: [
    { type: 'home', value: 'Hall', floor: 2 },
    { type: 'now', value: 'Yard' },
  ],
  history: [{ at: '2026-01-02T03:04:05Z', what: 'Painted', by: ['x', 'y'] }],
  origin: 'Factory',
  seals: ['s1', 's2'],
  mark: 'M',
});

/** What a client reads of it. */
const shown = ({ owner: _owner, users: _users, places: _places, schemas: _schemas, ...rest }: Body): Body => rest;

const create = async (extra: Body = {}, client = scim): Promise<Reply> => {
  const made = await client.post('/Devices', { schemas: [deviceUrn], serial: newName('SN'), ...extra });
  expect(made.body).toMatchObject({ id: expect.any(String) as string });
  expect(made.status).toBe(201);
  return made;
};
const patch = async (id: string, ...operations: readonly PatchOp[]): Promise<Reply> => scim.patch(`/Devices/${id}`, operations);
const sorted = (value: unknown): unknown => (Array.isArray(value) ? value.toSorted() : value);

describe('discovery', () => {
  const attributes = async (schema: string): Promise<ReadonlyMap<string, Body>> => {
    const { body } = await scim.get(`/Schemas/${schema}`);
    return new Map((body['attributes'] as readonly Body[]).map((each) => [String(each['name']), each]));
  };

  test('R-016 R-044 the resource type and its schemas are listed', async () => {
    expect((await scim.get('/ResourceTypes/Device')).body).toMatchObject({ name: 'Device', endpoint: '/Devices', schema: deviceUrn });
    expect((await scim.get('/ResourceTypes/User')).body).toMatchObject({
      schemaExtensions: expect.arrayContaining([{ schema: cardUrn, required: false }]) as unknown,
    });
  });

  test.each([
    ['serial', { type: 'string', required: true, caseExact: true, mutability: 'immutable', uniqueness: 'server' }],
    ['label', { type: 'string', multiValued: false, required: false, caseExact: false, mutability: 'readWrite', returned: 'default' }],
    ['label', { uniqueness: 'none' }],
    ['kind', { canonicalValues: ['sensor', 'switch'] }],
    ['tags', { type: 'string', multiValued: true, caseExact: false }],
    ['codes', { multiValued: true, caseExact: true }],
    ['enabled', { type: 'boolean' }],
    ['weight', { type: 'decimal' }],
    ['channels', { type: 'integer', multiValued: true }],
    ['bought', { type: 'dateTime' }],
    ['key', { type: 'binary', caseExact: true }],
    ['manual', { type: 'reference', caseExact: true, referenceTypes: ['external'] }],
    ['parent', { type: 'reference', referenceTypes: ['Device'] }],
    ['size', { type: 'complex', multiValued: false }],
    ['places', { type: 'complex', multiValued: true }],
    ['firmware', { mutability: 'readOnly' }],
    ['origin', { mutability: 'immutable' }],
    ['pin', { mutability: 'writeOnly', returned: 'never' }],
    ['secret', { mutability: 'readWrite', returned: 'never' }],
    ['mark', { returned: 'always' }],
    ['remark', { returned: 'request' }],
    ['uuid', { uniqueness: 'global' }],
  ])('R-042 R-046 R-063 %s is published with its characteristics: %o', async (name, characteristics) => {
    expect((await attributes(deviceUrn)).get(name)).toMatchObject(characteristics);
  });

  test('R-042 sub-attributes are published with theirs', async () => {
    const subs = (await attributes(deviceUrn)).get('size')?.['subAttributes'];
    expect(subs).toMatchObject([{ name: 'width', type: 'integer' }, { name: 'height', required: true }, { returned: 'request' }]);
    const places = (await attributes(deviceUrn)).get('places')?.['subAttributes'];
    expect(places).toMatchObject([
      { name: 'value' },
      { name: 'type', canonicalValues: ['home', 'now'] },
      { name: 'floor' },
      { name: 'primary' },
    ]);
  });
});

describe('create and read', () => {
  test('R-064 R-071 every type comes back as it was sent, in the answer and when read', async () => {
    const sent = full();
    const made = await create(sent);
    const { body } = await scim.get(`/Devices/${made.id}`);
    expect(body).toEqual(made.body);
    for (const [name, value] of Object.entries(shown(sent))) expect([name, sorted(body[name])]).toEqual([name, sorted(value)]);
    expect(body['owner']).toEqual({ value: ann, $ref: `${scim.base}/Users/${ann}` });
    expect(body['users']).toEqual([{ value: ann, $ref: `${scim.base}/Users/${ann}` }]);
    expect(body['places']).toEqual([
      { type: 'home', value: 'Hall', floor: 2, primary: true },
      { type: 'now', value: 'Yard' },
    ]);
    expect(body['meta']).toMatchObject({ resourceType: 'Device', location: `${scim.base}/Devices/${made.id}` });
  });

  test('R-064 each value stands in the directory in the syntax of LDAP', async () => {
    const { id } = await create(full());
    const { look } = stage;
    expect(await look.texts(id, 'exEnabled')).toEqual(['TRUE']);
    expect(await look.texts(id, 'exChannel')).toEqual(['1', '13']);
    expect(await look.texts(id, 'exWeight')).toEqual(['1.25']);
    expect(await look.texts(id, 'exBought')).toEqual(['20240229120000.0Z']);
    expect((await look.entry(id)).octets('exKey')).toEqual([Buffer.from([0, 1, 2, 255])]);
    expect(await look.texts(id, 'exOwner')).toEqual([(await look.entry(ann)).dn]);
  });

  test.each([
    ['label', 7],
    ['label', ['x']],
    ['tags', 'x'],
    ['tags', [true]],
    ['enabled', 'yes'],
    ['weight', '1.5kg'],
    ['ports', 1.5],
    ['ports', '8'],
    ['channels', [1, 'x']],
    ['bought', '2024-02-30T00:00:00Z'],
    ['bought', '2024-02-01'],
    ['serviced', ['soon']],
    ['key', 'not base64!'],
    ['manual', 'no uri'],
    ['owner', 'x'],
    ['owner', { value: 'nobody' }],
    ['users', [{ value: 'nobody' }]],
    ['parent', 'nobody'],
    ['size', { width: 'wide', height: 1 }],
    ['size', { width: 1 }],
    ['size', []],
    ['size', [{ height: 1 }]],
    ['places', [{ value: 'x', type: 'else' }]],
    ['places', [{ value: 'x', floor: 'top' }]],
    ['history', [{ at: 'then' }]],
    ['history', [{ who: 'x' }]],
    ['serial', ''],
    ['serial', null],
  ])('R-064 R-095 %s cannot be %j', async (name, value) => {
    const refused = await stage.strict.post('/Devices', { schemas: [deviceUrn], serial: newName('SN'), [name]: value });
    // An empty list and null are no value; a sub-attribute that nobody knows is a matter of syntax.
    const isNone = Array.isArray(value) && value.length === 0;
    expect([name, value, refused.status]).toEqual([name, value, isNone ? 201 : 400]);
    if (!isNone) expect(refused.body['scimType']).toBe(JSON.stringify(value).includes('who') ? 'invalidSyntax' : 'invalidValue');
  });

  test('R-045 canonical values are a suggestion where the directory takes others', async () => {
    expect((await create({ kind: 'camera' })).body['kind']).toBe('camera');
  });
});

describe('mutability', () => {
  test('R-072 R-092 readOnly: ignored in bodies, refused in paths, shown as the directory has it', async () => {
    const { id } = await create({ firmware: 'mine' });
    await stage.look.change(id, 'add', 'exFirmware', '1.0');
    expect((await scim.put(`/Devices/${id}`, { ...(await scim.get(`/Devices/${id}`)).body, firmware: 'mine' })).body['firmware']).toBe(
      '1.0',
    );
    expect((await patch(id, { op: 'replace', path: 'firmware', value: 'x' })).body).toMatchObject({ scimType: 'mutability' });
    expect((await patch(id, { op: 'add', value: { firmware: 'x' } })).status).toBe(200);
    expect(await stage.look.texts(id, 'exFirmware')).toEqual(['1.0']);
  });

  test('R-153 R-166 immutable: set once, then repeated or left out', async () => {
    const { id } = await create();
    expect((await patch(id, { op: 'add', path: 'origin', value: 'Factory' })).body['origin']).toBe('Factory');
    for (const operation of [
      { op: 'replace', path: 'origin', value: 'Elsewhere' },
      { op: 'add', path: 'origin', value: 'Elsewhere' },
      { op: 'remove', path: 'origin' },
    ])
      expect((await patch(id, operation)).body).toMatchObject({ status: '400', scimType: 'mutability' });
    const { body } = await scim.get(`/Devices/${id}`);
    expect((await scim.put(`/Devices/${id}`, { ...body, origin: 'Elsewhere' })).body).toMatchObject({ scimType: 'mutability' });
    const { origin: _, ...rest } = body;
    expect((await scim.put(`/Devices/${id}`, rest)).body['origin']).toBe('Factory');
  });

  test('R-153 R-166 immutable lists do not change either', async () => {
    const { id, body } = await create({ seals: ['s1', 's2'] });
    for (const operation of [
      { op: 'add', path: 'seals', value: ['s3'] },
      { op: 'replace', path: 'seals', value: ['s1'] },
      { op: 'remove', path: 'seals[value eq "s1"]' },
      { op: 'remove', path: 'seals' },
    ])
      expect([operation, (await patch(id, operation)).body]).toMatchObject([operation, { status: '400', scimType: 'mutability' }]);
    expect((await scim.put(`/Devices/${id}`, { ...body, seals: ['s2'] })).body).toMatchObject({ scimType: 'mutability' });
    expect((await scim.put(`/Devices/${id}`, { ...body, seals: ['s2', 's1'] })).status).toBe(200);
    const { seals: _, ...rest } = body;
    expect(sorted((await scim.put(`/Devices/${id}`, rest)).body['seals'])).toEqual(['s1', 's2']);
  });

  test('R-072 R-122 writeOnly: stored, never shown, never found', async () => {
    const { id, body } = await create({ pin: '1234' });
    expect(body).not.toHaveProperty('pin');
    expect((await scim.get(`/Devices/${id}`, { attributes: 'pin' })).body).not.toHaveProperty('pin');
    expect((await scim.get('/Devices', { filter: 'pin eq "1234"' })).body).toMatchObject({ scimType: 'invalidFilter' });
    expect((await scim.get('/Devices', { sortBy: 'pin' })).body).toMatchObject({ scimType: 'invalidValue' });
    expect((await patch(id, { op: 'replace', path: 'pin', value: '5678' })).status).toBe(200);
    expect(await stage.look.texts(id, 'exPin')).toEqual(['5678']);
    await scim.put(`/Devices/${id}`, body);
    expect(await stage.look.texts(id, 'exPin')).toEqual(['5678']);
  });
});

describe('returned', () => {
  const given = { mark: 'M', remark: 'R', secret: 'S', label: 'L', size: { width: 1, height: 2, note: 'N' } };

  test('R-073 R-142 always, by default, on request and never, when read', async () => {
    const { id } = await create(given);
    const read = async (query: Readonly<Record<string, string>>) => (await scim.get(`/Devices/${id}`, query)).body;
    expect(await read({})).toMatchObject({ mark: 'M', label: 'L', size: { width: 1, height: 2 } });
    expect(await read({})).not.toHaveProperty('remark');
    expect(valueOf(await read({}), 'size')).not.toHaveProperty('note');
    expect(await read({ attributes: 'remark' })).toEqual({ schemas: [deviceUrn], id, mark: 'M', remark: 'R' });
    expect(await read({ attributes: 'size.note' })).toEqual({ schemas: [deviceUrn], id, mark: 'M', size: { note: 'N' } });
    expect(await read({ attributes: 'secret' })).toEqual({ schemas: [deviceUrn], id, mark: 'M' });
    expect(await read({ excludedAttributes: 'mark,label' })).toMatchObject({ mark: 'M' });
    expect(await read({ excludedAttributes: 'mark,label' })).not.toHaveProperty('label');
  });

  test('R-142 on request: also in the answer to the write that sets it', async () => {
    const made = await create(given);
    expect(made.body).toMatchObject({ remark: 'R', size: { note: 'N' } });
    expect((await patch(made.id, { op: 'replace', path: 'remark', value: 'R2' })).body['remark']).toBe('R2');
    expect((await patch(made.id, { op: 'replace', path: 'label', value: 'L2' })).body).not.toHaveProperty('remark');
  });

  test('R-122 never: not in lists, filters and orders; kept by a PUT, for nobody can send it back', async () => {
    const { id, body } = await create(given);
    expect(JSON.stringify((await scim.find('/Devices', `id eq "${id}"`, { attributes: 'secret' }))[0])).not.toContain('secret');
    expect((await scim.get('/Devices', { filter: 'secret pr' })).body).toMatchObject({ scimType: 'invalidFilter' });
    await scim.put(`/Devices/${id}`, { ...body, label: 'other' });
    expect(await stage.look.texts(id, 'exSecret')).toEqual(['S']);
  });
});

describe('uniqueness', () => {
  test.each([
    ['server, by the name of the entry', 'serial', (n: string) => n, (n: string) => n],
    ['server, of an integer', 'inventory', (n: string) => Number(n.split('-')[1]), (n: string) => Number(n.split('-')[1])],
    ['global', 'uuid', (n: string) => n, (n: string) => n],
  ])('R-074 R-094 %s: a second one is 409, on POST, PUT and PATCH', async (_name, attribute, first, second) => {
    const name = newName('unique');
    await create({ [attribute]: first(name) });
    const again = await scim.post('/Devices', { schemas: [deviceUrn], serial: newName('SN'), [attribute]: second(name) });
    expect(again.body).toMatchObject({ status: '409', scimType: 'uniqueness' });
    if (attribute === 'serial') return;
    const { id, body } = await create();
    expect((await patch(id, { op: 'add', path: attribute, value: second(name) })).body).toMatchObject({ scimType: 'uniqueness' });
    expect((await scim.put(`/Devices/${id}`, { ...body, [attribute]: second(name) })).body).toMatchObject({ scimType: 'uniqueness' });
  });

  test('R-074 none: as often as one likes; and case-exact values differ by case', async () => {
    const uuid = newName('case');
    const made = await Promise.all(
      [{ label: 'same' }, { label: 'same' }, { uuid }, { uuid: uuid.toUpperCase() }].map((extra) => create(extra)),
    );
    expect(new Set(made.map(({ id }) => id)).size).toBe(4);
  });
});

describe('queries', () => {
  let one: string;
  let two: string;
  let three: string;
  const mark = newName('query');
  beforeAll(async () => {
    one = (await create({ ...full(), mark, label: 'b', weight: 10, ports: 10, bought: '2024-02-29T12:00:00Z' })).id;
    two = (await create({ mark, label: 'A', code: 'AB', weight: 9, ports: 9, bought: '2024-02-29T12:00:00.5+01:00', enabled: false })).id;
    three = (await create({ mark, parent: one })).id;
  });

  test.each([
    ['label eq "B"', [1]],
    ['label co "b" or label sw "a"', [1, 2]],
    ['code eq "aB"', [1]],
    ['code eq "ab"', []],
    ['code pr', [1, 2]],
    ['tags eq "ALPHA"', [1]],
    ['tags ew "ta"', [1]],
    ['tags[value eq "beta"]', [1]],
    ['codes eq "c1"', [1]],
    ['codes ne "c1"', [2, 3]],
    ['enabled eq true', [1]],
    ['enabled eq false', [2]],
    ['enabled ne true', [2, 3]],
    ['weight gt 9', [1]],
    ['weight le 9', [2]],
    ['weight eq 9.0', [2]],
    ['readings lt 0', [1]],
    ['ports ge 10', [1]],
    ['ports lt 10', [2]],
    ['not (ports lt 10)', [1, 3]],
    ['channels eq 13', [1]],
    ['bought gt "2024-02-29T11:30:00Z"', [1]],
    ['bought eq "2024-02-29T13:00:00+01:00"', [1]],
    ['serviced ge "2026-01-01T00:00:00Z"', [1]],
    ['key eq "AAEC/w"', [1]],
    ['keys eq "Ag=="', [1]],
    ['manual eq "https://example.com/Manual"', [1]],
    ['manual eq "https://example.com/manual"', []],
    ['mirrors co "example.com/2"', [1]],
    ['size.width eq 10', [1]],
    ['size.height pr', [1]],
    ['size pr', [1]],
    ['places[type eq "home" and floor gt 1]', [1]],
    ['places[type eq "now" and floor pr]', []],
    ['places.value eq "yard"', [1]],
    ['history[what eq "Painted" and by eq "y"]', [1]],
    ['history.at lt "2026-02-01T00:00:00Z"', [1]],
    ['history.what eq "painted"', []],
    ['origin eq "FACTORY"', [1]],
    ['seals eq "s2"', [1]],
    ['kind eq "Sensor"', [1]],
    ['parent pr', [3]],
    [`${deviceUrn}:label eq "b"`, [1]],
    ['meta.resourceType eq "Device"', [1, 2, 3]],
  ])('R-111 R-112 R-113 R-115 %s', async (filter, expected) => {
    const found = await scim.find('/Devices', `mark eq "${mark}" and (${filter})`);
    const ids = [one, two, three];
    expect(found.map(({ id }) => ids.indexOf(String(id)) + 1).toSorted()).toEqual(expected);
  });

  test('references are found by id and by URL', async () => {
    const ids = async (filter: string) => (await scim.find('/Devices', `mark eq "${mark}" and ${filter}`)).map(({ id }) => id);
    expect(await ids(`owner.value eq "${ann}"`)).toEqual([one]);
    expect(await ids(`users[value eq "${ann}"]`)).toEqual([one]);
    expect(await ids(`parent eq "${scim.base}/Devices/${one}"`)).toEqual([three]);
  });

  test.each([
    'enabled gt true',
    'key co "A"',
    'key gt "A"',
    'bought co "2024"',
    'ports sw 1',
    'weight eq "9"',
    'manual gt "h"',
    'size eq "x"',
  ])('R-111 R-121 %s is invalidFilter', async (filter) => {
    expect((await stage.strict.get('/Devices', { filter })).body).toMatchObject({ status: '400', scimType: 'invalidFilter' });
  });

  test.each([
    ['label', [2, 1, 3]],
    ['code', [2, 1, 3]],
    ['weight', [2, 1, 3]],
    ['ports', [2, 1, 3]],
    ['bought', [2, 1, 3]],
    ['enabled', [2, 1, 3]],
    ['size.width', [1, 0, 0]],
    ['places.value', [1, 0, 0]],
  ])('R-129 R-131 R-132 sorted by %s', async (sortBy, expected) => {
    const found = await scim.find('/Devices', `mark eq "${mark}"`, { sortBy });
    const ids = [one, two, three];
    const order = found.map(({ id }) => ids.indexOf(String(id)) + 1);
    expect(order.slice(0, expected.filter((n) => n > 0).length)).toEqual(expected.filter((n) => n > 0));
    const down = await scim.find('/Devices', `mark eq "${mark}"`, { sortBy, sortOrder: 'descending' });
    expect(ids.indexOf(String(down.at(-1)?.['id'])) + 1).toBe(expected[0]);
  });

  test('R-126 R-223 a filter on what is sensitive is 403 in a URL, wherever it stands in it, and answered by .search', async () => {
    const filter = `mark eq "${mark}" or not (remark eq "R-1")`;
    for (const path of ['/Devices', `/Devices/${one}`, '/'])
      expect((await scim.get(path, { filter })).body).toMatchObject({ status: '403', scimType: 'sensitive' });
    for (const path of ['/Devices/.search', '/.search'])
      expect((await scim.post(path, { schemas: [urn.search], filter })).status).toBe(200);
    expect((await scim.get('/Devices', { filter: `mark eq "${mark}"`, attributes: 'remark' })).status).toBe(200);
  });

  test('R-105 R-147 the root and .search know the type, too', async () => {
    const { body } = await scim.get('/', { filter: `meta.resourceType eq "Device" and mark eq "${mark}"` });
    expect(body['totalResults']).toBe(3);
    const search = { schemas: [urn.search], filter: `mark eq "${mark}"`, attributes: ['label'], sortBy: 'label', count: 1 };
    expect((await scim.post('/Devices/.search', search)).body).toMatchObject({ totalResults: 3, Resources: [{ id: two, label: 'A' }] });
  });
});

describe('PATCH', () => {
  test.each<[string, PatchOp, Body]>([
    ['a string', { op: 'replace', path: 'label', value: 'New' }, { label: 'New' }],
    ['a boolean', { op: 'replace', path: 'enabled', value: false }, { enabled: false }],
    ['a decimal', { op: 'add', path: 'weight', value: 0.1 }, { weight: 0.1 }],
    ['an integer', { op: 'replace', path: 'ports', value: -3 }, { ports: -3 }],
    ['a date', { op: 'replace', path: 'bought', value: '2020-01-01T01:00:00+01:00' }, { bought: '2020-01-01T00:00:00Z' }],
    ['octets', { op: 'replace', path: 'key', value: '/w==' }, { key: '/w==' }],
    ['a URL', { op: 'replace', path: 'manual', value: 'https://example.com/2' }, { manual: 'https://example.com/2' }],
    ['a value of a list', { op: 'add', path: 'tags', value: 'gamma' }, { tags: ['Beta', 'alpha', 'gamma'] }],
    ['a value away', { op: 'remove', path: 'tags[value eq "ALPHA"]' }, { tags: ['Beta'] }],
    ['a number away', { op: 'remove', path: 'channels[value eq 13]' }, { channels: [1] }],
    ['a list', { op: 'replace', path: 'codes', value: ['d'] }, { codes: ['d'] }],
    ['a list of octets', { op: 'add', path: 'keys', value: ['Aw=='] }, { keys: ['AQ==', 'Ag==', 'Aw=='] }],
    ['a list of dates', { op: 'replace', path: 'serviced', value: ['2020-01-01T00:00:00Z'] }, { serviced: ['2020-01-01T00:00:00Z'] }],
    ['a sub-attribute', { op: 'replace', path: 'size.width', value: 11 }, { size: { width: 11, height: 20 } }],
    ['a complex value', { op: 'replace', path: 'size', value: { width: 12 } }, { size: { width: 12, height: 20 } }],
    ['a qualified name', { op: 'replace', path: `${deviceUrn}:label`, value: 'Q' }, { label: 'Q' }],
    [
      'a sub-attribute of an element',
      { op: 'replace', path: 'places[type eq "home"].floor', value: 3 },
      {
        places: [
          { type: 'home', value: 'Hall', floor: 3, primary: true },
          { type: 'now', value: 'Yard' },
        ],
      },
    ],
    [
      'an element away',
      { op: 'remove', path: 'places[type eq "now"]' },
      { places: [{ type: 'home', value: 'Hall', floor: 2, primary: true }] },
    ],
    [
      'an element of JSON',
      { op: 'replace', path: 'history[what eq "Painted"].by', value: ['z'] },
      { history: [{ at: '2026-01-02T03:04:05Z', what: 'Painted', by: ['z'] }] },
    ],
  ])('R-170 R-172 R-174 R-175 %s', async (_name, operation, expected) => {
    const { id } = await create(full());
    const { status, body } = await patch(id, operation);
    expect(status).toBe(200);
    for (const [name, value] of Object.entries(expected)) expect([name, sorted(body[name])]).toEqual([name, sorted(value)]);
    expect((await scim.get(`/Devices/${id}`)).body).toMatchObject(expected);
  });

  test('R-172 every attribute that may go goes', async () => {
    const { id, body } = await create(full());
    const kept = new Set(['serial', 'origin', 'seals', 'id', 'meta', 'schemas']);
    const names = Object.keys(body).filter((name) => !kept.has(name));
    const bare = await patch(id, ...names.map((path) => ({ op: 'remove', path })));
    expect(Object.keys(bare.body).toSorted()).toEqual([...kept].toSorted());
  });

  test('R-173 what is required stays', async () => {
    const { id } = await create(full());
    expect((await patch(id, { op: 'remove', path: 'serial' })).body).toMatchObject({ scimType: 'mutability' });
    expect((await patch(id, { op: 'remove', path: 'size.height' })).body).toMatchObject({ scimType: 'mutability' });
  });

  test('R-178 what is so already changes nothing', async () => {
    const sent = full();
    const { id, etag } = await create(sent);
    const { schemas: _, serial: _serial, ...value } = sent;
    expect((await patch(id, { op: 'add', value })).etag).toBe(etag);
  });
});

describe('PUT and DELETE', () => {
  test('R-155 R-158 PUT of what is there writes nothing; what is left out goes', async () => {
    const { id, body, etag } = await create(full());
    expect((await scim.put(`/Devices/${id}`, body)).etag).toBe(etag);
    const bare = await scim.put(`/Devices/${id}`, { schemas: [deviceUrn], serial: body['serial'] });
    expect(bare.status).toBe(200);
    expect(Object.keys(bare.body).toSorted()).toEqual(['id', 'meta', 'origin', 'schemas', 'seals', 'serial']);
  });

  test('R-154 R-157 PUT wants what is required', async () => {
    const { id, body } = await create(full());
    const { serial: _, ...rest } = body;
    expect((await scim.put(`/Devices/${id}`, { ...rest, size: { width: 1 } })).body).toMatchObject({ scimType: 'invalidValue' });
  });

  test('R-179 a deleted one is gone', async () => {
    const { id } = await create(full());
    expect([(await scim.delete(`/Devices/${id}`)).status, (await scim.get(`/Devices/${id}`)).status]).toEqual([204, 404]);
  });
});

describe('values that are not looked into', () => {
  test('R-090 languages, locales and time zones are stored as they are sent; a URL must be one', async () => {
    const sent = { preferredLanguage: 'de_CH, en;q=0.5', locale: 'en_US', timezone: 'Mars/Olympus', profileUrl: 'people/ann?x=1#y' };
    const made = await stage.strict.post('/Users', newUser(sent));
    expect(made.body).toMatchObject(sent);
    const refused = await stage.strict.post('/Users', newUser({ profileUrl: 'not a URL' }));
    expect(refused.body).toMatchObject({ status: '400', scimType: 'invalidValue' });
  });

  test('R-230 photos are URLs that nobody fetches, and no longer than a body', async () => {
    let calls = 0;
    const listener = createServer((_request, response) => {
      calls += 1;
      response.end();
    });
    await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', resolve));
    const { port } = listener.address() as AddressInfo;
    const value = `http://127.0.0.1:${port}/photo.jpg`;
    const made = await scim.post('/Users', newUser({ photos: [{ value }] }));
    expect(made.body['photos']).toEqual([{ value }]);
    await scim.patch(`/Users/${made.id}`, [{ op: 'add', path: 'photos', value: [{ value: `${value}?2` }] }]);
    expect((await scim.find('/Users', `photos.value eq "${value}"`)).map(({ id }) => id)).toEqual([made.id]);
    const { status } = await scim.patch(`/Users/${made.id}`, [{ op: 'add', path: 'photos', value: `data:${'x'.repeat(1024 * 1024)}` }]);
    await new Promise((resolve) => listener.close(resolve));
    expect([calls, status]).toEqual([0, 413]);
  });
});

describe('an extension of User', () => {
  const card = {
    number: 7,
    valid: '2030-01-01T00:00:00Z',
    lost: false,
    doors: ['A1', 'a1'],
    issuer: 'Office',
    size: { name: 'ID-1', chip: true },
  };
  const holder = (extra: Body = {}): Body => ({
    ...newUser(),
    [cardUrn]: { ...card, number: Number(newName('n').split('-')[1]), ...extra },
  });

  test('R-050 R-051 it is stored, read, filtered and sorted under its URN', async () => {
    const sent = holder({ photo: 'AQID' });
    const made = await scim.post('/Users', sent);
    expect(made.body).toMatchObject({ schemas: [urn.user, cardUrn], [cardUrn]: sent[cardUrn] as Body });
    const { photo: _, ...visible } = sent[cardUrn] as Body;
    const { body } = await scim.get(`/Users/${made.id}`);
    expect(body[cardUrn]).toEqual({ ...visible, doors: expect.arrayContaining(['A1', 'a1']) as unknown });
    expect((await scim.get(`/Users/${made.id}`, { attributes: `${cardUrn}:photo` })).body[cardUrn]).toEqual({ photo: 'AQID' });
    const number = valueOf(sent, cardUrn, 'number') as number;
    for (const filter of [
      `${cardUrn}:number eq ${number}`,
      `${cardUrn}:number eq ${number} and ${cardUrn}:lost eq false`,
      `${cardUrn}:number eq ${number} and ${cardUrn}:size.chip eq true and ${cardUrn}:doors eq "a1"`,
      `${cardUrn}:number eq ${number} and ${cardUrn}:valid gt "2029-01-01T00:00:00Z" and schemas eq "${cardUrn}"`,
    ])
      expect([filter, (await scim.find('/Users', filter)).map(({ id }) => id)]).toEqual([filter, [made.id]]);
    const order = await scim.find('/Users', `${cardUrn}:number pr`, { sortBy: `${cardUrn}:number`, sortOrder: 'descending' });
    expect(order.map(({ id }) => id)).toContain(made.id);
  });

  test('R-074 R-166 R-168 it is patched, and its characteristics hold', async () => {
    const { id } = await scim.post('/Users', newUser());
    const update = (...operations: readonly PatchOp[]): Promise<Reply> => scim.patch(`/Users/${id}`, operations);
    const added = await update({ op: 'add', value: { [cardUrn]: { issuer: 'Office', size: { chip: false } } } });
    expect(added.body).toMatchObject({ schemas: [urn.user, cardUrn], [cardUrn]: { issuer: 'Office', size: { chip: false } } });
    expect((await update({ op: 'replace', path: `${cardUrn}:issuer`, value: 'x' })).body).toMatchObject({ scimType: 'mutability' });
    const other = await scim.post('/Users', holder());
    const taken = valueOf(other.body, cardUrn, 'number');
    expect((await update({ op: 'add', path: `${cardUrn}:number`, value: taken })).body).toMatchObject({ scimType: 'uniqueness' });
    const emptied = await update({ op: 'remove', path: `${cardUrn}:size` });
    expect(emptied.body[cardUrn]).toEqual({ issuer: 'Office' });
  });

  test('R-155 PUT clears it, but for what is immutable', async () => {
    const { id, body } = await scim.post('/Users', holder());
    const { [cardUrn]: _, ...rest } = body;
    expect((await scim.put(`/Users/${id}`, rest)).body[cardUrn]).toEqual({ issuer: 'Office' });
  });

  test('R-067 a reference to an extended user survives its rename', async () => {
    const user = await scim.post('/Users', holder());
    const device = await create({ owner: { value: user.id } });
    await scim.patch(`/Users/${user.id}`, [{ op: 'replace', path: 'userName', value: newName('renamed') }]);
    expect((await scim.get(`/Devices/${device.id}`)).body['owner']).toMatchObject({ value: user.id });
  });
});
