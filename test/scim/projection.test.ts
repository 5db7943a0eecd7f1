import { describe, expect, it } from 'vitest';
import { defineAttribute, defineComplex } from '../../src/scim/attribute.ts';
import type { ScimError } from '../../src/scim/error.ts';
import { isProjected, parseProjection, projectResource, type Projection, writtenNames } from '../../src/scim/projection.ts';
import type { Resource } from '../../src/scim/schema.ts';
import { badgeUrn, barbara, coreUrn, enterpriseUrn, userType } from './sample.ts';

const project = (projection: Projection, resource: Resource = { ...barbara, password: 'pw' }): Resource =>
  projectResource(resource, userType, projection);
const attributes = (...names: string[]): Resource => project({ attributes: names });
const without = (...names: string[]): Resource => project({ excludedAttributes: names });

/** What is always returned of `barbara`. */
const always = { schemas: [coreUrn, badgeUrn], id: barbara['id'], [badgeUrn]: { serial: 'Ab' } };
const badge = (more: object): object => ({ ...always, [badgeUrn]: { serial: 'Ab', ...more } });

describe('projectResource', () => {
  it('returns by default all but what is returned on request or never (R-142, R-077)', () => {
    const { password: _, ...resource } = project({});
    const { picture: _picture, pin: _pin, ...rest } = barbara[badgeUrn] as Record<string, unknown>;
    expect(resource).toEqual({
      ...barbara,
      schemas: [coreUrn, enterpriseUrn, badgeUrn],
      [badgeUrn]: { ...rest, maker: { value: 'Acme', country: 'US', key: 'k' } },
    });
    expect(project({})).not.toHaveProperty('password');
    expect(Object.keys(resource)[0]).toBe('schemas');
    expect(Object.keys(resource).at(-1)).toBe('meta');
  });

  it.each<[string[], object]>([
    [['userName'], { ...always, userName: 'bjensen@example.com' }],
    [['USERNAME', 'nope', 'name.nope', '', '*'], { ...always, userName: 'bjensen@example.com' }],
    [['nope'], always],
    [['id'], always],
    [['name.givenName'], { ...always, name: { givenName: 'Barbara' } }],
    [['name.givenName', 'name.familyName'], { ...always, name: { givenName: 'Barbara', familyName: 'Jensen' } }],
    [['name.givenName', 'name'], { ...always, name: barbara['name'] }],
    [['name', 'name.givenName'], { ...always, name: barbara['name'] }],
    [['emails.value'], { ...always, emails: [{ value: 'bjensen@example.com' }, { value: 'babs@jensen.org' }] }],
    [['emails.primary'], { ...always, emails: [{ primary: true }] }],
    [['emails.display'], always],
    [['meta.version'], { ...always, meta: { version: 'W/"a"' } }],
    [[`${coreUrn}:title`], { ...always, title: 'Tour Guide' }],
    [['password', 'userName'], { ...always, userName: 'bjensen@example.com' }],
    [['manager'], always],
    [['__proto__', 'constructor'], always],
    [
      [`${enterpriseUrn}:manager.value`],
      { ...always, schemas: [coreUrn, enterpriseUrn, badgeUrn], [enterpriseUrn]: { manager: { value: '26118915' } } },
    ],
    [[enterpriseUrn.toUpperCase()], { ...always, schemas: [coreUrn, enterpriseUrn, badgeUrn], [enterpriseUrn]: barbara[enterpriseUrn] }],
    [[`${badgeUrn}:picture`], badge({ picture: 'AAEC' })],
    [[`${badgeUrn}:pin`], always],
    [[`${badgeUrn}:maker`], badge({ maker: { value: 'Acme', country: 'US', key: 'k' } })],
    [[`${badgeUrn}:maker.country`], badge({ maker: { country: 'US', key: 'k' } })],
    [[`${badgeUrn}:maker.notes`], badge({ maker: { key: 'k', notes: 'n' } })],
    [[`${badgeUrn}:maker.secret`], badge({ maker: { key: 'k' } })],
  ])('attributes %j (R-140, R-142 to R-145, T-042, T-043)', (names, resource) => {
    expect(attributes(...names)).toEqual(resource);
  });

  it('attributes with the base URN: all of the base schema', () => {
    const { externalId: _, meta: _meta, [enterpriseUrn]: _enterprise, ...core } = barbara;
    expect(attributes(coreUrn)).toEqual({ ...core, ...always });
  });

  it.each<[string[], string[]]>([
    [['title'], ['title']],
    [
      ['TITLE', 'emails'],
      ['title', 'emails'],
    ],
    [['id', 'schemas', 'nope'], []],
    [['meta'], ['meta']],
    [[enterpriseUrn], [enterpriseUrn]],
    [[`${enterpriseUrn}:manager`, `${enterpriseUrn}:employeeNumber`], [enterpriseUrn]],
  ])('excludedAttributes %j leaves %j out (R-141)', (names, missing) => {
    const whole = Object.keys(project({}));
    expect(Object.keys(without(...names))).toEqual(whole.filter((name) => !missing.includes(name)));
  });

  it('excludedAttributes with sub-attributes and what is always returned (R-141)', () => {
    expect(without('name.formatted')['name']).toEqual({ familyName: 'Jensen', givenName: 'Barbara' });
    expect(without('name.formatted', 'name')).not.toHaveProperty('name');
    expect(without('emails.value', 'emails.type', 'emails.primary')).not.toHaveProperty('emails');
    expect(without('emails.type')['emails']).toEqual([{ value: 'bjensen@example.com', primary: true }, { value: 'babs@jensen.org' }]);
    expect(without(badgeUrn)[badgeUrn]).toEqual({ serial: 'Ab' });
    expect(without(`${badgeUrn}:maker.key`, `${badgeUrn}:maker.value`)[badgeUrn]).toMatchObject({ maker: { country: 'US', key: 'k' } });
    expect(without(enterpriseUrn)['schemas']).toEqual([coreUrn, badgeUrn]);
  });

  it('returns of a written attribute those sub-attributes on request that were written (R-142)', () => {
    const part = (name: string, returned: 'default' | 'request') => defineAttribute(name, 'string', '', { returned });
    const seat = defineComplex('seat', '', [part('row', 'default'), part('note', 'request'), part('price', 'request')]);
    const type = { ...userType, schema: { ...userType.schema, attributes: [...userType.schema.attributes, seat] } };
    const resource = { ...barbara, seat: { row: '1', note: 'n', price: '9' } };
    const shown = (...written: string[]) => projectResource(resource, type, { written })['seat'];
    expect(shown('seat.row')).toEqual({ row: '1' });
    expect(shown('seat.note')).toEqual({ row: '1', note: 'n' });
    expect(shown('SEAT.NOTE', 'seat.price')).toEqual({ row: '1', note: 'n', price: '9' });
    expect(shown('seat')).toEqual({ row: '1', note: 'n', price: '9' });
    expect(projectResource(resource, type, { written: ['seat.note'], excludedAttributes: ['seat.note'] })['seat']).toEqual({ row: '1' });
  });

  it.each<[unknown, string[]]>([
    [{ userName: 'x', NickName: null }, ['userName', 'NickName']],
    [
      { name: { givenName: 'x', familyName: 'y' }, emails: [{ value: 'a' }, { type: 'work' }] },
      ['name.givenName', 'name.familyName', 'emails.value', 'emails.type'],
    ],
    [{ [badgeUrn]: { serial: 'x', maker: { value: 'y' } } }, [`${badgeUrn}:serial`, `${badgeUrn}:maker.value`]],
    [{ [badgeUrn]: null, roles: [] }, ['roles']],
    [[], []],
    [null, []],
  ])('finds what %j sets', (body, names) => {
    expect(writtenNames(body)).toEqual(names);
  });

  it('returns what is returned on request to the client that has just written it (R-142)', () => {
    expect(project({ written: [`${badgeUrn}:picture`, 'password'] })[badgeUrn]).toMatchObject({ picture: 'AAEC' });
    expect(project({ written: ['password'] })).not.toHaveProperty('password');
    expect(project({ written: [`${badgeUrn}:picture`], excludedAttributes: [`${badgeUrn}:picture`] })[badgeUrn]).not.toHaveProperty(
      'picture',
    );
  });

  it('returns nothing that no schema has, and no empty values', () => {
    const odd = { id: '1', nope: 'x', dn: 'cn=x', userName: 'x', name: { dn: 'x' }, emails: [{ dn: 'x' }], [enterpriseUrn]: { dn: 'x' } };
    expect(project({}, odd)).toEqual({ schemas: [coreUrn], id: '1', userName: 'x' });
  });

  it('returns the whole of a complex attribute that is always returned, even if a part of it is named', () => {
    const lock = defineComplex('lock', 'Lock', [defineAttribute('kind', 'string', 'Kind'), defineAttribute('size', 'string', 'Size')], {
      returned: 'always',
    });
    const type = { ...userType, schema: { ...userType.schema, attributes: [lock] } };
    const resource = { lock: { kind: 'a', size: 'b' } };
    for (const projection of [{ attributes: ['lock.kind'] }, { attributes: ['id'] }, { excludedAttributes: ['lock.kind'] }]) {
      expect(projectResource(resource, type, projection)).toMatchObject(resource);
    }
  });

  it('refuses both parameters together (D-19)', () => {
    const refused = (act: () => unknown): void =>
      expect(act).toThrow(expect.objectContaining({ scimType: 'invalidValue', status: 400 }) as ScimError);
    refused(() => project({ attributes: ['a'], excludedAttributes: ['b'] }));
    refused(() => isProjected('userName', userType, { attributes: ['a'], excludedAttributes: ['b'] }));
    refused(() => parseProjection('a', 'b'));
  });
});

