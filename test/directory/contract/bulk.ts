// Bulk (RFC 7644 section 3.7): what it answers, and what the entries are afterwards.
import { expect, test } from 'vitest';
import type { Part } from '../contract.ts';
import { asMembers, type Body, idsIn, newGroup, newName, newUser, type Reply, type ScimClient, urn, valueOf } from '../scim-client.ts';

const bulkUrn = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';

export const bulk: Part = (stage) => {
  const send = (scim: ScimClient, Operations: readonly Body[], more: Body = {}): Promise<Reply> =>
    scim.post('/Bulk', { schemas: [bulkUrn], Operations, ...more });
  const resultsOf = ({ body }: Reply): readonly Body[] => body['Operations'] as readonly Body[];
  const idOf = (result: Body | undefined): string => String(result?.['location']).split('/').at(-1) ?? '';
  const user = (bulkId: string, extra: Body = {}): Body => ({ method: 'POST', path: '/Users', bulkId, data: newUser(extra) });
  const group = (bulkId: string, ...members: string[]): Body => ({
    method: 'POST',
    path: '/Groups',
    bulkId,
    data: newGroup({ members: asMembers(...members) }),
  });
  const patch = (path: string, ...Operations: readonly Body[]): Body => ({
    method: 'PATCH',
    path,
    data: { schemas: [urn.patch], Operations },
  });

  test('R-190 T-047 references are resolved in any place and direction', async () => {
    const { scim, look } = stage();
    const answer = await send(scim, [
      user('worker', { [urn.enterprise]: { manager: { value: 'bulkId:boss' } } }),
      group('team', 'bulkId:worker', 'bulkId:boss'),
      user('boss'),
      patch('/Groups/bulkId:team', { op: 'remove', path: 'members[value eq "bulkId:boss"]' }),
      patch('/Users/bulkId:worker', { op: 'replace', path: 'title', value: 'Worker' }),
    ]);
    const results = resultsOf(answer);
    expect([answer.status, results.map(({ status }) => status)]).toEqual([200, ['201', '201', '201', '200', '200']]);
    const [worker, team, boss] = results.map(idOf);
    expect((await scim.get(`/Users/${worker}`)).body).toMatchObject({ title: 'Worker', [urn.enterprise]: { manager: { value: boss } } });
    expect(idsIn((await scim.get(`/Groups/${team}`)).body)).toEqual([worker]);
    expect(await look.texts(worker ?? '', 'title')).toEqual(['Worker']);
    const { etag } = await scim.get(`/Groups/${team}`);
    expect(results[3]?.['version']).toBe(etag);
  });

  test('R-191 groups of each other, and managers of each other, are created and linked', async () => {
    const { scim } = stage();
    const results = resultsOf(
      await send(scim, [
        group('a', 'bulkId:b'),
        group('b', 'bulkId:a'),
        user('x', { [urn.enterprise]: { manager: { value: 'bulkId:y' } } }),
        user('y', { [urn.enterprise]: { manager: { value: 'bulkId:x' } } }),
      ]),
    );
    expect(results.map(({ status }) => status)).toEqual(['201', '201', '201', '201']);
    const [a, b, x, y] = results.map(idOf);
    expect(idsIn((await scim.get(`/Groups/${a}`)).body)).toEqual([b]);
    expect(idsIn((await scim.get(`/Groups/${b}`)).body)).toEqual([a]);
    for (const [id, manager] of [
      [x, y],
      [y, x],
    ])
      expect(valueOf((await scim.get(`/Users/${id}`)).body, urn.enterprise, 'manager', 'value')).toBe(manager);
    const { etag } = await scim.get(`/Users/${x}`);
    expect(results[2]?.['version']).toBe(etag);
  });

  test('R-188 R-189 R-193 R-196 each operation stands for itself', async () => {
    const { scim } = stage();
    const taken = await scim.post('/Users', newUser());
    const results = resultsOf(
      await send(scim, [
        user('double', { userName: taken.body['userName'] }),
        group('of-double', 'bulkId:double'),
        user('fine'),
        { method: 'PUT', path: `/Users/${newName()}`, data: newUser() },
        { method: 'DELETE', path: `/Users/${taken.id}` },
        { method: 'GET', path: '/Users' },
        { method: 'POST', path: '/Bulk', bulkId: 'nested', data: {} },
        { method: 'DELETE', path: '/Me' },
      ]),
    );
    expect(results.map(({ status }) => status)).toEqual(['409', '409', '201', '404', '204', '400', '400', '400']);
    expect(results[0]).toMatchObject({ bulkId: 'double', response: { schemas: [urn.error], status: '409', scimType: 'uniqueness' } });
    expect((await scim.get(`/Users/${taken.id}`)).status).toBe(404);
    expect((await scim.get(`/Users/${idOf(results[2])}`)).status).toBe(200);
  });

  test('T-048 R-188 failOnErrors stops after as many errors', async () => {
    const { scim } = stage();
    const results = resultsOf(await send(scim, [user('a'), { method: 'DELETE', path: '/Users/none' }, user('b')], { failOnErrors: 1 }));
    expect(results.map(({ status }) => status)).toEqual(['201', '404']);
  });

  test('R-194 a version is a condition', async () => {
    const { scim } = stage();
    const { id, etag } = await scim.post('/Users', newUser());
    const change = { op: 'replace', path: 'title', value: 'x' };
    const results = resultsOf(
      await send(scim, [
        { ...patch(`/Users/${id}`, change), version: 'W/"stale"' },
        { ...patch(`/Users/${id}`, change), version: etag },
        { method: 'DELETE', path: `/Users/${id}`, version: etag },
      ]),
    );
    expect(results.map(({ status }) => status)).toEqual(['412', '200', '412']);
    expect(results[1]?.['version']).toBe((await scim.get(`/Users/${id}`)).etag);
  });

  test('R-197 rights are those of the client', async () => {
    const { scim, reader } = stage();
    const { id } = await scim.post('/Users', newUser());
    const results = resultsOf(
      await send(reader, [
        user('a'),
        { method: 'DELETE', path: `/Users/${id}` },
        patch(`/Users/${id}`, { op: 'add', path: 'title', value: 'x' }),
      ]),
    );
    expect(results.map(({ status }) => status)).toEqual(['403', '403', '403']);
    expect((await scim.get(`/Users/${id}`)).status).toBe(200);
  });
};
