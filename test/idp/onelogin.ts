// OneLogin: an application whose JSON template an administrator edits; it wants application/json in answers.
// Sources: OneLogin's guide to implementing SCIM, and a published template.
import { expect, test } from 'vitest';
import { newName, urn, valueOf } from '../directory/scim-client.ts';
import { type Dialogue, type Heard, patchOp, type Provider, type Replay } from './dialogue.ts';

const provider: Provider = {
  name: 'OneLogin',
  dialect: 'onelogin',
  headers: {},
  contentType: 'application/json',
};

/** As the template makes it: texts for booleans, a null id, the manager as SCIM 1.1 had it, and schemas that do not list the extension. */
const fromTemplate = (extra: Record<string, unknown> = {}): Record<string, unknown> => {
  const userName = `${newName('onelogin')}@example.com`;
  return {
    schemas: [urn.user],
    id: null,
    externalId: newName('1000'),
    userName,
    active: 'true',
    name: { givenName: 'One', familyName: 'Login', formatted: 'One Login' },
    displayName: 'One Login',
    emails: [{ value: userName, type: 'work', primary: true }],
    [urn.enterprise]: { department: 'D', manager: { managerId: '', displayName: 'Nobody' } },
    ...extra,
  };
};

export const oneLogin: Replay = (dialogue) => {
  const talk = (): Dialogue => dialogue(provider);
  const create = async (client: Dialogue, extra: Record<string, unknown> = {}): Promise<Heard> => {
    const made = await client.post('/Users', fromTemplate(extra));
    expect(made.status).toBe(201);
    return made;
  };

  test('1. 26. initial connection: a userName that does not exist is an empty list, as application/json', async () => {
    const { status, body, contentType } = await talk().get('/Users?filter=userName eq "does-not-exist"');
    expect([status, contentType, body['totalResults'], body['Resources']]).toEqual([200, 'application/json', 0, []]);
  });

  test('15. 16. 17. 25. 26. a new person from the template', async () => {
    const client = talk();
    const made = await create(client);
    expect([made.contentType, made.body['active'], made.body['schemas']]).toEqual(['application/json', true, [urn.user, urn.enterprise]]);
    expect(valueOf(made.body, urn.enterprise)).toEqual({ department: 'D' });
    expect(await client.landed(made.id, 'department', 'manager', 'displayName', 'mail')).toEqual({
      department: ['D'],
      manager: [],
      displayName: ['One Login'],
      mail: [made.body['userName']],
    });
  });

  test('26. T-079 errors are application/json, too', async () => {
    const client = talk();
    const { body } = await create(client);
    const again = await client.post('/Users', fromTemplate({ userName: body['userName'] }));
    expect([again.status, again.contentType, again.body['schemas']]).toEqual([409, 'application/json', [urn.error]]);
  });

  test('15. 28. updated by the template, by PUT as by PATCH, and suspended by the text "false"', async () => {
    const client = talk();
    const made = await create(client);
    const { externalId, userName } = made.body;
    const changed = fromTemplate({ userName, externalId, displayName: 'Two Login' });
    expect((await client.put(`/Users/${made.id}`, changed)).body).toMatchObject({ id: made.id, displayName: 'Two Login', active: true });
    const value = fromTemplate({ userName, externalId, displayName: 'Three Login', active: 'false' });
    expect((await client.patch(`/Users/${made.id}`, patchOp({ op: 'replace', value }))).status).toBeLessThan(300);
    expect([await client.isDisabled(made.id), await client.landed(made.id, 'displayName', 'department')]).toEqual([
      true,
      { displayName: ['Three Login'], department: ['D'] },
    ]);
  });

  test('57. 63. 64. groups: listed, made, given members and deleted', async () => {
    const client = talk();
    const one = await create(client);
    expect((await client.get('/Groups')).status).toBe(200);
    const made = await client.post('/Groups', { schemas: [urn.group], displayName: newName('onelogin group') });
    expect(made.status).toBe(201);
    const change = async (op: string): Promise<readonly string[]> => {
      const { status } = await client.patch(`/Groups/${made.id}`, patchOp({ op, path: 'members', value: [{ value: one.id }] }));
      expect(status).toBe(204);
      return client.membersInLdap(made.id);
    };
    expect([await change('add'), await change('remove')]).toEqual([[one.id], []]);
    expect((await client.delete(`/Groups/${made.id}`)).status).toBe(204);
  });

  test('54. a person deleted', async () => {
    const client = talk();
    const { id } = await create(client);
    expect([(await client.delete(`/Users/${id}`)).status, await client.exists(id)]).toEqual([204, false]);
  });
};