describe('isProjected', () => {
  it.each<[string, Projection, boolean]>([
    ['userName', {}, true],
    ['password', {}, false],
    ['password', { attributes: ['password'] }, false],
    ['id', { attributes: ['userName'] }, true],
    ['id', { excludedAttributes: ['id'] }, true],
    ['schemas', { excludedAttributes: ['schemas'] }, true],
    ['members', {}, false],
    ['emails', { attributes: ['emails.value'] }, true],
    ['emails', { attributes: ['userName'] }, false],
    ['emails', { excludedAttributes: ['EMAILS'] }, false],
    ['emails', { excludedAttributes: ['emails.value'] }, true],
    ['meta', { attributes: ['userName'] }, false],
    [`${enterpriseUrn}:manager`, {}, true],
    [`${enterpriseUrn}:manager`, { attributes: [enterpriseUrn] }, true],
    [`${enterpriseUrn}:manager`, { excludedAttributes: [enterpriseUrn] }, false],
    [`${badgeUrn}:picture`, {}, false],
    [`${badgeUrn}:picture`, { attributes: [`${badgeUrn}:picture`] }, true],
    [`${badgeUrn}:pin`, { attributes: [badgeUrn] }, false],
    ['nope', {}, false],
  ])('%s with %j: %s (R-146)', (name, projection, projected) => {
    expect(isProjected(name, userType, projection)).toBe(projected);
  });
});

describe('parseProjection', () => {
  it.each<[string | string[] | undefined, string | string[] | undefined, Projection]>([
    [undefined, undefined, {}],
    ['', '', {}],
    [' , ', undefined, {}],
    ['a, b.c ,', undefined, { attributes: ['a', 'b.c'] }],
    [['a', ' b '], [], { attributes: ['a', 'b'] }],
    ['', 'a', { excludedAttributes: ['a'] }],
  ])('%j and %j (R-145, R-149)', (named, excluded, projection) => {
    expect(parseProjection(named, excluded)).toEqual(projection);
  });
});

it('the names of a request are looked at once, however often is asked: there may be hundreds of thousands', () => {
  let reads = 0;
  const projection: Projection = {
    get attributes() {
      reads += 1;
      return ['userName'];
    },
  };
  for (let i = 0; i < 100; i += 1) expect(isProjected('title', userType, projection)).toBe(false);
  expect(reads).toBeLessThan(10);
});
