// Bulk over a directory in memory: order, failures, dependencies and circles.
// RFC 7644 section 3.7.
import { beforeEach, describe, expect, test } from 'vitest';
import { bulkLimits, executeBulk } from '../../src/gateway/bulk.ts';
import { bulkResponse } from '../../src/scim/bulk.ts';
import { compat } from '../../src/scim/dialects.ts';
import { invalidValue } from '../../src/scim/error.ts';
import type { Json, JsonObject } from '../../src/scim/schema.ts';
import { clients, createFakeGateway, type FakeGateway } from '../http/fake-gateway.ts';

const schemas = ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'];
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const caller = (name: string) => clients.find(({ client }) => client.name === name)?.client ?? clients[0]!.client;

let gateway: FakeGateway;
beforeEach(() => {
  gateway = createFakeGateway('main', '/scim/v2');
  // The fake has no references of its own: what is created or added must exist.
  const { create, patch } = gateway;
  const check = (value: Json | undefined): void => {
    const text = JSON.stringify(value ?? null);
    for (const [, id = ''] of text.matchAll(/"value":"([^"]+)"/g)) if (!gateway.rows.has(id)) throw invalidValue(`${id} names nothing`);
    if (text.includes('bulkId:')) throw new Error('an unresolved reference');
  };
  gateway.create = async (...parameters) => {
    check(parameters[2] as JsonObject);
    return create(...parameters);
  };
  gateway.patch = async (...parameters) => {
    check((parameters[3] as JsonObject)['Operations']);
    return patch(...parameters);
  };
});

type Operation = Readonly<Record<string, unknown>>;
const user = (bulkId: string, data: JsonObject = {}): Operation => ({
  method: 'POST',
  path: '/Users',
  bulkId,
  data: { userName: bulkId, ...data },
});
const group = (bulkId: string, ...members: string[]): Operation => ({
  method: 'POST',
  path: '/Groups',
  bulkId,
  data: { userName: bulkId, displayName: bulkId, members: members.map((value) => ({ value })) },
});
const patch = (path: string, ...members: string[]): Operation => ({
  method: 'PATCH',
  path,
  data: { Operations: [{ op: 'add', path: 'members', value: members.map((value) => ({ value })) }] },
});

async function run(Operations: readonly Operation[], failOnErrors?: number, client = 'full'): Promise<readonly JsonObject[]> {
  const body = { schemas, Operations, ...(failOnErrors !== undefined && { failOnErrors }) };
  return bulkResponse(await executeBulk(gateway, caller(client), body))['Operations'] as readonly JsonObject[];
}

const statuses = (results: readonly JsonObject[]): readonly unknown[] =>
  results.map(({ bulkId, method, status }) => `${String(bulkId ?? method)} ${String(status)}`);
const asked = (): readonly string[] =>
  gateway.calls.map(({ name, body }) => `${name} ${String((body as JsonObject | undefined)?.['userName'] ?? '')}`.trim());
const bodyOf = (name: string): unknown => gateway.calls.find(({ body }) => (body as JsonObject | undefined)?.['userName'] === name)?.body;
const idAt = (result: JsonObject | undefined): string => String(result?.['location']).split('/').at(-1) ?? '';

