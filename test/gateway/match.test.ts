// People who exist already when a client creates them: refused or adopted, and named to the administrator only.
// RFC 7644 section 3.3 (409 uniqueness).
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parseDn } from '../../src/ldap/dn.ts';
import { type Bench, openBench } from '../commands/bench.ts';
import { asMembers, idsIn, newGroup, newName, newUser, type ScimClient, urn } from '../directory/scim-client.ts';
import { Guarded } from './guarded.ts';

describe.each(['demo', 'slapd'] as const)('over %s', (kind) => {
  let bench: Bench;
  let conflicting: Guarded;
  let adopting: Guarded;
  let strict: ScimClient;
  let scim: ScimClient;
  const events: Readonly<Record<string, unknown>>[] = [];
  const listen = (message: unknown): void => {
    const event = message as Readonly<Record<string, unknown>>;
    if (event['event'] === 'a create means an entry that exists already') events.push(event);
  };
  beforeAll(async () => {
    bench = await openBench(kind);
    conflicting = new Guarded(bench, 'matching.yaml');
    adopting = new Guarded(bench, 'adopting.yaml');
    strict = await conflicting.open();
    scim = await adopting.open((config) => ({
      ...config,
      guards: { ...config.guards, protect: [{ dn: parseDn(`uid=keeper,ou=people,${bench.suffix}`), scope: 'base' }] },
    }));
    subscribe('ldap-scim-gateway:event', listen);
  }, 60_000);
  afterEach(() => {
    events.length = 0;
  });
  afterAll(async () => {
    unsubscribe('ldap-scim-gateway:event', listen);
    await Promise.all([conflicting.stop(), adopting.stop()]);
    await bench.stop();
  }, 60_000);

  /** An entry of somebody else's making. */
  async function person(values: Readonly<Record<string, string>> = {}, place = 'ou=people,'): Promise<string> {
    const uid = values['uid'] ?? newName('person');
    const dn = `uid=${uid},${place}${bench.suffix}`;
    const all = { objectClass: 'inetOrgPerson', uid, cn: uid, sn: uid, ...values };
    await adopting.backend.directory.add(parseDn(dn), new Map(Object.entries(all).map(([name, value]) => [name, [value]])));
    return dn;
  }
  const read = async (dn: string) => adopting.backend.directory.read(parseDn(dn), ['*']);
  const mailTo = (value: string) => [{ type: 'work', value }];

  describe('conflict', () => {
    test.each<[string, (value: string) => Readonly<Record<string, string>>, (value: string) => Readonly<Record<string, unknown>>]>([
      ['externalId', (value) => ({ carLicense: value }), (value) => ({ externalId: value })],
      ['userName', (value) => ({ uid: value }), (value) => ({ userName: value.toUpperCase() })],
      ['emails.value', (value) => ({ mail: `${value}@x.test` }), (value) => ({ emails: mailTo(`${value}@X.test`) })],
    ])('%s that a resource has: 409, and the log says who it is', async (key, attributes, sent) => {
      const value = newName('shared');
      const dn = await person(attributes(value));
      const reply = await strict.post('/Users', newUser(sent(value)));
      expect([reply.status, reply.body['scimType'], reply.body['detail']]).toEqual([
        409,
        'uniqueness',
        `Another entry has this ${key} already`,
      ]);
      expect(events).toEqual([
        expect.objectContaining({
          directory: 'main',
          client: 'full',
          resourceType: 'User',
          key,
          holder: dn,
          outside: false,
          became: 'refused',
        }),
      ]);
    });

    test('also one outside of the search bases', async () => {
      const uid = newName('outside');
      const dn = await person({ uid }, '');
      const reply = await strict.post('/Users', newUser({ userName: uid }));
      expect([reply.status, JSON.stringify(reply.body)]).toEqual([409, expect.not.stringContaining(dn)]);
      expect(events).toEqual([expect.objectContaining({ holder: dn, outside: true, became: 'refused' })]);
    });

    test('nobody: created', async () => {
      expect((await strict.post('/Users', newUser({ externalId: newName('ext'), emails: mailTo(`${newName('m')}@x.test`) }))).status).toBe(
        201,
      );
      expect(events).toEqual([]);
    });
  });

  describe('adoption', () => {
    test('of one: the entry becomes the resource, what was not sent stays', async () => {
      const uid = newName('known');
      const dn = await person({ uid, title: 'Clerk', description: 'not mapped', telephoneNumber: '1' });
      const externalId = newName('ext');
      const reply = await scim.post(
        '/Users',
        newUser({ userName: uid, externalId, displayName: 'Known', phoneNumbers: [{ type: 'work', value: '2' }] }),
      );
      expect([reply.status, reply.headers.get('Location')]).toEqual([201, expect.stringContaining(`/Users/${reply.id}`)]);
      expect(reply.body).toMatchObject({ userName: uid, externalId, displayName: 'Known', title: 'Clerk' });
      const entry = await read(dn);
      const texts = (name: string) => entry?.texts(name);
      expect([texts('description'), texts('title'), texts('telephoneNumber'), texts('carLicense')]).toEqual([
        ['not mapped'],
        ['Clerk'],
        ['2'],
        [externalId],
      ]);
      expect((await scim.get(`/Users/${reply.id}`)).status).toBe(200);
      expect(events).toEqual([expect.objectContaining({ became: 'adopted', holder: dn, key: 'userName' })]);
    });

    test('by the first key that somebody shares, and renamed then', async () => {
      const externalId = newName('ext');
      const dn = await person({ carLicense: externalId });
      const userName = newName('renamed');
      const reply = await scim.post('/Users', newUser({ userName, externalId }));
      expect([reply.status, reply.body['userName'], await read(dn)]).toEqual([201, userName, undefined]);
    });

    test('not of somebody who belongs to another externalId', async () => {
      const uid = newName('known');
      const dn = await person({ uid, carLicense: 'of-another' });
      expect((await scim.post('/Users', newUser({ userName: uid, externalId: newName('ext') }))).status).toBe(409);
      expect((await scim.post('/Users', newUser({ userName: uid }))).status).toBe(409);
      expect((await read(dn))?.texts('carLicense')).toEqual(['of-another']);
    });

    test('not of two', async () => {
      const mail = `${newName('shared')}@x.test`;
      await person({ mail });
      await person({ mail });
      const reply = await scim.post('/Users', newUser({ emails: mailTo(mail) }));
      expect([reply.status, reply.body['detail']]).toEqual([409, 'Several entries have this emails.value already']);
      expect(String(events[0]?.['holder']).split(' | ')).toHaveLength(2);
    });

    test('not of one whose other unique value somebody else has', async () => {
      const externalId = newName('ext');
      const dn = await person({ carLicense: externalId });
      const uid = newName('taken');
      await person({ uid });
      expect((await scim.post('/Users', newUser({ userName: uid, externalId }))).status).toBe(409);
      expect(await read(dn)).toBeDefined();
    });

    test('not of one outside of the scope', async () => {
      const uid = newName('outside');
      await person({ uid }, '');
      expect((await scim.post('/Users', newUser({ userName: uid }))).status).toBe(409);
    });

    test('not of a protected entry', async () => {
      const dn = await person({ uid: 'keeper', title: 'Keeper' });
      expect((await scim.post('/Users', newUser({ userName: 'keeper', title: 'Taken over' }))).status).toBe(403);
      expect((await read(dn))?.texts('title')).toEqual(['Keeper']);
    });

    test('not by a client that may only create', async () => {
      const uid = newName('known');
      const dn = await person({ uid, title: 'Clerk' });
      const other = new Guarded(bench, 'adopting.yaml', (config) => ({
        ...config,
        clients: config.clients.map((client) => ({ ...client, allow: { ...client.allow, operations: ['read', 'create'] } })),
      }));
      const creator = await other.open();
      const reply = await creator.post('/Users', newUser({ userName: uid, title: 'Taken over' }));
      expect([reply.status, (await read(dn))?.texts('title')]).toEqual([409, ['Clerk']]);
      await other.stop();
    });

    test('a group keeps its members', async () => {
      const [a, b] = await Promise.all([scim.post('/Users', newUser()), scim.post('/Users', newUser())]);
      const group = await scim.post('/Groups', newGroup({ members: asMembers(a?.id ?? '') }));
      const again = await scim.post('/Groups', newGroup({ displayName: group.body['displayName'], members: asMembers(b?.id ?? '') }));
      expect([again.status, again.id, idsIn(again.body)]).toEqual([201, group.id, [a?.id ?? '', b?.id ?? ''].toSorted()]);
      const empty = await scim.post('/Groups', { schemas: [urn.group], displayName: group.body['displayName'], members: [] });
      expect(idsIn(empty.body)).toHaveLength(2);
    });
  });
});
