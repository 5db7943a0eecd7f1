// What both kinds of Okta applications send: their headers and a new person.
// Test set-up only; Okta's reference of SCIM and its SPEC test.
import { expect } from 'vitest';
import { type Body, newName, urn } from '../directory/scim-client.ts';
import type { Dialogue, Heard, Provider } from './dialogue.ts';

export const oktaProvider: Provider = {
  name: 'Okta',
  dialect: 'okta',
  headers: {
    'User-Agent': 'Okta SCIM Client 1.0.0',
    Accept: 'application/scim+json',
    'Accept-Charset': 'utf-8',
    'Accept-Encoding': 'gzip,deflate',
  },
  contentType: 'application/scim+json; charset=utf-8',
};

export const newPerson = (extra: Body = {}): Body => {
  const userName = `${newName('okta')}@okta.local`;
  return {
    schemas: [urn.user],
    userName,
    name: { givenName: 'Test', familyName: 'User' },
    emails: [{ primary: true, value: userName, type: 'work' }],
    displayName: 'Test User',
    locale: 'en-US',
    externalId: newName('00ujl29u0le5T6Aj'),
    groups: [],
    password: 'Xk9#mQ7!vR2$example',
    active: true,
    ...extra,
  };
};

/** As Okta does it: look, create, and take the answer for the truth. */
export const create = async (client: Dialogue, extra: Body = {}): Promise<Heard> => {
  const sent = newPerson(extra);
  const found = await client.get(`/Users?filter=userName eq "${String(sent['userName'])}"&startIndex=1&count=100`);
  expect([found.status, found.body['totalResults'], found.body['Resources']]).toEqual([200, 0, []]);
  const made = await client.post('/Users', sent);
  expect([made.status, made.text === '']).toEqual([201, false]);
  return made;
};

/** The whole resource as Okta sends it back: what it got, changed, with read-only attributes and empty texts in it. */
export const whole = (body: Body, changes: Body = {}): Body => ({
  ...body,
  groups: [],
  ...changes,
  name: { middleName: '', ...(body['name'] as Body), ...(changes['name'] as Body | undefined) },
});
