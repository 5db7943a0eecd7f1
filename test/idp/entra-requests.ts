// What Entra ID sends with and without its feature flag alike: people and groups as it creates them.
// Test set-up only; Microsoft's documentation of provisioning.
import { expect } from 'vitest';
import { newName, urn } from '../directory/scim-client.ts';
import { type Dialogue, type Heard, patchOp, type Provider } from './dialogue.ts';

export const entraProvider: Provider = {
  name: 'Entra ID',
  dialect: 'entra',
  headers: {},
  contentType: 'application/scim+json; charset=utf-8',
};

const legacyGroup = 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group';

/** What the service sends for a new person. */
export const newPerson = (extra: Record<string, unknown> = {}): Record<string, unknown> => {
  const name = newName('entra');
  return {
    schemas: [urn.user, urn.enterprise],
    externalId: `Ext-${name}`,
    userName: `${name}@contoso.example`,
    active: true,
    emails: [{ primary: true, type: 'work', value: `${name}@contoso.example` }],
    meta: { resourceType: 'User' },
    name: { formatted: 'Given Family', familyName: 'Family', givenName: 'Given' },
    roles: [],
    ...extra,
  };
};

export const newGroupOf = (displayName: string): Record<string, unknown> => ({
  schemas: [urn.group, legacyGroup],
  externalId: `Ext-${displayName}`,
  displayName,
  meta: { resourceType: 'Group' },
});

export const create = async (client: Dialogue, extra: Record<string, unknown> = {}): Promise<Heard> => {
  const made = await client.post('/Users', newPerson(extra));
  expect(made.status).toBe(201);
  return made;
};

export const createGroup = async (client: Dialogue, ...members: readonly string[]): Promise<Heard> => {
  const made = await client.post('/Groups', newGroupOf(newName('entra group')));
  expect(made.status).toBe(201);
  if (members.length > 0) {
    const value = members.map((id) => ({ $ref: null, value: id }));
    expect((await client.patch(`/Groups/${made.id}`, patchOp({ op: 'Add', path: 'members', value }))).status).toBe(204);
  }
  return made;
};
