// PingFederate and PingOne: matched by userName or by e-mail address, which is compared with `emails` itself.
// Sources: Ping's documentation of its SCIM provisioner. How it updates is not documented, so both ways are replayed.
import { expect, test } from 'vitest';
import { newName, urn } from '../directory/scim-client.ts';
import { type Dialogue, type Heard, patchOp, type Provider, type Replay } from './dialogue.ts';

const provider: Provider = {
  name: 'Ping',
  dialect: 'compat',
  headers: { Accept: 'application/scim+json' },
  contentType: 'application/scim+json',
};

export const ping: Replay = (dialogue) => {
  const talk = (): Dialogue => dialogue(provider);
  const create = async (client: Dialogue, active = true): Promise<Heard> => {
    const userName = newName('ping');
    const emails = [{ value: `${userName}@ping.example`, type: 'work', primary: true }];
    const made = await client.post('/Users', {
      schemas: [urn.user],
      userName,
      name: { givenName: 'Pi', familyName: 'Ng' },
      emails,
      active,
    });
    expect(made.status).toBe(201);
    return made;
  };

  test('5. R-124 the unique identifier workEmail: `emails eq` is `emails.value eq`', async () => {
    const client = talk();
    const { id, body } = await create(client);
    const address = `${String(body['userName'])}@ping.example`;
    expect(await client.find(`/Users?filter=emails eq "${address}"`)).toMatchObject([{ id }]);
    expect(await client.find(`/Users?filter=emails eq "${address.toUpperCase()}"`)).toMatchObject([{ id }]);
    expect(await client.find(`/Users?filter=emails eq "x${address}"`)).toEqual([]);
  });

  test('6. a filter of one’s own, with an address and the state', async () => {
    const client = talk();
    const { id, body } = await create(client);
    const address = `${String(body['userName'])}@ping.example`;
    expect(await client.find(`/Users?filter=emails.value eq "${address}" and active eq true`)).toMatchObject([{ id }]);
    expect(await client.find(`/Users?filter=emails.value eq "${address}" and active eq false`)).toEqual([]);
  });

  test('22. a person who is provisioned although disabled', async () => {
    const client = talk();
    const { id, body } = await create(client, false);
    expect([body['active'], await client.isDisabled(id)]).toEqual([false, true]);
  });

  test('28. 30. changed by PUT or by PATCH', async () => {
    const client = talk();
    const { id, body } = await create(client);
    expect((await client.put(`/Users/${id}`, { ...body, title: 'Put' })).status).toBe(200);
    expect(await client.landed(id, 'title')).toEqual({ title: ['Put'] });
    const change = patchOp({ op: 'replace', path: 'title', value: 'Patched' }, { op: 'replace', path: 'active', value: false });
    expect((await client.patch(`/Users/${id}`, change)).status).toBe(200);
    expect([await client.landed(id, 'title'), await client.isDisabled(id)]).toEqual([{ title: ['Patched'] }, true]);
  });

  test('54. the deprovisioning action "delete": gone, also from searches', async () => {
    const client = talk();
    const { id, body } = await create(client);
    expect([(await client.delete(`/Users/${id}`)).status, await client.exists(id)]).toEqual([204, false]);
    expect(await client.find(`/Users?filter=userName eq "${String(body['userName'])}"`)).toEqual([]);
  });
};