describe('operations', () => {
  test('R-187 R-188 R-189 each is done in order and answered by itself', async () => {
    const results = await run([
      user('a'),
      user('a-again', { userName: 'alice' }),
      { method: 'PUT', path: '/Users/u2', data: { userName: 'bob2' } },
      { method: 'PATCH', path: '/Users/u1', version: 'W/"u1.1"', data: { Operations: [] } },
      { method: 'PATCH', path: '/Users/u1', version: 'W/"other"', data: { Operations: [] } },
      { method: 'DELETE', path: '/Groups/g1' },
      { method: 'DELETE', path: '/Groups/g1' },
      { method: 'GET', path: '/Users/u1' },
      { method: 'POST', path: '/Robots', bulkId: 'r', data: {} },
    ]);
    expect(results).toMatchObject([
      { method: 'POST', bulkId: 'a', status: '201', location: `${gateway.baseUrl}/Users/new-4`, version: 'W/"new-4.1"' },
      { method: 'POST', bulkId: 'a-again', status: '409', response: { status: '409', scimType: 'uniqueness' } },
      { method: 'PUT', status: '200', location: `${gateway.baseUrl}/Users/u2`, version: 'W/"u2.2"' },
      { method: 'PATCH', status: '200', location: `${gateway.baseUrl}/Users/u1` },
      { method: 'PATCH', status: '412', location: `${gateway.baseUrl}/Users/u1`, response: { status: '412' } },
      { method: 'DELETE', status: '204', location: `${gateway.baseUrl}/Groups/g1` },
      { method: 'DELETE', status: '404', location: `${gateway.baseUrl}/Groups/g1` },
      { method: 'GET', status: '400', response: { scimType: 'invalidSyntax' } },
      { method: 'POST', bulkId: 'r', status: '404' },
    ]);
    for (const failed of results.filter(({ status }) => Number(status) >= 400 && status !== '201'))
      expect(failed['version']).toBeUndefined();
    expect([results[1]?.['location'], results[8]?.['location']]).toEqual([undefined, undefined]);
  });

  test('R-197 the rights of the client are asked for each', async () => {
    gateway.create = (client) =>
      client.operations.includes('create') ? Promise.reject(new Error('allowed')) : Promise.reject(invalidValue('refused'));
    expect(await run([user('a')], undefined, 'reader')).toMatchObject([{ status: '400', response: { detail: 'refused' } }]);
    expect(statuses(await run([{ method: 'DELETE', path: '/Groups/g1' }], undefined, 'people'))).toEqual(['DELETE 404']);
  });

  test('what is no SCIM error is 500 with its cause for the log only', async () => {
    gateway.failure = new TypeError('a defect');
    const [result] = await executeBulk(gateway, caller('full'), { schemas, Operations: [user('a')] });
    expect([result?.status, result?.error?.cause, JSON.stringify(result?.error)]).toEqual([
      500,
      gateway.failure,
      expect.not.stringContaining('defect'),
    ]);
  });

  test.each([
    [1, ['a 201', 'x 409']],
    [2, ['a 201', 'x 409', 'y 409']],
    [3, ['a 201', 'x 409', 'y 409', 'b 201']],
  ])('T-048 R-188 failOnErrors %i stops after that many errors', async (failOnErrors, expected) => {
    const taken = { userName: 'alice' };
    expect(statuses(await run([user('a'), user('x', taken), user('y', taken), user('b')], failOnErrors))).toEqual(expected);
  });

  test('R-195 the limit of operations is the published one', async () => {
    const many = Array.from({ length: bulkLimits.maxOperations + 1 }, () => ({ method: 'GET' }));
    await expect(run(many)).rejects.toMatchObject({ status: 413, message: expect.stringContaining('maxOperations is 1000') as string });
    expect(await run(many.slice(1))).toHaveLength(1000);
  });
});

describe('references', () => {
  test('R-190 backwards, in data and in paths', async () => {
    const results = await run([
      user('a'),
      group('g', 'bulkId:a'),
      patch('/Groups/bulkId:g', 'bulkId:a'),
      { method: 'DELETE', path: '/Users/bulkId:a' },
    ]);
    expect(statuses(results)).toEqual(['a 201', 'g 201', 'PATCH 200', 'DELETE 204']);
    expect(bodyOf('g')).toMatchObject({ members: [{ value: idAt(results[0]) }] });
    expect(results[2]?.['location']).toBe(results[1]?.['location']);
  });

  test('R-190 R-192 forwards: what refers to something waits for it, and results keep the order of the request', async () => {
    const results = await run([
      user('a', { [enterprise]: { manager: { value: 'bulkId:c' } } }),
      patch('/Groups/g1', 'bulkId:b'),
      user('b'),
      user('c'),
    ]);
    expect(statuses(results)).toEqual(['a 201', 'PATCH 200', 'b 201', 'c 201']);
    expect(asked()).toEqual(['create User b', 'patch Group', 'create User c', 'create User a']);
    expect(bodyOf('a')).toMatchObject({ [enterprise]: { manager: { value: idAt(results[3]) } } });
  });

  test('R-192 an operation does not overtake a waiting one about the same resource', async () => {
    const results = await run([
      patch('/Groups/g1', 'bulkId:b'),
      { method: 'DELETE', path: '/Groups/g1' },
      { method: 'DELETE', path: '/Users/u2' },
      user('b'),
    ]);
    expect(statuses(results)).toEqual(['PATCH 200', 'DELETE 204', 'DELETE 204', 'b 201']);
    expect(asked()).toEqual(['delete User', 'create User b', 'patch Group', 'delete Group']);
  });

  test('R-192 a member is not deleted before the waiting operation that names it', async () => {
    expect(statuses(await run([group('g', 'u2', 'bulkId:b'), { method: 'DELETE', path: '/Users/u2' }, user('b')]))).toEqual([
      'g 201',
      'DELETE 204',
      'b 201',
    ]);
    expect(asked()).toEqual(['create User b', 'create Group g', 'delete User']);
  });

  test('R-193 to nothing is 400, to what failed 409, and the rest goes on', async () => {
    const results = await run([
      group('lost', 'bulkId:nobody'),
      group('early', 'bulkId:taken'),
      user('taken', { userName: 'alice' }),
      group('late', 'bulkId:taken'),
      group('next', 'bulkId:late'),
      { method: 'POST', path: '/Users', bulkId: 'broken' },
      group('of-broken', 'bulkId:broken'),
      { method: 'DELETE', path: '/Users/bulkId:taken' },
      user('fine'),
    ]);
    expect(statuses(results)).toEqual([
      'lost 400',
      'early 409',
      'taken 409',
      'late 409',
      'next 409',
      'broken 400',
      'of-broken 409',
      'DELETE 409',
      'fine 201',
    ]);
    expect(results[0]).toMatchObject({ response: { scimType: 'invalidValue' } });
  });
});

