// SailPoint and midPoint: aggregation by lists, schemas read before anything else, PATCH or PUT by a switch.
// Sources: SailPoint's documentation of its SCIM 2.0 connector, and the code of midPoint's connector.
import { expect, test } from 'vitest';
import { type Body, newName, urn } from '../directory/scim-client.ts';
import { type Dialogue, type Heard, patchOp, type Provider, type Replay } from './dialogue.ts';

const provider: Provider = {
  name: 'SailPoint',
  dialect: 'compat',
  headers: { Accept: 'application/scim+json' },
  contentType: 'application/scim+json',
};

const create = async (client: Dialogue): Promise<Heard> => {
  const userName = newName('sailpoint');
  const made = await client.post('/Users', {
    schemas: [urn.user, urn.enterprise],
    userName,
    name: { givenName: 'Sail', familyName: 'Point' },
    [urn.enterprise]: { department: 'D' },
  });
  expect(made.status).toBe(201);
  return made;
};

export const sailPoint: Replay = (dialogue) => {
  const talk = (): Dialogue => dialogue(provider);

  test('78. R-038 discovery: the resource types one by one, and schemas without nulls', async () => {
    const client = talk();
    for (const name of ['User', 'Group']) {
      const { status, body } = await client.get(`/ResourceTypes/${name}`);
      expect([status, body['id'], body['endpoint']]).toEqual([200, name, `/${name}s`]);
    }
    const schemas = await client.get('/Schemas');
    expect([schemas.status, schemas.body['schemas'], schemas.text.includes('null')]).toEqual([200, [urn.list], false]);
    expect(schemas.text).not.toContain('"canonicalValues":[]');
    expect((await client.get('/ServiceProviderConfig')).status).toBe(200);
  });

  test('74. T-004 aggregation: pages of a fixed size, all of them and none twice', async () => {
    const client = talk();
    const made = await Promise.all(Array.from({ length: 5 }, () => create(client)));
    const ids: unknown[] = [];
    for (let startIndex = 1, total = 1; startIndex <= total; startIndex += 2) {
      const { body } = await client.get(`/Users?startIndex=${startIndex}&count=2`);
      total = Number(body['totalResults']);
      ids.push(...(body['Resources'] as readonly Body[]).map(({ id }) => id));
    }
    expect(ids).toEqual(expect.arrayContaining(made.map(({ id }) => id)));
    expect(ids.length).toBe(new Set(ids).size);
  });

  test('28. 30. 43. changed by PATCH, or by PUT where PATCH is switched off', async () => {
    const client = talk();
    const made = await create(client);
    const change = patchOp(
      { op: 'replace', path: 'active', value: false },
      { op: 'replace', path: urn.enterprise, value: { department: 'E' } },
    );
    expect((await client.patch(`/Users/${made.id}`, change)).status).toBe(200);
    expect([await client.isDisabled(made.id), await client.landed(made.id, 'department')]).toEqual([true, { department: ['E'] }]);
    const { body } = await client.get(`/Users/${made.id}`);
    expect((await client.put(`/Users/${made.id}`, { ...body, active: true, title: 'Put' })).status).toBe(200);
    expect([await client.isDisabled(made.id), await client.landed(made.id, 'title', 'department')]).toEqual([
      false,
      { title: ['Put'], department: ['E'] },
    ]);
  });
};

export const midPoint: Replay = (dialogue) => {
  const talk = (): Dialogue => dialogue({ ...provider, name: 'midPoint', headers: { Accept: '*/*' }, contentType: 'application/json' });

  test('73. T-005 its first page begins at 0, which means 1', async () => {
    const client = talk();
    const made = await create(client);
    const seen = new Set<unknown>();
    let total = 1;
    // The second page begins at (2 - 1) * size: one early, which is the client's own overlap.
    for (let page = 1; (page - 1) * 3 < total; page += 1) {
      const { status, body } = await client.get(`/Users?startIndex=${(page - 1) * 3}&count=3`);
      expect([status, body['startIndex']]).toEqual([200, Math.max((page - 1) * 3, 1)]);
      total = Number(body['totalResults']);
      for (const { id } of body['Resources'] as readonly Body[]) seen.add(id);
    }
    const last = await client.get(`/Users?startIndex=${total}&count=3`);
    for (const { id } of last.body['Resources'] as readonly Body[]) seen.add(id);
    expect([seen.size, seen.has(made.id)]).toEqual([total, true]);
  });

  test('78. the dynamic mode reads what there is from the schemas', async () => {
    const schemas = await talk().find('/Schemas');
    expect(schemas.map(({ id }) => id)).toEqual(expect.arrayContaining([urn.user, urn.group, urn.enterprise]));
  });
};