describe('circles (R-191)', () => {
  test.each([
    ['two groups of each other', [group('a', 'bulkId:b'), group('b', 'bulkId:a')]],
    ['three in a row', [group('a', 'bulkId:b'), group('b', 'bulkId:c'), group('c', 'bulkId:a')]],
    ['one that holds itself', [group('a', 'bulkId:a')]],
    ['one before a circle', [group('x', 'bulkId:a'), group('a', 'bulkId:b'), group('b', 'bulkId:a')]],
    ['two circles that meet', [group('a', 'bulkId:b', 'bulkId:c'), group('b', 'bulkId:a'), group('c', 'bulkId:a')]],
  ])('%s are created and linked', async (_, operations) => {
    const results = await run(operations);
    expect(results.map(({ status }) => status)).toEqual(operations.map(() => '201'));
    const ids = new Map(results.map((result) => [String(result['bulkId']), idAt(result)]));
    const links = gateway.calls.flatMap(({ name, body }) => {
      const { members, Operations } = body as { members?: readonly JsonObject[]; Operations?: readonly { value: readonly JsonObject[] }[] };
      return name.startsWith('create') ? (members ?? []) : (Operations ?? []).flatMap(({ value }) => value);
    });
    const named = operations.flatMap(({ data }) => (data as { members: readonly { value: string }[] }).members);
    expect(links.map(({ value }) => value).toSorted()).toEqual(named.map(({ value }) => ids.get(value.replace('bulkId:', ''))).toSorted());
  });

  test('the client need not be allowed more than to create', async () => {
    const creator = { ...caller('full'), dialect: compat, operations: ['create' as const] };
    const results = await executeBulk(gateway, creator, { schemas, Operations: [group('a', 'bulkId:b'), group('b', 'bulkId:a')] });
    expect(results.map(({ status }) => status)).toEqual([201, 201]);
  });

  test('one that cannot be closed is taken back whole', async () => {
    const before = [...gateway.rows.keys()];
    const results = await run([
      group('a', 'bulkId:b'),
      { ...group('b', 'bulkId:a'), data: { userName: 'alice', members: [{ value: 'bulkId:a' }] } },
    ]);
    expect(statuses(results)).toEqual(['a 409', 'b 409']);
    expect(results[0]?.['location']).toBeUndefined();
    expect([...gateway.rows.keys()]).toEqual(before);
  });

  test('what others refer to by now stays, and its error says where it is', async () => {
    const { patch: link } = gateway;
    gateway.patch = async (...parameters) => {
      if (parameters[2].startsWith('new-')) throw invalidValue('no');
      return link(...parameters);
    };
    const results = await run([group('a', 'bulkId:b'), group('b', 'bulkId:a')]);
    expect(results).toMatchObject([
      { bulkId: 'a', status: '400', location: `${gateway.baseUrl}/Groups/new-4` },
      { bulkId: 'b', status: '201' },
    ]);
    expect(gateway.rows.has('new-4')).toBe(true);
  });

  test('failOnErrors inside a circle leaves no half of it', async () => {
    const before = [...gateway.rows.keys()];
    const results = await run([user('x', { userName: 'alice' }), group('a', 'bulkId:b'), group('b', 'bulkId:a')], 1);
    expect(statuses(results)).toEqual(['x 409']);
    const failing = { ...group('b', 'bulkId:a', 'bulkId:c'), data: { userName: 'alice', members: [{ value: 'bulkId:a' }] } };
    expect(statuses(await run([group('a', 'bulkId:b', 'bulkId:c'), failing, group('c', 'bulkId:a')], 1))).toEqual(['a 409', 'b 409']);
    expect([...gateway.rows.keys()]).toEqual(before);
  });
});

test('a thousand operations that wait for the last are done in a moment', async () => {
  const operations = [...Array.from({ length: 999 }, (_, i) => group(`g${i}`, 'bulkId:last')), user('last')];
  const started = performance.now();
  const results = await run(operations);
  expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['201']));
  expect(performance.now() - started).toBeLessThan(5000);
});

test('a path that is no Unicode text fails alone: what was done before it is answered as done', async () => {
  const results = await run([user('a'), { method: 'DELETE', path: '/Users/\ud800' }, user('b')]);
  expect(statuses(results)).toEqual(['a 201', 'DELETE 404', 'b 201']);
});
